#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# strata replay: what arrives is what was recorded, when it was due, as often as was said; new link
# headers lead to the next hop; what cannot be sent is counted and named; whatever ends it is told.
set -u
# shellcheck source=tests/net/command.sh
. "$(dirname "$0")/command.sh"
begin "tcpdump python3" "$@"
pair_and_deaf

# replay NAME EXIT ARGUMENTS...: what $host got is in got.pcap, what was said in said.
replay() { recorded 2048 "$1" "$2" replay "${@:3}"; }

# ---- the same bytes, in order, at their times ----
replay "own times" 0 -i eth1 "$c/http.pcap"
check "own times: the same bytes" "$(bytes got.pcap)" "$(bytes "$c/http.pcap")"
holds "own times: the summary" said '56 sent, 6332 bytes by sendmmsg; .*late .* median'
# As long as recorded, never less; and at the distances of then, but for a few that a busy machine
# delays.
python3 - "$c/http.pcap" <<'PY' || bad=1
import struct, sys
def times(path):
    d = open(path, "rb").read()
    nano = 1 if d[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1000
    at, t = 24, []
    while at < len(d):
        s, f, n, _ = struct.unpack("<IIII", d[at:at + 16])
        t.append(s * 10**9 + f * nano)
        at += 16 + n
    return t
a, b = times(sys.argv[1]), times("got.pcap")
took, wanted = b[-1] - b[0], a[-1] - a[0]
late = sorted((y - b[0]) - (x - a[0]) for x, y in zip(a, b))
near = sum(abs(x - late[len(late) // 2]) < 5e6 for x in late)
ok = len(a) == len(b) and -20e6 < took - wanted < 5e9 and near > len(a) / 2
print("%s: times: took %.1f ms of %.1f, %d of %d in their places" %
      ("ok" if ok else "FAILED", took / 1e6, wanted / 1e6, near, len(a)))
sys.exit(not ok)
PY
begun=$(date +%s%N)
replay "ten times as slow" 0 -i eth1 --rate 0.1x --packets 1-40 "$c/http.pcap"
took=$((($(date +%s%N) - begun) / 1000000))
check "ten times as slow: in order" "$(bytes got.pcap)" "$(bytes "$c/http.pcap" -c 40)"
check "ten times as slow: it took its time" "$((took >= 240))" 1

# ---- what is printed can be read while it runs, and nobody need read on ----
lab_on h1 timeout 20 "$STRATA" replay -i eth1 --loop 0 --rate 5pps --as line "$c/http.pcap" 2>said | head -2 >seen
check "printed as it leaves: a reader of two lines has them, and that is the end" \
	"${PIPESTATUS[0]} $(cut -d" " -f1 seen | xargs)" "0 SENT SENT"
lab_bg h1 "$STRATA" replay -i eth1 --rate 0.1pps --as line "$c/http.pcap"
lab_until 8 grep -q SENT "$LAB_LOG"
check "printed before a long wait" $? 0
lab_stop "$LAB_PID" INT

# ---- rates, rounds, choices ----
# A recorder may be too slow for these: the interface counts.
arrived() { lab_on deaf awk '$1 == "eth0:" { print $3 }' /proc/net/dev; }
before=$(arrived)
replay "rounds at top speed" 0 -i eth1 --rate max --loop 20 "$c/http.pcap"
check "rounds: all of them" "$(($(arrived) - before))" 1120
holds "rounds: told" said '1120 sent, .* 20 rounds; [0-9.]+/s'
begun=$(date +%s%N)
replay "a rate" 0 -i eth1 --rate 400pps -c 100 --loop 0 "$c/http.pcap"
took=$((($(date +%s%N) - begun) / 1000000))
check "a rate: as many as asked" "$(frames got.pcap)" 100
check "a rate: kept" "$((took >= 247))" 1
replay "bits" 0 -i eth1 --rate 1mbit "$c/http.pcap"
holds "bits: told" said 'Mbit/s of 1 asked'
replay "a filter" 0 -i eth1 --rate max "$c/http.pcap" --where http
check "a filter: what it wants" "$(bytes got.pcap)" \
	"$("$STRATA" read -q "$c/http.pcap" --where http -w - --as none 2>/dev/null >want.pcap; bytes want.pcap)"
replay "pcap-filter" 0 -i eth1 --rate max "$c/http.pcap" arp
check "pcap-filter: two of them" "$(frames got.pcap)" 2
replay "several files, by time" 0 -i eth1 --rate 2000 "$c/http.pcap" "$c/arp.pcap"
check "several files: all" "$(frames got.pcap)" \
	"$(($(frames "$c/http.pcap") + $(frames "$c/arp.pcap")))"
replay "other addresses" 0 -i eth1 --rate 2000 --map 10.77.0.0/24=10.9.9.0/24 --set 'ip ttl=9' "$c/http.pcap"
check "other addresses: all packets have them" "$(frames got.pcap 'net 10.9.9.0/24')" 56
check "other addresses: and what was set" "$(frames got.pcap 'ip[8] == 9')" 54
check "other addresses: checksums hold" "$(dump got.pcap -nnv 2>/dev/null | grep -cE 'bad cksum|incorrect')" 0
printf 'xyq' | lab_on h1 "$STRATA" replay -i eth1 --step "$c/http.pcap" >out 2>said
check "a packet for each key" "$(grep -c '^SENT' out)" 2
holds "a packet for each key: stopped" said '2 sent, 84 bytes by sendmmsg; stopped'
# On a terminal: without Enter, unseen, and the terminal is afterwards what it was; what takes longer
# shows how far it is.
lab_on h1 python3 - "$STRATA" "$c/http.pcap" <<'PY' || bad=1
import os, pty, select, subprocess, sys, termios, time
master, slave = pty.openpty()
before = termios.tcgetattr(slave)
def run(*words):
    return subprocess.Popen([sys.argv[1], "replay", "-i", "eth1", *words, sys.argv[2]], stdin=slave, stdout=slave, stderr=slave)
def read_until(word, seen=b""):
    end = time.time() + 20
    while word not in seen and time.time() < end:
        if select.select([master], [], [], 0.2)[0]:
            seen += os.read(master, 65536)
    return seen
p = run("--step", "--as", "line")
seen = read_until(b"q ends")
raw = termios.tcgetattr(slave)[3] & (termios.ICANON | termios.ECHO) == 0
for n in range(2):
    os.write(master, b"x")
    seen = read_until(b"SENT", seen.split(b"SENT")[-1])
os.write(master, b"q")
seen = read_until(b"stopped", seen)
ok = p.wait() == 0 and raw and b"2 sent" in seen and termios.tcgetattr(slave) == before
print("%s: a key for each packet, on a terminal" % ("ok" if ok else "FAILED: %r" % seen))
p = run("--rate", "15pps")
shown = b"/s" in read_until(b"/s") and p.poll() is None
p.wait()
print("%s: how far it is, on a terminal" % ("ok" if shown else "FAILED"))
sys.exit(not (ok and shown))
PY

# ---- new link headers ----
host=h2 of=(-Q in not ip6)
for f in raw-ip:0 cooked:4 bsd-null:0 cooked2:4; do
	want=${f#*:} f=${f%:*} # what is no IP cannot leave with another header
	replay "$f" "$want" -i eth0 --rate max "$c/$f.pcap"
	"$STRATA" read -q "$c/$f.pcap" 'ip and dst 10.77.0.2' -w want.pcap
	check "$f: what is for the neighbour, with its address" \
		"$(dump got.pcap -enn "ether src $one and ether dst $two and ip and dst 10.77.0.2" 2>/dev/null | wc -l)" \
		"$(frames want.pcap)"
done
replay "--hop" 0 -i eth0 --hop --rate max "$c/http.pcap" 'tcp and dst 10.77.0.2'
check "--hop: to the neighbour" "$(frames got.pcap "ether src $one and ether dst $two and tcp")" \
	"$(frames "$c/http.pcap" 'tcp and dst 10.77.0.2')"
holds "--hop: told" said 'with a new link header'
of=(-Q in "ip6[40] == 128")
replay "--hop, version 6" 0 --hop --rate max "$c/ping6.pcap" --where 'ipv6.dst == fd77::2'
check "--hop, version 6: to the neighbour" \
	"$(frames got.pcap "ether src $one and ether dst $two and icmp6 and ip6 dst fd77::2 and ip6[40] == 128")" \
	"$(frames "$c/ping6.pcap" 'icmp6 and ip6 dst fd77::2 and ip6[40] == 128')"

# Neighbours that are silent are asked for all at a time, before the first packet leaves; and those
# that are asked again later are not waited for.
for round in $(seq 10); do
	"$STRATA" craft -q --as expr "ip dst=10.77.0.100-10.77.0.104 src=10.77.0.1 / udp dport=$round"
	"$STRATA" craft -q --as expr "ip6 dst=fd77::100-fd77::104 src=fd77::1 / udp dport=$round"
	echo "ip dst=10.77.0.2 src=10.77.0.1 / udp dport=$round"
done | sed 's/^at=[^ ]* //' | "$STRATA" craft -q -w silent.pcap -f -
of=(-Q in "udp dst portrange 1-10")
for how in "-i eth0" "--hop --as line"; do
	lab_on h1 ip neigh flush all
	begun=$(date +%s%N)
	# shellcheck disable=SC2086
	replay "silent neighbours, $how" 4 $how --timeout 1s --rate 2pps silent.pcap
	took=$((($(date +%s%N) - begun) / 1000000))
	check "silent neighbours, $how: the one that answers" "$(frames got.pcap "ether dst $two")" 10
	check "silent neighbours, $how: asked together" "$((took < 15000)) $((took >= 5500))" "1 1"
	holds "silent neighbours, $how: told" said '10 sent, .*, 100 not sent'
	holds "silent neighbours, $how: named" said 'fd77::104 on eth0 does not answer'
done

host=deaf of=()

# ---- what cannot be sent ----
for n in 10 1472 1473 2000; do
	echo "eth dst=$two src=$one / ip dst=10.77.0.2 / udp dport=9 / fill:$n"
done | "$STRATA" craft -q -w long.pcap -f -
replay "over the MTU" 4 -i eth1 --rate max long.pcap
check "over the MTU: the others" "$(frames got.pcap udp)" 2
holds "over the MTU: named" said 'packet 3 was not sent: 1515 bytes do not fit the MTU of eth1 \(1500\)'
holds "over the MTU: counted" said '2 sent, .*, 2 not sent'
"$STRATA" edit -q "$c/http.pcap" -w cut.pcap --snaplen 60
replay "cut packets" 4 -i eth1 --rate max cut.pcap
holds "cut packets: refused" said 'was not sent: only a part of its bytes was captured'
replay "cut packets, filled up" 0 -i eth1 --rate max --pad cut.pcap
check "cut packets, filled up: as long as they were" \
	"$(dump got.pcap -ennt 2>/dev/null | grep -o 'length [0-9]*:' | cksum)" \
	"$(dump "$c/http.pcap" -ennt 2>/dev/null | grep -o 'length [0-9]*:' | cksum)"

# ---- checksums that a card was to fill in ----
replay "unfilled checksums" 4 -i eth1 --rate max "$c/offload.pcap"
holds "unfilled checksums: counted" said '14 packets \(the first is 1\) have a checksum that a network card was to fill in, .*--sums'
replay "filled in" 4 -i eth1 --rate max --sums "$c/offload.pcap"
check "filled in: no word of it" "$(grep -c 'network card' said)" 0
check "filled in: nothing wrong arrives" "$(dump got.pcap -nnv 2>/dev/null | grep -cE 'bad cksum|incorrect')" 0
replay "cut up" 0 -i eth1 --rate max --segment mtu "$c/offload.pcap"
holds "cut up: the others are counted" said '11 packets .* have a checksum that a network card was to fill in'
replay "the first is cut up" 0 -i eth1 --rate max --segment mtu --packets 6 "$c/offload.pcap"
check "the first is cut up: its parts are filled in" "$(grep -c 'network card' said)" 0
echo "eth dst=$two src=$one / ip dst=10.77.0.2 / udp chksum=1" | "$STRATA" craft -q -f - -w long.pcap
replay "a wrong checksum" 0 -i eth1 --rate max long.pcap
holds "a wrong checksum: counted" said '1 packet \(the first is 1\) has a wrong checksum: --sums'
replay "a small part of many" 0 -i eth1 --rate max --where 'tcp.flags.syn == 1' --append "$c/offload.pcap" "$c/http.pcap"
holds "a small part of many: the wrong ones" said '2 packets \(the first is 1\)'

# ---- whatever ends it ----
(sleep 0.5; lab_on h1 ip link set eth1 down) &
lab_on h1 "$STRATA" replay -i eth1 --loop 0 "$c/http.pcap" 2>said
check "the interface goes down: exit" $? 4
holds "the interface goes down: said" said 'interface eth1 is down'
holds "the interface goes down: what was done" said '[0-9]+ sent, .*rounds'
wait $!
lab_on h1 ip link set eth1 up
lab_up h1 eth1
# vanishes NAME IF ARGUMENTS...: IF is taken away from h1 in the middle of it, and comes back then.
vanishes() {
	local name=$1 dev=$2
	shift 2
	lab_bg h1 timeout 30 "$STRATA" replay --loop 0 "$@" "$c/http.pcap"
	sleep 0.5
	lab_on h1 ip link del "$dev"
	wait "$LAB_PID"
	check "$name: exit" $? 4
	holds "$name: said" "$LAB_LOG" "interface $dev is (gone|down)"
	holds "$name: what was done" "$LAB_LOG" '^strata: [1-9][0-9]* sent, .* [1-9][0-9]* not sent, [0-9]+ rounds'
	lab_wire h1 "$dev" deaf "$dev-there"
	mute h1 "$dev"
	mute deaf "$dev-there"
}
for dev in eth2 eth3; do
	lab_wire h1 $dev deaf $dev-there
	mute h1 $dev
	mute deaf $dev-there
done
vanishes "the interface vanishes, own times" eth2 -i eth2
vanishes "the interface vanishes, a rate" eth2 -i eth2 --rate 1000pps
for how in $(lab_on h1 "$STRATA" send --sender list -i eth2 | awk '$2 == "yes" && $1 != "raw" { print $1 }'); do
	vanishes "the interface vanishes, $how" eth2 -i eth2 --rate max --sender "$how"
done
for dev in eth2 eth3; do
	vanishes "one of two vanishes, $dev" $dev --client-if eth2 --server-if eth3 --rate 2x
done
lab_bg h1 "$STRATA" replay -i eth1 --rate 50pps --loop 0 "$c/http.pcap"
sleep 0.5
begun=$(date +%s%N)
kill -INT "$LAB_PID"
wait "$LAB_PID"
check "Ctrl-C: exit" $? 0
check "Ctrl-C: at once" "$((($(date +%s%N) - begun) / 1000000 < 5000))" 1
holds "Ctrl-C: told" "$LAB_LOG" '[0-9]+ sent, .*; stopped'
head -c 3000 "$c/http.pcap" >broken.pcap
replay "a damaged file" 0 -i eth1 --rate max broken.pcap
holds "a damaged file: said" said 'cut off in packet'
check "a damaged file: what is before" "$((10#$(frames got.pcap) > 10))" 1
# Where the default route leads, only on purpose.
lab_on h1 ip route add default via 10.77.0.2
host=h2 of=(-Q in not ip6)
replay "default route" 2 -i eth0 "$c/http.pcap"
holds "default route: why" said 'sends recorded packets again.*--i-may'
check "default route: nothing left" "$(frames got.pcap "ether host $one and arp or tcp")" 0
replay "default route, on purpose" 0 -i eth0 --i-may --rate max "$c/http.pcap"
exit $bad
