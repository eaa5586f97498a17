/* SPDX-License-Identifier: BSD-2-Clause */
/* Deadlines of each kind of rate, and the quantiles of lateness. */
#include <signal.h>
#include <sys/time.h>

#include "craft/pace.h"

#include "tests/unit/unit.h"

#define MS 1000000ll

START_TEST(packets)
{
	struct pace p;

	pace_init(&p, rate_packets(1000));
	ck_assert_int_eq(pace_next(&p, 0), p.start);
	ck_assert_int_eq(pace_next(&p, 77), p.start + MS); /* its own time does not count */
	/* The deadline is that of its number: nothing adds up in a million packets. */
	p.n = 3000001;
	ck_assert_int_eq(pace_next(&p, 0), p.start + 3000001 * MS);
}
END_TEST

START_TEST(bits)
{
	struct pace p;

	pace_init(&p, (struct rate) { RATE_BITS, 8e6 }); /* a byte each microsecond */
	ck_assert_int_eq(pace_next(&p, 0), p.start);
	pace_bytes(&p, 1500);
	ck_assert_int_eq(pace_next(&p, 0), p.start + 1500000);
	pace_bytes(&p, 60);
	ck_assert_int_eq(pace_next(&p, 0), p.start + 1560000);
}
END_TEST

START_TEST(times)
{
	struct pace p;

	pace_init(&p, (struct rate) { RATE_TIMES, 2 });
	ck_assert_int_eq(pace_next(&p, 1000 * MS), p.start);
	ck_assert_int_eq(pace_next(&p, 1004 * MS), p.start + 2 * MS);
	/* A clock that went backward: at once, and the ones behind it keep their places. */
	ck_assert_int_eq(pace_next(&p, 500 * MS), p.start + 2 * MS);
	ck_assert_int_eq(pace_next(&p, 1010 * MS), p.start + 5 * MS);
	ck_assert_uint_eq(p.backward, 1);
	/* Once more, from the beginning. */
	pace_again(&p);
	ck_assert_int_eq(pace_next(&p, 1000 * MS), p.start + 5 * MS);
	ck_assert_int_eq(pace_next(&p, 1004 * MS), p.start + 7 * MS);
}
END_TEST

START_TEST(fast)
{
	struct pace p;

	pace_init(&p, rate_packets(0));
	ck_assert_int_eq(pace_next(&p, 0), 0);
	ck_assert_int_eq(pace_next(&p, 5), 0);
	ck_assert(pace_wait(&p, 0, NULL));
	ck_assert_uint_eq(p.lateness.all, 0);
}
END_TEST

/* The rate is that of the packets: neither what was waited for nor what comes after counts. */
START_TEST(rate_told)
{
	struct pace p;

	pace_init(&p, rate_packets(1000));
	pace_next(&p, 0);
	ck_assert(pace_rate(&p) == 0);
	p.n = 11;
	p.start = clock_mono() - 1010 * MS;
	pace_waited(&p, 1000 * MS);
	pace_done(&p);
	p.end = p.start + 10 * MS;
	ck_assert(pace_rate(&p) > 999.9 && pace_rate(&p) < 1000.1);
	ck_assert_int_eq(p.waited, 1000 * MS);
	p.waited = 0;
	ck_assert_int_eq(pace_next(&p, 0), p.start + 11 * MS);
}
END_TEST

/* Four at 250 a second each, 11 packets each: a thousand a second, whenever one began. */
START_TEST(joined)
{
	struct pace all, one;

	pace_init(&all, rate_packets(1000));
	pace_init(&one, rate_packets(250));
	pace_join(&all, &one); /* it never began */
	ck_assert_int_eq(all.start, 0);
	one.start = 5000 * MS;
	one.end = one.start + 40 * MS;
	one.n = 11;
	one.bits = 800;
	one.thefts = 1;
	one.stolen = 3;
	for (int i = 0; i < 4; i++) {
		late_add(&one.lateness, 100 << i);
		pace_join(&all, &one);
	}
	ck_assert_uint_eq(all.n, 44);
	ck_assert(pace_rate(&all) > 999.9 && pace_rate(&all) < 1000.1);
	ck_assert_uint_eq(all.lateness.all, 1 + 2 + 3 + 4);
	ck_assert_int_eq(all.lateness.max, 800);
	ck_assert_int_le(late_at(&all.lateness, 0.3), 112);
	ck_assert_uint_eq(all.thefts, 4);
	ck_assert_int_eq(all.stolen, 12);
	ck_assert(all.bits == 3200);
	one.start -= 40 * MS; /* one more, before them */
	pace_join(&all, &one);
	ck_assert_int_eq(all.start, 4960 * MS);
	ck_assert_int_eq(all.end, 5040 * MS);
}
END_TEST

START_TEST(waits)
{
	volatile int stop = 1;
	struct pace p;

	pace_init(&p, rate_packets(100));
	int64_t due = clock_mono() + 3 * MS;
	ck_assert(pace_wait(&p, due, NULL));
	ck_assert_int_ge(clock_mono(), due);
	ck_assert_uint_eq(p.lateness.all, 1);
	ck_assert(!pace_wait(&p, clock_mono() + 5000 * MS, &stop));
}
END_TEST

static void away(int sig)
{
	int64_t until = clock_mono() + 2 * MS;

	(void)sig;
	while (clock_mono() < until)
		;
}

/* A signal takes two milliseconds of the last stretch, which is spun through. On a busy machine it
 * may come too early or too late: then again. */
START_TEST(stolen)
{
	struct sigaction sa = { .sa_handler = away };
	struct itimerval soon = { .it_value = { .tv_usec = 30 } };
	struct pace p;

	sigaction(SIGALRM, &sa, NULL);
	pace_init(&p, rate_packets(100));
	ck_assert_uint_eq(p.thefts, 0);
	for (int i = 0; i < 1000 && p.stolen < 2 * MS; i++) {
		int64_t due = clock_mono() + 80000;

		p.stolen = 0;
		setitimer(ITIMER_REAL, &soon, NULL);
		pace_wait(&p, due, NULL);
	}
	ck_assert_uint_ge(p.thefts, 1);
	ck_assert_int_ge(p.stolen, 2 * MS);
}
END_TEST

/* Of the numbers 0 .. 99,999 each quantile is known: what is told is at most an eighth above it. */
START_TEST(quantiles)
{
	struct lateness l = { 0 };
	static const double share[] = { 0.01, 0.25, 0.5, 0.9, 0.99, 0.999 };

	ck_assert_int_eq(late_at(&l, 0.5), 0);
	for (int64_t i = 0; i < 100000; i++)
		late_add(&l, i);
	for (unsigned i = 0; i < sizeof(share) / sizeof(share[0]); i++) {
		int64_t exact = (int64_t)(share[i] * 100000), told = late_at(&l, share[i]);

		ck_assert_int_ge(told, exact);
		ck_assert_int_le(told, exact + exact / 8 + 1);
	}
	ck_assert_int_eq(l.max, 99999);
	ck_assert_int_eq(late_at(&l, 1), 99999);
	/* Hours late, and before it was due. */
	late_add(&l, INT64_MAX);
	late_add(&l, -5);
	ck_assert_int_eq(l.max, INT64_MAX);
	ck_assert_uint_eq(l.n[0], 2);
}
END_TEST

UNIT_TESTS(pace)
{
	tcase_add_test(t, packets);
	tcase_add_test(t, bits);
	tcase_add_test(t, times);
	tcase_add_test(t, fast);
	tcase_add_test(t, rate_told);
	tcase_add_test(t, joined);
	tcase_add_test(t, waits);
	tcase_add_test(t, stolen);
	tcase_add_test(t, quantiles);
}
