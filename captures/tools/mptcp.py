# SPDX-License-Identifier: BSD-2-Clause
"""A connection over several ways at once (RFC 8684): the kernel does it, when it is asked for."""
import socket
import sys
import time

SERVER = "10.77.0.2", 9
MPTCP = 262  # IPPROTO_MPTCP of linux/in.h

with socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP) as sock:
    if sys.argv[1] == "serve":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(SERVER)
        sock.listen()
        print("ready", flush=True)
        with sock.accept()[0] as peer:
            while data := peer.recv(100):
                peer.sendall(b"got " + data)
    else:
        sock.connect(SERVER)
        for text in (b"one", b"two", b"three"):
            sock.sendall(text)
            sock.recv(100)
            time.sleep(0.2)
