#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Memory does not grow with the input: every command that takes packets gets a stream of them through a
pipe, all captures over and over, and has to stay under 100 MiB, and near what it held after a tenth.

    stream.py [--mib N] [--plain] [NAME...]
--mib: so much for each (100; those that print everything get a quarter). --plain: frames of 1,400
bytes, which are quicker, for many gigabytes (a tenth of it as a script). Prints NAME: KIB KiB of N MiB."""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
STRATA = os.environ.get("STRATA", os.path.join(SOURCE, "build/debug/strata"))
LIMIT = 100 << 10  # KiB
NEAR = 8 << 10
SLOW = 4
# A process begins with the most that its parent held: so the parent is a small one, and its 10 MiB are the
# least that is told.
RUN = """import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(child.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss)"""
# name: (words, what is fed, how much less of it)
COMMANDS = {
    "read, a line each": (["read", "-"], "capture", 1),
    "read, json": (["read", "-", "--as", "json"], "capture", SLOW),
    "read, expr": (["read", "-", "--as", "expr"], "capture", SLOW),
    "read, a filter, to a file": (["read", "-", "--where", "udp.port == 53", "-w", "-"], "capture", 1),
    "read, put together": (["read", "-", "--reassemble"], "capture", SLOW),
    "read, conversations": (["read", "-", "--stats", "conv"], "capture", 1),
    "read, notes": (["read", "-", "--notes"], "capture", 1),
    "edit, as it stands": (["edit", "-", "-w", "-"], "capture", 1),
    "edit, compressed": (["edit", "-", "-w", "out.pcapng.gz"], "capture", SLOW),
    "edit, rewritten": (["edit", "-", "-w", "-", "--set", "ip ttl=9", "--map", "10.77.0.0/16=10.9.0.0/16"], "capture", 1),
    "edit, anonymised": (["edit", "-", "-w", "-", "--anonymise", "a seed"], "capture", SLOW),
    "edit, duplicates out": (["edit", "-", "-w", "-", "--dedup", "1000"], "capture", 1),
    "edit, cut up": (["edit", "-", "-w", "-", "--segment", "600"], "capture", 1),
    "diff": (["diff", "-", "other"], "capture", SLOW),
    "replay": (["replay", "-", "-q", "--dry-run", "--rate", "max", "-i", "lo"], "capture", 1),
    "craft, a script": (["craft", "-f", "-", "--as", "raw"], "script", SLOW),
    "send, a script": (["send", "-q", "--dry-run", "--exact", "-i", "lo", "--as", "none", "-f", "-"], "script", SLOW),
}


def run(*words, **how):
    return subprocess.run([STRATA, *words], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **how).stdout


def pieces(plain, folder):
    """What is repeated. A pcapng may be several, one after the other; so may a script."""
    path = os.path.join(folder, "all.pcapng")
    if plain:
        run("craft", "-q", "-w", path, "eth", "/", "ip", "src=10.77.0.1-10.77.3.232", "dst=10.0.0.1", "/", "udp", "dport=9",
            "/", "fill:1358")
    else:
        files = [f for f in sorted(glob.glob(os.path.join(SOURCE, "captures/*.pcap")))
                 if run("read", "-q", f, "--as", "csv", "--fields", "link", "-c", "1").split()[1:] == [b"1"]]
        run("edit", "-q", "--append", *files, "-w", path)
    with open(path, "rb") as got:
        capture = got.read()
    # Without times: they would be waited for.
    lines = run("read", "-q", path, "--as", "expr", *(() if plain else ("-c", "2000"))).splitlines(True)
    script = b"".join(line.split(b" ", 1)[1] if line.startswith(b"at=") else line for line in lines)
    return {"capture": capture, "script": script}


def feed(to, piece, most):
    """Whole pieces until there are so many bytes; who goes away has had enough."""
    given = 0
    try:
        while given < most:
            to.write(piece)
            given += len(piece)
        to.flush()
    except BrokenPipeError:
        pass
    return given


def held(words, piece, most, folder):
    """The command's exit status, the KiB that it held at most, the bytes that it was given."""
    other = None
    if "other" in words:
        if not os.path.exists(os.path.join(folder, "other")):
            os.mkfifo(os.path.join(folder, "other"))
        other = os.fork()
        if other == 0:
            with open(os.path.join(folder, "other"), "wb") as to:
                feed(to, piece, most)
            os._exit(0)
    with open(os.path.join(folder, "said"), "wb") as said:
        child = subprocess.Popen([sys.executable, "-S", "-c", RUN, STRATA, *words], cwd=folder, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=said)
        given = feed(child.stdin, piece, most)
        rc, size = map(int, child.communicate()[0].split())
    if other:
        os.waitpid(other, 0)
    return rc, size, given


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=100)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    if not os.access(STRATA, os.X_OK):
        print("skipped: no", STRATA)
        return 77
    if os.environ.get("STRATA_SANITIZE"):
        print("skipped: the sanitizer's own memory would be measured")
        return 77
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        repeated = pieces(args.plain, folder)
        for name, (words, what, less) in COMMANDS.items():
            if args.name and name not in args.name:
                continue
            want = (args.mib << 20) // (less if not args.plain else 10 if what == "script" else 1)
            _, before, _ = held(words, repeated[what], want // 10, folder)
            rc, size, given = held(words, repeated[what], want, folder)
            print(f"{name}: {size} KiB of {given >> 20} MiB", flush=True)
            # 4: something cannot be sent, or written as it was asked for.
            if size > min(LIMIT, before + NEAR) or rc not in (0, 4) or given < want:
                bad += 1
                with open(os.path.join(folder, "said"), "rb") as said:
                    print(f"FAILED: {name}: after a tenth {before} KiB; exit status {rc}:", said.read()[-400:].decode(errors="replace"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
