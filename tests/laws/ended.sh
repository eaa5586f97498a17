#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What is ended in the middle by SIGINT or SIGTERM leaves whole files: each command that writes one is
# stopped while its input still comes; so many packets are in the file as it tells (read tells nothing).
set -u
: "${STRATA:=$(dirname "$0")/../../build/debug/strata}"
[ -x "$STRATA" ] || { echo "skipped: no $STRATA"; exit 77; }
STRATA=$(realpath "$STRATA")
capture=$(realpath "${STRATA_SOURCE:-$(dirname "$0")/../..}/captures/http.pcap")
work=$(mktemp -d) || exit 1
feeder=
trap '[ -z "$feeder" ] || kill "$feeder" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0
mkfifo in

# Packets without end, some every millisecond or so.
feed() {
	head -c 24 "$capture"
	while tail -c +25 "$capture" 2>/dev/null; do sleep 0.001; done
}
# ended SIGNAL FILE COMMAND...
ended() {
	local sig=$1 file=$2 rc told there end=$((SECONDS + 20))
	shift 2
	rm -f "$file"
	feed >in 2>/dev/null &
	feeder=$!
	"$STRATA" "$@" 2>said &
	local pid=$!
	until [ "$(stat -c %s "$file" 2>/dev/null || echo 0)" -gt 0 ]; do
		[ $SECONDS -lt $end ] || break
		sleep 0.02
	done
	sleep 0.2
	kill "-$sig" $pid
	wait $pid
	rc=$?
	kill $feeder 2>/dev/null
	wait $feeder 2>/dev/null
	feeder=
	told=$(sed -nE 's/^strata: .*[^0-9]([0-9]+) written.*/\1/p' said)
	there=$("$STRATA" read -q "$file" --as csv --fields n 2>read.err | tail -n +2 | wc -l)
	[ "$1" != read ] || [ -s said ] || told=$there
	if [ $rc = 0 ] && [ "${told:-0}" -gt 0 ] && [ "$there" = "$told" ] && [ ! -s read.err ]; then
		echo "ok: SIG$sig: $*: $there"
	else
		echo "FAILED: SIG$sig: $*: exit status $rc, $there in the file, said:"
		cat said read.err
		bad=1
	fi
}
for sig in INT TERM; do
	ended $sig out.pcap edit in -w out.pcap
	ended $sig out.pcapng.gz edit in -w out.pcapng.gz --set 'ip ttl=9'
	ended $sig part_00001.pcap edit in -w part.pcap --split 1000000
	ended $sig out.pcapng read in -w out.pcapng --where tcp
done
exit $bad
