# SPDX-License-Identifier: BSD-2-Clause
"""Sends a protocol number that nobody serves (RFC 3692: 253) and a datagram to a closed port."""
import socket
import sys
import time

for host in sys.argv[1:] or ["10.77.0.2", "fd77::2"]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_RAW, 253) as sock:
        sock.sendto(b"anybody home?", (host, 0))
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"hello", (host, 9999))
    time.sleep(0.2)
