# SPDX-License-Identifier: BSD-2-Clause
"""IPv4 options through the kernel: a loose source route over the first router, router alert (RFC
2113), an option of unknown type. Usage: ipopts.py DESTINATION"""
import socket
import sys
import time

router = socket.inet_aton("10.77.1.254")
target = socket.inet_aton(sys.argv[1])
for options in (bytes([131, 11, 4]) + router + target + b"\0",
                bytes([148, 4, 0, 0]),
                bytes([1, 1, 94, 6, 1, 2, 3, 4])):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, options)
        try:
            sock.sendto(b"with options", (sys.argv[1], 9999))
        except OSError as err:
            print(options.hex(), err)
    time.sleep(0.2)
