# SPDX-License-Identifier: BSD-2-Clause
"""What is known of the differences between tshark's view of packets and ours: names, what counts as a layer,
and the differences in which both are right, or we are. docs/differences.md tells of the same."""
import re
from fractions import Fraction

# tshark's protocol (as in frame.protocols) and ours, where the names differ. A list: any of them.
SAME = {
    "wg": "wireguard", "isakmp": "ike", "ssh": ["ssh", "ssh_version", "ssh_group", "ssh_encrypted"],
    "stun": ["stun", "turn_channel"], "tacplus": "tacacs", "kerberos": ["kerberos", "kerberos_tcp"],
    "quic": ["quic", "quic_retry", "quic_negotiation", "quic_invariant", "quic_short"],
    "udpencap": ["udpencap", "udpencap_keepalive"],
    "coap": ["coap", "coap_tcp"],
    "openvpn": ["openvpn", "openvpn_auth", "openvpn_tcp"],
    "ipv6": "ip6", "icmpv6": "icmp6", "ipv6.hopopts": "ip6_hopopts", "ipv6.dstopts": "ip6_dstopts",
    "ipv6.routing": "ip6_route", "ipv6.fraghdr": "ip6_frag", "ieee8021ad": "svlan",
    "vlan": ["vlan", "vlan_dot3"], "null": ["null", "null_be", "loop"], "wlan_radio": None,
    "wlan": "dot11", "dns": ["dns", "dns_tcp"], "loop": None,
    "ntp": ["ntp", "ntp_control", "ntp_private"],
    "ppp": ["ppp", "hdlc_ppp", "ppp_bare", "ppp_dir"], "pppoes": "pppoe",
    "wlancap": "avs", "wpan": ["wpan", "wpan_nofcs"], "wpan-nonask-phy": "wpan_phy", "can": ["can", "can_fd"],
    "erspan": ["erspan", "erspan3"], "vrrp": ["vrrp", "vrrp3"], "ospf": ["ospf", "ospf3"], "gtpv2": "gtp2",
    "l2tp": ["l2tp", "l2tp3", "l2tp_ip"], "lisp-data": "lisp_data", "vxlan": ["vxlan", "vxlangpe"],
    "eth": ["eth", "dot3"], "sll": ["sll", "sll2"], "dhcpv6": "dhcp6",
    "pgsql": ["pgsql_start", "pgsql", "pgsql_reply"], "mqtt": ["mqtt", "mqtt5"],
    "vnc": ["vnc_start", "vnc"],
    "nbd": ["nbd", "nbd_hello", "nbd_option", "nbd_option_reply", "nbd_chunk"],
    "http2": ["http2", "http2_preface"], "memcache": ["memcache", "memcache_text"], "rtsp": ["rtsp", "rtsp_frame"],
    "rtcp": ["rtcp", "rtcp_feedback", "rtcp_extended", "rtcp_app"],
    "portmap": ["portmap", "portmap_answer"], "mount": ["mount", "mount_answer"], "nfs": ["nfs", "nfs_answer"],
    "bittorrent": ["bittorrent", "bittorrent_message"], "cflow": ["netflow", "ipfix"], "ecatf": "ethercat",
    "smb2": ["smb2", "smb2_encrypted", "smb2_compressed"],
    "mysql": ["mysql_greeting", "mysql_login", "mysql", "mysql_reply"], "amqp": ["amqp_header", "amqp"],
}
# Fields that tshark shows in another unit: how many of its units are one of ours.
UNITS = {"radiotap.datarate": Fraction(1, 2), "stp.forward": Fraction(1, 256), "stp.hello": Fraction(1, 256),
         "stp.max_age": Fraction(1, 256), "stp.msg_age": Fraction(1, 256), "ppi.80211-common.rate": Fraction(500), "wlancap.data_rate": Fraction(100000), "dhcpv6.elapsed_time": Fraction(10)}
# Differences in which both are right, or we are: of which kind, and why in this case. docs/differences.md has a
# line for each kind.
EARLIER = "only earlier packets tell"
PIECES = "put together by tshark from several packets, records or attributes"
OPENED = "deciphered by tshark"
PARTED = "the same bytes, otherwise divided into values"
NO_HEAD = "no header by its first fields: bytes here; a layer to tshark"
GUESSED = "bound by tshark to a number that nobody gave, or by its looks"
MARKS = PARTED, "tag, length and value of ASN.1 are one here (X.690 section 8.1)"
TAG = PARTED, "the tag of a value is a field of its own here (ASHRAE 135 clause 20.2.1)"
PREFIX = PARTED, "a network is one value, of its length and its address (RFC 4271 section 4.3); tshark shows two"
PROTECTED = OPENED, "here the bits as they were sent; the keys of the first packets are known (RFC 9001 section 5.2)"
RECEIVER = EARLIER, "RFC 9000 section 17.3: where the receiver's name for the connection ends is known to it alone"
KEYS = OPENED, "the capture file holds the keys"
FILL = "the colour that fills a rectangle of Tight has three bytes where a pixel has 8 bits of each (the viewer has asked for no other form); tshark takes four, and is one byte off from there on"
VERSION = NO_HEAD, "RFC 791 section 3.1: version 4"
NUMBER = "the RESP specification: a number is decimal digits; for what is none tshark shows 0"
EXPLAINED = {
    "bgp.mp_reach_nlri_ipv4_prefix: other bytes": PREFIX,
    "bgp.mp_reach_nlri_ipv6_prefix: other bytes": PREFIX,
    "bgp.mp_unreach_nlri_ipv4_prefix: other bytes": PREFIX,
    "bgp.mp_unreach_nlri_ipv6_prefix: other bytes": PREFIX,
    "bgp.nlri_prefix: other bytes": PREFIX,
    "bgp.withdrawn_prefix: other bytes": PREFIX,
    "isis.lsp.ipv6_reachability.ipv6_prefix: other bytes": PREFIX,
    "ldp.msg.tlv.fec.pfval: other bytes": PREFIX,
    "kerberos.cname_string: other bytes": MARKS,
    "kerberos.e_data: other bytes": MARKS,
    "kerberos.kdc-req-body.etype: other bytes": MARKS,
    "kerberos.padata_value: other bytes": MARKS,
    "kerberos.sname_string: other bytes": MARKS,
    "bacapp.present_value.enum_index: other bytes": TAG,
    "bacapp.present_value.real: other bytes": TAG,
    "cdp.software_version: other bytes": (PARTED, "a field of each line of the one text"),
    "tacplus.arg_value: other bytes": (PARTED, "the lengths of the arguments stand in a list before them (RFC 8907 section 6.1); "
                                               "here they are one text"),
    "quic.key_phase: other bytes": PROTECTED,
    "quic.key_phase: other value": PROTECTED,
    "quic.long.reserved: other bytes": PROTECTED,
    "quic.packet_number_length: other bytes": PROTECTED,
    "quic.short.reserved: other bytes": PROTECTED,
    "stack: on quic tshark has tls, we nothing": PROTECTED,
    "stack: on tls tshark has http, we nothing": KEYS,
    "stack: on tls tshark has http, we tls": KEYS,
    "stack: on tls tshark has http2, we nothing": KEYS,
    "stack: on wg tshark has ip, we nothing": KEYS,
    "tls.record.content_type: other value": KEYS,
    "quic.protected_payload: other bytes": RECEIVER,
    "quic.remaining_payload: other bytes": RECEIVER,
    "isakmp.enc.data: other bytes": (EARLIER, "RFC 7296 section 3.14: the length of the initialization vector is that of the cipher "
                                              "that was agreed on"),
    "wlan_rsna_eapol.keydes.mic: other bytes": (EARLIER, "IEEE 802.11-2020 section 12.7.3: the length of the MIC is that of the suite "
                                                         "that was agreed on"),
    "ppp.protocol: other bytes": (EARLIER, "RFC 1661 section 6.5: whether the number may have one byte was agreed on before"),
    "mqtt.msg: other bytes": (EARLIER, "MQTT 5.0 section 3.1.2.2: only the CONNECT has the version; -d tcp.port=1883:mqtt5"),
    "stack: on http tshark has grpc, we nothing": (EARLIER, "what a body is: the head of the message may be in another packet"),
    "stack: on tcp tshark has socks, we http": (EARLIER, "RFC 1928 section 6: after the proxy's answer the stream is another "
                                                         "protocol's; tshark keeps the proxy below it"),
    "stack: on tcp tshark has websocket, we nothing": (EARLIER, "RFC 6455 section 1.3: behind the answer 101 the connection is no "
                                                                "longer HTTP's"),
    "stack: on tcp tshark has smtp, we nothing": (EARLIER, "RFC 4954 section 4: a line without a command"),
    "stack: on eapol tshark has nothing, we tls": (PIECES, "RFC 5216 section 2.1.5: a message of TLS in several of EAP; tshark shows "
                                                           "it in the last"),
    "stack: on eapol tshark has tls, we nothing": (PIECES, "RFC 5216 section 2.1.5: the last piece of a message of TLS in several of EAP"),
    "stack: on radius tshark has eap, we nothing": (PIECES, "RFC 3579 section 3.1: a message of EAP in attributes of up to 253 bytes"),
    "stack: on tcp tshark has dns, we nothing": (PIECES, "RFC 1035 section 4.2.2: the rest of a message, whose length came before"),
    "stack: on tcp tshark has bgp, we nothing": (PIECES, "the rest of a message; tshark goes on at the next marker"),
    "stack: on tcp tshark has bittorrent, we nothing": (PIECES, "the middle of a block"),
    "stack: on tcp tshark has http2, we nothing": (PIECES, "RFC 9113 section 4.1: the middle of a frame"),
    "stack: on tcp tshark has rpc, we nothing": (PIECES, "RFC 5531 section 11: the rest of a record"),
    "stack: on rpc tshark has nothing, we nfs": (PIECES, "RFC 5531 section 11: the beginning of a record; tshark waits for the rest"),
    "tls.handshake: other bytes": (PIECES, "RFC 8446 section 5.1: a message of the handshake in several records"),
    "stack: on gtp tshark has pap, we nothing": "3GPP TS 24.008 section 10.5.6.3: a message of PPP inside an option, which is "
                                                "bytes here",
    "stack: on eth tshark has ip, we nothing": VERSION,
    "stack: on the link tshark has ip, we nothing": VERSION,
    "stack: on radiotap tshark has wlan, we nothing": (NO_HEAD, "IEEE 802.11-2020 section 9.2.4.1: another version than 0, or a radiotap "
                                                                "header that is too short for its fields"),
    "stack: on the link tshark has ppp, we nothing": (NO_HEAD, "RFC 1662 section 3.1: it does not begin with ff 03"),
    "stack: on tcp tshark has resp, we nothing": (NO_HEAD, "its first byte is no type of RESP"),
    "stack: on tcp tshark has tls, we nothing": (NO_HEAD, "RFC 6176: SSL 2.0, which is another protocol, and forbidden"),
    "stack: on udp tshark has isakmp, we nothing": (NO_HEAD, "RFC 7296 section 3.1: versions 1 and 2"),
    "stack: on udp tshark has kerberos, we nothing": (NO_HEAD, "RFC 4120 section 5.10: no tag of a message; a bare ticket, or version 4"),
    "stack: on udp tshark has ldp, we nothing": (NO_HEAD, "RFC 5036 section 3.1: longer than the 4096 bytes that it may have"),
    "stack: on ip tshark has vrrp, we nothing": (NO_HEAD, "RFC 9568 section 5.2.1: version 2 or 3"),
    "stack: on rpc tshark has nfs, we nothing": (NO_HEAD, "RFC 1813: version 3; version 2 is not described"),
    "stack: on udp tshark has ripng, we nothing": (NO_HEAD, "RFC 2080 section 2.1: version 1"),
    "stack: on vlan tshark has vlan, we nothing": (NO_HEAD, "IEEE 802.1Q section 9.6: two of the four bytes of a tag"),
    "stack: on eth tshark has wpan, we nothing": (GUESSED, "0x809a is nobody's EtherType"),
    "stack: on udp tshark has dns, we nothing": (GUESSED, "port 8053 is nobody's; -d udp.port=8053:dns"),
    "stack: on udp tshark has rtcp, we nothing": (GUESSED, "RFC 3550 section 11: no port of its own; tshark tries each packet"),
    "stack: on ip tshark has vrrp, we carp": "CARP uses VRRP's number and first byte; tshark tells it only where it is told "
                                             "to (-d ip.proto==112,carp)",
    "stack: on tcp tshark has tpkt, we tls": "[MS-RDPBCGR] section 5.4.2.1: after the negotiation the connection is TLS's; "
                                             "tshark takes it for the rest of a message",
    "stack: on ip tshark has nothing, we udp": "RFC 791 section 3.1: a total length below the header's is no length; "
                                               "tshark stops",
    "bvlc.length: other value": "ASHRAE 135 annex J.2: the length of the whole message; tshark shows that of its own header "
                                "as this field's value, and this one in words",
    "dhcp.option.type: other value": "tshark shows the end option as 0, though the byte is 255 "
                                     "(RFC 2132 section 3.2); its own label says 255",
    "dtls.alert_message: other bytes": "RFC 6347 section 4.1: the record has its length; tshark points to two bytes of an alert "
                                       "that is encrypted and longer",
    "http2.data.data: other bytes": "RFC 9113 section 6.1: padding is no data",
    "icmp.unused: other bytes": "RFC 4884 section 4: one of the four bytes that tshark shows as unused is a length",
    "icmpv6.reserved: other bytes": "RFC 4884 section 4: one of the four bytes that tshark shows as unused is a length",
    "nbns.name: other bytes": "RFC 1002 section 4.1: a pointer has two bytes; tshark shows the second",
    "sctp.checksum: other value": "RFC 9260 appendix A sends the CRC least significant byte first; "
                                  "tshark shows the bytes as they stand",
    "smtp.req.command: other bytes": "RFC 3207 section 4: the command is STARTTLS; tshark takes its first four letters",
    "syslog.msgid: other bytes": "RFC 5424 section 6: MSGID ends with a blank; tshark takes all that follows",
    "tcp.flags: other bytes": "RFC 9293 section 3.1: the reserved bits are no flags; tshark counts three of them in",
    "udp.payload: other bytes": "RFC 768: the length is that of this datagram; tshark goes on to the end of the IP packet",
    "wlan.ext_tag.he_phy_cap.max_nc: other value": "IEEE 802.11ax section 9.4.2.248.3: a number of three bits; tshark "
                                                   "shows whether it is not 0",
    "ospf.reserved: other value": "tshark shows it in hexadecimal digits without a mark",
    "resp.bulk_string.length: other bytes": NUMBER,
    "resp.integer: other bytes": NUMBER,
    "rip.authentication_data: other bytes": "RFC 4822 section 2.1: the length of the digest, 20 here, stands before it; tshark "
                                            "takes 16",
    "vnc.tight_fill_color: other bytes": FILL,
    "vnc.fb_update_x_pos: other bytes": FILL,
    "vnc.fb_update_y_pos: other bytes": FILL,
    "vnc.fb_update_width: other bytes": FILL,
    "vnc.fb_update_height: other bytes": FILL,
    "vnc.fb_update_encoding_type: other bytes": FILL,
    "vnc.padding: other bytes": FILL,
    "packets: tshark reads more": "a pcap file of version 2.5, which nobody has defined; it is refused here",
}


def kind_of(difference):
    """What the difference is counted as; itself if nothing explains it."""
    known = EXPLAINED.get(difference, difference)
    return known if isinstance(known, str) else known[0]


def reason(difference):
    """Why it is nobody's fault; None: it is not known."""
    known = EXPLAINED.get(difference)
    return known if known is None or isinstance(known, str) else "%s: %s" % known


# Steps of tshark's that are no headers of their own.
NO_HEADER = {"mbtcp", "ecat", "cip", "cipcls", "cipcm", "ethertype", "eth_maybefcs", "wlan.mgt", "wlan_aggregate", "wlan_radio", "tcp.segments",
             "raw", "osi", "isis.hello", "isis.lsp", "isis.csnp", "isis.psnp", "glbp.tlv", "x509sat", "x509ce", "x509af", "pkcs-1", "pkix1explicit", "pkix1implicit", "xml", "image-gif"}
# What was there at first and became another protocol; tshark keeps it as a step without a header.
AROUND = {"http": ("http2", "websocket"), "gtp": ("gtpv2",)}
# Elements of tshark's that are no layers.
NO_LAYER = {"geninfo", "frame", "fake-field-wrapper"}
# Layers of ours that tshark keeps inside another of its own.
INSIDE = re.compile(r"^(ike1?_.*|vxlangpe|snap|sctp_chunk|dot11_.*|eap|eapol_key|wpan_beacon|wpan_command|rpc_record|sflow_sample|sflow_record)$")
# Fields that a header of it begins with, where others may stand without one.
HEADS = {"http": ("http.request.method", "http.response.code"), "tls": ("tls.record.",), "dns": ("dns.id", "dns.length")}
# Several of these side by side are one step for tshark.
SIDE_BY_SIDE = {"l2tp3", "modbus", "vnc", "vnc_start", "enip", "ipfix", "rpc", "bittorrent", "bittorrent_message", "ldp", "tpkt", "diameter", "nhrp", "ssh", "dtls", "quic", "quic_short", "stun", "kerberos", "openvpn", "tls", "mqtt", "mqtt5", "pgsql", "pgsql_start", "pgsql_reply", "mysql", "mysql_reply",
                "amqp", "amqp_header", "mpls", "http", "dns", "bgp", "http2", "http2_preface", "grpc", "websocket", "coap", "coap_tcp", "resp",
                "memcache", "memcache_text", "sip", "rtsp", "rtsp_frame", "rtcp", "rtcp_feedback", "rtcp_extended",
                "rtcp_app", "gearman", "nbd", "nbd_chunk", "dnp3"}
# Headings over other fields that have a value all the same: what the field before said.
HEADINGS = {"coap.opt.name", "coap.opt.desc", "isakmp.typepayload", "goose.Data", "ldap.authentication", "ldap.filter", "ldap.and_item", "ldap.or_item", "ldap.not",
            "ldap.substrings_item"}
# tshark's payload: not ours to name.
PAYLOAD = {"data", "data-text-lines", "mime_multipart", "media", "urlencoded-form", "png", "json"}
# Fields of it that are content and no header, and its types that are bytes without a meaning of their own.
CONTENT = {"http.file_data", "icmp.data_time"}
# What it shows in a packet but knows from elsewhere: from the request, by taking a mask away or decrypting, from a table.
ELSEWHERE = {"modbus.regnum16", "websocket.payload", "quic.packet_number", "quic.payload", "quic.crypto.crypto_data", "isakmp.vid_string", "e164.country_code", "e212.mcc", "e212.mnc"}
PLAIN = {"FT_NONE", "FT_BYTES", "FT_UINT_BYTES", "FT_PROTOCOL"}
# Of whose fields fewer than 95 % bear a name of ours in captures/, or fewer than 90 % of whose bytes do: how
# many do, and why not more.
FEW = {
    "sip": (94, 90, "the parts of an address in the first line are no fields of ours"),
}
