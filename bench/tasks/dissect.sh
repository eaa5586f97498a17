#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every layer of every packet, one thread.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 5000000)
frames large "$n"
row dissect 'all layers of small frames, from a file, one thread' 'ns a packet' less
vs dissect 'bare libpcap loop' 2
vs dissect 'libtins' 7
vs dissect 'walk of mapped memory (limit)' ''
once() {
	per_packet dissect strata "$n" "$BENCH/strata_loop" "$FILE"
	per_packet dissect 'bare libpcap loop' "$n" "$BENCH/pcap_loop" "$FILE"
	per_packet dissect libtins "$n" "$BENCH/tins_loop" "$FILE"
	per_packet dissect 'walk of mapped memory (limit)' "$n" "$BENCH/walk_loop" "$FILE"
}
rounds once
