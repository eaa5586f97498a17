#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sixty packets said in our notation and in Scapy: the bytes must be the same, lies included. Then
forty lines of Scapy's call form as they stand in books: our notation reads them as they are, and the
bytes are Scapy's too, where nothing was left to defaults that differ.

    scapy_compare.py [-v]"""
import logging
import os
import subprocess
import sys

SOURCE = os.environ.get("STRATA_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("STRATA_BUILD", os.path.join(SOURCE, "build/debug"))
TOOL = os.path.join(BUILD, "tests/build")
logging.getLogger("scapy").setLevel(logging.ERROR)
try:
    from scapy.all import *  # noqa: F401,F403
    from scapy.contrib.mpls import MPLS
except ImportError:
    print("skipped: no scapy (python3-scapy)")
    sys.exit(77)

A = 'src="10.0.0.1", dst="10.0.0.2"'
N = "ip src=10.0.0.1 dst=10.0.0.2"
A6 = 'src="fd00::1", dst="fd00::2"'
N6 = "ip6 src=fd00::1 dst=fd00::2"
E = 'Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")'
NE = "eth src=02:00:00:00:00:01 dst=02:00:00:00:00:02"
U, NU = "UDP(sport=1000, dport=2000)", "udp sport=1000 dport=2000"

PAIRS = [
    # IPv4 and what rides on it
    (f"{N} / icmp", f"IP({A})/ICMP()"),
    (f"{N} ttl=3 tos=0x10 id=77 / icmp type=echo-reply id=7 seq=9 / text:hello",
     f"IP({A}, ttl=3, tos=0x10, id=77)/ICMP(type=0, id=7, seq=9)/b'hello'"),
    (f"{N} / {NU}", f"IP({A})/{U}"),
    (f"{N} / {NU} / hex:00ff10", f"IP({A})/{U}/bytes.fromhex('00ff10')"),
    (f"{N} / tcp sport=1000 dport=80 flags=S", f"IP({A})/TCP(sport=1000, dport=80, flags='S')"),
    (f"{N} / tcp sport=1000 dport=80 seq=7 ack=9 flags=SA window=100 urgptr=3",
     f"IP({A})/TCP(sport=1000, dport=80, seq=7, ack=9, flags='SA', window=100, urgptr=3)"),
    (f"{N} flags=DF / tcp sport=1 dport=2 flags=PA / text:data",
     f"IP({A}, flags='DF')/TCP(sport=1, dport=2, flags='PA')/b'data'"),
    (f"{N} flags=MF frag=0 / {NU} / fill:24:0x41", f"IP({A}, flags='MF')/{U}/(b'A'*24)"),
    (f"{N} frag=4 proto=17 / fill:16:0x42", f"IP({A}, frag=4, proto=17)/(b'B'*16)"),
    (f"{N} / ip src=1.1.1.1 dst=2.2.2.2 / {NU}", f"IP({A})/IP(src='1.1.1.1', dst='2.2.2.2')/{U}"),
    (f"{N} / {N6} / {NU} / text:six", f"IP({A})/IPv6({A6})/{U}/b'six'"),
    # options of IPv4 and TCP
    (f"{N} options=nop,nop,eol / {NU}", f"IP({A}, options=[IPOption_NOP(), IPOption_NOP(), IPOption_EOL()])/{U}"),
    (f"{N} options.0.type=rr options.0.value.ptr=4 options.0.value.addresses=1.2.3.4,5.6.7.8 / icmp",
     f"IP({A}, options=[IPOption_RR(routers=['1.2.3.4', '5.6.7.8'])])/ICMP()"),
    (f"{N} options.0.type=lsrr options.0.value.addresses=10.0.0.9 / icmp",
     f"IP({A}, options=[IPOption_LSRR(routers=['10.0.0.9'])])/ICMP()"),
    (f"{N} options=router_alert:0 / icmp", f"IP({A}, options=[IPOption_Router_Alert()])/ICMP()"),
    (f"{N} / tcp sport=1 dport=2 options=mss:1460", f"IP({A})/TCP(sport=1, dport=2, options=[('MSS', 1460)])"),
    (f"{N} / tcp sport=1 dport=2 options=mss:1460,nop,ws:7,sackok",
     f"IP({A})/TCP(sport=1, dport=2, options=[('MSS', 1460), ('NOP', None), ('WScale', 7), ('SAckOK', b'')])"),
    (f"{N} / tcp sport=1 dport=2 flags=A options.0.type=nop options.1.type=nop options.2.type=ts "
     "options.2.value.val=100 options.2.value.ecr=200",
     f"IP({A})/TCP(sport=1, dport=2, flags='A', options=[('NOP', None), ('NOP', None), ('Timestamp', (100, 200))])"),
    # Ethernet, ARP, tags
    (f"{NE} / {N} / icmp", f"{E}/IP({A})/ICMP()"),
    ("eth dst=ff:ff:ff:ff:ff:ff src=02:00:00:00:00:01 / arp op=who-has hwsrc=02:00:00:00:00:01 "
     "psrc=10.0.0.1 hwdst=00:00:00:00:00:00 pdst=10.0.0.2",
     "Ether(dst='ff:ff:ff:ff:ff:ff', src='02:00:00:00:00:01')/ARP(op=1, hwsrc='02:00:00:00:00:01', "
     "psrc='10.0.0.1', hwdst='00:00:00:00:00:00', pdst='10.0.0.2')"),
    (f"{NE} / arp op=is-at hwsrc=02:00:00:00:00:01 psrc=10.0.0.1 hwdst=02:00:00:00:00:02 pdst=10.0.0.2",
     f"{E}/ARP(op=2, hwsrc='02:00:00:00:00:01', psrc='10.0.0.1', hwdst='02:00:00:00:00:02', pdst='10.0.0.2')"),
    (f"{NE} / vlan vlan=7 / {N} / {NU}", f"{E}/Dot1Q(vlan=7)/IP({A})/{U}"),
    (f"{NE} / vlan vlan=7 prio=5 id=1 / {N} / icmp", f"{E}/Dot1Q(vlan=7, prio=5, id=1)/IP({A})/ICMP()"),
    (f"{NE} / vlan vlan=100 / vlan vlan=7 / {N6} / {NU}", f"{E}/Dot1Q(vlan=100)/Dot1Q(vlan=7)/IPv6({A6})/{U}"),
    (f"{NE} / svlan vlan=100 / vlan vlan=7 / {N} / icmp", f"{E}/Dot1AD(vlan=100)/Dot1Q(vlan=7)/IP({A})/ICMP()"),
    (f"{NE} / mpls label=16 cos=0 s=0 ttl=64 / mpls label=17 cos=0 s=1 ttl=64 / {N} / icmp",
     f"Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02', type=0x8847)"
     f"/MPLS(label=16, cos=0, s=0, ttl=64)/MPLS(label=17, cos=0, s=1, ttl=64)/IP({A})/ICMP()"),
    (f"{NE} type=0x88b5 / text:own", "Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02', type=0x88b5)/b'own'"),
    # IPv6 and its extension headers
    (f"{N6} / {NU} / text:x", f"IPv6({A6})/{U}/b'x'"),
    (f"{N6} tc=0x20 fl=0x12345 hlim=9 / tcp sport=1 dport=2 flags=S",
     f"IPv6({A6}, tc=0x20, fl=0x12345, hlim=9)/TCP(sport=1, dport=2, flags='S')"),
    (f"{N6} / icmp6 type=echo-request id=7 seq=1 / text:abc", f"IPv6({A6})/ICMPv6EchoRequest(id=7, seq=1, data=b'abc')"),
    (f"{N6} / icmp6 type=echo-reply id=7 seq=1 / text:abc", f"IPv6({A6})/ICMPv6EchoReply(id=7, seq=1, data=b'abc')"),
    (f"{N6} / ip6_hopopts options.0.type=router_alert options.0.value=0 options.1.type=padn options.1.value=hex: / {NU}",
     f"IPv6({A6})/IPv6ExtHdrHopByHop(options=[RouterAlert(value=0), PadN(optdata=b'')])/{U}"),
    (f"{N6} / ip6_dstopts options.0.type=padn options.0.value=hex:00000000 / tcp sport=1 dport=2 flags=S",
     f"IPv6({A6})/IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))])/TCP(sport=1, dport=2, flags='S')"),
    (f"{N6} / ip6_frag offset=0 m=1 id=7 / {NU} / fill:8:0", f"IPv6({A6})/IPv6ExtHdrFragment(offset=0, m=1, id=7)/{U}/bytes(8)"),
    (f"{N6} / ip6_frag offset=2 m=0 id=7 nh=17 / fill:8:0", f"IPv6({A6})/IPv6ExtHdrFragment(offset=2, m=0, id=7, nh=17)/bytes(8)"),
    ("ip6 src=fd00::1 dst=fd00::5 / ip6_route type=0 segleft=1 addresses=fd00::2 / udp sport=1000 dport=2000 / text:by",
     f"IPv6(src='fd00::1', dst='fd00::5')/IPv6ExtHdrRouting(type=0, segleft=1, addresses=['fd00::2'])/{U}/b'by'"),
    ("ip6 src=fd00::1 dst=ff02::1:ff00:2 hlim=255 / icmp6 type=neighbour-solicitation tgt=fd00::2 "
     "options.0.type=src_lladdr options.0.value=02:00:00:00:00:01",
     "IPv6(src='fd00::1', dst='ff02::1:ff00:2', hlim=255)/ICMPv6ND_NS(tgt='fd00::2')/ICMPv6NDOptSrcLLAddr(lladdr='02:00:00:00:00:01')"),
    # ICMP errors, with what they quote
    (f"{N} / icmp type=dest-unreach code=3 / ip src=10.0.0.2 dst=10.0.0.1 / udp sport=5 dport=6",
     f"IP({A})/ICMP(type=3, code=3)/IP(src='10.0.0.2', dst='10.0.0.1')/UDP(sport=5, dport=6)"),
    (f"{N} / icmp type=time-exceeded / ip src=10.0.0.2 dst=10.0.0.1 ttl=1 / icmp id=4",
     f"IP({A})/ICMP(type=11, code=0)/IP(src='10.0.0.2', dst='10.0.0.1', ttl=1)/ICMP(id=4)"),
    (f"{N} / icmp type=dest-unreach code=4 nexthopmtu=1300 / ip src=10.0.0.2 dst=10.0.0.1 / tcp sport=1 dport=2 flags=A",
     f"IP({A})/ICMP(type=3, code=4, nexthopmtu=1300)/IP(src='10.0.0.2', dst='10.0.0.1')/TCP(sport=1, dport=2, flags='A')"),
    (f"{N} / icmp type=redirect code=1 gw=10.0.0.254 / ip src=10.0.0.2 dst=10.9.9.9 / udp sport=5 dport=6",
     f"IP({A})/ICMP(type=5, code=1, gw='10.0.0.254')/IP(src='10.0.0.2', dst='10.9.9.9')/UDP(sport=5, dport=6)"),
    (f"{N} / icmp type=timestamp-request id=1 seq=2 ts_ori=3 ts_rx=0 ts_tx=0", f"IP({A})/ICMP(type=13, id=1, seq=2, ts_ori=3, ts_rx=0, ts_tx=0)"),
    # DNS
    (f"{N} / udp sport=1000 dport=53 / dns id=7 qd=name:example.org+type:AAAA",
     f"IP({A})/UDP(sport=1000, dport=53)/DNS(id=7, qd=DNSQR(qname='example.org', qtype='AAAA'))"),
    (f"{N} / udp sport=53 dport=1000 / dns id=7 qr=response ra=1 aa=1 qd.0.name=example.org qd.0.type=MX",
     f"IP({A})/UDP(sport=53, dport=1000)/DNS(id=7, qr=1, ra=1, aa=1, qd=DNSQR(qname='example.org', qtype='MX'))"),
    (f"{N} / udp sport=53 dport=1000 / dns id=7 qr=response qd.0.name=a.org an.0.name=b.org.@- an.0.type=A an.0.ttl=60 an.0.rdata=1.2.3.4",
     f"IP({A})/UDP(sport=53, dport=1000)/DNS(id=7, qr=1, qd=DNSQR(qname='a.org'), an=DNSRR(rrname='b.org.', type='A', ttl=60, rdata='1.2.3.4'))"),
    (f"{N} / udp sport=1000 dport=53 / dns id=7 qd=none rcode=refused opcode=status", f"IP({A})/UDP(sport=1000, dport=53)/DNS(id=7, qd=None, rcode=5, opcode=2)"),
    # DHCP
    ("ip src=0.0.0.0 dst=255.255.255.255 / udp sport=68 dport=67 / dhcp xid=0x1234 chaddr=02:00:00:00:00:01 "
     "options.0.code=message_type options.0.value.type=discover options.1.code=end",
     "IP(src='0.0.0.0', dst='255.255.255.255')/UDP(sport=68, dport=67)/BOOTP(xid=0x1234, chaddr=bytes.fromhex('020000000001'))"
     "/DHCP(options=[('message-type', 'discover'), 'end'])"),
    # GRE, VXLAN, SCTP
    (f"{N} / gre / ip src=1.1.1.1 dst=2.2.2.2 / {NU}", f"IP({A})/GRE()/IP(src='1.1.1.1', dst='2.2.2.2')/{U}"),
    (f"{N} / gre key=5 sequence_number=9 / {N6} / {NU}", f"IP({A})/GRE(key_present=1, key=5, seqnum_present=1, sequence_number=9)/IPv6({A6})/{U}"),
    (f"{N} / gre chksum_present=1 / {N} / icmp", f"IP({A})/GRE(chksum_present=1)/IP({A})/ICMP()"),
    (f"{N} / udp sport=1000 dport=4789 / vxlan vni=5 / {NE} / {N} / icmp", f"IP({A})/UDP(sport=1000, dport=4789)/VXLAN(vni=5, flags=8)/{E}/IP({A})/ICMP()"),
    (f"{N} / sctp sport=1 dport=2 tag=9 / sctp_chunk type=init init_tag=7 a_rwnd=1000 n_out_streams=1 n_in_streams=2 init_tsn=3",
     f"IP({A})/SCTP(sport=1, dport=2, tag=9)/SCTPChunkInit(init_tag=7, a_rwnd=1000, n_out_streams=1, n_in_streams=2, init_tsn=3)"),
    (f"{N} / sctp sport=1 dport=2 tag=9 / sctp_chunk type=data tsn=3 stream_id=1 stream_seq=2 proto_id=46 / text:hello",
     f"IP({A})/SCTP(sport=1, dport=2, tag=9)/SCTPChunkData(tsn=3, stream_id=1, stream_seq=2, proto_id=46, beginning=1, ending=1, data=b'hello')"),
    # lies: what is said is sent
    (f"{N} version=5 / {NU}", f"IP({A}, version=5)/{U}"),
    (f"{N} ihl=6 / {NU}", f"IP({A}, ihl=6)/{U}"),
    # Scapy's pseudo header believes the lie, ours the bytes that are there: so the sum is said here.
    (f"{N} len=4 / {NU} chksum=0x1234", f"IP({A}, len=4)/UDP(sport=1000, dport=2000, chksum=0x1234)"),
    (f"{N} chksum=0xdead / {NU} chksum=0xbeef", f"IP({A}, chksum=0xdead)/UDP(sport=1000, dport=2000, chksum=0xbeef)"),
    (f"{N} / {NU} len=4 / text:abcd", f"IP({A})/UDP(sport=1000, dport=2000, len=4)/b'abcd'"),
    (f"{N} / tcp sport=1 dport=2 dataofs=15 flags=FSRPAUEC reserved=7", f"IP({A})/TCP(sport=1, dport=2, dataofs=15, flags='FSRPAUEC', reserved=7)"),
    (f"{N6} plen=9 version=4 nh=99 / text:what", f"IPv6({A6}, plen=9, version=4, nh=99)/b'what'"),
    (f"{N} proto=6 / {NU}", f"IP({A}, proto=6)/{U}"),
    (f"{N} / udp sport=1000 dport=53 / dns id=7 qdcount=9 qd=name:a.org", f"IP({A})/UDP(sport=1000, dport=53)/DNS(id=7, qdcount=9, qd=DNSQR(qname='a.org'))"),
]

# Call form as it stands in books and answers; the same text for both.
PASTED = [
    f"IP({A})/TCP(sport=20,dport=80,flags=\"S\")", f"IP({A})/ICMP()", f"IP({A})/UDP(sport=53,dport=53)",
    f"Ether(src=\"02:00:00:00:00:01\",dst=\"ff:ff:ff:ff:ff:ff\")/IP({A})/UDP(sport=1,dport=2)",
    f"IP({A},ttl=5)/ICMP(type=8,code=0,id=1,seq=2)", f"IP({A})/TCP(sport=1024,dport=443,flags=\"SA\",seq=1000,ack=1)",
    f"IP({A},id=42,ttl=128)/TCP(sport=1,dport=22,flags=\"FPU\")", f"IPv6({A6})/TCP(sport=1,dport=80,flags=\"S\")",
    f"IPv6({A6},hlim=3)/UDP(sport=1,dport=33434)", f"IP({A},flags=\"MF\",frag=0)/UDP(sport=1,dport=2)",
    f"IP({A},flags=\"DF\")/TCP(sport=1,dport=2,flags=\"A\")", f"IP({A},proto=17)/UDP(sport=1,dport=2,len=8)",
    f"IP({A})/UDP(sport=1,dport=2,chksum=0x1234)", f"IP({A},chksum=0x1111)/ICMP()", f"IP({A},len=20)/ICMP()",
    f"IP({A},ihl=5,version=4)/TCP(sport=1,dport=2,window=1024)", f"IP({A})/TCP(sport=1,dport=2,flags=\"R\",seq=7)",
    f"IP({A})/TCP(sport=1,dport=2,flags=\"\")", f"IP({A})/TCP(sport=1,dport=2,flags=\"FSRPAU\")",
    f"IP({A})/TCP(sport=1,dport=2,urgptr=9,flags=\"U\")", f"IP({A})/ICMP(type=0,id=5,seq=6)",
    f"IP({A})/ICMP(type=3,code=1)/IP({A})/UDP(sport=1,dport=2)", f"IP({A})/ICMP(type=11,code=0)/IP({A})/ICMP()",
    f"IP({A})/ICMP(type=5,code=1,gw=\"10.0.0.9\")/IP({A})/UDP(sport=3,dport=4)", f"IP({A})/IP({A})/ICMP()",
    "Ether(src=\"02:00:00:00:00:01\",dst=\"ff:ff:ff:ff:ff:ff\")/ARP(op=1,hwsrc=\"02:00:00:00:00:01\",psrc=\"10.0.0.1\",pdst=\"10.0.0.2\")",
    "Ether(src=\"02:00:00:00:00:01\",dst=\"02:00:00:00:00:02\")/ARP(op=2,hwsrc=\"02:00:00:00:00:01\",psrc=\"10.0.0.1\",hwdst=\"02:00:00:00:00:02\",pdst=\"10.0.0.2\")",
    f"Ether(src=\"02:00:00:00:00:01\",dst=\"02:00:00:00:00:02\")/Dot1Q(vlan=7)/IP({A})/ICMP()",
    f"Ether(src=\"02:00:00:00:00:01\",dst=\"02:00:00:00:00:02\")/Dot1Q(vlan=7,prio=3)/Dot1Q(vlan=8)/IP({A})/ICMP()",
    "Ether(src=\"02:00:00:00:00:01\",dst=\"02:00:00:00:00:02\",type=0x88b5)", f"IP({A})/GRE()/IP({A})/ICMP()",
    f"IP({A})/GRE(key_present=1,key=7)/IP({A})/ICMP()", f"IP({A})/UDP(sport=1,dport=4789)/VXLAN(vni=9,flags=8)",
    f"IP({A})/SCTP(sport=1,dport=2,tag=3)", f"IPv6({A6},tc=1,fl=2)/UDP(sport=1,dport=2)",
    f"IPv6({A6})/IPv6ExtHdrFragment(offset=0,m=1,id=9)/UDP(sport=1,dport=2)", f"IP({A},tos=0x10)/UDP(sport=1,dport=2)",
    f"IP({A})/UDP(sport=1000,dport=53)/DNS(id=1,rd=1,qr=0)", f"IP({A},ttl=0)/TCP(sport=0,dport=0)",
    f"IP({A})/TCP(sport=1,dport=2)/Raw(load=\"GET / HTTP/1.0\")",
]


def main():
    if not os.access(TOOL, os.X_OK):
        print("skipped: no", TOOL)
        return 77
    verbose = "-v" in sys.argv
    lines = [pair[0] for pair in PAIRS] + PASTED
    done = subprocess.run([TOOL], input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    ours = done.stdout.splitlines()
    if len(ours) != len(lines):
        print(done.stderr, len(ours), "answers to", len(lines), "lines")
        return 1
    bad = equal = read = same = 0
    for (mine, theirs, *_), hexed in zip(PAIRS, ours):
        want = bytes(eval(theirs)).hex()
        if hexed == want:
            equal += 1
        else:
            bad = 1
            print(f"differ:\n  {mine}\n  {theirs}\n  we    {hexed}\n  scapy {want}")
    for text, hexed in zip(PASTED, ours[len(PAIRS):]):
        read += not hexed.startswith("error")
        want = bytes(eval(text)).hex()
        same += hexed == want
        if hexed != want and (verbose or hexed.startswith("error")):
            print(f"pasted:\n  {text}\n  we    {hexed}\n  scapy {want}")
    print(f"{equal} of {len(PAIRS)} expressions give Scapy's bytes, "
          f"{read} of {len(PASTED)} pasted lines are read, {same} of them with the same bytes")
    return bad or read != len(PASTED)


sys.exit(main())
