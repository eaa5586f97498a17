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
