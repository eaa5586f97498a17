#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Lines that were silently misread elsewhere, typed into bash, dash, zsh and fish as they are: the same
# bytes from each, and those meant; lists where one value is meant are refused.
set -u
: "${STRATA_SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${STRATA:=$STRATA_SOURCE/build/debug/strata}"
[ -x "$STRATA" ] || { echo "skipped: no $STRATA"; exit 77; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
ln -s "$STRATA" "$tmp/strata"
export HOME=$tmp STRATA_PROTOCOLS=$STRATA_SOURCE/examples/sensor.protocol
bad=0

# try LINE EXIT HOLDS: the text HOLDS is in the packet, or in the message of the refusal.
try() {
	local shell got rc first=
	for shell in bash dash zsh fish; do
		command -v "$shell" >/dev/null || continue
		got=$(cd "$STRATA_SOURCE" && PATH=$tmp:$PATH "$shell" -c "$1" 2>"$tmp/err")
		rc=$?
		[ "$rc" = 0 ] || got=$got$(cat "$tmp/err")
		: "${first:=$got}"
		if [ "$rc" != "$2" ]; then
			echo "FAILED: $shell: $1: exit status $rc, expected $2: $got"
		elif [ "$got" != "$first" ]; then
			echo "FAILED: $shell: $1: not what the first shell gave: $got"
		elif ! grep -qF -- "$3" <<<"$got"; then
			echo "FAILED: $shell: $1: no '$3' in: $got"
		else
			continue
		fi
		bad=1
	done
	[ "$2" = 0 ] || [ ! -e "$tmp/none.pcap" ] || { echo "FAILED: $1: a packet was written"; bad=1; }
}
# hexed TEXT: its bytes as --as raw shows them.
hexed() { printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'; }

for shell in bash dash zsh fish; do
	command -v "$shell" >/dev/null || echo "left out: $shell is not here"
done
craft="strata craft --as raw ip dst=10.0.0.2 /"
try "$craft http method=GET uri=/index.html" 0 "$(hexed 'GET /index.html ')"
try "$craft http 'uri=/a/b?c=d,e'" 0 "$(hexed ' /a/b?c=d,e ')"
try "$craft mqtt type=publish topic=a/b" 0 "0003$(hexed 'a/b')"
try "$craft sensor name=a,b" 0 "03$(hexed 'a,b')"
try "$craft sensor name=\"living room\"" 0 "0b$(hexed 'living room')"
try "$craft sensor 'name=living room'" 0 "0b$(hexed 'living room')"
try "$craft sensor name=temp type=reply" 0 "04$(hexed temp)"
try "$craft tcp dport=80 flags=syn+ack" 0 "5012"
try "$craft tcp dport=80 flags=SA" 0 "5012"
try "$craft tcp dport=80 options=mss:1460,nop,ws:7,sackok" 0 "020405b401030307"
try "$craft udp dport=9000 / text:hello" 0 "$(hexed hello)"
try "$craft udp dport=9000 / '\"hello / world\"'" 0 "$(hexed 'hello / world')"
try "$craft udp dport=9000 / hex:dead.beef" 0 "deadbeef"
try "strata craft --as raw 'IP(dst=\"10.0.0.2\")/TCP(dport=80,flags=\"S\")'" 0 "5002"
try "strata craft --as raw ip dst=10.0.0.0/30 / udp dport=1-2 | wc -l | tr -d ' '" 0 "4"
try "strata craft -w $tmp/none.pcap ip dst=10.0.0.2 / tcp flags=syn,ack" 2 "syn+ack"
try "strata craft -w $tmp/none.pcap ip dst=10.0.0.2 / tcp flags=SA,R" 2 "both in one packet"
try "strata craft -w $tmp/none.pcap ip dst=10.0.0.2 / hello" 2 "text:hello"
try "strata craft -w $tmp/none.pcap ip dst=10.0.0.2 / sensor name=living room" 2 "room"
try "strata craft -w $tmp/none.pcap ip dst=10.0.0.2/tcp dport=80" 2 "10.0.0.2/tcp"
exit $bad
