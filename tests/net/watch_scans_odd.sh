#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata watch against nmap's rarer ways: SCTP, fragments, odd flags, wrong checksums, which system
# it is; and how slow a scan may be so that it is still found.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "nmap python3" "$@"
# shellcheck source=tests/net/watched.sh
. "$src/tests/net/watched.sh"
lab_pair
lab_bg h2 python3 -c 'import socket, time
all = [socket.create_server(("::", p), family=socket.AF_INET6, dualstack_ipv6=True) for p in (22, 80)]
print("up", flush=True)
time.sleep(600)'
lab_until 10 grep -q up "$LAB_LOG"

scan() { # PORTS ARGUMENTS...
	local ports=$1
	shift
	lab_on h1 nmap --privileged -n -Pn --max-retries 1 -T4 -p "$ports" "$@"
}

watched "-sY" "sctp-scan" scan 1-60 -sY 10.77.0.2
watched "-sZ" "sctp-scan" scan 1-60 -sZ 10.77.0.2
watched "-6 -sY" "sctp-scan" scan 1-60 -6 -sY fd77::2
watched "-f -sS" "tcp-scan" scan 1-60 -sS -f 10.77.0.2
watched "-ff -sF" "tcp-refused tcp-scan-odd" scan 1-60 -sF -ff 10.77.0.2
watched "--mtu 8 -sX" "tcp-refused tcp-scan-odd" scan 1-60 -sX --mtu 8 10.77.0.2
watched "--scanflags URGACK" "tcp-scan-ack" scan 1-60 --scanflags URGACK -sS 10.77.0.2
watched "--scanflags SYNFIN" "tcp-scan" scan 1-60 --scanflags SYNFIN 10.77.0.2
watched "--badsum" "tcp-scan" scan 1-60 -sS --badsum 10.77.0.2
watched "-g 53 --ttl 3 -sS" "tcp-scan" scan 1-60 -sS -g 53 --ttl 3 10.77.0.2
watched "-6 -sA" "tcp-scan-ack" scan 1-60 -6 -sA fd77::2
watched "-6 -sT" "tcp-scan" scan 1-60 -6 -sT fd77::2
watched "-6 -sO" "protocol-scan6" lab_on h1 nmap --privileged -6 -n -Pn -T4 -sO -p 40-80 fd77::2
watched "-O" "tcp-fingerprint" lab_on h1 nmap --privileged -n -Pn -T4 -O --max-os-tries 1 -p 21,22,80 10.77.0.2
watched "-6 -O" "tcp-fingerprint" lab_on h1 nmap --privileged -6 -n -Pn -T4 -O --max-os-tries 1 -p 21,22,80 fd77::2
# Three services are asked what they are: no more than a client does.
watched "-sV of three ports" "none" lab_on h1 nmap --privileged -n -Pn -T4 -sV --version-light -p 21,22,23 10.77.0.2

# Twenty ports in three hours: a probe every nine minutes and a half. The times of a recording are stretched.
lab_sniff h2 eth0 slow.pcap -s 300 tcp || bad=1
scan 101-150 -sS --max-retries 0 --scan-delay 100ms 10.77.0.2 >did 2>&1
lab_sniffed
for t in "15 s (-T1)|150|tcp-scan-slow" "5 minutes (-T0)|3000|tcp-scan-slow" "9 minutes|5300|tcp-scan-slow" "11 minutes|6600|none"; do
	IFS='|' read -r name scale want <<<"$t"
	"$STRATA" edit -q slow.pcap -w stretched.pcap --scale "$scale" || bad=1
	in_file "a probe every $name" "$want" stretched.pcap
done
exit $bad
