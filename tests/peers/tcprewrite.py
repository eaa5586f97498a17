#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rewriting beside tcprewrite: every packet of every capture, byte by byte; and what tshark says of the
checksums and lengths of what strata wrote.

Where the two differ, one of the reasons below must hold for each field that differs, and they are
counted. They are tcprewrite's (4.4.3): it looks at the outermost IP header alone, at few link types,
and writes into what it takes for IP.

    tcprewrite.py [FILE...]      default: captures/*.pcap"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
STRATA = os.environ.get("STRATA", os.path.join(SOURCE, "build/debug/strata"))
for tool in ("tcprewrite", "tshark"):
    if not shutil.which(tool):
        print("skipped: no " + tool)
        sys.exit(77)
if not os.access(STRATA, os.X_OK):
    print("skipped: no " + STRATA)
    sys.exit(77)
bad = 0
count = {}


def complain(what):
    global bad
    bad += 1
    if bad <= 40:
        print("BAD:", what)


def run(*words):
    return subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, capture_output=True, timeout=300)


# name: the words of either
REWRITES = {
    "networks": (["--pnat=10.77.0.0/16:172.16.0.0/16"], ["--map", "10.77.0.0/16=172.16.0.0/16"]),
    "ports": (["--portmap=80:8080,53:5300"],
              [w for m in ("tcp:80=8080", "udp:80=8080", "tcp:53=5300", "udp:53=5300") for w in ("--map", m)]),
    "cards": (["--enet-dmac=aa:bb:cc:dd:ee:ff", "--enet-smac=aa:bb:cc:dd:ee:01"],
              ["--set", "eth dst=aa:bb:cc:dd:ee:ff src=aa:bb:cc:dd:ee:01",
               "--set", "dot3 dst=aa:bb:cc:dd:ee:ff src=aa:bb:cc:dd:ee:01"]),
    "ttl": (["--ttl=9"], ["--set", "ip ttl=9", "--set", "ip6 hlim=9"]),
    "tag": (["--enet-vlan=add", "--enet-vlan-tag=5", "--enet-vlan-cfi=0", "--enet-vlan-pri=0"],
            ["--set", "+ vlan vlan=5"]),
    "untag": (["--enet-vlan=del"], ["--set", "- vlan"]),
    "sums": (["--fixcsum"], ["--sums"]),
}
# Without a counterpart there, or not the same.
ALONE = {
    "anonymised": ["--anonymise", "a seed"],
    "cut up": ["--segment", "700", "--sums"],
    "all at once": ["--set", "- svlan / vlan", "--set", "+ svlan vlan=9 / vlan vlan=8", "--set", "ip ttl=7",
                    "--map", "10.0.0.0/8=11.0.0.0/8", "--map", "fd77::/16=fd99::/16", "--map", "tcp:80=81"],
}

SUM = r"(chksum|checksum|cksum|cksum2|fcs)$"
IP6_CARD = "card addresses of version 6 unicast: it writes 33:33 over their first bytes"
LLC = "802.3 frames: it takes some for IP, and writes checksums into them"
INSIDE = "addresses and ports in payloads, options, quotes, tunnels, extension headers: it leaves them"
LINKS = "link types and tags in front of IP that it does not look behind"
STALE = "checksums that it leaves wrong, or fills in unasked: DCCP, UDP-Lite, those left to a card, an FCS"
GROUPS = "group card addresses: it keeps their first bytes, so that they are of another group"
NO_TAG = "802.3 and other frames: it puts no tag in, takes the outer one whatever it is, or leaves it"
SPOILT = "bytes behind a routing header or an option: it writes a checksum there"


def reason(rewrite, stack, field, mine, other, before, sums):
    """Why field is `mine` here and `other` there; None: nobody knows. before: what it was (or None),
    sums: a field that a checksum covers differs."""
    if re.match(r"(eth|dot3)\.(\d+\.)?(src|dst)$", field):
        if other.startswith("33:33:") and re.search(r"\bip6\b", stack) and not mine.startswith("33:33"):
            return IP6_CARD
        if rewrite == "cards" and (other.startswith(("01:", "33:33")) or "dot3" in stack):
            return GROUPS if other.startswith(("01:00:5e", "33:33")) else LLC
    # Tagged, it is another stack than before, and not compared with that; see untagged().
    if re.search(r"\b(stp|llc)\b", stack) and (before == mine or rewrite == "tag" and before is None):
        return LLC
    if rewrite == "networks" and (moved(mine) == other or moved_hex(mine) == other):
        return INSIDE if "ip" in stack.split("/")[1:2] or stack.startswith("eth") else LINKS
    if rewrite == "ports" and (mine, other) in (("8080", "80"), ("5300", "53")):
        return INSIDE
    if rewrite == "ttl" and mine == "9" and field.split(".")[-1] in ("ttl", "hlim"):
        return LINKS
    if re.search(SUM, field):
        return INSIDE if sums else STALE
    if rewrite in ("tag", "untag") and field in ("stack", "length", "eth.type", "chdlc.proto", "chdlc.padding"):
        return NO_TAG
    if rewrite == "ports" and field == "stack":
        return INSIDE  # another port, another protocol
    if before == mine and rewrite in ("sums", "ttl", "tag", "untag", "networks", "ports"):
        return SPOILT
    return None


def moved(text):
    return re.sub(r"\b172\.16\.", "10.77.", text)


def moved_hex(text):
    return text.replace("ac10", "0a4d")


def differences(a, b):
    """{packet: [(field, in a, in b)]} of two files with the same packets."""
    out = {}
    for line in run(STRATA, "diff", a, b).stdout.decode(errors="replace").splitlines():
        m = re.match(r"(\d+) \| (\d+)  (.*)", line)
        if not m:
            complain("%s: a packet is missing: %s" % (os.path.basename(a), line))
            continue
        parts = [re.match(r"(\S+): (.*) \| (.*)$", x) for x in m[3].split("; ")]
        out[int(m[1])] = [(p[1], p[2], p[3]) for p in parts if p]
        if not all(parts):
            complain("cannot read: " + line)
    return out


def stacks(path):
    r = run(STRATA, "read", "-q", path, "--as", "csv", "--fields", "stack").stdout.decode().split()
    return r[1:]


def untagged(path, tagged, tell, folder):
    """A tag put in and taken out again is the packet that was."""
    c = os.path.join(folder, "c.pcap")
    if any("vlan" in s for s in tell):
        return
    run(STRATA, "edit", "-q", tagged, "-w", c, "--set", "- vlan")
    if differences(path, c) or len(stacks(c)) != len(tell):
        complain("%s: tagged and untagged it is another" % path)


def compare(path, name, folder):
    peer, ours = REWRITES[name]
    a, b = os.path.join(folder, "a.pcap"), os.path.join(folder, "b.pcap")
    if run("tcprewrite", *peer, "-i", path, "-o", b).returncode:
        return False
    r = run(STRATA, "edit", "-q", path, "-w", a, *ours)
    if r.returncode:
        complain("%s %s: %s" % (path, name, r.stderr.decode()))
        return True
    found = differences(a, b)
    tell = stacks(path)
    if name == "tag":
        untagged(path, a, tell, folder)
    count.setdefault(name, [0, {}])[0] += len(tell) - len(found)
    before = None
    for number, fields in found.items():
        if before is None:
            before = differences(path, b)
        # What tcprewrite changed: so that what it did not is known, too.
        old = {f: v for f, v, _ in before.get(number, [])}
        sums = any(not re.search(SUM, f) for f, _, _ in fields)
        why = set()
        for field, mine, other in fields:
            w = reason(name, tell[number - 1], field, mine, other, old.get(field), sums)
            if not w:
                complain("%s %s: packet %d: %s is %s here, %s there, was %s" %
                         (os.path.basename(path), name, number, field, mine, other, old.get(field, other)))
            why.add(w)
        for w in why:
            count[name][1][w] = count[name][1].get(w, 0) + 1
    return True


def experts(path):
    """What tshark has against checksums and lengths of each packet."""
    words = ["tshark", "-n", "-r", path, "-T", "fields", "-e", "_ws.expert.message", "-E", "separator=|", "-E", "aggregator=|"]
    for o in ("tcp.check_checksum", "udp.check_checksum", "ip.check_checksum"):
        words += ["-o", o + ":TRUE"]
    # One capture stands behind another: what they say of each other is no news.
    for p in ("tcp.analyze_sequence_numbers", "tcp.desegment_tcp_streams", "ip.defragment", "ipv6.defragment"):
        words += ["-o", p + ":FALSE"]
    r = run(*words)
    if r.returncode:
        complain("tshark: " + r.stderr.decode()[:300])
    return [sorted(m for m in line.split("|") if re.search(r"checksum|length|malformed|bogus|exceeds", m, re.I))
            for line in r.stdout.decode(errors="replace").split("\n")[:-1]]


def judged(files, folder):
    """All that strata wrote, in the eyes of tshark."""
    base, out = os.path.join(folder, "base.pcap"), os.path.join(folder, "out.pcap")
    r = run(STRATA, "edit", "-q", "--append", *files, "-w", base)
    if r.returncode:
        complain("merged: " + r.stderr.decode())
        return
    before = experts(base)
    faults = [any(re.search("checksum", m, re.I) for m in v) for v in before]
    for name, words in [(n, w[1]) for n, w in REWRITES.items()] + list(ALONE.items()):
        r = run(STRATA, "edit", "-q", base, "-w", out, *words)
        if r.returncode:
            complain("%s: %s" % (name, r.stderr.decode()))
            continue
        after = experts(out)
        if name == "cut up":
            # Packets are not the same any more: nothing new may be said, and nothing of sums at all.
            known = {m for v in before for m in v}
            for i, v in enumerate(after):
                for m in v:
                    if m not in known:
                        complain("%s: packet %d: %s" % (name, i + 1, m))
        elif len(after) != len(before):
            complain("%s: %d packets of %d" % (name, len(after), len(before)))
        else:
            for i, v in enumerate(after):
                new = [m for m in v if m not in before[i]]
                if new and not faults[i]:
                    complain("%s: packet %d: %s" % (name, i + 1, "; ".join(new)))
        print("%-12s %d packets, tshark has nothing new against their checksums and lengths" % (name, len(after)))


def main():
    files = sys.argv[1:] or sorted(glob.glob(os.path.join(SOURCE, "captures/*.pcap")))
    if os.environ.get("STRATA_SANITIZE") and not sys.argv[1:]:
        files = files[::8]
    with tempfile.TemporaryDirectory() as folder:
        refused = {}
        for path in files:
            for name in REWRITES:
                if not compare(path, name, folder):
                    refused[os.path.basename(path)] = True
        # Not these two: one is damaged on purpose; and the checksum of a packet with a home address
        # is that of RFC 6275 section 6.3 here, which tshark does not know.
        ethernet = [f for f in files if run(STRATA, "read", "-q", f, "--as", "csv", "--fields", "link", "-c", "1")
                    .stdout.decode().split()[1:] == ["1"] and os.path.basename(f) not in ("broken.pcap", "ip6-extensions.pcap")]
        if ethernet:
            judged(ethernet, folder)
    for name, (equal, why) in count.items():
        print("%-12s %d packets the same" % (name, equal))
        for w, n in sorted(why.items(), key=lambda x: str(x)):
            print("%20d  %s" % (n, w))
        if not equal:
            complain(name + ": nothing was the same")
    print("tcprewrite takes %d of %d files not: %s" % (len(refused), len(files), " ".join(sorted(refused))))
    if len(refused) > len(files) / 2:
        complain("it took too few")
    print("%d complaints" % bad)
    sys.exit(bad != 0)


main()
