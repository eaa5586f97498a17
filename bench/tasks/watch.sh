#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Packets held against all the rules that are shipped, from a file of conversations, and amid a flood of
# openings. Debian has no intrusion detection; the nearest are tshark's list of what its dissectors find
# strange, and dsniff, which looks for passwords alone.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 1000000)
few=$((n / 5))
traffic talk-few "$few"
FEW=$FILE
traffic flood "$n" 500 24 90
FLOOD=$FILE
traffic talk "$n"
row watch 'conversations held against the rules of watch' 'ns a packet' less
vs watch 'tshark -z expert' 10
vs watch 'dsniff: passwords alone' ''
row watch-flood 'the same, nine of ten packets a flood of openings' 'ns a packet' less
vs watch-flood 'tshark -z expert' 10
row watch-clock 'conversations held against the rules, two threads' 'M a second' more
goal watch-clock least 1
vs watch-clock 'strata, one thread' ''
DONE=(seen)
MAY=1 # there are findings
seen() { [ "$side" != strata ] || grep -q "^strata: $n packets" "$WORK/err"; }

on_clock() { # SIDE THREADS
	if cost "$STRATA" watch "$FILE" --threads "$2"; then
		figure watch-clock "$1" "$(awk "BEGIN { print $n / $wall / 1e6 }")"
	else
		absent watch-clock "$1" 'it failed'
	fi
}
once() {
	side=strata
	per_packet watch strata "$n" "$STRATA" watch "$FILE" --threads 1
	per_packet watch-flood strata "$n" "$STRATA" watch "$FLOOD" --threads 1
	on_clock strata 2
	on_clock 'strata, one thread' 1
	side=other
	per_packet watch 'dsniff: passwords alone' "$n" dsniff -n -p "$FILE"
	per_packet watch 'tshark -z expert' "$few" tshark -n -q -r "$FEW" -z expert
	per_packet watch-flood 'tshark -z expert' "$few" tshark -n -q -r "$FLOOD" -c "$few" -z expert
}
rounds once
