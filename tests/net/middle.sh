#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A man in the middle by ARP, made of strata alone: two hosts are told that the other one is where he is,
# and a script, and then a bridge, hands on what they send, without the kernel's forwarding. What passes
# arrives whole, and watch names what happened.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "python3 ping tcpdump" "$@"
for host in sw h1 h2 mid; do lab_host $host; done
lab_on sw ip link add br0 type bridge
lab_on sw ip link set br0 up
n=0
for host in h1 h2 mid; do
	lab_wire $host eth0 sw p$n
	lab_on sw ip link set p$n master br0
	n=$((n + 1))
	lab_addr $host eth0 10.77.0.$n/24
	lab_sums $host eth0
done
for host in h1 h2 mid; do lab_up $host eth0; done
one=$(lab_mac h1 eth0) two=$(lab_mac h2 eth0) mine=$(lab_mac mid eth0)
lab_sniff h1 eth0 seen.pcap || exit 1
seen=$LAB_PID
lab_on h1 ping -q -n -c 1 -W 5 10.77.0.2 >out
check "the two know each other" $? 0

cat >middle.script <<END
< eth dst=$mine / ip dst=10.77.0.2
> eth src=$mine dst=$two type={eth.type} / {payload}
< eth dst=$mine / ip dst=10.77.0.1
> eth src=$mine dst=$one type={eth.type} / {payload}
END
lab_bg mid "$STRATA" serve -i eth0 middle.script
middle=$LAB_PID log=$LAB_LOG
lab_until 20 grep -q 'reacting on' "$log" || { cat "$log"; exit 1; }
# shellcheck disable=SC2317 # lab_until calls them
told() { # MAC ADDRESS OF: MAC's host believes that OF is here
	lab_on mid "$STRATA" send -q --as none -i eth0 eth src="$mine" dst="$1" / arp op=is-at hwsrc="$mine" psrc="$3" hwdst="$1" pdst="$2"
}
# A kernel keeps what it was told less than a second ago.
# shellcheck disable=SC2317
believes() { told "$3" "$4" "10.77.0.$2" >&2 && lab_on "$1" ip neigh show "10.77.0.$2" | grep -q "$mine"; }
lab_until 10 believes h1 2 "$one" 10.77.0.1
check "one believes it" $? 0
lab_until 10 believes h2 1 "$two" 10.77.0.2
check "the other believes it" $? 0

lab_on h1 ping -q -n -c 5 -i 0.2 -W 5 10.77.0.2 >out
check "pings pass" $? 0
head -c 2000000 /dev/urandom >big
lab_bg h2 python3 -m http.server 80 --directory "$PWD"
lab_on h1 python3 -c '
import socket, sys, time, urllib.request
for i in range(100):
    try: data = urllib.request.urlopen("http://10.77.0.2/big", timeout=20).read(); break
    except OSError: time.sleep(0.1)
open("got", "wb").write(data)'
cmp big got
check "2 MB pass whole" $? 0
kill -INT "$middle"
wait "$middle"
check "he ends well" $? 0
check "he handed it on" "$(($(sed -nE 's/.* ([0-9]+) sent.*/\1/p' "$log") > 1000))" 1

# The same by a bridge with one side, that changes what is said, and its length.
lab_bg mid "$STRATA" bridge --hop eth0 --replace 'Server: SimpleHTTP=Server: whoever stands between; '
middle=$LAB_PID log=$LAB_LOG
lab_until 20 grep -q 'handing on' "$log" || { cat "$log"; exit 1; }
lab_until 10 believes h1 2 "$one" 10.77.0.1
check "one believes it again" $? 0
lab_until 10 believes h2 1 "$two" 10.77.0.2
check "and the other" $? 0
lab_on h1 python3 -c '
import urllib.request
r = urllib.request.urlopen("http://10.77.0.2/big", timeout=20)
print(r.headers["Server"])
open("got", "wb").write(r.read())' >header
cmp big got
check "2 MB pass whole behind a longer header" $? 0
holds "it was put in" header '^whoever stands between; '
lab_on h1 ping -q -n -c 2 -i 0.2 -W 5 10.77.0.3 >out
check "he himself is still there" $? 0
kill -INT "$middle"
wait "$middle"
check "the bridge ends well" $? 0
holds "the bridge handed it on" "$log" '^strata: 1 changed, 0 dropped as asked, [0-9]{4,} sent'
LAB_PID=$seen
lab_sniffed
check "no redirect and nothing unreachable" "$(frames seen.pcap 'icmp[0] == 3 or icmp[0] == 5')" 0
"$STRATA" watch -q seen.pcap >found
holds "watch names it" found 'arp'
exit $bad
