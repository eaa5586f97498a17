#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# --verify: a relay that loses, doubles, delays and changes known packets; what is told of it is
# exactly that, and where it passes on everything, nothing is told.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "python3" "$@"
# h1 has both ends; the relay stands between them.
lab_host h1
lab_host relay
lab_wire h1 out relay eth0
lab_wire h1 in relay eth1
mute h1 out
mute h1 in
mute relay eth0
mute relay eth1

# No more than 200 packets at a time: so many wait for it when the machine is busy.
# The number of a packet stands in its last two bytes. Rules: "lose 5", "twice 7", "late 9 2" (two
# packets later), "set 11 22 ff" (byte 22); and for
# packets that are the same, of those that come in all: "each 10" is lost, "double 7", "swap 7" (with the next).
cat >relay.py <<'PY'
import socket, sys
lose, twice, late, change = set(), set(), {}, {}
each, double, swap, came = 0, 0, 0, 0
for rule in sys.argv[1:]:
    w = rule.split()
    n = int(w[1])
    if w[0] == "each": each = n
    if w[0] == "double": double = n
    if w[0] == "swap": swap = n
    if w[0] == "lose": lose.add(n)
    if w[0] == "twice": twice.add(n)
    if w[0] == "late": late[n] = int(w[2])
    if w[0] == "set": change.setdefault(n, []).append((int(w[2]), int(w[3], 16)))
a = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
a.bind(("eth0", 3))
b = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
b.bind(("eth1", 0))
held = []
print("up", flush=True)
while True:
    m, where = a.recvfrom(65536)
    if where[2] == socket.PACKET_OUTGOING:
        continue
    n = int.from_bytes(m[-2:], "big")
    m = bytearray(m)
    came += 1
    if each:
        if came % each:
            b.send(m)
        continue
    if came == swap:
        held.append([1, m])
        swap = 0
        continue
    if came == double:
        b.send(m)
    for at, v in change.get(n, []):
        m[at] = v
    if n in late:
        held.append([late[n], m])
        continue
    if n not in lose:
        b.send(m)
    if n in twice:
        b.send(m)
    for h in held[:]:
        h[0] -= 1
        if not h[0]:
            held.remove(h)
            b.send(h[1])
PY
relay=
relay() { # RULES...
	[ -z "$relay" ] || lab_stop "$relay"
	lab_bg relay python3 relay.py "$@"
	relay=$LAB_PID
	lab_until 10 grep -q up "$LAB_LOG" || { echo "FAILED: no relay"; cat "$LAB_LOG"; bad=1; }
}
verify() { # NAME EXIT ARGUMENTS...
	local name=$1 want=$2
	shift 2
	lab_on h1 timeout 60 "$STRATA" "$@" >out 2>said
	check "$name: exit" $? "$want"
}
packet=(eth dst=02:00:00:00:00:99 src=02:00:00:00:00:01 / ip src=10.0.0.1 dst=10.0.0.2 id=7 / udp sport=7 dport=9 /
	vxlan vni=1 / eth dst=02:00:00:00:00:99 src=02:00:00:00:00:01 type=1-200)
counts() { sed -nE 's/^strata: on [a-z]+ ([0-9]+) of ([0-9]+) arrived as they were sent, ([0-9]+) lost, ([0-9]+) altered, ([0-9]+) twice, ([0-9]+) out of order.*/\1 \2 \3 \4 \5 \6/p' said; }

relay
for how in --sender=sendmmsg --sender=libnet --rate=max "--rate=5000 --as=line"; do
	# shellcheck disable=SC2086
	verify "all arrive, $how" 0 send $how -i out --verify in "${packet[@]}"
	check "all arrive, $how: counted" "$(counts)" "200 200 0 0 0 0"
	holds "all arrive, $how: how long it took" said '; after [0-9.]+ [nmu]?s median, [0-9.]+ [mnu]?s p99, [0-9.]+ [mnu]?s at most'
done
verify "the same packet, many times" 0 send -c 200 --rate max -i out --verify in "${packet[@]/1-200/7}"
check "the same packet, many times: counted" "$(counts)" "200 200 0 0 0 0"

relay "lose 5" "lose 6" "twice 7" "late 9 2" "set 20 22 09" "set 21 22 09" "set 21 0 12"
for how in --rate=max --rate=2000; do
	verify "a bad relay, $how" 1 send $how --as none -i out --verify in "${packet[@]}"
	check "a bad relay, $how: counted" "$(counts)" "196 200 2 2 1 1"
	for n in 5 6; do holds "a bad relay, $how: $n is lost" said "^strata: packet $n did not arrive"; done
	holds "a bad relay, $how: 7 comes twice" said '^strata: packet 7 arrived once more'
	holds "a bad relay, $how: 9 is late" said '^strata: packet 9 arrived after one that was sent later'
	holds "a bad relay, $how: 20, by its fields" said '^strata: packet 20 was altered: ip.ttl: 64 \| 9$'
	holds "a bad relay, $how: 21, by its fields" said '^strata: packet 21 was altered: eth.dst: 02:00:00:00:00:99 \| 12:00:00:00:00:99; ip.ttl: 64 \| 9$'
	check "a bad relay, $how: nothing else" "$(grep -c 'packet [0-9]' said)" 6
done
# What a router changes anyway is not told.
verify "ignored fields" 1 send --rate 2000 --as none -i out --verify in --ignore ip.ttl,eth "${packet[@]}"
check "ignored fields: counted" "$(counts)" "198 200 2 0 1 1"
# All of them are changed.
rules=()
for n in $(seq 1 200); do rules+=("set $n 22 3f"); done
relay "${rules[@]}" "lose 77"
verify "every packet is changed" 1 send --rate 2000 --as none -i out --verify in "${packet[@]}"
check "every packet is changed: counted" "$(counts)" "0 200 1 199 0 0"
holds "every packet is changed: the rest is counted" said '^strata: 189 more were altered'
holds "every packet is changed: which is lost" said '^strata: packet 77 did not arrive'
verify "every packet is changed, and that is expected" 1 send --rate 2000 --as none -i out --verify in --ignore ip.ttl "${packet[@]}"
check "every packet is changed, and that is expected: counted" "$(counts)" "199 200 1 0 0 0"

# ---- packets that are the same ----
for how in "--rate=max" "--rate=2000"; do
	relay "each 10"
	verify "copies that are lost, $how" 1 send $how --as none -c 200 -i out --verify in "${packet[@]/1-200/7}"
	check "copies that are lost, $how: counted" "$(counts)" "180 200 20 0 0 0"
	holds "copies that are lost, $how: which" said '^strata: packet [0-9]+ or one like it did not arrive'
	holds "copies that are lost, $how: not certain" said '^strata: 20 of the lost are like others that were sent'
	for two in 1-2 1-7 1-20; do
		relay "each 10"
		verify "$two in turn, $how" 1 send $how --as none -c $((200 / ${two#1-})) -i out --verify in "${packet[@]/1-200/$two}"
		all=$((200 / ${two#1-} * ${two#1-}))
		check "$two in turn, $how: counted" "$(counts)" "$((all - all / 10)) $all $((all / 10)) 0 0 0"
	done
	relay "each 10"
	verify "again and again, $how" 1 replay $how --loop 4 --count 200 -i out --verify in "$src/captures/http.pcap"
	check "again and again, $how: counted" "$(counts)" "180 200 20 0 0 0"
	# Twenty that differ, in turn: the second round begins at 21.
	relay "swap 25"
	verify "overtaken in a round, $how" 1 send $how --as none -c 10 -i out --verify in "${packet[@]/1-200/1-20}"
	check "overtaken in a round, $how: counted" "$(counts)" "200 200 0 0 0 1"
	holds "overtaken in a round, $how: which" said '^strata: packet 25 arrived after one that was sent later'
	relay "double 25"
	verify "twice in a round, $how" 1 send $how --as none -c 10 -i out --verify in "${packet[@]/1-200/1-20}"
	check "twice in a round, $how: counted" "$(counts)" "200 200 0 0 1 0"
	holds "twice in a round, $how: which" said '^strata: packet 25 arrived once more'
done
lab_stop "$relay"
relay=
verify "nobody passes anything on" 1 send --rate max --timeout 200ms -i out --verify in "${packet[@]}"
check "nobody passes anything on: counted" "$(counts)" "0 200 200 0 0 0"

# At top speed, without a relay: what was handed over together arrives while it is written down.
lab_wire h1 near h1 far
for dev in near far; do lab_on h1 sysctl -qw net.ipv6.conf.$dev.disable_ipv6=1; done
lab_up h1 near
for how in $(lab_on h1 "$STRATA" send --sender list -i near | awk '$2 == "yes" && $1 != "raw" { print $1 }'); do
	verify "many by $how" 0 send --rate max --sender "$how" -i near --verify far "${packet[@]/1-200/1-20000}"
	check "many by $how: counted" "$(counts)" "20000 20000 0 0 0 0"
done
# A queue without room is waited for; one that stays full is told, and ends it. (af-xdp knows no queue.)
if lab_on h1 tc qdisc add dev near root tbf rate 1mbit burst 2kb limit 3kb 2>/dev/null; then
	for how in sendmmsg tx-ring libnet; do
		verify "a narrow wire, $how" 0 send --as none --sender $how -i near --verify far "${packet[@]}"
		check "a narrow wire, $how: counted" "$(counts)" "200 200 0 0 0 0"
	done
	lab_on h1 tc qdisc replace dev near root tbf rate 8bit burst 2kb limit 3kb
	for how in sendmmsg tx-ring libnet; do
		verify "a wire that takes nothing, $how" 4 send --as none --sender $how --timeout 100ms -i near --verify far \
			"${packet[@]}"
		holds "a wire that takes nothing, $how: said" said 'the queue of near stays full'
		holds "a wire that takes nothing, $how: counted" said '^strata: [0-9]+ sent, .*, [1-9][0-9]* not sent'
	done
	lab_on h1 tc qdisc del dev near root
else
	echo "no tbf here: a queue without room is not tried"
fi
# ---- a capture, again ----
for how in --rate=max --rate=20x; do
	verify "a capture, $how" 0 replay $how -i near --verify far "$src/captures/http.pcap"
	check "a capture, $how: counted" "$(counts)" "56 56 0 0 0 0"
done
verify "a capture, elsewhere" 1 replay --rate max --sender tx-ring -i near --verify in "$src/captures/http.pcap"
check "a capture, elsewhere: counted" "$(counts)" "0 56 56 0 0 0"
holds "a capture, elsewhere: by what" said '^strata: 56 sent, 6332 bytes by tx-ring;'
before=$(date +%s)
verify "a capture, elsewhere, with patience" 1 replay --rate max --timeout 3s -i near --verify in "$src/captures/http.pcap"
check "a capture, elsewhere, with patience: it waits" "$(($(date +%s) - before >= 2))" 1
# More than are remembered.
lab_wire h1 here h1 there
verify "more than are remembered" 1 send --rate max -c 5 --timeout 200ms -i near --verify there "${packet[@]/1-200/1-60000}"
check "more than are remembered: counted" "$(counts)" "0 300000 300000 0 0 0"

# ---- what is not possible ----
verify "no such interface" 4 send -i out --verify nosuch0 "${packet[@]}"
holds "no such interface: said" said 'no interface nosuch0'
verify "--ignore alone" 2 send -i out --ignore eth "${packet[@]}"
holds "--ignore alone: said" said "only beside '--verify'"
exit $bad
