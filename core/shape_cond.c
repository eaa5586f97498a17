/* SPDX-License-Identifier: BSD-2-Clause */
/* Guards and payload conditions: the short cuts that settle the common case with one load. */
#include "core/shape.h"

#include <string.h>

#define SEEN_BYTES 254

static const struct field *field_of(const struct record *rec, const struct expr *x)
{
	if (x->op != EX_FIELD || x->npath != 1)
		return NULL;
	for (unsigned i = 0; i < rec->npre; i++) {
		if (rec->fields[i].name == x->path[0].name)
			return &rec->fields[i];
	}
	return NULL;
}

static bool mark(const struct field *f, uint64_t which, uint8_t *seen)
{
	unsigned w = f->type->bits;

	for (unsigned i = 0; i < w; i++) {
		uint32_t bit = (uint32_t)f->fixed_bit + (f->type->le ? 0 : i);

		if (bit / 8 >= SEEN_BYTES)
			return false;
		if (f->type->le) {
			for (unsigned k = 0; k < w / 8; k++)
				seen[bit / 8 + k] = 0xff;
			return bit / 8 + w / 8 <= SEEN_BYTES;
		}
		if (which >> (w - 1 - i) & 1)
			seen[bit / 8] |= (uint8_t)(0x80 >> (bit & 7));
	}
	return true;
}

/* Mark the bits of the header that can make a difference to x, which code_compile() accepted. */
static bool bits_that_matter(const struct record *rec, const struct expr *x, uint8_t *seen)
{
	const struct field *f;

	if (!x)
		return true;
	if (x->op == EX_FIELD)
		return (f = field_of(rec, x)) && mark(f, UINT64_MAX, seen);
	if (x->op == EX_AND && x->b->op == EX_NUM && (f = field_of(rec, x->a)))
		return mark(f, (uint64_t)x->b->num, seen);
	for (unsigned i = 0; i < x->nset; i++) {
		if (!bits_that_matter(rec, x->set[i].lo, seen) ||
		    !bits_that_matter(rec, x->set[i].hi, seen))
			return false;
	}
	return bits_that_matter(rec, x->a, seen) && bits_that_matter(rec, x->b, seen) &&
	       bits_that_matter(rec, x->c, seen);
}

/* A 16-bit window of which all marked bits being zero means that no condition holds. */
static bool window(struct shape *s, const struct shape_cold *c, const uint8_t *seen)
{
	static const uint8_t zero[SEEN_BYTES + 2];
	unsigned lo = 0, hi = SEEN_BYTES;

	while (lo < hi && !seen[lo])
		lo++;
	while (hi > lo && !seen[hi - 1])
		hi--;
	if (lo == hi || hi - lo > 2 || s->min < 2)
		return false;
	if (lo + 2 > s->min)
		lo = s->min - 2u;
	if (code_run(&c->opaque, zero, s->min) || code_run(&c->excerpt, zero, s->min) ||
	    code_run(&c->quotes, zero, s->min))
		return false;
	s->s_off = (uint8_t)lo;
	s->s_mask = (uint16_t)(seen[lo] << 8 | seen[lo + 1]);
	return true;
}

/* One table for all conditions, when the same byte decides each. */
static void join_conditions(struct shape_cold *c)
{
	const struct code *v[] = { &c->opaque, &c->excerpt, &c->quotes };

	for (unsigned i = 0; i < 3; i++) {
		if (!v[i]->expr)
			continue;
		if (v[i]->tables != 1 || !v[i]->exact ||
		    (c->any_known && v[i]->truth[0].byte != c->any.byte)) {
			c->any_known = false;
			return;
		}
		c->any.byte = v[i]->truth[0].byte;
		c->any_known = true;
		for (unsigned k = 0; k < 4; k++)
			c->any.of[k] |= v[i]->truth[0].of[k];
	}
}

static void payload_conditions(struct shape *s, struct shape_cold *c)
{
	const struct proto *p = s->proto;
	uint8_t seen[SEEN_BYTES + 2] = { 0 };
	bool coded = (!p->opaque || c->opaque.v) && (!p->excerpt || c->excerpt.v) &&
		     (!p->quotes || c->quotes.v);

	if (!p->opaque && !p->excerpt && !p->quotes)
		return;
	join_conditions(c);
	if (!coded || s->min > SEEN_BYTES || !bits_that_matter(&p->rec, p->opaque, seen) ||
	    !bits_that_matter(&p->rec, p->excerpt, seen) ||
	    !bits_that_matter(&p->rec, p->quotes, seen) || !window(s, c, seen))
		s->flags |= SHAPE_ASK;
}

/* The values of one byte that satisfy a guard, as mask and value or as a range. */
static bool byte_guard(struct shape *s, const struct code *g)
{
	unsigned shift = 8, lo = 256, hi = 0, n = 0, diff = 0, off = g->truth[0].byte;

	for (unsigned v = 0; v < 256; v++) {
		if (!(g->truth[0].of[v >> 6] >> (v & 63) & 1))
			continue;
		lo = v < lo ? v : lo;
		hi = v;
		diff |= v ^ lo;
		n++;
	}
	if (!n || s->min < 2 || off >= s->min || off > UINT8_MAX)
		return false;
	if (off + 2 > s->min) {
		off--;
		shift = 0;
	}
	s->g_off = (uint8_t)off;
	if (n == 1u << __builtin_popcount(diff)) {
		s->g_mask = (uint16_t)((~diff & 0xff) << shift);
		s->g_val = (uint16_t)((lo & ~diff) << shift);
	} else if (n == hi - lo + 1) {
		s->g_mask = (uint16_t)(0xff << shift);
		s->g_val = (uint16_t)(lo << shift);
		s->g_range = (uint16_t)((hi - lo) << shift);
	} else {
		return false;
	}
	return true;
}

/* A comparison of an aligned 16-bit field with a constant. */
static bool word_guard(struct shape *s, const struct expr *x)
{
	const struct field *f = x->a ? field_of(&s->proto->rec, x->a) : NULL;
	int64_t lo, hi;

	if (!f || !x->b || x->b->op != EX_NUM || f->type->bits != 16 || f->type->le ||
	    f->fixed_bit % 8 || f->fixed_bit / 8 > UINT8_MAX || f->type->kind != &kind_uint)
		return false;
	lo = 0;
	hi = UINT16_MAX;
	switch (x->op) {
	case EX_EQ: lo = hi = x->b->num; break;
	case EX_GE: lo = x->b->num; break;
	case EX_GT: lo = x->b->num + 1; break;
	case EX_LE: hi = x->b->num; break;
	case EX_LT: hi = x->b->num - 1; break;
	default: return false;
	}
	if (lo < 0 || hi < lo || hi > UINT16_MAX)
		return false;
	s->g_off = (uint8_t)(f->fixed_bit / 8);
	s->g_mask = UINT16_MAX;
	s->g_val = (uint16_t)lo;
	s->g_range = (uint16_t)(hi - lo);
	return true;
}

int shape_conditions(struct arena *mem, struct shape *s, struct shape_cold *c)
{
	const struct proto *p = s->proto;
	const struct record *rec = &p->rec;

	if (code_compile(mem, rec, s->min, p->guard, false, &c->guard) < 0 ||
	    code_compile(mem, rec, s->min, p->guess, false, &c->guess) < 0 ||
	    code_compile(mem, rec, s->min, p->opaque, false, &c->opaque) < 0 ||
	    code_compile(mem, rec, s->min, p->excerpt, false, &c->excerpt) < 0 ||
	    code_compile(mem, rec, s->min, p->quotes, false, &c->quotes) < 0 ||
	    code_compile(mem, rec, s->min, p->message, false, &c->message) < 0)
		return -1;
	code_tables(rec, s->min, &c->guard);
	code_tables(rec, s->min, &c->guess);
	code_tables(rec, s->min, &c->opaque);
	code_tables(rec, s->min, &c->excerpt);
	code_tables(rec, s->min, &c->quotes);
	/* What stands over it is asked the long way. */
	if (p->through)
		c->guard.exact = false;
	if (p->guard && !(!p->through && c->guard.v && word_guard(s, p->guard)) &&
	    !(c->guard.exact && c->guard.tables == 1 && byte_guard(s, &c->guard)))
		s->flags |= SHAPE_GUARD;
	payload_conditions(s, c);
	return 0;
}
