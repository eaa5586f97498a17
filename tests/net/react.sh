#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata react and serve: answers are, byte for byte, what the kernel would send; the kernel says nothing
# about what it knows nothing of; dry runs send nothing; kill -9 leaves nothing behind.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "python3 ping tcpdump" "$@"
lab_pair
lab_sums h1 eth0
lab_sums h2 eth0

# reacting COMMAND ARGUMENTS...: on h2, in the background, once it listens: $REACT, $LOG.
reacting() {
	lab_bg h2 "$STRATA" "$@"
	REACT=$LAB_PID LOG=$LAB_LOG
	lab_until 20 grep -q 'reacting on' "$LOG" || {
		echo "FAILED: $1 does not start:"
		cat "$LOG"
		bad=1
	}
}
# ended SIGNAL: and what it counted is in $LOG.
ended() {
	kill -"$1" "$REACT"
	wait "$REACT" 2>/dev/null
}

# ---- addresses that nobody has, with a link address of their own ----
cat >own.script <<'END'
< arp op=who-has pdst=10.77.0.9
> eth src=02:00:00:00:00:99 dst={eth.src} / arp op=is-at hwsrc=02:00:00:00:00:99 psrc=10.77.0.9 hwdst={arp.hwsrc} pdst={arp.psrc}
< ip dst=10.77.0.9 / icmp type=echo-request
> ip src={ip.dst} dst={ip.src} / icmp type=echo-reply id={icmp.id} seq={icmp.seq} / {payload}
< icmp6 type=neighbour-solicitation tgt=fd77::9
> eth src=02:00:00:00:00:99 dst={eth.src} / ip6 src=fd77::9 dst={ip6.src} / icmp6 type=neighbour-advertisement naflags=solicited+override tgt=fd77::9 options=tgt_lladdr:02:00:00:00:00:99
< ip6 dst=fd77::9 / icmp6 type=echo-request
> ip6 src={ip6.dst} dst={ip6.src} / icmp6 type=echo-reply id={icmp6.id} seq={icmp6.seq} / {payload}
END
reacting serve -i eth0 own.script
lab_sniff h1 eth0 got.pcap icmp or icmp6 or arp || exit 1
for to in 10.77.0.2 10.77.0.9 fd77::2 fd77::9; do
	for size in 0 1 16 56 777 1400; do
		lab_on h1 ping -q -n -c 2 -i 0.2 -W 5 -s $size $to >out
		check "ping $to of $size" $? 0
	done
done
lab_sniffed
ended INT
"${LAB_PLAIN[@]}" python3 - got.pcap >pairs <<'END'
# What is asked is answered with its own bytes, every sum is right; and answers to the same question of the
# kernel (host 2) and of ours (host 9) differ in nothing but who they come from, sums, and what is drawn:
# the identifications of IP and of ping, the flow label, the time in ping's first bytes.
import struct, sys
d, at, asked, n4, n6, alike = open(sys.argv[1], "rb").read(), 24, {}, 0, 0, {}
def kept(p, host, *drawn):
    p = bytearray(p)
    for i, n in drawn: p[i:i + n] = bytes(n)
    alike.setdefault((bytes(p)), set()).add(host)
def sums(b):
    s = sum(struct.unpack(f">{(len(b) + 1) // 2}H", b + b"\0" * (len(b) % 2)))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return s
while at < len(d):
    n = struct.unpack_from("<I", d, at + 8)[0]
    f = d[at + 16:at + 16 + n]
    at += 16 + n
    if f[12:14] == b"\x08\x00" and f[23] == 1:
        p = f[14:14 + struct.unpack_from(">H", f, 16)[0]]
        ends = (p[12:16], p[16:20])
        if p[20] == 8: asked[ends + (p[24:28],)] = p[28:]
        elif p[20] == 0:
            ok = asked.get((ends[1], ends[0], p[24:28])) == p[28:] and \
                sums(p[:20]) == 0xffff == sums(p[20:]) and p[1] == 0 and p[6:10] in (b"\0\0\x40\1",)
            if not ok: print("bad", p.hex())
            n4 += 1
            kept(p, p[15], (4, 2), (10, 2), (12, 4), (22, 4), (28, 16))
    elif f[12:14] == b"\x86\xdd" and f[20] == 58:
        p = f[14:54 + struct.unpack_from(">H", f, 18)[0]]
        ends = (p[8:24], p[24:40])
        if p[40] == 128: asked[ends + (p[44:48],)] = p[48:]
        elif p[40] == 129:
            pseudo = p[8:40] + struct.pack(">II", len(p) - 40, 58)
            ok = asked.get((ends[1], ends[0], p[44:48])) == p[48:] and sums(pseudo + p[40:]) == 0xffff and p[7] == 64
            if not ok: print("bad", p.hex())
            n6 += 1
            kept(p, p[23], (1, 3), (8, 16), (42, 4), (48, 16))
print(sum(hosts == {2, 9} for hosts in alike.values()), "alike of", len(alike))
print(n4, "and", n6, "answers")
END
check "what the kernel would send" "$(paste -sd' ' pairs)" "24 alike of 24 24 and 24 answers"
holds "the sum tells each pattern" "$LOG" '  12  ip dst=10.77.0.9'

# ---- many at a time ----
reacting serve -i eth0 own.script
lab_on h1 ping -q -n -f -c 3000 -W 5 10.77.0.9 >out
holds "3,000 pings, none lost" out '3000 received'
ended INT

# ---- ports of which the kernel knows nothing ----
lab_sniff h1 eth0 quiet.pcap '(icmp and icmp[0] == 3) or (icmp6 and ip6[40] == 1) or (tcp and tcp[13] & 4 != 0)' || exit 1
quiet=$LAB_PID
cat >ports.script <<'END'
< ip / udp dport=9000
> ip src={ip.dst} dst={ip.src} / udp sport=9000 dport={udp.sport} / {payload}
< ip6 / udp dport=9000
> ip6 src={ip6.dst} dst={ip6.src} / udp sport=9000 dport={udp.sport} / {payload}
< ip / tcp dport=80-83 flags=S
> ip src={ip.dst} dst={ip.src} / tcp sport={tcp.dport} dport={tcp.sport} seq=1 ack={tcp.seq+1} flags=SA
< ip6 / tcp dport=80-83 flags=S
> ip6 src={ip6.dst} dst={ip6.src} / tcp sport={tcp.dport} dport={tcp.sport} seq=1 ack={tcp.seq+1} flags=SA
END
reacting serve -i eth0 ports.script
for to in 'ip dst=10.77.0.2' 'ip6 dst=fd77::2'; do
	# shellcheck disable=SC2086 # several words
	lab_on h1 "$STRATA" ask -q --all --timeout 300ms -c 3 --expect 'udp / text:hello' $to / udp dport=9000 / text:hello
	check "$to: datagrams are answered" $? 0
	# shellcheck disable=SC2086
	lab_on h1 "$STRATA" ask -q --all --timeout 300ms --expect 'tcp flags=SA' $to / tcp dport=80-83 flags=S
	check "$to: connections are accepted" $? 0
done
ended INT
LAB_PID=$quiet
lab_sniffed
check "no reset and no port unreachable left" "$(frames quiet.pcap)" 0

# ---- react by itself: two things at a time, -c; the reply rule; a dry run ----
reacting react -i eth0 -c 2 'udp dport=9001' log count
for i in 1 2; do lab_on h1 "$STRATA" send -q ip dst=10.77.0.2 / udp dport=9001 / text:$i; done
wait "$REACT"
check "-c ends it" $? 0
check "it is told" "$(grep -c '^RCVD.*9001' "$LOG")" 2
# What is logged is data: -q leaves it.
lab_bg h2 "$STRATA" react -q -i eth0 -c 1 'udp dport=9001' log
REACT=$LAB_PID LOG=$LAB_LOG
# shellcheck disable=SC2317 # lab_until calls it
asks_until() { lab_on h1 "$STRATA" send -q ip dst=10.77.0.2 / udp dport=9001 && [ -s "$LOG" ]; }
lab_until 20 asks_until
ended TERM
check "with -q, too, and nothing else" "$(sed -E 's/ .*//' "$LOG")" RCVD
reacting react -i eth0 --dry-run -v 'udp dport=9002' send 'ip src={ip.dst} dst={ip.src} / udp sport={udp.dport} dport={udp.sport} / text:never'
lab_sniff h1 eth0 dry.pcap udp and src port 9002 || exit 1
lab_on h1 "$STRATA" send -q ip dst=10.77.0.2 / udp sport=1234 dport=9002
lab_until 10 grep -q '^DRY' "$LOG"
lab_sniffed
ended INT
holds "a dry run shows what would be sent" "$LOG" '^DRY.*9002.*1234'
check "and sends nothing" "$(frames dry.pcap)" 0

# ---- what is dangerous outside of a lab ----
lab_on h2 ip route add default via 10.77.0.1
lab_on h2 "$STRATA" react -i eth0 'icmp type=echo-request' send 'ip src={ip.dst} dst={ip.src} / icmp type=echo-reply' >out 2>&1
check "where the default route leads it is asked for" $? 2
holds "in words" out 'add --i-may'
lab_on h2 ip route del default

# ---- nothing is left ----
reacting serve -i eth0 ports.script
lab_on h2 ss -Hlnt >held
ended KILL
lab_on h2 ss -Hlntu >left
check "ports were held" "$(grep -cE ':8[0-3] ' held)" 8
check "kill -9 leaves no socket" "$(cat left)" ""
check "and no promiscuous interface" "$(lab_on h2 ip -d link show eth0 | grep -o 'promiscuity [0-9]*')" "promiscuity 0"
exit $bad
