/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading records by the layout that an earlier packet taught: lists [learnt NAME by ..] and
 * [as learnt], and the numbers that stand in the layout and not in the record. */
#include "core/decode_impl.h"

/* Where no layout says it: the default. What would be computed cannot be told. */
static bool unsaid(const struct reader *r, const struct field *f, uint32_t inst, uint64_t *v)
{
	*v = f->rule.form == RULE_CONST ? (uint64_t)f->rule.num : 0;
	if (f->rule.form == RULE_EXPR)
		return rule_value(f, r->t, inst, v, NULL) == 0;
	return f->rule.form == RULE_NONE || f->rule.form == RULE_CONST;
}

int read_implied(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		 uint32_t inst)
{
	const struct field *f = r->t->v[at].field;
	uint64_t v;

	if (!(r->row && layout_number(r->row, f, &v)) && !unsaid(r, f, inst, &v))
		return cut_node(r, at, p);
	if (v >> (type->bits - 1) >> 1)
		return cut_node(r, at, p);
	r->t->v[at].num = v;
	node_close(r->t, at, p->pos);
	return 0;
}

/* Item i of list `at`. -1: it is not all there, and forgotten. */
static int read_one(struct reader *r, uint32_t at, const struct type *item, struct place *p,
		    unsigned i)
{
	struct tree *t = r->t;
	uint32_t n = t->n;
	struct place was = *p;
	uint16_t lflags = t->lflags;
	int rc = read_type(r, at, t->v[at].field, item, p, false);

	if (rc == -2)
		return -2;
	for (uint32_t k = n; rc == 0 && k < t->n; k++)
		rc = t->v[k].flags & (NODE_RAW | NODE_CUT | NODE_CLIPPED) ? -1 : 0;
	if (rc == 0) {
		t->v[n].flags |= NODE_ITEM;
		t->v[n].index = (uint16_t)i;
		t->v[at].num = i + 1;
		return 0;
	}
	tree_cut(t, n);
	t->lflags = lflags | (t->lflags & LAYER_DEEP);
	*p = was;
	return -1;
}

/* An item for each of the layout's. */
static int read_row(struct reader *r, uint32_t at, const struct type *item, struct place *p)
{
	const struct layout_item *outer = r->row;
	uint32_t prior = r->prior, last = NODE_NONE;
	int rc = r->layout ? 0 : -1;

	for (unsigned i = 0; rc == 0 && i < r->layout->n; i++) {
		r->row = &r->layout->v[i];
		r->prior = last;
		last = r->t->n;
		rc = read_one(r, at, item, p, i);
	}
	r->row = outer;
	r->prior = prior;
	return rc;
}

/* As many items as there are. */
static int read_rows(struct reader *r, uint32_t at, const struct type *item, struct place *p)
{
	uint32_t prior = r->prior, last = NODE_NONE;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && p->pos < p->end; i++) {
		uint32_t was = p->pos;

		if (i == WALK_ITEMS) {
			r->t->lflags |= LAYER_DEEP;
			break;
		}
		r->prior = last;
		last = r->t->n;
		rc = read_one(r, at, item, p, i);
		if (rc == 0 && p->pos == was)
			break;
	}
	r->prior = prior;
	return rc == -2 ? -2 : 0;
}

int read_learnt(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		uint32_t inst)
{
	const struct layout *outer = r->layout;
	const struct layout_key *k = type->ext.layout;
	struct place sub = { p->pos, p->end, p->pos, false };
	int rc;

	if (k) {
		r->layout = r->t->pkt ? layouts_find(r->t->pkt->learnt, k, r->t, inst) : NULL;
		rc = r->layout ? read_rows(r, at, type->item, &sub) : -1;
		r->layout = outer;
	} else {
		rc = read_row(r, at, type->item, &sub);
	}
	if (rc == -2)
		return -2;
	if (rc < 0)
		return cut_node(r, at, p);
	p->pos = sub.pos;
	node_close(r->t, at, p->pos);
	return 0;
}
