#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares the verdicts of `strata flow` on TCP segments with those of tshark (tcp.analysis.*, resets).

    flow_compare.py [-v] [--most N] [FILE...]     default: every file of captures/

Files may be folders. With -v each packet that differs is named. Prints a table: how many packets both
mark, how many tshark alone, how many strata alone. Exit status 0: all agree, but for N marks at most
(0), or the difference is explained below; 77: there is no tshark."""
import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("STRATA_BUILD", os.path.join(SOURCE, "build/debug"))
STRATA = os.environ.get("STRATA", os.path.join(BUILD, "strata"))

# tshark's field, our mark
KINDS = [
    ("retransmission", "retransmission"),
    ("fast_retransmission", "fast"),
    ("spurious_retransmission", "spurious"),
    ("out_of_order", "out of order"),
    ("lost_segment", "lost before"),
    ("ack_lost_segment", "acks unseen"),
    ("duplicate_ack", "duplicate ack"),
    ("zero_window", "zero window"),
    ("window_full", "window full"),
    ("window_update", "window update"),
    ("keep_alive", "keep-alive"),
    ("keep_alive_ack", "keep-alive ack"),
    ("zero_window_probe", "zero window probe"),
    ("zero_window_probe_ack", "zero window probe ack"),
    ("reused_ports", "port reused"),
    ("reset", "reset"),
]
# Where the two say otherwise, and why; docs/differences.md tells it at length.
EXPLAINED = {
    "clock": "its time is before that of the packet before it: no time is short for tshark then",
    "no ack": "a segment without A says nothing of what has arrived; tshark takes its number 0 for that",
    "blind reset": "after a reset that nobody heeds, whose number counts for tshark as the newest one sent",
    "cut header": "in a conversation with segments whose header was not all captured; tshark judges none of these",
    "bad header": "after a packet whose header is shorter than a header; tshark counts it all the same",
}

parser = argparse.ArgumentParser()
parser.add_argument("-v", action="store_true")
parser.add_argument("--most", type=int, default=0)
parser.add_argument("files", nargs="*")
args = parser.parse_args()


def files():
    for path in args.files or [os.path.join(SOURCE, "captures")]:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, _, names in sorted(os.walk(path)):
            for name in sorted(names):
                if not name.endswith((".md", ".out", ".sh", ".py")):
                    yield os.path.join(folder, name)


def run(*cmd):
    p = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300)
    return p.returncode, p.stdout.decode("utf-8", "replace")


def tshark(path):
    """Of each packet its marks, and why strata may say otherwise."""
    fields = [f"tcp.analysis.{k}" for k, _ in KINDS[:-1]]
    own = ["frame.number", "frame.time_epoch", "tcp.stream", "tcp.flags", "tcp.hdr_len", "tcp.options"]
    cmd = ["tshark", "-n", "-r", path, "-Y", "tcp", "-T", "fields"]
    for f in own + fields:
        cmd += ["-e", f]
    said, last, odd = {}, 0, {}
    for line in run(*cmd)[1].split("\n"):
        cell = line.split("\t")
        if len(cell) != len(fields) + len(own):
            continue
        when, stream = float(cell[1]), cell[2]
        # Of a packet in a packet, or quoted, there are several values.
        flags = [int(v, 16) for v in cell[3].split(",") if v]
        marks = {KINDS[i][1] for i, v in enumerate(cell[len(own):]) if v}
        why = odd.get(stream)
        if when < last:
            why = "clock"
        if any(not v & 0x16 for v in flags):
            why = "no ack"
        if any(v & 4 for v in flags):
            marks.add("reset")
            if any(v & 4 and not v & 16 for v in flags):
                odd[stream] = "no ack"
        if any(v and int(v) < 20 for v in cell[4].split(",")):
            odd[stream] = "bad header"
        if not cell[4] or [int(v) for v in cell[4].split(",")][0] - 20 > len(cell[5].split(",")[0]) // 2:
            why = odd[stream] = "cut header"
        said[int(cell[0])] = (marks, why, stream)
        last = when
    return said


def strata(path):
    said = {}
    code, text = run(STRATA, "flow", "-q", path, "--as", "json")
    for line in text.split("\n"):
        row = json.loads(line) if line else {}
        if "stream" in row and row["stream"].startswith("tcp:"):
            said.setdefault(row["n"], set()).update(row["marks"])
    return code, said


def compare(path):
    # Starting tshark takes longer than all the rest; of others' files it is asked in any case.
    if not args.files and not run(STRATA, "read", "-q", path, "--where", "tcp", "-c", "1")[1]:
        return path, {}, {}, 0
    theirs = tshark(path)
    code, ours = strata(path) if theirs else (0, {})
    return path, theirs, ours, code


def compared(path, theirs, ours, table, reasons):
    """The marks of one file that differ without a reason."""
    bad, blind = 0, set()
    for n, (marks, why, stream) in sorted(theirs.items()):
        if n not in ours:
            if args.v and marks:
                print(f"{path} {n}: in no conversation here; tshark: {sorted(marks)}")
            continue
        if "unheeded" in ours[n]:
            blind.add(stream)
        if stream in blind:
            why = "blind reset"
        for mark in marks | (ours[n] & table.keys()):
            both = mark in marks and mark in ours[n]
            table[mark][0 if both else 3 if why else 1 if mark in marks else 2] += 1
            if both:
                continue
            reasons[why] = reasons.get(why, 0) + 1
            bad += not why
            if args.v:
                print(f"{path} {n}: {mark}: {'tshark' if mark in marks else 'strata'} alone{': ' if why else ''}{why or ''}")
    return bad


def main():
    if not shutil.which("tshark"):
        print("tshark is not installed")
        return 77
    table = {ours: [0, 0, 0, 0] for _, ours in KINDS}
    reasons = {}
    packets = unseen = bad = nfiles = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, theirs, ours, code in pool.map(compare, files()):
            nfiles += bool(theirs)
            packets += len(theirs)
            unseen += len(theirs.keys() - ours.keys())
            if code:
                print(f"{path}: strata flow ends with {code}")
                bad += args.most + 1
            bad += compared(path, theirs, ours, table, reasons)
    print(f"{nfiles} files, {packets} TCP packets, {unseen} of them in no conversation of ours")
    print(f"{'':22} {'both':>8} {'tshark':>8} {'strata':>8} {'explained':>9}")
    for mark, v in table.items():
        print(f"{mark:22} {v[0]:8} {v[1]:8} {v[2]:8} {v[3]:9}")
    for why, n in reasons.items():
        if why:
            print(f"{n} explained: {EXPLAINED[why]}")
    if not any(v[0] for v in table.values()):
        print("nothing was compared")
        return 1
    return bad > args.most


sys.exit(main())
