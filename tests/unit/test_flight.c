/* SPDX-License-Identifier: BSD-2-Clause */
/* The probes that wait for answers: in the order of their deadlines, and by their keys. */
#include "tests/unit/dissect_help.h"

#include "play/ask_impl.h"

/* All that wait, by number. */
static const char *order(struct flight *f, char *out)
{
	size_t n = 0;

	out[0] = 0;
	for (struct probe *p = flight_first(f); p; p = flight_next(f, p))
		n += (size_t)sprintf(out + n, "%s%d", n ? " " : "", (int)p->number);
	return out;
}

static const char *like(struct flight *f, uint32_t key, char *out)
{
	size_t n = 0;

	out[0] = 0;
	for (struct probe *p = flight_like(f, key, NULL); p; p = flight_like(f, key, p))
		n += (size_t)sprintf(out + n, "%s%d", n ? " " : "", (int)p->number);
	return out;
}

START_TEST(test_order)
{
	/* 4096 and its multiples share a place with 0. */
	static const uint32_t keys[] = { 7, 0, 7, 4096, 0, 7 + 4096 };
	struct flight *f = flight_open();
	struct probe *p[COUNT(keys)];
	char out[100];

	for (int i = 0; i < COUNT(keys); i++) {
		p[i] = flight_take(f);
		p[i]->number = (uint64_t)i;
		p[i]->key = keys[i];
		flight_wait(f, p[i]);
	}
	ck_assert_str_eq(order(f, out), "0 1 2 3 4 5");
	ck_assert_str_eq(like(f, 7, out), "0 2");
	ck_assert_str_eq(like(f, 0, out), "1 4");
	ck_assert_str_eq(like(f, 4096, out), "3");
	ck_assert_str_eq(like(f, 8, out), "");
	/* Asked again: behind all others. */
	flight_land(f, p[0]);
	ck_assert_str_eq(like(f, 7, out), "2");
	flight_wait(f, p[0]);
	ck_assert_str_eq(order(f, out), "1 2 3 4 5 0");
	ck_assert_str_eq(like(f, 7, out), "2 0");
	flight_drop(f, p[3]);
	flight_drop(f, p[5]);
	flight_drop(f, p[1]);
	ck_assert_str_eq(order(f, out), "2 4 0");
	ck_assert_uint_eq(flight_waiting(f), 3);
	ck_assert_ptr_eq(flight_last(f), p[0]);
	/* One that never left gives its place back, too. */
	flight_drop(f, flight_take(f));
	for (int i = 0; i < COUNT(keys); i++)
		if (i == 0 || i == 2 || i == 4)
			flight_drop(f, p[i]);
	ck_assert_ptr_null(flight_first(f));
	ck_assert_ptr_null(flight_last(f));
	ck_assert_str_eq(like(f, 0, out), "");
	flight_close(f);
}
END_TEST

START_TEST(test_full)
{
	struct flight *f = flight_open();
	struct probe *p = NULL;

	for (unsigned i = 0; i < FLIGHT; i++) {
		ck_assert(!flight_full(f));
		p = flight_take(f);
		ck_assert_ptr_nonnull(p);
	}
	ck_assert(flight_full(f));
	ck_assert_ptr_null(flight_take(f));
	flight_drop(f, p);
	ck_assert_ptr_eq(flight_take(f), p);
	flight_close(f);
}
END_TEST

#define IP(proto, src, dst) "45000028 0001 0000 40" proto "0000 " src dst
#define A "0a000001 "
#define B "0a000002 "
#define TCP(from, to, flags) from to "00000064 00000000 50" flags " 2000 0000 0000"

/* A request, and packets that have its key or not. */
static const struct {
	const char *what, *request, *reply;
	bool sure, found;
} rows[] = {
	{ "the other way", IP("06", A, B) TCP("9c40", "0050", "02"),
	  IP("06", B, A) TCP("0050", "9c40", "12"), true, true },
	{ "another port", IP("06", A, B) TCP("9c40", "0050", "02"),
	  IP("06", B, A) TCP("0051", "9c40", "12"), true, false },
	{ "another address", IP("06", A, B) TCP("9c40", "0050", "02"),
	  IP("06", "0a000003 ", A) TCP("0050", "9c40", "12"), true, false },
	{ "an error that quotes it", IP("06", A, B) TCP("9c40", "0050", "02"),
	  "4500004c 0001 0000 4001 0000 0a000009" A "0300 0000 00000000" IP("06", A, B)
		  TCP("9c40", "0050", "02"),
	  true, true },
	{ "an error that quotes another", IP("06", A, B) TCP("9c40", "0050", "02"),
	  "4500004c 0001 0000 4001 0000 0a000009" A "0300 0000 00000000" IP("06", A, B)
		  TCP("9c40", "0051", "02"),
	  true, false },
	{ "to everybody", IP("06", A, "ffffffff ") TCP("9c40", "0050", "02"),
	  IP("06", B, A) TCP("0050", "9c40", "12"), false, true },
	{ "addresses alone", "4500001c 0001 0000 4001 0000" A B "0800 0000 0007 0001",
	  "4500001c 0001 0000 4001 0000" B A "0000 0000 0007 0001", true, true },
};

START_TEST(test_keys)
{
	struct registry *r = help_registry(NULL);
	struct asking a = { 0 };
	struct packet request, reply;
	uint32_t key, keys[ASK_KEYS];
	bool any, found = false;
	unsigned n;

	help_packet(&request, 228, rows[_i].request);
	help_packet(&reply, 228, rows[_i].reply);
	dissect(r, &request);
	dissect(r, &reply);
	key = ask_key(&a, &request);
	n = ask_keys(&a, &reply, keys, &any);
	for (unsigned i = 0; i < n; i++)
		found |= keys[i] == key;
	ck_assert_msg((key != 0) == rows[_i].sure, "%s: key %x", rows[_i].what, key);
	ck_assert_msg(found == rows[_i].found && !any, "%s: found %d", rows[_i].what, found);
	free((void *)(uintptr_t)request.data);
	free((void *)(uintptr_t)reply.data);
	registry_close(r);
}
END_TEST

UNIT_TESTS(flight)
{
	tcase_add_test(t, test_order);
	tcase_add_test(t, test_full);
	tcase_add_loop_test(t, test_keys, 0, COUNT(rows));
}
