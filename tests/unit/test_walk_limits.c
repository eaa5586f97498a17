/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk where it has to end: what is nested too deep, lies about itself, is refused, or is too
 * much. */
#include "tests/unit/walk_help.h"

#define NEST 30 /* levels of BER, each of them a struct, a choice and a list */

/* What is deeper than anybody writes is still named; beyond the bound it is bytes. Both come back.
 */
START_TEST(test_deep)
{
	struct registry *r = own(P("v : b[..]\n") "struct b {\n tag : u8\n len : berlen = "
						  "len(value)\n value : choose tag {\n 0x30 -> "
						  "b[..]\n else -> bytes[..]\n }\n}\n");
	struct printer *pr = printer_open(r);

	for (unsigned levels = NEST; levels <= 60; levels += 60 - NEST) {
		uint8_t bytes[2 * 60 + 3];
		unsigned n = 2 * levels + 3;
		struct buf text = { 0 };
		struct plan plan = { 0 };
		struct build b = { 0 };
		struct err e = { 0 };
		struct packet p;

		for (unsigned i = 0; i < levels; i++) {
			bytes[2 * i] = 0x30;
			bytes[2 * i + 1] = (uint8_t)(n - 2 * i - 2);
		}
		memcpy(bytes + 2 * levels, "\x04\x01\x07", 3);
		view(&p, bytes, n);
		dissect(r, &p);
		ck_assert_int_eq(print_expr(pr, &p, 0, &text), 0);
		ck_assert_msg(!plan_parse(&plan, r, text.p, text.n, 0, &e) && !build(&b, &plan, &e),
			      "%.400s: %s", buf_cstr(&text), e.msg);
		ck_assert_uint_eq(b.bytes.n, n);
		ck_assert_mem_eq(b.bytes.p, bytes, n);
		/* the innermost value, at the end of 31 pairs of list and item */
		ck_assert_msg((strstr(buf_cstr(&text), ".value.0.tag=4 ") != NULL) ==
				      (levels == NEST),
			      "%u: %.400s", levels, buf_cstr(&text));
		buf_done(&text);
		build_done(&b);
		plan_done(&plan);
	}
	printer_close(pr);
	registry_close(r);
}
END_TEST

/* Lists that would never end, lengths that lie, structs without bottom: bounded, and marked. */
static const struct {
	const char *text, *hex;
	unsigned flag; /* of the layer or its tree */
} hostile[] = {
	{ P("v : s[..]\n") "struct s {\n n : u8 = len(all)\n}\n", "0000000000000000", 0 },
	{ P("v : s[..]\n") "struct s {\n n : u8 = len(all)\n d : bytes[..]\n}\n", "ff00",
	  LAYER_BAD_LENGTH },
	{ P("v : s[..]\n") "struct s {\n k : u8\n n : u8 = len(v)\n v : choose k {\n 1 -> s[n "
			   "bytes]\n else -> bytes[n]\n }\n}\n",
	  "01400140013c0138013401300"
	  "12c0128012401200"
	  "11c01180114011001"
	  "0c01080104010000000000000000000000000000000000000000000000000000000000000000000000000000"
	  "00000000",
	  0 },
	{ P("n : u8 = len(header)\n x : u8 = 0\n y : u8 = 0\n"), "010203", LAYER_BAD_LENGTH },
};

START_TEST(test_hostile)
{
	struct registry *r = own(hostile[_i].text);
	size_t n = strlen(hostile[_i].hex) / 2;
	uint8_t *bytes = malloc(n);
	struct tree t = { 0 };
	struct packet p;

	for (size_t i = 0; i < n; i++) {
		char digits[3] = { hostile[_i].hex[2 * i], hostile[_i].hex[2 * i + 1], 0 };

		bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	view(&p, bytes, n);
	dissect(r, &p);
	ck_assert_uint_eq(p.nlayers, 1);
	ck_assert_int_eq(decode(&t, &p, 0), 0);
	ck_assert_uint_le(t.n, 2000 + 4 * n);
	ck_assert_uint_eq((p.layers[0].flags | t.lflags) & hostile[_i].flag, hostile[_i].flag);
	for (uint32_t i = 1; i < t.n; i++)
		ck_assert_uint_le(t.v[i].bit + t.v[i].bits, n * 8);
	tree_done(&t);
	free(bytes);
	registry_close(r);
}
END_TEST

/* What does not fit is told with the place of the value. */
static const struct {
	const char *text, *say, *sentence;
	unsigned col;
} refused[] = {
#define COUNTED                                                                                    \
	P("v : s[..]\n")                                                                           \
	"struct s {\n h : u8\n k : wide h { 13 -> u8 + 13, 14 -> u16 + 269 } since "               \
	"prior\n}\n"
	{ P("a : text[4]\n"), "t a=hello", "4 bytes wide", 5 },
	{ P("a : u8\n b : u16 = 1 if a > 3\n"), "t a=1 b=2", "t has b only if a > 3", 0 },
	{ P("a : text[u8]\n"), "t a=fill:300", "at most 255", 5 },
	{ P("v : s[..]\n") "struct s {\n a : u8\n}\n", "t v.0.a=1 v.2.a=1", "item 1", 0 },
	{ P("a : u8 = 5\n"), "t a=bad", "not computed", 5 },
	{ P("a : u4\n b : u4\n"), "t a=hex:00 b=1", "", 0 },
	{ P("v : s[blocks 4]\n") "struct s {\n d : bytes[..]\n}\n",
	  "t v.0.d=hex:010203 v.1.d=hex:04",
	  "a block has 4 bytes, but for the last; this one has 3", 0 },
	{ P("v : s[while k != 9]\n") "struct s {\n k : u8\n}\n", "t v.0.k=9",
	  "v ends before such an item", 0 },
	{ COUNTED, "t v=k:5,k:4",
	  "k is counted from the item before, where it is 5: it cannot be 4", 0 },
	{ COUNTED, "t v.0.h=3 v.0.k=4", "h was said to be 3, a form in which k cannot be 4", 0 },
	{ COUNTED, "t v.0.h=13 v.0.k=12", "h was said to be 13", 0 },
	{ COUNTED, "t v=k:5,k:100000", "k has no form for 99995", 0 },
	{ COUNTED, "t v.0.h=14 v.0.k=269 v.1.k=268", "where it is 269", 0 },
	{ P("v : s[blocks 4]\n") "struct s {\n d : bytes[..]\n}\n", "t v.0.d=hex:0102030405",
	  "a block has 4 bytes at most; this one has 5", 0 },
};

START_TEST(test_refused)
{
	struct registry *r = own(refused[_i].text);
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct err e = { 0 };
	int rc = plan_parse(&plan, r, refused[_i].say, strlen(refused[_i].say), 0, &e) ||
		 build(&b, &plan, &e);

	if (refused[_i].sentence[0]) {
		ck_assert_msg(rc, "%s was accepted", refused[_i].say);
		ck_assert_int_eq(e.code, ERR_USAGE);
		ck_assert_msg(strstr(e.msg, refused[_i].sentence) != NULL, "%s", e.msg);
		if (refused[_i].col)
			ck_assert_uint_eq(e.col, refused[_i].col);
	}
	build_done(&b);
	plan_done(&plan);
	registry_close(r);
}
END_TEST

/* A length that its field has no room for is sent cut, or as the 0 that says "to the end"; both are
 * told. */
static const struct {
	const char *text, *say, *begins, *note; /* NULL: none */
} crowded[] = {
	{ P("n : u8 = len(payload)\n payload\n"), "t / fill:259", "03",
	  "t.n is 3: 259 does not fit in its 8 bits" },
	{ P("n : u8 = len(all) zero rest\n payload\n"), "t / fill:300", "00",
	  "t.n is 0: 301 does not fit in its 8 bits" },
	{ P("n : u8 = len(payload)\n payload\n"), "t / fill:255", "ff", NULL },
	{ P("n : u4 = count(v)\n m : u4\n v : u8[n]\n"),
	  "t v=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "10",
	  "t.n is 1: 17 does not fit in its 4 bits" },
};

START_TEST(test_crowded)
{
	struct registry *r = own(crowded[_i].text);
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct buf hex = { 0 };
	struct err e = { 0 };

	ck_assert_msg(!plan_parse(&plan, r, crowded[_i].say, strlen(crowded[_i].say), 0, &e) &&
			      !build(&b, &plan, &e),
		      "%s: %s", crowded[_i].say, e.msg);
	buf_hex(&hex, (const uint8_t *)b.bytes.p, 1);
	ck_assert_str_eq(buf_cstr(&hex), crowded[_i].begins);
	ck_assert_uint_eq(b.nnotes, crowded[_i].note != NULL);
	if (b.nnotes)
		ck_assert_str_eq(b.notes[0].text, crowded[_i].note);
	/* The notes are of one build. */
	ck_assert_int_eq(build(&b, &plan, &e), 0);
	ck_assert_uint_eq(b.nnotes, crowded[_i].note != NULL);
	buf_done(&hex);
	build_done(&b);
	plan_done(&plan);
	registry_close(r);
}
END_TEST

/* Where the form of a length changes, in both directions: bytes as RFC 7252 section 3.1 has them.
 */
START_TEST(test_forms)
{
	static const struct {
		unsigned len;
		const char *head;
	} rows[] = { { 0, "00" },       { 1, "01" },        { 12, "0c" },      { 13, "0d00" },
		     { 14, "0d01" },    { 268, "0dff" },    { 269, "0e0000" }, { 270, "0e0001" },
		     { 300, "0e001f" }, { 65804, "0effff" } };
	struct registry *r =
		own(P("h : u8\n s : wide h { 13 -> u8 + 13, 14 -> u16 + 269 } = len(x)\n"
		      "x : bytes[s]\n y : u8 = 0xee\n"));

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct plan plan = { 0 };
		struct build b = { 0 };
		struct err e = { 0 };
		struct buf say = { 0 }, hex = { 0 };
		struct tree t = { 0 };
		struct packet p;
		uint32_t n = (uint32_t)strlen(rows[i].head) / 2;

		buf_fmt(&say, "t x=fill:%u", rows[i].len);
		ck_assert_msg(!plan_parse(&plan, r, say.p, say.n, 0, &e) && !build(&b, &plan, &e),
			      "%u: %s", rows[i].len, e.msg);
		ck_assert_uint_eq(b.bytes.n, n + rows[i].len + 1);
		ck_assert_uint_eq((uint8_t)b.bytes.p[b.bytes.n - 1], 0xee);
		buf_hex(&hex, (const uint8_t *)b.bytes.p, n);
		ck_assert_str_eq(buf_cstr(&hex), rows[i].head);
		view(&p, (const uint8_t *)b.bytes.p, b.bytes.n);
		dissect(r, &p);
		ck_assert_int_eq(decode(&t, &p, 0), 0);
		ck_assert_uint_eq(t.v[tree_find(&t, "s", 1)].num, rows[i].len);
		ck_assert_uint_eq(t.v[tree_find(&t, "x", 1)].bits, rows[i].len * 8);
		ck_assert_uint_eq(t.v[tree_find(&t, "y", 1)].num, 0xee);
		tree_done(&t);
		buf_done(&say);
		buf_done(&hex);
		build_done(&b);
		plan_done(&plan);
	}
	registry_close(r);
}
END_TEST

/* 4,096 items, each counted from the one before: as much work as so many others. */
START_TEST(test_long_count)
{
	struct registry *r = own(P("v : s[..]\n") "struct s {\n k : leb128 since prior\n}\n");
	uint8_t bytes[4000];
	struct tree t = { 0 };
	struct packet p;

	memset(bytes, 1, sizeof(bytes));
	view(&p, bytes, sizeof(bytes));
	dissect(r, &p);
	ck_assert_int_eq(decode(&t, &p, 0), 0);
	ck_assert_uint_eq(t.v[tree_find(&t, "v.0.k", 5)].num, 1);
	ck_assert_uint_eq(t.v[tree_find(&t, "v.1999.k", 8)].num, 2000);
	ck_assert_uint_eq(t.v[tree_find(&t, "v.3999.k", 8)].num, 4000);
	tree_done(&t);
	registry_close(r);
}
END_TEST

UNIT_TESTS(walk_limits)
{
	tcase_add_test(t, test_forms);
	tcase_add_test(t, test_long_count);
	tcase_add_test(t, test_deep);
	tcase_add_loop_test(t, test_hostile, 0, sizeof(hostile) / sizeof(hostile[0]));
	tcase_add_loop_test(t, test_refused, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(t, test_crowded, 0, sizeof(crowded) / sizeof(crowded[0]));
}
