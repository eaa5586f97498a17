#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Sending at top speed: by every sender, what arrives is what `craft` makes of the same words; what
# the kernel refuses is counted and named; whatever ends it, it ends.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "tcpdump" "$@"
pair_and_deaf

# send NAME EXIT ARGUMENTS...: what $host got is in got.pcap, what was said in said.
send() { recorded 256 "$1" "$2" send "${@:3}"; }
arrived() { lab_on deaf awk '$1 == "eth0:" { print $3 }' /proc/net/dev; }

sweep=(eth dst=02:00:00:00:00:99 src=02:00:00:00:00:01 / ip src=10.77.0.1 dst=10.9.0.1-10.9.0.10 id=inc:7
	ttl=rand / udp sport=1-40 dport=9 / rand:20)
"$STRATA" craft -q --seed 5 -w want.pcap "${sweep[@]}"
check "there is something to compare with" "$(frames want.pcap)" 400

# Every sender there is: a machine may lack one.
lab_on h1 "$STRATA" send --sender list -i eth1 >list
check "the list" "$(awk '{ print $1 }' list | tr '\n' ' ')" "sendmmsg tx-ring af-xdp libnet raw "
cat list
ways=$(awk '$2 == "yes" && $1 != "raw" { print "--sender=" $1 }' list)
for how in "" --libnet $ways; do
	# shellcheck disable=SC2086
	send "at top speed ${how:-by default}" 0 -i eth1 --seed 5 --rate max $how "${sweep[@]}"
	check "at top speed ${how:-by default}: the same bytes" "$(bytes got.pcap)" "$(bytes want.pcap)"
	holds "at top speed ${how:-by default}: told" said '^strata: 400 sent, 24800 bytes by [a-z-]+; [0-9.]+/s, [0-9.e+]+ Mbit/s$'
	check "at top speed ${how:-by default}: nothing is shown" "$(cat out)" ""
	case $how in --sender*) holds "at top speed $how: named" said " by ${how#--*=}" ;; esac
done
# ---- several threads: the same packets, in any order, and one sum of all ----
rows() { dump "$1" -nnxx -t 2>/dev/null | awk '/^.0x/ { $1 = ""; row = row $0; next } { print row; row = "" } END { print row }' | sort | cksum; }
for how in "" --rate=max --libnet ${ways/--sender=af-xdp/}; do
	# shellcheck disable=SC2086
	send "by three threads ${how:-by default}" 0 -i eth1 --seed 5 --threads 3 $how "${sweep[@]}"
	check "by three threads ${how:-by default}: the same packets" "$(rows got.pcap)" "$(rows want.pcap)"
	holds "by three threads ${how:-by default}: told" said '^strata: 400 sent, 24800 bytes by [a-z-]+'
	holds "by three threads ${how:-by default}: the order" said '^strata: 3 threads: packets leave in no order'
done
send "threads and rounds" 0 -i eth1 --threads 4 -c 3 -q "${sweep[@]}"
check "threads and rounds: all" "$(frames got.pcap)" 1200
send "threads at a rate" 0 -i eth1 --seed 5 --threads 2 --rate 800 "${sweep[@]}"
check "threads at a rate: the same packets" "$(rows got.pcap)" "$(rows want.pcap)"
holds "threads at a rate: all together" said '; ([6-7][0-9][0-9]|80[0-9])\.[0-9]/s of 800 asked, .*late .* median'
send "more threads than packets" 0 -i eth1 --threads 9 "${sweep[@]/sport=1-40/sport=1}" -q
check "more threads than packets: each once" "$(frames got.pcap)" 10
send "one packet, many threads" 0 -i eth1 --threads 9 eth dst=02:00:00:00:00:99 src=02:00:00:00:00:01 / hex:00
check "one packet, many threads: it left" "$(frames got.pcap)" 1
lab_on h1 timeout -s INT 2 "$STRATA" send -i eth1 --threads 3 -c 0 --rate max "${sweep[@]}" >out 2>said
holds "threads until stopped: told" said '^strata: [0-9]+ sent, .*; stopped'
lab_on h1 "$STRATA" send -i eth1 --threads 3 eth dst=02:00:00:00:00:99 / ip dst=10.9.0.1 id=1-9 / fill:1500 >out 2>said
check "threads and what is too long: exit" $? 4
holds "threads and what is too long: named" said 'packet 1 \(and 8 more\) was not sent: [0-9]+ bytes do not fit the MTU'
for no in "--as line" "--exact" "--fragment 8" "--verify eth1" "--dry-run" "--via stream" "--sender af-xdp" "-f want.pcap"; do
	# shellcheck disable=SC2086
	lab_on h1 "$STRATA" send -i eth1 --threads 2 $no ip dst=10.77.0.2 / udp dport=1-9 >out 2>said
	check "threads, not with $no: exit" $? 2
done

send "in bursts, at a rate" 0 -i eth1 --seed 5 -q --rate 4000 "${sweep[@]}"
check "in bursts, at a rate: the same bytes" "$(bytes got.pcap)" "$(bytes want.pcap)"
send "at top speed, shown" 0 -i eth1 --seed 5 --rate max --as line "${sweep[@]}"
check "at top speed, shown: the same bytes" "$(bytes got.pcap)" "$(bytes want.pcap)"
check "at top speed, shown: each of them" "$(grep -c ^SENT out)" 400
# A recorder may be too slow for these: the interface counts.
before=$(arrived)
send "many" 0 -i eth1 --rate max "${sweep[@]/sport=1-40/sport=1-5000}"
check "many: all of them" "$(($(arrived) - before))" 50000
# A sum that is made by reading the packet: built anew each time, or so.
cat >own.protocol <<'E'
protocol own "Own" {
	over ethertype 0x88b6
	n   : u16 = 0
	sum : u8  = sum8(n)
}
E
words=(eth dst=02:00:00:00:00:99 src=02:00:00:00:00:01 / own n=1-300)
"$STRATA" craft -q -p own.protocol -w want.pcap "${words[@]}"
send "a sum that reads" 0 -p own.protocol -i eth1 --rate max "${words[@]}"
check "a sum that reads: the same bytes" "$(bytes got.pcap)" "$(bytes want.pcap)"
# What changes its shape.
words=(eth dst=02:00:00:00:00:99 src=02:00:00:00:00:01 / ip src=10.77.0.1 dst=10.77.0.2 id=7 / udp sport=7 dport=1-100 / 'each:a,bb,ccc')
"$STRATA" craft -q -w want.pcap "${words[@]}"
send "other lengths" 0 -i eth1 --rate max "${words[@]}"
check "other lengths: the same bytes" "$(bytes got.pcap)" "$(bytes want.pcap)"

# ---- a capture as a script ----
of=(-s 2048)
"$STRATA" read -q "$src/captures/http.pcap" --as expr >http.strata
for how in --rate=max "--rate=max --sender=tx-ring"; do
	# shellcheck disable=SC2086
	send "a script, $how" 0 --exact -i eth1 $how @http.strata
	check "a script, $how: the same bytes" "$(bytes got.pcap)" "$(bytes "$src/captures/http.pcap")"
done
send "a script at its times" 0 --exact -i eth1 --as none @http.strata
check "a script at its times: the same bytes" "$(bytes got.pcap)" "$(bytes "$src/captures/http.pcap")"
holds "a script at its times: told" said '^strata: 56 sent, 6332 bytes by sendmmsg; .*late .* median'
apart() { dump "$1" -nn -ttttt 2>/dev/null | awk '{ t = $1 } END { split(t, p, ":"); print p[1] * 3600 + p[2] * 60 + p[3] }'; }
printf '%s\n' "eth dst=02:00:00:00:00:99 / ip chksum=0 / udp chksum=1 sport=7 dport=9"{,,} >odd.strata
send "a script of odd packets" 0 --exact -i eth1 --as none @odd.strata
check "a script of odd packets: not a word of each" "$(grep -c note said)" 0
# Times that go back, and both kinds of them: 0.7 s in all; it would be 1.7 if none went back.
f="eth dst=02:00:00:00:00:99 src=02:00:00:00:00:01"
printf '%s\n' "at=100 $f type=1" "+0.5 $f type=2" "-0.4 $f type=3" "+0.5 $f type=4" "at=100.7 $f type=5" >back.strata
send "times that go back" 0 --exact -i eth1 @back.strata
check "times that go back: from the first to the last" "$(apart got.pcap | awk '{ print ($1 > 0.4 && $1 < 1.5) ? "yes" : $0 }')" yes
# Many at once after single ones: handing over single ones does not use up the room for bursts.
if command -v strace >/dev/null; then
	awk -v f="$f" 'BEGIN {
		print "at=100 " f
		for (i = 0; i < 40; i++) print "+0.002 " f
		for (i = 0; i < 6400; i++) print "+0 " f
	}' >mixed.strata
	"$STRATA" craft -q -f mixed.strata -w mixed.pcap
	for how in $ways; do
		[ "$how" = --sender=libnet ] && continue
		before=$(arrived)
		lab_on h1 strace -f -c -o calls -e trace=sendto,sendmmsg "$STRATA" replay -q "$how" -i eth1 mixed.pcap
		check "single ones, then many, $how: all" "$(($(arrived) - before))" 6441
		check "single ones, then many, $how: in bursts" \
			"$(awk '$NF == "total" { print ($4 > 2000 ? $4 " calls" : "yes") }' calls)" yes
	done
else
	echo "left out: no strace to count calls with"
fi
# ---- by the routing table ----
host=h2 of=(-Q in udp)
send "with a header in front" 0 --rate max ip dst=10.77.0.2 id=1 / udp sport=1-300 dport=9
check "with a header in front: to the neighbour" \
	"$(frames got.pcap "ether src $one and ether dst $two and ip src 10.77.0.1 and udp")" 300
send "to silent neighbours, too" 4 --rate max --timeout 300ms ip dst=10.77.0.2,10.77.0.99 / udp sport=1-20 dport=9
check "to silent neighbours, too: the others" "$(frames got.pcap "ip dst 10.77.0.2")" 20
holds "to silent neighbours, too: told" said '20 sent, .* 20 not sent'
send "by a raw socket" 0 --via ip --rate max ip dst=10.77.0.2 id=1 / udp sport=1-50 dport=9
check "by a raw socket: all" "$(frames got.pcap)" 50
for i in 1 2 3; do echo "ip dst=10.77.0.2 / udp sport=$i dport=9"; done >three.strata
printf 'if=eth1 eth dst=02:00:00:00:00:99 / udp dport=9\n' >>three.strata
before=$(arrived)
send "a script" 0 --rate max -f three.strata
check "a script: all" "$(frames got.pcap)" 3
check "a script: by the interface that a line says" "$(($(arrived) - before))" 1
holds "a script: told" said "^strata: 4 sent, [0-9]+ bytes by (sendmmsg|af-xdp);"

# ---- what was used is named ----
host=deaf of=()
named() { # NAME WAY ARGUMENTS...
	local name=$1 way=$2
	shift 2
	lab_on h1 "$STRATA" send "$@" >out 2>said
	check "named, $name: exit" $? 0
	holds "named, $name" said "^strata: [0-9]+ sent, [0-9]+ bytes by $way(;|\$)"
}
frame=(eth dst=02:00:00:00:00:99 src=02:00:00:00:00:01 type=0x88b5)
named "one frame" sendmsg -i eth1 "${frame[@]}"
named "at a rate" sendmsg -c 3 --rate 1000 -i eth1 "${frame[@]}"
named "libnet" libnet --libnet -i eth1 "${frame[@]}"
named "without a link header" sendmsg ip dst=10.77.0.2 / udp dport=9
named "--via ip" raw --via ip ip dst=10.77.0.2 / udp dport=9
named "--sender raw" raw --sender raw -c 3 --rate 1000 ip dst=10.77.0.2 / udp dport=9
named "datagrams" datagram --via datagram ip dst=10.77.0.2 / udp dport=9 / text:x
for how in "--sender raw" "--via ip" "--via ip --dry-run" "--via ip --rate max"; do
	# shellcheck disable=SC2086
	lab_on h1 "$STRATA" send $how -i eth1 "${frame[@]}" >out 2>said
	check "a frame by a raw socket, $how: exit" $? 2
	holds "a frame by a raw socket, $how: why" said "begins with a link header"
done
# Who is at the other end takes nothing: bytes that did not leave are not counted.
case $ways in *af-xdp*)
	lab_on deaf ip link set eth0 down
	lab_on h1 "$STRATA" replay --rate max --loop 10 --sender af-xdp -i eth1 "$src/captures/http.pcap" >out 2>said
	check "the other side is down: exit" $? 4
	holds "the other side is down: counted" said '^strata: 0 sent, 0 bytes by af-xdp, 560 not sent'
	lab_on deaf ip link set eth0 up
	lab_up h1 eth1
	;;
esac
host=h2 of=(-Q in udp)

# ---- what cannot be sent ----
send "over the MTU" 4 --rate max ip dst=10.77.0.2 id=1 / udp sport=1-3 dport=9 / fill:1473
holds "over the MTU: named" said 'packet 1 \(and 2 more\) was not sent: 1501 bytes do not fit the MTU of eth0'
ends() { # NAME COMMAND PATTERN ARGUMENTS...: COMMAND while it sends; it must end, with exit 4
	local name=$1 what=$2 pattern=$3
	shift 3
	lab_bg h1 timeout 20 "$STRATA" send --all -c 0 -i eth1 --rate max "$@" "${sweep[@]}"
	lab_until 10 grep -q 'sweep of' "$LAB_LOG"
	sleep 0.3
	lab_on h1 bash -c "$what"
	wait "$LAB_PID"
	check "$name: exit" $? 4
	holds "$name: why" "$LAB_LOG" "$pattern"
	holds "$name: what was done" "$LAB_LOG" '[1-9][0-9]* sent, [0-9]+ bytes by [a-z-]+, [0-9]+ not sent'
}
for how in $ways; do
	ends "the interface goes down, $how" "ip link set eth1 down" 'interface eth1 is down' $how
	lab_on h1 ip link set eth1 up
	lab_up h1 eth1
	# Frames that are too long by then are counted, and it goes on.
	lab_bg h1 timeout 20 "$STRATA" send --all -c 0 -i eth1 --rate max $how "${sweep[@]/rand:20/rand:900}"
	lab_until 10 grep -q 'sweep of' "$LAB_LOG"
	sleep 0.2
	lab_on h1 ip link set eth1 mtu 600
	sleep 0.1
	lab_on h1 ip link set eth1 mtu 1500
	sleep 0.1
	lab_stop "$LAB_PID" INT
	case $how in
	*af-xdp) ;; # the kernel checks no MTU there
	*) holds "the MTU shrinks, $how: counted" "$LAB_LOG" '[1-9][0-9]* sent, [0-9]+ bytes by [a-z-]+, [1-9][0-9]* not sent' ;;
	esac
	holds "the MTU shrinks, $how: it goes on" "$LAB_LOG" '^strata: [1-9][0-9]* sent, .*; stopped'
done
for how in $ways; do
	ends "the interface vanishes, $how" "ip link del eth1" 'interface eth1 is (gone|down)' $how
	lab_wire h1 eth1 deaf eth0
	for host in h1:eth1 deaf:eth0; do
		lab_on ${host%:*} sysctl -qw net.ipv6.conf.${host#*:}.disable_ipv6=1
	done
	lab_up h1 eth1
done
exit $bad
