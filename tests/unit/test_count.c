/* SPDX-License-Identifier: BSD-2-Clause */
/* What is counted of a few packets: conversations, hosts, protocols, time. The sums were made by
 * hand. */
#include "tests/unit/dissect_help.h"

#include "flow/count.h"

#define SECOND 1000000000ll

/* 10.0.0.1 and 10.0.0.2 talk: a question of 28 bytes, an answer of 30, a SYN from another port;
 * then a fragment of 10.0.0.3's, an echo, and a tunnel of GRE around a question like the first. */
static const struct {
	int64_t when;
	const char *hex;
} packets[] = {
	{ 10 * SECOND, IP4("001c", "11") "1000 0007 0008 0000" },
	{ 11 * SECOND, "4500001e000100004011 0000 0a000002 0a000001 0007 1000 000a 0000 4142" },
	{ 12 * SECOND, IP4("0028", "06") "1000 0050 00000001 00000000 5002 2000 0000 0000" },
	{ 12 * SECOND + 5, "4500001c000120004011 0000 0a000003 0a000002 1000 0007 0010 0000" },
	{ 14 * SECOND, IP4("001c", "01") "0800 0000 0000 0001" },
	{ 14 * SECOND, "45000034000100004 02f 0000 c0000201 c0000202 0000 0800" IP4(
			       "001c", "11") "1000 0007 0008 0000" },
	{ 9 * SECOND, IP4("001c", "11") "1000 0007 0008 0000" }, /* a clock that goes back */
};

static struct registry *reg;

static void setup(void)
{
	reg = help_registry(NULL);
}
static void teardown(void)
{
	registry_close(reg);
}

static struct counting *count_all(bool convs, bool protos, int64_t interval)
{
	struct err e = { 0 };
	struct counting *c = counting_open(reg, convs, protos, interval, &e);

	ck_assert_msg(c != NULL, "%s", e.msg);
	for (unsigned i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
		struct packet p;

		help_packet(&p, LINK_RAW, packets[i].hex);
		p.when = packets[i].when;
		p.number = i + 1;
		p.wire_len += i == 0 ? 100 : 0; /* cut: it was longer on the wire */
		dissect(reg, &p);
		ck_assert_int_eq(counting_packet(c, &p), 0);
		free((void *)(uintptr_t)p.data);
	}
	return c;
}

START_TEST(conversations)
{
	static const char *const want[] = {
		"ip:0 10.0.0.1 10.0.0.2 5+1 276+30 9-14",
		"udp:0 10.0.0.1:4096 10.0.0.2:7 3+1 208+30 9-14",
		"tcp:0 10.0.0.1:4096 10.0.0.2:80 1+0 40+0 12-12",
		"ip:1 10.0.0.3 10.0.0.2 1+0 28+0 12-12",
		"ip:2 192.0.2.1 192.0.2.2 1+0 52+0 14-14",
	};
	struct counting *c = count_all(true, false, 0);
	struct buf all = { 0 };
	uint64_t left;
	uint32_t n;
	const struct count_conv *v = counting_convs(c, &n);

	for (uint32_t i = 0; i < n; i++)
		buf_fmt(&all, "%s:%u %s %s %u+%u %u+%u %d-%d\n", v[i].proto->name, v[i].number,
			v[i].end[0], v[i].end[1], (unsigned)v[i].packets[0],
			(unsigned)v[i].packets[1], (unsigned)v[i].bytes[0], (unsigned)v[i].bytes[1],
			(int)(v[i].first / SECOND), (int)(v[i].last / SECOND));
	for (unsigned i = 0; i < sizeof(want) / sizeof(*want); i++)
		ck_assert_msg(strstr(buf_cstr(&all), want[i]) != NULL, "no %s in\n%s", want[i],
			      buf_cstr(&all));
	counting_left_out(c, &left);
	ck_assert_uint_eq(left, 0);
	buf_done(&all);
	counting_close(c);
}
END_TEST

START_TEST(hosts)
{
	static const char *const want[] = {
		"tcp 10.0.0.1:4096 1 40 0 0\n",
		"tcp 10.0.0.2:80 0 0 1 40\n",
		"udp 10.0.0.2:7 1 30 3 208\n",
	};
	struct counting *c = count_all(true, false, 0);
	struct buf all = { 0 };
	uint32_t n;
	const struct count_host *v = counting_hosts(c, &n);

	for (uint32_t i = 0; i < n; i++) {
		buf_fmt(&all, "%s %s %u %u %u %u\n", v[i].proto->name, v[i].name,
			(unsigned)v[i].packets[0], (unsigned)v[i].bytes[0],
			(unsigned)v[i].packets[1], (unsigned)v[i].bytes[1]);
		/* By protocol, then by name, each once. */
		ck_assert(!i || v[i - 1].proto != v[i].proto ||
			  strcmp(v[i - 1].name, v[i].name) < 0);
	}
	for (unsigned i = 0; i < sizeof(want) / sizeof(*want); i++)
		ck_assert_msg(strstr(buf_cstr(&all), want[i]) != NULL, "no %s in\n%s", want[i],
			      buf_cstr(&all));
	buf_done(&all);
	counting_close(c);
}
END_TEST

/* A frame counts once for each path of protocols in it. */
START_TEST(protocols)
{
	static const char want[] = "0 all 7 334\n1 ip 7 334\n2 udp 3 186\n2 tcp 1 40\n2 icmp 1 28\n"
				   "2 gre 1 52\n3 ip 1 52\n4 udp 1 52\n";
	struct counting *c = count_all(false, true, 0);
	struct buf all = { 0 };
	uint32_t n;
	const struct count_proto *v = counting_protos(c, &n);

	for (uint32_t i = 0; i < n; i++)
		buf_fmt(&all, "%u %s %u %u\n", v[i].depth, v[i].proto ? v[i].proto->name : "all",
			(unsigned)v[i].packets, (unsigned)v[i].bytes);
	ck_assert_str_eq(buf_cstr(&all), want);
	buf_done(&all);
	counting_close(c);
}
END_TEST

START_TEST(times)
{
	int64_t interval, start;
	struct counting *c = count_all(false, false, 2 * SECOND);
	uint32_t n;
	const struct count_time *v = counting_times(c, &n, &interval, &start);

	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(interval, 2 * SECOND);
	ck_assert_int_eq(start, 10 * SECOND);
	/* The one before the first belongs to the first row. */
	ck_assert_uint_eq(v[0].packets, 3);
	ck_assert_uint_eq(v[0].bytes, 128 + 30 + 28);
	ck_assert_uint_eq(v[1].packets, 2);
	ck_assert_uint_eq(v[1].bytes, 40 + 28);
	ck_assert_uint_eq(v[2].packets, 2);
	ck_assert_uint_eq(v[2].bytes, 28 + 52);
	counting_close(c);
}
END_TEST

/* A year in nanoseconds does not become as many rows: they grow longer, and nothing is lost. */
START_TEST(times_of_a_year)
{
	struct err e = { 0 };
	struct counting *c = counting_open(reg, false, false, 1000000, &e);
	struct packet p;
	int64_t interval, start;
	uint64_t packets_seen = 0;
	uint32_t n;

	ck_assert_ptr_nonnull(c);
	help_packet(&p, LINK_RAW, packets[0].hex);
	for (unsigned day = 0; day < 366; day++) {
		p.when = (int64_t)day * 86400 * SECOND;
		ck_assert_int_eq(counting_packet(c, &p), 0);
	}
	const struct count_time *v = counting_times(c, &n, &interval, &start);
	ck_assert_uint_le(n, COUNT_ROWS);
	ck_assert_uint_gt(n, COUNT_ROWS / 4);
	for (uint32_t i = 0; i < n; i++)
		packets_seen += v[i].packets;
	ck_assert_uint_eq(packets_seen, 366);
	/* A millisecond, doubled until 365 days are no more than the rows. */
	ck_assert_int_eq(interval, 1000000ll << 15);
	free((void *)(uintptr_t)p.data);
	counting_close(c);
}
END_TEST

START_TEST(nothing)
{
	struct err e = { 0 };
	struct counting *c = counting_open(reg, true, false, 0, &e);
	uint32_t n = 9;

	ck_assert_ptr_null(counting_hosts(c, &n));
	ck_assert_uint_eq(n, 0);
	counting_close(c);
	counting_close(NULL);
}
END_TEST

UNIT_TESTS(count)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, conversations);
	tcase_add_test(t, hosts);
	tcase_add_test(t, protocols);
	tcase_add_test(t, times);
	tcase_add_test(t, times_of_a_year);
	tcase_add_test(t, nothing);
}
