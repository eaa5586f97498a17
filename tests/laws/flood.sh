#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Connections that are only opened cost memory up to the stated bound, and no more when there are
# many more of them. FLOOD: how many (3,000,000).
set -u
: "${STRATA:=$(dirname "$0")/../../build/debug/strata}"
flood=${STRATA_BUILD:-$(dirname "$0")/../../build/debug}/tests/flood
for tool in "$STRATA" "$flood"; do
	[ -x "$tool" ] || { echo "skipped: no $tool"; exit 77; }
done
[ -z "${STRATA_SANITIZE-}" ] || { echo "skipped: the sanitizer's own memory would be measured"; exit 77; }
bad=0

# resident N ARGUMENTS...: the most KiB that a run over N connections had.
resident() {
	"$flood" "$1" | python3 -c '
import resource, subprocess, sys
rc = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
print(-1 if rc else resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' \
		"$STRATA" read - "${@:2}"
}
at_most() { # WHAT KIB MOST
	if [ "$2" -gt 0 ] && [ "$2" -le "$3" ]; then
		echo "ok: $1: $2 KiB"
	else
		echo "FAILED: $1: $2 KiB, at most $3"
		bad=1
	fi
}

for how in "--reassemble --as none" "--follow tcp:0 --as raw"; do
	# shellcheck disable=SC2086 # words
	few=$(resident 1000 $how) million=$(resident 1000000 $how) many=$(resident "${FLOOD:-3000000}" $how)
	at_most "a million half-open connections with $how" $((million - few)) $((128 * 1024))
	at_most "${FLOOD:-3000000} of them" $((many - few)) $((130 * 1024))
done
exit $bad
