# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# Recordings of mail, chat, telephones and stores; sourced by captures/record.sh, whose helpers they use.

# listens PORT: until somebody listens there on h2.
listens() {
	lab_until 10 lab_on h2 bash -c "true >/dev/tcp/10.77.0.2/$1" || exit 1
}

rec_ftp() {
	pair
	mkdir -p "$LAB_DIR/ftp"
	printf 'Hello from the lab.\n' >"$LAB_DIR/ftp/hello.txt"
	lab_bg h2 $py -m pyftpdlib -i 10.77.0.2 -p 21 -w -d "$LAB_DIR/ftp" -u alice -P secret
	listens 21
	forget
	sniff h1 eth0 tcp
	fetch ftp://alice:secret@10.77.0.2/
	fetch --disable-epsv ftp://alice:secret@10.77.0.2/hello.txt
	fetch --ftp-port - --disable-eprt ftp://alice:secret@10.77.0.2/hello.txt
	fetch --ftp-port - -T "$LAB_DIR/ftp/hello.txt" ftp://alice:secret@10.77.0.2/new.txt
	fetch ftp://alice:guessed@10.77.0.2/
	lab_on h1 curl -s -o /dev/null --max-time 5 -Q 'FEAT' -Q 'STAT' -Q 'DELE new.txt' ftp://alice:secret@10.77.0.2/
	keep 60 'src port 21'
}

rec_ftp-ip6() {
	pair
	mkdir -p "$LAB_DIR/ftp"
	printf 'Hello from the lab.\n' >"$LAB_DIR/ftp/hello.txt"
	lab_bg h2 $py -m pyftpdlib -i fd77::2 -p 21 -d "$LAB_DIR/ftp"
	lab_until 10 lab_on h2 bash -c "true >/dev/tcp/fd77::2/21" || exit 1
	sniff h1 eth0 tcp
	fetch 'ftp://[fd77::2]/hello.txt'
	fetch --ftp-port - 'ftp://[fd77::2]/hello.txt'
	keep 30 'src port 21'
}

rec_smtp() {
	pair
	lab_bg h2 $py -m aiosmtpd -n -c aiosmtpd.handlers.Debugging -l 10.77.0.2:25
	listens 25
	sniff h1 eth0 tcp port 25
	lab_on h1 swaks --server 10.77.0.2 --helo client.example.org --from alice@example.org \
		--to bob@example.com,carol@example.com --header 'Subject: lunch' --body 'At noon?' --hide-all
	lab_on h1 swaks --server 10.77.0.2 --helo client.example.org --protocol SMTP --from alice@example.org \
		--to bob@example.com --quit-after RCPT --hide-all
	printf 'VRFY bob@example.com\r\nHELP\r\nNOOP\r\nRSET\r\nFOO\r\nQUIT\r\n' |
		lab_on h1 nc -q 2 -i 1 10.77.0.2 25
	keep 30 'src port 25'
}

# A mail server with one box, alice's, in which there are two mails.
mail_server() {
	mkdir -p "$LAB_DIR/mail/cur" "$LAB_DIR/mail/new" "$LAB_DIR/mail/tmp" "$LAB_DIR/run"
	local tls=no
	if [ "${1-}" = ssl ]; then
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
			-subj /CN=mail.example.org -keyout "$LAB_DIR/key.pem" -out "$LAB_DIR/cert.pem" 2>/dev/null
		tls="yes
		ssl_cert = <$LAB_DIR/cert.pem
		ssl_key = <$LAB_DIR/key.pem"
	fi
	printf 'From: bob@example.com\nTo: alice@example.org\nSubject: lunch\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\nAt noon?\n' \
		>"$LAB_DIR/mail/cur/1.one:2,S"
	printf 'From: carol@example.com\nTo: alice@example.org\nSubject: dinner\nDate: Mon, 1 Jan 2024 11:00:00 +0000\n\nAt eight.\n' \
		>"$LAB_DIR/mail/new/2.two"
	chown -R nobody:nogroup "$LAB_DIR/mail"
	cat >"$LAB_DIR/dovecot.conf" <<-END
		base_dir = $LAB_DIR/run
		state_dir = $LAB_DIR/run
		log_path = $LAB_DIR/dovecot.log
		protocols = imap pop3
		listen = 10.77.0.2
		ssl = $tls
		disable_plaintext_auth = no
		auth_mechanisms = plain login
		mail_location = maildir:$LAB_DIR/mail
		default_login_user = dovenull
		default_internal_user = dovecot
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
	listens 143
}

rec_pop() {
	pair
	mail_server
	sniff h1 eth0 tcp port 110
	fetch -u alice:secret --sasl-ir pop3://10.77.0.2/
	fetch -u alice:secret --sasl-ir pop3://10.77.0.2/1
	printf 'USER alice\r\nPASS guessed\r\nCAPA\r\nUSER alice\r\nPASS secret\r\nSTAT\r\nUIDL\r\nTOP 2 1\r\nRETR 9\r\nDELE 1\r\nRSET\r\nQUIT\r\n' |
		lab_on h1 bash -c 'while read -r line; do printf "%s\n" "$line"; sleep 0.3; done | nc -q 2 10.77.0.2 110'
	keep 30 'src port 110'
}

rec_imap() {
	pair
	mail_server
	sniff h1 eth0 tcp port 143
	lab_on h1 $py - <<-'END'
		import imaplib
		m = imaplib.IMAP4("10.77.0.2")
		try:
		    m.login("alice", "guessed")
		except imaplib.IMAP4.error:
		    pass
		m.login("alice", "secret")
		m.list()
		m.create("Trips")
		m.select("INBOX")
		m.search(None, "SUBJECT", "lunch")
		m.fetch("1", "(FLAGS BODY[HEADER.FIELDS (SUBJECT)])")
		m.uid("FETCH", "1:*", "(FLAGS)")
		m.store("1", "+FLAGS", r"(\Deleted)")
		m.copy("1", "Trips")
		m.expunge()
		m.status("Trips", "(MESSAGES UNSEEN)")
		m.noop()
		m.close()
		m.logout()
	END
	keep 30 'src port 143'
}

rec_telnet() {
	pair
	lab_bg h2 socat TCP-LISTEN:23,bind=10.77.0.2,reuseaddr,fork EXEC:"telnetd -h -E $LAB_DIR/shell"
	printf '#!/bin/sh\necho Welcome to the lab; while read -r a; do echo "you said $a"; [ "$a" = bye ] && exit; done\n' >"$LAB_DIR/shell"
	chmod 755 "$LAB_DIR/shell"
	listens 23
	sniff h1 eth0 tcp port 23
	(sleep 1; printf 'hello\r'; sleep 0.5; printf 'bye\r'; sleep 1) |
		lab_on h1 script -qfc "stty rows 24 cols 80; TERM=xterm telnet 10.77.0.2" /dev/null >/dev/null
	keep 20 'src port 23'
}

rec_irc() {
	pair
	cat >"$LAB_DIR/ngircd.conf" <<-END
		[Global]
		Name = irc.example.org
		Info = The lab's server
		Listen = 10.77.0.2
		MotdPhrase = Welcome to the lab
		ServerUID = 0
		ServerGID = 0
		[Options]
		Ident = no
		PAM = no
		DNS = no
	END
	lab_bg h2 ngircd -n -f "$LAB_DIR/ngircd.conf"
	listens 6667
	sniff h1 eth0 tcp port 6667
	lab_bg h1 ii -i "$LAB_DIR/a" -s 10.77.0.2 -n alice -f "Alice Example"
	lab_bg h1 ii -i "$LAB_DIR/b" -s 10.77.0.2 -n bob -f "Bob Example"
	lab_until 5 test -p "$LAB_DIR/a/10.77.0.2/in" -a -p "$LAB_DIR/b/10.77.0.2/in" || exit 1
	sleep 1
	echo '/j #lab' >"$LAB_DIR/a/10.77.0.2/in"
	sleep 0.5
	echo '/j #lab' >"$LAB_DIR/b/10.77.0.2/in"
	lab_until 5 test -p "$LAB_DIR/b/10.77.0.2/#lab/in" || exit 1
	echo '/t what is for lunch' >"$LAB_DIR/a/10.77.0.2/#lab/in"
	echo 'hello, everybody' >"$LAB_DIR/b/10.77.0.2/#lab/in"
	echo '/WHOIS bob' >"$LAB_DIR/a/10.77.0.2/in"
	sleep 0.5
	echo '/n robert' >"$LAB_DIR/b/10.77.0.2/in"
	sleep 0.5
	echo '/l see you' >"$LAB_DIR/b/10.77.0.2/#lab/in"
	echo '/WHOIS nobody' >"$LAB_DIR/a/10.77.0.2/in"
	sleep 0.5
	echo '/q' >"$LAB_DIR/a/10.77.0.2/in"
	echo '/q' >"$LAB_DIR/b/10.77.0.2/in"
	sleep 0.5
	keep 30 'src port 6667'
}

rec_sip() {
	pair
	lab_bg h2 bash -c "cd '$LAB_DIR' && exec sipp -sn uas -i 10.77.0.2 -p 5060 -nostdin -m 3"
	sleep 1
	sniff h1 eth0 udp port 5060
	lab_on h1 bash -c "cd '$LAB_DIR' && sipp -sn uac 10.77.0.2:5060 -i 10.77.0.1 -p 5060 -s bob -d 300 -m 2 -l 1 -nostdin" </dev/null
	keep 12 'src host 10.77.0.2'
}

rec_sip-tcp() {
	pair
	lab_bg h2 bash -c "cd '$LAB_DIR' && exec sipp -sn uas -i 10.77.0.2 -p 5060 -t t1 -nostdin -m 2"
	sleep 1
	sniff h1 eth0 tcp port 5060
	lab_on h1 bash -c "cd '$LAB_DIR' && sipp -sn uac 10.77.0.2:5060 -i 10.77.0.1 -p 5060 -t t1 -s bob -d 300 -m 1 -nostdin" </dev/null
	keep 8 'src host 10.77.0.2'
}

# The tone of a fork for half a second, and who hears it.
rec_rtp() {
	pair
	sniff h1 eth0 udp portrange 5004-5005
	lab_bg h2 gst-launch-1.0 -q rtpbin name=r \
		udpsrc address=10.77.0.2 port=5004 caps=application/x-rtp,media=audio,clock-rate=8000,encoding-name=PCMU,payload=0 ! r.recv_rtp_sink_0 \
		udpsrc address=10.77.0.2 port=5005 ! r.recv_rtcp_sink_0 \
		r.send_rtcp_src_0 ! udpsink host=10.77.0.1 port=5005 sync=false async=false \
		r. ! rtppcmudepay ! fakesink
	sleep 1
	lab_on h1 timeout 12 gst-launch-1.0 -q -e rtpbin name=r \
		audiotestsrc num-buffers=110 samplesperbuffer=160 is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! \
		rtppcmupay min-ptime=100000000 max-ptime=100000000 ! r.send_rtp_sink_0 \
		r.send_rtp_src_0 ! udpsink host=10.77.0.2 port=5004 \
		r.send_rtcp_src_0 ! udpsink host=10.77.0.2 port=5005 sync=false async=false \
		udpsrc address=10.77.0.1 port=5005 ! r.recv_rtcp_sink_0
	keep 20 'src host 10.77.0.2'
}

# A call in whose descriptions the ports of the sound stand, and the sound; and a port nobody named.
rec_sip-call() {
	pair
	sniff h1 eth0 udp
	lab_bg h2 bash -c "cd '$LAB_DIR' && exec sipp -sn uas -i 10.77.0.2 -p 5060 -mi 10.77.0.2 -mp 41000 -nostdin -m 1"
	sleep 1
	lab_bg h1 bash -c "cd '$LAB_DIR' && exec sipp -sn uac 10.77.0.2:5060 -i 10.77.0.1 -p 5060 -mi 10.77.0.1 -mp 42000 -s bob -d 2500 -m 1 -l 1 -nostdin"
	sleep 0.7
	lab_on h1 timeout 12 gst-launch-1.0 -q -e rtpbin name=r \
		audiotestsrc num-buffers=60 samplesperbuffer=160 is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! \
		rtppcmupay min-ptime=100000000 max-ptime=100000000 ! tee name=t ! queue ! r.send_rtp_sink_0 \
		r.send_rtp_src_0 ! udpsink host=10.77.0.2 port=41000 \
		r.send_rtcp_src_0 ! udpsink host=10.77.0.2 port=41001 sync=false async=false \
		t. ! queue ! udpsink host=10.77.0.2 port=43000
	sleep 1.5
	keep 30 'src host 10.77.0.1'
}

# A server of one film, which is a tone.
stream_server() {
	cat >"$LAB_DIR/server.py" <<-'END'
		import gi
		gi.require_version("GstRtspServer", "1.0")
		from gi.repository import GLib, Gst, GstRtspServer
		Gst.init(None)
		server = GstRtspServer.RTSPServer()
		server.set_address("10.77.0.2")
		server.set_service("554")
		factory = GstRtspServer.RTSPMediaFactory()
		factory.set_launch("( audiotestsrc is-live=true num-buffers=60 samplesperbuffer=160 ! "
		                   "audio/x-raw,rate=8000,channels=1 ! mulawenc ! "
		                   "rtppcmupay name=pay0 min-ptime=60000000 max-ptime=60000000 )")
		server.get_mount_points().add_factory("/tone", factory)
		server.attach(None)
		GLib.MainLoop().run()
	END
	lab_bg h2 $py "$LAB_DIR/server.py"
	lab_until 10 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/554' || exit 1
}

rec_rtsp() {
	pair
	stream_server
	sniff h1 eth0 tcp
	lab_on h1 timeout 8 gst-launch-1.0 -q -e rtspsrc location=rtsp://10.77.0.2/tone protocols=udp ! fakesink
	keep 20 'src port 554'
}

rec_rtsp-interleaved() {
	pair
	stream_server
	sniff h1 eth0 tcp
	lab_on h1 timeout 8 gst-launch-1.0 -q -e rtspsrc location=rtsp://10.77.0.2/tone protocols=tcp ! fakesink
	keep 20 'src port 554'
}

rec_ssdp() {
	pair
	lab_on h1 ip route add 239.0.0.0/8 dev eth0
	lab_on h2 ip route add 239.0.0.0/8 dev eth0
	mkdir -p "$LAB_DIR/media" "$LAB_DIR/db"
	printf '%s\n' "media_dir=$LAB_DIR/media" "db_dir=$LAB_DIR/db" "log_dir=$LAB_DIR/db" network_interface=eth0 \
		port=8200 "friendly_name=Lab films" uuid=00000000-0000-0000-0000-020000000002 notify_interval=60 \
		>"$LAB_DIR/minidlna.conf"
	sniff h1 eth0 udp port 1900
	lab_bg h2 minidlnad -S -f "$LAB_DIR/minidlna.conf" -P "$LAB_DIR/minidlna.pid"
	local server=$LAB_PID
	sleep 2
	lab_on h1 timeout 4 gssdp-discover -i eth0 -n 3 --target=upnp:rootdevice
	lab_on h1 timeout 3 upnpc -m eth0 -l
	lab_stop "$server"
	sleep 1
	keep 10 'src host 10.77.0.2'
}

rec_syslog() {
	pair
	lab_bg h2 nc -klu 10.77.0.2 514
	sleep 0.3
	sniff h1 eth0 udp port 514
	# A name of its own, not that of the machine.
	# shellcheck disable=SC2016 # the inner shell's words
	local logger=(unshare -u sh -c 'hostname door1; exec logger -n 10.77.0.2 -P 514 -d "$@"' sh)
	lab_on h1 "${logger[@]}" --rfc3164 -p auth.warning -t sshd -i "Failed password for root from 10.77.0.9"
	lab_on h1 "${logger[@]}" --rfc3164 -p kern.emerg -t kernel "Out of memory"
	lab_on h1 "${logger[@]}" --rfc5424 -p mail.info -t postfix -i --msgid DELIVERED "to=<bob@example.com> status=sent"
	lab_on h1 "${logger[@]}" --rfc5424=notime,nohost -p local0.debug -t app "without a clock and a name"
	lab_on h1 "${logger[@]}" --rfc5424 -p user.notice -t door --sd-id lab@32473 \
		--sd-param 'room="12"' --sd-param 'by="alice"' "opened"
	keep 5
}

rec_memcache() {
	pair
	lab_bg h2 memcached -u root -l 10.77.0.2 -p 11211 -U 0
	listens 11211
	printf 'twenty-one degrees\n' >"$LAB_DIR/temp"
	printf '7' >"$LAB_DIR/count"
	sniff h1 eth0 tcp port 11211
	local to=--servers=10.77.0.2:11211
	lab_on h1 memccp --binary $to --flag=5 --expire=60 "$LAB_DIR/temp" "$LAB_DIR/count"
	lab_on h1 memccat --binary $to temp missing
	lab_on h1 memctouch --binary $to --expire=100 temp
	lab_on h1 memcrm --binary $to count
	lab_on h1 memcstat --binary $to
	keep 20 'src port 11211'
}

rec_memcache-text() {
	pair
	lab_bg h2 memcached -u root -l 10.77.0.2 -p 11211 -U 0
	listens 11211
	sniff h1 eth0 tcp port 11211
	printf '%s\r\n' 'set temp 5 60 10' '21 degrees' 'add temp 0 0 1' x 'get temp' 'gets temp missing' \
		'set count 0 0 1' 7 'incr count 3' 'decr count 1' 'append temp 0 0 1' '!' 'touch temp 100' 'delete count' \
		'delete count' 'incr temp 1' 'version' 'nonsense' 'verbosity 1' 'flush_all' 'quit' |
		lab_on h1 bash -c 'while read -r line; do printf "%s\n" "$line"; sleep 0.1; done | nc -q 1 10.77.0.2 11211'
	lab_on h1 memcstat --servers=10.77.0.2:11211
	keep 30 'src port 11211'
}

rec_resp() {
	pair
	lab_bg h2 redis-server --bind 10.77.0.2 --port 6379 --save '' --appendonly no --dir "$LAB_DIR" --protected-mode no
	listens 6379
	sniff h1 eth0 tcp port 6379
	local command
	for command in 'SET temp 21.5 EX 60' 'GET temp' 'GET missing' 'INCR visits' 'LPUSH list one two three' \
		'LRANGE list 0 -1' 'HSET room name kitchen size 12' 'HGETALL room' 'INCR temp' 'NOSUCH'; do
		# shellcheck disable=SC2086 # its words
		lab_on h1 redis-cli -h 10.77.0.2 $command
	done
	lab_on h1 redis-cli -h 10.77.0.2 EVAL 'return {1,{2,false},redis.status_reply("fine")}' 0
	printf '*1\r\n$4\r\nPING\r\n*2\r\n$6\r\nEXISTS\r\n$4\r\ntemp\r\n*1\r\n$4\r\nQUIT\r\n' |
		lab_on h1 nc -q 1 10.77.0.2 6379
	lab_on h1 redis-cli -3 -h 10.77.0.2 HGETALL room
	keep 20 'src port 6379'
}

rec_http2() {
	pair
	mkdir -p "$LAB_DIR/www"
	printf '<!doctype html><title>Lab</title><p>Hello from the lab.</p>\n' >"$LAB_DIR/www/index.html"
	printf 'body { color: green }\n' >"$LAB_DIR/www/style.css"
	lab_bg h2 nghttpd --no-tls -a 10.77.0.2 -d "$LAB_DIR/www" -p/index.html=/style.css 80
	listens 80
	forget
	sniff h1 eth0 tcp port 80
	fetch --http2-prior-knowledge http://10.77.0.2/
	lab_on h1 nghttp -n -a http://10.77.0.2/index.html http://10.77.0.2/missing
	lab_on h1 nghttp -n -d "$LAB_DIR/www/index.html" http://10.77.0.2/index.html
	fetch --http2 http://10.77.0.2/
	keep 30 'src port 80'
}

rec_http2-padding() {
	pair
	mkdir -p "$LAB_DIR/www"
	printf 'yes\n' >"$LAB_DIR/www/answer"
	lab_bg h2 nghttpd --no-tls -a 10.77.0.2 --padding=64 -d "$LAB_DIR/www" 80
	listens 80
	forget
	sniff h1 eth0 tcp port 80
	lab_on h1 nghttp -n --padding=32 http://10.77.0.2/answer
	lab_on h1 nghttp -n --padding=32 -d "$LAB_DIR/www/answer" http://10.77.0.2/answer
	keep 16 'src port 80'
}

rec_websocket() {
	pair
	cat >"$LAB_DIR/server.py" <<-'END'
		import asyncio, websockets
		async def talk(ws):
		    async for message in ws:
		        await ws.send(message if isinstance(message, bytes) else "you said " + message)
		        if message == "bye":
		            await ws.close(1001, "closing time")
		async def main():
		    async with websockets.serve(talk, "10.77.0.2", 8765, compression=None):
		        await asyncio.Future()
		asyncio.run(main())
	END
	cat >"$LAB_DIR/client.py" <<-'END'
		import asyncio, websockets
		async def main():
		    async with websockets.connect("ws://10.77.0.2:8765/talk", compression=None) as ws:
		        await ws.send("hello")
		        await ws.recv()
		        await ws.send(bytes(range(8)))
		        await ws.recv()
		        await ws.send("x" * 200)
		        await ws.recv()
		        await ws.send(["in ", "three ", "pieces"])
		        await ws.recv()
		        await (await ws.ping(b"are you there"))
		        await ws.send("bye")
		        await ws.wait_closed()
		asyncio.run(main())
	END
	lab_bg h2 $py "$LAB_DIR/server.py"
	listens 8765
	sniff h1 eth0 tcp port 8765
	lab_on h1 $py "$LAB_DIR/client.py"
	keep 20 'src port 8765'
}

rec_grpc() {
	pair
	cat >"$LAB_DIR/server.py" <<-'END'
		import grpc
		from concurrent import futures
		class Handler(grpc.GenericRpcHandler):
		    def service(self, call):
		        if call.method == "/lab.Thermometer/Read":
		            return grpc.unary_unary_rpc_method_handler(lambda q, c: b"\x0a\x07kitchen\x15\x00\x00\xac\x41")
		        if call.method == "/lab.Thermometer/Watch":
		            return grpc.unary_stream_rpc_method_handler(
		                lambda q, c: (bytes([8, i]) for i in range(20, 23)))
		s = grpc.server(futures.ThreadPoolExecutor(2))
		s.add_generic_rpc_handlers((Handler(),))
		s.add_insecure_port("10.77.0.2:8080")
		s.start()
		s.wait_for_termination()
	END
	cat >"$LAB_DIR/client.py" <<-'END'
		import grpc
		with grpc.insecure_channel("10.77.0.2:8080") as c:
		    c.unary_unary("/lab.Thermometer/Read")(b"\x0a\x07kitchen", timeout=5)
		    list(c.unary_stream("/lab.Thermometer/Watch")(b"\x0a\x07kitchen", timeout=5))
		    try:
		        c.unary_unary("/lab.Thermometer/Break")(b"", timeout=5)
		    except grpc.RpcError:
		        pass
	END
	lab_bg h2 $py "$LAB_DIR/server.py"
	listens 8080
	sniff h1 eth0 tcp port 8080
	lab_on h1 $py "$LAB_DIR/client.py"
	keep 15 'src port 8080'
}

# The small services that are built into xinetd.
small_services() {
	local name how
	printf 'defaults\n{\n\tbind = 10.77.0.2\n\tlog_type = FILE %s\n}\n' "$LAB_DIR/xinetd.log" >"$LAB_DIR/xinetd.conf"
	for name; do
		for how in stream:tcp:no dgram:udp:yes; do
			printf 'service %s\n{\n\ttype = INTERNAL\n\tid = %s-%s\n\tsocket_type = %s\n\tprotocol = %s\n\tuser = root\n\twait = %s\n}\n' \
				"$name" "$name" "${how%:*}" "${how%%:*}" "$(cut -d: -f2 <<<"$how")" "${how##*:}" >>"$LAB_DIR/xinetd.conf"
		done
	done
	lab_bg h2 xinetd -dontfork -f "$LAB_DIR/xinetd.conf" -pidfile "$LAB_DIR/xinetd.pid"
	sleep 1
}

rec_daytime() {
	pair
	small_services daytime
	sniff h1 eth0 port 13
	lab_on h1 nc -w 2 10.77.0.2 13 </dev/null
	printf '\n' | lab_on h1 nc -u -w 1 10.77.0.2 13
	keep 5 'src port 13'
}

rec_time() {
	pair
	small_services time
	sniff h1 eth0 port 37
	lab_on h1 rdate -p 10.77.0.2
	lab_on h1 rdate -p -u 10.77.0.2
	keep 5 'src port 37'
}

rec_chargen() {
	pair
	small_services chargen
	sniff h1 eth0 port 19
	printf 'x' | lab_on h1 nc -u -w 1 10.77.0.2 19
	printf 'y' | lab_on h1 nc -u -w 1 10.77.0.2 19
	keep 3 'src port 19'
}

rec_finger() {
	pair
	lab_bg h2 socat TCP-LISTEN:79,bind=10.77.0.2,reuseaddr,fork EXEC:in.fingerd
	listens 79
	sniff h1 eth0 tcp port 79
	lab_on h1 finger nobody@10.77.0.2
	lab_on h1 finger -l stranger@10.77.0.2
	keep 12 'src port 79'
}

rec_gopher() {
	pair
	mkdir -p "$LAB_DIR/gopher/poems"
	printf 'Roses are red,\r\nviolets are blue.\r\n' >"$LAB_DIR/gopher/roses.txt"
	printf 'iWelcome to the lab\t\t\t\n0Roses\troses.txt\n1Poems\tpoems\n' >"$LAB_DIR/gopher/gophermap"
	chmod -R a+rX "$LAB_DIR/gopher"
	lab_bg h2 socat TCP-LISTEN:70,bind=10.77.0.2,reuseaddr,fork EXEC:"setpriv --reuid nobody --regid nogroup --clear-groups gophernicus -r $LAB_DIR/gopher -h gopher.example.org -nu -nv"
	listens 70
	sniff h1 eth0 tcp port 70
	fetch gopher://10.77.0.2/
	fetch gopher://10.77.0.2/0/roses.txt
	fetch gopher://10.77.0.2/0/missing
	keep 18 'src port 70'
}

# A registry of one name.
rec_whois() {
	pair
	# shellcheck disable=SC2016 # the inner shell's words
	printf '%s\n' 'read -r name' 'printf "Domain: %s\r\nRegistrant: The lab\r\nCreated: 2020-01-01\r\n" "${name%?}"' \
		>"$LAB_DIR/registry"
	lab_bg h2 socat TCP-LISTEN:43,bind=10.77.0.2,reuseaddr,fork EXEC:"sh $LAB_DIR/registry"
	listens 43
	sniff h1 eth0 tcp port 43
	lab_on h1 whois -h 10.77.0.2 example.org
	keep 8 'src port 43'
}

rec_gearman() {
	pair
	lab_bg h2 gearmand -u root -L 10.77.0.2 -p 4730 -l "$LAB_DIR/gearmand.log"
	listens 4730
	sniff h1 eth0 tcp port 4730
	lab_bg h1 gearman -w -c 3 -h 10.77.0.2 -f reverse -- rev
	sleep 0.5
	echo "hello from the lab" | lab_on h1 gearman -h 10.77.0.2 -f reverse -u first
	lab_on h1 gearman -h 10.77.0.2 -f reverse "another one"
	lab_on h1 gearman -h 10.77.0.2 -b -f reverse "for later"
	sleep 0.5
	keep 20 'src port 4730'
}

rec_nbd() {
	pair
	lab_bg h2 nbdkit -f -i 10.77.0.2 memory 4096
	listens 10809
	printf 'Hello from the lab.' >"$LAB_DIR/hello"
	sniff h1 eth0 tcp port 10809
	lab_on h1 nbdcopy --flush "$LAB_DIR/hello" nbd://10.77.0.2
	lab_on h1 nbdcopy nbd://10.77.0.2 "$LAB_DIR/copy"
	lab_on h1 nbdinfo --list nbd://10.77.0.2
	keep 20 'src port 10809'
}

# Calls with values of many kinds, by the library of Thrift.
rec_thrift() {
	pair
	cat >"$LAB_DIR/thermometer.py" <<-'END'
		from thrift.protocol.TBinaryProtocol import TBinaryProtocol
		from thrift.Thrift import TMessageType, TType
		from thrift.transport import TSocket, TTransport
		def fields(p, values):
		    p.writeStructBegin("args")
		    for i, (kind, value) in enumerate(values, 1):
		        p.writeFieldBegin("f", kind, i)
		        value(p)
		        p.writeFieldEnd()
		    p.writeFieldStop()
		    p.writeStructEnd()
		def many(p):
		    p.writeListBegin(TType.I32, 3)
		    for i in (20, 21, 22):
		        p.writeI32(i)
		    p.writeListEnd()
		def pairs(p):
		    p.writeMapBegin(TType.STRING, TType.DOUBLE, 2)
		    for k, v in (("kitchen", 21.5), ("cellar", 12.0)):
		        p.writeString(k)
		        p.writeDouble(v)
		    p.writeMapEnd()
		def place(p):
		    fields(p, [(TType.STRING, lambda p: p.writeString("upstairs")), (TType.BOOL, lambda p: p.writeBool(True))])
		CALLS = [("ping", []), ("read", [(TType.STRING, lambda p: p.writeString("kitchen")), (TType.I16, lambda p: p.writeI16(7))]),
		         ("report", [(TType.LIST, many), (TType.MAP, pairs), (TType.STRUCT, place), (TType.I64, lambda p: p.writeI64(1 << 40))])]
	END
	cat >"$LAB_DIR/server.py" <<-'END'
		from thermometer import *
		s = TSocket.TServerSocket("10.77.0.2", 9090)
		s.listen()
		while True:
		    t = TTransport.TBufferedTransport(s.accept())
		    p = TBinaryProtocol(t)
		    try:
		        while True:
		            name, kind, seq = p.readMessageBegin()
		            p.skip(TType.STRUCT)
		            p.readMessageEnd()
		            p.writeMessageBegin(name, TMessageType.REPLY, seq)
		            p.writeStructBegin("result")
		            p.writeFieldBegin("success", TType.DOUBLE, 0)
		            p.writeDouble(21.5)
		            p.writeFieldStop()
		            p.writeMessageEnd()
		            t.flush()
		    except Exception:
		        t.close()
	END
	cat >"$LAB_DIR/client.py" <<-'END'
		from thermometer import *
		t = TTransport.TBufferedTransport(TSocket.TSocket("10.77.0.2", 9090))
		p = TBinaryProtocol(t)
		t.open()
		for seq, (name, values) in enumerate(CALLS, 1):
		    p.writeMessageBegin(name, TMessageType.CALL, seq)
		    fields(p, values)
		    p.writeMessageEnd()
		    t.flush()
		    p.readMessageBegin()
		    p.skip(TType.STRUCT)
		t.close()
	END
	lab_bg h2 $py "$LAB_DIR/server.py"
	listens 9090
	sniff h1 eth0 tcp port 9090
	lab_on h1 $py "$LAB_DIR/client.py"
	keep 10 'src port 9090'
}

rec_collectd() {
	pair
	cat >"$LAB_DIR/collectd.conf" <<-END
		Hostname "host1.example.org"
		FQDNLookup false
		Interval 1
		BaseDir "$LAB_DIR"
		PIDFile "$LAB_DIR/collectd.pid"
		LoadPlugin load
		LoadPlugin interface
		LoadPlugin network
		<Plugin interface>
		Interface "eth0"
		</Plugin>
		<Plugin network>
		Server "10.77.0.2" "25826"
		</Plugin>
	END
	lab_bg h2 nc -klu 10.77.0.2 25826
	sniff h1 eth0 udp port 25826
	lab_bg h1 collectd -f -C "$LAB_DIR/collectd.conf"
	local daemon=$LAB_PID
	sleep 7
	lab_stop "$daemon"
	sleep 0.5
	keep 1
}

# ---- mail that is refused, and mail that is hidden ----

# mail_sink PYTHON: an SMTP server whose controller is made by the lines given; the name of the class is Ours.
mail_sink() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
		-subj /CN=mail.example.org -keyout "$LAB_DIR/key.pem" -out "$LAB_DIR/cert.pem" 2>/dev/null
	cat >"$LAB_DIR/sink.py" <<-END
		import asyncio, ssl, sys
		from aiosmtpd.controller import Controller
		from aiosmtpd.smtp import AuthResult
		tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
		tls.load_cert_chain("$LAB_DIR/cert.pem", "$LAB_DIR/key.pem")
		class Ours:
		    async def handle_MAIL(self, server, session, envelope, address, options):
		        if address.startswith("spam"):
		            return "550 5.7.1 not from you"
		        envelope.mail_from = address
		        return "250 OK"
		    async def handle_RCPT(self, server, session, envelope, address, options):
		        if not address.endswith("@example.com"):
		            return "550 5.1.1 no such user here"
		        if address.startswith("slow"):
		            return "450 4.7.1 come back later"
		        envelope.rcpt_tos.append(address)
		        return "250 OK"
		    async def handle_DATA(self, server, session, envelope):
		        return "554 5.6.0 too dull" if b"dull" in envelope.content else "250 kept"
		def let_in(server, session, envelope, mechanism, data):
		    return AuthResult(success=data.password == b"secret")
		Controller(Ours(), hostname="10.77.0.2", port=25, server_hostname="mail.example.org", $1).start()
		asyncio.new_event_loop().run_forever()
	END
	lab_bg h2 $py "$LAB_DIR/sink.py"
	listens 25
	sniff h1 eth0 tcp port 25
}

send_mail() { lab_on h1 swaks --server 10.77.0.2 --helo client.example.org --from alice@example.org --to bob@example.com --hide-all --body hi "$@"; }

rec_smtp-refused() {
	pair
	mail_sink 'data_size_limit=200'
	send_mail --from spam@example.org
	send_mail --to nobody@example.org
	send_mail --to slow@example.com
	send_mail --body 'a dull letter'
	send_mail --body "$(printf 'x%.0s' $(seq 300))"
	printf 'DATA\r\nRCPT TO:<bob@example.com>\r\nMAIL FROM bob\r\nSTARTTLS\r\nQUIT\r\n' | lab_on h1 nc -q 1 -w 2 10.77.0.2 25
	keep 40 'src port 25'
}

rec_smtp-auth() {
	pair
	mail_sink 'authenticator=let_in, auth_required=True, auth_require_tls=False'
	send_mail
	send_mail --auth PLAIN --auth-user alice --auth-password guessed
	send_mail --auth LOGIN --auth-user alice --auth-password secret
	keep 30 'src port 25'
}

rec_smtp-starttls() {
	pair
	mail_sink 'tls_context=tls, require_starttls=True'
	send_mail
	send_mail --tls
	keep 20 'src port 25'
}

rec_pop-tls() {
	pair
	mail_server ssl
	sniff h1 eth0 tcp port 110
	fetch -k --ssl-reqd -u alice:secret pop3://10.77.0.2/
	keep 15 'src port 110'
}

rec_imap-tls() {
	pair
	mail_server ssl
	sniff h1 eth0 tcp port 143
	fetch -k --ssl-reqd -u alice:secret imap://10.77.0.2/
	keep 15 'src port 143'
}

# ---- files ----

rec_ftp-resume() {
	pair
	mkdir -p "$LAB_DIR/ftp/box"
	seq 1 50 >"$LAB_DIR/ftp/long.txt"
	lab_bg h2 $py -m pyftpdlib -i 10.77.0.2 -p 21 -w -d "$LAB_DIR/ftp"
	listens 21
	sniff h1 eth0 tcp
	fetch -C 100 ftp://10.77.0.2/long.txt
	fetch ftp://10.77.0.2/missing.txt
	fetch -Q 'MKD new' -Q 'RNFR new' -Q 'RNTO old' -Q 'RMD old' -Q 'SYST' -Q 'MDTM long.txt' -Q 'NOOP' -Q 'HELP' -Q 'CWD /nowhere' ftp://10.77.0.2/
	keep 40 'src port 21'
}

rec_smb2-refused() {
	pair
	samba_conf "smb ports = 445
		server smb encrypt = desired
		map to guest = never"
	mkdir -p "$LAB_DIR/share"
	printf '[share]\npath = %s\n' "$LAB_DIR/share" >>"$LAB_DIR/smb.conf"
	lab_bg h2 setsid -w smbd -F --no-process-group -s "$LAB_DIR/smb.conf"
	lab_until 10 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/445'
	sniff h1 eth0 tcp port 445
	lab_on h1 timeout 10 smbclient -s "$LAB_DIR/smb.conf" //10.77.0.2/share -U 'alice%guessed' -c ls
	keep 8
}

# ---- talk ----

# sip_play SCENARIO...: sipp on both sides with the parts given (uas's, then uac's).
sip_play() {
	printf '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="uas">%s</scenario>\n' "$1" >"$LAB_DIR/uas.xml"
	printf '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="uac">%s</scenario>\n' "$2" >"$LAB_DIR/uac.xml"
	lab_bg h2 bash -c "cd '$LAB_DIR' && exec sipp -sf uas.xml -i 10.77.0.2 -p 5060 -nostdin -m 1 || true"
	sleep 1
	sniff h1 eth0 udp port 5060
	lab_on h1 bash -c "cd '$LAB_DIR' && timeout 10 sipp -sf uac.xml 10.77.0.2:5060 -i 10.77.0.1 -p 5060 -s bob -m 1 -nostdin" </dev/null
}

sip_head() { # METHOD CSEQ [more lines]
	printf '<send%s><![CDATA[\n%s sip:[service]@[remote_ip]:[remote_port] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nFrom: alice <sip:alice@[local_ip]>;tag=[call_number]\nTo: bob <sip:bob@[remote_ip]>%s\nCall-ID: [call_id]\nCSeq: %s %s\nContact: sip:alice@[local_ip]:[local_port]\nMax-Forwards: 70\n%sContent-Length: 0\n\n]]></send>' \
		"${SEND-}" "$1" "${4-}" "$2" "$1" "${3:+$3
}"
}

sip_say() { # STATUS [more lines]
	printf '<send><![CDATA[\nSIP/2.0 %s\n[last_Via:]\n[last_From:]\n[last_To:];tag=b[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n%sContent-Length: 0\n\n]]></send>' "$1" "${2:+$2
}"
}

rec_sip-register() {
	pair
	sip_play "<recv request=\"REGISTER\"/>$(sip_say '401 Unauthorized' 'WWW-Authenticate: Digest realm="lab", nonce="0123456789abcdef", algorithm=MD5')<recv request=\"REGISTER\"/>$(sip_say '200 OK' 'Contact: <sip:alice@10.77.0.1:5060>;expires=60')<recv request=\"OPTIONS\"/>$(sip_say '200 OK' 'Allow: INVITE, ACK, BYE, CANCEL, OPTIONS')" \
		"$(sip_head REGISTER 1 'Expires: 60')<recv response=\"401\"/>$(sip_head REGISTER 2 'Authorization: Digest username="alice", realm="lab", nonce="0123456789abcdef", uri="sip:10.77.0.2", response="6629fae49393a05397450978507c4ef1"
Expires: 60')<recv response=\"200\"/>$(sip_head OPTIONS 3)<recv response=\"200\"/>"
	keep 6
}

rec_sip-busy() {
	pair
	sip_play "<recv request=\"INVITE\"/>$(sip_say '100 Trying')$(sip_say '180 Ringing')<recv request=\"CANCEL\"/>$(sip_say '200 OK')$(sip_say '487 Request Terminated')<recv request=\"ACK\" optional=\"true\"/><recv request=\"MESSAGE\"/>$(sip_say '486 Busy Here')" \
		"$(sip_head INVITE 1)<recv response=\"100\"/><recv response=\"180\"/>$(sip_head CANCEL 1)<recv response=\"200\"/><recv response=\"487\"/>$(sip_head ACK 1)$(sip_head MESSAGE 2)<recv response=\"486\"/>"
	keep 8
}

rec_websocket-deflate() {
	pair
	cat >"$LAB_DIR/talk.py" <<-'END'
		import asyncio, sys, websockets
		async def talk(ws):
		    async for message in ws:
		        await ws.send(message * 3)
		async def main():
		    if sys.argv[1] == "serve":
		        async with websockets.serve(talk, "10.77.0.2", 8765, subprotocols=["lab"], max_size=500):
		            await asyncio.Future()
		    async with websockets.connect("ws://10.77.0.2:8765/", subprotocols=["lab"]) as ws:
		        await ws.send("again and again ")
		        await ws.recv()
		        await ws.send("x" * 600)
		        await ws.wait_closed()
		asyncio.run(main())
	END
	lab_bg h2 $py "$LAB_DIR/talk.py" serve
	listens 8765
	sniff h1 eth0 tcp port 8765
	lab_on h1 $py "$LAB_DIR/talk.py" ask
	keep 10 'src port 8765'
}

rec_resp-pubsub() {
	pair
	lab_bg h2 redis-server --bind 10.77.0.2 --port 6379 --save '' --appendonly no --dir "$LAB_DIR" --protected-mode no --requirepass secret
	listens 6379
	sniff h1 eth0 tcp port 6379
	lab_bg h1 bash -c 'timeout 3 redis-cli -h 10.77.0.2 -a secret --no-auth-warning PSUBSCRIBE "lamp*" || true'
	sleep 0.5
	lab_on h1 redis-cli -h 10.77.0.2 PUBLISH lamp1 on
	lab_on h1 redis-cli -h 10.77.0.2 -a wrong --no-auth-warning PING
	lab_on h1 redis-cli -h 10.77.0.2 -a secret --no-auth-warning PUBLISH lamp1 on
	printf 'AUTH secret\nMULTI\nSET a 1\nINCR a\nEXEC\nXADD s 1-1 f v\nHELLO 3\nXRANGE s - +\nSMEMBERS a\nCLIENT TRACKING on\nGET a\n' |
		lab_on h1 redis-cli -h 10.77.0.2
	sleep 3
	keep 30 'src port 6379'
}

rec_http2-errors() {
	pair
	mkdir -p "$LAB_DIR/www"
	seq 1 300 >"$LAB_DIR/www/long.txt"
	lab_bg h2 nghttpd --no-tls -a 10.77.0.2 -d "$LAB_DIR/www" --trailer 'checksum: none' 80
	listens 80
	sniff h1 eth0 tcp port 80
	lab_on h1 nghttp -n -w 10 -W 10 http://10.77.0.2/long.txt
	lab_on h1 nghttp -n --header-table-size=0 -H "x-long: $(head -c 600 /dev/urandom | base64 -w0)" --trailer 'a: b' -d "$LAB_DIR/www/long.txt" http://10.77.0.2/missing
	# A frame of a size that is not allowed, after the preface and empty settings.
	printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\5\6\0\0\0\0\0hello' | lab_on h1 nc -q 1 -w 2 10.77.0.2 80
	keep 20 'src port 80'
}
