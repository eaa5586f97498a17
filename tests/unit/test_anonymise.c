/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses that are replaced: one to one, prefixes kept, what has a meaning of its own stays. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>

#include "play/anonymise.h"

static struct anonymise *open_seed(const char *seed)
{
	struct err e = { 0 };
	struct anonymise *a = anonymise_open(seed, &e);

	ck_assert_ptr_nonnull(a);
	return a;
}

static unsigned common(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned n = 0;

	while (n < bits && !((a[n / 8] ^ b[n / 8]) >> (7 - n % 8) & 1))
		n++;
	return n;
}

static uint64_t state = 1;
static void draw(uint8_t *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		p[i] = (uint8_t)(state >> 33);
	}
}

START_TEST(prefixes_are_kept)
{
	static const unsigned widths[] = { 32, 48, 64, 128 };
	unsigned width = widths[_i], n = width / 8, changed = 0;
	struct anonymise *a = open_seed("x"), *b = open_seed("x"), *c = open_seed("y");
	unsigned differ = 0;

	for (unsigned i = 0; i < 3000; i++) {
		uint8_t p[16] = { 0 }, q[16], r[16], s[16], t[16];
		unsigned alike, keep;

		draw(p, n);
		memcpy(q, p, 16);
		keep = i % width;
		draw(q + keep / 8, n - keep / 8);
		memcpy(r, p, 16);
		memcpy(s, q, 16);
		memcpy(t, p, 16);
		changed += anonymise(a, r, width, width);
		anonymise(a, s, width, width);
		alike = common(p, q, width);
		/* The last 24 of 128 bits go by themselves, groups stay. */
		if (width == 128 && alike >= 104)
			continue;
		if (width == 48 && ((p[0] | q[0]) & 1))
			continue;
		ck_assert_uint_eq(common(r, s, width), alike);
		/* The same from another run with the seed, and what differs with another. */
		memcpy(s, p, 16);
		anonymise(b, s, width, width);
		ck_assert_mem_eq(r, s, 16);
		anonymise(c, t, width, width);
		differ += memcmp(r, t, 16) != 0;
	}
	ck_assert_uint_gt(changed, 1000);
	ck_assert_uint_gt(differ, 1000);
	anonymise_close(a);
	anonymise_close(b);
	anonymise_close(c);
}
END_TEST

START_TEST(one_to_one)
{
	struct anonymise *a = open_seed("seed");
	static bool seen[65536];

	memset(seen, 0, sizeof(seen));
	for (unsigned i = 0; i < 65536; i++) {
		uint8_t p[4] = { 198, 51, (uint8_t)(i >> 8), (uint8_t)i };

		anonymise(a, p, 32, 32);
		ck_assert(!seen[p[2] << 8 | p[3]]);
		seen[p[2] << 8 | p[3]] = true;
	}
	anonymise_close(a);
}
END_TEST

static const struct {
	const char *from, *net; /* it stays in it */
	unsigned bits;
} rows[] = {
	{ "0.0.0.0", "0.0.0.0", 32 },
	{ "127.0.0.1", "127.0.0.1", 32 },
	{ "224.0.0.251", "224.0.0.251", 32 },
	{ "255.255.255.255", "255.255.255.255", 32 },
	{ "255.255.240.0", "255.255.240.0", 32 },
	{ "10.1.2.3", "10.0.0.0", 8 },
	{ "172.31.2.3", "172.16.0.0", 12 },
	{ "192.168.7.8", "192.168.0.0", 16 },
	{ "169.254.7.8", "169.254.0.0", 16 },
	{ "100.64.7.8", "100.64.0.0", 10 },
	{ "::", "::", 128 },
	{ "::1", "::1", 128 },
	{ "ff02::1", "ff02::1", 128 },
	{ "ff02::1:ff01:203", "ff02::1:ff00:0", 104 },
	{ "fe80::1234", "fe80::", 64 },
	{ "fd77::1", "fc00::", 7 },
	{ "2001:db8::1", "2000::", 3 },
	{ "::ffff:10.1.2.3", "::ffff:10.0.0.0", 104 },
};

START_TEST(what_has_a_meaning_stays)
{
	for (unsigned seed = 0; seed < 50; seed++) {
		char text[8];
		uint8_t p[16], net[16];
		int family = strchr(rows[_i].from, ':') ? AF_INET6 : AF_INET;
		unsigned width = family == AF_INET ? 32 : 128;

		snprintf(text, sizeof(text), "%u", seed);
		struct anonymise *a = open_seed(text);
		ck_assert_int_eq(inet_pton(family, rows[_i].from, p), 1);
		ck_assert_int_eq(inet_pton(family, rows[_i].net, net), 1);
		anonymise(a, p, width, width);
		ck_assert_msg(common(p, net, width) >= rows[_i].bits, "%s", rows[_i].from);
		anonymise_close(a);
	}
}
END_TEST

START_TEST(none_becomes_special)
{
	struct anonymise *a = open_seed("7");

	for (unsigned i = 0; i < 200000; i++) {
		uint8_t p[4], q[4];

		draw(p, 4);
		memcpy(q, p, 4);
		anonymise(a, q, 32, 32);
		ck_assert((p[0] >= 224) == (q[0] >= 224));
		ck_assert((p[0] == 127) == (q[0] == 127));
		ck_assert((p[0] == 0) == (q[0] == 0));
		ck_assert((p[0] == 10) == (q[0] == 10));
	}
	anonymise_close(a);
}
END_TEST

START_TEST(groups_follow)
{
	struct anonymise *a = open_seed("s");
	uint8_t addr[16] = { 0x20, 1, 0xd, 0xb8, [13] = 0x11, 0x22, 0x33 };
	uint8_t group[16] = { 0xff, 2, [11] = 1, 0xff, 0x11, 0x22, 0x33 };
	uint8_t card[6] = { 0x33, 0x33, 0xff, 0x11, 0x22, 0x33 };
	uint8_t prefix[16] = { 0x20, 1, 0xd, 0xb8 }, all[6] = { 255, 255, 255, 255, 255, 255 };

	ck_assert(anonymise(a, addr, 128, 128));
	ck_assert(anonymise(a, group, 128, 128));
	ck_assert(anonymise(a, card, 48, 48));
	ck_assert_mem_eq(addr + 13, group + 13, 3);
	ck_assert_mem_eq(addr + 13, card + 3, 3);
	ck_assert_uint_eq(group[12], 0xff);
	/* A prefix alone becomes that of the addresses in it. */
	anonymise(a, prefix, 128, 32);
	ck_assert_mem_eq(prefix, addr, 4);
	ck_assert(!anonymise(a, all, 48, 48));
	ck_assert(!anonymise(a, all, 24, 24));
	anonymise_close(a);
}
END_TEST

UNIT_TESTS(anonymise)
{
	tcase_add_loop_test(t, prefixes_are_kept, 0, 4);
	tcase_add_test(t, one_to_one);
	tcase_add_loop_test(t, what_has_a_meaning_stays, 0, COUNT(rows));
	tcase_add_test(t, none_becomes_special);
	tcase_add_test(t, groups_follow);
}
