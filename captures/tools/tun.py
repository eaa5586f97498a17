# SPDX-License-Identifier: BSD-2-Clause
"""The far end of a tun device: answers echo requests, v4 and v6. Usage: tun.py DEVICE"""
import fcntl
import os
import struct
import sys

fd = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", sys.argv[1].encode(), 0x1001))  # TUNSETIFF, no pi
print("ready", flush=True)


def patch(packet, at, delta):
    """RFC 1624: the sum changes by what the message changed (delta: ~old + new)."""
    old = struct.unpack("!H", packet[at:at + 2])[0]
    total = (~old & 0xffff) + delta
    total = (total & 0xffff) + (total >> 16)
    packet[at:at + 2] = struct.pack("!H", ~total & 0xffff)


while True:
    packet = bytearray(os.read(fd, 65536))
    if packet[0] >> 4 == 4 and packet[9] == 1 and packet[20] == 8:
        packet[12:16], packet[16:20] = packet[16:20], packet[12:16]
        packet[20] = 0
        patch(packet, 22, 0xf7ff)
    elif packet[0] >> 4 == 6 and packet[6] == 58 and packet[40] == 128:
        packet[8:24], packet[24:40] = packet[24:40], packet[8:24]
        packet[40] = 129
        patch(packet, 42, 0x0100)
    else:
        continue
    os.write(fd, packet)
