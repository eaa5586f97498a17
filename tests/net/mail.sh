# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Mail servers on h2 (10.77.0.2) for tests of strata watch, sourced; over command.sh. Both take TLS and
# passwords in clear: of alice, secret.

py=/usr/bin/python3 # the one that Debian's packages are for

has() { "$py" -c "import $1" 2>/dev/null || { echo "left out: $1"; return 1; }; }

listens() { # PORT
	# shellcheck disable=SC2034 # of command.sh
	lab_until 10 lab_on h2 bash -c "true >/dev/tcp/10.77.0.2/$1" || { echo "FAILED: nobody listens at $1"; cat "$LAB_LOG"; bad=1; }
}

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
		-subj /CN=mail.example.org -keyout key.pem -out cert.pem 2>/dev/null
}

# SMTP at port 25; needs aiosmtpd.
smtp_server() {
	cat >smtp.py <<'PY'
import asyncio, ssl
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult
t = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
t.load_cert_chain("cert.pem", "key.pem")
def let_in(server, session, envelope, mechanism, data): return AuthResult(success=True)
Controller(Sink(), hostname="10.77.0.2", port=25, tls_context=t, authenticator=let_in,
           auth_require_tls=False).start()
asyncio.new_event_loop().run_forever()
PY
	lab_bg h2 "$py" smtp.py
	listens 25
}

# IMAP and POP3, also inside TLS; a box with one letter. Needs dovecot.
mail_server() {
	mkdir -p mail/cur mail/new mail/tmp run
	printf 'From: bob@example.com\nSubject: lunch\n\nAt noon?\n' >mail/cur/1.one:2,S
	chown -R nobody:nogroup mail 2>/dev/null
	chmod -R a+rwX mail
	cat >dovecot.conf <<END
base_dir = $LAB_DIR/run
state_dir = $LAB_DIR/run
log_path = $LAB_DIR/dovecot.log
protocols = imap pop3
listen = 10.77.0.2
ssl = yes
ssl_cert = <$LAB_DIR/cert.pem
ssl_key = <$LAB_DIR/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:$LAB_DIR/mail
mail_uid = nobody
mail_gid = nogroup
service anvil {
chroot =
}
service imap-login {
chroot =
}
service pop3-login {
chroot =
}
passdb {
driver = static
args = password=secret
}
userdb {
driver = static
args = uid=nobody gid=nogroup home=$LAB_DIR/mail
}
END
	lab_bg h2 dovecot -F -c "$LAB_DIR/dovecot.conf"
}
