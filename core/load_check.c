/* SPDX-License-Identifier: BSD-2-Clause */
/* Freezing, fourth step: the laws of the language for fields. What a packet can be read by must
 * also be what it can be built by. */
#include "core/load.h"

#include <strings.h>

struct check {
	struct registry *r;
	struct unit *u;
	struct field *f;
	struct err *e;
	const char *what; /* "a condition", ... */
	bool selecting;   /* conditions and choices: computed fields are refused too */
	int bad;
};

bool field_draws(const struct field *f, unsigned *bits, uint32_t *bytes)
{
	const struct type *t = f->type;

	*bits = 0;
	*bytes = 0;
	if (t->form != TYPE_LEAF)
		return false;
	if (t->kind->cls == KIND_NUM || t->kind->cls == KIND_TIME) {
		*bits = t->kind->bits ? t->kind->bits : t->bits ? t->bits : 31;
		return true;
	}
	if (t->kind->cls != KIND_BYTES || t->ext.form != EXTENT_BYTES ||
	    t->ext.expr->op != EX_NUM || t->ext.expr->num <= 0 || t->ext.expr->num > 4096)
		return false;
	*bytes = (uint32_t)t->ext.expr->num;
	return true;
}

bool field_computed(const struct field *f)
{
	return f->rule.form == RULE_LEN || f->rule.form == RULE_COUNT || f->rule.form == RULE_SUM ||
	       f->rule.form == RULE_EXPR || f->rule.form == RULE_HEAD;
}

static struct place place_of(const struct expr *x)
{
	return (struct place) { lexpr_of(x)->at, lexpr_of(x)->span };
}

static void fail(struct check *c, const struct expr *x, const char *fmt, const char *a,
		 const char *b, const char *d)
{
	if (!c->bad)
		c->bad = src_fail(c->u->src, c->e, place_of(x), fmt, a, b, d);
}

/* Does a type hold the record of u, directly? */
static bool mentions(const struct type *t, const struct record *rec)
{
	while (t->form == TYPE_LIST)
		t = t->item;
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++) {
		if (mentions(t->arms[i].type, rec))
			return true;
	}
	return t->form == TYPE_STRUCT && t->rec == rec;
}

/* Does g, a field of a record around c's, stand at or after the field that holds c's? */
static bool too_late(const struct check *c, const struct field *g)
{
	for (unsigned i = 0; i <= g->index; i++) {
		if (mentions(g->rec->fields[i].type, c->u->rec))
			return true;
	}
	return false;
}

static void check_use(struct check *c, const struct expr *x, const struct field *g, bool late)
{
	if (late)
		fail(c, x, "'%s' is read later; %s may use earlier fields only", g->name, c->what,
		     NULL);
	else if (c->selecting && field_computed(g))
		fail(c, x, "'%s' is computed; %s may use only fields that are said", g->name,
		     c->what, NULL);
}

/* One node of a condition, a choice or a size. */
static void check_node(const struct expr *x, void *arg)
{
	struct check *c = arg;
	const struct field *f[SCOPE_FOUND_MAX];

	if (x->op == EX_FIELD && x->local >= 0) {
		const struct field *g = &c->u->rec->fields[x->local];

		check_use(c, x, g, g->index >= c->f->index);
	} else if (x->op == EX_FIELD && !x->outer_proto) {
		unsigned n = scope_find(c->r, c->u, x->path[0].name, f);

		for (unsigned i = 0; i < n; i++)
			check_use(c, x, f[i], too_late(c, f[i]));
	} else if (x->op == EX_LEN || x->op == EX_COUNT) {
		for (unsigned i = 0; i < x->spans.n; i++) {
			if (x->spans.v[i].form != SPAN_FIELDS || x->spans.v[i].to >= c->f->index)
				fail(c, x, "%s may measure earlier fields only", c->what, NULL,
				     NULL);
		}
	}
}

/* ---- a field that sizes data needs its inverse rule ---- */

static bool has_inverse(const struct field *g)
{
	return g->rule.form == RULE_LEN || g->rule.form == RULE_COUNT;
}

static bool covers(const struct field *g, unsigned index)
{
	for (unsigned i = 0; i < g->rule.spans.n; i++) {
		const struct span *s = &g->rule.spans.v[i];

		if (s->form == SPAN_FIELDS ? index >= s->from && index <= s->to
					   : s->form == SPAN_ALL || s->form == SPAN_HEADER)
			return true;
	}
	return false;
}

struct uses {
	int16_t local;
	bool found;
};
static void find_use(const struct expr *x, void *arg)
{
	struct uses *u = arg;

	u->found = u->found || (x->op == EX_FIELD && x->local == u->local);
}
static bool sized_by(const struct type *t, unsigned local)
{
	struct uses u = { (int16_t)local, false };

	if (t->ext.form == EXTENT_BYTES || t->ext.form == EXTENT_COUNT)
		expr_each(t->ext.expr, find_use, &u);
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms && !u.found; i++)
		u.found = sized_by(t->arms[i].type, local);
	if (t->form == TYPE_LIST && !u.found)
		u.found = sized_by(t->item, local);
	return u.found;
}

/* Is one of the fields that g's rule covers sized by g? Then g is computed from that one. */
static bool sizes_its_own(const struct record *rec, const struct field *g)
{
	for (unsigned i = 0; i < rec->nfields; i++) {
		if (covers(g, i) && sized_by(rec->fields[i].type, g->index))
			return true;
	}
	return false;
}

static void check_inverse(struct check *c, const struct expr *x)
{
	const struct field *f[SCOPE_FOUND_MAX], *g;
	unsigned n, ok = 0;

	if (x->outer_proto)
		return;
	if (x->local < 0) {
		n = scope_find(c->r, c->u, x->path[0].name, f);
		for (unsigned i = 0; i < n; i++)
			ok += has_inverse(f[i]);
		if (n && !ok)
			fail(c, x, "'%s' sizes '%s' but has no rule to compute it: = len(..)",
			     f[0]->name, c->f->name, NULL);
		return;
	}
	g = &c->u->rec->fields[x->local];
	if (!has_inverse(g))
		fail(c, x, "'%s' sizes '%s' but has no rule to compute it; give it = len(%s)",
		     g->name, c->f->name, c->f->name);
	else if (!covers(g, c->f->index) && !sizes_its_own(c->u->rec, g))
		fail(c, x, "'%s' sizes '%s' but its rule does not cover it; give it = len(%s)",
		     g->name, c->f->name, c->f->name);
}

/* Fields whose value is an amount; what only decides (comparisons, conditions) does not size. */
static void sizing(struct check *c, const struct expr *x)
{
	switch (x->op) {
	case EX_FIELD: check_inverse(c, x); break;
	case EX_COND:
		sizing(c, x->b);
		sizing(c, x->c);
		break;
	case EX_MUL:
	case EX_DIV:
	case EX_MOD:
	case EX_ADD:
	case EX_SUB:
	case EX_SHL:
	case EX_SHR:
	case EX_AND:
	case EX_OR:
	case EX_XOR:
		sizing(c, x->a);
		sizing(c, x->b);
		break;
	case EX_NEG:
	case EX_COM: sizing(c, x->a); break;
	default: break;
	}
}

static void check_type(struct check *c, const struct type *t)
{
	const struct layout_key *k;

	if (t->ext.form == EXTENT_BYTES || t->ext.form == EXTENT_COUNT) {
		c->selecting = false;
		c->what = "a size";
		expr_each(t->ext.expr, check_node, c);
		sizing(c, t->ext.expr);
	}
	k = t->ext.form == EXTENT_LEARNT ? t->ext.layout : NULL;
	for (unsigned i = 0; k && i < k->nby; i++) {
		c->selecting = false;
		c->what = "a key";
		expr_each(k->by[i], check_node, c);
	}
	if (t->form == TYPE_LIST)
		check_type(c, t->item);
	if (t->form != TYPE_CHOOSE)
		return;
	c->selecting = true;
	c->what = "a choice";
	expr_each(t->on, check_node, c);
	for (unsigned i = 0; i < t->narms; i++)
		check_type(c, t->arms[i].type);
}

/* ---- words ---- */

static const struct type *item_type(const struct type *t)
{
	while (t->form == TYPE_LIST)
		t = t->item;
	return t;
}

static int check_words(struct check *c, const struct words *w, const struct fsrc *s)
{
	unsigned bits;
	uint64_t max;

	if (!w)
		return 0;
	if (!type_is_number(item_type(c->f->type), &bits))
		return src_fail(c->u->src, c->e, s->words, "only numbers have words");
	max = bits && bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
	for (unsigned i = 0; i < w->n; i++) {
		uint64_t v = w->flags ? w->v[i].mask : w->v[i].value;

		if (v > max && (w->flags || (int64_t)v >= 0 || -v > max / 2 + 1))
			return src_fail(c->u->src, c->e, s->words,
					"the word '%s' does not fit in the %u bits of '%s'",
					w->v[i].name, bits, c->f->name);
	}
	return freeze_spend(c->r, w->n, c->e);
}

/* `options=mss:1460`: the first word of an item is a word of what is chosen by, or a field. */
static int check_collision(struct check *c)
{
	const struct type *t = c->f->type;
	const struct field *on;

	if (!c->u->item || t->form != TYPE_CHOOSE || !t->on || t->on->op != EX_FIELD ||
	    t->on->local < 0)
		return 0;
	on = &c->u->rec->fields[t->on->local];
	for (unsigned i = 0; on->words && i < on->words->n; i++) {
		for (unsigned k = 0; k < c->u->rec->nfields; k++) {
			if (!strcasecmp(on->words->v[i].name, c->u->rec->fields[k].name))
				return src_fail(c->u->src, c->e, c->u->f[k].name,
						"'%s' is a field of %s and a word of '%s': in an "
						"item it could mean either",
						c->u->rec->fields[k].name, c->u->rec->name,
						on->name);
		}
	}
	return freeze_spend(c->r, (uint64_t)(on->words ? on->words->n : 0) * c->u->rec->nfields,
			    c->e);
}

static void check_count(const struct expr *x, void *arg)
{
	struct check *c = arg;
	const struct span *s = &x->spans.v[0];

	if (x->op == EX_LEN) {
		for (unsigned i = 0; i < x->spans.n; i++) {
			if (x->spans.v[i].form == SPAN_PSEUDO)
				fail(c, x, "the pseudo header has no length here; checksums use it",
				     NULL, NULL, NULL);
		}
	} else if (x->op == EX_COUNT && (s->form != SPAN_FIELDS || s->from != s->to ||
					 c->u->rec->fields[s->from].type->form != TYPE_LIST)) {
		fail(c, x, "count(..) takes the name of a list", NULL, NULL, NULL);
	}
}

static int check_field(struct check *c, const struct fsrc *s)
{
	struct field *f = c->f;
	unsigned bits;
	uint32_t bytes;

	expr_each(s->rule_expr, check_count, c);
	expr_each(f->cond, check_count, c);
	for (unsigned i = 0; i < f->nmust; i++)
		expr_each(f->must[i].expr, check_count, c);
	c->selecting = true;
	c->what = "a condition";
	expr_each(f->cond, check_node, c);
	for (unsigned i = 0; i < f->ncases; i++)
		expr_each(f->cases[i].cond, check_node, c);
	check_type(c, f->type);
	if (c->bad)
		return -1;
	if (f->fresh && !field_draws(f, &bits, &bytes))
		return src_fail(c->u->src, c->e, s->name,
				"only a number, a time or bytes of fixed size can be fresh");
	if (f->fresh && (field_computed(f)))
		return src_fail(c->u->src, c->e, s->name,
				"'%s' is computed; it cannot be fresh as well", f->name);
	if (f->type->form == TYPE_PAD && (f->rule.form || f->words || f->cond || f->optional))
		return src_fail(c->u->src, c->e, s->name,
				"padding has no rule, words or condition of its own");
	for (unsigned i = 0; i < f->ncases; i++) {
		if (check_words(c, f->cases[i].words, s))
			return -1;
	}
	return check_words(c, f->words, s) || check_collision(c) ? -1 : 0;
}

int freeze_check(struct registry *r, struct err *e)
{
	for (uint32_t i = 0; i < r->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, r->units, i);

		for (unsigned k = 0; k < u->rec->nfields; k++) {
			struct check c = { .r = r, .u = u, .f = &u->rec->fields[k], .e = e };

			if (check_field(&c, &u->f[k]))
				return -1;
		}
	}
	return 0;
}
