# SPDX-License-Identifier: BSD-2-Clause
"""IPv6 extension headers: hop-by-hop and destination options through the kernel's own interface
(RFC 3542), routing headers and a chain of all through a packet socket of scapy.
Usage: ip6ext.py SOURCE DESTINATION"""
import socket
import sys
import time
from scapy.all import (IPv6, IPv6ExtHdrHopByHop, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting,
                       IPv6ExtHdrFragment, RouterAlert, Jumbo, PadN, HAO, UDP, TCP, ICMPv6EchoRequest,
                       Ether, Raw, sendp)

src, dst = sys.argv[1:]
hop = bytes([0, 0, 5, 2, 0, 0, 1, 0])     # router alert (MLD), PadN
opts = bytes([0, 0, 0x1e, 4, 1, 2, 3, 4])  # an experimental option that may be skipped
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, hop)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, opts)
    sock.sendto(b"two headers between", (dst, 9999))
time.sleep(0.2)

eth = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
ip = IPv6(src=src, dst=dst)
for packet in (
        ip / IPv6ExtHdrDestOpt(options=[HAO(hoa="fd77::abcd")]) / UDP(sport=4000, dport=9999) / b"home",
        IPv6(src=src, dst="fd77::5", nh=43)
        / IPv6ExtHdrRouting(type=0, addresses=[dst, "fd77::9"], segleft=2)
        / UDP(sport=4001, dport=9999) / b"by way of",
        ip / IPv6ExtHdrRouting(type=0, addresses=["fd77::8"], segleft=0) / TCP(sport=4002, dport=81, flags="S"),
        ip / IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"\0\0")])
        / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
        / IPv6ExtHdrFragment(offset=0, m=0, id=7) / ICMPv6EchoRequest(id=7, seq=1, data=b"atomic fragment"),
        IPv6(src=src, dst=dst, nh=59) / Raw(b"no next header")):
    sendp(eth / packet, iface="eth0", verbose=False)
    time.sleep(0.1)
