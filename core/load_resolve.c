/* SPDX-License-Identifier: BSD-2-Clause */
/* Freezing, second step: the names in expressions become fields, words and keywords. A bare name
 * beside something that has words is one of these words if it can be. */

#include "core/load_scope.h"

#include <stdio.h>

#include "core/near.h"

const struct word *word_named(const struct words *w, const char *name)
{
	for (unsigned i = 0; w && i < w->n; i++) {
		if (w->v[i].name == name)
			return &w->v[i];
	}
	return NULL;
}

static int fail(const struct scope *s, const struct expr *x, const char *fmt, const char *a,
		const char *b, const char *c)
{
	const struct lexpr *l = lexpr_of(x);

	return src_fail(s->u->src, s->e, (struct place) { l->at, l->span }, fmt, a, b, c);
}

/* One part further down: a field of a struct (f changes) or an item of a list. */
static bool step(const struct type *t, const struct path_part *p, const struct field **f,
		 const struct type **out)
{
	const struct record *rec = t->form == TYPE_STRUCT ? t->rec : NULL;

	if (t->form == TYPE_LIST && !p->name) {
		*out = t->item;
		return true;
	}
	for (unsigned i = 0; rec && p->name && i < rec->nfields; i++) {
		if (rec->fields[i].name == p->name) {
			*f = &rec->fields[i];
			*out = (*f)->type;
			return true;
		}
	}
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++) {
		if (step(t->arms[i].type, p, f, out))
			return true;
	}
	return false;
}

/* The field at the end of a path whose first part is f; NULL: there is none (*bad: which part). */
static const struct field *follow(const struct field *f, const struct expr *x, unsigned from,
				  unsigned *bad)
{
	const struct type *t = f->type;

	for (unsigned i = from; i < x->npath; i++) {
		if (!step(t, &x->path[i], &f, &t)) {
			*bad = i;
			return NULL;
		}
	}
	return f;
}

/* Fields that path[0] may mean in this scope. */
static unsigned candidates(const struct scope *s, const char *name, const struct field **out,
			   bool *local)
{
	*local = false;
	if (s->item && (out[0] = unit_field(s->item, name)))
		return 1;
	out[0] = unit_field(s->u, name);
	if (out[0]) {
		*local = !s->item;
		return 1;
	}
	return scope_find(s->r, s->u, name, out);
}

const struct words *scope_words(const struct scope *s, const struct expr *x,
				const struct field **whose)
{
	const struct field *f[SCOPE_FOUND_MAX], *end;
	const struct words *w = NULL;
	unsigned n, bad, from = 1;
	const struct path_part *p;
	bool local;

	switch (x->op) {
	case EX_FIELD:
	case EX_REQUEST: break;
	case EX_AND:
	case EX_OR:
	case EX_XOR:
	case EX_ADD: w = scope_words(s, x->a, whose); return w ? w : scope_words(s, x->b, whose);
	case EX_COM: return scope_words(s, x->a, whose);
	default: return NULL;
	}
	p = x->path;
	n = candidates(s, p->name, f, &local);
	if (!n && s->may & MAY_ITEM && x->npath == 1 && !strcmp(p->name, "item")) {
		*whose = s->list;
		return s->list->words;
	}
	if (!n && x->npath > 1 && p->name) {
		const struct proto *q = registry_find(s->r, p->name, strlen(p->name));

		if (s->may & MAY_REQUEST && !strcmp(p->name, "request"))
			n = candidates(s, p[1].name ? p[1].name : "", f, &local);
		else if (q && p[1].name &&
			 (f[0] = record_field(&q->rec, p[1].name, strlen(p[1].name))))
			n = 1;
		from = 2;
	}
	for (unsigned i = 0; i < n && !w; i++) {
		end = follow(f[i], x, from, &bad);
		w = end ? end->words : NULL;
		*whose = w ? end : *whose;
	}
	return w;
}

static void list_words(const struct words *w, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = 0;
	for (unsigned i = 0; i < w->n && n + 40 < cap; i++)
		n += (size_t)snprintf(out + n, cap - n, "%s%.30s", i ? ", " : "", w->v[i].name);
	if (n + 40 >= cap)
		snprintf(out + n, cap - n, ", ...");
}

int scope_unknown(const struct scope *s, const struct expr *x, const struct words *ctx,
		  const struct field *whose)
{
	const char *name = x->path[0].name, *best;
	char near[100], words[200], msg[400];

	if (ctx && whose && x->npath == 1) {
		const char *names[64];
		unsigned n = 0;

		for (; n < ctx->n && n < 64; n++)
			names[n] = ctx->v[n].name;
		near_name(near, sizeof(near), near_word(name, strlen(name), names, n));
		list_words(ctx, words, sizeof(words));
		snprintf(msg, sizeof(msg), "'%.64s' is no word of '%s'%s (it knows %s)", name,
			 whose->name, near, words);
		return fail(s, x, "%s", msg, NULL, NULL);
	}
	if (strchr(name, '-'))
		return fail(s, x, "there is no word '%s' here; a difference is written a - b", name,
			    NULL, NULL);
	best = record_suggest(s->u->rec, name, strlen(name));
	if (!best && x->npath > 1)
		best = registry_suggest(s->r, name, strlen(name));
	near_name(near, sizeof(near), best);
	if (x->npath > 1)
		return fail(s, x, "'%s' is neither a field nor a protocol%s", name, near, NULL);
	return fail(s, x,
		    "there is no field '%s'%s (a field of a layer below is written proto.field)",
		    name, near, NULL);
}

/* Drop the first n parts of a path. */
static void shorten(struct expr *x, unsigned n)
{
	x->path += n;
	x->npath = (uint8_t)(x->npath - n);
}

static int outer_path(const struct scope *s, struct expr *x, const struct proto *p)
{
	struct path_part *part = (struct path_part *)(uintptr_t)x->path;
	const struct field *f = NULL;
	const struct field *here[SCOPE_FOUND_MAX];
	unsigned bad = 1;
	char near[100], whose[300];
	bool local;

	if (strcmp(part[0].name, p->name) && candidates(s, p->name, here, &local))
		return fail(s, x, "'%s' is another name of '%s', which is a field here",
			    part[0].name, p->name, NULL);
	if (x->npath == 1) { /* the name alone: is there such a layer below? */
		part[0].name = p->name;
		x->outer_proto = true;
		return 0;
	}
	for (unsigned i = 0; part[1].name && i < p->rec.nfields; i++) {
		if (p->rec.fields[i].name == part[1].name)
			f = &p->rec.fields[i];
	}
	if (!f || !follow(f, x, 2, &bad)) {
		const char *name = part[bad].name ? part[bad].name : "?";

		near_name(near, sizeof(near),
			  bad == 1 ? record_suggest(&p->rec, name, strlen(name)) : NULL);
		/* A user's protocol in the place of a built-in that others look at. */
		if (s->u->src->builtin && !p->builtin)
			snprintf(whose, sizeof(whose), "%s, as %.150s:%u describes it,", p->name,
				 p->file, p->lineno);
		else
			snprintf(whose, sizeof(whose), "%s", p->name);
		return fail(s, x, "%s has no field '%s'%s", whose, name, near);
	}
	part[0].name = p->name;
	x->outer_proto = true;
	return 0;
}

/* Names that mean something only in some places. 1: it is none of them. */
static int keyword(const struct scope *s, struct expr *x)
{
	static const struct {
		const char *name;
		unsigned may;
		enum expr_op op;
	} words[] = { { "item", MAY_ITEM, EX_ITEM },
		      { "index", MAY_INDEX, EX_INDEX },
		      { "upper", MAY_UPPER, EX_UPPER },
		      { "span", MAY_SPAN, EX_SPANLEN } };
	const struct field *f[SCOPE_FOUND_MAX];
	unsigned bad;
	bool local;

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (x->npath == 1 && s->may & words[i].may &&
		    !strcmp(x->path[0].name, words[i].name)) {
			x->op = words[i].op;
			return 0;
		}
	}
	if (!(s->may & MAY_REQUEST) || x->npath < 2 || strcmp(x->path[0].name, "request"))
		return 1;
	shorten(x, 1);
	x->op = EX_REQUEST;
	if (!x->path[0].name)
		return fail(s, x, "request. is followed by the name of a field", NULL, NULL, NULL);
	if (!candidates(s, x->path[0].name, f, &local) &&
	    (x->npath > 1 || strcmp(x->path[0].name, "span")))
		return scope_unknown(s, x, NULL, NULL);
	if (candidates(s, x->path[0].name, f, &local) && !follow(f[0], x, 1, &bad))
		return fail(s, x, "'%s' has no such part", x->path[0].name, NULL, NULL);
	return 0;
}

/* SA: the letters of two flags. */
static bool letters(struct expr *x, const struct words *w)
{
	uint64_t v = 0;

	if (!w || !w->flags || x->npath != 1)
		return false;
	for (const char *c = x->path[0].name; *c; c++) {
		unsigned i = 0;

		while (i < w->n && w->v[i].letter != *c)
			i++;
		if (i == w->n)
			return false;
		v |= w->v[i].value;
	}
	x->op = EX_NUM;
	x->num = (int64_t)v;
	return true;
}

static int resolve_path(const struct scope *s, struct expr *x, const struct words *ctx,
			const struct field *whose)
{
	const struct field *f[SCOPE_FOUND_MAX];
	const struct word *w = x->npath == 1 ? word_named(ctx, x->path[0].name) : NULL;
	const struct proto *p;
	unsigned n, ok = 0, bad = 0;
	bool local;
	int k;

	if (w) {
		x->op = EX_NUM;
		x->num = (int64_t)w->value;
		x->word = w->name;
		x->path = NULL;
		x->npath = 0;
		return 0;
	}
	n = candidates(s, x->path[0].name, f, &local);
	if (!n && x->npath > 1 && s->u->proto && x->path[1].name &&
	    registry_find(s->r, x->path[0].name, strlen(x->path[0].name)) == s->u->proto) {
		shorten(x, 1);
		n = candidates(s, x->path[0].name, f, &local);
	}
	if (!n) {
		k = keyword(s, x);
		if (k <= 0)
			return k;
		if (letters(x, ctx))
			return 0;
		p = registry_find(s->r, x->path[0].name, strlen(x->path[0].name));
		if (p)
			return outer_path(s, x, p);
		return s->u->src->hollow && !s->u->owner ? 0 : scope_unknown(s, x, ctx, whose);
	}
	for (unsigned i = 0; i < n; i++)
		ok += follow(f[i], x, 1, &bad) != NULL;
	if (!ok)
		return fail(s, x, "'%s' has no part '%s'", x->path[0].name,
			    x->path[bad].name ? x->path[bad].name : "of this number", NULL);
	x->local = local ? (int16_t)f[0]->index : -1;
	return 0;
}

/* Two sides: each is read in the light of the other's words. */
static int resolve_pair(const struct scope *s, const struct expr *a, const struct expr *b,
			const struct words *ctx, const struct field *whose)
{
	const struct field *fa = whose, *fb = whose;
	const struct words *wa = scope_words(s, a, &fa), *wb = scope_words(s, b, &fb);
	bool was_name = b->op == EX_FIELD;

	if (scope_resolve(s, b, wa ? wa : ctx, wa ? fa : whose))
		return -1;
	if (was_name && b->op == EX_NUM)
		wb = NULL;
	return scope_resolve(s, a, wb ? wb : ctx, wb ? fb : whose);
}

static bool is_text(const struct field *f)
{
	return f->type->form == TYPE_LEAF && f->type->kind->cls == KIND_TEXT;
}

/* number(LIST, "NAME"): of a list of this record, whose items are a name and a value. */
static int resolve_listed(const struct scope *s, const struct expr *x)
{
	const struct type *t;
	const struct record *rec = NULL;

	if (scope_resolve(s, x->a, NULL, NULL))
		return -1;
	if (x->a->op == EX_FIELD && x->a->local >= 0 && x->a->npath == 1) {
		t = s->u->rec->fields[x->a->local].type;
		if (t->form == TYPE_LIST && t->item->form == TYPE_STRUCT)
			rec = t->item->rec;
	}
	if (rec && rec->nfields > 1 && is_text(&rec->fields[0]) &&
	    is_text(&rec->fields[rec->nfields - 1]))
		return 0;
	return fail(s, x->a,
		    "here a list of this record is wanted whose items begin and end "
		    "with a text",
		    NULL, NULL, NULL);
}

int scope_resolve(const struct scope *s, const struct expr *cx, const struct words *ctx,
		  const struct field *whose)
{
	struct expr *x = (struct expr *)(uintptr_t)cx;
	const struct words *w;

	if (freeze_spend(s->r, 4, s->e))
		return -1;
	switch (x->op) {
	case EX_FIELD: return resolve_path(s, x, ctx, whose);
	case EX_IN:
		w = scope_words(s, x->a, &whose);
		for (unsigned i = 0; i < x->nset; i++) {
			if (scope_resolve(s, x->set[i].lo, w ? w : ctx, whose) ||
			    (x->set[i].hi && scope_resolve(s, x->set[i].hi, w ? w : ctx, whose)))
				return -1;
		}
		return scope_resolve(s, x->a, ctx, whose);
	case EX_COND:
		return scope_resolve(s, x->a, NULL, NULL) || scope_resolve(s, x->b, ctx, whose) ||
				       scope_resolve(s, x->c, ctx, whose)
			       ? -1
			       : 0;
	case EX_ANDAND:
	case EX_OROR:
		return scope_resolve(s, x->a, NULL, NULL) || scope_resolve(s, x->b, NULL, NULL) ? -1
												: 0;
	case EX_NOT: return scope_resolve(s, x->a, NULL, NULL);
	case EX_NUMBER:
	case EX_LAST: return resolve_listed(s, x);
	case EX_NEG:
	case EX_LOWER:
	case EX_COM: return scope_resolve(s, x->a, ctx, whose);
	case EX_EQ:
	case EX_NE:
	case EX_LT:
	case EX_LE:
	case EX_GT:
	case EX_GE:
	case EX_AND:
	case EX_OR:
	case EX_XOR: return resolve_pair(s, x->a, x->b, ctx, whose);
	case EX_ADD: /* syn + ack */
		return scope_resolve(s, x->a, ctx, whose) || scope_resolve(s, x->b, ctx, whose) ? -1
												: 0;
	default: /* what is calculated with is a field: (ack - request.seq) % 4 */
		return x->b && (scope_resolve(s, x->a, NULL, NULL) ||
				scope_resolve(s, x->b, NULL, NULL))
			       ? -1
			       : 0;
	}
}
