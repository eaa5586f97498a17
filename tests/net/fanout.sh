#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata sniff --fanout: several threads share the packets of a device; all are there, none twice, in
# the order of their times; the last ones too.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "python3" "$@"

# burst FROM TO: numbered datagrams from 50 ports in turns, until there is a file "enough".
burst() {
	python3 - "$1" "$2" <<-'PY'
		import os, socket, sys
		s = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for i in range(50)]
		for i in range(int(sys.argv[1]), int(sys.argv[2])):
		    s[i % 50].sendto(b"%d ." % i, ("127.0.0.1", 9999))
		    if i == 1001000:
		        open("begun", "w")
		    if i % 100 == 0 and i >= 1000000 and os.path.exists("enough"):
		        break
	PY
}
sniff() { sniffing log "$@" udp port 9999; } # ARGUMENTS...
for n in 2 4; do
	# Packets come while it opens its sockets one after the other: each only once all the same.
	rm -f enough begun
	burst 1000000 9000000 &
	LAB_PIDS+=($!)
	early=$!
	lab_until 20 [ -e begun ]
	sniff --fanout $n --as expr
	touch enough
	wait $early
	check "$n: threads" "$(ls /proc/$SNIFF/task | wc -l)" $((n + 1))
	burst 0 20000
	kill -INT "$SNIFF"
	wait "$SNIFF"
	check "$n: exit status" $? 0
	sed -nE 's/.*"([0-9]+) \."$/\1/p' log.out >numbers
	check "$n: all, none twice, in the order of time" \
		"$(awk '$1 < 1000000' numbers | cksum)" "$(seq 0 19999 | cksum)"
	awk '$1 >= 1000000' numbers >first
	check "$n: from before it was ready: there are some" "$(($(wc -l <first) > 0))" 1
	check "$n: from before it was ready: none twice, none missing" "$(cksum <first)" \
		"$(seq "$(head -1 first)" "$(tail -1 first)" | cksum)"
done

# A few packets do not wait for others.
sniff --fanout 3 --as expr -c 3
burst 0 3
lab_until 10 bash -c '[ $(wc -l <out) = 3 ]'
check "three packets of three flows, and no more to come" "$(sed -nE 's/.*"([0-9]+) \."$/\1/p' log.out | xargs)" "0 1 2"
wait "$SNIFF"
check "-c: exit status" $? 0

# Shared memory: a slow reader fills all queues, and what they have no room for is told once.
mkfifo stuck
exec 8<>stuck
: >log
"$STRATA" sniff -i lo --fanout 2 --queue 2MiB --as hex udp port 9999 >stuck 2>log &
SNIFF=$!
LAB_PIDS+=("$SNIFF")
lab_until 20 grep -q 'listening on' log
burst 0 60000
kill -INT "$SNIFF"
sleep 0.3
cat <&8 >/dev/null &
LAB_PIDS+=($!)
wait "$SNIFF"
check "nobody reads: exit status" $? 4
got=$(sed -nE 's/^strata: ([0-9]+) captured.*, ([0-9]+) dropped by the kernel.* ([0-9]+) by the queue.*/\1 + \2 + \3/p' log)
check "nobody reads: captured and dropped" $((got)) 60000

# Their order is that of the host's clock.
sniff --fanout 2 --clock host --as expr -c 1
burst 0 1
wait "$SNIFF"
check "by the host's clock: exit status" $? 0
"$STRATA" sniff -i lo --fanout 2 --clock adapter 2>log
check "by another clock: exit status" $? 2
holds "by another clock: why" log "fanout puts packets in order by the host's clock, --clock adapter is another one"

"$STRATA" sniff -i lo --fanout 2 --queue 0 2>log
check "without a queue: exit status" $? 2
holds "without a queue: why" log 'fanout needs a queue'
exit $bad
