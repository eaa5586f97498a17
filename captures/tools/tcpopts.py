# SPDX-License-Identifier: BSD-2-Clause
"""TCP options: an MD5 signed connection (RFC 2385), fast open (RFC 7413), urgent data."""
import select
import socket
import struct
import sys
import time

TCP_MD5SIG, TCP_FASTOPEN = 14, 23
SERVER = "10.77.0.2"


def sign(sock, peer):
    """struct tcp_md5sig of linux/tcp.h"""
    address = struct.pack("=HH4s", socket.AF_INET, 0, socket.inet_aton(peer)).ljust(128, b"\0")
    sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG,
                    address + struct.pack("=BBHi", 0, 0, 3, 0) + b"key".ljust(80, b"\0"))


def serve():
    signed, fast = socket.create_server((SERVER, 179)), socket.create_server((SERVER, 7))
    sign(signed, "10.77.0.1")
    fast.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for sock in select.select([signed, fast], [], [], 0.5)[0]:
            peer, _ = sock.accept()
            with peer:
                peer.settimeout(2)
                data = peer.recv(100)
                peer.sendall(b"got " + data)


def ask():
    with socket.socket() as sock:
        sign(sock, SERVER)
        sock.connect((SERVER, 179))
        sock.sendall(b"signed")
        sock.recv(100)
    for text in (b"asks for a cookie", b"data in the SYN"):
        with socket.socket() as sock:
            sock.sendto(text, socket.MSG_FASTOPEN, (SERVER, 7))
            sock.recv(100)
    with socket.create_connection((SERVER, 7)) as sock:
        sock.send(b"!", socket.MSG_OOB)
        sock.send(b"rest")
        time.sleep(0.2)


serve() if sys.argv[1] == "serve" else ask()
