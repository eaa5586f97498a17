# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the tests of strata watch share, sourced; over command.sh. What happens on a wire is watched
# live and recorded, and the recording is watched too: both find the same.
#
#	begin "nmap" "$@"
#	. "$(dirname "$0")/watched.sh"
#	lab_pair
#	scan() { lab_on h1 nmap ... 10.77.0.2; }
#	watched "a scan" "tcp-scan" scan

# Where; and the most bytes of a packet that are recorded: short ones leave room for many.
at=h2 dev=eth0 snap=300

# watch_begin: strata watch there, as process $WATCH; its output is in $live.
watch_begin() {
	lab_bg $at "$STRATA" watch -i $dev --as json
	WATCH=$LAB_PID live=$LAB_LOG
	lab_until 20 grep -q 'strata: listening on' "$live" || {
		echo "FAILED: watch does not start:"
		cat "$live"
		bad=1
	}
}

watch_end() { lab_stop "$WATCH" INT; }

# names FILE: of the rules that found something, in one line; "none" if there is nothing.
names() {
	local n
	n=$(sed -nE 's/^\{"v":1,"finding":"([^"]*)".*/\1/p' "$1" | sort -u | tr '\n' ' ')
	echo "${n:-none }" | sed 's/ $//'
}

# after FILE RULE: the packet that made it a finding of that rule for the first time.
after() {
	sed -nE "s/^\\{\"v\":1,\"finding\":\"$2\".*\"packets\":\\[([0-9,]*)\\].*/\\1/p" "$1" |
		head -1 | sed 's/.*,//'
}

# in_file NAME WANT FILE ARGUMENTS...: what is found in a file.
in_file() {
	local name=$1 want=$2 rule
	shift 2
	"$STRATA" watch --as json "$@" >found 2>said
	check "$name" "$(names found)" "$want"
	[ "$want" = none ] || for rule in $want; do
		echo "    $rule: after $(after found "$rule") packets of $(sed -nE 's/^strata: ([0-9]+) packets, .*/\1/p' said)"
	done
}

# watched NAME WANT COMMAND...: WANT are the rules that find something, sorted, and no other does.
watched() {
	local name=$1 want=$2 recorder
	shift 2
	watch_begin
	# shellcheck disable=SC2034 # for those who source this
	lab_sniff $at $dev seen.pcap -s $snap || bad=1
	recorder=$LAB_PID
	"$@" >did 2>&1
	LAB_PID=$recorder # it may have begun more
	lab_sniffed
	watch_end
	check "$name: live" "$(names "$live")" "$want"
	in_file "$name: from the file" "$want" seen.pcap
}
