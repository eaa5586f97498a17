/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of hosts stand for their addresses in the notation and in filters, of whatever kind the
 * field is; printing knows nothing of them. */
#include "core/bits.h"
#include "dissect/dissect.h"
#include "dissect/filter.h"
#include "notation/notation.h"
#include "tests/unit/unit.h"

static const char table[] = "# names\n"
			    "h1 02:00:00:00:00:01 10.0.1.1 fd00:1::1\n"
			    "  h-2 10.0.1.2\tfd00:1::2 02:00:00:00:00:02\r\n"
			    "\n"
			    "four 10.9.9.9 10.9.9.10";

static struct registry *start(bool file)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	ck_assert_int_eq(registry_load_builtins(r, &e), 0);
	/* With a file of one's own the built-ins are loaded, else taken as they were frozen. */
	if (file)
		ck_assert_int_eq(
			registry_load_file(r, STRATA_SOURCE "/examples/sensor.protocol", &e), 0);
	ck_assert_int_eq(registry_hosts(r, "names", table, strlen(table), &e), 0);
	ck_assert_int_eq(registry_freeze(r, &e), 0);
	return r;
}

static void same(const struct registry *r, const char *named, const char *plain)
{
	const char *text[2] = { named, plain };
	struct build b[2] = { 0 };
	struct plan p[2] = { 0 };
	struct err e = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		ck_assert_msg(plan_parse(&p[i], r, text[i], strlen(text[i]), 0, &e) == 0, "%s: %s",
			      text[i], e.msg);
		ck_assert_uint_eq(plan_count(&p[i]), plan_count(&p[0]));
		ck_assert_int_eq(build(&b[i], &p[i], &e), 0);
	}
	ck_assert_msg(b[0].bytes.n == b[1].bytes.n &&
			      memcmp(b[0].bytes.p, b[1].bytes.p, b[0].bytes.n) == 0,
		      "%s is not %s", named, plain);
	for (unsigned i = 0; i < 2; i++) {
		build_done(&b[i]);
		plan_done(&p[i]);
	}
}

static void refused(const struct registry *r, const char *text, const char *msg, unsigned col)
{
	struct plan p = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(plan_parse(&p, r, text, strlen(text), 0, &e), -1);
	ck_assert_msg(strstr(e.msg, msg) != NULL, "%s: %s", text, e.msg);
	ck_assert_uint_eq(e.col, col);
	plan_done(&p);
}

START_TEST(names_are_addresses)
{
	struct registry *r = start(_i);

	same(r, "ip src=h1 dst=h-2 / icmp", "ip src=10.0.1.1 dst=10.0.1.2 / icmp");
	same(r, "ip6 src=h1 dst=h-2 / icmp6", "ip6 src=fd00:1::1 dst=fd00:1::2 / icmp6");
	same(r, "eth dst=h-2 / arp hwdst=h1 pdst=h-2",
	     "eth dst=02:00:00:00:00:02 / arp hwdst=02:00:00:00:00:01 pdst=10.0.1.2");
	same(r, "ip dst=h1,four,10.0.0.9 / udp", "ip dst=10.0.1.1,10.9.9.9,10.0.0.9 / udp");
	same(r, "ip dst=h1/24", "ip dst=10.0.1.1/24");
	same(r, "ip dst=h1-h-2", "ip dst=10.0.1.1-10.0.1.2");
	refused(r, "ip dst=h3",
		"'h3' is neither an address nor one of the names here: h1, h-2, four", 8);
	refused(r, "ip6 dst=four", "four has no address of this kind", 9);
	refused(r, "ip dst=10.0.0.1,h9", "'h9' is neither", 17);
	refused(r, "ip ttl=h1", "h1", 8);
	registry_close(r);
}
END_TEST

START_TEST(filters_know_them)
{
	static const struct {
		const char *filter;
		bool fits;
	} rows[] = { { "ip.src == h1", true },    { "ip.dst == h1", false },
		     { "ip.addr == h-2", true },  { "ip.src == h1/24", true },
		     { "eth.dst == h-2", true },  { "ip.src != four", true },
		     { "ip.src == four", false }, { "eth.src == h-2", false } };
	static const char text[] = "eth src=h1 dst=h-2 / ip src=h1 dst=h-2 / udp";
	struct registry *r = start(false);
	struct filter_work work = { 0 };
	struct build b = { 0 };
	struct plan p = { 0 };
	struct packet pkt = { .number = 1, .link = LINK_ETHERNET };
	struct err e = { 0 };

	ck_assert_int_eq(plan_parse(&p, r, text, strlen(text), 0, &e), 0);
	ck_assert_int_eq(build(&b, &p, &e), 0);
	pkt.data = (const uint8_t *)b.bytes.p;
	pkt.len = pkt.wire_len = (uint32_t)b.bytes.n;
	dissect(r, &pkt);
	for (int i = 0; i < COUNT(rows); i++) {
		struct filter *f = filter_parse(r, rows[i].filter, strlen(rows[i].filter), &e);

		ck_assert_msg(f != NULL, "%s: %s", rows[i].filter, e.msg);
		ck_assert_msg(filter_match(f, &pkt, &work) == rows[i].fits, "%s", rows[i].filter);
		filter_close(f);
	}
	filter_work_done(&work);
	build_done(&b);
	plan_done(&p);
	registry_close(r);
}
END_TEST

START_TEST(a_table_that_is_none)
{
	static const char bad[] = "h1 10.0.0.1\nh2 10.0.0.300\n";
	struct registry *r = registry_open();
	struct err e = { 0 };
	bool known;

	ck_assert_int_eq(registry_hosts(r, "names", bad, strlen(bad), &e), -1);
	ck_assert_uint_eq(e.lineno, 2);
	ck_assert_uint_eq(e.col, 4);
	ck_assert(registry_host(r, "h1", 2, 4, &known) != NULL);
	ck_assert(registry_host(r, "h9", 2, 4, &known) == NULL);
	ck_assert(!known);
	registry_close(r);
}
END_TEST

UNIT_TESTS(hosts)
{
	tcase_add_loop_test(t, names_are_addresses, 0, 2);
	tcase_add_test(t, filters_know_them);
	tcase_add_test(t, a_table_that_is_none);
}
