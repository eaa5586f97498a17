/* SPDX-License-Identifier: BSD-2-Clause */
/* Parser of expressions and of the spans that len() and checksums cover. Operators bind as in
 * Python: the bit operators tighter than the comparisons. Names are looked up when the registry is
 * frozen. */
#include "core/load.h"
#include "core/value.h"

static const struct expr *ternary(struct load *l);

static struct lexpr *node(struct load *l, enum expr_op op, const struct expr *a,
			  const struct expr *b, const struct expr *c, uint32_t at)
{
	const struct expr *kids[] = { a, b, c };
	struct lexpr *x = arena_alloc(&l->r->mem, sizeof(*x));

	if (!x) {
		load_nomem(l->e);
		return NULL;
	}
	x->x.op = op;
	x->x.a = a;
	x->x.b = b;
	x->x.c = c;
	x->x.local = -1;
	x->at = at;
	x->span = load_since(l, at).span;
	x->depth = 1;
	for (unsigned i = 0; i < 3; i++) {
		if (kids[i] && lexpr_of(kids[i])->depth >= x->depth)
			x->depth = lexpr_of(kids[i])->depth + 1;
	}
	if (x->depth > EXPR_DEPTH) {
		load_fail(l, (struct place) { at, 1 },
			  "this expression is nested more than %u deep", EXPR_DEPTH);
		return NULL;
	}
	return x;
}

const struct expr *expr_number(struct load *l, int64_t v, struct place at)
{
	struct lexpr *x = node(l, EX_NUM, NULL, NULL, NULL, at.at);

	if (!x)
		return NULL;
	x->span = at.span;
	x->x.num = v;
	return &x->x;
}

/* NAME { "." ( NAME | INDEX ) } */
static const struct expr *path(struct load *l)
{
	struct path_part part[8];
	struct path_part *copy;
	uint32_t at = l->t.at, n = 0;
	struct lexpr *x;

	memset(part, 0,
	       sizeof(part)); /* its padding too: descriptions are written out as they are */
	for (;;) {
		if (n == 8) {
			load_fail(l, load_here(l), "a path of at most 8 parts is accepted");
			return NULL;
		}
		if (l->t.type == TOK_NUM && n && l->t.num <= 65535)
			part[n].index = (uint32_t)l->t.num;
		else if (l->t.type != TOK_NAME && (n || l->t.type != TOK_WORD))
			return load_expected(l, "a name or an index"), NULL;
		else if (!(part[n].name = load_intern(l, l->t)))
			return NULL;
		n++;
		load_next(l);
		if (l->t.type != '.')
			break;
		load_next(l);
	}
	x = node(l, EX_FIELD, NULL, NULL, NULL, at);
	copy = arena_alloc(&l->r->mem, n * sizeof(*copy));
	if (!x || !copy)
		return x ? load_nomem(l->e), NULL : NULL;
	memcpy(copy, part, n * sizeof(*copy));
	x->x.path = copy;
	x->x.npath = (uint8_t)n;
	return &x->x;
}

static int parse_span(struct load *l, struct span *out)
{
	struct span_ref *ref = vec_push(&l->r->mem, &l->spans, sizeof(*ref));
	uint32_t at = l->t.at;

	if (!ref)
		return load_nomem(l->e);
	ref->dst = out;
	ref->field = -1;
	ref->from = load_name(l, "a field, a..b, all, header, payload or pseudo");
	if (!ref->from)
		return -1;
	if (load_accept(l, TOK_DOTS)) {
		ref->to = load_name(l, "the last field of the span, or end");
		if (!ref->to)
			return -1;
	}
	ref->at = load_since(l, at);
	return 0;
}

int parse_spans(struct load *l, struct spans *out)
{
	do {
		if (out->n == SPANS_MAX)
			return load_fail(l, load_here(l), "at most %u spans are accepted",
					 SPANS_MAX);
		if (parse_span(l, &out->v[out->n++]))
			return -1;
	} while (load_accept(l, '+') || load_accept(l, ','));
	return 0;
}

/* len( spans ) and count( field ) */
static const struct expr *measure(struct load *l, enum expr_op op)
{
	uint32_t at = l->t.at;
	struct lexpr *x = node(l, op, NULL, NULL, NULL, at);

	load_next(l);
	if (!x || load_open(l, '('))
		return NULL;
	if (op == EX_COUNT) {
		x->x.spans.n = 1;
		if (parse_span(l, &x->x.spans.v[0]))
			return NULL;
	} else if (parse_spans(l, &x->x.spans)) {
		return NULL;
	}
	if (load_close(l, ')'))
		return NULL;
	x->span = load_since(l, at).span;
	return &x->x;
}

const struct expr *parse_bytes_of(struct load *l)
{
	struct place at = load_here(l);
	const struct expr *x = measure(l, EX_LEN);

	if (!x || (x->spans.n == 1 && x->spans.v[0].form != SPAN_PSEUDO))
		return x;
	load_fail(l, load_since(l, at.at), "a view shows the bytes of one span of this record");
	return NULL;
}

/* lower( FIELD ) */
static const struct expr *lower(struct load *l)
{
	uint32_t at = l->t.at;
	const struct expr *a;
	struct lexpr *x;

	load_next(l);
	if (load_open(l, '('))
		return NULL;
	a = path(l);
	if (!a || load_close(l, ')'))
		return NULL;
	x = node(l, EX_LOWER, a, NULL, NULL, at);
	return x ? &x->x : NULL;
}

/* "GET": the number its bytes make, the first one highest. */
static const struct expr *string(struct load *l, bool lower)
{
	struct token t = l->t;
	struct place at = load_here(l);
	uint64_t v;
	uint32_t n;
	const char *s = load_string(l, &n);
	struct expr *x;

	if (!s)
		return NULL;
	if (n < 1) {
		load_fail(l, at, "a text in an expression has at least one byte");
		return NULL;
	}
	v = text_worth((const uint8_t *)s, n, lower);
	x = (struct expr *)(uintptr_t)expr_number(l, (int64_t)v, at);
	if (!x)
		return NULL;
	x->word = load_intern(l, t);
	return x->word ? x : NULL;
}

const struct expr *expr_string(struct load *l)
{
	return string(l, false);
}

/* number( FIELD , "NAME" ) and last( FIELD , "NAME" ) */
static const struct expr *listed(struct load *l, enum expr_op op)
{
	uint32_t at = l->t.at;
	const struct expr *a, *b;
	struct lexpr *x;

	load_next(l);
	if (load_open(l, '('))
		return NULL;
	a = path(l);
	if (!a || load_want(l, ',', "',' and the name of an item"))
		return NULL;
	if (l->t.type != TOK_STR)
		return load_expected(l, "the name of an item, in double quotes"), NULL;
	b = string(l, true);
	if (!b || load_close(l, ')'))
		return NULL;
	x = node(l, op, a, b, NULL, at);
	return x ? &x->x : NULL;
}

const struct expr *expr_choice(struct load *l, const struct expr *cond, const struct expr *a,
			       const struct expr *b)
{
	struct lexpr *x = node(l, EX_COND, cond, a, b, lexpr_of(cond)->at);

	return x ? &x->x : NULL;
}

static const struct expr *primary(struct load *l)
{
	uint32_t at = l->t.at;
	const struct expr *x;

	switch (l->t.type) {
	case TOK_NUM:
		x = expr_number(l, (int64_t)l->t.num, load_here(l));
		load_next(l);
		return x;
	case '(':
		if (load_open(l, '('))
			return NULL;
		x = ternary(l);
		if (!x || load_close(l, ')'))
			return NULL;
		return x;
	case '-':
	case '!':
	case '~': {
		int op = l->t.type;

		if (++l->expr_depth > EXPR_DEPTH) {
			load_fail(l, load_here(l), "this expression is nested more than %u deep",
				  EXPR_DEPTH);
			return NULL;
		}
		load_next(l);
		x = primary(l);
		l->expr_depth--;
		if (x && x->op == EX_NUM && !x->word && op == '-')
			return expr_number(l, (int64_t) - (uint64_t)x->num, load_since(l, at));
		if (x)
			x = (const struct expr *)node(l,
						      op == '-'   ? EX_NEG
						      : op == '!' ? EX_NOT
								  : EX_COM,
						      x, NULL, NULL, at);
		return x;
	}
	case TOK_NAME:
		if (load_peek(l).type == '(') {
			if (load_is(l, "len"))
				return measure(l, EX_LEN);
			if (load_is(l, "count"))
				return measure(l, EX_COUNT);
			if (load_is(l, "lower"))
				return lower(l);
			if (load_is(l, "number"))
				return listed(l, EX_NUMBER);
			if (load_is(l, "last"))
				return listed(l, EX_LAST);
			load_fail(l, load_here(l),
				  "'%.*s' is no function here; len(..), count(..), lower(..), "
				  "number(..) and last(..) are",
				  (int)l->t.len, l->text + l->t.at);
			return NULL;
		}
		return path(l);
	case TOK_WORD: return path(l);
	case TOK_STR: return expr_string(l);
	default: load_expected(l, "a number, a name, len(..) or '('"); return NULL;
	}
}

/* How tightly an operator binds; 0: no operator. */
static unsigned level_of(int type, enum expr_op *op)
{
	static const struct {
		int type;
		enum expr_op op;
		unsigned level;
	} ops[] = {
		{ TOK_OROR, EX_OROR, 1 }, { TOK_ANDAND, EX_ANDAND, 2 },
		{ TOK_EQ, EX_EQ, 3 },     { TOK_NE, EX_NE, 3 },
		{ '<', EX_LT, 3 },        { TOK_LE, EX_LE, 3 },
		{ '>', EX_GT, 3 },        { TOK_GE, EX_GE, 3 },
		{ '|', EX_OR, 4 },        { '^', EX_XOR, 5 },
		{ '&', EX_AND, 6 },       { TOK_SHL, EX_SHL, 7 },
		{ TOK_SHR, EX_SHR, 7 },   { '+', EX_ADD, 8 },
		{ '-', EX_SUB, 8 },       { '*', EX_MUL, 9 },
		{ '/', EX_DIV, 9 },       { '%', EX_MOD, 9 },
	};

	for (unsigned i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		if (ops[i].type == type) {
			*op = ops[i].op;
			return ops[i].level;
		}
	}
	return 0;
}

/* in ( ITEM { "," ITEM } ), ITEM = EXPR [ ".." EXPR ] */
static const struct expr *in_set(struct load *l, const struct expr *a, uint32_t at)
{
	struct vec set = { 0 };
	struct lexpr *x;
	uint8_t deep = 1;

	load_next(l);
	if (load_open(l, '('))
		return NULL;
	do {
		struct expr_set *s = vec_push(&l->r->mem, &set, sizeof(*s));

		if (!s)
			return load_nomem(l->e), NULL;
		if (set.n > 1024) {
			load_fail(l, load_here(l), "at most 1024 values are accepted here");
			return NULL;
		}
		s->lo = ternary(l);
		if (!s->lo)
			return NULL;
		if (load_accept(l, TOK_DOTS) && !(s->hi = ternary(l)))
			return NULL;
		if (lexpr_of(s->lo)->depth > deep)
			deep = lexpr_of(s->lo)->depth;
		if (s->hi && lexpr_of(s->hi)->depth > deep)
			deep = lexpr_of(s->hi)->depth;
	} while (load_accept(l, ','));
	if (load_close(l, ')'))
		return NULL;
	x = node(l, EX_IN, a, NULL, NULL, at);
	if (!x)
		return NULL;
	if (deep >= x->depth)
		x->depth = deep + 1;
	if (x->depth > EXPR_DEPTH) {
		load_fail(l, (struct place) { at, 1 },
			  "this expression is nested more than %u deep", EXPR_DEPTH);
		return NULL;
	}
	x->x.set = set.p;
	x->x.nset = (uint16_t)set.n;
	return &x->x;
}

static const struct expr *binary(struct load *l, unsigned floor)
{
	uint32_t at = l->t.at;
	const struct expr *a = primary(l);
	bool compared = false;

	while (a) {
		enum expr_op op;
		unsigned level = level_of(l->t.type, &op);
		const struct expr *b;

		if (load_is(l, "in") && floor <= 3) {
			a = in_set(l, a, at);
			compared = true;
			continue;
		}
		if (!level || level < floor)
			return a;
		if (level == 3 && compared) {
			load_fail(l, load_here(l), "compare two things at a time: a < b && b < c");
			return NULL;
		}
		compared = level == 3;
		load_next(l);
		b = binary(l, level + 1);
		a = b ? (const struct expr *)node(l, op, a, b, NULL, at) : NULL;
	}
	return a;
}

static const struct expr *ternary(struct load *l)
{
	uint32_t at = l->t.at;
	const struct expr *x, *b, *c;

	if (++l->expr_depth > EXPR_DEPTH) {
		load_fail(l, load_here(l), "this expression is nested more than %u deep",
			  EXPR_DEPTH);
		return NULL;
	}
	x = binary(l, 1);
	if (x && l->t.type == '?') {
		load_next(l);
		b = ternary(l);
		if (!b || load_want(l, ':', "':' and the other value"))
			return NULL;
		c = ternary(l);
		x = c ? (const struct expr *)node(l, EX_COND, x, b, c, at) : NULL;
	}
	l->expr_depth--;
	return x;
}

const struct expr *parse_expr(struct load *l)
{
	l->expr_depth = 0;
	return ternary(l);
}
