#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Several threads print what one prints, byte for byte: every form, all captures in one go (all link
# types, comments, damage, records that are read by what earlier packets taught), chosen or not; and
# one file of which each thread gets many batches.
set -u
strata=${STRATA:?}
captures=("${STRATA_SOURCE:?}"/captures/*.pcap*)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0

same() { # ARGUMENTS of read
	"$strata" read "$@" --threads 1 >"$dir/one" 2>"$dir/one.err"
	local rc=$?
	"$strata" read "$@" --threads 3 >"$dir/many" 2>"$dir/many.err"
	if [ $? -ne $rc ] || ! cmp "$dir/one" "$dir/many" || ! cmp "$dir/one.err" "$dir/many.err"; then
		echo "three threads, otherwise: ${*: -4}"
		bad=1
	fi
}

for form in line tree expr json flat csv hex raw text; do
	same "${captures[@]}" --as $form
	[ -s "$dir/one" ] || { echo "--as $form prints nothing"; bad=1; }
done
same "${captures[@]}" --where 'udp && ip.ttl > 1'
same "${captures[@]}" --where 'udp && ip.ttl > 1' --as expr
same "${captures[@]}" 'tcp flags=SA' --as json --fields n,time,ip.src,tcp.dport

# 12,000 packets, and the end of the file is missing.
"$strata" craft -q -w "$dir/big.pcap" 'eth / ip / udp sport=1000-12999 / hex:00112233' || bad=1
head -c 700001 "$dir/big.pcap" >"$dir/cut.pcap"
same "$dir/cut.pcap"
same "$dir/cut.pcap" --as json
[ "$(wc -l <"$dir/one")" -gt 10000 ] || { echo "too few packets"; bad=1; }
# A reader that goes away is no error.
"$strata" read "$dir/big.pcap" --threads 3 | head -3 >"$dir/few"
[ "${PIPESTATUS[0]}" -eq 0 ] && [ "$(wc -l <"$dir/few")" -eq 3 ] || { echo "| head: error"; bad=1; }
exit $bad
