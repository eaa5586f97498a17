# SPDX-License-Identifier: BSD-2-Clause
"""What tests/net/sockets.sh does with sockets: sockets.py peer | states | compare MINE THEIRS |
json FILE | events | secret HOST | soon STRATA"""
import json
import os
import re
import select
import socket
import subprocess
import sys
import time

ETH_P_ALL, ETH_P_IP = 3, 0x800


def listen(family, where, backlog=5, only6=None):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if only6 is not None:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only6)
    s.bind(where)
    s.listen(backlog)
    return s


def say(word):
    print(word, flush=True)


def frames(protocol, device=None):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
    if device:
        s.bind((device, protocol))
    return s


def peer():
    """Accepts all and keeps them; what says "bye" is half closed."""
    waiting, kept, ended = listen(socket.AF_INET, ("", 9000)), [], []
    say("ready")
    while True:
        for s in select.select([waiting] + kept, [], [])[0]:
            if s is waiting:
                kept.append(s.accept()[0])
            elif s.recv(100) == b"bye":
                s.shutdown(socket.SHUT_WR)
            else:
                kept.remove(s)
                ended.append(s)


def half_closed():
    """A connection whose numbers are known, to port 6001 of somebody who does not answer; it has
    said its end. When that one says his and has not seen ours, it is CLOSING."""
    repair, queue, seq = 19, 20, 21  # TCP_REPAIR and its kin, of linux/tcp.h
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_TCP, repair, 1)
    for which, number in ((1, 2000), (2, 1000)):  # what is received, what is sent
        s.setsockopt(socket.IPPROTO_TCP, queue, which)
        s.setsockopt(socket.IPPROTO_TCP, seq, number)
    s.bind(("10.77.0.1", 6000))
    s.connect(("10.77.0.98", 6001))
    s.setsockopt(socket.IPPROTO_TCP, repair, -1)
    s.shutdown(socket.SHUT_WR)
    return s


def states():
    """A socket in each state. After "connected" the peer goes away, before "ready" all that needs
    it gone is done."""
    v4, v6 = socket.AF_INET, socket.AF_INET6
    keep = [listen(v4, ("", 8000), 64), listen(v6, ("::", 8001), 5, 0), listen(v6, ("::", 8002), 7, 1)]
    # Both ends here: one with five bytes that wait; one of version 6; one that comes mapped.
    for family, where, server in ((v4, ("127.0.0.1", 8000), 0), (v6, ("::1", 8002), 2),
                                  (v4, ("127.0.0.1", 8001), 1)):
        s = socket.socket(family)
        s.connect(where)
        s.sendall(b"hello")
        keep += [s, keep[server].accept()[0]]
    # FIN-WAIT-2 and CLOSE-WAIT, one end each; the other end's state is here, too.
    s = socket.create_connection(("127.0.0.1", 8000))
    t = keep[0].accept()[0]
    s.shutdown(socket.SHUT_WR)
    keep += [s, t]
    # TIME-WAIT
    s = socket.create_connection(("127.0.0.1", 8000))
    t = keep[0].accept()[0]
    s.close()
    time.sleep(0.1)
    t.close()
    # One that waits to be accepted
    keep.append(socket.create_connection(("127.0.0.1", 8000)))
    for family, where in ((v4, ("", 5000)), (v6, ("::", 5001)), (v4, ("127.0.0.1", 5002))):
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.bind(where)
        keep.append(s)
    s = socket.socket(v4, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", 5000))
    s.send(b"x" * 100)
    keep.append(s)
    s = socket.socket(v6, socket.SOCK_DGRAM)
    s.connect(("::1", 5001))
    keep.append(s)
    keep += [socket.socket(v4, socket.SOCK_RAW, 253), socket.socket(v4, socket.SOCK_RAW, 1),
             socket.socket(v6, socket.SOCK_RAW, 58)]
    s = socket.socket(v4, socket.SOCK_RAW, 254)
    s.connect(("127.0.0.1", 0))
    keep += [s, frames(ETH_P_ALL), frames(ETH_P_ALL, "eth0"), frames(ETH_P_IP, "lo")]
    keep.append(half_closed())
    # To the peer: two that stay, of which it half closes one.
    stays, leaves = (socket.create_connection(("10.77.0.2", 9000)) for _ in range(2))
    leaves.sendall(b"bye")
    leaves.recv(1)
    say("connected")
    while not os.path.exists("go"):
        time.sleep(0.05)
    stays.shutdown(socket.SHUT_WR)  # FIN-WAIT-1
    leaves.close()  # LAST-ACK
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("10.77.0.99", 9))  # SYN-SENT
    keep += [stays, s]
    say("ready")
    time.sleep(600)


def of_ss(line):
    """kind, state, in, out, local, remote, process of a line of ss, as strata writes them."""
    w = line.split()
    kind = {"p_raw": "packet", "p_dgr": "packet"}.get(w[0], w[0])
    users = sorted((int(p), n) for n, p in re.findall(r'\("([^"]*)",pid=(\d+)', line))
    who = f"{users[0][1]}[{users[0][0]}]" if users else "-"
    pids = len({p for p, _ in users})
    who += f"+{pids - 1}" if pids > 1 else ""
    local, remote = w[4], w[5]
    if kind == "packet":
        names = {"*": "*", "ip": "0x0800", "ipv4": "0x0800", "[2048]": "0x0800", "2048": "0x0800"}
        local = names.get(local.split(":")[0], local.split(":")[0]) + ":" + local.split(":")[1]
        remote = "*"
    return kind, w[1], int(w[2]), int(w[3]), one_any(kind, local), one_any(kind, remote), who


def one_any(kind, end):
    """Whether a raw socket of version 6 takes both, /proc does not say."""
    return end.replace("[::]", "*") if kind == "raw" else end


def of_mine(line):
    _, _, kind, state, local, remote, who, *rest = line.split()
    rest = " ".join(rest)
    m = re.search(r"waiting (\d+) of (\d+)", rest)
    n = m.groups() if m else [(re.search(rf"\b{w} (\d+)", rest) or [0, 0])[1] for w in ("in", "out")]
    return kind, state, int(n[0]), int(n[1]), one_any(kind, local), one_any(kind, remote), who


def compare(mine, theirs):
    mine = sorted(of_mine(x) for x in open(mine) if " there icmp " not in x)
    theirs = sorted(of_ss(x) for x in open(theirs) if x.strip())
    for x in mine:
        if x not in theirs:
            print("only strata:", *x)
    for x in theirs:
        if x not in mine:
            print("only ss:", *x)
    print(len(mine), "and", len(theirs), "sockets")
    return mine == theirs and len(mine) > 20


def as_json(path):
    all_ = [json.loads(x) for x in open(path)]
    ends = [s for s in all_ if s["kind"] == "tcp" and s["state"] == "ESTAB"]
    return (all(s["v"] == 1 and s["socket"] == "there" and s["what"][0] == "there" for s in all_) and
            any(s["in"] == 5 and s["process"].startswith("python") and s["rtt_us"] >= 0 for s in ends) and
            any(s.get("dual") for s in all_) and
            any(s["kind"] == "packet" and s["protocol"] == 3 and s.get("if") == "eth0" for s in all_) and
            len({s["id"] for s in all_}) == len(all_))


def events():
    """One thing after the other, each long enough to be seen."""
    def wait():
        time.sleep(0.4)

    one = listen(socket.AF_INET, ("127.0.0.1", 7000))
    two = listen(socket.AF_INET, ("", 7001), 128)
    wait()
    c = socket.create_connection(("127.0.0.1", 7000))
    wait()
    s = one.accept()[0]
    wait()
    c.shutdown(socket.SHUT_WR)
    wait()
    c.close()
    s.close()
    # Too short for a look
    for _ in range(20):
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        u.connect(("127.0.0.1", 7009))
        u.close()
        time.sleep(0.013)
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 253)
    sniffer = frames(ETH_P_ALL, "lo")
    wait()
    raw.close()
    sniffer.close()
    # Nobody reads
    c = socket.create_connection(("127.0.0.1", 7000))
    s = one.accept()[0]
    wait()
    c.sendall(b"x" * 20000)
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    u.bind(("127.0.0.1", 7002))
    wait()
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(100):
        sender.sendto(b"y" * 1000, ("127.0.0.1", 7002))
    say("flood")
    time.sleep(6)
    for x in (one, two, c, s, u):
        x.close()


def secret(host):
    """Serves a password's way in clear: once as its server, once as its client (of HOST)."""
    if host == "-":
        s = listen(socket.AF_INET, ("", 21), 128)
        say("ready")
        s = s.accept()[0]
        s.sendall(b"220 hello\r\n")
        s.recv(100)
        s.sendall(b"331 who\r\n")
        s.recv(100)
        s.sendall(b"230 you\r\n")
        time.sleep(600)
    s = socket.create_connection((host, 21))
    for word in (b"USER me\r\n", b"PASS secret\r\n", b""):
        s.recv(100)
        time.sleep(0.1)
        s.sendall(word)
    time.sleep(0.5)


def soon(strata, times=20):
    """From before another program opens a raw socket to when the line about it can be read."""
    w = subprocess.Popen([strata, "watch", "--sockets", "--as", "json", "raw", "packet"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while "a look every" not in w.stderr.readline():
        pass
    opener = ("import socket,sys,time\nsys.stdin.readline()\nt=time.monotonic()\n"
              "s=socket.socket(*{})\nprint(t,flush=True)\nsys.stdin.readline()")
    took = {}
    for name, args in (("raw", "(2,3,253)"), ("packet", "(17,3,socket.htons(3))")):
        for i in range(times):
            p = subprocess.Popen([sys.executable, "-c", opener.format(args)], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True)
            time.sleep(0.1 + 0.003 * i)  # at any moment between two looks
            p.stdin.write("go\n")
            p.stdin.flush()
            for line in w.stdout:
                s = json.loads(line)
                if s.get("socket") == "opened" and s["kind"] == name and s.get("pid") == p.pid:
                    break
            seen = time.monotonic()
            took.setdefault(name, []).append((seen - float(p.stdout.readline())) * 1000)
            p.stdin.close()
            p.wait()
    w.terminate()
    w.wait()
    for name, ms in took.items():
        ms.sort()
        print(f"{name}: seen after {ms[0]:.0f} to {ms[-1]:.0f} ms, median {ms[len(ms) // 2]:.0f} ms "
              f"({len(ms)} sockets)")
    return all(len(ms) == times and ms[0] < 2000 for ms in took.values())


if __name__ == "__main__":
    do = {"peer": peer, "states": states, "compare": compare, "json": as_json, "events": events,
          "secret": secret, "soon": soon}[sys.argv[1]]
    sys.exit(do(*sys.argv[2:]) is False)
