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

# keep LEAST [FILTER]: stop, and keep the file if it has that many packets, one that matches the
# filter (a server's answer, say), and no server has failed.
keep() {
	sleep 0.3
	lab_stop "$SNIFF" INT
	served
	if [ $# = 2 ] && ! tcpdump -nr "$LAB_DIR/out.pcap" -c 1 "$2" 2>/dev/null | grep -q .; then
		echo "$name: no packet that is '$2'"
		exit 1
	fi
	accept "$1"
}

# What ran in the background still runs, has ended well, or was stopped. (127: was waited for.)
served() {
	local pid rc
	for pid in "${LAB_PIDS[@]}"; do
		kill -0 "$pid" 2>/dev/null && continue
		wait "$pid"
		rc=$?
		case $rc in 0 | 127 | 130 | 143) continue ;; esac
		echo "$name: a server ended with $rc"
		exit 1
	done
}

accept() {
	local n size
	n=$(capinfos -rMcT "$LAB_DIR/out.pcap" | cut -f2)
	size=$(stat -c %s "$LAB_DIR/out.pcap")
	if [ "$n" -lt "$1" ]; then
		echo "$name: only $n packets"
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

web_server() { # [LOCATIONS]
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
				${1:-}
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

# ---- one function for each capture: rec_NAME, by subject ----

for file in "$here"/record/*.sh; do
	# shellcheck source=/dev/null
	. "$file"
done

# ---- all of them ----

if [ "${1-}" = --one ]; then
	lab_enter "$@"
	name=$2
	# shellcheck disable=SC2034 # network.sh fills and uses it
	WRAP=()
	(
		trap lab_leave EXIT
		"rec_$name"
	) >"$LAB_DIR/said.log" 2>&1
	rc=$?
	if [ $rc = 0 ]; then
		grep "^$name:" "$LAB_DIR/said.log"
	else
		tail -n 20 "$LAB_DIR"/*.log
	fi
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
