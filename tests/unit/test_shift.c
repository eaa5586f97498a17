/* SPDX-License-Identifier: BSD-2-Clause */
/* A stream that is changed on its way: however it is cut and repeated, the receiver gets one and
 * the same, and what he acknowledges is what he has. */
#include "tests/unit/unit.h"

#include "core/bits.h"
#include "play/shift.h"

#define MOST 4000

static uint32_t seed;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static struct shift opened(void)
{
	return (struct shift) { .bits = 32 };
}

static void change(struct shift *s, uint64_t at, const char *old, const char *new)
{
	ck_assert(shift_pass(s, at, (uint32_t)strlen(old)));
	ck_assert_int_eq(shift_change(s, at, (const uint8_t *)old, (uint32_t)strlen(old),
				      (const uint8_t *)new, (uint32_t)strlen(new)),
			 1);
}

static void is(const struct shift *s, uint64_t at, const char *old, const char *new)
{
	struct buf b = { 0 };

	if (!shift_bytes(s, at, (const uint8_t *)old, (uint32_t)strlen(old), &b))
		buf_str(&b, old);
	ck_assert_uint_eq(b.n, strlen(new));
	ck_assert(!memcmp(b.p, new, b.n));
	buf_done(&b);
}

START_TEST(nothing_changed)
{
	struct shift s = opened();

	ck_assert_uint_eq(shift_to(&s, 77), 77);
	ck_assert_uint_eq(shift_back(&s, 77, false), 77);
	ck_assert(shift_pass(&s, 0xfffffff0, 32));
	ck_assert(!shift_any(&s));
	ck_assert_uint_eq(shift_to(&s, 5), 5);
	/* Not for the first time, and with a part that is new. */
	ck_assert(!shift_pass(&s, 0xfffffff8, 8));
	ck_assert(!shift_pass(&s, 0xfffffff8, 100));
	ck_assert(shift_pass(&s, 0x10, 4));
	shift_done(&s);
}
END_TEST

/* "one two three", of which two is twenty now; numbers begin again in the middle of it. */
START_TEST(longer)
{
	const uint32_t at = 0xfffffffa;
	struct shift s = opened();

	change(&s, at, "one two three", "one twenty three");
	ck_assert(shift_any(&s));
	is(&s, at, "one two three", "one twenty three");
	is(&s, at, "one ", "one ");
	is(&s, at, "one tw", "one tw");
	is(&s, (uint32_t)(at + 4), "two three", "twenty three");
	is(&s, (uint32_t)(at + 7), " three", " three");
	ck_assert_uint_eq(shift_to(&s, at), at);
	ck_assert_uint_eq(shift_to(&s, (uint32_t)(at + 13)), (uint32_t)(at + 16));
	ck_assert_uint_eq(shift_back(&s, (uint32_t)(at + 16), false), (uint32_t)(at + 13));
	/* In the middle of what was put in: what it stands for has not arrived, but begun. */
	ck_assert_uint_eq(shift_back(&s, (uint32_t)(at + 8), false), (uint32_t)(at + 6));
	ck_assert_uint_eq(shift_back(&s, (uint32_t)(at + 8), true), (uint32_t)(at + 7));
	shift_arrived(&s, (uint32_t)(at + 6));
	is(&s, at, "one two three", "one twenty three");
	shift_arrived(&s, (uint32_t)(at + 7));
	is(&s, at, "one two three", "one two three");
	/* What comes once more, too late to matter, ends no later than what has arrived. */
	ck_assert_uint_eq(shift_to(&s, (uint32_t)(at + 7)), (uint32_t)(at + 10));
	ck_assert_uint_eq(shift_to(&s, (uint32_t)(at + 13)), (uint32_t)(at + 16));
	shift_done(&s);
}
END_TEST

START_TEST(shorter)
{
	struct shift s = opened();

	change(&s, 100, "one two three", "one three");
	is(&s, 100, "one two three", "one three");
	ck_assert_uint_eq(shift_to(&s, 113), 109);
	/* What was taken away is acknowledged with what stands before it. */
	ck_assert_uint_eq(shift_back(&s, 103, false), 103);
	ck_assert_uint_eq(shift_back(&s, 109, false), 113);
	ck_assert(shift_pass(&s, 113, 3));
	is(&s, 113, "end", "end");
	ck_assert_uint_eq(shift_to(&s, 116), 112);
	shift_done(&s);
}
END_TEST

/* What is put in at the end goes with the byte before it, since nothing may follow. */
START_TEST(at_the_end)
{
	struct shift s = opened();

	change(&s, 100, "one", "one more");
	is(&s, 102, "e", "e more");
	is(&s, 103, "x", "x");
	ck_assert_uint_eq(shift_to(&s, 103), 108);
	shift_done(&s);
	change(&s, 100, "one", "only one");
	is(&s, 100, "one", "only one");
	shift_done(&s);
}
END_TEST

START_TEST(refused)
{
	struct shift s = opened();
	const uint8_t b[2] = { 'a', 'b' };
	uint8_t *big = calloc(1, SHIFT_BYTES + 1);

	ck_assert_int_eq(shift_change(&s, 1, b, 2, b, 0), 0);
	ck_assert_int_eq(shift_change(&s, 1, b, 0, b, 2), 0);
	ck_assert_int_eq(shift_change(&s, 1, b, 1, big, SHIFT_BYTES + 1), 0);
	ck_assert(!shift_any(&s));
	for (unsigned i = 0; i < SHIFT_CHANGES; i++)
		change(&s, 100 + i, "a", "b");
	ck_assert_int_eq(shift_change(&s, 100 + SHIFT_CHANGES, b, 1, b + 1, 1), 0);
	shift_arrived(&s, 101);
	ck_assert_int_eq(shift_change(&s, 100 + SHIFT_CHANGES, b, 1, b + 1, 1), 1);
	shift_done(&s);
	free(big);
}
END_TEST

/* ---- any changes, cut in any way ---- */

struct run {
	struct shift s;
	uint32_t base;
	uint8_t old[MOST], new[2 * MOST];
	uint32_t n, m;
	uint32_t low; /* all before it has arrived */
};

/* A stream sent in parts, some of which are changed. */
static void send_all(struct run *r)
{
	uint8_t part[600];

	for (r->n = r->m = 0; r->n < MOST - 300;) {
		uint32_t n = 1 + any(200), at = any(n), cut = any(n - at + 1), put = any(300), m;

		for (uint32_t i = 0; i < n; i++)
			r->old[r->n + i] = (uint8_t)any(3);
		memcpy(part, r->old + r->n, n);
		ck_assert(shift_pass(&r->s, r->base + r->n, n));
		m = n;
		if (any(2) && n - cut + put > 0) {
			memmove(part + at + put, part + at + cut, n - at - cut);
			for (uint32_t i = 0; i < put; i++)
				part[at + i] = (uint8_t)any(3);
			m = n - cut + put;
			if (m != n || memcmp(part, r->old + r->n, n))
				ck_assert_int_eq(shift_change(&r->s, r->base + r->n, r->old + r->n,
							      n, part, m),
						 1);
		}
		memcpy(r->new + r->m, part, m);
		r->n += n;
		r->m += m;
	}
}

static uint32_t to(const struct run *r, uint32_t x)
{
	return (uint32_t)shift_to(&r->s, r->base + x) - r->base;
}

static uint32_t back(const struct run *r, uint32_t y, bool up)
{
	return (uint32_t)shift_back(&r->s, r->base + y, up) - r->base;
}

/* Each part stands where the one before it ends, and says what it should. */
static void cut_anyhow(const struct run *r)
{
	struct buf b = { 0 };
	uint32_t n;

	for (uint32_t x = r->low; x < r->n; x += n) {
		uint32_t y = to(r, x);

		n = 1 + any(100);
		if (n > r->n - x)
			n = r->n - x;
		b.n = 0;
		if (!shift_bytes(&r->s, r->base + x, r->old + x, n, &b))
			buf_put(&b, r->old + x, n);
		ck_assert_uint_eq(y + b.n, to(r, x + n));
		ck_assert(!b.n || !memcmp(b.p, r->new + y, b.n));
	}
	ck_assert_uint_eq(to(r, r->n), r->m);
	buf_done(&b);
}

/* The last place before which all has arrived, and the first from which on all has. */
static void told_back(const struct run *r)
{
	for (uint32_t y = to(r, r->low); y <= r->m; y++) {
		uint32_t x = back(r, y, false), u = back(r, y, true);

		ck_assert_uint_le(to(r, x), y);
		ck_assert(x == r->n || to(r, x + 1) > y);
		ck_assert_uint_ge(to(r, u), y);
		ck_assert(u == r->low || to(r, u - 1) < y || to(r, u - 1) == to(r, u));
	}
}

START_TEST(any_way)
{
	struct run *r = calloc(1, sizeof(*r));

	seed = (uint32_t)_i * 77 + 1;
	r->s = opened();
	r->base = _i % 2 ? 0xfffff800 : 7;
	send_all(r);
	for (unsigned i = 0; i < 20; i++) {
		cut_anyhow(r);
		if (i % 5 == 0)
			told_back(r);
		r->low += any((r->n - r->low) / 4 + 1);
		shift_arrived(&r->s, r->base + r->low);
	}
	shift_done(&r->s);
	free(r);
}
END_TEST

UNIT_TESTS(shift)
{
	tcase_add_test(t, nothing_changed);
	tcase_add_test(t, longer);
	tcase_add_test(t, shorter);
	tcase_add_test(t, at_the_end);
	tcase_add_test(t, refused);
	tcase_add_loop_test(t, any_way, 0, 50);
}
