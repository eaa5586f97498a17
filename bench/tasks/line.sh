#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# One line a packet with its time, to a file. tcpdump looks each address up in chains that grow.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 500000)
OUT=$WORK/lines DONE=(printed "$n")
row line50 'one line a packet to a file, 50 hosts' 'ns a packet' less
vs line50 'tcpdump -nn' 12
row line4000 'one line a packet to a file, 4,000 hosts' 'ns a packet' less
vs line4000 'tcpdump -nn' 30
once() {
	local hosts
	for hosts in 50 4000; do
		frames hosts$hosts "$n" $hosts
		per_packet line$hosts strata "$n" "$STRATA" read --threads 1 "$FILE" --as line
		per_packet line$hosts 'tcpdump -nn' "$n" tcpdump -nn -r "$FILE"
	done
}
rounds once
