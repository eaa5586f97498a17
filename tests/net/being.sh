#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata react and serve --be: a host that does not exist is found by its neighbours, by both networks,
# behind a VLAN tag, without promiscuous mode; who takes its address hears that it is taken; nobody else
# is answered for; kill -9 leaves nothing.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "ping tcpdump" "$@"
lab_pair
lab_sums h1 eth0
lab_sums h2 eth0
sensor=$src/examples/sensor.protocol

# started COMMAND ARGUMENTS...: on h2, in the background, once it listens: $REACT, $LOG.
started() {
	lab_bg h2 "$STRATA" "$@"
	REACT=$LAB_PID LOG=$LAB_LOG
	lab_until 20 grep -q 'reacting on' "$LOG" || {
		echo "FAILED: $1 does not start:"
		cat "$LOG"
		bad=1
	}
}
ended() {
	local rc
	kill -"$1" "$REACT"
	wait "$REACT" 2>/dev/null
	rc=$?
	[ "$1" = KILL ] || check "it ends well" $rc 0
}
place() { lab_on h1 ip neigh show "$1" dev "${2:-eth0}" | grep -o 'lladdr [^ ]*'; }
pings() { lab_on h1 ping -q -n -c 3 -i 0.2 -W 5 "$1" >out; }
refused() { # NAME WORDS ARGUMENTS...
	local name=$1 words=$2
	shift 2
	lab_on h2 timeout 20 "$STRATA" react "$@" >out 2>&1
	check "$name: exit" $? 2
	holds "$name: words" out "$words"
}

lab_sniff h1 eth0 all.pcap || exit 1
all=$LAB_PID
# ---- found, and answered for ----
started react -i eth0 --be 10.77.0.9 --be fd77::9,02:00:00:00:00:aa 'icmp type=echo-request' reply
holds "it says who it is" "$LOG" 'being 10.77.0.9 at 02:00:0a:4d:00:09'
pings 10.77.0.9
check "a host of version 4" $? 0
check "at a link address of its own" "$(place 10.77.0.9)" "lladdr 02:00:0a:4d:00:09"
lab_on h1 "$STRATA" ask -q --timeout 5s --expect 'arp op=is-at psrc=10.77.0.9' -i eth0 eth dst=ff:ff:ff:ff:ff:ff / arp op=who-has psrc=0.0.0.0 pdst=10.77.0.9
check "who only probes hears of it" $? 0
ended INT
holds "questions for it are no packets that fit" "$LOG" ' 3 fit, '
started react -i eth0 --be fd77::9,02:00:00:00:00:aa 'ip6 dst=fd77::9 / icmp6 type=echo-request' reply
pings fd77::9
check "a host of version 6" $? 0
check "at the link address that was said" "$(place fd77::9)" "lladdr 02:00:00:00:00:aa"
# Its neighbour asks it alone, later on: by its own address.
lab_on h1 "$STRATA" ask -q --timeout 5s --expect 'icmp6 type=neighbour-advertisement tgt=fd77::9' -i eth0 eth dst=02:00:00:00:00:aa / ip6 src=fd77::1 dst=fd77::9 hlim=255 / icmp6 type=neighbour-solicitation tgt=fd77::9
check "asked alone it answers, too" $? 0
# Who wants the address hears that it is taken (RFC 4862).
lab_on h1 sysctl -qw net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.eth0.dad_transmits=1
lab_on h1 ip address add fd77::9/64 dev eth0
# shellcheck disable=SC2317 # lab_until calls it
taken() { lab_on h1 ip -6 address show dev eth0 | grep 'fd77::9' | grep -q dadfailed; }
lab_until 10 taken
check "an address that is taken is not taken again" $? 0
lab_on h1 ip address del fd77::9/64 dev eth0
ended INT

# ---- without promiscuous mode; behind a tag ----
lab_on h1 ip neigh flush dev eth0
started react -i eth0 --no-promisc --be 10.77.0.9,02:00:00:00:00:bb --be fd77::9 'icmp type=echo-request' reply
pings 10.77.0.9
check "without promiscuous mode" $? 0
lab_on h1 "$STRATA" ask -q --timeout 5s --expect 'icmp6 type=neighbour-advertisement' -i eth0 ip6 src=fd77::1 dst=ff02::1:ff00:9 hlim=255 / icmp6 type=neighbour-solicitation tgt=fd77::9 options=src_lladdr:02:00:00:00:00:01
check "the group of its neighbours is joined" $? 0
ended INT
started react -i eth0 --be 10.77.0.9 --be fd77::9 'icmp type=echo-request' reply
lab_on h1 "$STRATA" ask -q --timeout 5s --expect 'eth src=02:00:0a:4d:00:09 / vlan vlan=5 / arp op=is-at psrc=10.77.0.9' -i eth0 eth dst=ff:ff:ff:ff:ff:ff / vlan vlan=5 / arp op=who-has psrc=10.77.0.1 pdst=10.77.0.9
check "behind a tag" $? 0
lab_on h1 "$STRATA" ask -q --timeout 5s --expect 'vlan vlan=5 / icmp6 type=neighbour-advertisement' -i eth0 eth dst=33:33:ff:00:00:09 / vlan vlan=5 / ip6 src=fd77::1 dst=ff02::1:ff00:9 hlim=255 / icmp6 type=neighbour-solicitation tgt=fd77::9
check "of version 6, too" $? 0
ended INT

# ---- serve answers for nobody else ----
started serve -i eth0 --be 10.77.0.9 "$sensor"
lab_on h1 "$STRATA" ask -q -p "$sensor" --timeout 5s --expect 'sensor type=reply' ip dst=10.77.0.9 / sensor
check "a server that does not exist" $? 0
lab_on h1 "$STRATA" ask -q -p "$sensor" --timeout 500ms ip dst=10.77.0.2 / sensor
check "the machine itself is not played" $? 1
LAB_PID=$all
lab_sniffed
check "no reset and no port unreachable left, but for the machine's own closed port" "$(frames all.pcap '(icmp and icmp[0] == 3 and not src host 10.77.0.2) or (icmp6 and ip6[40] == 1) or (tcp and tcp[13] & 4 != 0)')" 0
ended KILL
check "kill -9 leaves no socket" "$(lab_on h2 ss -Hlntu)" ""
check "and no link address more" "$(lab_on h2 ip -d link show eth0 | grep -o 'promiscuity [0-9]*')" "promiscuity 0"

# ---- mistakes ----
refused "an address of its own" '10.77.0.2 is this machine.s own: its kernel says where it is' -i eth0 --be 10.77.0.2 icmp log
refused "the same, of version 6" 'fd77::2 is this machine.s own' -i eth0 --be fd77::2 icmp log
refused "no Ethernet" 'has no link addresses' -i lo --be 10.0.0.9 icmp log
lab_on h2 ip route add default via 10.77.0.1
refused "where the default route leads" 'add --i-may' -i eth0 --be 10.77.0.9 icmp log
exit $bad
