#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares our dissection of capture files with tshark's, packet by packet: the stack of layers, and
every field that both know through the other names (aliases) in our descriptions.

    tshark_compare.py [--lines N] [-j N] [--names PERCENT] [--named PERCENT] [FILE or FOLDER...]       default: every file of captures/

Compared for a field: its place and width (the bytes, or the bits of a bit field) and its value.
A value that tshark shows in another unit must differ by the factor that is known of it. Left out: what tshark made up itself (what it prints in brackets, or hides), reassembled data,
and everything from the first protocol on that is not ours; the shares are told. A field is counted once
at each place.

By name covered is a field that tshark shows inside our layers if one of our fields, words of a choice, inline
lengths or views bears its name and stands there. Covered at all are also others of whose bytes ours bear
one of tshark's names. What tshark shows as a mere heading over other fields, without a value of its own, is
not counted.

Named are those of the bytes that tshark names inside our layers that stand in fields of ours that are not
plain bytes.

What tshark and we said of a file is kept (--cache), so that a rerun compares only what has changed.

Exit status: 0 when stacks agree in 99 %, fields in 99.9 %, 95 % are covered by name, at most 30 kinds of
difference are left, and over captures/ as a whole no protocol is below the least shares (--names, --named),
but as known.py allows."""
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
from tshark.fields import Ours, same_bytes, same_value  # noqa: E402
from tshark.known import AROUND, CONTENT, ELSEWHERE, EXPLAINED, FEW, HEADINGS, HEADS, INSIDE, NO_HEADER, NO_LAYER, PAYLOAD, PLAIN, SAME, SIDE_BY_SIDE, UNITS, kind_of, reason  # noqa: E402
from tshark.tally import Tally, report  # noqa: E402

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("STRATA_BUILD", os.path.join(SOURCE, "build/debug"))
TOOL = os.path.join(BUILD, "tests/fields")


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


def with_header(packet):
    """How many layers of each protocol show a field of their own. Others are known to tshark by the
    conversation alone (the middle of a TLS record, of an HTTP body), or lie beyond the end of the packet."""
    have, at = collections.Counter(), None
    for field in packet:
        if field.proto:
            at = field.name
        elif at and field.name.startswith(HEADS.get(at, ("",))) and worth(field) and not field.made:
            have[at] += 1
            at = None
    return have


def stack_of(packet):
    """tshark's layers; "data" from the first on that has no header in this packet."""
    stack, have = [], with_header(packet)
    names = next((field.show for field in packet if field.name == "frame.protocols"), "").split(":")
    for i, name in enumerate(names):
        if name in NO_HEADER or not have[name] and names[i + 1:i + 2] and names[i + 1] in AROUND.get(name, ()):
            continue
        # IGMP of each version, and some ARP, is a step of its own inside the same.
        if name in ("igmp", "arp") and stack[-1:] == [name]:
            continue
        if not have[name] and name not in PAYLOAD:
            return stack + ["data"]
        have[name] -= 1
        stack.append(name)
    return stack


def compare_stacks(theirs, ours, protos):
    """True or False, and how many layers of ours are within what tshark and we both have."""
    names = [layer[0] for layer in ours] + [""]
    ours = [(i, layer) for i, layer in enumerate(ours) if not INSIDE.match(layer[0])
            and not (layer[0] == "dns_tcp" and names[i + 1] == "dns")]
    at = 0
    for i, name in enumerate(theirs):
        names = our_names(name)
        if name in PAYLOAD or name.startswith("_ws"):
            # The content of one of several packets in a packet: it goes on beside it.
            if at < len(ours) and theirs[i + 1:] and ours[at][1][0] in our_names(theirs[i + 1]):
                continue
            return True, at_layer(ours, at)
        if not any(n in protos for n in names):
            return True, at_layer(ours, at)
        if at < len(ours) and ours[at][1][0] in names:
            at += 1
            while at < len(ours) and ours[at][1][0] in names and ours[at][1][0] in SIDE_BY_SIDE:
                at += 1
        else:
            return False, at_layer(ours, at)
    # One side by side with a layer before, behind what was inside that one.
    before = {layer[0] for _, layer in ours[:at]}
    while at < len(ours) and ours[at][1][0] in SIDE_BY_SIDE & before:
        at += 1
    return at == len(ours), at_layer(ours, at)


def at_layer(ours, at):
    return ours[at][0] if at < len(ours) else 10**6


def worth(theirs):
    """A field of bytes, not a heading over others."""
    proto = theirs.name.split(".")[0]
    return not (theirs.proto or not theirs.name or theirs.size == 0 or theirs.name.startswith("_ws")
                or proto in ("frame", "data") or theirs.name in HEADINGS | CONTENT | ELSEWHERE or theirs.value is None and theirs.unmasked is None
                or not theirs.show and theirs.children)


def compare_field(theirs, field, ours, tally, where):
    equal, value = same_bytes(field, theirs, ours), same_value(field, theirs)
    if isinstance(value, fractions.Fraction):
        value = value == UNITS.get(theirs.name)
        tally.n["units"] += value
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
    later, seen = [], set()
    for theirs in packet:
        place = theirs.name, theirs.pos, theirs.size
        if not worth(theirs) or place in seen or not ours.inside(theirs):
            continue
        seen.add(place)
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


def named_bytes(packet, ours, tally, where):
    """Bytes that tshark names inside our layers, and how many of them stand in fields of ours that are not
    plain bytes. What is plain bytes for tshark too is not counted, nor are padding and content."""
    good, theirs_at = set(), {}
    for field in ours.fields:
        if "c" in field and field["c"] != 5 and not field["raw"]:
            good.update(range(field["bit"] // 8, (field["bit"] + field["bits"] + 7) // 8))
    # The end of a line belongs to what stands in it.
    good |= {at for at in range(1, len(ours.data)) if ours.data[at] in b"\r\n" and at - 1 in good or
             ours.data[at - 1:at + 1] == b"\r\n" and at - 2 in good}
    for theirs in packet:
        if worth(theirs) and not theirs.made and not theirs.children \
                and pdml.kind(theirs.name) not in PLAIN and not theirs.name.endswith("padding") and ours.inside(theirs):
            for byte in range(theirs.pos, theirs.pos + theirs.size):
                theirs_at.setdefault(byte, theirs.name)
    for byte, name in theirs_at.items():
        count = tally.by[name.split(".")[0]]
        count["head"] += 1
        count["named"] += byte in good
        if byte not in good:
            tally.note(tally.unnamed, name + " in " + ours.holder(byte), where)


def stack_kind(theirs, ours):
    """What follows on what both have."""
    at = mine = 0
    while mine < len(ours):
        if at < len(theirs) and ours[mine] in our_names(theirs[at]):
            at += 1
        elif not INSIDE.match(ours[mine]):
            break
        mine += 1
    return "stack: on %s tshark has %s, we %s" % (
        theirs[at - 1] if at else "the link", ":".join(theirs[at:at + 1]) or "nothing",
        ":".join(ours[mine:mine + 1]) or "nothing")


def up_to_foreign(packet, protos):
    """What stands before the first layer that is not ours: inside it other offsets and layers begin."""
    for i, field in enumerate(packet):
        if field.proto and field.name not in NO_LAYER and not field.name.startswith("_ws") \
                and field.name not in NO_HEADER | PAYLOAD and not any(n in protos for n in our_names(field.name)):
            return packet[:i]
    return packet


def compare_packet(packet, mine, protos, prefixes, tally, where):
    theirs = stack_of(packet)
    same, limit = compare_stacks(theirs, mine["stack"], protos)
    kind = stack_kind(theirs, [layer[0] for layer in mine["stack"]])
    tally.n["packets"] += 1
    tally.n["same_stack"] += same
    if not same:
        tally.n["explained_stack"] += (kind in EXPLAINED)
        tally.differ(kind, where)
    ours = Ours(mine, limit, prefixes)
    packet = up_to_foreign(packet, protos)
    compare_fields(packet, ours, tally, where)
    named_bytes(packet, ours, tally, where)
    tally.n["bytes_ours"] += ours.stack[limit][1] if limit < len(ours.stack) else len(ours.data)
    tally.n["bytes_all"] += len(ours.data)


def compare_file(path, packets, text, protos, prefixes):
    tally, name, lines = Tally(), os.path.basename(path), text.splitlines()
    tally.n["files"] = 1
    # Blocks of a pcapng file that are no packets are frames to tshark.
    packets = [p for p in packets if not p or "frame.encap_type" in (f.name for f in p[:40])]
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
    parser.add_argument("--names", type=float, default=95, metavar="PERCENT", help="of the fields that tshark shows of a "
                        "protocol at least so many bear a name that we know, default 95")
    parser.add_argument("--named", type=float, default=90, metavar="PERCENT", help="of the bytes that tshark names in a "
                        "protocol at least so many stand in fields of ours that are not plain bytes, default 90")
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
    for name in [__file__] + sorted(glob.glob(os.path.join(os.path.dirname(pdml.__file__), "*.py"))):
        with open(name, encoding="utf-8") as file:
            script += file.read()
    protos, prefixes, tally = known(), alias_prefixes(), Tally()
    pdml.kinds()  # once for all
    jobs = [(path, args.cache, args.seconds, protos, prefixes, script) for path in files]
    with multiprocessing.Pool(args.j) as pool:
        for one in pool.imap(one_file, jobs):
            tally.add(one)
    report(tally, reason, args.lines)
    weak = tally.weak(args.names, args.named, {} if args.file else FEW)
    print("below the least share: %s" % ("; ".join(weak) or "none"))
    total = tally.total()
    kinds = {kind_of(difference) for difference in tally.kinds}
    print("%d kinds by what explains them" % len(kinds))
    stacks = tally.n["same_stack"] + tally.n["explained_stack"]
    sys.exit(not (tally.n["packets"] and stacks >= 0.99 * tally.n["packets"]
                  and tally.n["same_stack"] >= 0.98 * tally.n["packets"]
                  and total["equal"] >= 0.999 * total["compared"] and total["by name"] >= 0.95 * total["shown"]
                  and len(kinds) <= 30 and (args.file or not weak)))


if __name__ == "__main__":
    main()
