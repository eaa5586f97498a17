# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# Recordings of the network layer, its helpers and tunnels; sourced by captures/record.sh, whose helpers they use.

rec_ping() {
	pair
	sniff h1 eth0 --time-stamp-precision=nano
	lab_on h1 ping -c5 -i0.2 10.77.0.2
	keep 12
}

rec_ping6() {
	pair
	sniff h1 eth0
	lab_on h1 ping -c4 -i0.2 fd77::2
	lab_on h1 ping -c2 -i0.2 "fe80::ff:fe00:2%eth0"
	keep 14
}

rec_nd() {
	pair
	sniff h1 eth0
	lab_on h1 ping -c1 fd77::2
	lab_on h1 ping -c1 -W1 fd77::99
	lab_on h2 bash -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_dad
		echo 1 >/proc/sys/net/ipv6/conf/eth0/dad_transmits'
	lab_on h2 ip addr add fd77::22/64 dev eth0
	lab_on h1 ndisc6 -r1 fd77::2 eth0
	lab_on h1 rdisc6 -1 -r1 -w 200 eth0
	keep 8
}

rec_ping-fragments() {
	pair
	sniff h1 eth0
	lab_on h1 ping -c2 -i0.2 -s 4000 10.77.0.2
	keep 12
}

rec_ping6-fragments() {
	pair
	sniff h1 eth0
	lab_on h1 ping -c2 -i0.2 -s 4000 fd77::2
	keep 12
}

rec_udp-refused() {
	pair
	sniff h1 eth0
	lab_on h1 bash -c 'echo hello >/dev/udp/10.77.0.2/9000; echo hello >/dev/udp/fd77::2/9000'
	lab_on h1 $py "$tools/unreachable.py"
	keep 8
}

rec_traceroute-udp() {
	chain
	sniff h1 eth0
	lab_on h1 traceroute -n -q1 -w1 -m6 10.77.3.1
	keep 6
}

rec_traceroute-icmp() {
	chain
	sniff h1 eth0
	lab_on h1 traceroute -n -I -q1 -w1 -m6 10.77.3.1
	keep 6
}

rec_traceroute-tcp() {
	chain
	sniff h1 eth0
	lab_on h1 traceroute -n -T -p 80 -q1 -w1 -m6 10.77.3.1
	keep 6
}

rec_traceroute6() {
	chain
	sniff h1 eth0
	lab_on h1 traceroute -6 -n -q1 -w1 -m6 fd77:3::1
	lab_on h1 traceroute -6 -n -I -q1 -w1 -m6 fd77:3::1
	keep 12
}

rec_icmp-errors() {
	chain
	lab_on r1 ip route add unreachable 10.77.50.0/24
	lab_on r1 ip route add prohibit 10.77.51.0/24
	lab_on r1 ip route del 10.77.3.0/24
	lab_on r1 ip route add 10.77.3.0/24 via 10.77.2.2 mtu 1300
	lab_on r1 ip link set eth1 mtu 1300
	sniff h1 eth0
	lab_on h1 ping -c1 -W1 10.77.50.1
	lab_on h1 ping -c1 -W1 10.77.51.1
	lab_on h1 ping -c1 -W1 10.77.60.1
	lab_on h1 ping -c1 -W1 -t1 10.77.3.1
	lab_on h1 ping -c1 -W1 -M "do" -s 1400 10.77.3.1
	lab_on h1 $py "$tools/unreachable.py" 10.77.3.1
	lab_on h1 $py "$tools/badoption.py" eth0 02:00:00:00:00:02 10.77.1.1 10.77.1.254
	lab_on h1 nping --icmp --icmp-type timestamp -c1 10.77.3.1
	keep 14
}

rec_icmp-extensions() { spoken 12; }

rec_icmp6-errors() {
	chain
	lab_on r1 ip -6 route add unreachable fd77:50::/64
	lab_on r1 ip -6 route add prohibit fd77:51::/64
	lab_on r1 ip link set eth1 mtu 1280
	sniff h1 eth0
	lab_on h1 ping -c1 -W1 fd77:50::1
	lab_on h1 ping -c1 -W1 fd77:51::1
	lab_on h1 ping -c1 -W1 -t1 fd77:3::1
	lab_on h1 ping -c2 -W1 -i0.2 -s 1400 fd77:3::1
	lab_on h1 $py "$tools/unreachable.py" fd77:3::1
	keep 12
}

rec_redirect() {
	switch h1 r1 r2
	lab_addr h1 eth0 10.77.0.1/24 fd77::1/64
	lab_addr r1 eth0 10.77.0.11/24 fd77::11/64
	lab_addr r2 eth0 10.77.0.12/24 fd77::12/64
	lab_on r2 ip addr add 10.77.9.1/32 dev lo
	lab_on r2 ip addr add fd77:9::1/128 dev lo
	lab_forward r1
	lab_forward r2
	lab_route h1 default 10.77.0.11
	lab_route h1 ::/0 fd77::11
	lab_route r1 10.77.9.0/24 10.77.0.12
	# Only a link-local next hop can be told in a redirect.
	lab_on r1 ip route add fd77:9::/64 via fe80::ff:fe00:5 dev eth0
	lab_on r1 bash -c 'echo 1 >/proc/sys/net/ipv4/conf/all/send_redirects
		echo 1 >/proc/sys/net/ipv4/conf/eth0/send_redirects'
	sniff h1 eth0
	lab_on h1 ping -c2 -i0.3 -W1 10.77.9.1
	lab_on h1 ping -c2 -i0.3 -W1 fd77:9::1
	keep 8
}

rec_mpls() {
	pair
	sniff h1 eth0
	tagged mpls:16,mpls:17
	lab_on h1 ip neigh replace 10.88.0.2 lladdr 02:00:00:00:00:08 dev in0
	lab_on h2 ip neigh replace 10.88.0.1 lladdr 02:00:00:00:00:07 dev in0
	lab_on h1 ping -c3 -i0.2 10.88.0.2
	keep 6
}

rec_gre() {
	pair
	sniff h1 eth0
	tagged gre:10.77.0.1:10.77.0.2:77
	lab_on h1 ping -c2 -i0.2 10.88.0.2
	tagged_off
	tagged gre:10.77.0.1:10.77.0.2
	lab_on h1 ping -c2 -i0.2 10.88.0.2
	keep 8
}

# A second wire inside h1 and h2 (in0, 10.88.0.1 and .2) whose frames tools/wrap.py carries over

# eth0 in the wrapping given: this kernel has no 802.1Q, MPLS or GRE of its own.

tagged() {
	local host n=0 end=(10.77.0.1 10.77.0.2)
	for host in h1 h2; do
		n=$((n + 1))
		lab_on $host ip link show in0 >/dev/null 2>&1 || {
			lab_on $host ip link add in0 address "02:00:00:00:00:0$((6 + n))" mtu 1400 \
				type veth peer name in1
			lab_on $host ip link set in0 up
			lab_on $host ip link set in1 up
			lab_sums $host in0
			lab_addr $host in0 10.88.0.$n/24 fd88::$n/64
		}
		lab_bg $host $py "$tools/wrap.py" in1 eth0 "$1" "${end[n - 1]}"
		lab_until 5 grep -q ready "$LAB_LOG" || { cat "$LAB_LOG"; exit 1; }
		WRAP[n]=$LAB_PID
	done
}

tagged_off() {
	lab_stop "${WRAP[1]}"
	lab_stop "${WRAP[2]}"
}

rec_vxlan() {
	pair
	local n
	for n in 1 2; do
		lab_on h$n ip link add vx0 address "02:00:00:00:00:1$n" type vxlan id 5 dstport 4789 \
			local 10.77.0.$n remote 10.77.0.$((3 - n)) dev eth0
		lab_on h$n ip link set vx0 up
		lab_addr h$n vx0 10.88.0.$n/24
	done
	sniff h1 eth0
	lab_on h1 ping -c3 -i0.2 10.88.0.2
	keep 6
}

rec_group-joins() {
	pair
	sniff h1 eth0
	lab_on h1 $py "$tools/groups.py"
	lab_on h1 bash -c 'echo 2 >/proc/sys/net/ipv4/conf/eth0/force_igmp_version
		echo 1 >/proc/sys/net/ipv6/conf/eth0/force_mld_version'
	lab_on h1 $py "$tools/groups.py"
	keep 8
}

rec_router-advertisement() {
	lab_host h1
	lab_host h2
	lab_wire h1 eth0 h2 eth0
	lab_addr h2 eth0 fd77::2/64
	lab_up h1 eth0
	lab_up h2 eth0
	sniff h1 eth0
	lab_bg h2 dnsmasq --no-daemon --user=root --group=root --conf-file=/dev/null --port=0 \
		--enable-ra --dhcp-range=fd77::,ra-only,64,1h --ra-param=eth0,mtu:1400,high,10,600 \
		--dhcp-option=option6:dns-server,[fd77::2] \
		--dhcp-option=option6:domain-search,lab.example --interface=eth0
	sleep 1
	lab_on h1 rdisc6 -1 -r2 -w 1000 eth0
	keep 3
}

rec_ip-options() {
	chain
	sniff h1 eth0
	lab_on h1 ping -c1 -W1 -R 10.77.3.1
	lab_on h1 ping -c1 -W1 -T tsonly 10.77.3.1
	lab_on h1 ping -c1 -W1 -T tsandaddr 10.77.3.1
	lab_on h1 $py "$tools/ipopts.py" 10.77.3.1
	keep 8
}

rec_ip6-extensions() {
	pair
	sniff h1 eth0
	lab_on h1 $py "$tools/ip6ext.py" fd77::1 fd77::2
	keep 5
}

rec_raw-ip() {
	lab_host h1
	# The device node belongs to root; elsewhere the old file stays.
	lab_on h1 ip tuntap add dev tun0 mode tun || exit 1
	lab_bg h1 $py "$tools/tun.py" tun0
	lab_until 5 grep -q ready "$LAB_LOG"
	lab_addr h1 tun0 10.77.0.1/24 fd77::1/64
	lab_on h1 ip link set tun0 up
	sniff h1 tun0
	lab_on h1 ping -c2 -i0.2 10.77.0.2
	lab_on h1 ping -c2 -i0.2 fd77::2
	keep 6
}

rec_broken() { crafted broken.py 12; }

# What a firewall may answer: each kind of refusal, to a port of its own.
refusals() { # ADDRESS FAMILY KIND...
	local n=0 kind to=$1 family=$2
	shift 2
	lab_on h2 nft "add table $family f; add chain $family f in { type filter hook input priority 0; }"
	for kind; do
		n=$((n + 1))
		lab_on h2 nft "add rule $family f in udp dport $((9000 + n)) reject with $kind"
	done
	for n in $(seq $#); do
		lab_on h1 bash -c "echo hello >/dev/udp/$to/$((9000 + n))"
		sleep 0.1
	done
}

rec_icmp-reject() {
	pair
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0
	refusals 10.77.0.2 ip "icmp type "{net,host,prot,port}-unreachable "icmp type "{net,host,admin}-prohibited
	keep 14
}

rec_icmp6-reject() {
	pair
	lab_on h1 ping -c1 fd77::2 >/dev/null
	sniff h1 eth0
	refusals fd77::2 ip6 "icmpv6 type "{no-route,admin-prohibited,addr-unreachable,port-unreachable,policy-fail,reject-route}
	keep 12
}

# The last piece never comes.
rec_reassembly-timeout() {
	pair
	lab_on h2 bash -c 'echo 1 >/proc/sys/net/ipv4/ipfrag_time; echo 1 >/proc/sys/net/ipv6/ip6frag_time'
	# Before the kernel puts them together.
	lab_on h2 nft 'add table netdev f; add chain netdev f in { type filter hook ingress device eth0 priority 0; }
		add rule netdev f in ip frag-off & 0x1fff > 100 drop
		add rule netdev f in frag frag-off > 100 drop' || exit 1
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	lab_on h1 ping -c1 fd77::2 >/dev/null
	lab_on h1 ip link set eth0 mtu 1280
	sniff h1 eth0
	lab_on h1 ping -c1 -W1 -s 1500 10.77.0.2
	lab_on h1 ping -c1 -W1 -s 1500 fd77::2
	sleep 1.5
	keep 6 'icmp[0] = 11 or icmp6[0] = 3'
}

rec_udp-fragments() {
	pair
	lab_bg h2 socat -u UDP-RECV:9000 OPEN:/dev/null
	lab_bg h2 socat -u UDP6-RECV:9001 OPEN:/dev/null
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	lab_on h1 ping -c1 fd77::2 >/dev/null
	sniff h1 eth0
	head -c 2000 /dev/zero | tr '\0' x | lab_on h1 socat -u -b 4000 - UDP:10.77.0.2:9000
	head -c 2000 /dev/zero | tr '\0' x | lab_on h1 socat -u -b 4000 - UDP6:[fd77::2]:9001
	keep 4
}

rec_ping-broadcast() {
	switch h1 h2 h3
	local n
	for n in 1 2 3; do
		lab_addr h$n eth0 10.77.0.$n/24 fd77::$n/64
		lab_on h$n bash -c 'echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts'
	done
	sniff h1 eth0
	lab_on h1 ping -b -c2 -i0.3 10.77.0.255
	lab_on h1 ping -c2 -i0.3 ff02::1%eth0
	keep 12
}

rec_ping-options() {
	pair
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0
	lab_on h1 ping -c1 -s 0 10.77.0.2
	lab_on h1 ping -c1 -p deadbeef -s 32 10.77.0.2
	lab_on h1 ping -c1 -Q 0xb8 10.77.0.2
	lab_on h1 ping -c1 -t 7 -e 4711 10.77.0.2
	lab_on h1 ping -c1 -F 0x12345 -Q 0x28 fd77::2
	keep 8
}

rec_icmp-rare() {
	pair
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0
	local kind
	for kind in 13 15 17 4 40; do lab_on h1 hping3 -q -1 -C $kind --force-icmp -c 1 10.77.0.2; done
	lab_on h1 hping3 -q -1 -C 8 -K 3 --force-icmp -c 1 10.77.0.2
	keep 6
}

rec_source-route() {
	chain
	lab_on h1 ping -c1 10.77.3.1 >/dev/null
	sniff r1 any -y LINUX_SLL2 icmp
	lab_on h1 nping -q --icmp -c1 --ip-options "L 10.77.2.2 10.77.3.1" 10.77.1.254
	local host
	for host in h1 r1 r2 h2; do
		# shellcheck disable=SC2016 # the inner shell's words
		lab_on $host bash -c 'for f in /proc/sys/net/ipv4/conf/*/accept_source_route; do echo 1 >$f; done'
	done
	lab_on h1 nping -q --icmp -c1 --ip-options "L 10.77.2.2 10.77.3.1" 10.77.1.254
	lab_on h1 nping -q --icmp -c1 --ip-options "S 10.77.3.1" 10.77.1.254
	keep 5
}

rec_traceroute-loop() {
	chain
	# Two routers that send the same network to each other.
	lab_route r1 10.77.9.0/24 10.77.2.2
	lab_route r2 10.77.9.0/24 10.77.2.1
	lab_on h1 ping -c1 10.77.3.1 >/dev/null
	sniff r1 eth1
	lab_on h1 ping -c1 -W1 -t 8 10.77.9.1
	keep 7
}

rec_traceroute6-tcp() {
	chain
	lab_on h1 ping -c1 fd77:3::1 >/dev/null
	sniff h1 eth0
	lab_on h1 traceroute -6 -n -T -p 80 -q1 -w1 -m6 fd77:3::1
	keep 6
}

# ---- neighbours, routers, groups ----

# A new address is asked about first. The second host takes one that the first one has.
rec_nd-duplicate() {
	switch h1 h2
	local host
	for host in h1 h2; do
		lab_on $host bash -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_dad
			echo 1 >/proc/sys/net/ipv6/conf/eth0/dad_transmits'
	done
	sniff h1 eth0 icmp6
	lab_on h1 ip addr add fd77::7/64 dev eth0
	sleep 1.8
	lab_on h2 ip addr add fd77::7/64 dev eth0
	sleep 1.8
	lab_on h2 ip addr show dev eth0
	keep 3
}

rec_nd-unreachable() {
	pair
	lab_on h1 bash -c 'echo 500 >/proc/sys/net/ipv6/neigh/eth0/base_reachable_time_ms
		echo 1 >/proc/sys/net/ipv6/neigh/eth0/delay_first_probe_time'
	lab_on h1 ping -c1 fd77::2 >/dev/null
	sniff h1 eth0
	lab_on h2 ip link set eth0 address 02:00:00:00:00:99
	lab_on h2 ip addr add fd77::2/64 dev eth0 nodad 2>/dev/null
	lab_on h1 ping -c6 -i1 -W1 fd77::2
	sleep 1
	keep 8
}

# radvd HOST: with everything that it can say.
radvd_on() {
	cat >"$LAB_DIR/radvd.conf" <<-END
		interface eth0 {
			AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvLinkMTU 1400;
			AdvDefaultPreference high; AdvOtherConfigFlag on; AdvHomeAgentFlag off;
			AdvReachableTime 30000; AdvRetransTimer 1000; AdvCurHopLimit 63;
			prefix fd77:5::/64 { AdvValidLifetime 7200; AdvPreferredLifetime 3600; };
			prefix fd77:6::/64 { AdvAutonomous off; DeprecatePrefix on; };
			route 2001:db8:5::/48 { AdvRoutePreference low; AdvRouteLifetime 900; };
			RDNSS fd77::53 fd77::54 { AdvRDNSSLifetime 600; };
			DNSSL lab.example example.org { AdvDNSSLLifetime 600; };
			abro fe80::1 { AdvVersionLow 10; AdvVersionHigh 2; AdvValidLifeTime 2; };
			lowpanco { AdvContextCompressionFlag on; AdvContextID 2; AdvLifeTime 3; };
		};
	END
	chmod 644 "$LAB_DIR/radvd.conf"
	lab_bg "$1" radvd -n -C "$LAB_DIR/radvd.conf" -p "$LAB_DIR/radvd.pid" -m stderr
}

rec_slaac() {
	lab_host h1
	lab_host h2
	lab_wire h1 eth0 h2 eth0
	lab_up h1 eth0
	lab_up h2 eth0
	lab_forward h2
	lab_on h1 bash -c 'cd /proc/sys/net/ipv6/conf/eth0; echo 1 >accept_ra; echo 1 >accept_dad; echo 1 >dad_transmits
		echo 2 >use_tempaddr; echo 1 >router_solicitations; echo 1 >accept_ra_rt_info_max_plen'
	sniff h1 eth0
	radvd_on h2
	sleep 6
	lab_stop "$LAB_PID"
	keep 4 'icmp6[0] = 134'
}

# A bridge that asks who is in which group.
querier() { # IGMP-VERSION MLD-VERSION
	switch h1 h2
	lab_addr h1 eth0 10.77.0.1/24 fd77::1/64
	lab_addr h2 eth0 10.77.0.2/24 fd77::2/64
	lab_addr sw br0 10.77.0.254/24
	sniff h1 eth0 'igmp or ip6'
	lab_on sw ip link set br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_igmp_version "$1" \
		mcast_mld_version "$2" mcast_startup_query_interval 100 mcast_query_response_interval 50 mcast_last_member_interval 50 || exit 1
	lab_on h1 $py "$tools/groups.py"
	sleep 3
}

rec_igmp-queries() {
	querier 3 2
	keep 8 'igmp[0] = 0x11'
}

rec_igmp2-queries() {
	querier 2 1
	keep 8 'igmp[0] = 0x11'
}

# Everything in one IP header after another; no kernel here has these tunnels.
rec_tunnels() { spoken 8; }
