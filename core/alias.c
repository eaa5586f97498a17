/* SPDX-License-Identifier: BSD-2-Clause */
/* Other names of fields, and views. */
#include "core/alias.h"

#include "core/bits.h"
#include "core/head.h"
#include "core/load.h"
#include "core/proto_print.h"
#include "core/walk.h"

struct visit {
	struct alias a;
	bool (*fn)(const struct alias *a, void *arg);
	void *arg;
};

static bool visit_names(struct visit *v, enum alias_form form, const struct type *t,
			const char *const *names)
{
	v->a.form = form;
	v->a.type = t;
	for (; names && *names; names++) {
		v->a.name = *names;
		if (v->fn(&v->a, v->arg))
			return true;
	}
	return false;
}

/* The loader bounds how deep types are nested. */
static bool visit_type(struct visit *v, const struct type *t)
{
	if (t->ext.alias && visit_names(v, ALIAS_PREFIX, t, t->ext.alias))
		return true;
	if (t->form == TYPE_LIST)
		return visit_type(v, t->item);
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++) {
		const struct arm *a = &t->arms[i];

		if (i && a[-1].type == a->type) /* two labels of one arm */
			continue;
		if (visit_names(v, ALIAS_ARM, a->type, a->alias) || visit_type(v, a->type))
			return true;
	}
	return false;
}

/* `view X = field`: the field that it shows; NULL: a number is computed. */
static const struct field *shown(const struct record *rec, const struct view *v)
{
	const struct expr *x = v->expr;

	return x->op == EX_FIELD && x->local >= 0 && x->npath == 1 ? &rec->fields[x->local] : NULL;
}

bool alias_each(const struct record *rec, bool (*fn)(const struct alias *a, void *arg), void *arg)
{
	struct visit v = { .a = { .rec = rec }, .fn = fn, .arg = arg };

	for (unsigned i = 0; i < rec->nfields; i++) {
		const struct field *f = &rec->fields[i];

		v.a.field = f;
		if (visit_names(&v, ALIAS_FIELD, NULL, f->alias) || visit_type(&v, f->type))
			return true;
	}
	for (unsigned i = 0; i < rec->nviews; i++) {
		v.a = (struct alias) { rec->views[i].name,         ALIAS_VIEW, rec,
				       shown(rec, &rec->views[i]), NULL,       &rec->views[i] };
		if (fn(&v.a, arg))
			return true;
	}
	return false;
}

struct named {
	const char *name;
	struct alias *out;
};

static bool is_named(const struct alias *a, void *arg)
{
	const struct named *n = arg;

	if (strcmp(a->name, n->name))
		return false;
	*n->out = *a;
	return true;
}

int alias_of(const struct proto *p, const char *name, struct alias *out)
{
	const struct field *f = proto_field(p, name, strlen(name));
	struct named arg = { name, out };
	struct needs n;
	bool found;

	if (f) {
		*out = (struct alias) { name, ALIAS_FIELD, &p->rec, f, NULL, NULL };
		return 1;
	}
	if (needs_of(p, &n))
		return -1;
	found = alias_each(&p->rec, is_named, &arg);
	for (unsigned i = 0; i < n.nrec && !found; i++)
		found = alias_each(n.rec[i], is_named, &arg);
	needs_done(&n);
	return found;
}

bool alias_is(const struct alias *a, const struct tree *t, uint32_t at)
{
	const struct node *n = &t->v[at];
	bool list = n->type && n->type->form == TYPE_LIST && !(n->flags & NODE_ITEM);

	if (n->field != a->field)
		return false;
	switch (a->form) {
	case ALIAS_FIELD: return !(list && n->next > at + 1);
	case ALIAS_ARM:
		if (n->type == a->type)
			return !(list && n->next > at + 1);
		return n->type && n->flags & NODE_ITEM && a->type->form == TYPE_LIST &&
		       t->v[n->parent].type == a->type;
	case ALIAS_PREFIX: return n->type == a->type;
	default: return false;
	}
}

bool prefix_read(const struct tree *t, uint32_t at, uint64_t *num, uint32_t *bit, uint32_t *bits)
{
	const struct node *n = &t->v[at];
	const struct type *p = n->type ? n->type->ext.prefix : NULL;
	struct head h;

	if (!n->type || n->bit % 8 || !n->head || (n->flags & NODE_RAW))
		return false;
	if (n->type->ext.form == EXTENT_REST) { /* the mark itself */
		*bit = n->bit;
		*bits = n->head * 8u;
		*num = bits_get(t->data, n->bit, *bits);
		return true;
	}
	if (!p)
		return false;
	if (head_read(&n->type->ext, t->data + n->bit / 8, n->head, &h))
		return false;
	*bit = n->bit + h.at * 8;
	*bits = (h.len - h.at) * 8;
	*num = h.value;
	return true;
}

/* ---- views ---- */

struct made_of {
	const struct tree *t;
	uint32_t at, bit, end, node;
	bool missing;
};

static void look(const struct expr *x, void *arg)
{
	struct made_of *m = arg;
	uint32_t n;

	if (x->op != EX_FIELD || x->outer_proto)
		return;
	n = expr_node(x, m->t, m->at);
	if (n == NODE_NONE || m->t->v[n].flags & (NODE_CUT | NODE_RAW)) {
		m->missing = true;
		return;
	}
	m->node = n;
	if (m->t->v[n].bit < m->bit)
		m->bit = m->t->v[n].bit;
	if (m->t->v[n].bit + m->t->v[n].bits > m->end)
		m->end = m->t->v[n].bit + m->t->v[n].bits;
}

static bool bytes_read(const struct view *v, const struct tree *t, uint32_t at,
		       struct view_value *out)
{
	uint32_t from, to;

	if (!span_bits(&v->expr->spans.v[0], t, at, &from, &to) || from % 8 || to % 8 ||
	    to > t->len * 8)
		return false;
	*out = (struct view_value) { NODE_NONE, 0, from, to - from, true };
	return true;
}

bool view_read(const struct view *v, const struct tree *t, uint32_t at, struct view_value *out)
{
	struct made_of m = { t, at, UINT32_MAX, 0, NODE_NONE, false };

	if (v->cond && !expr_eval(v->cond, t, at, NULL))
		return false;
	if (v->bytes)
		return bytes_read(v, t, at, out);
	expr_each(v->expr, look, &m);
	if (m.missing)
		return false;
	*out = (struct view_value) { .node = NODE_NONE, .bit = m.bit, .bits = m.end - m.bit };
	if (m.bit == UINT32_MAX) { /* made of lengths alone */
		out->bit = at ? t->v[at].bit : t->off * 8;
		out->bits = at ? t->v[at].bits : t->hlen * 8;
	}
	if (v->expr->op == EX_FIELD && !v->expr->outer_proto)
		out->node = m.node;
	else
		out->num = (uint64_t)expr_eval(v->expr, t, at, NULL);
	return true;
}

bool alias_next(const struct alias *a, const struct tree *t, uint32_t *from, struct view_value *out)
{
	while (*from < t->n) {
		uint32_t i = (*from)++;

		if (a->form == ALIAS_VIEW) {
			if (t->v[i].rec == a->rec && view_read(a->view, t, i, out))
				return true;
			continue;
		}
		if (!i || !alias_is(a, t, i))
			continue;
		*out = (struct view_value) { .node = i };
		if (a->form != ALIAS_PREFIX)
			return true;
		out->node = NODE_NONE;
		if (prefix_read(t, i, &out->num, &out->bit, &out->bits))
			return true;
	}
	return false;
}
