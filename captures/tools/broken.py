# SPDX-License-Identifier: BSD-2-Clause
"""Packets that lie, crafted byte by byte: lengths too small and too large, options of length zero,
name pointers in circles, headers cut off. Usage: broken.py OUT.pcap"""
import struct
import sys

ETH = bytes.fromhex("020000000002" "020000000001")
SRC, DST = bytes([10, 77, 0, 1]), bytes([10, 77, 0, 2])


def eth(kind, body):
    return ETH + struct.pack("!H", kind) + body


def ip4(proto, body, ihl=5, length=None, options=b"", frag=0, version=4):
    length = 20 + len(options) + len(body) if length is None else length
    return struct.pack("!BBHHHBBH", version << 4 | ihl, 0, length, 1, frag, 64, proto, 0) \
        + SRC + DST + options + body


def udp(sport, dport, body, length=None):
    return struct.pack("!HHHH", sport, dport, 8 + len(body) if length is None else length, 0) + body


def tcp(options=b"", offset=None, body=b""):
    offset = 5 + len(options) // 4 if offset is None else offset
    return struct.pack("!HHIIBBHHH", 40000, 80, 1, 0, offset << 4, 2, 64240, 0, 0) + options + body


def dns(questions, body):
    return struct.pack("!HHHHHH", 7, 0x8180, questions, 0, 0, 0) + body


frames = [
    eth(0x800, ip4(17, udp(1, 2, b"x"), length=4)),              # total length below the header
    eth(0x800, ip4(17, udp(1, 2, b"x"), length=2000)),           # above what is there
    eth(0x800, ip4(17, udp(1, 2, b"x"), ihl=4)),                 # header length below 5
    eth(0x800, ip4(17, b"", ihl=15)),                            # header length past the end
    eth(0x800, ip4(17, udp(1, 2, b"xyz"), version=5)),           # no such version
    eth(0x800, ip4(17, udp(1, 2, b"hello", length=4))),          # UDP length below 8
    eth(0x800, ip4(17, udp(1, 2, b"hello", length=500))),        # UDP length past the end
    eth(0x800, ip4(6, tcp(offset=2))),                           # data offset below 5
    eth(0x800, ip4(6, tcp(options=b"\x02\x00\x05\xb4", body=b"hi"))),   # option of length 0
    eth(0x800, ip4(6, tcp(options=b"\x02\x04\x05\xb4\x08\xff\x00\x00"))),  # option past the end
    eth(0x800, ip4(1, b"", options=b"\x07\x00\x04\x00", ihl=6)),        # IP option of length 0
    eth(0x800, ip4(17, udp(53, 40000, dns(1, b"\xc0\x0c\x00\x01\x00\x01")))),        # pointer to itself
    eth(0x800, ip4(17, udp(53, 40000, dns(1, b"\x01a\xc0\x10\x01b\xc0\x0c\x00\x01\x00\x01")))),  # in a circle
    eth(0x800, ip4(17, udp(53, 40000, dns(1, b"\x3fshort")))),          # label past the end
    eth(0x800, ip4(17, udp(53, 40000, dns(65535, b"\x00\x00\x01\x00\x01")))),  # counts that lie
    eth(0x86dd, struct.pack("!IHBB", 6 << 28, 8, 0, 64) + bytes(15) + b"\1" + bytes(15) + b"\2"
        + bytes([17, 0, 5, 0, 0, 0, 0, 0])),                            # options of length 0
    eth(0x86dd, struct.pack("!IHBB", 6 << 28, 8, 43, 64) + bytes(15) + b"\1" + bytes(15) + b"\2"
        + bytes([17, 255, 0, 1, 0, 0, 0, 0])),                          # routing header past the end
    eth(0x806, struct.pack("!HHBBH", 1, 0x800, 255, 255, 1) + bytes(20)),  # addresses of 255 bytes
    eth(0x8100, b"\x00\x07\x81\x00\x00\x08\x81\x00\x00\x09"),           # tags, and nothing below
    eth(0x800, b"\x45\x00\x00\x14")[:18],                               # cut after four bytes
    ETH[:9],                                                            # cut inside Ethernet
    eth(0x800, ip4(17, udp(1, 2, b"behind a fragment"), frag=0x2000 | 0)),  # a first fragment alone
    eth(0x800, ip4(17, b"not a header", frag=100)),                     # a later fragment
    eth(0x05dc, b"\xaa\xaa\x03\x00\x00\x00\x08\x00"),                   # 802.3 length past the end
]

with open(sys.argv[1], "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i, frame in enumerate(frames):
        out.write(struct.pack("<IIII", 1795343896, i * 1000, len(frame), len(frame)) + frame)
    # The last one says aloud that it was cut when captured: 34 of 1,514 bytes.
    cut = eth(0x800, ip4(6, b"", length=1500))
    out.write(struct.pack("<IIII", 1795343896, 999999, len(cut), 1514) + cut)
