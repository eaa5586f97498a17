# SPDX-License-Identifier: BSD-2-Clause
"""Joins and leaves an IPv4 and an IPv6 group, one of each also for one source only."""
import socket
import struct
import time

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four, \
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six:
    index = socket.if_nametoindex("eth0")
    own = socket.inet_aton("10.77.0.1")
    any_source = socket.inet_aton("239.1.2.3") + own
    one_source = socket.inet_aton("232.1.2.3") + own + socket.inet_aton("10.77.0.2")
    four.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, any_source)
    try:
        four.setsockopt(socket.IPPROTO_IP, 39, one_source)  # IP_ADD_SOURCE_MEMBERSHIP
    except OSError:
        pass  # not in IGMPv2
    group = socket.inet_pton(socket.AF_INET6, "ff15::1:2:3") + struct.pack("I", index)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
    time.sleep(1.5)
