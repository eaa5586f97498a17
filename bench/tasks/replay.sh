#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A capture of small frames replayed at top speed; counted where they arrive.
# shellcheck source=bench/task.sh
. "$BENCH_SOURCE/task.sh"
wire "$@"

n=$(scaled 400000)
frames replay "$n"
row replay 'replay a capture at top speed' 'M a second' more
vs replay 'tcpreplay -t -K' 1.5
vs replay bittwist ''
vs replay 'sendmmsg loop by hand (limit)' ''
once() {
	metered replay strata $((5 * n)) "$STRATA" replay -q --i-may -i eth0 --rate max --loop 5 "$FILE"
	metered replay 'tcpreplay -t -K' $((5 * n)) tcpreplay -q -t -K -i eth0 -l 5 "$FILE"
	metered replay bittwist $((5 * n)) bittwist -i eth0 -m 0 -l 5 "$FILE"
	metered replay 'sendmmsg loop by hand (limit)' $((5 * n)) "$BENCH/blast" eth0 "$FILE" $((5 * n)) 0
}
rounds once
