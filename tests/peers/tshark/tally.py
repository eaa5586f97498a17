# SPDX-License-Identifier: BSD-2-Clause
"""What was counted while comparing with tshark, and the tables made of it."""
import collections


class Tally:
    """Counts by protocol, and differences with one example each. Tallies of several files add up."""

    def __init__(self):
        self.n = collections.Counter()  # files, packets, same_stack, bytes_ours, bytes_all, explained, units, made, made_ours
        self.by = collections.defaultdict(collections.Counter)
        # name: [how often, where first]
        self.kinds, self.unnamed, self.uncovered, self.nameless, self.failed = {}, {}, {}, {}, {}

    @staticmethod
    def note(table, key, where, count=1):
        table.setdefault(key, [0, where])[0] += count

    def differ(self, kind, where):
        self.note(self.kinds, kind, where)

    def add(self, other):
        self.n.update(other.n)
        for key, counter in other.by.items():
            self.by[key].update(counter)
        for name in ("kinds", "unnamed", "uncovered", "nameless", "failed"):
            for key, (count, where) in getattr(other, name).items():
                self.note(getattr(self, name), key, where, count)

    def total(self):
        result = collections.Counter()
        for counter in self.by.values():
            result.update(counter)
        return result


    def weak(self, least_names, least_named, allowed):
        """Protocols of which fewer fields are covered by name, or fewer bytes named, than that, in percent, or than
        is allowed for them."""
        result = []
        for proto, c in sorted(self.by.items()):
            names, named, _ = allowed.get(proto, (least_names, least_named, None))
            if 100 * c["by name"] < names * c["shown"]:
                result.append("%s: %s %% of the fields by name" % (proto, percent(c["by name"], c["shown"]).strip()))
            if 100 * c["named"] < named * c["head"]:
                result.append("%s: %s %% of the bytes named" % (proto, percent(c["named"], c["head"]).strip()))
        return result


def percent(part, whole):
    return "    -" if not whole else "%6.2f" % (100.0 * part / whole)


def row(name, c):
    print("%-12s %8d %8d %8d %8d %8d %7s %7s %7s %7s" % (
        name, c["shown"], c["by name"], c["covered"], c["compared"], c["equal"],
        percent(c["by name"], c["shown"]), percent(c["covered"], c["shown"]),
        percent(c["equal"], c["compared"]), percent(c["named"], c["head"])))


def most(table, head, lines, wide=44):
    if table:
        print("\n%s: %d names" % (head, len(table)))
    for name, (count, where) in sorted(table.items(), key=lambda kv: -kv[1][0])[:lines]:
        print("%6d  %-*s %s" % (count, wide, name, where))


def report(tally, reason, lines):
    """Prints the tables. reason(difference): why it is none of our faults, or None."""
    n, total = tally.n, tally.total()
    print("%-12s %8s %8s %8s %8s %8s %7s %7s %7s %7s" % (
        "protocol", "shown", "by name", "covered", "compared", "equal", "name%", "cover%", "equal%", "named%"))
    for proto in sorted(tally.by):
        row(proto, tally.by[proto])
    row("all", total)
    print("%d files, %d packets" % (n["files"], n["packets"]))
    print("stacks: %d of %d equal (%s %%), %d differ as explained; left out, from the first protocol that is "
          "not ours: %s %% of the bytes"
          % (n["same_stack"], n["packets"], percent(n["same_stack"], n["packets"]).strip(), n["explained_stack"],
             percent(n["bytes_all"] - n["bytes_ours"], n["bytes_all"]).strip()))
    print("left out, since tshark made them up or hides them: %d fields, %s %% of what it has inside our layers "
          "(of these, %d bear a name of ours)"
          % (n["made"], percent(n["made"], n["made"] + total["shown"]).strip(), n["made_ours"]))
    print("in another unit at tshark: %d fields" % n["units"])
    known = {kind: reason(kind) for kind in tally.kinds}
    print("\n%d kinds of difference (%d fields are explained, and not in equal%%):"
          % (len(known), n["explained"]))
    for kind, (count, where) in sorted(tally.kinds.items(), key=lambda kv: -kv[1][0])[:lines]:
        print("%6d  %s\n        %s" % (count, kind, where))
        if known[kind]:
            print("        explained:", known[kind])
    most(tally.failed, "files left out", lines)
    most(tally.nameless, "fields that no name of ours covers (the bytes may be)", lines)
    most(tally.uncovered, "of these, fields whose bytes bear none of tshark's names", lines)
    most(tally.unnamed, "bytes that tshark names and we do not, by our field", lines)
