/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the notation share: a registry, and a plan written down in one line. */
#ifndef STRATA_TESTS_NOTATION_HELP_H
#define STRATA_TESTS_NOTATION_HELP_H

#include "tests/unit/unit.h"

#include "notation/notation.h"

/* A protocol of the tests' own, so that what they expect does not hang on the built-in files. */
static const char own_protocols[] =
	"protocol tst \"For the tests\" {\n"
	"    over udp.port 7777\n"
	"    beside\n"
	"    num : u16 = 3\n"
	"    small : i8 = 0\n"
	"    op : u8 = one enum { one = 1, two-three = 2, ANY = 9 }\n"
	"    fl : u8 = 0 flags { aa A = 1, bb B = 2, wide = 0x30 / 0xf0 }\n"
	"    mode : u8 = 0\n"
	"    extra : u16 = 0 if mode == 4\n"
	"    bitty : u8 = 0 if fl & 2\n"
	"    late : u8 = 0 if mode > 6\n"
	"    odd : u8 = 0 if mode * 2 == 100\n"
	"    name : text[u8] = \"x\"\n"
	"    blob : bytes[u8]\n"
	"    ids : u8 = count(list)\n"
	"    list : u16[ids]\n"
	"    tlen : u16 = len(things)\n"
	"    things : thing[tlen bytes]\n"
	"    sum : u16 = inet(header + payload)\n"
	"    payload\n"
	"}\n"
	"struct thing {\n"
	"    kind : u8 = num enum { num = 1, addr = 2, word = 3, pair = 4, none-at-all = 5 }\n"
	"    size : u8 = len(value)\n"
	"    value : choose kind { num -> u16 addr -> ip4 word -> text[size] pair -> couple\n"
	"                          none-at-all -> bytes[0] else -> bytes[size] }\n"
	"}\n"
	"struct couple {\n    left : u8 = 0\n    right : u8 = 0\n}\n";

static inline struct registry *open_registry(void)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	ck_assert_ptr_nonnull(r);
	if (registry_load_builtins(r, &e) ||
	    registry_load(r, "own", own_protocols, strlen(own_protocols), false, &e) ||
	    registry_freeze(r, &e))
		ck_abort_msg("%s:%u:%u: %s", e.name, e.lineno, e.col, e.msg);
	return r;
}

static inline void dump_value(const struct value *v, struct buf *out)
{
	if (v->p)
		buf_hex(out, v->p, v->len);
	else
		buf_u64(out, v->num);
}

/* name=12, name=hex:.. as hex digits of bytes, name=raw:.., name~text, name!auto, name{children},
 * a * for implied, a ? for swept. */
static inline void dump_says(const struct say *s, struct buf *out, unsigned depth)
{
	static const char *const word[] = { [SAY_NONE] = "none",
					    [SAY_AUTO] = "auto",
					    [SAY_BAD] = "bad",
					    [SAY_FRESH] = "fresh",
					    [SAY_ANY] = "any" };

	for (bool first = true; s && depth < 30; s = s->next, first = false) {
		if (!first)
			buf_char(out, ' ');
		if (s->name)
			buf_str(out, s->name);
		else
			buf_u64(out, s->index);
		if (s->implied)
			buf_char(out, '*');
		if (s->sweep)
			buf_char(out, '?');
		switch (s->form) {
		case SAY_TREE: break;
		case SAY_TEXT:
			buf_char(out, '~');
			buf_put(out, s->text, s->text_len);
			break;
		case SAY_VALUE:
			buf_char(out, '=');
			dump_value(&s->cur, out);
			break;
		case SAY_RAW:
			buf_str(out, "=raw:");
			buf_hex(out, s->cur.p, s->cur.len);
			break;
		default: buf_char(out, '!'); buf_str(out, word[s->form]);
		}
		if (s->child) {
			buf_char(out, '{');
			dump_says(s->child, out, depth + 1);
			buf_char(out, '}');
		}
	}
}

/* Layers in order; "<n" tells the layer it stands in where that is not the one before; "+" filled
 * in.
 */
static inline void dump_plan(const struct plan *p, struct buf *out)
{
	for (unsigned i = 0; i < p->n; i++) {
		const struct plan_layer *l = &p->layer[i];

		if (i)
			buf_str(out, " / ");
		if (l->parent != (int)i - 1)
			buf_fmt(out, "<%d ", l->parent);
		if (l->filled)
			buf_char(out, '+');
		if (!l->proto) {
			if (l->payload.sweep)
				buf_char(out, '?');
			buf_char(out, '"');
			buf_hex(out, l->payload.cur.p, l->payload.cur.len);
			buf_char(out, '"');
			continue;
		}
		buf_str(out, l->proto->name);
		if (l->say) {
			buf_char(out, '(');
			dump_says(l->say, out, 0);
			buf_char(out, ')');
		}
		if (l->trailer) {
			buf_str(out, " ...");
			buf_hex(out, l->trailer->cur.p, l->trailer->cur.len);
		}
	}
}

#endif
