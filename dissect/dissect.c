/* SPDX-License-Identifier: BSD-2-Clause */
/* The dissector's loop. Two ends are carried: `end` is what the lengths claim, `lim` what of it was
 * captured; a header that needs more than lim but no more than end was cut by the capture, one that
 * needs more than end lies. */
#include "dissect/dissect.h"

#include <string.h>

#include "core/bits.h"
#include "dissect/dissect_impl.h"

static uint16_t load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return v;
}

/* A link type as the direct tables key it. */
static uint16_t raw_link(uint16_t link)
{
	const uint8_t b[2] = { (uint8_t)(link >> 8), (uint8_t)link };

	return load16(b);
}

static bool guard_holds(const struct shape *s, const uint8_t *q)
{
	return (uint16_t)((be16(q + s->g_off) & s->g_mask) - s->g_val) <= s->g_range;
}

/* A header of which not even the fixed part is there. */
static void record_short(struct run *x, const struct shape *s)
{
	struct packet *p = x->p;
	struct layer *l = &p->layers[p->nlayers];

	l->proto = s->proto;
	l->off = x->off;
	l->hlen = x->lim - x->off;
	l->end = x->lim;
	l->tail = 0;
	l->flags = (uint16_t)(x->pass | x->once |
			      (x->end > x->lim || (x->pass & LAYER_EXCERPT) ? LAYER_CUT :
									      LAYER_BAD_HEADER));
	x->up[p->nlayers] = x->parent;
	p->nlayers++;
}

/* The extents of a layer whose shape is simple. False: stop after it. */
static inline bool measure_hot(struct run *x, const struct shape *s, struct extents *m)
{
	const uint8_t *q = x->p->data + x->off;
	int32_t hlen;

	m->flags = (uint16_t)(x->pass | x->once);
	m->tail = 0;
	m->end = 0;
	if (s->bound == BOUND_BE16) {
		uint32_t v = be16(q + s->t_off);
		int32_t claim = (int32_t)(v + s->t_add);

		if (claim < (int32_t)s->min) {
			if (v != 0 || !(s->flags & SHAPE_ZERO_REST))
				m->flags |= LAYER_BAD_LENGTH;
		} else if ((uint32_t)claim > x->end - x->off) {
			if (!(x->pass & LAYER_EXCERPT))
				m->flags |= LAYER_BAD_LENGTH;
		} else {
			x->end = x->off + (uint32_t)claim;
			x->lim = x->end < x->p->len ? x->end : x->p->len;
			x->told = true;
		}
	}
	m->end = x->lim;
	switch (s->head) {
	case HEAD_CONST: m->hlen = s->min; break;
	case HEAD_SCALED:
		hlen = (int32_t)(((be16(q + s->h_off) & s->h_mask) * s->h_mul >> 16) + s->h_add);
		if (hlen < (int32_t)s->min) {
			m->flags |= LAYER_BAD_LENGTH;
			m->hlen = s->min;
			if (m->hlen > x->lim - x->off)
				m->hlen = x->lim - x->off;
			return false;
		}
		m->hlen = (uint32_t)hlen;
		break;
	case HEAD_TABLE:
		m->hlen = s->cold->sizes[q[s->h_off]];
		if (m->hlen == SIZE_UNKNOWN)
			return measure_cold(x, s, m);
		break;
	default:
		if ((s->flags & SHAPE_TOLD) && !x->told)
			return measure_cold(x, s, m);
		m->hlen = x->end - x->off;
		break;
	}
	if (m->hlen <= x->lim - x->off)
		return true;
	m->flags |= m->hlen <= x->end - x->off || (x->pass & LAYER_EXCERPT) ? LAYER_CUT :
									      LAYER_BAD_LENGTH;
	m->hlen = x->lim - x->off;
	return false;
}

static void record(struct run *x, const struct shape *s, const struct extents *m)
{
	unsigned n = x->p->nlayers;
	struct layer *l = &x->p->layers[n];

	l->proto = s->proto;
	l->off = x->off;
	l->hlen = m->hlen;
	l->end = s->flags & SHAPE_PAYLOAD || s->bound != BOUND_NONE ? m->end : x->off + m->hlen;
	l->flags = m->flags;
	l->tail = m->tail;
	x->up[n] = x->parent;
	x->ctx[n] = (struct context){ x->end, x->pass, x->told };
	x->parent = (int8_t)n;
	x->p->nlayers = (uint8_t)(n + 1);
}

/* The selector value as a table entry: 0 nothing, a shape, or a chain. */
static inline uint16_t key_entry(const struct shape *s, const uint8_t *q)
{
	uint16_t id;

	switch (s->key) {
	case KEY_U8: return s->next[q[s->k_off]];
	case KEY_U16: return s->next[load16(q + s->k_off)];
	case KEY_EITHER:
		id = s->next[load16(q + s->k_off)];
		return id ? id : s->next[load16(q + s->k2_off)];
	default: return 0;
	}
}

/* What may follow the layer just recorded: a shape whose guard holds for the bytes at x->off; NULL:
 * nothing. */
static inline bool quick_fit(struct run *x, const struct shape *s)
{
	if (x->lim - x->off >= s->min && !(s->flags & SHAPE_GUARD))
		return guard_holds(s, x->p->data + x->off);
	return fits(x, s);
}

static inline const struct shape *follow(struct run *x, const struct shape *low, uint16_t id)
{
	const struct shapes *S = x->S;

	if (!id)
		return low && low->key != KEY_COLD && !(low->flags & SHAPE_MORE) ?
			       NULL :
			       follow_long(x, low);
	if (id <= S->n) {
		if (quick_fit(x, &S->v[id]))
			return &S->v[id];
	} else {
		const struct chain *c = &S->chain[id - S->n - 1];

		for (unsigned i = 0; i < c->n; i++) {
			if (quick_fit(x, &S->v[c->v[i]]))
				return &S->v[c->v[i]];
		}
	}
	return low ? follow_long(x, low) : NULL;
}

static void run(struct run *x, const struct shape *s)
{
	struct packet *p = x->p;
	struct extents m;
	uint16_t id;

	for (;;) {
		const uint8_t *q = p->data + x->off;
		const struct shape *low = s;

		if (p->nlayers == PACKET_LAYERS) {
			p->layers[p->nlayers - 1].flags |= LAYER_DEEP;
			p->flags |= PACKET_DEEP;
			return;
		}
		if (x->lim - x->off < s->min) {
			record_short(x, s);
			return;
		}
		if (!(s->flags & SHAPE_COLD ? measure_cold(x, s, &m) : measure_hot(x, s, &m))) {
			record(x, s, &m);
			return;
		}
		record(x, s, &m);
		x->off += m.hlen;
		if (x->off >= x->lim || !(s->flags & SHAPE_PAYLOAD))
			return;
		x->once = 0;
		if (((be16(q + s->s_off) & s->s_mask) || (s->flags & SHAPE_ASK)) &&
		    !may_look_inside(x, s, &low))
			return;
		if (low != s) { /* a quote begins with a protocol of its own */
			s = low;
			continue;
		}
		id = key_entry(s, q);
		s = follow(x, s, id);
		if (!s)
			return;
	}
}

void dissect_as(const struct registry *r, struct packet *p, const struct proto *first,
		struct tree *scratch)
{
	struct run x;
	const struct shape *s;

	p->nlayers = 0;
	p->flags &= (uint8_t)~PACKET_DEEP;
	if (p->len == 0)
		return;
	x.S = registry_shapes(r);
	x.p = p;
	x.scratch = scratch;
	x.off = 0;
	x.lim = p->len;
	x.end = p->wire_len > p->len ? p->wire_len : p->len;
	x.top = x.end;
	x.pass = x.once = 0;
	x.told = false;
	x.seen = NULL;
	x.parent = LAYER_NONE;
	if (first)
		s = first->shape;
	else
		s = follow(&x, NULL, x.S->link ? x.S->link->t16[raw_link(p->link)] : 0);
	while (s) {
		run(&x, s);
		s = beside(&x);
	}
}

void dissect_with(const struct registry *r, struct packet *p, struct tree *scratch)
{
	dissect_as(r, p, NULL, scratch);
}

void dissect(const struct registry *r, struct packet *p)
{
	struct tree scratch = { 0 };

	dissect_with(r, p, &scratch);
	tree_done(&scratch);
}
