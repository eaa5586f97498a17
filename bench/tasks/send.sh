#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Frames of 64 bytes over veth from one sending thread, as fast as it can; counted where they arrive.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"
wire "$@"

n=$(scaled 3000000)
row send 'send 64-byte frames over veth, one thread' 'M a second' more
vs send 'trafgen -P1' 1.1
vs send 'tcpreplay -t -K' 1.1
vs send 'sendmmsg loop by hand (limit)' 1.1
# To nobody in particular, so that no kernel answers.
packet='eth dst=02:00:00:00:00:99 src=02:00:00:00:00:01 / ip src=10.77.0.1 dst=10.77.0.2 / udp sport=9 dport=9 / fill:22'
"$STRATA" craft -w one.pcap "$packet" || exit 1
"$STRATA" craft -w many.pcap -c 1000 "$packet" || exit 1
# trafgen's words for the same bytes.
echo "{ $(tail -c 64 one.pcap | od -An -v -tx1 | sed 's/ / 0x/g; s/$/,/' | tr -d '\n' | sed 's/,$//') }" >one.cfg
once() {
	metered send strata "$STRATA" send -q --i-may -i eth0 -c "$n" --rate max "$packet"
	metered send 'trafgen -P1' trafgen -d eth0 -P1 -Q -n "$n" -c one.cfg
	metered send 'tcpreplay -t -K' tcpreplay -q -t -K -i eth0 -l $((n / 1000)) many.pcap
	metered send 'sendmmsg loop by hand (limit)' "$BENCH/blast" eth0 many.pcap "$n" 0
}
rounds once
