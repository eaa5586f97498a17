# SPDX-License-Identifier: BSD-2-Clause
"""What ARP says besides question and answer: a probe, an announcement, both gratuitous forms."""
import socket
import struct
import sys

dev = sys.argv[1]
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((dev, 0))
mac = sock.getsockname()[4]
mine = socket.inet_aton("10.77.0.1")
new = socket.inet_aton("10.77.0.50")
nobody = bytes(4)


def send(op, spa, tha, tpa):
    sock.send(b"\xff" * 6 + mac + b"\x08\x06"
              + struct.pack("!HHBBH", 1, 0x800, 6, 4, op) + mac + spa + tha + tpa)


send(1, nobody, bytes(6), new)      # probe (RFC 5227): is anybody 10.77.0.50?
send(1, new, bytes(6), new)         # announcement: I am now
send(2, mine, b"\xff" * 6, mine)    # gratuitous reply
send(1, mine, bytes(6), socket.inet_aton("10.77.0.2"))
