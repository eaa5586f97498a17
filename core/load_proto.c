/* SPDX-License-Identifier: BSD-2-Clause */
/* Parser of a protocol's directives: everything in its braces that is not a field. */
#include "core/load.h"

#include "core/near.h"

static struct proto *proto_of(struct load *l)
{
	return l->u->proto;
}

/* A name of an own field, looked up when the record is complete. */
int load_ref(struct load *l, uint16_t *dst)
{
	struct field_ref *ref = vec_push(&l->r->mem, &l->refs, sizeof(*ref));

	if (!ref)
		return load_nomem(l->e);
	ref->at = load_here(l);
	ref->dst = dst;
	ref->name = load_name(l, "the name of a field of this protocol");
	return ref->name ? 0 : -1;
}

static int dir_text(struct load *l, const char **dst)
{
	if (*dst)
		return load_fail(l, load_here(l), "this is said already");
	load_next(l);
	*dst = load_text(l, "a string in double quotes");
	return *dst ? 0 : -1;
}

/* Several references are kept as one text, joined by "; ". */
static int dir_ref(struct load *l)
{
	const char *old = proto_of(l)->ref, *s;
	char *both;
	size_t n;

	load_next(l);
	s = load_text(l, "a string in double quotes");
	if (!s)
		return -1;
	proto_of(l)->ref = s;
	if (!old)
		return 0;
	n = strlen(old);
	both = arena_alloc(&l->r->mem, n + strlen(s) + 3);
	if (!both)
		return load_nomem(l->e);
	memcpy(both, old, n);
	memcpy(both + n, "; ", 2);
	memcpy(both + n + 2, s, strlen(s));
	proto_of(l)->ref = both;
	return 0;
}

static int dir_names(struct load *l)
{
	load_next(l);
	do {
		const char **n = vec_push(&l->r->mem, &l->pv->names, sizeof(*n));

		if (!n)
			return load_nomem(l->e);
		if (l->pv->names.n > 32)
			return load_fail(l, load_here(l), "at most 32 names are accepted");
		*n = load_name(l, "another name of the protocol");
		if (!*n)
			return -1;
		load_accept(l, ',');
	} while (l->t.type == TOK_NAME);
	return 0;
}

static int push_over(struct load *l, const char *name, struct place at, bool space, uint64_t lo,
		     uint64_t hi, struct place value)
{
	struct over *o = vec_push(&l->r->mem, &l->pv->over, sizeof(*o));
	struct osrc *s = vec_push(&l->r->mem, &l->pv->osrc, sizeof(*s));

	if (!o || !s)
		return load_nomem(l->e);
	if (l->pv->over.n > 255)
		return load_fail(l, at, "at most 255 values are accepted");
	o->space = space ? name : NULL;
	o->lower = space ? NULL : name;
	o->lo = lo;
	o->hi = hi;
	s->name = at;
	s->value = value;
	return 0;
}

/* VALUE [ "-" VALUE ] */
static int over_value(struct load *l, const char *name, struct place at)
{
	uint32_t from = l->t.at;
	uint64_t lo = l->t.num, hi = lo;
	bool hex = l->t.len > 2 && (l->text[from + 1] | 0x20) == 'x';

	load_next(l);
	if (load_accept(l, '-') || load_accept(l, TOK_DOTS)) {
		if (l->t.type != TOK_NUM)
			return load_expected(l, "the last value of the range");
		hi = l->t.num;
		load_next(l);
	}
	if (hi < lo)
		return load_fail(l, load_since(l, from), "this range ends before it begins");
	if (push_over(l, name, at, true, lo, hi, load_since(l, from)))
		return -1;
	VEC_AT(struct over, l->pv->over, l->pv->over.n - 1)->hex = hex;
	return 0;
}

/* over SPACE VALUES, ... | over PROTOCOL, ... */
static int dir_over(struct load *l)
{
	load_next(l);
	do {
		struct place at = load_here(l);
		const char *name = load_dotted(l, "a selector space and its values, or a protocol");

		if (!name)
			return -1;
		at = load_since(l, at.at);
		if (l->t.type != TOK_NUM) {
			if (strchr(name, '.'))
				return load_expected(l, "a number: the value in that space");
			if (push_over(l, name, at, false, 0, 0, at))
				return -1;
			continue;
		}
		for (;;) {
			if (over_value(l, name, at))
				return -1;
			if (l->t.type != ',' || load_peek(l).type != TOK_NUM)
				break;
			load_next(l);
		}
	} while (load_accept(l, ','));
	return 0;
}

/* carries SPACE by FIELD [, FIELD] [if EXPR] */
static int dir_carries(struct load *l)
{
	struct carries *c = arena_alloc(&l->r->mem, sizeof(*c)), **slot;
	struct place *at = vec_push(&l->r->mem, &l->pv->carries_src, sizeof(*at));

	slot = vec_push(&l->r->mem, &l->pv->carries, sizeof(*slot));
	if (!c || !at || !slot)
		return load_nomem(l->e);
	*slot = c;
	if (l->pv->carries.n > 16)
		return load_fail(l, load_here(l), "at most 16 spaces are accepted");
	load_next(l);
	*at = load_here(l);
	c->space = load_dotted(l, "a selector space");
	if (!c->space)
		return -1;
	if (!strcmp(c->space, "link"))
		return load_fail(l, *at,
				 "link is the space of capture files; no protocol carries it");
	if (!load_is(l, "by"))
		return load_expected(l, "by and the field that selects");
	load_next(l);
	do {
		if (c->nfields == 4)
			return load_fail(l, load_here(l), "at most 4 fields are accepted");
		if (load_ref(l, &c->field[c->nfields++]))
			return -1;
	} while (load_accept(l, ','));
	if (!load_is(l, "if"))
		return 0;
	load_next(l);
	c->cond = parse_expr(l);
	return c->cond ? 0 : -1;
}

/* guard EXPR [through [EXPR]] */
static int dir_guard(struct load *l)
{
	const struct expr **g = &proto_of(l)->guard;

	if (*g)
		return load_fail(l, load_here(l), "there is a guard already; join them with &&");
	load_next(l);
	*g = parse_expr(l);
	if (!*g || !load_is(l, "through"))
		return *g ? 0 : -1;
	load_next(l);
	g = &proto_of(l)->through;
	if (l->t.type == TOK_LINE) /* that one fits is enough */
		*g = expr_number(l, 1, load_here(l));
	else
		*g = parse_expr(l);
	return *g ? 0 : -1;
}

static int dir_guess(struct load *l)
{
	const struct expr **g = &proto_of(l)->guess;

	if (*g)
		return load_fail(l, load_here(l), "there is a guess already; join them with &&");
	load_next(l);
	if (l->t.type == TOK_LINE) /* the guard is enough */
		*g = expr_number(l, 1, load_here(l));
	else
		*g = parse_expr(l);
	return *g ? 0 : -1;
}

/* u8( EXPR ), or a field */
static int pseudo_item(struct load *l)
{
	struct pseudo_item *it = vec_push(&l->r->mem, &l->pv->pseudo, sizeof(*it));
	struct token t = l->t;
	unsigned bits = 0;

	if (!it)
		return load_nomem(l->e);
	if (l->pv->pseudo.n > 16)
		return load_fail(l, load_here(l), "at most 16 items are accepted");
	if (load_peek(l).type != '(') {
		struct field_ref *ref = vec_push(&l->r->mem, &l->refs, sizeof(*ref));

		if (!ref)
			return load_nomem(l->e);
		ref->at = load_here(l);
		it->field = ref->name = load_name(l, "a field, or u8(EXPR)");
		return it->field ? 0 : -1;
	}
	if (t.len < 2 || l->text[t.at] != 'u')
		return load_expected(l, "u8( .. u64(");
	for (uint32_t i = 1; i < t.len && bits < 100; i++)
		bits = bits * 10 + (unsigned)(l->text[t.at + i] - '0');
	if (!bits || bits > 64 || bits % 8)
		return load_expected(l, "u8( .. u64(, a multiple of 8 bits");
	it->bits = (uint16_t)bits;
	load_next(l);
	if (load_open(l, '(') || !(it->expr = parse_expr(l)))
		return -1;
	return load_close(l, ')');
}

/* pseudo ITEM ... | pseudo FIELD = LIST [if EXPR] */
static int dir_pseudo(struct load *l)
{
	load_next(l);
	if (l->t.type == TOK_NAME && load_peek(l).type == '=') {
		struct pseudo_override *o = arena_alloc(&l->r->mem, sizeof(*o)), **slot;
		struct place *at = vec_push(&l->r->mem, &l->pv->pseudo_over_src, sizeof(*at));

		slot = vec_push(&l->r->mem, &l->pv->pseudo_over, sizeof(*slot));
		if (!o || !at || !slot)
			return load_nomem(l->e);
		if (l->pv->pseudo_over.n > 16)
			return load_fail(l, load_here(l), "at most 16 are accepted");
		*slot = o;
		*at = load_here(l);
		o->field = load_name(l, "a field of the pseudo header");
		if (!o->field || load_want(l, '=', "'='") || load_ref(l, &o->list))
			return -1;
		if (!load_is(l, "if"))
			return 0;
		load_next(l);
		o->cond = parse_expr(l);
		return o->cond ? 0 : -1;
	}
	do {
		if (pseudo_item(l))
			return -1;
		load_accept(l, ',');
	} while (l->t.type == TOK_NAME);
	return 0;
}

/* message length EXPR [if COND] | message rest [if COND] */
static int dir_message(struct load *l)
{
	struct vec *v = &l->pv->message;
	struct message_line *m;

	if (v->n && !VEC_AT(struct message_line, *v, v->n - 1)->cond)
		return load_fail(l, load_here(l),
				 "there is a message line for everything else already");
	if (v->n == 32)
		return load_fail(l, load_here(l), "at most 32 message lines are accepted");
	m = vec_push(&l->r->mem, v, sizeof(*m));
	if (!m)
		return load_nomem(l->e);
	load_next(l);
	if (load_is(l, "rest"))
		m->length = expr_number(l, MESSAGE_REST, load_here(l));
	else if (!load_is(l, "length"))
		return load_expected(l, "length and an expression, or rest");
	load_next(l);
	if (!m->length && !(m->length = parse_expr(l)))
		return -1;
	if (!load_is(l, "if"))
		return 0;
	load_next(l);
	m->cond = parse_expr(l);
	return m->cond ? 0 : -1;
}

/* Always: the condition of what is not conditional. */
static const struct expr *maybe_if(struct load *l)
{
	if (!load_is(l, "if"))
		return expr_number(l, 1, load_here(l));
	load_next(l);
	return parse_expr(l);
}

/* quotes [PROTO] [if EXPR] */
static int dir_quotes(struct load *l)
{
	load_next(l);
	l->u->quotes = load_here(l);
	if (l->t.type == TOK_NAME && !load_is(l, "if")) {
		proto_of(l)->quotes_proto = load_name(l, "a protocol, or if");
		if (!proto_of(l)->quotes_proto)
			return -1;
	}
	proto_of(l)->quotes = maybe_if(l);
	return proto_of(l)->quotes ? 0 : -1;
}

/* payload [opaque if EXPR] [excerpt if EXPR] */
static int dir_payload(struct load *l)
{
	if (l->npre >= 0)
		return load_fail(l, load_here(l), "there is a payload line already");
	load_next(l);
	l->npre = (int)l->fields.n;
	l->pv->payload = true;
	for (;;) {
		const struct expr **x = load_is(l, "opaque")    ? &proto_of(l)->opaque
					: load_is(l, "excerpt") ? &proto_of(l)->excerpt
								: NULL;

		if (!x)
			return 0;
		if (*x)
			return load_fail(l, load_here(l), "this is said already");
		load_next(l);
		*x = maybe_if(l);
		if (!*x)
			return -1;
	}
}

static int dir_beside(struct load *l)
{
	load_next(l);
	proto_of(l)->beside = true;
	return 0;
}
static int dir_doc(struct load *l)
{
	return dir_text(l, &proto_of(l)->doc);
}
/* summary [alone] [if EXPR] STRING */
static int dir_summary(struct load *l)
{
	struct summary_line s = { 0 }, *slot;
	struct place *at = vec_push(&l->r->mem, &l->pv->summary_src, sizeof(*at));
	uint32_t n = l->pv->summary.n;

	if (!at)
		return load_nomem(l->e);
	if (n && !VEC_AT(struct summary_line, l->pv->summary, n - 1)->cond)
		return load_fail(l, load_here(l), "there is a summary for everything else already");
	if (n == 64)
		return load_fail(l, load_here(l), "at most 64 summaries are accepted");
	load_next(l);
	if (load_is(l, "alone")) {
		s.alone = true;
		load_next(l);
	}
	if (load_is(l, "if")) {
		load_next(l);
		if (!(s.cond = parse_expr(l)))
			return -1;
	}
	*at = load_here(l);
	if (!(s.text = load_text(l, "a string in double quotes")))
		return -1;
	at->span = load_since(l, at->at).span;
	slot = vec_push(&l->r->mem, &l->pv->summary, sizeof(*slot));
	if (!slot)
		return load_nomem(l->e);
	*slot = s;
	return 0;
}

int parse_directive(struct load *l)
{
	static const struct {
		const char *name;
		int (*parse)(struct load *l);
	} dirs[] = {
		{ "doc", dir_doc },
		{ "ref", dir_ref },
		{ "names", dir_names },
		{ "over", dir_over },
		{ "carries", dir_carries },
		{ "guard", dir_guard },
		{ "reply", parse_reply },
		{ "pseudo", dir_pseudo },
		{ "message", dir_message },
		{ "quotes", dir_quotes },
		{ "payload", dir_payload },
		{ "beside", dir_beside },
		{ "summary", dir_summary },
		{ "wants", parse_wants },
		{ "guess", dir_guess },
		{ "flow", parse_flow },
		{ "fragment", parse_fragment },
		{ "segment", parse_segment },
	};
	enum { NDIRS = sizeof(dirs) / sizeof(*dirs) };
	const char *names[NDIRS];
	char near[100];

	for (unsigned i = 0; i < NDIRS; i++) {
		names[i] = dirs[i].name;
		if (load_is(l, dirs[i].name))
			return dirs[i].parse(l);
	}
	near_name(near, sizeof(near), near_word(l->text + l->t.at, l->t.len, names, NDIRS));
	return load_fail(l, load_here(l),
			 "'%.*s' is no directive%s (a field is written name : type)",
			 (int)(l->t.len > 40 ? 40 : l->t.len), l->text + l->t.at, near);
}
