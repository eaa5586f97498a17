/* SPDX-License-Identifier: BSD-2-Clause */
/* Names as DNS and NetBIOS write them: their limits, what is compressed, what only looks like it.
 */
#include "tests/unit/kind_help.h"

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

UNIT_TESTS(kind_name)
{
	tcase_add_test(t, netbios_names);
	tcase_add_test(t, name_rfc_example);
	tcase_add_test(t, name_writes);
	tcase_add_test(t, name_many);
	tcase_add_test(t, name_far);
	tcase_add_loop_test(t, name_reads, 0, COUNT(wire));
	tcase_add_test(t, name_limits);
	tcase_add_test(t, name_noise);
}
