/* SPDX-License-Identifier: BSD-2-Clause */
/* Are two loaded protocols the same description, whatever registry, file and line they came from?
 */
#include "core/load.h"
#include "core/proto_print.h"

struct equal {
	struct buf *why;
	const char *rec, *field; /* where we are, for the sentence */
	struct needs a, b;       /* records whose equality is judged one after the other */
};

static bool differ(struct equal *q, const char *what)
{
	if (q->field)
		buf_fmt(q->why, "%s.%s differs in its %s", q->rec, q->field, what);
	else
		buf_fmt(q->why, "%s differs in its %s", q->rec, what);
	return false;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_names(const char *const *a, const char *const *b)
{
	if (!a || !b)
		return (!a || !*a) && (!b || !*b);
	for (; *a && *b; a++, b++) {
		if (strcmp(*a, *b))
			return false;
	}
	return !*a && !*b;
}

static bool same_spans(const struct spans *a, const struct spans *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++) {
		if (a->v[i].form != b->v[i].form || a->v[i].from != b->v[i].from ||
		    a->v[i].to != b->v[i].to)
			return false;
	}
	return true;
}

static bool same_path(const struct expr *a, const struct expr *b)
{
	if (a->npath != b->npath || a->local != b->local || a->outer_proto != b->outer_proto)
		return false;
	for (unsigned i = 0; i < a->npath; i++) {
		if (!same_text(a->path[i].name, b->path[i].name) ||
		    a->path[i].index != b->path[i].index)
			return false;
	}
	return true;
}

static bool same_expr(const struct expr *a, const struct expr *b)
{
	if (!a || !b)
		return a == b;
	if (a->op != b->op || a->num != b->num || !same_text(a->word, b->word) ||
	    !same_path(a, b) || !same_spans(&a->spans, &b->spans) || a->nset != b->nset)
		return false;
	for (unsigned i = 0; i < a->nset; i++) {
		if (!same_expr(a->set[i].lo, b->set[i].lo) ||
		    !same_expr(a->set[i].hi, b->set[i].hi))
			return false;
	}
	return same_expr(a->a, b->a) && same_expr(a->b, b->b) && same_expr(a->c, b->c);
}

static bool same_type(const struct type *a, const struct type *b);

static bool same_wide(const struct extent *a, const struct extent *b)
{
	if (a->nwide != b->nwide)
		return false;
	for (unsigned i = 0; i < a->nwide; i++) {
		if (a->wide[i].head != b->wide[i].head || a->wide[i].add != b->wide[i].add ||
		    !same_type(a->wide[i].type, b->wide[i].type))
			return false;
	}
	return true;
}

static bool same_key(const struct layout_key *a, const struct layout_key *b)
{
	if (!a || !b)
		return a == b;
	if (strcmp(a->name, b->name) || a->nby != b->nby)
		return false;
	for (unsigned i = 0; i < a->nby; i++) {
		if (!same_expr(a->by[i], b->by[i]))
			return false;
	}
	return true;
}

static bool same_extent(const struct extent *a, const struct extent *b)
{
	if (a->outer && b->outer ? !same_extent(a->outer, b->outer) : a->outer != b->outer)
		return false;
	return a->form == b->form && same_expr(a->expr, b->expr) && a->stop_len == b->stop_len &&
	       a->mark_len == b->mark_len && !memcmp(a->mark, b->mark, a->mark_len) &&
	       (!a->stop_len || !memcmp(a->stop, b->stop, a->stop_len)) &&
	       same_names(a->alias, b->alias) && same_wide(a, b) &&
	       (a->form != EXTENT_LEARNT || same_key(a->layout, b->layout)) &&
	       (!a->prefix || !b->prefix ? a->prefix == b->prefix
					 : same_type(a->prefix, b->prefix));
}

static bool same_type(const struct type *a, const struct type *b)
{
	if (a->form != b->form || a->kind != b->kind || a->bits != b->bits || a->le != b->le ||
	    !same_extent(&a->ext, &b->ext) || !same_expr(a->on, b->on) || a->narms != b->narms)
		return false;
	/* The structs themselves are compared once, from the list of what the protocol needs. */
	if (a->form == TYPE_STRUCT)
		return same_text(a->rec->name, b->rec->name);
	if (a->form == TYPE_LIST)
		return same_type(a->item, b->item);
	for (unsigned i = 0; i < a->narms; i++) {
		if (!same_expr(a->arms[i].lo, b->arms[i].lo) ||
		    !same_expr(a->arms[i].hi, b->arms[i].hi) ||
		    !same_names(a->arms[i].alias, b->arms[i].alias) ||
		    !same_type(a->arms[i].type, b->arms[i].type))
			return false;
	}
	return true;
}

static bool same_words(const struct words *a, const struct words *b)
{
	if (!a || !b)
		return a == b;
	if (a->n != b->n || a->flags != b->flags || !same_text(a->name, b->name))
		return false;
	for (unsigned i = 0; i < a->n; i++) {
		const struct word *v = &a->v[i], *w = &b->v[i];

		if (strcmp(v->name, w->name) || v->value != w->value || v->mask != w->mask ||
		    v->letter != w->letter || !same_text(v->doc, w->doc))
			return false;
	}
	return true;
}

static bool same_cases(const struct field *a, const struct field *b)
{
	if (a->ncases != b->ncases)
		return false;
	for (unsigned i = 0; i < a->ncases; i++) {
		if (!same_expr(a->cases[i].cond, b->cases[i].cond) ||
		    !same_words(a->cases[i].words, b->cases[i].words))
			return false;
	}
	return true;
}

static bool same_sum(const struct sum_algo *a, const struct sum_algo *b)
{
	if (!a || !b)
		return a == b;
	return same_text(a->name, b->name) && a->form == b->form && a->width == b->width &&
	       a->refin == b->refin && a->refout == b->refout && a->poly == b->poly &&
	       a->init == b->init && a->xorout == b->xorout;
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	return a->form == b->form && a->num == b->num && a->text_len == b->text_len &&
	       !a->text == !b->text && (!a->text || !memcmp(a->text, b->text, a->text_len)) &&
	       (a->form == RULE_CONST || same_expr(a->expr, b->expr)) &&
	       same_spans(&a->spans, &b->spans) && a->k == b->k && a->m == b->m && a->n == b->n &&
	       a->skip == b->skip && a->blocks == b->blocks && a->zero_rest == b->zero_rest &&
	       a->zero_end == b->zero_end && a->zero_over == b->zero_over &&
	       a->zero_none == b->zero_none && same_sum(a->sum, b->sum);
}

static bool same_facts(const struct field *a, const struct field *b)
{
	return a->selects == b->selects && a->structural == b->structural && a->plain == b->plain &&
	       a->run == b->run && a->run_bits == b->run_bits && a->load == b->load &&
	       a->judged == b->judged && a->fixed_bit == b->fixed_bit &&
	       a->bounds_from == b->bounds_from && a->bounds_to == b->bounds_to &&
	       !a->bound_by == !b->bound_by &&
	       (!a->bound_by || a->bound_by->index == b->bound_by->index);
}

static bool same_field(struct equal *q, const struct field *a, const struct field *b)
{
	q->field = a->name;
	if (strcmp(a->name, b->name))
		return differ(q, "name");
	if (!same_type(a->type, b->type))
		return differ(q, "type");
	if (!same_words(a->words, b->words) || !same_cases(a, b))
		return differ(q, "words");
	if (!same_expr(a->cond, b->cond) || a->optional != b->optional)
		return differ(q, "condition");
	if (!same_rule(&a->rule, &b->rule))
		return differ(q, "rule");
	if (a->nmust != b->nmust)
		return differ(q, "number of musts");
	for (unsigned i = 0; i < a->nmust; i++) {
		if (!same_expr(a->must[i].expr, b->must[i].expr))
			return differ(q, "must");
	}
	if (!same_names(a->alias, b->alias))
		return differ(q, "aliases");
	if (!same_text(a->doc, b->doc))
		return differ(q, "meaning");
	if (a->show != b->show || a->align != b->align || a->fresh != b->fresh ||
	    a->since != b->since || a->after != b->after)
		return differ(q, "suffixes");
	if (!same_facts(a, b))
		return differ(q, "place or bounds");
	q->field = NULL;
	return true;
}

static bool same_secrets(const struct record *a, const struct record *b)
{
	if (a->nsecrets != b->nsecrets)
		return false;
	for (unsigned i = 0; i < a->nsecrets; i++) {
		if (a->secrets[i].field != b->secrets[i].field ||
		    !same_expr(a->secrets[i].cond, b->secrets[i].cond))
			return false;
	}
	return true;
}

static bool same_views(const struct record *a, const struct record *b)
{
	if (a->nviews != b->nviews)
		return false;
	for (unsigned i = 0; i < a->nviews; i++) {
		const struct view *v = &a->views[i], *w = &b->views[i];

		if (strcmp(v->name, w->name) || v->bytes != w->bytes ||
		    !same_text(v->doc, w->doc) || !same_expr(v->expr, w->expr) ||
		    !same_expr(v->cond, w->cond))
			return false;
	}
	return true;
}

static bool same_announces(const struct record *a, const struct record *b)
{
	if (a->nannounces != b->nannounces)
		return false;
	for (unsigned i = 0; i < a->nannounces; i++) {
		const struct announce *v = &a->announces[i], *w = &b->announces[i];

		if (strcmp(v->name, w->name) || strcmp(v->space, w->space) ||
		    !same_expr(v->value, w->value) || !same_expr(v->cond, w->cond))
			return false;
	}
	return true;
}

static bool same_teaches(const struct record *a, const struct record *b)
{
	if (a->nteaches != b->nteaches)
		return false;
	for (unsigned i = 0; i < a->nteaches; i++) {
		const struct teach *v = &a->teaches[i], *w = &b->teaches[i];

		if (!same_key(&v->key, &w->key) || !same_expr(v->cond, w->cond) ||
		    v->nlists != w->nlists || memcmp(v->list, w->list, sizeof(v->list)))
			return false;
	}
	return true;
}

static bool same_summaries(const struct proto *a, const struct proto *b)
{
	if (a->nsummaries != b->nsummaries)
		return false;
	for (unsigned i = 0; i < a->nsummaries; i++) {
		const struct summary_line *s = &a->summaries[i], *t = &b->summaries[i];

		if (s->alone != t->alone || strcmp(s->text, t->text) ||
		    !same_expr(s->cond, t->cond))
			return false;
	}
	return true;
}

static bool same_wants(const struct proto *a, const struct proto *b)
{
	if (a->nwants != b->nwants)
		return false;
	for (unsigned i = 0; i < a->nwants; i++) {
		const struct want *v = &a->wants[i], *w = &b->wants[i];

		if (strcmp(v->proto, w->proto) || strcmp(v->name, w->name) ||
		    v->text_len != w->text_len || memcmp(v->text, w->text, v->text_len) ||
		    !same_expr(v->cond, w->cond))
			return false;
	}
	return true;
}

static bool same_segment(const struct segment_rule *a, const struct segment_rule *b)
{
	return same_expr(a->at, b->at) && same_expr(a->opens, b->opens) &&
	       same_expr(a->closes, b->closes) && same_expr(a->resets, b->resets) &&
	       same_expr(a->first, b->first) && same_expr(a->last, b->last) &&
	       same_expr(a->acks, b->acks) && same_expr(a->acks_if, b->acks_if) &&
	       same_expr(a->takes, b->takes) && same_expr(a->window, b->window) &&
	       same_text(a->scale, b->scale) && a->bits == b->bits;
}

static bool same_flow(const struct proto *a, const struct proto *b)
{
	const struct fragment_rule *f = a->fragment, *g = b->fragment;

	if (!a->flow != !b->flow || !f != !g || !a->segment != !b->segment)
		return false;
	if (a->flow && (a->flow->n != b->flow->n ||
			memcmp(a->flow->pair, b->flow->pair, sizeof(a->flow->pair))))
		return false;
	if (f &&
	    (f->nby != g->nby || memcmp(f->by, g->by, sizeof(f->by)) || !same_expr(f->at, g->at) ||
	     !same_expr(f->more, g->more) || !same_expr(f->number, g->number) ||
	     !same_expr(f->first, g->first) || !same_expr(f->intact, g->intact) ||
	     !same_expr(f->cond, g->cond) || f->bits != g->bits))
		return false;
	return !a->segment || same_segment(a->segment, b->segment);
}

static bool same_record(struct equal *q, const struct record *a, const struct record *b)
{
	q->rec = a->name;
	q->field = NULL;
	if (strcmp(a->name, b->name) || !same_text(a->doc, b->doc))
		return differ(q, "name or meaning");
	if (a->nfields != b->nfields || a->npre != b->npre || a->fixed_bits != b->fixed_bits)
		return differ(q, "number of fields or width");
	for (unsigned i = 0; i < a->nfields; i++) {
		if (!same_field(q, &a->fields[i], &b->fields[i]))
			return false;
	}
	q->field = NULL;
	if (!same_announces(a, b))
		return differ(q, "what it announces");
	if (!same_teaches(a, b))
		return differ(q, "what it teaches");
	if (!same_secrets(a, b))
		return differ(q, "secrets");
	return same_views(a, b) ? true : differ(q, "views");
}

static bool same_graph(struct equal *q, const struct proto *a, const struct proto *b)
{
	if (a->nover != b->nover || a->ncarries != b->ncarries)
		return differ(q, "over or carries");
	for (unsigned i = 0; i < a->nover; i++) {
		if (!same_text(a->over[i].space, b->over[i].space) ||
		    !same_text(a->over[i].lower, b->over[i].lower) ||
		    a->over[i].lo != b->over[i].lo || a->over[i].hi != b->over[i].hi)
			return differ(q, "over");
	}
	for (unsigned i = 0; i < a->ncarries; i++) {
		const struct carries *c = &a->carries[i], *d = &b->carries[i];

		if (strcmp(c->space, d->space) || c->nfields != d->nfields ||
		    memcmp(c->field, d->field, c->nfields * sizeof(c->field[0])) ||
		    !same_expr(c->cond, d->cond))
			return differ(q, "carries");
	}
	return true;
}

static bool same_pseudo(struct equal *q, const struct proto *a, const struct proto *b)
{
	if (a->npseudo != b->npseudo || a->npseudo_over != b->npseudo_over)
		return differ(q, "pseudo header");
	for (unsigned i = 0; i < a->npseudo; i++) {
		if (!same_text(a->pseudo[i].field, b->pseudo[i].field) ||
		    a->pseudo[i].bits != b->pseudo[i].bits ||
		    !same_expr(a->pseudo[i].expr, b->pseudo[i].expr))
			return differ(q, "pseudo header");
	}
	for (unsigned i = 0; i < a->npseudo_over; i++) {
		if (strcmp(a->pseudo_over[i].field, b->pseudo_over[i].field) ||
		    a->pseudo_over[i].list != b->pseudo_over[i].list ||
		    !same_expr(a->pseudo_over[i].cond, b->pseudo_over[i].cond))
			return differ(q, "pseudo header");
	}
	return true;
}

static bool same_replies(struct equal *q, const struct proto *a, const struct proto *b)
{
	if (a->nreply != b->nreply)
		return differ(q, "replies");
	for (unsigned i = 0; i < a->nreply; i++) {
		const struct reply *r = &a->reply[i], *s = &b->reply[i];

		if (r->nswap != s->nswap || r->nsame != s->nsame || r->nexpr != s->nexpr ||
		    memcmp(r->swap, s->swap, r->nswap * sizeof(r->swap[0])) ||
		    memcmp(r->same, s->same, r->nsame * sizeof(r->same[0])) ||
		    !same_text(r->anew_proto, s->anew_proto) ||
		    !same_text(r->anew_name, s->anew_name) || !same_expr(r->silent, s->silent) ||
		    !same_expr(r->cond_reply, s->cond_reply) ||
		    !same_expr(r->cond_request, s->cond_request))
			return differ(q, "replies");
		for (unsigned k = 0; k < r->nexpr; k++) {
			if (!same_expr(r->expr[k], s->expr[k]))
				return differ(q, "replies");
		}
	}
	return true;
}

static bool same_proto(struct equal *q, const struct proto *a, const struct proto *b)
{
	q->rec = a->name;
	if (strcmp(a->name, b->name) || !same_text(a->title, b->title) ||
	    !same_text(a->doc, b->doc) || !same_text(a->ref, b->ref))
		return differ(q, "name, title, doc or ref");
	if (!same_names(a->names, b->names))
		return differ(q, "names");
	if (!same_expr(a->guard, b->guard) || !same_expr(a->through, b->through) ||
	    !same_expr(a->guess, b->guess) || !same_expr(a->opaque, b->opaque) ||
	    !same_expr(a->excerpt, b->excerpt) || !same_expr(a->quotes, b->quotes) ||
	    !same_expr(a->message, b->message) || !same_text(a->quotes_proto, b->quotes_proto) ||
	    a->message_min != b->message_min)
		return differ(q, "guard, payload, quotes or message");
	if (!same_summaries(a, b) || a->beside != b->beside || a->has_payload != b->has_payload)
		return differ(q, "summary, beside or payload");
	if (!same_wants(a, b))
		return differ(q, "wants");
	if (!same_flow(a, b))
		return differ(q, "flow, fragment or segment");
	return same_graph(q, a, b) && same_pseudo(q, a, b) && same_replies(q, a, b) &&
	       same_record(q, &a->rec, &b->rec);
}

bool proto_equal(const struct proto *a, const struct proto *b, struct buf *why)
{
	struct equal q = { .why = why };
	bool same = false;

	if (needs_of(a, &q.a) || needs_of(b, &q.b)) {
		buf_str(why, "out of memory");
		goto out;
	}
	same = same_proto(&q, a, b);
	if (same && q.a.nrec != q.b.nrec)
		same = differ(&q, "structs");
	for (unsigned i = 0; same && i < q.a.nrec; i++)
		same = same_record(&q, q.a.rec[i], q.b.rec[i]);
out:
	needs_done(&q.a);
	needs_done(&q.b);
	return same;
}
