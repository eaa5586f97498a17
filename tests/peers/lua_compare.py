#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The dissector that `strata protocols --export wireshark-lua` writes shows in tshark the same layers, fields and
values as strata, packet by packet: for the examples' own protocols beside tshark's, and for a whole stack of
built-ins in place of them.

    tests/peers/lua_compare.py [FILE...]      default: all of captures/
"""
import calendar
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
STRATA = os.environ.get("STRATA", os.path.join(SOURCE, "build/debug/strata"))
OWN = ["sensor", "beacon"]
ENV = dict(os.environ, XDG_CONFIG_HOME="/nonexistent", STRATA_PROTOCOLS="")
META = {"v", "n", "time", "ts", "link", "len", "caplen", "stack", "notes", "payload", "if", "packets", "stream",
        "comment", "interface"}


def own_files():
    return [word for name in OWN for word in ("-p", os.path.join(SOURCE, "examples", name + ".protocol"))]


def strata(*args):
    return subprocess.run([STRATA] + list(args), capture_output=True, text=True, env=ENV, check=False)


def tshark(script, path):
    """Per packet the (layer, fields) of our dissectors, in order, as tshark shows them."""
    out = subprocess.run(["tshark", "-n", "-X", "lua_script:" + script, "-r", path, "-T", "pdml"],
                         capture_output=True, check=False)
    if b"Lua:" in out.stderr:
        sys.exit("%s: %s" % (path, out.stderr.decode(errors="replace")[:600]))
    clean = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "?", out.stdout.decode("utf-8", "replace"))
    return ET.fromstring(clean).findall("packet")


def leaves(element):
    for field in element:
        if field.get("name") and field.get("show") is not None and not field.get("name").startswith("_ws"):
            yield field
        yield from leaves(field)


def shown(packet, names):
    """[(protocol, [(field, value)])] of one packet."""
    out = []
    for proto in packet.findall("proto"):
        name = re.sub(r"^strata\.", "", proto.get("name"))
        if name not in names or (name in PLAIN and not proto.get("name").startswith("strata.")):
            continue
        fields = []
        for f in leaves(proto):
            full = re.sub(r"^strata\.", "", f.get("name"))
            full = re.sub(r"\.(uint\d+|int\d+|string|bytes|ether|ipv4|ipv6|eui64|absolute_time)$", "", full)
            if full.endswith("strata_note"):
                continue
            fields.append((full.rsplit(".", 1)[-1], f.get("show"), f.get("value") or ""))
        out.append((name, fields))
    return out


def wanted(line, names):
    """The same from strata's flat form."""
    flat = json.loads(line)
    stack = flat["stack"].split("/") if flat["stack"] else []
    out, keys = [], {}
    for key in stack:
        keys[key] = []
        out.append((key.split(".")[0], keys[key]))
    for key, value in flat.items():
        head, _, rest = key.partition(".")
        again = re.match(r"(\w+\.\d+)\.(.*)", key)
        if again and again.group(1) in keys:
            head, rest = again.groups()
        if head in META or head not in keys or not rest or re.search(r"_(name|ok|words|sums?)$", rest):
            continue
        parts = [p for p in re.sub("_raw$", "", rest).split(".") if not p.isdigit()]
        keys[head].append((parts[-1] if parts else "", value))
    if out and out[0][0] in REFUSED:
        return None  # it begins with a layer that is not exported
    return [(n, f) for n, f in out if n in names]


def same(value, show, raw):
    if isinstance(value, bool):
        return True
    if isinstance(value, (int, float)):
        try:
            return float(value) == float(int(show, 0)) or value == float(show)
        except ValueError:
            return False
    text = re.sub("^0x$", "", str(value))
    if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+Z", text):  # a time: by its bytes
        text = "%08x" % calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    if text.lower() == show.lower() or text.replace(":", "").lower() == raw.lower():
        return True
    return bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", raw) if len(raw) % 2 == 0 else "").decode("latin1") == text


REFUSED = set()
PLAIN = set()  # names of tshark's own: ours have a prefix then


def compare(script, path, names, args, counts, said):
    """How many packets and values differ; a line about each goes to said."""
    out = strata("read", *args, path, "--as", "flat", "-q")
    ours = [json.loads(x) and x for x in out.stdout.splitlines()]
    theirs = tshark(script, path)
    bad = 0
    for number, (line, packet) in enumerate(zip(ours, theirs), 1):
        want, got = wanted(line, names), shown(packet, names)
        if want is None:
            continue
        counts["packets"] += 1
        if [n for n, _ in want] != [n for n, _ in got]:
            bad += 1
            said.append("%s:%d: layers %s, tshark with our Lua %s" % (
                path, number, [n for n, _ in want], [n for n, _ in got]))
            continue
        for (name, a), (_, b) in zip(want, got):
            i = 0
            for field, value in a:
                if value == "" and (i == len(b) or b[i][0] != field):
                    continue  # no bytes: tshark shows nothing
                while i < len(b) and b[i][0] != field:
                    i += 1
                if i == len(b):
                    bad += 1
                    said.append("%s:%d: %s.%s is missing" % (path, number, name, field))
                    break
                if isinstance(value, str) and re.fullmatch(r"(0x)?[0-9a-f]+", b[i][1]) and not same(value, *b[i][1:]):
                    counts["words"] += 1  # flags in words against a number
                elif same(value, *b[i][1:]):
                    counts["same"] += 1
                else:
                    bad += 1
                    said.append("%s:%d: %s.%s is %r, tshark with our Lua %r (%s)" % (
                        path, number, name, field, value, b[i][1], b[i][2]))
                i += 1
    if len(ours) != len(theirs):
        bad += 1
        said.append("%s: %d packets, tshark %d" % (path, len(ours), len(theirs)))
    return bad


# What the reader in Lua does otherwise: file: (so many packets or values at most, what it is).
LATER = {
    "broken": (8, "it stops earlier at some headers that lie about their lengths"),
    "arp-duplicate": (5, "bytes behind a message"),
    "bacnet": (8, "values chosen inside several tags"),
    "bittorrent": (2, "a message after the handshake in one segment"),
    "collectd": (102, "a list whose items are chosen by another list"),
    "goose": (1, "a number of four bytes has more digits as one of eight"),
    "grpc": (1, "what follows a preface in one segment"),
    "http2": (3, "what follows a preface in one segment"),
    "http2-padding": (2, "what follows a preface in one segment"),
    "icmp-extensions": (4, "zeros behind a quoted packet"),
    "http2-errors": (3, "what follows a preface in one segment"),
    "ipfix": (4, "what an earlier packet taught"),
    "ipfix-later": (5, "what an earlier packet taught"),
    "netflow9": (4, "what an earlier packet taught"),
    "imap": (10, "lines of a mail that follow a literal"),
    "imap-tls": (1, "a request before STARTTLS; not looked into"),
    "memcache": (1, "bytes behind a message"),
    "memcache-text": (11, "which of several forms fits"),
    "nbss": (19, "a message inside the messages of another protocol"),
    "nfs": (1, "which of several forms fits"),
    "rtsp-interleaved": (2, "side by side inside a frame"),
    "sflow": (5, "side by side inside what stands side by side"),
    "smb2": (92, "a message inside the messages of another protocol"),
    "smb2-compressed": (2, "a message inside the messages of another protocol"),
    "smb2-refused": (6, "a message inside the messages of another protocol"),
    "ssh": (2, "a form chosen by a long text; bytes behind a message"),
    "sip-call": (13, "what an earlier packet announced"),
    "tftp-ip6": (5, "what an earlier packet announced"),
    "tftp-write": (11, "what an earlier packet announced"),
    "ssh-groups": (3, "a form chosen by a long text; bytes behind a message"),
    "thrift": (5, "which of several forms fits"),
    "turn-tcp": (4, "bytes behind a message"),
}


def main():
    if subprocess.run(["sh", "-c", "tshark -v | grep -q 'with Lua'"], check=False).returncode:
        print("skipped: no tshark with Lua")
        sys.exit(77)
    folder = os.path.join(SOURCE, "captures")
    files = sys.argv[1:] or [os.path.join(folder, f) for f in sorted(os.listdir(folder)) if f.endswith(".pcap")]
    known = [line.split()[0] for line in strata("protocols").stdout.splitlines()]
    builtins, refused = [], []
    for name in known:
        (refused if strata("protocols", "--export", "wireshark-lua", name).returncode else builtins).append(name)
    REFUSED.update(refused)
    if refused:
        print("not exported: " + " ".join(refused))
    bad, later, counts = 0, 0, {"packets": 0, "same": 0, "words": 0}
    with tempfile.TemporaryDirectory() as tmp:
        script = os.path.join(tmp, "own.lua")
        out = strata("protocols", *own_files(), "--export", "wireshark-lua")
        with open(script, "w") as f:
            f.write(out.stdout)
        for name in OWN:
            said = []
            bad += compare(script, os.path.join(folder, name + ".pcap"), set(OWN), own_files(), counts, said)
            print("\n".join(said), end="\n" if said else "")
        script = os.path.join(tmp, "all.lua")
        with open(script, "w") as f:
            f.write(strata("protocols", "--export", "wireshark-lua", *builtins).stdout)
        listed = subprocess.run(["tshark", "-G", "protocols"], capture_output=True, text=True, check=False).stdout
        PLAIN.update(line.split("\t")[2] for line in listed.splitlines())
        for path in files:
            said = []
            differ = compare(script, path, set(builtins), [], counts, said)
            most, why = LATER.get(os.path.basename(path)[:-5], (0, ""))
            if differ > most or sys.argv[1:]:
                print("\n".join(said), end="\n" if said else "")
            if why:
                print("%s: %d differ, %d may: %s" % (path, differ, most, why))
                later += min(differ, most)
                if not differ and not sys.argv[1:]:
                    print("%s: nothing differs, so it need not be listed" % path)
                    bad += 1
                differ = max(0, differ - most)
            bad += differ
    print("%d packets, %d values the same, %d in words, %d differ as listed, %d otherwise; %d built-ins exported" % (
        counts["packets"], counts["same"], counts["words"], later, bad, len(builtins)))
    sys.exit(bad != 0 or counts["same"] < 1000)


if __name__ == "__main__":
    main()
