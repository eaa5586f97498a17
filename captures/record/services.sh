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
