/* SPDX-License-Identifier: BSD-2-Clause */
/* Sweeps: which value a field has in the i-th packet. Every value is a function of the step and the
 * seed alone, so that any step can be made in any order. */
#include "notation/parser.h"

/* Between two fresh values: an odd factor runs through all of 2^n before one comes again. */
#define FRESH_BY UINT64_C(0x9e3779b97f4a7c15)

/* splitmix64 (Steele, Lea, Flood 2014): a good mix of a counter. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static uint64_t draw(uint64_t seed, unsigned which, uint64_t step, uint32_t k)
{
	return mix(mix(mix(seed) ^ which) ^ mix(step) ^ (uint64_t)k << 40);
}

u128 value_wide(const struct type *type, const struct value *v)
{
	u128 w = 0;

	if (!v->p)
		return v->num;
	for (uint32_t i = 0; i < v->len && i < 16; i++)
		w = w << 8 | v->p[type && type->le ? v->len - 1 - i : i];
	return w;
}

static u128 sweep_wide(const struct sweep *s, const struct value *v)
{
	if (s->type && s->type->kind->cls != KIND_ADDR)
		return s->type->kind == &kind_int ? (u128)v->num ^ (u128)1 << 63 : v->num;
	return value_wide(s->type, v);
}

/* Room for the sweep's place in the plan; the array may move. */
static struct sweep *make_room(struct parser *ps)
{
	struct plan *p = ps->p;
	struct sweep *v;

	if ((p->nsweeps & (p->nsweeps - 1)) == 0) { /* full at 0, 1, 2, 4, ... */
		v = arena_alloc(&p->mem, (p->nsweeps ? p->nsweeps * 2 : 1) * sizeof(*v));
		if (!v)
			return NULL;
		for (unsigned i = 0; i < p->nsweeps; i++) {
			v[i] = p->sweeps[i];
			v[i].say->sweep = &v[i];
		}
		p->sweeps = v;
	}
	return &p->sweeps[p->nsweeps];
}

struct sweep *sweep_new(struct parser *ps, unsigned layer, struct say *say, const struct field *f,
			const struct type *type, unsigned nitem)
{
	struct sweep *s = make_room(ps);

	if (!s || !(s->item = arena_alloc(&ps->p->mem, nitem * sizeof(*s->item)))) {
		text_nomem(ps);
		return NULL;
	}
	ps->p->nsweeps++;
	s->say = say;
	s->layer = layer;
	s->field = f;
	s->type = type;
	s->nitem = nitem;
	say->sweep = s;
	say->form = SAY_VALUE;
	if (type->kind->cls == KIND_ADDR)
		s->cap = (type->kind->bits ? type->kind->bits : type->bits) / 8;
	if (type->kind->cls == KIND_BYTES || type->kind->cls == KIND_TEXT)
		s->cap = say->cur.len; /* rand:n */
	s->scratch = arena_alloc(&ps->p->mem, s->cap + 1);
	if (!s->scratch) {
		text_nomem(ps);
		return NULL;
	}
	return s;
}

void sweep_finish(struct sweep *s)
{
	s->count = 0;
	s->same_size = true;
	for (unsigned i = 0; i < s->nitem; i++) {
		const struct sweep_item *it = &s->item[i];

		s->count = s->count + it->count < s->count ? UINT64_MAX : s->count + it->count;
		if (it->form == ITEM_BYTES && it->p && it->len != s->item[0].len)
			s->same_size = false;
	}
	if (s->type->kind->cls == KIND_NAME ||
	    (s->type->kind->cls == KIND_NUM &&
	     (s->type->ext.form != EXTENT_KIND || (!s->type->kind->bits && !s->type->bits))))
		s->same_size = false;
}

void sweeps_settle(struct plan *p)
{
	uint64_t stride = 1;

	for (unsigned i = p->nsweeps; i-- > 0;) {
		struct sweep *s = &p->sweeps[i];

		s->stride = stride;
		if (__builtin_mul_overflow(stride, s->count, &stride))
			stride = UINT64_MAX;
	}
	plan_step(p, 0, 0);
}

uint64_t plan_count(const struct plan *p)
{
	uint64_t n = 1;

	for (unsigned i = 0; i < p->nsweeps; i++) {
		if (__builtin_mul_overflow(n, p->sweeps[i].count, &n))
			return UINT64_MAX;
	}
	return n;
}

const struct sweep *plan_swept(const struct plan *p, unsigned i)
{
	return i < p->nsweeps ? &p->sweeps[i] : NULL;
}

static u128 rand_between(u128 lo, u128 hi, uint64_t a, uint64_t b)
{
	u128 size = hi - lo + 1;

	if (size == 0) /* all of 128 bits */
		return (u128)a << 64 | b;
	if (size >> 64)
		return lo + ((u128)a << 64 | b) % size;
	return lo + ((u128)a * size >> 64);
}

static u128 item_value(const struct sweep *s, const struct sweep_item *it, unsigned which,
		       uint64_t digit, uint64_t step, uint64_t seed)
{
	switch (it->form) {
	case ITEM_RANGE: return it->lo + digit;
	case ITEM_RAND:
		return rand_between(it->lo, it->hi, draw(seed, which, step, 0),
				    draw(seed, which, step, 1));
	case ITEM_INC:
		if (!s->fresh)
			return it->lo + it->hi * step;
		return it->lo + ((draw(seed, which, 0, 0) + step * FRESH_BY) & (uint64_t)it->hi);
	default: return it->lo;
	}
}

static void put_wide(struct sweep *s, u128 w)
{
	struct value *v = &s->say->cur;
	unsigned bits = s->type->kind->bits ? s->type->kind->bits : s->type->bits;

	if (s->type->kind->cls == KIND_ADDR) {
		for (unsigned i = s->cap; i-- > 0; w >>= 8)
			s->scratch[s->type->le ? s->cap - 1 - i : i] = (uint8_t)w;
		v->p = s->scratch;
		v->len = s->cap;
		return;
	}
	v->p = NULL;
	v->num = (uint64_t)w;
	if (s->type->kind == &kind_int) {
		v->num ^= (uint64_t)1 << 63;
		if (bits && bits < 64) /* inc may run over the top */
			v->num = (uint64_t)((int64_t)(v->num << (64 - bits)) >> (64 - bits));
	} else if (bits && bits < 64) {
		v->num &= ((uint64_t)1 << bits) - 1;
	}
}

static void put_random(struct sweep *s, unsigned which, uint64_t step, uint64_t seed)
{
	for (uint32_t i = 0; i < s->cap; i += 8) {
		uint64_t r = draw(seed, which, step, i);

		for (uint32_t k = i; k < i + 8 && k < s->cap; k++, r >>= 8)
			s->scratch[k] = (uint8_t)r;
	}
	s->say->cur.p = s->scratch;
	s->say->cur.len = s->cap;
}

void plan_step_one(struct plan *p, unsigned k, uint64_t i, uint64_t seed)
{
	struct sweep *s = &p->sweeps[k];
	/* Divisions are what a step costs: none for rand and inc, one for the fastest. */
	uint64_t digit = s->count == 1 ? 0 : (s->stride == 1 ? i : i / s->stride) % s->count;
	const struct sweep_item *it = s->item;

	while (digit >= it->count)
		digit -= it++->count;
	if (it->form == ITEM_BYTES) {
		s->say->cur.p = it->p;
		s->say->cur.len = it->len;
		s->say->cur.num = (uint64_t)it->lo;
	} else if (it->form == ITEM_RAND_BYTES) {
		put_random(s, k, i, seed);
	} else {
		put_wide(s, item_value(s, it, k, digit, i, seed));
	}
}

int plan_step(struct plan *p, uint64_t i, uint64_t seed)
{
	for (unsigned k = 0; k < p->nsweeps; k++)
		plan_step_one(p, k, i, seed);
	return 0;
}

bool sweep_linear(const struct plan *p, unsigned k, uint64_t seed, struct linear *out)
{
	const struct sweep *s = &p->sweeps[k];
	const struct sweep_item *it = s->item;
	bool addr = s->type && s->type->kind->cls == KIND_ADDR;
	unsigned bits;

	if (s->nitem != 1 || !s->type || (s->type->le && addr) || s->type->kind == &kind_int)
		return false;
	bits = s->type->kind->bits ? s->type->kind->bits : s->type->bits;
	bits = addr ? s->cap * 8 : bits;
	*out = (struct linear) { .lo = (uint64_t)it->lo,
				 .by = 1,
				 .mask = UINT64_MAX,
				 .stride = s->stride,
				 .count = s->count,
				 .bits = bits };
	if (it->form == ITEM_INC) {
		out->count = 0;
		out->by = (uint64_t)it->hi;
	}
	if (it->form == ITEM_INC && s->fresh) {
		out->first = draw(seed, k, 0, 0);
		out->by = FRESH_BY;
		out->mask = (uint64_t)it->hi;
	}
	return bits && bits <= 64 && (it->form == ITEM_INC || it->form == ITEM_RANGE);
}

bool sweep_has(const struct sweep *s, const struct value *v)
{
	u128 w = s->type ? sweep_wide(s, v) : 0;

	for (unsigned i = 0; i < s->nitem; i++) {
		const struct sweep_item *it = &s->item[i];

		if (it->form == ITEM_BYTES && it->p) {
			if (it->len == v->len && !memcmp(it->p, v->p, v->len))
				return true;
		} else if (it->form == ITEM_BYTES) {
			if (it->lo == v->num)
				return true;
		} else if (it->form == ITEM_RAND_BYTES) {
			if (v->len == it->len)
				return true;
		} else if (w >= it->all_lo && w <= it->all_hi) {
			return true;
		}
	}
	return false;
}

/* ---- fresh ---- */

int sweep_fresh(struct parser *ps, unsigned layer, struct say *say, const struct field *f)
{
	const struct type *type = f->type;
	uint32_t bytes;
	unsigned bits;
	struct sweep_item *it;
	struct sweep *s;

	if (!field_draws(f, &bits, &bytes))
		return text_fail(ps, say->at, say->span,
				 "%s is neither a number nor bytes of fixed size", f->name);
	say->cur = (struct value) { .len = bytes };
	s = sweep_new(ps, layer, say, f, type, 1);
	if (!s)
		return -1;
	it = s->item;
	it->count = 1;
	if (!bits) {
		it->form = ITEM_RAND_BYTES;
		it->len = bytes;
		sweep_finish(s);
		s->fresh = true;
		return 0;
	}
	it->form = ITEM_INC;
	/* The upper half: never 0, which some read as "none". A port: RFC 6335's dynamic ones. */
	it->hi = ((u128)1 << (bits - (f->selects && bits == 16 ? 2 : 1))) - 1;
	it->lo = ((u128)1 << bits) - 1 - it->hi;
	if (type->kind == &kind_int && !type->bits)
		it->lo += (u128)1 << 63; /* as put_wide() counts them */
	it->all_hi = ~(u128)0;
	sweep_finish(s);
	s->fresh = true;
	return 0;
}

/* Does a layer inside this one want a value of f (as DHCP does of both ports)? */
static bool wanted(struct parser *ps, unsigned layer, const struct field *f)
{
	struct plan *p = ps->p;

	for (unsigned k = layer + 1; k < p->n; k++) {
		struct plan_layer *l = &p->layer[k];
		struct scope sc = { NULL, l->proto ? &l->proto->rec : NULL, &l->say, k };
		int at = l->parent;

		while (at > (int)layer && p->layer[at].proto != f->rec->proto)
			at = p->layer[at].parent;
		for (unsigned i = 0; at == (int)layer && l->proto && i < l->proto->nwants; i++) {
			const struct want *x = &l->proto->wants[i];
			struct known holds = { true, 1 };

			if (x->field != f)
				continue;
			if (x->cond)
				holds = say_eval(ps, &sc, x->cond);
			if (!holds.ok || holds.v)
				return true;
		}
	}
	return false;
}

int plan_fresh(struct plan *p, struct err *e)
{
	struct parser ps = {
		.p = p, .reg = p->reg, .e = e, .s = p->text, .n = p->text_len, .work = EVAL_WORK
	};
	int n = 0;

	for (unsigned i = 0; i < p->n; i++) {
		struct plan_layer *l = &p->layer[i];
		const struct record *rec = l->proto ? &l->proto->rec : NULL;
		struct scope sc = { NULL, rec, &l->say, i };

		for (unsigned k = 0; rec && k < rec->nfields; k++) {
			const struct field *f = &rec->fields[k];
			struct say *say = say_find(l->say, f->name);
			struct known there = { true, 1 };

			if (!f->fresh || f->optional || (say && say->form != SAY_AUTO) ||
			    wanted(&ps, i, f))
				continue;
			if (f->cond)
				there = say_eval(&ps, &sc, f->cond);
			if (!there.ok || !there.v)
				continue;
			if (!say) {
				say = say_new(&ps, &l->say);
				if (!say)
					return -1;
				say->implied = true;
			}
			say->name = f->name;
			say->at = l->at;
			say->span = l->span;
			if (sweep_fresh(&ps, i, say, f))
				return -1;
			n++;
		}
	}
	sweeps_settle(p);
	return n;
}
