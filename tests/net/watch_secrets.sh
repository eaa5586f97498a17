#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata watch and passwords in clear, of real clients with real servers: each is found by its rule;
# the same inside TLS, digests and guests without a name are not.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "curl openssl" "$@"
# shellcheck source=tests/net/watched.sh
. "$src/tests/net/watched.sh"
# shellcheck source=tests/net/mail.sh
. "$src/tests/net/mail.sh"
lab_pair
# shellcheck disable=SC2034 # of watched.sh
snap=2000
fetch() { lab_on h1 curl -s -k -o /dev/null "$@"; }
certificate

# ---- HTTP: whoever may come in ----
cat >web.py <<'PY'
import http.server, ssl, sys
s = http.server.ThreadingHTTPServer(("10.77.0.2", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
if sys.argv[1] == "443":
    t = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    t.load_cert_chain("cert.pem", "key.pem")
    s.socket = t.wrap_socket(s.socket, server_side=True)
s.serve_forever()
PY
lab_bg h2 "$py" web.py 80
listens 80
lab_bg h2 "$py" web.py 443
listens 443
watched "HTTP, basic" "http-password" fetch -u alice:secret http://10.77.0.2/
watched "HTTP, a proxy's" "http-password" fetch -x http://10.77.0.2:80 -U alice:secret http://example.org/
watched "HTTP, a token" "http-token" fetch -H "Authorization: Bearer abcdef" http://10.77.0.2/
watched "HTTP, a digest" "none" fetch -H 'Authorization: Digest username="alice", response="0123"' http://10.77.0.2/
watched "HTTPS" "none" fetch -u alice:secret https://10.77.0.2/

# ---- FTP ----
if has pyftpdlib; then
	mkdir ftp
	echo hello >ftp/hello.txt
	lab_bg h2 "$py" -m pyftpdlib -i 10.77.0.2 -p 21 -d ftp -u alice -P secret
	listens 21
	watched "FTP" "ftp-password" fetch -u alice:secret ftp://10.77.0.2/hello.txt
fi

# ---- mail ----
if has aiosmtpd; then
	smtp_server
	printf 'From: alice@example.org\nSubject: lunch\n\nAt noon?\n' >letter
	post() { fetch --mail-from alice@example.org --mail-rcpt bob@example.com -T letter -u alice:secret smtp://10.77.0.2/ "$@"; }
	watched "SMTP, PLAIN" "smtp-password" post --login-options AUTH=PLAIN
	watched "SMTP, PLAIN at once" "smtp-password" post --login-options AUTH=PLAIN --sasl-ir
	watched "SMTP, LOGIN" "smtp-password" post --login-options AUTH=LOGIN
	watched "SMTP with TLS" "none" post --ssl-reqd
fi
mail() { lab_on h1 "$py" -c "import imaplib, poplib; $1; m.noop()"; }
if command -v dovecot >/dev/null; then
	mail_server
	if lab_until 5 lab_on h2 bash -c "true >/dev/tcp/10.77.0.2/143" &&
		fetch -u alice:secret imap://10.77.0.2/INBOX; then
		watched "IMAP, PLAIN" "imap-authenticate" mail 'm = imaplib.IMAP4("10.77.0.2"); m.authenticate("PLAIN", lambda _: b"\0alice\0secret")'
		watched "IMAP, PLAIN at once" "imap-password" fetch -u alice:secret --sasl-ir imap://10.77.0.2/INBOX
		watched "IMAP, LOGIN" "imap-password" mail 'm = imaplib.IMAP4("10.77.0.2"); m.login("alice", "secret")'
		watched "IMAP with TLS" "none" fetch -u alice:secret --ssl-reqd imap://10.77.0.2/INBOX
		watched "IMAPS" "none" fetch -u alice:secret imaps://10.77.0.2/INBOX
		watched "POP3, PLAIN at once" "pop-password" fetch -u alice:secret --sasl-ir pop3://10.77.0.2/1
		watched "POP3, USER and PASS" "pop-password" mail 'm = poplib.POP3("10.77.0.2"); m.user("alice"); m.pass_("secret")'
		watched "POP3 with TLS" "none" fetch -u alice:secret --ssl-reqd pop3://10.77.0.2/1
	else
		echo "left out: dovecot does not run here:"
		tail -3 dovecot.log
	fi
else
	echo "left out: dovecot"
fi

# ---- MQTT ----
if command -v mosquitto >/dev/null && command -v mosquitto_pub >/dev/null; then
	printf 'user root\nlistener 1883 10.77.0.2\nallow_anonymous true\n' >mosquitto.conf
	lab_bg h2 mosquitto -c mosquitto.conf
	listens 1883
	watched "MQTT" "secret" lab_on h1 mosquitto_pub -h 10.77.0.2 -u alice -P secret -t lamp -m on
	watched "MQTT, nobody in particular" "none" lab_on h1 mosquitto_pub -h 10.77.0.2 -t lamp -m on
else
	echo "left out: mosquitto"
fi

# ---- one's own protocol, marked so ----
cat >door.protocol <<'END'
protocol door "Door" {
    over udp.port 4711
    kind : u8 = open enum { open = 1, close = 2 }
    code : text[u8] = "8512" if kind == open secret
}
END
lab_sniff h2 eth0 door.pcap -s 300 udp || bad=1
lab_on h1 "$STRATA" send -q -p door.protocol ip dst=10.77.0.2 / udp sport=4711 dport=4711 / door kind=close,open
lab_sniffed
in_file "one's own" "secret" door.pcap -p door.protocol
! grep -q 8512 found || { echo "FAILED: the secret is told"; bad=1; }
in_file "one's own, closed" "none" door.pcap -p door.protocol 'door.kind == close'
exit $bad
