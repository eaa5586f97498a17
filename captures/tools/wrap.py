# SPDX-License-Identifier: BSD-2-Clause
"""Carries the frames of one interface over another in a wrapping, and back: a small user-space
switch port for kernels without 802.1Q, MPLS or GRE.
Usage: wrap.py INNER OUTER WRAPPING OWN-ADDRESS
WRAPPING: 8100:7 | 88a8:100,8100:7 | mpls:16,mpls:17 | snap | gre:ADDR1:ADDR2[:KEY]"""
import select
import socket
import struct
import sys

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA = 263, 8
PACKET_IGNORE_OUTGOING = 23

inner_name, outer_name, wrapping, own = sys.argv[1:]


def open_port(name):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind((name, ETH_P_ALL))
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    return sock


def receive(sock):
    """A frame as it stood on the wire: the kernel takes the outer tag off and tells it aside."""
    frame, anc, _, _ = sock.recvmsg(65536, 256)
    for level, kind, data in anc:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
            if status & 0x10:
                tpid = tpid if status & 0x40 else 0x8100
                frame = frame[:12] + struct.pack("!HH", tpid, tci) + frame[12:]
    return frame


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


class Tags:
    """Nested 802.1Q and 802.1ad tags."""

    def __init__(self, spec):
        pairs = (tag.split(":") for tag in spec.split(","))
        self.tags = b"".join(struct.pack("!HH", int(t, 16), int(v)) for t, v in pairs)

    def wrap(self, frame):
        return frame[:12] + self.tags + frame[12:]

    def unwrap(self, frame):
        end = 12 + len(self.tags)
        return frame[:12] + frame[end:] if frame[12:end] == self.tags else None


class Mpls:
    """IPv4 under a stack of labels (RFC 3032); other frames stay behind."""

    def __init__(self, spec):
        labels = [int(part.split(":")[1]) for part in spec.split(",")]
        last = len(labels) - 1
        self.stack = b"".join(struct.pack("!I", l << 12 | (i == last) << 8 | 64)
                              for i, l in enumerate(labels))

    def wrap(self, frame):
        if frame[12:14] != b"\x08\x00":
            return None
        return frame[:12] + b"\x88\x47" + self.stack + frame[14:]

    def unwrap(self, frame):
        end = 14 + len(self.stack)
        if frame[12:14] != b"\x88\x47" or frame[14:end] != self.stack:
            return None
        return frame[:12] + b"\x08\x00" + frame[end:]


class Snap:
    """802.3 length, LLC and SNAP (RFC 1042) in place of the EtherType."""

    def wrap(self, frame):
        body = b"\xaa\xaa\x03\x00\x00\x00" + frame[12:]
        return frame[:12] + struct.pack("!H", len(body)) + body

    def unwrap(self, frame):
        length = struct.unpack("!H", frame[12:14])[0]
        if length > 1500 or frame[14:20] != b"\xaa\xaa\x03\x00\x00\x00":
            return None
        return frame[:12] + frame[20:14 + length]


class Gre:
    """Whole frames in GRE (RFC 2784, RFC 2890), transparent Ethernet bridging; with a key also the
    checksum and a sequence number."""

    def __init__(self, spec, outer):
        parts = spec.split(":")[1:]
        self.own = socket.inet_aton(own)
        ends = [socket.inet_aton(part) for part in parts[:2]]
        self.peer = ends[1] if ends[0] == self.own else ends[0]
        self.key = int(parts[2]) if len(parts) > 2 else None
        self.seq = 0
        # The kernel fills in the IPv4 header and finds the neighbour.
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)
        del outer

    def wrap(self, frame):
        if self.key is None:
            gre = struct.pack("!HH", 0, 0x6558) + frame
        else:
            head = struct.pack("!HHHHII", 0xb000, 0x6558, 0, 0, self.key, self.seq)
            self.seq += 1
            gre = head + frame
            total = checksum(gre + bytes(len(gre) % 2))
            gre = gre[:4] + struct.pack("!H", total) + gre[6:]
        self.raw.sendto(gre, (socket.inet_ntoa(self.peer), 0))

    def unwrap(self, frame):
        if frame[12:14] != b"\x08\x00" or frame[23] != 47 or frame[30:34] != self.own:
            return None
        gre = frame[14 + (frame[14] & 15) * 4:]
        flags, proto = struct.unpack("!HH", gre[:4])
        skip = 4 + 4 * bool(flags & 0x8000) + 4 * bool(flags & 0x2000) + 4 * bool(flags & 0x1000)
        return gre[skip:] if proto == 0x6558 else None


def main():
    inner, outer = open_port(inner_name), open_port(outer_name)
    if wrapping.startswith("mpls"):
        how = Mpls(wrapping)
    elif wrapping == "snap":
        how = Snap()
    elif wrapping.startswith("gre"):
        how = Gre(wrapping, outer)
    else:
        how = Tags(wrapping)
    print("ready", flush=True)
    while True:
        for sock in select.select([inner, outer], [], [])[0]:
            frame = receive(sock)
            if len(frame) < 14:
                continue
            if sock is inner:
                frame = how.wrap(frame)
                if frame:
                    outer.send(frame)
            else:
                frame = how.unwrap(frame)
                if frame:
                    inner.send(frame)


main()
