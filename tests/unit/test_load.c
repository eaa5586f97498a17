/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol language: words, numbers, layout load into exactly the structure they say. */
#include "tests/unit/load_help.h"

#include "core/shape.h"

START_TEST(one_line)
{
	struct registry *r = load_text("protocol snmp { v : ber }\n"
				       "struct oid_part { x : u8 }\n"
				       "struct ber { tag : u8; len : berlen = len(value); value : "
				       "choose tag { 2 -> int[..] "
				       "6 -> oid_part[..] 0x30 -> ber[..] else -> bytes[..] } }\n");
	const struct record *rec = proto_named(r, "snmp")->rec.fields[0].type->rec;

	ck_assert_uint_eq(rec->nfields, 3);
	ck_assert_uint_eq(rec->fields[2].type->narms, 4);
	ck_assert_ptr_eq(rec->fields[2].type->arms[2].type->item->rec, rec);
	registry_close(r);
}
END_TEST

START_TEST(precedence)
{
	struct registry *r =
		load_text("protocol p { a : u8\n b : u8 if a & 0x80 == 0x80\n"
			  "c : u8 if 1 + a * 2 << 1 > 3 && !(a == 1) || a in (3, 5..7)\n"
			  "l : u32[until item & 0x80000000 == 0] }");
	const struct field *f = proto_named(r, "p")->rec.fields;

	ck_assert_int_eq(f[1].cond->op, EX_EQ);
	ck_assert_int_eq(f[1].cond->a->op, EX_AND);
	ck_assert_int_eq(f[2].cond->op, EX_OROR);
	ck_assert_int_eq(f[2].cond->a->op, EX_ANDAND);
	ck_assert_int_eq(f[2].cond->a->a->op, EX_GT);
	ck_assert_int_eq(f[2].cond->a->a->a->op, EX_SHL);
	ck_assert_int_eq(f[2].cond->a->a->a->a->op, EX_ADD);
	ck_assert_int_eq(f[2].cond->b->op, EX_IN);
	ck_assert_int_eq(f[2].cond->b->set[1].hi->num, 7);
	ck_assert_int_eq(f[3].type->ext.expr->op, EX_EQ);
	ck_assert_int_eq(f[3].type->ext.expr->a->a->op, EX_ITEM);
	registry_close(r);
}
END_TEST

START_TEST(word_contexts)
{
	struct registry *r =
		load_text("words kinds { red = 1, dark-blue = 2, 6in4 = 3 }\n"
			  "words bits flags { one A = 1, two B = 2, high = 0x40 / 0xc0 }\n"
			  "protocol p {\n"
			  "  k : u8 = dark-blue words kinds\n"
			  "  f : u8 = AB words bits\n"
			  "  g : u8 = one | high words bits\n"
			  "  x : u8 if k == dark-blue && f & two\n"
			  "  y : u8 if (f & (one | two)) == one\n"
			  "  z : u8 if red == k\n"
			  "  w : choose k { red, 6in4 -> u8 else -> u16 } = 7\n"
			  "}\n");
	const struct field *f = proto_named(r, "p")->rec.fields;

	ck_assert_int_eq(f[0].rule.num, 2);
	ck_assert_int_eq(f[1].rule.num, 3);
	ck_assert_int_eq(f[2].rule.num, 0x41);
	ck_assert_uint_eq(f[1].words->v[2].mask, 0xc0);
	ck_assert_uint_eq(f[1].words->v[2].value, 0x40);
	ck_assert_int_eq(f[1].words->v[1].letter, 'B');
	ck_assert_int_eq(f[3].cond->a->b->num, 2);
	ck_assert_int_eq(f[3].cond->b->b->num, 2);
	ck_assert_int_eq(f[4].cond->b->num, 1);
	ck_assert_int_eq(f[4].cond->a->b->b->num, 2);
	ck_assert_int_eq(f[5].cond->a->num, 1);
	ck_assert_int_eq(f[5].cond->b->local, 0);
	ck_assert_uint_eq(f[6].type->narms, 3);
	ck_assert_int_eq(f[6].type->arms[1].lo->num, 3);
	registry_close(r);
}
END_TEST

/* Rules as (len + k) * m / n, by hand. */
static const struct {
	const char *rule;
	int k, m, n;
} linears[] = {
	{ "len(d)", 0, 1, 1 },
	{ "len(d) / 4", 0, 1, 4 },
	{ "len(d) + 5", 5, 1, 1 },
	{ "5 + len(d)", 5, 1, 1 },
	{ "len(d) - 1", -1, 1, 1 },
	{ "(len(d) - 8) / 8", -8, 1, 8 },
	{ "len(d) / 4 - 1", -4, 1, 4 },
	{ "len(d) * 8", 0, 8, 1 },
	{ "8 * (len(d) + 1)", 1, 8, 1 },
	{ "8 * len(d) + 16", 2, 8, 1 },
	{ "(len(d) + 3) / 4 / 2", 3, 1, 8 },
	{ "len(d) << 3", 0, 8, 1 },
	{ "len(d) >> 2", 0, 1, 4 },
	{ "len(d) * 8 / 2", 0, 4, 1 },
	{ "(len(d) + 2 * 3) * (1 + 1)", 6, 2, 1 },
};

START_TEST(linear_rules)
{
	char text[200];
	struct registry *r;
	const struct rule *u;

	snprintf(text, sizeof(text), "protocol p { n : u16 = %s\n d : bytes[..] }",
		 linears[_i].rule);
	r = load_text(text);
	u = &proto_named(r, "p")->rec.fields[0].rule;
	ck_assert_int_eq(u->form, RULE_LEN);
	ck_assert_int_eq(u->k, linears[_i].k);
	ck_assert_int_eq(u->m, linears[_i].m);
	ck_assert_int_eq(u->n, linears[_i].n);
	registry_close(r);
}
END_TEST

/* Fields move in memory while a long record grows; what refers to them must follow. */
START_TEST(long_records)
{
	struct buf b = { 0 };
	struct registry *r;
	const struct field *f;

	buf_str(&b, "protocol p {\n n : u16 = len(d..end)\n c : u16 = inet(d..d + x40..x41)\n"
		    " d : u8 if len(n) == 1\n l : u8[2]\n");
	for (int i = 0; i < 100; i++)
		buf_fmt(&b, " x%d : u8 = %d must x%d == %d alias y%d\n", i, i, i, i, i);
	buf_str(&b, "}");
	r = load_text(buf_cstr(&b));
	f = proto_named(r, "p")->rec.fields;
	ck_assert_uint_eq(f[0].rule.spans.v[0].from, 2);
	ck_assert_uint_eq(f[0].rule.spans.v[0].to, 103);
	ck_assert_int_eq(f[1].rule.spans.v[0].form, SPAN_FIELDS);
	ck_assert_uint_eq(f[1].rule.spans.v[0].from, 2);
	ck_assert_uint_eq(f[1].rule.spans.v[0].to, 2);
	ck_assert_uint_eq(f[1].rule.spans.v[1].from, 44);
	ck_assert_uint_eq(f[1].rule.spans.v[1].to, 45);
	for (int i = 0; i < 100; i++) {
		ck_assert_ptr_eq(f[4 + i].rec, &proto_named(r, "p")->rec);
		ck_assert_int_eq(f[4 + i].rule.num, i);
		ck_assert_int_eq(f[4 + i].must[0].expr->a->local, 4 + i);
	}
	registry_close(r);
	buf_done(&b);
}
END_TEST

START_TEST(endianness)
{
	struct registry *r =
		load_text("endian little\nprotocol p { a : u8; b : u16; c : u16be; d : "
			  "i32; e : u4; f : u4; g : f64; h : ip4 }");
	const struct field *f = proto_named(r, "p")->rec.fields;
	const bool le[] = { false, true, false, true, false, false, true, false };

	for (int i = 0; i < 8; i++)
		ck_assert_msg(f[i].type->le == le[i], "%s", f[i].name);
	registry_close(r);
}
END_TEST

START_TEST(after_payload)
{
	struct registry *r = load_text("protocol p { n : u8 = len(payload)\n payload\n"
				       "pad : pad[4]\n fcs : u32 = crc32(header + payload) }");
	const struct proto *p = proto_named(r, "p");

	ck_assert_uint_eq(p->rec.npre, 1);
	ck_assert_uint_eq(p->rec.nfields, 3);
	ck_assert(!p->rec.fields[0].after && p->rec.fields[1].after && p->rec.fields[2].after);
	ck_assert_int_eq(p->rec.fields[2].fixed_bit, -1);
	ck_assert(p->has_payload);
	registry_close(r);
}
END_TEST

START_TEST(newlines)
{
	struct registry *r =
		load_text("\xef\xbb\xbfprotocol p\r\n{\n  a : u8 # a comment: not \"doc\"\n\n"
			  "    \"doc of a\" \"that goes on\"\n"
			  "  reply : u8 enum {\n  x = 1 \"one\"\n y = 2\n}\n"
			  "  over : u8 if a\n  if : u8 if over == 1\n}");
	const struct proto *p = proto_named(r, "p");

	ck_assert_uint_eq(p->rec.nfields, 4);
	ck_assert_str_eq(p->rec.fields[0].doc, "doc of a that goes on");
	ck_assert_str_eq(p->rec.fields[1].words->v[0].doc, "one");
	ck_assert_str_eq(p->rec.fields[3].name, "if");
	ck_assert_uint_eq(p->nover, 0);
	registry_close(r);
}
END_TEST

/* How much of a message must be there before its length can be told. */
START_TEST(message_heads)
{
	struct registry *r = load_text(
		"protocol a { message length 4 + n; k : u8; n : u16 = len(b); b : bytes[..] }\n"
		"protocol b { message length len(k..n) + n; k : u8; n : mqttvar = len(b); b : "
		"bytes[..] }\n"
		"protocol c { message length n; k : text[u8]; n : u16 = len(all) }\n");

	ck_assert_uint_eq(proto_named(r, "a")->message_min, 3);
	ck_assert_uint_eq(proto_named(r, "b")->message_min, 2);
	ck_assert_uint_eq(proto_named(r, "c")->message_min, 2);
	registry_close(r);
}
END_TEST

START_TEST(directives)
{
	struct registry *r = load_text(
		"protocol p {\n"
		"  over q, sp.ace 1-3, 7, other 9\n"
		"  carries sp.ace by t if t != 0\n"
		"  guard t & 1 && q\n"
		"  quotes q if t == 3\n"
		"  message length 4 + n\n"
		"  beside\n"
		"  reply t == 2 to t == 1 swap a b, b a same t, n, a in (1, 2), a == request.b + "
		"request.span\n"
		"  reply same a\n"
		"  pseudo src = list if t\n"
		"  t : u8; n : u16 = len(list..end + payload); a : u8; b : u8; list : ip4[..]\n"
		"  payload excerpt\n"
		"}\n"
		"protocol q { names Quu; src : u8 }\n");
	const struct proto *p = proto_named(r, "p");

	ck_assert_uint_eq(p->nover, 4);
	ck_assert_ptr_null(p->over[0].space);
	ck_assert_str_eq(p->over[0].lower, "q");
	ck_assert(p->over[1].lo == 1 && p->over[1].hi == 3 && p->over[2].lo == 7);
	ck_assert_str_eq(p->over[3].space, "other");
	ck_assert_int_eq(p->carries[0].cond->op, EX_NE);
	ck_assert_int_eq(p->guard->b->op, EX_FIELD);
	ck_assert(p->guard->b->outer_proto);
	ck_assert_str_eq(p->quotes_proto, "q");
	ck_assert_uint_eq(p->message_min, 3);
	ck_assert(p->beside);
	ck_assert_uint_eq(p->nreply, 2);
	ck_assert_uint_eq(p->reply[0].nswap, 2);
	ck_assert_uint_eq(p->reply[0].nsame, 2);
	ck_assert_uint_eq(p->reply[0].nexpr, 2);
	ck_assert_int_eq(p->reply[0].expr[0]->op, EX_IN);
	ck_assert_int_eq(p->reply[0].expr[1]->b->a->op, EX_REQUEST);
	ck_assert_str_eq(p->reply[0].expr[1]->b->a->path[0].name, "b");
	ck_assert_int_eq(p->reply[0].expr[1]->b->b->op, EX_REQUEST);
	ck_assert_str_eq(p->reply[0].expr[1]->b->b->path[0].name, "span");
	ck_assert_uint_eq(p->pseudo_over[0].list, 4);
	ck_assert_int_eq(p->excerpt->num, 1);
	registry_close(r);
}
END_TEST

/* A number in two places, one that counts from item to item, a mark before the rest: printed, they
 * load to the same; and each part of them makes a difference. */
START_TEST(wide_numbers)
{
	static const char a[] =
		"protocol p { v : o[while d != 15]; c : text[0xff .. alias p.mark] optional }\n"
		"struct o { d : u4; l : u4; n : wide d { 13 -> u8 + 13, 14 -> u16 "
		"+ 269 } since prior\n"
		"s : wide l { 14 -> u16le } = len(x); x : bytes[s] }\n";
	static const char *const others[][2] = {
		{ "+ 269", "+ 268" },
		{ "14 -> u16 +", "15 -> u16 +" },
		{ "u16 +", "u24 +" },
		{ "u16le", "u16" },
		{ " since prior", "" },
		{ "0xff ..", "0xfe .." },
		{ "0xff .. alias p.mark", ".." },
		{ "p.mark", "p.other" },
		{ "wide l", "wide d" },
	};
	struct registry *r = load_text(a), *s;
	const struct proto *p = proto_named(r, "p");
	const struct field *f = p->rec.fields[0].type->item->rec->fields;
	struct buf text = { 0 }, why = { 0 };

	ck_assert_int_eq(f[0].rule.form, RULE_HEAD);
	ck_assert_uint_eq(f[0].rule.spans.v[0].from, 2);
	ck_assert_uint_eq(f[1].rule.spans.v[0].from, 3);
	ck_assert_int_eq(f[2].type->ext.form, EXTENT_WIDE);
	ck_assert_uint_eq(f[2].type->ext.nwide, 2);
	ck_assert_uint_eq(f[2].type->ext.wide[1].head, 14);
	ck_assert_uint_eq(f[2].type->ext.wide[1].add, 269);
	ck_assert_uint_eq(f[2].type->ext.wide[1].type->bits, 16);
	ck_assert(f[2].since && !f[3].since);
	ck_assert(f[0].structural && f[2].structural);
	ck_assert(f[3].type->ext.wide[0].type->le);
	proto_print(p, &text);
	s = load_text(buf_cstr(&text));
	ck_assert_msg(proto_equal(p, proto_named(s, "p"), &why), "%s\n%s", buf_cstr(&why),
		      buf_cstr(&text));
	registry_close(s);
	for (unsigned i = 0; i < sizeof(others) / sizeof(*others); i++) {
		const char *at = strstr(a, others[i][0]);
		struct err e = { 0 };

		ck_assert_ptr_nonnull(at);
		text.n = 0;
		buf_put(&text, a, (size_t)(at - a));
		buf_str(&text, others[i][1]);
		buf_str(&text, at + strlen(others[i][0]));
		s = registry_open();
		if (registry_load(s, "other", text.p, text.n, false, &e) == 0 &&
		    registry_freeze(s, &e) == 0)
			ck_assert_msg(!proto_equal(p, proto_named(s, "p"), &why), "%s",
				      buf_cstr(&text));
		else /* two numbers of one head, or a number that none writes */
			ck_assert_msg(strstr(e.msg, "already") || strstr(e.msg, "could not"), "%s",
				      e.msg);
		registry_close(s);
	}
	buf_done(&text);
	buf_done(&why);
	registry_close(r);
}
END_TEST

UNIT_TESTS(load)
{
	tcase_add_test(t, wide_numbers);
	tcase_add_test(t, one_line);
	tcase_add_test(t, precedence);
	tcase_add_test(t, word_contexts);
	tcase_add_loop_test(t, linear_rules, 0, COUNT(linears));
	tcase_add_test(t, long_records);
	tcase_add_test(t, endianness);
	tcase_add_test(t, after_payload);
	tcase_add_test(t, newlines);
	tcase_add_test(t, message_heads);
	tcase_add_test(t, directives);
}
