#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata serve --via stream|datagram: a server of ordinary sockets, without any right; many clients, and
# those that send garbage, stop in the middle, never read, crowd.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "python3 setpriv" "$@"
lab_pair
tank=$src/examples/tank.protocol
sensor=$src/examples/sensor.protocol
# As whoever we are, with no right at all, and none to be had.
bare=(setpriv --inh-caps=-all --bounding-set=-all --no-new-privs --)
[ "$(lab_on h2 "${bare[@]}" grep CapEff /proc/self/status)" = "$(printf 'CapEff:\t0000000000000000')" ] || {
	echo "skipped: rights cannot be given up here"
	exit 77
}

# serving ARGUMENTS...: on h2, in the background, once it listens: $SERVE, $LOG.
serving() {
	lab_bg h2 "${bare[@]}" "$STRATA" serve "$@"
	SERVE=$LAB_PID LOG=$LAB_LOG
	lab_until 20 grep -q 'serving at' "$LOG" || { cat "$LOG"; exit 1; }
}
# ended SIGNAL [EXIT]
ended() {
	local rc
	kill -"$1" "$SERVE"
	wait "$SERVE" 2>/dev/null
	rc=$?
	[ $# -lt 2 ] || check "it ends well" $rc "$2"
}
refused() { # NAME EXIT WORDS ARGUMENTS...
	local name=$1 want=$2 words=$3
	shift 3
	lab_on h2 timeout 20 "${bare[@]}" "$STRATA" serve "$@" >out 2>&1
	check "$name: exit" $? "$want"
	holds "$name: words" out "$words"
}

# ---- what it answers ----
serving --via stream "$tank" --set 'tank level=1500'
for to in 'ip dst=10.77.0.2' 'ip6 dst=fd77::2'; do
	# shellcheck disable=SC2086 # several words
	lab_on h1 "$STRATA" ask -q --via stream -p "$tank" --timeout 10s --expect 'tank type=reply level=1500 name=t length=auto' $to / tank name=t
	check "a stream by $to" $? 0
done
lab_on h1 "$STRATA" ask --via stream -p "$tank" --as none --timeout 20s -c 10000 --rate max ip dst=10.77.0.2 / tank name=n >out 2>&1
holds "10,000 connections" out '10000 sent, 10000 answered'
lab_on h1 "${LAB_PLAIN[@]}" python3 - <<'END' >out 2>&1
import socket, struct, threading
def ask(n, name=b"abc"): return struct.pack(">HBHB", 4 + len(name), 1, n, len(name)) + name
def answer(n, name=b"abc"): return struct.pack(">HBHB", 8 + len(name), 2, n, len(name)) + name + struct.pack(">I", 1500)
def to(): return socket.create_connection(("10.77.0.2", 9100), 20)
def all_of(s):
    b = b""
    while True:
        try: x = s.recv(65536)
        except ConnectionResetError: return b
        if not x: return b
        b += x
def tell(name, ok): print(name, "ok" if ok else "FAILED")
s = to()
for b in ask(7) + ask(8): s.send(bytes([b]))
s.shutdown(socket.SHUT_WR)
tell("byte by byte, half closed", all_of(s) == answer(7) + answer(8))
s = to()
s.sendall(b"".join(ask(i) for i in range(2000)))
s.shutdown(socket.SHUT_WR)
tell("2,000 in one go", all_of(s) == b"".join(answer(i) for i in range(2000)))
many = [to() for i in range(300)]
for i, s in enumerate(many): s.sendall(ask(i)[:5])
for i, s in enumerate(many): s.sendall(ask(i)[5:])
ok = True
for i, s in enumerate(many): ok &= s.recv(100) == answer(i)
tell("300 at a time", ok)
for s in many: s.close()
s = to()
s.sendall(b"\0\4\1\0\5\xff" + ask(1))
tell("no message closes", all_of(s) == b"")
s = to()
s.sendall(ask(1)[:-1])
s.shutdown(socket.SHUT_WR)
tell("part of a message closes", all_of(s) == b"")
s = to()
s.sendall(struct.pack(">HBHB", 65534, 1, 1, 3) + b"abc")
tell("a length of 65,536 closes", all_of(s) == b"")
s = to()
s.sendall(answer(9))
s.sendall(ask(10))
tell("an answer is no question", s.recv(100) == answer(10))
s.close()
# One that never reads: what it may send is bounded.
s = to()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.settimeout(2)
sent = 0
try:
    while sent < 200_000_000:
        sent += s.send(ask(3) * 5000)
except (TimeoutError, ConnectionError): pass
tell("who does not read is not heard for ever", sent < 100_000_000)
t = to()
t.sendall(ask(11))
tell("and others are answered meanwhile", t.recv(100) == answer(11))
s.settimeout(20)
try:
    while s.send(ask(3) * 100): pass
except ConnectionError: print("closed for it ok")
except TimeoutError: print("closed for it FAILED")
END
check "clients of all kinds" "$(grep -c ok out) $(grep -c FAILED out)" "10 0"
[ "$(grep -c FAILED out)" = 0 ] || cat out
rss=$(grep VmHWM "/proc/$SERVE/status" 2>/dev/null | tr -dc 0-9)
echo "memory at most: ${rss:-?} KiB"
ended INT 0
holds "it tells of garbage" "$LOG" 'no message of this protocol'
holds "and counts it" "$LOG" '1 closed: what it sent is no message of this protocol'
holds "it tells of long ones" "$LOG" '1 closed: a message of more than 65,000 bytes'
holds "and of parts" "$LOG" '1 closed: it ended in the middle of a message'
holds "and of who does not read" "$LOG" '1 closed: it did not read its answers for 10 s'

# ---- too many ----
lab_bg h2 bash -c "ulimit -n 80 && exec \"\$@\"" - "${bare[@]}" "$STRATA" serve --via stream "$tank"
SERVE=$LAB_PID LOG=$LAB_LOG
lab_until 20 grep -q 'serving at' "$LOG"
lab_on h1 "${LAB_PLAIN[@]}" python3 - <<'END' >out 2>&1
import socket
many = []
for i in range(200):
    s = socket.create_connection(("10.77.0.2", 9100), 20)
    s.sendall(b"\0\7\1\0\5\3abc")
    if s.recv(100)[:3] != b"\0\x0b\2": print("FAILED", i)
    many.append(s)
print("done")
END
check "the newest are served" "$(cat out)" "done"
ended TERM 0
holds "the quietest give way" "$LOG" 'closed: quiet the longest of too many clients'

# ---- datagrams ----
serving --via datagram "$sensor" --set 'sensor value=21500'
for to in 'ip dst=10.77.0.2' 'ip6 dst=fd77::2'; do
	# shellcheck disable=SC2086 # several words
	lab_on h1 "$STRATA" ask -q --via datagram -p "$sensor" --timeout 10s --expect 'sensor type=reply value=21500 name=t checksum=auto' $to / sensor name=t
	check "datagrams by $to" $? 0
done
lab_on h1 "$STRATA" ask --via datagram -p "$sensor" --as none --timeout 20s -c 10000 --rate max ip dst=10.77.0.2 / sensor name=n >out 2>&1
holds "10,000 datagrams" out '10000 sent, 10000 answered'
refused "a port in use" 4 'port 9000 at 0.0.0.0 is in use' --via datagram "$sensor"
ended INT 0
holds "and tells" "$LOG" '10002 seen, 10002 fit, 10002 sent'

# The address that was asked answers, where there are two.
lab_on h2 ip address add 10.77.0.3/24 dev eth0
serving --via datagram "$sensor" -c 1
lab_on h1 "$STRATA" ask -q --via datagram -p "$sensor" --timeout 10s ip dst=10.77.0.3 / sensor
check "from the address that was asked" $? 0
wait "$SERVE"
check "-c ends it" $? 0

# ---- where it listens ----
serving --via datagram "$sensor" ip src=127.0.0.1 / udp sport=9055
lab_on h2 "$STRATA" ask -q --via datagram -p "$sensor" -d udp.port=9055:sensor --timeout 10s --expect 'sensor type=reply' ip dst=127.0.0.1 / udp dport=9055 / sensor
check "an address and a port that were said" $? 0
lab_on h1 "$STRATA" ask -q --via datagram -p "$sensor" -d udp.port=9055:sensor --timeout 1s ip dst=10.77.0.2 / udp dport=9055 / sensor
check "and no other address" $? 1
ended INT 0
refused "a port of root's" 3 'below 1024' --via stream "$tank" tcp sport=80
refused "an address of somebody else" 2 'no address of this machine' --via stream "$tank" ip src=10.77.0.1
refused "no port" 2 'no port of udp is named' --via datagram "$tank"

# ---- a script, at the ports that it names ----
cat >echo.script <<'END'
< ip / udp dport=7007
> ip src={ip.dst} dst={ip.src} / udp sport=7007 dport={udp.sport} / {payload}
< ip6 / udp dport=7007-7008
> text:six
< udp dport=7009
> ip dst=1.2.3.4 / udp dport=9 / text:never
END
serving --via datagram echo.script
lab_on h1 "$STRATA" ask -q --via datagram --timeout 10s --expect 'text:hello' ip dst=10.77.0.2 / udp dport=7007 / text:hello
check "what came goes back" $? 0
lab_on h1 "$STRATA" ask -q --via datagram --timeout 10s --expect 'text:six' ip6 dst=fd77::2 / udp dport=7008 / text:hello
check "a packet without headers is an answer" $? 0
lab_on h1 "$STRATA" ask -q --via datagram --timeout 1s ip dst=10.77.0.2 / udp dport=7009 / text:hello
check "nobody else is answered" $? 1
ended INT 0
holds "and it says so" "$LOG" 'through a socket only who asked is answered'
cat >text.script <<'END'
< tcp dport=7010
> "and more\n"
END
serving --via stream text.script
lab_on h1 "${LAB_PLAIN[@]}" python3 - <<'END' >out 2>&1
import socket
s = socket.create_connection(("10.77.0.2", 7010), 20)
s.sendall(b"some")
print(s.recv(100))
s.sendall(b"last")
s.shutdown(socket.SHUT_WR)
print(s.recv(100), s.recv(100))
END
check "no rule: a message ends where who sends it pauses, or ends" "$(cat out)" "b'and more\\n'
b'and more\\n' b''"
ended INT 0

# ---- dry runs; nothing is left ----
serving --via datagram --dry-run "$sensor"
lab_on h1 "$STRATA" ask -q --via datagram -p "$sensor" --timeout 500ms ip dst=10.77.0.2 / sensor
check "a dry run answers nothing" $? 1
ended INT 0
holds "and shows what it would" "$LOG" '^DRY.*sensor'
serving --via stream "$tank"
ended KILL
check "kill -9 leaves no socket" "$(lab_on h2 ss -Hlntu)" ""
exit $bad
