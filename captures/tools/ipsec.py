# SPDX-License-Identifier: BSD-2-Clause
"""Pings protected by IPsec, with real keys and digests, crafted with scapy (this kernel has neither AH nor ESP).
Usage: ipsec.py OUT.pcap ah|esp"""
import hashlib
import sys
from scapy.all import AH, ESP, Ether, ICMP, ICMPv6EchoReply, ICMPv6EchoRequest, IP, IPv6, Raw, UDP, wrpcap
from scapy.layers.ipsec import SecurityAssociation

MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")
V4, V6 = ("10.77.0.1", "10.77.0.2"), ("fd77::1", "fd77::2")
KEY = b"0123456789abcdef"
kind = {"ah": AH, "esp": ESP}[sys.argv[2]]


def ping(seq, back=False):
    ends = V4[::-1] if back else V4
    return IP(src=ends[0], dst=ends[1], id=seq, ttl=64) / ICMP(type=0 if back else 8, id=7, seq=seq) / Raw(bytes(range(24)))


def ping6(seq, back=False):
    ends = V6[::-1] if back else V6
    echo = ICMPv6EchoReply if back else ICMPv6EchoRequest
    return IPv6(src=ends[0], dst=ends[1]) / echo(id=7, seq=seq, data=bytes(range(24)))


def agreement(spi, **more):
    if kind is AH:
        how = dict(auth_algo="HMAC-SHA1-96", auth_key=KEY + b"4567")
    else:
        how = dict(crypt_algo="AES-CBC", crypt_key=KEY, auth_algo="HMAC-SHA1-96", auth_key=KEY + b"4567")
    return SecurityAssociation(kind, spi=spi, **{**how, **more})


def protect(sa, packet, seq):
    """With an own start (IV) for each packet, as encryption wants it."""
    global drawn
    drawn += 1
    iv = hashlib.sha256(b"%d" % drawn).digest()[:16] if kind is ESP else None
    return sa.encrypt(packet, seq_num=seq, iv=iv)


def frame(packet, back=False):
    macs = MACS[::-1] if back else MACS
    return Ether(src=macs[0], dst=macs[1]) / packet


packets, drawn = [], 0
# From host to host, an agreement for each direction.
there, home = agreement(0x1001), agreement(0x1002)
for seq in (1, 2):
    packets.append(frame(protect(there, ping(seq), seq)))
    packets.append(frame(protect(home, ping(seq, True), seq), True))
# Through a tunnel between two gateways.
tunnel = agreement(0x2001, tunnel_header=IP(src="192.0.2.1", dst="192.0.2.2", id=1))
packets.append(frame(protect(tunnel, ping(3), 1)))
# Over IPv6.
there6, home6 = agreement(0x3001), agreement(0x3002)
packets.append(frame(protect(there6, ping6(1), 1)))
packets.append(frame(protect(home6, ping6(1, True), 1), True))
if kind is AH:
    # A longer digest.
    long = SecurityAssociation(AH, spi=0x4001, auth_algo="SHA2-256-128", auth_key=KEY * 2)
    packets.append(frame(protect(long, ping(4), 1)))
else:
    # Behind an address translator: the same in UDP.
    outside = agreement(0x5001, nat_t_header=UDP(sport=4500, dport=4500))
    packet = protect(outside, ping(5), 1)
    del packet[UDP].len
    packets.append(frame(packet))
    # Not encrypted, only signed.
    null = agreement(0x6001, crypt_algo="NULL", crypt_key=None)
    packets.append(frame(null.encrypt(ping(6), seq_num=1)))

start = 1795348800
for n, packet in enumerate(packets):
    packet.time = start + n * 0.01
wrpcap(sys.argv[1], packets)
