# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# Recordings of links and local networks; sourced by captures/record.sh, whose helpers they use.

rec_arp() {
	pair
	sniff h1 eth0
	lab_on h1 ping -c1 10.77.0.2
	lab_on h1 ping -c1 -W1 10.77.0.99
	lab_on h1 $py "$tools/arp.py" eth0
	keep 8
}

rec_vlan() {
	pair
	sniff h1 eth0
	tagged 8100:7
	lab_on h1 ping -c3 -i0.2 10.88.0.2
	lab_on h1 ping -c2 -i0.2 fd88::2
	keep 8
}

rec_qinq() {
	pair
	sniff h1 eth0
	tagged 88a8:100,8100:7
	lab_on h1 ping -c3 -i0.2 10.88.0.2
	keep 6
}

rec_snap() {
	pair
	sniff h1 eth0
	tagged snap
	lab_on h1 ping -c3 -i0.2 10.88.0.2
	keep 6
}

rec_stp() {
	switch h1 h2
	lab_on sw ip link set br0 type bridge stp_state 1 hello_time 100 forward_delay 200
	sniff h1 eth0
	sleep 4
	keep 2
}

rec_beacon() {
	pair
	sniff h1 eth0
	lab_on h2 $py "$tools/beacon.py" eth0 5
	keep 5
}

rec_cooked() {
	pair
	sniff h1 any -y LINUX_SLL
	lab_on h1 ping -c2 -i0.2 10.77.0.2
	lab_on h1 ping -c1 127.0.0.1
	lab_on h1 ping -c1 fd77::2
	keep 8
}

rec_cooked2() {
	pair
	sniff h1 any -y LINUX_SLL2
	lab_on h1 ping -c2 -i0.2 10.77.0.2
	lab_on h1 ping -c1 127.0.0.1
	lab_on h1 ping -c1 fd77::2
	keep 8
}

rec_loopback() {
	lab_host h1
	sniff h1 lo
	lab_on h1 ping -c1 127.0.0.1
	lab_on h1 ping -c1 ::1
	lab_on h1 nc -w1 127.0.0.1 81
	keep 6
}

rec_offload() {
	lab_pair
	web_server
	head -c 20000 /dev/zero | tr '\0' a >"$LAB_DIR/www/long.txt"
	forget
	sniff h1 eth0 tcp
	fetch http://10.77.0.2/long.txt
	keep 8
}

rec_bsd-null() { crafted null.py 4 "$here/ping.pcap" "$here/ping6.pcap"; }

rec_wifi() { crafted wifi.py 6; }

# Open vSwitch in user space, in the host sw: two bridges, br0 and br1, to be joined by the wires
# a0-b0 and a1-b1. ovs COMMAND... is its ovs-vsctl.
ovs_switches() {
	export OVS_RUNDIR=$LAB_DIR/ovs OVS_DBDIR=$LAB_DIR/ovs OVS_LOGDIR=$LAB_DIR/ovs
	mkdir -p "$OVS_RUNDIR"
	lab_host sw
	lab_wire sw a0 sw b0
	lab_wire sw a1 sw b1
	ovsdb-tool create "$OVS_RUNDIR/conf.db" /usr/share/openvswitch/vswitch.ovsschema || exit 1
	lab_bg sw ovsdb-server "$OVS_RUNDIR/conf.db" "--remote=punix:$OVS_RUNDIR/db.sock"
	lab_until 5 test -S "$OVS_RUNDIR/db.sock" || exit 1
	lab_bg sw ovs-vswitchd "unix:$OVS_RUNDIR/db.sock"
	ovs init || exit 1
	ovs add-br br0 -- set bridge br0 datapath_type=netdev other_config:hwaddr=02:00:00:00:0a:00
	ovs add-br br1 -- set bridge br1 datapath_type=netdev other_config:hwaddr=02:00:00:00:0b:00
}

ovs() { lab_on sw ovs-vsctl --timeout=10 "--db=unix:$OVS_RUNDIR/db.sock" "$@" || exit 1; }

rec_rstp() {
	ovs_switches
	sniff sw a0 stp
	ovs set bridge br0 rstp_enable=true other_config:rstp-priority=28672
	ovs set bridge br1 rstp_enable=true other_config:rstp-priority=32768
	ovs add-port br0 a0 -- add-port br0 a1 -- add-port br1 b0 -- add-port br1 b1
	sleep 5
	ovs set bridge br1 other_config:rstp-priority=24576
	sleep 3
	keep 6
}

rec_lacp() {
	ovs_switches
	sniff sw a0 ether proto 0x8809
	ovs add-bond br0 bond0 a0 a1 lacp=active other_config:lacp-time=fast \
		other_config:lacp-system-priority=100
	ovs add-bond br1 bond1 b0 b1 lacp=passive
	sleep 3
	ovs del-port br1 bond1
	sleep 4
	keep 6
}

# lldpd HOST DESCRIPTION [its options]: it takes its name from the machine, so each has one.
lldpd_on() {
	# shellcheck disable=SC2016 # the inner shell's words
	lab_bg "$1" unshare -u sh -c 'hostname "$1"; shift; exec lldpd -d -k -P Lab -I eth0 "$@"' sh \
		"$1.example.org" -u "$LAB_DIR/$1.sock" -S "$2" "${@:3}"
	lab_until 5 test -S "$LAB_DIR/$1.sock" || exit 1
}

lldpcli_on() { lab_on "$1" lldpcli -u "$LAB_DIR/$1.sock" "${@:2}"; }

rec_lldp() {
	pair
	lldpd_on h1 "Lab switch" -M 4
	lldpd_on h2 "Lab phone" -M 3
	lldpcli_on h1 configure system hostname sw1.example.org
	lldpcli_on h1 configure med policy application voice vlan 7 priority voice dscp 46
	lldpcli_on h1 configure med location coordinate latitude 48.85667N longitude 2.2014E \
		altitude 117.47 m datum WGS84
	lldpcli_on h1 configure med location elin 5551234
	lldpcli_on h1 configure med power pse source primary priority high value 5000
	lldpcli_on h1 configure dot3 power pse supported enabled paircontrol powerpairs spare class class-3
	lldpcli_on h1 configure inventory hardware-revision 1.0
	sleep 1
	sniff h1 eth0 ether proto 0x88cc
	lldpcli_on h1 update
	lldpcli_on h2 update
	sleep 2
	lldpcli_on h2 configure lldp tx-interval 1
	keep 2
}

rec_cdp() {
	pair
	sniff h1 eth0 ether dst 01:00:0c:cc:cc:cc
	lldpd_on h1 "Lab switch" -cccc -M 4
	lldpd_on h2 "Lab router" -ccc
	lldpcli_on h1 configure dot3 power pse supported enabled paircontrol powerpairs spare class class-3
	sleep 1
	lldpcli_on h1 update
	lldpcli_on h2 update
	sleep 1
	keep 3
}

# supplicant NETWORK: wpa_supplicant on h1 proves itself to hostapd on h2 over the wire.
supplicant() {
	cat >"$LAB_DIR/hostapd.conf" <<-END
		interface=eth0
		driver=wired
		ieee8021x=1
		eap_server=1
		use_pae_group_addr=1
		eap_user_file=$LAB_DIR/users
		ca_cert=$LAB_DIR/cert.pem
		server_cert=$LAB_DIR/cert.pem
		private_key=$LAB_DIR/key.pem
	END
	cat >"$LAB_DIR/users" <<-END
		"alice" MD5 "secret"
		* PEAP,TTLS
		"alice" MSCHAPV2 "secret" [2]
	END
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
		-subj /CN=radius.example.org -keyout "$LAB_DIR/key.pem" -out "$LAB_DIR/cert.pem" 2>/dev/null
	printf 'ap_scan=0\neapol_version=2\nnetwork={\nkey_mgmt=IEEE8021X\neapol_flags=0\n%s\n}\n' "$1" \
		>"$LAB_DIR/supplicant.conf"
	lab_bg h2 hostapd "$LAB_DIR/hostapd.conf"
	lab_until 5 grep -q AP-ENABLED "$LAB_LOG" || exit 1
	sniff h1 eth0 ether proto 0x888e
	lab_bg h1 wpa_supplicant -D wired -i eth0 -c "$LAB_DIR/supplicant.conf"
	lab_until 10 grep -q "EAP authentication completed" "$LAB_LOG"
	sleep 1
	lab_stop "$LAB_PID"
}

rec_eapol-md5() {
	pair
	supplicant $'eap=MD5\nidentity="alice"\npassword="secret"'
	keep 6
}

rec_eapol-wrong() {
	pair
	supplicant $'eap=MD5\nidentity="alice"\npassword="guessed"'
	keep 5
}

rec_eapol-peap() {
	pair
	supplicant $'eap=PEAP\nidentity="alice"\nanonymous_identity="somebody"\npassword="secret"'
	keep 10
}

# spoken LEAST: no program speaks it here, so strata itself does, what tools/NAME.txt says.
spoken() {
	"${STRATA:-$here/../build/debug/strata}" craft -q -f "$tools/$name.txt" -w "$LAB_DIR/out.pcap" || exit 1
	accept "$1"
}

rec_wifi-keys() { spoken 4; }

rec_pppoe-discovery() {
	pair
	sniff h1 eth0 ether proto 0x8863
	lab_bg h2 pppoe-server -F -I eth0 -C access1 -S internet -q /bin/true
	sleep 1
	lab_on h1 pppoe -I eth0 -d -S internet >"$LAB_DIR/session"
	lab_on h1 pppoe -I eth0 -k -e "$(tail -1 "$LAB_DIR/session")"
	lab_on h1 pppoe -I eth0 -d -t 1 -S television
	keep 5
}

rec_pppoe-session() { spoken 20; }

rec_ppp-chap() { spoken 12; }

# ptp ARGUMENTS: a clock on each of two hosts, which do not touch the machine's own.
ptp() {
	printf '[global]\nfree_running 1\ntime_stamping software\ntx_timestamp_timeout 100\nlogAnnounceInterval 0\n%s\n' "$1" \
		>"$LAB_DIR/ptp.conf"
	lab_bg h2 ptp4l -m -q -f "$LAB_DIR/ptp.conf" -i eth0 --priority1=100 --uds_address="$LAB_DIR/h2.ptp" "${@:2}"
	lab_bg h1 ptp4l -m -q -f "$LAB_DIR/ptp.conf" -i eth0 -s --uds_address="$LAB_DIR/h1.ptp" "${@:2}"
	sleep 9
}

rec_ptp() {
	pair
	sniff h1 eth0 udp port 319 or udp port 320
	ptp 'path_trace_enabled 1' -4
	keep 12
}

rec_ptp-ethernet() {
	pair
	sniff h1 eth0 ether proto 0x88f7
	ptp 'delay_mechanism P2P' -2 -P
	keep 12
}

rec_gptp() {
	pair
	sniff h1 eth0 ether proto 0x88f7
	ptp $'transportSpecific 0x1\nfollow_up_info 1\npath_trace_enabled 1\nptp_dst_mac 01:80:C2:00:00:0E' -2 -P
	keep 12
}

rec_wake() {
	pair
	sniff h1 eth0 ether proto 0x0842 or udp port 9
	lab_on h1 etherwake -i eth0 02:00:00:00:00:77
	lab_on h1 etherwake -i eth0 -b -p 192.168.17.44 02:00:00:00:00:77
	lab_on h1 wakeonlan -i 10.77.0.255 -p 9 02:00:00:00:00:77
	keep 3
}

rec_aoe() {
	pair
	head -c 1048576 /dev/zero >"$LAB_DIR/disk"
	sniff h1 eth0 ether proto 0x88a2
	lab_bg h2 vblade 1 2 eth0 "$LAB_DIR/disk"
	sleep 1
	lab_on h1 timeout 5 aoeping 1 2 eth0
	lab_on h1 timeout 5 aoeping -I 1 2 eth0
	keep 4
}

rec_nflog() {
	pair
	lab_on h1 nft 'add table inet t; add chain inet t in { type filter hook input priority 0; };
		add rule inet t in meta l4proto { icmp, ipv6-icmp } log prefix "ping in " group 5;
		add chain inet t out { type filter hook output priority 0; };
		add rule inet t out meta l4proto { icmp, ipv6-icmp } log prefix "out " group 5' || exit 1
	lab_bg h1 tcpdump -i nflog:5 -w "$LAB_DIR/out.pcap" -U --immediate-mode -Z root
	# shellcheck disable=SC2034 # keep ends it
	SNIFF=$LAB_PID
	lab_until 5 grep -q "listening on" "$LAB_LOG"
	lab_on h1 ping -c2 -i0.2 10.77.0.2
	lab_on h1 ping -c1 fd77::2
	sleep 2 # the kernel collects them for a second
	keep 6
}

rec_can() { spoken 6; }

rec_zigbee-radio() { spoken 6; }

rec_hdlc() { spoken 4; }

rec_macsec() { spoken 3; }

rec_erspan() { spoken 3; }

rec_wifi-prism() { spoken 2; }

rec_wifi-avs() { spoken 2; }

rec_wifi-ppi() { spoken 2; }

rec_arp-duplicate() {
	switch h1 h2
	lab_addr h1 eth0 10.77.0.1/24
	sniff h1 eth0 arp
	# Is it free? No. Is this one? Yes, so it is announced, in both manners.
	lab_on h2 arping -q -0 -c 1 -w 1 -i eth0 10.77.0.1
	lab_on h2 arping -q -0 -c 2 -w 1 -i eth0 10.77.0.2
	lab_addr h2 eth0 10.77.0.2/24
	lab_on h2 arping -q -U -c 1 -i eth0 10.77.0.2
	lab_on h2 arping -q -P -U -c 1 -i eth0 10.77.0.2
	keep 5
}

# Three hosts on a switch; the third says that it is each of the other two.
rec_arp-spoof() {
	switch h1 h2 h3
	local n
	for n in 1 2 3; do lab_addr h$n eth0 10.77.0.$n/24; done
	lab_forward h3
	lab_on h3 bash -c 'echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects
		echo 0 >/proc/sys/net/ipv4/conf/eth0/send_redirects'
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h3 eth0
	lab_bg h3 bash -c 'timeout -s INT --preserve-status 4 arpspoof -i eth0 -t 10.77.0.1 -r 10.77.0.2 || true'
	sleep 2.5
	lab_on h1 ping -c1 -W1 10.77.0.2
	sleep 3
	keep 8
}

rec_arp-proxy() {
	chain
	# h1 believes that everything is on its own wire.
	lab_on h1 ip route del default
	lab_on h1 ip route add 10.77.0.0/16 dev eth0
	lab_on r1 bash -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/proxy_arp'
	sniff h1 eth0
	lab_on h1 ping -c1 -W2 10.77.3.1
	keep 4 'arp[7] = 2'
}

rec_arp-scan() {
	switch h1 h2 h3
	local n
	for n in 1 2 3; do lab_addr h$n eth0 10.77.0.$n/24; done
	sniff h1 eth0 arp
	lab_on h1 arp-scan -q -r 1 -I eth0 10.77.0.0/29
	keep 8 'arp[7] = 2'
}

# Two bridges of the kernel's with two wires between them; then one wire is cut.
rec_stp-change() {
	lab_host sw
	lab_host h1
	local n
	for n in 0 1; do
		lab_on sw ip link add br$n address 02:00:00:00:0$((n + 1)):00 type bridge stp_state 1 hello_time 100 \
			forward_delay 200 max_age 600 priority $((4096 * (n + 1)))
	done
	lab_wire sw a0 sw b0
	lab_wire sw a1 sw b1
	lab_wire sw p0 h1 eth0
	lab_on sw bash -c 'for n in 0 1; do ip link set a$n master br0; ip link set b$n master br1; done; ip link set p0 master br1'
	sniff sw a0 stp
	lab_on sw ip link set br0 up
	lab_on sw ip link set br1 up
	sleep 7
	lab_on sw ip link set p0 down
	sleep 1
	lab_on sw ip link set p0 up
	sleep 5
	keep 8
}

rec_lldp-change() {
	pair
	lldpd_on h1 "Lab switch"
	lldpcli_on h1 configure lldp tx-hold 2
	sleep 1
	sniff h1 eth0 ether proto 0x88cc
	lldpcli_on h1 configure system description "A new name"
	lldpcli_on h1 configure ports eth0 lldp portidsubtype local door description "To the door"
	lldpcli_on h1 update
	sleep 1.5
	lldpcli_on h1 configure lldp status disabled
	sleep 1
	lab_stop "$LAB_PID"
	sleep 1
	keep 2
}

rec_pppoe-services() {
	pair
	sniff h1 eth0 ether proto 0x8863
	lab_bg h2 pppoe-server -F -I eth0 -C access1 -S internet -S phone -N 1 -q /bin/true
	sleep 1
	lab_on h1 pppoe -I eth0 -A
	lab_on h1 pppoe -I eth0 -d -S internet -C nobody -t 1
	lab_on h1 pppoe -I eth0 -d -U -S phone
	keep 5
}

rec_eapol-ttls() {
	pair
	supplicant $'eap=TTLS\nidentity="alice"\nanonymous_identity="somebody"\npassword="secret"\nphase2="autheap=MSCHAPV2"'
	keep 10
}

rec_eapol-nak() {
	pair
	supplicant $'eap=MD5\nidentity="stranger"\npassword="secret"'
	keep 4
}
