#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Two threads against one; two copies of one at once are what the machine gives.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 5000000)
frames large "$n"
OUT=$WORK/lines
row threads 'one line a packet of a big file, two threads' 's on the clock' less
vs threads 'strata, one thread' 1.6
vs threads 'two copies at once (limit)' 0.9
if ! "$STRATA" read --help 2>&1 | grep -q -- --threads; then
	absent threads strata 'strata read has no --threads'
	exit 0
fi
on_clock() { # SIDE COMMAND...
	local side=$1
	shift
	if cost "$@" && printed "$n"; then figure threads "$side" "$wall"; else absent threads "$side" "it failed"; fi
}
once() {
	on_clock strata "$STRATA" read --threads 2 "$FILE" --as line
	on_clock 'strata, one thread' "$STRATA" read --threads 1 "$FILE" --as line
	# Each reads all of it: half of that time is what two could need at best.
	# shellcheck disable=SC2016 # the inner shell's words
	cost bash -c '"$1" read --threads 1 "$2" --as line >"$3.1" & "$1" read --threads 1 "$2" --as line >"$3.2"; wait' \
		two "$STRATA" "$FILE" "$OUT" && cmp -s "$OUT.1" "$OUT.2" &&
		figure threads 'two copies at once (limit)' "$(awk "BEGIN { print $wall / 2 }")"
}
rounds once
