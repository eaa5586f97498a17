#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Two hosts joined by strata bridge: what passes arrives, also where what is carried becomes longer or
# shorter, with super-frames, losses and repetitions; nothing of the machine between is seen.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "python3 curl ping tcpdump" "$@"
for host in h1 mid h2; do lab_host $host; done
lab_wire h1 eth0 mid eth1
lab_wire mid eth2 h2 eth0
lab_addr h1 eth0 10.77.0.1/24 fd77::1/64
lab_addr h2 eth0 10.77.0.2/24 fd77::2/64
for dev in eth1 eth2; do mute mid $dev; done
for host in h1 h2; do lab_up $host eth0; done

# bridged ARGUMENTS...: until unbridged. What was said is in $log.
bridged() {
	lab_bg mid "$STRATA" bridge eth1 eth2 "$@"
	bridge=$LAB_PID log=$LAB_LOG
	lab_until 20 grep -q bridging "$log" || { cat "$log"; exit 1; }
}
unbridged() {
	kill -INT "$bridge"
	wait "$bridge"
	check "$name: it ends well" $? 0
}
# fetched ADDRESS PATH FILE: curl, from h1.
fetched() { lab_on h1 curl -gsS -m 60 -o "$3" "http://$1/$2"; }
hash() { sha256sum <"$1" | cut -c1-64; }

# A server of files, and one that sends a file and ends, without a word of how long it is.
mkdir www
head -c 20000000 /dev/urandom >www/big
python3 -c '
import random
random.seed(7)
print("\n".join("".join(random.choice("abcdefgh ") for _ in range(70)) for _ in range(40000)))' >www/text
cat >server.py <<'END'
import http.server, os, socket, socketserver, threading
class H(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *a): pass
class S(http.server.ThreadingHTTPServer): address_family = socket.AF_INET6
class T(socketserver.ThreadingTCPServer): address_family = socket.AF_INET6
class Text(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(65536)
        self.request.sendall(open("text", "rb").read())
os.chdir("www")
threading.Thread(target=T(("::", 7001), Text).serve_forever, daemon=True).start()
S(("::", 80), H).serve_forever()
END
lab_bg h2 python3 server.py
lab_until 10 lab_on h2 curl -gsS -o /dev/null 'http://[::1]/text'

lab_sniff h1 eth0 seen.pcap -s 128 || exit 1
seen=$LAB_PID
name=plain
bridged
lab_on h1 ping -q -n -c 5 -i 0.2 -W 5 10.77.0.2 >out
check "pings pass, version 4" $? 0
lab_on h1 ping -q -n -c 5 -i 0.2 -W 5 fd77::2 >out
check "version 6" $? 0
lab_on h1 ping -q -n -c 2 -i 0.2 -s 20000 -W 5 fd77::2 >out
check "in fragments" $? 0
fetched 10.77.0.2 big got
check "20 MB pass whole" "$(hash got)" "$(hash www/big)"
unbridged
holds "super-frames were cut" "$log" 'longer than the other side takes'

# Every answer has one header that is longer than it was; what it brings is the same.
name="a longer header"
for to in 10.77.0.2 '[fd77::2]'; do
	bridged --replace 'Server: SimpleHTTP=Server: strata stands between the two of us, '
	lab_on h1 curl -gsS -m 60 -D headers -o got "http://$to/big"
	check "$name, $to: the body is whole" "$(hash got)" "$(hash www/big)"
	holds "$name: it arrived" headers 'Server: strata stands between the two of us, '
	unbridged
	holds "$name: once" "$log" '^strata: 1 changed'
done
name="a field of the protocol"
bridged --set 'http headers.0.value="one that is longer by far than it was"' --where http.response.code
lab_on h1 curl -gsS -m 60 -D headers -o got http://10.77.0.2/big
check "$name: the body is whole" "$(hash got)" "$(hash www/big)"
holds "$name: it arrived" headers 'Server: one that is longer by far than it was'
unbridged

# Bytes all over the stream: longer, shorter, of the same length.
for pair in 'a=bbb' 'a=' 'a=Z'; do
	name="each $pair"
	sed "s/${pair%=*}/${pair#*=}/g" www/text >want
	bridged --replace "$pair" --where 'tcp.srcport == 7001'
	lab_on h1 curl -gsS -m 60 --http0.9 -o got 'http://[fd77::2]:7001/'
	check "$name: all of them" "$(hash got)" "$(hash want)"
	unbridged
done

name=dropped
bridged --drop icmp --drop 'icmp6 type=echo-request'
lab_on h1 ping -q -n -c 2 -i 0.2 -W 1 10.77.0.2 >out
check "$name: no answer" $? 1
fetched 10.77.0.2 text got
check "$name: all else passes" "$(hash got)" "$(hash www/text)"
unbridged
holds "$name: counted" "$log" ' [2-9] dropped as asked'

name=delayed
bridged --delay 50ms
lab_on h1 ping -q -n -c 5 -i 0.3 -W 5 10.77.0.2 >out
rtt=$(sed -nE 's#^rtt [^=]*= ([0-9]+).*#\1#p' out)
check "$name: there and back" "$((rtt >= 100 && rtt < 200))" 1
unbridged

# h1 is 10.77.0.9 for h2, which has never heard of 10.77.0.1.
name=mapped
lab_sniff h2 eth0 far.pcap -s 128 || exit 1
far=$LAB_PID
lab_on h1 ip neigh flush all
lab_on h2 ip neigh flush all
bridged --map 10.77.0.1=10.77.0.9 --map tcp:8080=80
fetched 10.77.0.2:8080 text got
check "$name: there and back" "$(hash got)" "$(hash www/text)"
unbridged
LAB_PID=$far
lab_sniffed
check "$name: the far side knows no other" "$(frames far.pcap 'host 10.77.0.1 or port 8080')" 0
check "$name: but this one" "$(($(frames far.pcap 'src host 10.77.0.9') > 3))" 1

LAB_PID=$seen
lab_sniffed
check "no reset, and nothing unreachable" "$(frames seen.pcap 'tcp[13] & 4 != 0 or icmp[0] == 3 or (icmp6 and ip6[40] == 1)')" 0
check "nothing else speaks" "$(frames seen.pcap "not (ether host $(lab_mac h1 eth0) or ether host $(lab_mac h2 eth0))")" 0

# What is lost behind it is sent again, in other pieces, and is changed as it was before.
cat >poor.sh <<'END'
for dev in eth0 eth1; do on mid ip addr flush dev $dev; done
on h2 ip addr add 10.0.1.99/24 dev eth0
on h2 python3 server.py &
server=$!
on mid sh -c "echo \$\$ >pid; exec strata bridge eth0 eth1 --replace a=bbb --where 'tcp.srcport == 7001'" 2>poor.log &
bridge=$!
until grep -q bridging poor.log; do sleep 0.05; done
i=0
until on h1 curl -gsS -m 100 --http0.9 -o got http://10.0.1.99:7001/ || [ $i = 20 ]; do i=$((i + 1)); sleep 0.2; done
kill -INT $(cat pid)
wait $bridge
echo "exit $?" >>poor.log
kill $server
END
sed 's/a/bbb/g' www/text >want
"$STRATA" lab -q 'host mid; h1 -- mid loss=3% reorder=5% duplicate=3% delay=1ms seed=7; mid -- h2' -- sh poor.sh >said 2>&1
check "a poor wire: all of them" "$(hash got)" "$(hash want)"
holds "a poor wire: it ends well" poor.log 'exit 0'
check "a poor wire: nothing passed as it was" "$(grep -c 'not changed' poor.log)" 0
sed -n "2,9p" poor.log

# Where the default route leads it is not done by accident.
lab_on mid ip route add default dev eth1
lab_on mid timeout 20 "$STRATA" bridge eth1 eth2 >out 2>said
check "the default route: exit" $? 2
holds "the default route: said" said 'hands on what other machines sent, on eth1, .*--i-may'
bridged --i-may
name="on purpose"
unbridged
lab_on mid ip route del default dev eth1

# Killed, it leaves nothing.
name=killed
bridged --replace a=b
modes() { for dev in eth1 eth2; do lab_on mid ip -d -o link show $dev | grep -o 'promiscuity [0-9]*'; done | xargs; }
check "$name: before, both hear all" "$(modes)" 'promiscuity 1 promiscuity 1'
kill -KILL "$bridge"
wait "$bridge" 2>/dev/null
# shellcheck disable=SC2317 # lab_until calls it
quiet() { [ "$(modes)" = 'promiscuity 0 promiscuity 0' ]; }
lab_until 5 quiet
check "$name: after, neither does" "$(modes)" 'promiscuity 0 promiscuity 0'

# A wire that ends, and one that is not there.
name=vanished
bridged
lab_on mid ip link del eth2
wait "$bridge"
check "$name: exit" $? 4
holds "$name: told" "$log" 'eth2'
lab_on mid "$STRATA" bridge eth1 eth2 >out 2>said
check "no such interface: exit" $? 4
holds "and said" said 'no interface eth2'
exit $bad
