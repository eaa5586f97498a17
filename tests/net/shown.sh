#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What is shown to somebody new is so: README's transcript and its tasks, the examples of every
# command's help and of the man page, run as they stand, in a network where what they ask for is there.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
LAB_TIME=250 # every example that captures runs for two seconds
begin "python3" "$@"
lab_host h1
lab_host h2
for i in 0 1 2; do lab_wire h1 eth$i h2 eth$i; done
lab_wire h1 veth0 h1 veth1
for dev in veth0 veth1; do mute h1 $dev; done
lab_addr h1 eth0 10.0.0.1/24 fe80::1/64
lab_addr h2 eth0 10.0.0.2/24 fe80::2/64
lab_addr h1 eth1 10.77.0.1/24
lab_addr h2 eth1 10.77.0.2/24
for host in h1 h2; do lab_up $host eth0; done
# As on most machines: it is the way to everywhere else.
lab_on h1 ip route add default via 10.0.0.2

lab_bg h2 python3 "$src/captures/tools/sensor.py" serve 0.0.0.0 9000
lab_until 10 grep -q ready "$LAB_LOG" || { cat "$LAB_LOG"; exit 1; }
lab_bg h2 python3 -c '
import socket, threading
def names():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", 53))
    while True:
        m, who = s.recvfrom(2000)
        s.sendto(m[:2] + b"\x81\x83" + m[4:], who)   # no such name
threading.Thread(target=names, daemon=True).start()
s = socket.create_server(("", 80), backlog=100)
print("ready", flush=True)
while True: s.accept()'
lab_until 10 grep -q ready "$LAB_LOG" || { cat "$LAB_LOG"; exit 1; }
# Something to be captured, all the time.
lab_bg h1 python3 -c '
import socket, time
while True:
    try: socket.create_connection(("10.0.0.2", 80), 1).close()
    except OSError: pass
    time.sleep(0.05)'

# The files that examples speak of.
mkdir work
cd work || exit 1
ln -s "$c" captures
ln -s "$src/examples" examples
cp "$src/examples/sensor.protocol" "$c/http.pcap" .
for name in file a old big before after trace capture; do cp http.pcap $name.pcap; done
"$STRATA" edit -q "$c/dns-udp.pcap" -w b.pcapng
cp b.pcapng a.pcapng
cp b.pcapng big.pcapng
gzip -c b.pcapng >b.pcapng.gz
cp http.pcap b.pcap
cp "$c/offload.pcap" .
"$STRATA" edit -q "$c/cooked.pcap" ip and dst 10.77.0.2 -w cooked.pcapng
"$STRATA" read -q file.pcap --as expr >packets.txt
"$STRATA" read -q file.pcap --as raw >dump.txt
"$STRATA" watch --rules list >mine.rules
mkdir bin
ln -s "$STRATA" bin/strata

# shown WHERE LINE: what does not end by itself is ended with Ctrl-C; then it is no error either.
ran=0
shown() {
	local where=$1 line=$2 seconds=30 keys=xxq rc
	case $line in
	# These want a lab that runs, or a file that says more: tests/net/topology.sh.
	*" lab run "* | *" lab on "* | *" lab sniff "* | *" lab list") return ;;
	*" lab"*) keys='exit' ;;
	esac
	ran=$((ran + 1))
	rm -f b.pcap both.pcapng.zst
	cp http.pcap b.pcap
	case $line in
	*"sniff -i list" | *"sniff -i eth0 -c "*) ;;
	*" sniff"* | *" flow -i "* | *" watch -i "* | *" watch --sockets"* | *" react "* | *" serve "* | *" bridge "* | *" -c 0 "* | \
		*" --loop 0 "*) seconds=2 ;;
	esac
	# shellcheck disable=SC2016 # the inner shell's word
	echo $keys | lab_on h1 env PATH="$PWD/bin:$PATH" LINE="$line" timeout --preserve-status -s INT -k 20 $seconds \
		bash -c 'trap : INT; eval "$LINE"' >out 2>said
	rc=$?
	# Something is missing on most machines.
	case $line in *"strata doctor") [ $rc != 1 ] || rc=0 ;; esac
	# There is something to be found.
	case $line in "strata watch "*) [ $rc != 1 ] || rc=0 ;; esac
	check "$where: $line" $rc 0
	[ $rc = 0 ] || head -3 said
}

# ---- README ----
sed -nE 's/^\$ (strata .*)/\1/p' "$src/README.md" >line
sed -nE '/^\$ strata/,/^```/ { /^(SENT|RCVD|strata:)/p }' "$src/README.md" >wanted
shown "README" "$(cat line)"
numbers() { sed -E 's/0x[0-9a-f]+/N/g; s/[0-9]+(\.[0-9]+)*/N/g'; }
check "README: it says what is printed" "$(cat out said | numbers)" "$(numbers <wanted)"
while IFS= read -r line; do shown "README" "$line"; done < <(sed -nE '/^## [A-Z][a-z]+ tasks/,/^## Map/ s/^(strata .*)/\1/p' "$src/README.md")
check "README has tasks" $((ran > 10)) 1

# ---- the help and the man page ----
for command in $("$STRATA" --help | sed -nE '/^Commands:/,/^$/ s/^  ([a-z]+) .*/\1/p'); do
	before=$ran
	while IFS= read -r line; do shown "$command --help" "$line"; done < \
		<("$STRATA" "$command" --help | sed -nE '/^Examples:/,/^$/ s/^  (strata .*)/\1/p')
	check "$command --help has examples" $((ran > before)) 1
done
while IFS= read -r line; do shown "strata(1)" "$line"; done < \
	<(sed -nE '/^\.SH EXAMPLES/,/^\.SH DESC/ { s/\\-/-/g; s/\\\(aq/'"'"'/g; s/^\.B (strata .*)/\1/p }' "$src/docs/man/strata.1")
check "there are many examples" $((ran > 85)) 1
exit $bad
