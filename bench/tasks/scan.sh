#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# All TCP ports of one host, three of them open; every open one is to be found in every run.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"
wire "$@"

open='7777 31337 65000'
for port in $open; do lab_bg h2 python3 -c '
import socket, sys, time
s = socket.socket()
s.bind(("", int(sys.argv[1])))
s.listen(100)
time.sleep(3600)' $port; done
lab_until 10 lab_on h2 bash -c '[ $(ss -Hltn | wc -l) = 3 ]'
row scan 'SYN scan of 65,535 ports' 's on the clock' less
vs scan 'nmap -sS' 2
vs scan masscan ''
vs scan 'by hand in C (limit)' ''
row scan-found 'SYN scan, of three open ports found' ports more
goal scan-found least 3
vs scan-found 'nmap -sS' ''
vs scan-found masscan ''
vs scan-found 'by hand in C (limit)' ''
# What each of them prints of an open port.
scan() { # SIDE PATTERN COMMAND...
	local side=$1 pattern=$2 found
	shift 2
	have scan "$side" "$1" || return
	OUT=$WORK/found
	if MAY=124 cost nsenter -n -t "${LAB_HOST[h1]}" -- "$@"; then
		found=$(grep -oE "$pattern" found | sort -u | wc -l)
		figure scan "$side" "$wall"
		figure scan-found "$side" "$found"
	else
		absent scan "$side" "it failed: $1"
	fi
}
once() {
	local p='(7777|31337|65000)'
	# From another port each time: the listener remembers whom it half knows.
	local sport=$((20000 + RANDOM))
	scan strata "^RCVD .* $p > [0-9]+ \\[SA" "$STRATA" ask --rate max --timeout 500ms --retry 2 --i-may \
		--where 'tcp.flags == syn+ack' ip dst=10.77.0.2 / tcp sport=$sport dport=1-65535 flags=S
	scan 'nmap -sS' "^$p/tcp" nmap -n -Pn -sS -p- 10.77.0.2
	# It waits ten seconds at the end unless told otherwise, and does not always end.
	scan masscan "open port $p/" timeout -k 1 15 masscan -p1-65535 --rate 300000 --wait 0 --interface eth0 \
		--source-ip 10.77.0.1 --source-port $((sport + 1)) --router-mac "$mac2" 10.77.0.2
	scan 'by hand in C (limit)' "^$p$" "$BENCH/scan" eth0 "$mac1" "$mac2" 10.77.0.1 10.77.0.2 $((sport + 2))
}
mac1=$(lab_mac h1 eth0 2>err) mac2=$(lab_mac h2 eth0 2>err)
rounds once
