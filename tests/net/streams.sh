#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A download over a wire that loses, doubles and reorders frames is captured beside the receiver and
# put together from the capture, byte for byte. STREAMS_MB: its size (20); 1000 takes minutes and as
# much room on the disk twice.
set -u
# shellcheck source=tests/net/lab.sh
. "$(dirname "$0")/lab.sh"
[ -x "${STRATA:=$(dirname "$0")/../../build/debug/strata}" ] || { echo "skipped: no $STRATA"; exit 77; }
relay=${STRATA_BUILD:-$(dirname "$0")/../../build/debug}/tests/relay
for tool in curl python3 ethtool sha256sum "$relay"; do
	command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
mb=${STREAMS_MB:-20}
LAB_TIME=$((110 + mb * 3))
export LAB_TIME
lab_enter "$@"
cd "$LAB_DIR" || exit 1
bad=0
holds() { # NAME CONDITION...
	if "${@:2}"; then echo "ok: $1"; else echo "FAILED: $1"; bad=1; fi
}

lab_host h1
lab_host h2
lab_host relay
lab_wire h1 eth0 relay left
lab_wire relay right h2 eth0
lab_addr h1 eth0 10.77.0.1/24
lab_addr h2 eth0 10.77.0.2/24
lab_up h1 eth0
lab_up h2 eth0
for dev in left right; do lab_sums relay $dev; done
for host in h1 h2; do lab_sums $host eth0; done
lab_on relay bash -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
lab_bg relay "$relay" left right 7 60 40 200
lab_until 5 grep -q ready "$LAB_LOG" || { cat "$LAB_LOG"; exit 1; }

mkdir www
head -c "${mb}M" /dev/urandom >www/file
want=$(sha256sum <www/file)
lab_bg h2 python3 -m http.server --directory www --bind 10.77.0.2 80
lab_until 10 lab_on h1 curl -s -m 2 -o /dev/null -I http://10.77.0.2/
lab_bg h1 "$STRATA" sniff -i eth0 -B 256M -w trace.pcap tcp port 80
sniff=$LAB_PID
log=$LAB_LOG
lab_until 10 grep -q 'listening on' "$log"
lab_on h1 curl -s -o got http://10.77.0.2/file
sleep 0.3
lab_stop "$sniff" INT
grep -q ' 0 dropped by the kernel' "$log" || cat "$log"
holds "curl has the file" [ "$want" = "$(sha256sum <got)" ]

"$STRATA" read trace.pcap --follow tcp:0.b -w stream 2>notes
head -c 4096 stream | grep -a -q '^HTTP/1.0 200 OK' || echo "FAILED: no head"
# The body is what stands behind the empty line.
head=$(head -c 4096 stream | LC_ALL=C awk 'BEGIN { RS = "\r\n" } { n += length($0) + 2 } $0 == "" { print n; exit }')
holds "the stream is the file" [ "$want" = "$(tail -c +$((head + 1)) stream | sha256sum)" ]
holds "nothing is missing" bash -c '! grep -q missing notes'
holds "one conversation" [ "$("$STRATA" read trace.pcap --stats conv --as json | grep -c '"tcp:')" = 1 ]
again=$("$STRATA" read trace.pcap --where 'tcp.sport == 80 && tcp.len > 0' --as csv --fields tcp.seq |
	tail -n +2 | sort | uniq -d | wc -l)
holds "the wire was bad ($again segments came twice)" [ "$again" -gt $((mb / 2)) ]
wc -c trace.pcap stream
exit $bad
