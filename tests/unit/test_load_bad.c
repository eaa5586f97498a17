/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong descriptions are refused at the right place, hostile ones in bounded time. */
#include "tests/unit/load_help.h"

#include "tests/unit/test_load_bad.h"

static void strip(const char *with, char *text, unsigned *line, unsigned *col)
{
	*line = *col = 1;
	while (*with && *with != '`') {
		*col = *with == '\n' ? 1 : *col + 1;
		*line += *with == '\n';
		*text++ = *with++;
	}
	strcpy(text, *with ? with + 1 : with);
}

START_TEST(refused)
{
	struct registry *r = registry_open();
	struct err e = { 0 };
	unsigned line, col;
	char text[1024];

	ck_assert_uint_lt(strlen(bad[_i].text), sizeof(text));
	strip(bad[_i].text, text, &line, &col);
	if (registry_load(r, "t.protocol", text, strlen(text), false, &e) == 0) {
		registry_strict(r);
		ck_assert_msg(registry_freeze(r, &e) == -1, "accepted: %s", text);
	}
	ck_assert_msg(e.code == ERR_USAGE && strstr(e.msg, bad[_i].says) && e.lineno == line &&
			      e.col == col,
		      "%s\nsaid %u:%u: %s\nnot  %u:%u: %s", text, e.lineno, e.col, e.msg, line, col,
		      bad[_i].says);
	ck_assert_str_eq(e.name, "t.protocol");
	ck_assert_uint_ge(e.span, 1);
	registry_close(r);
}
END_TEST

/* ---- what a hostile file could do ends in an error ---- */

static void repeat(struct buf *b, const char *s, unsigned n)
{
	while (n--)
		buf_str(b, s);
}

static int load_buf(struct buf *b, struct err *e)
{
	struct registry *r = registry_open();
	int k = registry_load(r, "big", b->p, b->n, false, e);

	if (k == 0)
		k = registry_freeze(r, e);
	registry_close(r);
	buf_done(b);
	return k;
}

START_TEST(hostile)
{
	static const struct {
		const char *head, *piece, *tail;
		unsigned n;
	} cases[] = {
		{ "protocol p { a : u8 if ", "(", "", 100000 },
		{ "protocol p { a : u8 if ", "!", "1 }", 100000 },
		{ "protocol p { a : u8; b : u8 if a", "+1", " }", 100000 },
		{ "protocol p { a : u8; b : u8 if a", "?a", "", 100000 },
		{ "protocol p { a : u8; b : u8 if 1", " in (1", "", 100000 },
		{ "protocol p { a : ", "choose 1 { 1 -> ", "", 60000 },
		{ "protocol p { a : u8", "[1]", " }", 100000 },
		{ "protocol p { ", "a : u8;", "}", 100000 },
		{ "protocol p { a : u8 enum { ", "a", "=1 } }", 100000 },
		{ "protocol p { over ", "a 1,", "b 2 }", 100000 },
		{ "protocol p { reply swap ", "a b, ", "a b; a : u8; b : u8 }", 100000 },
		{ "protocol p { x : u8 = len(", "x+", "x) }", 100000 },
		{ "protocol p { summary \"", "{?", "\"; a : u8 }", 100000 },
		{ "", "}", "", 500000 },
		{ "", "struct a { b : a }\n", "", 40000 },
		{ "protocol p { a : a.", "a.", "a }", 100000 },
		{ "protocol p { a : ip4 = ", "1", " }", 500000 },
		{ "protocol p { a : u8 alias ", "a.", "b }", 100000 },
	};
	struct buf b = { 0 };
	struct err e = { 0 };

	ck_assert_int_lt(_i, COUNT(cases));
	buf_str(&b, cases[_i].head);
	repeat(&b, cases[_i].piece, cases[_i].n);
	buf_str(&b, cases[_i].tail);
	ck_assert_int_eq(load_buf(&b, &e), -1);
	ck_assert_int_eq(e.code, ERR_USAGE);
}
END_TEST
#define HOSTILE 18

START_TEST(too_large)
{
	struct buf b = { 0 };
	struct err e = { 0 };

	repeat(&b, "#", (1u << 20) + 1);
	ck_assert_int_eq(load_buf(&b, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "1 MiB"));
}
END_TEST

/* Structs that hold each other 2,000 deep; and many names looked up through many containers. */
START_TEST(deep_and_wide)
{
	struct buf b = { 0 };
	struct err e = { 0 };

	buf_str(&b, "protocol p { a : s0 }\n");
	for (unsigned i = 0; i < 2000; i++)
		buf_fmt(&b, "struct s%u { a : s%u }\n", i, i + 1);
	buf_str(&b, "struct s2000 { a : u8 }\n");
	ck_assert_int_eq(load_buf(&b, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "nested more than"));
	err_clear(&e);
	for (unsigned i = 0; i < 15000; i++)
		buf_fmt(&b, "struct s%u { a : s%u[..]\nb : u8 if q }\n", i, i + 1);
	buf_str(&b, "struct s15000 { a : u8 if q }\nprotocol p { q : u8; a : s0 }\n");
	load_buf(&b, &e); /* accepted or refused, but soon */
}
END_TEST

START_TEST(no_empty_error)
{
	struct registry *r = registry_open();

	ck_assert_int_eq(registry_load(r, "x", "nonsense", 8, false, NULL), -1);
	ck_assert_int_eq(registry_load_file(r, "/nonexistent/x.protocol", NULL), -1);
	registry_close(r);
	registry_close(NULL);
}
END_TEST

UNIT_TESTS(load_bad)
{
	tcase_add_loop_test(t, refused, 0, COUNT(bad));
	tcase_add_loop_test(t, hostile, 0, HOSTILE);
	tcase_add_test(t, too_large);
	tcase_add_test(t, deep_and_wide);
	tcase_add_test(t, no_empty_error);
}
