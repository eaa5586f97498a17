#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata serve FILE.protocol: who asks has the answer that the protocol's rules speak of, by either
# network; the kernel refuses nothing meanwhile.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "tcpdump python3" "$@"
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
# A program that asks through the kernel hears only frames that are sent to its own link address.
for to in 10.77.0.2 fd77::2; do
	lab_on h1 "${LAB_PLAIN[@]}" python3 - $to 2>client <<'END'
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.connect((sys.argv[1], 9000))
s.send(bytes.fromhex("1100002a000514ef0474656d70"))
got = s.recv(100)
sys.exit(got[2:4] != b"\0*" or got[-4:] != (21500).to_bytes(4, "big"))
END
	check "$to: a client of the kernel's" $? 0
	tail -n 1 client
done
lab_on h1 "$STRATA" ask -p "$sensor" --as none --timeout 20s -c 10000 --rate max ip dst=10.77.0.2 / sensor name=temp >out 2>&1
holds "10,000 questions" out '10000 sent, 10000 answered'
lab_sniffed
check "nothing was refused" "$(frames quiet.pcap)" 0
kill -INT "$SERVE"
wait "$SERVE"
check "it ends well" $? 0
holds "and tells" "$LOG" '10008 fit, 10008 sent'

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

# A question to all is answered to who asked: his kernel believes it, and the pings arrive.
lab_bg h2 "$STRATA" react -i eth0 'arp op=who-has pdst=10.77.0.98' reply --set 'arp hwsrc=02:00:00:00:00:98 hwdst={arp.hwsrc}'
SERVE=$LAB_PID
lab_until 20 grep -q 'reacting on' "$LAB_LOG"
lab_bg h2 "$STRATA" react -i eth0 'ip dst=10.77.0.98 / icmp type=echo-request' reply
PINGED=$LAB_PID
lab_until 20 grep -q 'reacting on' "$LAB_LOG"
lab_on h1 ping -q -n -c 3 -i 0.2 -W 5 10.77.0.98 >out
check "pings of nobody's address" $? 0
kill -INT "$SERVE" "$PINGED"
wait "$SERVE" "$PINGED"
exit $bad
