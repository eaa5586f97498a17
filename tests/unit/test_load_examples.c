/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol language: its examples load into exactly the structure they say. */
#include "tests/unit/load_help.h"

#include "core/shape.h"

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

UNIT_TESTS(load_examples)
{
	tcase_add_test(t, sensor_head);
	tcase_add_test(t, sensor_rules);
	tcase_add_test(t, sensor_reply);
	tcase_add_test(t, beacon);
	tcase_add_test(t, udp);
	tcase_add_test(t, ip);
}
