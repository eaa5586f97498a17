/* SPDX-License-Identifier: BSD-2-Clause */
/* The display filter: what matches, and what is said of a wrong one. */
#include "tests/unit/dissect_help.h"

#include "dissect/filter.h"

/* 0: DNS query over UDP and IPv4; 1: TCP SYN with options; 2: ARP question; 3: ping over IPv6; 4:
 * an ICMP error that quotes UDP; 5: HTTP; 6: bytes of an unknown EtherType; 7: VLAN. */
static const char *const packets[] = {
	ETH("0800") "45000039 1234 4000 40 11 0000 0a000001 0a0000fe 9c40 0035 0025 0000"
		    "abcd 0100 0001 0000 0000 0000 07 6578616d706c65 03 6f7267 00 001c 0001",
	ETH("0800") "45000030 0001 4000 40 06 0000 0a000001 c0a80105 9c40 0050 00000064 00000000 "
		    "7002"
		    "2000 0000 0000 020405b4 01010402",
	"ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000"
	"0a000002",
	"020000000002 020000000001 86dd 60000000 0008 3a 40 fe800000000000000000000000000001"
	"fe800000000000000000000000000002 8000 0000 0007 0001",
	ETH("0800") "45000038 0009 0000 40 01 0000 0a000009 0a000001 0303 0000 00000000"
		    "4500001c 0001 0000 01 11 0000 0a000001 0a000002 9c40 829a 0008 0000",
	ETH("0800") "4500004e 0001 4000 40 06 0000 0a000001 0a000002 9c41 0050 00000065 00000001 "
		    "5018"
		    "2000 0000 0000 "
		    "474554202f20485454502f312e310d0a486f73743a20612e6578616d706c650d0a0d0a",
	ETH("88b6") "00 01 02 03 68656c6c6f",
	ETH("8100") "6007 0800 4500001c 0001 0000 40 11 0000 0a000001 0a000002 0043 0044 0008 0000",
};

/* A letter for each packet: 1 matches, 0 does not. */
static const struct {
	const char *filter;
	const char *want;
} good[] = {
	{ "", "11111111" },
	/* presence */
	{ "ip", "11001101" },
	{ "IP", "11001101" },
	{ "eth", "11111111" },
	{ "dns", "10000000" },
	{ "ipv6 or arp", "00110000" },
	{ "vlan", "00000001" },
	{ "not ip", "00110010" },
	{ "!ip", "00110010" },
	{ "tcp.options", "01000000" },
	{ "icmp && udp", "00001000" },
	/* numbers, in every spelling of the operators */
	{ "udp.dport == 53", "10000000" },
	{ "udp.dport eq 0x35", "10000000" },
	{ "udp.dstport==53", "10000000" },
	{ "tcp.dport != 80", "00000000" },
	{ "tcp.sport ne 40000", "00000100" },
	{ "ip.ttl < 2", "00001000" },
	{ "ip.ttl <= 1", "00001000" },
	{ "ip.ttl lt 64", "00001000" },
	{ "ip.ttl > 63", "11001101" },
	{ "ip.ttl ge 64", "11001101" },
	{ "ip.ttl === 64", "11000101" },
	{ "ip.ttl !== 64", "00001000" },
	/* either of a pair */
	{ "tcp.port == 80", "01000100" },
	{ "udp.port in {53, 68}", "10000001" },
	{ "ip.addr == 10.0.0.2", "00001101" },
	{ "ip.addr == 10.0.0.9", "00001000" },
	{ "eth.addr == ff:ff:ff:ff:ff:ff", "00100000" },
	{ "ipv6.addr == fe80::2", "00010000" },
	{ "ip.addr != 10.0.0.1", "00000000" },
	{ "!(ip.addr == 10.0.0.2)", "11110010" },
	/* networks */
	{ "ip.dst == 10.0.0.0/24", "10001101" },
	{ "ip.dst == 192.168.0.0/16", "01000000" },
	{ "ip.dst != 10.0.0.0/8", "01000000" },
	{ "ipv6.src == fe80::/10", "00010000" },
	{ "ip.src in {10.0.0.9, 192.168.0.0/16}", "00001000" },
	/* order of addresses */
	{ "ip.dst > 10.0.0.2", "11000000" },
	/* sets and ranges */
	{ "tcp.dport in {80}", "01000100" },
	{ "tcp.dport in {1..79, 81..90}", "00000000" },
	{ "tcp.dport in {1-79 80-90}", "01000100" },
	{ "tcp.dport not in {443 8080}", "11111111" }, /* the same as not (... in ...) */
	{ "tcp && tcp.dport not in {443 80}", "00000000" },
	/* words */
	{ "icmp6.type == echo-request", "00010000" },
	{ "icmp.type == dest-unreach", "00001000" },
	{ "arp.op == who-has", "00100000" },
	{ "arp.opcode == 1", "00100000" },
	{ "tcp.flags == S", "01000000" },
	{ "tcp.flags == psh+ack", "00000100" },
	{ "tcp.flags.syn == 1", "01000000" },
	{ "tcp.flags.syn == 0", "00000100" },
	{ "tcp.flags.ack == true", "00000100" },
	{ "ip.flags.df == 1", "11000100" },
	{ "tcp.flags & 0x02", "01000000" },
	{ "tcp.flags & 0x18 == 0x18", "00000100" },
	/* a selector: whom it selects, by name, at any of its values */
	{ "ip.proto == tcp", "01000100" },
	{ "ip.proto == icmp", "00001000" },
	{ "tcp.dport == http", "01000100" },
	{ "tcp.port in {http}", "01000100" },
	{ "udp.port == dns", "10000000" },
	{ "tcp && tcp.dport != http", "00000000" },
	{ "eth.type == arp", "00100000" },
	{ "tcp.dport in (79, 80)", "01000100" },
	/* items of lists, by index and any of them */
	{ "dns.qd.0.name == example.org", "10000000" },
	{ "dns.qd.name == \"example.org\"", "10000000" },
	{ "dns.qry.name contains \"ample\"", "10000000" },
	{ "dns.qry.name == example.com", "00000000" },
	{ "dns.qd.1.name", "00000000" },
	{ "tcp.options.0.value == 1460", "01000000" },
	{ "tcp.options.type == nop", "01000000" },
	{ "tcp.options.type in {sackok}", "01000000" },
	/* text, bytes, slices */
	{ "http.method == GET", "00000100" },
	{ "http contains \"a.example\"", "00000100" },
	{ "frame contains \"hello\"", "00000010" },
	{ "frame contains 68:65:6c:6c:6f", "00000010" },
	{ "eth[12:2] == 88:b6", "00000010" },
	{ "eth.src[0:3] == 02:00:00", "11111111" },
	{ "eth.dst[0] == ff", "00100000" },
	{ "eth.dst[5-5] == 02", "11011111" },
	{ "eth.dst[-1:] == 02", "11011111" },
	{ "eth.src[:2] == 02:01", "00000000" },
	{ "eth.payload[0:4] == 00010203", "00000010" },
	{ "udp.payload", "10000000" },
	{ "http matches \"host: [a-z.]+example\"", "00000100" },
	{ "http.method matches \"^(get|put)$\"", "00000100" },
	{ "dns.qry.name matches \"\\.org$\"", "10000000" },
	{ "frame contains \"GET\\x20/\"", "00000100" },
	{ "frame contains \"\\r\\n\\r\\n\"", "00000100" },
	{ "frame contains \"\\0\\n\"", "11101101" },
	{ "frame contains \"\\t\"", "00001000" },
	{ "frame.cap_len == 23", "00000010" },
	{ "frame.pkt_len == frame.cap_len", "11111111" },
	{ "frame.link == 1", "11111111" },
	{ "frame.interface_id == 0", "11111111" },
	{ "frame.protocols == \"eth:ip:udp:dns\"", "10000000" },
	{ "frame.protocols contains \"arp\"", "00100000" },
	{ "data == 00:01:02:03:68:65:6c:6c:6f", "00000010" },
	{ "data.len == 9", "00000010" },
	{ "eth.dst[0:2,4] == ff:ff:ff", "00100000" },
	{ "dns.qry.name matches \"^[]a-z+++++++++++++++++++++]+\\++.+[[:alpha:]]{2,900}\"",
	  "00000000" },
	{ "dns.qry.name matches \"^(e+x+a+m+p+l+e+)+[.]o+r+g+\"", "10000000" },
	{ "len(udp.payload) > 20", "10000000" },
	{ "count(ip.src) == 2", "00001000" },
	{ "lower(http.method) == get", "00000100" },
	/* the packet itself */
	{ "frame.len > 80", "00000100" },
	{ "frame.number == 3", "00100000" },
	{ "frame.number in {2..4}", "01110000" },
	{ "frame.time >= \"2026-11-22 10:38:16\"", "11111111" },
	{ "frame.time < 2026-11-22T10:38:17.5Z", "10000000" },
	{ "frame.time_epoch < 1795343897.5", "10000000" },
	/* the nth of its kind */
	{ "ip.2.dst == 10.0.0.2", "00001000" },
	{ "ip.dst#1 == 10.0.0.2", "00000101" },
	{ "ppi.80211-common.tsft == 1", "00000000" }, /* no number of a layer */
	{ "udp.port == 33434", "00001000" },
	/* field against field */
	{ "ip.src == ip.dst", "00001000" },
	{ "tcp.sport > tcp.dport", "01000100" },
	{ "udp.sport == ip.ttl", "00000000" },
	/* grammar */
	{ "tcp and tcp.port==80 and not http", "01000000" },
	{ "arp || udp && vlan", "00100001" },
	{ "(arp || udp) && vlan", "00000001" },
	{ "!!arp", "00100000" },
	{ "not not arp", "00100000" },
	{ "not (arp or ip) and not ipv6", "00000010" },
	{ "dns or tcp or arp or icmp6", "11110100" },
	{ "ip and udp and dns", "10000000" },
	{ "vlan.id == 7", "00000001" },
};

START_TEST(test_good)
{
	struct registry *r = help_registry(NULL);
	struct filter_work w = { 0 };
	struct err e = { 0 };
	struct filter *f = filter_parse(r, good[_i].filter, strlen(good[_i].filter), &e);
	char got[16] = "";

	ck_assert_msg(f != NULL, "%s: %s at %u", good[_i].filter, e.msg, e.col);
	for (int i = 0; i < COUNT(packets); i++) {
		struct packet p;

		help_packet(&p, LINK_ETHERNET, packets[i]);
		p.number = (uint64_t)i + 1;
		p.when = (1795343897 + i) * INT64_C(1000000000);
		dissect(r, &p);
		got[i] = filter_match(f, &p, &w) ? '1' : '0';
		free((void *)(uintptr_t)p.data);
	}
	ck_assert_msg(strcmp(got, good[_i].want) == 0, "%s: %s, expected %s", good[_i].filter, got,
		      good[_i].want);
	filter_work_done(&w);
	filter_close(f);
	registry_close(r);
}
END_TEST

static const struct {
	const char *filter;
	unsigned col, span;
	const char *has; /* in the sentence */
} bad[] = {
	{ "tcp.dprt == 80", 1, 8, "tcp.dport" },
	{ "tpc", 1, 3, "tcp" },
	{ "ip.adr == 1.2.3.4", 1, 6, "ip.addr" },
	{ "tcp and udp.lenght > 8", 9, 10, "udp.length" },
	{ "tcp.dport == eighty", 14, 6, "" },
	{ "ip.src == 10.0.0.256", 11, 10, "" },
	{ "ip.src == 10.0.0.0/33", 11, 11, "network" },
	{ "eth.src == 02:00", 12, 5, "" },
	{ "tcp.flags == syn,ack", 17, 1, "" },
	{ "(tcp", 1, 1, "not closed" },
	{ "tcp)", 4, 1, "closes nothing" },
	{ "tcp &&", 7, 1, "field" },
	{ "tcp udp", 5, 1, "'and'" },
	{ "tcp.port in 80", 13, 1, "set" },
	{ "tcp.port in {80", 13, 1, "does not end" },
	{ "tcp.port in {}", 13, 2, "empty" },
	{ "http.method matches \"a++++++++++++++++++++++++++++++\"", 21, 33, "repeats or nests" },
	{ "icmp.type ~ 4+*++++++++++++.n", 13, 17, "repeats or nests" },
	{ "http.uri matches \"(.*)(.*)(.*)\\1\\2y\"", 18, 19, "references back" },
	{ "http.method matches \"((a*)*(b*)*(c*)*)*{900}\"", 21, 25, "repeats or nests" },
	{ "http.method matches \"((((a*)*)*)*)*\"", 21, 16, "repeats or nests" },
	{ "http.method matches \"((((a+)+)+)+b){999}\"", 21, 21, "repeats or nests" },
	{ "http.method matches \"(a{90}){900}\"", 21, 14, "repeats or nests" },
	{ "http.method matches \"((((((((((((((((((((((((((((((((((((a\"", 21, 39,
	  "repeats or nests" },
	{ "http.method matches \"(\"", 21, 3, "regular expression" },
	{ "frame contains \"abc", 16, 1, "quotes" },
	{ "eth[a] == 1", 5, 1, "slice" },
	{ "80 == tcp.port", 1, 2, "field" },
	{ "frame.time > yesterday", 14, 9, "time" },
	{ "tcp.dport ==", 13, 1, "missing" },
	/* what the field can never hold */
	{ "ip.ttl == 300", 11, 3, "does not fit" },
	{ "tcp.dport in {80, 70000}", 19, 5, "does not fit" },
	{ "udp.port == -1", 13, 2, "does not fit" },
	{ "tcp.dport == arp", 14, 3, "number" }, /* a protocol, but none that a port selects */
	{ "ip.ttl in (1, 64", 11, 1, "')' is missing" },
	{ "ip.ttl in (1, 64}", 17, 1, "" },
	{ "http.request", 1, 12, "it has method" },
	{ "udp.bogusname == 4", 1, 13, "it has sport, dport" },
};

START_TEST(test_bad)
{
	struct registry *r = help_registry(NULL);
	struct err e = { 0 };
	struct filter *f = filter_parse(r, bad[_i].filter, strlen(bad[_i].filter), &e);

	ck_assert_msg(f == NULL, "%s was taken", bad[_i].filter);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_msg(e.col == bad[_i].col && (e.span == bad[_i].span || e.span <= 1),
		      "%s: column %u span %u, expected %u %u (%s)", bad[_i].filter, e.col, e.span,
		      bad[_i].col, bad[_i].span, e.msg);
	ck_assert_msg(strstr(e.msg, bad[_i].has) != NULL, "%s: '%s' does not hold '%s'",
		      bad[_i].filter, e.msg, bad[_i].has);
	registry_close(r);
}
END_TEST

/* Fields and arms of one type are still themselves: each its own words and names. */
static const char kin[] =
	"protocol kin \"Kin\" {\n over link 147\n"
	" x : u8 enum { one = 1, two = 2 } alias kin.any\n"
	" y : u8 enum { one = 2, two = 1 } alias kin.any\n"
	" value : choose x { 1 -> u16 alias kin.first\n 2 -> u16 alias kin.second\n"
	" else -> bytes[..] }\n}\n";
static const struct {
	const char *filter, *want;
} kins[] = {
	{ "kin.any == one", "1101" }, { "kin.any == two", "1110" }, { "kin.x == one", "1001" },
	{ "kin.y == one", "0101" },   { "kin.first == 7", "1001" }, { "kin.second == 7", "0110" },
	{ "kin.first", "1001" },      { "kin.second", "0110" },
};

START_TEST(test_kin)
{
	static const char *const bytes[] = { "01 01 0007", "02 02 0007", "02 01 0007",
					     "01 02 0007" };
	struct registry *r = help_registry(kin);
	struct filter_work w = { 0 };
	struct err e = { 0 };
	struct filter *f = filter_parse(r, kins[_i].filter, strlen(kins[_i].filter), &e);
	char got[8] = "";

	ck_assert_msg(f != NULL, "%s: %s at %u", kins[_i].filter, e.msg, e.col);
	for (int i = 0; i < COUNT(bytes); i++) {
		struct packet p;

		help_packet(&p, 147, bytes[i]);
		dissect(r, &p);
		got[i] = filter_match(f, &p, &w) ? '1' : '0';
		free((void *)(uintptr_t)p.data);
	}
	ck_assert_msg(strcmp(got, kins[_i].want) == 0, "%s: %s, expected %s", kins[_i].filter, got,
		      kins[_i].want);
	filter_work_done(&w);
	filter_close(f);
	registry_close(r);
}
END_TEST

START_TEST(test_deep)
{
	struct registry *r = help_registry(NULL);
	struct buf b = { 0 };
	struct err e = { 0 };
	struct filter *f;

	for (int i = 0; i < 100000; i++)
		buf_char(&b, '(');
	f = filter_parse(r, b.p, b.n, &e);
	ck_assert(f == NULL);
	b.n = 0;
	buf_str(&b, "tcp");
	for (int i = 0; i < 2000; i++)
		buf_str(&b, " || udp");
	e = (struct err) { 0 };
	f = filter_parse(r, b.p, b.n, &e);
	ck_assert_msg(f != NULL, "%s", e.msg);
	filter_close(f);
	buf_done(&b);
	registry_close(r);
}
END_TEST

/* Every prefix of every filter is read or refused, and what is read runs over every prefix of every
 * packet. */
START_TEST(test_prefixes)
{
	struct registry *r = help_registry(NULL);
	struct filter_work w = { 0 };

	for (int i = 0; i < COUNT(good); i++) {
		for (size_t n = 0; n <= strlen(good[i].filter); n++) {
			char *exact = malloc(n ? n : 1);
			struct err e = { 0 };
			struct filter *f;

			memcpy(exact, good[i].filter, n);
			f = filter_parse(r, exact, n, &e);
			ck_assert(f || e.code);
			if (f && n == strlen(good[i].filter)) {
				for (int k = 0; k < COUNT(packets); k++) {
					struct packet p;

					help_packet(&p, LINK_ETHERNET, packets[k]);
					for (; p.len; p.len -= p.len > 7 ? 7 : p.len) {
						dissect(r, &p);
						filter_match(f, &p, &w);
					}
					free((void *)(uintptr_t)p.data);
				}
			}
			filter_close(f);
			free(exact);
		}
	}
	filter_work_done(&w);
	registry_close(r);
}
END_TEST

/* What one byte of a header tells: never no where the filter matches; and enough to be of use. */
static const struct {
	const char *filter;
	unsigned at; /* byte of the TCP header */
	unsigned may;
} bytes[] = {
	{ "tcp.flags.syn == 1 && tcp.flags.ack == 0", 13, 64 },
	{ "tcp.flags.syn == 1", 13, 128 },
	{ "tcp.flags & 0x3f == 0 || tcp.flags & 0x3f == 1", 13, 8 },
	{ "tcp.flags == 0x12", 13, 1 },
	{ "tcp.flags == 0x12", 12, 128 },
	{ "tcp.flags in {0x12, 0x10..0x11}", 13, 19 }, /* bit 8 may be set */
	{ "tcp.flags.ack != 1", 13, 128 },
	{ "tcp.flags.ack", 13, 256 }, /* is there */
	{ "tcp.flags & 0x10", 13, 128 },
	{ "tcp.srcport < 1024", 0, 4 },
	{ "tcp.srcport >= 32768", 0, 128 },
	{ "tcp.srcport > 255 && tcp.srcport <= 511", 0, 1 },
	{ "tcp.dstport in {80, 443, 1024..2047}", 2, 6 },
	{ "tcp.port == 80", 0, 256 }, /* the other one may be */
	{ "!(tcp.dstport == 80)", 2, 256 },
	{ "tcp.seq_raw == 0 && udp", 4, 1 },
	{ "udp.srcport == 7", 0, 256 },
	{ "(tcp.flags.syn == 1 || dns) && tcp.flags.fin == 1", 13, 128 },
	{ "tcp.window_size_value matches \"7\"", 14, 256 },
};

START_TEST(test_bytes)
{
	static const uint8_t head[] = { 0x02, 0, 0,    0, 0, 1,  0x02, 0, 0, 0, 0,  2,
					8,    0, 0x45, 0, 0, 40, 0,    1, 0, 0, 64, 6,
					0,    0, 10,   0, 0, 1,  10,   0, 0, 2 };
	struct registry *r = help_registry(NULL);
	const struct proto *tcp = registry_find(r, "tcp", 3);
	struct filter_work w = { 0 };
	unsigned may = 0;

	for (int i = 0; i < COUNT(bytes); i++) {
		struct err e = { 0 };
		struct filter *f = filter_parse(r, bytes[i].filter, strlen(bytes[i].filter), &e);

		ck_assert_msg(f != NULL, "%s", bytes[i].filter);
		may = 0;
		for (unsigned v = 0; v < 256; v++)
			may += filter_may(f, tcp, bytes[i].at, (uint8_t)v);
		ck_assert_msg(may == bytes[i].may, "%s: %u", bytes[i].filter, may);
		ck_assert(may == 256 || filter_bytes(f, tcp) >> bytes[i].at & 1);
		for (unsigned n = 0; n < 4000; n++) {
			uint8_t b[54];
			struct packet p = {
				.data = b, .len = 54, .wire_len = 54, .link = LINK_ETHERNET
			};

			memcpy(b, head, sizeof(head));
			for (unsigned k = 34; k < 54; k++)
				b[k] = (uint8_t)(n * 2654435761u >> (k % 8 + 5) * n % 11);
			b[46] = 0x50 | (n & 1);
			if (n % 3 == 0) /* ports and numbers that are asked for */
				b[34] = b[36] = b[38] = b[39] = b[40] = b[41] = 0;
			b[47] = (uint8_t)n;
			dissect(r, &p);
			if (!filter_match(f, &p, &w))
				continue;
			for (unsigned at = 0; at < 20; at++)
				ck_assert_msg(filter_may(f, tcp, at, b[34 + at]), "%s: byte %u",
					      bytes[i].filter, at);
		}
		filter_close(f);
	}
	filter_work_done(&w);
	registry_close(r);
}
END_TEST

UNIT_TESTS(filter)
{
	tcase_add_test(t, test_bytes);
	tcase_add_loop_test(t, test_good, 0, COUNT(good));
	tcase_add_loop_test(t, test_bad, 0, COUNT(bad));
	tcase_add_loop_test(t, test_kin, 0, COUNT(kins));
	tcase_add_test(t, test_deep);
	tcase_add_test(t, test_prefixes);
}
