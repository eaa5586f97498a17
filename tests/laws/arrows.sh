#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The arrows law: no include goes against the table of folders; <pcap.h> and <libnet.h> stand where
# they belong; no protocol is named in the engine's C files. `arrows.sh --self-test` shows that each
# rule fires.
set -u
cd "${STRATA_SOURCE:-$(dirname "$0")/../..}" || exit 1
root=$PWD
bad=0

complain() {
	echo "$1"
	bad=1
}

declare -A may=(
	[core]="core"
	[notation]="core notation"
	[dissect]="core notation dissect"
	[craft]="core notation craft"
	[capture]="core capture"
	[flow]="core dissect flow"
	[watch]="core dissect flow watch"
	[lab]="core lab"
	[sockets]="core sockets"
	[play]="core notation dissect craft capture flow watch lab play"
	[teach]="core notation dissect craft capture flow watch lab sockets play teach"
	[lib]="core notation dissect craft capture flow watch play teach lib"
	[cli]="core notation dissect craft capture flow watch lab sockets play teach cli"
)

# What core/ may take from the system: the C library, as ISO C and POSIX name it.
libc='^(assert|ctype|errno|fcntl|float|inttypes|limits|locale|math|stdalign|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings|threads|time|unistd|dirent|endian|arpa/inet|netinet/in|sys/stat|sys/types|sys/mman)\.h$'

# Files that have to name protocols, and why:
#   craft/libnet_blocks.c   libnet has one builder per protocol
#   core/kind*.[ch]         codecs of addresses and names
#   capture/bpf_words.c  the words of pcap-filter(7)
#   dissect/lua.c        kinds of addresses by the names that Wireshark has for them
#   lab/kernel.h         the kernel's names of interfaces and settings
#   sockets/kernel.h     its names of kinds of sockets, and their structures
#   lab/relay.c          its ring of frames names a tag's fields
exempt='^(craft/libnet_blocks\.c|capture/bpf_words\.c|dissect/lua\.c|lab/(kernel\.h|relay\.c)|sockets/kernel\.h|core/kind[_a-z0-9]*\.[ch])$'

# Error messages that show a user what a packet looks like.
examples='such as ip;|a field of a protocol below: (ip\.ttl|udp\.sport)|crc16\(modbus\)|a packet is wanted: ip dst=10\.0\.0\.2 / udp dport=9'

# Words that are protocols and also plain words of C or of this program.
plain=' raw pop null none data text payload time loop option message length eth0 slow marker can mount '

includes() { grep -nE '^[[:space:]]*#[[:space:]]*include' "$1"; }

# C without its comments, line numbers kept.
uncommented() {
	awk '{
		line = $0; out = ""
		while (length(line)) {
			if (inside) {
				i = index(line, "*/")
				if (!i) break
				line = substr(line, i + 2); inside = 0
			} else if (match(line, /^"([^"\\]|\\.)*"/)) {
				out = out substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1)
			} else if (substr(line, 1, 2) == "/*") {
				inside = 1; line = substr(line, 3)
			} else if (substr(line, 1, 2) == "//") {
				break
			} else {
				out = out substr(line, 1, 1); line = substr(line, 2)
			}
		}
		print out
	}' "$1"
}

check_includes() {
	local folder=$1 file=$2 line no what first
	while IFS= read -r line; do
		no=${line%%:*}
		if [[ $line =~ \"([^\"]+)\" ]]; then
			what=${BASH_REMATCH[1]}
			first=${what%%/*}
			[[ $what == */* ]] || complain "$file:$no: \"$what\" is not written from the root"
			[[ " ${may[$folder]} " == *" $first "* ]] ||
				complain "$file:$no: $folder/ may not include $first/"
		elif [[ $line =~ \<([^\>]+)\> ]]; then
			what=${BASH_REMATCH[1]}
			case $what in
			pcap.h | pcap/*) [ "$folder" = capture ] ||
				complain "$file:$no: <$what> outside capture/" ;;
			libnet.h | libnet/*) [ "$file" = craft/libnet_blocks.c ] ||
				complain "$file:$no: <$what> outside craft/libnet_blocks.c" ;;
			*) [ "$folder" != core ] || [[ $what =~ $libc ]] ||
				complain "$file:$no: core/ takes libc only, not <$what>" ;;
			esac
		fi
	done < <(includes "$file")
}

# The protocols' names as whole words or as parts of an identifier (tcp_parse). In cli/ only
# identifiers count: help texts show examples.
check_names() {
	local folder=$1 file=$2 strip='' hit
	[[ $file =~ $exempt ]] && return
	[ "$folder" = cli ] && strip='s/"([^"\\]|\\.)*"/""/g'
	while IFS= read -r hit; do
		complain "$file:${hit%%:*}: names a protocol:${hit#*:}"
	done < <(uncommented "$file" | sed -E -e 's/^[[:space:]]*#[[:space:]]*include.*//' -e "$strip" \
		-e "s#$examples##" |
		grep -nE "(^|[^a-z0-9])($names)([^a-z0-9]|\$)")
}

protocol_names() {
	sed -nE 's/^protocol[[:space:]]+([a-z0-9_]+).*/\1/p' protocols/*.protocol 2>/dev/null |
		while IFS= read -r name; do
			[[ $plain == *" $name "* ]] || echo "$name"
		done | sort -u | paste -sd'|'
}

run() {
	local folder file count=0
	names=$(protocol_names)
	[ -n "$names" ] || { echo "no protocols found: a few by name"; names='ip|ip6|tcp|udp|icmp|arp|dns|eth'; }
	for folder in "${!may[@]}"; do
		for file in "$folder"/*.[ch]; do
			[ -f "$file" ] || continue
			count=$((count + 1))
			check_includes "$folder" "$file"
			check_names "$folder" "$file"
		done
	done
	echo "$count files"
	[ "$count" -gt 0 ] || bad=1
}

# One offence of each kind, in a tree of its own: all must be told.
self_test() {
	local said offences=0
	tmp=$(mktemp -d) || exit 1
	trap 'rm -rf "$tmp"' EXIT
	mkdir -p "$tmp"/{core,dissect,craft,capture,protocols}
	printf 'protocol tcp "T" {\n}\n' >"$tmp/protocols/tcp.protocol"
	printf '#include <pcap.h>\n' >"$tmp/core/a.c"
	printf '#include "notation/notation.h"\n' >"$tmp/core/b.c"
	printf '#include "craft/craft.h"\n' >"$tmp/dissect/a.c"
	printf '#include <libnet.h>\n' >"$tmp/craft/a.c"
	printf '#include "capture.h"\n' >"$tmp/capture/a.c"
	printf 'int tcp_parse(void);\n' >"$tmp/core/c.h"
	printf 'const char *s = "tcp";\n' >"$tmp/core/d.c"
	printf '/* tcp\n * tcp */ int x; // tcp\n' >"$tmp/core/fine.c"
	said=$(STRATA_SOURCE=$tmp bash "$root/tests/laws/arrows.sh" --only) && complain "offences passed"
	for file in core/a.c core/b.c dissect/a.c craft/a.c capture/a.c core/c.h core/d.c; do
		grep -q "^$file:" <<<"$said" || complain "self-test: $file was not told: $said"
		offences=$((offences + 1))
	done
	! grep -q '^core/fine.c' <<<"$said" || complain "self-test: a comment was taken for code"
	echo "self-test: $offences offences told"
}

run
[ "${1-}" = --only ] || self_test
exit $bad
