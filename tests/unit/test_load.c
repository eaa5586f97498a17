/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol language: examples load into exactly the structure they say, wrong descriptions are
 * refused at the right place, and every description printed loads to itself. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/registry.h"
#include "core/shape.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct registry *load_text(const char *text)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	ck_assert_ptr_nonnull(r);
	if (registry_load(r, "t.protocol", text, strlen(text), false, &e) || registry_freeze(r, &e))
		ck_abort_msg("%u:%u: %s\n%s", e.lineno, e.col, e.msg, e.line);
	return r;
}

static const struct proto *proto_named(const struct registry *r, const char *name)
{
	const struct proto *p = registry_find(r, name, strlen(name));

	ck_assert_msg(p != NULL, "no protocol %s", name);
	return p;
}

/* ---- the examples of the language ---- */

static const char sensor_text[] =
	"protocol sensor \"Sensor query\" {\n"
	"    doc   \"A client names a sensor; the server answers with the same id and a value.\"\n"
	"    over  udp.port 9000\n"
	"    reply type in (reply, error) to type == request same id\n"
	"    summary \"{type} id={id} {name}\"\n"
	"\n"
	"    version  : u4  = 1                        must version == 1  \"Protocol version\"\n"
	"    type     : u4  = request  enum { request = 1, reply = 2, error = 3 }  \"Kind\"\n"
	"    flags    : u8  = 0        flags { urgent = 0x80, more = 0x40 }\n"
	"    id       : u16 = 1        fresh           \"Copied from request to reply\"\n"
	"    length   : u16 = len(name..end)           \"Bytes after the checksum\"\n"
	"    checksum : u16 = inet(all)                show hex \"Internet checksum\"\n"
	"    name     : text[u8] = \"temp\"              must len(name) > 0       \"Sensor name\"\n"
	"    value    : i32 = 0        if type == reply                         \"Reading\"\n"
	"    code     : u8  = 1        if type == error enum { unknown = 1, busy = 2 }\n"
	"}\n";

static void check_number(const struct field *f, const struct kind *k, unsigned bits, int fixed)
{
	ck_assert_int_eq(f->type->form, TYPE_LEAF);
	ck_assert_ptr_eq(f->type->kind, k);
	ck_assert_uint_eq(f->type->bits, bits);
	ck_assert_int_eq(f->fixed_bit, fixed);
}

START_TEST(sensor_head)
{
	struct registry *r = load_text(sensor_text);
	const struct proto *p = proto_named(r, "sensor");
	const struct field *f = p->rec.fields;

	ck_assert_uint_eq(p->rec.nfields, 9);
	ck_assert_uint_eq(p->rec.npre, 9);
	ck_assert_int_eq(p->rec.fixed_bits, -1);
	ck_assert_str_eq(p->title, "Sensor query");
	ck_assert_uint_eq(p->lineno, 1);
	ck_assert_uint_eq(p->nover, 1);
	ck_assert_str_eq(p->over[0].space, "udp.port");
	ck_assert_uint_eq(p->over[0].lo, 9000);
	ck_assert_uint_eq(p->over[0].hi, 9000);
	ck_assert(!p->has_payload && !p->guard && !p->beside && !p->builtin);
	check_number(&f[0], &kind_uint, 4, 0);
	check_number(&f[1], &kind_uint, 4, 4);
	check_number(&f[2], &kind_uint, 8, 8);
	check_number(&f[3], &kind_uint, 16, 16);
	check_number(&f[4], &kind_uint, 16, 32);
	check_number(&f[5], &kind_uint, 16, 48);
	ck_assert_int_eq(f[6].fixed_bit, 64);
	check_number(&f[7], &kind_int, 32, -1);
	check_number(&f[8], &kind_uint, 8, -1);
	ck_assert_int_eq(f[1].rule.form, RULE_CONST);
	ck_assert_int_eq(f[1].rule.num, 1);
	ck_assert_uint_eq(f[1].words->n, 3);
	ck_assert_str_eq(f[1].words->v[2].name, "error");
	ck_assert_uint_eq(f[1].words->v[2].value, 3);
	ck_assert(f[2].words->flags);
	ck_assert_uint_eq(f[2].words->v[1].mask, 0x40);
	ck_assert(f[3].fresh && !f[2].fresh);
	ck_assert_int_eq(f[5].show, SHOW_HEX);
	ck_assert_str_eq(f[0].doc, "Protocol version");
	ck_assert_str_eq(f[0].qname, "sensor.version");
	ck_assert_uint_eq(f[8].lineno, 15);
	registry_close(r);
}
END_TEST

START_TEST(sensor_rules)
{
	struct registry *r = load_text(sensor_text);
	const struct field *f = proto_named(r, "sensor")->rec.fields;

	ck_assert_int_eq(f[4].rule.form, RULE_LEN);
	ck_assert_int_eq(f[4].rule.spans.v[0].form, SPAN_FIELDS);
	ck_assert_uint_eq(f[4].rule.spans.v[0].from, 6);
	ck_assert_uint_eq(f[4].rule.spans.v[0].to, 8);
	ck_assert(f[4].rule.k == 0 && f[4].rule.m == 1 && f[4].rule.n == 1);
	ck_assert_int_eq(f[4].bounds_from, 6);
	ck_assert_int_eq(f[4].bounds_to, 8);
	ck_assert_ptr_eq(f[6].bound_by, &f[4]);
	ck_assert_int_eq(f[5].rule.form, RULE_SUM);
	ck_assert_str_eq(f[5].rule.sum->name, "inet");
	ck_assert_int_eq(f[5].rule.spans.v[0].form, SPAN_ALL);
	ck_assert_int_eq(f[6].type->ext.form, EXTENT_PREFIX);
	ck_assert_uint_eq(f[6].type->ext.prefix->bits, 8);
	ck_assert_str_eq(f[6].rule.text, "temp");
	ck_assert_uint_eq(f[6].rule.text_len, 4);
	ck_assert_uint_eq(f[6].nmust, 1);
	ck_assert_str_eq(f[6].must[0].text, "len(name) > 0");
	ck_assert_int_eq(f[6].must[0].expr->op, EX_GT);
	ck_assert_int_eq(f[7].cond->op, EX_EQ);
	ck_assert_int_eq(f[7].cond->a->local, 1);
	ck_assert_int_eq(f[7].cond->b->op, EX_NUM);
	ck_assert_int_eq(f[7].cond->b->num, 2);
	ck_assert_str_eq(f[7].cond->b->word, "reply");
	ck_assert(f[1].structural && !f[3].structural && !f[4].structural);
	registry_close(r);
}
END_TEST

START_TEST(sensor_reply)
{
	struct registry *r = load_text(sensor_text);
	const struct proto *p = proto_named(r, "sensor");
	const struct reply *y = p->reply;

	ck_assert_uint_eq(p->nreply, 1);
	ck_assert_int_eq(y->cond_reply->op, EX_IN);
	ck_assert_uint_eq(y->cond_reply->nset, 2);
	ck_assert_int_eq(y->cond_reply->set[0].lo->num, 2);
	ck_assert_int_eq(y->cond_reply->set[1].lo->num, 3);
	ck_assert_int_eq(y->cond_request->op, EX_EQ);
	ck_assert_int_eq(y->cond_request->b->num, 1);
	ck_assert_uint_eq(y->nsame, 1);
	ck_assert_uint_eq(y->same[0], 3);
	ck_assert_uint_eq(y->nswap, 0);
	ck_assert_uint_eq(y->nexpr, 0);
	registry_close(r);
}
END_TEST

static const char beacon_text[] =
	"protocol beacon \"Neighbour beacon\" {\n"
	"    over   ethertype 0x88b5\n"
	"    magic    : u16 = 0x5456        must magic == 0x5456   show hex  \"ASCII 'TV'\"\n"
	"    version  : u8  = 1\n"
	"    hops     : u8  = 1             must hops <= 16\n"
	"    seq      : u32 = 0\n"
	"    length   : u16 = len(options)\n"
	"    options  : option[length bytes]\n"
	"    padding  : pad[4]\n"
	"    crc      : u32 = crc32(magic..padding)                show hex\n"
	"}\n"
	"struct option {\n"
	"    type     : u8  = name   enum { end = 0, name = 1, addr = 2, temp = 3, uptime = 4 }\n"
	"    len      : u8  = len(value)   if type != end                    \"Bytes of value\"\n"
	"    value    : choose type {\n"
	"                 name   -> text[len]\n"
	"                 addr   -> ip4\n"
	"                 temp   -> i16\n"
	"                 uptime -> u32le\n"
	"                 end    -> bytes[0]\n"
	"                 else   -> bytes[len]\n"
	"               }\n"
	"}\n";

START_TEST(beacon)
{
	struct registry *r = load_text(beacon_text);
	const struct field *f = proto_named(r, "beacon")->rec.fields, *o;
	const struct record *rec;
	const struct type *t;

	ck_assert_int_eq(f[5].type->form, TYPE_LIST);
	ck_assert_int_eq(f[5].type->ext.form, EXTENT_BYTES);
	ck_assert_int_eq(f[5].type->ext.expr->local, 4);
	ck_assert_int_eq(f[5].fixed_bit, 80);
	ck_assert_ptr_eq(f[5].bound_by, &f[4]);
	ck_assert(f[4].structural);
	ck_assert_int_eq(f[6].type->form, TYPE_PAD);
	ck_assert_uint_eq(f[6].type->bits, 4);
	ck_assert_uint_eq(f[7].rule.sum->width, 32);
	ck_assert_uint_eq(f[7].rule.spans.v[0].from, 0);
	ck_assert_uint_eq(f[7].rule.spans.v[0].to, 6);
	rec = f[5].type->item->rec;
	ck_assert_str_eq(rec->name, "option");
	ck_assert_ptr_null(rec->proto);
	o = rec->fields;
	ck_assert_int_eq(o[0].rule.num, 1);
	ck_assert_str_eq(o[0].qname, "beacon.option.type");
	t = o[2].type;
	ck_assert_int_eq(t->form, TYPE_CHOOSE);
	ck_assert_uint_eq(t->narms, 6);
	ck_assert_int_eq(t->on->local, 0);
	ck_assert_int_eq(t->arms[0].lo->num, 1);
	ck_assert_str_eq(t->arms[3].lo->word, "uptime");
	ck_assert(t->arms[3].type->le && t->arms[3].type->bits == 32);
	ck_assert_str_eq(t->arms[1].type->kind->name, "ip4");
	ck_assert(t->arms[2].type->kind == &kind_int && t->arms[2].type->bits == 16);
	ck_assert_ptr_null(t->arms[5].lo);
	ck_assert_ptr_eq(o[2].bound_by, &o[1]);
	registry_close(r);
}
END_TEST

static const char udp_ip_text[] =
	"protocol udp \"User Datagram Protocol\" {\n"
	"    ref     \"RFC 768\"\n"
	"    over    ipproto 17\n"
	"    carries udp.port by dport, sport\n"
	"    reply   swap sport dport\n"
	"    summary \"{sport} > {dport} len {len}\"\n"
	"    sport  : u16 = 53124 fresh              alias udp.srcport    \"Where to\"\n"
	"    dport  : u16 = 9                        alias udp.dstport    \"Which program\"\n"
	"    len    : u16 = len(header + payload)    alias udp.length     \"Bytes\"\n"
	"    chksum : u16 = inet(pseudo + header + payload) zero none show hex alias udp.checksum\n"
	"                                                                 \"Covers more\"\n"
	"}\n"
	"protocol ip \"Internet Protocol version 4\" {\n"
	"    names   IP IPv4\n"
	"    over    ethertype 0x800, link 228\n"
	"    guard   version == 4\n"
	"    carries ipproto by proto\n"
	"    reply   swap src dst\n"
	"    pseudo  src dst u8(0) u8(upper) u16(span)\n"
	"    version : u4  = 4\n"
	"    ihl     : u4  = len(header) / 4\n"
	"    tos     : u8  = 0\n"
	"    len     : u16 = len(header + payload) zero rest\n"
	"    id      : u16 = 1  fresh\n"
	"    flags   : u3  = 0  flags { evil = 4, DF = 2, MF = 1 }\n"
	"    frag    : u13 = 0\n"
	"    ttl     : u8  = 64\n"
	"    proto   : u8  = 0\n"
	"    chksum  : u16 = inet(header)\n"
	"    src     : ip4 = 127.0.0.1\n"
	"    dst     : ip4 = 127.0.0.1\n"
	"    options : ip_option[..]\n"
	"    padding : pad[4]\n"
	"    payload opaque if frag != 0 excerpt if flags & 1\n"
	"}\n"
	"struct ip_option { type : u8 = 0; len : u8 = len(all) if type > 1; data : bytes[..] }\n"
	"protocol eth { over link 1; carries ethertype by type; dst : mac; src : mac; type : u16 "
	"}\n";

START_TEST(udp)
{
	struct registry *r = load_text(udp_ip_text);
	const struct proto *p = proto_named(r, "udp");
	const struct field *f = p->rec.fields;

	ck_assert_str_eq(p->ref, "RFC 768");
	ck_assert_uint_eq(p->ncarries, 1);
	ck_assert_uint_eq(p->carries[0].nfields, 2);
	ck_assert_uint_eq(p->carries[0].field[0], 1);
	ck_assert_uint_eq(p->carries[0].field[1], 0);
	ck_assert(f[0].selects && f[1].selects && f[0].structural && !f[2].selects);
	ck_assert_uint_eq(p->reply[0].nswap, 1);
	ck_assert_uint_eq(p->reply[0].swap[0].a, 0);
	ck_assert_uint_eq(p->reply[0].swap[0].b, 1);
	ck_assert_int_eq(p->rec.fixed_bits, 64);
	ck_assert(p->has_payload);
	ck_assert_uint_eq(f[2].rule.spans.n, 2);
	ck_assert_int_eq(f[2].rule.spans.v[0].form, SPAN_HEADER);
	ck_assert_int_eq(f[2].rule.spans.v[1].form, SPAN_PAYLOAD);
	ck_assert_int_eq(f[2].bounds_from, -1);
	ck_assert_int_eq(f[3].rule.spans.v[0].form, SPAN_PSEUDO);
	ck_assert(f[3].rule.zero_none && !f[3].rule.zero_rest);
	ck_assert_str_eq(f[3].doc, "Covers more");
	ck_assert_str_eq(f[3].alias[0], "udp.checksum");
	ck_assert_ptr_null(f[3].alias[1]);
	ck_assert_ptr_eq(proto_field(p, "UDP.SrcPort", 11), &f[0]);
	ck_assert_ptr_eq(proto_field(p, "udp.dport", 9), &f[1]);
	ck_assert_ptr_null(proto_field(p, "port", 4));
	ck_assert_str_eq(record_suggest(&p->rec, "dprot", 5), "dport");
	registry_close(r);
}
END_TEST

START_TEST(ip)
{
	struct registry *r = load_text(udp_ip_text);
	const struct proto *p = proto_named(r, "ipV4");
	const struct field *f = p->rec.fields;

	ck_assert_str_eq(p->name, "ip");
	ck_assert_uint_eq(p->nover, 2);
	ck_assert_str_eq(p->over[1].space, "link");
	ck_assert_uint_eq(p->over[1].lo, 228);
	ck_assert_int_eq(p->guard->op, EX_EQ);
	ck_assert_uint_eq(p->npseudo, 5);
	ck_assert_str_eq(p->pseudo[0].field, "src");
	ck_assert_int_eq(p->pseudo[3].expr->op, EX_UPPER);
	ck_assert_uint_eq(p->pseudo[3].bits, 8);
	ck_assert_int_eq(p->pseudo[4].expr->op, EX_SPANLEN);
	ck_assert_int_eq(f[1].rule.form, RULE_LEN);
	ck_assert(f[1].rule.k == 0 && f[1].rule.m == 1 && f[1].rule.n == 4);
	ck_assert_int_eq(f[1].bounds_from, 0);
	ck_assert_int_eq(f[1].bounds_to, 13);
	ck_assert_ptr_eq(f[0].bound_by, &f[1]);
	ck_assert(f[3].rule.zero_rest);
	ck_assert_str_eq(f[10].rule.text, "127.0.0.1");
	ck_assert_int_eq(f[12].type->ext.form, EXTENT_REST);
	ck_assert_int_eq(f[12].fixed_bit, 160);
	ck_assert_int_eq(f[13].fixed_bit, -1);
	ck_assert_int_eq(p->opaque->op, EX_NE);
	ck_assert_int_eq(p->excerpt->op, EX_AND);
	ck_assert_uint_eq(p->rec.npre, 14);
	ck_assert(f[8].selects);
	registry_close(r);
}
END_TEST

/* ---- words, numbers, layout ---- */

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

#include "test_load_bad.h"

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

/* ---- the registry ---- */

START_TEST(graph)
{
	struct registry *r = load_text(
		"protocol dns { over udp.port 53, tcp.port 53; id : u16 }\n"
		"protocol tcp { over ipproto 6; carries tcp.port by dport; dport : u16 }\n"
		"protocol udp { over ipproto 17; carries udp.port by dport, sport; sport : u16; "
		"dport : u16 }\n"
		"protocol ip { over ethertype 0x800, link 228, ipproto 4; carries ipproto by "
		"proto; "
		"proto : u8 }\n"
		"protocol eth { over link 1; carries ethertype by type; type : u16 }\n"
		"protocol zeb { guard x == 1; x : u8 }\n"
		"protocol alp { guard x == 2; x : u8 }\n"
		"protocol always { over udp; x : u8 }\n");
	const struct proto *dns = proto_named(r, "dns"), *ip = proto_named(r, "ip"),
			   *udp = proto_named(r, "udp"), *eth = proto_named(r, "eth"), *mid[8];
	struct edge e;

	ck_assert_int_eq(registry_path(r, ip, dns, mid, 8), 1);
	ck_assert_ptr_eq(mid[0], udp); /* the first over line decides */
	ck_assert_int_eq(registry_path(r, eth, dns, mid, 8), 2);
	ck_assert_ptr_eq(mid[0], ip);
	ck_assert_ptr_eq(mid[1], udp);
	ck_assert_int_eq(registry_path(r, eth, dns, mid, 1), -1);
	ck_assert_int_eq(registry_path(r, udp, dns, mid, 8), 0);
	ck_assert_int_eq(registry_path(r, ip, ip, mid, 8), 0);
	ck_assert_int_eq(registry_path(r, dns, ip, mid, 8), -1);
	ck_assert_int_eq(registry_path(r, NULL, dns, mid, 8), 2);
	ck_assert_ptr_eq(mid[0], ip);
	ck_assert_int_eq(registry_path(r, NULL, eth, mid, 8), 0);
	ck_assert_int_eq(registry_path(r, ip, proto_named(r, "always"), mid, 8), 1);
	ck_assert(registry_edge(r, udp, dns, 0, &e));
	ck_assert_str_eq(e.space, "udp.port");
	ck_assert_uint_eq(e.lo, 53);
	ck_assert_uint_eq(e.cr->field[0], 1);
	ck_assert(!registry_edge(r, udp, dns, 1, &e));
	ck_assert(!registry_edge(r, ip, dns, 0, &e));
	ck_assert(registry_edge(r, udp, proto_named(r, "always"), 0, &e));
	ck_assert_ptr_null(e.space);
	ck_assert_ptr_eq(registry_bound(r, "ethertype", 0x800, 0), ip);
	ck_assert_ptr_null(registry_bound(r, "ethertype", 0x800, 1));
	ck_assert_ptr_null(registry_bound(r, "ethertype", 0x801, 0));
	ck_assert_ptr_eq(registry_bound(r, "link", 228, 0), ip);
	ck_assert_ptr_eq(registry_always(r, udp, 0), proto_named(r, "always"));
	ck_assert_str_eq(registry_guessed(r, 0)->name, "alp");
	ck_assert_str_eq(registry_guessed(r, 1)->name, "zeb");
	ck_assert_ptr_null(registry_guessed(r, 2));
	ck_assert_int_eq(registry_link(r, eth), 1);
	ck_assert_int_eq(registry_link(r, udp), -1);
	ck_assert_str_eq(registry_suggest(r, "tpc", 3), "tcp");
	ck_assert_ptr_null(registry_suggest(r, "xylophone", 9));
	registry_close(r);
}
END_TEST

static void must_load(struct registry *r, const char *name, const char *text, bool builtin)
{
	struct err e = { 0 };

	ck_assert_msg(registry_load(r, name, text, strlen(text), builtin, &e) == 0, "%s", e.msg);
}

START_TEST(redefining)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	must_load(r, "a.protocol",
		  "protocol a { x : u8 }\nprotocol b { over a; s : st }\n"
		  "struct st { y : u8 if x }",
		  true);
	must_load(r, "mine.protocol", "\nprotocol b { names BB; z : u16 }", false);
	ck_assert_uint_eq(registry_count(r), 2);
	ck_assert_str_eq(registry_at(r, 1)->file, "mine.protocol");
	ck_assert_ptr_nonnull(strstr(registry_redefined(r, 0), "mine.protocol:2"));
	ck_assert_ptr_nonnull(strstr(registry_redefined(r, 0), "built-in protocol 'b'"));
	ck_assert_ptr_null(registry_redefined(r, 1));
	ck_assert_int_eq(registry_load(r, "x", "protocol a { x : u8 }", 21, true, &e), -1);
	err_clear(&e);
	/* The struct that only the old b used names a field that is gone; that is not its fault. */
	ck_assert_msg(registry_freeze(r, &e) == 0, "%s", e.msg);
	ck_assert_int_eq(registry_load(r, "x", "", 0, false, &e), -1);
	registry_close(r);
}
END_TEST

START_TEST(binding)
{
	struct registry *r = registry_open();
	struct err e = { 0 };
	struct binding b;

	must_load(r, "a",
		  "protocol u { carries s by p; p : u8 }\nprotocol a { over s 1; x : u8 }\n"
		  "protocol b { x : u8 }",
		  true);
	ck_assert_int_eq(registry_bind(r, "s", 1, "c", &e), -1);
	err_clear(&e);
	ck_assert_int_eq(registry_bind(r, "t", 1, "b", &e), -1);
	err_clear(&e);
	ck_assert_int_eq(registry_bind(r, "s", 1, "b", &e), 0);
	ck_assert_int_eq(registry_bind(r, "link", 147, "b", &e), 0);
	ck_assert_int_eq(registry_freeze(r, &e), 0);
	ck_assert_str_eq(registry_bound(r, "s", 1, 0)->name, "b");
	ck_assert_str_eq(registry_bound(r, "s", 1, 1)->name, "a");
	ck_assert_int_eq(registry_link(r, proto_named(r, "b")), 147);
	ck_assert(registry_binding(r, 0, &b));
	ck_assert_str_eq(b.proto->name, "b");
	ck_assert(registry_binding(r, 2, &b));
	ck_assert_str_eq(b.proto->name, "a");
	ck_assert(!registry_binding(r, 3, &b));
	registry_close(r);
}
END_TEST

START_TEST(own_structs_first)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	must_load(r, "a", "protocol a { o : option }\nstruct option { x : u8 }", true);
	must_load(r, "b", "protocol b { o : option }\nstruct option { x : u16 }", false);
	must_load(r, "c", "protocol c { o : option }", false);
	ck_assert_msg(registry_freeze(r, &e) == 0, "%s", e.msg);
	ck_assert_int_eq(proto_named(r, "a")->rec.fixed_bits, 8);
	ck_assert_int_eq(proto_named(r, "b")->rec.fixed_bits, 16);
	ck_assert_int_eq(proto_named(r, "c")->rec.fixed_bits, 8);
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

/* ---- law 6 ---- */

static void load_folder(struct registry *r, const char *folder, unsigned *n)
{
	struct dirent **names;
	struct err e = { 0 };
	int count = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (strstr(names[i]->d_name, ".protocol")) {
			ck_assert_msg(registry_load_file(r, path, &e) == 0, "%s:%u:%u: %s", path,
				      e.lineno, e.col, e.msg);
			++*n;
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

START_TEST(text_is_enough)
{
	struct registry *r = registry_open(), *s = registry_open();
	struct buf text = { 0 }, why = { 0 };
	struct err e = { 0 };
	unsigned n = 0;

	load_folder(r, STRATA_SOURCE "/protocols", &n);
	load_folder(r, STRATA_SOURCE "/examples", &n);
	ck_assert_uint_ge(n, 2);
	registry_strict(r);
	ck_assert_msg(registry_freeze(r, &e) == 0, "%s:%u:%u: %s", e.name, e.lineno, e.col, e.msg);
	for (unsigned i = 0; i < registry_count(r); i++) {
		text.n = 0;
		proto_print(registry_at(r, i), &text);
		ck_assert(!text.failed);
		ck_assert_msg(
			registry_load(s, registry_at(r, i)->name, text.p, text.n, false, &e) == 0,
			"%s:%u:%u: %s\n%s", e.name, e.lineno, e.col, e.msg, e.line);
	}
	registry_strict(s);
	ck_assert_msg(registry_freeze(s, &e) == 0, "%s:%u:%u: %s", e.name, e.lineno, e.col, e.msg);
	for (unsigned i = 0; i < registry_count(r); i++)
		ck_assert_msg(proto_equal(registry_at(r, i), registry_at(s, i), &why), "%s",
			      buf_cstr(&why));
	buf_done(&text);
	buf_done(&why);
	registry_close(r);
	registry_close(s);
}
END_TEST

/* What the library holds is what stands in protocols/. */
START_TEST(builtins)
{
	struct registry *r = registry_open(), *s = registry_open();
	struct buf why = { 0 };
	struct err e = { 0 };
	unsigned n = 0;

	ck_assert_msg(registry_load_builtins(r, &e) == 0, "%s:%u:%u: %s", e.name, e.lineno, e.col,
		      e.msg);
	ck_assert_msg(registry_freeze(r, &e) == 0, "%s:%u:%u: %s", e.name, e.lineno, e.col, e.msg);
	load_folder(s, STRATA_SOURCE "/protocols", &n);
	registry_strict(s);
	ck_assert_msg(registry_freeze(s, &e) == 0, "%s:%u:%u: %s", e.name, e.lineno, e.col, e.msg);
	ck_assert_uint_gt(registry_count(r), 20);
	ck_assert_uint_eq(registry_count(r), registry_count(s));
	for (unsigned i = 0; i < registry_count(r); i++) {
		ck_assert(registry_at(r, i)->builtin && !registry_at(s, i)->builtin);
		ck_assert_msg(proto_equal(registry_at(r, i), registry_at(s, i), &why), "%s",
			      buf_cstr(&why));
		ck_assert_mem_eq(registry_at(r, i)->shape, registry_at(s, i)->shape,
				 offsetof(struct shape, next));
	}
	ck_assert_ptr_null(registry_redefined(r, 0));
	buf_done(&why);
	registry_close(r);
	registry_close(s);
}
END_TEST

/* Alone, the built-ins come frozen as the build made them; with anything else, from their texts. */
START_TEST(frozen)
{
	static const char mine[] = "protocol mine \"Mine\" {\n over udp.port 48009\n a : u8\n}\n";
	struct registry *r[4];
	struct err e = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		r[i] = registry_open();
		if (i == 3) /* there is none yet */
			ck_assert_int_eq(registry_bind(r[i], "udp.port", 48009, "dns", NULL), -1);
		ck_assert_int_eq(registry_load_builtins(r[i], &e), 0);
	}
	ck_assert_msg(!registry_load(r[2], "m", mine, sizeof(mine) - 1, false, &e), "%s", e.msg);
	ck_assert_int_eq(registry_bind(r[3], "udp.port", 48009, "dns", &e), 0);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_msg(registry_freeze(r[i], &e) == 0, "%s", e.msg);
	ck_assert_ptr_nonnull(registry_find(r[0], "udp", 3));
	ck_assert_ptr_eq(registry_find(r[0], "udp", 3), registry_find(r[1], "udp", 3));
	ck_assert_ptr_ne(registry_find(r[0], "udp", 3), registry_find(r[2], "udp", 3));
	ck_assert_ptr_ne(registry_find(r[0], "udp", 3), registry_find(r[3], "udp", 3));
	ck_assert_str_eq(registry_bound(r[2], "udp.port", 48009, 0)->name, "mine");
	ck_assert_str_eq(registry_bound(r[3], "udp.port", 48009, 0)->name, "dns");
	ck_assert_ptr_null(registry_bound(r[0], "udp.port", 48009, 0));
	for (unsigned i = 0; i < 4; i++)
		registry_close(r[i]);
}
END_TEST

/* Every small change must be seen, or equality would prove nothing. */
static const struct {
	const char *from, *to;
} changes[] = {
	{ "u8  = 0 ", "u8  = 1 " },
	{ "must version == 1", "must version <= 1" },
	{ "error = 3", "error = 4" },
	{ "0x40 }", "0x20 }" },
	{ "fresh ", "      " },
	{ "name..end", "name..value" },
	{ "inet(all)", "inet(header)" },
	{ "text[u8]", "text[u16]" },
	{ "\"temp\"", "\"tamp\"" },
	{ "if type == reply", "if type == error" },
	{ "show hex", "show dec" },
	{ "i32", "u32" },
	{ "port 9000", "port 9001" },
	{ "same id", "same flags" },
	{ "Sensor query", "Sensor" },
	{ "Reading", "Value" },
	{ "to type == request", "to type == 1" },
	{ "{type} id", "{type} no" },
	{ "code     :", "kode     :" },
	{ "i32 = 0   ", "i32le = 0 " },
};

START_TEST(changes_are_seen)
{
	struct registry *r = load_text(sensor_text), *s;
	const char *at = strstr(sensor_text, changes[_i].from);
	struct buf text = { 0 }, why = { 0 };

	ck_assert_msg(at != NULL, "%s", changes[_i].from);
	buf_put(&text, sensor_text, (size_t)(at - sensor_text));
	buf_str(&text, changes[_i].to);
	buf_str(&text, at + strlen(changes[_i].from));
	s = load_text(buf_cstr(&text));
	ck_assert_msg(!proto_equal(proto_named(r, "sensor"), proto_named(s, "sensor"), &why), "%s",
		      changes[_i].to);
	ck_assert_uint_gt(why.n, 0);
	ck_assert(proto_equal(proto_named(r, "sensor"), proto_named(r, "sensor"), &why));
	buf_done(&text);
	buf_done(&why);
	registry_close(r);
	registry_close(s);
}
END_TEST

/* ---- the reference page ---- */

static char *page(void)
{
	FILE *f = fopen(STRATA_SOURCE "/docs/protocol-language.md", "rb");
	char *text = calloc(1, 1 << 20);

	ck_assert(f && text);
	ck_assert_uint_gt(fread(text, 1, (1 << 20) - 1, f), 10000);
	fclose(f);
	return text;
}

/* Every kind, and every checksum, has its place on the page. */
START_TEST(page_names_all)
{
	char *text = page(), want[64];
	const struct sum_algo *a;
	const struct kind *k;

	for (unsigned i = 0; (k = kind_at(i)); i++) {
		if (strlen(k->name) == 1) /* u, i, f: by width */
			continue;
		snprintf(want, sizeof(want), "`%s%s", k->name, k->read || k->bits ? "`" : "[");
		ck_assert_msg(strstr(text, want) != NULL, "the page has no %s", want);
	}
	for (unsigned i = 0; (a = sum_at(i)); i++) {
		snprintf(want, sizeof(want), "`%s`", a->name);
		ck_assert_msg(strstr(text, want) != NULL, "the page has no %s", want);
	}
	free(text);
}
END_TEST

START_TEST(page_examples)
{
	static const char open[] = "```protocol\n";
	char *text = page();
	unsigned n = 0, files;

	for (char *p = text; (p = strstr(p, open)); n++) {
		struct registry *r = registry_open();
		struct err e = { 0 };
		char *end;

		p += strlen(open);
		end = strstr(p, "```");
		ck_assert_ptr_nonnull(end);
		load_folder(r, STRATA_SOURCE "/protocols", &files);
		registry_strict(r);
		ck_assert_msg(registry_load(r, "page", p, (size_t)(end - p), false, &e) == 0 &&
				      registry_freeze(r, &e) == 0,
			      "%s:%u:%u: %s\n%s", e.name, e.lineno, e.col, e.msg, e.line);
		registry_close(r);
		p = end + 3;
	}
	ck_assert_uint_ge(n, 8);
	free(text);
}
END_TEST

START_TEST(page_errors)
{
	char *text = page(), *p = strstr(text, "\n## Errors\n");
	unsigned n = 0;

	ck_assert_ptr_nonnull(p);
	for (; (p = strstr(p, "\n| `")); n++) {
		struct registry *r = registry_open();
		struct err e = { 0 };
		char *says = p + 4, *end = strstr(says, "` | `"), *why = end + 5;

		ck_assert_ptr_nonnull(end);
		*end = 0;
		p = strstr(why, "` |\n");
		ck_assert_ptr_nonnull(p);
		*p++ = 0;
		p += 2;
		if (registry_load(r, "page", why, strlen(why), false, &e) == 0) {
			registry_strict(r);
			ck_assert_msg(registry_freeze(r, &e) == -1, "accepted: %s", why);
		}
		ck_assert_str_eq(e.msg, says);
		registry_close(r);
	}
	ck_assert_uint_ge(n, 120);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("load");
	TCase *t = tcase_create("load");
	SRunner *run = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, sensor_head);
	tcase_add_test(t, sensor_rules);
	tcase_add_test(t, sensor_reply);
	tcase_add_test(t, beacon);
	tcase_add_test(t, udp);
	tcase_add_test(t, ip);
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
	tcase_add_loop_test(t, refused, 0, COUNT(bad));
	tcase_add_test(t, graph);
	tcase_add_test(t, redefining);
	tcase_add_test(t, binding);
	tcase_add_test(t, own_structs_first);
	tcase_add_loop_test(t, hostile, 0, HOSTILE);
	tcase_add_test(t, too_large);
	tcase_add_test(t, deep_and_wide);
	tcase_add_test(t, no_empty_error);
	tcase_add_test(t, text_is_enough);
	tcase_add_test(t, builtins);
	tcase_add_test(t, frozen);
	tcase_add_loop_test(t, changes_are_seen, 0, COUNT(changes));
	tcase_add_test(t, page_names_all);
	tcase_add_test(t, page_examples);
	tcase_add_test(t, page_errors);
	srunner_run_all(run, CK_ENV);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
