#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every field of every packet as JSON, to a file.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

n=$(scaled 100000)
frames fields "$n"
OUT=$WORK/json DONE=(printed "$n")
row json 'every field as JSON' 'ns a packet' less
vs json 'tshark -T json' 300
once() {
	per_packet json strata "$n" "$STRATA" read --threads 1 "$FILE" --as json
	per_packet json 'tshark -T json' "$n" tshark -n -r "$FILE" -T json
}
rounds once
