#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Packets held against all the rules that are shipped, from a file; the nearest there is in Debian is
# tshark's list of what its dissectors find strange.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 1000000)
frames names "$n" 200 20
row watch 'packets held against the rules of watch' 'ns a packet' less
vs watch 'tshark -z expert' 10
DONE=(seen)
MAY=1 # there are findings
seen() { [ "$side" != strata ] || grep -q "$n packets" "$WORK/err"; }
once() {
	side=strata
	per_packet watch strata "$n" "$STRATA" watch "$FILE"
	side=tshark
	per_packet watch 'tshark -z expert' "$n" tshark -n -q -r "$FILE" -z expert
}
rounds once
