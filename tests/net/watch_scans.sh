#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata watch against nmap in all its scan modes and timings, with decoys and of both versions of IP:
# which rules find it, after how many packets, and that no others do.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "nmap" "$@"
# shellcheck source=tests/net/watched.sh
. "$src/tests/net/watched.sh"
lab_pair

scan() { # PORTS ARGUMENTS...
	local ports=$1
	shift
	lab_on h1 nmap --privileged -n -Pn --max-retries 1 -T4 -p "$ports" "$@"
}

watched "-sS" "tcp-scan" scan 1-60 -sS 10.77.0.2
watched "-sT" "tcp-scan" scan 1-60 -sT 10.77.0.2
watched "-sA" "tcp-scan-ack" scan 1-60 -sA 10.77.0.2
watched "-sW" "tcp-scan-ack" scan 1-60 -sW 10.77.0.2
watched "-sM" "tcp-scan-ack" scan 1-60 -sM 10.77.0.2
watched "-sN" "tcp-refused tcp-scan-odd" scan 1-60 -sN 10.77.0.2
watched "-sF" "tcp-refused tcp-scan-odd" scan 1-60 -sF 10.77.0.2
watched "-sX" "tcp-refused tcp-scan-odd" scan 1-60 -sX 10.77.0.2
watched "-sU" "udp-scan udp-scan-silent" scan 1-60 -sU 10.77.0.2
watched "-6 -sS" "tcp-scan" scan 1-60 -6 -sS fd77::2
watched "-6 -sF" "tcp-refused tcp-scan-odd" scan 1-60 -6 -sF fd77::2
watched "-6 -sU" "udp-scan-silent udp-scan6" scan 1-60 -6 -sU fd77::2
watched "-sO" "protocol-scan" lab_on h1 nmap --privileged -n -Pn -T4 -sO -p 40-80 10.77.0.2
watched "-T5" "tcp-scan" scan 1-60 -T5 -sS 10.77.0.2
watched "-T3" "tcp-scan" scan 1-60 -T3 -sS 10.77.0.2
watched "-T2" "tcp-scan" scan 1-30 -T2 -sS 10.77.0.2

# Decoys: each is a scanner, as it looks.
watched "-D" "tcp-scan tcp-scan-many" scan 1-60 -sS -D 10.77.0.50,10.77.0.51,ME 10.77.0.2
check "-D: who" "$(grep '"tcp-scan"' found | grep -o '"by":{"from":"[^"]*"' | sort -u | grep -o '10[0-9.]*' | tr '\n' ' ')" \
	"10.77.0.1 10.77.0.50 10.77.0.51 "

# Many hosts, each of which asks for a few ports only.
for n in 61 62 63 64 65 66 67 68; do lab_addr h1 eth0 10.77.0.$n/24; done
many() {
	local n
	for n in 61 62 63 64 65 66 67 68; do
		lab_on h1 nmap --privileged -n -Pn -T5 -S 10.77.0.$n -e eth0 -p $((n * 8))-$((n * 8 + 7)) 10.77.0.2
	done
}
watched "many sources" "tcp-scan-many" many

# Whole networks: on the wire, and behind a router that says nothing.
watched "-sn" "arp-sweep" lab_on h1 nmap --privileged -n -sn -T4 10.77.0.0/24
lab_route h1 10.99.0.0/24 10.77.0.2
watched "-sn -PE, routed" "ping-sweep" lab_on h1 nmap --privileged -n -sn -PE -T4 --max-retries 0 10.99.0.0/26
watched "-sn -PS, routed" "tcp-sweep" lab_on h1 nmap --privileged -n -sn -PS22 -T4 --max-retries 0 10.99.0.0/26
exit $bad
