#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Hostile packets through the tool, in every form: escape sequences where names and payloads stand,
stacks a thousand deep, names that point at themselves, options and chunks of no length.

No control byte may come out; what is printed as notation crafts the same bytes; every JSON line is UTF-8 and valid against docs/schema; what was not
looked into is marked; and no packet may cost more than 4 ms of CPU for each 1,500 bytes (20 under
sanitizers), start-up of the tool taken off. On a quiet machine it is to be under 1.

    hostile.py [-v] [FILE...]      default: what it makes itself from captures/"""
import collections
import glob
import json
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
STRATA = os.environ.get("STRATA", os.path.join(SOURCE, "build/debug/strata"))
FORMS = ["line", "tree", "json", "flat", "csv", "hex", "raw", "text", "expr"]
# What tells work that grows from work that is much, on a busy machine; the figures are printed.
LIMIT = 20.0 if os.environ.get("STRATA_SANITIZE") else 4.0
EVIL = [b"\x1b[31m", b"\x1b]0;x\x07", b"\x9b31m", b"\r\n", b"\0", b"\xc2\x9b", b"\xe2\x80\xae", b"\xff\xfe",
        b"\x7f", b"\x08\x08", b"=cmd()", b'","x":1', b"\xed\xa0\x80"]


def packets(path):
    """(link, bytes) of a classic pcap file."""
    data = open(path, "rb").read()
    if data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        return
    link = struct.unpack("<I", data[20:24])[0] & 0xffff
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        yield link, data[at + 16:at + 16 + size]
        at += 16 + size


def write(path, link, items):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link))
        for item in items:
            out.write(struct.pack("<IIII", 1, 0, len(item), len(item)) + item)


def spoil(rng, data):
    """Text in it becomes escape sequences of the same length; else anywhere."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        evil = rng.choice(EVIL)
        if len(data) > len(evil) + 14:
            at = rng.randrange(14, len(data) - len(evil))
            data[at:at + len(evil)] = evil
    return bytes(data)


def ip(proto, payload, options=b""):
    head = 5 + len(options) // 4
    size = min(20 + len(options) + len(payload), 65535)
    return struct.pack(">BBHHHBBH4s4s", 0x40 | head, 0, size, 1, 0, 64, proto, 0, b"\n\0\0\1", b"\n\0\0\2") \
        + options + payload


def ip6(proto, payload):
    return struct.pack(">IHBB", 6 << 28, len(payload), proto, 255) + bytes(15) + b"\1" + bytes(15) + b"\2" + payload


def udp(sport, dport, payload):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def dns(counts, body):
    return ip(17, udp(53, 4000, struct.pack(">HHHHHH", 1, 0x8000, *counts) + body))


def made():
    """name, link, packet, must it be marked?"""
    inner = udp(1, 2, b"x")
    deep = inner
    for i in range(1000):
        deep = ip(4 if i else 17, deep)
    yield "1000 IP in IP", 101, deep, True
    yield "1000 VLAN", 1, b"\2\0\0\0\0\1" * 2 + b"\x81\0" + b"\0\7\x81\0" * 1000 + b"\0\7\x08\0" + ip(17, inner), True
    deep = ip(17, inner)
    for _ in range(1000):
        deep = ip(47, b"\0\0\x08\0" + deep)
    yield "1000 GRE", 101, deep, True
    deep = inner
    for i in range(1000):
        deep = bytes([60 if i else 17, 0, 1, 4, 0, 0, 0, 0]) + deep
    yield "1000 IPv6 extensions", 101, ip6(60, deep), True
    yield "1000 MPLS", 1, b"\2\0\0\0\0\1" * 2 + b"\x88\x47" + b"\0\0\x10\x40" * 1000 + b"\0\0\x11\x40" + ip(17, inner), True
    yield "DNS name at itself", 101, dns((1, 0, 0, 0), b"\xc0\x0c\0\1\0\1"), True
    yield "DNS names at each other", 101, dns((2, 0, 0, 0), b"\xc0\x12\0\1\0\1\xc0\x0c\0\1\0\1"), True
    yield "DNS name forward", 101, dns((2, 0, 0, 0), b"\xc0\x20\0\1\0\1\1a\0\0\1\0\1"), True
    # The chain is the data of one record (from byte 25 on), the name of the next begins at its end.
    chain = b"".join(struct.pack(">H", 0xc000 + (12 if i == 0 else 23 + 2 * i)) for i in range(4000))
    body = b"\1a\0" + b"\xff\0\0\1" + bytes(4) + struct.pack(">H", len(chain)) + chain
    yield "DNS chain of 4000", 101, dns((0, 4, 0, 0), body + (struct.pack(">H", 0xc000 + 23 + 2 * 3999)
          + b"\0\1\0\1" + bytes(6)) * 3), True
    many = b"\1a\0\0\1\0\1" + b"".join(
        b"\1b" + struct.pack(">H", 0xc00c + (7 + 14 * (min(i, 1100) - 1) if i else 0)) + b"\0\1\0\1" + bytes(6)
        for i in range(4000))
    yield "4000 DNS names on names", 101, dns((1, 4000, 0, 0), many), True
    labels = (b"\x3f" + b"x" * 63) * 3 + b"\0"
    many = labels + b"\0\1\0\1" + (b"\1y\xc0\x0c\0\1\0\1\0\0\0\0\0\0") * 4000
    yield "4000 long DNS names", 101, dns((1, 4000, 0, 0), many), True
    yield "65535 DNS records of nothing", 101, dns((65535,) * 4, b"\0\0\1\0\1" * 12000), True
    for size in (0, 1):
        yield f"IP option of length {size}", 101, ip(17, inner, bytes([7, size, 1, 1]) * 10), True
        tcp = struct.pack(">HHIIBBHHH", 1, 2, 3, 4, 0xf0, 2, 5, 0, 0)
        yield f"TCP option of length {size}", 101, ip(6, tcp + bytes([8, size, 1, 1]) * 10), True
        yield f"ND option of length {size}", 101, ip6(58, b"\x87\0\0\0" + bytes(20) + bytes([1, size]) + bytes(6)), size == 0
        yield f"SCTP chunk of length {size}", 101, ip(132, bytes(12) + bytes([0, 0, 0, size]) * 3000), True
        yield f"DHCP option of length {size}", 101, ip(17, udp(68, 67, b"\1\1\6\0" + bytes(232) + b"\x63\x82\x53\x63"
                                                         + bytes([12, size]) * 400)), False
    yield "40000 IP options of one byte", 101, ip(17, inner, b"\1" * 40), False
    yield "a TLS hello of empty extensions", 101, ip(6, struct.pack(">HHIIBBHHH", 1, 443, 3, 4, 0x50, 24, 5, 0, 0)
          + b"\x16\3\1\x40\x00\1\0\x3f\xfc\3\3" + bytes(32) + b"\0\0\2\0\1\1\0\x3f\x00" + b"\0\5\0\0" * 4032), False
    yield "20000 MQTT fields", 101, ip(6, struct.pack(">HHIIBBHHH", 1, 1883, 3, 4, 0x50, 24, 5, 0, 0)
          + b"\x82\xff\xff\xff\x7f\0\1" + b"\0\0\0" * 20000), True
    yield "40000 HTTP lines", 101, ip(6, struct.pack(">HHIIBBHHH", 1, 80, 3, 4, 0x50, 24, 5, 0, 0)
          + b"GET / HTTP/1.1\r\n" + b"a:\r\n" * 10000), False
    yield from crowded()


def tcp(dport, payload):
    return struct.pack(">HHIIBBHHH", 40000, dport, 3, 4, 0x50, 24, 5, 0, 0) + payload


def crowded():
    """Much to say in few bytes: packets of one frame, where start-up costs count, and of 64 KB."""
    evil_name = (b"\x3e" + bytes(62)) * 3 + b"\x32" + bytes(50) + b"\0"
    for size in (1400, 60000):
        def fill(item, room):
            return item * (room // len(item))
        yield f"DHCP pads, {size}", 101, ip(17, udp(68, 67, b"\1\1\6\0" + bytes(232) + b"\x63\x82\x53\x63"
                                                  + bytes(size - 240))), False
        yield f"DHCP options of no data, {size}", 101, ip(17, udp(68, 67, b"\1\1\6\0" + bytes(232)
              + b"\x63\x82\x53\x63" + fill(b"\x0c\0", size - 240))), False
        for what, record in (("on one long", b"\xc0\x0c\0\1\0\1" + bytes(6)), ("after one byte", b"\1y\xc0\x0c\0\1\0\1" + bytes(6)),
                             ("in a name server's", b"\xc0\x0c\0\2\0\1" + bytes(4) + b"\0\2\xc0\x0c")):
            n = (size - 270) // len(record)
            yield f"DNS names {what}, {size}", 101, dns((1, n, 0, 0), evil_name + b"\0\1\0\1" + record * n), False
        n = (size - 270) // 6
        yield f"DNS questions, {size}", 101, dns((n, 0, 0, 0), (evil_name + b"\0\1\0\1") + b"\xc0\x0c\0\1\0\1" * (n - 1)), False
        n = size // 5
        yield f"DNS questions for the root, {size}", 101, dns((n, 0, 0, 0), b"\0\0\1\0\1" * n), False
        yield f"DNS texts of no length, {size}", 101, dns((0, 1, 0, 0), b"\0\0\x10\0\1" + bytes(4)
              + struct.pack(">H", size - 60) + bytes(size - 60)), False
        yield f"DNS type bitmaps, {size}", 101, dns((0, 1, 0, 0), b"\0\0\x2f\0\1" + bytes(4)
              + struct.pack(">H", size - 60) + b"\0" + fill(b"\0\1\xff", size - 61)), False
        for end in (b"\r\n", b"\n"):
            yield f"HTTP lines ending in {end!r}, {size}", 101, ip(6, tcp(80, b"GET / HTTP/1.1" + end + fill(b"a:" + end, size))), False
        yield f"HTTP escapes, {size}", 101, ip(6, tcp(80, b"GET / HTTP/1.1\r\na:" + b"\1" * size + b"\r\n\r\n")), False
        yield f"SMTP lines, {size}", 101, ip(6, tcp(25, fill(b"a\r\n", size))), False
        yield f"FTP lines, {size}", 101, ip(6, tcp(21, fill(b"1\r\n", size))), False
        yield f"SIP lines, {size}", 101, ip(17, udp(5060, 5060, b"OPTIONS x SIP/2.0\r\n" + fill(b"a:\r\n", size))), False
        yield f"TLS extensions, {size}", 101, ip(6, tcp(443, b"\x16\3\1" + struct.pack(">H", size) + b"\1\0"
              + struct.pack(">H", size - 4) + b"\3\3" + bytes(32) + b"\0\0\2\0\1\1\0" + struct.pack(">H", size - 47)
              + fill(b"\xaa\xaa\0\0", size - 47))), False
        yield f"TLS ciphers, {size}", 101, ip(6, tcp(443, b"\x16\3\1" + struct.pack(">H", size) + b"\1\0"
              + struct.pack(">H", size - 4) + b"\3\3" + bytes(32) + b"\0" + struct.pack(">H", size - 45) + bytes(size - 45)
              + b"\1\0\0\0")), False
        yield f"TLS records, {size}", 101, ip(6, tcp(443, fill(b"\x17\3\3\0\1x", size))), False
        yield f"SCTP chunks, {size}", 101, ip(132, struct.pack(">HHII", 1, 2, 3, 4) + fill(b"\4\0\0\4", size)), False
        yield f"SCTP parameters, {size}", 101, ip(132, struct.pack(">HHII", 1, 2, 3, 4) + b"\1\0" + struct.pack(">H", size)
              + bytes(16) + fill(b"\x80\x08\0\4", size - 20)), False
        yield f"ND options, {size}", 101, ip6(58, b"\x87\0\0\0" + bytes(20) + fill(b"\1\1" + bytes(6), size)), False
        yield f"MLD records, {size}", 101, ip6(58, b"\x8f\0\0\0\0\0" + struct.pack(">H", size // 20)
              + fill(b"\1\0\0\0" + bytes(16), size)), False
        yield f"NTP, {size}", 101, ip(17, udp(123, 123, fill(b"\x23", size))), False
        yield f"SNMP, {size}", 101, ip(17, udp(161, 161, b"\x30\x82" + struct.pack(">H", size) + b"\2\1\1\4\0\xa0\x82"
              + struct.pack(">H", size - 9) + b"\2\1\1\2\1\0\2\1\0\x30\x82" + struct.pack(">H", size - 22)
              + fill(b"\x30\5\6\1\x2b\5\0", size - 22))), False
        yield f"CoAP options, {size}", 101, ip(17, udp(5683, 5683, b"\x40\1\0\1" + fill(b"\0", size))), False
        yield f"RIP entries, {size}", 101, ip(17, udp(520, 520, b"\2\2\0\0" + bytes(size // 20 * 20))), False
        yield f"MQTT topics, {size}", 101, ip(6, tcp(1883, b"\x82" + bytes([0x80 | size & 127, 0x80 | size >> 7 & 127, size >> 14])
              + b"\0\1" + fill(b"\0\0\0", size - 2))), False
        yield f"BGP updates, {size}", 101, ip(6, tcp(179, fill(b"\xff" * 16 + b"\0\x13\4", size))), False
        yield f"LLDP, {size}", 1, b"\1\x80\xc2\0\0\x0e" + b"\2\0\0\0\0\1" + b"\x88\xcc" + fill(b"\x08\0", size), False
        yield f"one byte fields, {size}", 101, ip(0, bytes(size)), False


def run(form, path):
    """Output, exit status, CPU seconds of the child."""
    was = resource.getrusage(resource.RUSAGE_CHILDREN)
    got = subprocess.run([STRATA, "read", "--as", form, path], capture_output=True, timeout=120, check=False)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return got, now.ru_utime + now.ru_stime - was.ru_utime - was.ru_stime


def comes_back(path, text, tmp):
    """What was printed, crafted again, must be the same bytes; None: it is."""
    again = os.path.join(tmp, "again")
    with open(again + ".txt", "wb") as out:
        out.write(text)
    made = subprocess.run([STRATA, "craft", "-q", "-f", again + ".txt", "-w", again], capture_output=True, timeout=120, check=False)
    raw = [subprocess.run([STRATA, "read", "-q", "--as", "raw", name], capture_output=True, timeout=120, check=False).stdout
           for name in (path, again)]
    os.unlink(again + ".txt")
    if os.path.exists(again):
        os.unlink(again)
    return None if raw[0] == raw[1] else f"crafted again it is another packet: {made.stderr[-200:]}"


def main():
    if not os.access(STRATA, os.X_OK):
        print("skipped: no", STRATA)
        return 77
    try:
        import jsonschema
        schema = jsonschema.Draft202012Validator(json.load(open(os.path.join(SOURCE, "docs/schema/packet.schema.json"))))
    except (ImportError, AttributeError):
        print("left out: the schema (no python3-jsonschema)")
        schema = None
    verbose = "-v" in sys.argv
    rng = random.Random(1)
    bad = lines = 0
    worst = collections.defaultdict(lambda: (0.0, ""))
    with tempfile.TemporaryDirectory() as tmp:
        empty = os.path.join(tmp, "empty")
        write(empty, 101, [])
        start = min(run("line", empty)[1] for _ in range(5))
        todo = []
        spoiled = collections.defaultdict(list)
        for name in sorted(glob.glob(os.path.join(SOURCE, "captures", "*.pcap"))):
            for link, data in packets(name):
                spoiled[link] += [spoil(rng, data) for _ in range(3)]
        for link, items in spoiled.items():
            todo.append((f"spoiled, link type {link}", link, items, False))
        # Many times over, so that the clock's grain does not matter.
        todo += [(name, link, [data] * (4 if len(data) > 16000 else 20), mark) for name, link, data, mark in made()]
        todo = [(name, f"{tmp}/{i}", link, items, mark) for i, (name, link, items, mark) in enumerate(todo)]
        for _, path, link, items, _ in todo:
            write(path, link, items)
        for path in [a for a in sys.argv[1:] if a != "-v"]:
            todo.append((path, path, 0, [b"x" * 1500] * (1 + os.path.getsize(path) // 1500), False))
        for name, path, link, items, mark in todo:
            for form in FORMS:
                got, cpu = run(form, path)
                complaint = None
                if got.returncode not in (0, 4) or b"runtime error" in got.stderr:
                    complaint = f"exit status {got.returncode}: {got.stderr[-300:]}"
                out = got.stdout.replace(b"\r\n", b"\n") if form == "csv" else got.stdout
                allowed = set(range(0x20, 0x7f)) | {10} | (set(range(0x80, 0x100)) if form in ("json", "flat") else set())
                odd = set(out + got.stderr) - allowed
                if odd:
                    complaint = f"control bytes {sorted(odd)[:5]}"
                if form in ("json", "flat"):
                    for line in out.split(b"\n")[:-1]:
                        lines += 1
                        try:
                            value = json.loads(line.decode("utf-8"))
                            if set(map(ord, line.decode("utf-8"))) & set(range(0x7f, 0xa0)):
                                complaint = "a C1 control character in JSON"
                            if form == "json" and schema:
                                schema.validate(value)
                                if mark and "notes" not in value:
                                    complaint = f"no mark: {line[-200:]}"
                        except Exception as error:  # any: it is the finding
                            complaint = f"{error}"[:300]
                if form == "expr" and not complaint:
                    complaint = comes_back(path, got.stdout, tmp)
                each = sum(max(1, len(i) / 1500) for i in items)
                # A busy machine adds to what a run takes, never the other way: the best of four.
                for _ in range(3):
                    if (cpu - start) * 1000 / each <= LIMIT:
                        break
                    cpu = min(cpu, run(form, path)[1])
                ms = max(0.0, cpu - start) * 1000 / each
                if ms > worst[form][0]:
                    worst[form] = (ms, name)
                if verbose:
                    print(f"{name}: {form} {ms:.3f} ms")
                if ms > LIMIT:
                    complaint = f"{ms:.2f} ms of CPU for 1500 bytes"
                if complaint:
                    bad += 1
                    print(f"FAILED: {name}, --as {form}: {complaint}")
    print(f"{len(todo)} inputs, {lines} JSON lines; worst ms of CPU for 1500 bytes:")
    for form in FORMS:
        print(f"  {form:5} {worst[form][0]:.3f} {worst[form][1]}")
    return 1 if bad or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
