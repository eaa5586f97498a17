#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata watch and hosts that are not who they say: two that have one address (ARP and ND), two DHCP
# servers, two routers, two answers to one question, pieces that overlap with other bytes.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "tcpdump python3" "$@"
# shellcheck source=tests/net/watched.sh
. "$src/tests/net/watched.sh"

# Three hosts on a switch.
lab_host sw
if ! lab_on sw ip link add br0 type bridge 2>/dev/null; then
	echo "skipped: no bridges here"
	exit 77
fi
for n in 1 2 3; do
	lab_host h$n
	lab_wire h$n eth0 sw p$n
	lab_on sw ip link set p$n master br0
	lab_addr h$n eth0 10.77.0.$n/24 fd77::$n/64
done
lab_on sw ip link set br0 up
for n in 1 2 3; do lab_up h$n eth0; done
lab_until 5 lab_on h1 ping -c1 -W1 10.77.0.2
lab_until 5 lab_on h1 ping -c1 -W1 fd77::2
mac3=$(lab_mac h3 eth0)

send() { # HOST LAYERS...
	local host=$1
	shift
	lab_on "$host" "$STRATA" send -q -i eth0 "$@" || {
		# What is printed here goes to a file that watched() writes.
		touch unsent
		cat did >&3
	}
}
exec 3>&1
forget() { for n in 1 2; do lab_on h$n ip neigh flush dev eth0; done; }

# ---- ARP ----
spoof() {
	forget
	lab_on h1 ping -c1 -W1 10.77.0.2
	lab_on h3 timeout -s INT 2 arpspoof -i eth0 -t 10.77.0.1 10.77.0.2
	true
}
at=h1
if command -v arpspoof >/dev/null; then
	watched "arpspoof" "arp-takeover" spoof
else
	echo "left out: arpspoof (dsniff)"
fi
claim() {
	forget
	lab_on h1 ping -c1 -W1 10.77.0.2
	send h3 eth dst=ff:ff:ff:ff:ff:ff / arp op=is-at hwsrc="$mac3" psrc=10.77.0.2 pdst=10.77.0.2
}
watched "gratuitous ARP" "arp-takeover" claim

# ---- ND ----
advertise() {
	forget
	lab_on h1 ping -c1 -W1 fd77::2
	send h3 eth dst=33:33:00:00:00:01 / ip6 src=fd77::2 dst=ff02::1 hlim=255 / \
		icmp6 type=neighbour-advertisement naflags=override tgt=fd77::2 options=tgt_lladdr:"$mac3"
}
watched "neighbour advertisement" "nd-takeover" advertise

# ---- DHCP ----
leases() { # HOST: a server there
	lab_bg "$1" dnsmasq --no-daemon --user=root --group=root --conf-file=/dev/null --port=0 \
		--dhcp-range="10.77.0.1${1#h}0,10.77.0.1${1#h}9,1h" --interface=eth0 --no-ping \
		--dhcp-leasefile="$LAB_DIR/leases.$1"
	lab_until 5 grep -q 'DHCP, IP range' "$LAB_LOG"
}
discover() {
	local mac
	mac=$(lab_mac h1 eth0)
	for _ in 1 2; do
		send h1 eth dst=ff:ff:ff:ff:ff:ff / ip src=0.0.0.0 dst=255.255.255.255 / \
			udp sport=68 dport=67 / dhcp op=request xid=$RANDOM flags=0x8000 chaddr="$mac" \
			options=message_type:discover,end
		sleep 0.5
	done
}
if command -v dnsmasq >/dev/null; then
	leases h2
	watched "one DHCP server" "none" discover
	leases h3
	second=$LAB_PID
	watched "two DHCP servers" "dhcp-second" discover
	lab_stop "$second" TERM
	if command -v udhcpd >/dev/null; then
		printf 'start 10.77.0.180\nend 10.77.0.189\ninterface eth0\nlease_file %s/udhcpd.leases\nmax_leases 9\n' "$LAB_DIR" >udhcpd.conf
		touch udhcpd.leases
		lab_bg h3 udhcpd -f udhcpd.conf
		second=$LAB_PID
		lab_until 5 grep -q -i started "$LAB_LOG"
		slowly() { discover; sleep 4; } # it asks first whether the address is in use
		watched "dnsmasq and udhcpd" "dhcp-second" slowly
		lab_stop "$second" TERM
	else
		echo "left out: udhcpd"
	fi
else
	echo "left out: dnsmasq"
fi

# ---- routers ----
one_router() { send h2 ip6 src=fe80::2 dst=ff02::1 hlim=255 / icmp6 type=router-advertisement -c 3; }
two_routers() {
	one_router
	send h3 ip6 src=fe80::3 dst=ff02::1 hlim=255 / icmp6 type=router-advertisement
}
watched "one router" "none" one_router
watched "two routers" "ra-second" two_routers
if command -v radvd >/dev/null; then
	rogue() { # a router at h2, then h3 says that it is one too
		local pids=()
		for n in 2 3; do
			printf 'interface eth0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix 2001:db8:%s::/64 { }; };\n' $n >radvd.h$n
			lab_on h$n sysctl -qw net.ipv6.conf.all.forwarding=1
			lab_bg h$n radvd -n -m stderr -C "$LAB_DIR/radvd.h$n" -p "$LAB_DIR/radvd.pid$n"
			pids+=("$LAB_PID")
			sleep 2
		done
		for n in "${pids[@]}"; do lab_stop "$n" KILL; done # without a farewell
	}
	watched "radvd twice" "ra-second" rogue
else
	echo "left out: radvd"
fi

# ---- DNS ----
question=(ip src=10.77.0.1 dst=10.77.0.2 / udp sport=5555 / dns id=7 qd=name:example.org+type:A)
answer() { # HOST ADDRESS
	send "$1" ip src=10.77.0.2 dst=10.77.0.1 / udp sport=53 dport=5555 / dns id=7 qr=1 \
		qd=name:example.org+type:A an="name:example.org+type:A+rdata:$2"
}
raced() {
	send h1 "${question[@]}"
	answer h3 192.0.2.66
	answer h2 192.0.2.1
}
retried() {
	send h1 "${question[@]}"
	answer h2 192.0.2.1
	send h1 "${question[@]}"
	answer h2 192.0.2.2
}
watched "a racing answer" "dns-race" raced
watched "asked twice, answered twice" "none" retried

# ---- pieces ----
cut() { # HEX of the second piece
	send h3 ip src=10.77.0.3 dst=10.77.0.1 id=7 flags=MF proto=17 / hex:00010009002000000001020304050607
	send h3 ip src=10.77.0.3 dst=10.77.0.1 id=7 frag=1 proto=17 / "hex:$1"
}
watched "fragments that overlap" "fragment-overlap" cut ffffffffffffffff0000000000000000
segments() { # TEXT
	send h3 ip src=10.77.0.3 dst=10.77.0.1 / tcp sport=4000 dport=5000 seq=100 ack=1 flags=PA / text:attack-now
	send h3 ip src=10.77.0.3 dst=10.77.0.1 / tcp sport=4000 dport=5000 seq="$1" ack=1 flags=PA / "text:$2"
}
watched "segments that overlap" "tcp-injection" segments 103 harmless
watched "sent again" "none" segments 103 ack-now

# ---- connections ----
# h1 talks with h2 for two seconds; whoever is reset goes on as long as it can.
cat >talk.py <<'PY'
import socket, sys, time
if sys.argv[1] == "serve":
    s = socket.create_server(("10.77.0.2", 5000))
    print("up", flush=True)
    while True:
        c = s.accept()[0]
        try:
            while c.recv(99): c.sendall(b"yes\n")
        except OSError: pass
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("10.77.0.1", 4000))
s.connect(("10.77.0.2", 5000))
try:
    for n in range(40): s.sendall(b"still there?\n"); s.recv(99); time.sleep(0.05)
except OSError as e: print(e)
PY
lab_bg h2 python3 talk.py serve
lab_until 5 grep -q up "$LAB_LOG"
talk() { # COMMAND...: in the middle of it
	local pid
	lab_bg h1 python3 talk.py ask
	pid=$LAB_PID
	sleep 0.5
	"$@"
	wait "$pid"
	sleep 0.3
}
as_h2=(ip src=10.77.0.2 dst=10.77.0.1 / tcp sport=5000 dport=4000)
blind() { # FLAGS...: from h3, at places that it guesses
	for n in 1 2 3 4 5 6 7 8; do send h3 "${as_h2[@]}" flags="$1" seq=$((n * 500000000)) "${@:2}"; done
}
watched "nobody disturbs a talk" "none" talk true
watched "resets of any number" "tcp-reset-guess" talk blind R
watched "openings of any number" "tcp-syn-guess" talk blind S
watched "bytes at any place" "tcp-data-guess" talk blind PA ack=1 / text:no
forge() { # in the name of h1, the number that is due
	lab_on h1 timeout 5 "$STRATA" react -q -i eth0 -c 1 "ip src=10.77.0.2 / tcp sport=5000" --where "tcp.len > 0" \
		send "ip src={ip.dst} dst={ip.src} / tcp sport={tcp.dport} dport={tcp.sport} seq={tcp.ack} flags=R"
}
watched "a reset in another's name" "tcp-reset-forged" talk forge
if command -v tcpkill >/dev/null; then
	watched "tcpkill" "tcp-reset-guess" talk lab_on h1 timeout -s INT 2 tcpkill -i eth0 port 5000
else
	echo "left out: tcpkill (dsniff)"
fi
twice() { # who accepts first is heeded
	send h3 ip src=10.77.0.2 dst=10.77.0.1 / tcp sport=5001 dport=4001 seq=7 ack=1 flags=SA
	send h2 ip src=10.77.0.2 dst=10.77.0.1 / tcp sport=5001 dport=4001 seq=9 ack=1 flags=SA
}
watched "accepted twice" "tcp-two-answers" twice
[ ! -e unsent ] || { echo "FAILED: something was not sent"; bad=1; }
exit $bad
