#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata watch under floods: they are found while they last, memory stays where it is, an interrupt
# still brings the summary; and it has no rights left when it looks at the first packet.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "hping3 python3 curl" "$@"
# shellcheck source=tests/net/watched.sh
. "$src/tests/net/watched.sh"
lab_pair
# Whoever is asked by addresses that are not there is to find nobody to answer to.
lab_on h2 sysctl -qw net.ipv4.conf.all.rp_filter=0

resident() { sed -nE 's/^VmRSS:[[:space:]]*([0-9]+) kB/\1/p' "/proc/$1/status"; }

# flood NAME WANT HPING-ARGUMENTS...: what was lost does not matter, what is found does.
rate=--flood
flood() {
	local name=$1 want=$2 before after
	shift 2
	watch_begin
	before=$(resident "$WATCH")
	# shellcheck disable=SC2086 # several words
	lab_on h1 timeout 3 hping3 -q -n $rate "$@" 10.77.0.2 >did 2>&1
	sleep 0.3
	after=$(resident "$WATCH")
	watch_end
	check "$name" "$(names "$live")" "$want"
	holds "$name: told at the end" "$live" '^strata: [0-9]+ packets, [1-9][0-9]* finding'
	# Counters 128 MiB, streams and what stands in the queue 64 MiB each.
	check "$name: memory ($before, then $after kB)" $((before > 0 && after > 0 && after < before + 280000)) 1
}

lab_bg h2 python3 -c 'import socket, time
s = socket.create_server(("10.77.0.2", 80), backlog=64)
print("up", flush=True)
time.sleep(600)'
lab_until 10 grep -q up "$LAB_LOG"
flood "SYN flood" "syn-flood" -S -p 80 --rand-source
# Clients go on meanwhile, and not one of them is told.
lab_bg h2 python3 -m http.server -b 10.77.0.2 8000
lab_until 10 lab_on h1 bash -c "true >/dev/tcp/10.77.0.2/8000"
lab_bg h1 bash -c 'for n in $(seq 400); do curl -s -m 2 -o /dev/null http://10.77.0.2:8000/ && echo fetched; sleep 0.01; done'
pid=$LAB_PID clients=$LAB_LOG before=$(grep -c fetched "$LAB_LOG")
rate="-i u200"
flood "SYN flood beside clients" "syn-flood" -S -p 8000 --rand-source
after=$(grep -c fetched "$clients")
check "SYN flood beside clients: some were served ($((after - before)))" $((after > before)) 1
check "SYN flood beside clients: who is told" "$(grep -c '"to":"10.77.0.1"' "$live")" 0
lab_stop "$pid" KILL
# The port is closed: nothing is left half-open. Not faster than all of it is captured.
rate="-i u100"
flood "SYN flood, refused" "refused-flood" -S -p 81
rate=--flood
flood "UDP flood" "udp-flood" -2 -p 9
flood "ping flood" "icmp-flood" -1
flood "reset flood" "reset-flood" -R -p 80 --rand-source

# ---- rights ----
watch_begin
holds "no capabilities" "/proc/$WATCH/status" '^CapEff:.0+$'
holds "no new ones" "/proc/$WATCH/status" '^NoNewPrivs:.1$'
# A build with sanitizers has no seal (cli/seal.h).
[ -n "${STRATA_SANITIZE-}" ] || holds "sealed" "/proc/$WATCH/status" '^Seccomp:.2$'
watch_end
check "nothing to see: exit" "$(wait "$WATCH" 2>/dev/null; tail -n 2 "$live" | grep -c '0 findings')" 1

# ---- the reader goes away, and the disk is full ----
lab_on h1 ping -q -c 3 -i 0.2 10.77.0.2 >did 2>&1
"$STRATA" watch "$c/arp-spoof.pcap" 2>said | head -1 >out
check "| head -1: exit" "${PIPESTATUS[0]}" 1
check "| head -1: a line" "$(wc -l <out)" 1
holds "| head -1: no complaint" said '^strata: '
! grep -qi 'pipe' said || { echo "FAILED: complains"; bad=1; }
mkdir small
if mount -t tmpfs -o size=8k none small 2>/dev/null; then
	for i in 1 2 3; do dd if=/dev/zero of=small/$i bs=4k count=1 2>/dev/null; done
	"$STRATA" watch -w small/proof.pcap "$c/arp-spoof.pcap" >out 2>said
	check "disk full: exit" $? 4
	holds "disk full: told" said 'No space left on device'
	umount small
else
	echo "left out: no tmpfs may be mounted here"
fi
exit $bad
