/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of HPACK: the examples of RFC 7541 appendix C, both forms of any text, and what is none. */
#include "tests/unit/kind_help.h"

/* Said exactly, without saying which form, and the bytes. */
static const struct hpack_row {
	const char *exact, *words, *bytes;
	unsigned n;
} rows[] = {
	{ "www.example.com", "www.example.com",
	  "\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff", 13 },
	{ "no-cache", "no-cache", "\x86\xa8\xeb\x10\x64\x9c\xbf", 7 },
	{ "custom-key", "custom-key", "\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f", 9 },
	{ "custom-value", "custom-value", "\x89\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf", 10 },
	{ "302", "302", "\x82\x64\x02", 3 },
	{ "private", "private", "\x85\xae\xc3\x77\x1a\x4b", 6 },
	{ "Mon, 21 Oct 2013 20:13:21 GMT", "Mon, 21 Oct 2013 20:13:21 GMT",
	  "\x96\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b\x81\x66\xe0\x82\xa6\x2d\x1b"
	  "\xff",
	  23 },
	{ "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
	  "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
	  "\xad\x94\xe7\x82\x1d\xd7\xf2\xe6\xc7\xb3\x35\xdf\xdf\xcd\x5b\x39\x60\xd5\xaf\x27\x08\x7f"
	  "\x36\x72\xc1\xab\x27\x0f\xb5\x29\x1f\x95\x87\x31\x60\x65\xc0\x03\xed\x4e\xe5\xb1\x06\x3d"
	  "\x50\x07",
	  46 },
	/* as long as the text, and in the code all the same */
	{ "\\h307", "307", "\x83\x64\x0e\xff", 4 },
	/* shorter in the code, and not in it */
	{ "\\pcustom-key", "custom-key",
	  "\x0a"
	  "custom-key",
	  11 },
	{ "307", "307",
	  "\x03"
	  "307",
	  4 },
	{ "", "", "\x00", 1 },
	{ "\\h", "", "\x80", 1 },
	{ "a\\\\b\\x0a\\xff", "a\\\\b\\x0a\\xff",
	  "\x05"
	  "a\\b\n\xff",
	  6 },
};

static void say(const uint8_t *p, uint32_t n, bool exact, struct buf *out)
{
	struct type t = type_of("hpacktext", 0);
	struct value v = { .exact = exact };

	ck_assert_int_eq(t.kind->read(p, n, &v), (int)v.len);
	v.exact = exact;
	out->n = 0;
	t.kind->print(&t, &v, out);
}

/* The bytes of words, appended to out. */
static void put(const char *words, size_t n, struct buf *out)
{
	struct type t = type_of("hpacktext", 0);
	struct arena mem = { 0 };
	struct value v = { 0 };
	struct err e = { 0 };

	ck_assert_msg(!t.kind->parse(&t, words, n, &mem, &v, &e), "%.*s: %s", (int)n, words, e.msg);
	ck_assert_int_eq(t.kind->write(out, 0, &v, 0), 0);
	arena_done(&mem);
}

START_TEST(rfc_examples)
{
	const struct hpack_row *r = &rows[_i];
	struct buf out = { 0 }, wire = { 0 };

	put(r->exact, strlen(r->exact), &wire);
	ck_assert_uint_eq(wire.n, r->n);
	ck_assert_mem_eq(wire.p, r->bytes, r->n);
	say((const uint8_t *)r->bytes, r->n, true, &out);
	ck_assert_str_eq(buf_cstr(&out), r->exact);
	say((const uint8_t *)r->bytes, r->n, false, &out);
	ck_assert_str_eq(buf_cstr(&out), r->words);
	buf_done(&out);
	buf_done(&wire);
}
END_TEST

/* Any bytes as a text, in both forms, with lengths on both sides of where they take another byte.
 */
START_TEST(any_text)
{
	static const unsigned near[] = { 0, 1, 3, 126, 127, 128, 254, 255, 256, 16510, 16511 };
	struct buf words = { 0 }, wire = { 0 }, out = { 0 };

	for (unsigned round = 0; round < 600; round++) {
		unsigned n = near[noise() % COUNT(near)];

		words.n = wire.n = 0;
		buf_str(&words, round & 1 ? "\\h" : "\\p");
		for (unsigned i = 0; i < n; i++)
			buf_fmt(&words, "\\x%02x",
				round & 2 ? (unsigned)(noise() & 0xff) : 'a' + i % 26);
		put(words.p, words.n, &wire);
		say((const uint8_t *)wire.p, (uint32_t)wire.n, true, &out);
		words.n = 0;
		put(out.p, out.n, &words);
		ck_assert_uint_eq(words.n, wire.n);
		ck_assert_mem_eq(words.p, wire.p, wire.n);
	}
	buf_done(&words);
	buf_done(&wire);
	buf_done(&out);
}
END_TEST

/* What is read comes back, byte for byte; nothing behind the end is looked at (the sanitizer). */
START_TEST(any_bytes)
{
	const struct kind *k = kind_find("hpacktext", 9);
	struct buf words = { 0 }, wire = { 0 };
	unsigned read = 0;

	for (unsigned round = 0; round < 20000; round++) {
		uint32_t n = noise() % 24;
		uint8_t *p = malloc(n ? n : 1);
		struct value v = { 0 };
		int taken;

		ck_assert_ptr_nonnull(p);
		for (uint32_t i = 0; i < n; i++)
			p[i] = (uint8_t)noise();
		if (n)
			p[0] = (uint8_t)(noise() & 1 ? 0x80 | (n - 1) : noise());
		if (n > 1 && noise() & 1)
			p[n - 1] |= 0x7f;
		taken = k->read(p, n, &v);
		if (taken >= 0) {
			read++;
			say(p, n, true, &words);
			wire.n = 0;
			put(words.p, words.n, &wire);
			ck_assert_uint_eq(wire.n, taken);
			ck_assert_mem_eq(wire.p, p, taken);
		}
		free(p);
	}
	ck_assert_uint_gt(read, 1000);
	buf_done(&words);
	buf_done(&wire);
}
END_TEST

START_TEST(is_none)
{
	static const struct {
		const char *bytes;
		unsigned n;
	} none[] = {
		{ "", 0 },
		{ "\x03"
		  "ab",
		  3 },         /* longer than what is there */
		{ "\x7f", 1 }, /* the rest of the length is missing */
		{ "\x7f\x80", 2 },
		{ "\x7f\xff\xff\xff\xff\xff", 6 },
		{ "\xff\xff\xff\xff\xff", 5 },
		{ "\x81\x00", 2 },             /* filled up with zeros */
		{ "\x83\x64\x02\xff", 4 },     /* with a whole byte */
		{ "\x84\xff\xff\xff\xff", 5 }, /* EOS is no letter */
	};
	const struct kind *k = kind_find("hpacktext", 9);
	uint8_t two[3 + 127] = { 0x7f, 0x80, 0x00 }; /* 127, in one byte more than it takes */
	struct value v = { 0 };
	struct buf out = { 0 };

	for (unsigned i = 0; i < COUNT(none); i++)
		ck_assert_int_eq(k->read((const uint8_t *)none[i].bytes, none[i].n, &v), -1);
	ck_assert_int_eq(k->read(two, sizeof(two), &v), -1);
	two[1] = 0;
	ck_assert_int_eq(k->read(two, sizeof(two), &v), 2 + 127);
	ck_assert_int_eq(k->write(&out, 0, &v, 3), -1);
	buf_done(&out);
}
END_TEST

UNIT_TESTS(kind_hpack)
{
	tcase_add_loop_test(t, rfc_examples, 0, COUNT(rows));
	tcase_add_test(t, any_text);
	tcase_add_test(t, any_bytes);
	tcase_add_test(t, is_none);
}
