#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes a capture of random TCP conversations, for tests/peers/flow_compare.py: both sides send, lose, repeat, close
their windows, probe, ask whether anybody is there, reset and begin anew, more or less as they may.

    segments.py SEED CONVERSATIONS FILE"""
import random
import struct
import sys

FIN, SYN, RST, ACK = 1, 2, 4, 16
SERVER_PORT = 80


class Side:
    def __init__(self, begin, other):
        self.next, self.received, self.acked = begin + 1, other + 1, begin + 1
        self.window = rng.choice([1460, 8000, 64000])
        self.sent = []


def emit(side, port, seq, ack, flags, window, data=0, options=b""):
    ends = [b"\x0a\0\0\1", b"\x0a\0\0\2"]
    ports = [port, SERVER_PORT]
    tcp = struct.pack("!HHIIBBHHH", ports[side], ports[1 - side], seq % 2**32, ack % 2**32,
                      (5 + len(options) // 4) << 4, flags, window, 0, 0) + options + bytes(data)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), len(packets) & 0xffff, 0x4000, 64, 6, 0,
                     ends[side], ends[1 - side])
    packets.append((now, ip + tcp))


def wait():
    global now
    now += rng.choice([30, 200, 1000, 2500, 4000, 9000, 25000, 220000, 1100000])


def send_data(i, port, me, you, shift):
    room = (you.window << shift) - (me.next - me.acked)
    n = min(rng.choice([1, 10, 100, 536, 1460]), max(room, 0))
    if not n:
        return
    if rng.random() < 0.88:  # else it is lost before anybody captures it
        emit(i, port, me.next, me.received, 24, me.window, n)
    me.sent.append((me.next, n))
    me.next += n


def acknowledge(i, port, me, you):
    if you.sent:
        at, n = rng.choice(you.sent)
        me.received = max(me.received, at + n)
    you.acked = max(you.acked, me.received)
    emit(i, port, me.next, me.received, ACK, me.window)


def probe(i, port, me, you):
    emit(i, port, me.next, me.received, ACK, me.window, 1)
    wait()
    if rng.random() < 0.5:  # the byte is taken
        me.next += 1
        you.received = me.next
    emit(1 - i, port, you.next, you.received, ACK, you.window)


def event(port, side, shift, options):
    """False: the conversation is over."""
    global now
    i = rng.randint(0, 1)
    me, you = side[i], side[1 - i]
    what = rng.random()
    if what < 0.35:
        send_data(i, port, me, you, shift)
    elif what < 0.6:
        acknowledge(i, port, me, you)
    elif what < 0.68:
        for _ in range(rng.randint(1, 4)):
            emit(i, port, me.next, me.received, ACK, me.window)
            now += rng.choice([50, 1000])
    elif what < 0.78 and me.sent:
        at, n = rng.choice(me.sent)
        emit(i, port, at, me.received, 24, me.window, n)
    elif what < 0.84:
        me.window = rng.choice([0, 0, 1460, 8000, 64000])
        emit(i, port, me.next, me.received, ACK, me.window)
    elif what < 0.89:  # is anybody there?
        emit(i, port, me.next - 1, me.received, ACK, me.window, rng.choice([0, 1]))
        wait()
        emit(1 - i, port, you.next, you.received, ACK, you.window)
    elif what < 0.94 and not you.window:
        probe(i, port, me, you)
    elif what < 0.96:
        emit(i, port, me.next, me.received, FIN | ACK, me.window)
        me.next += 1
    elif what < 0.97:
        emit(i, port, me.next, me.received, RST | ACK, 0)
        return False
    elif what < 0.98:
        emit(0, port, rng.getrandbits(32), 0, SYN, 64000, options=options)
        return False
    wait()
    return True


def conversation(port):
    scale = rng.choice([None, 0, 2, 7])
    begin = [rng.getrandbits(32), rng.getrandbits(32)]
    options = b"\2\4\5\xb4" + (b"\3\3" + bytes([scale]) + b"\1" if scale is not None else b"")
    opened = rng.random() < 0.8  # else it is joined in the middle
    side = [Side(begin[0], begin[1]), Side(begin[1], begin[0])]
    if opened:
        for _ in range(1 + (rng.random() < 0.1)):
            emit(0, port, begin[0], 0, SYN, 64000, options=options)
            wait()
        emit(1, port, begin[1], begin[0] + 1, SYN | ACK, 64000, options=options)
        wait()
        emit(0, port, begin[0] + 1, begin[1] + 1, ACK, side[0].window)
        wait()
    for _ in range(rng.randint(3, 25)):
        if not event(port, side, (scale or 0) if opened else 0, options):
            return


rng = random.Random(int(sys.argv[1]))
packets, now = [], 1700000000_000000
for k in range(int(sys.argv[2])):
    conversation(20000 + k)
with open(sys.argv[3], "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    for when, data in packets:
        out.write(struct.pack("<IIII", when // 1000000, when % 1000000, len(data), len(data)) + data)
