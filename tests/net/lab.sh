# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A private network for tests, sourced: hosts are network namespaces of an unprivileged user, joined
# by veth pairs; nothing leaves them and everything ends with the script.
#
#	. "$(dirname "$0")/lab.sh"
#	lab_enter "$@"                  # from here on inside; root is not needed
#	lab_pair                        # h1 10.77.0.1 fd77::1 -- h2 10.77.0.2 fd77::2
#	lab_bg h2 dnsmasq --no-daemon ...
#	lab_until 5 lab_on h1 dig ...
#	lab_on h1 "$STRATA" ask ...
#
# LAB_TIME: seconds the whole script may take (100). LAB_DIR: a folder of its own, removed at the end.
# LAB_ROOT=1: root stays the machine's root, for what a user namespace refuses (SCHED_FIFO).

# Where Debian keeps servers and ethtool, which an ordinary user does not search.
PATH=$PATH:/usr/sbin:/sbin

# Tell how a comparison went, and remember in $bad that one failed.
check() { # NAME GOT WANTED
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		echo "FAILED: $1: got '$2', wanted '$3'"
		# shellcheck disable=SC2034 # for those who source this
		bad=1
	fi
}
holds() { # NAME FILE PATTERN
	if grep -qE -- "$3" "$2"; then
		echo "ok: $1"
	else
		echo "FAILED: $1: no '$3' in:"
		cat "$2"
		# shellcheck disable=SC2034 # for those who source this
		bad=1
	fi
}

# Run the calling script again, inside a user, network, mount and process namespace: when the
# first process of the last one ends, the kernel ends all the others.
lab_enter() {
	if [ "${LAB_INSIDE-}" = "$0" ]; then
		lab_setup
		return
	fi
	local how rc
	if [ -n "${LAB_ROOT-}" ] && [ "$(id -u)" = 0 ] &&
		unshare -nmp --mount-proc --fork --kill-child true 2>/dev/null; then
		how=-nmp
	elif unshare -Urnmp --mount-proc --fork --kill-child true 2>/dev/null; then
		how=-Unmp
	elif unshare -Urnm true 2>/dev/null; then
		how=-Unm
	elif [ "$(id -u)" = 0 ] && unshare -nmp --mount-proc --fork --kill-child true 2>/dev/null; then
		# Root where user namespaces are refused, as in a chroot, has the others all the same.
		how=-nmp
	else
		echo "skipped: no private namespaces here (unshare -Urn is refused)"
		exit 77
	fi
	export LAB_DIR
	LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/lab.XXXXXX") || exit 1
	chmod 755 "$LAB_DIR"
	[ "$(id -u)" = 0 ] || how+=r
	# shellcheck disable=SC2016 # the inner shell's words
	LAB_INSIDE=$0 unshare $how --fork --kill-child timeout -k 5 "${LAB_TIME:-100}" bash -c '
		until grep -q . /proc/self/uid_map; do sleep 0.01; done
		[ $$ -gt 100 ] || mount -t proc proc /proc
		exec bash "$@"' lab "$0" "$@" <&0 &
	LAB_CHILD=$!
	trap 'kill -KILL $LAB_CHILD; rm -rf "$LAB_DIR"; exit 143' TERM INT HUP
	if [ "$(id -u)" = 0 ] && [[ $how == *U* ]]; then
		# Root gets every user inside too: some programs insist on becoming another one.
		# The map can be written once unshare has made the namespace.
		until [ "$(readlink /proc/$LAB_CHILD/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do
			kill -0 $LAB_CHILD 2>/dev/null || break
			sleep 0.01
		done
		echo "0 0 4294967295" >/proc/$LAB_CHILD/gid_map
		echo "0 0 4294967295" >/proc/$LAB_CHILD/uid_map
	fi
	wait $LAB_CHILD
	rc=$?
	rm -rf "$LAB_DIR"
	[ $rc = 124 ] && echo "lab: took longer than ${LAB_TIME:-100} s"
	exit $rc
}

lab_setup() {
	declare -gA LAB_HOST=()
	LAB_PIDS=()
	LAB_MAC=0
	# Programs that give up root's rights cannot in a namespace of one user. Run by nobody in
	# particular, they do not try: "${LAB_PLAIN[@]}" COMMAND
	LAB_PLAIN=()
	# shellcheck disable=SC2034 # for those who source this
	[ "$(cat /proc/self/setgroups)" = allow ] || LAB_PLAIN=(unshare -U --)
	trap lab_leave EXIT
	trap 'exit 143' TERM INT
	lab_sysctl
	ip link set lo up
}

# Without a process namespace of our own nothing else would end them.
lab_leave() {
	local pid
	for pid in "${LAB_PIDS[@]}" "${LAB_HOST[@]}"; do
		kill "$pid" 2>/dev/null
	done
}

# A quiet kernel: no address detection, no solicitations of its own making, group reports at once.
# And one that answers everything: no limit on the rate of ICMP errors.
lab_sysctl() {
	local where=/proc/sys/net/ipv6/conf/default
	echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
	[ -d $where ] || return 0
	echo 0 >/proc/sys/net/ipv6/icmp/ratelimit
	echo 10 >$where/mldv1_unsolicited_report_interval
	echo 10 >$where/mldv2_unsolicited_report_interval
	echo 10 >/proc/sys/net/ipv4/conf/default/igmpv2_unsolicited_report_interval
	echo 10 >/proc/sys/net/ipv4/conf/default/igmpv3_unsolicited_report_interval
	echo 0 >$where/accept_dad
	echo 0 >$where/dad_transmits
	echo 0 >$where/router_solicitations
	echo 0 >$where/accept_ra
} 2>/dev/null

# lab_host NAME: one more host, with loopback up.
lab_host() {
	unshare -n sleep 3600 &
	LAB_HOST[$1]=$!
	lab_until 5 bash -c "[ \$(readlink /proc/${LAB_HOST[$1]}/ns/net) != \$(readlink /proc/self/ns/net) ]"
	lab_on "$1" bash -c "$(declare -f lab_sysctl); lab_sysctl; ip link set lo up"
}

# lab_on HOST COMMAND...: run it there, in the foreground.
lab_on() {
	local host=$1
	shift
	nsenter -n -t "${LAB_HOST[$host]}" -- "$@"
}

# lab_bg HOST COMMAND...: run it there, in the background; LAB_PID is its process, LAB_LOG its output.
lab_bg() {
	local host=$1
	shift
	LAB_LOG=$LAB_DIR/$host.${1##*/}.${#LAB_PIDS[@]}.log
	nsenter -n -t "${LAB_HOST[$host]}" -- "$@" >"$LAB_LOG" 2>&1 &
	LAB_PID=$!
	LAB_PIDS+=("$LAB_PID")
}

# lab_stop PID: end it and wait for its end.
lab_stop() {
	kill -"${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

# lab_until SECONDS COMMAND...: until it succeeds; 1 when the time is over.
lab_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# lab_wire HOST IF HOST IF: a cable. MACs are 02:00:00:00:00:01, :02, ... in order.
lab_wire() {
	local mac1 mac2
	LAB_MAC=$((LAB_MAC + 2))
	mac1=$(printf '02:00:00:00:00:%02x' $((LAB_MAC - 1)))
	mac2=$(printf '02:00:00:00:00:%02x' $LAB_MAC)
	ip link add "w$LAB_MAC" address "$mac1" type veth peer name "x$LAB_MAC" address "$mac2"
	ip link set "w$LAB_MAC" netns "${LAB_HOST[$1]}" name "$2"
	ip link set "x$LAB_MAC" netns "${LAB_HOST[$3]}" name "$4"
	lab_on "$1" ip link set "$2" up
	lab_on "$3" ip link set "$4" up
}

# lab_mac HOST IF: its link address. (What is mounted as /sys speaks of the outer machine.)
lab_mac() { lab_on "$1" ip -o link show "$2" | sed -nE 's/.*link\/ether ([^ ]*).*/\1/p'; }

# lab_addr HOST IF ADDRESS...
lab_addr() {
	local host=$1 dev=$2 addr
	shift 2
	for addr in "$@"; do
		case $addr in
		*:*) lab_on "$host" ip addr add "$addr" dev "$dev" nodad ;;
		*) lab_on "$host" ip addr add "$addr" dev "$dev" ;;
		esac
	done
}

# lab_route HOST NET GATEWAY
lab_route() { lab_on "$1" ip route add "$2" via "$3"; }

# lab_forward HOST: make it a router.
lab_forward() {
	lab_on "$1" bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

# lab_sums HOST IF: the kernel fills checksums in and sends no frames over the MTU.
lab_sums() { lab_on "$1" ethtool -K "$2" tx off tso off gso off >/dev/null 2>&1; }

# Two hosts on one wire.
lab_pair() {
	lab_host h1
	lab_host h2
	lab_wire h1 eth0 h2 eth0
	lab_addr h1 eth0 10.77.0.1/24 fd77::1/64
	lab_addr h2 eth0 10.77.0.2/24 fd77::2/64
	lab_up h1 eth0
	lab_up h2 eth0
}

# Two hosts and two routers in a row: h1 -- r1 -- r2 -- h2.
lab_chain() {
	local host
	for host in h1 r1 r2 h2; do lab_host $host; done
	lab_wire h1 eth0 r1 eth0
	lab_wire r1 eth1 r2 eth0
	lab_wire r2 eth1 h2 eth0
	lab_addr h1 eth0 10.77.1.1/24 fd77:1::1/64
	lab_addr r1 eth0 10.77.1.254/24 fd77:1::fe/64
	lab_addr r1 eth1 10.77.2.1/24 fd77:2::1/64
	lab_addr r2 eth0 10.77.2.2/24 fd77:2::2/64
	lab_addr r2 eth1 10.77.3.254/24 fd77:3::fe/64
	lab_addr h2 eth0 10.77.3.1/24 fd77:3::1/64
	for host in h1 r1 r2 h2; do lab_up $host eth0; done
	lab_forward r1
	lab_forward r2
	lab_route h1 default 10.77.1.254
	lab_route h1 ::/0 fd77:1::fe
	lab_route r1 10.77.3.0/24 10.77.2.2
	lab_route r1 fd77:3::/64 fd77:2::2
	lab_route r2 10.77.1.0/24 10.77.2.1
	lab_route r2 fd77:1::/64 fd77:2::1
	lab_route h2 default 10.77.3.254
	lab_route h2 ::/0 fd77:3::fe
}

# lab_up HOST IF: wait until the wire carries.
lab_up() {
	lab_until 5 lab_on "$1" bash -c "ip -o link show $2 | grep -q LOWER_UP" ||
		echo "lab: $1 $2 does not come up"
}

# lab_sniff HOST IF FILE [tcpdump arguments]: record in the background, up to lab_sniffed.
lab_sniff() {
	local host=$1 dev=$2 file=$3
	shift 3
	if [ "$(cat /proc/self/setgroups)" = allow ]; then
		# --immediate-mode, -U: nothing is lost when it is stopped.
		lab_bg "$host" tcpdump -i "$dev" -w "$file" -U --immediate-mode -Z root -s 65535 "$@"
	else
		# tcpdump wants to change its groups, which an unprivileged namespace refuses.
		lab_dumpcap "$(lab_mac "$host" "$dev")" "$@" || return
		lab_bg "$host" dumpcap -q -P -i "$dev" -w "$file" -s 65535 "${LAB_DUMPCAP[@]}"
	fi
	lab_until 5 grep -qE 'listening on|^File: ' "$LAB_LOG" || {
		echo "lab: the recorder does not start:"
		cat "$LAB_LOG"
		return 1
	}
}

# lab_sniffed: what was sent by now is in the file, and the recorder has ended.
lab_sniffed() {
	# dumpcap looks at what the kernel has four times a second, and at the end no more.
	if [ "$(cat /proc/self/setgroups)" = allow ]; then sleep 0.15; else sleep 0.6; fi
	lab_stop "$LAB_PID"
}

# tcpdump's arguments as dumpcap takes them.
lab_dumpcap() { # MAC ARGUMENTS...
	local filter mac=$1
	shift
	LAB_DUMPCAP=()
	while [ $# -gt 0 ]; do
		case $1 in
		-y | -s) LAB_DUMPCAP+=("$1" "$2"); shift ;;
		# It knows no direction, and compiles its filters without the device.
		-Q) [ "$2" = in ] && filter="not ether src $mac"; shift ;;
		--time-stamp-precision=*) ;;
		-*) echo "lab: dumpcap knows no $1"; return 1 ;;
		*) filter="${filter:+$filter and }($*)"; break ;;
		esac
		shift
	done
	[ -z "${filter-}" ] || LAB_DUMPCAP+=(-f "$filter")
}
