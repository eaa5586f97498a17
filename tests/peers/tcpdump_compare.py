#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What is wrong with a packet, as tcpdump and as we say it: bad checksums, by protocol; and lengths and
truncation, up to the transport. Over all of captures/, and over damaged copies of their packets (bytes
changed, packets cut, lengths of the file that say more), made from a seed that the name gives. Where one of the two
cannot tell there is nothing to compare; where they contradict each other it must be explained below.

    tcpdump_compare.py [FILE...]"""
import collections
import glob
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("STRATA_BUILD", os.path.join(SOURCE, "build/debug"))
STRATA = os.environ.get("STRATA", os.path.join(BUILD, "strata"))

SUMS = {  # protocol: what tcpdump prints for a wrong checksum, for a right one
    "ip": (r"bad cksum \w+ \(->\w+\)!", r"\(tos "),
    "tcp": (r"Flags \[[^]]*\], cksum 0x\w+ \(incorrect -> ", r"Flags \[[^]]*\], cksum 0x\w+ \(correct\)"),
    "dccp": (r"DCCP \(.*cksum 0x\w+ \(incorrect -> ", r"DCCP \(.*cksum 0x\w+ \(correct\)"),
    "udp": (r"\[bad udp cksum ", r"\[udp sum ok\]"),
    "icmp": (r"\(wrong icmp cksum ", None),
    "icmp6": (r"\[bad icmp6 cksum ", r"\[icmp6 sum ok\]"),
    "igmp": (r"\[bad igmp cksum ", None),
}
# Where tcpdump is wrong, or looks at other bytes.
KNOWN = (
    # Nothing is left of the route: the destination is the one in the header (RFC 8200 section 4.4).
    ("a route that is used up", r"RT6 \(len=\d+, type=0 .*segleft=0"),
    # tcpdump takes another address of it for the destination than the kernel that sent the packets.
    ("a source route", r"(LSRR|SSRR)"),
)
# What is missing or too long, in the layers of OURS: others tcpdump knows to another depth.
LENGTH = (r"bytes missing!|\[\|(?:ether|ip|ip6|vlan|arp|tcp|udp|icmp|icmp6)\]|bad-h?len|bad hdr length|bad length"
          r"|bad opt|truncated-udp|truncated-option|IP\d+ \(invalid\)|\[len \d+\]")
KNOWN_LENGTH = (
    ("another version of IP: bytes for us, not a header", r"IP\d+ \(invalid\)"),
    ("length 0, as it stands before segmentation offload", r"bad-len 0"),
    ("nothing at all of the next layer is there", r"\[\|(?:ip|ip6|vlan|arp|tcp|udp|icmp|icmp6)\]"),
    ("an option of TCP that we do not know", r"(?:scps|mptcp) .*bad opt"),
    ("a length of OSPF that tells another than the packet's", r"OSPFv\d, .*\[len \d+\]"),
)
# A note of ours where tcpdump has none, and does not look that far.
KNOWN_OURS = (
    ("a UDP length that is too long is told by tcpdump only of ports it does not know", r"^udp\.len$"),
    ("of a length of 802.3 that is too long tcpdump takes what is there", r"^dot3\.len$"),
    ("the length of a packet that is quoted (RFC 4884)", r"^icmp6?\.(length|extension)"),
    ("records that are fewer than told, or shorter", r"^icmp6\.records"),
)
# What tcpdump prints of a layer; where it prints nothing of it, it did not look that far.
LOOKED = {"ip": r"\(tos ", "ip6": r"IP6 \(", "arp": r"ARP"}
# Carriers that tcpdump gives up, or reads as something else, once they are damaged.
OUTSIDE = r"DCCP-|lisp_data|nflog|macsec|chdlc|NSH|vxlan|VXLAN|ip-proto-137"
OURS = ("eth", "dot3", "vlan", "arp", "ip", "ip6", "tcp", "udp", "icmp", "icmp6")


def tcpdump(path):
    """Packet number: what tcpdump says of it, in one line."""
    run = subprocess.run(["tcpdump", "-#", "-nvvv", "-tt", "-r", path], capture_output=True, check=False)
    said, now = {}, None
    for line in run.stdout.decode("latin-1").splitlines():
        head = re.match(r" *(\d+)  \d{1,12}\.\d+ ", line)
        if head:
            now = int(head[1])
            said[now] = line
        elif now:
            said[now] += "\n" + line
    return said


def strata(path):
    run = subprocess.run([STRATA, "read", path, "--as", "json"], capture_output=True, check=False)
    return [json.loads(line) for line in run.stdout.splitlines()]


def our_sum(packet, proto):
    """good, bad or none (nobody can tell) of the outermost layer of a protocol; quoted ones are excerpts."""
    if proto not in packet["stack"]:
        return "none"
    layer = packet[proto]
    ok = layer.get("chksum_ok", layer.get("cksum_ok"))
    return "good" if ok is True else "bad" if ok is False else "none"


def their_sum(text, proto):
    bad, good = SUMS[proto]
    text = text.split("\n\t")[0]  # what is quoted stands on lines of its own
    if proto == "ip":
        if "truncated-option" in text or "header length(" in text:
            return "none"
        head = re.search(r"\(tos .*?length \d+(, (options \(.*?\)|bad cksum[^)]*\)!))*\)", text)
        return "none" if not head else "bad" if re.search(bad, head[0]) else "good"
    return "bad" if re.search(bad, text) else "good" if good and re.search(good, text) else "none"


def our_lengths(packet):
    """Notes about lengths and missing bytes, where tcpdump looks too."""
    return [n for n in packet.get("notes", []) if n["at"].split(".")[0] in OURS and
            re.match(r"says \d+, \d+ present|cut after|the header|\d+ bytes (do|that)|a length says|must .*len", n["text"])]


def damaged(path, out, rng):
    """A copy of a capture, each packet changed or cut; the file's lengths stay as they were."""
    with open(path, "rb") as src:
        data = src.read()
    magic = data[:4]
    if magic not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        return False
    at = 24
    with open(out, "wb") as dst:
        dst.write(data[:24])
        while at + 16 <= len(data):
            sec, frac, cap, wire = struct.unpack_from("<IIII", data, at)
            packet = bytearray(data[at + 16:at + 16 + cap])
            at += 16 + cap
            for _ in range(rng.randrange(3)):
                if packet:
                    packet[rng.randrange(12 if len(packet) > 12 else 0, min(len(packet), 80))] = rng.randrange(256)
            if rng.random() < 0.3:
                packet = packet[:rng.randrange(len(packet) + 1)]
            if rng.random() < 0.5:
                wire = len(packet)
            dst.write(struct.pack("<IIII", sec, frac, len(packet), max(wire, len(packet))) + packet)
    return True


def compare(path, name, tally, wrong):
    theirs = tcpdump(path)
    for packet in strata(path):
        text = theirs.get(packet["n"])
        if text is None:
            continue
        for proto in SUMS:
            a, b = our_sum(packet, proto), their_sum(text, proto)
            tally[(proto, a, b)] += 1
            # That it cannot be told is no contradiction, unless they tell.
            if a == b or b == "none":
                continue
            why = [k for k, pattern in KNOWN if re.search(pattern, text)]
            if re.search(OUTSIDE, text + " ".join(packet["stack"])) and proto not in packet["stack"]:
                why.append("a carrier that is damaged itself")
            if a == "none" and packet.get(proto, {}).get("chksum") is not None:
                why.append("left to the card, or a part is missing")
            tally[why[0] if why else "unexplained"] += 1
            if not why:
                wrong.append("%s, packet %d: checksum of %s: %s, tcpdump: %s\n   %s" % (
                    name, packet["n"], proto, a, b, text))
        lengths(packet, text, name, tally, wrong)


def lengths(packet, text, name, tally, wrong):
    mine, them = our_lengths(packet), re.search(LENGTH, text)
    tally[("length", bool(mine), bool(them))] += 1
    if bool(mine) == bool(them) or packet["caplen"] < packet["len"]:
        return  # what the capture cut off is nobody's fault: we give no note, tcpdump does
    why = [k for k, pattern in KNOWN_LENGTH if them and re.search(pattern, text)]
    if mine:
        why = [k for k, pattern in KNOWN_OURS if all(re.search(pattern, n["at"]) for n in mine)]
        if all(re.split(r"\W", n["at"])[0] in LOOKED and not re.search(LOOKED[re.split(r"\W", n["at"])[0]], text)
               for n in mine):
            why.append("tcpdump does not look inside")
    if re.search(OUTSIDE, text + " ".join(packet["stack"])):
        why.append("a carrier that is damaged itself")
    tally[why[0] if why else "unexplained"] += 1
    if not why:
        wrong.append("%s, packet %d: length %s, %s %d of %d\n   %s" % (
            name, packet["n"], mine, packet["stack"], packet["caplen"], packet["len"], text))


def main():
    files = sys.argv[1:] or sorted(glob.glob(os.path.join(SOURCE, "captures/*.pcap")))
    if not shutil.which("tcpdump"):
        print("skipped: no tcpdump")
        return 77
    tally, wrong = collections.Counter(), []
    with tempfile.TemporaryDirectory() as tmp:
        for path in files:
            name = os.path.basename(path)
            rng = random.Random(name)
            compare(path, name, tally, wrong)
            for turn in range(3):
                copy = os.path.join(tmp, "copy.pcap")
                if damaged(path, copy, rng):
                    compare(copy, "%s, damaged %d" % (name, turn), tally, wrong)
    for line in wrong:
        print(line)
    print("%-10s %6s %6s   both say: bad, good" % ("checksum", "bad", "good"))
    for proto in SUMS:
        print("%-10s %6d %6d" % (proto, tally[(proto, "bad", "bad")], tally[(proto, "good", "good")]))
    print("lengths: both flag %d, neither %d" % (tally[("length", True, True)], tally[("length", False, False)]))
    for key, n in tally.items():
        if isinstance(key, str):
            print("%5d  %s" % (n, key))
    few = not sys.argv[1:] and min(tally[(p, "bad", "bad")] for p in ("ip", "tcp", "udp", "icmp", "icmp6")) < 50
    if few:
        print("too few packets with a wrong checksum were compared")
    return bool(wrong or few)


sys.exit(main())
