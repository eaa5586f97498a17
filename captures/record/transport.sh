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

# tcp_sink PORT [socat's options]: a server that swallows what it gets; the neighbours know each other.
tcp_sink() {
	lab_bg h2 socat -u "TCP-LISTEN:$1,reuseaddr${2:+,$2}" OPEN:/dev/null
	lab_until 5 lab_on h2 bash -c "ss -ltn | grep -q ':$1 '" || exit 1
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
}

# on h1 or h2: what comes in and matches is dropped, until undrop.
drop() { lab_on "$1" nft "add table inet f; add chain inet f in { type filter hook input priority 0; }; add rule inet f in ${*:2} drop"; }

undrop() { lab_on "$1" nft delete table inet f; }

rec_tcp-half-close() {
	pair
	lab_bg h2 socat TCP-LISTEN:9,reuseaddr,shut-down SYSTEM:'cat >/dev/null; sleep 0.3; echo that was all'
	lab_until 5 lab_on h2 bash -c 'ss -ltn | grep -q ":9 "'
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 tcp
	printf 'one\ntwo\n' | lab_on h1 nc -N 10.77.0.2 9
	keep 9
}

rec_tcp-zero-window() {
	pair
	tcp_sink 9 rcvbuf=2304
	local server
	server=$(lab_on h2 pidof socat)
	kill -STOP "$server"
	sniff h1 eth0 tcp
	head -c 6000 /dev/zero | lab_on h1 nc -N 10.77.0.2 9 &
	sleep 1.5
	kill -CONT "$server"
	wait $!
	sleep 0.5
	keep 15 'tcp[14:2] = 0 and tcp[13] & 4 = 0'
}

# The same ports again: the server closes first and remembers, the client does not.
rec_tcp-reused() {
	pair
	lab_bg h2 socat -U TCP4-LISTEN:9,reuseaddr,fork SYSTEM:'echo hello'
	lab_bg h2 socat -U TCP6-LISTEN:9,reuseaddr,fork,ipv6only SYSTEM:'echo hello'
	lab_until 5 lab_on h2 bash -c '[ $(ss -ltn | grep -c ":9 ") = 2 ]'
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 tcp
	local to n
	for to in 10.77.0.2 '[fd77::2]'; do
		for n in 1 2; do
			lab_on h1 socat -u "TCP:$to:9,sourceport=4001,reuseaddr" STDOUT
			sleep 0.2
		done
	done
	keep 28
}

# The first connection asks for a cookie, the others say something at once.
rec_tcp-fastopen() {
	pair
	local h to
	for h in h1 h2; do lab_on $h bash -c 'echo 3 >/proc/sys/net/ipv4/tcp_fastopen'; done
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 tcp
	for to in 10.77.0.2 fd77::2; do
		lab_bg h2 $py "$tools/fastopen.py" serve $to
		lab_until 5 grep -q ready "$LAB_LOG" || exit 1
		lab_on h1 $py "$tools/fastopen.py" ask $to
		lab_stop "$LAB_PID"
	done
	keep 40 'tcp[13] = 2 and tcp[12] > 0x60 and len > 90'
}

rec_tcp-keepalive() {
	pair
	tcp_sink 9
	sniff h1 eth0 tcp
	lab_bg h1 bash -c 'socat TCP:10.77.0.2:9,keepalive,keepidle=1,keepintvl=1,keepcnt=2 SYSTEM:"sleep 20" || true'
	sleep 3.5
	drop h2 tcp dport 9
	sleep 4
	keep 10 'tcp[13] & 4 != 0'
}

rec_tcp-abort() {
	pair
	tcp_sink 9
	sniff h1 eth0 tcp
	echo "nothing good" | lab_on h1 socat -u - TCP:10.77.0.2:9,linger=0
	# And data for a connection that there never was.
	lab_on h1 hping3 -q -c 1 -P -A -s 4003 -p 9 -M 1000 -L 2000 -d 4 10.77.0.2
	keep 5 'tcp[13] & 4 != 0'
}

rec_tcp-simultaneous() {
	pair
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	drop h1 tcp dport 4001
	drop h2 tcp dport 4002
	sniff h1 eth0 tcp
	lab_bg h1 socat -u TCP:10.77.0.2:4002,sourceport=4001 STDOUT
	lab_bg h2 bash -c 'sleep 0.2; echo hello | socat -u STDIN TCP:10.77.0.1:4001,sourceport=4002'
	sleep 0.6
	undrop h1
	undrop h2
	sleep 1.5
	keep 6
}

rec_tcp-sack() {
	pair
	tcp_sink 9
	lab_on h1 ip link set eth0 mtu 300
	lab_on h2 nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }
		add rule ip f in tcp dport 9 ip length > 200 numgen inc mod 12 == { 3, 6 } drop'
	sniff h1 eth0 tcp
	head -c 2400 /dev/zero | tr '\0' x | lab_on h1 nc -N 10.77.0.2 9
	sleep 0.5
	keep 15
}

rec_tcp-ecn() {
	pair
	lab_on h1 bash -c 'echo 1 >/proc/sys/net/ipv4/tcp_ecn'
	lab_on h2 bash -c 'echo 1 >/proc/sys/net/ipv4/tcp_ecn'
	# What a busy router would do: some packets are marked on their way.
	lab_on h2 nft 'add table ip f; add chain ip f in { type filter hook prerouting priority -300; }
		add rule ip f in tcp dport 9 ip length > 200 ip ecn set ce' || exit 1
	tcp_sink 9
	lab_on h1 ip link set eth0 mtu 400
	sniff h1 eth0 tcp
	head -c 1500 /dev/zero | tr '\0' x | lab_on h1 nc -N 10.77.0.2 9
	sleep 0.3
	keep 8
}

rec_mptcp() {
	pair
	lab_addr h1 eth0 10.77.0.11/24
	lab_on h1 ip mptcp endpoint add 10.77.0.11 dev eth0 subflow
	lab_on h2 ip mptcp limits set subflow 2 add_addr_accepted 2
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	lab_bg h2 $py "$tools/mptcp.py" serve
	lab_until 5 grep -q ready "$LAB_LOG" || exit 1
	sniff h1 eth0 tcp
	lab_on h1 $py "$tools/mptcp.py" ask
	keep 12
}

rec_tcp-blind-reset() {
	pair
	tcp_sink 9
	sniff h1 eth0 tcp
	lab_bg h1 socat -u SYSTEM:'echo first; sleep 4; echo second' TCP:10.77.0.2:9,sourceport=4001
	sleep 0.5
	# Somebody who knows addresses and ports, but no number.
	lab_on h1 hping3 -q -c 1 -R -s 4001 -k -p 9 -M 1 10.77.0.2
	# Somebody who guessed one that lies in the window, but is not the next.
	local next
	next=$(tcpdump -nSr "$LAB_DIR/out.pcap" 'dst port 9 and tcp[13] = 24' | sed -n 's/.* seq [0-9]*:\([0-9]*\),.*/\1/p')
	lab_on h1 hping3 -q -c 1 -R -s 4001 -k -p 9 -M $((next + 100)) 10.77.0.2
	sleep 4
	keep 9
}

rec_syn-flood() {
	pair
	web_server
	lab_on h2 bash -c 'echo 2 >/proc/sys/net/ipv4/tcp_syncookies'
	local n
	for n in $(seq 20); do lab_on h1 ip route add blackhole 192.0.2.$n/32; done
	# Answers go to nobody: h1 has these addresses nowhere.
	lab_route h2 192.0.2.0/24 10.77.0.1
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 tcp
	for n in $(seq 10); do
		lab_on h1 hping3 -q -c 1 -S -a 192.0.2.$n -p 80 10.77.0.2 &
	done
	sleep 1.2
	fetch http://10.77.0.2/
	for n in $(jobs -p); do [[ " ${LAB_PIDS[*]} ${LAB_HOST[*]} " == *" $n "* ]] || kill "$n"; done
	keep 20
}

# The way is narrow in the middle, and the sender learns it.
rec_pmtu-tcp() {
	chain
	lab_on r1 ip link set eth1 mtu 1000
	lab_on r2 ip link set eth0 mtu 1000
	lab_bg h2 socat -u TCP-LISTEN:9,reuseaddr OPEN:/dev/null
	lab_until 5 lab_on h2 bash -c 'ss -ltn | grep -q ":9 "'
	lab_on h1 ping -c1 10.77.3.1 >/dev/null
	sniff h1 eth0
	head -c 1400 /dev/zero | tr '\0' x | lab_on h1 nc -N 10.77.3.1 9
	lab_on h1 ip route get 10.77.3.1
	keep 8 'icmp[0] = 3 and icmp[1] = 4'
}

rec_pmtu-tcp6() {
	chain
	lab_on r1 ip link set eth1 mtu 1280
	lab_on r2 ip link set eth0 mtu 1280
	lab_bg h2 socat -u TCP6-LISTEN:9,reuseaddr OPEN:/dev/null
	lab_until 5 lab_on h2 bash -c 'ss -ltn | grep -q ":9 "'
	lab_on h1 ping -c1 fd77:3::1 >/dev/null
	sniff h1 eth0
	head -c 1400 /dev/zero | tr '\0' x | lab_on h1 nc -N fd77:3::1 9
	keep 8 'icmp6[0] = 2'
}

rec_tracepath() {
	chain
	lab_on r1 ip link set eth1 mtu 1300
	lab_on r2 ip link set eth0 mtu 1300
	lab_on h1 ping -c1 10.77.3.1 >/dev/null
	sniff h1 eth0 -s 160
	lab_on h1 tracepath -n -m 6 10.77.3.1
	lab_on h1 tracepath -6 -n -m 6 fd77:3::1
	keep 10
}

# ---- nmap: what a port, a host, a system gives away ----

# scan LEAST [FILTER] ARGUMENTS...: nmap on h1; h2 has a web server.
scan() {
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 "$2"
	lab_on h1 nmap -n -Pn --max-retries 1 --disable-arp-ping "${@:3}"
	keep "$1"
}

rec_scan-stealth() {
	pair
	web_server
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 tcp
	local how
	for how in F N M; do lab_on h1 nmap -n -Pn -s$how -p 80,81 --max-retries 1 10.77.0.2; done
	lab_on h1 nmap -n -Pn --scanflags URGACKPSHRSTSYNFIN -p 80,81 --max-retries 1 10.77.0.2
	keep 12
}

rec_scan-ack() {
	pair
	web_server
	drop h2 tcp dport 81 ct state new
	scan 4 tcp -sA -p 80-82 10.77.0.2
}

rec_scan-udp() {
	pair
	dns_server
	scan 8 'udp or icmp' -sU -p 53,123,161 10.77.0.2
}

rec_scan-os() {
	pair
	web_server
	scan 25 '' -O -p 80,81 --max-os-tries 1 10.77.0.2
}

rec_scan-protocols() {
	pair
	scan 8 'not arp' -sO -p 1,2,4,6,17,47,50,132,253 10.77.0.2
}

rec_scan-sctp() {
	pair
	scan 4 'not arp' -sY -p 5000,9899 10.77.0.2
}

rec_scan-ip6() {
	pair
	web_server
	lab_on h1 ping -c1 fd77::2 >/dev/null
	scan 6 ip6 -6 -sS -p 79-81 fd77::2
}

rec_scan-fragments() {
	pair
	web_server
	scan 8 ip -f -sS -p 80,81 10.77.0.2
}

rec_scan-decoys() {
	pair
	web_server
	lab_on h1 ip addr add 10.77.0.5/24 dev eth0
	scan 6 tcp -sS -D 10.77.0.5,10.77.0.6,ME -p 80 10.77.0.2
}

rec_scan-version() {
	pair
	web_server
	scan 10 tcp -sV --version-light -p 80 10.77.0.2
}

# SCTP in user space: this kernel has none. The server answers with what it gets.
rec_sctp-echo() {
	pair
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 ip proto 132
	lab_bg h2 /usr/lib/usrsctp/echo_server
	sleep 1
	{ sleep 0.5; echo hello; sleep 0.5; echo goodbye; sleep 0.5; } | lab_on h1 timeout 6 /usr/lib/usrsctp/client 10.77.0.2 7 0 0 0
	sleep 1
	keep 8
}

rec_sctp-udp() {
	pair
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 udp
	lab_bg h2 /usr/lib/usrsctp/tsctp -E 9899 -U 9899
	sleep 1
	lab_on h1 timeout 8 /usr/lib/usrsctp/tsctp -E 9899 -U 9899 -n 3 -l 40 10.77.0.2
	keep 8
}

# A download of h1 from h2 over a wire that loses, doubles and reorders: relay SEED LOSS DOUBLE LATE.
bad_wire() { # MTU SEED LOSS DOUBLE LATE
	local relay=${STRATA_BUILD:-$here/../build/debug}/tests/relay dev
	[ -x "$relay" ] || { echo "$name: no $relay (STRATA_BUILD)"; exit 1; }
	lab_host h1
	lab_host h2
	lab_host relay
	lab_wire h1 eth0 relay left
	lab_wire relay right h2 eth0
	lab_addr h1 eth0 10.77.0.1/24 fd77::1/64
	lab_addr h2 eth0 10.77.0.2/24 fd77::2/64
	for dev in left right; do
		lab_on relay bash -c "echo 1 >/proc/sys/net/ipv6/conf/$dev/disable_ipv6"
		lab_sums relay $dev
	done
	for dev in h1 h2; do
		lab_up $dev eth0
		lab_sums $dev eth0
		lab_on $dev ip link set eth0 mtu "$1"
	done
	lab_bg relay "$relay" left right "${@:2}"
	lab_until 5 grep -q ready "$LAB_LOG" || exit 1
	mkdir -p "$LAB_DIR/www"
	head -c 45000 /dev/zero | tr '\0' x >"$LAB_DIR/www/file"
	lab_bg h2 $py -m http.server --directory "$LAB_DIR/www" --bind "::" 80
	lab_until 10 lab_on h1 curl -s -m 3 -o /dev/null -I http://10.77.0.2/ || exit 1
}

rec_tcp-loss() {
	bad_wire 600 3 500 200 400
	sniff h1 eth0 tcp
	lab_on h1 curl -s -m 20 -o /dev/null http://10.77.0.2/file
	keep 100
}

rec_tcp-loss-ip6() {
	bad_wire 1280 5 700 200 400
	sniff h2 eth0 tcp
	lab_on h1 curl -s -m 20 -o /dev/null 'http://[fd77::2]/file'
	keep 60
}
