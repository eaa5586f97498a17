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
