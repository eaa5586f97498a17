#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every capture reads as NAME.out beside it says: a line for each packet, then what is wrong with
# which field of which packet, then what the tool says of the whole. And each has its page, its line
# in the list and its recording function.
#   tests/laws/captures.sh                    all of them
#   tests/laws/captures.sh --bless [NAME...]  writes NAME.out anew: read the difference
set -u
: "${STRATA_SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${STRATA:=$STRATA_SOURCE/build/debug/strata}"
[ -x "$STRATA" ] || { echo "skipped: no $STRATA"; exit 77; }
cd "$STRATA_SOURCE/captures" || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/home"

# Nothing of the user's own settings may change what is printed.
strata() {
	env -u STRATA_PROTOCOLS -u XDG_CONFIG_HOME HOME="$tmp/home" TZ=UTC LC_ALL=C NO_COLOR=1 \
		"$STRATA" read "$@"
}

reads() { # FILE
	strata "$1" --as line >"$tmp/lines" 2>"$tmp/said"
	cat "$tmp/lines"
	if grep -q ' !' "$tmp/lines"; then
		strata "$1" --as tree 2>/dev/null |
			awk '/^[0-9]+  / { n = $1 } /^[a-z]/ { layer = $1 } /  !/ { $1 = layer "." $1; print "note:", n, $0 }'
	fi
	cat "$tmp/said"
}

if [ "${1-}" = --bless ]; then
	shift
	[ $# -gt 0 ] || set -- *.pcap*
	for file; do
		file=${file%.pcap}
		reads "$file.pcap" >"$file.out"
	done
	exit 0
fi

missing() { printf '%s: %s\n' "$file" "$1"; bad=1; }
bad=0 n=0 packets=0
for file in *.pcap*; do
	name=${file%%.*}
	n=$((n + 1))
	reads "$file" >"$tmp/out"
	diff -u "$name.out" "$tmp/out" || bad=1
	packets=$((packets + $(grep -c '^[0-9]' "$tmp/out")))
	[ -s "$name.md" ] || missing "no page $name.md"
	grep -qF -- "- [$name]($name.md): " README.md || missing "no line in README.md"
	grep -q "^rec_$name()" record/*.sh || missing "no rec_$name in record/"
done
for file in *.out *.md; do
	[ "$file" = README.md ] || [ -f "${file%.*}.pcap" ] || missing "of no capture"
done
echo "$n captures, $packets packets read as expected"
[ "$n" -gt 0 ] && [ $bad = 0 ]
