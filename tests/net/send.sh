#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata send: what arrives at the other end is what was printed, by every kind of socket.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "tcpdump tshark python3" "$@"
check() { # NAME GOT WANTED
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		echo "FAILED: $1: got '$2', wanted '$3'"
		[ -f err ] && cat err
		bad=1
	fi
}
says() { # NAME PATTERN
	if grep -qE -- "$2" out err; then
		echo "ok: $1"
	else
		echo "FAILED: $1: no '$2' in:"
		cat out err
		bad=1
	fi
}
# arrives NAME FILTER FIELDS WANTED ARGUMENTS...: tshark's fields of what h2 receives.
arrives() {
	local name=$1 filter=$2 fields=$3 want=$4 got f list=()
	shift 4
	for f in $fields; do list+=(-e "$f"); done
	lab_sniff h2 eth0 got.pcap -Q in -s 256 || { bad=1; return; }
	lab_on h1 "$STRATA" send "$@" >out 2>err
	lab_sniffed
	got=$(tshark -r got.pcap -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -Y "$filter" \
		-T fields -E separator=' ' "${list[@]}" 2>/dev/null | sort | uniq -c | sed 's/^ *//')
	check "$name" "$got" "$want"
}

lab_pair
for how in "" "--libnet" "--via ip" "--via ip --libnet"; do
	# shellcheck disable=SC2086
	arrives "version 4 ${how:-by default}" 'udp.dstport == 9' \
		'ip.src ip.dst ip.id udp.srcport udp.checksum.status eth.dst' \
		'1 10.77.0.1 10.77.0.2 0x1234 77 1 02:00:00:00:00:02' \
		$how ip dst=10.77.0.2 id=0x1234 / udp sport=77 dport=9 / text:hello
	# shellcheck disable=SC2086
	arrives "version 6 ${how:-by default}" 'udp.dstport == 9' \
		'ipv6.src ipv6.dst ipv6.flow udp.checksum.status eth.dst' \
		'1 fd77::1 fd77::2 0x012345 1 02:00:00:00:00:02' \
		$how ip6 dst=fd77::2 fl=0x12345 / udp sport=77 dport=9 / text:hello
done
arrives "lies arrive as they are" 'eth.type == 0x800' 'ip.len ip.checksum ip.id' '1 99 0xbeef 0x0000' \
	ip dst=10.77.0.2 id=0 len=99 chksum=0xbeef / udp dport=9
arrives "a frame of one's own" 'eth.type == 0x88b5' 'eth.src eth.dst' \
	'1 02:00:00:00:00:01 02:00:00:00:00:99' -i eth0 eth dst=02:00:00:00:00:99 type=0x88b5 / hex:0102
arrives "a group's link address" 'ip.dst == 239.1.2.3' 'eth.dst' '1 01:00:5e:01:02:03' \
	-i eth0 ip dst=239.1.2.3 / udp
arrives "broadcast" 'ip.dst == 10.77.0.255' 'eth.dst' '1 ff:ff:ff:ff:ff:ff' ip dst=10.77.0.255 / udp
arrives "a sweep" 'udp' 'ip.dst udp.checksum.status' '40 10.77.0.2 1' \
	ip dst=10.77.0.2 / udp dport=1000-1039
arrives "a sweep, ten times" 'udp' 'ip.dst' '400 10.77.0.2' -c 10 ip dst=10.77.0.2 / udp dport=1000-1039
# ---- a script ----
cat >four.strata <<'E'
ip dst=10.77.0.2 / udp dport=7001
< ip dst=10.77.0.1 / udp dport=7002
+0.3 ip dst=10.77.0.2 / udp dport=7003
at=100 ip dst=10.77.0.2 / udp dport=7004
at=100.2 ip dst=10.77.0.2 / udp dport=7005
E
arrives "a script, without what is expected" 'udp' 'udp.dstport' "$(printf '1 %s\n' 7001 7003 7004 7005)" \
	-f four.strata
check "each line has an identification of its own" \
	"$(tshark -r got.pcap -Y udp -T fields -e ip.id 2>/dev/null | sort -u | wc -l)" 4
check "its times are kept" "$(tshark -r got.pcap -Y udp -T fields -e frame.time_relative 2>/dev/null |
	awk '{ t[NR] = $1 } END { print (t[2] - t[1] > 0.29 && t[2] - t[1] < 2 && t[4] - t[3] > 0.19 && t[4] - t[3] < 2) }')" 1
says "what was left out is told" '1 line of what is expected'
printf 'ip dst=10.77.0.2 / udp\nip dst=10.77.0.2 / icpm\n' >bad.strata
lab_on h1 "$STRATA" send -f bad.strata >out 2>err
check "a mistake in a script: exit status" $? 2
check "nothing of it was sent" "$(cat out)" ""
says "its place" 'bad.strata:2:[0-9]*: no layer is called'
arrives "a tag" 'vlan' 'vlan.id ip.dst' '1 7 10.77.0.2' \
	eth dst=02:00:00:00:00:02 / vlan vlan=7 / ip dst=10.77.0.2 / udp

# ---- fragments that the other kernel puts together again ----
lab_bg h2 python3 -c '
import socket, sys
for family, name in ((socket.AF_INET, "four"), (socket.AF_INET6, "six")):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind(("::" if family == socket.AF_INET6 else "", 7777))
    s.settimeout(5)
    print("up", flush=True)
    m = s.recv(65536)
    print(name, len(m), m == bytes(i % 256 for i in range(len(m))), flush=True)
    s.close()
'
log=$LAB_LOG
lab_until 5 grep -q up "$log"
lab_on h1 "$STRATA" send --fragment 512 ip dst=10.77.0.2 / udp dport=7777 / count:5000 >out 2>err
lab_until 5 grep -q four "$log"
check "fragments, version 4" "$(grep four "$log")" "four 5000 True"
lab_until 5 bash -c "[ \"\$(grep -c up $log)\" = 2 ]"
lab_on h1 "$STRATA" send --fragment 1232 ip6 dst=fd77::2 / udp dport=7777 / count:3000 >out 2>err
lab_until 5 grep -q six "$log"
check "fragments, version 6" "$(grep six "$log")" "six 3000 True"
lab_sniff h2 eth0 frag.pcap -Q in ip6 proto 44 || bad=1
lab_on h1 "$STRATA" send -c 2 --fragment 512 ip6 dst=fd77::2 / udp dport=7777 / count:1000 >out 2>err
lab_sniffed
check "each datagram has an identification" "$(tshark -r frag.pcap -T fields -e ipv6.fraghdr.ident 2>/dev/null |
	grep -v '^0x00000000$' | sort | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" "2 2 "

# ---- what the kernel would change is told ----
lab_on h1 "$STRATA" send ip dst=127.0.0.1 id=0 / udp >out 2>err
says "a raw socket's own mind" 'leaves it to the kernel to write: the identification'
lab_on h1 "$STRATA" send ip dst=10.77.0.2 / udp / fill:1480 >out 2>err
check "over the MTU: exit status" $? 4
says "over the MTU" '1508 bytes do not fit the MTU of eth0 \(1500\): --fragment SIZE cuts them'
lab_on h1 "$STRATA" send ip dst=10.77.0.2 version=5 / udp dport=9 >out 2>err
check "a version of one's own" $? 0
says "shown as it was built" 'SENT .*ip 10\.77\.0\.1 > 10\.77\.0\.2 .*/ udp .* > 9'
lab_on h1 "$STRATA" send -i eth0 arp pdst=10.77.0.2 >out 2>err
check "no link header: exit status" $? 2
says "no link header" 'begin with eth /, or with link=1 before its bytes'
# What would be sent is no answer.
check "--dry-run: sent, as notation" \
	"$(lab_on h1 "$STRATA" send -q --dry-run --as expr ip dst=10.77.0.2 / udp dport=9 | grep -c '^at=[^ ]* > ')" 1
check "--dry-run: sent, as JSON" \
	"$(lab_on h1 "$STRATA" send -q --dry-run --as json ip dst=10.77.0.2 / udp dport=9 | grep -c '"dir":"sent"')" 1
# The interface that a line of a script says.
printf 'if=eth0 eth dst=ff:ff:ff:ff:ff:ff / hex:00\nif=lo eth / ip / udp dport=9\n' >lines
lab_on h1 "$STRATA" send -f lines >out 2>err
check "if= in a script: exit status" $? 0
check "if= in a script: both left" "$(grep -c ^SENT out)" 2
printf 'if=nowhere ip dst=10.77.0.2 / udp dport=9\n' >lines
lab_on h1 "$STRATA" send -f lines >out 2>err
check "if= of no interface: exit status" $? 4
check "if= of no interface: said once" "$(cat err)" "strata: lines:1: no interface nowhere"
lab_on h1 "$STRATA" send ip dst=10.77.0.2,10.77.0.99 / udp dport=9 >out 2>err
check "nobody there: exit status" $? 4
says "nobody there" 'packet 2 was not sent: 10\.77\.0\.99 on eth0 does not answer'
# All that are silent are asked at a time, and the others do not wait for them: 40 of 42 are nobody.
lab_sniff h2 eth0 sweep.pcap -Q in udp port 7 || bad=1
start=$EPOCHREALTIME
lab_on h1 "$STRATA" send ip dst=10.77.0.100-10.77.0.139,10.77.0.2,10.77.0.255 / udp dport=7 >out 2>err
rc=$?
end=$EPOCHREALTIME
lab_sniffed
took=$(awk "BEGIN { print int(($end - $start) * 1000) }")
check "a sweep with silent neighbours: exit status" $rc 4
check "it takes the time of one, not of forty" "$([ "$took" -ge 990 ] && [ "$took" -lt 15000 ] && echo yes || echo "$took ms")" yes
check "they arrived long before it was over" "$(tshark -r sweep.pcap -T fields -e frame.time_epoch 2>/dev/null |
	awk -v end="$end" 'end - $1 > 0.5 { n++ } END { print n }')" 2
check "each that is silent is named" "$(grep -c 'packet [0-9]* was not sent: 10.77.0.1[0-3][0-9] on eth0 does not answer' err)" 32
says "or counted" '^strata: 8 others were not sent'
says "in the sum" '^strata: 2 sent, .* 40 not sent'
lab_on h1 "$STRATA" send -c 3 --timeout 300ms ip dst=10.77.0.98,10.77.0.99 / udp dport=9 >out 2>err
says "how long is waited" 'packet 1 \(and 2 more\) was not sent: 10\.77\.0\.98 .* after 0\.3 s'
says "how often" '^strata: 0 sent, .* 6 not sent'
lab_on h1 "$STRATA" send --timeout 200ms --retry 2 ip dst=10.77.0.97 / udp dport=9 >out 2>err
says "asked again" 'no neighbour address after 0\.6 s'
lab_on h1 "$STRATA" send -q --timeout 200ms ip dst=10.77.0.97,10.77.0.96 / udp dport=9 >out 2>err
check "-q: exit status" $? 4
says "-q does not hide it" 'was not sent: 10\.77\.0\.97 '
# Without CAP_NET_ADMIN the kernel cannot be asked to ask.
if command -v setpriv >/dev/null; then
	start=$EPOCHREALTIME
	lab_on h1 setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$STRATA" send --timeout 500ms \
		ip dst=10.77.0.140-10.77.0.179,10.77.0.2 / udp dport=9 >out 2>err
	end=$EPOCHREALTIME
	took=$(awk "BEGIN { print int(($end - $start) * 1000) }")
	says "asked by ourselves" '^strata: 1 sent, .* 40 not sent'
	check "all at a time too" "$([ "$took" -ge 490 ] && [ "$took" -lt 10000 ] && echo yes || echo "$took ms")" yes
	lab_on h1 setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$STRATA" send \
		ip6 dst=fd77::90-fd77::93,fd77::2 / udp dport=9 >out 2>err
	says "in version 6 too" '^strata: 1 sent, .* 4 not sent'
fi
lab_on h1 "$STRATA" send ip dst=203.0.113.5 / udp >out 2>err
check "no route: exit status" $? 4
says "no route" 'no route to 203\.0\.113\.5'
lab_on h1 "$STRATA" send eth / hex:00 >out 2>err
says "no interface" 'say -i IF'
lab_on h1 "$STRATA" send -i nosuch0 ip dst=10.77.0.2 / udp >out 2>err
says "no such interface" "no device 'nosuch0'.*eth0"

# ---- Ctrl-C ----
# stops NAME COMMAND ARGUMENTS...: long before what it waits for, and the sum is told.
stops() {
	local name=$1 start took
	shift
	lab_bg h1 "$STRATA" "$@"
	lab_until 10 grep -qE 'SENT|sweep of' "$LAB_LOG"
	sleep 0.3
	start=$EPOCHREALTIME
	lab_stop "$LAB_PID" INT
	took=$(awk "BEGIN { print int(($EPOCHREALTIME - $start) * 1000) }")
	check "Ctrl-C, $name: in time" "$([ "$took" -lt 5000 ] && echo yes || echo "$took ms")" yes
	check "Ctrl-C, $name: the sum" "$(grep -cE '^strata: [0-9]+ sent' "$LAB_LOG")" 1
}
stops "sending" send -c 0 --rate 50 ip dst=10.77.0.2 / udp dport=9
stops "sending as fast as can be" send --as none -c 0 --rate max ip dst=10.77.0.2 / udp dport=9,10
stops "sending, between two packets" send -c 0 --interval 1h ip dst=10.77.0.2 / udp dport=9
stops "sending, for neighbours" send --timeout 1h ip dst=10.77.0.2,10.77.0.150-10.77.0.160 / udp dport=9
stops "sending, for more neighbours than are waited for" \
	send --timeout 1h ip dst=10.77.0.2,10.77.0.3-10.77.0.254,10.77.0.3-10.77.0.254 / udp dport=9
stops "asking" ask --timeout 1h ip dst=10.77.0.2 / udp dport=9 / hex:00
stops "asking, for neighbours" ask --timeout 1h ip dst=10.77.0.2,10.77.0.150-10.77.0.160 / icmp

# ---- our own socket receives nothing; rate ----
# More than there is time for: it is stopped when it has been looked at.
lab_bg h1 "$STRATA" send -c 20000 --rate 200 ip dst=10.77.0.2 / udp dport=9
lab_until 10 lab_on h1 bash -c "grep -q ' 3 ' /proc/net/packet"
lab_on h2 ping -q -i 0.002 -c 200 10.77.0.1 >/dev/null
# shellcheck disable=SC2016
check "nothing waits in it" "$(lab_on h1 awk 'NR > 1 { print $7 }' /proc/net/packet | sort -u)" 0
lab_stop "$LAB_PID"
start=$EPOCHREALTIME
lab_on h1 "$STRATA" send -q -c 100 --rate 200 ip dst=10.77.0.2 / udp dport=9 >out 2>err
end=$EPOCHREALTIME
took=$(awk "BEGIN { print int(($end - $start) * 1000) }")
check "100 at 200 a second take half a second" "$([ "$took" -ge 490 ] && [ "$took" -lt 5000 ] && echo yes || echo "$took ms")" yes
exit $bad
