#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata serve FILE.protocol: who asks has the answer that the protocol's rules speak of, by either
# network; the kernel refuses nothing meanwhile.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "tcpdump" "$@"
lab_pair
sensor=$src/examples/sensor.protocol

serving() {
	lab_bg h2 "$STRATA" serve -i eth0 "$@"
	SERVE=$LAB_PID LOG=$LAB_LOG
	lab_until 20 grep -q 'reacting on' "$LOG" || { cat "$LOG"; exit 1; }
}
asks() { lab_on h1 "$STRATA" ask -q -p "$sensor" --timeout 5s "$@"; }

serving "$sensor" --set 'sensor value=21500'
lab_sniff h1 eth0 quiet.pcap '(icmp and icmp[0] == 3) or (icmp6 and ip6[40] == 1)' || exit 1
for to in 'ip dst=10.77.0.2' 'ip6 dst=fd77::2'; do
	for name in t temperature x234567890x234567890x234567890; do
		# shellcheck disable=SC2086 # several words
		asks --expect "sensor type=reply value=21500 name=$name checksum=auto length=auto" $to / sensor name=$name
		check "$to: the value of $name" $? 0
	done
done
lab_on h1 "$STRATA" ask -p "$sensor" --as none --timeout 20s -c 10000 --rate max ip dst=10.77.0.2 / sensor name=temp >out 2>&1
holds "10,000 questions" out '10000 sent, 10000 answered'
lab_sniffed
check "nothing was refused" "$(frames quiet.pcap)" 0
kill -INT "$SERVE"
wait "$SERVE"
check "it ends well" $? 0
holds "and tells" "$LOG" '10006 fit, 10006 sent'

# A value of the question in the answer.
serving "$sensor" --set 'sensor value={sensor.id+1}' -c 1
asks --expect 'sensor type=reply id=41 value=42' ip dst=10.77.0.2 / sensor id=41
check "a value that is reckoned" $? 0
wait "$SERVE"

# A rule that wants more of an answer than a value (a flag among others): what it exchanges is exchanged.
lab_bg h2 "$STRATA" react -i eth0 -c 1 'tcp dport=80' reply --set 'tcp flags=RA ack={tcp.seq+1}'
SERVE=$LAB_PID
lab_until 20 grep -q 'reacting on' "$LAB_LOG"
lab_on h1 "$STRATA" ask -q --timeout 5s --expect 'tcp sport=80 dport=4000 flags=RA ack=8' ip dst=10.77.0.2 / tcp sport=4000 dport=80 seq=7 flags=S
check "a connection is refused by rule" $? 0
wait "$SERVE"
exit $bad
