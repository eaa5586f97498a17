#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Packets for which a filter holds (5 in 100), written to a file as they stood.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 1000000)
frames names "$n" 200 20
row where "filter by udp.port == 53 and write" 'ns a packet' less
vs where 'tshark -Y -w' 80
vs where 'tcpdump -w, BPF' 1
# Each wrote as many packets as the first of them.
DONE=(wrote)
wrote() {
	local got
	got=$("$BENCH/pcap_loop" "$WORK/kept" | cut -d' ' -f1)
	: "${kept:=$got}"
	[ "${got:-0}" != 0 ] && [ "$got" = "$kept" ]
}
once() {
	per_packet where strata "$n" "$STRATA" read "$FILE" --where 'udp.port == 53' -w "$WORK/kept"
	per_packet where 'tshark -Y -w' "$n" tshark -n -r "$FILE" -Y 'udp.port == 53' -w "$WORK/kept"
	per_packet where 'tcpdump -w, BPF' "$n" tcpdump -nn -r "$FILE" -w "$WORK/kept" udp port 53
}
rounds once
