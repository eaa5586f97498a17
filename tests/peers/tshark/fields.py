# SPDX-License-Identifier: BSD-2-Clause
"""Our fields of a packet, found by another name and byte, and whether they are the same as tshark's."""
import collections
import fractions
import re


def number(text):
    try:
        return int(text, 0)
    except ValueError:
        pass
    if text in ("True", "1"):
        return 1
    if text in ("False", "0"):
        return 0
    return None


WIDE = 64  # bytes


def extent(field):
    """The first and the last byte."""
    return field["bit"] // 8, (field["bit"] + max(field["bits"], 1) - 1) // 8


class Ours:
    """Our fields of one packet, found by another name and byte."""

    def __init__(self, packet, limit, prefixes):
        self.limit = limit
        self.prefixes = [{layer[0]} | prefixes[layer[0]] for layer in packet["stack"]]
        self.data = bytes.fromhex(packet["data"])
        self.by = collections.defaultdict(list)
        self.stack = packet["stack"]
        for field in packet["fields"]:
            if field["l"] >= limit:
                continue
            for name in field["a"]:
                self.by[name].append(field)
        self.matched = set()
        # Our filter takes P.addr for either of the addresses, whatever they are called.
        for name in [n for n in self.by if n.split(".")[-1] in ("src", "dst") and n.count(".") == 1]:
            self.by[name.split(".")[0] + ".addr"] += self.by[name]
        self.fields = [f for f in packet["fields"] if f["l"] < limit]
        self.narrow, self.wide = collections.defaultdict(list), collections.defaultdict(list)
        for name, fields in self.by.items():
            for order, field in enumerate(fields):
                first, last = extent(field)
                if last - first >= WIDE:
                    self.wide[name].append((order, field))
                for byte in range(first, last + 1 if last - first < WIDE else first):
                    self.narrow[name, byte].append((order, field))
        self.innermost = None

    def holder(self, byte):
        """The innermost field that has the byte."""
        if self.innermost is None:
            self.innermost = {}
            for field in self.fields:
                if "view" not in field:
                    self.innermost.update(dict.fromkeys(
                        range(field["bit"] // 8, (field["bit"] + field["bits"] + 7) // 8), field["f"]))
        return re.sub(r"\.\d+", "", self.innermost.get(byte, "(nothing)"))

    def near(self, name, pos, size):
        """The fields of that name that have a byte of [pos, pos + size), in their order."""
        if size > WIDE:
            return self.by.get(name, ())
        found = {order: field for byte in range(pos, pos + max(size, 1)) for order, field in self.narrow.get((name, byte), ())}
        found.update(self.wide.get(name, ()))
        return [found[order] for order in sorted(found)]

    def inside(self, theirs):
        """Does it stand inside a layer that both have, and in the packet's own bytes? Data that was put
        together or decoded has other offsets."""
        proto, value = theirs.name.split(".")[0], theirs.unmasked or theirs.value or ""
        end = theirs.pos + theirs.size
        if end > len(self.data) or not any(
                layer[1] <= theirs.pos < max(layer[3], layer[1] + layer[2]) and proto in self.prefixes[i]
                for i, layer in enumerate(self.stack[:self.limit])):
            return False
        if theirs.unmasked is None and len(value) != 2 * theirs.size:
            return True
        return self.data[theirs.pos:end].hex() == value.lower()

    def find(self, name, pos, size):
        """The field of that name that holds byte pos, or is a part of the word there; the narrowest, first the one that begins there."""
        best = None
        for field in self.near(name, pos, size):
            first, last = extent(field)
            if first <= pos <= last or pos <= first and last < pos + size:
                key = ("c" not in field, pos not in (first, first + field["head"]),
                       abs(last - first + 1 - size), field["bits"])
                if best is None or key < best[0]:
                    best = (key, field)
        return best and best[1]


def same_bytes(field, theirs, ours):
    """Place and width: tshark's value are the bytes, or the bits of a bit field as a number."""
    value, pos, size = theirs.value or "", theirs.pos, theirs.size
    bit, bits = field["bit"], field["bits"]
    if field.get("view") and field["c"] == 0:  # a computed number: its value tells, it has no place
        return number(theirs.show or "") is not None
    if bit % 8 == 0 and bits % 8 == 0 and len(value) == 2 * size and not theirs.unmasked:
        first, last = bit // 8, (bit + bits) // 8
        # An inline prefix or a terminator tshark may count in or leave out.
        if pos in (first, first + field["head"]) and pos + size in (last, last - field["tail"]):
            return True
    if same_value(field, theirs) is True and field["c"] in (2, 4) and pos <= bit // 8 \
            and (bit + bits) // 8 <= pos + size:
        return True  # a text whose whole line tshark points to
    if not value:  # no value of its own: the place counts
        return pos == bit // 8 and pos + size == (bit + bits) // 8
    if len(value) == 2 * size and not theirs.unmasked:
        # The byte that has the bits; or the whole item (an option) that its first byte names.
        mine = ours.data[bit // 8:(bit + bits) // 8].hex()
        return pos == bit // 8 and (bits % 8 != 0 or value.startswith(mine)) and "n" in field \
            and number(theirs.show or "") == int(field["n"])
    # tshark's place is then that of the whole it is a part of; the number tells.
    whole = int.from_bytes(ours.data[bit // 8:(bit + bits + 7) // 8], "big")
    return int(value, 16) in (whole >> -(bit + bits) % 8 & (1 << bits) - 1, int(field.get("n", "-1")))


def same_value(field, theirs):
    """True, False, a factor (another unit), or None: cannot be told."""
    show = theirs.show or ""
    if "c" not in field:
        return None
    if field["c"] == 0:
        mine, other = int(field["n"]), number(show)
        if mine >= 1 << 63 and other is not None and other < 0:
            other += 1 << 64
        if other is None:
            return None
        if field.get("view"):
            return mine == other  # a view has tshark's own unit
        if (mine - other) % (1 << field["bits"]) == 0:
            return True  # signed or not
        return fractions.Fraction(other, mine) if mine and other else False
    if field["c"] in (2, 6):
        mine = field["v"].lower().rstrip(".")
        other = show.lower().rstrip(".")
        if other in ("<root>", ""):
            other = ""
        return True if mine == other or mine.replace(":", "") == other.replace(":", "") else None
    if field["c"] == 4:
        return True if field["v"] == show else None
    return None
