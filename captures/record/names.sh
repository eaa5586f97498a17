# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154,SC2153
# Recordings of names, leases, management and data bases; sourced by captures/record.sh, whose helpers they use.

# dhcpd6 HOST IF: ISC's server for IPv6, with addresses and networks to give.
dhcpd6() {
	cat >"$LAB_DIR/dhcpd6.conf" <<-END
		default-lease-time 3600; preferred-lifetime 1800; authoritative;
		option dhcp6.name-servers fd77::2, fd77::3;
		option dhcp6.domain-search "lab.example", "example.org";
		option dhcp6.sntp-servers fd77::4;
		option dhcp6.info-refresh-time 86400;
		subnet6 fd77::/64 {
			range6 fd77::100 fd77::1ff;
			prefix6 fd77:100:: fd77:1ff:: /48;
		}
		subnet6 fd77:1::/64 { range6 fd77:1::100 fd77:1::1ff; }
		subnet6 fd77:3::/64 { }
	END
	: >"$LAB_DIR/dhcpd6.leases"
	lab_bg "$1" dhcpd -6 -f -d -cf "$LAB_DIR/dhcpd6.conf" -lf "$LAB_DIR/dhcpd6.leases" \
		-pf "$LAB_DIR/dhcpd6.pid" "$2"
	lab_until 5 grep -q 'Server starting service' "$LAB_LOG" || exit 1
}

# dhclient6 ARGUMENTS...: on h1; nothing is configured with what it gets.
dhclient6() {
	lab_on h1 timeout 20 dhclient -6 -1 -d -sf /bin/true -cf "$LAB_DIR/dhclient6.conf" \
		-lf "$LAB_DIR/c6.leases" -pf "$LAB_DIR/c6.pid" "$@" eth0 &
	LAB_PIDS+=($!)
}

rec_dhcp6() {
	pair
	dhcpd6 h2 eth0
	sniff h2 eth0 udp port 546 or udp port 547
	printf 'send fqdn.fqdn "visitor.lab.example."; send fqdn.encoded on;\n' >"$LAB_DIR/dhclient6.conf"
	dhclient6
	lab_until 15 grep -q 'option dhcp6.status-code\|iaaddr' "$LAB_DIR/c6.leases"
	sleep 1
	lab_on h1 timeout 10 dhclient -6 -r -sf /bin/true -cf "$LAB_DIR/dhclient6.conf" \
		-lf "$LAB_DIR/c6.leases" -pf "$LAB_DIR/c6.pid" eth0
	keep 6
}

rec_dhcp6-prefix() {
	pair
	dhcpd6 h2 eth0
	sniff h2 eth0 udp port 546 or udp port 547
	: >"$LAB_DIR/dhclient6.conf"
	dhclient6 -P -N
	lab_until 15 grep -q iaprefix "$LAB_DIR/c6.leases"
	sleep 1
	keep 4
}

rec_dhcp6-stateless() {
	pair
	dhcpd6 h2 eth0
	sniff h2 eth0 udp port 546 or udp port 547
	: >"$LAB_DIR/dhclient6.conf"
	dhclient6 -S
	sleep 3
	keep 2
}

rec_dhcp6-relay() {
	chain
	dhcpd6 h2 eth0
	lab_bg r1 dhcrelay -6 -d -I -l eth0 -u fd77:3::1%eth1
	sleep 1
	sniff r1 any -y LINUX_SLL2 udp port 546 or udp port 547
	: >"$LAB_DIR/dhclient6.conf"
	dhclient6
	lab_until 15 grep -q iaaddr "$LAB_DIR/c6.leases"
	sleep 1
	keep 8
}

# avahi HOST NAME SERVICE...: a responder without D-Bus; a service is NAME,TYPE,PORT[,TXT].
avahi() {
	local host=$1 name=$2 dir=$LAB_DIR/avahi.$1 n t p x
	shift 2
	mkdir -p "$dir/run" "$dir/services"
	cat >"$dir/conf" <<-END
		[server]
		host-name=$name
		use-ipv4=yes
		use-ipv6=yes
		enable-dbus=no
		[publish]
		publish-workstation=no
		publish-hinfo=yes
	END
	for svc; do
		IFS=, read -r n t p x <<<"$svc"
		cat >"$dir/services/${t#_}.service" <<-END
			<?xml version="1.0" standalone='no'?>
			<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
			<service-group><name>$n</name><service><type>$t</type><port>$p</port>
			<txt-record>$x</txt-record></service></service-group>
		END
	done
	lab_bg "$host" unshare -m sh -c "mkdir -p /run/avahi-daemon
		mount --bind $dir/run /run/avahi-daemon && mount --bind $dir/services /etc/avahi/services &&
		exec avahi-daemon -f $dir/conf --no-drop-root --no-chroot --no-rlimits"
}

rec_mdns() {
	pair
	sniff h1 eth0 udp port 5353
	avahi h2 printer "Lab printer,_ipp._tcp,631,rp=printers/lab" "Lab pages,_http._tcp,80,path=/"
	local responder=$LAB_PID
	sleep 4
	lab_on h1 "$py" "$tools/mdns.py" _ipp._tcp.local.
	lab_on h1 ip route add 224.0.0.0/4 dev eth0
	lab_on h1 dig +tries=1 +time=1 -p 5353 @224.0.0.251 printer.local A
	lab_stop "$responder"
	sleep 0.5
	keep 10
}

rec_mdns-conflict() {
	pair
	avahi h2 twin
	sleep 3
	sniff h1 eth0 udp port 5353
	avahi h1 twin
	sleep 4
	keep 6
}

rec_llmnr() {
	pair
	lab_bg h2 llmnrd -H server -6 -i eth0
	sleep 0.5
	sniff h1 eth0
	lab_on h1 llmnr-query -c 1 -t 500 -I eth0 -T A server
	lab_on h1 llmnr-query -c 1 -t 500 -I eth0 -T AAAA server
	lab_on h1 llmnr-query -c 1 -t 500 -I eth0 -T ANY server
	lab_on h1 llmnr-query -6 -c 1 -t 500 -I eth0 -T AAAA server
	lab_on h1 llmnr-query -c 1 -t 500 -I eth0 -T A nobody
	keep 8
}

# samba_conf [LINES]: for a server without anything of the machine's.
samba_conf() {
	mkdir -p "$LAB_DIR/smb/private"
	cat >"$LAB_DIR/smb.conf" <<-END
		[global]
		netbios name = SERVER
		workgroup = LAB
		interfaces = eth0
		bind interfaces only = yes
		lock directory = $LAB_DIR/smb
		state directory = $LAB_DIR/smb
		cache directory = $LAB_DIR/smb
		pid directory = $LAB_DIR/smb
		private dir = $LAB_DIR/smb/private
		ncalrpc dir = $LAB_DIR/smb/ncalrpc
		log file = $LAB_DIR/smb.log
		disable spoolss = yes
		map to guest = bad user
		${1-}
	END
}

rec_nbns() {
	pair
	samba_conf "wins support = yes"
	sniff h1 eth0 udp port 137
	lab_bg h2 nmbd -F --no-process-group -s "$LAB_DIR/smb.conf"
	local nmbd=$LAB_PID
	sleep 8
	lab_on h1 nmblookup -s "$LAB_DIR/smb.conf" -B 10.77.0.255 SERVER
	lab_on h1 nmblookup -s "$LAB_DIR/smb.conf" -B 10.77.0.255 'SERVER#20'
	lab_on h1 nmblookup -s "$LAB_DIR/smb.conf" -A 10.77.0.2
	lab_stop "$nmbd"
	keep 14
}

rec_nbdgm() {
	pair
	samba_conf
	sniff h1 eth0 udp port 138
	lab_bg h2 nmbd -F --no-process-group -s "$LAB_DIR/smb.conf"
	sleep 14
	keep 3
}

rec_nbss() {
	pair
	samba_conf "smb ports = 139"
	lab_bg h2 setsid -w smbd -F --no-process-group -s "$LAB_DIR/smb.conf"
	lab_until 10 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/139'
	sniff h1 eth0 tcp port 139
	lab_on h1 timeout 10 smbclient -s "$LAB_DIR/smb.conf" -L //SERVER -I 10.77.0.2 -p 139 -N
	keep 8
}

# snmp_agent: on h2, for all versions.
snmp_agent() {
	mkdir -p "$LAB_DIR/snmp"
	cat >"$LAB_DIR/snmp/snmpd.conf" <<-END
		agentaddress ${1:-udp:10.77.0.2:161}
		rocommunity public
		rocommunity6 public
		rwcommunity private
		sysLocation Rack 7
		sysContact admin@lab.example
		sysName agent
		sysDescr A small agent
		createUser reader SHA "reading aloud" AES "hidden words"
		rouser reader noauth
	END
	SNMP_PERSISTENT_DIR=$LAB_DIR/snmp MIBS='' lab_bg h2 snmpd -f -Lo -C -c "$LAB_DIR/snmp/snmpd.conf" -I -smux -p "$LAB_DIR/snmp/pid"
	lab_until 5 lab_on h1 env MIBS= snmpget -v1 -c public -t 1 -r 0 "${1:-10.77.0.2}" 1.3.6.1.2.1.1.5.0 || exit 1
}

snmp() { # COMMAND ARGUMENTS...
	local what=$1
	shift
	lab_on h1 env MIBS= SNMP_PERSISTENT_DIR="$LAB_DIR/snmp" "snmp$what" -t 1 -r 0 "$@"
}

rec_snmp() {
	pair
	snmp_agent
	sniff h1 eth0 udp port 161
	snmp get -v1 -c public 10.77.0.2 1.3.6.1.2.1.1.1.0 1.3.6.1.2.1.1.2.0 1.3.6.1.2.1.1.3.0
	snmp getnext -v1 -c public 10.77.0.2 1.3.6.1.2.1.1
	snmp get -v1 -c public 10.77.0.2 1.3.6.1.2.1.99.0
	snmp get -v2c -c public 10.77.0.2 1.3.6.1.2.1.99.0 1.3.6.1.2.1.1.99.0
	snmp getnext -v2c -c public 10.77.0.2 2.999
	snmp bulkget -v2c -c public -Cn1 -Cr4 10.77.0.2 1.3.6.1.2.1.1.5 1.3.6.1.2.1.4
	snmp bulkget -v2c -c public -Cn0 -Cr8 10.77.0.2 1.3.6.1.2.1.4.20.1
	snmp bulkget -v2c -c public -Cn0 -Cr3 10.77.0.2 1.3.6.1.2.1.31.1.1.1.6
	snmp set -v2c -c private 10.77.0.2 1.3.6.1.2.1.1.5.0 s renamed
	snmp set -v2c -c public 10.77.0.2 1.3.6.1.2.1.1.5.0 s refused
	keep 16
}

rec_snmp3() {
	pair
	snmp_agent
	sniff h1 eth0 udp port 161
	snmp get -v3 -l noAuthNoPriv -u reader 10.77.0.2 1.3.6.1.2.1.1.5.0
	snmp get -v3 -l authNoPriv -u reader -a SHA -A "reading aloud" 10.77.0.2 1.3.6.1.2.1.1.5.0
	snmp get -v3 -l authPriv -u reader -a SHA -A "reading aloud" -x AES -X "hidden words" 10.77.0.2 1.3.6.1.2.1.1.5.0
	snmp get -v3 -l authNoPriv -u reader -a SHA -A "another password" 10.77.0.2 1.3.6.1.2.1.1.5.0
	snmp get -v3 -l noAuthNoPriv -u nobody 10.77.0.2 1.3.6.1.2.1.1.5.0
	keep 14
}

rec_snmp-trap() {
	pair
	mkdir -p "$LAB_DIR/snmp"
	printf 'disableAuthorization yes\n' >"$LAB_DIR/snmp/snmptrapd.conf"
	lab_bg h2 env MIBS= SNMP_PERSISTENT_DIR="$LAB_DIR/snmp" snmptrapd -f -Lo -C -c "$LAB_DIR/snmp/snmptrapd.conf" \
		-p "$LAB_DIR/snmp/pid" udp:10.77.0.2:162
	lab_until 5 grep -q NET-SNMP "$LAB_LOG"
	sniff h1 eth0 udp port 162
	snmp trap -v1 -c public 10.77.0.2 1.3.6.1.4.1.8072.3.2.10 10.77.0.1 2 0 4711 1.3.6.1.2.1.2.2.1.1.3 i 3
	snmp trap -v1 -c public 10.77.0.2 1.3.6.1.4.1.8072.9999 10.77.0.1 6 17 '' 1.3.6.1.4.1.8072.9999.1 s "door open"
	snmp trap -v2c -c public 10.77.0.2 '' 1.3.6.1.6.3.1.1.5.3 1.3.6.1.2.1.2.2.1.1.3 i 3 1.3.6.1.2.1.4.20.1.1 a 10.77.0.1
	snmp inform -v2c -c public 10.77.0.2 '' 1.3.6.1.6.3.1.1.5.4 1.3.6.1.2.1.2.2.1.10 c 4294967295
	keep 5
}

# ldap_server: slapd on h2, with a small tree.
ldap_server() {
	mkdir -p "$LAB_DIR/ldap"
	cat >"$LAB_DIR/slapd.conf" <<-END
		include /etc/ldap/schema/core.schema
		include /etc/ldap/schema/cosine.schema
		include /etc/ldap/schema/inetorgperson.schema
		modulepath /usr/lib/ldap
		moduleload back_mdb
		moduleload sssvlv
		pidfile $LAB_DIR/slapd.pid
		${1-}
		database mdb
		suffix "dc=lab,dc=example"
		rootdn "cn=admin,dc=lab,dc=example"
		rootpw secret
		directory $LAB_DIR/ldap
		${2-}
	END
	lab_bg h2 slapd -d 0 -f "$LAB_DIR/slapd.conf" -h ldap://10.77.0.2
	lab_until 5 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/389' || exit 1
	ldap add -D cn=admin,dc=lab,dc=example -w secret <<-END
		dn: dc=lab,dc=example
		objectClass: dcObject
		objectClass: organization
		dc: lab
		o: The lab

		dn: ou=people,dc=lab,dc=example
		objectClass: organizationalUnit
		ou: people

		dn: cn=Grace Hopper,ou=people,dc=lab,dc=example
		objectClass: inetOrgPerson
		cn: Grace Hopper
		sn: Hopper
		mail: grace@lab.example
		mail: hopper@lab.example
		telephoneNumber: +1 555 0100

		dn: cn=Alan Turing,ou=people,dc=lab,dc=example
		objectClass: inetOrgPerson
		cn: Alan Turing
		sn: Turing
		mail: alan@lab.example
	END
}

ldap() { # COMMAND ARGUMENTS...
	local what=$1
	shift
	lab_on h1 "ldap$what" -x -H ldap://10.77.0.2 "$@"
}

rec_ldap() {
	pair
	ldap_server
	forget
	sniff h1 eth0 tcp port 389
	ldap search -LLL -b '' -s base namingContexts supportedLDAPVersion
	ldap search -LLL -b dc=lab,dc=example -D cn=admin,dc=lab,dc=example -w secret \
		'(&(objectClass=inetOrgPerson)(|(sn=Tur*)(mail=*grace*))(!(cn=nobody)))' cn mail
	ldap search -LLL -b dc=lab,dc=example -s one -z 10 -l 5 -A -E pr=1/noprompt '(sn>=A)' sn
	ldap search -LLL -b ou=nowhere,dc=lab,dc=example '(cn:caseExactMatch:=Grace Hopper)'
	ldap whoami -D cn=admin,dc=lab,dc=example -w wrong
	keep 40
}

rec_ldap-changes() {
	pair
	ldap_server
	local admin=(-D "cn=admin,dc=lab,dc=example" -w secret)
	forget
	sniff h1 eth0 tcp port 389
	ldap whoami "${admin[@]}"
	ldap add "${admin[@]}" <<-END
		dn: cn=Ada,ou=people,dc=lab,dc=example
		objectClass: person
		cn: Ada
		sn: Lovelace
	END
	ldap modify "${admin[@]}" <<-END
		dn: cn=Ada,ou=people,dc=lab,dc=example
		changetype: modify
		add: description
		description: first programmer
		-
		replace: sn
		sn: King
	END
	ldap compare "${admin[@]}" cn=Ada,ou=people,dc=lab,dc=example sn:King
	ldap modrdn "${admin[@]}" -r cn=Ada,ou=people,dc=lab,dc=example 'cn=Ada King'
	ldap delete "${admin[@]}" 'cn=Ada King,ou=people,dc=lab,dc=example'
	ldap delete "${admin[@]}" 'cn=Ada King,ou=people,dc=lab,dc=example'
	ldap add <<-END
		dn: cn=Eve,ou=people,dc=lab,dc=example
		objectClass: person
		cn: Eve
		sn: Dropper
	END
	keep 40
}

# pg_server LINES OF POSTGRESQL.CONF: PostgreSQL on h2, which insists on not being root.
pg_server() {
	local bin
	bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | tail -n 1)
	AS_PG=(setpriv --reuid=postgres --regid=postgres --clear-groups)
	install -d -o postgres "$LAB_DIR/pg"
	echo secret >"$LAB_DIR/pgpass"
	chmod 755 "$LAB_DIR/pgpass"
	"${AS_PG[@]}" "$bin/initdb" -D "$LAB_DIR/pg/data" -U lab -A scram-sha-256 --pwfile="$LAB_DIR/pgpass" \
		--no-locale -E UTF8 -N >"$LAB_DIR/initdb.log" 2>&1 || exit 1
	printf 'host all all 10.77.0.0/24 %s\n' "$1" >"$LAB_DIR/pg/data/pg_hba.conf"
	lab_bg h2 "${AS_PG[@]}" "$bin/postgres" -D "$LAB_DIR/pg/data" -h 10.77.0.2 -k "$LAB_DIR/pg" -F
	lab_until 10 pg -c 'SELECT 1' || exit 1
}

pg() {
	lab_on h1 env PGPASSWORD=secret PGSSLMODE="${PGSSL-disable}" PGGSSENCMODE=disable PGCONNECT_TIMEOUT=3 HOME="$LAB_DIR" \
		psql -X -q -h 10.77.0.2 -U lab -d postgres "$@"
}

rec_pgsql() {
	pair
	pg_server scram-sha-256
	forget
	sniff h1 eth0 tcp port 5432
	pg <<-'END'
		CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL, born date);
		INSERT INTO people (name, born) VALUES ('Grace', '1906-12-09'), ('Ada', NULL);
		SELECT * FROM people;
		SELECT name FROM people WHERE id = 99;
		INSERT INTO people (name) VALUES (NULL);
		DROP TABLE IF EXISTS nothing;
		BEGIN; SELECT nonsense; ROLLBACK;
		COPY people FROM STDIN;
		3	Alan	1912-06-23
		\.
		COPY people TO STDOUT;
		LISTEN door; NOTIFY door, 'open';
	END
	keep 30
}

rec_pgsql-steps() {
	pair
	pg_server md5
	pg -c "SET password_encryption = 'md5'; ALTER ROLE lab PASSWORD 'secret'"
	printf '\\set n 21\nSELECT :n * 2 AS answer;\n' >"$LAB_DIR/script.sql"
	forget
	sniff h1 eth0 tcp port 5432
	lab_on h1 env PGPASSWORD=secret PGSSLMODE=disable PGGSSENCMODE=disable pgbench -h 10.77.0.2 -U lab \
		-n -t 2 -M prepared -f "$LAB_DIR/script.sql" postgres
	keep 20
}

rec_pgsql-cancel() {
	pair
	pg_server scram-sha-256
	forget
	sniff h1 eth0 tcp port 5432
	PGSSL=prefer pg -c 'SELECT pg_sleep(20)' &
	sleep 1.5
	pkill -INT -f 'pg_sleep.20'
	sleep 1
	PGSSL=prefer lab_on h1 env PGPASSWORD=wrong PGSSLMODE=disable psql -X -h 10.77.0.2 -U lab -d postgres -c 'SELECT 1'
	keep 20
}

rec_mqtt5() {
	pair
	printf 'listener 1883 10.77.0.2\nallow_anonymous true\nuser root\npersistence false\n' \
		>"$LAB_DIR/mosquitto.conf"
	lab_bg h2 mosquitto -c "$LAB_DIR/mosquitto.conf"
	lab_until 5 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/1883'
	forget
	sniff h1 eth0 tcp port 1883
	lab_bg h1 mosquitto_sub -h 10.77.0.2 -V mqttv5 -i reader -t 'home/#' -q 2 -C 3 -k 10 \
		-D connect session-expiry-interval 60 -D connect receive-maximum 8 \
		-D connect user-property room kitchen -D subscribe subscription-identifier 7
	local sub=$LAB_PID
	sleep 0.5
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv5 -i q0 -t home/living/temp -m 21.5
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv5 -i q1 -t home/door -m open -q 1 -r \
		--will-topic home/gone --will-payload bye -D will will-delay-interval 5 \
		-D publish content-type text/plain -D publish response-topic home/answer \
		-D publish correlation-data 42 -D publish message-expiry-interval 300 \
		-D publish payload-format-indicator 1 -D publish user-property from q1
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv5 -i q2 -t nobody/home -q 2 -m hello
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv5 -i q2 -t home/last -q 2 -m bye
	wait "$sub"
	keep 30
}

# maria_server: MariaDB on h2; a user lab with a password and one data base.
maria_server() {
	mkdir -p "$LAB_DIR/maria"
	mariadb-install-db --no-defaults --user=root --datadir="$LAB_DIR/maria" --skip-test-db \
		--auth-root-authentication-method=normal >"$LAB_DIR/install.log" 2>&1 || exit 1
	lab_bg h2 mariadbd --no-defaults --user=root --datadir="$LAB_DIR/maria" --bind-address=10.77.0.2 \
		--socket="$LAB_DIR/maria.sock" --pid-file="$LAB_DIR/maria.pid" --skip-name-resolve
	lab_until 10 mariadb --no-defaults -S "$LAB_DIR/maria.sock" -e "CREATE DATABASE lab;
		CREATE USER lab@'%' IDENTIFIED BY 'secret'; GRANT ALL ON lab.* TO lab@'%'" || exit 1
}

maria() {
	lab_on h1 mariadb --no-defaults --skip-ssl -h 10.77.0.2 -u lab -psecret "$@"
}

rec_mysql() {
	pair
	maria_server
	forget
	sniff h1 eth0 tcp port 3306
	maria -f lab <<-'END'
		CREATE TABLE people (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL, born DATE);
		INSERT INTO people (name, born) VALUES ('Grace', '1906-12-09'), ('Ada', '1815-12-10');
		SELECT * FROM people;
		SELECT REPEAT('long ', 60) AS words;
		SELECT nonsense;
		USE lab;
	END
	maria -pwrong -e 'SELECT 1'
	keep 30
}


# rabbit: RabbitMQ on h2, open to its user guest from anywhere.
rabbit() {
	mkdir -p "$LAB_DIR/rabbit"
	printf 'listeners.tcp.1 = 10.77.0.2:5672\nloopback_users = none\n' >"$LAB_DIR/rabbit/rabbitmq.conf"
	export HOME=$LAB_DIR/rabbit RABBITMQ_MNESIA_BASE=$LAB_DIR/rabbit RABBITMQ_LOG_BASE=$LAB_DIR/rabbit \
		RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_CONFIG_FILE=$LAB_DIR/rabbit/rabbitmq.conf \
		RABBITMQ_ENABLED_PLUGINS_FILE=$LAB_DIR/rabbit/plugins RABBITMQ_LOGS=-
	lab_bg h2 setsid -w /usr/lib/rabbitmq/bin/rabbitmq-server
	lab_until 40 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/5672' || exit 1
}

rec_amqp() {
	pair
	rabbit
	forget
	sniff h1 eth0 tcp port 5672
	local to=(-s 10.77.0.2)
	lab_on h1 amqp-declare-queue "${to[@]}" -q lamps -d
	lab_on h1 amqp-publish "${to[@]}" -r lamps -C text/plain -p -t answers -b on
	lab_on h1 amqp-get "${to[@]}" -q lamps
	lab_on h1 amqp-get "${to[@]}" -q lamps
	lab_on h1 amqp-publish "${to[@]}" -r lamps -b off
	lab_on h1 amqp-consume "${to[@]}" -q lamps -c 1 cat
	lab_on h1 amqp-get "${to[@]}" -q nothing
	keep 40
}

rec_coap() {
	pair
	lab_bg h2 coap-server-notls -A 10.77.0.2 -d 10
	sleep 0.5
	sniff h1 eth0 udp port 5683
	local host=coap://10.77.0.2
	lab_on h1 coap-client-notls -B 2 "$host/.well-known/core"
	lab_on h1 coap-client-notls -B 2 -N "$host/time"
	lab_on h1 coap-client-notls -B 2 -m put -t text/plain -e 'lamp on' "$host/a-new-resource?unit=celsius"
	lab_on h1 coap-client-notls -B 2 -A application/json -T tok "$host/a-new-resource"
	lab_on h1 coap-client-notls -B 2 -m delete "$host/a-new-resource"
	lab_on h1 coap-client-notls -B 2 "$host/nothing"
	lab_on h1 coap-client-notls -B 4 -s 3 "$host/time"
	head -c 200 /dev/zero | tr '\0' x >"$LAB_DIR/long"
	lab_on h1 coap-client-notls -B 2 -b 64 -m put -f "$LAB_DIR/long" "$host/example_data"
	keep 16
}

rec_coap-tcp() {
	pair
	lab_bg h2 coap-server-notls -A 10.77.0.2 -d 10
	sleep 0.5
	sniff h1 eth0 tcp port 5683
	local host=coap+tcp://10.77.0.2
	lab_on h1 coap-client-notls -B 2 "$host/.well-known/core"
	lab_on h1 coap-client-notls -B 2 -m put -t text/plain -e 'lamp on' "$host/a-new-resource?unit=celsius"
	lab_on h1 coap-client-notls -B 2 -T tok "$host/a-new-resource"
	lab_on h1 coap-client-notls -B 2 "$host/nothing"
	lab_on h1 coap-client-notls -B 3 -s 2 "$host/time"
	keep 16
}

# clock LINES...: chronyd on h2, which leaves the clock of this machine alone.
clock() {
	printf '%s\n' 'local stratum 8' allow 'port 123' 'cmdport 0' 'bindaddress 10.77.0.2' \
		"pidfile $LAB_DIR/chronyd.pid" "$@" >"$LAB_DIR/chrony.conf"
	lab_bg h2 chronyd -x -d -u root -f "$LAB_DIR/chrony.conf"
	sleep 0.7
}

# ask_clock LINES...: chronyd on h1, until it has four answers.
ask_clock() {
	lab_on h1 timeout 20 chronyd -Q -x -d -u root -t 12 -f /dev/null "cmdport 0" "pidfile $LAB_DIR/c2.pid" "$@"
}

rec_ntp-keys() {
	pair
	printf '%s\n' '1 MD5 HEX:66697273747365637265' '2 SHA1 HEX:7365636f6e64736563726574' \
		'3 SHA512 HEX:7468697264736563726574' '4 AES128 HEX:000102030405060708090a0b0c0d0e0f' \
		>"$LAB_DIR/keys"
	cp "$LAB_DIR/keys" "$LAB_DIR/keys1"
	echo '9 SHA1 HEX:6e6f626f64796b6e6f7773' >>"$LAB_DIR/keys1"
	chmod 600 "$LAB_DIR/keys" "$LAB_DIR/keys1"
	clock "keyfile $LAB_DIR/keys"
	sniff h1 eth0 udp port 123
	local key
	for key in 1 2 3 4 9; do
		ask_clock "keyfile $LAB_DIR/keys1" "server 10.77.0.2 iburst maxsamples 1 key $key"
	done
	keep 10
}

rec_ntp-nts() {
	pair
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=10.77.0.2 \
		-addext subjectAltName=IP:10.77.0.2 -keyout "$LAB_DIR/nts.key" -out "$LAB_DIR/nts.pem" 2>/dev/null
	chmod 600 "$LAB_DIR/nts.key"
	clock "ntsserverkey $LAB_DIR/nts.key" "ntsservercert $LAB_DIR/nts.pem" "ntsdumpdir $LAB_DIR"
	sniff h1 eth0 udp port 123 or tcp port 4460
	ask_clock "ntstrustedcerts $LAB_DIR/nts.pem" "server 10.77.0.2 iburst maxsamples 4 nts"
	keep 10
}

rec_ntp-broadcast() {
	pair
	sniff h1 eth0 udp port 123
	clock 'broadcast 1 10.77.0.255'
	sleep 3.5
	keep 3
}

rec_ntp-peers() {
	pair
	clock 'peer 10.77.0.1 minpoll 0 maxpoll 1 xleave'
	sniff h1 eth0 udp port 123
	printf '%s\n' 'local stratum 10' allow 'cmdport 0' 'bindaddress 10.77.0.1' "pidfile $LAB_DIR/c1.pid" \
		'peer 10.77.0.2 minpoll 0 maxpoll 1 xleave' >"$LAB_DIR/chrony1.conf"
	lab_bg h1 chronyd -x -d -u root -f "$LAB_DIR/chrony1.conf"
	sleep 6
	keep 6
}

# broker LINES...: mosquitto on h2.
broker() {
	printf '%s\n' 'listener 1883 10.77.0.2' 'user root' 'persistence false' "$@" >"$LAB_DIR/mosquitto.conf"
	lab_bg h2 mosquitto -c "$LAB_DIR/mosquitto.conf"
	lab_until 5 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/1883'
	forget
}

rec_mqtt-will() {
	pair
	broker 'allow_anonymous true'
	sniff h1 eth0 tcp port 1883
	lab_bg h1 mosquitto_sub -h 10.77.0.2 -V mqttv311 -i reader -t 'rooms/+/state' -C 2
	local sub=$LAB_PID
	sleep 0.3
	nsenter -n -t "${LAB_HOST[h1]}" -- mosquitto_sub -h 10.77.0.2 -V mqttv311 -i lamp -t lamp/set -k 5 \
		--will-topic rooms/hall/state --will-payload gone --will-qos 1 --will-retain &
	local lamp=$!
	sleep 0.3
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv311 -i porch -t rooms/porch/state -m on
	kill -KILL "$lamp"
	wait "$lamp" 2>/dev/null
	wait "$sub"
	keep 20
}

rec_mqtt-refused() {
	pair
	: >"$LAB_DIR/pw"
	mosquitto_passwd -b "$LAB_DIR/pw" lab secret
	broker 'allow_anonymous false' "password_file $LAB_DIR/pw"
	sniff h1 eth0 tcp port 1883
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv311 -i a -t test -m x
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv311 -i b -t test -m x -u lab -P wrong
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv5 -i c -t test -m x -u lab -P wrong
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv31 -i d -t test -m x -u lab -P secret
	keep 20
}

rec_amqp-topic() {
	pair
	rabbit
	forget
	sniff h1 eth0 tcp port 5672
	lab_bg h1 amqp-consume -s 10.77.0.2 -e amq.topic -r 'house.#' -A -c 1 cat
	local sub=$LAB_PID
	sleep 1
	lab_on h1 amqp-publish -s 10.77.0.2 -e amq.topic -r garden.door -b nobody
	lab_on h1 amqp-publish -s 10.77.0.2 -e amq.topic -r house.door -b open
	wait "$sub"
	lab_on h1 amqp-publish -s 10.77.0.2 --username guest --password wrong -r x -b x
	keep 40
}

rec_coap-ip6() {
	pair
	lab_bg h2 coap-server-notls -A fd77::2 -d 5
	sleep 0.5
	sniff h1 eth0 udp port 5683
	lab_on h1 coap-client-notls -B 2 'coap://[fd77::2]/time'
	lab_on h1 coap-client-notls -B 2 -m post -t json -e '{"on":true}' 'coap://[fd77::2]/async?2'
	lab_on h1 coap-client-notls -B 4 'coap://[fd77::2]/async?2'
	lab_on h1 coap-client-notls -B 2 -m fetch -e x 'coap://[fd77::2]/time'
	keep 8
}

rec_nbns-conflict() {
	pair
	samba_conf
	lab_bg h2 nmbd -F --no-process-group -s "$LAB_DIR/smb.conf"
	sleep 7
	sniff h1 eth0 udp port 137
	mkdir "$LAB_DIR/other"
	sed "s|$LAB_DIR/smb\$|$LAB_DIR/other|; s|$LAB_DIR/smb/|$LAB_DIR/other/|" "$LAB_DIR/smb.conf" >"$LAB_DIR/other.conf"
	mkdir -p "$LAB_DIR/other/private"
	lab_bg h1 nmbd -F --no-process-group -s "$LAB_DIR/other.conf"
	sleep 3
	keep 3
}

rec_dhcp6-none() {
	pair
	dhcpd6 h2 eth0
	sed -i '/range6 fd77::100/d; /prefix6/d' "$LAB_DIR/dhcpd6.conf"
	lab_stop "$LAB_PID"
	lab_bg h2 dhcpd -6 -f -d -cf "$LAB_DIR/dhcpd6.conf" -lf "$LAB_DIR/dhcpd6.leases" -pf "$LAB_DIR/dhcpd6.pid" eth0
	lab_until 5 grep -q 'Server starting service' "$LAB_LOG"
	sniff h2 eth0 udp port 546 or udp port 547
	: >"$LAB_DIR/dhclient6.conf"
	dhclient6
	sleep 4
	lab_stop "${LAB_PIDS[-1]}"
	keep 2
}

# named LINES...: BIND on h2 with a zone that can be changed by who has the key.
named_server() {
	mkdir -p "$LAB_DIR/named"
	cat >"$LAB_DIR/named.conf" <<-END
		options { directory "$LAB_DIR/named"; listen-on { 10.77.0.2; }; listen-on-v6 { none; };
			recursion no; dnssec-validation no; pid-file "$LAB_DIR/named.pid";
			session-keyfile "$LAB_DIR/session.key"; allow-transfer { key lab; }; notify no; };
		controls { };
		${2-}
		key lab { algorithm hmac-sha256; secret "bGFiIGtleSBmb3IgYSBzbWFsbCBuZXR3b3JrIQ=="; };
		zone zone.test { type primary; file "zone"; allow-update { key lab; }; ${1-} };
	END
	cat >"$LAB_DIR/named/zone" <<-'END'
		$TTL 300
		@ SOA ns hostmaster 1 3600 600 86400 60
		@ NS ns
		ns A 10.77.0.2
		www A 10.77.0.80
		www LOC 52 22 23.000 N 4 53 32.000 E -2.00m 1m 10000m 10m
		www SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
		_443._tcp.www TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
		@ NAPTR 100 10 "S" "SIP+D2U" "" _sip._udp
		@ RP admin.zone.test. about.zone.test.
		@ CAA 0 issue "ca.example"
		svc HTTPS 1 . alpn="h2,h3" ipv4hint=10.77.0.80 port=8443
		old DNAME new.test.
		net APL 1:10.77.0.0/24 !1:10.77.0.128/25
		cert CERT PGP 0 0 aGVsbG8=
		card EUI48 02-00-00-00-00-01
		link URI 10 1 "https://www.zone.test/"
	END
	lab_bg h2 named -g -u root -c "$LAB_DIR/named.conf"
	lab_until 8 lab_on h1 dig +time=1 +tries=1 @10.77.0.2 www.zone.test || exit 1
}

rec_dns-update() {
	pair
	named_server
	local key=hmac-sha256:lab:bGFiIGtleSBmb3IgYSBzbWFsbCBuZXR3b3JrIQ==
	sniff h1 eth0 port 53
	lab_on h1 nsupdate -y "$key" <<-END
		server 10.77.0.2
		zone zone.test
		prereq nxdomain new.zone.test
		update add new.zone.test 60 A 10.77.0.90
		update delete www.zone.test LOC
		send
	END
	lab_on h1 nsupdate <<-END
		server 10.77.0.2
		zone zone.test
		update add mine.zone.test 60 A 10.77.0.91
		send
	END
	lab_on h1 dig +tries=1 -y "$key" @10.77.0.2 new.zone.test
	lab_on h1 dig +tries=1 -y "${key/bGFi/bGFj}" @10.77.0.2 new.zone.test
	keep 8
}

rec_dns-signed() {
	pair
	named_server 'dnssec-policy default; inline-signing yes;'
	lab_until 8 bash -c "nsenter -n -t ${LAB_HOST[h1]} -- dig +dnssec +tries=1 @10.77.0.2 zone.test | grep -q RRSIG"
	sniff h1 eth0 port 53
	local q
	for q in "www.zone.test A" "zone.test DNSKEY" "nothing.zone.test A" "zone.test CDS"; do
		# shellcheck disable=SC2086
		lab_on h1 dig +dnssec +tries=1 @10.77.0.2 $q
	done
	keep 8
}

rec_dns-rare() {
	pair
	named_server
	sniff h1 eth0 port 53
	local q
	for q in "www.zone.test LOC" "www.zone.test SSHFP" "_443._tcp.www.zone.test TLSA" "zone.test NAPTR" \
		"zone.test RP" "zone.test CAA" "svc.zone.test HTTPS" "a.old.zone.test A" "net.zone.test APL" \
		"cert.zone.test CERT" "card.zone.test EUI48" "link.zone.test URI"; do
		# shellcheck disable=SC2086
		lab_on h1 dig +noedns +tries=1 @10.77.0.2 $q
	done
	keep 24
}

# ---- DNS, other cases of an authoritative server ----

rec_dns-nsec3() {
	pair
	named_server 'dnssec-policy three; inline-signing yes;' 'dnssec-policy three { keys { csk lifetime unlimited algorithm 13; }; nsec3param iterations 0 optout no salt-length 4; };'
	lab_until 8 bash -c "nsenter -n -t ${LAB_HOST[h1]} -- dig +dnssec +tries=1 @10.77.0.2 nothing.zone.test | grep -q NSEC3"
	sniff h1 eth0 port 53
	local q
	for q in "nothing.zone.test A" "www.zone.test AAAA" "zone.test NSEC3PARAM"; do
		# shellcheck disable=SC2086
		lab_on h1 dig +dnssec +tries=1 @10.77.0.2 $q
	done
	keep 6
}

rec_dns-cookies() {
	pair
	named_server
	sniff h1 eth0 port 53
	lab_on h1 dig +tries=1 +cookie=0102030405060708 @10.77.0.2 www.zone.test
	lab_on h1 dig +tries=1 +cookie=01020304050607080100000000000000deadbeefdeadbeef @10.77.0.2 www.zone.test
	lab_on h1 dig +tries=1 +nocookie +nsid +expire +keepalive +tcp @10.77.0.2 zone.test SOA
	lab_on h1 dig +tries=1 +badcookie +edns=0 +ednsopt=100:cafe @10.77.0.2 www.zone.test
	keep 8
}

rec_dns-transfer() {
	pair
	named_server
	local key=hmac-sha256:lab:bGFiIGtleSBmb3IgYSBzbWFsbCBuZXR3b3JrIQ==
	lab_on h1 nsupdate -y "$key" <<-END
		server 10.77.0.2
		zone zone.test
		update add new.zone.test 60 A 10.77.0.90
		send
	END
	forget
	sniff h1 eth0 port 53
	lab_on h1 dig +tries=1 -y "$key" @10.77.0.2 zone.test IXFR=1
	lab_on h1 dig +tries=1 -y "$key" @10.77.0.2 zone.test AXFR
	lab_on h1 dig +tries=1 @10.77.0.2 zone.test AXFR
	keep 20
}

rec_dns-referral() {
	pair
	named_server
	sniff h1 eth0 port 53
	lab_on h1 nsupdate -y "hmac-sha256:lab:bGFiIGtleSBmb3IgYSBzbWFsbCBuZXR3b3JrIQ==" <<-END
		server 10.77.0.2
		zone zone.test
		update add sub.zone.test 300 NS ns.sub.zone.test
		update add ns.sub.zone.test 300 A 10.77.0.53
		update add *.wild.zone.test 300 TXT "anything goes"
		update add xn--mnchen-3ya.zone.test 300 A 10.77.0.54
		send
	END
	lab_on h1 dig +tries=1 +norecurse @10.77.0.2 www.sub.zone.test
	lab_on h1 dig +tries=1 +norecurse @10.77.0.2 some.thing.wild.zone.test TXT
	lab_on h1 dig +tries=1 +norecurse @10.77.0.2 xn--mnchen-3ya.zone.test
	lab_on h1 dig +tries=1 +norecurse @10.77.0.2 WwW.ZoNe.TeSt
	lab_on h1 dig +tries=1 +norecurse @10.77.0.2 elsewhere.example
	keep 12
}

# A resolver that has to ask others; seen from its side.
rec_dns-forward() {
	switch h1 h2 h3
	local n
	for n in 1 2 3; do lab_addr h$n eth0 10.77.0.$n/24 fd77::$n/64; done
	dns_server
	cat >"$LAB_DIR/unbound.conf" <<-END
		server:
		 interface: 10.77.0.3
		 access-control: 10.77.0.0/24 allow
		 username: ""
		 chroot: ""
		 directory: "$LAB_DIR"
		 pidfile: ""
		 use-syslog: no
		 do-daemonize: no
		 do-not-query-localhost: no
		 use-caps-for-id: yes
		 module-config: "iterator"
		 qname-minimisation: no
		forward-zone:
		 name: "."
		 forward-addr: 10.77.0.2
		remote-control:
		 control-enable: no
	END
	lab_bg h3 unbound -d -c "$LAB_DIR/unbound.conf"
	sleep 1.5
	sniff h3 eth0 udp port 53
	lab_on h1 dig +tries=1 +time=3 @10.77.0.3 www.example.org A
	lab_on h1 dig +tries=1 +time=3 @10.77.0.3 www.example.org A
	lab_on h1 dig +tries=1 +time=3 @10.77.0.3 nothing.example.org A
	keep 8
}

rec_dns-tls() {
	pair
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
		-subj /CN=dns.example.org -keyout "$LAB_DIR/key.pem" -out "$LAB_DIR/cert.pem" 2>/dev/null
	printf 'server:\n interface: 10.77.0.2@853\n tls-port: 853\n tls-service-key: "%s/key.pem"\n tls-service-pem: "%s/cert.pem"\n username: ""\n chroot: ""\n directory: "%s"\n pidfile: ""\n use-syslog: no\n do-daemonize: no\n access-control: 10.77.0.0/24 allow\n module-config: "iterator"\n local-data: "www.example.org A 10.77.0.80"\nremote-control:\n control-enable: no\n' \
		"$LAB_DIR" "$LAB_DIR" "$LAB_DIR" >"$LAB_DIR/unbound.conf"
	lab_bg h2 unbound -d -c "$LAB_DIR/unbound.conf"
	lab_until 5 lab_on h2 bash -c 'true >/dev/tcp/10.77.0.2/853'
	sniff h1 eth0 tcp port 853
	lab_on h1 kdig +tls +timeout=2 +retry=0 @10.77.0.2 www.example.org A
	keep 10
}

# ---- management ----

rec_snmp-walk() {
	pair
	snmp_agent
	sniff h1 eth0 udp port 161
	snmp walk -v1 -c public 10.77.0.2 1.3.6.1.2.1.1.9.1.3
	snmp bulkwalk -v2c -c public -Cr5 10.77.0.2 1.3.6.1.2.1.1
	snmp get -v2c -c nobody 10.77.0.2 1.3.6.1.2.1.1.5.0
	keep 12
}

rec_snmp-ip6() {
	pair
	snmp_agent 'udp6:[fd77::2]:161'
	sniff h1 eth0 ip6
	snmp get -v2c -c public 'udp6:[fd77::2]:161' 1.3.6.1.2.1.1.5.0
	keep 2
}

rec_snmp-trap3() {
	pair
	mkdir -p "$LAB_DIR/snmp"
	printf 'disableAuthorization yes\ncreateUser -e 0x8000000001020304 teller SHA "telling tales" AES "hidden words"\ncreateUser teller SHA "telling tales" AES "hidden words"\n' >"$LAB_DIR/snmp/snmptrapd.conf"
	lab_bg h2 env MIBS= SNMP_PERSISTENT_DIR="$LAB_DIR/snmp" snmptrapd -f -Lo -C -c "$LAB_DIR/snmp/snmptrapd.conf" \
		-p "$LAB_DIR/snmp/pid" udp:10.77.0.2:162
	lab_until 5 grep -q NET-SNMP "$LAB_LOG"
	mkdir -p "$LAB_DIR/snmp1"
	sniff h1 eth0 udp port 162
	local v3=(-v3 -u teller -a SHA -A "telling tales" -x AES -X "hidden words")
	lab_on h1 env MIBS= SNMP_PERSISTENT_DIR="$LAB_DIR/snmp1" snmptrap "${v3[@]}" -e 0x8000000001020304 -l authPriv 10.77.0.2 '' 1.3.6.1.6.3.1.1.5.1
	lab_on h1 env MIBS= SNMP_PERSISTENT_DIR="$LAB_DIR/snmp1" snmptrap "${v3[@]}" -e 0x8000000001020304 -l authNoPriv 10.77.0.2 '' 1.3.6.1.6.3.1.1.5.2
	lab_on h1 env MIBS= SNMP_PERSISTENT_DIR="$LAB_DIR/snmp1" snmpinform "${v3[@]}" -l authNoPriv -t 1 -r 0 10.77.0.2 '' 1.3.6.1.6.3.1.1.5.3
	keep 4
}

# ---- directory ----

rec_ldap-pages() {
	pair
	ldap_server "" "overlay sssvlv"
	forget
	sniff h1 eth0 tcp port 389
	ldap search -LLL -b dc=lab,dc=example -E pr=2/noprompt '(objectClass=*)' dn
	ldap search -LLL -b dc=lab,dc=example -z 1 '(objectClass=*)' dn
	ldap search -LLL -b dc=lab,dc=example -E '!sss=cn' '(objectClass=inetOrgPerson)' cn
	ldap passwd -D cn=admin,dc=lab,dc=example -w secret -s new "cn=Alan Turing,ou=people,dc=lab,dc=example"
	keep 30
}

rec_ldap-tls() {
	pair
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
		-subj /CN=ldap.example.org -keyout "$LAB_DIR/key.pem" -out "$LAB_DIR/cert.pem" 2>/dev/null
	ldap_server "TLSCertificateFile $LAB_DIR/cert.pem
TLSCertificateKeyFile $LAB_DIR/key.pem"
	forget
	sniff h1 eth0 tcp port 389
	lab_on h1 env LDAPTLS_REQCERT=never ldapwhoami -x -ZZ -H ldap://10.77.0.2
	keep 12
}

# ---- brokers and data bases ----

rec_mqtt-retain() {
	pair
	broker 'allow_anonymous true' 'max_qos 1'
	sniff h1 eth0 tcp port 1883
	lab_on h1 mosquitto_pub -h 10.77.0.2 -i a -t lamp/state -m on -r
	lab_on h1 mosquitto_sub -h 10.77.0.2 -i b -t lamp/state -C 1 -W 2
	lab_on h1 mosquitto_pub -h 10.77.0.2 -i a -t lamp/state -n -r
	lab_on h1 mosquitto_sub -h 10.77.0.2 -i b -t lamp/state -C 1 -W 1
	keep 30
}

rec_mqtt-session() {
	pair
	broker 'allow_anonymous true'
	sniff h1 eth0 tcp port 1883
	# It is away while the message comes, and gets it when it is back.
	lab_on h1 mosquitto_sub -h 10.77.0.2 -V mqttv311 -i sleeper -c -q 1 -t mail/# -E
	lab_on h1 mosquitto_pub -h 10.77.0.2 -V mqttv311 -i writer -q 1 -t mail/one -m hello
	lab_on h1 mosquitto_sub -h 10.77.0.2 -V mqttv311 -i sleeper -c -q 1 -t mail/# -C 1 -W 2
	# Two of one name: the older has to go.
	lab_bg h1 bash -c 'timeout 2 mosquitto_sub -h 10.77.0.2 -V mqttv5 -i twin -t x || true'
	sleep 0.4
	lab_on h1 mosquitto_sub -h 10.77.0.2 -V mqttv5 -i twin -t x -W 1
	sleep 1
	keep 35
}

rec_mqtt-ip6() {
	pair
	printf '%s\n' 'listener 1883 fd77::2' 'user root' 'allow_anonymous true' >"$LAB_DIR/mosquitto.conf"
	lab_bg h2 mosquitto -c "$LAB_DIR/mosquitto.conf"
	lab_until 5 lab_on h2 bash -c 'true >/dev/tcp/fd77::2/1883'
	lab_on h1 ping -c1 fd77::2 >/dev/null
	sniff h1 eth0 tcp port 1883
	lab_on h1 mosquitto_pub -h fd77::2 -i six -t a/b -m "over six" -q 2
	keep 12
}

rec_mysql-prepared() {
	pair
	maria_server
	forget
	sniff h1 eth0 tcp port 3306
	maria lab <<-'END'
		PREPARE twice FROM 'SELECT ? * 2 AS answer'; SET @n = 21; EXECUTE twice USING @n; DEALLOCATE PREPARE twice;
		SELECT NULL, 1.5, 'text', CAST('2024-01-01' AS DATE);
		BEGIN; ROLLBACK; SHOW WARNINGS; SHOW TABLES;
		DO SLEEP(0.1);
	END
	lab_on h1 mariadb-admin --no-defaults --skip-ssl -h 10.77.0.2 -u lab -psecret ping status
	keep 25
}

rec_pgsql-tls() {
	pair
	pg_server scram-sha-256
	forget
	sniff h1 eth0 tcp port 5432
	PGSSL=require pg -c 'SELECT 1'
	PGSSL=prefer pg -c 'SELECT 1'
	keep 15
}
