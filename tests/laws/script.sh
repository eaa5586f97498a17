#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A capture is a script: what `read --as expr` prints of it is, sent with --exact, the same bytes, of
# each capture there is. (Nothing leaves: --dry-run. That they arrive so is tests/net/senders.sh's.)
set -u
cd "${STRATA_SOURCE:-$(dirname "$0")/../..}" || exit 1
export STRATA=${STRATA:-build/debug/strata}
[ -x "$STRATA" ] || { echo "skipped: no $STRATA"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# Nothing of the user's own settings may change what is printed.
unset STRATA_PROTOCOLS XDG_CONFIG_HOME
export dir HOME=$dir LC_ALL=C.UTF-8
one() {
	local name=${1##*/}
	timeout 100 "$STRATA" read -q "$1" --as expr >"$dir/$name.strata" 2>/dev/null
	timeout 100 "$STRATA" read -q "$1" --as raw >"$dir/$name.want" 2>/dev/null
	timeout 100 "$STRATA" send -q --exact --dry-run -i lo --as raw "@$dir/$name.strata" 2>"$dir/$name.err" |
		grep -v ^DRY >"$dir/$name.got"
	if [ -s "$dir/$name.want" ] && cmp -s "$dir/$name.want" "$dir/$name.got"; then
		echo same
	else
		echo "$name: not the same bytes: $(head -c 200 "$dir/$name.err")"
	fi
	rm -f "$dir/$name".*
}
export -f one
printf '%s\n' captures/*.pcap* | xargs -P 2 -I{} bash -c 'one {}' >"$dir/log"
same=$(grep -c '^same$' "$dir/log")
all=$(printf '%s\n' captures/*.pcap* | wc -l)
grep -v '^same$' "$dir/log"
echo "$same of $all captures are the same as scripts"
[ "$same" = "$all" ] && [ "$all" -gt 300 ]
