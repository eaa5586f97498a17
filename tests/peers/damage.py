#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Damaged capture files: cut at every block boundary and anywhere, with lengths that lie, compressed
and cut, compressed and spoilt. Each must end cleanly, with all packets that stand before the damage
(as a reader of a few lines here finds them), and say so unless it ends where a packet ends.

    damage.py [-v] [FILE...]      default: some of captures/ and the seeds of the capture fuzzer"""
import gzip
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
STRATA = os.environ.get("STRATA", os.path.join(SOURCE, "build/debug/strata"))
CAPTURES = ["dns-udp", "http", "cooked", "loopback", "nflog", "lldp", "broken"]
SEEDS = ["big.pcap", "little.pcap", "modified.pcap", "ng.pcapng", "sections.pcapng", "everything.pcapng"]
PCAP = {b"\xa1\xb2\xc3\xd4": (">", 16), b"\xd4\xc3\xb2\xa1": ("<", 16), b"\xa1\xb2\x3c\x4d": (">", 16),
        b"\x4d\x3c\xb2\xa1": ("<", 16), b"\xa1\xb2\xcd\x34": (">", 24), b"\x34\xcd\xb2\xa1": ("<", 24)}


def blocks(data):
    """(offset behind it, bytes of the packet or None, offset of its length) of each block."""
    if data[:4] in PCAP:
        order, head = PCAP[data[:4]]
        yield 24, None, None
        at = 24
        while at + head <= len(data):
            n, = struct.unpack(order + "I", data[at + 8:at + 12])
            if at + head + n > len(data):
                return
            yield at + head + n, data[at + head:at + head + n], at + 8
            at += head + n
        return
    at, order, snaplen = 0, "<", []
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\n\r\r\n":
            order, snaplen = (">" if data[at + 8:at + 12] == b"\x1a\x2b\x3c\x4d" else "<"), []
        kind, size = struct.unpack(order + "II", data[at:at + 8])
        if size < 12 or at + size > len(data):
            return
        body, packet = data[at + 8:at + size - 4], None
        if kind == 1:
            snaplen.append(struct.unpack(order + "I", body[4:8])[0])
        elif kind in (2, 6):
            packet = body[20:20 + struct.unpack(order + "I", body[12:16])[0]]
        elif kind == 3:
            n = min(struct.unpack(order + "I", body[:4])[0], snaplen[0] or 1 << 30)
            packet = body[4:4 + n]
        yield at + size, packet, at + 4
        at += size


def packets(data):
    return [p for _, p, _ in blocks(data) if p is not None]


def damaged(rng, name, data):
    """(what, file name's end, bytes, the packets before the damage, does it end with a block?)"""
    ends = list(blocks(data))
    suffix = ".pcap" if data[:4] in PCAP else ".pcapng"
    for end, _, _ in ends:
        yield f"{name} cut after {end} bytes", suffix, data[:end], packets(data[:end]), True
    edges = {end for end, _, _ in ends}
    for _ in range(12):
        end = rng.randrange(ends[0][0], len(data))
        yield f"{name} cut at {end}", suffix, data[:end], packets(data[:end]), end in edges
    for _ in range(8):
        k = rng.randrange(1, len(ends))
        if ends[k][2] is None:
            continue
        order = PCAP[data[:4]][0] if data[:4] in PCAP else None
        for word in (b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff") if order is None else \
                (struct.pack(order + "I", 0x7fffffff),):
            bad = data[:ends[k][2]] + word + data[ends[k][2] + 4:]
            yield f"{name}, block {k} of absurd length", suffix, bad, packets(data[:ends[k - 1][0]]), False
    squeezed = gzip.compress(data, mtime=0)
    for _ in range(6):
        end = rng.randrange(30, len(squeezed))
        out = zlib.decompressobj(31).decompress(squeezed[:end])
        yield f"{name}.gz cut at {end}", suffix + ".gz", squeezed[:end], packets(out), None
    for _ in range(4):
        at = rng.randrange(20, len(squeezed))
        bad = squeezed[:at] + bytes([squeezed[at] ^ 1 << rng.randrange(8)]) + squeezed[at + 1:]
        yield f"{name}.gz spoilt at {at}", suffix + ".gz", bad, packets(data[:same(bad, data)]), None
    if not shutil.which("zstd"):
        return
    # In blocks of 128 KiB at most: small ones, so that a cut leaves something.
    pieces = [subprocess.run(["zstd", "-qc"], input=data[i:i + 700], capture_output=True, check=True).stdout
              for i in range(0, len(data), 700)]
    for _ in range(6):
        whole = rng.randrange(len(pieces))
        cut = b"".join(pieces[:whole]) + pieces[whole][:rng.randrange(len(pieces[whole]))]
        yield f"{name}.zst cut after {whole} frames", suffix + ".zst", cut, packets(data[:whole * 700]), None


def same(squeezed, data):
    """How many bytes come out before they differ, or an error."""
    unzip, out = zlib.decompressobj(31), b""
    try:
        for i in range(len(squeezed)):
            out += unzip.decompress(squeezed[i:i + 1])
    except zlib.error:
        pass
    n = 0
    while n < len(out) and n < len(data) and out[n] == data[n]:
        n += 1
    return n


def main():
    if not os.access(STRATA, os.X_OK):
        print("skipped: no", STRATA)
        return 77
    names = [a for a in sys.argv[1:] if a != "-v"] or \
        [os.path.join(SOURCE, "captures", n + ".pcap") for n in CAPTURES] + \
        [os.path.join(SOURCE, "tests/fuzz/corpus/capture", n) for n in SEEDS]
    rng = random.Random(20)
    tried = bad = kept = noted = 0
    with tempfile.TemporaryDirectory() as tmp:
        for path in names:
            name = os.path.basename(path)
            data = open(path, "rb").read()
            inputs = list(damaged(rng, name, data))
            if data[:4] in PCAP and len(data) < 20000:
                ng = os.path.join(tmp, "as.pcapng")
                subprocess.run([STRATA, "read", "-q", path, "-w", ng], check=True)
                inputs += damaged(rng, name + "ng", open(ng, "rb").read())
            for what, suffix, content, want, whole in inputs:
                cut = os.path.join(tmp, "cut" + suffix)
                with open(cut, "wb") as out:
                    out.write(content)
                got = subprocess.run([STRATA, "read", "--as", "raw", cut], capture_output=True, timeout=60,
                                     check=False)
                lines = got.stdout.decode().splitlines()
                complaint = None
                if got.returncode not in (0, 4) or (got.returncode == 4 and not got.stderr):
                    complaint = f"exit status {got.returncode}"
                elif lines[:len(want)] != [p.hex() for p in want]:
                    complaint = f"{len(lines)} packets are not the {len(want)} before the damage"
                elif whole is not None and len(lines) != len(want):
                    complaint = f"{len(lines)} packets, {len(want)} before the damage"
                elif whole is False and b"cut" not in got.stderr and b"damaged" not in got.stderr and \
                        b"ends" not in got.stderr:
                    complaint = "nothing is said"
                elif whole and got.stderr.replace(b"strata: of", b"").count(b"strata: " + cut.encode()):
                    complaint = "something is said"
                if complaint:
                    bad += 1
                    print(f"FAILED: {what}: {complaint}: {got.stderr[-200:]}")
                elif "-v" in sys.argv:
                    print(f"{what}: {len(want)} packets, exit {got.returncode} {got.stderr[-100:]}")
                tried += 1
                kept += len(want)
                noted += bool(got.stderr)
    print(f"{tried} damaged files, {kept} packets before the damage all there, {noted} with a note; {bad} bad")
    return 1 if bad or tried < 200 else 0


if __name__ == "__main__":
    sys.exit(main())
