# SPDX-License-Identifier: BSD-2-Clause
"""One IPv4 packet whose record-route option points before its own data: the router answers with an
ICMP parameter problem. Usage: badoption.py DEVICE ROUTER-MAC SOURCE DESTINATION"""
import sys
import time
from scapy.all import Ether, IP, UDP, IPOption, Raw, sendp

dev, mac, src, dst = sys.argv[1:]
packet = (Ether(dst=mac) / IP(src=src, dst=dst, options=IPOption(bytes([7, 7, 3, 0, 0, 0, 0])))
          / UDP(sport=40000, dport=9) / Raw(b"bad option"))
sendp(packet, iface=dev, verbose=False)
time.sleep(0.2)
