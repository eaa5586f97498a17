#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Eight fields of every packet as a table, to a file.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 500000)
frames middle "$n"
OUT=$WORK/csv DONE=(printed "$n")
row csv 'eight fields as csv' 'ns a packet' less
vs csv 'tshark -T fields' 100
wanted=()
for field in eth.src eth.dst ip.src ip.dst ip.ttl ip.proto udp.srcport udp.dstport; do wanted+=(-e "$field"); done
once() {
	per_packet csv strata "$n" "$STRATA" read --threads 1 "$FILE" --as csv \
		--fields eth.src,eth.dst,ip.src,ip.dst,ip.ttl,ip.proto,udp.sport,udp.dport
	per_packet csv 'tshark -T fields' "$n" tshark -n -r "$FILE" -T fields -E separator=, "${wanted[@]}"
}
rounds once
