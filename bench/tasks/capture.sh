#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A capture to a file: at the top load of one sender, and the last 10,000 packets before SIGINT.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"
wire "$@"
quiet_wire

n=$(scaled 2000000)
frames sniff 65536 50
row capture 'capture to a file at top load' '% lost' less
goal capture under 0.0001
vs capture dumpcap ''
vs capture 'tcpdump -w' ''
# With as much memory in the kernel as strata takes by default for ring and queue.
vs capture 'dumpcap -B 80 MiB' ''
vs capture 'tcpdump -w -B 80 MiB' ''
row capture-end 'capture stopped by SIGINT just after 10,000 packets' lost less
goal capture-end under 0.5
vs capture-end dumpcap ''
vs capture-end 'tcpdump -w' ''
vs capture-end 'dumpcap -B 80 MiB' ''
vs capture-end 'tcpdump -w -B 80 MiB' ''
# catch COUNT RATE COMMAND...: $sent, $lost. Fails where there is no file.
catch() {
	local count=$1 rate=$2 got
	shift 2
	rm -f caught.pcap
	background h2 '' "$@"
	sleep 0.3
	sent=$(on h1 "$BENCH/blast" eth0 "$FILE" "$count" "$rate")
	lab_stop "$LAB_PID" INT
	got=$("$BENCH/pcap_loop" caught.pcap | cut -d' ' -f1)
	[ "${sent:-0}" -gt 0 ] && [ -n "$got" ] && lost=$((sent - got))
}
both() { # SIDE COMMAND...
	local side=$1
	shift
	have capture "$side" "$1" || return
	if catch "$n" 0 "$@"; then
		figure capture "$side" "$(awk "BEGIN { print $lost * 100 / $sent }")"
	else
		absent capture "$side" "it failed: $1"
	fi
	if catch 10000 100000 "$@"; then
		figure capture-end "$side" "$lost"
	else
		absent capture-end "$side" "it failed: $1"
	fi
}
dumped() { # SIDE ARGUMENTS...
	may_tcpdump 'capture capture-end' "$1" &&
		both "$1" tcpdump "${@:2}" -i eth0 -Z root -w caught.pcap
}
once() {
	both strata "$STRATA" sniff -q -i eth0 -w caught.pcap
	both dumpcap dumpcap -q -P -i eth0 -w caught.pcap
	both 'dumpcap -B 80 MiB' dumpcap -q -P -B 80 -i eth0 -w caught.pcap
	dumped 'tcpdump -w'
	dumped 'tcpdump -w -B 80 MiB' -B 81920
}
rounds once
