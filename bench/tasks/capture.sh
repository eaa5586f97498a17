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
row capture-end 'capture stopped by SIGINT just after 10,000 packets' lost less
goal capture-end under 0.5
vs capture-end dumpcap ''
vs capture-end 'tcpdump -w' ''
catch() { # SIDE COUNT RATE COMMAND...
	local side=$1 count=$2 rate=$3 sent
	shift 3
	rm -f caught.pcap
	background h2 '' "$@"
	sleep 0.3
	sent=$(on h1 "$BENCH/blast" eth0 "$FILE" "$count" "$rate")
	lab_stop "$LAB_PID" INT
	lost=$((sent - $("$BENCH/pcap_loop" caught.pcap | cut -d' ' -f1)))
}
both() { # SIDE COMMAND...
	local side=$1
	shift
	have capture "$side" "$1" || return
	catch "$side" "$n" 0 "$@" && figure capture "$side" "$(awk "BEGIN { print $lost * 100 / $n }")"
	catch "$side" 10000 100000 "$@" && figure capture-end "$side" "$lost"
}
once() {
	both strata "$STRATA" sniff -q -i eth0 -w caught.pcap
	both dumpcap dumpcap -q -P -i eth0 -w caught.pcap
	may_tcpdump capture 'tcpdump -w' && may_tcpdump capture-end 'tcpdump -w' &&
		both 'tcpdump -w' tcpdump -i eth0 -Z root -w caught.pcap
}
rounds once
