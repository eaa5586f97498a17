#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Records the captures of this folder again: each is what real programs say to each other in a
# private network of its own (tests/net/lab.sh). No root is needed but for raw-ip (a tun device).
#   captures/record.sh [NAME...]      default: all
# A capture that cannot be made here keeps its old file, and that is said.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/tools
py=/usr/bin/python3
[ -x $py ] || py=python3
export PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tests/net/lab.sh
. "$here/../tests/net/lab.sh"

# ---- recording ----

# sniff HOST IF [tcpdump arguments]: from here on; keep ends it.
sniff() {
	# The kernel reports the groups of a new address twice; that is group-joins' matter.
	sleep 0.2
	lab_sniff "$1" "$2" "$LAB_DIR/out.pcap" "${@:3}" || exit 1
	SNIFF=$LAB_PID
}

# keep LEAST: stop, and keep the file if it has that many packets.
keep() {
	sleep 0.3
	lab_stop "$SNIFF" INT
	accept "$1"
}

accept() {
	local n size
	n=$(capinfos -rMcT "$LAB_DIR/out.pcap" | cut -f2)
	size=$(stat -c %s "$LAB_DIR/out.pcap")
	if [ "$n" -lt "$1" ]; then
		echo "$name: only $n packets"
		cat "$LAB_DIR"/*.log 2>/dev/null | tail -20
		exit 1
	elif [ "$size" -gt 100000 ]; then
		echo "$name: $size bytes are too many"
		exit 1
	fi
	cp "$LAB_DIR/out.pcap" "$here/$name.pcap" && chmod 644 "$here/$name.pcap"
	echo "$name: $n packets, $size bytes"
}

# What is in tools/ and crafts instead of recording writes the file itself.
crafted() {
	$py "$tools/$1" "$LAB_DIR/out.pcap" "${@:3}" || exit 1
	accept "$2"
}

pair() {
	lab_pair
	lab_sums h1 eth0
	lab_sums h2 eth0
}

chain() {
	lab_chain
	local host
	for host in h1 r1 r2 h2; do lab_sums $host eth0; done
}

# Hosts on one switch (a bridge in a host of its own, called sw).
switch() {
	local host n=0
	lab_host sw
	lab_on sw ip link add br0 type bridge
	for host; do
		n=$((n + 1))
		lab_host "$host"
		lab_wire "$host" eth0 sw "p$n"
		lab_on sw ip link set "p$n" master br0
		lab_sums "$host" eth0
	done
	lab_on sw ip link set br0 up
	for host; do lab_up "$host" eth0; done
}

# ---- servers ----

dns_server() {
	lab_bg h2 dnsmasq --keep-in-foreground --user=root --group=root --no-resolv --no-hosts \
		--no-daemon --conf-file=/dev/null --pid-file= --log-facility=- \
		--listen-address=10.77.0.2,fd77::2 --bind-interfaces --local-ttl=300 \
		--address=/www.example.org/10.77.0.80 --address=/www.example.org/fd77::80 \
		--cname=alias.example.org,host.example.org --host-record=host.example.org,10.77.0.81 \
		--mx-host=example.org,mail.example.org,10 --mx-host=example.org,backup.example.org,20 \
		--srv-host=_mqtt._tcp.example.org,broker.example.org,1883,5,1 \
		"--txt-record=example.org,v=spf1 -all,second string" \
		--ptr-record=80.0.77.10.in-addr.arpa,www.example.org \
		--caa-record=example.org,0,issue,ca.example.net \
		--auth-zone=zone.example,10.77.0.0/24,fd77::/64 --auth-server=ns.zone.example,eth1 \
		--local=/example.org/ "$@"
	lab_until 5 lab_on h1 dig +time=1 +tries=1 @10.77.0.2 host.example.org || exit 1
}

web_server() {
	mkdir -p "$LAB_DIR/www"
	printf '<!doctype html><title>Lab</title><p>Hello from the lab.</p>\n' >"$LAB_DIR/www/index.html"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
		-subj /CN=www.example.org -keyout "$LAB_DIR/key.pem" -out "$LAB_DIR/cert.pem" \
		2>/dev/null
	cat >"$LAB_DIR/nginx.conf" <<-END
		user root; worker_processes 1; daemon off; pid $LAB_DIR/nginx.pid;
		error_log $LAB_DIR/nginx.log;
		events { }
		http {
			access_log off; default_type text/html;
			client_body_temp_path $LAB_DIR/b; proxy_temp_path $LAB_DIR/p;
			fastcgi_temp_path $LAB_DIR/f; uwsgi_temp_path $LAB_DIR/u; scgi_temp_path $LAB_DIR/s;
			server {
				listen 80; listen [::]:80; listen 443 ssl;
				ssl_certificate $LAB_DIR/cert.pem; ssl_certificate_key $LAB_DIR/key.pem;
				ssl_protocols TLSv1.2 TLSv1.3;
				root $LAB_DIR/www;
				location /old { return 301 /; }
				location /post { return 200 "thank you\n"; }
			}
		}
	END
	lab_bg h2 nginx -c "$LAB_DIR/nginx.conf" -p "$LAB_DIR"
	lab_until 5 lab_on h2 curl -s -o /dev/null http://10.77.0.2/ || exit 1
}

fetch() { lab_on h1 curl -s -o /dev/null --max-time 5 "$@"; }

forget() {
	lab_on h1 ip neigh flush all
	lab_on h2 ip neigh flush all
}

# ---- one function for each capture ----

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

rec_arp() {
	pair
	sniff h1 eth0
	lab_on h1 ping -c1 10.77.0.2
	lab_on h1 ping -c1 -W1 10.77.0.99
	lab_on h1 $py "$tools/arp.py" eth0
	keep 8
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

rec_dns-udp() {
	pair
	dns_server
	sniff h1 eth0
	local q
	for q in "www.example.org A" "www.example.org AAAA" "alias.example.org A" \
		"missing.example.org A" "www.example.org TXT"; do
		# shellcheck disable=SC2086 # name and type
		lab_on h1 dig +noedns +tries=1 +time=2 @10.77.0.2 $q
	done
	lab_on h1 dig +noedns +norecurse +tries=1 +time=2 @10.77.0.2 elsewhere.test A
	keep 12
}

rec_dns-types() {
	pair
	dns_server
	sniff h1 eth0
	local q
	for q in "-x 10.77.0.80" "example.org MX" "example.org TXT" "_mqtt._tcp.example.org SRV" \
		"example.org CAA" "zone.example SOA" "zone.example NS" "example.org ANY" \
		"version.bind CH TXT"; do
		# shellcheck disable=SC2086
		lab_on h1 dig +noedns +tries=1 +time=2 @10.77.0.2 $q
	done
	keep 18
}

rec_dns-authority() {
	pair
	lab_on h2 ip link add eth1 type veth peer name eth1p
	lab_on h2 ip link set eth1 up
	lab_on h2 ip link set eth1p up
	lab_addr h2 eth1 10.77.9.2/24
	lab_route h1 10.77.9.0/24 10.77.0.2
	dns_server --host-record=a.zone.example,10.77.0.5,fd77::5 \
		--mx-host=zone.example,a.zone.example,5 --auth-soa=2026112201,hostmaster.zone.example \
		--auth-sec-servers=ns2.zone.example
	sniff h1 eth0
	local q
	for q in "zone.example SOA" "zone.example NS" "a.zone.example A" "a.zone.example AAAA" \
		"zone.example MX" "nothing.zone.example A"; do
		# shellcheck disable=SC2086
		lab_on h1 dig +tries=1 +time=2 @10.77.9.2 $q
	done
	lab_on h1 dig +tries=1 +time=2 @10.77.9.2 zone.example AXFR
	keep 12
}

rec_dns-tcp() {
	pair
	dns_server
	sniff h1 eth0
	lab_on h1 dig +tcp +noedns +tries=1 @10.77.0.2 www.example.org A
	lab_on h1 dig +tcp +keepopen +tries=1 @10.77.0.2 www.example.org AAAA example.org MX
	keep 16
}

rec_dns-ip6() {
	pair
	dns_server
	sniff h1 eth0
	lab_on h1 dig +tries=1 @fd77::2 www.example.org AAAA
	lab_on h1 dig +tries=1 @fd77::2 -x fd77::80
	lab_on h1 dig +tries=1 +tcp @fd77::2 example.org MX
	keep 12
}

rec_dns-edns() {
	pair
	local i args=()
	for i in $(seq 60); do args+=("--txt-record=long.example.org,line $i of a long answer"); done
	dns_server --edns-packet-max=4096 "${args[@]}"
	sniff h1 eth0
	lab_on h1 dig +tries=1 +bufsize=1232 +dnssec +nsid @10.77.0.2 www.example.org A
	lab_on h1 dig +tries=1 +subnet=10.77.0.0/24 +padding=128 @10.77.0.2 www.example.org A
	lab_on h1 dig +tries=1 +noedns @10.77.0.2 long.example.org TXT
	lab_on h1 dig +tries=1 +bufsize=4096 @10.77.0.2 long.example.org TXT
	keep 16
}

rec_dhcp-lease() {
	lab_host h1
	lab_host h2
	lab_wire h1 eth0 h2 eth0
	lab_addr h2 eth0 10.77.0.2/24
	lab_up h1 eth0
	lab_up h2 eth0
	lab_bg h2 dnsmasq --no-daemon --user=root --group=root --conf-file=/dev/null --port=0 \
		--dhcp-range=10.77.0.100,10.77.0.110,1h --dhcp-authoritative --interface=eth0 \
		--dhcp-leasefile="$LAB_DIR/leases" --dhcp-option=option:router,10.77.0.2 \
		--dhcp-option=option:dns-server,10.77.0.2,10.77.0.3 --no-ping \
		--dhcp-option=option:domain-search,lab.example,example.org \
		--dhcp-option=option:ntp-server,10.77.0.4
	lab_until 5 grep -q 'DHCP, IP range' "$LAB_LOG"
	sniff h2 eth0
	printf '%s\n' 'send host-name "visitor"; send dhcp-client-identifier 1:02:00:00:00:00:01;' \
		>"$LAB_DIR/dhclient.conf"
	# The script is /bin/true: the lease is asked for, nothing is configured.
	timeout 20 nsenter -n -t "${LAB_HOST[h1]}" -- dhclient -1 -d -sf /bin/true \
		-cf "$LAB_DIR/dhclient.conf" -lf "$LAB_DIR/c.leases" -pf "$LAB_DIR/c.pid" eth0 \
		>"$LAB_DIR/dhclient.log" 2>&1 &
	LAB_PIDS+=($!)
	lab_until 15 grep -q bound "$LAB_DIR/dhclient.log"
	lab_addr h1 eth0 10.77.0.100/24
	lab_on h1 dhclient -r -sf /bin/true -cf "$LAB_DIR/dhclient.conf" -lf "$LAB_DIR/c.leases" \
		-pf "$LAB_DIR/c.pid" eth0 >/dev/null 2>&1
	keep 4
}

rec_http() {
	pair
	web_server
	forget
	sniff h1 eth0
	fetch http://10.77.0.2/ http://10.77.0.2/missing -o /dev/null
	fetch -I http://10.77.0.2/
	fetch -d 'name=temp&value=21' http://10.77.0.2/post
	fetch -H 'Range: bytes=0-9' --compressed http://10.77.0.2/index.html
	fetch -L http://10.77.0.2/old -o /dev/null
	keep 40
}

rec_http-ip6() {
	pair
	web_server
	sniff h1 eth0
	fetch 'http://[fd77::2]/'
	keep 10
}

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

rec_mqtt() {
	pair
	printf 'listener 1883 10.77.0.2\nallow_anonymous true\nuser root\npersistence false\n' \
		>"$LAB_DIR/mosquitto.conf"
	lab_bg h2 mosquitto -c "$LAB_DIR/mosquitto.conf"
	lab_until 5 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/1883'
	forget
	sniff h1 eth0 tcp port 1883
	lab_bg h1 mosquitto_sub -h 10.77.0.2 -V mqttv311 -i reader -t 'home/#' -q 2 -C 3
	local sub=$LAB_PID
	sleep 0.5
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv311 -i q0 -t home/living/temp -m 21.5
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv311 -i q1 -t home/door -m open -q 1 -r \
		-u user -P secret --will-topic home/gone --will-payload bye
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv311 -i q2 -t home/big -q 2 \
		-m "$(printf 'x%.0s' $(seq 200))"
	lab_until 5 bash -c "! kill -0 $sub"
	lab_on h1 timeout 3 mosquitto_sub -h 10.77.0.2 -V mqttv311 -i pinger -k 5 -t t -W 1 -U u
	keep 40
}

rec_tcp-refused() {
	pair
	sniff h1 eth0
	lab_on h1 nc -w1 10.77.0.2 81
	lab_on h1 nc -w1 fd77::2 81
	keep 8
}

rec_udp-refused() {
	pair
	sniff h1 eth0
	lab_on h1 bash -c 'echo hello >/dev/udp/10.77.0.2/9000; echo hello >/dev/udp/fd77::2/9000'
	lab_on h1 $py "$tools/unreachable.py"
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

rec_mpls() {
	pair
	sniff h1 eth0
	tagged mpls:16,mpls:17
	lab_on h1 ip neigh replace 10.88.0.2 lladdr 02:00:00:00:00:08 dev in0
	lab_on h2 ip neigh replace 10.88.0.1 lladdr 02:00:00:00:00:07 dev in0
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

rec_stp() {
	switch h1 h2
	lab_on sw ip link set br0 type bridge stp_state 1 hello_time 100 forward_delay 200
	sniff h1 eth0
	sleep 4
	keep 2
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

rec_sensor() {
	pair
	lab_bg h2 $py "$tools/sensor.py" serve 10.77.0.2 9000
	lab_until 5 grep -q ready "$LAB_LOG"
	sniff h1 eth0 udp
	lab_on h1 $py "$tools/sensor.py" ask 10.77.0.2 9000 temp pressure "living room" nothing
	keep 8
}

rec_beacon() {
	pair
	sniff h1 eth0
	lab_on h2 $py "$tools/beacon.py" eth0 5
	keep 5
}

rec_ntp() {
	pair
	printf 'local stratum 8\nallow\nport 123\ncmdport 0\nbindaddress 10.77.0.2\npidfile %s\n' \
		"$LAB_DIR/chronyd.pid" >"$LAB_DIR/chrony.conf"
	# -x: the clock of this machine is not touched.
	lab_bg h2 chronyd -x -d -u root -f "$LAB_DIR/chrony.conf"
	sleep 0.5
	sniff h1 eth0 udp
	lab_on h1 timeout 20 chronyd -Q -x -d -u root -t 12 -f /dev/null \
		"server 10.77.0.2 iburst maxsamples 4" "cmdport 0" "pidfile $LAB_DIR/c2.pid"
	keep 4
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
rec_sctp() { crafted sctp.py 10; }
rec_wifi() { crafted wifi.py 6; }
rec_broken() { crafted broken.py 12; }

# ---- all of them ----

if [ "${1-}" = --one ]; then
	lab_enter "$@"
	name=$2
	WRAP=()
	(
		trap lab_leave EXIT
		"rec_$name"
	) >"$LAB_DIR/said.log" 2>&1
	rc=$?
	grep "^$name:" "$LAB_DIR/said.log" || tail -20 "$LAB_DIR/said.log"
	exit $rc
fi
names=("$@")
# bsd-null is made from two others, so it comes last.
[ $# -gt 0 ] || mapfile -t names < <(declare -F | sed -n 's/^declare -f rec_//p' |
	grep -vx bsd-null; echo bsd-null)
failed=0
for name in "${names[@]}"; do
	LAB_TIME=60 bash "$here/record.sh" --one "$name" || {
		echo "$name: NOT recorded; the old file stays"
		failed=1
	}
done
exit $failed
