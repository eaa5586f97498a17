#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata lab: networks of every kind are made as an ordinary user, carry what they should, lose and
# delay as much as they should, and leave nothing, however they end.
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "ping ip python3" "$@"

lab() { "$STRATA" lab "$@"; }
hears() { # NAME TOPOLOGY HOST...: h1 reaches each of them, in both versions
	local host name=$1 topology=$2
	shift 2
	for host; do
		lab -q "$topology" -- sh -c "ping -4 -q -c 1 -W 10 $host && ping -6 -q -c 1 -W 10 $host" >out 2>&1
		check "$name: $host is reached" $? 0
	done
}

# ---- shapes ----
hears 'a line' 'h1 -- h2' h2
hears 'a star' 'h1 -- s1 -- h2, s1 -- h3, s1 -- web; host web' h2 h3 web
hears 'two routers' 'h1 -- r1 -- r2 -- h2' h2
hears 'a ring of routers' 'r1 -- r2 -- r3 -- r1; h1 -- r1; r3 -- h3' h3
hears 'own addresses' 'host h1 192.168.7.1/24 2001:db8::1/64; h1 -- s1 -- r1(192.168.7.9/24) -- h2' h2
hears 'a poor wire' 'h1 -- s1 -- h2 delay=1ms jitter=100us reorder=5% duplicate=5% rate=10mbit' h2
hears 'a loop that is opened' 'switch s1 tree=on; s1 -- s2 -- s3 -- s1; h1 -- s1; s2 -- h2' h2
lab -q 'h1 -- h2 mtu=600' -- ping -4 -q -c 1 -W 10 -s 1400 h2 >out
check 'a short mtu: fragments' $? 0
for i in $(seq 20); do echo "s1 -- h$i"; done >twenty.lab
began=$(date +%s%N)
lab -q twenty.lab -- ping -q -c 1 -W 10 h20 >out
check '20 hosts' $? 0
echo "20 hosts and a ping took $((($(date +%s%N) - began) / 1000000)) ms"

# ---- programs ----
lab -q -- sh -c 'exit 7'
check 'a status is handed on' $? 7
lab -q -- sh -c 'kill -TERM $$'
check 'so is a signal' $? 143
lab -q -- no-such-program 2>said
check 'a program that is not there' $? 2
holds 'it is named' said "h1: no program 'no-such-program'"
lab -q 'h1 -- s1 -- h2' -- sh -c 'hostname; on h2 hostname; on s1 true; on h3 true' >out 2>said
lab -q --name here 'h1 -- h2' -- strata lab list >listed
check 'which lab one is in' "$(tr -s ' ' <listed)" 'here h1, h2'
lab -q 'h1 -- h2' -- strata lab -q 'h1 -- h2 -- h3' -- on h3 hostname >nested
check 'a lab in a lab' "$(cat nested)" h3
lab -q 'h1 -- r1 -- h2' -- sh -c 'getent ahostsv4 r1.eth1 | head -1; sniff r1 -c 1 icmp and src h1 >heard 2>log3 &
	until grep -q listening log3; do sleep 0.05; done; ping -4 -q -c 1 h2 >/dev/null; wait; wc -l <heard' >out2 2>said2
check 'names of ports, and names in filters' "$(tr -s ' \n' ' ' <out2)" '10.0.2.254 STREAM r1 1 '
check 'names of hosts' "$(tr '\n' ' ' <out)" 'h1 h2 '
holds 'a host that is not there' said "no 'h3' in this lab"
lab -q 'h1 -- h2' -- sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward && strata ask -c 2 ip dst=h2 / icmp' >out 2>&1
check 'strata inside' $? 0
holds 'it has its answers' out '2 sent, 2 answered'
lab -q 'h1 -- h2' -- sh -c 'strata send -c 3 --verify eth0 -i eth0 eth / ip dst=10.0.1.2 / udp' >out 2>&1
lab -q 'h1 -- s1 -- h2' -- sh -c 'sniff h2--s1 -c 2 icmp >heard 2>log & until grep -q listening log; do sleep 0.05; done
	ping -4 -q -c 1 h2 >/dev/null; wait' 2>said
check 'a wire is listened on' "$(grep -c icmp heard)" 2
lab -q 'h1 -- s1 -- h2' -- sh -c 'sniff s1 -c 2 icmp >heard 2>log2 & until grep -q listening log2; do sleep 0.05; done
	ping -4 -q -c 1 h2 >/dev/null; wait' 2>said
check 'so is a switch' "$(grep -c icmp heard)" 2

echo 'hostname; exit 4' | lab 'h1 -- h2' >out
check 'a shell without a terminal' "$? $(cat out)" '4 h1'
timeout -s TERM 1 "$STRATA" lab 'h1 -- h2' -- sleep 98765
check 'a signal ends it' $? 124
"$STRATA" lab -q --name signals 'h1 -- h2' -- sleep 98765 &
first=$!
lab_until 10 lab --name signals on h2 true
"$STRATA" lab --name signals on h2 sleep 98766 &
second=$!
lab_until 10 bash -c "ps -eo args= | grep -q '^sleep[ ]98766'"
kill -9 $second
lab_until 10 bash -c "! ps -eo stat=,args= | grep -v ^Z | grep -q 'sleep[ ]98766'"
check 'who joined is killed: so is the program' $? 0
for signal in INT TERM HUP; do
	rm -f heard # what the one before said
	"$STRATA" lab --name signals on h2 python3 -c 'import signal, sys, time
def end(n, _):
    print("ended by", n); sys.exit(40 + n)
for n in (1, 2, 15): signal.signal(n, end)
print("up", flush=True)
time.sleep(60)' >heard &
	second=$!
	lab_until 10 grep -q up heard
	kill -$signal $second
	wait $second
	check "SIG$signal goes on to who runs there" "$? $(tail -n 1 heard)" \
		"$((40 + $(kill -l $signal))) ended by $(kill -l $signal)"
done
rm -f heard
"$STRATA" lab --name signals on h2 sh -c 'trap "" TERM; echo up; exec sleep 98767' >heard &
second=$!
lab_until 10 grep -q up heard
kill -TERM $second
sleep 0.5
check 'who does not end by it goes on' "$(ps -eo args= | grep -c '^sleep[ ]98767')" 1
kill -TERM $second
lab_until 10 bash -c "! ps -eo stat=,args= | grep -v ^Z | grep -q 'sleep[ ]98767'"
check 'and is ended when asked again' $? 0
wait $second 2>/dev/null
kill -TERM $first
wait $first 2>/dev/null

# ---- scripts ----
cat >web.lab <<'END'
h1 -- s1 -- web; host web
start web: python3 -m http.server -b 10.0.1.2 80 >/dev/null 2>&1
run h1 after web:80: printf 'GET /hello HTTP/1.0\r\n\r\n' | socat -t 5 - TCP4:web:80 | grep -a greetings
run h1: echo one; echo two >&2; printf three
run h1: exit 3
stop web
run web: ls -d /run/strata-lab
END
echo 'greetings' >hello
if command -v python3 >/dev/null && command -v socat >/dev/null; then
	timeout 60 "$STRATA" lab run web.lab >out 2>said
	check 'a script of which one step fails' $? 1
	check 'what its programs said' "$(tr '\n' '/' <out)" 'h1: greetings/h1: one/h1: three/web: /run/strata-lab/'
	holds 'errors, too' said '^h1: two$'
	holds 'which one failed' said 'web.lab:5: h1: exit status 3: exit 3'
fi
printf 'h1 -- h2\nstart h2: echo served; exec sleep 98765\nrun h1: false\n' >short.lab
lab short.lab -- sh -c 'until grep served /run/strata-lab/log/h2; do sleep 0.1; done 2>/dev/null' >out 2>said
check 'what is started is there without run, too' "$? $(cat out)" '0 served'
holds 'it is told where it writes' said 'h2: echo served; exec sleep 98765 \(what it writes: '
printf 'h1 -- h2\nstart h2: exec sleep 98765\nrun h1: true\nwait 100ms\n' >short.lab
timeout 60 "$STRATA" lab run short.lab 2>said
check 'a script that goes well' $? 0
printf 'h1 -- h2\nwait h2:99\nrun h1: echo on\n' >short.lab
timeout 60 "$STRATA" lab run --timeout 200ms short.lab >out 2>said
check 'nobody listens' $? 1
holds 'it is told' said 'short.lab:2: nobody listens on h2:99'
printf 'h1 -- h2\nstart h2: kill -9 $$\nwait 200ms\n' >short.lab
timeout 60 "$STRATA" lab run short.lab >out 2>said
check 'a server that dies' $? 1
holds 'it is told, too' said 'short.lab:2: h2: ended by signal 9'
{ echo 'h1 -- h2'; for i in $(seq 40); do echo 'start h1: exec sleep 98765'; done; } >short.lab
(ulimit -n 60; timeout 60 "$STRATA" lab run short.lab) >out 2>said
check 'more programs than descriptors' $? 4
holds 'that is what is told' said 'Too many open files'

# ---- what a wire does ----
# One way: what leaves h1 is counted, what comes to h2 as well.
flood='until ping -4 -q -c 1 -W 1 h2 >/dev/null; do :; done
	on h2 cat /sys/class/net/eth0/statistics/rx_packets >before
	strata send --as none -c 20000 --rate 5000 ip dst=10.0.1.2 / udp dport=9
	sleep 0.3; on h2 cat /sys/class/net/eth0/statistics/rx_packets >after'
lab 'h1 -- h2 loss=10%' -- sh -c "$flood" 2>said
line=$(grep 'h1 to h2' said)
in=$(sed -E 's/.*: ([0-9]+) frames in.*/\1/' <<<"$line")
lost=$(sed -E 's/.* ([0-9]+) lost.*/\1/' <<<"$line")
echo "$line"
[ "${in:-0}" -ge 20000 ] && [ "$lost" -gt $((in * 9 / 100)) ] && [ "$lost" -lt $((in * 11 / 100)) ]
check '10 % are lost, within 1 %' $? 0
got=$(($(cat after) - $(cat before)))
echo "h2 counts $got of 20000"
[ $got -gt 17800 ] && [ $got -lt 18200 ]
check 'the far end counts the same' $? 0
# The least of many is what the wire does; the rest is the machine's.
lab -q 'h1 -- h2 delay=20ms' -- ping -4 -q -i 0.05 -c 20 h2 >out
rtt=$(sed -nE 's/.*= ([0-9]+)\.([0-9]{3}).*/\1\2/p' out)
echo "20 ms there and 20 ms back: $rtt us at least"
[ "${rtt:-0}" -ge 40000 ] && [ "$rtt" -lt 42000 ]
check '20 ms each way, within 1 ms' $? 0

# ---- wires that break ----
# Ticks of the processor that who carries a wire has used; and its end.
cat >wires.sh <<'END'
wires() { for p in /proc/[0-9]*; do [ "$(cat "$p/comm" 2>/dev/null)" = strata-wire ] && echo "${p#/proc/}"; done; }
ticks() { cut -d' ' -f14,15 "/proc/$(wires)/stat" | tr ' ' '+'; }
END
# shellcheck disable=SC2016 # inside, again
lab -q 'h1 -- h2 delay=1ms' -- sh -c '. ./wires.sh; ip link del eth0; sleep 0.2
	before=$(ticks); sleep 1; echo $(($(ticks) - $before))' >out
check 'an interface that is gone: its wire rests' $(($(cat out) < 20)) 1
# shellcheck disable=SC2016 # inside, again
lab 'h1 -- h2 delay=1ms' -- sh -c '. ./wires.sh; kill -9 $(wires); sleep 0.2' 2>said
holds 'a wire that broke is told' said 'the wire h1--h2 is broken'

# ---- many, and how they end ----
mine() { grep -oE '@strata-lab/[0-9]+/[^ ]+' /proc/net/unix | sort -u | wc -l; }
alive() { ps -eo stat=,args= | grep -v '^Z' | grep -cE 'strata[ ]lab|sleep[ ]98765'; }
before=$(mine)
# What a machine has: interfaces, networks that live, files where a program could leave some.
traces() {
	ip -o link | cut -d: -f2
	readlink /proc/[0-9]*/ns/net 2>/dev/null | sort -u
	find /run /dev/shm /var/run/netns -maxdepth 2 2>/dev/null | sort
	nft list ruleset 2>/dev/null
}
traces >traces
"$STRATA" lab -q 'h1 -- s1 -- h2 loss=1%' -- sleep 98765 &
first=$!
"$STRATA" lab -q --name other 'h1 -- h2' -- sleep 98765 &
second=$!
lab_until 10 lab --name other on h2 true
lab_until 10 lab --name 1 on h2 true
traces | cmp -s - traces
check 'while they run there is something to be seen' $? 1
check 'two at once' "$(lab list | awk '{ print $1 }' | sort | tr '\n' ' ')" '1 other '
check 'each with its own hosts' "$(lab --name other on h2 hostname) $(lab --name 1 on s1 hostname)" 'h2 s1'
lab on h2 true 2>said
check 'which one has to be said' $? 2
holds 'it is told so' said 'there are 2 labs'
lab --name other -- true 2>said
check 'a name twice' $? 2
"$STRATA" lab --name other on h1 sleep 98765 &
third=$!
sleep 0.3
kill -9 $first $second
wait $first $second $third 2>/dev/null
lab_until 10 bash -c "! ps -eo stat=,args= | grep -v ^Z | grep -qE 'strata[ ]lab|sleep[ ]98765'"
check 'after kill -9: no process' "$(alive)" 0
gone() { [ "$(mine)" = "$before" ]; }
lab_until 10 gone
check 'no socket' "$(mine)" "$before"
check 'no lab' "$(lab list | wc -l)" 0
same_traces() { traces | cmp -s - traces; }
lab_until 10 same_traces
traces | diff traces - >left
check 'no interface, network, rule or file' "$(wc -l <left)" 0
check 'no mount' "$(grep -c strata-lab /proc/self/mounts)" 0
# At any moment: also while it is being made.
for ms in 00 01 02 04 06 08 12 16 24 32; do
	"$STRATA" lab -q twenty.lab -- sleep 98765 &
	first=$!
	sleep 0.0$ms
	kill -9 $first
	wait $first 2>/dev/null
done
lab_until 10 bash -c "! ps -eo stat=,args= | grep -v ^Z | grep -qE 'strata[ ]lab|sleep[ ]98765'"
check 'killed while it is made: no process' "$(alive)" 0

# ---- who one is, and who may not ----
if grep -q 4294967295 /proc/self/uid_map; then
	SUDO_UID=12345 SUDO_GID=12345 lab -q -- cat /proc/self/uid_map /proc/self/gid_map >out
	check 'sudo: the one who called it' "$(tr -s ' \n' ' ' <out)" ' 0 12345 1 0 12345 1 '
else
	lab -q -- cat /proc/self/uid_map >out
	check 'one user' "$(wc -l <out)" 1
fi
check 'root inside' "$(lab -q -- id -u)" 0
if unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces' 2>/dev/null &&
	setpriv --bounding-set=-all true 2>/dev/null; then
	unshare -Ur sh -c "echo 0 >/proc/sys/user/max_user_namespaces
		exec setpriv --bounding-set=-all --no-new-privs '$STRATA' lab -- true" 2>said
	check 'refused' $? 3
	holds 'what allows it is told' said 'sysctl -w user.max_user_namespaces=10000'
fi
# shellcheck disable=SC2154 # begin sets it
exit $bad
