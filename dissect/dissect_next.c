/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows a layer, the long way: guards, wide and conditional selectors, protocols that are
 * always there or only guessed, quotes, and layers side by side. */
#include "core/bits.h"
#include "dissect/dissect.h"
#include "dissect/dissect_impl.h"

bool decoded(struct run *x, const struct proto *proto)
{
	if (x->seen == proto && x->seen_off == x->off && x->seen_lim == x->lim)
		return true;
	x->seen = NULL;
	if (decode_header(x->scratch, x->p, proto, x->off, x->lim) < 0)
		return false;
	x->seen = proto;
	x->seen_off = x->off;
	x->seen_lim = x->lim;
	return true;
}

/* The fields of a layer that is recorded. */
static bool decoded_layer(struct run *x, int layer)
{
	x->seen = NULL;
	return decode(x->scratch, x->p, (unsigned)layer) == 0;
}

static bool ask(struct run *x, const struct code *c, int layer)
{
	const struct layer *l = &x->p->layers[layer];
	int64_t r;

	if (c->v)
		return code_true(c, x->p->data + l->off, l->hlen);
	if (!decoded_layer(x, layer))
		return false;
	r = expr_eval(c->expr, x->scratch, 0, NULL);
	return r != 0;
}

/* Does c, a condition of s, hold for the header at x->off? */
static bool holds(struct run *x, const struct shape *s, const struct code *c)
{
	const uint8_t *q = x->p->data + x->off;
	uint32_t room = x->lim - x->off;

	if (!c->expr)
		return true;
	if (!code_may(c, q, room))
		return false;
	if (c->v) /* what is not there cannot say that it is this protocol */
		return room >= c->need && code_true(c, q, room);
	if (!decoded(x, s->proto))
		return false;
	return expr_eval(c->expr, x->scratch, 0, NULL) != 0;
}

/* Does what the layer on trial says of those above it hold, with s above it? */
static bool above(struct run *x, const struct shape *s)
{
	struct packet *p = x->p;
	unsigned low = (unsigned)x->parent;
	const struct expr *through = p->layers[low].proto->through;
	uint32_t room = x->lim - x->off;
	bool ok;

	if (through->op == EX_NUM)
		return through->num != 0;
	if (room < s->min)
		return false;
	p->layers[low + 1] =
		(struct layer) { .proto = s->proto, .off = x->off, .hlen = s->min, .end = x->lim };
	p->nlayers = (uint8_t)(low + 2);
	ok = decoded_layer(x, (int)low);
	x->scratch->layer = low + 2; /* it sees both */
	ok = ok && expr_eval(through, x->scratch, 0, NULL) != 0;
	p->nlayers = (uint8_t)(low + 1);
	return ok;
}

/* Is there somebody who fits over s, at x->off? Where nothing of it is there, nobody can tell. A
 * header of which too little is there is none. */
static bool carries_one(struct run *x, const struct shape *s)
{
	const struct run before = *x;
	const uint8_t n = x->p->nlayers, flags = x->p->flags;
	bool ok = true;

	if (n + 2 > PACKET_LAYERS)
		return true;
	if (long_layer(x, s)) {
		x->trial = true;
		ok = follow_long(x, s) != NULL;
	} else if (x->p->nlayers > n) {
		ok = !(x->p->layers[n].flags & LAYER_BAD_HEADER);
	}
	*x = before;
	x->seen = NULL;
	x->p->nlayers = n;
	x->p->flags = flags;
	return ok;
}

/* Has the capture cut the header off before its guard can tell? */
static bool cut_off(const struct run *x, const struct shape *s)
{
	uint32_t need = s->cold->guard.need > s->min ? s->cold->guard.need : s->min;

	return x->lim == x->p->len && x->top > x->lim && x->lim - x->off < need;
}

bool fits(struct run *x, const struct shape *s)
{
	if (!s->proto || x->off >= x->lim)
		return false;
	if (x->trial && cut_off(x, s))
		return true;
	if (!holds(x, s, &s->cold->guard))
		return false;
	return x->trial ? above(x, s) : !s->proto->through || carries_one(x, s);
}

static const struct shape *first_fitting(struct run *x, const uint16_t *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (fits(x, &x->S->v[v[i]]))
			return &x->S->v[v[i]];
	}
	return NULL;
}

/* The candidates for one value of a space. */
static const struct shape *by_value(struct run *x, const struct space *sp, uint64_t value)
{
	uint16_t id = space_entry(sp, value);
	const struct shape *s = NULL;

	if (id > x->S->n)
		s = first_fitting(x, x->S->chain[id - x->S->n - 1].v,
				  x->S->chain[id - x->S->n - 1].n);
	else if (id)
		s = first_fitting(x, &id, 1);
	for (uint32_t i = 0; !s && value > UINT16_MAX && i < sp->nwide; i++) {
		if (value >= sp->wide[i].lo && value <= sp->wide[i].hi)
			s = first_fitting(x, &sp->wide[i].shape, 1);
	}
	return s;
}

/* The value of selector field f of a layer. */
static bool selector(struct run *x, const struct field *f, int layer, uint64_t *v)
{
	const struct layer *l = &x->p->layers[layer];
	uint32_t node;

	if (f->fixed_bit >= 0 && !f->cond && !f->optional && f->type->form == TYPE_LEAF &&
	    f->type->kind == &kind_uint && f->type->ext.form == EXTENT_KIND && f->type->bits &&
	    (uint32_t)f->fixed_bit + f->type->bits <= l->hlen * 8) {
		const uint8_t *q = x->p->data + l->off;

		*v = f->type->le ? bits_get_le(q, (uint32_t)f->fixed_bit, f->type->bits)
				 : bits_get(q, (uint32_t)f->fixed_bit, f->type->bits);
		return true;
	}
	if (!decoded_layer(x, layer))
		return false;
	node = tree_child(x->scratch, 0, f->index);
	if (node == NODE_NONE || (x->scratch->v[node].flags & (NODE_CUT | NODE_RAW)))
		return false;
	*v = x->scratch->v[node].num;
	return true;
}

static const struct shape *by_selectors(struct run *x, const struct shape *low)
{
	const struct proto *p = low->proto;

	for (unsigned i = 0; i < p->ncarries; i++) {
		const struct space *sp = low->cold->carries[i];
		const struct carries *ca = &p->carries[i];

		if (!sp || (ca->cond && !ask(x, &low->cold->carries_cond[i], x->parent)))
			continue;
		for (unsigned k = 0; k < ca->nfields; k++) {
			const struct shape *s;
			uint64_t v;

			if (selector(x, &p->rec.fields[ca->field[k]], x->parent, &v) &&
			    (s = by_value(x, sp, v)))
				return s;
		}
	}
	return NULL;
}

/* What earlier packets have announced at the values of this layer. */
static const struct shape *by_heard(struct run *x, const struct shape *low)
{
	const struct proto *p = low->proto, *found;

	for (unsigned i = 0; i < p->ncarries; i++) {
		const struct carries *ca = &p->carries[i];

		if (ca->cond && !ask(x, &low->cold->carries_cond[i], x->parent))
			continue;
		for (unsigned k = 0; k < ca->nfields; k++) {
			unsigned at = 0;
			uint64_t v;

			if (!selector(x, &p->rec.fields[ca->field[k]], x->parent, &v))
				continue;
			while ((found = heard_next(x->heard, ca->space, v, &at))) {
				if (fits(x, found->shape))
					return found->shape;
			}
		}
	}
	return NULL;
}

const struct shape *follow_long(struct run *x, const struct shape *low)
{
	const struct shape *s;

	x->once = 0;
	if (!low && x->first)
		return fits(x, x->first) ? x->first : NULL;
	if (!low)
		return x->S->link ? by_value(x, x->S->link, x->p->link) : NULL;
	s = by_selectors(x, low);
	for (const uint16_t *a = low->cold->always; !s && a && *a; a++)
		s = first_fitting(x, a, 1);
	if (!s && x->heard)
		s = by_heard(x, low);
	if (s || x->trial) /* by their looks others fit than those that it carries */
		return s;
	for (const uint16_t *g = x->S->guess[x->p->data[x->off]]; !s && g && *g; g++) {
		const struct shape *look = &x->S->v[*g];

		if (!(look->cold->looks & low->cold->holds) || !fits(x, look) ||
		    !holds(x, look, &look->cold->guess))
			continue;
		s = look;
		x->once = LAYER_GUESS;
	}
	return s;
}

bool may_look_inside(struct run *x, const struct shape *s, const struct shape **next)
{
	const struct shape_cold *c = s->cold;
	int i = x->parent;

	if (c->opaque.expr && ask(x, &c->opaque, i)) {
		x->p->layers[i].flags |= LAYER_OPAQUE;
		return false;
	}
	if (c->excerpt.expr && ask(x, &c->excerpt, i)) {
		x->p->layers[i].flags |= LAYER_EXCERPT;
		x->pass |= LAYER_EXCERPT;
	}
	if (c->quotes.expr && ask(x, &c->quotes, i)) {
		x->pass |= LAYER_QUOTED | LAYER_EXCERPT;
		if (c->quoted) {
			if (!fits(x, &x->S->v[c->quoted]))
				return false;
			*next = &x->S->v[c->quoted];
		}
	}
	return true;
}

const struct shape *beside(struct run *x)
{
	struct packet *p = x->p;

	if (p->flags & PACKET_DEEP)
		return NULL;
	for (int i = p->nlayers - 1, up; i >= 0; i = up) {
		const struct layer *l = &p->layers[i];
		const struct shape *s = l->proto->shape;
		uint32_t lim;

		up = packet_parent(p, (unsigned)i);
		lim = up < 0 ? p->len : p->layers[up].end - p->layers[up].tail;
		if (!(s->flags & SHAPE_BESIDE) || l->end >= lim || l->end <= l->off ||
		    (l->flags & (LAYER_CUT | LAYER_BAD_HEADER)))
			continue;
		x->off = l->end;
		x->lim = lim;
		x->end = up < 0 ? x->top : x->ctx[up].end;
		x->pass = up < 0 ? 0 : x->ctx[up].pass;
		x->told = up < 0 ? false : x->ctx[up].told;
		x->parent = (int8_t)up;
		s = follow_long(x, up < 0 ? NULL : p->layers[up].proto->shape);
		if (s && (s->flags & SHAPE_BESIDE))
			return s;
	}
	return NULL;
}

/* ---- who is inside whom ---- */

bool packet_payload(const struct packet *p, unsigned i, uint32_t *from, uint32_t *to)
{
	const struct layer *l = &p->layers[i];

	*from = l->off + l->hlen;
	*to = l->end - l->tail;
	if (*to < *from)
		*to = *from;
	return *from < *to;
}

struct packet packet_part(const struct packet *p, unsigned i, uint16_t link)
{
	const struct layer *l = &p->layers[i];
	struct packet q = *p;

	q.link = link;
	q.nlayers = 0;
	q.data += l->off;
	q.len = q.wire_len = l->end - l->off;
	/* Of a cut packet what is missing is missing from what reaches its end. */
	if (l->end == p->len && p->wire_len > p->len)
		q.wire_len += p->wire_len - p->len;
	return q;
}

bool packet_carries(const struct packet *p, int i)
{
	unsigned next = (unsigned)(i + 1);

	return next < p->nlayers && packet_parent(p, next) == i;
}

bool packet_rest(const struct packet *p, int i, uint32_t *from, uint32_t *to)
{
	if (i < 0) {
		*from = 0;
		*to = p->len;
	} else {
		packet_payload(p, (unsigned)i, from, to);
	}
	for (unsigned k = (unsigned)(i + 1); k < p->nlayers && *from < *to; k++) {
		if (packet_parent(p, k) == i && p->layers[k].end > *from)
			*from = p->layers[k].end;
		if (i >= 0 && p->layers[k].off >= *to)
			break;
	}
	return *from < *to;
}

int packet_layer(const struct packet *p, const struct proto *proto, unsigned nth)
{
	for (unsigned i = 0; i < p->nlayers; i++) {
		if (p->layers[i].proto == proto && --nth == 0)
			return (int)i;
	}
	return LAYER_NONE;
}
