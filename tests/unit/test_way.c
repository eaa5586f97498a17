/* SPDX-License-Identifier: BSD-2-Clause */
/* One direction of an imperfect wire, on a clock that the test turns; and what is said where
 * namespaces are refused. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/impl.h"
#include "lab/relay.h"
#include "tests/unit/unit.h"

#define MS 1000000ll

struct line {
	struct lab_wire w;
	struct lab_wire_stats s;
	struct way *v;
	int fd[2];
};

static void line_open(struct line *l, uint64_t seed)
{
	memset(&l->s, 0, sizeof(l->s));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, l->fd), 0);
	if (!l->w.queue)
		l->w.queue = 1000;
	l->v = way_open(&l->w, &l->s, seed, l->fd[0]);
	ck_assert(l->v != NULL);
}

static void line_close(struct line *l)
{
	way_close(l->v);
	close(l->fd[0]);
	close(l->fd[1]);
}

/* Frame number i, of n bytes. */
static void put(struct line *l, uint32_t i, uint32_t n, int64_t when)
{
	uint8_t p[1500] = { 0 };

	memcpy(p, &i, sizeof(i));
	way_frame(l->v, when, p, n, NULL);
}

/* The next one that left; -1: none. */
static int64_t got(struct line *l)
{
	uint8_t p[1600];
	uint32_t i;

	if (recv(l->fd[1], p, sizeof(p), 0) < 14)
		return -1;
	memcpy(&i, p, sizeof(i));
	return i;
}

START_TEST(shares_are_kept)
{
	struct line l = { .w = { .loss = 0.1, .duplicate = 0.02, .corrupt = 0.05 } };
	uint64_t n = 200000, left = 0;

	line_open(&l, 42);
	for (uint32_t i = 0; i < n; i++) {
		put(&l, i, 60, i);
		way_send(l.v, i);
		while (got(&l) >= 0)
			left++;
	}
	ck_assert_uint_eq(l.s.in, n);
	ck_assert_uint_eq(l.s.out, left);
	ck_assert_uint_eq(l.s.out, n - l.s.lost + l.s.duplicated);
	/* Five standard deviations of so many throws: 0.34 %, 0.16 %, 0.25 %. */
	ck_assert(l.s.lost > n * 0.0966 && l.s.lost < n * 0.1034);
	ck_assert((double)l.s.duplicated > 0.9 * (double)n * 0.0184 &&
		  (double)l.s.duplicated < 0.9 * (double)n * 0.0216);
	ck_assert((double)l.s.corrupted > 0.9 * (double)n * 0.0475 &&
		  (double)l.s.corrupted < 0.9 * (double)n * 0.0525);
	line_close(&l);
}
END_TEST

/* Losses do not come at even distances: of 90 % all runs of one to four are as chance has it. */
START_TEST(loss_has_no_period)
{
	struct line l = { .w = { .loss = 0.1 } };
	unsigned pairs = 0, losses = 0;
	bool before = false;

	line_open(&l, 7);
	for (uint32_t i = 0; i < 100000; i++) {
		uint64_t lost = l.s.lost;

		put(&l, i, 60, i);
		way_send(l.v, i);
		while (got(&l) >= 0)
			;
		losses += l.s.lost > lost;
		pairs += before && l.s.lost > lost;
		before = l.s.lost > lost;
	}
	/* A tenth of what follows a loss is lost, too: 1000 of 10,000, five deviations are 150. */
	ck_assert_uint_gt(losses, 9500);
	ck_assert_uint_gt(pairs, 850);
	ck_assert_uint_lt(pairs, 1150);
	line_close(&l);
}
END_TEST

START_TEST(a_seed_repeats)
{
	struct line l = { .w = { .loss = 0.3 } };
	uint64_t lost[3] = { 0 };

	for (unsigned k = 0; k < 3; k++) {
		uint64_t hash = 0;

		line_open(&l, k == 2 ? 8 : 7);
		for (uint32_t i = 0; i < 1000; i++) {
			put(&l, i, 60, i);
			way_send(l.v, i);
			for (int64_t g; (g = got(&l)) >= 0;)
				hash = hash * 31 + (uint64_t)g;
		}
		lost[k] = hash;
		line_close(&l);
	}
	ck_assert_uint_eq(lost[0], lost[1]);
	ck_assert_uint_ne(lost[0], lost[2]);
}
END_TEST

START_TEST(delay_is_to_the_point)
{
	struct line l = { .w = { .delay = 20 * MS } };

	line_open(&l, 1);
	put(&l, 1, 60, 5 * MS);
	put(&l, 2, 60, 6 * MS);
	ck_assert_int_eq(way_send(l.v, 6 * MS), 25 * MS);
	ck_assert_int_eq(way_send(l.v, 25 * MS - 1), 25 * MS);
	ck_assert_int_eq(got(&l), -1);
	ck_assert_int_eq(way_send(l.v, 25 * MS), 26 * MS);
	ck_assert_int_eq(got(&l), 1);
	ck_assert_int_eq(way_send(l.v, 28 * MS), WAY_NEVER);
	ck_assert_int_eq(got(&l), 2);
	ck_assert_uint_eq(l.s.late, 1);
	ck_assert_int_eq(l.s.latest, 2 * MS);
	line_close(&l);
}
END_TEST

START_TEST(jitter_keeps_the_order)
{
	struct line l = { .w = { .delay = 5 * MS, .jitter = 4 * MS } };
	int64_t next, now = 0, least = INT64_MAX, most = 0;
	uint32_t want = 0;

	line_open(&l, 3);
	for (uint32_t i = 0; i < 2000; i++) {
		/* Far apart, so that none waits for the one before. */
		now = i * 20 * MS;
		put(&l, i, 60, now);
		next = way_send(l.v, now);
		least = next - now < least ? next - now : least;
		most = next - now > most ? next - now : most;
		way_send(l.v, next);
		ck_assert_int_eq(got(&l), want++);
	}
	ck_assert(least >= 1 * MS && least < 1 * MS + MS / 20);
	ck_assert(most <= 9 * MS && most > 9 * MS - MS / 20);
	for (uint32_t i = 0; i < 100; i++) /* close together */
		put(&l, want + i, 60, now + 100 * MS + i);
	way_send(l.v, now + 200 * MS);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_int_eq(got(&l), want + i);
	ck_assert_uint_eq(l.s.reordered, 0);
	line_close(&l);
}
END_TEST

START_TEST(some_are_overtaken)
{
	struct line l = { .w = { .reorder = 0.05, .delay = 1 * MS } };
	uint32_t n = 20000, seen = 0, swaps = 0;
	int64_t last = -1;

	line_open(&l, 9);
	for (uint32_t i = 0; i < n; i++) {
		put(&l, i, 60, i * MS / 10);
		way_send(l.v, i * MS / 10);
		for (int64_t g; (g = got(&l)) >= 0; last = g) {
			swaps += g < last;
			seen++;
		}
	}
	way_send(l.v, INT64_MAX - 1);
	for (int64_t g; (g = got(&l)) >= 0; last = g)
		seen++;
	ck_assert_uint_eq(seen, n);
	ck_assert_uint_eq(l.s.lost + l.s.full + l.s.failed, 0);
	ck_assert_uint_eq(l.s.reordered, swaps);
	/* One that would overtake while another waits does so: 4.76 %. */
	ck_assert(swaps > n * 0.04 && swaps < n * 0.056);
	/* One that nobody overtakes waits 10 ms. */
	l.w.reorder = 1;
	put(&l, 1, 60, 5000 * MS);
	ck_assert_int_eq(way_send(l.v, 5001 * MS), 5011 * MS);
	way_send(l.v, 5011 * MS);
	ck_assert_int_eq(got(&l), 1);
	line_close(&l);
}
END_TEST

START_TEST(a_rate_and_its_queue)
{
	/* 1000 bytes at 8 Mbit/s take a millisecond. */
	struct line l = { .w = { .rate = 8000000, .queue = 5 } };

	line_open(&l, 1);
	for (uint32_t i = 0; i < 8; i++)
		put(&l, i, 1000, 0);
	ck_assert_uint_eq(l.s.full, 3);
	for (uint32_t i = 0; i < 5; i++) {
		ck_assert_int_eq(way_send(l.v, i * MS), (i + 1) * MS);
		ck_assert_int_eq(way_send(l.v, (i + 1) * MS), i < 4 ? (i + 2) * MS : WAY_NEVER);
		ck_assert_int_eq(got(&l), i);
	}
	put(&l, 9, 1000, 3 * MS); /* the wire is busy until 5 ms */
	ck_assert_int_eq(way_send(l.v, 5 * MS), 6 * MS);
	line_close(&l);
}
END_TEST

START_TEST(what_is_under_way_is_bounded)
{
	struct line l = { .w = { .delay = 1000 * MS } };

	line_open(&l, 1);
	for (uint32_t i = 0; i < WAY_FRAMES + 100; i++)
		put(&l, i, 60, 0);
	ck_assert_uint_eq(l.s.full, 100);
	line_close(&l);
}
END_TEST

START_TEST(tags_are_put_back)
{
	static const uint8_t frame[60] = { [11] = 1, [12] = 8, [13] = 0 };
	static const uint8_t tag[4] = { 0x81, 0, 0, 5 };
	struct line l = { .w = { .loss = 0 } };
	uint8_t p[100];

	line_open(&l, 1);
	way_frame(l.v, 0, frame, sizeof(frame), tag);
	way_send(l.v, 0);
	ck_assert_int_eq(recv(l.fd[1], p, sizeof(p), 0), 64);
	ck_assert_mem_eq(p + 12, tag, 4);
	ck_assert_mem_eq(p + 16, frame + 12, 48);
	line_close(&l);
}
END_TEST

/* ---- refusals ---- */

static void write_setting(const char *dir, const char *name, const char *value)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert(f != NULL);
	fputs(value, f);
	fclose(f);
}

START_TEST(refusals_say_what_helps)
{
	char dir[] = "/tmp/strata-way.XXXXXX", part[64];
	struct err e = { 0 };

	ck_assert(mkdtemp(dir) != NULL);
	snprintf(part, sizeof(part), "%s/kernel", dir);
	mkdir(part, 0700);
	snprintf(part, sizeof(part), "%s/user", dir);
	mkdir(part, 0700);
	ck_assert_int_eq(space_refused(dir, EPERM, &e), -1);
	ck_assert(strstr(e.msg, "a container or a seccomp filter") != NULL);
	ck_assert_int_eq(e.code, ERR_PERM);
	err_clear(&e);
	space_refused(dir, ENOSPC, &e);
	ck_assert(strstr(e.msg, "nested too deep") != NULL);
	err_clear(&e);
	write_setting(dir, "kernel/apparmor_restrict_unprivileged_userns", "1\n");
	space_refused(dir, EACCES, &e);
	ck_assert(strstr(e.msg, "apparmor_parser -r /etc/apparmor.d/strata") != NULL);
	ck_assert(strstr(e.msg, "sudo strata lab") != NULL);
	err_clear(&e);
	write_setting(dir, "kernel/unprivileged_userns_clone", "0\n");
	space_refused(dir, EPERM, &e);
	ck_assert(strstr(e.msg, "sysctl -w kernel.unprivileged_userns_clone=1") != NULL);
	err_clear(&e);
	write_setting(dir, "user/max_user_namespaces", "0\n");
	space_refused(dir, ENOSPC, &e);
	ck_assert(strstr(e.msg, "sysctl -w user.max_user_namespaces=10000") != NULL);
	err_clear(&e);
	write_setting(dir, "user/max_user_namespaces", "10000\n");
	write_setting(dir, "kernel/unprivileged_userns_clone", "1\n");
	write_setting(dir, "kernel/apparmor_restrict_unprivileged_userns", "0\n");
	space_refused(dir, EPERM, &e);
	ck_assert(strstr(e.msg, "a container or a seccomp filter") != NULL);
	snprintf(part, sizeof(part), "rm -r %s", dir);
	ck_assert_int_eq(system(part), 0);
}
END_TEST

UNIT_TESTS(way)
{
	tcase_add_test(t, shares_are_kept);
	tcase_add_test(t, loss_has_no_period);
	tcase_add_test(t, a_seed_repeats);
	tcase_add_test(t, delay_is_to_the_point);
	tcase_add_test(t, jitter_keeps_the_order);
	tcase_add_test(t, some_are_overtaken);
	tcase_add_test(t, a_rate_and_its_queue);
	tcase_add_test(t, what_is_under_way_is_bounded);
	tcase_add_test(t, tags_are_put_back);
	tcase_add_test(t, refusals_say_what_helps);
}
