/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces, datagrams, streams, messages and conversations, against models so simple that they are
 * right: an array of bytes, each with a mark that it is there. */
#include "tests/unit/dissect_help.h"

#include "core/bits.h"
#include "flow/count.h"
#include "flow/flow.h"
#include "flow/impl.h"

#define SECOND 1000000000ll

static struct registry *reg;

static uint64_t state = 1;
static uint32_t rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % n;
}

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)rnd(256);
}

/* ---- what the engine tells ---- */

struct heard {
	struct buf side[2]; /* bytes in order; missing ones as '?' */
	uint64_t missing;
	unsigned conflicts;
	struct buf whole;  /* bytes behind the headers of the last whole */
	struct buf from;   /* "1,2,3" of it */
	struct buf layers; /* "dns_tcp/dns": what is inside */
	unsigned wholes;
	uint32_t number;
	unsigned seen, fresh;
};

static int on_data(void *arg, const struct flow_data *d)
{
	struct heard *h = arg;

	for (uint64_t i = 0; i < d->missing && i < 100000; i++)
		buf_char(&h->side[d->side], '?');
	ck_assert_uint_eq(d->off, h->side[d->side].n);
	h->missing += d->missing;
	h->conflicts += d->conflict;
	buf_put(&h->side[d->side], d->p, d->n);
	h->number = d->number;
	return 0;
}

static int on_any_data(void *arg, const struct flow_data *d)
{
	struct heard *h = arg;

	h->missing += d->missing;
	return 0;
}

static int on_whole(void *arg, struct packet *p)
{
	struct heard *h = arg;
	unsigned i = 0;
	uint32_t from;

	while (i < p->nlayers && (p->layers[i].flags & LAYER_ABOVE))
		i++;
	from = p->layers[i - 1].off + p->layers[i - 1].hlen;
	h->whole.n = h->from.n = h->layers.n = 0;
	buf_put(&h->whole, p->data + from, p->len - from);
	for (uint32_t k = 0; k < p->origin->nfrom; k++)
		buf_fmt(&h->from, "%s%llu", k ? "," : "", (unsigned long long)p->origin->from[k]);
	for (unsigned k = i; k < p->nlayers; k++)
		buf_fmt(&h->layers, "%s%s", k > i ? "/" : "", p->layers[k].proto->name);
	h->conflicts += p->origin->conflict;
	h->wholes++;
	return 0;
}

static int on_seen(void *arg, const struct packet *p, const struct flow_seen *s)
{
	struct heard *h = arg;

	(void)p;
	h->seen++;
	h->fresh += s->fresh;
	h->number = s->number;
	return 0;
}

static void heard_done(struct heard *h)
{
	buf_done(&h->side[0]);
	buf_done(&h->side[1]);
	buf_done(&h->whole);
	buf_done(&h->from);
	buf_done(&h->layers);
}

static const struct flow_ops data_ops = { .data = on_data }, any_ops = { .data = on_any_data },
			     whole_ops = { .whole = on_whole }, seen_ops = { .seen = on_seen };

static struct flows *open_flows(const struct registry *r, const struct flow_ops *ops,
				struct heard *h, const struct flow_opts *more)
{
	struct flow_opts o = more ? *more : (struct flow_opts) { 0 };
	struct err e = { 0 };
	struct flows *f;

	*h = (struct heard) { 0 };
	o.reg = r;
	o.ops = ops;
	o.arg = h;
	f = flows_open(&o, &e);
	ck_assert_msg(f != NULL, "%s", e.msg);
	return f;
}

static uint64_t packet_number;
static int64_t now;

static void give(struct flows *f, const struct registry *r, uint16_t link, const uint8_t *p,
		 size_t n)
{
	/* In a buffer of exactly its size, for the sanitizers. */
	uint8_t *copy = malloc(n ? n : 1);
	struct packet pkt = { .data = copy,
			      .len = (uint32_t)n,
			      .wire_len = (uint32_t)n,
			      .link = link,
			      .when = now,
			      .number = ++packet_number };

	memcpy(copy, p, n);
	dissect(r, &pkt);
	ck_assert_int_eq(flows_packet(f, &pkt), 0);
	free(copy);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

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

static void shuffle(void *v, unsigned n, size_t size)
{
	char *p = v, t[64];

	for (unsigned i = n; i > 1; i--) {
		unsigned j = rnd(i);

		memcpy(t, p + (i - 1) * size, size);
		memcpy(p + (i - 1) * size, p + j * size, size);
		memcpy(p + j * size, t, size);
	}
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

/* ---- streams ---- */

struct seg {
	unsigned side;
	uint32_t seq, ack, n;
	uint16_t flags; /* 1 F, 2 S, 4 R, 16 A */
	const uint8_t *from;
	uint16_t port;
};

static void give_seg(struct flows *f, const struct seg *s)
{
	uint8_t b[3000] = { 0x45 };
	uint16_t port = s->port ? s->port : 4000;

	put16(b + 2, 40 + s->n);
	b[8] = 64;
	b[9] = 6;
	put32(b + 12, s->side ? 0x0a000002 : 0x0a000001);
	put32(b + 16, s->side ? 0x0a000001 : 0x0a000002);
	put16(b + 20, s->side ? 53 : port);
	put16(b + 22, s->side ? port : 53);
	put32(b + 24, s->seq);
	put32(b + 28, s->ack);
	b[32] = 0x50;
	b[33] = (uint8_t)s->flags;
	if (s->n)
		memcpy(b + 40, s->from, s->n);
	give(f, reg, LINK_RAW, b, 40 + s->n);
}

static unsigned segments(struct seg *s, unsigned side, uint32_t isn, const uint8_t *data,
			 uint32_t n)
{
	unsigned k = 0;

	for (uint32_t off = 0; off < n; k++) {
		uint32_t len = 1 + rnd(rnd(3) ? 30 : 900), back = rnd(5) ? 0 : rnd(40);

		if (back > off)
			back = off;
		if (len > n - off)
			len = n - off;
		/* Some overlap what was sent before. */
		s[k] = (struct seg) { .side = side,
				      .seq = isn + 1 + off - back,
				      .n = len + back,
				      .flags = off + len == n,
				      .from = data + off - back };
		off += len;
	}
	return k;
}

START_TEST(streams_in_any_order)
{
	static uint8_t data[2][30000];
	static struct seg s[70000];

	for (unsigned round = 0; round < 200; round++) {
		struct heard h;
		struct flows *f;
		uint32_t isn[2], n[2];
		unsigned k = 0, m;

		state = round + 77;
		isn[0] = rnd(2) ? 0xffffff00u - rnd(4000) : rnd(1u << 31);
		isn[1] = rnd(1u << 31) * 2;
		f = open_flows(reg, &data_ops, &h, NULL);
		give_seg(f, &(struct seg) { .side = 0, .seq = isn[0], .flags = 2 });
		give_seg(f, &(struct seg) {
				    .side = 1, .seq = isn[1], .flags = 18, .ack = isn[0] + 1 });
		for (unsigned side = 0; side < 2; side++) {
			n[side] = 1 + rnd(sizeof(data[0]));
			fill(data[side], n[side]);
			k += segments(s + k, side, isn[side], data[side], n[side]);
		}
		m = rnd(30); /* and again */
		for (unsigned i = 0; i < m; i++)
			s[k + i] = s[rnd(k)];
		shuffle(s, k + m, sizeof(*s));
		for (unsigned i = 0; i < k + m; i++)
			give_seg(f, &s[i]);
		for (unsigned side = 0; side < 2; side++) {
			ck_assert_uint_eq(h.side[side].n, n[side]);
			ck_assert(memcmp(h.side[side].p, data[side], n[side]) == 0);
		}
		ck_assert_uint_eq(h.missing + h.conflicts, 0);
		flows_close(f);
		heard_done(&h);
	}
}
END_TEST

#define SEG(...) give_seg(f, &(struct seg) { __VA_ARGS__ })
#define BYTES(x) .from = (const uint8_t *)(x), .n = sizeof(x) - 1

START_TEST(streams_with_holes)
{
	struct heard h;
	struct flow_counts n;
	struct flows *f = open_flows(reg, &data_ops, &h, NULL);

	SEG(.seq = 99, .flags = 2);
	SEG(.seq = 100, BYTES("abc"), .flags = 16);
	SEG(.seq = 106, BYTES("ghi"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abc");
	SEG(.side = 1, .seq = 1, .flags = 16,
	    .ack = 103); /* not yet acknowledged: may still come */
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abc");
	SEG(.side = 1, .seq = 1, .flags = 16, .ack = 109);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abc???ghi");
	SEG(.seq = 103, BYTES("def"), .flags = 16); /* too late */
	SEG(.seq = 112, BYTES("mno"), .flags = 16);
	ck_assert_int_eq(flows_end(f), 0);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abc???ghi???mno");
	flows_counts(f, &n);
	ck_assert_uint_eq(n.missing, 6);
	ck_assert_uint_eq(n.gaps, 2);
	ck_assert_uint_eq(n.again, 3);
	flows_close(f);
	heard_done(&h);
}
END_TEST

START_TEST(streams_odd_ones)
{
	struct heard h;
	struct flows *f = open_flows(reg, &data_ops, &h, NULL);

	/* Joined in the middle; keep-alive, with and without a byte; a window probe. */
	SEG(.seq = 500, BYTES("abc"), .flags = 16);
	SEG(.seq = 502, .flags = 16);
	SEG(.seq = 502, BYTES("c"), .flags = 16);
	SEG(.seq = 503, BYTES("d"), .flags = 16);
	SEG(.seq = 503, BYTES("def"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abcdef");
	/* The first who waited counts, and the difference is told. */
	SEG(.seq = 509, BYTES("jkl"), .flags = 16);
	SEG(.seq = 506, BYTES("ghiJKLm"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abcdefghijklm");
	ck_assert_uint_eq(h.conflicts, 1);
	/* A reset that nobody would believe, then one in place. */
	SEG(.seq = 9, .flags = 4);
	SEG(.seq = 513, BYTES("n"), .flags = 16);
	SEG(.seq = 514, .flags = 4);
	SEG(.seq = 514, BYTES("o"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abcdefghijklmn");
	/* One that says why (RFC 9293 section 3.5.3). */
	h.side[0].n = 0;
	SEG(.seq = 77, BYTES("no such port"), .flags = 4, .port = 4001);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "no such port");
	/* The same ports again. */
	h.side[0].n = 0;
	ck_assert_uint_eq(h.number, 1);
	SEG(.seq = 7000, .flags = 2);
	SEG(.seq = 7000, .flags = 2);
	SEG(.side = 1, .seq = 1, .flags = 18);
	SEG(.seq = 7001, BYTES("new"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "new");
	ck_assert_uint_eq(h.number, 2);
	flows_close(f);
	heard_done(&h);
}
END_TEST

START_TEST(streams_keep_the_limit)
{
	static uint8_t data[1400];
	struct flow_opts o = { .streams_max = 4u << 20 };
	struct flow_counts n;
	struct heard h;
	struct flows *f = open_flows(reg, &any_ops, &h, &o);

	/* One with a hole that never closes, then many of them. */
	SEG(.seq = 0, .flags = 2);
	for (uint32_t i = 0; i < 6000; i++) {
		SEG(.seq = 101 + i * 1400, .from = data, .n = sizeof(data), .flags = 16);
		flows_counts(f, &n);
		ck_assert_uint_le(n.memory, (4u << 20) + (5u << 18));
	}
	ck_assert_uint_eq(h.missing, 100);
	for (uint32_t i = 0; i < 30000; i++) {
		SEG(.seq = 0, .flags = 2, .port = (uint16_t)(i + 5000));
		SEG(.seq = 2, .from = data, .n = 50, .flags = 16, .port = (uint16_t)(i + 5000));
		flows_counts(f, &n);
		ck_assert_uint_le(n.memory, (4u << 20) + 4000000);
	}
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

/* ---- messages ---- */

static void dns_stream(uint8_t *out, uint32_t *n, unsigned k)
{
	static const uint8_t query[] = { 0, 29,  0,   7,   1,   0,   0,   1,   0,   0,   0,
					 0, 0,   0,   7,   'e', 'x', 'a', 'm', 'p', 'l', 'e',
					 3, 'c', 'o', 'm', 0,   0,   1,   0,   1 };

	for (*n = 0; k--; *n += sizeof(query))
		memcpy(out + *n, query, sizeof(query));
}

START_TEST(messages_over_segments)
{
	uint8_t data[1000];
	uint32_t n;
	struct heard h;

	for (unsigned round = 0; round < 200; round++) {
		struct flows *f = open_flows(reg, &whole_ops, &h, NULL);
		struct flow_counts c;
		unsigned k = 3 + rnd(20), spread = 0;

		state = round + 5;
		dns_stream(data, &n, k);
		give_seg(f, &(struct seg) { .side = 1, .seq = 9, .flags = 2 });
		for (uint32_t off = 0, len; off < n; off += len) {
			len = 1 + rnd(90);
			if (len > n - off)
				len = n - off;
			/* What does not begin and end in one segment as its first message. */
			for (unsigned m = 0; m < k; m++)
				spread += (m + 1) * 31 > off && (m + 1) * 31 <= off + len &&
					  m * 31 < off;
			give_seg(f, &(struct seg) { .side = 1,
						    .seq = 10 + off,
						    .n = len,
						    .flags = 16,
						    .from = data + off });
		}
		flows_counts(f, &c);
		ck_assert_uint_ge(h.wholes, spread);
		ck_assert_uint_le(h.wholes, k);
		if (h.wholes) {
			ck_assert_uint_eq(h.whole.n, 31);
			ck_assert(memcmp(h.whole.p, data, 31) == 0);
			ck_assert_str_eq(buf_cstr(&h.layers), "dns_tcp/dns");
		}
		flows_close(f);
		heard_done(&h);
	}
}
END_TEST

/* A protocol that is nobody's but the user's has streams with the same rights. */
START_TEST(own_protocol)
{
	static const char text[] = "protocol wire { over link 147; carries wire.what by what\n"
				   "  flow from to; segment at seq opens kind == 1; what : u8 = 7; "
				   "kind : u8; from : u8; to : u8\n"
				   "  seq : u16le; payload }\n"
				   "protocol note { over wire.what 7; message length 1 + size; "
				   "size : u8 = len(words)\n"
				   "  words : text[..] }\n";
	struct registry *r = help_registry(text);
	struct heard h;
	struct flows *f = open_flows(r, &whole_ops, &h, NULL);
	struct buf again = { 0 };

	packet_number = 0;
	give(f, r, 147,
	     (const uint8_t *)"\7\0\1\2\xfe\xff"
			      "\5he",
	     9);
	give(f, r, 147,
	     (const uint8_t *)"\7\0\2\1\0\0"
			      "\1",
	     7);
	give(f, r, 147,
	     (const uint8_t *)"\7\0\1\2\3\0"
			      "o\2",
	     8);
	ck_assert_uint_eq(h.wholes, 0);
	give(f, r, 147,
	     (const uint8_t *)"\7\0\1\2\1\0"
			      "ll",
	     8); /* its number wrapped at 16 bits */
	ck_assert_uint_eq(h.wholes, 1);
	ck_assert_str_eq(buf_cstr(&h.whole), "\5hello");
	ck_assert_str_eq(buf_cstr(&h.from), "1,4,3");
	give(f, r, 147,
	     (const uint8_t *)"\7\0\1\2\5\0"
			      "ok",
	     8);
	ck_assert_uint_eq(h.wholes, 2);
	ck_assert_str_eq(buf_cstr(&h.layers), "note");
	proto_print(registry_find(r, "wire", 4), &again);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&again), "    flow from to\n"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&again), "    segment at seq opens kind == 1\n"));
	buf_done(&again);
	flows_close(f);
	heard_done(&h);
	registry_close(r);
}
END_TEST

static void setup(void)
{
	reg = help_registry(NULL);
}
static void teardown(void)
{
	registry_close(reg);
}

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
	tcase_add_test(t, streams_in_any_order);
	tcase_add_test(t, streams_with_holes);
	tcase_add_test(t, streams_odd_ones);
	tcase_add_test(t, streams_keep_the_limit);
	tcase_add_test(t, half_open_flows_are_small);
	tcase_add_test(t, conversations_are_numbered);
	tcase_add_test(t, messages_over_segments);
	tcase_add_test(t, own_protocol);
}
