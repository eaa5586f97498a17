/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds: words to bytes and back, by tables, and by noise for what no table thinks of. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <strings.h>

#include "core/bits.h"
#include "core/kind.h"
#include "core/plan.h"

static uint64_t noise_state = 88172645463325252u;

static uint64_t noise(void)
{
	noise_state ^= noise_state << 13;
	noise_state ^= noise_state >> 7;
	return noise_state ^= noise_state << 17;
}

static struct type type_of(const char *kind, unsigned bits)
{
	const struct kind *k = kind_find(kind, strlen(kind));

	ck_assert_msg(k, "no kind %s", kind);
	return (struct type) { .form = TYPE_LEAF,
			       .kind = k,
			       .bits = (uint16_t)(bits ? bits : k->bits) };
}

/* in is read; out is what is printed again (NULL: as it was read), num what it is worth (numbers).
 */
static const struct row {
	const char *kind;
	unsigned bits;
	const char *in, *out;
	uint64_t num;
} good[] = {
	{ "u", 8, "255", NULL, 255 },
	{ "u", 8, "0xff", "255", 255 },
	{ "u", 8, "0b101", "5", 5 },
	{ "u", 8, "010", "10", 10 }, /* never octal */
	{ "u", 8, "-0", "0", 0 },
	{ "u", 64, "18446744073709551615", NULL, UINT64_MAX },
	{ "u", 13, "8191", NULL, 8191 },
	{ "i", 8, "-128", NULL, (uint64_t)-128 },
	{ "i", 8, "127", NULL, 127 },
	{ "i", 8, "0xff", "-1", UINT64_MAX },
	{ "i", 64, "-9223372036854775808", NULL, (uint64_t)1 << 63 },
	{ "i", 0, "-5", NULL, (uint64_t)-5 },
	{ "f", 32, "1.5", NULL, 0x3fc00000 },
	{ "f", 32, "10", NULL, 0x41200000 },
	{ "f", 32, "1e6", NULL, 0x49742400 },
	{ "f", 32, "16777216", NULL, 0x4b800000 },
	{ "f", 64, "0.30000000000000004", NULL, 0x3fd3333333333334 },
	{ "f", 32, "0.1", NULL, 0x3dcccccd },
	{ "f", 32, "-0", NULL, 0x80000000 },
	{ "f", 32, "inf", NULL, 0x7f800000 },
	{ "f", 32, "-inf", NULL, 0xff800000 },
	{ "f", 32, "0x7fc00001", NULL, 0x7fc00001 },
	{ "f", 32, "1e30", NULL, 0x7149f2ca },
	{ "f", 64, "0.1", NULL, 0x3fb999999999999a },
	{ "f", 64, "1e-05", "0.00001", 0x3ee4f8b588e368f1 },
	{ "f", 64, "0.30000000000000004", NULL, 0x3fd3333333333334 },
	{ "f", 64, "21", NULL, 0x4035000000000000 },
	{ "unixtime", 0, "0", "1970-01-01T00:00:00Z", 0 },
	{ "unixtime", 0, "2026-11-22T10:38:16Z", NULL, 1795343896 },
	{ "unixtime", 0, "2026-11-22T11:38:16+01:00", "2026-11-22T10:38:16Z", 1795343896 },
	{ "unixtime", 0, "2106-02-07T06:28:15Z", NULL, 4294967295 },
	{ "unixtime", 0, "2000-02-29T00:00:00Z", NULL, 951782400 },
	{ "unixtime64", 0, "9999-12-31T23:59:59Z", NULL, 253402300799 },
	{ "unixtime64", 0, "0xffffffffffffffff", NULL, UINT64_MAX },
	{ "unixtime64", 0, "253402300800", "0x0000003afff44180", 253402300800 },
	{ "ntptime", 0, "0", NULL, 0 },
	/* RFC 5905's own landmarks: 1970 is 2208988800, 1999-12-31 3155587200, era 1 begins. */
	{ "ntptime", 0, "1970-01-01T00:00:00Z", NULL, (uint64_t)2208988800u << 32 },
	{ "ntptime", 0, "1999-12-31T00:00:00Z", NULL, (uint64_t)3155587200u << 32 },
	{ "ntptime", 0, "2036-02-07T06:28:16.5Z", NULL, (uint64_t)1 << 31 },
	{ "ntptime", 0, "0x00000000ffffffff", "2036-02-07T06:28:16.9999999998Z", UINT32_MAX },
	{ "ntptime32", 0, "1999-12-31T00:00:00Z", NULL, 3155587200u },
	{ "qvar", 0, "4611686018427387903", NULL, 4611686018427387903 },
	{ "mqttvar", 0, "268435455", NULL, 268435455 },
	{ "berlen", 0, "18446744073709551615", NULL, UINT64_MAX },
	{ "decimal", 0, "007", "7", 7 },
	{ "mac", 0, "02:00:5e:10:00:ff", NULL, 0 },
	{ "mac", 0, "02-00-5E-10-00-FF", "02:00:5e:10:00:ff", 0 },
	{ "mac", 0, "2:0:5e:10:0:1", "02:00:5e:10:00:01", 0 },
	{ "eui64", 0, "02:00:00:ff:fe:00:00:01", NULL, 0 },
	{ "ip4", 0, "0.0.0.0", NULL, 0 },
	{ "ip4", 0, "255.10.100.9", NULL, 0 },
	/* RFC 5952 section 4 and 5. */
	{ "ip6", 0, "::", NULL, 0 },
	{ "ip6", 0, "::1", NULL, 0 },
	{ "ip6", 0, "1::", NULL, 0 },
	{ "ip6", 0, "2001:0DB8:0:0:0:0:2:1", "2001:db8::2:1", 0 },
	{ "ip6", 0, "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1", 0 },
	{ "ip6", 0, "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", 0 },
	{ "ip6", 0, "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", 0 },
	{ "ip6", 0, "::ffff:192.0.2.1", NULL, 0 },
	{ "ip6", 0, "fe80::2%eth0", "fe80::2", 0 },
	{ "oid", 0, "1.3.6.1.2.1.1.1.0", NULL, 0 },
	{ "oid", 0, "2.999.3", NULL, 0 }, /* X.690 section 8.19.5 */
	{ "oid", 0, "0x", NULL, 0 },
	{ "oid", 0, "0x80", NULL, 0 },
	{ "leb128", 0, "18446744073709551615", NULL, UINT64_MAX },
	{ "vlq", 0, "128", NULL, 128 },
	{ "zigzag", 0, "-1", NULL, UINT64_MAX },
	{ "lenenc", 0, "251", NULL, 251 },
	{ "hexnum", 0, "0x1a", "26", 26 },
	/* date -u -d ... +%s%3N; FILETIME of 2020-01-01 by 11644473600 s from 1601 to 1970. */
	{ "unixms", 0, "2026-11-22T10:38:16.25Z", NULL, 1795343896250 },
	{ "unixms", 0, "2026-11-22T10:38:16.2500Z", "2026-11-22T10:38:16.25Z", 1795343896250 },
	{ "unixms48", 0, "2026-11-22T10:38:16Z", NULL, 1795343896000 },
	{ "unixus", 0, "1970-01-01T00:00:00.000001Z", NULL, 1 },
	{ "unixns", 0, "2026-11-22T10:38:16.123456789Z", NULL, 1795343896123456789 },
	{ "unixms", 0, "0xffffffffffffffff", NULL, UINT64_MAX },
	{ "filetime", 0, "2020-01-01T00:00:00Z", NULL, 132223104000000000 },
	{ "filetime", 0, "1601-01-01T00:00:00.0000001Z", NULL, 1 },
	{ "filetime", 0, "0", NULL, 0 },
	{ "daytime", 0, "23:59:59.999", NULL, 86399999 },
	{ "daytime", 0, "10:38:16", NULL, 38296000 },
	{ "daytime", 0, "0x80000000", NULL, 0x80000000 },
	/* RFC 4271 section 4.3: bits behind the prefix have no meaning, and are kept. */
	{ "prefix4", 0, "10.0.0.0/8", NULL, 0 },
	{ "prefix4", 0, "0.0.0.0/0", NULL, 0 },
	{ "prefix4", 0, "31.0.0.0/4", NULL, 0 },
	{ "prefix4", 0, "192.0.2.1", "192.0.2.1/32", 0 },
	{ "prefix6", 0, "2001:db8::/32", NULL, 0 },
	{ "prefix6", 0, "::/0", NULL, 0 },
	{ "ip6part", 0, "2001:db8::/32", NULL, 0 },
	{ "ip6part", 0, "2001:db8::/64", NULL, 0 },
	{ "ip6part", 0, "2001:db8::1", NULL, 0 },
	{ "ip4part", 0, "10.0.0.0/8", NULL, 0 },
	{ "ip4part", 0, "0.0.0.0/0", NULL, 0 },
	{ "ip4part", 0, "0x0a00000001", NULL, 0 },
	{ "bcd", 0, "0123456789", NULL, 0 },
	{ "bcd", 0, "0A", "0a", 0 },
	{ "tbcd", 0, "26201", NULL, 0 },
	{ "tbcd", 0, "262011", NULL, 0 },
	{ "utf16le", 0, "Hallo Welt", NULL, 0 },
	{ "utf16be", 0, "\u00fcber",
	  "\xc3\xbc"
	  "ber",
	  0 },
	{ "utf16le", 0, "\xf0\x9f\x98\x80", NULL, 0 }, /* U+1F600, a pair of surrogates */
	{ "utf16le", 0, "a\\ud800b", NULL, 0 },
	{ "utf16le", 0, "c:\\\\x", NULL, 0 },
	{ "utf16le", 0, "a\\x41", NULL, 0 },
	{ "utf16le", 0, "\\u001b[2J", NULL, 0 },
	{ "nbname", 0, "FRED<20>", NULL, 0 },
	{ "nbname", 0, "FRED<1B>.netbios.com", "FRED<1b>.netbios.com", 0 },
	{ "nbname", 0, "*<00>", NULL, 0 },
	{ "nbname", 0, "<00>", NULL, 0 },
	{ "nbname", 0, "A\\032B<00>.@12", NULL, 0 },
	{ "nbname", 0, "www.example.org", NULL, 0 },
	{ "dnsname", 0, "www.example.org", NULL, 0 },
	{ "dnsname", 0, "example.org.", "example.org", 0 },
	{ "dnsname", 0, ".", NULL, 0 },
	{ "dnsname", 0, "a\\.b\\032c.\\@x", "a\\046b\\032c.\\064x", 0 },
	{ "dnsname", 0, "www.@12", NULL, 0 },
	{ "dnsname", 0, ".@16383", NULL, 0 },
	{ "dnsname", 0, "example.org.@-", NULL, 0 },
	{ "dnsname_plain", 0, "_sip._tcp.example.org", NULL, 0 },
};

START_TEST(reads_and_prints)
{
	const struct row *r = &good[_i];
	struct type t = type_of(r->kind, r->bits);
	const char *want = r->out ? r->out : r->in;
	struct arena mem = { 0 };
	struct buf out = { 0 };
	struct value v = { 0 }, again = { 0 };
	struct err e = { 0 };

	ck_assert_msg(t.kind->parse(&t, r->in, strlen(r->in), &mem, &v, &e) == 0, "%s: %s", r->in,
		      e.msg);
	ck_assert_msg(v.num == r->num || !r->num, "%s %s: got 0x%llx", r->kind, r->in,
		      (unsigned long long)v.num);
	t.kind->print(&t, &v, &out);
	ck_assert_str_eq(buf_cstr(&out), want);
	ck_assert_int_eq(t.kind->parse(&t, out.p, out.n, &mem, &again, &e), 0);
	ck_assert(again.num == v.num && again.len == v.len && again.exact == v.exact);
	if (v.len)
		ck_assert_mem_eq(again.p, v.p, v.len);
	buf_done(&out);
	arena_done(&mem);
}
END_TEST

static const struct {
	const char *kind;
	unsigned bits;
	const char *in, *msg; /* part of the sentence */
} bad[] = {
	{ "u", 8, "256", "0 to 255" },
	{ "u", 8, "-1", "0 to 255" },
	{ "u", 8, "", "not a number" },
	{ "u", 8, "-", "not a number" },
	{ "u", 8, "0x", "not a number" },
	{ "u", 8, "1 ", "not a number" },
	{ "u", 8, "12z", "'12z' is not a number" },
	{ "u", 64, "18446744073709551616", "does not fit" },
	{ "u", 13, "0x2000", "0 to 8191" },
	{ "i", 8, "128", "-128 to 127" },
	{ "i", 8, "-129", "-128 to 127" },
	{ "i", 8, "0x100", "-128 to 127" },
	{ "i", 64, "9223372036854775808", "does not fit" },
	{ "f", 32, "1e39", "largest" },
	{ "f", 64, "nan(1)", "not a number" },
	{ "f", 64, "0x1p3", "not a number" },
	{ "f", 32, "0x100000000", "does not fit" },
	{ "f", 64, "", "not a number" },
	{ "f", 64, "1.5x", "not a number" },
	{ "unixtime", 0, "2026-02-29T00:00:00Z", "not a time" },
	{ "unixtime", 0, "2026-11-22T24:00:00Z", "not a time" },
	{ "unixtime", 0, "2026-11-22T10:38:16", "not a time" },
	{ "unixtime", 0, "2026-11-22T10:38:16.5Z", "whole seconds" },
	{ "unixtime", 0, "1969-12-31T23:59:59Z", "from 1970" },
	{ "unixtime", 0, "2106-02-07T06:28:16Z", "to 2106" },
	{ "unixtime", 0, "4294967296", "does not fit" },
	{ "ntptime", 0, "1968-01-20T03:14:07Z", "from 1968" },
	{ "ntptime", 0, "2104-02-26T09:42:24Z", "to 2104" },
	{ "qvar", 0, "4611686018427387904", "does not fit" },
	{ "mqttvar", 0, "268435456", "does not fit" },
	{ "decimal", 0, "-7", "does not fit" },
	{ "mac", 0, "02:00:5e:10:00", "hardware address" },
	{ "mac", 0, "02:00:5e:10:00:ff:01", "hardware address" },
	{ "mac", 0, "02:00:5e-10:00:ff", "hardware address" },
	{ "mac", 0, "02:00:5e:10:00:fff", "hardware address" },
	{ "mac", 0, "02:00:5e:10:00:", "hardware address" },
	{ "ip4", 0, "1.2.3", "IPv4 address" },
	{ "ip4", 0, "1.2.3.256", "IPv4 address" },
	{ "ip4", 0, "1.2.3.04", "IPv4 address" },
	{ "ip4", 0, "1.2.3.4.", "IPv4 address" },
	{ "ip4", 0, "1..3.4", "IPv4 address" },
	{ "ip6", 0, ":::", "IPv6 address" },
	{ "ip6", 0, "1:2:3:4:5:6:7", "IPv6 address" },
	{ "ip6", 0, "2001:db8::1%eth0", "IPv6 address" },
	{ "ip6", 0, "fe80::1%", "IPv6 address" },
	{ "ip6", 0, "", "IPv6 address" },
	{ "oid", 0, "1", "object identifier" },
	{ "oid", 0, "3.1", "object identifier" },
	{ "oid", 0, "1.40", "object identifier" },
	{ "oid", 0, "1..3", "object identifier" },
	{ "oid", 0, "0x123", "object identifier" },
	{ "mqttvar", 0, "-1", "does not fit" },
	{ "zigzag", 0, "9223372036854775808", "does not fit" },
	{ "unixms", 0, "2026-11-22T10:38:16.2505Z", "3 digits" },
	{ "unixms", 0, "1969-12-31T23:59:59Z", "does not fit" },
	{ "unixms48", 0, "281474976710656", "does not fit" },
	{ "filetime", 0, "1600-12-31T23:59:59Z", "does not fit" },
	{ "daytime", 0, "24:00:00", "time of day" },
	{ "daytime", 0, "10:38", "time of day" },
	{ "daytime", 0, "10:38:16.1234", "time of day" },
	{ "prefix4", 0, "10.0.0.0/33", "0 to 32 bits" },
	{ "prefix4", 0, "10.0.0.1/8", "the others must be 0" },
	{ "prefix4", 0, "10.0.0/8", "IPv4 address" },
	{ "prefix4", 0, "10.0.0.0/", "0 to 32 bits" },
	{ "prefix6", 0, "2001:db8::/129", "0 to 128 bits" },
	{ "ip4part", 0, "10.0.0.0/9", "multiple of 8" },
	{ "ip4part", 0, "10.1.0.0/8", "the others must be 0" },
	{ "bcd", 0, "123", "two digits" },
	{ "bcd", 0, "1g", "no number in digits" },
	{ "utf16le", 0, "\\q", "backslash" },
	{ "utf16le", 0, "\\u12", "backslash" },
	{ "utf16le", 0, "\\x41b", "backslash" },
	{ "nbname", 0, "SIXTEENCHARACTER<20>", "15 characters" },
	{ "nbname", 0, "A<2>", "15 characters" },
	{ "nbname", 0, "A<20>x", "15 characters" },
	{ "dnsname", 0, "", "missing" },
	{ "dnsname", 0, "a..b", "label is empty" },
	{ "dnsname", 0, ".a", "label is empty" },
	{ "dnsname", 0, "a@b", "bare @" },
	{ "dnsname", 0, "a\\25", "three digits" },
	{ "dnsname", 0, "a\\256", "three digits" },
	{ "dnsname", 0, "a\\", "three digits" },
	{ "dnsname", 0, "a.@16384", "0 to 16383" },
	{ "dnsname", 0, "a.@", "bare @" },
	{ "dnsname", 0, "1234567890123456789012345678901234567890123456789012345678901234", "63" },
};

START_TEST(refuses)
{
	struct type t = type_of(bad[_i].kind, bad[_i].bits);
	struct arena mem = { 0 };
	struct value v = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(t.kind->parse(&t, bad[_i].in, strlen(bad[_i].in), &mem, &v, &e), -1);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_msg(strstr(e.msg, bad[_i].msg), "%s: %s", bad[_i].in, e.msg);
	arena_done(&mem);
}
END_TEST

/* Bytes a codec reads: what they are worth, how many it takes (-1: none), the width it must be told
 * to write them again. The qvar rows are RFC 9000 appendix A.1, the berlen ones X.690 8.1.3.5. */
static const struct codec_row {
	const char *kind, *bytes;
	unsigned n;
	int taken;
	uint64_t num;
	unsigned width;
} codecs[] = {
	{ "qvar", "\xc2\x19\x7c\x5e\xff\x14\xe8\x8c", 8, 8, 151288809941952652, 0 },
	{ "qvar", "\x9d\x7f\x3e\x7d", 4, 4, 494878333, 0 },
	{ "qvar", "\x7b\xbd\xee", 3, 2, 15293, 0 },
	{ "qvar", "\x25", 1, 1, 37, 0 },
	{ "qvar", "\x40\x25", 2, 2, 37, 2 },
	{ "qvar", "\xc0\0\0\0\0\0\0\x01", 8, 8, 1, 8 },
	{ "qvar", "\x80\x01\x02", 3, -1, 0, 0 },
	{ "qvar", "", 0, -1, 0, 0 },
	{ "mqttvar", "\x00", 1, 1, 0, 0 },
	{ "mqttvar", "\xff\xff\xff\x7f", 4, 4, 268435455, 0 },
	{ "mqttvar", "\x80\x01", 2, 2, 128, 0 },
	{ "mqttvar", "\x80\x00", 2, 2, 0, 2 },
	{ "mqttvar", "\x80\x80\x80\x80\x01", 5, -1, 0, 0 },
	{ "mqttvar", "\x80", 1, -1, 0, 0 },
	{ "berlen", "\x26", 1, 1, 38, 0 },
	{ "berlen", "\x81\xc9", 2, 2, 201, 0 },
	{ "berlen", "\x81\x26", 2, 2, 38, 2 },
	{ "berlen", "\x84\0\0\x01\x02", 5, 5, 258, 5 },
	{ "berlen", "\x88\xff\xff\xff\xff\xff\xff\xff\xff", 9, 9, UINT64_MAX, 0 },
	{ "berlen", "\x80", 1, -1, 0, 0 },
	{ "berlen", "\x82\x01", 2, -1, 0, 0 },
	{ "berlen", "\x89\0\0\0\0\0\0\0\0\x01", 10, -1, 0, 0 },
	{ "decimal", "120\r\n", 5, 3, 120, 0 },
	{ "decimal", "0", 1, 1, 0, 0 },
	{ "decimal", "0042", 4, 4, 42, 4 },
	{ "decimal", "18446744073709551616", 20, -1, 0, 0 },
	{ "decimal", "x", 1, -1, 0, 0 },
	/* 624485 and -123456 are the examples of the DWARF standard's and Wikipedia's pages. */
	{ "leb128", "\xe5\x8e\x26", 3, 3, 624485, 0 },
	{ "leb128", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, 10, UINT64_MAX, 0 },
	{ "leb128", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, -1, 0, 0 },
	{ "leb128", "\x81\x80\x00", 3, 3, 1, 3 },
	{ "leb128", "\x80", 1, -1, 0, 0 },
	/* protobuf, "Encoding", signed integers: 0 0, -1 1, 1 2, -2 3 */
	{ "zigzag", "\x00", 1, 1, 0, 0 },
	{ "zigzag", "\x01", 1, 1, UINT64_MAX, 0 },
	{ "zigzag", "\x02", 1, 1, 1, 0 },
	{ "zigzag", "\x03", 1, 1, UINT64_MAX - 1, 0 },
	{ "zigzag", "\x83\x00", 2, 2, UINT64_MAX - 1, 2 },
	/* MIDI 1.0, the table of variable-length quantities */
	{ "vlq", "\x81\x00", 2, 2, 128, 0 },
	{ "vlq", "\xff\x7f", 2, 2, 16383, 0 },
	{ "vlq", "\x81\x80\x00", 3, 3, 16384, 0 },
	{ "vlq", "\x80\x01", 2, 2, 1, 2 },
	{ "vlq", "\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10, -1, 0, 0 },
	/* MySQL Source Code Documentation, Integer Types: length-encoded */
	{ "lenenc", "\xfa", 1, 1, 250, 0 },
	{ "lenenc", "\xfc\xfb\x00", 3, 3, 251, 0 },
	{ "lenenc", "\xfc\x05\x00", 3, 3, 5, 3 },
	{ "lenenc", "\xfd\x01\x02\x03", 4, 4, 0x030201, 0 },
	{ "lenenc", "\xfe\x01\x02\x03\x04\x05\x06\x07\x08", 9, 9, 0x0807060504030201, 0 },
	{ "lenenc", "\xfd\x01\x02", 3, -1, 0, 0 },
	{ "lenenc", "\xfb\x01\x02", 3, -1, 0, 0 },
	{ "lenenc", "\xff\x01\x02", 3, -1, 0, 0 },
	{ "hexnum", "1a\r\n", 4, 2, 26, 0 },
	{ "hexnum", "001A;", 5, 4, 26, 4 },
	{ "hexnum", "10000000000000000", 17, -1, 0, 0 },
	{ "hexnum", "g", 1, -1, 0, 0 },
	{ "prefix4", "\x08\x0a", 2, 2, 0, 0 },
	{ "prefix4", "\x00", 1, 1, 0, 0 },
	{ "prefix4", "\x09\x0a", 2, -1, 0, 0 },
	{ "prefix4", "\x21\x0a\0\0\0\0", 6, -1, 0, 0 },
	{ "prefix6", "\x14\x20\x01\x0d", 4, 4, 0, 0 },
	{ "cstr", "ab\0c", 4, 3, 0, 0 },
	{ "cstr", "\0", 1, 1, 0, 0 },
	{ "cstr", "ab", 2, -1, 0, 0 },
	{ "line", "ab\r\nc", 5, 4, 0, 0 },
	{ "line", "ab\nc", 4, 3, 0, 3 },
	{ "line", "\n", 1, 1, 0, 1 },
	{ "line", "\r\n", 2, 2, 0, 0 },
	{ "line", "a\r\r\n", 4, 4, 0, 0 },
	{ "line", "ab\r", 3, -1, 0, 0 },
};

/* What read took, write gives back. p is a copy of exactly n bytes, for the sanitizer. */
static void check_codec(const struct kind *k, const uint8_t *bytes, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);
	struct value v = { 0 };
	struct buf out = { 0 };
	int taken;

	ck_assert_ptr_nonnull(p);
	memcpy(p, bytes, n);
	v.base = p;
	v.base_len = (uint32_t)n;
	taken = k->read(p, (uint32_t)n, &v);
	if (taken >= 0) {
		ck_assert_int_gt(taken, 0);
		ck_assert_uint_le(taken, n);
		ck_assert_int_eq(k->write(&out, 0, &v, v.width), 0);
		ck_assert_uint_eq(out.n, taken);
		if (strcmp(k->name, "hexnum") == 0) /* written in lower case */
			ck_assert_int_eq(strncasecmp(out.p, (char *)p, (size_t)taken), 0);
		else
			ck_assert_mem_eq(out.p, p, taken);
		if (v.width && k->cls == KIND_NUM) { /* and the shortest is another */
			out.n = 0;
			ck_assert_int_eq(k->write(&out, 0, &v, 0), 0);
			ck_assert_uint_lt(out.n, v.width);
			if (out.n > 1)
				ck_assert_int_eq(k->write(&out, 0, &v, (unsigned)out.n - 1), -1);
		}
	}
	buf_done(&out);
	free(p);
}

START_TEST(codec)
{
	const struct codec_row *r = &codecs[_i];
	const struct kind *k = kind_find(r->kind, strlen(r->kind));
	struct value v = { 0 };

	ck_assert_int_eq(k->read((const uint8_t *)r->bytes, r->n, &v), r->taken);
	if (r->taken >= 0) {
		if (k->cls == KIND_NUM)
			ck_assert(v.num == r->num);
		ck_assert_uint_eq(v.width, r->width);
	}
	check_codec(k, (const uint8_t *)r->bytes, r->n);
}
END_TEST

/* Every codec on noise, biased towards the bytes that mean something to one. */
START_TEST(codec_noise)
{
	static const uint8_t hot[] = { 0,    1,    2,   3,   0x80, 0x81, 0x84,
				       0xc0, 0xff, '0', '9', '\r', '\n' };
	const struct kind *k;
	unsigned i, round, j, n;
	uint8_t p[24];

	for (i = 0; (k = kind_at(i)); i++) {
		if (!k->read || k->cls == KIND_NAME)
			continue;
		for (round = 0; round < 5000; round++) {
			n = noise() % sizeof(p);
			for (j = 0; j < n; j++)
				p[j] = noise() & 1 ? hot[noise() % sizeof(hot)] : (uint8_t)noise();
			check_codec(k, p, n);
		}
	}
}
END_TEST

START_TEST(codec_refuses)
{
	struct buf out = { 0 };
	struct value v = { .num = 300, .p = (const uint8_t *)"a\0b\nc", .len = 5 };

	ck_assert_int_eq(kind_find("qvar", 4)->write(&out, 0, &v, 1), -1);
	ck_assert_int_eq(kind_find("qvar", 4)->write(&out, 0, &v, 3), -1);
	ck_assert_int_eq(kind_find("mqttvar", 7)->write(&out, 0, &v, 5), -1);
	ck_assert_int_eq(kind_find("berlen", 6)->write(&out, 0, &v, 2), -1);
	ck_assert_int_eq(kind_find("berlen", 6)->write(&out, 0, &v, 10), -1);
	ck_assert_int_eq(kind_find("lenenc", 6)->write(&out, 0, &v, 1), -1);
	ck_assert_int_eq(kind_find("lenenc", 6)->write(&out, 0, &v, 2), -1);
	ck_assert_int_eq(kind_find("decimal", 7)->write(&out, 0, &v, 2), -1);
	ck_assert_int_eq(kind_find("cstr", 4)->write(&out, 0, &v, 0), -1);
	ck_assert_int_eq(kind_find("line", 4)->write(&out, 0, &v, 0), -1);
	v.num = UINT64_MAX;
	ck_assert_int_eq(kind_find("qvar", 4)->write(&out, 0, &v, 0), -1);
	ck_assert_int_eq(kind_find("mqttvar", 7)->write(&out, 0, &v, 0), -1);
	ck_assert_uint_eq(out.n, 0);
	v = (struct value) { 0 }; /* nothing said: the empty text */
	ck_assert_int_eq(kind_find("cstr", 4)->write(&out, 0, &v, 0), 0);
	ck_assert_int_eq(kind_find("line", 4)->write(&out, 0, &v, 0), 0);
	ck_assert_uint_eq(out.n, 3);
	ck_assert_mem_eq(out.p, "\0\r\n", 3);
	buf_done(&out);
}
END_TEST

/* Any bits at all, printed and read, are the same bits: where words do not reach, hex must. */
START_TEST(print_is_exact)
{
	static const struct {
		const char *kind;
		unsigned bits;
	} nums[] = { { "u", 17 },          { "i", 24 },        { "i", 64 },
		     { "f", 32 },          { "f", 64 },        { "unixtime", 32 },
		     { "unixtime64", 64 }, { "ntptime", 64 },  { "ntptime32", 32 },
		     { "unixms", 64 },     { "unixms48", 48 }, { "unixus", 64 },
		     { "unixns", 64 },     { "filetime", 64 }, { "daytime", 32 } };
	struct arena mem = { 0 };
	struct buf out = { 0 };
	unsigned i, round;

	for (i = 0; i < sizeof(nums) / sizeof(nums[0]); i++)
		for (round = 0; round < 20000; round++) {
			struct type t = type_of(nums[i].kind, nums[i].bits);
			struct value v = { 0 }, again = { 0 };
			struct err e = { 0 };
			uint64_t u = noise() >> (64 - nums[i].bits);

			if (round % 3 == 0) /* small ones, and short fractions */
				u = u >> noise() % nums[i].bits << noise() % 8;
			if (nums[i].bits < 64)
				u &= ((uint64_t)1 << nums[i].bits) - 1;
			v.num = t.kind == &kind_int ? (uint64_t)sign_extend(u, nums[i].bits) : u;
			out.n = 0;
			t.kind->print(&t, &v, &out);
			ck_assert_msg(!t.kind->parse(&t, out.p, out.n, &mem, &again, &e), "%s: %s",
				      buf_cstr(&out), e.msg);
			ck_assert_msg(again.num == v.num, "%s 0x%llx printed %s read 0x%llx",
				      nums[i].kind, (unsigned long long)v.num, buf_cstr(&out),
				      (unsigned long long)again.num);
			if (t.kind->cls == KIND_FLOAT) {
				ck_assert_ptr_null(strchr(buf_cstr(&out), '+'));
				ck_assert_ptr_null(strchr(buf_cstr(&out) + 1, '-'));
			}
		}
	buf_done(&out);
	arena_done(&mem);
}
END_TEST

/* Bytes that a kind only prints: noise, half of it of what means something, comes back the same. */
START_TEST(words_are_exact)
{
	static const char *const names[] = { "utf16le", "utf16be", "bcd",     "tbcd",   "prefix4",
					     "prefix6", "oid",     "ip4part", "ip6part" };
	static const uint8_t hot[] = { 0, 0, 'a', '\\', 'u', 0xd8, 0xdc, 0xdf, 0x20, 0x2e, 0xff };
	struct arena mem = { 0 };
	struct buf out = { 0 };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct type t = type_of(names[i], 0);

		for (unsigned round = 0; round < 20000; round++) {
			uint8_t p[12];
			struct value v = { .p = p, .len = noise() % sizeof(p) }, w = { 0 };
			struct err e = { 0 };

			for (unsigned k = 0; k < v.len; k++)
				p[k] = noise() & 1 ? hot[noise() % sizeof(hot)] : (uint8_t)noise();
			if (t.kind->read && t.kind->read(p, v.len, &v) < 0)
				continue;
			out.n = 0;
			t.kind->print(&t, &v, &out);
			ck_assert_msg(!t.kind->parse(&t, out.p, out.n, &mem, &w, &e), "%s: %s",
				      buf_cstr(&out), e.msg);
			ck_assert_msg(w.len == v.len, "%s %s", names[i], buf_cstr(&out));
			ck_assert_mem_eq(w.p, p, v.len);
			for (size_t k = 0; k < out.n; k++)
				ck_assert_uint_ge((uint8_t)out.p[k], 0x20);
			arena_reset(&mem);
		}
	}
	buf_done(&out);
	arena_done(&mem);
}
END_TEST

/* A label of sixteen bytes, any of them: RFC 1001 section 14.1 gives FRED's. */
START_TEST(netbios_names)
{
	static const char fred[] = "\x20"
				   "EGFCEFEECACACACACACACACACACACACA\0";
	struct type t = type_of("nbname", 0);
	struct arena mem = { 0 };
	struct buf out = { 0 }, wire = { 0 };
	struct err e = { 0 };
	struct value v = { 0 };

	ck_assert_int_eq(t.kind->parse(&t, "FRED<20>", 8, &mem, &v, &e), 0);
	ck_assert_int_eq(t.kind->write(&wire, 0, &v, 0), 0);
	ck_assert_uint_eq(wire.n, 34);
	ck_assert_mem_eq(wire.p, fred, 34);
	for (unsigned round = 0; round < 20000; round++) {
		static const uint8_t hot[] = { ' ', '*', 0, 'A', '<', '.' };
		uint8_t p[34] = { 32 };
		struct value r = { .base = p, .base_len = 34 };

		for (unsigned k = 0; k < 16; k++) {
			uint8_t c = noise() % 4 ? hot[noise() % sizeof(hot)] : (uint8_t)noise();

			if (k > 1 && round & 1) /* long runs of one */
				c = p[31] == 'A' + 2 ? ' ' : 0;
			p[1 + 2 * k] = (uint8_t)('A' + (c >> 4));
			p[2 + 2 * k] = (uint8_t)('A' + (c & 15));
		}
		ck_assert_int_eq(t.kind->read(p, 34, &r), 34);
		out.n = wire.n = 0;
		t.kind->print(&t, &r, &out);
		ck_assert_msg(!t.kind->parse(&t, out.p, out.n, &mem, &v, &e), "%s: %s",
			      buf_cstr(&out), e.msg);
		ck_assert_int_eq(t.kind->write(&wire, 0, &v, 0), 0);
		ck_assert_uint_eq(wire.n, 34);
		ck_assert_msg(!memcmp(wire.p, p, 34), "%s", buf_cstr(&out));
		arena_reset(&mem);
	}
	buf_done(&out);
	buf_done(&wire);
	arena_done(&mem);
}
END_TEST

/* IPv6 against the C library, both ways; sparse addresses, which have runs of zeros. */
START_TEST(ip6_agrees)
{
	struct type t = type_of("ip6", 0);
	struct buf out = { 0 };
	uint8_t p[16], q[16];
	char libc[64];
	unsigned round, i;

	for (round = 0; round < 20000; round++) {
		struct value v = { .p = p, .len = 16 };

		for (i = 0; i < 16; i += 2) {
			bool zero = noise() % 3;

			p[i] = zero ? 0 : (uint8_t)noise();
			p[i + 1] = zero ? 0 : (uint8_t)noise();
		}
		out.n = 0;
		t.kind->print(&t, &v, &out);
		ck_assert_int_eq(inet_pton(AF_INET6, buf_cstr(&out), q), 1);
		ck_assert_mem_eq(p, q, 16);
		ck_assert_ptr_nonnull(inet_ntop(AF_INET6, p, libc, sizeof(libc)));
		if (!strchr(libc,
			    '.')) /* glibc also writes ::1.2.3.4, which RFC 5952 does not ask */
			ck_assert_str_eq(buf_cstr(&out), libc);
	}
	buf_done(&out);
}
END_TEST

/* ---- domain names ---- */

/* RFC 1035 section 4.1.4's own example: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the
 * root at 92. */
static const char *const rfc_names[] = { "F.ISI.ARPA", "FOO.F.ISI.ARPA", "ARPA", "." };
static const unsigned rfc_at[] = { 20, 40, 64, 92 };

static void write_name(struct buf *out, struct kind_seen *seen, const char *kind, const char *name)
{
	struct type t = type_of(kind, 0);
	struct arena mem = { 0 };
	struct value v = { 0 };
	struct err e = { 0 };

	ck_assert_msg(!t.kind->parse(&t, name, strlen(name), &mem, &v, &e), "%s: %s", name, e.msg);
	v.seen = seen;
	ck_assert_int_eq(t.kind->write(out, 0, &v, 0), 0);
	arena_done(&mem);
}

static int read_name(const struct buf *b, unsigned at, bool exact, struct buf *words)
{
	struct type t = type_of("dnsname", 0);
	struct value v = { .base = (const uint8_t *)b->p,
			   .base_len = (uint32_t)b->n,
			   .exact = exact };
	int n = t.kind->read((const uint8_t *)b->p + at, (uint32_t)b->n - at, &v);

	words->n = 0;
	if (n >= 0)
		t.kind->print(&t, &v, words);
	return n;
}

START_TEST(name_rfc_example)
{
	struct kind_seen seen = { 0 };
	struct buf b = { 0 }, words = { 0 };
	unsigned i;

	for (i = 0; i < 4; i++) {
		while (b.n < rfc_at[i])
			buf_char(&b, 0);
		write_name(&b, &seen, "dnsname", rfc_names[i]);
	}
	ck_assert_uint_eq(b.n, 93);
	ck_assert_mem_eq(b.p + 20, "\1F\3ISI\4ARPA\0", 12);
	ck_assert_mem_eq(b.p + 40, "\3FOO\xc0\x14\0", 7);
	ck_assert_mem_eq(b.p + 64, "\xc0\x1a\0", 3);
	ck_assert_mem_eq(b.p + 92, "\0", 1);
	for (i = 0; i < 4; i++) {
		ck_assert_int_gt(read_name(&b, rfc_at[i], false, &words), 0);
		ck_assert_str_eq(buf_cstr(&words), rfc_names[i]);
	}
	read_name(&b, 40, true, &words);
	ck_assert_str_eq(buf_cstr(&words), "FOO.@20");
	read_name(&b, 64, true, &words);
	ck_assert_str_eq(buf_cstr(&words), ".@26");
	read_name(&b, 20, true, &words);
	ck_assert_str_eq(buf_cstr(&words), "F.ISI.ARPA.@-");
	read_name(&b, 92, true, &words);
	ck_assert_str_eq(buf_cstr(&words), ".");
	kind_seen_done(&seen);
	buf_done(&b);
	buf_done(&words);
}
END_TEST

static void expect(struct buf *b, size_t from, const char *want, size_t n)
{
	ck_assert_uint_eq(b->n - from, n);
	ck_assert_mem_eq(b->p + from, want, n);
}

START_TEST(name_writes)
{
	struct kind_seen seen = { 0 };
	struct buf b = { 0 };
	size_t at;
	uint32_t n;

	write_name(&b, &seen, "dnsname", "a.example");    /* 0, example at 2 */
	write_name(&b, &seen, "dnsname", "b.example.@-"); /* 11, in full; example again at 13 */
	at = b.n;
	write_name(&b, &seen, "dnsname", "c.example"); /* the first occurrence, not the last */
	expect(&b, at, "\1c\xc0\x02", 4);
	at = b.n;
	write_name(&b, &seen, "dnsname", "b.example"); /* said in full, but may be pointed at */
	expect(&b, at, "\xc0\x0b", 2);
	at = b.n;
	write_name(&b, &seen, "dnsname", "A.example"); /* letters as they were said */
	expect(&b, at, "\1A\xc0\x02", 4);
	at = b.n;
	write_name(&b, &seen, "dnsname_plain", "a.example");
	expect(&b, at, "\1a\7example\0", 11);
	at = b.n;
	write_name(&b, &seen, "dnsname", "d.@11"); /* a pointer of one's own; at 43 */
	expect(&b, at, "\1d\xc0\x0b", 4);
	n = seen.n;
	at = b.n;
	write_name(&b, &seen, "dnsname", "d.b.example");
	expect(&b, at, "\xc0\x2b", 2);
	write_name(&b, &seen, "dnsname", "new.org");
	kind_seen_cut(&seen, n); /* taken back: nothing may point there */
	b.n = at;
	write_name(&b, &seen, "dnsname", "new.org");
	expect(&b, at, "\3new\3org\0", 9);
	at = b.n;
	write_name(&b, NULL, "dnsname", "new.org");
	expect(&b, at, "\3new\3org\0", 9);
	kind_seen_done(&seen);
	buf_done(&b);
}
END_TEST

/* More names than chains, half of them taken back: the other half is still found, and only it. */
START_TEST(name_many)
{
	struct kind_seen seen = { 0 };
	struct buf b = { 0 };
	char name[16];
	size_t at, end = 0;
	uint32_t n = 0;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		if (i == 500) {
			n = seen.n;
			end = b.n;
		}
		snprintf(name, sizeof(name), "n%u", i);
		write_name(&b, &seen, "dnsname", name);
	}
	kind_seen_cut(&seen, n);
	b.n = end;
	ck_assert_uint_eq(seen.n, 500);
	for (i = 0; i < 1000; i++) {
		at = b.n;
		snprintf(name, sizeof(name), "n%u", i);
		write_name(&b, &seen, "dnsname", name);
		ck_assert_uint_eq(b.n - at, i < 500 ? 2 : strlen(name) + 2);
	}
	kind_seen_done(&seen);
	buf_done(&b);
}
END_TEST

/* A pointer holds 14 bits: names beyond are not pointed at. */
START_TEST(name_far)
{
	struct kind_seen seen = { 0 };
	struct buf b = { 0 };
	size_t at;

	buf_grow(&b, 20000);
	memset(b.p, 0, 16383);
	b.n = 16383;
	write_name(&b, &seen, "dnsname", "x.y"); /* x at 16383, y at 16385 */
	at = b.n;
	write_name(&b, &seen, "dnsname", "x.y");
	expect(&b, at, "\xff\xff", 2);
	at = b.n;
	write_name(&b, &seen, "dnsname", "z.y");
	expect(&b, at, "\1z\1y\0", 5);
	kind_seen_done(&seen);
	buf_done(&b);
}
END_TEST

static const struct {
	const char *bytes;
	unsigned n, at;
	int taken;
} wire[] = {
	{ "\1a\0", 3, 0, 3 },
	{ "\0", 1, 0, 1 },
	{ "\1a\0\xc0\x00", 5, 3, 2 },
	{ "\xc0\x00", 2, 0, -1 },         /* to itself */
	{ "\1a\xc0\x00", 4, 0, -1 },      /* to its own first label */
	{ "\xc0\x02\1a\0", 5, 0, -1 },    /* forward */
	{ "\xc0\x02\xc0\x00", 4, 2, -1 }, /* two that meet */
	{ "\1a", 2, 0, -1 },              /* no end */
	{ "\5ab", 3, 0, -1 },             /* label cut */
	{ "\xc0", 1, 0, -1 },             /* pointer cut */
	{ "\x40"
	  "a\0",
	  3, 0, -1 }, /* label types nobody has */
	{ "\x80"
	  "a\0",
	  3, 0, -1 },
	{ "", 0, 0, -1 },
};

START_TEST(name_reads)
{
	struct buf b = { 0 }, words = { 0 };

	b.p = malloc(wire[_i].n ? wire[_i].n : 1);
	b.n = b.cap = wire[_i].n;
	memcpy(b.p, wire[_i].bytes, b.n);
	ck_assert_int_eq(read_name(&b, wire[_i].at, false, &words), wire[_i].taken);
	buf_done(&b);
	buf_done(&words);
}
END_TEST

START_TEST(name_limits)
{
	struct buf b = { 0 }, words = { 0 };
	struct value v;
	unsigned i, work;

	/* 21 pointers in a row are one too many; 20 are not. */
	buf_put(&b, "\1a\0", 3);
	for (i = 0; i < 22; i++) {
		unsigned to = i ? 3 + 2 * (i - 1) : 0;

		buf_char(&b, (char)0xc0);
		buf_char(&b, (char)to);
		ck_assert_int_eq(read_name(&b, 3 + 2 * i, false, &words), i < 20 ? 2 : -1);
	}
	/* 255 bytes with the root are a name, 256 are not. */
	b.n = 0;
	for (i = 0; i < 127; i++)
		buf_put(&b, "\1x", 2);
	buf_char(&b, 0);
	ck_assert_int_eq(read_name(&b, 0, false, &words), 255);
	b.n--;
	buf_put(&b, "\1x\0", 3);
	ck_assert_int_eq(read_name(&b, 0, false, &words), -1);
	ck_assert_int_eq(read_name(&b, 2, false, &words), 255);
	b.n = 0; /* the root's byte counts even where the labels alone would fit */
	for (i = 0; i < 126; i++)
		buf_put(&b, "\1x", 2);
	buf_put(&b, "\2xx\0", 4);
	ck_assert_int_eq(read_name(&b, 0, false, &words), -1);
	ck_assert_int_eq(read_name(&b, 2, false, &words), 254);
	/* A budget runs out. */
	b.n = 0;
	for (i = 0; i < 128; i++)
		buf_put(&b, "\1x", 2);
	buf_char(&b, 0);
	v = (struct value) { .work = &work };
	for (work = 0; work < 128; work++) {
		unsigned had = work;

		v.work = &work;
		ck_assert_int_eq(kind_find("dnsname", 7)->read((uint8_t *)b.p + 2, 255, &v), -1);
		ck_assert_uint_eq(work, 0);
		work = had;
	}
	ck_assert_int_eq(kind_find("dnsname", 7)->read((uint8_t *)b.p + 2, 255, &v), 255);
	buf_done(&b);
	buf_done(&words);
}
END_TEST

/* Noise made of labels and pointers: what is read, said exactly, is written as the same bytes; what
 * is said without `exact` reads as the same name. */
START_TEST(name_noise)
{
	struct type t = type_of("dnsname", 0);
	unsigned round, i, n, good_ones = 0;
	struct buf words = { 0 }, out = { 0 };
	struct arena mem = { 0 };

	for (round = 0; round < 50000; round++) {
		uint8_t *p = malloc(64);
		struct value v = { .base = p, .base_len = 64 }, w = { 0 };
		struct err e = { 0 };
		unsigned at = noise() % 64;
		int took;

		for (i = 0; i < 64; i++)
			p[i] = noise() % 4   ? (uint8_t)(noise() % 4)
			       : noise() % 2 ? 0xc0
					     : (uint8_t)noise();
		took = t.kind->read(p + at, 64 - at, &v);
		if (took >= 0) {
			good_ones++;
			for (n = 0; n < 2; n++) {
				v.exact = n;
				words.n = out.n = 0;
				t.kind->print(&t, &v, &words);
				ck_assert_msg(!t.kind->parse(&t, words.p, words.n, &mem, &w, &e),
					      "%s: %s", buf_cstr(&words), e.msg);
				if (!n)
					continue;
				ck_assert_int_eq(t.kind->write(&out, 0, &w, 0), 0);
				ck_assert_uint_eq(out.n, took);
				ck_assert_mem_eq(out.p, p + at, took);
			}
		}
		arena_reset(&mem);
		free(p);
	}
	ck_assert_uint_gt(good_ones, 5000);
	buf_done(&words);
	buf_done(&out);
	arena_done(&mem);
}
END_TEST

START_TEST(every_kind_is_found)
{
	const struct kind *k;
	unsigned i;

	for (i = 0; (k = kind_at(i)); i++) {
		ck_assert_ptr_eq(kind_find(k->name, strlen(k->name)), k);
		ck_assert(!k->read == !k->write);
		ck_assert(!k->parse == (k->cls == KIND_TEXT || k->cls == KIND_BYTES));
		ck_assert(!k->parse == !k->print);
	}
	ck_assert_uint_gt(i, 15);
	ck_assert_ptr_null(kind_find("ip", 2));
	ck_assert_ptr_eq(kind_find("uint", 4), &kind_uint);
	ck_assert_ptr_eq(kind_find("int", 3), &kind_int);
}
END_TEST

UNIT_TESTS(kind)
{
	tcase_add_loop_test(t, reads_and_prints, 0, COUNT(good));
	tcase_add_loop_test(t, refuses, 0, COUNT(bad));
	tcase_add_loop_test(t, codec, 0, COUNT(codecs));
	tcase_add_test(t, codec_noise);
	tcase_add_test(t, codec_refuses);
	tcase_add_test(t, print_is_exact);
	tcase_add_test(t, words_are_exact);
	tcase_add_test(t, netbios_names);
	tcase_add_test(t, ip6_agrees);
	tcase_add_test(t, name_rfc_example);
	tcase_add_test(t, name_writes);
	tcase_add_test(t, name_many);
	tcase_add_test(t, name_far);
	tcase_add_loop_test(t, name_reads, 0, COUNT(wire));
	tcase_add_test(t, name_limits);
	tcase_add_test(t, name_noise);
	tcase_add_test(t, every_kind_is_found);
}
