# SPDX-License-Identifier: BSD-2-Clause
"""Data in the first segment of a connection (RFC 7413), by a cookie from an earlier one."""
import socket
import sys
import time

where, version = sys.argv[2], socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET

if sys.argv[1] == "serve":
    with socket.socket(version) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
        sock.bind((where, 9))
        sock.listen()
        print("ready", flush=True)
        while True:
            with sock.accept()[0] as peer:
                peer.sendall(b"got " + peer.recv(100))
                peer.recv(100)
else:
    for text in (b"who are you?", b"what is new?", b"goodbye"):
        with socket.socket(version) as sock:
            sock.sendto(text, socket.MSG_FASTOPEN, (where, 9))
            sock.recv(100)
        time.sleep(0.1)
