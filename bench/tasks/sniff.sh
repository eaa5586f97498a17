#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# One decoded line a packet to a file, under a load of which tcpdump loses half.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"
wire "$@"
quiet_wire

n=$(scaled 1000000)
frames sniff 65536 50
rate=550000
row sniff "one decoded line a packet to a file, ${rate%000},000 a second offered" '% kept' more
goal sniff least 100
vs sniff 'tcpdump -nn' ''
# With as much memory in the kernel as strata takes by default for ring and queue.
vs sniff 'tcpdump -nn -B 80 MiB' ''
vs sniff tshark ''
# Nothing more comes out of $LAB_LOG, for a second; a slow printer gets half a minute.
printed_all() {
	local before=-1 now i
	for ((i = 0; i < 30; i++)); do
		now=$(stat -c %s "$LAB_LOG")
		[ "$now" != "$before" ] || return
		before=$now
		sleep 1
	done
}
kept() { # SIDE COMMAND...
	local side=$1 sent
	shift
	have sniff "$side" "$1" || return
	background h2 '' "$@"
	sleep 0.5
	sent=$(on h1 "$BENCH/blast" eth0 "$FILE" "$n" $rate)
	printed_all
	lab_stop "$LAB_PID" INT
	figure sniff "$side" "$(awk "BEGIN { print 100 * $(grep -c '^ *[0-9]' "$LAB_LOG") / $sent }")"
}
once() {
	kept strata "$STRATA" sniff -q -i eth0 --as line
	may_tcpdump sniff 'tcpdump -nn' && kept 'tcpdump -nn' tcpdump -nn -Z root -i eth0
	may_tcpdump sniff 'tcpdump -nn -B 80 MiB' &&
		kept 'tcpdump -nn -B 80 MiB' tcpdump -nn -B 81920 -Z root -i eth0
	kept tshark tshark -n -i eth0
}
rounds once
