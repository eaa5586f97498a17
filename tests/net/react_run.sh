#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata react PATTERN run PROGRAM: values are arguments and nothing else; how many at a time, how long;
# how they end is told; neither they nor who starts them has a right of ours, and who reads packets can
# start nothing; kill -9 leaves none.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "setpriv" "$@"
lab_pair

# reacting ARGUMENTS...: on h2, in the background, once it listens: $REACT, $LOG.
reacting() {
	lab_bg h2 "$STRATA" react -i eth0 "$@"
	REACT=$LAB_PID LOG=$LAB_LOG
	lab_until 20 grep -q 'reacting on' "$LOG" || {
		echo "FAILED: react does not start:"
		cat "$LOG"
		bad=1
	}
}
ask() { lab_on h1 "$STRATA" send -q "$@"; }
told() { grep -v '^strata:' "$LOG"; }
# living WORDS: how many processes of this command line there are, dead ones that nobody asks after apart.
# shellcheck disable=SC2009 # pgrep counts dead ones, too
living() { ps -eo stat=,args= | grep -v '^Z' | sed 's/^[^ ]* *//' | grep -cE "^$1"; }
ended() { # SIGNAL EXIT
	local rc
	kill -"$1" "$REACT"
	wait "$REACT"
	rc=$?
	check "exit" $rc "$2"
}

# ---- arguments and standard input ----
reacting -c 1 'udp dport=9000' run "printf %s {dns.qry.name}" log
ask ip dst=10.77.0.2 / udp sport=4000 dport=9000 / text:x
wait "$REACT"
check "what the packet has not" $? 0
holds "is told" "$LOG" 'packet [0-9]*: {dns.qry.name}: the packet has no such value'
cat >note.protocol <<'END'
protocol note "A text" { over udp.port 9001; text : text[..] }
END
# shellcheck disable=SC2016 # no shell is what this is about
reacting -p note.protocol --as none 'udp dport=9001' run "printf <%s>\\n {ip.src} 'from {udp.srcport} x' \"\" \$HOME ; {note.text}" run 'printf <%s>\n text={note.text}'
# shellcheck disable=SC2016
ask -p note.protocol ip dst=10.77.0.2 / udp sport=4000 dport=9001 / note 'text="a b;$(id) *"'
ask -p note.protocol ip dst=10.77.0.2 / udp sport=4000 dport=9001 / note 'text="-v\x1b[2J\n"'
lab_until 10 grep -q 'text=-v' "$LOG"
ended INT 0
# shellcheck disable=SC2016
check "values are arguments, whatever is in them" "$(told | grep -v text= | paste -sd' ')" '<10.77.0.1> <from 4000 x> <> <$HOME> <;> <a b;$(id) *>'
check "no option and no control byte comes from a packet" "$(told | grep text=- )" '<text=-v\x1b[2J\n>'
holds "that is told" "$LOG" 'the value begins with -, as an option does'
reacting -c 1 --as json 'udp dport=9000' run 'cat'
ask ip dst=10.77.0.2 / udp dport=9000 / text:x
wait "$REACT"
holds "standard input is the packet as --as says" "$LOG" '^{"v":1.*"udp":{.*"dport":9000'

# ---- how they end ----
reacting -c 1 --as none --timeout 1s 'udp dport=9000' run true run 'sh -c "exit 3"' run 'sleep 100' run /nowhere run 'sh -c "kill -9 $$"'
ask ip dst=10.77.0.2 / udp dport=9000
wait "$REACT"
check "what could not be started is a loss" $? 4
holds "an exit status" "$LOG" 'packet 1: its program ended with exit status 3'
holds "no such program" "$LOG" 'packet 1: its program cannot be started: '
holds "a limit of time" "$LOG" 'packet 1: its program took too long and was killed'
holds "the sum" "$LOG" '4 programs were run: 1 ended well, 2 with an exit status or a signal, 1 took too long'
check "nothing is left of it" "$(living "sleep 100")" 0

# ---- how many ----
reacting --as none --at-once 2 'udp dport=9000' run 'sleep 1.5'
ask ip dst=10.77.0.2 / udp sport=1-200 dport=9000
lab_until 10 grep -q 'nothing was run: 2 programs run, 64 wait' "$LOG"
check "no more than it says run" "$(living "sleep 1.5")" 2
kill -INT "$REACT"
lab_until 10 grep -q 'waiting for the programs' "$LOG"
sleep 0.3
ended INT 4
holds "the rest is counted" "$LOG" '134 packets had no program: too many ran'
check "a second signal ends them" "$(living "sleep 1.5")" 0

# ---- rights ----
reacting -c 1 --as none 'udp dport=9000' run 'grep -E ^(CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs) /proc/self/status' run 'sh -c "ls /proc/$$/fd"'
helper=$(pgrep -f "react -i eth0 -c 1 --as none udp dport=9000" | while read -r p; do
	grep -q strata-run "/proc/$p/comm" && echo "$p"
done)
check "the helper has no right" "$(grep -E '^(CapEff|CapPrm|CapInh|CapAmb)' "/proc/$helper/status" | sort -u | cut -f2 | sort -u)" 0000000000000000
check "nor any socket but ours" "$(find "/proc/$helper/fd" -lname 'socket:*' | wc -l)" 1
sealed=$(awk '/^Seccomp:/ { print $2 }' "/proc/$(sed -nE 's/^PPid:\t//p' "/proc/$helper/status")/status")
[ "$sealed" = 2 ] || echo "note: who reads packets is not sealed in this build"
ask ip dst=10.77.0.2 / udp dport=9000
wait "$REACT"
check "nor has what it runs" "$(told | grep -E '^Cap|^NoNew' | tr -d '\t' | sort | paste -sd' ')" 'CapAmb:0000000000000000 CapEff:0000000000000000 CapInh:0000000000000000 CapPrm:0000000000000000 NoNewPrivs:1'
check "nor a descriptor" "$(told | grep -E '^[0-9]+$' | paste -sd' ')" '0 1 2'

# ---- kill -9 ----
reacting --as none 'udp dport=9000' run 'sh -c "sleep 99 & sleep 98"'
ask ip dst=10.77.0.2 / udp dport=9000
lab_until 10 pgrep -fx "sleep 98" >out
kill -KILL "$REACT"
wait "$REACT" 2>/dev/null
sleep 0.5
check "kill -9 leaves no program" "$(living "sleep 9[89]")" 0
check "and no helper" "$(living "[^ ]*strata")" 0

# ---- a dry run; mistakes ----
reacting --dry-run -c 1 --as none 'udp dport=9000' run 'touch made {ip.src}'
ask ip dst=10.77.0.2 / udp dport=9000
wait "$REACT"
holds "a dry run tells what would be run" "$LOG" 'packet 1 would run: touch made 10.77.0.1'
check "and runs nothing" "$(ls made 2>/dev/null)" ""
exit $bad
