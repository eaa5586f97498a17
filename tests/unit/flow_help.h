/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of flow/ share: random numbers that repeat, what the engine tells, packets to give
 * to it. Not every test takes all of it. */
#ifndef STRATA_TESTS_FLOW_HELP_H
#define STRATA_TESTS_FLOW_HELP_H

#include "tests/unit/dissect_help.h"

#include "core/bits.h"
#include "flow/flow.h"
#include "flow/impl.h"

#define SECOND 1000000000ll

static struct registry *reg;

static uint64_t state = 1;
static inline uint32_t rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % n;
}

static inline void fill(uint8_t *p, size_t n)
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
	struct buf clash; /* "OFFSET:BYTES " of each */
};

static inline int on_data(void *arg, const struct flow_data *d)
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

static inline int on_any_data(void *arg, const struct flow_data *d)
{
	struct heard *h = arg;

	h->missing += d->missing;
	return 0;
}

static inline int on_whole(void *arg, struct packet *p)
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

static inline int on_seen(void *arg, const struct packet *p, const struct flow_seen *s)
{
	struct heard *h = arg;

	(void)p;
	h->seen++;
	h->fresh += s->fresh;
	h->number = s->number;
	return 0;
}

static inline int on_clash(void *arg, const struct packet *p, unsigned i, const struct flow_data *d)
{
	struct heard *h = arg;

	ck_assert(d->conflict && d->n && i < p->nlayers && p->layers[i].proto == d->proto);
	ck_assert_uint_eq(d->packet, p->number);
	buf_fmt(&h->clash, "%llu:", (unsigned long long)d->off);
	buf_put(&h->clash, d->p, d->n);
	buf_char(&h->clash, ' ');
	h->number = d->number;
	return 0;
}

static inline void heard_done(struct heard *h)
{
	buf_done(&h->clash);
	buf_done(&h->side[0]);
	buf_done(&h->side[1]);
	buf_done(&h->whole);
	buf_done(&h->from);
	buf_done(&h->layers);
}

static const struct flow_ops data_ops = { .data = on_data }, any_ops = { .data = on_any_data },
			     whole_ops = { .whole = on_whole },
			     clash_ops = { .data = on_data, .clash = on_clash },
			     seen_ops = { .seen = on_seen };

static inline struct flows *open_flows(const struct registry *r, const struct flow_ops *ops,
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

static inline void give(struct flows *f, const struct registry *r, uint16_t link, const uint8_t *p,
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

static inline void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static inline void shuffle(void *v, unsigned n, size_t size)
{
	char *p = v, t[64];

	for (unsigned i = n; i > 1; i--) {
		unsigned j = rnd(i);

		memcpy(t, p + (i - 1) * size, size);
		memcpy(p + (i - 1) * size, p + j * size, size);
		memcpy(p + j * size, t, size);
	}
}

/* ---- segments ---- */

struct seg {
	unsigned side;
	uint32_t seq, ack, n;
	uint16_t flags; /* 1 F, 2 S, 4 R, 16 A */
	const uint8_t *from;
	uint16_t port;
};

static inline void give_seg(struct flows *f, const struct seg *s)
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

#define SEG(...) give_seg(f, &(struct seg) { __VA_ARGS__ })
#define BYTES(x) .from = (const uint8_t *)(x), .n = sizeof(x) - 1

static inline void setup(void)
{
	reg = help_registry(NULL);
}
static inline void teardown(void)
{
	registry_close(reg);
}

#endif
