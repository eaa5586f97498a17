/* SPDX-License-Identifier: BSD-2-Clause */
/* Records by a layout that an earlier packet taught: learnt, found by its key, replaced, taken
 * back, forgotten; what does not fit it; and text that builds such a record with nothing learnt. */
#include "tests/unit/dissect_help.h"

#include "core/layouts.h"
#include "core/plan.h"
#include "dissect/check.h"
#include "dissect/heard.h"
#include "notation/notation.h"

static const char text[] =
	"protocol base {\n over link 147\n flow from to\n from : u8\n to : u8\n port : u8\n "
	"payload\n"
	" carries port by port\n}\n"
	"protocol report {\n over port 9\n room : u8\n sets : rset[..]\n}\n"
	"struct rset {\n id : u8 = layout enum { layout = 0, both = 1 }\n length : u8 = len(all)\n"
	" body : choose id {\n  layout -> rlayout[..]\n  both -> rboth[..]\n  16..255 -> rdata\n"
	"  else -> bytes[..]\n }\n}\n"
	"struct rlayout {\n id : u8 = 16\n n : u8 = count(items)\n items : ritem[n]\n"
	" teaches row by room, id = items if id != 255\n}\n"
	"struct rboth {\n id : u8 = 16\n n : u8 = count(about)\n about : rabout[n]\n"
	" m : u8 = count(items)\n items : ritem[m]\n teaches row by room, id = about, items\n}\n"
	"struct ritem {\n what : u8 = num words things\n size : u8 = 4\n"
	" view r.open = 1 if size == 255\n}\n"
	"struct rabout {\n part : u8\n size : u8\n}\n"
	"words things { num = 1, addr = 2, name = 3 }\n"
	"struct rdata {\n rows : rvalue[as learnt][learnt row by room, id]\n padding : "
	"bytes[..]\n}\n"
	"struct rvalue {\n part : implied u8 optional\n open : implied u1 optional alias r.open\n"
	" what : implied u8 = num words things if !part\n"
	" size : implied u8 = len(value) if !open\n more : len255 = len(value) if open\n"
	" value : choose what {\n  num -> uint[size]\n  addr -> ip4 alias r.addr\n"
	"  name -> text[..]\n  else -> bytes[..]\n }\n}\n";

struct bench {
	struct registry *r;
	struct heard *heard;
	struct printer *pr;
	struct tree t;
	struct buf out;
};

static void setup(struct bench *b, const char *description)
{
	*b = (struct bench) { .r = help_registry(description) };
	b->pr = printer_open(b->r);
}

static void done(struct bench *b)
{
	heard_close(b->heard);
	printer_close(b->pr);
	tree_done(&b->t);
	buf_done(&b->out);
	registry_close(b->r);
}

static void hear(struct bench *b, struct packet *p, const char *hex)
{
	help_packet(p, 147, hex);
	dissect_heard(b->r, p, &b->t, b->heard);
	ck_assert_int_eq(heard_learn(&b->heard, p, &b->t), 0);
}

static void drop(struct packet *p)
{
	free((void *)(uintptr_t)p->data);
}

/* The last set of a packet that was heard, as words; what is printed must build it again, with
 * nothing learnt. */
static const char *said(struct bench *b, const char *hex)
{
	struct packet p;
	struct plan plan = { 0 };
	struct build made = { 0 };
	struct err e = { 0 };
	const char *at = NULL;

	hear(b, &p, hex);
	b->out.n = 0;
	ck_assert_int_eq(print_expr(b->pr, &p, 0, &b->out), 0);
	buf_cstr(&b->out);
	ck_assert_msg(plan_parse(&plan, b->r, b->out.p, b->out.n, 0, &e) == 0 &&
			      build(&made, &plan, &e) == 0,
		      "%s: %s", b->out.p, e.msg);
	ck_assert_uint_eq(made.bytes.n, p.len);
	ck_assert_mem_eq(made.bytes.p, p.data, p.len);
	build_done(&made);
	plan_done(&plan);
	drop(&p);
	at = strstr(b->out.p, "sets");
	return at ? at : b->out.p;
}

START_TEST(in_order)
{
	static const struct {
		const char *hex, *want;
	} v[] = {
		{ "01 02 09 05  10 06 00000007", "sets=16:hex:00000007" }, /* nobody has said */
		/* Together with its records, two of them; bytes that are no record. */
		{ "01 02 09 05  00 06 10 01 01 04  10 0c 00000007 00011170 0000",
		  "sets.0.body=items:what:num sets.1.id=16 "
		  "sets.1.body.rows=num:7+size:4,num:70000+size:4 sets.1.body.padding=hex:0000" },
		{ "01 02 09 05  10 06 00000007", "sets.0.id=16 sets.0.body.rows=num:7+size:4" },
		{ "01 02 09 05  10 06 11223344", "sets.0.id=16 sets.0.body.rows=num:287454020" },
		{ "01 02 09 05  10 02", "sets=16" },
		{ "01 02 09 05  10 05 000007", "sets=16:padding:hex:000007" },
		/* Another room, another end, the way back, another number. */
		{ "01 02 09 06  10 06 00000007", "sets=16:hex:00000007" },
		{ "01 03 09 05  10 06 00000007", "sets=16:hex:00000007" },
		{ "02 01 09 05  10 06 00000007", "sets=16:hex:00000007" },
		{ "01 02 09 05  11 06 00000007", "sets=17:hex:00000007" },
		/* Said anew; a length that each record says. */
		{ "01 02 09 05  00 0a 10 03 02 04 03 ff 01 02",
		  "sets.0.body=items:what:addr+what:name+size:255+what:num+size:2" },
		{ "01 02 09 05  10 13 0a000009 03 616263 0102 0a00000a 00 0304",
		  "sets.0.id=16 sets.0.body.rows=addr:10.0.0.9+name:abc+open:1+num:258,"
		  "addr:10.0.0.10+name:\"\"+open:1+num:772" },
		{ "01 02 09 05  10 0c 0a000009 ff0001 61 0002",
		  "sets.0.id=16 sets.0.body.rows.0.0.what=addr" },
		/* A record that is not all there: its name is longer than the set. */
		{ "01 02 09 05  10 09 0a000009 09 6162", "sets=16:padding:hex:0a000009096162" },
		/* Not what its layout says that it is: an address of three bytes, a number of nine.
		 */
		{ "01 02 09 05  00 08 10 02 02 03 01 09  10 0e 0a0000 010203040506070809",
		  "sets.0.body=items:what:addr+size:3+what:num+size:9 sets.1.id=16 "
		  "sets.1.body.rows=addr:hex:0a0000+num:hex:010203040506070809" },
		{ "01 02 09 05  10 0e 0a0000 010203040506070809",
		  "sets.0.id=16 sets.0.body.rows=addr:hex:0a0000+num:hex:010203040506070809" },
		/* Two lists, whose items differ. */
		{ "01 02 09 05  01 09 10 01 07 02 01 01 01", "sets" },
		{ "01 02 09 05  10 05 000305", "sets.0.id=16 sets.0.body.rows.0.0.part=7" },
		/* Not where the condition fails, nor cut off, nor by a list that is cut. */
		{ "01 02 09 05  00 06 ff 01 01 04  ff 06 00000007", "sets" },
		{ "01 02 09 05  ff 06 00000007", "sets=255:hex:00000007" },
		{ "01 02 09 05  00 07 12 02 01 04 01", "sets" },
		{ "01 02 09 05  12 06 00000007", "sets=18:hex:00000007" },
		/* Taken back. */
		{ "01 02 09 05  00 04 10 00", "sets" },
		{ "01 02 09 05  10 06 00000007", "sets=16:hex:00000007" },
	};
	struct bench b;

	setup(&b, text);
	for (int i = 0; i < COUNT(v); i++) {
		const char *got = said(&b, v[i].hex);

		ck_assert_msg(strncmp(got, v[i].want, strlen(v[i].want)) == 0,
			      "%d: %s: %s, expected %s", i, v[i].hex, got, v[i].want);
	}
	done(&b);
}
END_TEST

/* Fields by path and by their other names, of records that stand by a layout. */
START_TEST(fields)
{
	struct bench b;
	struct packet p;
	uint32_t at;

	setup(&b, text);
	hear(&b, &p, "01 02 09 05  00 08 10 02 02 04 01 02  10 08 0a000009 0102");
	ck_assert_int_eq(decode(&b.t, &p, 1), 0);
	ck_assert_uint_eq(b.t.lflags, 0);
	at = tree_find(&b.t, "sets.1.body.rows.0.1.value", 26);
	ck_assert_uint_ne(at, NODE_NONE);
	ck_assert_uint_eq(b.t.v[at].num, 0x102);
	ck_assert_uint_eq(b.t.v[at].bits, 16);
	at = tree_find(&b.t, "sets.1.body.rows.0.1.size", 25);
	ck_assert_uint_ne(at, NODE_NONE);
	ck_assert_uint_eq(b.t.v[at].num, 2);
	ck_assert_uint_eq(b.t.v[at].bits, 0);
	ck_assert_uint_eq(tree_find(&b.t, "sets.1.body.rows.0.1.open", 25), NODE_NONE);
	drop(&p);
	/* Without what was heard: bytes, and no fault. */
	help_packet(&p, 147, "01 02 09 05  10 08 0a000009 0102");
	dissect_with(b.r, &p, &b.t);
	ck_assert_ptr_null(p.learnt);
	ck_assert_int_eq(decode(&b.t, &p, 1), 0);
	ck_assert_uint_eq(b.t.lflags, 0);
	ck_assert_uint_eq(tree_find(&b.t, "sets.0.body.rows", 16), NODE_NONE);
	drop(&p);
	done(&b);
}
END_TEST

/* What does not stand in the packet is held to the rules of what does. */
START_TEST(building)
{
	static const struct {
		const char *say, *want; /* hex, or an error */
	} v[] = {
		{ "num:7", "01020905100307" },
		{ "num:7+size:2", "0102090510040007" },
		{ "addr:10.0.0.9+size:9", "01020905 1006 0a000009" },
		{ "name:abc+open:1", "01020905 1006 03616263" },
		{ "name:abc+open:2", "2 does not fit: write 0 to 1" },
		{ "what:300+value:hex:00", "300 does not fit" },
	};
	struct bench b;

	setup(&b, text);
	for (int i = 0; i < COUNT(v); i++) {
		struct plan plan = { 0 };
		struct build made = { 0 };
		struct packet p;
		struct err e = { 0 };
		bool bad = v[i].want[0] != '0';

		b.out.n = 0;
		buf_fmt(&b.out, "base from=1 to=2 / report room=5 sets.0.id=16 sets.0.body.rows=%s",
			v[i].say);
		bool ok = plan_parse(&plan, b.r, b.out.p, b.out.n, 0, &e) == 0 &&
			  build(&made, &plan, &e) == 0;
		ck_assert_msg(ok == !bad, "%s: %s", v[i].say, e.msg);
		if (bad) {
			ck_assert_msg(strstr(e.msg, v[i].want) != NULL, "%s: %s", v[i].say, e.msg);
		} else {
			help_packet(&p, 147, v[i].want);
			ck_assert_uint_eq(made.bytes.n, p.len);
			ck_assert_mem_eq(made.bytes.p, p.data, p.len);
			drop(&p);
		}
		build_done(&made);
		plan_done(&plan);
	}
	done(&b);
}
END_TEST

/* No more than so many layouts, and items of all: the newest are kept, and it stays quick. */
START_TEST(bounded)
{
	struct bench b;
	struct packet p;
	struct buf hex = { 0 };
	unsigned n = 4 * LAYOUTS_MOST, kept = 0, items = 60;

	setup(&b, text);
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < n; i++) {
			hex.n = 0;
			if (pass)
				buf_fmt(&hex, "%02x %02x 09 00 10 03 01", i & 255, i >> 8);
			else
				buf_fmt(&hex, "%02x %02x 09 00 00 %02x 10 %02x", i & 255, i >> 8,
					4 + 2 * items, items);
			for (unsigned k = 0; !pass && k < items; k++)
				buf_str(&hex, k ? "0300" : "0101");
			hear(&b, &p, buf_cstr(&hex));
			if (pass) {
				const struct layouts *l = p.learnt;

				ck_assert_ptr_nonnull(l);
				ck_assert_int_eq(decode(&b.t, &p, 1), 0);
				bool known = tree_find(&b.t, "sets.0.body.rows", 16) != NODE_NONE;

				kept += known;
				ck_assert_msg(known || n - i > LAYOUTS_MOST / 16, "%u is gone", i);
			}
			drop(&p);
		}
	}
	ck_assert_uint_le(kept, LAYOUTS_MOST);
	ck_assert_uint_ge(kept, LAYOUTS_MOST / 2);
	buf_done(&hex);
	done(&b);
}
END_TEST

UNIT_TESTS(layouts)
{
	tcase_add_test(t, in_order);
	tcase_add_test(t, fields);
	tcase_add_test(t, building);
	tcase_add_test(t, bounded);
}
