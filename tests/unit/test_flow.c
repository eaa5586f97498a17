/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces, datagrams and conversations, against models so simple that they are right: an array of
 * bytes, each with a mark that it is there. */
#include "tests/unit/flow_help.h"

/* ---- pieces ---- */

static void add_at_random(struct pool *pool, enum flow_overlap overlap)
{
	enum { ROOM = 9000 };
	static uint8_t model[ROOM], mark[ROOM];
	struct pieces s = { 0 };
	struct piece_from o = { .overlap = overlap };
	uint64_t at = 0, bytes = 0;

	memset(mark, 0, sizeof(mark));
	for (unsigned k = 0; k < 60; k++) {
		uint8_t in[5000];
		uint32_t n = 1 + rnd(rnd(8) ? 300 : 5000), off = rnd(ROOM - 5000);
		int conflict = 0;

		for (uint32_t i = 0; i < n; i++) {
			in[i] = (uint8_t)rnd(rnd(3) ? 1 : 2);
			conflict |= mark[off + i] && model[off + i] != in[i];
			if (!mark[off + i] || overlap == OVERLAP_LAST)
				model[off + i] = in[i];
			mark[off + i] = 1;
		}
		o.packet = k;
		ck_assert_int_eq(pieces_add(pool, &s, off, in, n, &o), conflict);
	}
	for (unsigned i = 0; i < ROOM; i++)
		bytes += mark[i];
	ck_assert_uint_eq(s.bytes, bytes);
	while (s.first) {
		struct piece *c = piece_at(pool, s.first);

		ck_assert_uint_ge(c->off, at);
		for (; at < c->off; at++)
			ck_assert_uint_eq(mark[at], 0);
		for (unsigned i = 0; i < c->len; i++, at++)
			ck_assert(mark[at] && model[at] == piece_bytes(c)[i]);
		pieces_drop_first(pool, &s);
	}
	for (; at < ROOM; at++)
		ck_assert_uint_eq(mark[at], 0);
	ck_assert_uint_eq(s.bytes, 0);
	ck_assert_uint_eq(s.root, 0);
}

START_TEST(pieces_are_as_the_model)
{
	struct budget b = { .limit = 16u << 20 };
	struct pool pool;

	pool_init(&pool, BLOCK_SIZE, &b, 7);
	for (unsigned i = 0; i < 300; i++) {
		state = i + 1;
		add_at_random(&pool, i % 2 ? OVERLAP_LAST : OVERLAP_FIRST);
	}
	pool_done(&pool);
}
END_TEST

START_TEST(pieces_keep_the_limit)
{
	struct budget b = { .limit = 1u << 20 };
	struct pool pool;
	struct pieces s = { 0 };
	struct piece_from o = { 0 };
	unsigned n = 0;

	pool_init(&pool, BLOCK_SIZE, &b, 7);
	while (pieces_add(&pool, &s, n * 10ull, (const uint8_t *)"x", 1, &o) == 0)
		n++;
	ck_assert_uint_ge(n, 400);
	ck_assert_uint_le(b.spent, b.limit);
	pieces_clear(&pool, &s);
	ck_assert_int_eq(pieces_add(&pool, &s, 0, (const uint8_t *)"x", 1, &o), 0);
	pool_done(&pool);
}
END_TEST

/* ---- SipHash: the first vectors of the reference code's vectors_128 ---- */

START_TEST(siphash_vectors)
{
	static const uint8_t want[3][16] = {
		{ 0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7,
		  0x55, 0x02, 0x93 },
		{ 0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b,
		  0x22, 0xfc, 0x45 },
		{ 0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6,
		  0x0a, 0xff, 0xe4 },
	};
	const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	const uint8_t in[] = { 0, 1, 2 };

	for (unsigned n = 0; n < 3; n++) {
		struct flow_id id = siphash(key, in, n);

		for (unsigned i = 0; i < 8; i++) {
			ck_assert_uint_eq((uint8_t)(id.a >> (8 * i)), want[n][i]);
			ck_assert_uint_eq((uint8_t)(id.b >> (8 * i)), want[n][8 + i]);
		}
	}
}
END_TEST

/* ---- datagrams ---- */

struct frag {
	uint32_t off, n;
	bool more;
	uint16_t id;
	const uint8_t *from;
};

static void give_frag(struct flows *f, unsigned version, const struct frag *g)
{
	uint8_t b[66000] = { 0 };
	uint32_t head = version == 4 ? 20 : 48;

	if (version == 4) {
		b[0] = 0x45;
		put16(b + 2, 20 + g->n > 65535 ? 0 : 20 + g->n);
		put16(b + 4, g->id);
		put16(b + 6, (g->more ? 0x2000u : 0) | g->off / 8);
		b[8] = 64;
		b[9] = 253;
		put32(b + 12, 0x0a000001);
		put32(b + 16, 0x0a000002);
	} else {
		b[0] = 0x60;
		put16(b + 4, 8 + g->n);
		b[6] = 44;
		b[7] = 64;
		b[23] = 1;
		b[39] = 2;
		b[40] = 253;
		put16(b + 42, g->off | g->more);
		put32(b + 44, g->id);
	}
	memcpy(b + head, g->from, g->n);
	give(f, reg, LINK_RAW, b, head + g->n);
}

static unsigned cut_up(struct frag *g, const uint8_t *data, uint32_t n, uint16_t id)
{
	unsigned k = 0;

	for (uint32_t off = 0; off < n; k++) {
		uint32_t len = 8 * (1 + rnd(rnd(4) ? 20 : 180));

		if (len > n - off)
			len = n - off;
		g[k] = (struct frag) { off, len, off + len < n, id, data + off };
		off += len;
	}
	return k;
}

START_TEST(datagrams_in_any_order)
{
	static uint8_t data[20000];
	struct frag g[4000];
	struct heard h;
	struct flows *f = open_flows(reg, &whole_ops, &h, NULL);

	for (unsigned round = 0; round < 300; round++) {
		uint32_t size = 9 + rnd(sizeof(data) - 9);
		unsigned n, dups, before = h.wholes;

		state = round + 1;
		fill(data, size);
		n = cut_up(g, data, size, (uint16_t)round);
		dups = n > 1 ? rnd(4) : 0;
		shuffle(g, n, sizeof(*g));
		/* A copy before the datagram is whole, of any but the last to come. */
		for (unsigned i = 0; i < dups; i++)
			give_frag(f, round % 2 ? 4 : 6, &g[rnd(n - 1)]);
		for (unsigned i = 0; i < n; i++) {
			ck_assert_uint_eq(h.wholes, before);
			give_frag(f, round % 2 ? 4 : 6, &g[i]);
		}
		if (n == 1) { /* an atomic one is shown as it is */
			ck_assert_uint_eq(h.wholes, before);
			continue;
		}
		ck_assert_uint_eq(h.wholes, before + 1);
		ck_assert_uint_eq(h.whole.n, size);
		ck_assert(memcmp(h.whole.p, data, size) == 0);
		ck_assert_uint_eq(h.conflicts, 0);
	}
	flows_close(f);
	heard_done(&h);
}
END_TEST

START_TEST(datagrams_overlap)
{
	static const uint8_t a[] = "AAAAAAAABBBBBBBB", b[] = "bbbbbbbbCCCC";
	static const struct {
		enum flow_overlap policy;
		const char *want;
	} v[] = { { OVERLAP_FIRST, "AAAAAAAABBBBBBBBCCCC" },
		  { OVERLAP_LAST, "AAAAAAAAbbbbbbbbCCCC" } };

	for (unsigned i = 0; i < 2; i++) {
		struct flow_opts o = { .overlap = v[i].policy };
		struct heard h;
		struct flows *f = open_flows(reg, &whole_ops, &h, &o);

		packet_number = 0;
		give_frag(f, 4, &(struct frag) { 0, 16, true, 1, a });
		give_frag(f, 4, &(struct frag) { 8, 12, false, 1, b });
		ck_assert_uint_eq(h.wholes, 1);
		ck_assert_str_eq(buf_cstr(&h.whole), v[i].want);
		ck_assert_str_eq(buf_cstr(&h.from), "1,2");
		ck_assert_uint_eq(h.conflicts, 1);
		flows_close(f);
		heard_done(&h);
	}
}
END_TEST

START_TEST(datagrams_that_lie)
{
	static uint8_t data[65536];
	struct flow_counts n;
	struct heard h;
	struct flows *f = open_flows(reg, &whole_ops, &h, NULL);

	/* Two ends. */
	give_frag(f, 4, &(struct frag) { 16, 8, false, 1, data });
	give_frag(f, 4, &(struct frag) { 24, 8, false, 1, data });
	give_frag(f, 4, &(struct frag) { 0, 16, true, 1, data });
	ck_assert_uint_eq(h.wholes, 1);
	ck_assert_uint_eq(h.whole.n, 24);
	/* Something beyond the end that is said later. */
	give_frag(f, 4, &(struct frag) { 80, 8, true, 2, data });
	give_frag(f, 4, &(struct frag) { 8, 8, false, 2, data });
	give_frag(f, 4, &(struct frag) { 0, 8, true, 2, data });
	ck_assert_uint_eq(h.wholes, 1);
	/* A ping of death: longer than a packet can say. */
	for (uint32_t off = 0; off < 65520; off += 1456)
		give_frag(f, 4, &(struct frag) { off, 1456, true, 3, data });
	give_frag(f, 4, &(struct frag) { 65520, 1480, false, 3, data });
	ck_assert_uint_eq(h.wholes, 2);
	ck_assert_uint_eq(h.whole.n, 65520 + 1480);
	/* An empty piece is no piece, and does no harm. */
	give_frag(f, 4, &(struct frag) { 8, 0, true, 4, data });
	give_frag(f, 4, &(struct frag) { 8, 0, false, 4, data });
	flows_counts(f, &n);
	ck_assert_uint_ge(n.odd, 2);
	flows_close(f);
	heard_done(&h);
}
END_TEST

START_TEST(datagrams_wait_a_minute)
{
	static const uint8_t data[16] = "0123456789abcde";
	struct flow_counts n;
	struct heard h;
	struct flows *f = open_flows(reg, &whole_ops, &h, NULL);

	now = 1000 * SECOND;
	give_frag(f, 6, &(struct frag) { 0, 8, true, 1, data });
	now += 61 * SECOND;
	give_frag(f, 6, &(struct frag) { 8, 8, false, 1, data });
	ck_assert_uint_eq(h.wholes, 0);
	now -= 500 * SECOND; /* a clock that goes back makes nothing old */
	give_frag(f, 6, &(struct frag) { 0, 8, true, 1, data });
	ck_assert_uint_eq(h.wholes, 1);
	flows_counts(f, &n);
	ck_assert_uint_eq(n.late, 1);
	ck_assert_uint_eq(n.unfinished, 1);
	/* A file may say any time. */
	now = INT64_MIN;
	give_frag(f, 6, &(struct frag) { 0, 8, true, 2, data });
	now = INT64_MAX - 1;
	give_frag(f, 6, &(struct frag) { 8, 8, false, 2, data });
	ck_assert_uint_eq(h.wholes, 1);
	now = 0;
	flows_close(f);
	heard_done(&h);
}
END_TEST

START_TEST(datagrams_keep_the_limit)
{
	static const uint8_t data[16] = "0123456789abcde";
	struct flow_opts o = { .fragments_max = 1u << 20 };
	struct flow_counts n;
	struct heard h;
	struct flows *f = open_flows(reg, &whole_ops, &h, &o);

	for (unsigned i = 0; i < 60000; i++) {
		give_frag(f, 4, &(struct frag) { 8 * (i % 2), 8, true, (uint16_t)i, data });
		flows_counts(f, &n);
		ck_assert_uint_le(n.memory, (1u << 20) + 8192);
	}
	ck_assert_uint_ge(n.crowded, 59000);
	/* One that comes now is put together all the same. */
	give_frag(f, 4, &(struct frag) { 8, 8, false, 65000, data });
	give_frag(f, 4, &(struct frag) { 0, 8, true, 65000, data });
	ck_assert_uint_eq(h.wholes, 1);
	flows_close(f);
	heard_done(&h);
}
END_TEST

/* ---- conversations ---- */

static size_t flood(struct flows *f, uint32_t from, uint32_t n)
{
	struct flow_counts c;

	for (uint32_t i = from; i < from + n; i++) {
		uint8_t b[40] = { 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6 };
		struct packet p = { .data = b, .len = 40, .wire_len = 40, .link = LINK_RAW };

		put32(b + 12, 0x0b000000 + i);
		put32(b + 16, 0x0a000002);
		put16(b + 20, i);
		put16(b + 22, 80);
		put32(b + 24, i * 77);
		b[32] = 0x50;
		b[33] = 2;
		dissect(reg, &p);
		ck_assert_int_eq(flows_packet(f, &p), 0);
	}
	flows_counts(f, &c);
	return c.memory;
}

START_TEST(half_open_flows_are_small)
{
	struct flow_opts o = { .flows_max = 8u << 20 };
	struct flow_counts c;
	struct heard h;
	struct flows *f = open_flows(reg, &data_ops, &h, &o);
	size_t full;

	ck_assert_uint_le(sizeof(struct flow), 64);
	/* 100,000 in less than 128 bytes each, all remembered; then flat, whatever comes. */
	ck_assert_uint_lt(flood(f, 0, 100000), 100000 * 128);
	flows_counts(f, &c);
	ck_assert_uint_eq(c.forgotten, 0);
	full = flood(f, 100000, 200000);
	ck_assert_uint_le(full, 8u << 20);
	ck_assert_uint_eq(flood(f, 300000, 1000000), full);
	flows_counts(f, &c);
	ck_assert_uint_ge(c.forgotten, 1100000);
	ck_assert_uint_eq(c.flows, 1300000);
	flows_close(f);
	heard_done(&h);
}
END_TEST

START_TEST(conversations_are_numbered)
{
	struct heard h;
	struct flow_opts o = { .only = registry_find(reg, "udp", 3) };
	struct flows *f = open_flows(reg, &seen_ops, &h, &o);
	static const struct {
		const char *hex;
		unsigned number, fresh;
	} v[] = {
		/* There, back, another port, inside GRE the same two ends as at first. */
		{ IP4("001c", "11") "1000 0035 0008 0000", 0, 1 },
		{ "4500001c000100004011 0000 0a000002 0a000001 0035 1000 0008 0000", 0, 1 },
		{ IP4("001c", "11") "1001 0035 0008 0000", 1, 2 },
		{ "450000340001000040 2f 0000 c0000201 c0000202 0000 0800" IP4(
			  "001c", "11") "1000 0035 0008 0000",
		  0, 2 },
		/* A quote is not a packet of it. */
		{ "450000380001000040 01 0000 0a000009 0a000001 0303 0000 00000000" IP4(
			  "001c", "11") "1009 0035 0008 0000",
		  0, 2 },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct packet p;

		help_packet(&p, LINK_RAW, v[i].hex);
		dissect(reg, &p);
		ck_assert_int_eq(flows_packet(f, &p), 0);
		ck_assert_uint_eq(h.number, v[i].number);
		ck_assert_uint_eq(h.fresh, v[i].fresh);
		free((void *)(uintptr_t)p.data);
	}
	ck_assert_uint_eq(h.seen, 4);
	flows_close(f);
	heard_done(&h);
}
END_TEST

UNIT_TESTS(flow)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, pieces_are_as_the_model);
	tcase_add_test(t, pieces_keep_the_limit);
	tcase_add_test(t, siphash_vectors);
	tcase_add_test(t, datagrams_in_any_order);
	tcase_add_test(t, datagrams_overlap);
	tcase_add_test(t, datagrams_that_lie);
	tcase_add_test(t, datagrams_wait_a_minute);
	tcase_add_test(t, datagrams_keep_the_limit);
	tcase_add_test(t, half_open_flows_are_small);
	tcase_add_test(t, conversations_are_numbered);
}
