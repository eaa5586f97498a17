#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The man page, the help and the tables of the tool say the same: every command, every option with
# its letter and its argument; no option that is not there. (That its examples run is
# tests/net/shown.sh's.)
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
exit $bad
