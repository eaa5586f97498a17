#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The tool when memory runs out: each of its allocations fails in turn. It ends with the exit code of
# an error and says why on stderr, or does what it was asked for all the same; it never crashes.
set -u
: "${STRATA:?}" "${STRATA_SOURCE:?}" "${STRATA_BUILD:?}"
if [ -n "${STRATA_SANITIZE-}" ]; then
	echo "skipped: sanitizers bring an allocator of their own (law.memory is for them)"
	exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0 tried=0
most=${MOST:-60} # runs of a command, spread over its allocations

run() { # N COMMAND...
	local n=$1
	shift
	timeout 20 env NOMEM="$n" NOMEM_COUNT="$work/count" \
		LD_PRELOAD="$STRATA_BUILD/tests/nomem.so" "$STRATA" "$@" \
		>"$work/out" 2>"$work/err" </dev/null
}

try() {
	local total step n rc
	run 0 "$@"
	rc=$?
	if [ $rc != 0 ]; then
		echo "without a failure: exit code $rc: $*"
		cat "$work/err"
		bad=$((bad + 1))
		return
	fi
	total=$(cat "$work/count")
	mv "$work/out" "$work/want"
	step=$((total / most + 1))
	for ((n = 1; n <= total; n += step)); do
		run "$n" "$@"
		rc=$?
		tried=$((tried + 1))
		[ $rc = 0 ] && cmp -s "$work/out" "$work/want" && continue
		# A header that could not be taken apart is marked so, and told.
		[ $rc = 0 ] && grep -q 'deeper than is looked into' "$work/err" && continue
		[ $rc -gt 0 ] && [ $rc -lt 6 ] && grep -qi memory "$work/err" && continue
		echo "allocation $n of $total: exit code $rc: $*"
		head -3 "$work/err"
		bad=$((bad + 1))
	done
}

cd "$STRATA_SOURCE" || exit 1
capture=captures/http.pcap
for form in line tree json flat csv hex raw text expr; do
	try read --as $form -c 3 $capture
done
try read --fields ip.src,tcp.dport,time --as csv -c 3 $capture
try read --where 'http && ip.src == 10.77.0.2' $capture
try read -w "$work/copy.pcapng" $capture
try flow --only tcp:0 $capture
try flow --only tcp:0 --as svg $capture
try watch captures/http.pcap
try flow --stats --as json $capture captures/dns-silence.pcap
try edit -c 3 --anonymise seed --set 'ip ttl=9' --set '+ vlan vlan=5' -w - captures/icmp-errors.pcap
try edit --segment 600 --set 'tcp options=nop' -w - captures/offload.pcap
try edit --segment 600 -w - captures/ping-fragments.pcap
try craft --as json ip dst=10.0.0.2 / tcp dport=80 flags=S options=mss:1460,nop,ws:7
try craft --as raw -p examples/sensor.protocol ip src=10.0.0.1 dst=10.0.0.1-10.0.0.3 / sensor name=temp
try protocols
try protocols tcp
echo "$tried allocations failed, $bad badly"
[ "$bad" = 0 ] && [ "$tried" -gt 200 ]
