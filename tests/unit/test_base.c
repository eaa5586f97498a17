/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors, buffers, arenas and bits. */
#include "tests/unit/unit.h"

#include <limits.h>

#include "core/arena.h"
#include "core/bits.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/near.h"

START_TEST(err_first_wins)
{
	struct err e = { 0 };

	ck_assert_int_eq(err_set(&e, ERR_PERM, "no %s", "rights"), -1);
	ck_assert_int_eq(err_set(&e, ERR_IO, "second"), -1);
	ck_assert_int_eq(e.code, ERR_PERM);
	ck_assert_str_eq(e.msg, "no rights");
	ck_assert_int_eq(err_set(NULL, ERR_IO, "nobody listens"), -1);
	err_clear(&e);
	ck_assert_int_eq(e.code, ERR_NONE);
	ck_assert_int_eq(err_set(&e, ERR_IO, "third"), -1);
	ck_assert_str_eq(e.msg, "third");
}
END_TEST

/* What a terminal would obey never gets through; what a person can read does. */
static const struct {
	const char *in, *out;
} escapes[] = {
	{ "plain", "plain" },
	{ "a\nb\tc", "a\\x0ab\\x09c" },
	{ "\x1b[31mred", "\\x1b[31mred" },
	{ "\x7f", "\\x7f" },
	{ "K\xc3\xbc"
	  "che",
	  "K\xc3\xbc"
	  "che" },
	{ "\xc2\x9b"
	  "2J",
	  "\\xc2\\x9b2J" },  /* C1 control sequence introducer */
	{ "\x9b", "\\x9b" }, /* the same as a bare byte */
	{ "\xe2\x80\xae"
	  "gnp",
	  "\\xe2\\x80\\xaegnp" },              /* right-to-left override */
	{ "\xc0\xaf", "\\xc0\\xaf" },          /* overlong */
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* surrogate */
	{ "\xe2\x82", "\\xe2\\x82" },          /* cut short */
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
};

START_TEST(err_escapes)
{
	struct err e = { 0 };

	err_set(&e, ERR_USAGE, "%s", escapes[_i].in);
	ck_assert_str_eq(e.msg, escapes[_i].out);
}
END_TEST

START_TEST(err_long)
{
	struct err e = { 0 };
	char big[2000];

	memset(big, 1, sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	err_set(&e, ERR_USAGE, "%s", big);
	ck_assert_uint_lt(strlen(e.msg), sizeof(e.msg));
	ck_assert_uint_eq(strlen(e.msg) % 4, 0); /* never half an escape */
}
END_TEST

static const struct {
	const char *text;
	size_t at, span;
	unsigned lineno, col, want_span;
	const char *line;
} places[] = {
	{ "ip dst=x", 7, 1, 1, 8, 1, "ip dst=x" },
	{ "one\ntwo three\nfour", 8, 5, 2, 5, 5, "two three" },
	{ "one\ntwo", 3, 1, 1, 4, 1, "one" }, /* the newline itself: end of its line */
	{ "one\r\ntwo", 4, 1, 1, 4, 1, "one" },
	{ "one", 99, 1, 1, 4, 1, "one" }, /* past the end */
	{ "", 0, 0, 1, 1, 1, "" },
	{ "a\nbc", 2, 99, 2, 1, 2, "bc" },         /* a span ends with its line */
	{ "a\tb\x01 c", 5, 1, 1, 6, 1, "a b? c" }, /* one byte stays one column */
};

START_TEST(err_place)
{
	struct err e = { 0 };

	err_at(&e, "f.protocol", places[_i].text, strlen(places[_i].text), places[_i].at,
	       places[_i].span, "bad");
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_uint_eq(e.lineno, places[_i].lineno);
	ck_assert_uint_eq(e.col, places[_i].col);
	ck_assert_uint_eq(e.span, places[_i].want_span);
	ck_assert_str_eq(e.line, places[_i].line);
	ck_assert_str_eq(e.name, "f.protocol");
}
END_TEST

START_TEST(err_long_line)
{
	char text[3000];
	size_t at;

	memset(text, 'a', sizeof(text));
	for (at = 0; at < sizeof(text); at += 13) {
		struct err e = { 0 };

		text[at] = 'X';
		err_at(&e, "", text, sizeof(text), at, 1, "bad");
		ck_assert_uint_eq(e.col, at + 1);
		ck_assert_int_eq(e.line[e.col - 1 - e.cut], 'X');
		ck_assert_uint_eq(strlen(e.line), sizeof(e.line) - 1);
		text[at] = 'a';
	}
}
END_TEST

START_TEST(buf_numbers)
{
	static const uint64_t v[] = {
		0,     1,       9,           10,         99,           100,       999,       1000,
		65535, 1000000, 4294967295u, 4294967296, 999999999999, INT64_MAX, UINT64_MAX
	};
	char want[128];
	unsigned i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct buf b = { 0 };

		buf_u64(&b, v[i]);
		buf_char(&b, ' ');
		buf_i64(&b, (int64_t)v[i]);
		buf_char(&b, ' ');
		buf_i64(&b, (int64_t)(0 - v[i]));
		buf_char(&b, ' ');
		buf_x64(&b, v[i], 5);
		snprintf(want, sizeof(want), "%llu %lld %lld %05llx", (unsigned long long)v[i],
			 (long long)v[i], (long long)(0 - v[i]), (unsigned long long)v[i]);
		ck_assert_str_eq(buf_cstr(&b), want);
		buf_done(&b);
	}
}
END_TEST

START_TEST(buf_grows)
{
	static const uint8_t raw[] = { 0x00, 0x0f, 0xa5, 0xff };
	struct buf b = { 0 };
	char big[5000];
	unsigned i;

	ck_assert_str_eq(buf_cstr(&b), "");
	for (i = 0; i < 1000; i++)
		buf_fmt(&b, "%u,", i);
	ck_assert_uint_eq(b.n, 10 * 2 + 90 * 3 + 900 * 4);
	ck_assert_str_eq(buf_cstr(&b) + b.n - 8, "998,999,");
	b.n = 0;
	memset(big, 'z', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	buf_fmt(&b, "[%s]", big);
	ck_assert_uint_eq(b.n, sizeof(big) + 1);
	b.n = 0;
	buf_hex(&b, raw, sizeof(raw));
	buf_x64(&b, 0x1, 20);
	ck_assert_str_eq(buf_cstr(&b), "000fa5ff00000000000000000001");
	ck_assert(!b.failed);
	buf_done(&b);
	ck_assert_ptr_null(b.p);
}
END_TEST

/* The sanitizer's malloc would rather end the program than say no. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

START_TEST(buf_out_of_memory)
{
	struct buf b = { 0 };

	buf_str(&b, "kept");
	ck_assert(!buf_grow(&b, SIZE_MAX - 2));
	ck_assert(b.failed);
	ck_assert(!buf_grow(&b, SIZE_MAX / 8)); /* asked of malloc, and refused */
	ck_assert_str_eq(buf_cstr(&b), "kept");
	buf_done(&b);
	ck_assert(!b.failed);
}
END_TEST

START_TEST(arena)
{
	struct arena a = { 0 };
	size_t n, i;
	char *s;

	for (n = 0; n < 20000; n += 97) {
		unsigned char *p = arena_alloc(&a, n);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
		for (i = 0; i < n && !p[i];)
			i++;
		ck_assert_uint_eq(i, n);
		memset(p, 0xee, n);
		if (n % 5 == 0 && n)
			arena_reset(&a);
	}
	s = arena_strndup(&a, "hello world", 5);
	ck_assert_str_eq(s, "hello");
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX - 8));
	ck_assert_ptr_null(arena_strndup(&a, "x", SIZE_MAX));
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX / 4)); /* asked of malloc, and refused */
	ck_assert_str_eq(s, "hello");
	arena_reset(&a);
	ck_assert_uint_eq(a.used, 0);
	arena_done(&a);
	ck_assert_ptr_null(a.head);
	arena_reset(&a);
}
END_TEST

/* The definition, a bit at a time, against every width at every offset; the neighbours stay. */
START_TEST(bits)
{
	uint64_t seed = 88172645463325252u, v, want;
	uint8_t p[18], q[18];
	unsigned bit, width, i;

	for (bit = 0; bit < 64; bit++)
		for (width = 1; width <= 64; width++) {
			for (i = 0; i < sizeof(p); i++) {
				seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
				p[i] = (uint8_t)seed;
			}
			for (want = 0, i = 0; i < width; i++)
				want = want << 1 | (p[(bit + i) / 8] >> (7 - (bit + i) % 8) & 1);
			ck_assert_uint_eq(bits_get(p, bit, width), want);
			memcpy(q, p, sizeof(p));
			v = seed;
			for (i = 0; i < width; i++) {
				unsigned at = bit + i, one = v >> (width - 1 - i) & 1;

				q[at / 8] = (uint8_t)((q[at / 8] & ~(0x80 >> at % 8)) |
						      (one ? 0x80 >> at % 8 : 0));
			}
			bits_put(p, bit, width, v);
			ck_assert_mem_eq(p, q, sizeof(p));
		}
}
END_TEST

/* In a buffer of exactly the size, so that the sanitizer sees a byte too many. */
START_TEST(bits_stay_inside)
{
	unsigned bit, width;

	for (bit = 0; bit < 8; bit++)
		for (width = 1; width <= 64; width++) {
			size_t n = (bit + width + 7) / 8;
			uint8_t *p = calloc(1, n);

			ck_assert_ptr_nonnull(p);
			bits_put(p, bit, width, UINT64_MAX);
			ck_assert_uint_eq(bits_get(p, bit, width), UINT64_MAX >> (64 - width));
			free(p);
		}
}
END_TEST

START_TEST(bits_little)
{
	uint8_t p[8] = { 1, 2, 3, 4, 5, 6, 7, 0x88 };

	ck_assert_uint_eq(bits_get_le(p, 0, 8), 1);
	ck_assert_uint_eq(bits_get_le(p, 0, 24), 0x030201);
	ck_assert_uint_eq(bits_get_le(p, 0, 64), 0x8807060504030201);
	bits_put_le(p, 0, 16, 0xabcdef);
	ck_assert_uint_eq(p[0], 0xef);
	ck_assert_uint_eq(p[1], 0xcd);
	ck_assert_uint_eq(p[2], 3);
	ck_assert_uint_eq(be16(p + 2), 0x0304);
	ck_assert_uint_eq(be32(p + 4), 0x05060788);
	ck_assert_int_eq(sign_extend(0xf, 4), -1);
	ck_assert_int_eq(sign_extend(0x7, 4), 7);
	ck_assert_int_eq(sign_extend(0x8000, 16), -32768);
	ck_assert(sign_extend(UINT64_MAX, 64) == -1);
}
END_TEST

/* Giving up early changes no distance within the limit. */
START_TEST(near_gives_up)
{
	static const char *const words[] = { "",       "a",      "ip",       "ip6",  "tcp",
					     "tpc",    "TCP",    "icmp",     "imcp", "icmp6",
					     "dhcp",   "dhpc",   "nbour",    "no",   "on",
					     "router", "ruoter", "neighbour" };
	const char *longest = "abcdefghijklmnopqrstuvwxyzabcdefghijklmno";
	const unsigned n = sizeof(words) / sizeof(*words);

	ck_assert_uint_eq(near_distance("tcp", 3, "tpc", 3, 99), NEAR_EDIT - 1);
	ck_assert_uint_eq(near_distance("rpc", 3, "tpc", 3, 99), NEAR_EDIT + 1);
	ck_assert_uint_eq(near_distance("tcp", 3, "tcpp", 4, 99), NEAR_EDIT);
	ck_assert_uint_eq(near_distance("kitten", 6, "SITTING", 7, 99), 3 * NEAR_EDIT + 1);
	for (unsigned i = 0; i < n * n; i++) {
		const char *a = words[i / n], *b = words[i % n];
		unsigned d = near_distance(a, strlen(a), b, strlen(b), 400);

		ck_assert_uint_eq(d, near_distance(b, strlen(b), a, strlen(a), 400));
		for (unsigned most = 0; most < 40; most++) {
			unsigned some = near_distance(a, strlen(a), b, strlen(b), most);

			ck_assert_msg(d <= most ? some == d : some > most, "%s %s %u: %u, not %u",
				      a, b, most, some, d);
		}
	}
	ck_assert_uint_eq(near_distance(longest, 41, longest, 41, 9999), NEAR_FAR);
}
END_TEST

UNIT_TESTS(base)
{
	tcase_add_test(t, err_first_wins);
	tcase_add_loop_test(t, err_escapes, 0, COUNT(escapes));
	tcase_add_test(t, err_long);
	tcase_add_loop_test(t, err_place, 0, COUNT(places));
	tcase_add_test(t, err_long_line);
	tcase_add_test(t, buf_numbers);
	tcase_add_test(t, buf_grows);
	tcase_add_test(t, buf_out_of_memory);
	tcase_add_test(t, arena);
	tcase_add_test(t, bits);
	tcase_add_test(t, bits_stay_inside);
	tcase_add_test(t, bits_little);
	tcase_add_test(t, near_gives_up);
}
