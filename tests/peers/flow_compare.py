#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares the verdicts of `strata flow` on TCP segments with those of tshark (tcp.analysis.*, resets).

    flow_compare.py [-v] [FILE...]     default: every file of captures/

Files may be folders. With -v each packet that differs is named. Prints a table: how many packets both
mark, how many tshark alone, how many strata alone. Exit status 0: all agree, or the difference is
explained below; 77: there is no tshark."""
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
# File, packet: why the two may say otherwise there.
NO_ACK = "its flags are empty: a segment without A acknowledges nothing"
BLIND = "a reset before it, whose number lies elsewhere, counts for tshark as the newest number sent"
EXPLAINED = {
    ("broken.pcap", 9): "the one before it says 8 bytes of header: no segment here, tshark counts it",
    ("scan-os.pcap", 43): NO_ACK,
    ("scan-os.pcap", 45): NO_ACK,
    ("scan-os.pcap", 47): NO_ACK,
    ("tcp-blind-reset.pcap", 9): BLIND,
    ("tcp-blind-reset.pcap", 11): BLIND,
}

parser = argparse.ArgumentParser()
parser.add_argument("-v", action="store_true")
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
    """Marks by packet."""
    fields = [f"tcp.analysis.{k}" for k, _ in KINDS[:-1]]
    cmd = ["tshark", "-n", "-r", path, "-Y", "tcp", "-T", "fields", "-e", "frame.number", "-e", "tcp.flags.reset"]
    for f in fields:
        cmd += ["-e", f]
    said = {}
    for line in run(*cmd)[1].split("\n"):
        cell = line.split("\t")
        if len(cell) != len(fields) + 2:
            continue
        marks = {KINDS[i][1] for i, v in enumerate(cell[2:]) if v}
        # Of a packet in a packet, or quoted, there are several values.
        if "1" in cell[1].split(","):
            marks.add("reset")
        said[int(cell[0])] = marks
    return said


def strata(path):
    said = {}
    code, text = run(STRATA, "flow", "-q", path, "--as", "json")
    for line in text.split("\n"):
        row = json.loads(line) if line else {}
        if "stream" in row and row["stream"].startswith("tcp:"):
            said[row["n"]] = set(row["marks"])
    return code, said


def compare(path):
    theirs = tshark(path)
    code, ours = strata(path) if theirs else (0, {})
    return path, theirs, ours, code


def main():
    if not shutil.which("tshark"):
        print("tshark is not installed")
        return 77
    table = {ours: [0, 0, 0, 0] for _, ours in KINDS}
    packets = unseen = bad = 0
    nfiles = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, theirs, ours, code in pool.map(compare, files()):
            nfiles += bool(theirs)
            packets += len(theirs)
            if code:
                print(f"{path}: strata flow ends with {code}")
                bad += 1
            for n in sorted(theirs):
                if n not in ours:
                    unseen += 1
                    if args.v and theirs[n]:
                        print(f"{path} {n}: not of a conversation here; tshark: {sorted(theirs[n])}")
                    continue
                for mark in theirs[n] | (ours[n] & table.keys()):
                    both = mark in theirs[n] and mark in ours[n]
                    why = EXPLAINED.get((os.path.basename(path), n))
                    table[mark][0 if both else 3 if why else 1 if mark in theirs[n] else 2] += 1
                    if not both and not why:
                        bad += 1
                        if args.v:
                            print(f"{path} {n}: {mark}: {'tshark' if mark in theirs[n] else 'strata'} alone")
    print(f"{nfiles} files, {packets} TCP packets, {unseen} of them in no conversation of ours")
    print(f"{'':22} {'both':>8} {'tshark':>8} {'strata':>8} {'explained':>9}")
    for mark, v in table.items():
        print(f"{mark:22} {v[0]:8} {v[1]:8} {v[2]:8} {v[3]:9}")
    if not any(v[0] for v in table.values()):
        print("nothing was compared")
        return 1
    return 1 if bad and not args.files else 0


sys.exit(main())
