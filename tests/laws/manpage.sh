#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The man page, the help and the tables of the tool say the same: every command, every option with
# its letter and its argument; no option that is not there; every example of the help is understood.
set -u
cd "${STRATA_SOURCE:-$(dirname "$0")/../..}" || exit 1
: "${STRATA:=build/debug/strata}"
[ -x "$STRATA" ] || { echo "skipped: no $STRATA"; exit 77; }
page=docs/man/strata.1
bad=0
complain() {
	echo "$*"
	bad=1
}
# The page without its markup.
text=$(sed -E 's/\\f[A-Z]//g; s/\\-/-/g; s/\\\(aq/'"'"'/g; s/^\.[A-Z]+ //; s/"//g' "$page")

commands=$("$STRATA" --help | sed -nE '/^Commands:/,/^$/ s/^  ([a-z]+) .*/\1/p')
[ "$(wc -w <<<"$commands")" -ge 8 ] || complain "only these commands in the help: $commands"
options=
for command in $commands; do
	grep -qE "^$command\$" <<<"$text" || complain "$page: no command '$command'"
	help=$("$STRATA" "$command" --help) || complain "$command --help: exit status $?"
	while read -r line; do
		name=$(sed -nE 's/^(-., )?--([a-z-]+).*/\2/p' <<<"$line")
		letter=$(sed -nE 's/^(-.), .*/\1/p' <<<"$line")
		[ -n "$name" ] || { complain "$command --help: what is '$line'?"; continue; }
		options+=" $name"
		grep -qE -- "--$name([^a-z-]|\$)" <<<"$text" || complain "$page: no --$name ($command)"
		[ -z "$letter" ] || grep -qE -- "(^|[ ,])$letter *, *--$name" <<<"$text" ||
			complain "$page: $letter is not said beside --$name"
	done < <(sed -nE '/^Options:/,$ s/^ +(-.*)/\1/p' <<<"$help")
done
# The other way: what the page offers, some command takes.
# shellcheck disable=SC2013 # names hold no blanks
for name in $(grep -oE -- '--[a-z]+(-[a-z]+)*' <<<"$text" | sed 's/^--//' | sort -u); do
	[ "$name" = version ] && continue
	[[ " $options " == *" $name "* ]] || complain "$page: no command takes --$name"
done
echo "$(tr ' ' '\n' <<<"$options" | sort -u | grep -c .) options, $(wc -w <<<"$commands") commands"

# craft's examples are run as they stand; those of commands that need a device are built by craft.
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
"$STRATA" craft ip dst=10.0.0.2 / tcp dport=80 flags=S -w "$tmp/file.pcap" 2>/dev/null
"$STRATA" read "$tmp/file.pcap" --as expr >"$tmp/packets.txt"
"$STRATA" read "$tmp/file.pcap" --as raw >"$tmp/dump.txt"
for name in a.pcap b.pcap before.pcap after.pcap; do cp "$tmp/file.pcap" "$tmp/$name"; done
gzip -c "$tmp/file.pcap" >"$tmp/b.pcapng.gz"
cp examples/sensor.protocol "$tmp"
tool=$(realpath "$STRATA")
ran=0
for command in craft read diff protocols doctor; do
	while IFS= read -r line; do
		(cd "$tmp" && PATH=$(dirname "$tool"):$PATH timeout 50 bash -c "$line") >"$tmp/out" 2>&1
		rc=$?
		ran=$((ran + 1))
		[ $rc = 0 ] || { [ $command = doctor ] && [ $rc = 1 ]; } || {
			complain "example '$line': exit status $rc"
			head -3 "$tmp/out"
		}
	done < <("$STRATA" $command --help | sed -nE '/^Examples:/,/^$/ s/^  (strata .*)/\1/p')
done
for command in send ask; do
	while IFS= read -r line; do
		packet=$(sed -E 's/^strata [a-z]+ //; s/--(expect|interval|rate|until|via|fragment|where) ('"'[^']*'"'|[^ ]+) //g; s/--dry-run //; s/-[ci] [^ ]+ //g; s/%eth0//' <<<"$line")
		(cd "$tmp" && bash -c "'$tool' craft --as none $packet") >"$tmp/out" 2>&1 || {
			complain "example '$line': not a packet:"
			head -3 "$tmp/out"
		}
		ran=$((ran + 1))
	done < <("$STRATA" $command --help | sed -nE '/^Examples:/,/^$/ s/^  (strata .*)/\1/p')
done
echo "$ran examples"
[ $ran -ge 25 ] || complain "too few examples found"
exit $bad
