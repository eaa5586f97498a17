#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The programs of examples/ do what they say, against a server in Python and a capture of dig's.
set -u
# shellcheck source=tests/net/lab.sh
. "$(dirname "$0")/lab.sh"
bin=${STRATA_BUILD:?}/examples
source=${STRATA_SOURCE:?}
for name in dns_names ask_sensor sniff_filter; do
	[ -x "$bin/$name" ] || { echo "skipped: $bin/$name is not built"; exit 77; }
done
python=$(command -v /usr/bin/python3 || command -v python3) ||
	{ echo "skipped: no python3"; exit 77; }
lab_enter "$@"
bad=0

# same WHAT EXPECTED-EXIT EXPECTED COMMAND...
same() {
	local what=$1 code=$2 want=$3 got rc
	shift 3
	got=$("$@" 2>"$LAB_DIR/err")
	rc=$?
	if [ "$rc" = "$code" ] && [ "$got" = "$want" ]; then
		echo "ok: $what"
	else
		echo "FAILED: $what: exit $rc (not $code): $got"
		cat "$LAB_DIR/err"
		bad=1
	fi
}

# As tshark lists the queries of this capture.
same "dns_names" 0 "www.example.org A 10.77.0.1
www.example.org AAAA 10.77.0.1
alias.example.org A 10.77.0.1
missing.example.org A 10.77.0.1
www.example.org TXT 10.77.0.1
elsewhere.test A 10.77.0.1" "$bin/dns_names" "$source/captures/dns-udp.pcap"
same "dns_names without a file" 4 "" "$bin/dns_names" /nonexistent.pcap
grep -q nonexistent "$LAB_DIR/err" || { echo "FAILED: the file is not named"; bad=1; }

lab_pair
lab_bg h2 "$python" "$source/captures/tools/sensor.py" serve 10.77.0.2 9000
lab_until 5 grep -q ready "$LAB_LOG" || { echo "FAILED: the server does not start"; exit 1; }
sensor=$source/examples/sensor.protocol
lab_bg h1 "$bin/sniff_filter" eth0 2 'udp.dstport == 9000 && ip.dst == 10.77.0.2'
sniffer=$LAB_PID log=$LAB_LOG
lab_until 5 grep -q listening "$log" || { echo "FAILED: the sniffer does not start"; cat "$log"; bad=1; }
same "a sensor, through a socket" 0 "temp: 21.500" lab_on h1 "$bin/ask_sensor" "$sensor" 10.77.0.2 temp
same "a sensor, raw" 0 "living room: -4.000" \
	lab_on h1 "$bin/ask_sensor" "$sensor" 10.77.0.2 "living room" raw
same "no such sensor" 0 "nothing: no reading (unknown)" \
	lab_on h1 "$bin/ask_sensor" "$sensor" 10.77.0.2 nothing raw
same "no such protocol file" 4 "" lab_on h1 "$bin/ask_sensor" /nonexistent 10.77.0.2 temp
wait "$sniffer" || { echo "FAILED: the sniffer's exit"; bad=1; }
if [ "$(grep -c ' > 9000' "$log")" = 2 ]; then
	echo "ok: sniff_filter"
else
	echo "FAILED: sniff_filter:"
	cat "$log"
	bad=1
fi
same "a filter that is wrong" 2 "" lab_on h1 "$bin/sniff_filter" eth0 1 'udp.prt == 1'
exit $bad
