# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# Recordings of routing and of services in binary; sourced by captures/record.sh, whose helpers they use.

# frr HOST DAEMON: one of FRRouting's daemons (zebra first), with the configuration from standard input.
frr() {
	local dir=$LAB_DIR/frr.$1
	mkdir -p "$dir"
	# They run as root, who has to be in the group that may speak to them.
	if [ ! -e "$LAB_DIR/group" ]; then
		sed -E '/^frrvty:/{s/:$/:root/;t;s/$/,root/}' /etc/group >"$LAB_DIR/group"
		mount --bind "$LAB_DIR/group" /etc/group || exit 1
		mount -t tmpfs none /var/tmp
	fi
	{
		printf 'log stdout\nhostname %s\n' "$1"
		cat
	} >"$dir/$2.conf"
	lab_bg "$1" "/usr/lib/frr/$2" -u root -g root -z "$dir/zserv" --vty_socket "$dir" -i "$dir/$2.pid" \
		-f "$dir/$2.conf" -P 0
	lab_until 5 test -S "$dir/$2.vty" || exit 1
}

# said HOST DAEMON COMMAND WORD: what this command shows holds this word.
said() { lab_on "$1" vtysh --vty_socket "$LAB_DIR/frr.$1" -d "$2" -c "$3" 2>/dev/null | grep -q "$4"; }

rec_rip() {
	pair
	lab_route h1 10.1.0.0/16 10.77.0.9
	frr h1 zebra </dev/null
	lab_route h2 10.2.0.0/16 10.77.0.9
	frr h2 zebra </dev/null
	sniff h1 eth0 udp port 520
	frr h1 ripd <<-END
		router rip
		 network eth0
		 redistribute kernel metric 2
		 timers basic 5 30 30
	END
	frr h2 ripd <<-END
		router rip
		 network eth0
		 redistribute kernel route-map mark
		 timers basic 5 30 30
		route-map mark permit 10
		 set tag 77
	END
	sleep 8
	keep 6
}

rec_rip-keys() {
	pair
	lab_route h1 10.1.0.0/16 10.77.0.9
	frr h1 zebra </dev/null
	lab_route h2 10.2.0.0/16 10.77.0.9
	frr h2 zebra </dev/null
	sniff h1 eth0 udp port 520
	frr h1 ripd <<-END
		key chain lab
		 key 7
		  key-string secret
		interface eth0
		 ip rip authentication mode md5
		 ip rip authentication key-chain lab
		router rip
		 network eth0
		 redistribute kernel
		 timers basic 5 30 30
	END
	frr h2 ripd <<-END
		interface eth0
		 ip rip authentication mode text
		 ip rip authentication string opensesame
		router rip
		 network eth0
		 redistribute kernel
		 timers basic 5 30 30
	END
	sleep 7
	keep 4
}

rec_rip1() {
	pair
	lab_route h1 10.0.0.0/8 10.77.0.9
	frr h1 zebra </dev/null
	lab_route h2 11.0.0.0/8 10.77.0.9
	frr h2 zebra </dev/null
	sniff h1 eth0 udp port 520
	local host
	for host in h1 h2; do
		frr $host ripd <<-END
			router rip
			 version 1
			 network eth0
			 redistribute kernel
			 timers basic 5 30 30
		END
	done
	sleep 7
	keep 4
}

rec_ripng() {
	pair
	lab_route h1 2001:db8:1::/48 fd77::9
	frr h1 zebra </dev/null
	lab_route h2 2001:db8:2::/48 fd77::9
	frr h2 zebra </dev/null
	sniff h1 eth0 udp port 521
	local host
	for host in h1 h2; do
		frr $host ripngd <<-END
			router ripng
			 network eth0
			 redistribute kernel metric 3
			 timers basic 5 30 30
		END
	done
	sleep 7
	keep 4
}

# Two routers, one of which stands between two areas and knows a network outside.
ospf_routers() {
	pair
	local host
	for host in h1 h2; do
		lab_on $host ip link add d0 type veth peer name d1
		lab_on $host bash -c "ip link set d0 up; ip link set d1 up"
	done
	lab_addr h1 d0 10.1.0.1/24
	lab_addr h2 d0 10.2.0.1/24
	lab_route h2 10.9.0.0/16 10.77.0.9
	frr h1 zebra </dev/null
	frr h2 zebra </dev/null
	sniff h1 eth0 ip proto 89
	frr h1 ospfd <<-END
		interface eth0
		 ip ospf hello-interval 1
		 ip ospf dead-interval 4
		$1
		router ospf
		 ospf router-id 192.0.2.1
		 network 10.77.0.0/24 area 0
		 network 10.1.0.0/24 area 1
		${2-}
	END
	frr h2 ospfd <<-END
		interface eth0
		 ip ospf hello-interval 1
		 ip ospf dead-interval 4
		$1
		router ospf
		 ospf router-id 192.0.2.2
		 network 10.77.0.0/24 area 0
		 network 10.2.0.0/24 area 0
		 redistribute kernel metric-type 2
		${2-}
	END
	lab_until 20 said h1 ospfd "show ip ospf neighbor" Full
	sleep "${3-4}"
	keep 20
}

rec_ospf() { ospf_routers "" ""; }

rec_ospf-digest() {
	ospf_routers " ip ospf authentication message-digest
 ip ospf message-digest-key 7 md5 secret" "" 1
}

# bgp_pair OPTIONS-OF-H2: two networks of different owners, 65001 and 65002.
bgp_pair() {
	pair
	local host
	for host in h1 h2; do frr $host zebra </dev/null; done
	sniff h1 eth0 tcp port 179
	frr h1 bgpd <<-END
		router bgp 65001
		 bgp router-id 192.0.2.1
		 no bgp ebgp-requires-policy
		 no bgp network import-check
		 neighbor 10.77.0.2 remote-as 65002
		 neighbor 10.77.0.2 timers connect 1
		 address-family ipv4 unicast
		  network 10.1.0.0/16
		  network 192.0.2.128/25
		 exit-address-family
	END
	frr h2 bgpd <<-END
		bgp large-community-list standard any permit 65002:1:2
		route-map out permit 10
		 set community 65002:77 no-export
		 set large-community 65002:1:2
		 set metric 50
		 set as-path prepend 65002 65002
		router bgp $1
		 bgp router-id 192.0.2.2
		 no bgp ebgp-requires-policy
		 no bgp network import-check
		 neighbor 10.77.0.1 remote-as 65001
		 neighbor 10.77.0.1 timers connect 1
		 address-family ipv4 unicast
		  neighbor 10.77.0.1 route-map out out
		  network 10.2.0.0/16
		  network 10.3.0.0/24
		  aggregate-address 10.2.0.0/15
		 exit-address-family
		 address-family ipv6 unicast
		  network 2001:db8:2::/48
		  neighbor 10.77.0.1 activate
		 exit-address-family
	END
}

tell() { lab_on "$1" vtysh --vty_socket "$LAB_DIR/frr.$1" -d "$2" "${@:3}"; }

rec_bgp() {
	bgp_pair 65002
	lab_until 20 said h1 bgpd "show bgp ipv4 unicast" 10.3.0.0 || exit 1
	sleep 2
	tell h1 bgpd -c "clear bgp 10.77.0.2 soft in"
	sleep 1
	tell h2 bgpd -c "configure terminal" -c "router bgp 65002" -c "address-family ipv4 unicast" \
		-c "no network 10.3.0.0/24"
	sleep 2
	tell h2 bgpd -c "configure terminal" -c "router bgp 65002" \
		-c "neighbor 10.77.0.1 shutdown message gone fishing"
	sleep 1
	keep 12
}

rec_bgp-wrong() {
	bgp_pair 65003
	sleep 6
	keep 5
}

# keepalive HOST PRIORITY: two groups, one in version 2 and one in version 3 for both IPs.
keepalive() {
	cat >"$LAB_DIR/$1.keepalived" <<-END
		global_defs {
		 router_id $1
		 vrrp_garp_master_repeat 1
		}
		vrrp_instance two {
		 version 2
		 state BACKUP
		 interface eth0
		 virtual_router_id 51
		 priority $2
		 advert_int 1
		 authentication {
		  auth_type PASS
		  auth_pass lab-pass
		 }
		 virtual_ipaddress {
		  10.77.0.51/24
		  10.77.0.52/24
		 }
		}
		vrrp_instance three {
		 version 3
		 state BACKUP
		 interface eth0
		 virtual_router_id 53
		 priority $2
		 advert_int 0.5
		 virtual_ipaddress {
		  10.77.0.53/24
		 }
		}
		vrrp_instance six {
		 version 3
		 state BACKUP
		 interface eth0
		 virtual_router_id 56
		 priority $2
		 advert_int 1
		 virtual_ipaddress {
		  fe80::56/64
		  fd77::56/64
		 }
		}
	END
	lab_bg "$1" keepalived -n -l -D -P -f "$LAB_DIR/$1.keepalived" -p "$LAB_DIR/$1.pid" -r "$LAB_DIR/$1.vrrp.pid"
}

rec_vrrp() {
	pair
	sniff h1 eth0 proto 112
	keepalive h1 100
	keepalive h2 150
	local second=$LAB_PID
	sleep 8
	lab_stop "$second"
	sleep 2
	keep 10
}

rec_bfd() {
	pair
	frr h1 zebra </dev/null
	frr h2 zebra </dev/null
	sniff h1 eth0 udp port 3784
	frr h1 bfdd <<-END
		bfd
		 peer 10.77.0.2 interface eth0
		  transmit-interval 500
		 peer fd77::2 local-address fd77::1 interface eth0
		  transmit-interval 500
	END
	sleep 1
	frr h2 bfdd <<-END
		bfd
		 peer 10.77.0.1 interface eth0
		  detect-multiplier 4
		  transmit-interval 400
		 peer fd77::1 local-address fd77::2 interface eth0
	END
	sleep 4
	tell h2 bfdd -c "configure terminal" -c bfd -c "peer 10.77.0.1 interface eth0" -c shutdown
	sleep 1
	keep 10
}

rec_hsrp() { spoken 8; }

rec_geneve() { spoken 4; }

# Two routers between a sender and a listener; the second one is the meeting point.
multicast_routers() {
	chain
	lab_sums r1 eth1
	lab_sums r2 eth1
	frr r1 zebra </dev/null
	frr r2 zebra </dev/null
}

# multicast ROUTER INTERFACE OPTIONS...: the part of pimd's configuration for one interface.
multicast() {
	printf 'interface %s\n ip pim\n' "$1"
	printf ' %s\n' "${@:2}"
}

rec_pim() {
	multicast_routers
	sniff r1 eth1 proto 103
	{
		multicast eth0 "ip igmp"
		multicast eth1 "ip pim hello 1 4"
		printf 'ip pim rp 10.77.2.2 224.0.0.0/4\nip pim join-prune-interval 5\n'
	} | frr r1 pimd
	{
		multicast eth0 "ip pim hello 1 4" "ip pim drpriority 10"
		multicast eth1 "ip igmp"
		printf 'ip pim rp 10.77.2.2 224.0.0.0/4\nip pim join-prune-interval 5\n'
	} | frr r2 pimd
	lab_until 10 said r1 pimd "show ip pim neighbor" 10.77.2.2 || exit 1
	lab_bg h2 socat -u UDP4-RECV:5001,ip-add-membership=239.1.2.3:eth0 OPEN:/dev/null
	local listener=$LAB_PID
	lab_until 10 said r2 pimd "show ip pim state" 239.1.2.3
	lab_on h1 bash -c "for i in 1 2 3 4; do
		echo packet \$i; sleep 0.5; done | socat -u - UDP4-DATAGRAM:239.1.2.3:5001,ip-multicast-ttl=8,ip-multicast-if=10.77.1.1"
	sleep 4
	lab_stop "$listener"
	sleep 3
	keep 12 "proto 103"
}

rec_ospf3() {
	pair
	local host
	for host in h1 h2; do
		lab_on $host ip link add d0 type veth peer name d1
		lab_on $host bash -c "ip link set d0 up; ip link set d1 up"
	done
	lab_addr h1 d0 2001:db8:1::1/64
	lab_addr h2 d0 2001:db8:2::1/64
	lab_route h2 2001:db8:9::/48 fd77::9
	frr h1 zebra </dev/null
	frr h2 zebra </dev/null
	sniff h1 eth0 ip6 proto 89
	frr h1 ospf6d <<-END
		interface eth0
		 ipv6 ospf6 area 0.0.0.0
		 ipv6 ospf6 hello-interval 1
		 ipv6 ospf6 dead-interval 4
		interface d0
		 ipv6 ospf6 area 0.0.0.1
		router ospf6
		 ospf6 router-id 192.0.2.1
	END
	frr h2 ospf6d <<-END
		interface eth0
		 ipv6 ospf6 area 0.0.0.0
		 ipv6 ospf6 hello-interval 1
		 ipv6 ospf6 dead-interval 4
		interface d0
		 ipv6 ospf6 area 0.0.0.0
		router ospf6
		 ospf6 router-id 192.0.2.2
		 redistribute kernel
	END
	lab_until 20 said h1 ospf6d "show ipv6 ospf6 neighbor" Full
	sleep 6
	keep 20
}

rec_ospf3-trailer() {
	pair
	frr h1 zebra </dev/null
	frr h2 zebra </dev/null
	sniff h1 eth0 ip6 proto 89
	local n
	for n in 1 2; do
		frr h$n ospf6d <<-END
			interface eth0
			 ipv6 ospf6 area 0.0.0.0
			 ipv6 ospf6 hello-interval 1
			 ipv6 ospf6 dead-interval 4
			 ipv6 ospf6 authentication key-id 7 hash-algo hmac-sha-256 key secret
			router ospf6
			 ospf6 router-id 192.0.2.$n
		END
	done
	lab_until 20 said h1 ospf6d "show ipv6 ospf6 neighbor" Full
	keep 12
}

rec_eigrp() {
	pair
	local n
	for n in 1 2; do
		lab_on h$n ip link add d0 type veth peer name d1
		lab_on h$n bash -c "ip link set d0 up; ip link set d1 up"
		lab_addr h$n d0 10.$n.0.1/24
		lab_route h$n 10.9$n.0.0/16 10.77.0.9
		frr h$n zebra </dev/null
	done
	sniff h1 eth0 ip proto 88
	for n in 1 2; do
		frr h$n eigrpd <<-END
			interface eth0
			 ip hello-interval eigrp 1
			 ip hold-time eigrp 4
			router eigrp 7
			 eigrp router-id 192.0.2.$n
			 network 10.77.0.0/24
			 network 10.$n.0.0/24
			 redistribute kernel
		END
	done
	sleep 8
	lab_on h2 ip link set d0 down
	sleep 4
	keep 14
}

# isis_pair OPTIONS-OF-THE-INTERFACE OPTIONS-OF-THE-ROUTER
isis_pair() {
	pair
	local n
	for n in 1 2; do
		lab_on h$n ip link add d0 type veth peer name d1
		lab_on h$n bash -c "ip link set d0 up; ip link set d1 up"
		lab_addr h$n d0 10.$n.0.1/24 2001:db8:$n::1/64
		frr h$n zebra </dev/null
	done
	sniff h1 eth0 isis
	for n in 1 2; do
		frr h$n isisd <<-END
			interface eth0
			 ip router isis lab
			 ipv6 router isis lab
			 isis hello-interval 1
			 isis hello-multiplier 4
			 no isis hello padding
			$1
			interface d0
			 ip router isis lab
			 ipv6 router isis lab
			 isis passive
			router isis lab
			 net 49.0001.1920.0000.200$n.00
			 lsp-gen-interval 1
			$2
		END
	done
	lab_until 20 said h1 isisd "show isis neighbor" Up
	sleep "${3-5}"
	keep 12
}

rec_isis() { isis_pair " isis csnp-interval 2" " metric-style transition"; }

rec_isis-p2p() {
	isis_pair " isis network point-to-point
 isis password md5 secret" " is-type level-2-only
 area-password clear opensesame
 domain-password md5 secret
 topology ipv6-unicast
 metric-style wide" 6
}

rec_ah() { crafted ipsec.py 8 ah; }

rec_esp() { crafted ipsec.py 9 esp; }

rec_nsh() { spoken 6; }

rec_nhrp() { spoken 8; }

rec_lisp() { spoken 8; }

rec_carp() {
	pair
	sniff h1 eth0 proto 112
	local n
	for n in 1 2; do
		printf '#!/bin/sh\n' >"$LAB_DIR/nothing"
		chmod +x "$LAB_DIR/nothing"
		lab_bg h$n ucarp -i eth0 -s 10.77.0.$n -v 7 -p lab-pass -a 10.77.0.77 -b 1 -k $((n * 99 - 98)) \
			-u "$LAB_DIR/nothing" -d "$LAB_DIR/nothing" -z
	done
	sleep 9
	lab_stop "${LAB_PIDS[1]}"
	sleep 7
	keep 7
}

rec_l2tp() {
	pair
	cat >"$LAB_DIR/lns.conf" <<-END
		[global]
		access control = no
		[lns default]
		ip range = 10.88.0.10-10.88.0.20
		local ip = 10.88.0.1
		hostname = provider
		require chap = no
		refuse pap = yes
		length bit = yes
		challenge = yes
		pppoptfile = $LAB_DIR/ppp
	END
	cat >"$LAB_DIR/lac.conf" <<-END
		[global]
		access control = no
		[lac line]
		lns = 10.77.0.2
		hostname = exchange
		challenge = yes
		pppoptfile = $LAB_DIR/ppp
		autodial = no
		redial = no
	END
	printf '* * lab-pass *\n' >"$LAB_DIR/secrets"
	printf 'noauth\nlocal\n' >"$LAB_DIR/ppp"
	sniff h1 eth0 udp port 1701
	lab_bg h2 xl2tpd -D -c "$LAB_DIR/lns.conf" -s "$LAB_DIR/secrets" -p "$LAB_DIR/lns.pid" -C "$LAB_DIR/lns.ctl"
	lab_bg h1 xl2tpd -D -c "$LAB_DIR/lac.conf" -s "$LAB_DIR/secrets" -p "$LAB_DIR/lac.pid" -C "$LAB_DIR/lac.ctl"
	lab_until 5 test -p "$LAB_DIR/lac.ctl"
	echo "c line" >"$LAB_DIR/lac.ctl"
	sleep 6
	echo "d line" >"$LAB_DIR/lac.ctl"
	sleep 2
	keep 8
}

# Segment routing: the kernel of h1 puts the list of stops into the header, r1 and r2 take the next one.
rec_srv6() {
	chain
	local host
	for host in h1 r1 r2 h2; do
		# shellcheck disable=SC2016 # the inner shell's words
		lab_on $host bash -c 'for f in /proc/sys/net/ipv6/conf/*/seg6_enabled; do echo 1 >$f; done'
	done
	lab_on h1 ip -6 route add fd77:9::/64 encap seg6 mode encap segs fd77:1::fe,fd77:2::2 dev eth0 || exit 1
	lab_on h1 ip -6 route add fd77:3::1/128 encap seg6 mode inline segs fd77:1::fe,fd77:2::2 dev eth0 || exit 1
	lab_addr h2 lo fd77:9::1/128
	lab_route r2 fd77:9::/64 fd77:3::1
	sniff r1 eth0 ip6
	lab_on h1 ping -c2 -i0.2 -W1 fd77:3::1
	lab_on h1 ping -c2 -i0.2 -W1 fd77:9::1
	keep 6 'ip6 proto 43'
}

# A phone's node (sgsnemu) and the gateway to the Internet (osmo-ggsn), which pings itself for the phone.
rec_gtp() {
	pair
	cat >"$LAB_DIR/ggsn.cfg" <<-END
		log stderr
		 logging level set-all notice
		line vty
		 no login
		 bind 127.0.0.1
		ggsn ggsn0
		 gtp state-dir $LAB_DIR
		 gtp bind-ip 10.77.0.2
		 apn internet
		  gtpu-mode tun
		  tun-device tun4
		  type-support v4
		  ip prefix dynamic 10.88.0.0/24
		  ip dns 0 10.88.0.53
		  ip ifconfig 10.88.0.0/24
		  no shutdown
		 default-apn internet
		 no shutdown ggsn
	END
	sniff h1 eth0 udp port 2123 or udp port 2152
	lab_bg h2 osmo-ggsn -c "$LAB_DIR/ggsn.cfg"
	lab_until 5 lab_on h2 ip link show tun4 || exit 1
	sleep 0.5
	lab_on h1 timeout 8 sgsnemu -l 10.77.0.1 -r 10.77.0.2 --statedir "$LAB_DIR" --pidfile "$LAB_DIR/sgsn.pid" \
		--timelimit 4 --pinghost 10.88.0.0 --pingcount 3
	sleep 0.5
	keep 8
}

rec_gtp2() { spoken 10; }

rec_glbp() { spoken 6; }

rec_vxlan-gpe() { spoken 5; }

rec_l2tp3() { spoken 8; }

# ---- the same, when something is different ----

rec_bgp-ip6() {
	pair
	local n
	for n in 1 2; do frr h$n zebra </dev/null; done
	lab_on h1 ping -c1 fd77::2 >/dev/null
	sniff h1 eth0 tcp port 179
	for n in 1 2; do
		frr h$n bgpd <<-END
			router bgp 420000000$n
			 bgp router-id 192.0.2.$n
			 no bgp ebgp-requires-policy
			 no bgp network import-check
			 neighbor fd77::$((3 - n)) remote-as 420000000$((3 - n))
			 neighbor fd77::$((3 - n)) timers connect 1
			 neighbor fd77::$((3 - n)) capability extended-nexthop
			 address-family ipv4 unicast
			  network 10.$n.0.0/16
			 exit-address-family
			 address-family ipv6 unicast
			  neighbor fd77::$((3 - n)) activate
			  network 2001:db8:$n::/48
			 exit-address-family
		END
	done
	lab_until 20 said h1 bgpd "show bgp ipv6 unicast" 2001:db8:2:: || exit 1
	sleep 2
	keep 10
}

rec_bgp-expired() {
	pair
	local n
	for n in 1 2; do frr h$n zebra </dev/null; done
	sniff h1 eth0 tcp port 179
	for n in 1 2; do
		frr h$n bgpd <<-END
			router bgp 6500$n
			 bgp router-id 192.0.2.$n
			 no bgp ebgp-requires-policy
			 neighbor 10.77.0.$((3 - n)) remote-as 6500$((3 - n))
			 neighbor 10.77.0.$((3 - n)) timers 1 3
			 neighbor 10.77.0.$((3 - n)) timers connect 1
		END
	done
	lab_until 20 said h1 bgpd "show bgp summary" 65002
	sleep 4
	# The second one's program stands still; its kernel does not.
	kill -STOP "$LAB_PID"
	sleep 4
	kill -CONT "$LAB_PID"
	sleep 1
	keep 12
}

rec_ospf-mismatch() {
	pair
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	local n
	for n in 1 2; do frr h$n zebra </dev/null; done
	sniff h1 eth0 ip proto 89
	for n in 1 2; do
		frr h$n ospfd <<-END
			interface eth0
			 ip ospf hello-interval $n
			 ip ospf dead-interval 8
			 ip ospf authentication
			 ip ospf authentication-key lab$n
			router ospf
			 ospf router-id 192.0.2.$n
			 network 10.77.0.0/24 area 0.0.0.$n
		END
	done
	sleep 5
	keep 6
}

rec_ospf-stub() {
	pair
	local n
	for n in 1 2; do frr h$n zebra </dev/null; done
	lab_on h1 ip link add d0 type veth peer name d1
	lab_on h1 bash -c "ip link set d0 up; ip link set d1 up"
	lab_addr h1 d0 10.1.0.1/24
	sniff h1 eth0 ip proto 89
	for n in 1 2; do
		frr h$n ospfd <<-END
			interface eth0
			 ip ospf hello-interval 1
			 ip ospf dead-interval 4
			 ip ospf network point-to-point
			router ospf
			 ospf router-id 192.0.2.$n
			 network 10.77.0.0/24 area 2
			 network 10.1.0.0/24 area 0
			 area 2 nssa
		END
	done
	lab_until 20 said h1 ospfd "show ip ospf neighbor" Full
	sleep 4
	lab_on h1 ip link set d0 down
	sleep 3
	keep 16
}

rec_rip-poison() {
	pair
	lab_route h1 10.1.0.0/16 10.77.0.9
	frr h1 zebra </dev/null
	frr h2 zebra </dev/null
	sniff h1 eth0 udp port 520
	local n
	for n in 1 2; do
		frr h$n ripd <<-END
			interface eth0
			 ip rip split-horizon poisoned-reverse
			router rip
			 network eth0
			 redistribute kernel metric 2
			 timers basic 5 30 30
		END
	done
	sleep 4
	lab_on h1 ip route del 10.1.0.0/16
	sleep 5
	keep 5
}

rec_vrrp-takeover() {
	pair
	sniff h1 eth0 arp or proto 112 or icmp6
	keepalive h1 100
	local first=$LAB_PID
	sleep 5
	keepalive h2 150
	sleep 4
	kill -KILL "$LAB_PID"
	sleep 5
	lab_stop "$first"
	LAB_PIDS=("$SNIFF")
	keep 20
}

rec_bfd-lost() {
	pair
	local n
	for n in 1 2; do frr h$n zebra </dev/null; done
	sniff h1 eth0 udp port 3784
	for n in 1 2; do
		frr h$n bfdd <<-END
			bfd
			 peer 10.77.0.$((3 - n)) interface eth0
			  transmit-interval 300
			  receive-interval 300
			  detect-multiplier 2
		END
	done
	sleep 3
	lab_on h1 nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }; add rule ip f in udp dport 3784 drop'
	sleep 2
	keep 12
}

rec_isis-wrong() {
	pair
	local n
	for n in 1 2; do frr h$n zebra </dev/null; done
	sniff h1 eth0 isis
	for n in 1 2; do
		frr h$n isisd <<-END
			interface eth0
			 ip router isis lab
			 isis hello-interval 1
			 no isis hello padding
			 isis password clear lab$n
			 isis circuit-type level-$n
			router isis lab
			 net 49.000$n.1920.0000.200$n.00
		END
	done
	sleep 5
	keep 4
}

rec_pim-neighbours() {
	pair
	local n
	for n in 1 2; do frr h$n zebra </dev/null; done
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 'ip proto 103 or igmp'
	for n in 1 2; do
		frr h$n pimd <<-END
			ip pim rp 10.77.0.1 239.0.0.0/8
			interface eth0
			 ip pim
			 ip pim hello 2
			 ip pim drpriority $n
			 ip igmp
			 ip igmp version 2
			 ip igmp query-interval 3
		END
	done
	sleep 7
	keep 6
}
