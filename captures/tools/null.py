# SPDX-License-Identifier: BSD-2-Clause
"""Writes the IP packets of Ethernet captures as a BSD loopback capture (link type 0): the header is
the address family in the byte order of the machine that captured, here little-endian. Linux has no
such device. The IPv6 packets take turns through the three numbers that BSD systems use.
Usage: null.py OUT.pcap IN.pcap..."""
import struct
import sys

out = open(sys.argv[1], "wb")
out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 0))
six = 0
for name in sys.argv[2:]:
    data = open(name, "rb").read()
    nano = data[:4] == b"\x4d\x3c\xb2\xa1"
    at, taken = 24, 0
    while at + 16 <= len(data) and taken < 6:
        sec, frac, caplen, _ = struct.unpack("<IIII", data[at:at + 16])
        frame = data[at + 16:at + 16 + caplen]
        at += 16 + caplen
        if frame[12:14] == b"\x08\x00":
            family = 2
        elif frame[12:14] == b"\x86\xdd":
            family = (24, 28, 30)[six % 3]
            six += 1
        else:
            continue
        taken += 1
        packet = struct.pack("<I", family) + frame[14:]
        out.write(struct.pack("<IIII", sec, frac // 1000 if nano else frac, len(packet),
                              len(packet)) + packet)
out.close()
