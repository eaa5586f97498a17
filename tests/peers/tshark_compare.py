#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares our dissection of capture files with tshark's, packet by packet: the stack of layers, and
every field that both know through the other names (aliases) in our descriptions.

    tshark_compare.py [-v] [--json OUT] [FILE...]       default: every file of captures/

Compared for a field: its place and width (the bytes, or the bits of a bit field) and its value.
A value that tshark shows in another unit (a header length in bytes) must differ by one factor
throughout. Left out: what tshark made up itself (generated, expert, hidden fields), reassembled data,
and everything from the first protocol on that is not ours; its share is told.

By name covered is a field that tshark shows inside our layers if one of our fields bears its name
and stands there. Covered at all are also tshark's other views of such a field's bytes (the group bit
of an address, the same number little-endian, a window after scaling). What tshark shows as a mere
heading over other fields, without a value of its own, is not counted.

Named are the header bytes of tshark's layers that stand in fields of ours that are not plain bytes.

What tshark and we said of a file is kept (--cache), so that a rerun compares only what has changed.

Exit status: 0 when stacks agree in 99 %, fields in 99.9 % and 95 % are covered."""
import argparse
import collections
import fractions
import glob
import hashlib
import json
import multiprocessing
import os
import pickle
import re
import subprocess
import sys
import zlib

sys.dont_write_bytecode = True
from tshark import pdml  # noqa: E402
from tshark.tally import Tally, report  # noqa: E402

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("STRATA_BUILD", os.path.join(SOURCE, "build/debug"))
TOOL = os.path.join(BUILD, "tests/fields")

# tshark's protocol (as in frame.protocols) and ours, where the names differ. A list: any of them.
SAME = {
    "ipv6": "ip6", "icmpv6": "icmp6", "ipv6.hopopts": "ip6_hopopts", "ipv6.dstopts": "ip6_dstopts",
    "ipv6.routing": "ip6_route", "ipv6.fraghdr": "ip6_frag", "ieee8021ad": "svlan",
    "vlan": ["vlan", "vlan_dot3"], "null": ["null", "null_be", "loop"], "wlan_radio": None,
    "wlan": "dot11", "dns": ["dns", "dns_tcp"], "loop": None,
    "ntp": ["ntp", "ntp_control", "ntp_private"],
    "ppp": ["ppp", "hdlc_ppp", "ppp_bare", "ppp_dir"], "pppoes": "pppoe",
    "eth": ["eth", "dot3"], "sll": ["sll", "sll2"],
}
# Differences in which both are right, or we are, and why.
EXPLAINED = {
    "cdp.software_version: other bytes": "tshark makes a field of each line of the one text",
    "dhcp.option.type: other value": "tshark shows the end option as 0, though the byte is 255 "
                                     "(RFC 2132 section 3.2); its own label says 255",
    "icmpv6.opt.redirected_packet: other bytes": "tshark's field has no value to compare",
    "icmp.unused: other bytes": "RFC 4884 section 4 puts the length of the quoted packet into the word that "
                                "tshark shows whole as unused",
    "icmpv6.reserved: other bytes": "RFC 4884 section 4.6: its first byte is that length",
    "sctp.checksum: other value": "RFC 9260 appendix A sends the CRC least significant byte first; "
                                  "tshark shows the bytes as they stand",
}
# Steps of tshark's that are no headers of their own.
NO_HEADER = {"ethertype", "eth_maybefcs", "wlan.mgt", "wlan_aggregate", "wlan_radio", "tcp.segments",
             "raw", "x509sat", "x509ce", "x509af", "pkcs-1", "pkix1explicit", "pkix1implicit", "xml", "image-gif"}
# Layers of ours that tshark keeps inside another of its own.
INSIDE = re.compile(r"^(snap|sctp_chunk|dot11_.*|eap|eapol_key)$")
# Fields that a header of it begins with, where others may stand without one.
HEADS = {"http": ("http.request.method", "http.response.code"), "tls": ("tls.record.",), "dns": ("dns.id", "dns.length")}
# Several of these side by side are one step for tshark.
SIDE_BY_SIDE = {"tls", "mqtt", "mpls", "http", "dns"}
# tshark's payload: not ours to name.
PAYLOAD = {"data", "data-text-lines", "mime_multipart", "media", "urlencoded-form", "png", "json"}



def explained(kind):
    """Why a kind of difference is none of our faults, or None."""
    return EXPLAINED.get(kind)


def our_names(name):
    ours = SAME.get(name, name)
    return [ours] if isinstance(ours, str) else (ours or [])


def known():
    """Our protocols, and all aliases of their own fields."""
    protos = set()
    out = subprocess.run([TOOL, "PROTOCOLS"], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        protos.add(json.loads(line)["proto"])
    return protos


def headless(packet):
    """Layers of which tshark shows no field of their own here, once for each: known by the conversation
    alone (the middle of a TLS record, of an HTTP body), or beyond the end of the packet."""
    none, at = collections.Counter(), None
    for field in packet:
        if field.proto:
            at = field.name
            none[at] += 1
        elif at and field.name.startswith(HEADS.get(at, ("",))) and worth(field) and not field.made:
            none[at] -= 1
            at = None
    return none


def stack_of(packet):
    """tshark's layers; "data" from the first on that has no header in this packet."""
    stack = []
    for field in packet:
        if field.name == "frame.protocols":
            stack = [p for p in field.show.split(":") if p not in NO_HEADER]
    none = headless(packet)
    for i in range(len(stack) - 1, -1, -1):
        if none[stack[i]] > 0:
            none[stack[i]] -= 1
            stack = stack[:i] + ["data"]
    # IGMP of each version is a step of its own inside igmp.
    return [p for i, p in enumerate(stack) if not (p == "igmp" and i and stack[i - 1] == "igmp")]


def compare_stacks(theirs, ours, protos):
    """True or False, and how many layers of ours are within what tshark and we both have."""
    names = [layer[0] for layer in ours] + [""]
    ours = [(i, layer) for i, layer in enumerate(ours) if not INSIDE.match(layer[0])
            and not (layer[0] == "dns_tcp" and names[i + 1] == "dns")]
    at = 0
    for name in theirs:
        if name in PAYLOAD or name.startswith("_ws"):
            return True, at_layer(ours, at)
        names = our_names(name)
        if not any(n in protos for n in names):
            return True, at_layer(ours, at)
        if at < len(ours) and ours[at][1][0] in names:
            at += 1
            while at < len(ours) and ours[at][1][0] in names and ours[at][1][0] in SIDE_BY_SIDE:
                at += 1
        else:
            return False, at_layer(ours, at)
    return at == len(ours), at_layer(ours, at)


def at_layer(ours, at):
    return ours[at][0] if at < len(ours) else 10**6


def number(text):
    try:
        return int(text, 0)
    except ValueError:
        pass
    if text in ("True", "1"):
        return 1
    if text in ("False", "0"):
        return 0
    return None


class Ours:
    """Our fields of one packet, found by another name and byte."""

    def __init__(self, packet, limit, prefixes):
        self.limit = limit
        self.prefixes = [{layer[0]} | prefixes[layer[0]] for layer in packet["stack"]]
        self.data = bytes.fromhex(packet["data"])
        self.by = collections.defaultdict(list)
        self.stack = packet["stack"]
        for field in packet["fields"]:
            if field["l"] >= limit:
                continue
            for name in field["a"]:
                self.by[name].append(field)
        self.matched = set()
        # Our filter takes P.addr for either of the addresses, whatever they are called.
        for name in [n for n in self.by if n.split(".")[-1] in ("src", "dst") and n.count(".") == 1]:
            self.by[name.split(".")[0] + ".addr"] += self.by[name]
        self.fields = [f for f in packet["fields"] if f["l"] < limit]

    def holder(self, byte):
        """The innermost field that has the byte."""
        have = [f for f in self.fields if "view" not in f and f["bit"] // 8 <= byte < (f["bit"] + f["bits"] + 7) // 8]
        return re.sub(r"\.\d+", "", have[-1]["f"]) if have else "(nothing)"

    def inside(self, theirs):
        """Does it stand inside a layer that both have, and in the packet's own bytes? Data that was put
        together or decoded has other offsets."""
        proto, value = theirs.name.split(".")[0], theirs.unmasked or theirs.value or ""
        end = theirs.pos + theirs.size
        if end > len(self.data) or not any(
                layer[1] <= theirs.pos < max(layer[3], layer[1] + layer[2]) and proto in self.prefixes[i]
                for i, layer in enumerate(self.stack[:self.limit])):
            return False
        if theirs.unmasked is None and len(value) != 2 * theirs.size:
            return True
        return self.data[theirs.pos:end].hex() == value.lower()

    def find(self, name, pos, size):
        """The field of that name that holds byte pos, or is a part of the word there; the narrowest, first the one that begins there."""
        best = None
        for field in self.by.get(name, ()):
            first, last = field["bit"] // 8, (field["bit"] + max(field["bits"], 1) - 1) // 8
            if first <= pos <= last or pos <= first and last < pos + size:
                key = ("c" not in field, pos not in (first, first + field["head"]),
                       abs(last - first + 1 - size), field["bits"])
                if best is None or key < best[0]:
                    best = (key, field)
        return best and best[1]


def same_bytes(field, theirs, ours):
    """Place and width: tshark's value are the bytes, or the bits of a bit field as a number."""
    value, pos, size = theirs.value or "", theirs.pos, theirs.size
    bit, bits = field["bit"], field["bits"]
    if field.get("view") and field["c"] == 0:  # a computed number: its value tells, it has no place
        return number(theirs.show or "") is not None
    if bit % 8 == 0 and bits % 8 == 0 and len(value) == 2 * size and not theirs.unmasked:
        first, last = bit // 8, (bit + bits) // 8
        # An inline prefix or a terminator tshark may count in or leave out.
        if pos in (first, first + field["head"]) and pos + size in (last, last - field["tail"]):
            return True
    if not value:  # no value of its own: the place counts
        return pos == bit // 8 and pos + size == (bit + bits) // 8
    if len(value) == 2 * size and not theirs.unmasked:
        # The byte that has the bits; or the whole item (an option) that its first byte names.
        mine = ours.data[bit // 8:(bit + bits) // 8].hex()
        return pos == bit // 8 and (bits % 8 != 0 or value.startswith(mine)) and "n" in field \
            and number(theirs.show or "") == int(field["n"])
    # tshark's place is then that of the whole it is a part of; the number tells.
    whole = int.from_bytes(ours.data[bit // 8:(bit + bits + 7) // 8], "big")
    return int(value, 16) in (whole >> -(bit + bits) % 8 & (1 << bits) - 1, int(field.get("n", "-1")))


def same_value(field, theirs):
    """True, False, a factor (another unit), or None: cannot be told."""
    show = theirs.show or ""
    if "c" not in field:
        return None
    if field["c"] == 0:
        mine, other = int(field["n"]), number(show)
        if mine >= 1 << 63 and other is not None and other < 0:
            other += 1 << 64
        if other is None:
            return None
        if field.get("view"):
            return mine == other  # a view has tshark's own unit
        if (mine - other) % (1 << field["bits"]) == 0:
            return True  # signed or not
        return fractions.Fraction(other, mine) if mine and other else False
    if field["c"] in (2, 6):
        mine = field["v"].lower().rstrip(".")
        other = show.lower().rstrip(".")
        if other in ("<root>", ""):
            other = ""
        return True if mine == other or mine.replace(":", "") == other.replace(":", "") else None
    if field["c"] == 4:
        return True if field["v"] == show else None
    return None


def worth(theirs):
    """A field of bytes, not a heading over others."""
    proto = theirs.name.split(".")[0]
    return not (theirs.proto or not theirs.name or theirs.size == 0 or theirs.name.startswith("_ws")
                or proto in ("frame", "data") or theirs.value is None and theirs.unmasked is None
                or not theirs.show and theirs.children)


def compare_field(theirs, field, ours, tally, where):
    equal, value = same_bytes(field, theirs, ours), same_value(field, theirs)
    if isinstance(value, fractions.Fraction):
        if f"{theirs.name}: other value" in EXPLAINED:
            value = False
        else:
            tally.units[theirs.name][value] += 1
            value = True
    if equal and value is not False:
        tally.by[theirs.name.split(".")[0]]["equal"] += 1
        return
    kind = theirs.name + (": other bytes" if not equal else ": other value")
    if kind in EXPLAINED:
        tally.by[theirs.name.split(".")[0]]["compared"] -= 1
        tally.n["explained"] += 1
    tally.differ(kind, f"{where}: tshark {theirs.show} at {theirs.pos}+{theirs.size}, "
                 f"we {field['f']} {field.get('v')} at {field['bit'] / 8:g}+{field['bits'] / 8:g}")


def compare_fields(packet, ours, tally, where):
    later = []
    for theirs in packet:
        if not worth(theirs) or not ours.inside(theirs):
            continue
        field = ours.find(theirs.name, theirs.pos, theirs.size)
        if theirs.made:
            tally.n["made"] += 1
            tally.n["made_ours"] += field is not None
            continue
        count = tally.by[theirs.name.split(".")[0]]
        count["shown"] += 1
        if field is None:
            later.append(theirs)
            tally.note(tally.nameless, theirs.name, where)
            continue
        count["covered"] += 1
        count["by name"] += 1
        if not field.get("view") or field["c"] != 5:  # a whole payload names nothing inside it
            ours.matched.update(range(field["bit"] // 8, (field["bit"] + field["bits"] + 7) // 8))
        if not field["cut"]:
            count["compared"] += 1
            compare_field(theirs, field, ours, tally, where)
    for theirs in later:
        if all(byte in ours.matched for byte in range(theirs.pos, theirs.pos + theirs.size)):
            tally.by[theirs.name.split(".")[0]]["covered"] += 1
        else:
            tally.note(tally.uncovered, theirs.name, where)


def plain_bytes(packet, ours):
    """Bytes that tshark too shows as plain bytes."""
    plain = set()
    for theirs in packet:
        value, show = theirs.value or "", (theirs.show or "").replace(":", "")
        if not theirs.proto and len(value) > 4 and value == show and not theirs.unmasked and not theirs.children \
                and ours.data[theirs.pos:theirs.pos + len(value) // 2].hex() == value:
            plain.update(range(theirs.pos, theirs.pos + len(value) // 2))
    return plain


def named_bytes(packet, ours, protos, tally, where):
    """Header bytes that tshark gives to protocols we have, and how many of them we name. What tshark
    too shows as plain bytes (encrypted records, digests, padding) is not counted."""
    good, plain = set(), plain_bytes(packet, ours)
    for field in ours.fields:
        if "c" in field and field["c"] != 5 and not field["raw"]:
            good.update(range(field["bit"] // 8, (field["bit"] + field["bits"] + 7) // 8))
    for proto in packet:
        if not proto.proto or not any(n in protos for n in our_names(proto.name)):
            continue
        layers = [l for l in ours.stack if l[1] == proto.pos and l[0] in our_names(proto.name)]
        if not layers:
            continue
        # tshark counts the payload of some as part of them.
        end = min(proto.pos + proto.size, len(ours.data), max(proto.pos + layers[0][2], proto.pos))
        count = tally.by[proto.name.split(".")[0]]
        for byte in range(proto.pos, end):
            if byte in good or byte not in plain:
                count["head"] += 1
                count["named"] += byte in good
            if byte not in good and byte not in plain:
                tally.note(tally.unnamed, layers[0][0] + "." + ours.holder(byte), where)


def stack_kind(theirs, ours):
    """What follows on what both have."""
    at = 0
    while at < min(len(theirs), len(ours)) and ours[at] in our_names(theirs[at]):
        at += 1
    return "stack: on %s tshark has %s, we %s" % (
        theirs[at - 1] if at else "the link", ":".join(theirs[at:at + 1]) or "nothing",
        ":".join(ours[at:at + 1]) or "nothing")


def frame_length(packet):
    return next((int(field.show) for field in packet if field.name == "frame.cap_len"), -1)


def compare_packet(packet, mine, protos, prefixes, tally, where):
    theirs = stack_of(packet)
    same, limit = compare_stacks(theirs, mine["stack"], protos)
    kind = stack_kind(theirs, [layer[0] for layer in mine["stack"]])
    tally.n["packets"] += 1
    tally.n["same_stack"] += same
    if not same:
        tally.n["explained_stack"] += explained(kind) is not None
        tally.differ(kind, where)
    ours = Ours(mine, limit, prefixes)
    compare_fields(packet, ours, tally, where)
    named_bytes(packet, ours, protos, tally, where)
    tally.n["bytes_ours"] += ours.stack[limit][1] if limit < len(ours.stack) else len(ours.data)
    tally.n["bytes_all"] += len(ours.data)


def compare_file(path, packets, text, protos, prefixes):
    tally, name, lines = Tally(), os.path.basename(path), text.splitlines()
    tally.n["files"] = 1
    # Blocks of a pcapng file that are no packets are frames to tshark.
    packets = [p for p in packets if not p or "frame.encap_type" in (f.name for f in p[:20])]
    for i, packet in enumerate(packets):
        where = f"{name} packet {i + 1}"
        if i >= len(lines):
            tally.differ("packets: tshark reads more", where)
            break
        if packet:
            compare_packet(packet, json.loads(lines[i]), protos, prefixes, tally, where)
        else:
            tally.differ("packets: what tshark prints is no XML", where)
    if packets and len(lines) > len(packets):
        tally.differ("packets: tshark reads fewer", f"{name}: {len(packets)}, we {len(lines)}")
    return tally


def one_file(job):
    """The tally of a file; the one made before if nothing that it depends on has changed."""
    path, cache, seconds, protos, prefixes, script = job
    try:
        text = subprocess.run([TOOL, path], capture_output=True, text=True, timeout=seconds, check=False).stdout
        key = hashlib.sha256((script + repr(sorted(protos)) + pdml.content_key(path) + text).encode()).hexdigest()
        kept = os.path.join(cache, key + ".tally")
        if os.path.exists(kept):
            with open(kept, "rb") as file:
                return pickle.loads(zlib.decompress(file.read()))
        tally = compare_file(path, pdml.packets(path, cache, seconds), text, protos, prefixes)
    except (subprocess.TimeoutExpired, pdml.Unreadable) as problem:
        tally = Tally()
        tally.note(tally.failed, os.path.basename(path), str(problem)[:60])
        return tally
    with open(kept, "wb") as file:
        file.write(zlib.compress(pickle.dumps(tally), 1))
    return tally


def alias_prefixes():
    """tshark's prefixes that the fields of each protocol of ours go by, those of its structs too."""
    result = collections.defaultdict(set)
    for path in glob.glob(os.path.join(SOURCE, "protocols/*.protocol")):
        text = re.sub(r'"([^"\\]|\\.)*"', '""', open(path, encoding="utf-8").read())
        names = re.findall(r"\b(?:alias|view) ([^\n\"=\]]*)", text)
        prefixes = set(re.findall(r"\b([a-z0-9_]+)\.[a-z0-9_.]+", " ".join(names)))
        for name in re.findall(r"^protocol ([a-z0-9_]+)", text, re.M):
            result[name] |= prefixes | {name}
    return result


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--cache", default=os.path.join(BUILD, "tests/tshark"), help="folder of what was found before")
    parser.add_argument("--seconds", type=int, default=120, help="for each file, default 120")
    parser.add_argument("-j", type=int, default=2, help="files at a time, default 2")
    parser.add_argument("--lines", type=int, default=40, help="of each list, default 40")
    parser.add_argument("file", nargs="*", help="a capture, or a folder of them; default captures/")
    args = parser.parse_args()
    files = []
    for path in args.file or [os.path.join(SOURCE, "captures")]:
        if os.path.isdir(path):
            files += [os.path.join(at, name) for at, _, names in sorted(os.walk(path)) for name in sorted(names)
                      if re.search(r"\.(p?cap|ntar)", name)]
        else:
            files.append(path)
    return args, files


def main():
    args, files = arguments()
    if not os.access(TOOL, os.X_OK):
        print("skipped: no", TOOL)
        sys.exit(77)
    if not pdml.version():
        print("skipped: no tshark")
        sys.exit(77)
    os.makedirs(args.cache, exist_ok=True)
    script = ""
    for name in (__file__, sys.modules[Tally.__module__].__file__):
        with open(name, encoding="utf-8") as file:
            script += file.read()
    protos, prefixes, tally = known(), alias_prefixes(), Tally()
    jobs = [(path, args.cache, args.seconds, protos, prefixes, script) for path in files]
    with multiprocessing.Pool(args.j) as pool:
        for one in pool.imap(one_file, jobs):
            tally.add(one)
    report(tally, explained, args.lines)
    total = tally.total()
    sys.exit(not (tally.n["packets"] and tally.n["same_stack"] >= 0.99 * tally.n["packets"]
                  and total["equal"] >= 0.999 * total["compared"] and total["covered"] >= 0.95 * total["shown"]))


if __name__ == "__main__":
    main()
