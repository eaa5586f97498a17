/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that are only read: views, arms of a choose, inline lengths, in filters, columns and as
 * text; and what a protocol wants of those below it. */
#include "tests/unit/dissect_help.h"

#include "core/alias.h"
#include "dissect/filter.h"
#include "dissect/report.h"
#include "notation/notation.h"

static const char text[] = "protocol outer {\n"
			   "    over link 147\n"
			   "    carries outer.next by next\n"
			   "    kind : u8 = 0x45\n"
			   "    hops : u8 = 64\n"
			   "    next : u8 = 9\n"
			   "    view x.high = kind >> 4\n"
			   "    view x.bytes = (kind & 15) * 4 \"in bytes\"\n"
			   "    view x.rest = len(payload)\n"
			   "    view x.data = bytes(payload)\n"
			   "    view x.two = bytes(kind..hops) if kind & 2 \"both\"\n"
			   "    view x.odd = hops if kind & 1\n"
			   "    view x.even = hops if !(kind & 1)\n"
			   "}\n"
			   "protocol inner {\n"
			   "    over outer.next 1\n"
			   "    wants outer.hops = 255 if type == 2\n"
			   "    wants outer.kind = 0x46\n"
			   "    type  : u8 = 1\n"
			   "    ttl   : u16 = 7\n"
			   "    name  : text[u8 alias x.name_len] = \"ab\" alias x.name\n"
			   "    items : opt[..]\n"
			   "    view x.late = ttl if type == 2\n"
			   "}\n"
			   "struct opt {\n"
			   "    tag   : u8 = 1\n"
			   "    value : choose tag { 1 -> u16 alias x.num, x.number 2, 3 -> ip4 "
			   "alias x.addr else -> bytes[1] }\n"
			   "    view x.top = tag >> 7\n"
			   "    view x.opt_addr = bytes(all) if tag == 3\n"
			   "}\n";

static struct registry *own(const char *s)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	ck_assert_msg(registry_load(r, "own.protocol", s, strlen(s), false, &e) == 0 &&
			      registry_freeze(r, &e) == 0,
		      "%s", e.msg);
	return r;
}

/* kind 0x46, hops 5, next 1 / type 2, ttl 7, "abc", items 1: 7 and 3: 10.0.0.1 */
#define PACKET "460501 02 0007 03616263 010007 030a000001"

static void match(const struct registry *r, const char *filter, const char *hex, bool want)
{
	struct filter_work w = { 0 };
	struct err e = { 0 };
	struct filter *f = filter_parse(r, filter, strlen(filter), &e);
	struct packet p;

	ck_assert_msg(f != NULL, "%s: %s", filter, e.msg);
	help_packet(&p, 147, hex);
	dissect(r, &p);
	ck_assert_msg(filter_match(f, &p, &w) == want, "%s on %s", filter, hex);
	filter_work_done(&w);
	filter_close(f);
	free((void *)(uintptr_t)p.data);
}

START_TEST(filters)
{
	struct registry *r = own(text);

	match(r, "x.high == 4", PACKET, true);
	match(r, "x.bytes == 24", PACKET, true);
	match(r, "x.bytes == 6", PACKET, false);
	match(r, "x.rest == 15", PACKET, true);
	match(r, "x.data[0:3] == 02:00:07", PACKET, true);
	match(r, "x.data contains \"abc\"", PACKET, true);
	match(r, "len(x.data) == 15", PACKET, true);
	match(r, "x.data", "460501", false);
	match(r, "x.two == 46:05", PACKET, true);
	match(r, "x.two", "450501", false);
	match(r, "x.opt_addr == 03:0a:00:00:01", PACKET, true);
	match(r, "x.odd", PACKET, false);
	match(r, "x.even == 5", PACKET, true);
	match(r, "x.name_len == 3", PACKET, true);
	match(r, "x.name_len > 3", PACKET, false);
	match(r, "x.num == 7", PACKET, true);
	match(r, "x.number == 7", PACKET, true);
	match(r, "x.addr == 10.0.0.0/8", PACKET, true);
	match(r, "x.addr == 10.0.0.2", PACKET, false);
	match(r, "x.addr", "460501 02 0007 03616263 010007", false);
	match(r, "x.num == 7", "460501 02 0007 03616263 0300000007", false);
	match(r, "x.top == 1", "460501 02 0007 03616263 8101", true);
	match(r, "count(x.top) == 2", PACKET, true);
	registry_close(r);
}
END_TEST

static void column(const struct registry *r, enum report_form form, const char *fields,
		   const char *want)
{
	struct report_opts o = { .form = form, .fields = fields };
	struct err e = { 0 };
	struct report *rep = report_open(r, &o, &e);
	struct buf out = { 0 };
	struct packet p;

	ck_assert_msg(rep != NULL, "%s", e.msg);
	help_packet(&p, 147, PACKET);
	p.flags |= PACKET_NO_TIME;
	dissect(r, &p);
	report_packet(rep, &p, NULL, &out);
	ck_assert_msg(strstr(buf_cstr(&out), want) != NULL, "%s: %s", fields, buf_cstr(&out));
	buf_done(&out);
	report_close(rep);
	free((void *)(uintptr_t)p.data);
}

START_TEST(columns)
{
	struct registry *r = own(text);

	column(r, REPORT_CSV, "x.bytes,x.name_len,x.num,x.addr,x.odd,x.even", "24,3,7,10.0.0.1,,5");
	column(r, REPORT_CSV, "x.two,x.opt_addr", "4605,030a000001");
	column(r, REPORT_JSON, "x.two", "\"x.two\":\"4605\"");
	column(r, REPORT_JSON, "x.bytes,x.addr", "\"x.bytes\":24");
	column(r, REPORT_JSON, "x.bytes,x.addr", "\"x.addr\":\"10.0.0.1\"");
	registry_close(r);
}
END_TEST

/* The mark before all the rest has a name, too. */
START_TEST(marked)
{
	struct registry *r = own("protocol outer { over link 147; a : u8\n"
				 "c : text[0xffee .. alias x.mark] optional alias x.text }");

	match(r, "x.mark == 0xffee", "01ffee6869", true);
	match(r, "x.mark == 0xff", "01ffee6869", false);
	match(r, "x.text == \"hi\"", "01ffee6869", true);
	match(r, "x.mark == 0xffee", "01ffee", true);
	match(r, "x.mark", "01ffed6869", false);
	match(r, "x.mark", "01ff", false);
	match(r, "x.mark", "01", false);
	registry_close(r);
}
END_TEST

START_TEST(printed)
{
	struct registry *a = own(text), *b;
	struct buf t = { 0 }, why = { 0 };

	for (unsigned i = 0; i < registry_count(a); i++)
		proto_print(registry_at(a, i), &t);
	b = own(buf_cstr(&t));
	for (unsigned i = 0; i < registry_count(a); i++)
		ck_assert_msg(proto_equal(registry_at(a, i), registry_at(b, i), &why), "%s\n%s",
			      buf_cstr(&why), buf_cstr(&t));
	ck_assert(strstr(buf_cstr(&t), "view x.bytes = (kind & 15) * 4 \"in bytes\"") != NULL);
	ck_assert(strstr(buf_cstr(&t), "alias x.num, x.number") != NULL);
	ck_assert(strstr(buf_cstr(&t), "text[u8 alias x.name_len]") != NULL);
	ck_assert(strstr(buf_cstr(&t), "wants outer.hops = 255 if type == 2") != NULL);
	registry_close(b);
	b = own("protocol outer { over link 147; carries outer.next by next; kind : u8; hops : u8\n"
		"next : u8; view x.high = kind >> 3 }");
	buf_done(&why);
	ck_assert(!proto_equal(registry_at(a, 0), registry_at(b, 0), &why));
	registry_close(a);
	registry_close(b);
	buf_done(&t);
	buf_done(&why);
}
END_TEST

static void built(const struct registry *r, const char *words, const char *want)
{
	struct plan p = { 0 };
	struct build b = { 0 };
	struct err e = { 0 };
	struct buf hex = { 0 };

	ck_assert_msg(plan_parse(&p, r, words, strlen(words), 0, &e) == 0, "%s: %s", words, e.msg);
	ck_assert_msg(build(&b, &p, &e) == 0, "%s: %s", words, e.msg);
	buf_hex(&hex, (const uint8_t *)b.bytes.p, b.bytes.n);
	ck_assert_msg(strcmp(buf_cstr(&hex), want) == 0, "%s: %s, not %s", words, buf_cstr(&hex),
		      want);
	buf_done(&hex);
	build_done(&b);
	plan_done(&p);
}

static void printed_as(const struct registry *r, const char *hex, const char *want)
{
	struct printer *pr = printer_open(r);
	struct packet p;
	struct buf out = { 0 };

	help_packet(&p, 147, hex);
	dissect(r, &p);
	ck_assert(pr && print_expr(pr, &p, 0, &out) == 0);
	printer_close(pr);
	ck_assert_msg(strstr(buf_cstr(&out), want) != NULL, "%s", buf_cstr(&out));
	buf_done(&out);
	free((void *)(uintptr_t)p.data);
}

static void shown(const struct registry *r, const char *hex, const char *want)
{
	struct report_opts o = { .form = REPORT_JSON };
	struct err e = { 0 };
	struct report *rep = report_open(r, &o, &e);
	struct buf out = { 0 };
	struct packet p;

	help_packet(&p, 147, hex);
	p.flags |= PACKET_NO_TIME;
	dissect(r, &p);
	report_packet(rep, &p, NULL, &out);
	ck_assert_msg(strstr(buf_cstr(&out), want) != NULL, "%s", buf_cstr(&out));
	buf_done(&out);
	report_close(rep);
	free((void *)(uintptr_t)p.data);
}

START_TEST(wanted)
{
	struct registry *r = own(text);

	built(r, "outer", "454009");
	built(r, "outer / inner",
	      "464001"
	      "01"
	      "0007"
	      "026162");
	built(r, "outer / inner type=2",
	      "46ff01"
	      "02"
	      "0007"
	      "026162");
	built(r, "outer hops=3 / inner type=2",
	      "460301"
	      "02"
	      "0007"
	      "026162");
	registry_close(r);
}
END_TEST

static const char cases[] = "protocol p {\n"
			    "    over link 147\n"
			    "    type : u8 = 3\n"
			    "    code : u8 enum if type == 3 { net = 0, port = 3 } enum if type == "
			    "11 { ttl = 0, late = 3 }\n"
			    "}\n";

START_TEST(words_by_case)
{
	struct registry *r = own(cases), *back;
	struct buf t = { 0 }, why = { 0 };

	built(r, "p code=port", "0303");
	built(r, "p type=11 code=late", "0b03");
	built(r, "p type=5 code=3", "0503");
	match(r, "p.code == port", "0303", true);
	match(r, "p.code == ttl", "0b00", true);
	proto_print(registry_at(r, 0), &t);
	back = own(buf_cstr(&t));
	ck_assert_msg(proto_equal(registry_at(r, 0), registry_at(back, 0), &why), "%s",
		      buf_cstr(&t));
	ck_assert(strstr(buf_cstr(&t), "enum if type == 11 { ttl = 0, late = 3 }") != NULL);
	printed_as(r, "0303", "p code=port");
	printed_as(r, "0b03", "p type=11 code=late");
	printed_as(r, "0502", "p type=5 code=2");
	shown(r, "0b03", "\"code_name\":\"late\"");
	shown(r, "0303", "\"code_name\":\"port\"");
	registry_close(back);
	registry_close(r);
	buf_done(&t);
	buf_done(&why);
}
END_TEST

UNIT_TESTS(views)
{
	tcase_add_test(t, filters);
	tcase_add_test(t, columns);
	tcase_add_test(t, marked);
	tcase_add_test(t, printed);
	tcase_add_test(t, wanted);
	tcase_add_test(t, words_by_case);
}
