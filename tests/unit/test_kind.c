/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds: words to numbers and back, by tables, and by noise for what no table thinks of. */
#include "tests/unit/kind_help.h"

#include <arpa/inet.h>
#include <strings.h>

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
	{ "len255", 0, "255", NULL, 255 },
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
	{ "hpacktext", 0, "/a b?c=\\\\", NULL, 0 },
	{ "hpacktext", 0, "\xc3\xbc", "\\xc3\\xbc", 0 },
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

/* For output with escapes of its own there are none: RFC 3629 for what a character is. */
START_TEST(plain_text)
{
	static const struct {
		const char *kind, *in, *want;
	} v[] = {
		{ "utf16le", "\\\\\\\\host\\\\C$", "\\\\host\\C$" },
		{ "utf16be", "\\u001b[2J", "\x1b[2J" },
		{ "utf16le", "a\\ud800b",
		  "a\xef\xbf\xbd"
		  "b" },
		{ "utf16be", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "utf16le", "a\\x41", "a\xef\xbf\xbd" },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct type t = type_of(v[i].kind, 0);
		struct arena mem = { 0 };
		struct buf out = { 0 };
		struct value x = { 0 };
		struct err e = { 0 };

		ck_assert_msg(t.kind->parse(&t, v[i].in, strlen(v[i].in), &mem, &x, &e) == 0, "%s",
			      e.msg);
		value_plain(NULL, &t, &x, &out);
		ck_assert_str_eq(buf_cstr(&out), v[i].want);
		buf_done(&out);
		arena_done(&mem);
	}
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
	{ "hpacktext", 0, "a\\q", "a backslash begins" },
	{ "hpacktext", 0, "a\\h", "a backslash begins" },
	{ "hpacktext", 0, "\\x4", "a backslash begins" },
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
	tcase_add_test(t, plain_text);
	tcase_add_loop_test(t, reads_and_prints, 0, COUNT(good));
	tcase_add_loop_test(t, refuses, 0, COUNT(bad));
	tcase_add_test(t, print_is_exact);
	tcase_add_test(t, words_are_exact);
	tcase_add_test(t, ip6_agrees);
	tcase_add_test(t, every_kind_is_found);
}
