#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Conversations counted, with what was sent again, lost and answered late, from a file of mostly large
# segments. argus and tcptrace know addresses, ports and TCP; tshark counts packets and bytes alone.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 1000000)
few=$((n / 5))
traffic talk-few "$few"
FEW=$FILE
traffic talk "$n"
row flow 'conversations counted, a row each' 'ns a packet' less
vs flow 'tshark -z conv,tcp' 5
vs flow tcptrace ''
vs flow argus ''
row flow-clock 'conversations counted, two threads' 'M a second' more
goal flow-clock least 1
vs flow-clock 'strata, one thread' ''

on_clock() { # SIDE THREADS
	if cost "$STRATA" flow "$FILE" --stats --threads "$2"; then
		figure flow-clock "$1" "$(awk "BEGIN { print $n / $wall / 1e6 }")"
	else
		absent flow-clock "$1" 'it failed'
	fi
}
once() {
	per_packet flow strata "$n" "$STRATA" flow "$FILE" --stats --threads 1
	on_clock strata 2
	on_clock 'strata, one thread' 1
	per_packet flow tcptrace "$n" tcptrace -n "$FILE"
	per_packet flow argus "$n" argus -r "$FILE" -w /dev/null
	per_packet flow 'tshark -z conv,tcp' "$few" tshark -n -q -r "$FEW" -z conv,tcp
}
rounds once
