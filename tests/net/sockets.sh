#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata watch --sockets beside ss: the same sockets, in every state that can be made here; what
# other programs open, close and neglect is seen, and how soon.
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "python3 ss pgrep" "$@"
helper=$src/tests/net/sockets.py
lab_pair

# ---- the same as ss ----
# Two who never answer: to one h1 opens a connection, from the other one comes.
for nobody in 98 99; do
	lab_on h1 ip neigh add 10.77.0.$nobody lladdr 02:00:00:00:00:$nobody dev eth0
done
lab_on h1 ip neigh replace 10.77.0.2 lladdr "$(lab_mac h2 eth0)" dev eth0
lab_bg h2 python3 "$helper" peer
lab_until 20 grep -q ready "$LAB_LOG" || { cat "$LAB_LOG"; exit 1; }
lab_bg h1 python3 "$helper" states
states=$LAB_LOG
lab_until 20 grep -q connected "$states" || { cat "$states"; exit 1; }
lab_on h2 "$STRATA" send -q -i eth0 eth dst="$(lab_mac h1 eth0)" / ip src=10.77.0.98 dst=10.77.0.1 / \
	tcp sport=4000 dport=8000 flags=S
# Both sides say their end at a time.
lab_on h2 "$STRATA" send -q -i eth0 eth dst="$(lab_mac h1 eth0)" / ip src=10.77.0.98 dst=10.77.0.1 / \
	tcp sport=6001 dport=6000 flags=FA seq=2000 ack=1000
# What is sent from now on is not acknowledged.
lab_on h2 ip addr flush dev eth0
touch go
lab_until 20 grep -q ready "$states" || { cat "$states"; exit 1; }

# shellcheck disable=SC2317 # lab_until calls it
same() {
	lab_on h1 "$STRATA" watch --sockets --once >mine 2>said
	lab_on h1 ss -anpHtuw >theirs 2>/dev/null
	lab_on h1 ss -anpH0 >>theirs 2>/dev/null
	python3 "$helper" compare mine theirs >compared
}
# A timer may run out between the two.
lab_until 20 same
check 'the same sockets as ss' $? 0
cat compared
for state in LISTEN ESTAB SYN-SENT SYN-RECV FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT LAST-ACK CLOSING TIME-WAIT UNCONN; do
	holds "one is $state" mine " $state "
done
for kind in tcp udp raw packet; do
	holds "one is $kind" mine "there $kind "
done
holds 'with its process' mine 'tcp LISTEN \*:8001 \*:\* python3\[[0-9]+\] waiting 0 of 5$'
holds 'what waits' mine 'tcp ESTAB .* in 5( |$)'
lab_on h1 "$STRATA" watch --sockets --once -q tcp listen port 8000 >out
check 'some of them' "$(wc -l <out)" 1
lab_on h1 "$STRATA" watch --sockets --once -q tcp host 10.77.0.98 process python3 >out
check 'by host and process' "$(sed -E 's/.* tcp ([^ ]*) .*/\1/' out)" CLOSING
lab_on h1 "$STRATA" watch --sockets --once -q --as json >out
python3 "$helper" json out
check 'as JSON' $? 0

# ---- what changes ----
lab_host h3
lab_host h4
lab_wire h3 eth0 h4 eth0
lab_addr h3 eth0 10.78.0.1/24
lab_addr h4 eth0 10.78.0.2/24
lab_up h3 eth0
lab_up h4 eth0
lab_bg h3 "$STRATA" watch --sockets --sure low
watch=$LAB_PID log=$LAB_LOG
lab_until 20 grep -q 'a look every' "$log" || { cat "$log"; bad=1; }
lab_bg h3 python3 "$helper" events
events=$LAB_PID
lab_until 60 grep -q flood "$LAB_LOG" || { cat "$LAB_LOG"; bad=1; }
lab_on h4 "$STRATA" send -q -i eth0 eth dst="$(lab_mac h3 eth0)" / ip src=10.78.0.100-10.78.0.139 dst=10.78.0.1 / \
	tcp sport=1000 dport=7001 flags=S
wait "$events"
check 'events' $? 0
sleep 0.3
lab_stop "$watch" INT
saw() { holds "$1" "$log" "$2"; }
saw 'a listener' '^[0-9.]+ opened tcp LISTEN 127\.0\.0\.1:7000 0\.0\.0\.0:\* python3\['
saw 'a connection is opened' 'opened tcp ESTAB 127\.0\.0\.1:[0-9]+ 127\.0\.0\.1:7000 python3\['
saw 'and accepted' 'owner tcp ESTAB 127\.0\.0\.1:7000 127\.0\.0\.1:[0-9]+ python3\['
saw 'and half closed' 'state tcp ESTAB>CLOSE-WAIT 127\.0\.0\.1:7000'
saw 'and closed' 'closed tcp [A-Z0-9-]+ 127\.0\.0\.1:[0-9]+ 127\.0\.0\.1:7000'
saw 'one that no look saw' 'passed udp [A-Z]+ 127\.0\.0\.1:[0-9]+ 127\.0\.0\.1:7009'
saw 'a queue that grows' 'queue tcp ESTAB 127\.0\.0\.1:7000 .* in [0-9]{4,}'
saw 'finding: a listener for all' 'medium socket-listener: python3\[[0-9]+\] listens on tcp 0\.0\.0\.0:7001$'
saw 'finding: a listener on the loopback' 'low socket-listener-local: python3\[[0-9]+\] listens on tcp 127\.0\.0\.1:7000$'
saw 'finding: a raw socket' 'medium socket-raw: python3\[[0-9]+\] opened a raw socket of IP protocol 253'
saw 'finding: a sniffer' 'medium socket-sniffer: python3\[[0-9]+\] opened a packet socket on (lo|all interfaces): it hears'
saw 'finding: nothing is taken' 'medium socket-stuck: python3\[[0-9]+\] has taken nothing for 5 s of [0-9]+ bytes'
saw 'finding: datagrams are thrown away' 'medium socket-drops: python3\[[0-9]+\]: for want of room [0-9]+ packets were thrown away at udp'
saw 'finding: half-open connections' 'high socket-half-open: [0-9]+ half-open connections at tcp 10\.78\.0\.1:7001$'
saw 'how many' 'strata: [0-9]+ findings'

# ---- beside packets ----
lab_bg h3 "$STRATA" watch --sockets -i eth0
watch=$LAB_PID log=$LAB_LOG
lab_until 20 grep -q 'listening on' "$log" || { cat "$log"; bad=1; }
lab_bg h3 python3 "$helper" secret -
server=$LAB_PID
lab_until 20 grep -q ready "$LAB_LOG"
lab_on h4 "$STRATA" send -q -i eth0 eth dst="$(lab_mac h3 eth0)" / ip src=10.78.0.100-10.78.0.139 dst=10.78.0.1 / \
	tcp sport=1000 dport=21 flags=S
lab_until 20 grep -q 'socket-half-open.*:21$' "$log"
lab_on h4 python3 "$helper" secret 10.78.0.1
# To another server: whoever listens here at that port has nothing to do with it.
lab_on h4 "$STRATA" send -q -i eth0 eth dst=02:00:00:00:00:77 / ip src=10.78.0.2 dst=10.78.0.77 / \
	tcp sport=5555 dport=21 flags=PA seq=1 / text:'PASS secret\r\n'
lab_until 20 grep -q 'CLOSE-WAIT' "$log"
lab_stop "$watch" INT
saw 'a listener, of no packet' 'opened tcp LISTEN 0\.0\.0\.0:21 0\.0\.0\.0:\* python3\[[0-9]+\] waiting 0 of 128$'
saw 'a connection and its packets' \
	'opened tcp ESTAB 10\.78\.0\.1:21 10\.78\.0\.2:[0-9]+ .*\[packets [0-9]+(,[0-9]+)+\]$'
saw 'its end, too' 'state tcp ESTAB>CLOSE-WAIT 10\.78\.0\.1:21 .* \[packets? [0-9]+'
saw 'a finding names the process' "ftp-password: .* \\(python3\\[$server\\]\\) \\[packet"
saw 'but not one that is not its own' 'ftp-password: 10.78.0.2 logs in to 10.78.0.77 by FTP with a password in clear \[packet'
saw 'findings of sockets, too' 'socket-listener: python3'
saw 'half-open connections, too' 'high socket-half-open: [0-9]+ half-open connections at tcp 10\.78\.0\.1:21$'
check 'nothing is before the beginning' "$(grep -c '^-' "$log")" 0
check 'its own capture is no finding' "$(grep -c socket-sniffer "$log")" 0
lab_stop "$server"
# The process that looks at sockets is killed: that is no quiet on the sockets.
lab_bg h3 "$STRATA" watch --sockets -i eth0
watch=$LAB_PID log=$LAB_LOG
lab_until 20 grep -q 'listening on' "$log" || { cat "$log"; bad=1; }
kill -KILL "$(pgrep -P "$watch")"
wait "$watch"
check 'without it there is an error' $? 4
saw 'in words' 'strata: the process that looks at sockets has ended$'

# ---- how soon ----
lab_on h3 python3 "$helper" soon "$STRATA" >out
check 'raw sockets are seen' $? 0
cat out
exit $bad
