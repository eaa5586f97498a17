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

Exit status: 0 when stacks agree in 99 %, fields in 99.9 % and 95 % are covered."""
import argparse
import collections
import fractions
import glob
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("STRATA_BUILD", os.path.join(SOURCE, "build/debug"))
TOOL = os.path.join(BUILD, "tests/fields")

# tshark's protocol (as in frame.protocols) and ours, where the names differ. A list: any of them.
SAME = {
    "ipv6": "ip6", "icmpv6": "icmp6", "ipv6.hopopts": "ip6_hopopts", "ipv6.dstopts": "ip6_dstopts",
    "ipv6.routing": "ip6_route", "ipv6.fraghdr": "ip6_frag", "ieee8021ad": "svlan",
    "vlan": ["vlan", "vlan_dot3"], "null": ["null", "null_be", "loop"], "wlan_radio": None,
    "wlan": "dot11", "dns": ["dns", "dns_tcp"], "ntp": ["ntp", "ntp_control"],
    "eth": ["eth", "dot3"], "sll": ["sll", "sll2"],
}
# Differences in which both are right, or we are, and why.
EXPLAINED = {
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
INSIDE = re.compile(r"^(snap|sctp_chunk|dns_tcp|dot11_.*)$")
# tshark's payload: not ours to name.
PAYLOAD = {"data", "data-text-lines", "mime_multipart", "media", "urlencoded-form", "png", "json"}

TSHARK_OPTIONS = [
    "-o", "tcp.relative_sequence_numbers:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE",
    "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "tls.desegment_ssl_records:FALSE",
    "-o", "http.desegment_body:FALSE", "-o", "http.desegment_headers:FALSE",
    "-o", "ip.check_checksum:FALSE", "-o", "tcp.analyze_sequence_numbers:FALSE",
    "-o", "tcp.calculate_timestamps:FALSE", "-o", "sctp.reassembly:FALSE", "-o", "sctp.relative_tsns:FALSE",
    "-o", "dns.desegment_dns_messages:FALSE", "-o", "mqtt.show_msg_as_text:FALSE",
    "-o", "eth.fcs:Never",
]


class Tally:
    """Counts by protocol, and differences with one example each."""

    def __init__(self):
        self.packets = self.same_stack = 0
        self.by = collections.defaultdict(collections.Counter)
        self.kinds = collections.OrderedDict()
        self.units = collections.defaultdict(collections.Counter)
        self.unnamed = collections.defaultdict(lambda: [0, ""])
        self.uncovered = collections.defaultdict(lambda: [0, ""])
        self.bytes_ours = self.bytes_all = 0
        self.explained = 0

    def differ(self, kind, where):
        entry = self.kinds.setdefault(kind, [0, where])
        entry[0] += 1


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


def tshark_packets(path, names):
    """One list of protocol elements for each packet. names: only these protocols' fields."""
    command = ["tshark", "-n", "-2", "-r", path, "-T", "pdml"] + TSHARK_OPTIONS
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as proc:
        try:
            for _, element in ET.iterparse(proc.stdout):
                if element.tag == "packet":
                    yield element
                    element.clear()
        except ET.ParseError:
            return


def walk(element, inside=None):
    for child in element:
        if child.tag == "field":
            yield child, inside
            yield from walk(child, child)
        else:
            yield from walk(child, inside)


def stack_of(packet):
    stack, head = [], False
    for field, _ in walk(packet):
        name = field.get("name")
        head = head or name in ("http.request.method", "http.response.code")
        if name == "frame.protocols":
            stack = [p for p in field.get("show").split(":") if p not in NO_HEADER]
    # The middle of a body, which tshark knows by the conversation: no head, so no header.
    if "http" in stack and not head:
        stack = stack[:stack.index("http")] + ["data"]
    # IGMP of each version is a step of its own inside igmp.
    return [p for i, p in enumerate(stack) if not (p == "igmp" and i and stack[i - 1] == "igmp")]


def compare_stacks(theirs, ours, protos):
    """True or False, and how many layers of ours are within what tshark and we both have."""
    ours = [(i, layer) for i, layer in enumerate(ours) if not INSIDE.match(layer[0])]
    at = 0
    for name in theirs:
        if name in PAYLOAD or name.startswith("_ws"):
            return True, at_layer(ours, at)
        names = our_names(name)
        if not any(n in protos for n in names):
            return True, at_layer(ours, at)
        # Several records of one protocol side by side are one step for tshark.
        if at < len(ours) and ours[at][1][0] in names:
            at += 1
            while at < len(ours) and ours[at][1][0] in names and ours[at][1][0] in ("tls", "mqtt", "mpls", "http"):
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

    def __init__(self, packet, limit):
        self.data = bytes.fromhex(packet["data"])
        self.by = collections.defaultdict(list)
        self.stack = packet["stack"]
        for field in packet["fields"]:
            if field["l"] >= limit:
                continue
            for name in field["a"]:
                self.by[name].append(field)
        self.matched = set()
        self.fields = [f for f in packet["fields"] if f["l"] < limit]

    def holder(self, byte):
        """The innermost field that has the byte."""
        have = [f for f in self.fields if f["bit"] // 8 <= byte < (f["bit"] + f["bits"] + 7) // 8]
        return re.sub(r"\.\d+", "", have[-1]["f"]) if have else "(nothing)"

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
    value, pos, size = theirs.get("value") or "", int(theirs.get("pos")), int(theirs.get("size"))
    bit, bits = field["bit"], field["bits"]
    if field.get("view") and field["c"] == 0:  # a computed number: its value tells, it has no place
        return number(theirs.get("show") or "") is not None
    if bit % 8 == 0 and bits % 8 == 0 and len(value) == 2 * size and not theirs.get("unmaskedvalue"):
        first, last = bit // 8, (bit + bits) // 8
        # An inline prefix or a terminator tshark may count in or leave out.
        if pos in (first, first + field["head"]) and pos + size in (last, last - field["tail"]):
            return True
    if not value:  # no value of its own: the place counts
        return pos == bit // 8 and pos + size == (bit + bits) // 8
    if len(value) == 2 * size and not theirs.get("unmaskedvalue"):
        # The byte that has the bits; or the whole item (an option) that its first byte names.
        mine = ours.data[bit // 8:(bit + bits) // 8].hex()
        return pos == bit // 8 and (bits % 8 != 0 or value.startswith(mine)) and "n" in field \
            and number(theirs.get("show") or "") == int(field["n"])
    # tshark's place is then that of the whole it is a part of; the number tells.
    whole = int.from_bytes(ours.data[bit // 8:(bit + bits + 7) // 8], "big")
    return int(value, 16) in (whole >> -(bit + bits) % 8 & (1 << bits) - 1, int(field.get("n", "-1")))


def same_value(field, theirs):
    """True, False, a factor (another unit), or None: cannot be told."""
    show = theirs.get("show") or ""
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


def compare_fields(packet, ours, tally, where):
    later = []
    for theirs, parent in walk(packet):
        name = theirs.get("name") or ""
        pos, size = int(theirs.get("pos") or 0), int(theirs.get("size") or 0)
        proto = name.split(".")[0]
        show = theirs.get("showname") or ""
        if not name or size == 0 or show.startswith("[") or name.startswith("_ws") \
                or theirs.get("hide") == "yes" or proto in ("frame", "data") \
                or theirs.get("value") is None and theirs.get("unmaskedvalue") is None:
            continue
        # Inside a layer that both have, and in the packet's own bytes.
        inside = [i for i, layer in enumerate(ours.stack)
                  if layer[1] <= pos < max(layer[3], layer[1] + layer[2]) and ours.within(i, proto)]
        if not inside or pos + size > len(ours.data) or not ours.own_bytes(theirs):
            continue
        if not theirs.get("show") and len(theirs):
            continue
        count = tally.by[proto]
        count["shown"] += 1
        field = ours.find(name, pos, size)
        if field is None:
            later.append((name, pos, size, proto))
            continue
        count["covered"] += 1
        count["by name"] += 1
        ours.matched.update(range(field["bit"] // 8, (field["bit"] + field["bits"] + 7) // 8))
        if field["cut"]:
            continue
        count["compared"] += 1
        equal, value = same_bytes(field, theirs, ours), same_value(field, theirs)
        if isinstance(value, fractions.Fraction) and f"{name}: other value" in EXPLAINED:
            value = False
        if value is not None and value is not True and value is not False:
            tally.units[name][value] += 1
            value = True
        if equal and value is not False:
            count["equal"] += 1
        else:
            what = "other bytes" if not equal else "other value"
            if f"{name}: {what}" in EXPLAINED:
                count["compared"] -= 1
                tally.explained += 1
            tally.differ(f"{name}: {what}",
                         f"{where}: tshark {theirs.get('show')} at {pos}+{size}, "
                         f"we {field['f']} {field.get('v')} at {field['bit'] / 8:g}+{field['bits'] / 8:g}")


    for name, pos, size, proto in later:
        if all(byte in ours.matched for byte in range(pos, pos + size)):
            tally.by[proto]["covered"] += 1
        else:
            missing = tally.uncovered[name]
            missing[0] += 1
            missing[1] = missing[1] or where


def named_bytes(packet, ours, protos, tally, where):
    """Header bytes that tshark gives to protocols we have, and how many of them we name. What tshark
    too shows as plain bytes (encrypted records, digests, padding) is not counted."""
    good, plain = set(), set()
    for theirs, _ in walk(packet):
        value, show = theirs.get("value") or "", (theirs.get("show") or "").replace(":", "")
        if value and value == show and not theirs.get("unmaskedvalue") and len(theirs) == 0:
            pos = int(theirs.get("pos") or 0)
            if len(value) > 4 and ours.data[pos:pos + len(value) // 2].hex() == value:
                plain.update(range(pos, pos + len(value) // 2))
    for field in ours.fields:
        if "c" in field and field["c"] != 5 and not field["raw"]:
            good.update(range(field["bit"] // 8, (field["bit"] + field["bits"] + 7) // 8))
    for proto in packet.iter("proto"):
        name = proto.get("name")
        if not any(n in protos for n in our_names(name)):
            continue
        pos, size = int(proto.get("pos")), int(proto.get("size"))
        layers = [l for l in ours.stack if l[1] == pos and l[0] in our_names(name)]
        if not layers:
            continue
        # tshark counts the payload of some as part of them.
        end = min(pos + size, len(ours.data), max(pos + layers[0][2], pos))
        key = name.split(".")[0]
        for byte in range(pos, end):
            if byte in good or byte not in plain:
                tally.by[key]["head"] += 1
                tally.by[key]["named"] += byte in good
            if byte not in good and byte not in plain:
                entry = tally.unnamed[layers[0][0] + "." + ours.holder(byte)]
                entry[0] += 1
                entry[1] = entry[1] or where


def share_left_out(packet, ours, limit, tally):
    if limit < len(ours.stack):
        tally.bytes_ours += ours.stack[limit][1]
    else:
        tally.bytes_ours += len(ours.data)
    tally.bytes_all += len(ours.data)


def bind_helpers(ours, limit, theirs_map):
    prefixes = [set(theirs_map.get(layer[0], [layer[0]])) for layer in ours.stack]

    def within(index, proto):
        return index < limit and proto in prefixes[index]

    def own_bytes(element):
        """Not of reassembled or decoded data: there the offsets are others."""
        value = element.get("unmaskedvalue") or element.get("value") or ""
        pos, size = int(element.get("pos")), int(element.get("size"))
        if element.get("unmaskedvalue") is None and len(value) != 2 * size:
            return True
        return ours.data[pos:pos + size].hex() == value.lower()

    ours.within, ours.own_bytes = within, own_bytes


def compare_file(path, protos, prefixes, tally, verbose):
    tool = subprocess.Popen([TOOL, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    name = os.path.basename(path)
    for packet in tshark_packets(path, protos):
        line = tool.stdout.readline()
        if not line:
            tally.differ("packets: tshark reads more", name)
            break
        mine = json.loads(line)
        where = f"{name} packet {mine['n']}"
        theirs = stack_of(packet)
        same, limit = compare_stacks(theirs, mine["stack"], protos)
        tally.packets += 1
        tally.same_stack += same
        if not same:
            tally.differ("stack: tshark %s, we %s" % (":".join(theirs), ":".join(l[0] for l in mine["stack"])),
                         where)
            if verbose:
                print(where, "stack", theirs, [l[0] for l in mine["stack"]])
        ours = Ours(mine, limit)
        bind_helpers(ours, limit, prefixes)
        compare_fields(packet, ours, tally, where)
        named_bytes(packet, ours, protos, tally, where)
        share_left_out(packet, ours, limit, tally)
    rest = tool.stdout.read()
    tool.wait()
    if rest and tally.packets:
        tally.differ("packets: tshark reads fewer", name)


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


def percent(part, whole):
    return "    -" if not whole else "%6.2f" % (100.0 * part / whole)


def row(name, c):
    print("%-10s %8d %8d %8d %8d %8d %7s %7s %7s %7s" % (
        name, c["shown"], c["by name"], c["covered"], c["compared"], c["equal"],
        percent(c["by name"], c["shown"]), percent(c["covered"], c["shown"]),
        percent(c["equal"], c["compared"]), percent(c["named"], c["head"])))


def report(tally):
    print("%-10s %8s %8s %8s %8s %8s %7s %7s %7s %7s" % (
        "protocol", "shown", "by name", "covered", "compared", "equal", "name%", "cover%", "equal%", "named%"))
    total = collections.Counter()
    for proto in sorted(tally.by):
        c = tally.by[proto]
        total.update(c)
        row(proto, c)
    row("all", total)
    print("stacks: %d of %d equal (%s %%); left out, from the first protocol that is not ours: %s %% of the bytes"
          % (tally.same_stack, tally.packets, percent(tally.same_stack, tally.packets).strip(),
             percent(tally.bytes_all - tally.bytes_ours, tally.bytes_all).strip()))
    if tally.units:
        print("in another unit at tshark:", ", ".join(
            "%s (x%s)" % (n, "/".join(str(k) for k in u)) for n, u in sorted(tally.units.items())))
    for name, units in tally.units.items():
        if len(units) > 1:
            tally.differ(f"{name}: no constant unit", str(dict(units)))
    print("\n%d kinds of difference (%d fields are explained, and not in equal%%):"
          % (len(tally.kinds), tally.explained))
    for kind, (count, where) in sorted(tally.kinds.items(), key=lambda kv: -kv[1][0])[:60]:
        print("%6d  %s\n        %s" % (count, kind, where))
        if kind in EXPLAINED:
            print("        explained:", EXPLAINED[kind])
    print("\nfields without a name of ours: %d" % len(tally.uncovered))
    for name, (count, where) in sorted(tally.uncovered.items(), key=lambda kv: -kv[1][0])[:60]:
        print("%6d  %-40s %s" % (count, name, where))
    print("\nheader bytes that are not named, by our field:")
    for name, (count, where) in sorted(tally.unnamed.items(), key=lambda kv: -kv[1][0])[:25]:
        print("%6d  %-40s %s" % (count, name, where))
    return (tally.packets and tally.same_stack >= 0.99 * tally.packets
            and total["equal"] >= 0.999 * total["compared"] and total["covered"] >= 0.95 * total["shown"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-v", action="store_true")
    parser.add_argument("file", nargs="*")
    args = parser.parse_args()
    if not os.access(TOOL, os.X_OK):
        print("skipped: no", TOOL)
        sys.exit(77)
    try:
        subprocess.run(["tshark", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        print("skipped: no tshark")
        sys.exit(77)
    protos, prefixes, tally = known(), alias_prefixes(), Tally()
    for path in args.file or sorted(glob.glob(os.path.join(SOURCE, "captures/*.pcap*"))):
        compare_file(path, protos, prefixes, tally, args.v)
    sys.exit(0 if report(tally) else 1)


main()
