/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages whose end hangs on lines of text, on pieces, on what was asked, or on the end of the
 * stream, however the stream is cut into segments. */
#include "tests/unit/dissect_help.h"

#include "core/message.h"
#include "flow/flow.h"

static const char text[] =
	"protocol wire { over link 147; carries wire.what by what\n"
	"  flow from to; segment at seq closes kind == 2\n"
	"  what : u8 = 7; kind : u8; from : u8; to : u8; seq : u16; payload }\n"
	"protocol talk { over wire.what 7; beside; guard kind in (\"Q\", \"A\")\n"
	"  reply kind == \"A\" to kind == \"Q\"\n"
	"  message length len(kind..heads) if request.verb == \"HEAD\"\n"
	"  message length len(header) if last(heads, \"coding\") == \"pieces\"\n"
	"  message length len(header) + number(heads, \"SIZE\") if number(heads, \"Size\") >= 0\n"
	"  message rest if kind == \"A\"\n"
	"  message length len(header)\n"
	"  kind : text[until \" \"]; verb : line; heads : head[lines until \"\"]\n"
	"  pieces : piece[until size == 0] if last(heads, \"Coding\") == \"pieces\"\n"
	"  payload }\n"
	"struct head { name : text[until \": \"]; value : text[..] }\n"
	"struct piece { size : hexnum = len(data); end : line; data : bytes[size]\n"
	"  after : line if len(data) != 0\n"
	"  more : head[lines until \"\"] if len(data) == 0 }\n";

static const char parts[] =
	"protocol box { over link 147; flow a b; a : u8; b : u8; payload }\n"
	"protocol part { over box; beside; carries part.what by what if kind == 1\n"
	"  fragment by stream, other number n first flags & 1 more !(flags & 2) if kind == 1\n"
	"  kind : u8; flags : u8; stream : u8; other : u8 if kind == 2; n : u8; what : u8\n"
	"  size : u8 = len(payload)\n"
	"  payload opaque if kind == 1 && !(flags & 1) excerpt if kind == 1 && !(flags & 2) }\n"
	"protocol note { over part.what 9; text : text[..] }\n";

static int on_whole(void *arg, struct packet *p)
{
	struct buf *out = arg;
	unsigned i = 0;
	uint32_t from;

	while (i < p->nlayers && (p->layers[i].flags & LAYER_ABOVE))
		i++;
	from = p->layers[i - 1].off + p->layers[i - 1].hlen;
	buf_put(out, p->data + from, p->len - from);
	buf_str(out, p->wire_len > p->len ? "...|" : "|");
	return 0;
}

struct said {
	unsigned side;
	uint32_t off;
	const char *s; /* "" closes */
};

static void give(struct flows *f, const struct registry *r, const struct said *s, uint32_t off,
		 uint32_t n)
{
	uint8_t b[300] = { 7, !s->s[0] ? 2 : 0, (uint8_t)(1 + s->side), (uint8_t)(2 - s->side) };
	struct packet p = { .link = 147, .len = 6 + n, .wire_len = 6 + n };
	uint8_t *copy = malloc(6 + n);

	b[4] = (uint8_t)((s->off + off) >> 8);
	b[5] = (uint8_t)(s->off + off);
	memcpy(b + 6, s->s + off, n);
	memcpy(copy, b, 6 + n);
	p.data = copy;
	dissect(r, &p);
	ck_assert_int_eq(flows_packet(f, &p), 0);
	free(copy);
}

/* What is told of, with each saying in segments of `step` bytes. */
static char *told(const struct registry *r, const struct said *s, uint32_t step)
{
	static const struct flow_ops ops = { .whole = on_whole };
	struct buf out = { 0 };
	struct flow_opts o = { .reg = r, .ops = &ops, .arg = &out };
	struct err e = { 0 };
	struct flows *f = flows_open(&o, &e);
	char *got;

	ck_assert_msg(f != NULL, "%s", e.msg);
	for (; s->s; s++) {
		uint32_t n = (uint32_t)strlen(s->s), off = 0, k;

		do {
			k = n - off < step ? n - off : step;
			give(f, r, s, off, k);
			off += k;
		} while (off < n);
	}
	ck_assert_int_eq(flows_end(f), 0);
	got = strdup(buf_cstr(&out));
	buf_done(&out);
	flows_close(f);
	return got;
}

static void expect(const struct registry *r, const struct said *s, uint32_t from, uint32_t to,
		   const char *want)
{
	for (uint32_t step = from; step <= to; step++) {
		char *got = told(r, s, step);

		ck_assert_msg(!strcmp(got, want), "in segments of %u: %s", step, got);
		free(got);
	}
}

#define SIZED "A ok\r\nSize: 5\r\n\r\nhello"
#define PIECES                                                                                     \
	"A ok\r\nCoding: zip, Pieces \r\n\r\n5\r\nhello\r\n1a;x=y\r\n"                             \
	"abcdefghijklmnopqrstuvwxyz\r\n0\r\nSum: 1\r\n\r\n"
#define ODD "A ok\r\nsize:5\r\n\r\n"

START_TEST(sizes_and_pieces)
{
	struct registry *r = help_registry(text);

	expect(r, (struct said[]) { { 1, 0, SIZED SIZED "Q x\r\n\r\n" }, { 0, 0, NULL } }, 1, 10,
	       SIZED "|" SIZED "|Q x\r\n\r\n|");
	expect(r, (struct said[]) { { 1, 0, PIECES SIZED }, { 0, 0, NULL } }, 1, 21,
	       PIECES "|" SIZED "|");
	/* All in one packet is not told of again. */
	expect(r, (struct said[]) { { 1, 0, PIECES SIZED }, { 0, 0, NULL } }, 200, 200, "");
	registry_close(r);
}
END_TEST

#define ASK "Q HEAD\r\n\r\n"
#define NONE "A ok\r\nSize: 5\r\n\r\n"

START_TEST(what_was_asked)
{
	struct registry *r = help_registry(text);

	expect(r,
	       (struct said[]) { { 0, 0, ASK "Q GET\r\n\r\n" ASK },
				 { 1, 0, NONE SIZED NONE },
				 { 0, 0, NULL } },
	       1, 8, ASK "|Q GET\r\n\r\n|" ASK "|" NONE "|" SIZED "|" NONE "|");
	registry_close(r);
}
END_TEST

/* A length in two places, whose second half may be in another segment. */
START_TEST(wide_lengths)
{
	static const char wide[] =
		"protocol wire { over link 147; carries wire.what by what\n"
		"  flow from to; segment at seq closes kind == 2\n"
		"  what : u8 = 7; kind : u8; from : u8; to : u8; seq : u16; payload }\n"
		"protocol talk { over wire.what 7; beside; guard len in (9, 33, 34)\n"
		"  message length 1 + (len == 33 ? 1 : len == 34 ? 2 : 0) + size\n"
		"  len : u8; size : wide len { 33 -> u8, 34 -> u16 + 0 } = len(data)\n"
		"  data : text[..] }\n";
	struct registry *r = help_registry(wide);

	expect(r,
	       (struct said[]) { { 1, 0, "\t123456789!&abcdefghijklmnopqrstuvwxyz0123456789AB" },
				 { 0, 0, NULL } },
	       1, 9, "\t123456789|!&abcdefghijklmnopqrstuvwxyz0123456789AB|");
	registry_close(r);
}
END_TEST

START_TEST(up_to_the_end)
{
	struct registry *r = help_registry(text);

	/* Closed; not closed, so that more may have come; in a line that is none of its list. */
	expect(r, (struct said[]) { { 1, 0, "A x\r\n\r\nhello" }, { 1, 12, "" }, { 0, 0, NULL } },
	       1, 11, "A x\r\n\r\nhello|");
	expect(r, (struct said[]) { { 1, 0, "A x\r\n\r\nhello" }, { 0, 0, NULL } }, 1, 11,
	       "A x\r\n\r\nhello...|");
	expect(r, (struct said[]) { { 1, 0, ODD "hello" }, { 1, 21, "" }, { 0, 0, NULL } }, 1, 15,
	       ODD "hello|");
	/* Behind a hole that is never closed. */
	expect(r,
	       (struct said[]) {
		       { 1, 0, "A ok\r\nSize: 50\r\n\r\n" }, { 1, 300, SIZED }, { 0, 0, NULL } },
	       7, 9, SIZED "|");
	registry_close(r);
}
END_TEST

static const char *give_box(struct flows *f, const struct registry *r, struct buf *out,
			    const char *bytes, uint32_t n)
{
	uint8_t *copy = malloc(n);
	struct packet p = { .data = copy, .len = n, .wire_len = n, .link = 147 };

	memcpy(copy, bytes, n);
	out->n = 0;
	dissect(r, &p);
	ck_assert_int_eq(flows_packet(f, &p), 0);
	free(copy);
	return buf_cstr(out);
}

/* Pieces that are counted, side by side in a packet, the numbers beginning again. */
START_TEST(numbered_pieces)
{
#define GIVE(bytes) give_box(f, r, &out, bytes, sizeof(bytes) - 1)
	static const struct flow_ops ops = { .whole = on_whole };
	struct registry *r = help_registry(parts);
	struct buf out = { 0 };
	struct flow_opts o = { .reg = r, .ops = &ops, .arg = &out };
	struct err e = { 0 };
	struct flows *f = flows_open(&o, &e);

	ck_assert_str_eq(GIVE("\1\2\1\2\5\0\11\2-c"), ""); /* the last one first */
	ck_assert_str_eq(GIVE("\1\2\1\1\5\376\11\2a-"), "");
	ck_assert_str_eq(GIVE("\2\1\1\0\5\377\11\1x"), ""); /* the other way */
	ck_assert_str_eq(GIVE("\1\2\1\0\6\377\11\1y"), ""); /* another stream */
	ck_assert_str_eq(GIVE("\1\2\1\0\5\377\11\1b\1\1\7\12\11\1d\1\2\7\13\11\1e"), "a-b-c|de|");
	ck_assert_str_eq(GIVE("\1\2\1\3\5\1\11\2ok"), ""); /* a whole is no piece */
	ck_assert_str_eq(GIVE("\1\2\2\0\5\0\1\11\2no"), "");
	flows_close(f);
	buf_done(&out);
	registry_close(r);
}
END_TEST

START_TEST(printed_again)
{
	struct registry *r = help_registry(text), *again;
	struct buf out = { 0 }, why = { 0 };
	struct err e = { 0 };

	proto_print(registry_find(r, "talk", 4), &out);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "    message rest if kind == \"A\"\n"));
	proto_print(registry_find(r, "wire", 4), &out);
	again = registry_open();
	ck_assert_msg(registry_load(again, "again", out.p, out.n, false, &e) == 0 &&
			      registry_freeze(again, &e) == 0,
		      "%s in %s", e.msg, buf_cstr(&out));
	ck_assert_msg(
		proto_equal(registry_find(r, "talk", 4), registry_find(again, "talk", 4), &why),
		"%s", buf_cstr(&why));
	buf_done(&out);
	buf_done(&why);
	registry_close(again);
	registry_close(r);
}
END_TEST

/* Many small pieces in many small segments: the length is not looked for at each byte. */
START_TEST(small_pieces_are_cheap)
{
	struct registry *r = help_registry(text);
	static char s[200000];
	size_t n = (size_t)sprintf(s, "A ok\r\nCoding: pieces\r\n\r\n");
	char *got;

	while (n < 20000)
		n += (size_t)sprintf(s + n, "1\r\nx\r\n");
	n += (size_t)sprintf(s + n, "0\r\n\r\n");
	got = told(r, (struct said[]) { { 1, 0, s }, { 0, 0, NULL } }, 3);
	ck_assert_uint_eq(strlen(got), n + 1);
	free(got);
	registry_close(r);
}
END_TEST

UNIT_TESTS(message)
{
	tcase_add_test(t, sizes_and_pieces);
	tcase_add_test(t, what_was_asked);
	tcase_add_test(t, wide_lengths);
	tcase_add_test(t, up_to_the_end);
	tcase_add_test(t, numbered_pieces);
	tcase_add_test(t, printed_again);
	tcase_add_test(t, small_pieces_are_cheap);
}
