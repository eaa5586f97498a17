#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# One line a packet with its time, to a file. tcpdump keeps each connection and each address in chains
# that grow; -S, which leaves sequence numbers as they are, spares it the former: that is its best.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 500000)
OUT=$WORK/lines DONE=(printed "$n")
row line50 'one line a packet to a file, 50 hosts' 'ns a packet' less
vs line50 'tcpdump -nnS' 12
vs line50 'tcpdump -nn' ''
row line4000 'one line a packet to a file, 4,000 hosts' 'ns a packet' less
vs line4000 'tcpdump -nnS' 30
vs line4000 'tcpdump -nn' ''
once() {
	local hosts
	for hosts in 50 4000; do
		frames hosts$hosts "$n" $hosts
		per_packet line$hosts strata "$n" "$STRATA" read --threads 1 "$FILE" --as line
		per_packet line$hosts 'tcpdump -nnS' "$n" tcpdump -nnS -r "$FILE"
		per_packet line$hosts 'tcpdump -nn' "$n" tcpdump -nn -r "$FILE"
	done
}
rounds once
