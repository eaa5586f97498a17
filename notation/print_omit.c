/* SPDX-License-Identifier: BSD-2-Clause */
/* What may stay unsaid: a value that building would give a silent field anyway. */
#include "notation/printer.h"

static uint64_t default_number(struct printer *pr, const struct field *f)
{
	struct value v = { 0 };

	if (f->rule.form != RULE_CONST)
		return 0;
	if (!f->rule.text)
		return (uint64_t)f->rule.num;
	value_parse(f, f->type, f->rule.text, f->rule.text_len, &pr->mem, &v, NULL);
	return v.num;
}

static bool selector_number(const struct print_layer *l, unsigned field, uint64_t *v)
{
	uint32_t at = tree_child(&l->tree, 0, field);

	if (at == NODE_NONE || l->tree.v[at].type->form != TYPE_LEAF)
		return false;
	*v = l->tree.v[at].num;
	return true;
}

/* Does some field other than `but`, having to be said, already lead to the upper layer? */
static bool others_fit(struct printer *pr, unsigned i, const struct proto *upper, unsigned but)
{
	const struct print_layer *l = &pr->layer[i];
	const struct proto *p = l->tree.proto;
	struct edge e;
	uint64_t v;

	for (unsigned k = 0; registry_edge(pr->reg, p, upper, k, &e); k++) {
		for (unsigned n = 0; n < e.cr->nfields; n++) {
			unsigned f = e.cr->field[n];

			if (f != but && selector_number(l, f, &v) && v >= e.lo && v <= e.hi &&
			    v != default_number(pr, &p->rec.fields[f]))
				return true;
		}
	}
	return false;
}

void print_selectors(struct printer *pr, unsigned i, const struct proto *upper)
{
	struct print_layer *l = &pr->layer[i];
	const struct proto *p = l->tree.proto;
	struct edge e;
	uint64_t v;

	l->filled = -1;
	l->forced = 0;
	for (unsigned k = 0; upper && registry_edge(pr->reg, p, upper, k, &e); k++) {
		if (!e.space)
			return;
	}
	/* Building fills the first field that was not said (of one that may be guessed, the first
	 * field alone); a field that would get another value than it has must be said. */
	for (unsigned k = 0; upper && registry_edge(pr->reg, p, upper, k, &e); k++) {
		for (unsigned n = 0; n < (upper->guess ? 1 : e.cr->nfields); n++) {
			unsigned f = e.cr->field[n];

			if (!selector_number(l, f, &v))
				continue;
			if (v == e.lo && !others_fit(pr, i, upper, f)) {
				l->filled = (int32_t)f;
				l->filled_value = v;
				return;
			}
			if (others_fit(pr, i, upper, UINT16_MAX))
				return;
			if (v == default_number(pr, &p->rec.fields[f]))
				l->forced |= (uint64_t)1 << (f < 63 ? f : 63);
		}
	}
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i])
			return false;
	}
	return true;
}

/* The default of a kind that is not a number. */
static bool is_default(struct printer *pr, const struct field *f, const struct node *n,
		       const struct value *v)
{
	enum kind_class cls = n->type->kind->cls;
	bool fixed = n->type->ext.form == EXTENT_BYTES && n->type->ext.expr->op == EX_NUM;
	const uint8_t *want = NULL;
	uint32_t len = 0;
	struct value def;
	struct err e = { 0 };

	if (f->rule.form == RULE_CONST && f->rule.text) {
		want = (const uint8_t *)f->rule.text;
		len = f->rule.text_len;
		if (cls != KIND_TEXT && cls != KIND_BYTES) {
			if (value_parse(f, n->type, f->rule.text, f->rule.text_len, &pr->mem, &def,
					&e)) {
				pr->text.failed |= e.code == ERR_IO;
				return false;
			}
			want = def.p;
			len = def.len;
		}
	} else if (cls == KIND_NAME) {
		return false;
	}
	if (cls == KIND_ADDR && !want)
		return all_zero(v->p, v->len);
	if (v->len < len || (v->len > len && !fixed))
		return false;
	return (!len || !memcmp(v->p, want, len)) && all_zero(v->p + len, v->len - len);
}

static bool sum_implied(struct printer *pr, unsigned i, uint32_t at)
{
	uint64_t v;
	int rc = sum_value(pr->pkt, i, &pr->layer[i].tree, at, &v);

	/* A quote or a first fragment may hold all that its sum covers: trying tells. */
	if (rc == 2)
		return pr->pkt->len >= pr->pkt->wire_len && pr->layer[i].tree.v[at].num;
	return rc == 0 && v == pr->layer[i].tree.v[at].num;
}

bool node_implied(struct printer *pr, unsigned i, uint32_t at)
{
	struct print_layer *l = &pr->layer[i];
	const struct tree *t = &l->tree;
	const struct node *n = &t->v[at];
	const struct field *f = n->field;
	bool root = n->parent == 0;
	struct value v;
	uint64_t want;

	if (f->optional || (n->flags & (NODE_ITEM | NODE_RAW | NODE_CUT)))
		return false;
	if (root && (l->forced & (uint64_t)1 << (f->index < 63 ? f->index : 63)))
		return false;
	if (root && l->filled == (int32_t)f->index)
		return n->num == l->filled_value;
	if (node_sizes(t, at))
		return false;
	switch (f->rule.form) {
	case RULE_SUM: return sum_implied(pr, i, at);
	case RULE_LEN:
	case RULE_COUNT:
	case RULE_EXPR:
	case RULE_HEAD: return rule_value(f, t, n->parent, &want, NULL) == 0 && want == n->num;
	default: break;
	}
	if (n->type->kind->cls == KIND_NUM || n->type->kind->cls == KIND_TIME ||
	    n->type->kind->cls == KIND_FLOAT) {
		if (f->rule.form != RULE_CONST)
			return n->num == 0;
		if (!f->rule.text)
			return n->num == (uint64_t)f->rule.num;
		return value_parse(f, n->type, f->rule.text, f->rule.text_len, &pr->mem, &v,
				   NULL) == 0 &&
		       v.num == n->num;
	}
	node_value(t, at, &v);
	return (v.p || !n->bits) && is_default(pr, f, n, &v);
}
