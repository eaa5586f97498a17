#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Memory of `strata read` on hostile files, in every form: blocks and options as long as they may be,
as many interfaces and names as a file can hold, compressed files that unfold without end, windows
of compression that want much, packets of the greatest length.

At most 64 MiB above what the tool has for an empty file; with --reassemble, --follow, --stats and
--notes the stated bounds come on top (32 + 256 + 128 MiB).

    memory.py [-v] [FILE...]      default: what it makes itself, and captures/"""
import glob
import gzip
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
STRATA = os.environ.get("STRATA", os.path.join(SOURCE, "build/debug/strata"))
FORMS = [["--as", f] for f in ("line", "tree", "json", "flat", "csv", "hex", "raw", "text", "expr", "none")]
PUT = [["-w", "out.pcapng"], ["-w", "out.pcap"], ["-w", "out.pcapng.zst"]]
STREAMS = [["--reassemble"], ["--follow", "tcp:0"], ["--stats", "conv"], ["--notes"]]
LIMIT = 64 << 10  # KiB
STREAM_LIMIT = LIMIT + ((32 + 256 + 128) << 10)
MOST = 262144
# The kernel's own account of a child; a process that forks has to be small itself.
RUN = "import resource,subprocess,sys\nrc=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL," \
      "stderr=subprocess.DEVNULL,timeout=110).returncode\nprint(rc,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


SECTION = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))


def interface(name=b"", link=101):
    return block(1, struct.pack("<HHI", link, 0, 0) + (option(2, name) if name else b""))


def packet(data, options=b"", at=0):
    return block(6, struct.pack("<IIIII", at, 0, 0, len(data), len(data)) + data + bytes(-len(data) % 4) + options)


def pcap(link, *data):
    return struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, MOST, link) + \
        b"".join(struct.pack("<IIII", 1, 0, len(d), len(d)) + d for d in data)


def ip(proto, payload):
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, min(65535, 20 + len(payload)), 1, 0, 64, proto, 0, b"\n\0\0\1",
                       b"\n\0\0\2") + payload


def tcp(dport, payload):
    return ip(6, struct.pack(">HHIIBBHHH", 40000, dport, 3, 4, 0x50, 24, 5, 0, 0) + payload)


def udp(dport, payload):
    return ip(17, struct.pack(">HHHH", 4000, dport, min(65535, 8 + len(payload)), 0) + payload)


def plain():
    """name, file's end, pieces of its bytes"""
    much = 16 << 20
    text = option(1, b"x" * 65532)
    yield "comments up to 16 MiB", ".pcapng", [SECTION, interface(), packet(b"E", text * 255)] * 3
    yield "comments of escapes", ".pcapng", [SECTION, interface(), packet(b"E", option(1, b"\x1b" * 65532) * 255)]
    yield "custom blocks of 16 MiB before an interface", ".pcapng", \
        [SECTION, block(0xbad, bytes(much - 64))] * 3 + [interface(), packet(b"E")]
    yield "custom blocks of 16 MiB", ".pcapng", [SECTION, interface()] + [block(0xbad, bytes(much - 64)), packet(b"E")] * 5
    yield "an interface of 16 MiB", ".pcapng", \
        [SECTION, block(1, struct.pack("<HHI", 101, 0, 0) + option(2, b"n" * 65532) * 255), packet(b"E")]
    yield "interfaces without end", ".pcapng", [SECTION] + [interface(b"n" * 255)] * 100000 + [packet(b"E")]
    yield "interfaces with packets", ".pcapng", [SECTION] + [interface(b"%0250d" % i) for i in range(65000)] + \
        [packet(b"E", at=i) for i in range(65000)]
    yield "sections without end", ".pcapng", [SECTION, interface(b"n" * 255), packet(b"E")] * 65000
    names = block(4, b"".join(struct.pack("<HH", 1, 255) + b"\n\0\0\1" + b"a" * 250 + b"\0\0" for _ in range(60000)))
    yield "names without end", ".pcapng", [SECTION, interface(), packet(b"E")] + [names] * 8 + [packet(b"E")]
    yield "secrets without end", ".pcapng", [SECTION, interface(), packet(b"E")] + \
        [block(10, struct.pack("<II", 0x544c534b, much - 64) + bytes(much - 64))] * 5 + [packet(b"E")]
    for what, data in (("zeros", bytes(MOST)), ("escapes", b"\x1b" * MOST), ("HTTP lines", tcp(80, b"GET / HTTP/1.1\r\n"
                       + b"a:\r\n" * 65000)), ("TLS records", tcp(443, b"\x17\3\3\0\1x" * 43000)),
                       ("DNS questions", udp(53, struct.pack(">HHHHHH", 1, 0x8000, 65535, 0, 0, 0) + b"\0\0\1\0\1" * 52000)),
                       ("SCTP chunks", ip(132, struct.pack(">HHII", 1, 2, 3, 4) + b"\4\0\0\4" * 65000)),
                       ("text", tcp(25, b"\xff" * 262000)), ("MQTT fields", tcp(1883, b"\x82\xff\xff\xff\x7f\0\1" + b"\0\0\0" * 87000)),
                       ("BER", udp(161, b"\x30\x84\0\3\xff\0" + b"\x30\0" * 131000)), ("IP in IP", ip(4, b"\x45\0\0\x14" * 65000))):
        for link in (101, 1):
            yield f"a packet of 256 KiB of {what}, link type {link}", ".pcap", [pcap(link, data[:MOST])] if link == 101 \
                else [pcap(1, (b"\2\0\0\0\0\1" * 2 + b"\x08\0" + data)[:MOST])]


def bombs():
    """The same, unfolding to a gigabyte."""
    yield "empty packets without end", ".pcap", [pcap(101)] + [bytes(16 << 20)] * 64
    yield "packets of 256 KiB without end", ".pcap", [pcap(101)] + [struct.pack("<IIII", 1, 0, MOST, MOST) + bytes(MOST)] * 500
    yield "custom blocks without end", ".pcapng", [SECTION, interface()] + [block(0xbad, bytes((16 << 20) - 64))] * 64
    yield "no capture at all", "", [bytes(16 << 20)] * 64
    yield "text", ".txt", [b"00" * (8 << 20)] * 64


def write(path, pieces):
    with open(path, "wb") as out:
        for piece in pieces:
            out.write(piece)


def squeeze(path, pieces, tool):
    with open(path, "wb") as out, subprocess.Popen(tool, stdin=subprocess.PIPE, stdout=out) as child:
        for piece in pieces:
            child.stdin.write(piece)
        child.stdin.close()


def most(path, how, cwd):
    got = subprocess.run([sys.executable, "-S", "-c", RUN, STRATA, "read", path, *how], capture_output=True, cwd=cwd,
                         check=False)
    try:
        rc, size = map(int, got.stdout.split())
    except ValueError:
        return -1, 0
    return rc, size


def main():
    if not os.access(STRATA, os.X_OK):
        print("skipped: no", STRATA)
        return 77
    if os.environ.get("STRATA_SANITIZE"):
        print("skipped: the sanitizer's own memory would be measured")
        return 77
    verbose = "-v" in sys.argv
    given = [os.path.abspath(a) for a in sys.argv[1:] if a != "-v"]
    bad = runs = 0
    worst = (0, "")
    with tempfile.TemporaryDirectory() as tmp:
        empty = os.path.join(tmp, "empty.pcap")
        write(empty, [pcap(101)])
        idle = min(most(empty, ["--as", "line"], tmp)[1] for _ in range(3))
        todo = []
        for i, (name, end, pieces) in enumerate([] if given else plain()):
            todo.append((name, f"{tmp}/{i}{end}", list(pieces), None, FORMS + PUT + STREAMS))
        tools = [t for t in (["gzip", "-1c"], ["zstd", "-q", "--zstd=wlog=25", "-c"],
                             ["zstd", "-q", "--long=27", "--zstd=wlog=27", "-c"]) if shutil.which(t[0])]
        for k, tool in enumerate([] if given else tools):
            for i, (name, end, pieces) in enumerate(bombs()):
                how = [["--as", "raw"], ["--as", "json"]] + PUT[:1] if "without end" in name and i else [["--as", "none"]]
                todo.append((f"{' '.join(tool)}: {name}", f"{tmp}/b{k}{i}{end}.{'gz' if k == 0 else 'zst'}", pieces, tool, how))
        for path in given or sorted(glob.glob(os.path.join(SOURCE, "captures", "*.pcap"))):
            todo.append((path, path, None, None, FORMS + STREAMS if given else [["--as", "json"]]))
        for name, path, pieces, tool, hows in todo:
            if tool:
                squeeze(path, pieces, tool)
            elif pieces is not None:
                write(path, pieces)
            for how in hows:
                rc, size = most(path, how, tmp)
                runs += 1
                limit = STREAM_LIMIT if how in STREAMS else LIMIT
                if how not in STREAMS and size - idle > worst[0]:
                    worst = (size - idle, f"{name} {' '.join(how)}")
                if verbose:
                    print(f"{name} {' '.join(how)}: {size - idle} KiB, exit {rc}", flush=True)
                if size - idle > limit or rc not in ((0, 1, 2, 4) if how[0] == "--follow" else (0, 2, 4)):
                    bad += 1
                    print(f"FAILED: {name} {' '.join(how)}: {size - idle} KiB above {idle}, exit status {rc}", flush=True)
            if pieces is not None:
                os.unlink(path)
    print(f"{runs} runs; idle {idle} KiB, at most {worst[0]} KiB above it: {worst[1]}; {bad} bad")
    return 1 if bad or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
