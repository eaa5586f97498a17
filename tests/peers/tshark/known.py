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
# What several kinds have in common.
DECRYPTED = "the capture file holds the keys, and tshark decrypts with them"
OTHER_VERSION = "RFC 791 section 3.1: version 4; tshark goes on with whatever the version says"
# Differences in which both are right, or we are, and why.
MARKS = "with us the tag and the length of ASN.1 (X.690 section 8.1) belong to the value"
PROTECTED = "with us the bits as they were sent; tshark takes the protection of the first packets away (RFC 9001 section 5.4)"
PREFIX = "with us a network is one value, of its length and its address (RFC 4271 section 4.3); tshark shows two"
RECEIVER = "where the receiver's name for the connection ends is known to the receiver alone (RFC 9000 section 17.3)"
CONVERSATION = ("only the conversation tells what it is: an answer from a port chosen at random (RFC 1350 section 4), a line "
                "without a command (RFC 4954 section 4), the middle of a frame or a block (RFC 9113 section 4.1)")
EXPLAINED = {
    "kerberos.padata_value: other bytes": MARKS,
    "kerberos.e_data: other bytes": MARKS,
    "kerberos.cname_string: other bytes": MARKS,
    "kerberos.sname_string: other bytes": MARKS,
    "tacplus.arg_value: other bytes": "the lengths of the arguments stand in a list before them (RFC 8907 section 6.1); "
                                      "here the arguments are one text",
    "quic.long.reserved: other bytes": PROTECTED,
    "quic.short.reserved: other bytes": PROTECTED,
    "quic.key_phase: other bytes": PROTECTED,
    "quic.key_phase: other value": PROTECTED,
    "quic.remaining_payload: other bytes": RECEIVER,
    "quic.protected_payload: other bytes": RECEIVER,
    "kerberos.kdc-req-body.etype: other bytes": MARKS,
    "stack: on wg tshark has ip, we nothing": DECRYPTED,
    "stack: on tls tshark has http2, we nothing": DECRYPTED,
    "stack: on quic tshark has tls, we nothing": DECRYPTED,
    "stack: on radius tshark has eap, we nothing": "a message of EAP is cut into attributes of up to 253 bytes (RFC 3579 "
                                                   "section 3.1), which are bytes here",
    "quic.packet_number_length: other bytes": PROTECTED,
    "isakmp.enc.data: other bytes": "how long the initialization vector in front is depends on the cipher that was "
                                    "agreed on before",
    "stack: on tcp tshark has socks, we http": "after the proxy's answer the stream is that of the other protocol "
                                               "(RFC 1928 section 6); tshark keeps the proxy below it",
    "bgp.nlri_prefix: other bytes": PREFIX,
    "bgp.withdrawn_prefix: other bytes": PREFIX,
    "bgp.mp_reach_nlri_ipv4_prefix: other bytes": PREFIX,
    "bgp.mp_reach_nlri_ipv6_prefix: other bytes": PREFIX,
    "bgp.mp_unreach_nlri_ipv4_prefix: other bytes": PREFIX,
    "bgp.mp_unreach_nlri_ipv6_prefix: other bytes": PREFIX,
    "isis.lsp.ipv6_reachability.ipv6_prefix: other bytes": PREFIX,
    "mqtt.msg: other bytes": "whether a PUBLISH is of version 5, with properties before the message, only the CONNECT "
                             "before it says; tshark remembers, here -d tcp.port=1883:mqtt5 does",
    "nbns.name: other bytes": "RFC 1002 section 4.1: a pointer has two bytes; tshark shows the second",
    "cdp.software_version: other bytes": "tshark makes a field of each line of the one text",
    "dhcp.option.type: other value": "tshark shows the end option as 0, though the byte is 255 "
                                     "(RFC 2132 section 3.2); its own label says 255",
    "icmpv6.opt.redirected_packet: other bytes": "tshark's field has no value to compare",
    "icmp.unused: other bytes": "RFC 4884 section 4 puts the length of the quoted packet into the word that "
                                "tshark shows whole as unused",
    "icmpv6.reserved: other bytes": "RFC 4884 section 4: its first byte is that length",
    "wlan.ext_tag.he_phy_cap.max_nc: other value": "IEEE 802.11ax section 9.4.2.248.3: a number of three bits; tshark "
                                                   "shows whether it is not 0",
    "stack: on udp tshark has rtp, we nothing": "RFC 3264 section 5: the ports are agreed on in SDP before",
    "stack: on tcp tshark has websocket, we nothing": "RFC 6455 section 1.3: behind the answer 101 the connection is no "
                                                      "longer HTTP's, which only the conversation tells",
    "syslog.msgid: other bytes": "RFC 5424 section 6: MSGID ends with a blank; tshark takes all that follows",
    "tcp.flags: other bytes": "RFC 9293 section 3.1: the reserved bits are no flags; tshark counts three of them in",
    "sctp.checksum: other value": "RFC 9260 appendix A sends the CRC least significant byte first; "
                                  "tshark shows the bytes as they stand",
    "http2.data.data: other bytes": "RFC 9113 section 6.1: padding is no data",
    "udp.payload: other bytes": "RFC 768: the length is that of this datagram; tshark goes on to the end of the IP packet",
    "stack: on icmpv6 tshark has ipv6, we nothing": "RFC 4861 section 4.6.3: the packet quoted in a redirect is an option's "
                                                    "content, and is bytes here",
    "stack: on tls tshark has http, we nothing": DECRYPTED,
    "stack: on tls tshark has http, we tls": DECRYPTED,
    "stack: on radiotap tshark has wlan, we nothing": "another version of 802.11 than 0, or a radiotap header that "
                                                      "is too short for its fields; tshark goes on",
    "tls.record.content_type: other value": DECRYPTED,
    "tls.handshake: other bytes": "a message of the handshake in several records is put together by tshark; a record that "
                                  "holds a piece of one is bytes here",
    "stack: on udp tshark has tftp, we nothing": CONVERSATION,
    "stack: on tcp tshark has smtp, we nothing": CONVERSATION,
    "stack: on tcp tshark has http2, we nothing": CONVERSATION,
    "smtp.req.command: other bytes": "RFC 3207 section 4: the command is STARTTLS; tshark takes its first four letters",
    "stack: on udp tshark has dns, we nothing": "port 8053 is nobody's; -d udp.port=8053:dns says what it is",
    "stack: on eth tshark has ip, we nothing": OTHER_VERSION,
    "stack: on the link tshark has ip, we nothing": OTHER_VERSION,
    "stack: on ip tshark has nothing, we udp": "RFC 791 section 3.1: a total length below the header's is no length; "
                                               "tshark stops",
    "stack: on vlan tshark has vlan, we nothing": "a tag of which the frame has two bytes of four",
    "stack: on tcp tshark has tls, we nothing": "SSL 2.0, which is another protocol (RFC 6176 forbids it)",
    "stack: on gtp tshark has pap, we nothing": "3GPP TS 24.008 section 10.5.6.3: a message of PPP inside an option, which is "
                                                "bytes here",
    "stack: on ip tshark has vrrp, we carp": "CARP uses VRRP's number and first byte; tshark tells it only where it is told "
                                             "to (-d ip.proto==112,carp)",
    "ldp.msg.tlv.fec.pfval: other bytes": PREFIX,
    "bvlc.length: other value": "ASHRAE 135 annex J.2: the length of the whole message; tshark shows that of its own header "
                                "as this field's value, and this one in words",
    "bacapp.present_value.real: other bytes": "with us the tag of a value is a field of its own",
    "bacapp.present_value.enum_index: other bytes": "with us the tag of a value is a field of its own",
    "stack: on tcp tshark has bittorrent, we nothing": CONVERSATION,
    "stack: on tcp tshark has rpc, we nothing": "the rest of a message; tshark puts it together",
    "stack: on tcp tshark has tpkt, we tls": "[MS-RDPBCGR] section 5.4.2.1: after the negotiation the connection is TLS's; "
                                             "tshark takes it for the rest of a message",
    "packets: tshark reads more": "a pcap file of version 2.5, which nobody has defined; it is refused here",
}
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
SIDE_BY_SIDE = {"l2tp3", "modbus", "vnc", "enip", "ipfix", "rpc", "bittorrent", "bittorrent_message", "ldp", "tpkt", "diameter", "nhrp", "ssh", "dtls", "quic", "quic_short", "stun", "kerberos", "openvpn", "tls", "mqtt", "mqtt5", "pgsql", "pgsql_start", "pgsql_reply", "mysql", "mysql_reply",
                "amqp", "amqp_header", "mpls", "http", "dns", "bgp", "http2", "http2_preface", "grpc", "websocket", "resp",
                "memcache", "memcache_text", "sip", "rtsp", "rtsp_frame", "rtcp", "rtcp_feedback", "rtcp_extended",
                "rtcp_app", "gearman", "nbd", "nbd_chunk", "dnp3"}
# Headings over other fields that have a value all the same: what the field before said.
HEADINGS = {"isakmp.typepayload", "goose.Data", "ldap.authentication", "ldap.filter", "ldap.and_item", "ldap.or_item", "ldap.not",
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
    "cflow": (59, 53, "records by a template of an earlier packet are bytes here"),
    "cip": (89, 85, "the data of an answer is of the object that the request named"),
    "coap": (69, 90, "an option's number is the sum of all deltas before it"),
    "http2": (76, 89, "heads are compressed with numbers that begin inside a byte (RFC 7541 section 5.1), and are bytes here"),
    "mqtt": (94, 90, "only the CONNECT says whether the packets after it are of version 5"),
    "sip": (94, 90, "the parts of an address in the first line are no fields of ours"),
    "smb": (95, 62, "what an answer to a query holds is said by its request"),
    "smb2": (93, 90, "what an answer to a query holds is said by its request"),
    "vnc": (75, 81, "how long a rectangle is depends on how pixels are written, which is agreed on before"),
}
