# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# Recordings of machines, measuring and file servers; sourced by captures/record.sh, whose helpers
# they use.

rec_modbus() {
	pair
	lab_bg h2 $py "$tools/modbus.py" server 10.77.0.2
	lab_until 10 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/502' || exit 1
	forget
	sniff h1 eth0 tcp port 502
	lab_on h1 $py "$tools/modbus.py" client 10.77.0.2
	keep 40
}

# A capture of ours is counted by softflowd, and what it found goes to nfcapd: PORT VERSION.
flows() {
	local port=$1 version=$2 file
	pair
	mkdir "$LAB_DIR/flows"
	lab_bg h2 nfcapd -w "$LAB_DIR/flows" -p "$port" -b 10.77.0.2
	sleep 0.5
	lab_on h1 ping -c1 10.77.0.2
	sniff h1 eth0 udp port "$port"
	for file in http dns-udp ping ping6; do
		# The name of the file is told as that of the interface.
		(cd "$here" && lab_on h1 softflowd -d -v "$version" -r "$file.pcap" -n "10.77.0.2:$port")
	done
}

rec_netflow() {
	flows 2055 5
	keep 2
}

rec_netflow9() {
	flows 2055 9
	keep 4
}

rec_ipfix() {
	flows 4739 10
	keep 4
}

rec_sflow() {
	pair
	cat >"$LAB_DIR/pmacctd.conf" <<-END
		daemonize: false
		pcap_interface: eth0
		plugins: sfprobe
		sampling_rate: 4
		pcap_filter: icmp or icmp6 or arp
		sfprobe_receiver: 10.77.0.2:6343
		sfprobe_agentip: 10.77.0.1
		sfprobe_ifspeed: 1000000000
	END
	lab_bg h2 nc -luk 10.77.0.2 6343
	lab_bg h1 pmacctd -f "$LAB_DIR/pmacctd.conf"
	sniff h2 eth0 udp port 6343
	sleep 2
	lab_on h1 ping -c8 -i0.2 10.77.0.2
	lab_on h1 ping -c6 -i0.2 fd77::2
	sleep 22
	keep 4
}

# Needs npm's bacstack, found by NODE_PATH.
rec_bacnet() {
	pair
	lab_bg h2 node "$tools/bacnet.js" device 10.77.0.2
	sleep 1
	sniff h1 eth0 udp port 47808
	lab_on h1 node "$tools/bacnet.js" client 10.77.0.2
	keep 18
}

rec_enip() { spoken 20; }
