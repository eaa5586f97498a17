/* SPDX-License-Identifier: BSD-2-Clause */
/* Extents of layers whose lengths one 16-bit load does not tell: odd length fields, headers that
 * vary, fields after the payload. */
#include "core/bits.h"
#include "core/walk.h"
#include "dissect/dissect_impl.h"

struct cold {
	struct run *x;
	const struct shape *s;
	struct extents *m;
	const uint8_t *q;
	int64_t layer_end, payload_end; /* claimed, from off; -1: not told */
	bool decoded;                   /* x->scratch holds the header */
};

static uint64_t load(const struct field *f, const uint8_t *q)
{
	uint32_t bit = (uint32_t)f->fixed_bit;

	return f->type->le ? bits_get_le(q + bit / 8, f->type->bits) :
			     bits_get(q, bit, f->type->bits);
}

static bool walk(struct cold *c)
{
	struct run *x = c->x;

	if (!c->decoded)
		c->decoded = decode_header(x->scratch, x->p, c->s->proto, x->off, x->lim) == 0;
	return c->decoded;
}

/* ---- header length ---- */

struct steps {
	const uint8_t *q;
	uint32_t have;  /* bytes captured */
	uint64_t bound; /* bits claimed */
	uint64_t pos;   /* bits */
};

static int64_t claims(const struct size_step *s, int64_t v)
{
	return v < 0 || v > UINT32_MAX ? -1 : v * s->div / s->m - s->k;
}

/* One step; how many steps to skip after it, or -1: irregular, decode instead. */
static int64_t one_step(struct steps *st, const struct size_step *s)
{
	int64_t v = s->code ? code_run(s->code, st->q, st->have) : 0;
	uint64_t unit = (uint64_t)s->n * 8;

	switch (s->op) {
	case SIZE_ADD: st->pos += s->n; return 0;
	case SIZE_EXPR:
		if (v < 0 || v > PACKET_MAX)
			return -1;
		st->pos += (uint64_t)v * (uint64_t)s->m * 8;
		return 0;
	case SIZE_BOUND:
		v = claims(s, v);
		if (v < 0)
			return -1;
		st->pos += (uint64_t)v * 8;
		return 0;
	case SIZE_TO:
		v = claims(s, v);
		if (v < 0)
			return -1;
		st->pos = s->n + (uint64_t)v * 8;
		return 0;
	case SIZE_ALIGN:
		st->pos = (st->pos + unit - 1) / unit * unit;
		return 0;
	case SIZE_UNLESS: return v ? 0 : s->n;
	case SIZE_SWITCH: return v >= s->lo && v <= s->hi ? 0 : s->n;
	case SIZE_JUMP: return s->n;
	case SIZE_PREFIX:
		if (st->pos % 8 || st->pos + s->n > (uint64_t)st->have * 8)
			return -1;
		v = (int64_t)(s->le ? bits_get_le(st->q + st->pos / 8, s->n) :
				      bits_get(st->q, st->pos, s->n));
		st->pos += s->n + (uint64_t)v * 8;
		return 0;
	default: st->pos = st->bound; return 0;
	}
}

/* Header length in bytes, -1 when it must be decoded: the steps are right only for headers that fit
 * their bounds. */
static int64_t run_steps(const struct cold *c)
{
	const struct shape_cold *sc = c->s->cold;
	struct run *x = c->x;
	struct steps st = { .q = c->q,
			    .have = x->lim - x->off,
			    .bound = (uint64_t)(x->end - x->off) * 8 };

	for (unsigned i = 0; i < sc->nsteps; i++) {
		int64_t skip = one_step(&st, &sc->steps[i]);

		if (skip < 0 || st.pos > st.bound)
			return -1;
		i += (unsigned)skip;
	}
	return (int64_t)((st.pos + 7) / 8);
}

static void head_walk(struct cold *c)
{
	struct run *x = c->x;
	struct extents *m = c->m;

	if (!walk(c)) {
		m->hlen = x->lim - x->off;
		m->flags |= LAYER_DEEP;
		return;
	}
	m->hlen = x->scratch->hlen;
	m->flags |= x->scratch->lflags & (LAYER_BAD_LENGTH | LAYER_DEEP);
	if (x->scratch->lflags & (LAYER_CUT | LAYER_BAD_HEADER))
		m->flags |= x->end > x->lim || (x->pass & LAYER_EXCERPT) ? LAYER_CUT :
									   LAYER_BAD_HEADER;
}

/* Fills m->hlen; false: the layer ends there. */
static bool head(struct cold *c)
{
	const struct shape *s = c->s;
	struct run *x = c->x;
	struct extents *m = c->m;
	int64_t n = -1;

	switch (s->head) {
	case HEAD_CONST: n = s->min; break;
	case HEAD_SCALED:
		n = (int32_t)(((be16(c->q + s->h_off) & s->h_mask) * s->h_mul >> 16) + s->h_add);
		if (n < s->min) {
			m->flags |= LAYER_BAD_LENGTH;
			m->hlen = s->min < x->lim - x->off ? s->min : x->lim - x->off;
			return false;
		}
		break;
	case HEAD_REST:
		if (!(s->flags & SHAPE_TOLD) || x->told)
			n = x->end - x->off;
		break;
	case HEAD_STEPS: n = run_steps(c); break;
	default: break;
	}
	if (n < 0) {
		head_walk(c);
		return m->hlen && !(m->flags & (LAYER_CUT | LAYER_BAD_HEADER | LAYER_DEEP));
	}
	m->hlen = (uint32_t)n;
	if (n > x->lim - x->off) {
		m->hlen = x->lim - x->off;
		m->flags |= n <= x->end - x->off || (x->pass & LAYER_EXCERPT) ? LAYER_CUT :
										 LAYER_BAD_LENGTH;
		return false;
	}
	return m->hlen > 0;
}

/* ---- the end ---- */

/* Take a claimed end (bytes from off) if it can be. */
static bool take(struct cold *c, int64_t claim)
{
	struct run *x = c->x;

	if (claim < (int64_t)c->s->min) {
		c->m->flags |= LAYER_BAD_LENGTH;
		return false;
	}
	if (claim > (int64_t)(x->end - x->off)) {
		if (!(x->pass & LAYER_EXCERPT))
			c->m->flags |= LAYER_BAD_LENGTH;
		return false;
	}
	return true;
}

static void narrow(struct run *x, int64_t claim)
{
	x->end = x->off + (uint32_t)claim;
	x->lim = x->end < x->p->len ? x->end : x->p->len;
	x->told = true;
}

/* Bytes that a length rule claims for its span; -1: it says nothing. */
static int64_t span_claim(struct cold *c, const struct end_rule *e)
{
	const struct rule *r;
	uint64_t v;
	int64_t bits;

	if (!e->field)
		return code_run(&c->s->cold->message, c->q, c->x->lim - c->x->off);
	if (e->fixed) {
		v = load(e->field, c->q);
	} else {
		uint32_t node = walk(c) ? tree_child(c->x->scratch, 0, e->field->index) : NODE_NONE;

		if (node == NODE_NONE || (c->x->scratch->v[node].flags & (NODE_CUT | NODE_RAW)))
			return -1;
		v = c->x->scratch->v[node].num;
	}
	r = &e->field->rule;
	if (r->zero_rest && v == 0)
		return -1;
	bits = rule_claims(r, v);
	return bits < 0 ? INT64_MAX / 2 : bits / 8;
}

static uint32_t span_start(struct cold *c, const struct end_rule *e)
{
	const struct record *rec = &c->s->proto->rec;
	const struct rule *r = &e->field->rule;

	if (e->start != UINT32_MAX || !walk(c))
		return e->start == UINT32_MAX ? c->m->hlen : e->start;
	for (unsigned i = 0; i < r->spans.n; i++) {
		for (unsigned f = r->spans.v[i].from;
		     r->spans.v[i].form == SPAN_FIELDS && f < rec->npre; f++) {
			uint32_t node = tree_child(c->x->scratch, 0, f);

			if (node != NODE_NONE)
				return c->x->scratch->v[node].bit / 8 - c->x->off;
		}
	}
	return c->m->hlen;
}

/* Ends that are known before the header's length (early) or only after it. */
static void ends(struct cold *c, bool early)
{
	const struct shape_cold *sc = c->s->cold;

	for (unsigned i = 0; i < sc->nend && c->layer_end < 0 && c->payload_end < 0; i++) {
		const struct end_rule *e = &sc->end[i];
		int64_t claim;

		if (early != (e->fixed && e->form != END_AFTER && e->start != UINT32_MAX))
			continue;
		claim = span_claim(c, e);
		if (claim < 0)
			continue;
		if (e->form == END_AFTER)
			claim += c->m->hlen;
		else if (e->form == END_PAYLOAD)
			claim += span_start(c, e);
		if (!take(c, claim))
			continue;
		if (!early && claim < (int64_t)c->m->hlen) {
			c->m->flags |= LAYER_BAD_LENGTH;
			continue;
		}
		if (e->form == END_AFTER || e->form == END_PAYLOAD)
			c->payload_end = claim;
		else
			c->layer_end = claim;
	}
}

/* Bytes of the fields after the payload. */
static uint32_t tail_bytes(struct cold *c, int64_t payload_end)
{
	const struct shape_cold *sc = c->s->cold;
	const struct record *rec = &c->s->proto->rec;
	int64_t bits = 0;

	if (sc->tail_pad)
		return payload_end < 0 ? 0 :
					 (uint32_t)((sc->tail_pad - payload_end % sc->tail_pad) %
						    sc->tail_pad);
	if (!sc->tail_walk)
		return sc->tail;
	if (!walk(c))
		return 0;
	for (unsigned i = rec->npre; i < rec->nfields; i++) {
		const struct field *f = &rec->fields[i];
		int64_t w = type_fixed_bits(f->type);

		if (w > 0 && !f->optional && (!f->cond || expr_eval(f->cond, c->x->scratch, 0, NULL)))
			bits += w;
	}
	return (uint32_t)((bits + 7) / 8);
}

/* Set apart the fields after the payload. outer: claimed end of what the layer stands in. */
static void tail(struct cold *c, uint32_t outer)
{
	struct run *x = c->x;
	uint32_t room = outer - x->off, n = tail_bytes(c, c->payload_end), all;

	if (c->payload_end >= 0) {
		if (n > room - (uint32_t)c->payload_end)
			n = room - (uint32_t)c->payload_end;
		all = (uint32_t)c->payload_end + n;
		narrow(x, c->payload_end);
	} else {
		all = x->end - x->off;
		if (n > all - c->m->hlen) { /* no room for it */
			n = 0;
			c->m->flags |= LAYER_BAD_HEADER;
		}
		x->end -= n;
		if (x->lim > x->end)
			x->lim = x->end;
	}
	c->m->end = x->off + all < x->p->len ? x->off + all : x->p->len;
	c->m->tail = c->m->end > x->lim ? (uint16_t)(c->m->end - x->lim) : 0;
}

bool measure_cold(struct run *x, const struct shape *s, struct extents *m)
{
	struct cold c = { .x = x,
			  .s = s,
			  .m = m,
			  .q = x->p->data + x->off,
			  .layer_end = -1,
			  .payload_end = -1 };
	uint32_t outer = x->end;
	bool ok;

	*m = (struct extents){ .flags = (uint16_t)(x->pass | x->once) };
	ends(&c, true);
	if (c.layer_end >= 0)
		narrow(x, c.layer_end);
	else if (c.payload_end >= 0)
		narrow(x, c.payload_end);
	ok = head(&c);
	m->end = x->lim;
	if (!ok)
		return false;
	if (c.layer_end < 0 && c.payload_end < 0) {
		ends(&c, false);
		if (c.layer_end >= 0)
			narrow(x, c.layer_end);
	}
	if (c.payload_end >= 0 && c.payload_end < (int64_t)m->hlen)
		c.payload_end = m->hlen;
	tail(&c, outer);
	return true;
}
