#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The bench runs, makes its table, and knows the reason of no row that is not there.
set -u
cd "${STRATA_SOURCE:-$(dirname "$0")/../..}" || exit 1
[ -x "${STRATA_BUILD:=build/release}/bench/cost" ] || { echo "skipped: a build without benches"; exit 77; }
export STRATA_BUILD
bad=0
complain() {
	echo "$*"
	bad=1
}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
timeout 120 bench/run --quick -o "$tmp/results.md" start >"$tmp/said" 2>&1 || complain "exit status $?: $(cat "$tmp/said")"
grep -qE '^\| start-up: ten packets read \| ms of CPU \| [0-9]' "$tmp/results.md" || complain "no figure of start-up: $(cat "$tmp/said")"
grep -qE '^\| start-up: ten packets read, memory \| MiB \| [0-9.]+ .*\| under 8 \| (met|missed) \|' "$tmp/results.md" ||
	complain "nothing said of memory"
bench/run --quick nothing >"$tmp/said" 2>&1 && complain "a task that is not there ran"
for task in bench/tasks/*.sh; do
	[ -x "$task" ] || complain "$task cannot be run"
	grep -q "\"$(basename "$task" .sh)\"" bench/run || complain "$task has no place in the order"
done
while IFS=: read -r key _; do
	row=${key%%/*}
	# Two kinds of rows are made in a loop.
	grep -qE "^[[:space:]]*row ($row|\\\$kind-${row#*-}) " bench/tasks/*.sh || complain "bench/reasons: no row $row"
	case $key in */*) grep -hE '^[[:space:]]*vs ' bench/tasks/*.sh | grep -qF "${key#*/}" || complain "bench/reasons: no peer ${key#*/}" ;; esac
done < <(grep -v '^#' bench/reasons)
exit $bad
