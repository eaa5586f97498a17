/* SPDX-License-Identifier: BSD-2-Clause */
/* Parser of other names (aliases), of names that are only read (views), and of what a protocol
 * wants of those below it. */
#include "core/load.h"

#include "core/near.h"
#include "core/plan.h"

#define VIEWS_MAX 1024u

int parse_aliases(struct load *l, bool dotted, const char *const **out)
{
	struct vec v = { 0 };

	for (; *out && (*out)[v.n];) { /* a second `alias` adds to the first */
		const char *old = (*out)[v.n], **a = vec_push(&l->r->mem, &v, sizeof(*a));

		if (!a)
			return load_nomem(l->e);
		*a = old;
	}
	load_next(l);
	for (;;) {
		const char **a = vec_push(&l->r->mem, &v, sizeof(*a));
		struct token next = load_peek(l);

		if (!a)
			return load_nomem(l->e);
		*a = load_dotted(l, "another name of the field");
		if (!*a)
			return -1;
		if (l->t.type != ',')
			break;
		next = load_peek(l);
		if (dotted && (next.type != TOK_NAME || l->text[next.at + next.len] != '.'))
			break;
		load_next(l);
	}
	if (!vec_push(&l->r->mem, &v, sizeof(char *)))
		return load_nomem(l->e);
	*out = v.p;
	return 0;
}

/* view DOTTED.NAME = ( EXPR | bytes( SPAN ) ) [if EXPR] ["doc"] */
int parse_view(struct load *l)
{
	struct view v = { 0 }, *slot;
	struct place at;

	load_next(l);
	at = load_here(l);
	v.name = load_dotted(l, "the name of the view");
	if (!v.name)
		return -1;
	if (l->views.n >= VIEWS_MAX)
		return load_fail(l, at, "at most %u views are accepted", VIEWS_MAX);
	if (!strchr(v.name, '.'))
		return load_fail(l, at,
				 "a view has a dotted name, so that no field is called like "
				 "it: a.%s",
				 v.name);
	if (load_want(l, '=', "'=' and an expression"))
		return -1;
	v.bytes = load_is(l, "bytes") && load_peek(l).type == '(';
	v.expr = v.bytes ? parse_bytes_of(l) : parse_expr(l);
	if (!v.expr)
		return -1;
	if (load_is(l, "if")) {
		load_next(l);
		if (!(v.cond = parse_expr(l)))
			return -1;
	}
	if (l->t.type == TOK_STR && !(v.doc = load_text(l, "a string")))
		return -1;
	slot = vec_push(&l->r->mem, &l->views, sizeof(*slot));
	if (!slot)
		return load_nomem(l->e);
	*slot = v;
	return 0;
}

static int want_value(struct load *l, struct want *w)
{
	uint32_t at = l->t.at, end;

	if (l->t.type == TOK_STR) {
		w->text = load_string(l, &w->text_len);
		return w->text ? 0 : -1;
	}
	end = lex_raw(l->text, l->len, at);
	if (end == at || l->t.type == TOK_LINE || l->t.type == TOK_END)
		return load_expected(l, "a value");
	w->text = arena_strndup(&l->r->mem, l->text + at, end - at);
	if (!w->text)
		return load_nomem(l->e);
	w->text_len = end - at;
	l->t.len = end - at;
	load_next(l);
	return 0;
}

/* wants PROTO.FIELD = VALUE [if EXPR] */
int parse_wants(struct load *l)
{
	struct want w = { 0 }, *slot;
	struct place *at = vec_push(&l->r->mem, &l->pv->wants_src, sizeof(*at));
	const char *both, *dot;

	if (!at)
		return load_nomem(l->e);
	load_next(l);
	*at = load_here(l);
	both = load_dotted(l, "a field of a protocol below: ip.ttl");
	if (!both)
		return -1;
	*at = load_since(l, at->at);
	dot = strchr(both, '.');
	if (!dot || strchr(dot + 1, '.'))
		return load_fail(l, *at, "expected a field of a protocol below: ip.ttl");
	if (l->pv->wants.n == 255)
		return load_fail(l, *at, "at most 255 wants are accepted");
	w.proto = registry_intern(l->r, both, (size_t)(dot - both));
	w.name = registry_intern(l->r, dot + 1, strlen(dot + 1));
	if (!w.proto || !w.name)
		return load_nomem(l->e);
	if (load_want(l, '=', "'=' and a value") || want_value(l, &w))
		return -1;
	if (load_is(l, "if")) {
		load_next(l);
		if (!(w.cond = parse_expr(l)))
			return -1;
	}
	slot = vec_push(&l->r->mem, &l->pv->wants, sizeof(*slot));
	if (!slot)
		return load_nomem(l->e);
	*slot = w;
	return 0;
}

static int check_want(struct registry *r, struct unit *u, struct want *w, struct place at,
		      struct err *e)
{
	const struct proto *p = registry_find(r, w->proto, strlen(w->proto));
	const struct field *f = p ? proto_field(p, w->name, strlen(w->name)) : NULL;
	struct value v = { 0 };
	struct err why = { 0 };
	char near[100];

	if (!p) {
		if (!r->strict)
			return 0;
		near_name(near, sizeof(near), registry_suggest(r, w->proto, strlen(w->proto)));
		return src_fail(u->src, e, at, "there is no protocol '%s'%s", w->proto, near);
	}
	if (!f) {
		near_name(near, sizeof(near), record_suggest(&p->rec, w->name, strlen(w->name)));
		return src_fail(u->src, e, at, "%s has no field '%s'%s", p->name, w->name, near);
	}
	if (p == u->proto)
		return src_fail(u->src, e, at, "%s.%s is no field of a protocol below", p->name,
				f->name);
	if (f->type->form != TYPE_LEAF || field_computed(f))
		return src_fail(u->src, e, at,
				"'%s' is %s; only a value that is said can be wanted", f->name,
				field_computed(f) ? "computed" : "no single value");
	w->field = f;
	if (f->type->kind->cls == KIND_TEXT || f->type->kind->cls == KIND_BYTES)
		return 0;
	if (value_parse(f, f->type, w->text, w->text_len, &r->mem, &v, &why) == 0)
		return 0;
	return src_fail(u->src, e, at, "%s", why.msg[0] ? why.msg : "this is no such value");
}

int check_wants(struct registry *r, struct unit *u, struct err *e)
{
	for (unsigned i = 0; i < u->proto->nwants; i++) {
		struct want *w = (struct want *)(uintptr_t)&u->proto->wants[i];

		if (check_want(r, u, w, u->wants[i], e) || freeze_spend(r, 64, e))
			return -1;
	}
	return 0;
}
