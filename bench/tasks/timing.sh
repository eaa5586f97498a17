#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# How true the times of a replay are, measured by the kernel's stamps where it arrives: 10,000 packets
# 100 us apart, and bursts of 50 packets 2 us apart every 5 ms.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"
# SCHED_FIFO is refused inside a user namespace: root does without one.
LAB_ROOT=1
wire "$@"

# Never less: the whole duration is one of the figures.
n=10000
for kind in even bursts; do
	"$BENCH/make_schedule" $kind "$n" >$kind.pcap || exit 1
	what="replay, packets 100 us apart"
	[ $kind = even ] || what='replay, bursts of 50'
	row $kind-gap "$what: error of a gap, median" us less
	goal $kind-gap under 0.2
	row $kind-gap99 "$what: error of a gap, 99 %" us less
	goal $kind-gap99 under 20
	row $kind-schedule "$what: distance to the schedule, 99 %" ms less
	goal $kind-schedule under 1
	row $kind-duration "$what: error of the duration" % less
	goal $kind-duration under 0.01
	row $kind-lost "$what: did not arrive" packets less
	goal $kind-lost under 0.5
	for what in gap gap99 schedule duration lost; do
		vs $kind-$what 'tcpreplay -K' ''
		vs $kind-$what 'tcpreplay -K -T nano' ''
		vs $kind-$what 'tcpreplay -K, SCHED_FIFO' ''
	done
done
timed() { # KIND SIDE COMMAND...
	local kind=$1 side=$2 what got i
	shift 2
	have $kind-gap "$side" "$1" || return
	background h2 ready "$BENCH/arrivals" eth0 "$n"
	on h1 "$@" "$kind.pcap" >out 2>err || { tail -n 3 err; }
	lab_stop "$LAB_PID"
	mapfile -t got < <(tail -n 1 "$LAB_LOG" | tr ' ' '\n')
	if [ ${#got[@]} = 5 ]; then
		i=0
		for what in gap gap99 schedule duration lost; do figure $kind-$what "$side" "${got[i++]}"; done
	else
		echo "$*: its packets did not all arrive"
		absent $kind-gap "$side" "its first or last packet did not arrive"
	fi
}
realtime=()
if chrt -f 1 true 2>err; then
	realtime=(--realtime)
else
	for kind in even bursts; do
		for what in gap gap99 schedule duration lost; do
			absent $kind-$what 'tcpreplay -K, SCHED_FIFO' 'needs root'
		done
	done
fi
once() {
	local kind
	for kind in even bursts; do
		timed $kind strata "$STRATA" replay -q --i-may -i eth0 "${realtime[@]}"
		timed $kind 'tcpreplay -K' tcpreplay -q -K -i eth0
		timed $kind 'tcpreplay -K -T nano' tcpreplay -q -K -T nano -i eth0
		[ ${#realtime[@]} = 0 ] ||
			timed $kind 'tcpreplay -K, SCHED_FIFO' chrt -f 1 tcpreplay -q -K -i eth0
	done
}
rounds once
