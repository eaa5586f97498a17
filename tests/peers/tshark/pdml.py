# SPDX-License-Identifier: BSD-2-Clause
"""Reads capture files through tshark: one Packet for each frame, its fields in tshark's order. What
tshark said of a file is kept in a folder, by the file's content, the options and tshark's version."""
import collections
import functools
import gzip
import hashlib
import marshal
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ET

OPTIONS = [
    "-o", "tcp.relative_sequence_numbers:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE",
    "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "tls.desegment_ssl_records:FALSE",
    "-o", "http.desegment_body:FALSE", "-o", "http.desegment_headers:FALSE",
    "-o", "ip.check_checksum:FALSE", "-o", "tcp.analyze_sequence_numbers:FALSE",
    "-o", "tcp.calculate_timestamps:FALSE", "-o", "sctp.reassembly:FALSE", "-o", "sctp.relative_tsns:FALSE",
    "-o", "dns.desegment_dns_messages:FALSE", "-o", "mqtt.show_msg_as_text:FALSE",
    "-o", "eth.fcs:Never", "-o", "dccp.relative_sequence_numbers:FALSE",
]
# A field or protocol: children is how many stand directly inside it, made whether tshark made it up (shown
# in brackets) or hides it.
Element = collections.namedtuple("Element", "name pos size show value unmasked made children proto")
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Unreadable(Exception):
    """tshark took too long, or there is none."""


@functools.lru_cache
def version():
    try:
        return subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    except (OSError, subprocess.CalledProcessError):
        return None


@functools.lru_cache
def kinds():
    out = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    return {row[2]: row[3] for row in rows if row[0] == "F" and len(row) > 3}


def kind(name):
    """tshark's type of a field, FT_UINT8 for one; None: it has none of that name."""
    return kinds().get(name)


def element(xml, made):
    """made: the labels that tshark itself prints in brackets, as it does with what it made up."""
    label = xml.get("showname") or ""
    return (xml.get("name") or "", int(xml.get("pos") or 0), int(xml.get("size") or 0), xml.get("show"),
            xml.get("value"), xml.get("unmaskedvalue"),
            label.startswith("[") or xml.get("hide") == "yes" or label in made, len(xml), xml.tag == "proto")


def flatten(xml, made, out):
    for child in xml:
        if child.tag in ("field", "proto"):
            out.append(element(child, made))
        flatten(child, made, out)
    return out


def run(path, seconds, form):
    command = ["timeout", str(seconds), "tshark", "-n", "-2", "-r", path] + form + OPTIONS
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as proc:
        yield from proc.stdout
    if proc.returncode == 124:
        raise Unreadable("tshark took more than %d s" % seconds)
    if proc.returncode < 0 or proc.returncode > 124:
        raise Unreadable("tshark ended with %d" % proc.returncode)


def made_up(path, seconds):
    """For each packet the labels that stand in brackets in tshark's text, and nowhere without."""
    made, plain = set(), set()
    for line in run(path, seconds, ["-V"]):
        if line.startswith(b"Frame ") and plain:
            yield made - plain
            made, plain = set(), set()
        text = line.decode("utf-8", "replace").strip()
        if text.startswith("[") and text.endswith("]"):
            made.add(text[1:-1])
        else:
            plain.add(text)
    yield made - plain


def from_tshark(path, seconds):
    packets, lines, inside, made = [], [], False, made_up(path, seconds)
    for line in run(path, seconds, ["-T", "pdml"]):
        if line.startswith(b"<packet>"):
            inside, lines = True, []
        if inside:
            lines.append(line)
        if inside and line.startswith(b"</packet>"):
            text = NOT_XML.sub("?", b"".join(lines).decode("utf-8", "replace"))
            labels = next(made, set())
            try:
                packets.append(flatten(ET.fromstring(text), labels, []))
            except ET.ParseError:
                packets.append([])
            inside = False
    return packets


def content_key(path):
    digest = hashlib.sha256(repr((version(), OPTIONS, Element._fields)).encode())
    with open(path, "rb") as file:
        digest.update(file.read())
    return digest.hexdigest()


def packets(path, cache, seconds):
    """All packets of a file, each a list of Elements."""
    kept = os.path.join(cache, content_key(path) + ".tshark")
    if os.path.exists(kept):
        with gzip.open(kept, "rb") as file:
            raw = marshal.load(file)
    else:
        raw = from_tshark(path, seconds)
        with tempfile.NamedTemporaryFile(dir=cache, delete=False) as new:
            with gzip.open(new, "wb", 1) as file:
                marshal.dump(raw, file)
        os.rename(new.name, kept)
    return [[Element(*e) for e in packet] for packet in raw]
