#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata sniff --rotate: file after file by number, time and size, compressed, in a ring; every file is
# complete, no packet is missing between two of them, whatever ends it: a signal, a full disk, an
# interface that goes away.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "tcpdump python3" "$@"

# burst FROM TO [BYTES]: datagrams that hold these numbers.
burst() {
	python3 - "$1" "$2" "${3-20}" <<-'PY'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for i in range(int(sys.argv[1]), int(sys.argv[2])):
		    s.sendto((b"%d " % i).ljust(int(sys.argv[3]), b"."), ("127.0.0.1", 9999))
	PY
}
sniff() { sniffing log "$@" udp port 9999; } # ARGUMENTS...
end() { # [SIGNAL]
	kill "-${1-INT}" "$SNIFF"
	wait "$SNIFF" 2>/dev/null
	status=$?
}
# The numbers in the files, in their order.
numbers() {
	local file
	for file in "$@"; do
		"$STRATA" read "$file" --as expr 2>>read.err | sed -nE 's/.*"([0-9]+) \.*"$/\1/p'
	done
}
counts() {
	local file
	for file in "$@"; do "$STRATA" read "$file" --as line 2>>read.err | wc -l; done | xargs
}
: >read.err

# ---- by number of packets ----
sniff -w n.pcap --rotate 100
burst 0 250
lab_until 10 bash -c 'ls n_00003_*'
check "number: a full file is whole at once" "$("${LAB_PLAIN[@]}" tcpdump -Z root -r n_00002_* 2>/dev/null | wc -l)" 100
end
check "number: exit status" $status 0
check "number: packets in each" "$(counts n_*)" "100 100 50"
check "number: all, in order" "$(numbers n_* | cksum)" "$(seq 0 249 | cksum)"
check "number: names tell number and time" \
	"$(find . -regextype egrep -regex './n_0000[123]_20[0-9]{6}T[0-9]{6}Z\.pcap' | wc -l)" 3
check "number: no file has the bare name" "$(ls n.pcap 2>/dev/null)" ""
holds "number: told" log '^strata: 250 captured, 250 written in 3 files, 0 dropped'

# ---- by time: also while nothing comes, and then nothing is made ----
sniff -w t.pcapng.gz --rotate 1s
burst 0 5
lab_until 10 bash -c 'gzip -t t_00001_* && [ $(stat -c %s t_00001_*) -gt 200 ]'
sleep 3
check "time: the file is not open any more" "$(find "/proc/$SNIFF/fd" -lname '*t_00001*' | wc -l)" 0
burst 5 9
sleep 1.5
end
check "time: all, in order" "$(numbers t_* | cksum)" "$(seq 0 8 | cksum)"
check "time: more than one file" "$(($(find . -name 't_*' | wc -l) > 1))" 1
check "time: no empty files" "$(counts t_* | grep -cwE '0')" 0
if command -v tshark >/dev/null; then
	check "time: each is whole" "$(for f in t_*; do tshark -r "$f" 2>/dev/null; done | wc -l)" 9
fi

# ---- each tells what was lost since the one before ----
sniff -w i.pcapng --rotate 100
burst 0 250
end
check "losses: each file has its own" "$(for file in i_*; do statistics "$file"; done)" \
	"$(printf 'lo 0 %s 0 %s of lo\n' 100 100 100 100 50 50)"

# ---- by size, compressed, a ring ----
sniff -w s.v1.pcapng.zst --rotate 1MB --keep 2
burst 0 3500 1000
end
check "size: the newest two are kept" "$(ls s_* | sed -E 's/_20[^.]*//' | xargs)" \
	"s_00003.v1.pcapng.zst s_00004.v1.pcapng.zst"
numbers s_* >got
check "size: the last ones, none missing" "$(cksum <got)" "$(seq "$(head -1 got)" 3499 | cksum)"
check "size: not more than a file may hold" \
	"$("$STRATA" read s_00003* -w plain.pcapng 2>/dev/null; (($(stat -c %s plain.pcapng) <= 1 << 20)) && echo yes)" yes
holds "size: what was written is told, also what is gone" log '3500 captured, 3500 written in 4 files'

# ---- several at once ----
sniff -w b.pcap --rotate 10,1h --rotate 20kB
burst 0 15
burst 15 45 2000
end
check "several: all, in order" "$(numbers b_* | cksum)" "$(seq 0 44 | cksum)"
check "several: whichever comes first" "$(counts b_* | cut -d' ' -f1-4)" "10 10 9 9"

# ---- SIGKILL ----
sniff -w k.pcap.gz --rotate 100
burst 0 250
lab_until 20 bash -c '[ $(stat -c %s k_00003_*) -gt 100 ]' # what is a second old is there
end KILL
check "SIGKILL: every file is whole" "$(counts k_*)" "100 100 50"
check "SIGKILL: gzip agrees" "$(for f in k_*; do gzip -t "$f" 2>&1; done)" ""

# ---- a full disk ----
mkdir small
if mount -t tmpfs -o size=400k none small 2>/dev/null; then
	sniff -w small/full.pcap --rotate 100kB
	burst 0 600 1000
	lab_until 10 bash -c "! kill -0 $SNIFF" || kill -INT "$SNIFF"
	wait "$SNIFF"
	check "disk full: exit status" $? 4
	holds "disk full: told" log 'cannot write small/full_0000[0-9]_.*: No space left on device; [0-9]+ packets are safe'
	safe=$(sed -nE 's/.*; ([0-9]+) packets are safe.*/\1/p' log)
	check "disk full: that many are in the files" "$(numbers small/full_* | cksum)" \
		"$(seq 0 $((safe - 1)) | cksum)"
	holds "disk full: no more are called written" log "$safe written in"
	rm small/*
	sniff -w small/ring.pcap --rotate 100kB --keep 2
	burst 0 1500 1000
	end
	check "a ring fits on a small disk: exit status" $status 0
	check "a ring fits on a small disk: files" "$(ls small/ring_* | wc -l)" 2
	umount small
else
	echo "left out: no tmpfs may be mounted here"
fi

# ---- the interface goes away ----
ip link add gone type veth peer name away
ip link set gone up
ip link set away up
: >log
"$STRATA" sniff -i gone -w v.pcap --rotate 3 arp 2>log &
SNIFF=$!
LAB_PIDS+=("$SNIFF")
lab_until 20 grep -q 'listening on' log
ip addr add 10.88.0.1/24 dev away
python3 - <<-'PY' 2>/dev/null
	import socket
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	for i in range(2, 9):
	    s.sendto(b"x", ("10.88.0.%d" % i, 9))
PY
lab_until 10 bash -c 'ls v_00002_*'
ip link del gone
lab_until 10 bash -c "! kill -0 $SNIFF" || kill -INT "$SNIFF"
wait "$SNIFF"
check "interface gone: exit status" $? 4
holds "interface gone: told" log 'capturing on gone ended: The interface disappeared'
n=$(sed -nE 's/.*captured, ([0-9]+) written in.*/\1/p' log)
check "interface gone: what came before is in the files" "$(($(counts v_* | tr ' ' +)))" "$n"

# ---- mistakes ----
wrong() { # PATTERN ARGUMENTS...
	local want=$1
	shift
	"$STRATA" sniff -i lo "$@" 2>log
	check "$*: exit status" $? 2
	holds "$*: why" log "$want"
}
wrong 'wants packets \(1000\), a time \(60s\) or a size' -w x.pcap --rotate 100M
wrong 'only beside .--write' --rotate 100
wrong 'is one file' -w - --rotate 100
wrong 'only beside .--rotate' -w x.pcap --keep 3
check "nothing was read with a complaint" "$(grep -v '^$' read.err)" ""
exit $bad
