# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# Recordings of what secures, proves and hides; sourced by captures/record.sh, whose helpers they use.

# certificate NAME [openssl's -newkey arguments]: NAME.pem and NAME.key in LAB_DIR.
certificate() {
	openssl req -x509 -newkey "${2:-ec}" "${@:3}" -nodes -days 3650 -subj "/CN=$1.example.org" \
		-keyout "$LAB_DIR/$1.key" -out "$LAB_DIR/$1.pem" 2>/dev/null
}

ec=(-pkeyopt ec_paramgen_curve:prime256v1)

# The kernel's WireGuard where it has one, else that in a process.
wireguard_device() { # HOST DEVICE
	lab_on "$1" ip link add "$2" type wireguard 2>/dev/null && return
	lab_bg "$1" wireguard-go -f "$2"
	lab_until 5 lab_on "$1" wg show "$2" || exit 1
}

rec_wireguard() {
	pair
	local n peer
	for n in 1 2; do
		wg genkey >"$LAB_DIR/$n.key"
		wg pubkey <"$LAB_DIR/$n.key" >"$LAB_DIR/$n.pub"
		wireguard_device h$n wg$n
	done
	for n in 1 2; do
		peer=$((3 - n))
		lab_on h$n wg set wg$n private-key "$LAB_DIR/$n.key" listen-port 51820 \
			peer "$(cat "$LAB_DIR/$peer.pub")" allowed-ips 10.88.0.0/24 \
			endpoint 10.77.0.$peer:51820
		lab_addr h$n wg$n 10.88.0.$n/24
		lab_on h$n ip link set wg$n mtu 1420 up
	done
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 udp
	lab_on h1 ping -c2 -i 0.3 10.88.0.2
	lab_on h1 wg set wg1 peer "$(cat "$LAB_DIR/2.pub")" persistent-keepalive 1
	sleep 1.5
	keep 6
}

# ssh_client COMMAND-LINE.. runs ssh with what is needed to get in.
ssh_server() {
	local type
	for type in ed25519 ecdsa rsa; do
		ssh-keygen -q -t $type -N '' -C lab -f "$LAB_DIR/host_$type"
	done
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$LAB_DIR/user"
	mkdir -p /run/sshd
	{
		printf 'HostKey %s\n' "$LAB_DIR"/host_ed25519 "$LAB_DIR"/host_ecdsa "$LAB_DIR"/host_rsa
		printf 'AuthorizedKeysFile %s\n' "$LAB_DIR/user.pub"
		printf 'StrictModes no\nUsePAM no\nPermitRootLogin yes\nPidFile none\nUseDNS no\n'
		printf 'PrintMotd no\nPrintLastLog no\n'
	} >"$LAB_DIR/sshd.conf"
	lab_bg h2 /usr/sbin/sshd -D -e -f "$LAB_DIR/sshd.conf"
	lab_until 5 lab_on h1 bash -c 'true >/dev/tcp/10.77.0.2/22'
}

ssh_client() {
	lab_on h1 ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o BatchMode=yes -i "$LAB_DIR/user" "$@"
}

rec_ssh() {
	pair
	# So that the lists of ciphers are in one segment.
	lab_on h1 ip link set eth0 mtu 3000
	lab_on h2 ip link set eth0 mtu 3000
	ssh_server
	sniff h1 eth0 tcp
	ssh_client root@10.77.0.2 true
	keep 20
}

rec_ssh-groups() {
	pair
	ssh_server
	sniff h1 eth0 tcp
	ssh_client -o KexAlgorithms=diffie-hellman-group-exchange-sha256 \
		-o HostKeyAlgorithms=rsa-sha2-256 -o Ciphers=aes128-ctr root@10.77.0.2 true
	ssh_client -o KexAlgorithms=diffie-hellman-group14-sha256 \
		-o HostKeyAlgorithms=ecdsa-sha2-nistp256 root@10.77.0.2 true
	keep 30
}

radius_server() {
	cat >"$LAB_DIR/radiusd.conf" <<-END
		prefix = /usr
		name = lab
		localstatedir = $LAB_DIR
		run_dir = $LAB_DIR
		logdir = $LAB_DIR
		libdir = /usr/lib/freeradius
		pidfile = $LAB_DIR/radiusd.pid
		log { destination = stdout }
		security { allow_vulnerable_openssl = yes
			status_server = yes }
		client lab { ipaddr = 10.77.0.1
			secret = lab-secret }
		client lab6 { ipv6addr = fd77::1
			secret = lab-secret }
		modules {
			pap { }
			chap { }
			always ok { rcode = ok }
			always reject { rcode = reject }
		}
		server lab {
			listen { type = auth
				${1:-ipaddr = 10.77.0.2}
				port = 1812 }
			listen { type = acct
				${1:-ipaddr = 10.77.0.2}
				port = 1813 }
			listen { type = coa
				${1:-ipaddr = 10.77.0.2}
				port = 3799 }
			authorize {
				if (&User-Name == "alice") {
					update control { Cleartext-Password := "wonderland" }
					update reply {
						Service-Type := Framed-User
						Framed-Protocol := PPP
						Framed-IP-Address := 10.88.0.7
						Framed-MTU := 1400
						Session-Timeout := 3600
						Reply-Message := "Welcome"
						Class := 0x6c6162
						Tunnel-Type:1 := VLAN
						Tunnel-Medium-Type:1 := IEEE-802
						Tunnel-Private-Group-Id:1 := "42"
						Framed-IPv6-Prefix := 2001:db8:7::/48
						Cisco-AVPair := "shell:priv-lvl=15"
						MS-Primary-DNS-Server := 10.77.0.3
					}
				}
				chap
				pap
			}
			authenticate {
				Auth-Type PAP {
					pap
				}
				Auth-Type CHAP {
					chap
				}
			}
			preacct {
				ok
			}
			accounting {
				ok
			}
			recv-coa {
				ok
			}
			send-coa {
				ok
			}
		}
	END
	lab_bg h2 freeradius -f -l stdout -d "$LAB_DIR" -D /usr/share/freeradius -n radiusd
	lab_until 5 lab_on h2 bash -c 'ss -lun | grep -q :1812'
}

radius_ask() { lab_on h1 radclient -D /usr/share/freeradius -r 1 -t 2 "10.77.0.2:$1" "$2" lab-secret; }

rec_radius() {
	pair
	radius_server
	sniff h1 eth0 udp
	local who='NAS-IP-Address=10.77.0.1,NAS-Port=7,NAS-Port-Type=Ethernet,NAS-Identifier=switch'
	who+=',Called-Station-Id=02-00-00-00-00-02,Calling-Station-Id=02-00-00-00-00-01'
	echo "User-Name=alice,User-Password=wonderland,Service-Type=Framed-User,$who,Message-Authenticator=0x00" |
		radius_ask 1812 auth
	echo "User-Name=alice,CHAP-Password=wonderland,$who,NAS-IPv6-Address=fd77::1" | radius_ask 1812 auth
	echo "User-Name=alice,User-Password=looking-glass,$who" | radius_ask 1812 auth
	echo "Message-Authenticator=0x00" | radius_ask 1812 status
	keep 6
}

rec_radius-accounting() {
	pair
	radius_server
	sniff h1 eth0 udp
	local who='User-Name=alice,NAS-IP-Address=10.77.0.1,NAS-Port=7,Acct-Session-Id=0001,Class=0x6c6162'
	local when='Event-Timestamp=1767225600'
	echo "$who,Acct-Status-Type=Start,Acct-Authentic=RADIUS,Framed-IP-Address=10.88.0.7,$when" |
		radius_ask 1813 acct
	echo "$who,Acct-Status-Type=Interim-Update,Acct-Session-Time=60,Acct-Input-Octets=1000" |
		radius_ask 1813 acct
	echo "$who,Acct-Status-Type=Stop,Acct-Terminate-Cause=User-Request,Acct-Session-Time=90,$(
		)Acct-Input-Octets=1500,Acct-Output-Octets=90000,Acct-Input-Packets=20,Acct-Output-Packets=80" |
		radius_ask 1813 acct
	echo "$who,Session-Timeout=60" | radius_ask 3799 coa
	echo "$who" | radius_ask 3799 disconnect
	keep 8
}

turn_server() {
	# Its database is a file; it must not be the machine's.
	lab_bg h2 turnserver -n --listening-ip=10.77.0.2 --listening-ip=fd77::2 --relay-ip=10.77.0.2 \
		--relay-ip=fd77::2 --lt-cred-mech --user=alice:wonderland --realm=lab.example \
		--no-tls --no-dtls --no-cli --userdb="$LAB_DIR/turndb" --log-file=stdout \
		--pidfile="$LAB_DIR/turn.pid" --min-port=50000 --max-port=50100
	lab_until 5 lab_on h2 bash -c 'ss -lun | grep -q "10.77.0.2:3478"'
	sleep 0.5
}

rec_stun() {
	pair
	turn_server
	sniff h1 eth0 udp
	lab_on h1 turnutils_stunclient 10.77.0.2
	lab_on h1 turnutils_stunclient fd77::2
	keep 4
}

rec_turn() {
	pair
	turn_server
	sniff h1 eth0 udp port 3478
	lab_on h1 timeout 20 turnutils_uclient -u alice -w wonderland -n 2 -m 1 -y -c -l 40 10.77.0.2
	keep 20
}

rec_turn-tcp() {
	pair
	turn_server
	sniff h1 eth0 tcp port 3478
	lab_on h1 timeout 20 turnutils_uclient -t -u alice -w wonderland -n 2 -m 1 -y -c -l 42 10.77.0.2
	keep 20
}

# openvpn_pair PROTO-OF-SERVER PROTO-OF-CLIENT [options for both]
openvpn_pair() {
	certificate server ec "${ec[@]}"
	certificate client ec "${ec[@]}"
	local both=(--dev null --verb 3 --dh none --ping 1 --data-ciphers AES-128-GCM "${@:3}")
	lab_bg h2 openvpn "${both[@]}" --proto "$1" --local 10.77.0.2 --tls-server --mode p2p \
		--cert "$LAB_DIR/server.pem" --key "$LAB_DIR/server.key" --ca "$LAB_DIR/client.pem"
	local server=$LAB_LOG
	sleep 1
	lab_bg h1 openvpn "${both[@]}" --proto "$2" --remote 10.77.0.2 --nobind --tls-client \
		--cert "$LAB_DIR/client.pem" --key "$LAB_DIR/client.key" --ca "$LAB_DIR/server.pem"
	lab_until 15 grep -q 'Initialization Sequence Completed' "$LAB_LOG"
	lab_until 15 grep -q 'Initialization Sequence Completed' "$server"
	sleep 2
}

rec_openvpn() {
	pair
	sniff h1 eth0 port 1194
	openvpn_pair udp4 udp4
	keep 15
}

rec_openvpn-signed() {
	pair
	openvpn --genkey secret "$LAB_DIR/shared.key"
	sniff h1 eth0 port 1194
	openvpn_pair udp4 udp4 --tls-auth "$LAB_DIR/shared.key"
	keep 15
}

rec_openvpn-tcp() {
	pair
	sniff h1 eth0 port 1194
	openvpn_pair tcp4-server tcp4-client
	keep 20
}

# It ends where its input does.
dtls_server() {
	lab_bg h2 bash -c 'sleep 60 | openssl s_server -dtls1_2 -accept 10.77.0.2:4433 -quiet "$@"' - \
		-cert "$LAB_DIR/server.pem" -key "$LAB_DIR/server.key" "$@"
}

rec_dtls() {
	pair
	certificate server ec "${ec[@]}"
	dtls_server -listen
	sleep 0.5
	sniff h1 eth0 udp
	{ sleep 1; echo hello; sleep 0.5; } |
		lab_on h1 timeout 5 openssl s_client -dtls1_2 -connect 10.77.0.2:4433 -quiet \
			-servername www.example.org
	keep 6
}

rec_dtls-pieces() {
	pair
	certificate server rsa:4096
	certificate client ec "${ec[@]}"
	dtls_server -mtu 600 -Verify 1
	sleep 0.5
	sniff h1 eth0 udp
	{ sleep 1; echo hello; sleep 0.5; } |
		lab_on h1 timeout 5 openssl s_client -dtls1_2 -connect 10.77.0.2:4433 -quiet -mtu 600 \
			-cert "$LAB_DIR/client.pem" -key "$LAB_DIR/client.key"
	keep 8
}

# sync_pair: two that keep folders alike, over QUIC and without help from anywhere.
sync_pair() {
	local n ids=() to=(none quic://10.77.0.2:443 dynamic)
	for n in 1 2; do
		syncthing generate --home "$LAB_DIR/sync$n" --no-default-folder --skip-port-probing
		ids[n]=$(syncthing --home "$LAB_DIR/sync$n" --device-id)
	done
	for n in 1 2; do
		sed -i -E "s#(<listenAddress>)default#\\1quic://10.77.0.$n:443#
			s#(<(globalAnnounce|localAnnounce|relays|nat|crashReporting)Enabled>)true#\\1false#
			s#(<reconnectionIntervalS>)60#\\11#
			s#</configuration>#<device id=\"${ids[3 - n]}\" name=\"other\"><address>${to[n]}</address></device>&#" \
			"$LAB_DIR/sync$n/config.xml"
	done
}

sync_start() {
	lab_bg "h$1" syncthing serve --home "$LAB_DIR/sync$1" --no-browser --no-restart --no-upgrade
}

rec_quic() {
	pair
	sync_pair
	sync_start 2
	lab_until 15 lab_on h2 bash -c 'ss -lun | grep -q 10.77.0.2:443'
	sniff h1 eth0 udp port 443
	sync_start 1
	lab_until 20 bash -c "tshark -r '$LAB_DIR/out.pcap' 2>/dev/null | grep -q Protected"
	sleep 1
	keep 10
}

# A version that nobody knows, from strata itself; the server tells which it does.
rec_quic-versions() {
	pair
	sync_pair
	sync_start 2
	lab_until 15 lab_on h2 bash -c 'ss -lun | grep -q 10.77.0.2:443'
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 udp port 443
	"${STRATA:-$here/../build/debug/strata}" craft --as raw quic_invariant \
		scid=hex:0a0b0c0d0e0f0001 data=fill:1180 | xxd -r -p >"$LAB_DIR/unknown"
	lab_on h1 bash -c "cat '$LAB_DIR/unknown' >/dev/udp/10.77.0.2/443"
	sleep 0.5
	lab_on h1 timeout 5 kdig +quic +retry=0 +time=2 -p 443 @10.77.0.2 example.org
	keep 3
}

rec_quic-retry() { spoken 2; }

# krb5 NAME: configuration for a realm, with the server's address.
kerberos_server() {
	export KRB5_CONFIG=$LAB_DIR/krb5.conf KRB5_KDC_PROFILE=$LAB_DIR/kdc.conf
	export KRB5CCNAME=FILE:$LAB_DIR/cache
	cat >"$KRB5_CONFIG" <<-END
		[libdefaults]
		default_realm = LAB.EXAMPLE
		dns_lookup_kdc = false
		dns_lookup_realm = false
		rdns = false
		udp_preference_limit = $1
		[realms]
		LAB.EXAMPLE = { 
			kdc = 10.77.0.2
		}
	END
	cat >"$KRB5_KDC_PROFILE" <<-END
		[kdcdefaults]
		kdc_listen = 10.77.0.2:88
		kdc_tcp_listen = 10.77.0.2:88
		[realms]
		LAB.EXAMPLE = {
			database_name = $LAB_DIR/principal
			key_stash_file = $LAB_DIR/stash
			acl_file = $LAB_DIR/kadm5.acl
			max_renewable_life = 7d
		}
	END
	kdb5_util create -s -P master -r LAB.EXAMPLE || exit 1
	kadmin.local -q 'addprinc -pw wonderland +requires_preauth alice'
	kadmin.local -q 'addprinc -randkey host/h2.lab.example'
	lab_bg h2 krb5kdc -n -P "$LAB_DIR/kdc.pid"
	lab_until 5 lab_on h2 bash -c 'ss -lun | grep -q :88'
	sleep 0.5
}

rec_kerberos() {
	pair
	kerberos_server 32700
	sniff h1 eth0 udp port 88
	echo wonderland | lab_on h1 kinit -r 2d alice
	lab_on h1 kvno host/h2.lab.example
	lab_on h1 kvno host/nowhere.lab.example
	echo looking-glass | lab_on h1 kinit alice
	lab_on h1 kinit nobody </dev/null
	keep 8
}

rec_kerberos-tcp() {
	pair
	kerberos_server 1
	sniff h1 eth0 tcp port 88
	echo wonderland | lab_on h1 kinit alice
	lab_on h1 kvno host/h2.lab.example
	keep 20
}

rec_socks() {
	pair
	web_server
	lab_bg h2 microsocks -i 10.77.0.2 -p 1080 -u alice -P wonderland
	sleep 0.5
	sniff h1 eth0 tcp port 1080
	fetch -x socks5://alice:wonderland@10.77.0.2:1080 http://10.77.0.2/
	fetch -x socks5h://alice:wonderland@10.77.0.2:1080 http://localhost/
	fetch -x socks5h://alice:wonderland@10.77.0.2:1080 "http://[::1]/"
	fetch -x socks5://alice:wrong@10.77.0.2:1080 http://10.77.0.2/
	fetch -x socks5://10.77.0.2:1080 http://10.77.0.2/
	fetch -x socks5://alice:wonderland@10.77.0.2:1080 http://10.77.0.2:81/
	keep 40
}

rec_socks4() {
	pair
	web_server
	ssh_server
	# The client's forwarding is a proxy that speaks version 4, too.
	lab_bg h2 ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o BatchMode=yes -i "$LAB_DIR/user" -N -D 10.77.0.2:1080 root@10.77.0.2
	lab_until 5 lab_on h1 bash -c 'true >/dev/tcp/10.77.0.2/1080'
	sniff h1 eth0 tcp port 1080
	fetch -x socks4://alice@10.77.0.2:1080 http://10.77.0.2/
	fetch -x socks4a://10.77.0.2:1080 http://localhost/
	fetch -x socks4://10.77.0.2:1080 http://10.77.0.2:81/
	keep 25
}

rec_udplite() {
	pair
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 proto 136 or ip6 proto 136
	lab_bg h2 "$py" "$tools/udplite.py" serve
	sleep 0.5
	lab_on h1 "$py" "$tools/udplite.py" ask
	keep 6
}

rec_dccp() { spoken 12; }
rec_tacacs() { spoken 11; }

# ike_pair VERSION: strongSwan on both hosts, each with a /run of its own.
ike_pair() {
	local host n=0
	for host in h1 h2; do
		n=$((n + 1))
		mkdir -p "$LAB_DIR/$host/swanctl" "$LAB_DIR/$host/run"
		cat >"$LAB_DIR/$host/strongswan.conf" <<-END
			charon {
				load_modular = yes
				install_routes = no
				install_virtual_ip = no
				retransmit_tries = 1
				retransmit_timeout = 1
				filelog { stderr { default = 1 } }
				plugins {
					include /etc/strongswan.d/charon/*.conf
					vici { socket = unix://$LAB_DIR/$host/vici }
				}
			}
			swanctl { socket = unix://$LAB_DIR/$host/vici }
		END
		cat >"$LAB_DIR/$host/swanctl.conf" <<-END
			connections {
				lab {
					version = $1
					local_addrs = 10.77.0.$n
					remote_addrs = 10.77.0.$((3 - n))
					proposals = aes128-sha256-x25519,aes256-sha384-ecp384,aes128-sha256-modp2048
					mobike = no
				encap = ${2:-no}
					local { auth = psk
						id = $host.lab.example }
					remote { auth = psk }
					children {
						net { esp_proposals = aes128-sha256, aes128gcm16
							mode = tunnel
							local_ts = 10.88.$n.0/24
							remote_ts = 10.88.$((3 - n)).0/24 }
					}
				}
			}
			secrets { ike-lab { secret = "a secret of two" } }
		END
		lab_bg $host unshare -m bash -c "mount --bind '$LAB_DIR/$host/run' /run
			STRONGSWAN_CONF='$LAB_DIR/$host/strongswan.conf' exec /usr/lib/ipsec/charon"
		lab_until 10 test -S "$LAB_DIR/$host/vici"
		STRONGSWAN_CONF=$LAB_DIR/$host/strongswan.conf lab_on $host swanctl --load-all \
			--file "$LAB_DIR/$host/swanctl.conf"
	done
}

ike_tell() { STRONGSWAN_CONF=$LAB_DIR/h1/strongswan.conf lab_on h1 timeout 10 swanctl "$@"; }

rec_ike() {
	pair
	ike_pair 2
	sniff h1 eth0 udp
	ike_tell --initiate --child net
	ike_tell --terminate --ike lab
	keep 4
}

rec_ike-nat() {
	pair
	ike_pair 2 yes
	sniff h1 eth0 udp
	ike_tell --initiate --child net
	ike_tell --terminate --ike lab
	keep 4 'udp port 4500'
}

rec_ike1() {
	pair
	ike_pair 1
	sniff h1 eth0 udp
	ike_tell --initiate --child net
	ike_tell --terminate --ike lab
	keep 6
}

rec_ike-refused() {
	pair
	ike_pair 2
	sed -i 's/proposals = aes128-sha256-x25519.*/proposals = aes256gcm16-prfsha512-ecp521/' \
		"$LAB_DIR/h1/swanctl.conf"
	ike_tell --load-all --file "$LAB_DIR/h1/swanctl.conf"
	sniff h1 eth0 udp
	ike_tell --initiate --child net
	keep 2
}

# tls_talk SERVER-OPTIONS -- CLIENT-OPTIONS: openssl on both hosts, one line of text.
tls_talk() {
	local server=()
	while [ "$1" != -- ]; do
		server+=("$1")
		shift
	done
	shift
	lab_bg h2 openssl s_server -accept 10.77.0.2:443 -cert "$LAB_DIR/server.pem" \
		-key "$LAB_DIR/server.key" -rev -quiet "${server[@]}"
	lab_until 5 lab_on h2 bash -c 'ss -ltn | grep -q :443'
	sniff h1 eth0 tcp
	{ echo hello; sleep 0.5; } | lab_on h1 timeout 5 openssl s_client -connect 10.77.0.2:443 -quiet \
		-servername www.example.org "$@"
}

rec_tls12-both() {
	pair
	certificate server rsa:2048
	certificate client ec "${ec[@]}"
	tls_talk -tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256 -Verify 1 -CAfile "$LAB_DIR/client.pem" -- \
		-tls1_2 -status -cert "$LAB_DIR/client.pem" -key "$LAB_DIR/client.key"
	keep 10
}

rec_tls10() {
	pair
	certificate server rsa:2048
	tls_talk -tls1 -cipher ECDHE-RSA-AES128-SHA:@SECLEVEL=0 -- \
		-tls1 -cipher ECDHE-RSA-AES128-SHA:AES128-SHA:@SECLEVEL=0
	keep 10
}

# ---- TLS: what else can happen ----

# tls_server ARGUMENTS...: openssl's, with the certificate called server; then the recording begins.
tls_server() {
	lab_bg h2 openssl s_server -accept 10.77.0.2:443 -cert "$LAB_DIR/server.pem" -key "$LAB_DIR/server.key" -rev -quiet "$@"
	lab_until 5 lab_on h2 bash -c 'ss -ltn | grep -q :443'
	sniff h1 eth0 tcp
}

tls_client() {
	{ echo hello; sleep 0.6; } | lab_on h1 timeout 5 openssl s_client -connect 10.77.0.2:443 -quiet "$@"
}

rec_tls13-resumed() {
	pair
	certificate server ec "${ec[@]}"
	tls_server
	tls_client -sess_out "$LAB_DIR/session"
	tls_client -sess_in "$LAB_DIR/session"
	keep 18
}

rec_tls13-early() {
	pair
	certificate server ec "${ec[@]}"
	lab_bg h2 openssl s_server -accept 10.77.0.2:443 -cert "$LAB_DIR/server.pem" -key "$LAB_DIR/server.key" -early_data -no_anti_replay -quiet
	lab_until 5 lab_on h2 bash -c 'ss -ltn | grep -q :443'
	sniff h1 eth0 tcp
	tls_client -sess_out "$LAB_DIR/session"
	echo "said at once" >"$LAB_DIR/early"
	tls_client -sess_in "$LAB_DIR/session" -early_data "$LAB_DIR/early"
	keep 16
}

rec_tls13-retry() {
	pair
	certificate server ec "${ec[@]}"
	tls_server -groups P-384
	tls_client -groups X25519:P-384
	keep 10
}

rec_tls13-client() {
	pair
	certificate server ec "${ec[@]}"
	certificate client ec "${ec[@]}"
	tls_server -Verify 1 -CAfile "$LAB_DIR/client.pem"
	tls_client -cert "$LAB_DIR/client.pem" -key "$LAB_DIR/client.key"
	tls_client
	keep 18
}

rec_tls12-resumed() {
	pair
	certificate server ec "${ec[@]}"
	tls_server -tls1_2 -no_ticket
	tls_client -sess_out "$LAB_DIR/session"
	tls_client -sess_in "$LAB_DIR/session"
	keep 18
}

rec_tls12-ticket() {
	pair
	certificate server ec "${ec[@]}"
	tls_server -tls1_2
	tls_client -sess_out "$LAB_DIR/session"
	tls_client -sess_in "$LAB_DIR/session"
	keep 18
}

rec_tls12-psk() {
	pair
	certificate server ec "${ec[@]}"
	tls_server -tls1_2 -psk 0102030405060708 -psk_hint lab -cipher ECDHE-PSK-CHACHA20-POLY1305
	tls_client -tls1_2 -psk 0102030405060708 -psk_identity alice -cipher ECDHE-PSK-CHACHA20-POLY1305
	keep 10
}

rec_tls-alerts() {
	pair
	certificate server ec "${ec[@]}"
	tls_server -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256 -alpn h2
	tls_client -tls1_3                                              # no version in common
	tls_client -tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384        # no cipher
	tls_client -tls1_2 -verify_return_error -verify 1               # whoever signed this is not known
	tls_client -tls1_2 -alpn http/1.1                               # no protocol
	printf 'GET / HTTP/1.0\r\n\r\n' | lab_on h1 nc -w 1 10.77.0.2 443
	keep 30
}

rec_tls-alpn() {
	pair
	certificate server ec "${ec[@]}"
	tls_server -alpn h2,http/1.1 -servername www.example.org -cert2 "$LAB_DIR/server.pem" -key2 "$LAB_DIR/server.key"
	tls_client -alpn http/1.1,h2 -servername www.example.org -status -maxfraglen 1024 -curves X25519:P-256 -sigalgs ECDSA+SHA256:RSA-PSS+SHA256
	keep 10
}

# ---- SSH: not let in ----

rec_ssh-refused() {
	pair
	lab_on h1 ip link set eth0 mtu 3000
	lab_on h2 ip link set eth0 mtu 3000
	ssh_server
	sniff h1 eth0 tcp
	ssh_client -o KexAlgorithms=diffie-hellman-group1-sha1 root@10.77.0.2 true
	ssh_client -c 3des-cbc root@10.77.0.2 true
	printf 'GET / HTTP/1.0\r\n\r\n' | lab_on h1 nc -w 1 10.77.0.2 22
	printf 'SSH-1.5-old\r\n' | lab_on h1 nc -w 1 10.77.0.2 22
	keep 20
}

rec_radius-ip6() {
	pair
	radius_server 'ipv6addr = fd77::2'
	lab_on h1 ping -c1 fd77::2 >/dev/null
	sniff h1 eth0 udp
	echo "User-Name=alice,User-Password=wonderland,NAS-IPv6-Address=fd77::1" |
		lab_on h1 radclient -D /usr/share/freeradius -r 1 -t 2 '[fd77::2]:1812' auth lab-secret
	echo "User-Name=nobody,User-Password=x,NAS-IPv6-Address=fd77::1" |
		lab_on h1 radclient -D /usr/share/freeradius -r 1 -t 2 '[fd77::2]:1812' auth lab-secret
	echo "User-Name=alice,Acct-Status-Type=Start,Acct-Session-Id=7,Framed-IPv6-Address=2001:db8::7,NAS-IPv6-Address=fd77::1" |
		lab_on h1 radclient -D /usr/share/freeradius -r 1 -t 2 '[fd77::2]:1813' acct lab-secret
	keep 6
}

rec_radius-silent() {
	pair
	radius_server
	lab_on h1 ping -c1 10.77.0.2 >/dev/null
	sniff h1 eth0 'udp or icmp'
	# A wrong secret is answered by silence; so the question comes again.
	echo "User-Name=alice,User-Password=wonderland,Message-Authenticator=0x00" |
		lab_on h1 radclient -D /usr/share/freeradius -r 2 -t 1 10.77.0.2:1812 auth wrong-secret
	echo "User-Name=alice" | lab_on h1 radclient -D /usr/share/freeradius -r 1 -t 1 10.77.0.2:1645 auth lab-secret
	keep 3
}
