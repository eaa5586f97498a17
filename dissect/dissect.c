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

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
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

/* ---- the hot loop ---- */

/* Why the hot loop stopped. */
enum hot {
	HOT_DONE,  /* nothing follows */
	HOT_LAYER, /* the layer at x->off, of shape *s, needs the long way */
	HOT_INSIDE /* a layer of shape *s is recorded; what follows it needs the long way */
};

/* Header length by a simple shape that is not constant; what must go the long way comes out
 * negative. */
static inline uint32_t head_bytes(const struct shape *s, const uint8_t *q, uint32_t room, bool told)
{
	uint32_t n;

	switch (s->head) {
	case HEAD_TABLE:
		n = (uint32_t)s->cold->sizes[q[s->h_off]] + s->cold->sizes2[q[s->cold->byte2]];
		return n < SIZE_UNKNOWN ? n : UINT32_MAX;
	case HEAD_USUAL:
		return (load64(q + s->h_off) & s->cold->usual_mask) == s->cold->usual_value
			       ? s->cold->usual
			       : UINT32_MAX;
	default: return (s->flags & SHAPE_TOLD) && !told ? UINT32_MAX : room;
	}
}

/* The selector value as a table entry: 0 nothing, a shape, or a chain. */
static inline uint16_t key_entry(const struct shape *s, const uint8_t *q)
{
	uint16_t id;

	switch (s->key) {
	case KEY_U8: return s->next8[q[s->k_off]];
	case KEY_U16: return s->next16->to[load16(q + s->k_off)];
	case KEY_EITHER:
		id = table16_rare(s->next16, load16(q + s->k_off));
		return id ? id : table16_rare(s->next16, load16(q + s->k2_off));
	default: return 0;
	}
}

enum fit { FIT_NO, FIT_YES, FIT_ASK };

/* Does s fit, where one comparison or table settles the guard? */
static inline enum fit quick_fit(const struct shape *s, const uint8_t *q, uint32_t room)
{
	const struct code *g;

	if (room < s->min)
		return FIT_ASK;
	if (!(s->flags & (SHAPE_GUARD | SHAPE_COMPARE)))
		return FIT_YES;
	if (s->flags & SHAPE_COMPARE)
		return guard_holds(s, q) ? FIT_YES : FIT_NO;
	g = &s->cold->guard;
	if (!code_may(g, q, room))
		return FIT_NO;
	return g->exact ? FIT_YES : FIT_ASK;
}

/* The first of several candidates that fits, unless only the long way can tell; the first from of
 * them do not. */
static __attribute__((noinline)) const struct shape *quick_chain(const struct shapes *S,
								 const struct chain *c,
								 unsigned from, const uint8_t *q,
								 uint32_t room, enum fit *fit)
{
	const struct shape *s = NULL;

	*fit = FIT_NO;
	for (unsigned i = from; i < c->n && *fit == FIT_NO; i++) {
		s = &S->v[c->v[i]];
		*fit = quick_fit(s, q, room);
	}
	return s;
}

/* The candidate of an entry that fits; FIT_NO: none does, FIT_ASK: only the long way can tell. */
static inline __attribute__((always_inline)) const struct shape *
quick_entry(const struct shapes *S, uint16_t id, const uint8_t *q, uint32_t room, enum fit *fit)
{
	if (id == 0) {
		*fit = FIT_NO;
		return NULL;
	}
	if (__builtin_expect(id > S->n, 0))
		return quick_chain(S, &S->chain[id - S->n - 1], 0, q, room, fit);
	*fit = quick_fit(&S->v[id], q, room);
	return &S->v[id];
}

/* The same for what a packet begins with, where there are often several and the first one fits. */
static inline __attribute__((always_inline)) const struct shape *
quick_first(const struct shapes *S, uint16_t id, const uint8_t *q, uint32_t room, enum fit *fit)
{
	const struct chain *c;

	if (id <= S->n)
		return quick_entry(S, id, q, room, fit);
	c = &S->chain[id - S->n - 1];
	*fit = quick_fit(&S->v[c->v[0]], q, room);
	return *fit != FIT_NO ? &S->v[c->v[0]] : quick_chain(S, c, 1, q, room, fit);
}

/* The same for the selectors of s at q, whose header of hlen bytes has room bytes after it. */
static inline __attribute__((always_inline)) const struct shape *
quick_next(const struct shapes *S, const struct shape *s, const uint8_t *q, uint32_t hlen,
	   uint32_t room, enum fit *fit)
{
	const struct shape *next;

	if (s->key == KEY_U8)
		return quick_entry(S, s->next8[q[s->k_off]], q + hlen, room, fit);
	if (s->key == KEY_U16)
		return quick_entry(S, s->next16->to[load16(q + s->k_off)], q + hlen, room, fit);
	*fit = FIT_NO;
	if (s->key != KEY_EITHER)
		return NULL;
	next = quick_entry(S, table16_rare(s->next16, load16(q + s->k_off)), q + hlen, room, fit);
	if (*fit == FIT_NO)
		next = quick_entry(S, table16_rare(s->next16, load16(q + s->k2_off)), q + hlen,
				   room, fit);
	return next;
}

/* May something be recognised by its looks alone at q, in the payload of a layer of shape s? */
static __attribute__((noinline)) bool may_guess(const struct shapes *S, const struct shape *s,
						const uint8_t *q, uint32_t room)
{
	for (const uint16_t *g = S->guess[q[0]]; g && *g; g++) {
		const struct shape_cold *c = S->v[*g].cold;

		if ((c->looks & s->cold->holds) && code_may(&c->guard, q, room) &&
		    code_may(&c->guess, q, room))
			return true;
	}
	return false;
}

/* Record layers as long as each is simple, fits and is followed by one that one load finds. All
 * that the next turn needs stays in registers, so this is inlined where it is called. */
static inline __attribute__((always_inline)) enum hot
run_hot(const struct shapes *S, struct packet *p, struct here *h, const struct shape **at)
{
	const struct shape *s = *at;
	const uint8_t *const data = p->data;
	const uint32_t cap = p->len;
	uint32_t off = h->off, end = h->end, lim = h->lim;
	struct layer *l = &p->layers[p->nlayers], *const last = &p->layers[PACKET_LAYERS];
	bool told = h->told;
	enum hot why;

	if (lim - off < s->min)
		return HOT_LAYER;
	for (;;) {
		const uint32_t flags = s->flags;
		const uint8_t *q = data + off;
		uint32_t to = end, most = lim, hlen = s->min;
		const struct shape *next;
		bool tells = told;
		enum fit fit;

		why = HOT_LAYER;
		if (l == last ||
		    ((flags & (SHAPE_COLD | SHAPE_BESIDE)) &&
		     (!(flags & SHAPE_SELDOM) || truth_of(&s->cold->seldom, q, lim - off))))
			break;
		if (s->bound == BOUND_BE16) {
			uint32_t v = be16(q + s->t_off), claim = v + s->t_add;

			if ((int32_t)claim >= s->t_min && claim <= end - off) {
				to = off + claim;
				most = to < cap ? to : cap;
				tells = true;
			} else if (v != 0 || !(flags & SHAPE_ZERO_REST)) {
				break;
			}
		}
		if (s->head != HEAD_CONST) {
			hlen = s->head == HEAD_SCALED
				       ? ((be16(q + s->h_off) & s->h_mask) * s->h_mul >> 16) +
						 s->h_add
				       : head_bytes(s, q, to - off, tells);
			if ((int32_t)hlen < (int32_t)s->min || hlen > most - off)
				break;
		}
		l->proto = s->proto;
		l->off = off;
		l->end = flags & SHAPE_FILLS ? most : off + hlen;
		l->hlen = hlen;
		l->flags = 0;
		l->tail = 0;
		l++;
		off += hlen;
		end = to;
		lim = most;
		told = tells;
		why = HOT_DONE;
		if (off >= lim || !(flags & SHAPE_PAYLOAD))
			break;
		why = HOT_INSIDE;
		if ((flags & SHAPE_STOPS) &&
		    ((be16(q + s->s_off) & s->s_mask) || (flags & SHAPE_ASK)) &&
		    (!s->cold->any_known || truth_of(&s->cold->any, q, s->min)))
			break;
		next = quick_next(S, s, q, hlen, lim - off, &fit);
		if (fit != FIT_YES) {
			if (fit == FIT_NO && !(flags & SHAPE_MORE) &&
			    (!(S->guess_in[data[off]] & s->cold->holds) ||
			     !may_guess(S, s, data + off, lim - off)))
				why = HOT_DONE;
			break;
		}
		s = next;
	}
	*h = (struct here) { off, end, lim, told };
	*at = s;
	p->nlayers = (uint8_t)(l - p->layers);
	return why;
}

/* ---- the long way ---- */

/* Go on where the hot loop stopped: it has recorded nothing but layers one inside the other. */
static void take_over(struct run *x, const struct here *h)
{
	x->off = h->off;
	x->end = h->end;
	x->lim = h->lim;
	x->told = h->told;
	x->parent = (int8_t)(x->p->nlayers - 1);
}

static void record(struct run *x, const struct shape *s, const struct extents *m)
{
	unsigned n = x->p->nlayers;
	struct layer *l = &x->p->layers[n];

	l->proto = s->proto;
	l->off = x->off;
	l->hlen = m->hlen;
	l->end = s->flags & SHAPE_FILLS ? m->end : x->off + m->hlen;
	l->flags = m->flags;
	l->tail = m->tail;
	x->parent = (int8_t)n;
	x->p->nlayers = (uint8_t)(n + 1);
}

/* A header of which not even the fixed part is there. */
static void record_short(struct run *x, const struct shape *s)
{
	bool cut = x->end > x->lim || (x->pass & LAYER_EXCERPT);
	struct extents m = { .hlen = x->lim - x->off,
			     .end = x->lim,
			     .flags = (uint16_t)(x->pass | x->once |
						 (cut ? LAYER_CUT : LAYER_BAD_HEADER)) };

	record(x, s, &m);
}

bool long_layer(struct run *x, const struct shape *s)
{
	struct packet *p = x->p;
	struct extents m;
	bool more;

	if (p->nlayers == PACKET_LAYERS) {
		p->layers[p->nlayers - 1].flags |= LAYER_DEEP;
		p->flags |= PACKET_DEEP;
		return false;
	}
	if ((s->flags & SHAPE_BESIDE) && x->parent >= 0) /* for those beside it */
		x->ctx[x->parent] = (struct context) { x->end, x->pass, x->told };
	x->siblings |= (uint8_t)(s->flags & SHAPE_BESIDE);
	if (x->lim - x->off < s->min) {
		record_short(x, s);
		return false;
	}
	more = measure_cold(x, s, &m);
	if (m.hlen == 0 && m.tail == 0) /* nothing of it is there: no layer, and no progress */
		return false;
	record(x, s, &m);
	x->off += m.hlen;
	x->once = 0;
	return more && x->off < x->lim && (s->flags & SHAPE_PAYLOAD);
}

/* What may follow: the entry's candidates in order, then all else that may. low: what is below,
 * NULL: the packet itself. */
static const struct shape *follow(struct run *x, const struct shape *low, uint16_t id)
{
	const struct shapes *S = x->S;
	const struct chain one = { 1, { id } };
	const struct chain *c = id > S->n ? &S->chain[id - S->n - 1] : &one;
	uint32_t room = x->lim - x->off;

	for (unsigned i = 0; id && i < c->n; i++) {
		const struct shape *s = &S->v[c->v[i]];

		enum fit fit = quick_fit(s, x->p->data + x->off, room);

		if (fit == FIT_YES || (fit == FIT_ASK && fits(x, s)))
			return s;
	}
	if (!id || low)
		return follow_long(x, low);
	for (unsigned i = 0; i < c->n; i++) { /* too short for its guard to tell: a short header */
		if (S->v[c->v[i]].cold->guard.v && room < S->v[c->v[i]].cold->guard.need)
			return &S->v[c->v[i]];
	}
	return NULL;
}

/* What stands in the payload of the layer just recorded, at x->off; NULL: bytes. */
static const struct shape *inside(struct run *x, const struct shape *s)
{
	const struct shape *quoted = s;
	const uint8_t *q = x->p->data + x->p->layers[x->parent].off;

	if (((be16(q + s->s_off) & s->s_mask) || (s->flags & SHAPE_ASK)) &&
	    !may_look_inside(x, s, &quoted))
		return NULL;
	return quoted != s ? quoted : follow(x, s, key_entry(s, q));
}

/* Where the loop saw that nothing may follow, something may have been announced. */
static enum hot ask_heard(const struct heard *heard, const struct here *h, const struct shape *s,
			  enum hot why)
{
	return why == HOT_DONE && heard && h->off < h->lim && (s->flags & SHAPE_PAYLOAD)
		       ? HOT_INSIDE
		       : why;
}

static void run(struct run *x, const struct shape *s, enum hot why)
{
	while (s) {
		if (why == HOT_DONE || (why == HOT_LAYER && !long_layer(x, s)))
			return;
		s = inside(x, s);
		why = HOT_LAYER;
		if (s && !(x->pass | x->once)) {
			struct here h = { x->off, x->end, x->lim, x->told };

			why = run_hot(x->S, x->p, &h, &s);
			why = ask_heard(x->heard, &h, s, why);
			take_over(x, &h);
		}
	}
}

/* From s on, to the end of the packet. */
static void run_all(struct run *x, const struct shape *s, enum hot why)
{
	while (s) {
		unsigned before = x->p->nlayers;

		run(x, s, why);
		/* One that turned out to be no layer would be found again and again. */
		s = x->siblings && (x->p->nlayers > before || why != HOT_LAYER) ? beside(x) : NULL;
		why = HOT_LAYER;
	}
}

/* Go on where the hot loop gave up (s: as it left it; NULL: it did not begin). */
static __attribute__((noinline)) void dissect_long(const struct shapes *S, struct packet *p,
						   const struct shape *first, struct tree *scratch,
						   const struct heard *heard, struct here h,
						   const struct shape *s, enum hot why)
{
	struct run x = { .S = S, .p = p, .scratch = scratch, .first = first, .heard = heard };

	x.top = p->wire_len > p->len ? p->wire_len : p->len;
	take_over(&x, &h);
	if (!s)
		s = follow(&x, NULL, S->link ? S->link->t16->to[raw_link(p->link)] : 0);
	run_all(&x, s, why);
}

static inline void dissect_all(const struct registry *r, struct packet *p,
			       const struct proto *first, struct tree *scratch,
			       const struct heard *heard)
{
	const struct shapes *S = registry_shapes(r);
	struct here h = { 0, p->wire_len > p->len ? p->wire_len : p->len, p->len, false };
	const struct shape *s = first ? first->shape : NULL;
	enum hot why = HOT_LAYER;
	enum fit fit = s ? FIT_YES : FIT_ASK;

	p->nlayers = 0;
	p->flags &= (uint8_t)~PACKET_DEEP;
	p->learnt = heard ? heard_layouts(heard) : NULL;
	if (p->len == 0)
		return;
	if (!first && S->link)
		s = quick_first(S, S->link->t16->to[raw_link(p->link)], p->data, p->len, &fit);
	if (fit == FIT_YES)
		why = run_hot(S, p, &h, &s);
	if (heard && fit == FIT_YES)
		why = ask_heard(heard, &h, s, why);
	if (why != HOT_DONE)
		dissect_long(S, p, first ? first->shape : NULL, scratch, heard, h,
			     fit == FIT_YES ? s : NULL, why);
}

void dissect_as(const struct registry *r, struct packet *p, const struct proto *first,
		struct tree *scratch)
{
	dissect_all(r, p, first, scratch, NULL);
}

void dissect_heard(const struct registry *r, struct packet *p, struct tree *scratch,
		   const struct heard *h)
{
	dissect_all(r, p, NULL, scratch, h);
}

void dissect_inside(const struct registry *r, struct packet *p, const struct proto *first,
		    struct tree *scratch)
{
	const struct layer *l = &p->layers[p->nlayers - 1];
	const struct shape *low = l->proto->shape;
	struct run x = { .S = registry_shapes(r), .p = p, .scratch = scratch };
	uint32_t to = l->end - l->tail, top = p->wire_len > p->len ? p->wire_len : p->len;
	struct here h = { l->off + l->hlen, to + (top - p->len), to, true };

	p->flags &= (uint8_t)~PACKET_DEEP;
	if (h.off >= h.lim || l->hlen < low->min)
		return;
	x.top = top;
	take_over(&x, &h);
	x.first = first ? first->shape : NULL;
	run_all(&x,
		first ? follow_long(&x, NULL) : follow(&x, low, key_entry(low, p->data + l->off)),
		HOT_LAYER);
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
