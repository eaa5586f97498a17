/* SPDX-License-Identifier: BSD-2-Clause */
/* Header lengths: what part of a header is always there, and, where fields vary, steps that add up
 * its length without decoding. What the steps cannot say is decoded. */
#include "core/shape.h"

#include <string.h>

#define STEPS_MAX 96

struct plan_steps {
	struct arena *mem;
	const struct record *rec;
	uint32_t part;
	struct size_step v[STEPS_MAX];
	unsigned n;
	bool failed; /* memory */
};

int64_t type_fixed_bits(const struct type *t)
{
	int64_t item;

	switch (t->form) {
	case TYPE_LEAF:
		if (t->ext.form == EXTENT_KIND)
			return t->kind->bits ? t->kind->bits : t->bits ? t->bits : -1;
		if (t->ext.form == EXTENT_BYTES && t->ext.expr->op == EX_NUM &&
		    t->ext.expr->num >= 0 && t->ext.expr->num <= 4096)
			return t->ext.expr->num * 8;
		return -1;
	case TYPE_STRUCT: return t->rec->fixed_bits;
	case TYPE_LIST:
		if (t->ext.form != EXTENT_COUNT || t->ext.expr->op != EX_NUM)
			return -1;
		item = type_fixed_bits(t->item);
		if (item < 0 || t->ext.expr->num < 0 || t->ext.expr->num > 4096)
			return -1;
		return item * t->ext.expr->num;
	default: return -1;
	}
}

uint32_t record_fixed_part(const struct record *rec, unsigned *nfields)
{
	int64_t bits = 0;
	unsigned i;

	for (i = 0; i < rec->npre; i++) {
		const struct field *f = &rec->fields[i];
		int64_t w = type_fixed_bits(f->type);

		if (w < 0 || f->cond || f->optional || (f->align && bits % (f->align * 8)) ||
		    (f->bound_by && f->bound_by->index < i) || bits + w > 60000 * 8)
			break;
		bits += w;
	}
	while (bits % 8 && i > 0) /* only whole bytes: a split byte belongs to what varies */
		bits -= type_fixed_bits(rec->fields[--i].type);
	if (nfields)
		*nfields = i;
	return (uint32_t)(bits / 8);
}

static struct size_step *step(struct plan_steps *ps, unsigned op, uint32_t n)
{
	if (ps->n == STEPS_MAX)
		return NULL;
	ps->v[ps->n] = (struct size_step) { .op = (uint8_t)op, .n = n, .m = 1, .div = 1 };
	return &ps->v[ps->n++];
}

/* Code for x, or NULL when only decoding can tell. */
static const struct code *coded(struct plan_steps *ps, const struct expr *x)
{
	struct code *c = arena_alloc(ps->mem, sizeof(*c));

	if (!c || code_compile(ps->mem, ps->rec, ps->part, x, true, c) < 0) {
		ps->failed = true;
		return NULL;
	}
	return c->v ? c : NULL;
}

/* The number in field f, as code. */
static const struct code *field_code(struct plan_steps *ps, const struct field *f)
{
	struct path_part *path = arena_alloc(ps->mem, sizeof(*path));
	struct expr *x = arena_alloc(ps->mem, sizeof(*x));

	if (!path || !x) {
		ps->failed = true;
		return NULL;
	}
	path->name = f->name;
	*x = (struct expr) { .op = EX_FIELD, .path = path, .npath = 1, .local = (int16_t)f->index };
	return coded(ps, x);
}

static bool claim_step(struct plan_steps *ps, const struct field *len, unsigned op, uint32_t n)
{
	const struct code *c = field_code(ps, len);
	struct size_step *s = c ? step(ps, op, n) : NULL;

	if (!s || len->rule.m == 0 || len->rule.n == 0 || len->rule.skip)
		return false;
	s->code = c;
	s->k = len->rule.k;
	s->m = len->rule.m;
	s->div = len->rule.n;
	return true;
}

static bool sized(struct plan_steps *ps, const struct expr *x, int64_t unit)
{
	const struct code *c = coded(ps, x);
	struct size_step *s = c ? step(ps, SIZE_EXPR, 0) : NULL;

	if (!s)
		return false;
	s->code = c;
	s->m = unit;
	return true;
}

/* Steps for a type that is not a choose; false: it must be decoded. */
static bool simple_type(struct plan_steps *ps, const struct type *t)
{
	int64_t bits = type_fixed_bits(t);

	if (bits >= 0)
		return step(ps, SIZE_ADD, (uint32_t)bits) != NULL;
	if (t->form == TYPE_PAD)
		return t->bits && step(ps, SIZE_ALIGN, t->bits);
	if (t->form != TYPE_LEAF && t->form != TYPE_LIST)
		return false;
	switch (t->ext.form) {
	case EXTENT_BYTES: return sized(ps, t->ext.expr, 1);
	case EXTENT_REST: return !t->ext.expr && step(ps, SIZE_REST, 0) != NULL;
	case EXTENT_COUNT:
		bits = type_fixed_bits(t->item);
		return bits > 0 && bits % 8 == 0 && sized(ps, t->ext.expr, bits / 8);
	case EXTENT_PREFIX: {
		struct size_step *s;

		bits = type_fixed_bits(t->ext.prefix);
		if (t->ext.mark_len || t->ext.outer || bits < 8 || bits > 32 || bits % 8 ||
		    !(s = step(ps, SIZE_PREFIX, (uint32_t)bits)))
			return false;
		s->le = t->ext.prefix->le;
		return true;
	}
	default: return false;
	}
}

static bool choose_type(struct plan_steps *ps, const struct type *t)
{
	unsigned jumps[STEPS_MAX], n = 0;
	const struct code *c = t->on ? coded(ps, t->on) : NULL;

	if (!c)
		return false;
	for (unsigned i = 0; i < t->narms; i++) {
		const struct arm *a = &t->arms[i];
		unsigned at = ps->n, at2;
		struct size_step *s;

		if (a->lo) {
			if (a->lo->op != EX_NUM || (a->hi && a->hi->op != EX_NUM) ||
			    !(s = step(ps, SIZE_SWITCH, 0)))
				return false;
			s->code = c;
			s->lo = a->lo->num;
			s->hi = a->hi ? a->hi->num : a->lo->num;
		}
		at2 = ps->n;
		if (!simple_type(ps, a->type)) {
			ps->n = at2;
			if (ps->failed || !step(ps, SIZE_WALK, 0))
				return false;
		}
		if (!step(ps, SIZE_JUMP, 0) || n == STEPS_MAX)
			return false;
		jumps[n++] = ps->n - 1;
		if (a->lo)
			ps->v[at].n = ps->n - at - 1;
		else
			break;
	}
	if (!n || t->arms[t->narms - 1].lo) /* no else: what fits nothing must be decoded */
		return false;
	for (unsigned i = 0; i < n; i++)
		ps->v[jumps[i]].n = ps->n - jumps[i] - 1;
	return true;
}

/* Steps for the field's type; where its presence is told by code, a type that must be decoded need
 * not spoil the others. */
static bool type_steps(struct plan_steps *ps, const struct field *f)
{
	unsigned at = ps->n;

	if (!f->optional &&
	    (f->type->form == TYPE_CHOOSE ? choose_type(ps, f->type) : simple_type(ps, f->type)))
		return true;
	ps->n = at;
	return !ps->failed && f->cond && step(ps, SIZE_WALK, 0);
}

/* Where code tells only the first of two that `&&` joins, a field that may be there is decoded. */
static const struct code *coded_first(struct plan_steps *ps, const struct expr *x, bool *half)
{
	const struct code *c = coded(ps, x);

	*half = !c && !ps->failed && x->op == EX_ANDAND;
	return *half ? coded(ps, x->a) : c;
}

static bool field_steps(struct plan_steps *ps, const struct field *f)
{
	unsigned at = ps->n;
	bool half = false;

	if (f->cond) {
		const struct code *c = coded_first(ps, f->cond, &half);
		struct size_step *s = c ? step(ps, SIZE_UNLESS, 0) : NULL;

		if (!s)
			return false;
		s->code = c;
	}
	if (f->align && !step(ps, SIZE_ALIGN, f->align))
		return false;
	if (half ? !step(ps, SIZE_WALK, 0) : !type_steps(ps, f))
		return false;
	if (f->cond)
		ps->v[at].n = ps->n - at - 1;
	return true;
}

/* A span of one field that takes all of its bound: what it holds need not be looked at. */
static bool takes_bound(const struct field *f)
{
	return f->bounds_from == f->bounds_to;
}

static bool bounded_steps(struct plan_steps *ps, const struct field *f, const struct field *len)
{
	unsigned at = ps->n;
	struct size_step *s;
	const struct code *c = NULL;

	if (f->cond) {
		c = coded(ps, f->cond);
		if (!c || !(s = step(ps, SIZE_UNLESS, 0)))
			return false;
		s->code = c;
	}
	if (len->bounds_from != (int)f->index || !takes_bound(len) || f->align ||
	    len->rule.zero_rest || !claim_step(ps, len, SIZE_BOUND, 0)) {
		ps->n = at + (f->cond ? 1 : 0);
		if (ps->failed || !f->cond || !step(ps, SIZE_WALK, 0))
			return false;
	}
	if (f->cond)
		ps->v[at].n = ps->n - at - 1;
	return true;
}

static bool all_steps(struct plan_steps *ps, unsigned from)
{
	const struct record *rec = ps->rec;

	for (unsigned i = from; i < rec->npre; i++) {
		const struct field *f = &rec->fields[i], *len = f->bound_by;

		if (len && len->index < i) {
			if (len->bound_also && bound_next(len)->index < i)
				return false;
			if (!bounded_steps(ps, f, len))
				return false;
			continue;
		}
		if (!field_steps(ps, f))
			return false;
	}
	return true;
}

int size_compile(struct arena *mem, const struct record *rec, uint32_t part, unsigned from,
		 struct shape_cold *c)
{
	struct plan_steps ps = { .mem = mem, .rec = rec, .part = part };
	struct size_step *v;
	bool ok = step(&ps, SIZE_ADD, part * 8) && all_steps(&ps, from);

	if (ps.failed)
		return -1;
	if (!ok)
		return 0;
	v = arena_alloc(mem, ps.n * sizeof(*v));
	if (!v)
		return -1;
	memcpy(v, ps.v, ps.n * sizeof(*v));
	c->steps = v;
	c->nsteps = (uint16_t)ps.n;
	return 0;
}
