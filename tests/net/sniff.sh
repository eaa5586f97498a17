#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata sniff on real packets: nothing that the kernel had is lost on Ctrl-C, full disks are told,
# the order is tcpdump's, rights are gone once the device is open, pipes may close.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "tcpdump python3" "$@"

# burst N [BYTES]: that many datagrams to port 9999 as fast as it goes.
burst() {
	python3 - "$1" "${2-20}" <<-'PY'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for i in range(int(sys.argv[1])):
		    s.sendto((b"%d " % i).ljust(int(sys.argv[2]), b"."), ("127.0.0.1", 9999))
	PY
}

# ---- nothing is lost at the end ----
for sig in INT TERM; do
	sniffing log -w drain.pcap udp port 9999
	burst 80
	kill -$sig "$SNIFF"
	wait "$SNIFF"
	check "SIG$sig right after 80 packets: exit status" $? 0
	check "SIG$sig right after 80 packets: in the file" "$(frames drain.pcap)" 80
	holds "SIG$sig: the counts add up" log '^strata: 80 captured, 80 written, 0 dropped by the kernel'
done
check "the file is readable by its owner alone" "$(stat -c %a drain.pcap)" 600

# As timeout(1) does, to the process and to its group: that is meant once. While the ring is read out
# (its blocks show themselves after up to 100 ms) the second one comes, again and again.
for n in 1 2 3 4 5; do
	sniffing log -w twice.pcap udp port 9999
	burst 500
	kill -INT "$SNIFF"
	for _ in 1 2 3; do
		sleep 0.005
		kill -INT "$SNIFF" 2>/dev/null
	done
	wait "$SNIFF"
	check "signals that come together, $n: exit status" $? 0
	check "signals that come together, $n: nothing is lost" "$(frames twice.pcap)" 500
done

# ---- SIGKILL costs a second at most ----
sniffing log -w killed.pcap udp port 9999
burst 50
sleep 1.5
burst 5
kill -KILL "$SNIFF"
wait "$SNIFF" 2>/dev/null
n=$(frames killed.pcap)
check "SIGKILL: what is older than a second is there" $((n >= 50)) 1
check "SIGKILL: the file is whole" "$(dump killed.pcap 2>&1 | grep -c truncated)" 0

# ---- a reader that does not read ----
# Nothing is written while nobody reads; what the queue has no room for is told, and memory ends
# there. Once somebody reads, all that was taken comes out, although it is over.
mkfifo stuck
exec 8<>stuck # opened, not read
stuck() { # ARGUMENTS...
	: >log
	"$STRATA" sniff -i lo --as hex "$@" udp port 9999 >stuck 2>log &
	SNIFF=$!
	LAB_PIDS+=("$SNIFF")
	lab_until 20 grep -q 'listening on' log
}
number() { sed -nE "s/^strata: .*[^0-9]([0-9]+) $1.*/\\1/p" log | tail -1; }
stuck --queue 1MiB
burst 5000 1000
kill -USR1 "$SNIFF"
check "nobody reads: memory, MiB" \
	"$(($(sed -nE 's/^VmHWM:\s*([0-9]+) kB/\1/p' "/proc/$SNIFF/status") / 1024 < 64))" 1
kill -INT "$SNIFF"
sleep 0.3
cat <&8 >stuck.out &
LAB_PIDS+=($!)
wait "$SNIFF"
check "nobody reads: exit status" $? 4
holds "nobody reads: the queue's drops are told" log '[1-9][0-9]* by the queue$'
holds "nobody reads: the kernel's are others" log ', 0 dropped by the kernel'
sum=$(($(sed -nE 's/^strata: ([0-9]+) captured.*/\1/p' log | tail -1) + $(number 'by the queue')))
check "nobody reads: captured and dropped" "$sum" 5000
check "nobody reads: what was captured was printed" "$(number printed)" \
	"$(sed -nE 's/^strata: ([0-9]+) captured.*/\1/p' log | tail -1)"
kill $!
stuck --queue 8M
burst 3000 1000
kill -INT "$SNIFF"
sleep 0.3 # two at once are one
kill -INT "$SNIFF"
lab_until 10 bash -c "! kill -0 $SNIFF"
wait "$SNIFF"
check "two signals while nobody reads: exit status" $? 4
holds "two signals while nobody reads: what is left is told" log \
	'0 by the queue, [1-9][0-9]* not looked at any more'
check "two signals while nobody reads: none is missing" \
	"$(($(sed -nE 's/^strata: ([0-9]+) captured.*/\1/p' log) + $(number 'not looked at any more')))" 3000
# What is in the kernel's buffer is left as well.
stuck --queue 0
burst 3000 1000
kill -INT "$SNIFF"
sleep 0.3
kill -INT "$SNIFF"
lab_until 10 bash -c "! kill -0 $SNIFF"
wait "$SNIFF"
check "two signals, no queue: exit status" $? 4
check "two signals, no queue: none is missing" \
	"$(($(sed -nE 's/^strata: ([0-9]+) captured.*/\1/p' log) + $(number 'not looked at any more')))" 3000
: >log
"$STRATA" sniff -q -i lo --as hex udp port 9999 >stuck 2>log &
SNIFF=$!
LAB_PIDS+=("$SNIFF")
lab_until 20 bash -c "tail -n +2 /proc/net/packet | grep -q ."
sleep 0.5
burst 3000 1000
kill -INT "$SNIFF"
sleep 0.3
kill -INT "$SNIFF"
wait "$SNIFF"
check "-q does not lose packets in silence: exit status" $? 4
check "-q: in words" "$(cat log)" "strata: something was lost, or not sent: without -q it is told what"
: >log
"$STRATA" sniff -i lo -w - udp port 9999 >stuck 2>log &
SNIFF=$!
LAB_PIDS+=("$SNIFF")
lab_until 20 grep -q 'listening on' log
burst 2000 1000
kill -INT "$SNIFF"
sleep 0.3
kill -INT "$SNIFF"
lab_until 10 bash -c "! kill -0 $SNIFF"
wait "$SNIFF"
check "two signals while nobody reads the file: it ends by itself" $(($? < 128)) 1
holds "two signals while nobody reads the file: told" log '[0-9]+ written, 0 dropped by the kernel'
exec 8>&-
sniffing log -w counts.pcapng udp port 9999
burst 30
kill -INT "$SNIFF"
wait "$SNIFF"
check "a pcapng tells what was lost" "$(statistics counts.pcapng)" "lo 0 30 0 30 of lo"
# For programs: the same numbers, of packets that are printed as JSON.
sniffing log --as json -w counts.pcap udp port 9999
burst 20
kill -USR1 "$SNIFF"
lab_until 10 grep -q '^{' log
kill -INT "$SNIFF"
wait "$SNIFF"
check "json: the counts are one more object, on stderr" "$(grep '^{' log | tail -1)" \
	"$(printf '{"v":1,"captured":20,"chosen":20,"printed":20,"written":20,"files":1,%s}' \
		'"dropped_kernel":0,"dropped_interface":0,"dropped_queue":0,"left":0')"
check "json: stdout holds packets alone" "$(grep -c '"stack"' log.out) $(wc -l <log.out)" "20 20"
rm -f log
"$STRATA" sniff -i lo -c 3 --queue 0 udp port 9999 >log.out 2>log &
SNIFF=$!
LAB_PIDS+=("$SNIFF")
lab_until 20 grep -q 'listening on' log
check "--queue 0: one thread" "$(ls /proc/$SNIFF/task | wc -l)" 1
burst 3
wait "$SNIFF"
check "--queue 0: captured" "$(wc -l <log.out)" 3

# ---- a reader that goes away ends it, also where no packet comes any more ----
rm -f log
{ timeout 30 "$STRATA" sniff -i lo udp port 9999 2>log; echo $? >status; } | head -1 >first &
reading=$!
lab_until 20 grep -q 'listening on' log
burst 1
lab_until 20 test -s status
check "nobody reads on: it ends" "$(cat status 2>/dev/null)" 0
wait $reading
check "nobody reads on: what was read" "$(wc -l <first)" 1

# ---- progress ----
sniffing log -w usr1.pcap udp port 9999
for _ in $(seq 300); do kill -USR1 "$SNIFF"; done
burst 30
for _ in $(seq 300); do kill -USR1 "$SNIFF"; done
kill -INT "$SNIFF"
wait "$SNIFF"
check "600 SIGUSR1: exit status" $? 0
check "600 SIGUSR1: all packets" "$(frames usr1.pcap)" 30
holds "SIGUSR1 tells the counts" log 'captured, [0-9]+ written'

# ---- a full disk ----
mkdir small
if mount -t tmpfs -o size=64k none small 2>/dev/null; then
	sniffing log -w small/full.pcap udp port 9999
	burst 200 1000
	sleep 1.5
	burst 5
	lab_until 10 bash -c "! kill -0 $SNIFF" || kill -INT "$SNIFF"
	wait "$SNIFF"
	check "disk full: exit status" $? 4
	holds "disk full: file and number of packets are told" log \
		'cannot write small/full.pcap: No space left on device; [1-9][0-9]* packets are safe'
	safe=$(sed -nE 's/.*; ([0-9]+) packets are safe.*/\1/p' log)
	check "disk full: that many are in the file" "$(frames small/full.pcap)" "$safe"
	holds "disk full: no more are called written" log "captured, $safe written"
	check "disk full: it ends on a record boundary" \
		"$(dump small/full.pcap 2>&1 | grep -c truncated)" 0
	umount small
else
	echo "left out: no tmpfs may be mounted here"
fi
timeout 20 "$STRATA" sniff -i lo -w /dev/full udp port 9999 2>log
check "/dev/full: exit status, at once" $? 4
holds "/dev/full: told" log 'cannot write /dev/full: No space left'

# ---- pipes ----
: >log # else what the sniffer before said counts as this one's
"$STRATA" sniff -i lo udp port 9999 2>log | head -1 >one &
lab_until 20 grep -q 'listening on' log
burst 3
sleep 0.5
burst 3
wait $!
check "| head -1: one line" "$(wc -l <one)" 1
lab_until 5 grep -q captured log
check "| head -1: no complaint" "$(grep -ci 'error\|broken\|cannot' log)" 0
: >log
"$STRATA" sniff -i lo -c 5 -w - udp port 9999 2>log >piped.pcap &
pid=$!
lab_until 20 grep -q 'listening on' log
burst 5
wait $pid
check "-w -: five packets" "$(frames piped.pcap)" 5

# ---- filters ----
sniffing log -c 3 --as line --where 'udp.dport == 9999 && ip.len > 40 && !icmp'
burst 3 5
burst 3 50
wait "$SNIFF"
check "--where: the three long ones" "$(grep -c 'len 58' log.out)" 3
sniffing log -c 2 udp dport=9999
burst 2
wait "$SNIFF"
check "a pattern of the notation" "$(wc -l <log.out)" 2
"$STRATA" sniff -i lo tpc port 80 2>log
check "a wrong filter: exit status" $? 2
holds "a wrong filter: the nearest word" log "did you mean 'tcp'"
"$STRATA" sniff -i l0 2>log
check "a wrong device: exit status" $? 4
holds "a wrong device: the nearest one" log "did you mean 'lo'"

# ---- clocks ----
"$STRATA" sniff -i lo --clock adapter-unsynced 2>log
check "a clock that it has not: exit status" $? 2
holds "a clock that it has not: those that it has" log "lo has no clock 'adapter-unsynced'; it has: host"
"$STRATA" sniff -i lo --clock sundial 2>log
check "no clock at all: exit status" $? 2
holds "no clock at all: those that it has" log "there is no clock 'sundial'; lo has: host"
sniffing log -c 1 --clock host
burst 1
wait "$SNIFF"
check "the host's clock" "$(wc -l <log.out)" 1

# ---- sums that are left to the card ----
: >log
"$STRATA" sniff -i lo --notes port 9998 >notes 2>log &
SNIFF=$!
LAB_PIDS+=("$SNIFF")
lab_until 20 grep -q 'listening on' log
python3 - <<-'PY'
	import socket, threading
	def serve(s):
	    c, _ = s.accept()
	    while c.recv(65536):
	        pass
	    c.close()
	for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
	    s = socket.socket(family)
	    s.bind((address, 9998))
	    s.listen(1)
	    t = threading.Thread(target=serve, args=(s,))
	    t.start()
	    c = socket.create_connection((address, 9998))
	    c.sendall(b"x" * 1000000)
	    c.close()
	    t.join()
	    u = socket.socket(family, socket.SOCK_DGRAM)
	    u.bind((address, 9998))
	    u.sendto(b"x" * 20000, (address, 9998))
PY
kill -INT "$SNIFF"
wait "$SNIFF"
check "sums left to the card: told as such" "$(awk '$4 == "unfilled" { print $5 }' notes | xargs)" \
	"tcp.chksum udp.chksum"
check "sums left to the card: nothing is called wrong" "$(awk 'NR > 1 && $4 != "unfilled"' notes)" ""

# ---- the same packets in the same order as tcpdump ----
lab_bg_here() { "$@" >/dev/null 2>tcpdump.log & LAB_PIDS+=($!); TCPDUMP=$!; }
if [ ${#LAB_PLAIN[@]} = 0 ]; then
	lab_bg_here tcpdump -i lo -w theirs.pcap -B 8192 -Z root udp port 9999
else
	lab_bg_here dumpcap -q -P -i lo -w theirs.pcap -B 8 -s 65535 -f 'udp port 9999'
fi
lab_until 10 grep -qE 'listening on|^File: ' tcpdump.log
sniffing log -w ours.pcap udp port 9999
for _ in $(seq 10); do burst 1000 64; done
sleep 0.5
kill -INT "$SNIFF"
wait "$SNIFF"
sleep 1
kill -INT "$TCPDUMP"
wait "$TCPDUMP"
check "10,000 packets" "$(frames ours.pcap)" 10000
digest() { dump "$1" -t -x 2>/dev/null | cksum; }
check "the same bytes in the same order as tcpdump" "$(digest ours.pcap)" "$(digest theirs.pcap)"
if command -v tshark >/dev/null; then
	check "tshark reads our file" "$(tshark -r ours.pcap 2>/dev/null | wc -l)" 10000
fi

# ---- rights ----
sniffing log udp port 9999
check "no effective capability" "$(sed -nE 's/^CapEff:\s*//p' "/proc/$SNIFF/status")" 0000000000000000
check "no permitted capability, of no thread" \
	"$(sed -nE 's/^Cap(Prm|Eff):\s*//p' /proc/$SNIFF/task/*/status | sort -u)" 0000000000000000
check "no new privileges" "$(sed -nE 's/^NoNewPrivs:\s*//p' "/proc/$SNIFF/status")" 1
if "$STRATA" doctor | grep -q '^ok .*(seccomp)'; then
	check "system calls are limited, of both threads" \
		"$(sed -nE 's/^Seccomp:\s*//p' /proc/$SNIFF/task/*/status | xargs)" '2 2'
fi
burst 1
lab_until 5 grep -q 9999 log.out
kill -INT "$SNIFF"
wait "$SNIFF"
check "it captured all the same" "$(wc -l <log.out)" 1
# What reads files never keeps a right, and what sends the one it needs.
# rights NAME CAPABILITIES COMMAND...: of the command, once its first line is out.
rights() {
	local name=$1 want=$2 got
	shift 2
	: >rights.out
	"$@" >rights.out 2>rights.err &
	LAB_PIDS+=($!)
	lab_until 20 grep -q . rights.out || cat rights.err
	got=$(sed -nE 's/^(CapEff|CapPrm|NoNewPrivs):\s*0*([0-9a-f])/\2/p' /proc/$!/status | xargs)
	check "$name: capabilities, no new privileges" "$got" "$want $want 1"
	if "$STRATA" doctor | grep -q '^ok .*(seccomp)'; then
		check "$name: system calls" "$(sed -nE 's/^Seccomp:\s*//p' /proc/$!/status)" 2
	fi
	kill -INT $!
	wait $!
}
mkfifo pipe
(cat drain.pcap; exec sleep 30) >pipe 2>/dev/null &
LAB_PIDS+=($!)
rights read 0 "$STRATA" read pipe
rights send 2000 "$STRATA" send -c 0 ip dst=127.0.0.1 / udp dport=9
rights ask 2000 "$STRATA" ask -c 0 --interval 100ms ip dst=127.0.0.1 / icmp
if command -v capsh >/dev/null; then
	capsh --drop=cap_net_raw -- -c "'$STRATA' sniff -i lo" 2>log
	check "without the capability: exit status" $? 3
	holds "without the capability: it is named" log 'CAP_NET_RAW'
	holds "without the capability: the command that grants it" log 'setcap cap_net_raw\+ep'
fi
exit $bad
