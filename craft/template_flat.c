/* SPDX-License-Identifier: BSD-2-Clause */
/* Most sweeps only count, through whole bytes, and under Internet sums: their packets are one flat
 * list of numbers to be written and summed up, without the divisions that a step out of order
 * takes. */
#include "craft/template_impl.h"

/* Does the sweep count, and do all its pieces? */
static bool counts(struct template *t, unsigned sweep, uint64_t seed)
{
	const struct sweep *s = plan_swept(t->plan, sweep);
	struct flat *f = &t->flat;
	struct linear l;
	unsigned n = 0;

	if (!sweep_linear(t->plan, sweep, seed, &l))
		return false;
	for (unsigned i = 0; i < t->nvary; i++) {
		if (t->piece[i].say != s->say)
			continue;
		n++;
		if (t->piece[i].bits != l.bits || t->piece[i].skip)
			return false;
		f->op[i].v = NULL;
		f->op[i].lo = l.lo;
		f->op[i].first = l.first;
		f->op[i].by = l.by;
		f->op[i].mask = l.mask;
		f->op[i].stride = l.stride;
		f->op[i].count = l.count;
	}
	return n == 1;
}

static bool list_ops(struct template *t, uint64_t seed)
{
	struct flat *f = &t->flat;

	if (t->nvary > FLAT_OPS || t->plan->nsweeps > FLAT_OPS)
		return false;
	f->nops = t->nvary;
	for (unsigned i = 0; i < t->nvary; i++) {
		const struct piece *p = &t->piece[i];

		if (p->from == FROM_RUN || p->le || p->bit % 8 || p->bits % 8)
			return false;
		f->op[i] = (struct flat_op) { .v = &p->v,
					      .at = p->bit / 8,
					      .bytes = p->bits / 8,
					      .bits = UINT64_MAX >> (64 - p->bits) };
	}
	f->nothers = 0;
	f->counted = true;
	for (unsigned k = 0; k < t->plan->nsweeps; k++) {
		const struct say *say = plan_swept(t->plan, k)->say;

		if (counts(t, k, seed))
			continue;
		f->other[f->nothers++] = k;
		for (unsigned i = 0; i < t->nvary; i++)
			if (t->piece[i].say == say)
				f->op[i].v = &t->piece[i].v;
	}
	for (unsigned i = 0; i < f->nops; i++)
		f->counted &= !f->op[i].v;
	return true;
}

/* Which sum writes this piece: its number; or nsums. */
static unsigned sum_of(const struct template *t, unsigned piece, unsigned before)
{
	for (unsigned k = 0; k < before; k++)
		if (t->sum[k].piece == piece)
			return k;
	return t->nsums;
}

static bool list_sums(struct template *t)
{
	struct flat *f = &t->flat;

	if (t->nsums > FLAT_SUMS)
		return false;
	f->nsums = t->nsums;
	for (unsigned k = 0; k < t->nsums; k++) {
		const struct sum_patch *s = &t->sum[k];

		if (!s->quick)
			return false;
		memset(f->sum[k].coef, 0, sizeof(f->sum[k].coef));
		f->sum[k].base = s->base;
		f->sum[k].at = t->piece[s->piece].bit / 8;
		f->sum[k].zero_none = s->zero_none;
		for (unsigned d = 0; d < s->ndeps; d++) {
			unsigned from = s->deps[d], other = sum_of(t, from, k);

			if (from < t->nvary)
				f->op[from].coef[k] = s->coef[d];
			else if (other < k)
				f->sum[k].coef[other] = s->coef[d];
			else /* one that stays as it is */
				f->sum[k].base += s->coef[d] * t->piece[from].fold;
		}
	}
	return true;
}

static void seek(struct flat *f, uint64_t i)
{
	for (unsigned k = 0; k < f->nops; k++) {
		struct flat_op *o = &f->op[k];
		uint64_t digit = i;

		if (o->v)
			continue;
		o->turn = 1;
		if (o->count) {
			digit = i / o->stride % o->count;
			o->turn = o->stride - i % o->stride;
		}
		o->left = o->count - digit;
		o->x = o->first + o->by * digit;
	}
}

bool flat_step(struct template *t, uint64_t i, uint64_t seed)
{
	struct flat *f = &t->flat;

	if (f->seed != seed || !f->works) {
		if (f->tried && !f->works)
			return false;
		f->tried = true;
		f->works = list_ops(t, seed) && list_sums(t);
		f->seed = seed;
		f->standing = false;
		if (!f->works)
			return false;
	}
	f->i = i;
	if (f->counted)
		return true;
	for (unsigned k = 0; k < f->nothers; k++)
		plan_step_one(t->plan, f->other[k], i, seed);
	for (unsigned k = 0; k < f->nops; k++)
		if (f->op[k].v && !piece_value(&t->piece[k], &t->piece[k].v))
			return false;
	return true;
}

static inline void advance(struct flat_op *o)
{
	if (--o->turn)
		return;
	o->turn = o->count ? o->stride : 1;
	o->x += o->by;
	if (o->count && !--o->left) {
		o->x = o->first;
		o->left = o->count;
	}
}

static inline void put_number(uint8_t *b, uint32_t bytes, uint64_t v)
{
	uint16_t w = htobe16((uint16_t)v);
	uint32_t d = htobe32((uint32_t)v);

	if (bytes == 2) {
		memcpy(b, &w, 2);
	} else if (bytes == 4) {
		memcpy(b, &d, 4);
	} else {
		for (; bytes; v >>= 8)
			b[--bytes] = (uint8_t)v;
	}
}

/* Write sum k, and give what it adds to those around it. */
static inline uint32_t put_sum(const struct flat *f, unsigned k, uint64_t acc, uint8_t *b)
{
	uint32_t w = ~fold16(acc) & 0xffff;

	w |= w || !f->sum[k].zero_none ? 0 : 0xffff;
	put_number(b + f->sum[k].at, 2, w);
	return w;
}

/* The sums are kept in variables of their own: in an array they would go through memory. many:
 * there is more than one. */
static inline __attribute__((always_inline)) void put_all(struct flat *f, uint8_t *b, bool next,
							  bool many)
{
	uint64_t a0 = f->sum[0].base, a1 = f->sum[1].base, a2 = f->sum[2].base, v;
	uint32_t w;

	for (struct flat_op *o = f->op, *end = o + f->nops; o < end; o++) {
		if (next && !o->v)
			advance(o);
		v = o->v ? *o->v : (o->lo + (o->x & o->mask)) & o->bits;
		put_number(b + o->at, o->bytes, v);
		v = fold33(v);
		a0 += o->coef[0] * v;
		a1 += many ? o->coef[1] * v : 0;
		a2 += many ? o->coef[2] * v : 0;
	}
	if (!f->nsums)
		return;
	w = put_sum(f, 0, a0, b);
	if (!many)
		return;
	a2 += f->sum[2].coef[0] * (uint64_t)w;
	w = put_sum(f, 1, a1 + f->sum[1].coef[0] * (uint64_t)w, b);
	if (f->nsums == 3)
		put_sum(f, 2, a2 + f->sum[2].coef[1] * (uint64_t)w, b);
}

void flat_put(struct template *t, uint8_t *b)
{
	struct flat *f = &t->flat;
	bool next = f->standing && f->i == f->at + 1;

	if (!next)
		seek(f, f->i);
	f->standing = true;
	f->at = f->i;
	if (f->nsums < 2)
		put_all(f, b, next, false);
	else
		put_all(f, b, next, true);
}
