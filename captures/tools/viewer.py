# SPDX-License-Identifier: BSD-2-Clause
"""A viewer of RFB (RFC 6143) that says each of its messages once: with a wrong proof, which is refused,
then without one. Usage: viewer.py ADDRESS PORT"""
import socket
import struct
import sys

COPY, ZRLE, RAW, SIZE, LAST, SCREENS = 1, 16, 0, -223, -224, -308


def take(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            sys.exit("the server has closed the connection")
        data += more
    return data


def begin(peer, kind):
    """Both versions, and which of the offered kinds of security."""
    sock = socket.create_connection(peer, 5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    take(sock, 12)
    sock.sendall(b"RFB 003.008\n")
    assert kind in take(sock, take(sock, 1)[0])
    sock.sendall(bytes([kind]))
    return sock


def rectangle(sock, pixel):
    _, _, width, height, encoding = struct.unpack("!4Hi", take(sock, 12))
    if encoding == RAW:
        take(sock, width * height * pixel)
    elif encoding == COPY:
        take(sock, 4)
    elif encoding == ZRLE:
        take(sock, struct.unpack("!I", take(sock, 4))[0])
    elif encoding == SCREENS:
        take(sock, 3 + 16 * take(sock, 1)[0])
    return encoding


def message(sock, pixel):
    kind = take(sock, 1)[0]
    if kind == 0:
        left = struct.unpack("!xH", take(sock, 3))[0]
        while left and rectangle(sock, pixel) != LAST:
            left -= 1
    elif kind == 3:
        take(sock, struct.unpack("!3xI", take(sock, 7))[0])
    elif kind != 2:
        sys.exit("a message of kind %d" % kind)
    return kind


def encodings(*which):
    return struct.pack("!BxH%di" % len(which), 2, len(which), *which)


def request(incremental, width, height):
    return struct.pack("!BB4H", 3, incremental, 0, 0, width, height)


PEER = sys.argv[1], int(sys.argv[2])
s = begin(PEER, 2)
take(s, 16)
s.sendall(bytes(16))
print("refused:", struct.unpack("!I", take(s, 4))[0], take(s, struct.unpack("!I", take(s, 4))[0]).decode())
s.close()

s = begin(PEER, 1)
assert take(s, 4) == bytes(4)
s.sendall(b"\1")  # others may look, too
width, height = struct.unpack("!HH16x", take(s, 20))
print(width, height, take(s, struct.unpack("!I", take(s, 4))[0]).decode())
for area in (0, 0, 16, 16), (16, 0, 8, 8), (0, 16, 32, 4), (60, 44, 4, 4), (0, 47, 64, 1):
    s.sendall(encodings(ZRLE, COPY, RAW))
    s.sendall(struct.pack("!BB4H", 3, 0, *area))
    message(s, 4)
for which, area, pixel in ((ZRLE, SIZE, SCREENS), (width, height), 4), ((RAW, COPY), (8, 4), 4), ((RAW,), (8, 4), 2):
    if pixel == 2:  # five bits of red and blue, six of green
        s.sendall(struct.pack("!B3x4B3H3B3x", 0, 16, 16, 0, 1, 31, 63, 31, 11, 5, 0))
    s.sendall(encodings(*which))
    s.sendall(request(0, *area))
    message(s, pixel)
for key, down in (0xff0d, 1), (0xff0d, 0), (ord("a"), 1), (ord("a"), 0):
    s.sendall(struct.pack("!BBxxI", 4, down, key))
for buttons, x, y in (0, 10, 10), (1, 10, 10), (0, 12, 40), (8, 12, 40), (4, 12, 40):
    s.sendall(struct.pack("!BBHH", 5, buttons, x, y))
s.sendall(struct.pack("!B3xI", 6, 9) + b"some text")
s.sendall(request(1, 8, 4))
message(s, 2)
s.close()
