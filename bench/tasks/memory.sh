#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The memory that a command holds at most while 10 GB of packets come through a pipe. (Every command,
# with all protocols, over less: tests/peers/stream.py.)
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

id=0
while IFS=: read -r name held; do
	[ "$name" != FAILED ] || continue
	read -r kib _ _ mib _ <<<"$held"
	id=$((id + 1))
	row memory-$id "memory over $mib MiB of packets: $name" MiB less
	goal memory-$id under 100
	figure memory-$id strata "$(awk "BEGIN { print $kib / 1024 }")"
done < <("$BENCH_SOURCE/../tests/peers/stream.py" --plain --mib $((10240 * SCALE / 100)) 'read, a line each' \
	'read, json' 'edit, rewritten' diff replay 'craft, a script' 'send, a script')
[ $id != 0 ]
