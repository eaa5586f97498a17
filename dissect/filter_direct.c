/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of numbers and short addresses at fixed places: compared as they stand in the header,
 * without visiting values one by one. Most filters are made of such. */
#include <string.h>

#include "core/bits.h"
#include "dissect/filter_impl.h"

#define DIRECT_LOADS 4u
#define DIRECT_RANGES 16u
#define SIGN (UINT64_C(1) << 63)

struct direct_load { /* one way to a value */
	const struct proto *proto;
	const struct quick *quick; /* its condition, and where view.v is there its value */
	const struct word *word;
	uint32_t bit, need; /* of the header; bytes that it reaches into */
	uint16_t width;
	bool le;
	uint64_t flip; /* signed numbers are compared as others with the highest bit changed */
	unsigned sign; /* bits of a signed number; 0: it is none */
	uint64_t keep[DIRECT_RANGES]; /* bits of it that are compared: networks */
	uint64_t lo[DIRECT_RANGES], hi[DIRECT_RANGES];
};

struct direct {
	struct direct_load load[DIRECT_LOADS];
	unsigned nloads, nranges;
	uint64_t mask; /* `& number`; 0: none */
	uint8_t cmp;   /* enum cmp */
};

/* What a literal is for the values of one load. False: not one number. */
static bool literal_number(const struct literal *lit, const struct ref *r,
			   const struct direct_load *l, uint64_t *v, uint64_t *keep)
{
	const struct field *field = l->quick && l->quick->view.v ? NULL : r->field;
	const struct reading *found = NULL;

	*keep = UINT64_MAX;
	for (unsigned i = 0; field && i < lit->nreadings; i++) {
		if (lit->reading[i].type != field->type || lit->reading[i].field != field)
			continue;
		if (found) /* a word of several values */
			return false;
		found = &lit->reading[i];
	}
	if (field && field->type->kind->cls == KIND_ADDR) {
		if (!found || found->v.len * 8 != l->width)
			return false;
		*v = bits_get(found->addr, 0, l->width);
		if (found->masked)
			*keep = bits_get(found->mask, 0, l->width);
		return true;
	}
	if (!found && !lit->has_num)
		return false;
	*v = (found ? found->v.num : lit->num) ^ l->flip;
	return true;
}

static bool make_load(const struct ref *r, struct direct_load *l)
{
	const struct field *f = r->field;
	const struct type *t;

	*l = (struct direct_load) { .proto = r->proto, .quick = r->quick, .word = r->word };
	if (!r->proto || r->nth || (!r->fixed && !r->quick))
		return false;
	if (r->quick)
		l->need = r->quick->need;
	if (r->quick && r->quick->view.v)
		return !r->word;
	t = f->type;
	l->width = (uint16_t)(t->kind->bits ? t->kind->bits : t->bits);
	if (l->width > 64 || (t->kind->cls != KIND_NUM && t->kind->cls != KIND_ADDR))
		return false;
	l->bit = (uint32_t)f->fixed_bit;
	l->le = t->le && t->kind->cls == KIND_NUM;
	if (t->kind == &kind_int && !r->word) {
		l->flip = SIGN;
		l->sign = l->width;
	}
	if ((l->bit + l->width + 7) / 8 > l->need)
		l->need = (l->bit + l->width + 7) / 8;
	return true;
}

/* Addresses and signed numbers have no bits to be asked for. */
static bool make_ranges(const struct test *t, const struct ref *r, struct direct *d,
			struct direct_load *l)
{
	bool addr = l->width && r->field->type->kind->cls == KIND_ADDR;
	uint64_t keep;

	if (d->mask && (addr || l->sign || l->word))
		return false;
	if (t->cmp == CMP_EXISTS)
		return true;
	if (t->cmp != CMP_IN) {
		d->nranges = 1;
		return literal_number(&t->b.lit, r, l, &l->lo[0], &l->keep[0]);
	}
	for (unsigned i = 0; i < t->nset; i++) {
		if (!literal_number(&t->set[i].lo, r, l, &l->lo[i], &l->keep[i]))
			return false;
		l->hi[i] = l->lo[i];
		if (t->set[i].has_hi && (!literal_number(&t->set[i].hi, r, l, &l->hi[i], &keep) ||
					 keep != UINT64_MAX || l->keep[i] != UINT64_MAX))
			return false;
	}
	d->nranges = t->nset;
	return true;
}

bool direct_make(struct filter *f, struct test *t)
{
	struct direct d = { .mask = t->a.mask, .cmp = t->cmp };

	if (t->a.fn || t->a.nslices || t->b.ref || t->cmp == CMP_CONTAINS ||
	    t->cmp == CMP_MATCHES || t->nset > DIRECT_RANGES)
		return true;
	for (const struct ref *r = t->a.ref; r; r = r->next) {
		struct direct_load *l = &d.load[d.nloads];

		if (d.nloads == DIRECT_LOADS || !make_load(r, l) || !make_ranges(t, r, &d, l))
			return true;
		d.nloads++;
	}
	if (!d.nloads)
		return true;
	struct direct *copy = arena_alloc(&f->mem, sizeof(*copy));

	if (copy)
		*copy = d;
	t->direct = copy;
	return copy != NULL;
}

static bool is_view(const struct direct_load *l)
{
	return l->quick && l->quick->view.v;
}

/* The bits as they stand there. */
static uint64_t bits_of(const struct direct_load *l, const uint8_t *q)
{
	const uint8_t *b = q + l->bit / 8;

	if (l->bit % 8 == 0 && l->width == 8)
		return *b;
	if (l->bit % 8 == 0 && l->width == 16 && !l->le)
		return (uint64_t)b[0] << 8 | b[1];
	if (l->bit % 8 == 0 && l->width == 32 && !l->le)
		return (uint64_t)b[0] << 24 | (uint64_t)b[1] << 16 | (uint64_t)b[2] << 8 | b[3];
	return l->le ? bits_get_le(q, l->bit, l->width) : bits_get(q, l->bit, l->width);
}

static uint64_t value_of(const struct direct_load *l, const uint8_t *q, uint32_t hlen)
{
	uint64_t v;

	if (is_view(l))
		return (uint64_t)code_run(&l->quick->view, q, hlen);
	v = bits_of(l, q);
	if (l->sign)
		v = (uint64_t)sign_extend(v, l->sign) ^ l->flip;
	return l->word ? (v & l->word->mask) == l->word->value : v;
}

static bool compare(const struct direct *d, const struct direct_load *l, uint64_t v)
{
	uint64_t keep = l->keep[0], lo = l->lo[0];

	switch (d->cmp) {
	case CMP_EXISTS: return true;
	case CMP_EQ:
	case CMP_ALL_EQ: return (v & keep) == lo;
	case CMP_NE:
	case CMP_ANY_NE: return (v & keep) != lo;
	case CMP_LT: return (v & keep) < lo;
	case CMP_LE: return (v & keep) <= lo;
	case CMP_GT: return (v & keep) > lo;
	case CMP_GE: return (v & keep) >= lo;
	default: break;
	}
	for (unsigned i = 0; i < d->nranges; i++) {
		if ((v & l->keep[i]) >= l->lo[i] && (v & l->keep[i]) <= l->hi[i])
			return true;
	}
	return false;
}

/* Is the value there, and does it say what is asked for? */
static enum direct_says says(const struct direct *d, const struct direct_load *l,
			     const struct packet *p, const struct layer *at)
{
	const uint8_t *q = p->data + at->off;
	uint64_t v;

	/* Where a header is cut, who decodes it knows what is there. */
	if (l->need > at->hlen)
		return l->quick ? DIRECT_ASK : DIRECT_ABSENT;
	if (l->quick && l->quick->cond.v && !code_true(&l->quick->cond, q, at->hlen))
		return DIRECT_ABSENT;
	v = value_of(l, q, at->hlen);
	if (d->mask) {
		v &= d->mask;
		if (!v && d->cmp == CMP_EXISTS)
			return DIRECT_ABSENT;
	}
	return compare(d, l, v) ? DIRECT_YES : DIRECT_NO;
}

enum direct_says direct_test(const struct direct *d, const struct packet *p)
{
	bool all = d->cmp == CMP_NE || d->cmp == CMP_ALL_EQ, seen = false;

	for (unsigned i = 0; i < p->nlayers; i++) {
		for (unsigned k = 0; k < d->nloads; k++) {
			enum direct_says a;

			if (d->load[k].proto != p->layers[i].proto)
				continue;
			a = says(d, &d->load[k], p, &p->layers[i]);
			if (a == DIRECT_ASK || (a == DIRECT_YES && !all) || (a == DIRECT_NO && all))
				return a;
			seen |= a != DIRECT_ABSENT;
		}
	}
	return all && seen ? DIRECT_YES : DIRECT_NO;
}

/* ---- what one byte alone tells ---- */

#define PROBE 64u /* bytes of a header */

/* May a value between lo and hi, in which all bits but those of `open` are known, be what is asked
 * for? */
static bool value_may(const struct direct *d, const struct direct_load *l, uint64_t lo, uint64_t hi,
		      uint64_t open)
{
	uint64_t keep = l->keep[0], lit = l->lo[0];

	switch (d->cmp) {
	case CMP_EXISTS: return !d->mask || hi;
	case CMP_EQ:
	case CMP_ALL_EQ: return !(((lo & keep) ^ lit) & ~(open & keep));
	case CMP_NE:
	case CMP_ANY_NE: return (open & keep) || (lo & keep) != lit;
	case CMP_LT: return (lo & keep) < lit;
	case CMP_LE: return (lo & keep) <= lit;
	case CMP_GT: return (hi & keep) > lit;
	case CMP_GE: return (hi & keep) >= lit;
	default: break;
	}
	for (unsigned i = 0; i < d->nranges; i++) {
		if ((hi & l->keep[i]) >= l->lo[i] && (lo & l->keep[i]) <= l->hi[i])
			return true;
	}
	return false;
}

static bool load_may(const struct direct *d, const struct direct_load *l, uint32_t at, uint8_t v)
{
	uint8_t least[PROBE] = { 0 }, most[PROBE];
	uint64_t lo, hi, open;

	if (l->sign || l->need > PROBE || at >= PROBE)
		return true;
	memset(most, 0xff, sizeof(most));
	least[at] = most[at] = v;
	if (is_view(l)) {
		if (code_byte(&l->quick->view) != (int)at)
			return true;
		lo = (uint64_t)code_run(&l->quick->view, least, PROBE);
		if (d->mask)
			lo &= d->mask;
		return value_may(d, l, lo, lo, 0);
	}
	lo = bits_of(l, least);
	hi = bits_of(l, most);
	open = lo ^ hi;
	if (l->word) {
		uint64_t mask = l->word->mask, value = l->word->value;

		return (!(((lo & mask) ^ value) & ~(open & mask)) && compare(d, l, 1)) ||
		       (((open & mask) || (lo & mask) != value) && compare(d, l, 0));
	}
	if (d->mask) {
		lo &= d->mask;
		hi &= d->mask;
		open &= d->mask;
	}
	return value_may(d, l, lo, hi, open);
}

bool direct_may(const struct direct *d, const struct proto *proto, uint32_t at, uint8_t v)
{
	bool all = d->cmp == CMP_NE || d->cmp == CMP_ALL_EQ;

	for (unsigned i = 0; i < d->nloads; i++) {
		const struct direct_load *l = &d->load[i];

		if ((l->proto != proto || load_may(d, l, at, v)) != all)
			return !all;
	}
	return all;
}

uint64_t direct_bytes(const struct direct *d, const struct proto *proto)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < d->nloads; i++) {
		const struct direct_load *l = &d->load[i];

		if (l->proto != proto || l->sign || l->need > PROBE)
			continue;
		if (is_view(l)) {
			int at = code_byte(&l->quick->view);

			bytes |= at >= 0 && at < (int)PROBE ? UINT64_C(1) << at : 0;
			continue;
		}
		for (uint32_t k = l->bit / 8; k <= (l->bit + l->width - 1u) / 8; k++)
			bytes |= UINT64_C(1) << k;
	}
	return bytes;
}
