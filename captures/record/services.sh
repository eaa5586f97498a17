# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# Recordings of services; sourced by captures/record.sh, whose helpers they use.

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

rec_http-bodies() {
	local url=http://10.77.0.2 with=(-s --max-time 5 -o /dev/null)
	pair
	web_server 'location /none { return 204; } location /live { ssi on; }'
	seq 1 2000 >"$LAB_DIR/www/long.txt"
	{ echo '<!--# echo var="request_uri" -->'; seq 1 900; } >"$LAB_DIR/www/live.html"
	forget
	sniff h1 eth0 tcp port 80
	lab_on h1 curl "${with[@]}" -I $url/long.txt --next "${with[@]}" $url/long.txt \
		--next "${with[@]}" $url/none --next "${with[@]}" -z "$LAB_DIR/www/index.html" $url/index.html \
		--next "${with[@]}" $url/live.html --next "${with[@]}" $url/index.html
	fetch -H 'Transfer-Encoding: chunked' --data-binary "@$LAB_DIR/www/long.txt" $url/post
	fetch --http1.0 $url/live.html
	keep 30
}

rec_http-ip6() {
	pair
	web_server
	sniff h1 eth0
	fetch 'http://[fd77::2]/'
	keep 10
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

rec_tftp() {
	local file=$LAB_DIR/tftp
	pair
	mkdir "$file"
	printf 'Hello from the lab.\n' >"$file/hello.txt"
	head -c 1200 /dev/zero | tr '\0' 'x' >"$file/long.txt"
	chmod -R a+rX "$file"
	# One port for all, so that each packet can be told by itself.
	lab_bg h2 dnsmasq --keep-in-foreground --user=root --group=root --no-daemon --port=0 \
		--conf-file=/dev/null --pid-file= --log-facility=- --interface=eth0 \
		--enable-tftp --tftp-root="$file" --tftp-single-port
	sleep 0.5
	sniff h1 eth0 udp
	lab_on h1 curl -s -o /dev/null --max-time 5 --tftp-no-options tftp://10.77.0.2/hello.txt
	lab_on h1 curl -s -o /dev/null --max-time 5 tftp://10.77.0.2/long.txt
	lab_on h1 curl -s -o /dev/null --max-time 5 tftp://10.77.0.2/missing.txt
	lab_on h1 curl -s -o /dev/null --max-time 5 -T "$file/hello.txt" tftp://10.77.0.2/new.txt
	keep 10 'src port 69'
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

# ---- DHCP's other cases ----

# dhcpd4 [LINES]: dnsmasq on h2, which knows 10.77.0.100 to .103.
dhcpd4() {
	lab_host h1
	lab_host h2
	lab_wire h1 eth0 h2 eth0
	lab_addr h2 eth0 10.77.0.2/24
	lab_up h1 eth0
	lab_up h2 eth0
	lab_bg h2 dnsmasq --no-daemon --user=root --group=root --conf-file=/dev/null --port=0 \
		--dhcp-range=10.77.0.100,10.77.0.103,2m --interface=eth0 --dhcp-leasefile="$LAB_DIR/leases" "$@"
	lab_until 5 grep -q 'DHCP, IP range' "$LAB_LOG"
	sniff h2 eth0
}

# dhcpc ARGUMENTS...: a client that configures nothing.
dhcpc() { lab_on h1 timeout 10 udhcpc -f -i eth0 -s /bin/true -n -q -t 2 -T 1 "$@"; }

rec_dhcp-nak() {
	dhcpd4 --dhcp-authoritative --no-ping
	# A lease of another network, from before.
	printf '%s\n' 'lease {' ' interface "eth0";' ' fixed-address 10.99.0.5;' ' option subnet-mask 255.255.255.0;' \
		' option dhcp-server-identifier 10.99.0.1;' ' option dhcp-lease-time 86400;' \
		' renew 3 2037/01/01 00:00:00;' ' rebind 3 2037/01/01 00:00:00;' ' expire 3 2037/01/01 00:00:00;' '}' >"$LAB_DIR/c.leases"
	lab_on h1 timeout 15 dhclient -1 -d -sf /bin/true -cf /dev/null -lf "$LAB_DIR/c.leases" -pf "$LAB_DIR/c.pid" eth0 &
	LAB_PIDS+=($!)
	sleep 6
	keep 5
}

rec_dhcp-none() {
	dhcpd4 --no-ping --dhcp-ignore=tag:!known
	dhcpc
	keep 2
}

rec_dhcp-options() {
	dhcpd4 --no-ping --dhcp-option=option:router,10.77.0.2 --dhcp-option=option:classless-static-route,10.88.0.0/16,10.77.0.9 \
		--dhcp-option=option:domain-name,lab.example --dhcp-option=option:tftp-server,10.77.0.7 \
		--dhcp-option=option:bootfile-name,boot.img --dhcp-boot=boot.img,server,10.77.0.7 \
		--dhcp-option=option:mtu,1400 --dhcp-option=252,http://10.77.0.2/wpad.dat --dhcp-option=option:sip-server,10.77.0.8 \
		--dhcp-option=vendor:lab,1,10.77.0.9 --dhcp-option=option:netbios-ns,10.77.0.2
	dhcpc -V lab -x hostname:visitor -x 0x3d:01020304 -F visitor.lab.example -O 121 -O 66 -O 67 -O 252 -O 26 -O sipsrv -O wpad -O staticroutes -r 10.77.0.101
	keep 4
}

rec_dhcp-renew() {
	dhcpd4 --no-ping --dhcp-authoritative
	lab_bg h1 udhcpc -f -i eth0 -s /bin/true -t 2 -T 1
	local client=$LAB_PID
	sleep 2
	lab_addr h1 eth0 10.77.0.103/24
	kill -USR1 "$client"
	sleep 1.5
	kill -USR2 "$client"
	sleep 1
	lab_stop "$client"
	keep 6
}

rec_dhcp-relay() {
	chain
	lab_bg h2 dnsmasq --no-daemon --user=root --group=root --conf-file=/dev/null --port=0 --no-ping \
		--dhcp-range=10.77.1.100,10.77.1.110,255.255.255.0,1h --interface=eth0 --dhcp-leasefile="$LAB_DIR/leases"
	lab_until 5 grep -q 'DHCP, IP range' "$LAB_LOG"
	lab_bg r1 dhcrelay -4 -d -a -m append -id eth0 -iu eth1 10.77.3.1
	sleep 1
	sniff r1 any -y LINUX_SLL2 udp port 67 or udp port 68
	dhcpc
	keep 8
}

# ---- HTTP's other cases ----

# ask_raw: what is on standard input goes to the web server as it is.
ask_raw() { lab_on h1 nc -q 1 -w 2 10.77.0.2 80; }

rec_http-errors() {
	pair
	web_server 'location /secret { deny all; } location /small { client_max_body_size 10; return 200; }
		location /gone { return 410; } location /busy { return 503; } location /gateway { proxy_pass http://127.0.0.1:1; }'
	sniff h1 eth0 tcp port 80
	local path
	for path in secret gone busy gateway; do fetch http://10.77.0.2/$path; done
	fetch -X BREW http://10.77.0.2/
	fetch -d 'more than ten bytes' http://10.77.0.2/small
	fetch "http://10.77.0.2/$(printf 'x%.0s' $(seq 1100))"
	printf 'HELLO\r\n\r\n' | ask_raw
	printf 'GET / HTTP/1.1\r\n\r\n' | ask_raw
	printf 'GET / HTTP/7.0\r\nHost: x\r\n\r\n' | ask_raw
	keep 50
}

rec_http-pipeline() {
	pair
	web_server
	sniff h1 eth0 tcp port 80
	printf 'GET / HTTP/1.1\r\nHost: lab\r\n\r\nGET /missing HTTP/1.1\r\nHost: lab\r\n\r\nHEAD / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n' | ask_raw
	keep 8
}

rec_http-ranges() {
	pair
	web_server
	seq 1 200 >"$LAB_DIR/www/long.txt"
	sniff h1 eth0 tcp port 80
	fetch -r 0-9 http://10.77.0.2/long.txt
	fetch -r 0-9,100-109 http://10.77.0.2/long.txt
	fetch -r -5 http://10.77.0.2/long.txt
	fetch -r 9000- http://10.77.0.2/long.txt
	keep 30
}

rec_http-continue() {
	pair
	web_server
	seq 1 100 >"$LAB_DIR/body"
	sniff h1 eth0 tcp port 80
	fetch -H 'Expect: 100-continue' --data-binary "@$LAB_DIR/body" http://10.77.0.2/post
	fetch -F "file=@$LAB_DIR/body" -F name=temp http://10.77.0.2/post
	keep 18
}

rec_http-auth() {
	pair
	# shellcheck disable=SC2016 # a hash of the word secret
	printf 'alice:%s\n' "$(openssl passwd -apr1 -salt lablab secret)" >"$LAB_DIR/users"
	web_server "location /private { auth_basic lab; auth_basic_user_file $LAB_DIR/users; alias $LAB_DIR/www/; }
		location /cookie { add_header Set-Cookie \"id=7; Path=/; HttpOnly\"; return 204; }"
	sniff h1 eth0 tcp port 80
	fetch http://10.77.0.2/private/
	fetch -u alice:guessed http://10.77.0.2/private/
	fetch -u alice:secret http://10.77.0.2/private/index.html
	fetch -c "$LAB_DIR/jar" http://10.77.0.2/cookie
	fetch -b "$LAB_DIR/jar" http://10.77.0.2/
	keep 40
}

rec_http-proxy() {
	pair
	web_server
	cat >"$LAB_DIR/haproxy.cfg" <<-END
		defaults
		 mode http
		 timeout connect 2s
		 timeout client 5s
		 timeout server 5s
		frontend in
		 bind 10.77.0.2:8080
		 option forwardfor
		 http-response set-header Via "1.1 lab"
		 default_backend web
		backend web
		 server one 10.77.0.2:80
		 http-request return status 429 hdr Retry-After 5 if { path /often }
	END
	lab_bg h2 haproxy -db -f "$LAB_DIR/haproxy.cfg"
	lab_until 5 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/8080'
	sniff h1 eth0 tcp port 8080
	fetch -x http://10.77.0.2:8080 http://www.example.org/
	fetch -x http://10.77.0.2:8080 http://www.example.org/often
	fetch -x http://10.77.0.2:8080 https://www.example.org/
	keep 20
}

rec_http-dav() {
	pair
	web_server "location /dav { dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; alias $LAB_DIR/www; }"
	sniff h1 eth0 tcp port 80
	fetch -X MKCOL http://10.77.0.2/dav/box/
	fetch -T "$LAB_DIR/www/index.html" http://10.77.0.2/dav/box/page.html
	fetch -X COPY -H 'Destination: http://10.77.0.2/dav/box/copy.html' http://10.77.0.2/dav/box/page.html
	fetch -X DELETE http://10.77.0.2/dav/box/page.html
	fetch -X OPTIONS http://10.77.0.2/
	keep 30
}

# ---- TFTP's other cases ----

rec_tftp-write() {
	pair
	mkdir -p "$LAB_DIR/tftp"
	chmod 777 "$LAB_DIR/tftp"
	lab_bg h2 in.tftpd -L -c -u root -a 10.77.0.2:69 -s "$LAB_DIR/tftp"
	head -c 700 /dev/zero | tr '\0' y >"$LAB_DIR/up.txt"
	sleep 0.5
	sniff h1 eth0 udp
	(cd "$LAB_DIR" && lab_on h1 tftp -m binary 10.77.0.2 -c put up.txt)
	(cd "$LAB_DIR" && lab_on h1 tftp -m ascii 10.77.0.2 -c get up.txt)
	(cd "$LAB_DIR" && lab_on h1 tftp 10.77.0.2 -c get /etc/shadow)
	keep 8
}

rec_tftp-ip6() {
	pair
	mkdir -p "$LAB_DIR/tftp"
	printf 'Hello from the lab.\n' >"$LAB_DIR/tftp/hello.txt"
	chmod -R a+rX "$LAB_DIR/tftp"
	lab_bg h2 in.tftpd -L -u root -a '[fd77::2]:69' -s "$LAB_DIR/tftp"
	sleep 0.5
	lab_on h1 ping -c1 fd77::2 >/dev/null
	sniff h1 eth0 udp
	fetch 'tftp://[fd77::2]/hello.txt'
	fetch 'tftp://[fd77::2]/missing.txt'
	keep 5
}

rec_ntp-ip6() {
	pair
	printf 'local stratum 8\nallow\nport 123\ncmdport 0\nbindaddress fd77::2\npidfile %s\n' "$LAB_DIR/chronyd.pid" >"$LAB_DIR/chrony.conf"
	lab_bg h2 chronyd -x -d -u root -f "$LAB_DIR/chrony.conf"
	sleep 0.7
	lab_on h1 ping -c1 fd77::2 >/dev/null
	sniff h1 eth0 udp
	lab_on h1 timeout 20 chronyd -Q -x -d -u root -t 12 -f /dev/null \
		"server fd77::2 iburst maxsamples 2 version 3" "cmdport 0" "pidfile $LAB_DIR/c2.pid"
	keep 4
}

# ---- DNS's other cases ----

rec_dns-errors() {
	pair
	dns_server --server=/broken.test/10.77.0.99 --server=/refused.test/10.77.0.2#5399
	sniff h1 eth0 udp port 53
	local flag
	for flag in +opcode=NOTIFY +opcode=STATUS +opcode=7 +header-only +edns=7 +qr +zflag; do
		lab_on h1 dig +tries=1 +time=1 $flag @10.77.0.2 www.example.org A
	done
	lab_on h1 dig +tries=1 +time=1 @10.77.0.2 www.broken.test A
	lab_on h1 dig +tries=1 +time=1 @10.77.0.2 www.example.org TYPE65280
	lab_on h1 dig +tries=1 +time=1 @10.77.0.2 id.server CH TXT
	keep 14
}

rec_dns-silence() {
	pair
	lab_on h2 nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }; add rule ip f in udp dport 53 drop'
	sniff h1 eth0 udp or icmp
	lab_on h1 dig +tries=2 +time=1 @10.77.0.2 www.example.org A
	lab_on h2 nft delete table ip f
	lab_on h1 dig +tries=1 +time=1 @10.77.0.2 www.example.org A
	keep 4
}
