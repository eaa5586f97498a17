# SPDX-License-Identifier: BSD-2-Clause
"""Announces itself in the beacon protocol of examples/beacon.protocol, straight on Ethernet.
Usage: beacon.py DEVICE COUNT"""
import socket
import struct
import sys
import time
import zlib

sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((sys.argv[1], 0))
mac = sock.getsockname()[4]


def option(kind, value):
    return bytes([kind, len(value)]) + value


for seq in range(int(sys.argv[2])):
    options = (option(1, b"node-1") + option(2, socket.inet_aton("10.77.0.1"))
               + option(3, struct.pack("!h", -5 + seq)) + option(4, struct.pack("<I", 86400 + seq)))
    if seq == 3:
        options += option(200, b"\x01\x02\x03")
    options += b"\0"
    body = struct.pack("!HBBIH", 0x5456, 1, 1, seq, len(options)) + options
    body += bytes(-len(body) % 4)
    frame = b"\xff" * 6 + mac + b"\x88\xb5" + body + struct.pack("!I", zlib.crc32(body))
    sock.send(frame)
    time.sleep(0.2)
