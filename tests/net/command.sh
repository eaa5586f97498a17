# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the tests of strata's commands share, sourced; over lab.sh.
#
#	. "$(dirname "$0")/command.sh"
#	begin "tcpdump python3" "$@"    # from here on inside a lab, in a folder of its own
#
# STRATA: the tool (that of build/debug). $src: the sources; $c: the captures in them; $bad: whether
# something failed.

# shellcheck source=tests/net/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

# begin TOOLS ARGUMENTS...: TOOLS are needed, in one word; ARGUMENTS are the script's.
begin() {
	local tool
	src=$(cd "$(dirname "$0")/../.." && pwd)
	[ -x "${STRATA:=$src/build/debug/strata}" ] || { echo "skipped: no $STRATA"; exit 77; }
	for tool in $1; do
		command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
	done
	shift
	lab_enter "$@"
	# shellcheck disable=SC2034 # for those who source this
	bad=0 c=$src/captures
	cd "$LAB_DIR" || exit 1
}

# mute HOST IF: it has no addresses, so it says nothing by itself.
mute() {
	lab_on "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"
	lab_on "$1" ip link set "$2" up
	lab_up "$1" "$2"
}

# Two hosts on one wire, and by eth1 of h1 one that only listens, deaf; both ends of that are mute.
# $one, $two: the link addresses of h1 and h2.
pair_and_deaf() {
	lab_pair
	lab_host deaf
	lab_wire h1 eth1 deaf eth0
	mute h1 eth1
	mute deaf eth0
	# shellcheck disable=SC2034 # for those who source this
	one=$(lab_mac h1 eth0) two=$(lab_mac h2 eth0)
}

# recorded SNAPLEN NAME EXIT COMMAND ARGUMENTS...: strata COMMAND from h1. What $host got (of what
# ${of[@]} lets through) is in got.pcap, what was printed and said in out and said. Short slots: more
# of them are in the recorder's ring.
host=deaf of=()
recorded() {
	local snaplen=$1 name=$2 want=$3
	shift 3
	# shellcheck disable=SC2034 # for those who source this
	lab_sniff $host eth0 got.pcap -s "$snaplen" "${of[@]}" || { bad=1; return; }
	lab_on h1 "$STRATA" "$@" >out 2>said
	check "$name: exit" $? "$want"
	lab_sniffed
}

dump() { "${LAB_PLAIN[@]}" tcpdump -Z root -r "$@"; }
# bytes FILE, frames FILE [FILTER]: a sum over the frames' bytes; how many there are.
bytes() { dump "$@" -nnxx -t 2>/dev/null | grep '^.0x' | cksum; }
frames() { dump "$@" --count 2>/dev/null | grep -oE '^[0-9]+'; }

# sniffing LOG ARGUMENTS...: strata sniff on the loopback, in the background, as $SNIFF, once it
# listens; what it prints is in LOG.out.
sniffing() {
	local log=$1
	shift
	: >"$log"
	"$STRATA" sniff -i lo "$@" >"$log.out" 2>"$log" &
	SNIFF=$!
	LAB_PIDS+=("$SNIFF")
	lab_until 20 grep -q 'listening on' "$log" || {
		echo "FAILED: sniff does not start:"
		cat "$log"
		# shellcheck disable=SC2034 # for those who source this
		bad=1
	}
}

# statistics FILE: of each interface statistics block of a pcapng: the interface, ifdrop, filteraccept,
# osdrop, usrdeliv, and its times if they are wrong; then "of" and the interfaces' names.
statistics() {
	python3 - "$1" <<-'PY'
		import struct, sys
		d, at, names, told = open(sys.argv[1], "rb").read(), 0, [], []
		def options(at, end):
		    while at < end:
		        code, n = struct.unpack_from("<HH", d, at)
		        yield code, d[at + 4:at + 4 + n]
		        at += 4 + (n + 3 & ~3)
		while at < len(d):
		    kind, n = struct.unpack_from("<II", d, at)
		    if kind == 1:
		        names.append(dict(options(at + 16, at + n - 4)).get(2, b"(nameless)").decode())
		    if kind == 5:
		        o = dict(options(at + 20, at + n - 4))
		        begun, over = (struct.unpack("<II", o[k]) for k in (2, 3))
		        told += [names[struct.unpack_from("<I", d, at + 8)[0]],
		                 *(int.from_bytes(o[k], "little") for k in (5, 6, 7, 8))]
		        if not begun <= over == struct.unpack_from("<II", d, at + 12):
		            told += ["times", begun, over]
		    at += n
		print(*told, "of", *names)
	PY
}
