# SPDX-License-Identifier: BSD-2-Clause
"""One SCTP association from INIT to SHUTDOWN COMPLETE, crafted with scapy (this kernel has no SCTP).
Usage: sctp.py OUT.pcap"""
import sys
from scapy.all import (Ether, IP, SCTP, SCTPChunkInit, SCTPChunkInitAck, SCTPChunkCookieEcho,
                       SCTPChunkCookieAck, SCTPChunkData, SCTPChunkSACK, SCTPChunkHeartbeatReq,
                       SCTPChunkHeartbeatAck, SCTPChunkShutdown, SCTPChunkShutdownAck,
                       SCTPChunkShutdownComplete, SCTPChunkAbort, SCTPChunkParamStateCookie,
                       SCTPChunkParamIPv4Addr, SCTPChunkParamSupportedAddrTypes,
                       SCTPChunkParamHeartbeatInfo, wrpcap)

A, B = ("10.77.0.1", 40000, 0x11111111), ("10.77.0.2", 5000, 0x22222222)


def packet(to, *chunks, tag=None):
    src, dst = (A, B) if to is B else (B, A)
    top = chunks[0]
    for chunk in chunks[1:]:
        top = top / chunk
    mac = ("02:00:00:00:00:01", "02:00:00:00:00:02")
    if to is A:
        mac = mac[::-1]
    return (Ether(src=mac[0], dst=mac[1]) / IP(src=src[0], dst=dst[0])
            / SCTP(sport=src[1], dport=dst[1], tag=dst[2] if tag is None else tag) / top)


packets = [
    packet(B, SCTPChunkInit(init_tag=A[2], a_rwnd=65536, n_out_streams=10, n_in_streams=10,
                            init_tsn=1000,
                            params=[SCTPChunkParamSupportedAddrTypes(addr_type_list=[5, 6]),
                                    SCTPChunkParamIPv4Addr(addr="10.77.0.1")]), tag=0),
    packet(A, SCTPChunkInitAck(init_tag=B[2], a_rwnd=65536, n_out_streams=10, n_in_streams=10,
                               init_tsn=2000,
                               params=[SCTPChunkParamStateCookie(cookie=b"cookie of the lab!!")])),
    packet(B, SCTPChunkCookieEcho(cookie=b"cookie of the lab!!"),
           SCTPChunkData(beginning=1, ending=1, tsn=1000, stream_id=0, stream_seq=0,
                         proto_id=0, data=b"first words")),
    packet(A, SCTPChunkCookieAck(),
           SCTPChunkSACK(cumul_tsn_ack=1000, a_rwnd=65525, n_gap_ack=0, n_dup_tsn=0)),
    packet(B, SCTPChunkData(beginning=1, ending=0, tsn=1001, stream_id=1, stream_seq=0,
                            proto_id=0, data=b"one message "),
           SCTPChunkData(beginning=0, ending=1, tsn=1002, stream_id=1, stream_seq=0,
                         proto_id=0, data=b"in two pieces")),
    packet(A, SCTPChunkSACK(cumul_tsn_ack=1002, a_rwnd=65500, n_gap_ack=0, n_dup_tsn=0)),
    packet(B, SCTPChunkData(beginning=1, ending=1, tsn=1004, stream_id=2, stream_seq=0,
                            proto_id=46, data=b"a gap before me")),
    packet(A, SCTPChunkSACK(cumul_tsn_ack=1002, a_rwnd=65485, n_gap_ack=1, n_dup_tsn=1,
                            gap_ack_list=["2:2"], dup_tsn_list=[1002])),
    packet(B, SCTPChunkHeartbeatReq(params=[SCTPChunkParamHeartbeatInfo(data=b"12345678")])),
    packet(A, SCTPChunkHeartbeatAck(params=[SCTPChunkParamHeartbeatInfo(data=b"12345678")])),
    packet(B, SCTPChunkShutdown(cumul_tsn_ack=2000)),
    packet(A, SCTPChunkShutdownAck()),
    packet(B, SCTPChunkShutdownComplete()),
    packet(A, SCTPChunkAbort()),
]
for i, each in enumerate(packets):
    each.time = 1795343896 + i / 1000
wrpcap(sys.argv[1], packets)
