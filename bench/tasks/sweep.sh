#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Ten million distinct connection attempts in memory, checksums right.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 10000000)
row sweep 'distinct SYNs in memory' 'ns a packet' less
goal sweep under 12
vs sweep 'libnet, updated in place' 10
vs sweep 'libnet, built anew' ''
vs sweep libtins 30
vs sweep Scapy 20000
vs sweep 'a loop by hand (limit)' ''
once() {
	said sweep strata "$BENCH/sweep" strata "$n"
	said sweep 'libnet, updated in place' "$BENCH/sweep" update $((n / 10))
	said sweep 'libnet, built anew' "$BENCH/sweep" anew $((n / 10))
	said sweep libtins "$BENCH/sweep_tins" $((n / 10))
	have_scapy sweep Scapy && said sweep Scapy "$BENCH_SOURCE/sweep_scapy.py" $((n / 2000))
	said sweep 'a loop by hand (limit)' "$BENCH/sweep" hand "$n"
}
rounds once
