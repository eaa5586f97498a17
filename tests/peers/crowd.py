#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Memory of `strata watch` and `strata flow --stats` while ever more conversations come: with ten times as
many it is the same, and what is hidden among them is found all the same.

    crowd.py [-v] [--flows N]      N: conversations of the smaller run of watch (100,000: enough to
                                   fill what it has room for), half of those of flow

Each crowd comes through a pipe: connections of which nobody answers one (a flood from addresses that are
none), connections that stop in the middle of a request and behind a hole, datagrams of which a part is
missing, questions for names, stations that claim addresses. Among them, one packet in a thousand, somebody
asks for thirty ports."""
import os
import struct
import subprocess
import sys

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
STRATA = os.environ.get("STRATA", os.path.join(SOURCE, "build/debug/strata"))
MORE = 8 << 10    # KiB that ten times as many may take
MOST = 336 << 10  # and all of it: what is counted 128 MiB, streams 64, proofs 48, conversations of flow 128
BLOCK = 1000      # conversations that are made at once
RUN = "import resource,subprocess,sys\nrc=subprocess.run(sys.argv[1:]).returncode\n" \
      "print('used',rc,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,file=sys.stderr)"

ETH = bytes.fromhex("020000000001020000000002")
CLIENT, SERVER = b"\x0b\0\0\0", b"\x0a\0\0\x09"
SYN, ACK, PSH = 2, 16, 8


def ip(proto, src, dst, payload, ident=1, frag=0):
    return ETH + b"\x08\0" + struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, frag, 64, proto, 0, src,
                                         dst) + payload


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b""):
    return ip(6, src, dst, struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 64000, 0, 0) + payload)


def udp(src, dst, sport, dport, payload):
    return ip(17, src, dst, struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload)


def name_asked(i):
    return struct.pack(">HHHHHH", i & 65535, 0x100, 1, 0, 0, 0) + b"\x08%08d\0\0\1\0\1" % i


# The packets of one conversation of client c, and where in each (bytes of the frame) its number stands: two
# bytes that are told apart from block to block, two within.
def flood(c):
    return [(tcp(c, SERVER, 1234, 80, 1, 0, SYN), (26,))]


def half(c):
    begin = [tcp(c, SERVER, 1234, 80, 1, 0, SYN), tcp(SERVER, c, 80, 1234, 5, 2, SYN | ACK),
             tcp(c, SERVER, 1234, 80, 2, 6, PSH | ACK, b"GET /a HTTP/1.1\r\nHost: x\r\n"),
             tcp(SERVER, c, 80, 1234, 600, 28, PSH | ACK, b"behind a hole of five hundred")]
    return [(p, (30 if p[26:30] == SERVER else 26,)) for p in begin]


def pieces(c):
    return [(ip(17, c, SERVER, b"\x04\0\0\x09\0\x20\0\0" + bytes(24), 7, 0x2000), (26,))]


def names(c):
    return [(udp(c, SERVER, 5353, 53, name_asked(int.from_bytes(c, "big") & 65535)), (26,))]


def stations(c):
    who = struct.pack(">HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, b"\2\0" + c, c, bytes(6), SERVER)
    return [(b"\xff" * 6 + b"\2\0" + c + b"\x08\x06" + who + bytes(18), (8, 24, 28))]


CROWDS = {"a flood of openings": (flood, ("syn-flood",)), "connections that stop": (half, ()),
          "datagrams in pieces": (pieces, ()), "questions for names": (names, ()), "stations": (stations, ())}


class Block:
    """The packets of BLOCK conversations, as the file has them, to be made those of others in place."""

    def __init__(self, crowd):
        frames = []
        for i in range(BLOCK):
            frames.append(crowd(CLIENT[:2] + i.to_bytes(2, "big")))
        self.per = len(frames[0])
        # All packets of one step stand at equal distances.
        self.steps = []
        for k in range(self.per):
            size = 16 + len(frames[0][k][0])
            self.steps.append((bytearray(b"".join(struct.pack("<IIII", 0, 0, size - 16, size - 16) + f[k][0]
                                                  for f in frames)), size, [16 + at for at in frames[0][k][1]]))

    def send(self, out, number, seconds):
        for data, size, places in self.steps:
            for i, byte in enumerate(struct.pack("<I", seconds)):
                data[i::size] = bytes([byte]) * BLOCK
            for at in places:
                data[at::size] = bytes([11 + (number >> 8)]) * BLOCK
                data[at + 1::size] = bytes([number & 255]) * BLOCK
            out.write(data)


def run(command, crowd, flows):
    """KiB at the most, exit status, what it printed, what it said."""
    child = subprocess.Popen([sys.executable, "-S", "-c", RUN, STRATA, *command, "-"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE if command[0] == "watch" else subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
    block, out = Block(crowd), child.stdin
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for n in range(flows // BLOCK):
        seconds = 1795343896 + n // 50
        block.send(out, n, seconds)
        # Somebody who is looking for ports, in two places.
        for begin, who in ((flows // BLOCK // 4, 1), (flows // BLOCK // 2, 2)):
            if begin <= n < begin + 30:
                data = tcp(b"\x0a\x01\0" + bytes([who]), SERVER, 40000, 1000 + n, 1, 0, SYN)
                out.write(struct.pack("<IIII", seconds, 1, len(data), len(data)) + data)
    out.close()
    printed = child.stdout.read().decode() if child.stdout else ""
    said = child.stderr.read().decode()
    child.wait()
    last = said.strip().splitlines()[-1].split()
    return int(last[2]), int(last[1]), printed, said


def main():
    if not os.access(STRATA, os.X_OK):
        print("skipped: no", STRATA)
        return 77
    if os.environ.get("STRATA_SANITIZE"):
        print("skipped: the sanitizer's own memory would be measured")
        return 77
    verbose = "-v" in sys.argv
    flows = int(sys.argv[sys.argv.index("--flows") + 1]) if "--flows" in sys.argv else 100000
    bad = runs = 0
    for name, (crowd, found) in CROWDS.items():
        for command, few in ((["watch"], flows), (["flow", "--stats", "--as", "csv"], 2 * flows)):
            size = []
            for n in (few, 10 * few):
                used, rc, printed, said = run(command, crowd, n)
                size.append(used)
                runs += 1
                want = [f"tcp-scan: 10.1.0.{who} " for who in (1, 2)] + [f" {rule}: " for rule in found]
                missed = [w for w in want if command[0] == "watch" and w not in printed]
                if rc != (command[0] == "watch") or missed or used > MOST:
                    bad += 1
                    print(f"FAILED: {command[0]}, {name}, {n}: exit {rc}, {used} KiB, not found {missed}\n{said}",
                          flush=True)
            if size[1] > size[0] + MORE:
                bad += 1
                print(f"FAILED: {command[0]}, {name}: {few} take {size[0]} KiB, {10 * few} take {size[1]} KiB")
            if verbose:
                print(f"{command[0]}, {name}: {few} take {size[0]} KiB, {10 * few} take {size[1]} KiB", flush=True)
    print(f"{runs} runs, {bad} bad")
    return 1 if bad or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
