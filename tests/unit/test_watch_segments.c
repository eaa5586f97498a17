/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments whose numbers nobody waits for, and connections that go on after their reset. */
#include "tests/unit/watch_help.h"

static void setup(void)
{
	reg = help_registry(NULL);
}
static void teardown(void)
{
	registry_close(reg);
}

/* A connection from 10.0.0.1 port 4000 to 10.0.0.2 port 80, open: packets 1 to 4. Then who asked is
 * at 1001 and 11, who answers at 501, both with room for 8,192 bytes (and a shift of 2). */
static void opened(struct seen *s)
{
	comes(s, 1,
	      "ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=4000 dport=80 flags=S seq=1000 "
	      "options=ws:2");
	comes(s, 2,
	      "ip src=10.0.0.2 dst=10.0.0.1 / tcp sport=80 dport=4000 flags=SA seq=500 "
	      "ack=1001 options=ws:2");
	comes(s, 3,
	      "ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=4000 dport=80 flags=A seq=1001 "
	      "ack=501");
	comes(s, 4,
	      "ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=4000 dport=80 flags=PA seq=1001 "
	      "ack=501 / text:0123456789");
	comes(s, 5,
	      "ip src=10.0.0.2 dst=10.0.0.1 / tcp sport=80 dport=4000 flags=A seq=501 "
	      "ack=1011");
}

#define OUTSIDE                                                                                    \
	"rule out \"Out\"\n about tcp\n event outside\n by tcp.seq_raw\n say \"{tcp.seq_raw}\"\n"  \
	"rule after \"After\"\n about tcp\n event after-reset\n by from\n again 1ms\n"             \
	" say \"{from}\"\n"

static void client(struct seen *s, int64_t when, const char *flags, uint32_t seq, const char *more)
{
	comes(s, when,
	      "ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=4000 dport=80 flags=%s seq=%u ack=501%s",
	      flags, seq, more);
}

static void server(struct seen *s, int64_t when, const char *flags, uint32_t seq, unsigned ack,
		   const char *more)
{
	comes(s, when,
	      "ip src=10.0.0.2 dst=10.0.0.1 / tcp sport=80 dport=4000 flags=%s seq=%u ack=%u%s",
	      flags, seq, ack, more);
}

/* Resets: of the numbers that are due, on the way or late; and of others. */
START_TEST(outside_reset)
{
	/* Due, under way, beyond all that was sent, late, later. */
	static const struct {
		uint32_t seq;
		bool out;
	} v[] = {
		{ 1011, false },        { 1001, false },
		{ 1012, true },         { 1011 - 65536, false },
		{ 1010 - 65536, true }, { 1011 + 0x80000000u, true },
		{ 0, false },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct seen s;

		seen_open(&s, OUTSIDE, 0, false);
		opened(&s);
		client(&s, 6, "R", v[i].seq, "");
		ck_assert_msg(s.n == v[i].out, "%u: %s", v[i].seq, buf_cstr(&s.found));
		seen_close(&s);
	}
}
END_TEST

/* Numbers that begin again after 2^32. */
START_TEST(outside_wrapped)
{
	struct seen s;

	seen_open(&s, OUTSIDE, 0, false);
	comes(&s, 1, "ip6 src=fd00::1 dst=fd00::2 / tcp sport=4 dport=8 flags=S seq=0xfffffff0");
	comes(&s, 2,
	      "ip6 src=fd00::2 dst=fd00::1 / tcp sport=8 dport=4 flags=SA seq=7 ack=0xfffffff1");
	comes(&s, 3,
	      "ip6 src=fd00::1 dst=fd00::2 / tcp sport=4 dport=8 flags=A seq=0xfffffff1 ack=8");
	comes(&s, 4, "ip6 src=fd00::1 dst=fd00::2 / tcp sport=4 dport=8 flags=R seq=0xfffffff1");
	comes(&s, 5, "ip6 src=fd00::1 dst=fd00::2 / tcp sport=4 dport=8 flags=R seq=0xffff0000");
	ck_assert_uint_eq(s.n, 0);
	comes(&s, 6, "ip6 src=fd00::1 dst=fd00::2 / tcp sport=4 dport=8 flags=R seq=0");
	ck_assert_str_eq(buf_cstr(&s.found), "out 0 [6]\n");
	seen_close(&s);
}
END_TEST

/* Of what is half seen nothing is said; nor of what was refused. */
START_TEST(outside_unknown)
{
	struct seen s;

	seen_open(&s, OUTSIDE, 0, false);
	client(&s, 1, "S", 1000, "");
	client(&s, 2, "R", 900000000, "");
	server(&s, 3, "RA", 0, 1001, "");
	client(&s, 4, "PA", 1, " / text:x");
	client(&s, 5, "R", 1000000000, "");
	client(&s, 6, "PA", 2000000000, " / text:x");
	ck_assert_str_eq(buf_cstr(&s.found), "");
	seen_close(&s);
}
END_TEST

/* An opening of what is open: once it is answered there is another connection. */
START_TEST(outside_opening)
{
	struct seen s;

	seen_open(&s, OUTSIDE, 0, false);
	opened(&s);
	client(&s, 6, "S", 1000, ""); /* late */
	ck_assert_uint_eq(s.n, 0);
	client(&s, 7, "S", 70000000, "");
	client(&s, 8, "S", 80000000, "");
	/* It is still the same one, */
	client(&s, 9, "PA", 1011, " / text:0123456789");
	server(&s, 10, "A", 501, 1021, "");
	client(&s, 11, "R", 9000000, "");
	ck_assert_str_eq(buf_cstr(&s.found),
			 "out 70000000 [7]\nout 80000000 [8]\nout 9000000 [11]\n");
	/* and now another one. */
	client(&s, 12, "S", 90000000, "");
	server(&s, 13, "SA", 4000, 90000001, "");
	client(&s, 14, "A", 90000001, "");
	comes(&s, 15,
	      "ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=4000 dport=80 flags=PA "
	      "seq=90000001 ack=4001 / text:x");
	ck_assert_uint_eq(s.n, 4); /* 90000000 */
	seen_close(&s);
}
END_TEST

/* An old connection was closed, or reset: that is no attack. */
START_TEST(outside_reused)
{
	static const char *const last[] = { "FA", "R" };

	for (unsigned i = 0; i < 2; i++) {
		struct seen s;

		seen_open(&s, OUTSIDE, 0, false);
		opened(&s);
		client(&s, 6, last[i], 1011, "");
		client(&s, 7, "S", 70000000, "");
		server(&s, 8, "SA", 4000, 70000001, "");
		client(&s, 9, "PA", 70000001, " / text:x");
		ck_assert_str_eq(buf_cstr(&s.found), "");
		seen_close(&s);
	}
}
END_TEST

/* Bytes at other places; where much was not captured one segment is told, and no more. */
START_TEST(outside_bytes)
{
	struct seen s;

	seen_open(&s, OUTSIDE, 0, false);
	opened(&s);
	client(&s, 6, "PA", 900000000, " / text:x");
	client(&s, 7, "PA", 1011, " / text:0123456789");
	client(&s, 8, "PA", 3000000000, " / text:x");
	client(&s, 9, "A", 2000000000, ""); /* says nothing */
	client(&s, 10, "PA", 1021 + 100000, " / text:uncaptured-before-it");
	ck_assert_str_eq(buf_cstr(&s.found), "out 900000000 [6]\nout 3000000000 [8]\n");
	server(&s, 11, "PA", 800000000, 1021, " / text:0123456789");
	for (unsigned i = 1; i < 9; i++)
		server(&s, 11 + i, "PA", 800000000 + 10 * i, 1021, " / text:0123456789");
	ck_assert_uint_eq(s.n, 3);
	seen_close(&s);
}
END_TEST

/* Who goes on after a reset did not send it. */
START_TEST(after_reset)
{
	struct seen s;

	seen_open(&s, OUTSIDE, 0, false);
	opened(&s);
	client(&s, 6, "R", 1011, "");
	client(&s, 7, "R", 1011, "");
	client(&s, 8, "PA", 1001, " / text:0123456789"); /* captured late */
	client(&s, 9, "A", 1011, "");
	server(&s, 10, "PA", 501, 1011, " / text:under-way");
	ck_assert_str_eq(buf_cstr(&s.found), "");
	client(&s, 11, "PA", 1011, " / text:more");
	ck_assert_str_eq(buf_cstr(&s.found), "after 10.0.0.1 [6,11]\n");
	/* What it has taken tells, too, but for what was captured a little late. */
	server(&s, 12 * MS, "R", 510, 0, "");
	server(&s, 12 * MS + 10, "A", 510, 1015, "");
	ck_assert_uint_eq(s.n, 1);
	client(&s, 13 * MS, "PA", 1015, " / text:still");
	server(&s, 20 * MS, "A", 510, 1020, "");
	ck_assert_uint_eq(s.n, 2);
	seen_close(&s);
}
END_TEST

UNIT_TESTS(watch_segments)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, outside_reset);
	tcase_add_test(t, outside_wrapped);
	tcase_add_test(t, outside_unknown);
	tcase_add_test(t, outside_opening);
	tcase_add_test(t, outside_reused);
	tcase_add_test(t, outside_bytes);
	tcase_add_test(t, after_reset);
}
