#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata ask against real peers: each question has its decoded, matched, timed answer; what is no
# answer is not taken for one, and why is told; the kernel resets nothing behind our back.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "socat tcpdump tshark python3 dnsmasq mosquitto" "$@"
from=h1

# ask NAME EXIT PATTERN ARGUMENTS...: the exit status, and a line of stdout or stderr that fits.
ask() {
	local name=$1 want=$2 pattern=$3 rc
	shift 3
	lab_on "$from" "$STRATA" ask --timeout 1s "$@" >out 2>err
	rc=$?
	if [ $rc = "$want" ] && cat out err | grep -qE -- "$pattern"; then
		echo "ok: $name"
	else
		echo "FAILED: $name: exit $rc, wanted $want, and '$pattern' in:"
		cat out err
		bad=1
	fi
}

lab_chain
lab_on r1 ip neigh flush all
lab_bg h2 socat tcp-listen:80,fork,reuseaddr exec:cat
lab_bg h2 dnsmasq --no-daemon --no-resolv --no-hosts --address=/example.org/10.1.2.3 \
	--bind-interfaces --interface=eth0 --user=root --group=root
printf 'listener 1883\nallow_anonymous true\n' >mosquitto.conf
lab_bg h2 "${LAB_PLAIN[@]}" mosquitto -c mosquitto.conf
lab_bg h2 python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 9000))
while True:
    m, who = s.recvfrom(2000)
    if len(m) < 8: continue
    def reply(ident):
        b = bytearray(struct.pack(">BBHHH", 0x12, 0, ident, 0, 0))
        name = m[8:]
        body = name + struct.pack(">i", 21)
        struct.pack_into(">H", b, 4, len(body))
        b += body
        t = sum(int.from_bytes(b[i:i+2].ljust(2, b"\0"), "big") for i in range(0, len(b), 2))
        while t >> 16: t = (t & 0xffff) + (t >> 16)
        struct.pack_into(">H", b, 6, ~t & 0xffff)
        return bytes(b)
    ident = struct.unpack(">H", m[2:4])[0]
    s.sendto(reply(ident ^ 1), who)   # one that is not the answer, first
    s.sendto(reply(ident), who)
'
lab_bg h2 python3 -c '
import http.server, time
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
    def do_GET(self):
        self.send_response(200)
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for s in (b"one", b"three", b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(s), s) if self.path == "/chunks" else s)
            self.wfile.flush()
            time.sleep(0.1)
        self.close_connection = True
http.server.HTTPServer(("", 8000), H).serve_forever()
'
lab_bg h2 python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 69))
while True:
    m, who = s.recvfrom(2000)
    t = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    t.sendto(b"\0\3\0\2late", who)   # a block that was not asked for
    t.sendto(b"\0\3\0\1text", who)
'
lab_until 5 lab_on h2 bash -c 'ss -ltn | grep -q :8000 && ss -lun | grep -q :69 && ss -ltn | grep -q :80 && ss -ltn | grep -q :1883 && ss -lun | grep -q :53 && ss -lun | grep -q :9000'

# ---- the classics ----
ask "echo, version 4" 0 'RCVD .* ip 10\.77\.3\.1 > 10\.77\.1\.1 .*echo-reply.* ms' ip dst=10.77.3.1 / icmp
check "its time is that of the sum" "$(sed -n 's/.*  (\(.*\) ms)$/\1/p' out)" \
	"$(sed -n 's,.*; min/avg/max \([0-9.]*\)/.*,\1,p' err)"
ask "echo, version 6" 0 'RCVD .*fd77:3::1 > fd77:1::1 .*echo-reply' ip6 dst=fd77:3::1 / icmp6
ll=$(lab_on r1 ip -6 -o addr show dev eth0 scope link | grep -o 'fe80[^/]*')
ask "link-local with its scope" 0 "RCVD .*$ll > fe80" ip6 "dst=$ll%eth0" / icmp6
ask "link-local without" 2 'is link-local' ip6 "dst=$ll" / icmp6
ask "five in a row are five pairs" 0 '5 sent, 5 answered, 0 without' -c 5 ip dst=10.77.3.1 / icmp
check "no pair twice" "$(grep -c RCVD out) $(grep RCVD out | grep -o 'id=[0-9a-fx]*$' | sort -u | wc -l)" "5 $(grep RCVD out | grep -o 'id=[0-9a-fx]*$' | wc -l)"
ask "open port" 0 'RCVD .* 80 > .*\[S[A.]' --expect 'tcp flags=SA' ip dst=10.77.3.1 / tcp dport=80 flags=S
ask "closed port" 1 'expected' --expect 'tcp flags=SA' ip dst=10.77.3.1 / tcp dport=81 flags=S
ask "five connection attempts" 0 '5 sent, 5 answered' -c 5 ip dst=10.77.3.1 / tcp dport=80 flags=S
ask "the error of a closed port" 0 'RCVD .*dest-unreach port / ip .* / udp .* > 33434' ip dst=10.77.3.1 / udp dport=33434
ask "a way over two routers" 0 '3 sent, 3 answered' --until answered ip dst=10.77.3.1 ttl=1-30 / udp dport=33434
check "its stations" "$(grep RCVD out | sed -E 's/.*RCVD [0-9.]+ (ip )?([0-9.]+) >.*/\2/' | xargs)" \
	"10.77.1.254 10.77.2.2 10.77.3.1"
ask "the same in version 6" 0 '3 sent, 3 answered' --until answered ip6 dst=fd77:3::1 hlim=1-30 / icmp6
ask "nobody there" 1 "no answer to 1: 10\.77\.1\.77 on eth0 does not answer" ip dst=10.77.1.77 / icmp
check "and it counts as such" "$(grep -c "0 sent, 0 answered, 1 without answer" err)" 1
ask "no answer" 1 '1 sent, 0 answered, 1 without' ip dst=10.77.3.1 / udp dport=9000 / hex:00
ask "asked again" 1 '3 sent, 0 answered' --retry 2 ip dst=10.77.3.1 / udp dport=9000 / hex:00

# ---- names, brokers, own protocols ----
ask "names over datagrams" 0 'RCVD .*udp 53 > .*dns .*answers=1' ip dst=10.77.3.1 / dns qd=name:example.org
ask "a frame by a raw socket" 2 'begins with a link header' --via ip eth / ip dst=10.77.3.1 / icmp
ask "names through a stream" 0 'RCVD .*dns .*answers=1' --via stream ip dst=10.77.3.1 / tcp dport=53 / dns qd=name:example.org
ask "names through a datagram socket" 0 'RCVD .*dns .*answers=1' --via datagram ip dst=10.77.3.1 / dns qd=name:example.org
ask "a broker through a stream" 0 'RCVD .*mqtt connack' --via stream ip dst=10.77.3.1 / tcp dport=1883 / mqtt type=connect clientId=lab
web=(--via stream --as expr ip dst=10.77.3.1 / tcp dport=8000 / http headers=Host:h2)
ask "chunks through a stream" 0 '< http .*chunks.0.data=hex:6f6e65 .*chunks.2.size=0' "${web[@]}" uri=/chunks
ask "a body up to the end of a stream" 0 '< http .* / text:onethree' "${web[@]}"
ask "a head without its body" 0 '< http .*Content-Length.value:1000$' "${web[@]}" method=HEAD
ask "from another port" 0 'RCVD .*udp [0-9]+ > .*tftp DATA block=1' ip dst=10.77.3.1 / tftp
ask "a refused stream" 1 '10\.77\.3\.1 refuses connections to port 1884' --via stream ip dst=10.77.3.1 / tcp dport=1884 / mqtt
ask "a refused datagram" 1 'no answer to 1: refused: nobody at 10\.77\.3\.1 port 54' --via datagram ip dst=10.77.3.1 / udp dport=54 / dns qd=name:example.org
check "it was sent, once, and not answered" "$(grep -c '1 sent, 0 answered, 1 without answer (1 refused)' err)" 1
ask "names through a datagram socket are fresh" 0 '3 sent, 3 answered' -c 3 --as flat --via datagram ip dst=10.77.3.1 / dns qd=name:example.org
check "three identifiers" "$(grep '"dir":"sent"' out | grep -o '"dns.id":[1-9][0-9]*' | sort -u | wc -l)" 3
ask "an own protocol" 0 'RCVD .*sensor.*reply' -p "$src/examples/sensor.protocol" ip dst=10.77.3.1 / sensor name=temp
ask "and what is not its answer, with why" 0 'SEEN .*id' -v -p "$src/examples/sensor.protocol" ip dst=10.77.3.1 / sensor name=temp
check "the wrong id was not taken" "$(grep -c RCVD out)" 1

# ---- on the wire ----
ask "who has it" 0 'RCVD .*arp 10\.77\.1\.254 is-at ' eth / arp pdst=10.77.1.254
ask "who has it, version 6" 0 'RCVD .*neighbour-advertisement fd77:1::fe' \
	ip6 dst=ff02::1:ff00:fe%eth0 hlim=255 / icmp6 type=135 tgt=fd77:1::fe options=src_lladdr:02:00:00:00:00:01
ask "a sweep with holes" 0 '4 sent, 4 answered, 2 without|2 sent, 2 answered, 2 without' ip dst=10.77.1.1,10.77.1.254,10.77.1.77,10.77.1.78 / icmp
ask "who has it, oneself among them" 0 '"arp.psrc":"10\.77\.1\.254"' -i eth0 --as flat eth / arp pdst=10.77.1.1,10.77.1.254
check "asked from the device" "$(grep -c '"arp.hwsrc":"00:00:00:00:00:00"' out)" 0
ask "expected otherwise" 1 '1 answered \(0 as expected\)' --expect 'tcp flags=SA' ip dst=10.77.3.1 / tcp dport=81 flags=S
ask "an empty expectation" 2 '--expect' --expect '' ip dst=10.77.3.1 / icmp
ask "no link header" 2 'begin with eth' -i eth0 arp pdst=10.77.1.254
ask "no such device" 4 'there are: .*eth0' -i nope ip dst=10.77.3.1 / icmp
ask "a head without trailing blanks" 0 '^SENT [0-9.]+$' --as tree ip dst=10.77.3.1 / icmp
ask "the time between has its unit" 0 '"rtt_ns":[1-9]' --as json ip dst=10.77.3.1 / icmp
ask "too long" 4 'do not fit the MTU of eth0 \(1500\)$' ip dst=10.77.3.1 / icmp / fill:1480
ask "loopback, version 4" 0 'RCVD .*127\.0\.0\.1 > 127\.0\.0\.1 .*echo-reply' ip dst=127.0.0.1 / icmp
ask "loopback, version 6" 0 'RCVD .*::1 > ::1 .*echo-reply' ip6 dst=::1 / icmp6
ask "own address" 0 'RCVD .*10\.77\.1\.1 > 10\.77\.1\.1 .*echo-reply' ip dst=10.77.1.1 / icmp
ask "a range of ports" 0 '4 sent, 4 answered' ip dst=10.77.3.1 / tcp dport=79-82 flags=S

# ---- a protocol of one's own on Ethernet, answered by a program that knows nothing of strata ----
beacon=(-i eth0 -p "$src/examples/beacon.protocol")
lab_bg r1 python3 -u -c '
import socket, struct, zlib
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5))
s.bind(("eth0", 0x88b5))
me = s.getsockname()[4]
print("up")
def beacon(seq):
    told = b"\x01\x06node-2" + b"\x02\x04" + bytes([10, 77, 1, 254])
    b = struct.pack(">HBBIH", 0x5456, 1, 3, seq, len(told)) + told
    b += bytes(-len(b) % 4)
    return b + struct.pack(">I", zlib.crc32(b))
while True:
    f, who = s.recvfrom(2000)
    if who[2] == socket.PACKET_OUTGOING or len(f) < 30: continue
    m = f[14:]
    end = 10 + struct.unpack(">H", m[8:10])[0]
    end += -end % 4
    if m[:2] != b"TV" or struct.unpack(">I", m[end:end+4])[0] != zlib.crc32(m[:end]): continue
    seq = struct.unpack(">I", m[4:8])[0]
    for n in (seq + 1, seq):   # one that is not the answer, first
        s.send(f[6:12] + me + b"\x88\xb5" + beacon(n))
'
lab_until 5 grep -q up "$LAB_LOG"
ask "a beacon" 0 'RCVD .*beacon seq=41 hops=3 2 options  \([0-9.]+ ms\)' "${beacon[@]}" \
	eth dst=02:00:00:00:00:02 / beacon seq=41 options=name:node-1,addr:10.77.1.1
check "the one with another number is not its answer" "$(grep -c RCVD out)" 1
ask "a beacon to all, decoded" 0 '"beacon.options.0.value":"node-2","beacon.options.1.*"beacon.options.1.value":"10.77.1.254"' \
	--as flat "${beacon[@]}" eth / beacon seq=42
check "its sum is verified" "$(grep -c '"dir":"rcvd"' out) $(grep -c bad out)" "1 0"
ask "a beacon that is broken" 1 'no answer' "${beacon[@]}" eth / beacon seq=43 crc=bad

# ---- an address from a server, by a host that has none ----
lab_host c
lab_host d
lab_wire c eth0 d eth0
lab_addr d eth0 10.79.0.1/24
lab_up c eth0
lab_bg d dnsmasq --no-daemon --port=0 --dhcp-range=10.79.0.50,10.79.0.60,1h --no-ping \
	--dhcp-leasefile="$LAB_DIR/leases" --interface=eth0 --bind-interfaces --user=root --group=root
lab_until 5 grep -q 'IP range' "$LAB_LOG"
mac=$(lab_mac c eth0)
check "the client has no address" "$(lab_on c ip -4 addr show dev eth0 | grep -c inet)" 0
from=c
ask "an address, answered to one" 0 \
	'RCVD .* ip 10\.79\.0\.1 > 10\.79\.0\.[56][0-9] .*/ udp 67 > 68 .* dhcp reply offer .*your 10\.79\.0\.[56].* ms\)' \
	-i eth0 ip dst=255.255.255.255 / dhcp "chaddr=$mac" options=message_type:discover,end
ask "an address, answered to all" 0 \
	'RCVD .* ip 10\.79\.0\.1 > 255\.255\.255\.255 .*/ udp 67 > 68 .* dhcp reply offer .*your 10\.79\.0\.[56].* ms\)' \
	-i eth0 eth / ip dst=255.255.255.255 / dhcp flags=B "chaddr=$mac" options=message_type:discover,end
offered=$(grep -oE 'your [0-9.]+' out | cut -d' ' -f2)
check "the question came from nobody, to all" "$(grep -c 'SENT .* ip 0\.0\.0\.0 > 255\.255\.255\.255 .*/ udp 68 > 67' out)" 1
ask "and it is granted" 0 "RCVD .* dhcp reply ack .*your $offered" -i eth0 \
	ip dst=255.255.255.255 / dhcp "chaddr=$mac" \
	"options=message_type:request,requested_addr:$offered,server_id:10.79.0.1,end"
check "the server noted it" "$(grep -c "$mac $offered" leases)" 1
from=h1

# ---- a quiet kernel ----
# What the peer repeats once ask has ended is reset by the kernel, which is right then: each check
# looks at its own port, up to the end of its own run. The peer has no kernel that answers, but a
# program: 300 ms after a SYN, and again each 100 ms.
lab_host e
lab_host f
lab_wire e eth0 f eth0
lab_addr e eth0 10.80.0.1/24
lab_up e eth0
lab_on e ip neigh add 10.80.0.9 lladdr "$(lab_mac f eth0)" dev eth0
lab_bg f python3 -u -c '
import socket, struct, time, select
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))
s.bind(("eth0", 0x800))
print("up")
def total(b):
    t = sum(struct.unpack(">%dH" % (len(b) // 2), b))
    while t >> 16: t = (t & 0xffff) + (t >> 16)
    return ~t & 0xffff
due = []
while True:
    wait = max(0, due[0][0] - time.monotonic()) if due else None
    if select.select([s], [], [], wait)[0]:
        f, who = s.recvfrom(2000)
        if who[2] == socket.PACKET_OUTGOING or f[23] != 6 or f[47] != 2: continue
        seq = struct.unpack(">I", f[38:42])[0]
        t = f[36:38] + f[34:36] + struct.pack(">IIBBHHH", 7, (seq + 1) & 0xffffffff, 0x50, 0x12, 9000, 0, 0)
        t = t[:16] + struct.pack(">H", total(f[30:34] + f[26:30] + struct.pack(">HH", 6, 20) + t)) + t[18:]
        h = struct.pack(">BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + f[30:34] + f[26:30]
        h = h[:10] + struct.pack(">H", total(h)) + h[12:]
        due += [(time.monotonic() + 0.3 + i * 0.1, f[6:12] + f[:6] + b"\x08\0" + h + t) for i in range(15)]
        due.sort()
    while due and due[0][0] <= time.monotonic(): s.send(due.pop(0)[1])
'
lab_until 5 grep -q up "$LAB_LOG"
# quiet NAME SPORT ANSWERS ARGUMENTS...: so many answers at least while it ran, and no reset.
quiet() {
	local name=$1 port=$2 least=$3 end n
	shift 3
	lab_sniff e eth0 quiet.pcap tcp port "$port" || { bad=1; return; }
	lab_on e "$STRATA" ask "$@" >out 2>err
	# The process gives its ports back while it ends.
	end=$(awk "BEGIN { printf \"%.6f\", $EPOCHREALTIME - 0.05 }")
	lab_sniffed
	n=$(tshark -r quiet.pcap -Y "tcp.flags == 0x12 && frame.time_epoch < $end" 2>/dev/null | wc -l)
	check "$name: $least answers or more came" "$([ "$n" -ge "$least" ] && echo yes || echo "$n")" yes
	check "$name: no reset leaves" "$(tshark -r quiet.pcap \
		-Y "tcp.flags.reset == 1 && ip.src == 10.80.0.1 && frame.time_epoch < $end" 2>/dev/null | wc -l)" 0
}
syn=(ip dst=10.80.0.9 / tcp dport=80 flags=S)
quiet "all answers" 50001 4 --timeout 900ms --all "${syn[@]}" sport=50001
check "all of them are answers" "$([ "$(grep -c RCVD out)" -ge 4 ] && echo yes)" yes
# Between the lines of a script the peer repeats its answer too.
printf '%s\n' "${syn[*]} sport=50002" "${syn[*]} sport=50003" >script
# At 300, 400 and 500 ms: the second line asks from about 300 on, and ends at about 600.
quiet "two lines" 50002 3 -f script
printf '%s\n' "${syn[*]} sport=50004" "ip dst=10.80.0.9 / tcp sport=50004 dport=80 flags=A seq=1 ack=8" >script
quiet "a handshake in two lines" 50004 5 --timeout 600ms -f script
quiet "no answer yet" 50005 0 --timeout 250ms "${syn[@]}" sport=50005
lab_on e python3 -c '
import socket, time
s = socket.socket()
s.bind(("10.80.0.1", 50006)); s.listen()
print("up", flush=True); time.sleep(20)' >taken 2>&1 &
LAB_PIDS+=($!)
lab_until 5 grep -q up taken
from=e
ask "a port that is taken" 0 'note: port 50006 cannot be reserved \(Address already in use\)' "${syn[@]}" sport=50006
# As few descriptors as there may be: the oldest port gives way.
( ulimit -n 24; ask "few descriptors" 0 '40 sent, 40 answered' --rate 20 "${syn[@]}" sport=51000-51039; exit $bad ) || bad=1
check "and nothing to note" "$(grep -c note err)" 0

# ---- at top speed, many in one call ----
from=h1
ask "two thousand ports" 0 '2000 sent, 2000 answered, 0 without' --rate max --i-may --as flat ip dst=10.77.3.1 / tcp sport=52001 dport=1-2000 flags=S
check "each is told twice, in its order" "$(grep -c '"dir":"sent"' out) $(grep -c '"dir":"rcvd"' out) $(
	grep '"dir":"sent"' out | grep -o '"probe":[0-9]*' | cut -d: -f2 | sort -nc && echo sorted)" "2000 2000 sorted"
check "each answer is that of its question" "$(grep '"dir":"rcvd"' out |
	sed -nE 's/.*"probe":([0-9]+).*/\1 &/; s/^([0-9]+) .*"tcp.sport":\1[,}].*/same/p' | wc -l)" 2000
check "the open ones (53, 80, 1883) are among them" "$(grep '"dir":"rcvd"' out | grep -c '"tcp.flags":"syn+ack"')" 3
ask "only the open ones are told" 0 '100 sent, 100 answered' --rate max --i-may --where 'tcp.flags == syn+ack' \
	ip dst=10.77.3.1 / tcp sport=52005 dport=1-100 flags=S
check "they are two" "$(grep -c . out) $(grep -cE '^RCVD .* tcp (53|80) > 52005 \[SA' out)" "2 2"
ask "what cannot be told from others" 2 'there is no' --where 'nope == 1' ip dst=10.77.3.1 / icmp
ask "whole frames, too" 0 '300 sent, 300 answered, 0 without' --rate max --i-may eth / ip dst=10.77.3.1 / tcp sport=52002 dport=1-300 flags=S
ask "to oneself, one by one" 0 '300 sent, 300 answered, 0 without' --rate max --i-may ip dst=127.0.0.1 / tcp sport=52003 dport=1-300 flags=S
lab_on h1 ip route add 10.77.3.1 via 10.77.1.254 mtu 600
ask "one that does not fit among others" 4 '2 sent, 2 answered, 0 without answer, 1 not sent' --rate max --i-may \
	ip dst=10.77.1.254,10.77.3.1,10.77.2.2 / icmp / fill:800
check "and it is told which" "$(grep -c 'packet 2 was not sent: 828 bytes do not fit' err)" 1
lab_on h1 ip route del 10.77.3.1 via 10.77.1.254
from=e
ask "more that are silent than wait at a time" 1 '20000 sent, 0 answered, 10000 without answer' --rate max --i-may \
	--retry 1 --as none ip dst=10.80.0.9 / udp sport=52004 dport=1-10000 / hex:00

# ---- what is worth a note ----
ask "no reply rule" 1 'note: no protocol of this packet says what answers it' -i eth0 \
	eth dst=02:00:00:00:00:99 type=0x9999 / hex:01
ask "what has no room" 0 'note: ' ip dst=10.80.0.1 ihl=5 len=20 / icmp
ask "an answer begins as the question does" 0 '"link":101.*"dir":"rcvd"' --as json ip dst=10.80.0.1 / icmp
from=h1
ask "over the wire too" 0 '"link":101,.*"stack":\["ip","icmp"\].*"dir":"rcvd"' --as json ip dst=10.77.3.1 / icmp
check "sent and received are of one link type" "$(grep -o '"link":[0-9]*' out | sort | uniq -c | xargs)" "2 link:101"
ask "with its link header where that was said" 0 '"link":1,.*"stack":\["eth","ip","icmp"\].*"dir":"rcvd"' \
	--as json eth / ip dst=10.77.3.1 / icmp
ask "the padding of short frames is the link's" 0 'RCVD .*icmp echo-reply.*\)$' ip dst=10.77.3.1 / icmp
from=h1

# ---- care ----
ask "a foreign source is no accident" 2 '--i-may' ip src=10.9.9.9 dst=10.77.3.1 / icmp
ask "unless it is meant" 1 '1 sent, 0 answered' --i-may ip src=10.9.9.9 dst=10.77.3.1 / icmp
exit $bad
