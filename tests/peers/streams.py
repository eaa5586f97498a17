#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares with tshark what needs more than one packet: the bytes of streams (-z follow,tcp,raw), of
datagrams put together (ip.reassembled.data), and the tables of --stats (-z conv, endpoints, io,phs,
io,stat).

    streams.py [-v] [--most N] [FILE...]     default: every file of captures/

With --most N, N files at the most that hold TCP or fragments are compared. Files may be folders.
Exit status 0: all agree; 77: there is no tshark."""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("STRATA_BUILD", os.path.join(SOURCE, "build/debug"))
STRATA = os.environ.get("STRATA", os.path.join(BUILD, "strata"))
WHOLES = os.path.join(BUILD, "tests/wholes")
STREAMS = 24  # of one file that are followed

parser = argparse.ArgumentParser()
parser.add_argument("-v", action="store_true")
parser.add_argument("--most", type=int, default=0)
parser.add_argument("files", nargs="*")
args = parser.parse_args()

# Files of other projects in which tshark says otherwise, and why.
EXPLAINED = {
    "gtp2.pcap": "tshark gives the UDP inside a tunnel over UDP what the tunnel carried, too",
    "lisp.pcap": "tshark gives the UDP inside a tunnel over UDP what the tunnel carried, too",
    "sctp.pcap": "pieces of SCTP, where tshark is asked for those of IP",
    "socks.pcap": "tshark shows nothing of some connections through a proxy, and others under another number",
    "socks4.pcap": "tshark shows nothing of some connections through a proxy, and others under another number",
    "udplite.pcap": "tshark counts UDP-Lite as UDP",
    "of10_s4810.pcap": "tshark gives up 137 bytes that the capture holds a little later",
    "of13_ericsson.pcapng": "tshark takes packets quoted in OpenFlow for packets, and mixes up the sides by their ports",
    "rsvp-rsvp_obj_print-oobr.pcap": "tshark takes an original length above 262,144 for that",
    "nb6-http.pcap": "IPv6 in PPP, which tshark knows",
}
count = {}
explained = {}
wrong = []
left_out = []


def run(*cmd):
    p = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300)
    return p.stdout.decode("utf-8", "replace")


def hold(what, file, ours, theirs):
    good, all_ = count.get(what, (0, 0))
    same = ours == theirs
    count[what] = (good + same, all_ + 1)
    name = os.path.basename(file.split(" ")[0])
    if not same and name in EXPLAINED:
        explained[name] = explained.get(name, 0) + 1
        count[what] = (good, all_)
    elif not same:
        wrong.append((what, file))
        if args.v:
            print(f"{what} {file}\n  ours   {str(ours)[:600]}\n  tshark {str(theirs)[:600]}")


def streams(file, n, said, proto="tcp"):
    theirs = {}
    for part in said.split("=" * 67):
        head = re.search(proto + r"\.stream eq (\d+)\nNode 0: (.*)\nNode 1: (.*)\n", part)
        if not head:
            continue
        side = ["", ""]
        for line in part[head.end():].split("\n"):
            text = bytes.fromhex(line.strip())
            if not re.fullmatch(rb"\[\d+ bytes missing in capture file\]\0?", text):
                side[line.startswith("\t")] += line.strip()
        theirs[int(head[1])] = side
    for i in range(n):
        side = ["", ""]
        for line in run(STRATA, "read", file, "--follow", f"{proto}:{i}", "--as", "raw").split("\n"):
            side[line.startswith("\t")] += line.strip()
        # Which of the two comes first is the one thing they may see differently.
        hold(f"follow {proto}", f"{file} {i}", sorted(side), sorted(theirs.get(i, ["", ""])))


def datagrams(file, theirs):
    ours = []
    for line in run(WHOLES, file).split("\n"):
        cell = line.split(" ")
        if len(cell) == 5 and cell[1] == "-":
            ours.append((int(cell[0]), cell[4]))
    if ours or theirs:
        hold("datagrams", file, sorted(ours), sorted(theirs))


def convs(file, table, said, pieces6, numbers):
    ours = {}
    for row in table("conv"):
        proto = row["stream"].split(":")[0]
        ends = tuple(sorted([(row["a"], row["packets_a"]), (row["b"], row["packets_b"])]))
        ours.setdefault(proto, []).append(ends + (row["packets"],))
    names = {"TCP": "tcp", "UDP": "udp", "IPv4": "ip", "IPv6": "ip6"}
    theirs, proto = {}, None
    for line in said.split("\n"):
        m = re.match(r"(\w+) Conversations", line)
        if m:
            proto = names.get(m[1])
        m = proto and re.match(r"(\S+)\s+<-> (\S+)\s+(\d+) [\d.]+ \w+\s+(\d+) [\d.]+ \w+\s+(\d+) ", line)
        if m:
            theirs.setdefault(proto, []).append(
                tuple(sorted([(m[1], int(m[4])), (m[2], int(m[3]))])) + (int(m[5]),))
    for proto in names.values():
        if (proto == "ip6" and pieces6) or (proto == "udp" and "udp" not in numbers):
            continue
        hold(f"conv {proto}", file, sorted(ours.get(proto, [])), sorted(theirs.get(proto, [])))


def hosts(file, table, said, pieces6):
    ours = {}
    for r in table("hosts"):
        ours.setdefault(r["protocol"], []).append(
            (r["host"], r["packets"], r["bytes"], r["packets_sent"], r["bytes_sent"]))
    theirs, proto = {}, None
    names = {"TCP": "tcp", "UDP": "udp", "IPv4": "ip", "IPv6": "ip6"}
    for line in said.split("\n"):
        m = re.match(r"(\w+) Endpoints", line)
        if m:
            proto = names.get(m[1])
        m = re.match(r"(\S+)\s+(?:(\d+) +)??(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) *$", line)
        if m and proto:
            host = f"{m[1]}:{m[2]}" if m[2] else m[1]
            theirs.setdefault(proto, []).append((host, int(m[3]), int(m[4]), int(m[5]), int(m[6])))
    for proto in names.values():
        if proto == "ip6" and pieces6:
            continue
        hold(f"hosts {proto}", file, sorted(ours.get(proto, [])), sorted(theirs.get(proto, [])))


PHS = {"eth": "eth", "ip": "ip", "ipv6": "ip6", "tcp": "tcp", "udp": "udp", "arp": "arp", "icmp": "icmp"}


def protocols(file, table, said):
    """Paths of protocols up to the transport, whose names both know. False: one of us found layers that
    the other did not, so that nothing above them can be compared."""
    ours, theirs, path = {}, {}, []
    frames = [{}, {}]
    for r in table("protocols"):
        names = [n for n in r["stack"].split("/") if not n.startswith("ip6_") and n != "nflog"]
        # To tshark IPv6's extensions are parts of it; and it does not count NFLOG's header.
        if names[-1:] and names[-1] in PHS.values() and "ip6_" not in r["stack"].split("/")[-1]:
            frames[0][names[-1]] = frames[0].get(names[-1], 0) + r["packets"]
            if all(p in PHS.values() for p in names):
                had = ours.get("/".join(names), (0, 0))
                ours["/".join(names)] = (had[0] + r["packets"], had[1] + r["bytes"])
    for line in said.split("\n"):
        m = re.match(r"( *)(\S+) +frames:(\d+) bytes:(\d+)", line)
        if not m:
            continue
        path = path[:len(m[1]) // 2] + [PHS.get(m[2], "" if m[2] == "raw" else None)]
        if path[-1]:
            frames[1][path[-1]] = frames[1].get(path[-1], 0) + int(m[3])
        if path[-1] and None not in path:
            theirs["/".join(x for x in path if x)] = (int(m[3]), int(m[4]))
    if frames[0] != frames[1]:
        return False
    hold("protocols", file, ours, theirs)
    return True


def times(file, table, said, back):
    """Not where the clock goes back: there the first packet is not at 0 for both of us."""
    ours = [(r["packets"], r["bytes"]) for r in table("time")]
    theirs = [(int(m[1]), int(m[2])) for m in
              re.finditer(r"<> .*\| +(\d+) \| +(\d+) \|", said)]
    # tshark leaves out a last packet that stands just where an interval would begin.
    if not back and sum(n for n, _ in theirs) == sum(n for n, _ in ours):
        hold("time", file, ours, theirs)


def compare(file):
    def table(what):
        return [json.loads(x) for x in run(STRATA, "read", file, "--stats", what, "--as", "json").split("\n") if x]

    # All of tshark's tables and streams at once: it takes its time to start.
    numbers, wholes, pieces6, routed, anywhere, back = {"tcp": 0, "udp": 0}, [], False, False, False, False
    for line in run("tshark", "-r", file, "-T", "fields", "-e", "tcp.stream", "-e", "udp.stream", "-e",
                    "ipv6.fraghdr.ident", "-e", "frame.number", "-e", "ip.reassembled.data", "-e",
                    "ipv6.reassembled.data", "-e", "ip.opt.type", "-e", "ipv6.routing.type", "-e",
                    "ipv6.opt.mipv6.home_address", "-e", "frame.protocols", "-e",
                    "frame.time_relative").split("\n"):
        cell = line.split("\t")
        for proto, text in zip(("tcp", "udp"), cell):
            if text:
                numbers[proto] = max([numbers[proto]] + [int(x) + 1 for x in text.split(",")])
        # tshark leaves the fragments of IPv6 out of its IPv6 tables, but for the last of each
        # datagram; those of IPv4 it counts.
        pieces6 = pieces6 or (len(cell) > 2 and cell[2] != "")
        wholes += [(int(cell[3]), x.lower()) for x in ",".join(cell[4:6]).split(",") if x]
        # Where a packet names its last stop, or its home, tshark takes that as its address.
        routed = routed or any(x in ("131", "137") for x in ",".join(cell[6:7]).split(",")) or any(cell[7:9])
        # tshark lets an answer of SNMP come from anywhere, and so begins a conversation anew with the first one.
        anywhere = anywhere or ":snmp" in "".join(cell[9:10])
        back = back or "".join(cell[10:11]).startswith("-")
    numbers = {p: min(n, STREAMS if p == "tcp" else 4) for p, n in numbers.items()}
    if anywhere:
        del numbers["udp"]
    cmd = ["tshark", "-q", "-n", "-r", file, "-z", "io,phs", "-z", "io,stat,1"]
    for z in ("tcp", "udp", "ip", "ipv6"):
        cmd += ["-z", "conv," + z, "-z", "endpoints," + z]
    for proto, n in numbers.items():
        for i in range(n):
            cmd += ["-z", f"follow,{proto},raw,{i}"]
    said = run(*cmd)
    times(file, table, said, back)
    if not protocols(file, table, said):
        left_out.append(file)
        return
    for proto, n in numbers.items():
        streams(file, n, said, proto)
    datagrams(file, wholes)
    if not routed:
        convs(file, table, said, pieces6, numbers)
        hosts(file, table, said, pieces6)


def wanted(file):
    out = run("tshark", "-r", file, "-c", "2000", "-Y",
              "tcp.len > 0 || ip.flags.mf == 1 || ipv6.fraghdr", "-T", "fields", "-e", "frame.number")
    return out.strip() != ""


def main():
    files = []
    if not shutil.which("tshark"):
        print("there is no tshark")
        return 77
    for name in args.files or [os.path.join(SOURCE, "captures")]:
        if os.path.isdir(name):
            files += sorted(x for x in glob.glob(name + "/**/*", recursive=True)
                            if re.search(r"\.(pcap|pcapng|cap)$", x))
        else:
            files.append(name)
    # Under the sanitizers a part of them: there the rest is tshark's time.
    if os.environ.get("STRATA_SANITIZE") and not args.files:
        files = files[::3]
    done = 0
    for file in files:
        if args.most and (done >= args.most or not wanted(file)):
            continue
        done += 1
        compare(file)
    print(f"{done} files, {len(left_out)} of them not compared (layers that only one of us knows)")
    for what, (good, all_) in sorted(count.items()):
        print(f"  {what:<12} {good} of {all_} agree")
    for name, n in sorted(explained.items()):
        print(f"  {name}: {n} differences; {EXPLAINED[name]}")
    for what, file in wrong:
        print(f"differs: {what} {file}")
    return 1 if wrong else 0


sys.exit(main())
