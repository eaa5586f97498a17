/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragments: cut up, and put together again by a reassembler written for this test from RFC 791 and
 * RFC 8200, they are the packet they came from. */
#include "tests/unit/unit.h"

#include "core/bits.h"
#include "craft/craft.h"
#include "craft/fragment.h"
#include "notation/notation.h"

static struct registry *reg;

static void setup(void)
{
	struct err e = { 0 };

	reg = registry_open();
	if (registry_load_builtins(reg, &e) || registry_freeze(reg, &e))
		ck_abort_msg("%s:%u: %s", e.name, e.lineno, e.msg);
}

static void teardown(void)
{
	registry_close(reg);
}

struct heap {
	uint8_t bytes[70000], seen[70000];
	uint32_t n, total, longest, base; /* base: of the network header in a frame */
	unsigned frags, twice;
	uint32_t prefix; /* version 6: bytes before the fragment header */
	uint8_t next;    /* what it announces */
	bool options_in_later;
};

static uint32_t add(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	for (size_t i = 0; i < n; i++)
		s += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static void keep(struct heap *h, uint32_t off, const uint8_t *p, uint32_t n, bool last)
{
	for (uint32_t i = 0; i < n; i++) {
		h->twice += h->seen[off + i];
		if (h->seen[off + i])
			ck_assert_uint_eq(h->bytes[off + i], p[i]);
		h->bytes[off + i] = p[i];
		h->seen[off + i] = 1;
	}
	h->n += n;
	if (n > h->longest)
		h->longest = n;
	if (last)
		h->total = off + n;
	h->frags++;
}

static int take4(void *ctx, const struct packet *f)
{
	struct heap *h = ctx;
	const uint8_t *p = f->data + h->base;
	uint32_t hlen = (p[0] & 15) * 4u, off = (be16(p + 6) & 0x1fff) * 8u;
	bool more = p[6] & 0x20;

	ck_assert_uint_eq(p[0] >> 4, 4);
	ck_assert_uint_eq(be16(p + 2), f->len - h->base);
	ck_assert_uint_eq(add(p, hlen), 0xffff);
	ck_assert(!more || (f->len - h->base - hlen) % 8 == 0);
	if (off && hlen > 20)
		h->options_in_later |= p[20] != 1 && !(p[20] & 0x80);
	keep(h, off, p + hlen, f->len - h->base - hlen, !more);
	return 0;
}

static int take6(void *ctx, const struct packet *f)
{
	struct heap *h = ctx;
	const uint8_t *p = f->data, *x = p + h->prefix;
	uint32_t off = be16(x + 2) & 0xfff8;
	bool more = x[3] & 1;

	ck_assert_uint_eq(be16(p + 4), f->len - 40);
	ck_assert_uint_eq(h->prefix == 40 ? p[6] : p[40], 44);
	ck_assert_uint_eq(be32(x + 4), 0xabcdef01);
	h->next = x[0];
	keep(h, off, x + 8, f->len - h->prefix - 8, !more);
	return 0;
}

static void made(struct build *b, const char *text)
{
	struct err e = { 0 };
	struct plan p = { 0 };

	memset(b, 0, sizeof(*b));
	if (plan_parse(&p, reg, text, strlen(text), 0, &e) || craft(b, &p, &e))
		ck_abort_msg("%s: %s", text, e.msg);
	plan_done(&p);
}

static void whole(const struct heap *h)
{
	for (uint32_t i = 0; i < h->total; i++)
		ck_assert_msg(h->seen[i], "byte %u is in no fragment", i);
}

static const struct {
	const char *text;
	uint32_t base, hlen, size, overlap;
	unsigned frags;
} four[] = {
	{ "ip src=10.0.0.1 dst=10.0.0.2 / icmp / count:1000", 0, 20, 256, 0, 4 },
	{ "ip src=10.0.0.1 dst=10.0.0.2 / udp / count:1000", 0, 20, 8, 0, 126 },
	{ "ip src=10.0.0.1 dst=10.0.0.2 / udp / count:56", 0, 20, 32, 0, 2 },
	{ "ip src=10.0.0.1 dst=10.0.0.2 / udp / count:55", 0, 20, 32, 8, 2 },
	{ "ip src=10.0.0.1 dst=10.0.0.2 / tcp / count:3000", 0, 20, 512, 64, 6 },
	{ "eth trailer=hex:0000 / ip src=10.0.0.1 dst=10.0.0.2 / udp / count:500", 14, 20, 128, 0,
	  4 },
	{ "ip src=10.0.0.1 dst=10.0.0.2 options=hex:4404050094040000 / udp / count:100", 0, 28, 48,
	  0, 3 },
};

START_TEST(version_four)
{
	struct fragment_opts o = { .size = four[_i].size, .overlap = four[_i].overlap };
	struct heap *h = calloc(1, sizeof(*h));
	struct err e = { 0 };
	struct build b;
	uint32_t from = four[_i].base + four[_i].hlen;
	int n;

	made(&b, four[_i].text);
	h->base = four[_i].base;
	n = fragment(reg, &b.pkt, &o, take4, h, &e);
	ck_assert_msg(n == (int)four[_i].frags, "%d fragments: %s", n, e.msg);
	ck_assert_uint_eq(h->frags, four[_i].frags);
	whole(h);
	ck_assert_uint_eq(h->total, be16((uint8_t *)b.bytes.p + four[_i].base + 2) - four[_i].hlen);
	ck_assert_mem_eq(h->bytes, b.bytes.p + from, h->total);
	ck_assert_uint_le(h->longest, o.size + o.overlap);
	ck_assert_uint_eq(h->twice, (four[_i].frags - 1) * o.overlap);
	ck_assert(!h->options_in_later);
	build_done(&b);
	free(h);
}
END_TEST

static const struct {
	const char *text;
	uint32_t prefix, size;
	uint8_t next;
} six[] = {
	{ "ip6 src=fd00::1 dst=fd00::2 / udp / count:1000", 40, 256, 17 },
	{ "ip6 src=fd00::1 dst=fd00::2 / ip6_hopopts / icmp6 / count:1000", 48, 512, 58 },
	{ "ip6 src=fd00::1 dst=fd00::2 / ip6_dstopts / udp / count:100", 40, 64, 60 },
};

START_TEST(version_six)
{
	struct fragment_opts o = { .size = six[_i].size, .id = 0xabcdef01 };
	struct heap *h = calloc(1, sizeof(*h));
	struct err e = { 0 };
	struct build b;
	int n;

	made(&b, six[_i].text);
	h->prefix = six[_i].prefix;
	n = fragment(reg, &b.pkt, &o, take6, h, &e);
	ck_assert_msg(n > 1, "%d fragments: %s", n, e.msg);
	whole(h);
	ck_assert_uint_eq(h->next, six[_i].next);
	ck_assert_uint_eq(h->total, b.bytes.n - six[_i].prefix);
	ck_assert_mem_eq(h->bytes, b.bytes.p + six[_i].prefix, h->total);
	build_done(&b);
	free(h);
}
END_TEST

/* A fragment is cut again: offsets add up, and only the last piece of the last one ends. */
static int again(void *ctx, const struct packet *f)
{
	struct fragment_opts o = { .size = 64 };
	struct err e = { 0 };

	ck_assert_int_ge(fragment(reg, f, &o, take4, ctx, &e), 1);
	return 0;
}

START_TEST(fragments_of_fragments)
{
	struct fragment_opts o = { .size = 256 };
	struct heap *h = calloc(1, sizeof(*h));
	struct err e = { 0 };
	struct build b;

	made(&b, "ip src=10.0.0.1 dst=10.0.0.2 / udp / count:1000");
	ck_assert_int_eq(fragment(reg, &b.pkt, &o, again, h, &e), 4);
	whole(h);
	ck_assert_uint_eq(h->total, 1008);
	ck_assert_mem_eq(h->bytes, b.bytes.p + 20, 1008);
	build_done(&b);
	free(h);
}
END_TEST

static int same(void *ctx, const struct packet *f)
{
	const struct build *b = ctx;

	ck_assert_uint_eq(f->len, b->bytes.n);
	ck_assert_mem_eq(f->data, b->bytes.p, f->len);
	return 0;
}

START_TEST(what_fits_stays)
{
	struct fragment_opts o = { .size = 512 };
	struct err e = { 0 };
	struct build b;

	made(&b, "ip / udp / count:100");
	ck_assert_int_eq(fragment(reg, &b.pkt, &o, same, &b, &e), 1);
	build_done(&b);
	made(&b, "eth / arp");
	ck_assert_int_eq(fragment(reg, &b.pkt, &o, same, &b, &e), -1);
	ck_assert_int_eq(e.code, ERR_USAGE);
	build_done(&b);
}
END_TEST

/* A length that lies in the packet lies in its fragments. */
static int lies(void *ctx, const struct packet *f)
{
	(void)ctx;
	ck_assert_uint_eq(be16(f->data + 2), 9999);
	return 0;
}

START_TEST(lies_stay)
{
	struct fragment_opts o = { .size = 64 };
	struct err e = { 0 };
	struct build b;

	made(&b, "ip len=9999 / udp / count:200");
	ck_assert_int_gt(fragment(reg, &b.pkt, &o, lies, NULL, &e), 1);
	build_done(&b);
}
END_TEST

START_TEST(sizes)
{
	static const struct {
		const char *s;
		int rc;
		uint32_t size, overlap;
	} t[] = { { "8", 0, 8, 0 },
		  { "1480,8", 0, 1480, 8 },
		  { "64,overlap=16", 0, 64, 16 },
		  { "7", -1, 0, 0 },
		  { "0", -1, 0, 0 },
		  { "64,64", -1, 0, 0 },
		  { "64,4", -1, 0, 0 },
		  { "64,", -1, 0, 0 },
		  { "", -1, 0, 0 },
		  { "65536", -1, 0, 0 },
		  { "-8", -1, 0, 0 },
		  { "8x", -1, 0, 0 },
		  { "99999999999999999999", -1, 0, 0 } };
	struct fragment_opts o = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(fragment_parse(t[_i].s, &o, &e), t[_i].rc);
	if (!t[_i].rc) {
		ck_assert_uint_eq(o.size, t[_i].size);
		ck_assert_uint_eq(o.overlap, t[_i].overlap);
	} else {
		ck_assert_int_eq(e.code, ERR_USAGE);
	}
}
END_TEST

UNIT_TESTS(fragment)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, version_four, 0, COUNT(four));
	tcase_add_loop_test(t, version_six, 0, COUNT(six));
	tcase_add_test(t, fragments_of_fragments);
	tcase_add_test(t, what_fits_stays);
	tcase_add_test(t, lies_stay);
	tcase_add_loop_test(t, sizes, 0, 13);
}
