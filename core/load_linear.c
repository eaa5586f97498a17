/* SPDX-License-Identifier: BSD-2-Clause */
/* Freezing, third step: what stands after `=` becomes a rule. Length and count rules are brought
 * into the form (len + k) * m / n, which can be read backwards; anything else with a length is
 * refused. */
#include "core/load.h"

#include "core/expr_op.h"

#include <stdio.h>

#define CONST_MAX (INT64_C(1) << 40)

struct linear {
	const struct expr *measure; /* EX_LEN or EX_COUNT; NULL: a constant, k */
	int64_t k, m, n;
	const struct expr *items; /* count of a list, `skip` bytes of whose items do not count */
	int64_t skip;
};

struct counts {
	unsigned measures, fields;
	const struct expr *field;
};

static void count_one(const struct expr *x, void *arg)
{
	struct counts *c = arg;

	if (x->op == EX_LEN || x->op == EX_COUNT)
		c->measures++;
	else if (x->op != EX_NUM && !x->a)
		c->fields++;
}

/* Value of an expression without fields and lengths. */
static int64_t const_value(const struct expr *x)
{
	int64_t v;

	switch (x->op) {
	case EX_NUM: return x->num;
	case EX_COND: return const_value(const_value(x->a) ? x->b : x->c);
	case EX_IN:
		v = const_value(x->a);
		for (unsigned i = 0; i < x->nset; i++) {
			int64_t lo = const_value(x->set[i].lo);

			if (x->set[i].hi ? v >= lo && v <= const_value(x->set[i].hi) : v == lo)
				return 1;
		}
		return 0;
	default: return x->a ? expr_op(x->op, const_value(x->a), x->b ? const_value(x->b) : 0) : 0;
	}
}

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t t = a % b;

		a = b;
		b = t;
	}
	return a;
}

static bool scale(struct linear *l, int64_t m, int64_t n)
{
	int64_t g;

	if (m <= 0 || n <= 0 || m > CONST_MAX / l->m || n > CONST_MAX / l->n)
		return false;
	/* Rounding down twice is rounding down once only for divisions. */
	if (m > 1 && l->n > 1)
		return false;
	l->m *= m;
	l->n *= n;
	g = gcd(l->m, l->n);
	l->m /= g;
	l->n /= g;
	return true;
}

static bool linear(const struct expr *x, struct linear *l);

static bool shift(struct linear *l, int64_t c)
{
	if (c > CONST_MAX || c < -CONST_MAX || l->n > CONST_MAX / 1024 || c * l->n % l->m)
		return false;
	l->k += c * l->n / l->m;
	return l->k <= CONST_MAX && l->k >= -CONST_MAX;
}

/* len(..) - 2 * count(LIST): x, which is taken off, is so many times the number of items. */
static bool taken_off(const struct expr *x, struct linear *l)
{
	struct linear c;

	if (!l->measure || l->measure->op != EX_LEN || l->items || l->m != 1 || l->n != 1 ||
	    !linear(x, &c) || !c.measure || c.measure->op != EX_COUNT || c.k || c.n != 1)
		return false;
	l->items = c.measure;
	l->skip = c.m;
	return true;
}

/* x as (measure + k) * m / n; false: it is not of this form. */
static bool linear(const struct expr *x, struct linear *l)
{
	struct linear b;

	*l = (struct linear) { .m = 1, .n = 1 };
	if (x->op == EX_LEN || x->op == EX_COUNT) {
		l->measure = x;
		return true;
	}
	if (x->op == EX_NUM) {
		l->k = x->num;
		return true;
	}
	if (!x->a || !x->b || x->op == EX_COND || !linear(x->a, l))
		return false;
	if (x->op == EX_SUB && taken_off(x->b, l))
		return true;
	if (!linear(x->b, &b))
		return false;
	if (!l->measure && !b.measure) {
		l->k = expr_op(x->op, l->k, b.k);
		return true;
	}
	if (l->measure && b.measure)
		return false;
	if (!l->measure && (x->op == EX_ADD || x->op == EX_MUL)) {
		struct linear t = *l;

		*l = b;
		b = t;
	}
	if (!l->measure)
		return false;
	switch (x->op) {
	case EX_ADD: return shift(l, b.k);
	case EX_SUB: return b.k >= -CONST_MAX && shift(l, -b.k);
	case EX_MUL: return scale(l, b.k, 1);
	case EX_DIV: return scale(l, 1, b.k);
	case EX_SHL: return b.k >= 0 && b.k < 32 && scale(l, INT64_C(1) << b.k, 1);
	case EX_SHR: return b.k >= 0 && b.k < 32 && scale(l, 1, INT64_C(1) << b.k);
	default: return false;
	}
}

static int fail_at(struct unit *u, struct err *e, struct place at, const char *what)
{
	return src_fail(u->src, e, at, "%s", what);
}

static int fits(struct unit *u, const struct field *f, struct place at, int64_t v, struct err *e)
{
	bool sign = f->type->form == TYPE_LEAF && f->type->kind == &kind_int;
	unsigned bits;

	if (!type_is_number(f->type, &bits) || !bits || bits >= 64)
		return 0;
	if (v < 0 ? v >= -(INT64_C(1) << (bits - 1)) : !((uint64_t)v >> (sign ? bits - 1 : bits)))
		return 0;
	return src_fail(u->src, e, at, "%lld does not fit in the %u bits of '%s'", (long long)v,
			bits, f->name);
}

/* Bytes that do not count are told apart again, when reading, where full blocks end the span and
 * what stands before them has one size. */
static bool skip_blocks(const struct record *rec, struct rule *r, const struct linear *l)
{
	const struct span *s = &r->spans.v[0], *list = &l->items->spans.v[0];
	const struct type *t;
	uint32_t bits = 0;

	if (list->form != SPAN_FIELDS || list->from != list->to || r->spans.n != 1 ||
	    s->form != SPAN_FIELDS || s->to != list->from)
		return false;
	for (unsigned i = s->from; i < s->to; i++) {
		const struct field *f = &rec->fields[i];

		if (f->type->form != TYPE_LEAF || f->type->ext.form != EXTENT_KIND ||
		    f->type->kind->read || f->cond || f->optional || f->align)
			return false;
		bits += f->type->kind->bits ? f->type->kind->bits : f->type->bits;
	}
	t = rec->fields[s->to].type;
	if (t->form != TYPE_LIST || t->ext.form != EXTENT_BLOCKS || l->skip >= t->ext.expr->num ||
	    bits % 8 || bits / 8 > UINT16_MAX)
		return false;
	r->skip = (uint16_t)l->skip;
	r->blocks = s->to;
	r->block = (uint16_t)t->ext.expr->num;
	r->before = (uint16_t)(bits / 8);
	return true;
}

static int make_linear(struct unit *u, struct field *f, const struct fsrc *s, unsigned measures,
		       struct err *e)
{
	struct linear l;

	if (!linear(s->rule_expr, &l))
		return fail_at(u, e, s->rule,
			       measures > 1 ? "one len(..) or count(..) is accepted in a rule; "
					      "several spans are joined: len(a + b)"
					    : "a length rule must be linear with whole numbers: "
					      "(len(..) + k) * m / n");
	f->rule.form = l.measure->op == EX_LEN ? RULE_LEN : RULE_COUNT;
	f->rule.spans = l.measure->spans;
	f->rule.k = l.k;
	f->rule.m = l.m;
	f->rule.n = l.n;
	if (l.items && !skip_blocks(u->rec, &f->rule, &l))
		return fail_at(u, e, s->rule,
			       "bytes of each item that do not count are those of a list "
			       "[blocks N] that ends the span, behind fields of fixed width");
	return 0;
}

struct later {
	const struct field *f, *bad;
};
static void find_later(const struct expr *x, void *arg)
{
	struct later *l = arg;

	if (x->op == EX_FIELD && x->local >= l->f->index && !l->bad)
		l->bad = &l->f->rec->fields[x->local];
}

static int make_rule(struct unit *u, struct field *f, const struct fsrc *s, struct err *e)
{
	struct counts c = { 0 };
	struct later later = { f, NULL };
	unsigned bits;

	expr_each(s->rule_expr, count_one, &c);
	f->rule.expr = s->rule_expr;
	if (f->rule.form == RULE_SUM)
		return 0;
	if (!type_is_number(f->type, &bits))
		return fail_at(u, e, s->rule, "only a number can be computed");
	if (c.measures)
		return make_linear(u, f, s, c.measures, e);
	if (!c.fields) {
		f->rule.form = RULE_CONST;
		f->rule.num = const_value(s->rule_expr);
		return fits(u, f, s->rule, f->rule.num, e);
	}
	expr_each(s->rule_expr, find_later, &later);
	if (later.bad)
		return src_fail(
			u->src, e, s->rule,
			"'%s' does not stand before '%s'; a rule may use earlier fields only",
			later.bad->name, f->name);
	f->rule.form = RULE_EXPR;
	return 0;
}

/* A literal must be one that the kind can read. */
static int check_literal(struct registry *r, struct unit *u, const struct field *f,
			 const struct fsrc *s, struct err *e)
{
	const struct type *t = f->type;
	struct value v = { 0 };
	struct err why = { 0 };
	bool plain = t->form == TYPE_LEAF && !t->kind->parse;
	unsigned bits;

	if (!f->rule.text || t->form != TYPE_LEAF)
		return 0;
	if (!plain && t->kind->parse(t, f->rule.text, f->rule.text_len, &r->mem, &v, &why))
		return src_fail(u->src, e, s->rule, "%s",
				why.msg[0] ? why.msg : "this is no such value");
	if (plain)
		v.len = f->rule.text_len;
	if (t->ext.form == EXTENT_BYTES && t->ext.expr->op == EX_NUM && !type_is_number(t, &bits) &&
	    (int64_t)v.len > t->ext.expr->num)
		return src_fail(u->src, e, s->rule, "this value has %u bytes; '%s' is %lld wide",
				v.len, f->name, (long long)t->ext.expr->num);
	return 0;
}

static int check_sum(struct unit *u, const struct field *f, const struct fsrc *s, struct err *e)
{
	unsigned bits;

	if (!type_is_number(f->type, &bits))
		return fail_at(u, e, s->rule, "only a number can hold a checksum");
	if (bits && bits < f->rule.sum->width)
		return src_fail(u->src, e, s->rule, "this checksum has %u bits, '%s' has %u",
				f->rule.sum->width, f->name, bits);
	return 0;
}

static int check_zero(struct unit *u, const struct field *f, const struct fsrc *s, struct err *e)
{
	if (f->rule.zero_rest && f->rule.form != RULE_LEN)
		return fail_at(u, e, s->zero,
			       "zero rest, zero end and zero over belong to a length: = len(..) "
			       "zero rest");
	if (f->rule.zero_none && f->rule.form != RULE_SUM)
		return fail_at(u, e, s->zero, "zero none belongs to a checksum");
	return 0;
}

int freeze_rules(struct registry *r, struct err *e)
{
	for (uint32_t i = 0; i < r->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, r->units, i);

		if (check_wide(u, e))
			return -1;
		for (unsigned k = 0; k < u->rec->nfields; k++) {
			struct field *f = &u->rec->fields[k];
			const struct fsrc *s = &u->f[k];

			if ((s->rule_expr && make_rule(u, f, s, e)) ||
			    (f->rule.form == RULE_SUM && check_sum(u, f, s, e)) ||
			    check_literal(r, u, f, s, e) || check_zero(u, f, s, e) ||
			    check_since(u, f, s, e) || check_implied(u, f, s, e))
				return -1;
		}
	}
	return 0;
}
