#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The same connection attempts as sweep.c, by Scapy. sweep_scapy.py COUNT: CPU nanoseconds a packet."""
import sys
import time

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

n, seen = int(sys.argv[1]), 0
start = time.process_time()
for i in range(n):
    made = bytes(Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01") / IP(src="10.0.0.1", dst="10.0.0.2") /
                 TCP(sport=1024 + i % 58977, dport=80, seq=(1 + 7919 * i) & 0xffffffff, flags="S"))
    seen += made[50] ^ made[41]
print("%.2f" % ((time.process_time() - start) / n * 1e9))
