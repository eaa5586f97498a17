/* SPDX-License-Identifier: BSD-2-Clause */
/* Extents of layers whose lengths one 16-bit load does not tell: odd length fields, headers that
 * vary, fields after the payload. */
#include "core/bits.h"
#include "core/message.h"
#include "core/walk.h"
#include "dissect/dissect_impl.h"

struct cold {
	struct run *x;
	const struct shape *s;
	struct extents *m;
	const uint8_t *q;
	int64_t layer_end, payload_end; /* claimed, from off; -1: not told */
	bool must_walk;                 /* only the decoded header told its own end */
};

static uint64_t load(const struct field *f, const uint8_t *q)
{
	uint32_t bit = (uint32_t)f->fixed_bit;

	return f->type->le ? bits_get_le(q, bit, f->type->bits) : bits_get(q, bit, f->type->bits);
}

static bool walk(struct cold *c)
{
	return decoded(c->x, c->s->proto);
}

/* ---- header length ---- */

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
	m->flags |= x->scratch->lflags & LAYER_DEEP;
	if (!(m->flags & LAYER_EXCERPT))
		m->flags |= x->scratch->lflags & LAYER_BAD_LENGTH;
	if (x->scratch->lflags & (LAYER_CUT | LAYER_BAD_HEADER))
		m->flags |= x->end > x->lim || (m->flags & LAYER_EXCERPT) ? LAYER_CUT
									  : LAYER_BAD_HEADER;
}

/* Fills m->hlen; false: the layer ends there. */
static bool head(struct cold *c)
{
	const struct shape *s = c->s;
	struct run *x = c->x;
	struct extents *m = c->m;
	int64_t n = -1;

	switch (c->must_walk ? HEAD_WALK : s->head) {
	case HEAD_CONST: n = s->min; break;
	case HEAD_SCALED:
		n = (int32_t)(((be16(c->q + s->h_off) & s->h_mask) * s->h_mul >> 16) + s->h_add);
		n = n < 0 ? 0 : n; /* too short, not unknown */
		break;
	case HEAD_REST:
		if (!(s->flags & SHAPE_TOLD) || x->told)
			n = x->end - x->off;
		break;
	case HEAD_TABLE:
	case HEAD_USUAL:
	case HEAD_STEPS: n = size_run(s->cold, c->q, x->lim - x->off, x->end - x->off); break;
	default: break;
	}
	if (n < 0) {
		head_walk(c);
		return m->hlen && !(m->flags & (LAYER_CUT | LAYER_BAD_HEADER | LAYER_DEEP));
	}
	if (n < s->min) {
		m->flags |= LAYER_BAD_LENGTH;
		m->hlen = s->min < x->lim - x->off ? s->min : x->lim - x->off;
		return false;
	}
	m->hlen = (uint32_t)n;
	if (n > x->lim - x->off) {
		m->hlen = x->lim - x->off;
		m->flags |= n <= x->end - x->off || (m->flags & LAYER_EXCERPT) ? LAYER_CUT
									       : LAYER_BAD_LENGTH;
		return false;
	}
	return m->hlen > 0 || s->proto->rec.npre == 0; /* a trailer may be all there is */
}

/* ---- the end ---- */

/* May the message go on in another packet? Not where no layer below is a part of a stream. */
static bool goes_on(const struct cold *c)
{
	const struct packet *p = c->x->p;

	if (!c->s->proto->message)
		return false;
	for (unsigned i = 0; i < p->nlayers; i++) {
		if (p->layers[i].proto->segment)
			return true;
	}
	return p->nlayers == 0;
}

/* Take a claimed end (bytes from off) if it can be. */
static bool take(struct cold *c, int64_t claim)
{
	struct run *x = c->x;

	if (claim == MESSAGE_REST)
		return false;
	if (claim < (int64_t)c->s->min) {
		c->m->flags |= LAYER_BAD_LENGTH;
		return false;
	}
	if (claim > (int64_t)(x->end - x->off)) {
		/* A message of a stream goes on in the next segment. */
		if (goes_on(c))
			c->m->flags |= LAYER_EXCERPT;
		else if (!(x->pass & LAYER_EXCERPT))
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
	int64_t bits, claim;

	if (!e->field && e->fixed)
		return code_run(&c->s->cold->message, c->q, c->x->lim - c->x->off);
	if (!e->field) { /* 0: it cannot be told yet, so it goes on */
		claim = walk(c) ? message_claims(c->s->proto, c->x->scratch, NULL) : -1;
		return claim ? claim : INT64_MAX / 2;
	}
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

/* When an end is known. */
enum when {
	AT_ONCE, /* one load tells it */
	DECODED, /* the header must be decoded for it */
	AFTER    /* it counts from the header's end */
};

static enum when when_known(const struct end_rule *e)
{
	if (e->form == END_AFTER)
		return AFTER;
	return e->fixed && e->start != UINT32_MAX ? AT_ONCE : DECODED;
}

static void ends(struct cold *c, enum when when)
{
	const struct shape_cold *sc = c->s->cold;

	for (unsigned i = 0; i < sc->nend && c->layer_end < 0 && c->payload_end < 0; i++) {
		const struct end_rule *e = &sc->end[i];
		int64_t claim;

		if (when_known(e) != when)
			continue;
		claim = span_claim(c, e);
		if (claim < 0)
			continue;
		if (e->form == END_AFTER)
			claim += c->m->hlen;
		else if (e->form == END_PAYLOAD || e->form == END_WHOLE)
			claim += span_start(c, e);
		if (!take(c, claim))
			continue;
		if (e->form == END_AFTER || e->form == END_PAYLOAD)
			c->payload_end = claim;
		else
			c->layer_end = claim;
	}
}

/* Bits of a field after the payload; -1: it takes what there is. */
static int64_t tail_field(struct cold *c, const struct field *f)
{
	const struct extent *x = &f->type->ext;
	int64_t w = type_fixed_bits(f->type);

	if (w < 0 && x->form == EXTENT_BYTES) { /* an earlier field says how many */
		w = expr_eval(x->expr, c->x->scratch, 0, NULL);
		w = w < 0 ? 0 : w > PACKET_MAX ? PACKET_MAX * 8 : w * 8;
	}
	return w;
}

/* Bytes of the fields after the payload. One that takes what there is ends with the layer, where
 * something says where the payload ends. */
static uint32_t tail_bytes(struct cold *c, int64_t payload_end)
{
	const struct shape_cold *sc = c->s->cold;
	const struct record *rec = &c->s->proto->rec;
	int64_t bits = 0;

	if (sc->tail_pad)
		return payload_end < 0 ? 0
				       : (uint32_t)((sc->tail_pad - payload_end % sc->tail_pad) %
						    sc->tail_pad);
	if (!sc->tail_walk)
		return sc->tail;
	if (!walk(c))
		return 0;
	for (unsigned i = rec->npre; i < rec->nfields; i++) {
		const struct field *f = &rec->fields[i];
		int64_t w;

		if (f->cond && !expr_eval(f->cond, c->x->scratch, 0, NULL))
			continue;
		w = tail_field(c, f);
		if (w < 0 && payload_end >= 0)
			return UINT16_MAX;
		if (w > 0 && !f->optional)
			bits += w;
	}
	return bits / 8 < UINT16_MAX ? (uint32_t)((bits + 7) / 8) : UINT16_MAX;
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
	struct cold c = {
		.x = x, .s = s, .m = m, .q = x->p->data + x->off, .layer_end = -1, .payload_end = -1
	};
	uint32_t outer = x->end;
	bool ok;

	*m = (struct extents) { .flags = (uint16_t)(x->pass | x->once) };
	ends(&c, AT_ONCE);
	if (c.layer_end < 0 && c.payload_end < 0) {
		ends(&c, DECODED);
		c.must_walk = c.layer_end >= 0 || c.payload_end >= 0;
	}
	if (c.layer_end >= 0)
		narrow(x, c.layer_end);
	else if (c.payload_end >= 0)
		narrow(x, c.payload_end);
	ok = head(&c);
	m->end = x->lim;
	x->pass |= m->flags & LAYER_EXCERPT;
	if (!ok)
		return false;
	if (c.layer_end < 0 && c.payload_end < 0)
		ends(&c, AFTER);
	tail(&c, outer);
	return true;
}
