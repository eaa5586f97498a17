#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# captures/record.sh keeps no recording of a server that failed or did not answer, and shows what it said.
set -u
source=${STRATA_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
for tool in capinfos tcpdump; do
	command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
unshare -Urnm true 2>/dev/null || { echo "skipped: no private namespaces here"; exit 77; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/record.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/captures/record" "$dir/tests/net"
cp "$source/captures/record.sh" "$dir/captures"
cp "$source/tests/net/lab.sh" "$dir/tests/net"
cat >"$dir/captures/record/own.sh" <<'END'
asks() { lab_on h1 bash -c 'echo hello >/dev/udp/10.77.0.2/9'; }
rec_good() { pair; sniff h1 eth0 udp; asks; keep 1; }
rec_few() { pair; sniff h1 eth0 udp; asks; keep 5; }
rec_silent() { pair; lab_bg h2 bash -c 'echo deaf; sleep 60'; sniff h1 eth0 udp; asks; keep 1 'src host 10.77.0.2'; }
rec_failing() { pair; lab_bg h2 bash -c 'echo no such option; exit 3'; sniff h1 eth0 udp; asks; keep 1; }
END
bad=0
check() { # NAME RC WORDS...: record it; that exit status, and all these words said
	local said rc name=$1 want=$2 word
	said=$(bash "$dir/captures/record.sh" "$name" 2>&1)
	rc=$?
	shift 2
	for word; do
		[[ $said == *"$word"* ]] || { echo "$name: '$word' was not said:"; bad=1; }
	done
	if [ $rc != "$want" ] || [ $bad = 1 ]; then
		printf '%s: exit status %s\n%s\n' "$name" $rc "$said"
		exit 1
	fi
	[ -e "$dir/captures/$name.pcap" ] && [ "$want" != 0 ] && { echo "$name: was kept"; exit 1; }
	return 0
}
check good 0 "good: 1 packets"
check few 1 "few: only 1 packets" "NOT recorded" "eth0"
check silent 1 "no packet that is 'src host 10.77.0.2'" "deaf"
check failing 1 "failing: a server ended with 3" "no such option"
echo "record: 4 recordings, 3 refused"
