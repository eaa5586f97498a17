/* SPDX-License-Identifier: BSD-2-Clause */
/* Records whose layout an earlier packet taught: `teaches NAME by EXPR = LIST`, the lists
 * [learnt NAME by EXPR] and [as learnt], and `implied u16`. */
#include "core/kinds.h"
#include "core/layouts.h"
#include "core/load.h"
#include "core/near.h"

#define TEACHES_MAX 16u

/* NAME by EXPR, EXPR */
static int parse_key(struct load *l, struct layout_key *k)
{
	if (!(k->name = load_name(l, "the name of the layout")))
		return -1;
	if (!load_is(l, "by"))
		return load_expected(l, "'by' and the numbers that it is found by");
	do {
		if (k->nby == LAYOUT_KEYS)
			return load_fail(l, load_here(l), "at most %u numbers are accepted",
					 LAYOUT_KEYS);
		load_next(l);
		if (!(k->by[k->nby++] = parse_expr(l)))
			return -1;
	} while (l->t.type == ',');
	return 0;
}

/* teaches NAME by EXPR {, EXPR} = LIST {, LIST} [if EXPR] */
int parse_teach(struct load *l)
{
	struct place at = load_here(l);
	struct teach t = { 0 }, *slot;
	const struct field *f;

	if (l->teaches.n >= TEACHES_MAX)
		return load_fail(l, at, "at most %u are accepted", TEACHES_MAX);
	load_next(l);
	if (parse_key(l, &t.key))
		return -1;
	if (l->t.type != '=')
		return load_expected(l, "'=' and the list of its items");
	do {
		load_next(l);
		at = load_here(l);
		if (t.nlists == TEACH_LISTS)
			return load_fail(l, at, "at most %u lists are accepted", TEACH_LISTS);
		const char *name = load_name(l, "a list of this record");

		if (!name)
			return -1;
		f = NULL;
		for (uint32_t i = 0; i < l->fields.n && !f; i++) {
			f = VEC_AT(struct field, l->fields, i);
			f = f->name == name ? f : NULL;
		}
		if (!f || f->type->form != TYPE_LIST || f->type->item->form != TYPE_STRUCT)
			return load_fail(l, at,
					 "here a list of structs is wanted, a field that stands "
					 "before this line");
		t.list[t.nlists++] = f->index;
	} while (l->t.type == ',');
	if (load_is(l, "if")) {
		load_next(l);
		if (!(t.cond = parse_expr(l)))
			return -1;
	}
	slot = vec_push(&l->r->mem, &l->teaches, sizeof(*slot));
	if (!slot)
		return load_nomem(l->e);
	*slot = t;
	return 0;
}

int parse_learnt(struct load *l, struct extent *x)
{
	bool row = load_is(l, "as");
	struct layout_key *k;

	x->form = EXTENT_LEARNT;
	load_next(l);
	if (row) {
		if (!load_is(l, "learnt"))
			return load_expected(l, "learnt: [as learnt]");
		load_next(l);
		return 0;
	}
	k = arena_alloc(&l->r->mem, sizeof(*k));
	if (!k)
		return load_nomem(l->e);
	x->layout = k;
	return parse_key(l, k);
}

int parse_implied(struct load *l, struct type *t)
{
	struct place at;
	struct type *number;

	load_next(l);
	at = load_here(l);
	number = parse_type(l);
	if (!number)
		return -1;
	if (number->form != TYPE_LEAF || number->kind != &kind_uint ||
	    number->ext.form != EXTENT_KIND)
		return load_fail(l, at, "a plain number without a sign is implied: implied u16");
	t->kind = &kind_uint;
	t->bits = number->bits;
	t->ext.form = EXTENT_IMPLIED;
	((struct ltype *)t)->span = load_since(l, ltype_of(t)->at).span;
	return 0;
}

/* Is such a number anywhere in the type but at its top? */
static bool hides_implied(const struct type *t, unsigned depth)
{
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++) {
		if (hides_implied(t->arms[i].type, 1))
			return true;
	}
	return t->form == TYPE_LIST ? hides_implied(t->item, 1) : depth && is_implied(t);
}

int check_implied(struct unit *u, const struct field *f, const struct fsrc *s, struct err *e)
{
	if (hides_implied(f->type, 0))
		return src_fail(u->src, e, s->name,
				"an implied number is a field of its own, no item and no choice");
	if (!is_implied(f->type))
		return 0;
	if (u->proto)
		return src_fail(u->src, e, s->name,
				"an implied number is said by an item of a layout; %s is no struct",
				u->rec->name);
	if (f->fresh || f->align || f->rule.form == RULE_SUM)
		return src_fail(
			u->src, e, s->name,
			"'%s' does not stand in the packet; it is neither fresh, aligned nor "
			"a checksum",
			f->name);
	return 0;
}

static bool is_taught(struct registry *r, const char *name, const char **near)
{
	const char *names[64];
	unsigned n = 0;

	for (uint32_t i = 0; i < r->units.n; i++) {
		const struct record *rec = (*VEC_AT(struct unit *, r->units, i))->rec;

		for (unsigned k = 0; k < rec->nteaches; k++) {
			if (!strcmp(rec->teaches[k].key.name, name))
				return true;
			if (n < 64)
				names[n++] = rec->teaches[k].key.name;
		}
	}
	*near = near_word(name, strlen(name), names, n);
	return false;
}

/* Does somebody teach the layouts that t asks for? Types are nested a bounded number of times. */
static int check_asked(struct registry *r, struct unit *u, unsigned field, const struct type *t,
		       struct err *e)
{
	const struct layout_key *k = t->ext.form == EXTENT_LEARNT ? t->ext.layout : NULL;
	const char *best;
	char near[100];

	if (k && r->strict) {
		if (freeze_spend(r, r->units.n, e))
			return -1;
		if (!is_taught(r, k->name, &best)) {
			near_name(near, sizeof(near), best);
			return src_fail(u->src, e, u->f[field].name,
					"nobody teaches a layout '%s'%s", k->name, near);
		}
	}
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++) {
		if (check_asked(r, u, field, t->arms[i].type, e))
			return -1;
	}
	return t->form == TYPE_LIST ? check_asked(r, u, field, t->item, e) : 0;
}

int check_layouts(struct registry *r, struct unit *u, struct err *e)
{
	for (unsigned i = 0; i < u->rec->nfields; i++) {
		if (check_asked(r, u, i, u->rec->fields[i].type, e))
			return -1;
	}
	return 0;
}
