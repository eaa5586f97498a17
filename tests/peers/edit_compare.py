#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Capture files through read and edit, beside editcap, mergecap, tshark, tcpdump, gzip and zstd.

What is not touched must not change a byte; slices, merges, shifts and duplicates must be those of
the others; a file that is cut or damaged anywhere gives every packet before the damage; a gigabyte
of the largest blocks costs less than 64 MiB.

    edit_compare.py [FILE...]      default: captures/ and what it makes itself"""
import glob
import gzip
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import zlib

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
STRATA = os.environ.get("STRATA", os.path.join(SOURCE, "build/debug/strata"))
SANITIZED = bool(os.environ.get("STRATA_SANITIZE"))
MIB = 1 << 20
MANY = 20 if SANITIZED else 100  # damaged files of each kind
bad = 0
done = {}


def complain(what):
    global bad
    bad += 1
    print("BAD:", what)


def expect(name, ok, what=""):
    done[name] = done.get(name, 0) + 1
    if not ok:
        complain("%s: %s" % (name, what))


def run(*words, code=0):
    r = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    if code is not None and r.returncode != code:
        complain("%s: exit %d: %s" % (" ".join(map(str, words)), r.returncode, r.stderr.decode(errors="replace")))
    return r


def edit(*words, code=0):
    return run(STRATA, "edit", *words, code=code)


def seen(path, comments=False):
    """What tshark sees: time, lengths, a hash of the bytes; with comments and names of interfaces."""
    fields = ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.md5_hash"]
    if comments:
        fields += ["frame.comment", "frame.interface_name", "frame.interface_description"]
    words = ["tshark", "-n", "-o", "frame.generate_md5_hash:TRUE", "-r", path, "-T", "fields", "-E", "separator=|"]
    for f in fields:
        words += ["-e", f]
    # tshark counts custom blocks as packets without a time.
    return [line for line in run(*words).stdout.decode().splitlines() if line[0] != "|"]


# ---- a pcapng of everything ----

class Maker:
    def __init__(self):
        self.data, self.order = b"", "<"
        self.ends, self.packets = [0], [0]

    def option(self, code, value):
        return struct.pack(self.order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)

    def block(self, kind, body, packet=False):
        body += b"\0" * (-len(body) % 4)
        size = struct.pack(self.order + "I", 12 + len(body))
        self.data += struct.pack(self.order + "I", kind) + size + body + size
        self.ends.append(len(self.data))
        self.packets.append(self.packets[-1] + packet)

    def section(self, order, comment):
        self.order = order
        self.block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1) + self.option(1, comment)
                   + self.option(2, b"machine") + self.option(3, b"system") + b"\0" * 4)

    def interface(self, link, name, resolution, snaplen=262144):
        self.block(1, struct.pack(self.order + "HHI", link, 0, snaplen) + self.option(2, name)
                   + self.option(3, b"described") + self.option(9, bytes([resolution]))
                   + self.option(12, b"OS") + b"\0" * 4)

    def packet(self, interface, units, data, comment=None, flags=0):
        body = struct.pack(self.order + "IIIII", interface, units >> 32, units & 0xffffffff, len(data), len(data))
        body += data + b"\0" * (-len(data) % 4)
        if comment is not None:
            body += self.option(1, comment)
            if flags:
                body += self.option(2, struct.pack(self.order + "I", flags))
            body += b"\0" * 4
        self.block(6, body, True)


def zoo(orders="<>", n=12, simple=True):
    """Link types 1 and 101, both byte orders, comments, names, a block of every kind."""
    m = Maker()
    ip = bytes.fromhex("4500001c00010000401166cd0a0000010a000002" "0035003500080000")
    for k, order in enumerate(orders):
        m.section(order, b"section %d" % k)
        m.block(4, struct.pack(order + "HH", 1, 9) + b"\x0a\0\0\1host\0\0\0\0" + b"\0" * 4)
        m.interface(1, b"eth%d" % k, 9)
        m.interface(101, b"tun%d" % k, 6)
        for i in range(n):
            t = 1700000000 + 100 * k + i
            if i % 3:
                m.packet(0, t * 10**9 + i, b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0" + ip + bytes(i),
                         b"comment %d" % i if i % 2 else None, i % 3)
            else:
                m.packet(1, t * 10**6 + i, ip, b"raw")
            if i == 3:
                m.block(10, struct.pack(order + "II", 0x544c534b, 5) + b"a key")
            if i == 4:
                if simple:
                    m.block(3, struct.pack(order + "I", 18) + b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\x99abcd", True)
                m.block(0xbad, struct.pack(order + "I", 32473) + b"custom")
                m.block(0x0badcafe, b"of a kind that nobody knows")
        m.block(5, struct.pack(order + "III", 0, 0, 0) + m.option(4, struct.pack(order + "Q", n)) + b"\0" * 4)
    return m


def untouched(tmp, files):
    for path in files:
        head = gzip.open(path).read(4) if path.endswith(".gz") else open(path, "rb").read(4)
        end = ".pcapng" if head == b"\x0a\x0d\x0d\x0a" else ".pcap"
        for how in ("edit", "read"):
            out = os.path.join(tmp, "same" + end)
            run(STRATA, how, path, "-w", out)
            expect("not a byte changed", open(path, "rb").read() == open(out, "rb").read(), "%s by %s" % (path, how))
        for pack, tool in ((".gz", "gzip"), (".zst", "zstd")):
            packed = os.path.join(tmp, "same" + end + pack)
            edit(path, "-w", packed)
            plain = run(tool, "-dc", packed).stdout
            expect("packed, and unpacked by " + tool, plain == open(path, "rb").read(), path)


def against_editcap(tmp, path):
    ours, theirs = os.path.join(tmp, "ours.pcapng"), os.path.join(tmp, "theirs.pcapng")
    total = len(seen(path))
    first = float(seen(path)[0].split("|")[0])
    cases = [
        ("numbers", ["--packets", "2-5,7,%d-" % (total - 3)], ["-r", path, theirs, "2-5", "7", "%d-0" % (total - 3)]),
        ("cut", ["-s", "40"], ["-s", "40", path, theirs]),
        ("later", ["--shift", "3600.5"], ["-t", "3600.5", path, theirs]),
        ("earlier", ["--shift", "-1.25s"], ["-t", "-1.25", path, theirs]),
        # editcap counts the packet itself.
        ("duplicates", ["--dedup", "4"], ["-d", path, theirs]),
        ("duplicates in 20", ["--dedup", "20"], ["-D", "21", path, theirs]),
        ("duplicates in time", ["--dedup", "1500ms"], ["-w", "1.5", path, theirs]),
    ]
    for name, mine, other in cases:
        edit(path, *mine, "-w", ours)
        run("editcap", *other)
        expect("as editcap: " + name, seen(ours, True) == seen(theirs, True), path)
    frm, to = int(first) + 1, int(first) + 3
    edit(path, "--from", frm, "--to", "%d.999999999" % (to - 1), "-w", ours)
    run("editcap", "-A", frm, "-B", to, path, theirs)
    expect("as editcap: times", seen(ours, True) == seen(theirs, True), path)


def with_duplicates(tmp):
    """Ten different frames, many of them again a few packets later."""
    random.seed(7)
    path = os.path.join(tmp, "dups.pcap")
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(300):
            data = bytes([2, 0, 0, 0, 0, random.randrange(10)]) + b"\2\0\0\0\0\1\x88\xb5" + bytes(46)
            f.write(struct.pack("<IIII", 1700000000 + i // 8, i % 8 * 100000, len(data), len(data)) + data)
    return path


def merges(tmp, files):
    ours, theirs = os.path.join(tmp, "ours.pcapng"), os.path.join(tmp, "theirs.pcapng")
    edit(*files, "-w", ours)
    run("mergecap", "-w", theirs, *files)
    a, b = seen(ours), seen(theirs)
    # Of equal times each takes another first: as sets they are the same, and both in order.
    expect("as mergecap", sorted(a) == sorted(b), files)
    times = [float(line.split("|")[0]) for line in a]
    expect("as mergecap: in order", times == sorted(times), files)
    edit("--append", *files, "-w", ours)
    run("mergecap", "-a", "-w", theirs, *files)
    expect("as mergecap -a", seen(ours) == seen(theirs), files)


def others(tmp, path):
    out = os.path.join(tmp, "plain.pcap")
    edit(path, "-w", out)
    mine = run(STRATA, "read", path, "--as", "raw").stdout.split()
    lines = run("tcpdump", "-nr", out, "-xx", "-q").stdout.decode(errors="replace").splitlines()
    expect("tcpdump reads it", sum(1 for s in lines if s and not s[0].isspace()) == len(mine), path)
    edit(path, "-w", os.path.join(tmp, "part.pcapng"), "--split", "7")
    parts = sorted(glob.glob(os.path.join(tmp, "part_*.pcapng")))
    got = [line for part in parts for line in seen(part, True)]
    whole = os.path.join(tmp, "whole.pcapng")
    edit(path, "-w", whole)
    expect("split and put together", got == seen(whole, True), path)
    expect("split by 7", all(len(seen(part)) == 7 for part in parts[:-1]), path)
    for part in parts:
        os.unlink(part)


def remarks(tmp, path):
    out = os.path.join(tmp, "remarked.pcapng")
    edit(path, "-w", out, "--comment", "2:seen \u00fcber", "--comment", "2:twice", "--comment", "3:and here")
    told = [line.split("|")[4] for line in seen(out, True)]
    expect("comments", told[1].endswith("seen \u00fcber,twice") and told[2].endswith("and here"), told[:4])
    json = run(STRATA, "read", out, "--where", 'frame.comment == "twice"', "--as", "csv", "--fields",
               "n,comment").stdout.decode()
    expect("comments are found", json.startswith("n,comment\r\n2,"), json)


def damaged(tmp):
    """Cut at every boundary and at random, flipped anywhere: packets before it, and a clean end."""
    random.seed(1)
    m = zoo("<>", 20)
    whole = m.data
    cases = [(whole[:e], e) for e in m.ends[1:]]
    cases += [(whole[:c], c) for c in random.sample(range(1, len(whole)), MANY)]
    for _ in range(MANY):
        at = random.randrange(len(whole))
        cases.append((whole[:at] + bytes([whole[at] ^ 1 << random.randrange(8)]) + whole[at + 1:], at))
    packed = gzip.compress(whole), subprocess.run(["zstd", "-c"], input=whole, capture_output=True).stdout
    for data, at in cases:
        least = max(n for e, n in zip(m.ends, m.packets) if e <= at)
        judge(tmp, data, least, "pcapng at %d" % at, at == len(data) and at not in m.ends)
    for at in random.sample(range(20, len(packed[0]) - 1), 20):
        unpacked = zlib.decompressobj(31).decompress(packed[0][:at])
        least = max(n for e, n in zip(m.ends, m.packets) if e <= len(unpacked))
        judge(tmp, packed[0][:at], least, "gz at %d" % at, True)
        judge(tmp, packed[1][:at * len(packed[1]) // len(packed[0])], 0, "zst at %d" % at, True)


def judge(tmp, data, least, what, cut):
    path, out = os.path.join(tmp, "damaged"), os.path.join(tmp, "rescued.pcapng")
    open(path, "wb").write(data)
    if os.path.exists(out):
        os.unlink(out)
    r = run(STRATA, "read", path, "--as", "raw", code=None)
    w = edit(path, "-w", out, code=None)
    n = len(r.stdout.splitlines())
    expect("damaged files", r.returncode in (0, 4) and w.returncode in (0, 4), "%s: %s" % (what, r.stderr + w.stderr))
    expect("all packets before the damage", n >= least, "%s: %d of %d" % (what, n, least))
    if os.path.exists(out):
        again = run(STRATA, "read", out, "--as", "raw")
        expect("rescued", len(again.stdout.splitlines()) == n and b"cut off" not in again.stderr, what)
    if cut:
        expect("the cut is told", b"cut off" in r.stderr or b"damaged" in r.stderr, "%s: %s" % (what, r.stderr))


def gigabyte():
    """1 GiB of blocks of 16 MiB through a pipe: names, custom blocks, packets with long options."""
    m = Maker()
    m.section("<", b"large")
    m.interface(1, b"eth0", 9)
    head = m.data
    size = 16 * MIB
    body = b"\0" * (size - 16)
    custom = struct.pack("<III", 0xbad, size, 32473) + body + struct.pack("<I", size)
    data = bytes(262144)
    options = (struct.pack("<HH", 1, 65532) + b"x" * 65532) * 239 + b"\0" * 4
    length = 32 + len(data) + len(options)
    packet = struct.pack("<IIIIIII", 6, length, 0, 0, 0, len(data), len(data)) + data + options + struct.pack("<I", length)
    for name, words in (("read", ["read", "-", "--as", "none"]), ("edit", ["edit", "-", "-w", "/dev/null"]),
                        ("edit to pcapng", ["edit", "-", "-w", "-", "--comment", "3:more", "--shift", "1s"])):
        p = subprocess.Popen([STRATA] + words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        drain = threading.Thread(target=shutil.copyfileobj, args=(p.stdout, open(os.devnull, "wb"), MIB))
        drain.start()
        p.stdin.write(head)
        for i in range(32):
            p.stdin.write(custom)
            p.stdin.write(packet)
        # Not getrusage: what this process had before the exec would count too.
        most = int(next(x for x in open("/proc/%d/status" % p.pid) if x.startswith("VmHWM")).split()[1])
        p.stdin.close()
        drain.join()
        expect("a gigabyte: " + name, p.wait() == 0, "exit %d" % p.returncode)
        print("  %s of 1 GiB: %.1f MiB at most" % (name, most / 1024))
        expect("under 64 MiB", SANITIZED or most < 64 * 1024, "%s: %d KiB" % (name, most))


def main():
    for tool in ("editcap", "mergecap", "tshark", "tcpdump", "zstd", "gzip"):
        if not shutil.which(tool):
            print("skipped: no", tool)
            return 77
    files = sys.argv[1:] or sorted(glob.glob(os.path.join(SOURCE, "captures/*.pcap*")))
    with tempfile.TemporaryDirectory() as tmp:
        made = []
        for name, m in (("zoo", zoo()), ("little", zoo("<", 12, False)),
                        ("big", zoo(">", 12, False))):
            made.append(os.path.join(tmp, name + ".pcapng"))
            open(made[-1], "wb").write(m.data)
        untouched(tmp, made + files)
        dups = with_duplicates(tmp)
        for path in files[:6] + [dups]:
            if len(seen(path)) > 10:
                against_editcap(tmp, path)
        others(tmp, dups)
        merges(tmp, files[:3])
        merges(tmp, made[1:] + files[:1])
        remarks(tmp, made[1])
        damaged(tmp)
        gigabyte()
    for name, n in done.items():
        print("%5d %s" % (n, name))
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
