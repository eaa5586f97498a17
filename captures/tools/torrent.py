#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# One side of a BitTorrent transfer (libtorrent), until it is complete or the time is over:
#   torrent.py seed|leech DIR ADDRESS [PEER]
# The file is always the same, so both sides make the description themselves.
import os
import sys
import time

import libtorrent as lt

mode, folder, address = sys.argv[1:4]
data = bytes(i * 7 & 255 for i in range(40000))
os.makedirs(folder, exist_ok=True)
path = os.path.join(folder, "lab.bin")
source = os.path.join(folder, "source")
os.makedirs(source, exist_ok=True)
for p in [os.path.join(source, "lab.bin")] + ([path] if mode == "seed" else []):
    with open(p, "wb") as f:
        f.write(data)
files = lt.file_storage()
lt.add_files(files, os.path.join(source, "lab.bin"))
torrent = lt.create_torrent(files, piece_size=16384, flags=lt.create_torrent.v1_only)
lt.set_piece_hashes(torrent, source)
session = lt.session({
    "listen_interfaces": address + ":6881", "enable_dht": False, "enable_lsd": False,
    "enable_upnp": False, "enable_natpmp": False, "enable_outgoing_utp": False,
    "enable_incoming_utp": False, "out_enc_policy": 2, "in_enc_policy": 2,
    "user_agent": "lab", "peer_fingerprint": "-ST0001-"})
handle = session.add_torrent({"ti": lt.torrent_info(torrent.generate()), "save_path": folder})
if len(sys.argv) > 4:
    time.sleep(1)
    handle.connect_peer((sys.argv[4], 6881))
for _ in range(60 if mode == "leech" else 150):
    if mode == "leech" and handle.status().is_seeding:
        time.sleep(1)
        break
    time.sleep(0.2)
