#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Several threads print what one prints, byte for byte: every form, all captures in one go (all link
# types, comments, damage, records that are read by what earlier packets taught), chosen or not; and
# one file of which each thread gets many batches. So do watch and flow, where one reads ahead: the same
# findings, packets that prove them, conversations and counts.
set -u
strata=${STRATA:?}
captures=("${STRATA_SOURCE:?}"/captures/*.pcap*)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0

same() { # COMMAND ARGUMENTS
	"$strata" "$@" --threads 1 >"$dir/one" 2>"$dir/one.err"
	local rc=$?
	"$strata" "$@" --threads 3 >"$dir/many" 2>"$dir/many.err"
	if [ $? -ne $rc ] || ! cmp "$dir/one" "$dir/many" || ! cmp "$dir/one.err" "$dir/many.err"; then
		echo "three threads, otherwise: $1 ${*: -4}"
		bad=1
	fi
}

for form in line tree expr json flat csv hex raw text; do
	same read "${captures[@]}" --as $form
	[ -s "$dir/one" ] || { echo "--as $form prints nothing"; bad=1; }
done
same read "${captures[@]}" --where 'udp && ip.ttl > 1'
same read "${captures[@]}" --where 'udp && ip.ttl > 1' --as expr
same read "${captures[@]}" 'tcp flags=SA' --as json --fields n,time,ip.src,tcp.dport

# 12,000 packets, and the end of the file is missing.
"$strata" craft -q -w "$dir/big.pcap" 'eth / ip / udp sport=1000-12999 / hex:00112233' || bad=1
head -c 700001 "$dir/big.pcap" >"$dir/cut.pcap"
same read "$dir/cut.pcap"
same read "$dir/cut.pcap" --as json
[ "$(wc -l <"$dir/one")" -gt 10000 ] || { echo "too few packets"; bad=1; }
# A reader that goes away is no error.
"$strata" read "$dir/big.pcap" --threads 3 | head -3 >"$dir/few"
[ "${PIPESTATUS[0]}" -eq 0 ] && [ "$(wc -l <"$dir/few")" -eq 3 ] || { echo "| head: error"; bad=1; }

for form in line json; do
	same watch "${captures[@]}" --as $form --sure low
	[ "$(wc -l <"$dir/one")" -gt 20 ] || { echo "watch --as $form finds too little"; bad=1; }
done
same watch "${captures[@]}" 'tcp flags=S' --sure low
same watch "${captures[@]}" -c 3
same watch "$dir/cut.pcap"
grep -q 'cut off' "$dir/one.err" || { echo "watch says nothing of the end"; bad=1; }
same flow "${captures[@]}" --stats
[ "$(wc -l <"$dir/one")" -gt 100 ] || { echo "too few conversations"; bad=1; }
same flow "${captures[@]}" --as json
same flow "${captures[@]}" 'udp dport=53' --as text -c 40
same flow "$dir/cut.pcap" --stats
# 20,000 packets of which every fourth is a port that does not answer: found, and written, alike.
"$strata" craft -q -w "$dir/scan.pcap" \
	'eth / ip src=10.0.0.1 dst=10.0.0.2-10.0.0.5 / tcp dport=1-5000 flags=S' || bad=1
same watch "$dir/scan.pcap"
for n in 1 3; do "$strata" watch "$dir/scan.pcap" -q --threads $n -w "$dir/proof$n.pcap" >/dev/null; done
if ! cmp "$dir/proof1.pcap" "$dir/proof3.pcap" || [ "$(stat -c %s "$dir/proof1.pcap")" -lt 1000 ]; then
	echo "another proof"
	bad=1
fi
exit $bad
