# SPDX-License-Identifier: BSD-2-Clause
"""The sensor protocol of examples/sensor.protocol over UDP, as a program of somebody else would speak
it. Usage: sensor.py serve ADDRESS PORT | ask ADDRESS PORT NAME..."""
import socket
import struct
import sys

REQUEST, REPLY, ERROR = 1, 2, 3
VALUES = {"temp": 21500, "pressure": 1013250, "living room": -4000}


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def message(kind, ident, name, rest=b""):
    body = bytes([len(name)]) + name + rest
    head = struct.pack("!BBHHH", 0x10 | kind, 0, ident, len(body), 0)
    return head[:6] + struct.pack("!H", checksum(head + body)) + body


def serve(address, port):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, port))
    print("ready", flush=True)
    while True:
        data, peer = sock.recvfrom(2048)
        if len(data) < 9 or data[0] != 0x11 or checksum(data):
            continue
        ident, name = struct.unpack("!H", data[2:4])[0], data[9:9 + data[8]]
        value = VALUES.get(name.decode("latin-1"))
        if value is None:
            answer = message(ERROR, ident, name, b"\x01")
        else:
            answer = message(REPLY, ident, name, struct.pack("!i", value))
        sock.sendto(answer, peer)


def ask(address, port, names):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(2)
    for ident, name in enumerate(names, 7):
        sock.sendto(message(REQUEST, ident, name.encode()), (address, port))
        data = sock.recv(2048)
        print(name, data.hex())


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]))
else:
    ask(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
