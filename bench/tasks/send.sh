#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Frames of 64 bytes over veth from one sending thread, as fast as it can; counted where they arrive.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"
wire "$@"

n=$(($(scaled 3000000) / 1000 * 1000))
both='send send-xdp'
row send 'send 64-byte frames over veth, one thread, sendmmsg' 'M a second' more
row send-xdp 'send 64-byte frames over veth, one thread, AF_XDP' 'M a second' more
vs send 'trafgen -P1' 1.1
vs send 'tcpreplay -t -K' 1.1
vs send 'sendmmsg loop by hand (limit)' 1.1
vs send-xdp 'trafgen -P1' 1.5
vs send-xdp 'tcpreplay -t -K' 1.5
vs send-xdp 'sendmmsg loop by hand (limit)' 1.5
# To nobody in particular, so that no kernel answers.
packet='eth dst=02:00:00:00:00:99 src=02:00:00:00:00:01 / ip src=10.77.0.1 dst=10.77.0.2 / udp sport=9 dport=9 / fill:22'
"$STRATA" craft -w one.pcap "$packet" || exit 1
"$STRATA" craft -w many.pcap -c 1000 "$packet" || exit 1
# trafgen's words for the same bytes.
echo "{ $(tail -c 64 one.pcap | od -An -v -tx1 | sed 's/ / 0x/g; s/$/,/' | tr -d '\n' | sed 's/,$//') }" >one.cfg
once() {
	metered send strata "$n" "$STRATA" send -q --i-may -i eth0 -c "$n" --rate max --sender sendmmsg "$packet"
	metered send-xdp strata "$n" "$STRATA" send -q --i-may -i eth0 -c "$n" --rate max --sender af-xdp "$packet"
	metered "$both" 'trafgen -P1' "$n" trafgen -d eth0 -P1 -Q -n "$n" -c one.cfg
	metered "$both" 'tcpreplay -t -K' "$n" tcpreplay -q -t -K -i eth0 -l $((n / 1000)) many.pcap
	metered "$both" 'sendmmsg loop by hand (limit)' "$n" "$BENCH/blast" eth0 many.pcap "$n" 0
}
rounds once
