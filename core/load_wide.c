/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers whose head is an earlier field, and those that count from the item before: how they are
 * parsed, and what they ask of other fields. */
#include "core/kinds.h"
#include "core/load.h"
#include "core/wide.h"

/* 13 -> u8 + 13: heads and widths grow, and no value is left out between them. */
static int parse_form(struct load *l, struct vec *v)
{
	struct wide_form *w, *before;
	struct place at = load_here(l);
	uint64_t first;

	if (l->t.type != TOK_NUM)
		return load_expected(l, "a value of the head: 13 -> u8 + 13");
	w = vec_push(&l->r->mem, v, sizeof(*w));
	if (!w)
		return load_nomem(l->e);
	before = v->n > 1 ? w - 1 : NULL;
	w->head = l->t.num;
	load_next(l);
	if (before && w->head <= before->head)
		return load_fail(l, at, "the values of the head grow from one to the next");
	if (load_want(l, TOK_ARROW, "'->' and a number: u8, u16, u64"))
		return -1;
	at = load_here(l);
	w->type = parse_prefix_type(l);
	if (!w->type && l->e->code)
		return -1;
	if (!w->type || w->type->kind != &kind_uint ||
	    (before && w->type->bits <= before->type->bits))
		return load_fail(l, at,
				 "expected a number of whole bytes, wider than the one before");
	load_next(l);
	at = load_here(l);
	if (load_accept(l, '+')) {
		at = load_here(l);
		if (l->t.type != TOK_NUM || l->t.num > UINT32_MAX)
			return load_expected(l, "what is added to the number");
		w->add = l->t.num;
		load_next(l);
	}
	first = before ? before->add + (UINT64_C(1) << before->type->bits) : w->head;
	if (w->add > first)
		return load_fail(l, at, "%llu could not be written: this number begins at %llu",
				 (unsigned long long)first, (unsigned long long)w->add);
	load_accept(l, ',');
	return 0;
}

/* HEAD { 13 -> u8 + 13, 14 -> u16 + 269 } */
int parse_wide(struct load *l, struct type *t)
{
	uint32_t at = ltype_of(t)->at;
	struct vec v = { 0 };

	load_next(l);
	t->kind = &kind_uint;
	t->ext.form = EXTENT_WIDE;
	if (l->t.type != TOK_NAME)
		return load_expected(l, "the field that is the head of the number");
	t->ext.expr = parse_expr(l);
	if (!t->ext.expr || load_open(l, '{'))
		return -1;
	do {
		if (v.n == 4)
			return load_fail(l, load_here(l), "at most 4 forms are accepted");
		if (parse_form(l, &v))
			return -1;
	} while (l->t.type != '}');
	t->ext.wide = v.p;
	t->ext.nwide = (uint16_t)v.n;
	((struct ltype *)t)->span = load_since(l, at).span;
	return load_close(l, '}');
}

/* Is a wide number anywhere in the type but at its top? */
static bool hides_wide(const struct type *t, unsigned depth)
{
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++) {
		if (hides_wide(t->arms[i].type, 1))
			return true;
	}
	return t->form == TYPE_LIST ? hides_wide(t->item, 1) : depth && is_wide(t);
}

/* The head's rule: the shortest form of the number. */
static int make_head(struct unit *u, struct field *f, struct err *e)
{
	const struct expr *x = f->type->ext.expr;
	struct place at = { lexpr_of(x)->at, lexpr_of(x)->span };
	const struct extent *ext = &f->type->ext;
	struct field *head;
	const struct type *t;

	if (x->op != EX_FIELD || x->npath != 1 || x->local < 0 || x->local >= f->index)
		return src_fail(u->src, e, at,
				"the head of a wide number is an earlier field of the same record");
	head = &u->rec->fields[x->local];
	t = head->type;
	if (t->form != TYPE_LEAF || t->kind != &kind_uint || t->ext.form != EXTENT_KIND)
		return src_fail(u->src, e, at,
				"the head of a wide number is a number itself: u4, u7");
	if (head->rule.form == RULE_HEAD)
		return src_fail(u->src, e, at, "'%s' is the head of '%s' already", head->name,
				u->rec->fields[head->rule.spans.v[0].from].name);
	if (head->rule.form || u->f[head->index].rule_expr || head->cond || head->optional ||
	    head->fresh)
		return src_fail(
			u->src, e, at,
			"'%s' is computed from '%s'; it has no rule or condition of its own",
			head->name, f->name);
	if (t->bits < 64 && ext->wide[ext->nwide - 1].head >> t->bits)
		return src_fail(u->src, e, at, "%llu does not fit in the %u bits of '%s'",
				(unsigned long long)ext->wide[ext->nwide - 1].head, t->bits,
				head->name);
	head->rule.form = RULE_HEAD;
	head->rule.spans.n = 1;
	head->rule.spans.v[0] = (struct span) { SPAN_FIELDS, f->index, f->index };
	return 0;
}

int check_since(struct unit *u, const struct field *f, const struct fsrc *s, struct err *e)
{
	const struct type *t = f->type;

	if (!f->since)
		return 0;
	if (t->form != TYPE_LEAF || t->kind->cls != KIND_NUM || t->bits || t->kind->bits ||
	    t->kind == &kind_int || t->kind == &kind_zigzag)
		return src_fail(u->src, e, s->since,
				"since prior belongs to a number of any size without a sign: wide, "
				"leb128, uint[..]");
	if (!u->item && (u->proto || u->containers.n)) /* nobody's struct: a redefined one's */
		return src_fail(u->src, e, s->since,
				"since prior belongs to an item; %s stands in no list",
				u->rec->name);
	if (field_computed(f) || f->fresh)
		return src_fail(u->src, e, s->since,
				"'%s' is computed or drawn; only a number that is said is counted "
				"from the one before",
				f->name);
	return 0;
}

int check_wide(struct unit *u, struct err *e)
{
	for (unsigned k = 0; k < u->rec->nfields; k++) {
		struct field *f = &u->rec->fields[k];

		if (hides_wide(f->type, 0))
			return src_fail(u->src, e, u->f[k].name,
					"a wide number is a field of its own, no item and no "
					"choice");
		if (is_wide(f->type) && make_head(u, f, e))
			return -1;
	}
	return 0;
}
