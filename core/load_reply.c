/* SPDX-License-Identifier: BSD-2-Clause */
/* Parser of `reply` lines, and the end of a protocol: its directives move into place. */
#include "core/load.h"

#include "core/near.h"

/* Does the list go on after this comma: a name that no operator follows? */
static bool plain_name_after_comma(const struct load *l)
{
	struct token name, after;

	if (l->t.type != ',')
		return false;
	name = load_peek(l);
	if (name.type != TOK_NAME)
		return false;
	after = lex_token(l->text, l->len, name.at + name.len);
	if (after.type == TOK_NAME && after.len == 2 &&
	    (!memcmp(l->text + after.at, "in", 2) || !memcmp(l->text + after.at, "to", 2)))
		return false;
	return after.type == TOK_NAME || after.type == TOK_LINE || after.type == ',' ||
	       after.type == '}' || after.type == TOK_END;
}

static bool keyword_after_comma(const struct load *l)
{
	struct token t = load_peek(l);

	return load_token_is(l, t, "swap") || load_token_is(l, t, "same") ||
	       load_token_is(l, t, "anew") || load_token_is(l, t, "silent");
}

static int reply_swap(struct load *l, struct reply *r)
{
	load_next(l);
	for (;;) {
		if (r->nswap == 4)
			return load_fail(l, load_here(l), "at most 4 pairs are accepted");
		if (load_ref(l, &r->swap[r->nswap].a) || load_ref(l, &r->swap[r->nswap].b))
			return -1;
		r->nswap++;
		if (!plain_name_after_comma(l) || keyword_after_comma(l))
			return 0;
		load_next(l);
	}
}

static int reply_same(struct load *l, struct reply *r)
{
	load_next(l);
	for (;;) {
		if (r->nsame == 8)
			return load_fail(l, load_here(l), "at most 8 fields are accepted");
		if (load_ref(l, &r->same[r->nsame++]))
			return -1;
		if (!plain_name_after_comma(l) || keyword_after_comma(l))
			return 0;
		load_next(l);
	}
}

/* anew PROTO.FIELD */
static int reply_anew(struct load *l, struct reply *r)
{
	struct place *at = vec_push(&l->r->mem, &l->pv->anew_src, sizeof(*at));
	const char *both, *dot;

	if (!at)
		return load_nomem(l->e);
	load_next(l);
	*at = load_here(l);
	both = load_dotted(l, "a field of a protocol below: udp.sport");
	if (!both)
		return -1;
	*at = load_since(l, at->at);
	dot = strchr(both, '.');
	if (!dot || strchr(dot + 1, '.') || r->anew_name)
		return load_fail(l, *at,
				 "expected one field: a field of a protocol below: udp.sport");
	r->anew_proto = registry_intern(l->r, both, (size_t)(dot - both));
	r->anew_name = registry_intern(l->r, dot + 1, strlen(dot + 1));
	return r->anew_proto && r->anew_name ? 0 : load_nomem(l->e);
}

int check_anew(struct registry *r, struct unit *u, struct err *e)
{
	unsigned n = 0;
	char near[100];

	for (unsigned i = 0; i < u->proto->nreply; i++) {
		struct reply *y = (struct reply *)(uintptr_t)&u->proto->reply[i];
		const struct proto *p;

		if (!y->anew_name)
			continue;
		p = registry_find(r, y->anew_proto, strlen(y->anew_proto));
		y->anew = p ? proto_field(p, y->anew_name, strlen(y->anew_name)) : NULL;
		if (!y->anew && r->strict) {
			near_name(near, sizeof(near),
				  p ? record_suggest(&p->rec, y->anew_name, strlen(y->anew_name))
				    : registry_suggest(r, y->anew_proto, strlen(y->anew_proto)));
			return src_fail(u->src, e, u->anew[n],
					p ? "%s has no field '%s'%s"
					  : "there is no protocol '%s'%s%s",
					y->anew_proto, p ? y->anew_name : near, p ? near : "");
		}
		n++;
	}
	return 0;
}

/* EXPR, or COND to COND */
static int reply_expr(struct load *l, struct reply *r, struct vec *exprs)
{
	uint32_t at = l->t.at;
	const struct expr *x = parse_expr(l), **slot;

	if (!x)
		return -1;
	if (load_is(l, "to")) {
		if (r->cond_reply)
			return load_fail(l, load_since(l, at),
					 "one COND to COND is accepted; write a second reply line");
		load_next(l);
		r->cond_reply = x;
		r->cond_request = parse_expr(l);
		return r->cond_request ? 0 : -1;
	}
	slot = vec_push(&l->r->mem, exprs, sizeof(*slot));
	if (!slot)
		return load_nomem(l->e);
	*slot = x;
	if (exprs->n > 16)
		return load_fail(l, load_since(l, at), "at most 16 expressions are accepted");
	return 0;
}

/* silent EXPR */
static int reply_silent(struct load *l, struct reply *r)
{
	if (r->silent)
		return load_fail(l, load_here(l),
				 "silent is said already; one condition is accepted");
	load_next(l);
	r->silent = parse_expr(l);
	return r->silent ? 0 : -1;
}

/* Does an expression begin with such a token, which goes on none? */
static bool begins_expr(int type)
{
	return type == TOK_NAME || type == TOK_NUM || type == '(' || type == '!';
}

/* reply [COND to COND] [swap A B, ...] [same F, G] [anew P.F] [silent EXPR] [EXPR, ...] */
int parse_reply(struct load *l)
{
	struct reply *r = arena_alloc(&l->r->mem, sizeof(*r)), **slot;
	struct vec exprs = { 0 };

	slot = vec_push(&l->r->mem, &l->pv->reply, sizeof(*slot));
	if (!r || !slot)
		return load_nomem(l->e);
	if (l->pv->reply.n > 64)
		return load_fail(l, load_here(l), "at most 64 reply lines are accepted");
	*slot = r;
	load_next(l);
	if (l->t.type == TOK_LINE || l->t.type == '}')
		return load_expected(l, "COND to COND, swap A B, same F or an expression");
	while (l->t.type != TOK_LINE && l->t.type != '}' && l->t.type != TOK_END) {
		int after = load_peek(l).type;
		int k = load_is(l, "swap") && after == TOK_NAME      ? reply_swap(l, r)
			: load_is(l, "same") && after == TOK_NAME    ? reply_same(l, r)
			: load_is(l, "anew") && after == TOK_NAME    ? reply_anew(l, r)
			: load_is(l, "silent") && begins_expr(after) ? reply_silent(l, r)
								     : reply_expr(l, r, &exprs);

		if (k)
			return -1;
		load_accept(l, ',');
	}
	r->expr = exprs.p;
	r->nexpr = (uint8_t)exprs.n;
	return 0;
}

/* The structs that names of fields were to be written into, one after the other. */
static void *gather(struct load *l, const struct vec *ptrs, size_t size)
{
	char *all = arena_alloc(&l->r->mem, ptrs->n * size);

	for (uint32_t i = 0; all && i < ptrs->n; i++)
		memcpy(all + i * size, VEC_AT(void *, *ptrs, i)[0], size);
	return all;
}

/* The `message` lines as one expression: COND ? EXPR : ..., and -1 where none holds. */
static int join_messages(struct load *l, const struct expr **out)
{
	const struct expr *x = NULL;

	for (uint32_t i = l->pv->message.n; i-- > 0;) {
		const struct message_line *m = VEC_AT(struct message_line, l->pv->message, i);

		if (m->cond && !x)
			x = expr_number(l, -1, load_here(l));
		x = !m->cond ? m->length : x ? expr_choice(l, m->cond, m->length, x) : NULL;
		if (!x)
			return -1;
	}
	*out = x;
	return 0;
}

int proto_close(struct load *l)
{
	struct proto *p = l->u->proto;
	struct pvecs *v = l->pv;

	if (v->names.n && !vec_push(&l->r->mem, &v->names, sizeof(char *)))
		return load_nomem(l->e);
	p->names = v->names.p;
	p->over = v->over.p;
	p->nover = (uint8_t)v->over.n;
	p->carries = gather(l, &v->carries, sizeof(struct carries));
	p->ncarries = (uint8_t)v->carries.n;
	p->pseudo = v->pseudo.p;
	p->npseudo = (uint8_t)v->pseudo.n;
	p->pseudo_over = gather(l, &v->pseudo_over, sizeof(struct pseudo_override));
	p->npseudo_over = (uint8_t)v->pseudo_over.n;
	p->reply = gather(l, &v->reply, sizeof(struct reply));
	p->nreply = (uint8_t)v->reply.n;
	p->has_payload = v->payload || v->carries.n;
	if ((v->carries.n && !p->carries) || (v->reply.n && !p->reply) ||
	    (v->pseudo_over.n && !p->pseudo_over))
		return load_nomem(l->e);
	l->u->over = v->osrc.p;
	l->u->nosrc = v->osrc.n;
	l->u->carries = v->carries_src.p;
	l->u->pseudo_over = v->pseudo_over_src.p;
	p->wants = v->wants.p;
	p->nwants = (uint8_t)v->wants.n;
	l->u->wants = v->wants_src.p;
	l->u->anew = v->anew_src.p;
	p->summaries = v->summary.p;
	p->nsummaries = (uint8_t)v->summary.n;
	l->u->summary = v->summary_src.p;
	return join_messages(l, &p->message);
}
