#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""UDP-Lite over the kernel's own sockets: an echo server, and a client that asks it with several
coverages of the checksum, in both versions of IP."""
import socket
import struct
import sys
import select

UDPLITE, SEND_CSCOV, RECV_CSCOV = 136, 10, 11


def opened(family, address):
    s = socket.socket(family, socket.SOCK_DGRAM, UDPLITE)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.setsockopt(UDPLITE, RECV_CSCOV, 8)
    s.bind((address, 9009 if sys.argv[1] == "serve" else 40009))
    return s


ends = [opened(socket.AF_INET, "0.0.0.0"), opened(socket.AF_INET6, "::")] if sys.argv[1] == "serve" else []
while ends:
    for s in select.select(ends, [], [])[0]:
        data, peer = s.recvfrom(2000)
        s.setsockopt(UDPLITE, SEND_CSCOV, 8)
        s.sendto(data, peer)
for family, address in ((socket.AF_INET, "10.77.0.2"), (socket.AF_INET6, "fd77::2")):
    s = opened(family, "0.0.0.0" if family == socket.AF_INET else "::")
    s.settimeout(2)
    for coverage in (0, 8, 20):
        s.setsockopt(UDPLITE, SEND_CSCOV, coverage)
        s.sendto(b"voice, of which some may be wrong", (address, 9009))
        s.recv(2000)
