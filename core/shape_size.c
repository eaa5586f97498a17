/* SPDX-License-Identifier: BSD-2-Clause */
/* Header lengths: what part of a header is always there, and, where fields vary, steps that add up
 * its length without decoding. What the steps cannot say, or what looks irregular, is decoded. */
#include "core/shape.h"

#include <string.h>

#include "core/bits.h"
#include "core/packet.h"

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
	ps->v[ps->n] = (struct size_step){ .op = (uint8_t)op, .n = n, .m = 1, .div = 1 };
	return &ps->v[ps->n++];
}

/* Code for x, or NULL when only decoding can tell. */
static const struct code *coded(struct plan_steps *ps, const struct expr *x)
{
	struct code *c = arena_alloc(ps->mem, sizeof(*c));

	if (!c || code_compile(ps->mem, ps->rec, ps->part, x, c) < 0) {
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
	*x = (struct expr){ .op = EX_FIELD,
			    .path = path,
			    .npath = 1,
			    .local = (int16_t)f->index };
	return coded(ps, x);
}

static bool claim_step(struct plan_steps *ps, const struct field *len, unsigned op, uint32_t n)
{
	const struct code *c = field_code(ps, len);
	struct size_step *s = c ? step(ps, op, n) : NULL;

	if (!s || len->rule.m == 0 || len->rule.n == 0)
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
	case EXTENT_REST: return step(ps, SIZE_REST, 0) != NULL;
	case EXTENT_COUNT:
		bits = type_fixed_bits(t->item);
		return bits > 0 && bits % 8 == 0 && sized(ps, t->ext.expr, bits / 8);
	case EXTENT_PREFIX: {
		struct size_step *s;

		bits = type_fixed_bits(t->ext.prefix);
		if (bits < 8 || bits > 32 || bits % 8 || !(s = step(ps, SIZE_PREFIX, (uint32_t)bits)))
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

static bool field_steps(struct plan_steps *ps, const struct field *f)
{
	unsigned at = ps->n;

	if (f->cond) {
		const struct code *c = coded(ps, f->cond);
		struct size_step *s = c ? step(ps, SIZE_UNLESS, 0) : NULL;

		if (!s)
			return false;
		s->code = c;
	}
	if (f->align && !step(ps, SIZE_ALIGN, f->align))
		return false;
	if (!type_steps(ps, f))
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

/* ---- running them ---- */

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

/* One step; how many steps to skip after it, or -1: irregular. */
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
	case SIZE_TO:
		v = claims(s, v);
		if (v < 0)
			return -1;
		st->pos = (s->op == SIZE_TO ? s->n : st->pos) + (uint64_t)v * 8;
		return 0;
	case SIZE_ALIGN: st->pos = (st->pos + unit - 1) / unit * unit; return 0;
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
	case SIZE_REST: st->pos = st->bound; return 0;
	default: return -1;
	}
}

int64_t size_run(const struct shape_cold *c, const uint8_t *q, uint32_t have, uint32_t bound)
{
	struct steps st = { .q = q, .have = have, .bound = (uint64_t)bound * 8 };

	for (unsigned i = 0; i < c->nsteps; i++) {
		int64_t skip = one_step(&st, &c->steps[i]);

		if (skip < 0 || st.pos > st.bound)
			return -1;
		i += (unsigned)skip;
	}
	return (int64_t)((st.pos + 7) / 8);
}

/* Steps whose outcome hangs on nothing but what code loads; the rest depends on the packet. */
static bool tabled(const struct size_step *s)
{
	return s->op == SIZE_ADD || s->op == SIZE_EXPR || s->op == SIZE_BOUND ||
	       s->op == SIZE_ALIGN || s->op == SIZE_UNLESS || s->op == SIZE_SWITCH ||
	       s->op == SIZE_JUMP || s->op == SIZE_WALK || s->op == SIZE_REST;
}

/* Which bytes decide, two at most; false: more, or a step hangs on more than one. */
static bool deciding_bytes(const struct shape_cold *c, int byte[2])
{
	byte[0] = byte[1] = -1;
	for (unsigned i = 0; i < c->nsteps; i++) {
		const struct size_step *s = &c->steps[i];
		int b = s->code ? code_byte(s->code) : -2;

		if (!tabled(s) || b == -1)
			return false;
		if (b < 0 || b == byte[0] || b == byte[1])
			continue;
		if (byte[0] >= 0 && byte[1] >= 0)
			return false;
		byte[byte[0] >= 0] = b;
	}
	return byte[0] >= 0;
}

/* Do the two bytes add to the length each by itself? Nothing aligned, and nothing skipped by one
 * that hangs on the other. */
static bool independent(const struct shape_cold *c)
{
	for (unsigned i = 0; i < c->nsteps; i++) {
		const struct size_step *s = &c->steps[i];

		if (s->op == SIZE_ALIGN)
			return false;
		if (s->op != SIZE_UNLESS && s->op != SIZE_SWITCH)
			continue;
		for (unsigned k = i + 1; k <= i + s->n && k < c->nsteps; k++) {
			if (c->steps[k].code && code_byte(c->steps[k].code) >= 0 &&
			    code_byte(c->steps[k].code) != code_byte(s->code))
				return false;
		}
	}
	return true;
}

/* The outcome for each value of one byte, all others 0, less base. */
static uint16_t *outcomes(struct arena *mem, const struct shape_cold *c, int byte, int64_t base)
{
	uint16_t *v = arena_alloc(mem, 256 * sizeof(*v));
	uint8_t probe[256] = { 0 };

	for (unsigned i = 0; v && i < 256; i++) {
		int64_t n;

		probe[byte] = (uint8_t)i;
		n = size_run(c, probe, sizeof(probe), UINT16_MAX);
		/* What reached the bound took the rest: that is the packet's business. */
		v[i] = n < base || n >= UINT16_MAX ? SIZE_UNKNOWN : (uint16_t)(n - base);
	}
	return v;
}

int size_table(struct arena *mem, struct shape_cold *c, uint32_t part, uint8_t *byte)
{
	uint8_t zero[256] = { 0 };
	int at[2];
	int64_t base;

	if (!deciding_bytes(c, at) || at[0] >= (int)part || at[1] >= (int)part || part > 256)
		return 0;
	base = size_run(c, zero, sizeof(zero), UINT16_MAX);
	if (at[1] >= 0 && (!independent(c) || base < 0 || base >= UINT16_MAX))
		return 0;
	c->sizes = outcomes(mem, c, at[0], 0);
	if (at[1] >= 0) {
		c->sizes2 = outcomes(mem, c, at[1], base);
		c->byte2 = (uint8_t)at[1];
	} else {
		c->sizes2 = arena_alloc(mem, 256 * sizeof(*c->sizes2));
		c->byte2 = (uint8_t)at[0];
	}
	*byte = (uint8_t)at[0];
	return c->sizes && c->sizes2 ? 1 : -1;
}
