# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# Recordings of transport and what secures it; sourced by captures/record.sh, whose helpers they use.

rec_tls13() {
	pair
	web_server
	sniff h1 eth0
	fetch -k --resolve www.example.org:443:10.77.0.2 https://www.example.org/
	keep 15
}

rec_tls12() {
	pair
	web_server
	sniff h1 eth0
	fetch -k --tls-max 1.2 --resolve www.example.org:443:10.77.0.2 https://www.example.org/
	fetch --tls-max 1.2 --resolve www.example.org:443:10.77.0.2 https://www.example.org/
	keep 20
}

rec_tcp-refused() {
	pair
	sniff h1 eth0
	lab_on h1 nc -w1 10.77.0.2 81
	lab_on h1 nc -w1 fd77::2 81
	keep 8
}

rec_tcp-filtered() {
	pair
	lab_on h2 nft 'add table inet f; add chain inet f in { type filter hook input priority 0; }
		add rule inet f in tcp dport 81 drop
		add rule inet f in tcp dport 82 reject with icmpx type admin-prohibited
		add rule inet f in tcp dport 83 reject with icmpx type port-unreachable'
	sniff h1 eth0
	lab_on h1 nc -w3 10.77.0.2 81
	lab_on h1 nc -w1 10.77.0.2 82
	lab_on h1 nc -w1 10.77.0.2 83
	lab_on h1 nc -w1 fd77::2 82
	keep 8
}

rec_tcp-retransmit() {
	pair
	lab_bg h2 socat -u TCP-LISTEN:9,reuseaddr OPEN:/dev/null
	lab_until 5 lab_on h2 bash -c 'ss -ltn | grep -q ":9 "'
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 tcp
	# The second line meets a closed door for a second.
	{
		echo first
		sleep 0.3
		lab_on h2 nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }
			add rule ip f in tcp dport 9 drop' >&2
		echo second
		sleep 1
		lab_on h2 nft delete table ip f >&2
		sleep 0.5
		echo third
		sleep 0.3
	} | lab_on h1 nc -N 10.77.0.2 9
	keep 10
}

rec_tcp-options() {
	pair
	lab_on h2 bash -c 'echo 3 >/proc/sys/net/ipv4/tcp_fastopen'
	sniff h1 eth0 tcp
	lab_bg h2 $py "$tools/tcpopts.py" serve
	sleep 0.4
	lab_on h1 $py "$tools/tcpopts.py" ask
	keep 12
}

rec_sensor() {
	pair
	lab_bg h2 $py "$tools/sensor.py" serve 10.77.0.2 9000
	lab_until 5 grep -q ready "$LAB_LOG"
	sniff h1 eth0 udp
	lab_on h1 $py "$tools/sensor.py" ask 10.77.0.2 9000 temp pressure "living room" nothing
	keep 8
}

rec_port-scan() {
	pair
	web_server
	forget
	sniff h1 eth0 tcp or icmp
	lab_on h1 nmap -n -Pn -sS -p 79-82,443 --max-retries 1 10.77.0.2
	lab_on h1 nmap -n -Pn -sX -p 79-80 --max-retries 1 10.77.0.2
	keep 10
}

rec_sctp() { crafted sctp.py 10; }
