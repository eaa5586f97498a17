# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the tasks of the bench share, sourced by each of tasks/*.sh. A task says what its rows are, and
# then measures: strata and its peers in turn, ROUNDS times. bench/run reads what it says (on descriptor
# 3) and makes the table of it.
#
#	row ID 'what is done' UNIT less|more     UNIT of the figures, and which are better
#	vs ID PEER TIMES                         so many times as good as PEER we want to be; '': no goal
#	goal ID under|least FIGURE               or so good by itself
#	figure ID SIDE VALUE                     one measurement; SIDE is strata or a peer
#	absent ID SIDE 'why'                     there will be none
#
# From bench/run: BENCH the helpers' folder, STRATA, ROUNDS, SCALE (percent of the full size, of files
# and counts), INPUT a folder for files that tasks share, BENCH_SOURCE this folder.
set -u
: "${BENCH:?is set by bench/run}" "${STRATA:?}" "${ROUNDS:?}" "${SCALE:?}" "${INPUT:?}" "${BENCH_SOURCE:?}"
PATH=$PATH:/usr/sbin:/sbin
# All else that is printed goes to standard error.
[ -n "${BENCH_TELLS-}" ] || exec 3>&1 1>&2
export BENCH_TELLS=1

tell() { local IFS=$'\t'; echo "$*" >&3; }
row() { tell row "$@"; }
vs() { tell vs "$@"; }
goal() { tell goal "$@"; }
figure() { tell figure "$@"; }
absent() { tell absent "$@"; }

# scaled N: the count in this run.
scaled() { local n=$(($1 * SCALE / 100)); echo $((n > 10 ? n : 10)); }

# have ID SIDE PROGRAM: is it there? Else the row says so.
have() {
	command -v "$3" >/dev/null && return
	absent "$1" "$2" "${3##*/} is not installed"
	return 1
}

# rounds FUNCTION: once for each round.
rounds() {
	local i
	for ((i = 0; i < ROUNDS; i++)); do "$1"; done
	return 0 # what failed has been told
}

# have_scapy ID SIDE: the system's Python has it?
have_scapy() {
	/usr/bin/python3 -c 'import scapy' 2>/dev/null && return
	absent "$1" "$2" 'Scapy is not installed'
	return 1
}

# cost COMMAND...: its CPU seconds, its seconds on the clock and its KiB into $cpu, $wall, $kib. Its
# output goes to $OUT.
cost() {
	local rc
	"$BENCH/cost" "${LIMIT:-120}" "$WORK/cost" "$@" >"${OUT:=/dev/null}" 2>"$WORK/err"
	rc=$?
	if [ $rc = 0 ] || [ $rc = "${MAY-0}" ]; then
		# shellcheck disable=SC2034 # for the tasks
		read -r cpu wall kib <"$WORK/cost"
		return 0
	fi
	echo "$*: exit status $rc"
	tail -3 "$WORK/err"
	return 1
}

# printed N: $OUT has a line for each of N packets, or more.
printed() { [ "$(wc -l <"$OUT")" -ge "$1" ]; }

# per_packet ID SIDE N COMMAND...: CPU nanoseconds of it for each of N packets. ${DONE[@]}: a command
# that says whether the work was done.
DONE=(true)
per_packet() {
	local id=$1 side=$2 n=$3
	shift 3
	have "$id" "$side" "$1" || return
	if ! cost "$@"; then
		absent "$id" "$side" "it failed: $1"
	elif ! "${DONE[@]}"; then
		absent "$id" "$side" "it did not do all of it: $1"
	else
		figure "$id" "$side" "$(awk "BEGIN { print $cpu * 1e9 / $n }")"
	fi
}

# said ID SIDE COMMAND...: the figure that it prints.
said() {
	local id=$1 side=$2 got
	shift 2
	have "$id" "$side" "$1" || return
	if got=$(timeout 120 "$@" 2>"$WORK/err") && [ -n "$got" ]; then
		figure "$id" "$side" "$got"
	else
		absent "$id" "$side" "it failed: $1"
	fi
}

# frames NAME COUNT [HOSTS [DNS]]: a file of frames, made once for all tasks.
frames() {
	local name=$1
	shift
	FILE=$INPUT/$name.pcap
	[ -s "$FILE" ] || "$BENCH/make_frames" "$@" >"$FILE" || exit 1
}

# traffic NAME WORDS...: a file of whole conversations, likewise.
traffic() {
	FILE=$INPUT/$1.pcap
	shift
	[ -s "$FILE" ] || "$BENCH/make_traffic" "$@" >"$FILE" || exit 1
}

# ---- on the wire: h1 sends to h2, see tests/net/lab.sh ----

wire() {
	# shellcheck source=tests/net/lab.sh
	. "$BENCH_SOURCE/../tests/net/lab.sh"
	lab_enter "$@"
	WORK=$LAB_DIR
	cd "$WORK" || exit 1
	lab_pair
	# Neighbours are known before anything is timed.
	lab_on h1 ping -c 1 -W 2 10.77.0.2 >/dev/null
}

# Nothing on the wire but what the task sends.
quiet_wire() {
	local host
	for host in h1 h2; do
		lab_on $host bash -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6; ip link set eth0 arp off'
	done
}

# tcpdump insists on changing its groups.
may_tcpdump() { # IDS SIDE
	local id
	[ "$(cat /proc/self/setgroups)" = allow ] && return
	for id in $1; do absent "$id" "$2" 'needs root'; done
	return 1
}

# on HOST COMMAND...: like lab_on, with an end.
on() {
	local host=$1
	shift
	lab_on "$host" timeout -k 2 "${LIMIT:-60}" "$@"
}

# background HOST READY COMMAND...: LAB_PID, LAB_LOG; a program that is interrupted by SIGINT. READY: what
# it prints when it has begun; '': when a packet socket is open.
background() {
	local host=$1 ready=$2
	shift 2
	# Without job control a shell's children ignore SIGINT. In the foreground `timeout` hands a signal
	# on once, as a terminal does, else twice.
	lab_bg "$host" env --default-signal=INT timeout --foreground -k 2 "${LIMIT:-60}" "$@"
	if [ -n "$ready" ]; then
		lab_until 10 grep -qE "$ready" "$LAB_LOG"
	else
		# shellcheck disable=SC2016 # the inner shell's words
		lab_until 10 lab_on "$host" bash -c '[ $(wc -l </proc/net/packet) -gt 1 ]'
	fi
}

# metered IDS SIDE N COMMAND...: run it on h1; frames a second that arrive at h2, in millions, for each of
# the rows IDS (in one word). Of N that it sends nearly all are to arrive.
metered() {
	local ids=$1 side=$2 wanted=$3 id meter log arrived rate rc why=
	shift 3
	for id in $ids; do have "$id" "$side" "$1" || why=gone; done
	[ -z "$why" ] || return
	background h2 ready "$BENCH/meter" eth0
	meter=$LAB_PID log=$LAB_LOG
	on h1 "$@" >out 2>err
	rc=$?
	sleep 0.05
	lab_stop "$meter"
	read -r arrived rate < <(tail -n 1 "$log")
	if [ $rc != 0 ] || [ "${rate:-0}" = 0 ]; then
		echo "$*: exit status $rc, $arrived arrived"
		tail -n 3 out err
		why="it failed: $1"
	elif [ "${arrived:-0}" -lt $((wanted * 99 / 100)) ]; then
		why="of $wanted frames $arrived arrived"
	fi
	for id in $ids; do
		if [ -n "$why" ]; then
			absent "$id" "$side" "$why"
		else
			figure "$id" "$side" "$(awk "BEGIN { print $rate / 1e6 }")"
		fi
	done
}

# Inside a lab its folder is ours (wire).
if [ -z "${LAB_INSIDE-}" ]; then
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1
	trap 'rm -rf "$WORK"' EXIT
fi
