/* SPDX-License-Identifier: BSD-2-Clause */
/* Parser of what a protocol says of conversations (`flow`), of pieces of one datagram (`fragment`)
 * and of a stream of bytes (`segment`). */
#include "core/alias.h"
#include "core/load.h"

static struct place place_of(const struct expr *x)
{
	return (struct place) { lexpr_of(x)->at, lexpr_of(x)->span };
}

static int said(struct load *l, const void *rule)
{
	return rule ? load_fail(l, load_here(l), "this is said already") : 0;
}

/* flow A B [, C D] */
int parse_flow(struct load *l)
{
	struct flow_rule *f = arena_alloc(&l->r->mem, sizeof(*f));

	if (said(l, l->u->proto->flow))
		return -1;
	if (!f)
		return load_nomem(l->e);
	l->u->proto->flow = f;
	load_next(l);
	do {
		if (f->n == FLOW_PAIRS)
			return load_fail(l, load_here(l), "at most 4 pairs are accepted");
		if (load_ref(l, &f->pair[f->n].a) || load_ref(l, &f->pair[f->n].b))
			return -1;
		f->n++;
	} while (load_accept(l, ','));
	return 0;
}

static int word_expr(struct load *l, const char *word, const struct expr **x)
{
	if (!load_is(l, word))
		return 0;
	if (said(l, *x))
		return -1;
	load_next(l);
	*x = parse_expr(l);
	return *x ? 1 : -1;
}

/* fragment by F [, G] ( at EXPR | number EXPR first EXPR ) [more EXPR] [intact EXPR] [if EXPR] */
int parse_fragment(struct load *l)
{
	struct fragment_rule *f = arena_alloc(&l->r->mem, sizeof(*f));

	if (said(l, l->u->proto->fragment))
		return -1;
	if (!f)
		return load_nomem(l->e);
	l->u->proto->fragment = f;
	load_next(l);
	if (!load_is(l, "by"))
		return load_expected(l, "by and the fields that all pieces share");
	load_next(l);
	do {
		if (f->nby == FRAGMENT_FIELDS)
			return load_fail(l, load_here(l), "at most 8 fields are accepted");
		if (load_ref(l, &f->by[f->nby]))
			return -1;
		f->nby++;
	} while (load_accept(l, ','));
	if (!load_is(l, "at") && !load_is(l, "number"))
		return load_expected(l, "at and the byte that the piece begins with, or number");
	if (word_expr(l, "at", &f->at) < 0 || (!f->at && word_expr(l, "number", &f->number) < 0))
		return -1;
	if (f->number && !load_is(l, "first"))
		return load_expected(l, "first and when the whole begins with the piece");
	if ((f->number && word_expr(l, "first", &f->first) < 0) ||
	    word_expr(l, "more", &f->more) < 0 || word_expr(l, "intact", &f->intact) < 0)
		return -1;
	return word_expr(l, "if", &f->cond) < 0 ? -1 : 0;
}

/* window EXPR [scale NAME] */
static int scale(struct load *l, struct segment_rule *s)
{
	if (!s->window || !load_is(l, "scale"))
		return 0;
	if (said(l, s->scale))
		return -1;
	load_next(l);
	l->u->scale = load_here(l);
	s->scale = load_dotted(l, "the name of what scales the window");
	return s->scale ? 1 : -1;
}

/* has NAME to NAME */
static int has(struct load *l, struct segment_rule *s)
{
	if (!s->acks || !load_is(l, "has"))
		return 0;
	if (said(l, s->has[0]))
		return -1;
	for (unsigned i = 0; i < 2; i++) {
		if (i && !load_is(l, "to"))
			return load_expected(l, "to and the name of where it ends");
		load_next(l);
		l->u->has[i] = load_here(l);
		s->has[i] = load_dotted(l, "the name of a number of the other side's stream");
		if (!s->has[i])
			return -1;
	}
	return 1;
}

/* segment at EXPR [opens EXPR] [closes EXPR] [resets EXPR] [first EXPR] [last EXPR] [takes EXPR]
 *	[window EXPR [scale NAME]] [acks EXPR [if EXPR] [has NAME to NAME]] */
int parse_segment(struct load *l)
{
	struct segment_rule *s = arena_alloc(&l->r->mem, sizeof(*s));

	if (said(l, l->u->proto->segment))
		return -1;
	if (!s)
		return load_nomem(l->e);
	l->u->proto->segment = s;
	load_next(l);
	if (!load_is(l, "at"))
		return load_expected(l, "at and the number of the first byte");
	for (;;) {
		const struct {
			const char *word;
			const struct expr **x;
		} part[] = {
			{ "at", &s->at },         { "opens", &s->opens }, { "closes", &s->closes },
			{ "resets", &s->resets }, { "acks", &s->acks },   { "first", &s->first },
			{ "last", &s->last },     { "takes", &s->takes }, { "window", &s->window },
		};
		int r = 0;

		for (unsigned i = 0; i < sizeof(part) / sizeof(*part) && !r; i++)
			r = word_expr(l, part[i].word, part[i].x);
		if (!r)
			r = scale(l, s);
		if (!r)
			r = has(l, s);
		if (!r && s->acks)
			r = word_expr(l, "if", &s->acks_if);
		if (r <= 0)
			return r;
	}
}

struct widest {
	const struct record *rec;
	unsigned bits;
	int field;
};

static void look_at(const struct expr *x, void *arg)
{
	struct widest *w = arg;
	unsigned bits;

	if (x->op == EX_FIELD && x->local >= 0 && !x->outer_proto &&
	    type_is_number(w->rec->fields[x->local].type, &bits) && bits > w->bits) {
		w->bits = bits;
		w->field = x->local;
	}
}

/* 0 for no name. */
static int known_name(const struct proto *p, const char *name, const struct source *src,
		      struct place at, struct err *e)
{
	struct alias a;
	int rc = name ? alias_of(p, name, &a) : 1;

	if (rc < 0)
		return load_nomem(e);
	if (!rc)
		return src_fail(src, e, at, "nothing in %s has the name '%s'", p->name, name);
	return 0;
}

int check_flow(struct registry *r, struct unit *u, struct err *e)
{
	const struct proto *p = u->proto;
	struct widest w = { u->rec, 0, 0 };

	(void)r;
	if (p->segment && !p->flow)
		return src_fail(u->src, e, u->name,
				"a stream belongs to a conversation: %s needs flow, too", p->name);
	if (p->fragment && p->fragment->number) {
		expr_each(p->fragment->number, look_at, &w);
		if (!w.bits)
			return src_fail(u->src, e, place_of(p->fragment->number),
					"a piece has a number among the fields of %s", p->name);
		((struct fragment_rule *)(uintptr_t)p->fragment)->bits = (uint8_t)w.bits;
		w.bits = 0;
	}
	if (!p->segment)
		return 0;
	expr_each(p->segment->at, look_at, &w);
	if (!w.bits)
		return src_fail(u->src, e, place_of(p->segment->at),
				"a segment begins at a number among the fields of %s", p->name);
	if (known_name(p, p->segment->scale, u->src, u->scale, e) ||
	    known_name(p, p->segment->has[0], u->src, u->has[0], e) ||
	    known_name(p, p->segment->has[1], u->src, u->has[1], e))
		return -1;
	p->segment->bits = (uint8_t)w.bits;
	p->segment->number = (uint16_t)w.field;
	w.bits = 0;
	if (p->segment->acks)
		expr_each(p->segment->acks, look_at, &w);
	p->segment->acked = w.bits ? (uint16_t)w.field : FIELD_NONE;
	return 0;
}
