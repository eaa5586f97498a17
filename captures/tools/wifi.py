# SPDX-License-Identifier: BSD-2-Clause
"""802.11 frames under radiotap, crafted with scapy (no radio here): beacon, probe, authentication,
association, data with and without a frame check sequence, block acknowledgement.
Usage: wifi.py OUT.pcap"""
import struct
import sys
import zlib
from scapy.all import (Dot11, Dot11AssoReq, Dot11Auth, Dot11Beacon, Dot11Elt, Dot11ProbeReq,
                       Dot11QoS, IP, LLC, SNAP, UDP, RadioTap, Raw, wrpcap)

AP, STA, ALL = "02:00:00:00:00:aa", "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff"


def radio(present, body):
    """A radiotap header by hand: every alignment is visible."""
    return struct.pack("<BBHI", 0, 0, 8 + len(body), present) + body


def frame(head, dot11, fcs):
    data = bytes(dot11)
    return RadioTap(head + data + (struct.pack("<I", zlib.crc32(data)) if fcs else b""))


# flags (with FCS), rate, channel, antenna signal, antenna
plain = radio(0x0000082e, struct.pack("<BBHHbB", 0x10, 2, 2412, 0x00a0, -42, 1))
# tsft first: aligned to 8
timed = radio(0x0000000f, struct.pack("<QBBHH", 123456789, 0x10, 12, 5180, 0x0140))
# no FCS, two bitmaps: the second antenna's signal
double = struct.pack("<BBHIIbBbB", 0, 0, 16, 0xa0000820, 0x00000820, -40, 0, -55, 1)
bare = radio(0, b"")

beacon = (Dot11(type=0, subtype=8, addr1=ALL, addr2=AP, addr3=AP)
          / Dot11Beacon(timestamp=1000, beacon_interval=100, cap="ESS+privacy")
          / Dot11Elt(ID="SSID", info=b"lab") / Dot11Elt(ID="Rates", info=b"\x82\x84\x8b\x96")
          / Dot11Elt(ID="DSset", info=b"\x01"))
probe = (Dot11(type=0, subtype=4, addr1=ALL, addr2=STA, addr3=ALL) / Dot11ProbeReq()
         / Dot11Elt(ID="SSID", info=b"") / Dot11Elt(ID="Rates", info=b"\x82\x84"))
auth = Dot11(type=0, subtype=11, addr1=AP, addr2=STA, addr3=AP) / Dot11Auth(seqnum=1)
asso = (Dot11(type=0, subtype=0, addr1=AP, addr2=STA, addr3=AP) / Dot11AssoReq(listen_interval=5)
        / Dot11Elt(ID="SSID", info=b"lab"))
ack = Dot11(type=1, subtype=13, addr1=STA)
rts = Dot11(type=1, subtype=11, addr1=AP, addr2=STA)
ip = IP(src="10.77.0.1", dst="10.77.0.2") / UDP(sport=4000, dport=9) / Raw(b"over the air")
data = Dot11(type=2, subtype=0, FCfield="to-DS", addr1=AP, addr2=STA, addr3=AP) / LLC() / SNAP() / ip
qos = (Dot11(type=2, subtype=8, FCfield="from-DS", addr1=STA, addr2=AP, addr3=AP) / Dot11QoS(TID=5)
       / LLC() / SNAP() / ip)
wds = (Dot11(type=2, subtype=0, FCfield="to-DS+from-DS", addr1=AP, addr2=STA, addr3=AP, addr4=STA)
       / LLC() / SNAP() / ip)
secret = Dot11(type=2, subtype=0, FCfield="to-DS+protected", addr1=AP, addr2=STA, addr3=AP) \
    / Raw(bytes(range(40)))

packets = [frame(plain, beacon, True), frame(plain, probe, True), frame(timed, auth, True),
           frame(timed, asso, True), frame(plain, ack, True), frame(plain, rts, True),
           frame(plain, data, True), frame(double, qos, False), frame(bare, wds, False),
           frame(plain, secret, True)]
for i, each in enumerate(packets):
    each.time = 1795343896 + i / 1000
wrpcap(sys.argv[1], packets, linktype=127)
