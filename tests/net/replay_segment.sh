#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata replay --segment: frames that a network card was to cut up, captured from a real transfer, are
# cut up, and a real receiver gets from them what was sent; without it they are refused and counted.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "tcpdump python3" "$@"
lab_pair
# The machine of the replay has no addresses, so that it answers nothing; the receiver is h2's double.
lab_host player
lab_host rx
lab_wire player eth0 rx eth0
lab_addr rx eth0 10.77.0.2/24 fd77::2/64
lab_up rx eth0
mute player eth0
me=$(lab_mac player eth0) to=$(lab_mac rx eth0)
for addr in 10.77.0.1 fd77::1; do
	lab_on rx ip neigh replace $addr lladdr "$me" dev eth0 nud permanent
done

# ---- a connection whose segments the kernel left for the card ----
cat >serve.py <<'PY'
import hashlib, socket, sys
s = socket.create_server((sys.argv[1], 7000), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print("ready", flush=True)
c, _ = s.accept()
h = hashlib.sha256()
while d := c.recv(65536):
    h.update(d)
print(h.hexdigest(), flush=True)
PY
cat >send.py <<'PY'
import random, socket, sys
random.seed(sys.argv[1])
data = random.randbytes(50000)
s = socket.create_connection((sys.argv[1], 7000))
s.sendall(data)
s.close()
PY
# As a connection that the kernel took over from elsewhere (TCP_REPAIR), with the numbers of the
# capture: what the replay sends is its own peer's.
cat >take.py <<'PY'
import hashlib, socket, sys
addr, peer, port, seq, ack = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
REPAIR, QUEUE, SEQ = 19, 20, 21
s = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET)
s.setsockopt(socket.IPPROTO_TCP, REPAIR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((addr, 7000))
for queue, number in ((1, seq), (2, ack)):
    s.setsockopt(socket.IPPROTO_TCP, QUEUE, queue)
    s.setsockopt(socket.IPPROTO_TCP, SEQ, number.to_bytes(4, sys.byteorder))
s.connect((peer, port))
s.setsockopt(socket.IPPROTO_TCP, REPAIR, 0)
print("ready", flush=True)
h = hashlib.sha256()
s.settimeout(20)
try:
    while d := s.recv(65536):
        h.update(d)
except OSError as why:
    print("no end:", why)
print(h.hexdigest(), flush=True)
PY

transfer() { # FAMILY FROM TO FIELD
	local family=$1 from=$2 addr=$3 field=$4 server isn ack port
	lab_bg h2 python3 serve.py "$addr"
	server=$LAB_PID server_log=$LAB_LOG
	lab_until 10 grep -q ready "$server_log"
	lab_sniff h1 eth0 "$family.pcap" tcp || { bad=1; return; }
	lab_on h1 python3 send.py "$addr"
	lab_until 10 grep -qE '^[0-9a-f]{64}$' "$server_log"
	lab_sniffed
	wait "$server"
	sent=$(tail -1 "$server_log")
	check "$family: there are super-frames" "$(($(dump "$family.pcap" greater 1515 2>/dev/null | wc -l) > 0))" 1
	"$STRATA" read -q "$family.pcap" --where 'tcp.flags.syn == 1 && tcp.flags.ack == 0' --as csv \
		--fields tcp.seq_raw,tcp.srcport | tr -d '\r' | tail -1 >first
	IFS=, read -r isn port <first
	ack=$("$STRATA" read -q "$family.pcap" --where 'tcp.flags.syn == 1 && tcp.flags.ack == 1' --as csv \
		--fields tcp.seq_raw | tr -d '\r' | tail -1)

	# Without --segment: refused, counted, named.
	lab_on player "$STRATA" replay -i eth0 --rate max "$family.pcap" --where "$field == $from" 2>said
	check "$family: refused without --segment" $? 4
	holds "$family: named" said 'was not sent: [0-9]+ bytes do not fit the MTU of eth0 \(1500\); --segment mtu cuts it up'

	lab_bg rx python3 take.py "$addr" "$from" "$port" $((isn + 1)) $((ack + 1))
	server=$LAB_PID server_log=$LAB_LOG
	lab_until 10 grep -q ready "$server_log" || { cat "$server_log"; bad=1; return; }
	lab_sniff rx eth0 got.pcap -s 2048 -Q in || { bad=1; return; }
	local recorder=$LAB_PID
	lab_on player "$STRATA" replay -i eth0 --rate 2000 --segment mtu --sums --set "eth dst=$to src=$me" \
		"$family.pcap" --where "$field == $from && tcp.flags.syn == 0" 2>said
	check "$family: cut up: exit" $? 0
	holds "$family: cut up: told" said ' cut up into [0-9]+'
	lab_until 25 grep -qE '^[0-9a-f]{64}$' "$server_log"
	LAB_PID=$recorder lab_sniffed
	check "$family: the application has what was sent" "$(tail -1 "$server_log")" "$sent"
	check "$family: no frame over the MTU" "$(dump got.pcap greater 1515 2>/dev/null | wc -l)" 0
	check "$family: some at it" "$(($(dump got.pcap greater 1514 2>/dev/null | wc -l) > 20))" 1
	check "$family: checksums" "$(dump got.pcap -nnv 2>/dev/null | grep -cE 'bad cksum|incorrect')" 0
	wait "$server"
}
if lab_on rx python3 -c 'import socket; socket.socket().setsockopt(6, 19, 1)' 2>/dev/null; then
	transfer ip4 10.77.0.1 10.77.0.2 ip.src
	transfer ip6 fd77::1 fd77::2 ipv6.src
else
	echo "left out: this kernel takes over no connections (TCP_REPAIR)"
fi

# ---- datagrams ----
cat >hear.py <<'PY'
import hashlib, socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 9000))
print("ready", flush=True)
s.settimeout(20)
d = s.recv(65536)
print(len(d), hashlib.sha256(d).hexdigest(), flush=True)
PY
for layer in "ip src=10.77.0.1 dst=10.77.0.2" "ip6 src=fd77::1 dst=fd77::2"; do
	name=${layer%% *} addr=${layer##*=}
	text=$(seq -s, 1 1500)
	echo "eth dst=$to src=$me / $layer / udp sport=5 dport=9000 / text:$text" | "$STRATA" craft -q -f - -w long.pcap
	lab_bg rx python3 hear.py "$addr"
	lab_until 10 grep -q ready "$LAB_LOG"
	lab_on player "$STRATA" replay -i eth0 --segment mtu long.pcap 2>said
	check "$name datagram: exit" $? 0
	holds "$name datagram: told" said '1 cut up into 5'
	lab_until 25 grep -qE '[0-9a-f]{64}$' "$LAB_LOG"
	check "$name datagram: put together it is whole" "$(tail -1 "$LAB_LOG")" \
		"${#text} $(printf %s "$text" | sha256sum | cut -d' ' -f1)"
done
echo "eth dst=$to src=$me / ip src=10.77.0.1 dst=10.77.0.2 flags=DF / udp sport=5 dport=9000 / fill:3000" |
	"$STRATA" craft -q -f - -w long.pcap
lab_on player "$STRATA" replay -i eth0 --segment mtu long.pcap 2>said
check "not to be cut: exit" $? 4
holds "not to be cut: said" said 'cannot be cut up: ip says that it is not to be cut'
lab_on player "$STRATA" replay -i eth0 --segment 900 --dry-run -q "$src/captures/offload.pcap" 2>/dev/null
check "a smaller MTU, dry: exit" $? 0
exit $bad
