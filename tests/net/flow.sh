#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata flow on a device: arrows as the packets come, over IPv4 and IPv6, with the states of both
# sides; an own protocol by name; on Ctrl-C what was never answered is told, and a picture is drawn.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "python3 nc socat" "$@"
lab_pair

# watch LOG OPTIONS...: strata flow on h1, until unwatch.
watch() {
	lab_bg h1 "$STRATA" flow -i eth0 "${@:2}"
	WATCH=$LAB_PID log=$LAB_LOG
	lab_until 10 grep -q 'listening on' "$log" || { cat "$log"; exit 1; }
}
unwatch() { # what was printed is in $log
	sleep 0.3
	kill -INT "$WATCH"
	wait "$WATCH"
	check "$1: exit status" $? 0
}
server() { # ADDRESS
	lab_bg h2 socat -u "TCP$1-LISTEN:9,reuseaddr,fork" OPEN:/dev/null
	lab_until 5 lab_on h2 bash -c 'ss -ltn | grep -q ":9 "' || exit 1
}

for v in 4 6; do
	server $v
	socat=$LAB_PID
	to=$([ $v = 4 ] && echo 10.77.0.2 || echo fd77::2)
	watch tcp --as ascii tcp
	echo hello | lab_on h1 nc -N "$to" 9
	lab_until 5 grep -q 'LAST-ACK' "$log"
	unwatch "IPv$v"
	lab_stop "$socat"
	holds "IPv$v: the conversation is named" "$log" '^tcp:0$'
	holds "IPv$v: it opens" "$log" 'SYN-SENT \|-.*\[S\] seq=0'
	holds "IPv$v: it is open" "$log" 'ESTABLISHED \|<.*\[SA\] seq=0 ack=1 .*SYN-RECEIVED'
	holds "IPv$v: data, counted from the first byte" "$log" 'seq=1 ack=1 .*len=6'
	holds "IPv$v: it closes" "$log" 'FIN-WAIT-1 \|-.*\[F[A-Z]*\] seq=7 '
done

# ---- a request that is answered, and one that is not ----
lab_bg h2 python3 "$src/captures/tools/sensor.py" serve 10.77.0.2 9000
lab_until 10 grep -q ready "$LAB_LOG" || { cat "$LAB_LOG"; exit 1; }
watch sensor -p "$src/examples/sensor.protocol" --as json udp
lab_on h1 python3 "$src/captures/tools/sensor.py" ask 10.77.0.2 9000 temp >/dev/null
"$STRATA" craft -q -p "$src/examples/sensor.protocol" --as raw sensor name=nobody 2>/dev/null | head -1 >probe
lab_on h1 ip neigh replace 10.77.0.99 lladdr 02:00:00:00:00:99 dev eth0
lab_on h1 python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(bytes.fromhex(open(sys.argv[1]).read()), ("10.77.0.99", 9000))' probe
unwatch "an own protocol"
holds "an own protocol: by its summary" "$log" '"label":"sensor request id=[0-9]+ temp"'
holds "an own protocol: what answers what" "$log" '"label":"sensor reply .*"answers":1,"after":"0\.'
holds "an own protocol: what nobody answers" "$log" '"unanswered":[0-9]+'

# ---- a picture, at the end; a number of packets ----
lab_bg h1 "$STRATA" flow -i eth0 -c 2 --as svg icmp
wait_for=$LAB_PID log=$LAB_LOG
lab_until 10 grep -q 'listening on' "$log" || { cat "$log"; exit 1; }
lab_on h1 ping -c 1 -W 3 10.77.0.2 >/dev/null
wait "$wait_for"
check "two packets: exit status" $? 0
holds "a picture" "$log" '^<svg xmlns='
holds "a picture of a ping" "$log" 'answers 1 after'
exit $bad
