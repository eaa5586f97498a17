#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The round trip of an echo over veth, as each program reports it.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"
wire "$@"

n=$(scaled 100)
row ping 'round trip of an echo over veth, as reported' us less
vs ping ping 0.91
vs ping 'nping (its mean)' ''
vs ping hping3 ''
vs ping Scapy ''
# The median of the figures that stand between BEFORE and AFTER, in ms.
trip() { # SIDE BEFORE AFTER COMMAND...
	local side=$1 before=$2 after=$3 got
	shift 3
	have ping "$side" "$1" || return
	on h1 "$@" >out 2>err
	got=$(cat out err | sed -nE "s/.*$before([0-9.]+)$after.*/\\1/p" | sort -n |
		awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] * 1e3 }')
	if [ -n "$got" ]; then figure ping "$side" "$got"; else absent ping "$side" 'no answer'; fi
}
cat >echo.py <<'END'
import sys
from scapy.all import ICMP, IP, sr
for seq in range(int(sys.argv[1])):
    for asked, answer in sr(IP(dst="10.77.0.2") / ICMP(seq=seq), timeout=1, verbose=0)[0]:
        print("time=%.4f ms" % ((answer.time - asked.sent_time) * 1e3))
END
once() {
	trip strata '\(' ' ms\)' "$STRATA" ask -c "$n" --interval 10ms ip dst=10.77.0.2 / icmp
	trip ping 'time=' ' ms' ping -c "$n" -i 0.01 10.77.0.2
	trip 'nping (its mean)' 'Avg rtt: ' 'ms' nping --icmp -c $((n / 2)) --delay 10ms 10.77.0.2
	trip hping3 'rtt=' ' ms' hping3 -1 -c $((n / 2)) -i u10000 10.77.0.2
	have_scapy ping Scapy && trip Scapy 'time=' ' ms' /usr/bin/python3 echo.py $((n / 5))
}
rounds once
