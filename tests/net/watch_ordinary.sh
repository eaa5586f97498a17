#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata watch and a day of an ordinary network: browsers, names that are asked for again, a busy
# server, backups, mail, pings, a monitoring system. Nothing is found.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "curl python3 nginx openssl" "$@"
# shellcheck source=tests/net/watched.sh
. "$src/tests/net/watched.sh"
# shellcheck source=tests/net/mail.sh
. "$src/tests/net/mail.sh"
lab_pair
snap=1600
for n in 11 12 13 14 15; do lab_addr h2 eth0 10.77.0.$n/24; done

# ---- servers: eight ports of HTTP ----
mkdir www
for n in $(seq 40); do head -c $((n * 700)) /dev/zero >www/$n; done
cat >nginx.conf <<END
user root; daemon off; master_process off; pid nginx.pid; error_log stderr;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
server { $(for p in 80 81 82 83 84 85 86 87; do echo "listen 10.77.0.2:$p backlog=2048;"; done) root $LAB_DIR/www; } }
END
lab_bg h2 nginx -p "$LAB_DIR/" -c "$LAB_DIR/nginx.conf"
lab_until 10 lab_on h1 curl -sf -o /dev/null http://10.77.0.2:87/1 || {
	echo "FAILED: nginx does not answer:"
	cat "$LAB_LOG"
	exit 1
}

# Many objects over connections side by side, of several servers; some of them one after the other.
browse() {
	lab_on h1 curl -s --parallel --parallel-max 24 -o /dev/null "http://10.77.0.2:8[0-7]/[1-40]"
	for p in 80 81 82 83; do
		lab_on h1 curl -s -0 -o /dev/null "http://10.77.0.2:$p/[1-9]"
	done
}
watched "browsers" none browse

# 200 clients, each ten times; a third of them breaks off.
cat >clients.py <<'PY'
import socket, struct, threading
def client(n):
    for k in range(10):
        s = socket.create_connection(("10.77.0.2", 80), 20)
        s.sendall(b"GET /%d HTTP/1.0\r\n\r\n" % (n % 40 + 1))
        if n % 3 == 0:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            while s.recv(65536):
                pass
        s.close()
all = [threading.Thread(target=client, args=(n,)) for n in range(200)]
for t in all: t.start()
for t in all: t.join()
PY
watched "a busy server" none lab_on h1 python3 clients.py

# A copy of 30 MB.
backup() {
	lab_bg h2 python3 -c 'import socket
s = socket.create_server(("10.77.0.2", 873)); c = s.accept()[0]; n = 0
print("up", flush=True)
while (m := c.recv(1 << 16)): n += len(m)
print(n)'
	local to=$LAB_LOG
	sleep 0.5
	lab_on h1 python3 -c 'import socket
s = socket.create_connection(("10.77.0.2", 873), 5)
for _ in range(30): s.sendall(b"\0" * 1000000)'
	lab_until 10 grep -q 30000000 "$to"
}
watched "a backup" none backup

# Folders of many files, copied, and copied again with changes, by rsync.
if command -v rsync >/dev/null; then
	mkdir data there
	for n in $(seq 200); do head -c $((n * 500)) /dev/urandom >data/$n; done
	# As root it wants to be told that it may stay so; as nobody in particular it changes nothing.
	[ ${#LAB_PLAIN[@]} != 0 ] || printf 'uid = root\ngid = root\n' >rsyncd.conf
	printf 'use chroot = no\n[there]\npath = %s/there\nread only = no\n' "$LAB_DIR" >>rsyncd.conf
	lab_bg h2 "${LAB_PLAIN[@]}" rsync --daemon --no-detach --address 10.77.0.2 --port 8730 --config rsyncd.conf
	listens 8730
	copies() {
		lab_on h1 rsync -a data/ rsync://10.77.0.2:8730/there/
		for n in 3 50 120; do echo more >>data/$n; done
		lab_on h1 rsync -a --checksum data/ rsync://10.77.0.2:8730/there/
	}
	watched "rsync" none copies
	check "rsync: all is there" "$(cat data/* | sha256sum)" "$(cat there/* | sha256sum)"
else
	echo "left out: rsync"
fi

# Mail, inside TLS: ten letters, and whoever looks every moment whether there are more.
certificate
mail() { lab_on h1 curl -s -k -o /dev/null --ssl-reqd -u alice:secret "$@"; }
if has aiosmtpd; then
	smtp_server
	printf 'From: alice@example.org\nSubject: lunch\n\nAt noon?\n' >letter
	letters() {
		local n
		for n in $(seq 10); do
			mail --mail-from alice@example.org --mail-rcpt "bob$n@example.com" -T letter smtp://10.77.0.2/ ||
				touch unsent
		done
	}
	watched "letters" none letters
fi
if command -v dovecot >/dev/null; then
	mail_server
	if lab_until 5 mail imap://10.77.0.2/INBOX; then
		looks() {
			for _ in $(seq 10); do
				mail imap://10.77.0.2/INBOX && mail imaps://10.77.0.2/INBOX &&
					mail pop3://10.77.0.2/ || touch unsent
			done
		}
		watched "a mailbox" none looks
	else
		echo "left out: dovecot does not run here"
	fi
else
	echo "left out: dovecot"
fi

[ ! -e unsent ] || { echo "FAILED: mail was not sent, or not read"; bad=1; }

# Names of both kinds, again where nobody answers; and late answers, which nobody waits for any more.
cat >names.py <<'PY'
import socket, struct, time, threading
def ask(n, kind):
    name = b"".join(bytes([len(x)]) + x for x in (b"host%d" % n, b"example", b"org")) + b"\0"
    return struct.pack(">6H", n, 0x100, 1, 0, 0, 0) + name + struct.pack(">2H", kind, 1)
def serve(s):
    while True:
        m, who = s.recvfrom(999)
        if m[1] % 10 == 3:
            time.sleep(0.02)  # too late
        body = m[12:]
        s.sendto(m[:2] + struct.pack(">5H", 0x8180, 1, 1, 0, 0) + body +
                 struct.pack(">3HIH", 0xc00c, int.from_bytes(body[-4:-2], "big"), 1, 60, 4) + bytes([10, 0, 0, m[1]]), who)
import sys
if sys.argv[1] == "serve":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("10.77.0.2", 53))
    print("up", flush=True); serve(s)
for n in range(300):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.01)
    for kind in (1, 1, 16):
        s.sendto(ask(n, kind), ("10.77.0.2", 53))
        try: s.recv(999)
        except OSError: pass
    s.close()
PY
lab_bg h2 python3 names.py serve
lab_until 10 grep -q up "$LAB_LOG"
watched "names" none lab_on h1 python3 names.py ask

# Is everything there? Ten ports of five hosts, most of them closed; each a ping; a way to each.
cat >probe.py <<'PY'
import socket
for host in range(11, 16):
    for port in (22, 25, 53, 80, 110, 143, 443, 993, 3306, 5432):
        s = socket.socket(); s.settimeout(0.2)
        s.connect_ex(("10.77.0.%d" % host, port)); s.close()
PY
trace() { for n in 11 12 13 14 15; do lab_on h1 traceroute -n 10.77.0.$n; done; }
if command -v traceroute >/dev/null; then watched "traceroute" none trace; fi
probe() {
	lab_on h1 python3 probe.py
	for n in 11 12 13 14 15; do lab_on h1 ping -q -c1 -W1 10.77.0.$n; done
}
snap=100
watched "a monitoring system" none probe
# The same every minute, a day long.
cp seen.pcap round.pcap
python3 - round.pcap day.pcap <<'PY'
import struct, sys
d = open(sys.argv[1], "rb").read()
nano = struct.unpack("<I", d[:4])[0] == 0xa1b23c4d
at, recs = 24, []
while at < len(d):
    sec, sub, n, wire = struct.unpack_from("<4I", d, at)
    recs.append((sec, sub, d[at + 8:at + 16 + n]))
    at += 16 + n
with open(sys.argv[2], "wb") as f:
    f.write(d[:24])
    for minute in range(1440):
        for sec, sub, rest in recs:
            f.write(struct.pack("<2I", sec + 60 * minute, sub) + rest)
PY
in_file "the same every minute of a day" none day.pcap
exit $bad
