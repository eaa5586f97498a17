# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
# Recordings of machines, measuring and file servers; sourced by captures/record.sh, whose helpers
# they use.

rec_modbus() {
	pair
	lab_bg h2 $py "$tools/modbus.py" server 10.77.0.2
	lab_until 10 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/502' || exit 1
	forget
	sniff h1 eth0 tcp port 502
	lab_on h1 $py "$tools/modbus.py" client 10.77.0.2
	keep 40
}

# A capture of ours is counted by softflowd, and what it found goes to nfcapd: PORT VERSION.
flows() {
	local port=$1 version=$2 file
	pair
	mkdir "$LAB_DIR/flows"
	lab_bg h2 nfcapd -w "$LAB_DIR/flows" -p "$port" -b 10.77.0.2
	sleep 0.5
	lab_on h1 ping -c1 10.77.0.2
	sniff h1 eth0 udp port "$port"
	for file in http dns-udp ping ping6; do
		# The name of the file is told as that of the interface.
		(cd "$here" && lab_on h1 softflowd -d -v "$version" -r "$file.pcap" -n "10.77.0.2:$port")
	done
}

rec_netflow() {
	flows 2055 5
	keep 2
}

rec_netflow9() {
	flows 2055 9
	keep 4
}

rec_ipfix() {
	flows 4739 10
	keep 4
}

rec_ipfix-later() {
	pair
	cat >"$LAB_DIR/pmacctd.conf" <<-END
		daemonize: false
		pcap_interface: eth0
		plugins: nfprobe
		aggregate: src_mac, dst_mac, src_host, dst_host, src_port, dst_port, proto, tos
		pcap_filter: not port 4739 and (icmp or icmp6 or udp or tcp)
		nfprobe_version: 10
		nfprobe_source_ip: 10.77.0.1
		nfprobe_receiver: 10.77.0.2:4739
		nfprobe_timeouts: tcp=2:tcp.rst=2:tcp.fin=2:udp=2:icmp=2:general=2:maxlife=4:expint=2
	END
	lab_bg h2 nc -luk 10.77.0.2 4739
	lab_bg h2 nc -lk 10.77.0.2 8000
	lab_bg h1 pmacctd -f "$LAB_DIR/pmacctd.conf"
	sniff h2 eth0 udp port 4739
	sleep 2
	lab_on h1 ping -c2 -i0.2 10.77.0.2
	sleep 6
	lab_on h1 bash -c 'echo hallo >/dev/tcp/10.77.0.2/8000'
	sleep 6
	lab_on h1 ping -c2 -i0.2 fd77::2
	sleep 12
	keep 3
}

rec_sflow() {
	pair
	cat >"$LAB_DIR/pmacctd.conf" <<-END
		daemonize: false
		pcap_interface: eth0
		plugins: sfprobe
		sampling_rate: 4
		pcap_filter: icmp or icmp6 or arp
		sfprobe_receiver: 10.77.0.2:6343
		sfprobe_agentip: 10.77.0.1
		sfprobe_ifspeed: 1000000000
	END
	lab_bg h2 nc -luk 10.77.0.2 6343
	lab_bg h1 pmacctd -f "$LAB_DIR/pmacctd.conf"
	sniff h2 eth0 udp port 6343
	sleep 2
	lab_on h1 ping -c8 -i0.2 10.77.0.2
	lab_on h1 ping -c6 -i0.2 fd77::2
	sleep 22
	keep 4
}

# Needs npm's bacstack, found by NODE_PATH.
rec_bacnet() {
	pair
	lab_bg h2 node "$tools/bacnet.js" device 10.77.0.2
	sleep 1
	sniff h1 eth0 udp port 47808
	lab_on h1 node "$tools/bacnet.js" client 10.77.0.2
	keep 18
}

rec_enip() { spoken 20; }

# A portmapper and NFS-Ganesha with a file system in memory on h2.
nfs_server() {
	pair
	mount -t tmpfs none /run
	mkdir -p /run/rpcbind /run/ganesha "$LAB_DIR/nfs"
	lab_bg h2 rpcbind -f -w
	lab_until 5 lab_on h2 rpcinfo -p 127.0.0.1 || exit 1
	cat >"$LAB_DIR/ganesha.conf" <<-END
		NFS_CORE_PARAM {
			Protocols = 3, 4; Enable_NLM = false; Enable_RQUOTA = false; MNT_Port = 20048;
		}
		NFSv4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = $LAB_DIR/nfs; }
		EXPORT {
			Export_Id = 1; Path = /mem; Pseudo = /mem; Access_Type = RW; Squash = None;
			SecType = sys; Protocols = 3, 4; Transports = TCP, UDP;
			FSAL { Name = MEM; }
		}
	END
	lab_bg h2 ganesha.nfsd -F -f "$LAB_DIR/ganesha.conf" -L "$LAB_DIR/ganesha.log" \
		-p "$LAB_DIR/ganesha.pid" -N NIV_EVENT
	lab_until 20 lab_on h1 rpcinfo -t 10.77.0.2 nfs 3 || exit 1
}

rec_portmap() {
	nfs_server
	# The long list in one segment.
	lab_on h1 ip link set eth0 mtu 4000
	lab_on h2 ip link set eth0 mtu 4000
	sniff h1 eth0 port 111
	lab_on h1 rpcinfo -p 10.77.0.2
	lab_on h1 rpcinfo -s 10.77.0.2
	lab_on h1 rpcinfo -T udp 10.77.0.2 nfs 3
	lab_on h1 rpcinfo -T udp 10.77.0.2 100099 1
	keep 20
}

rec_nfs() {
	nfs_server
	sniff h1 eth0 port 111 or port 2049 or port 20048
	echo 'Hello from the lab.' >"$LAB_DIR/hello"
	# Nobody's ports are not those of other services.
	lab_on h1 runuser -u nobody -- nfs-cp "$LAB_DIR/hello" nfs://10.77.0.2/mem/hello
	lab_on h1 runuser -u nobody -- nfs-ls nfs://10.77.0.2/mem
	lab_on h1 runuser -u nobody -- nfs-cat nfs://10.77.0.2/mem/hello
	lab_on h1 runuser -u nobody -- nfs-cat nfs://10.77.0.2/mem/nothing
	keep 40
}

rec_bittorrent() {
	pair
	lab_bg h2 $py "$tools/torrent.py" seed "$LAB_DIR/seed" 10.77.0.2
	lab_until 10 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/6881' || exit 1
	sniff h1 eth0 tcp port 6881
	lab_on h1 $py "$tools/torrent.py" leech "$LAB_DIR/leech" 10.77.0.1 10.77.0.2
	keep 12
}

rec_ldp() { spoken 11; }

rec_rdp() {
	pair
	mount -t tmpfs none /run
	mkdir -p /run/xrdp
	sed -e 's/^port=3389/port=tcp:\/\/10.77.0.2:3389/' -e "s/^LogFile=.*/LogFile=xrdp.log/" \
		/etc/xrdp/xrdp.ini >"$LAB_DIR/xrdp.ini"
	(cd "$LAB_DIR" && lab_on h2 xrdp --nodaemon --config "$LAB_DIR/xrdp.ini") &
	LAB_PIDS+=($!)
	lab_until 10 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/3389' || exit 1
	sniff h1 eth0 tcp port 3389
	lab_on h1 nmap -n -Pn -p3389 --script rdp-enum-encryption 10.77.0.2
	keep 20
}

rec_diameter() {
	local n
	pair
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=*.lab.example' \
		-addext subjectAltName=DNS:peer1.lab.example,DNS:peer2.lab.example \
		-keyout "$LAB_DIR/key.pem" -out "$LAB_DIR/cert.pem" 2>/dev/null
	for n in 1 2; do
		cat >"$LAB_DIR/fd$n.conf" <<-END
			Identity = "peer$n.lab.example";
			Realm = "lab.example";
			ListenOn = "10.77.0.$n";
			No_SCTP; No_IPv6; SecPort = 0; TwTimer = 6; TcTimer = 3;
			TLS_Cred = "$LAB_DIR/cert.pem", "$LAB_DIR/key.pem";
			TLS_CA = "$LAB_DIR/cert.pem";
			ConnectPeer = "peer$((3 - n)).lab.example" { ConnectTo = "10.77.0.$((3 - n))"; No_TLS; };
			LoadExtension = "dict_nasreq.fdx"; LoadExtension = "dict_dcca.fdx";
		END
	done
	sniff h1 eth0 tcp port 3868
	lab_bg h2 freeDiameterd -c "$LAB_DIR/fd2.conf"
	sleep 1
	lab_bg h1 freeDiameterd -c "$LAB_DIR/fd1.conf"
	sleep 22
	kill -TERM "$LAB_PID"
	sleep 2
	keep 12 'tcp[20] == 1'
}

rec_ethercat() { spoken 20; }

rec_profinet() { spoken 11; }

rec_goose() { spoken 5; }

rec_dnp3() { spoken 23; }

rec_smb2() {
	pair
	mkdir -p "$LAB_DIR/smb" "$LAB_DIR/share/dir"
	chmod -R 777 "$LAB_DIR/share"
	cat >"$LAB_DIR/smb.conf" <<-END
		[global]
		server role = standalone server
		workgroup = LAB
		netbios name = SERVER
		interfaces = 10.77.0.2/24
		bind interfaces only = yes
		map to guest = bad user
		guest account = root
		server min protocol = SMB2
		disable spoolss = yes
		pid directory = $LAB_DIR/smb
		lock directory = $LAB_DIR/smb
		state directory = $LAB_DIR/smb
		cache directory = $LAB_DIR/smb
		private dir = $LAB_DIR/smb
		ncalrpc dir = $LAB_DIR/smb/rpc
		log file = $LAB_DIR/smb/log
		smb ports = 445
		[share]
		path = $LAB_DIR/share
		guest ok = yes
		read only = no
	END
	lab_bg h2 smbd --foreground -s "$LAB_DIR/smb.conf" --debug-stdout
	lab_until 15 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/445' || exit 1
	echo 'Hello from the lab.' >"$LAB_DIR/hello"
	sniff h1 eth0 tcp port 445
	(cd "$LAB_DIR" && lab_on h1 smbclient -N -s "$LAB_DIR/smb.conf" //10.77.0.2/share \
		-c 'put hello; ls; get hello back; get nothing; cd dir; mkdir sub; rmdir sub; rm ..\hello')
	(cd "$LAB_DIR" && lab_on h1 smbclient -N -m SMB2 -s "$LAB_DIR/smb.conf" //10.77.0.2/share -c 'cd dir')
	keep 40
}

rec_smb2-compressed() { spoken 2; }

# The viewer's own screen is another such server, which nobody looks at.
rec_vnc() {
	pair
	mkdir -p /tmp/.X11-unix
	mount -t tmpfs none /tmp/.X11-unix
	lab_bg h2 Xtigervnc :7 -geometry 64x48 -depth 24 -rfbport 5900 -interface 10.77.0.2 \
		-SecurityTypes None -desktop lab -noreset
	lab_bg h1 Xtigervnc :8 -geometry 200x150 -depth 24 -rfbport 5998 -localhost -SecurityTypes None
	lab_until 10 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/5900' || exit 1
	lab_until 10 test -S /tmp/.X11-unix/X8 || exit 1
	sniff h1 eth0 tcp port 5900
	DISPLAY=:8 HOME=$LAB_DIR lab_bg h1 xtigervncviewer -PreferredEncoding=Raw -AutoSelect=0 \
		-ReconnectOnError=0 10.77.0.2:0
	sleep 3
	keep 12
}

rec_vnc-messages() {
	pair
	mkdir -p /tmp/.X11-unix
	mount -t tmpfs none /tmp/.X11-unix
	echo secret | tigervncpasswd -f >"$LAB_DIR/password"
	lab_bg h2 Xtigervnc :7 -geometry 64x48 -depth 24 -rfbport 5900 -interface 10.77.0.2 \
		-SecurityTypes None,VncAuth -rfbauth "$LAB_DIR/password" -desktop lab -noreset
	lab_until 10 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/5900' || exit 1
	sniff h1 eth0 tcp port 5900
	(sleep 1 && DISPLAY=:7 xsetroot -solid red) &
	lab_on h1 $py "$tools/viewer.py" 10.77.0.2 5900
	keep 40
}
