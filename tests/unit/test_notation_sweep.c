/* SPDX-License-Identifier: BSD-2-Clause */
/* Sweeps: how many, which values, the same for the same step and seed; fresh values; membership for
 * patterns; scripts of many lines. */
#include "tests/unit/unit.h"

#include "tests/unit/notation_help.h"

#include "core/bits.h"

static struct registry *reg;
static struct plan plan;

static void setup(void)
{
	reg = open_registry();
}

static void teardown(void)
{
	plan_done(&plan);
	registry_close(reg);
}

static void parse(const char *text, unsigned flags)
{
	struct err e = { 0 };

	if (plan_parse(&plan, reg, text, strlen(text), flags, &e))
		ck_abort_msg("%s\n%u: %s", text, e.col, e.msg);
}

/* The value of the kth swept say in step i. */
static uint64_t at_step(unsigned k, uint64_t i, uint64_t seed)
{
	const struct sweep *s = plan_swept(&plan, k);

	ck_assert_int_eq(plan_step(&plan, i, seed), 0);
	if (!s->say->cur.p)
		return s->say->cur.num;
	return s->say->cur.len == 4 ? be32(s->say->cur.p) : s->say->cur.p[s->say->cur.len - 1];
}

START_TEST(sizes)
{
	static const struct {
		const char *text;
		uint64_t count;
		unsigned swept;
	} rows[] = {
		{ "ip dst=10.0.0.2", 1, 0 },
		{ "ip dst=10.0.0.0/24", 254, 1 },
		{ "ip dst=10.0.0.0/30", 2, 1 },
		{ "ip dst=10.0.0.0/31", 2, 1 },
		{ "ip dst=10.0.0.0/32", 1, 1 },
		{ "ip dst=0.0.0.0/0", UINT64_C(4294967294), 1 },
		{ "ip dst=10.0.0.77/24", 254, 1 },
		{ "ip dst=10.0.0.1-10.0.0.9", 9, 1 },
		{ "ip dst=10.0.0.1..10.0.0.9", 9, 1 },
		{ "ip dst=10.0.0.1,10.0.0.5", 2, 1 },
		{ "ip dst=10.0.0.0/24 / tcp dport=22,80,443 flags=S", 762, 2 },
		{ "ip ttl=1-30 / udp", 30, 1 },
		{ "ip / udp dport=1-1024,8080,9000-9001", 1027, 1 },
		{ "ip / udp dport=rand:1024-65535", 1, 1 },
		{ "ip id=inc / udp dport=1,2", 2, 2 },
		{ "ip6 dst=fd00::/126", 3, 1 },
		{ "ip6 dst=fd00::/127", 2, 1 },
		{ "ip6 dst=::/0", UINT64_MAX, 1 },
		{ "eth src=02:00:00:00:00:00/40", 256, 1 },
		{ "tst small=-5--1", 5, 1 },
		{ "tst op=one,two-three", 2, 1 },
		{ "tst fl=each:aa,bb,AB", 3, 1 },
		{ "tst name=each:a,bb,\"c,d\"", 3, 1 },
		{ "dns qd=name:a,name:b", 1, 0 },
		{ "tst list=1-3,7", 3, 1 },
		{ "udp / rand:64", 1, 1 },
		{ "udp / each:a,b", 2, 1 },
		{ "ip src=1.0.0.0/8 dst=2.0.0.0/8 / tcp sport=0-65535 dport=0-65535", UINT64_MAX,
		  4 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse(rows[i].text, 0);
		ck_assert_msg(plan_count(&plan) == rows[i].count, "%s: %llu", rows[i].text,
			      (unsigned long long)plan_count(&plan));
		ck_assert_uint_eq(plan.nsweeps, rows[i].swept);
		ck_assert_ptr_null(plan_swept(&plan, rows[i].swept));
	}
}
END_TEST

START_TEST(combination)
{
	parse("ip dst=10.0.0.0/24 / tcp dport=22,80,443", 0);
	/* The last of the text changes fastest. */
	ck_assert_uint_eq(at_step(0, 0, 0), 0x0a000001);
	ck_assert_uint_eq(at_step(1, 0, 0), 22);
	ck_assert_uint_eq(at_step(1, 1, 0), 80);
	ck_assert_uint_eq(at_step(1, 2, 0), 443);
	ck_assert_uint_eq(at_step(0, 2, 0), 0x0a000001);
	ck_assert_uint_eq(at_step(0, 3, 0), 0x0a000002);
	ck_assert_uint_eq(at_step(1, 3, 0), 22);
	ck_assert_uint_eq(at_step(0, 761, 0), 0x0a0000fe);
	ck_assert_uint_eq(at_step(1, 761, 0), 443);
	/* Then it begins again. */
	ck_assert_uint_eq(at_step(0, 762, 0), 0x0a000001);
	ck_assert_uint_eq(at_step(1, 762, 0), 22);
	ck_assert_uint_eq(plan_swept(&plan, 0)->layer, 0);
	ck_assert_uint_eq(plan_swept(&plan, 1)->layer, 1);
	ck_assert_str_eq(plan_swept(&plan, 1)->field->name, "dport");
	ck_assert(plan_swept(&plan, 0)->same_size);
}
END_TEST

START_TEST(special_values)
{
	parse("ip dst=10.0.0.0/31 id=inc:65535+2 / tcp seq=inc:1000+1460", 0);
	ck_assert_uint_eq(at_step(0, 0, 0), 0x0a000000);
	ck_assert_uint_eq(at_step(0, 1, 0), 0x0a000001);
	ck_assert_uint_eq(at_step(1, 0, 0), 65535);
	ck_assert_uint_eq(at_step(1, 1, 0), 1); /* wraps at its width */
	ck_assert_uint_eq(at_step(1, 5, 0), 9); /* goes on when the combination starts over */
	ck_assert_uint_eq(at_step(2, 10, 0), 15600);
	parse("tst small=-2-1", 0);
	ck_assert_int_eq((int64_t)at_step(0, 0, 0), -2);
	ck_assert_int_eq((int64_t)at_step(0, 3, 0), 1);
	parse("tst num=inc", 0);
	ck_assert_uint_eq(at_step(0, 0, 0), 3); /* from the default */
	ck_assert_uint_eq(at_step(0, 4, 0), 7);
	parse("ip6 dst=fd00::/126", 0);
	ck_assert_uint_eq(at_step(0, 0, 0), 1);
	ck_assert_uint_eq(at_step(0, 2, 0), 3);
	parse("tst name=each:a,bb", 0);
	ck_assert(!plan_swept(&plan, 0)->same_size);
	plan_step(&plan, 1, 0);
	ck_assert_uint_eq(plan_swept(&plan, 0)->say->cur.len, 2);
}
END_TEST

START_TEST(random_values)
{
	uint64_t first[64], sum = 0;
	bool high = false, low = false, differs = false;

	parse("ip src=rand:10.0.0.0/8 / udp dport=rand:1024-1031 / rand:9", 0);
	for (unsigned i = 0; i < 64; i++) {
		uint64_t port = at_step(1, i, 7);

		ck_assert(port >= 1024 && port <= 1031);
		low |= port == 1024;
		high |= port == 1031;
		ck_assert_uint_eq(at_step(0, i, 7) >> 24, 10);
		first[i] = at_step(0, i, 7);
		sum += at_step(2, i, 7);
	}
	ck_assert(low && high && sum);
	/* The same in any order, another for another seed. */
	for (unsigned i = 64; i-- > 0;) {
		ck_assert_uint_eq(at_step(0, i, 7), first[i]);
		differs |= at_step(0, i, 8) != first[i];
	}
	ck_assert(differs);
	ck_assert_uint_eq(plan_swept(&plan, 2)->say->cur.len, 9);
	parse("tst small=rand num=rand", 0);
	for (unsigned i = 0; i < 64; i++) {
		int64_t v = (int64_t)at_step(0, i, 1);

		ck_assert(v >= -128 && v <= 127);
		ck_assert_uint_le(at_step(1, i, 1), 65535);
	}
	parse("tst num=rand:8", 0);
	ck_assert_uint_eq(at_step(0, 3, 3), 8);
}
END_TEST

/* Every step builds, and only what is swept changes. */
START_TEST(built)
{
	struct build b = { 0 };
	struct err e = { 0 };
	uint8_t last[64];

	parse("ip dst=10.0.0.1-10.0.0.4 / udp dport=5 / rand:4", 0);
	for (unsigned i = 0; i < 4; i++) {
		plan_step(&plan, i, 0);
		ck_assert_int_eq(build(&b, &plan, &e), 0);
		ck_assert_uint_eq(b.bytes.n, 32);
		ck_assert_uint_eq(be32((uint8_t *)b.bytes.p + 16), 0x0a000001 + i);
		ck_assert_uint_eq(sum_inet_partial((uint8_t *)b.bytes.p, 20, 0), 0xffff);
		if (i)
			ck_assert_int_eq(memcmp(last, b.bytes.p, 10), 0);
		memcpy(last, b.bytes.p, 32);
	}
	build_done(&b);
}
END_TEST

START_TEST(fresh)
{
	bool seen[65536] = { false };
	struct err e = { 0 };

	parse("ip dst=10.0.0.2 / udp dport=9", 0);
	ck_assert_uint_eq(plan.nsweeps, 0);
	ck_assert_int_eq(plan_fresh(&plan, &e), 2); /* ip.id, udp.sport */
	ck_assert_str_eq(plan_swept(&plan, 0)->field->name, "id");
	ck_assert_str_eq(plan_swept(&plan, 1)->field->name, "sport");
	ck_assert(plan_swept(&plan, 1)->fresh);
	ck_assert_uint_eq(plan_count(&plan), 1);
	for (unsigned i = 0; i < 16384; i++) {
		uint64_t port = at_step(1, i, 5);

		ck_assert(port >= 49152 && port <= 65535);
		ck_assert_msg(!seen[port], "port %u twice", (unsigned)port);
		seen[port] = true;
		ck_assert_uint_ne(at_step(0, i, 5), 0);
	}
	ck_assert_uint_ne(at_step(1, 0, 5), at_step(1, 0, 6));
	/* What was said stays; what is absent stays absent. */
	parse("ip id=7 / icmp type=dest-unreach", 0);
	ck_assert_int_eq(plan_fresh(&plan, &e), 0);
	parse("ip id=7 / icmp", 0);
	ck_assert_int_eq(plan_fresh(&plan, &e), 1);
	parse("ip id=fresh / udp sport=4", 0);
	ck_assert_uint_eq(plan.nsweeps, 1);
	/* The arm of a choice hangs on the width of another field. */
	parse("eth / arp pdst=10.0.0.1,10.0.0.254 hwdst=02:00:00:00:00:01-02:00:00:00:00:03", 0);
	ck_assert_uint_eq(plan_count(&plan), 6);
	parse("eth / arp ptype=0x86dd pdst=fe80::1-fe80::4", 0);
	ck_assert_uint_eq(plan_count(&plan), 4);
	/* A port that the layer above wants is no fresh one (RFC 2131 section 4.1: 68). */
	parse("ip id=7 / udp / dhcp", 0);
	ck_assert_int_eq(plan_fresh(&plan, &e), 1); /* dhcp.xid */
	parse("ip id=7 / udp / dhcp op=3", 0);
	ck_assert_int_eq(plan_fresh(&plan, &e), 2);
}
END_TEST

static bool has(const char *text, unsigned k, uint64_t num, const char *bytes, unsigned len)
{
	struct value v = { .num = num, .p = (const uint8_t *)bytes, .len = len };

	parse(text, PLAN_PATTERN);
	return sweep_has(plan_swept(&plan, k), &v);
}

START_TEST(membership)
{
	ck_assert(has("ip dst=10.0.0.0/24", 0, 0, "\x0a\0\0\0", 4));
	ck_assert(has("ip dst=10.0.0.0/24", 0, 0, "\x0a\0\0\xff", 4));
	ck_assert(!has("ip dst=10.0.0.0/24", 0, 0, "\x0a\0\1\0", 4));
	ck_assert(has("tcp dport=80,443,8000-9000", 0, 8500, NULL, 0));
	ck_assert(!has("tcp dport=80,443,8000-9000", 0, 81, NULL, 0));
	ck_assert(has("tst small=-5-5", 0, (uint64_t)-3, NULL, 0));
	ck_assert(!has("tst small=-5-5", 0, 6, NULL, 0));
	ck_assert(has("tst name=each:ab,cd", 0, 0, "cd", 2));
	ck_assert(!has("tst name=each:ab,cd", 0, 0, "ce", 2));
	ck_assert(has("ip6 dst=fd00::/8", 0, 0, "\xfd\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
}
END_TEST

static const char script_text[] = "# a script\n"
				  "\n"
				  "at=2026-11-22T10:38:16.773907123Z eth / ip # first\n"
				  "+0.013 > link=101 ip / udp / \"a # b ; c\" ; expect more\r\n"
				  "-0.003 < if=eth0 wire=99 hex:00\n"
				  "  ip / text:#x\n"
				  "at=12.5 ip\n"
				  "at=-1.5 ip";

START_TEST(scripts)
{
	static const struct {
		unsigned lineno;
		enum script_time time;
		int64_t when;
		char dir;
		const char *ifname, *suffix;
		int link;
		uint32_t wire;
	} want[] = {
		{ 3, SCRIPT_AT, INT64_C(1795343896773907123), 0, "", NULL, 1, 0 },
		{ 4, SCRIPT_AFTER, 13000000, '>', "", " expect more", 101, 0 },
		{ 5, SCRIPT_AFTER, -3000000, '<', "eth0", NULL, LINK_NONE, 99 },
		{ 6, SCRIPT_NO_TIME, 0, 0, "", NULL, 101, 0 },
		{ 7, SCRIPT_AT, INT64_C(12500000000), 0, "", NULL, 101, 0 },
		{ 8, SCRIPT_AT, INT64_C(-1500000000), 0, "", NULL, 101, 0 },
	};
	struct err e = { 0 };
	struct script *s = script_open(NULL, "x.strata", script_text, strlen(script_text), &e);
	struct script_line l;

	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		ck_assert_int_eq(script_next(s, &l, &e), 1);
		ck_assert_uint_eq(l.lineno, want[i].lineno);
		ck_assert_int_eq(l.time, want[i].time);
		ck_assert_int_eq(l.when, want[i].when);
		ck_assert_int_eq(l.dir, want[i].dir);
		ck_assert_str_eq(l.ifname, want[i].ifname);
		ck_assert_uint_eq(l.suffix_len, want[i].suffix ? strlen(want[i].suffix) : 0);
		if (want[i].suffix)
			ck_assert_int_eq(memcmp(l.suffix, want[i].suffix, l.suffix_len), 0);
		if (script_plan(s, &plan, reg, 0, &e))
			ck_abort_msg("%u: %s", e.lineno, e.msg);
		ck_assert_uint_eq(plan.link, want[i].link);
		ck_assert_uint_eq(plan.wire_len, want[i].wire);
	}
	ck_assert_int_eq(script_next(s, &l, &e), 0);
	script_close(s);
}
END_TEST

START_TEST(script_errors)
{
	static const struct {
		const char *text;
		unsigned line, col;
		const char *says;
	} rows[] = {
		{ "ip\n\nip / tpc\n", 3, 6, "did you mean 'tcp'" },
		{ "# x\n+0.5 ip dst=x", 2, 13, "not an IPv4 address" },
		{ "+0.5 +0.6 ip", 1, 6, "the time was said before" },
		{ "> < ip", 1, 3, "the direction was said before" },
		{ "at=yesterday ip", 1, 1, "a time is seconds since 1970" },
		{ "+1.0000000001 ip", 1, 1, "nine decimals" },
		{ "ip\n+0.5\n", 2, 1, "a packet is missing on this line" },
		{ "ip\n ; x\n", 2, 1, "a packet is missing on this line" },
		{ "ip\nlink=x ip\n", 2, 6, "link= takes a number" },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = { 0 };
		struct script *s =
			script_open(NULL, "f.txt", rows[i].text, strlen(rows[i].text), &e);
		struct script_line l;
		int rc;

		while ((rc = script_next(s, &l, &e)) == 1 && !script_plan(s, &plan, reg, 0, &e))
			;
		ck_assert_msg(rc != 0, "%s", rows[i].text);
		ck_assert_msg(strstr(e.msg, rows[i].says), "%s: %s", rows[i].text, e.msg);
		ck_assert_str_eq(e.name, "f.txt");
		ck_assert_uint_eq(e.lineno, rows[i].line);
		ck_assert_uint_eq(e.col, rows[i].col);
		script_close(s);
	}
}
END_TEST

UNIT_TESTS(notation_sweep)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sizes);
	tcase_add_test(t, combination);
	tcase_add_test(t, special_values);
	tcase_add_test(t, random_values);
	tcase_add_test(t, built);
	tcase_add_test(t, fresh);
	tcase_add_test(t, membership);
	tcase_add_test(t, scripts);
	tcase_add_test(t, script_errors);
}
