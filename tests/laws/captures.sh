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
unset STRATA_PROTOCOLS XDG_CONFIG_HOME
export HOME=$tmp/home TZ=UTC LC_ALL=C NO_COLOR=1

reads() { # FILE: into $tmp/out
	"$STRATA" read "$1" --as line >"$tmp/out" 2>"$tmp/said"
	if grep -q ' !' "$tmp/out"; then
		"$STRATA" read "$1" --as tree 2>/dev/null |
			awk '/^[0-9]+  / { n = $1 } /^[a-z]/ { layer = $1 } /  !/ { $1 = layer "." $1; print "note:", n, $0 }' >>"$tmp/out"
	fi
	[ ! -s "$tmp/said" ] || cat "$tmp/said" >>"$tmp/out"
}

if [ "${1-}" = --bless ]; then
	shift
	[ $# -gt 0 ] || set -- *.pcap*
	for file; do
		file=${file%.pcap}
		reads "$file.pcap"
		cp "$tmp/out" "$file.out"
	done
	exit 0
fi

missing() { printf '%s: %s\n' "$file" "$1"; bad=1; }
bad=0 n=0
list=$(cat README.md)
recorded=$(cat record/*.sh)
for file in *.pcap*; do
	name=${file%%.*}
	n=$((n + 1))
	reads "$file"
	cmp -s "$name.out" "$tmp/out" || { diff -u "$name.out" "$tmp/out"; bad=1; }
	[ -s "$name.md" ] || missing "no page $name.md"
	[[ $list == *"- [$name]($name.md): "* ]] || missing "no line in README.md"
	[[ $recorded == *$'\n'"rec_$name()"* ]] || missing "no rec_$name in record/"
done
for file in *.out *.md; do
	[ "$file" = README.md ] || [ -f "${file%.*}.pcap" ] || missing "of no capture"
done
[ $bad = 0 ] && echo "$n captures read as expected"
[ "$n" -gt 0 ] && [ $bad = 0 ]
