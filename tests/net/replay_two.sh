#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata replay by two interfaces: what clients sent leaves by one, what servers sent by the other, in
# the order and at the times of the capture; how it is split is told before anything leaves.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "tcpdump python3" "$@"
for host in h1 left right; do lab_host $host; done
lab_wire h1 eth1 left eth0
lab_wire h1 eth2 right eth0
mute h1 eth1
mute h1 eth2
mute left eth0
mute right eth0
two=(--client-if eth1 --server-if eth2)

# replay NAME EXIT ARGUMENTS...: what came out is in left.pcap and right.pcap, what was said in said.
replay() {
	local name=$1 want=$2 first
	shift 2
	lab_sniff left eth0 left.pcap -s 2048 || { bad=1; return; }
	first=$LAB_PID
	lab_sniff right eth0 right.pcap -s 2048 || { bad=1; return; }
	lab_on h1 "$STRATA" replay "$@" >out 2>said
	check "$name: exit" $? "$want"
	lab_sniffed
	lab_stop "$first"
}

# ---- by who opened: the other tool's filters say who that was ----
# FILE, and what its clients sent.
while read -r file clients; do
	replay "$file" 0 "${two[@]}" --rate 4000 "$c/$file.pcap"
	check "$file: clients' packets" "$(bytes left.pcap)" "$(bytes "$c/$file.pcap" "$clients")"
	check "$file: servers' packets" "$(bytes right.pcap)" "$(bytes "$c/$file.pcap" "not ($clients)")"
	holds "$file: told before" said "split by opener: $(frames left.pcap) packets of clients by eth1, $(frames right.pcap) of servers by eth2;"
	holds "$file: told after" said "$(frames left.pcap) by eth1, $(frames right.pcap) by eth2"
done <<'LIST'
http src host 10.77.0.1
http-ip6 ip6 src host fd77::1
dns-udp src host 10.77.0.1
tftp src host 10.77.0.1
vlan vlan and ether src 02:00:00:00:00:07
gre ether src 02:00:00:00:00:01
vxlan src host 10.77.0.1
LIST

# ---- one order and one clock for both ----
replay "times" 0 "${two[@]}" "$c/http.pcap"
python3 - "$c/http.pcap" <<'PY' || bad=1
import struct, sys
def packets(path):
    d = open(path, "rb").read()
    nano = 1 if d[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1000
    at, v = 24, []
    while at < len(d):
        s, f, n, _ = struct.unpack("<IIII", d[at:at + 16])
        v.append((s * 10**9 + f * nano, d[at + 16:at + 16 + n]))
        at += 16 + n
    return v
was, left, right = packets(sys.argv[1]), packets("left.pcap"), packets("right.pcap")
side = {data: "l" for _, data in left}
side.update({data: "r" for _, data in right})
both = sorted(left + right)
ok = len(both) == len(was) and left and right
# The recorders' clocks are one; where the capture has a millisecond or more between two packets, the
# order holds over both wires.
wrong = sum(a[1] != b[1] for a, b in zip(was, both))
apart = [i for i in range(1, len(was)) if was[i][0] - was[i - 1][0] > 2e6]
late = [i for i in apart if [d for _, d in both[:i]].count(was[i][1]) > [d for _, d in was[:i]].count(was[i][1])]
took, wanted = both[-1][0] - both[0][0], was[-1][0] - was[0][0]
ok = ok and not late and took >= wanted - 1e6
print("%s: times: %d of %d in another place, took %.1f ms of %.1f" %
      ("ok" if ok else "FAILED", wrong, len(was), took / 1e6, wanted / 1e6))
sys.exit(not ok)
PY

# ---- by networks, by ports ----
replay "subnet" 0 "${two[@]}" --rate 4000 --split subnet=10.77.0.2/32 "$c/http.pcap"
check "subnet: clients" "$(bytes left.pcap)" "$(bytes "$c/http.pcap" '(ip and src host 10.77.0.2) or (arp and ether src 02:00:00:00:00:02)')"
replay "port" 0 "${two[@]}" --rate 4000 --split port=53 "$c/dns-udp.pcap"
check "port: servers" "$(bytes right.pcap)" "$(bytes "$c/dns-udp.pcap" src port 53)"
holds "port: told" said 'split by port: .* by a port'

# ---- what cannot be looked through; rounds; a filter; nothing sent ----
lab_on h1 "$STRATA" replay "${two[@]}" --rate max - <"$c/http.pcap" 2>said
check "standard input: exit" $? 0
holds "standard input: said" said 'not looked through before'
holds "standard input: told after" said 'split by opener: .* packets of clients'
replay "rounds, chosen" 0 "${two[@]}" --rate 4000 --loop 2 "$c/http.pcap" --where 'tcp.flags & 2 != 0'
check "rounds, chosen: the first segments" "$(frames left.pcap)" "$((2 * $(frames "$c/http.pcap" 'tcp[13] & 18 == 2')))"
check "rounds, chosen: the answers" "$(frames right.pcap)" "$((2 * $(frames "$c/http.pcap" 'tcp[13] & 18 == 18')))"
replay "dry" 0 "${two[@]}" --dry-run -c 4 "$c/dns-udp.pcap"
check "dry: by which" "$(grep -oE 'eth[12]$' out | tr '\n' ' ')" "eth1 eth2 eth1 eth2 "
check "dry: nothing left" "$(($(frames left.pcap) + $(frames right.pcap)))" 0

# ---- checked before the first packet ----
for what in "eth1 eth9" "eth9 eth2"; do
	# shellcheck disable=SC2086 # two words
	set -- $what
	replay "no interface: $what" 4 --client-if "$1" --server-if "$2" --rate max "$c/http.pcap"
	holds "no interface: $what: said" said 'no interface eth9'
	check "no interface: $what: nothing left" "$(($(frames left.pcap) + $(frames right.pcap)))" 0
done
replay "a cooked capture" 4 "${two[@]}" --rate max "$c/cooked.pcap"
holds "a cooked capture: told before" said 'packets are of another link type than eth1 takes: they get a new link header'
lab_on h1 ip link set eth2 down
lab_on h1 "$STRATA" replay "${two[@]}" "$c/http.pcap" 2>said
check "one is down: exit" $? 4
holds "one is down: said" said 'interface eth2 is down'
exit $bad
