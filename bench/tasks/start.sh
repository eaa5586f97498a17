#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Ten packets read, with all protocols loaded: what starting costs, in CPU time and memory.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"

frames ten 10
row start 'start-up: ten packets read' 'ms of CPU' less
goal start under 3
vs start tcpdump ''
vs start tshark ''
row start-memory 'start-up: ten packets read, memory' MiB less
goal start-memory under 8
vs start-memory tcpdump ''
vs start-memory tshark ''
start() { # SIDE COMMAND...
	local side=$1
	shift
	have start "$side" "$1" || return
	if cost "$@"; then
		figure start "$side" "$(awk "BEGIN { print $cpu * 1e3 }")"
		figure start-memory "$side" "$(awk "BEGIN { print $kib / 1024 }")"
	else
		absent start "$side" "it failed"
	fi
}
once() {
	local i
	for i in 1 2 3; do
		start strata "$STRATA" read "$FILE"
		start tcpdump tcpdump -nn -r "$FILE"
	done
	start tshark tshark -n -r "$FILE"
}
rounds once
