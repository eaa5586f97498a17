/* SPDX-License-Identifier: BSD-2-Clause */
/* Which expressions a description holds, and what each of them may name. */
#include "core/load_scope.h"

static int maybe(const struct scope *s, const struct expr *x)
{
	return x ? scope_resolve(s, x, NULL, NULL) : 0;
}

/* A label is a number or a word of what is chosen by. */
static int resolve_label(const struct scope *s, const struct expr *x, const struct words *w,
			 const struct field *whose)
{
	if (!x || x->op == EX_NUM)
		return 0;
	if (!word_named(w, x->path[0].name)) {
		if (w)
			return scope_unknown(s, x, w, whose);
		return src_fail(s->u->src, s->e,
				(struct place) { lexpr_of(x)->at, lexpr_of(x)->span },
				"what is chosen by has no words; a number is accepted");
	}
	return scope_resolve(s, x, w, whose);
}

static int resolve_key(const struct scope *s, const struct layout_key *k)
{
	for (unsigned i = 0; k && i < k->nby; i++) {
		if (maybe(s, k->by[i]))
			return -1;
	}
	return 0;
}

static int resolve_types(struct scope *s, const struct field *f, const struct type *t)
{
	struct scope in = *s;
	const struct field *whose = NULL;
	const struct words *w;

	if (t->form == TYPE_LIST && (t->ext.form == EXTENT_UNTIL || t->ext.form == EXTENT_WHILE)) {
		in.list = f;
		in.may |= MAY_ITEM;
		in.item = t->item->form == TYPE_STRUCT ? unit_of(s->r, t->item->rec) : NULL;
		if (scope_resolve(&in, t->ext.expr, NULL, NULL))
			return -1;
	} else if (maybe(s, t->ext.expr) ||
		   (t->ext.form == EXTENT_LEARNT && resolve_key(s, t->ext.layout))) {
		return -1;
	}
	if (t->form == TYPE_LIST)
		return resolve_types(s, f, t->item);
	if (t->form != TYPE_CHOOSE)
		return 0;
	w = t->on ? scope_words(s, t->on, &whose) : NULL;
	if (maybe(s, t->on))
		return -1;
	for (unsigned i = 0; i < t->narms; i++) {
		if (resolve_label(s, t->arms[i].lo, w, whose) ||
		    resolve_label(s, t->arms[i].hi, w, whose) ||
		    resolve_types(s, f, t->arms[i].type))
			return -1;
	}
	return 0;
}

static int resolve_fields(struct scope *s)
{
	struct unit *u = s->u;

	for (unsigned i = 0; i < u->rec->nviews; i++) {
		if (maybe(s, u->rec->views[i].expr) || maybe(s, u->rec->views[i].cond))
			return -1;
	}
	for (unsigned i = 0; i < u->rec->nsecrets; i++) {
		if (maybe(s, u->rec->secrets[i].cond))
			return -1;
	}
	for (unsigned i = 0; i < u->rec->nannounces; i++) {
		if (maybe(s, u->rec->announces[i].value) || maybe(s, u->rec->announces[i].cond))
			return -1;
	}
	for (unsigned i = 0; i < u->rec->nteaches; i++) {
		if (resolve_key(s, &u->rec->teaches[i].key) || maybe(s, u->rec->teaches[i].cond))
			return -1;
	}
	for (unsigned i = 0; i < u->rec->nfields; i++) {
		struct field *f = &u->rec->fields[i];

		if (resolve_types(s, f, f->type) || maybe(s, f->cond))
			return -1;
		for (unsigned k = 0; k < f->ncases; k++) {
			if (maybe(s, f->cases[k].cond))
				return -1;
		}
		if (u->f[i].rule_expr && scope_resolve(s, u->f[i].rule_expr, f->words, f))
			return -1;
		for (unsigned k = 0; k < f->nmust; k++) {
			if (scope_resolve(s, f->must[k].expr, NULL, NULL))
				return -1;
		}
	}
	return 0;
}

static int resolve_proto(struct scope *s)
{
	const struct proto *p = s->u->proto;

	if (maybe(s, p->guard) || maybe(s, p->through) || maybe(s, p->guess) ||
	    maybe(s, p->opaque) || maybe(s, p->excerpt) || maybe(s, p->quotes))
		return -1;
	if (p->fragment && (maybe(s, p->fragment->at) || maybe(s, p->fragment->number) ||
			    maybe(s, p->fragment->first) || maybe(s, p->fragment->more) ||
			    maybe(s, p->fragment->cond) || maybe(s, p->fragment->intact)))
		return -1;
	if (p->segment && (maybe(s, p->segment->at) || maybe(s, p->segment->opens) ||
			   maybe(s, p->segment->closes) || maybe(s, p->segment->resets) ||
			   maybe(s, p->segment->first) || maybe(s, p->segment->last) ||
			   maybe(s, p->segment->acks) || maybe(s, p->segment->acks_if) ||
			   maybe(s, p->segment->takes) || maybe(s, p->segment->window)))
		return -1;
	for (unsigned i = 0; i < p->ncarries; i++) {
		if (maybe(s, p->carries[i].cond))
			return -1;
	}
	for (unsigned i = 0; i < p->npseudo_over; i++) {
		if (maybe(s, p->pseudo_over[i].cond))
			return -1;
	}
	for (unsigned i = 0; i < p->nwants; i++) {
		if (maybe(s, p->wants[i].cond))
			return -1;
	}
	for (unsigned i = 0; i < p->nsummaries; i++) {
		if (maybe(s, p->summaries[i].cond))
			return -1;
	}
	s->may = MAY_UPPER | MAY_SPAN;
	for (unsigned i = 0; i < p->npseudo; i++) {
		if (maybe(s, p->pseudo[i].expr))
			return -1;
	}
	s->may = MAY_REQUEST;
	if (maybe(s, p->message))
		return -1;
	s->may = MAY_REQUEST | MAY_SPAN;
	for (unsigned i = 0; i < p->nreply; i++) {
		const struct reply *y = &p->reply[i];

		if (maybe(s, y->cond_reply) || maybe(s, y->cond_request) || maybe(s, y->silent))
			return -1;
		for (unsigned k = 0; k < y->nexpr; k++) {
			if (maybe(s, y->expr[k]))
				return -1;
		}
	}
	return 0;
}

int freeze_resolve(struct registry *r, struct err *e)
{
	for (uint32_t i = 0; i < r->units.n; i++) {
		struct scope s = { .r = r, .u = *VEC_AT(struct unit *, r->units, i), .e = e };

		s.may = s.u->proto ? 0 : MAY_INDEX;
		if (resolve_fields(&s) || (s.u->proto && resolve_proto(&s)))
			return -1;
	}
	return 0;
}

void expr_each(const struct expr *x, void (*fn)(const struct expr *, void *), void *arg)
{
	if (!x)
		return;
	fn(x, arg);
	expr_each(x->a, fn, arg);
	expr_each(x->b, fn, arg);
	expr_each(x->c, fn, arg);
	for (unsigned i = 0; i < x->nset; i++) {
		expr_each(x->set[i].lo, fn, arg);
		expr_each(x->set[i].hi, fn, arg);
	}
}
