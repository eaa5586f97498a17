/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows from what was said, before anything is built: the value of an expression as far as
 * it can be told, and fields set because another's presence hangs on them. */
#include "notation/parser.h"

#include "core/value.h"

static const struct known unknown = { false, 0 };

static struct known is(int64_t v)
{
	return (struct known) { true, v };
}

static const struct field *named(const struct record *rec, const char *name)
{
	for (unsigned i = 0; i < rec->nfields; i++) {
		if (rec->fields[i].name == name)
			return &rec->fields[i];
	}
	return NULL;
}

/* The field and scope that a path begins in; NULL: none here. *out is filled. */
static const struct field *resolve(struct parser *ps, const struct scope *sc, const struct expr *x,
				   struct scope *out, unsigned *part)
{
	const struct field *f;

	*part = 1;
	if (x->outer_proto) {
		for (int i = ps->p->layer[sc->layer].parent; i >= 0; i = ps->p->layer[i].parent) {
			struct plan_layer *l = &ps->p->layer[i];

			if (!l->proto || l->proto->name != x->path[0].name)
				continue;
			*out = (struct scope) { NULL, &l->proto->rec, &l->say, (unsigned)i };
			*part = 2;
			return x->npath > 1 && x->path[1].name
				       ? named(&l->proto->rec, x->path[1].name)
				       : NULL;
		}
		return NULL;
	}
	for (; sc; sc = sc->up) {
		f = x->path[0].name ? named(sc->rec, x->path[0].name) : NULL;
		if (f) {
			*out = *sc;
			return f;
		}
	}
	return NULL;
}

/* Text or bytes, which conditions compare as a number. */
static bool is_text(const struct type *type)
{
	return type->form == TYPE_LEAF &&
	       (type->kind->cls == KIND_TEXT || type->kind->cls == KIND_BYTES);
}

static struct known default_of(struct parser *ps, const struct scope *sc, const struct field *f)
{
	struct value v = { 0 };

	if (ps->flags & PLAN_PATTERN) /* what a pattern leaves open may be anything */
		return unknown;
	if (f->type->form != TYPE_LEAF || f->selects)
		return unknown;
	if (f->optional)
		return is(0);
	if (f->cond) {
		struct known there = say_eval(ps, sc, f->cond);

		if (!there.ok)
			return unknown;
		if (!there.v)
			return is(0);
	}
	if (f->rule.form == RULE_NONE)
		return is(0);
	if (f->rule.form != RULE_CONST)
		return unknown;
	if (!f->rule.text)
		return is(f->rule.num);
	if (is_text(f->type))
		return is((int64_t)text_worth((const uint8_t *)f->rule.text, f->rule.text_len,
					      false));
	if (f->type->kind->cls != KIND_NUM ||
	    value_parse(f, f->type, f->rule.text, f->rule.text_len, &ps->p->mem, &v, NULL))
		return unknown;
	return is((int64_t)v.num);
}

static struct known said_of(struct parser *ps, const struct field *f, const struct type *type,
			    const struct say *say)
{
	struct value v = { 0 };

	if (is_text(type) && !say->sweep) {
		const struct value *cur = &say->cur;

		if (say->form == SAY_VALUE)
			return is((int64_t)text_worth(cur->p, cur->len, false));
		if (say->form != SAY_TEXT || is_payload_word(say->text, say->text_len))
			return unknown;
		return is((int64_t)text_worth((const uint8_t *)say->text, say->text_len, false));
	}
	if (type->form != TYPE_LEAF || type->kind->cls != KIND_NUM || say->sweep)
		return unknown;
	if (say->form == SAY_VALUE)
		return is((int64_t)say->cur.num);
	if (say->form != SAY_TEXT ||
	    value_parse(f, type, say->text, say->text_len, &ps->p->mem, &v, NULL))
		return unknown;
	return is((int64_t)v.num);
}

static struct known field_of(struct parser *ps, const struct scope *sc, const struct expr *x)
{
	struct scope in;
	unsigned part;
	const struct field *f = resolve(ps, sc, x, &in, &part);
	const struct type *type = f ? f->type : NULL;
	const struct say *say;

	if (!f)
		return unknown;
	say = say_find(*in.says, f->name);
	for (; part < x->npath && say && type; part++) {
		const struct path_part *p = &x->path[part];
		const struct say *next = NULL;

		for (const struct say *c = say->child; c && !next; c = c->next)
			next = p->name ? (c->name == p->name ? c : NULL)
				       : (!c->name && c->index == p->index ? c : NULL);
		if (p->name && type->form == TYPE_STRUCT) {
			f = named(type->rec, p->name);
			type = f ? f->type : NULL;
		} else {
			type = !p->name && type->form == TYPE_LIST ? type->item : NULL;
		}
		say = next;
	}
	if (part < x->npath || !type)
		return unknown;
	if (!say || (say->form == SAY_TREE && !say->child) || say->form == SAY_AUTO)
		return x->npath > 1 && !x->outer_proto ? unknown : default_of(ps, &in, f);
	return said_of(ps, f, type, say);
}

static struct known arith(enum expr_op op, int64_t a, int64_t b)
{
	uint64_t ua = (uint64_t)a, ub = (uint64_t)b;

	switch (op) {
	case EX_MUL: return is((int64_t)(ua * ub));
	case EX_DIV: return b == 0 || b == -1 ? unknown : is(a / b);
	case EX_MOD: return b == 0 || b == -1 ? unknown : is(a % b);
	case EX_ADD: return is((int64_t)(ua + ub));
	case EX_SUB: return is((int64_t)(ua - ub));
	case EX_SHL: return is(ub > 63 ? 0 : (int64_t)(ua << ub));
	case EX_SHR: return is(ub > 63 ? 0 : (int64_t)(ua >> ub));
	case EX_AND: return is((int64_t)(ua & ub));
	case EX_OR: return is((int64_t)(ua | ub));
	case EX_XOR: return is((int64_t)(ua ^ ub));
	case EX_EQ: return is(a == b);
	case EX_NE: return is(a != b);
	case EX_LT: return is(a < b);
	case EX_LE: return is(a <= b);
	case EX_GT: return is(a > b);
	case EX_GE: return is(a >= b);
	default: return unknown;
	}
}

static struct known in_set(struct parser *ps, const struct scope *sc, const struct expr *x)
{
	struct known v = say_eval(ps, sc, x->a);

	for (unsigned i = 0; v.ok && i < x->nset; i++) {
		struct known lo = say_eval(ps, sc, x->set[i].lo), hi = lo;

		if (x->set[i].hi)
			hi = say_eval(ps, sc, x->set[i].hi);
		if (!lo.ok || !hi.ok)
			return unknown;
		if (v.v >= lo.v && v.v <= hi.v)
			return is(1);
	}
	return v.ok ? is(0) : unknown;
}

/* A field that is always there, of a width that nothing said of it changes. */
static struct known len_of(struct parser *ps, const struct scope *sc, const struct expr *x)
{
	const struct span *sp = &x->spans.v[0];
	const struct type *type, *stuck;
	const struct field *f;
	const struct say *say;

	if (x->spans.n != 1 || sp->form != SPAN_FIELDS || sp->from != sp->to || !sc->rec)
		return unknown;
	f = &sc->rec->fields[sp->from];
	say = say_find(*sc->says, f->name);
	if (f->cond || f->optional || (say && (say->form == SAY_RAW || say->form == SAY_TREE)) ||
	    (say && say->form == SAY_TEXT && begins(say->text, say->text_len, "hex:")))
		return unknown;
	type = settle_arm(ps, sc, f->type, &stuck);
	return type && type->form == TYPE_LEAF && type->ext.form == EXTENT_KIND && type->bits &&
			       type->bits % 8 == 0
		       ? is(type->bits / 8)
		       : unknown;
}

/* The loader bounds the depth of an expression. */
struct known say_eval(struct parser *ps, const struct scope *sc, const struct expr *x)
{
	struct known a, b;

	if (ps->work == 0)
		return unknown;
	ps->work--;
	switch (x->op) {
	case EX_NUM: return is(x->num);
	case EX_FIELD: return field_of(ps, sc, x);
	case EX_IN: return in_set(ps, sc, x);
	case EX_LEN: return len_of(ps, sc, x);
	case EX_LOWER:
	case EX_NUMBER:
	case EX_LAST:
	case EX_REQUEST:
	case EX_ITEM:
	case EX_INDEX:
	case EX_UPPER:
	case EX_SPANLEN:
	case EX_COUNT: return unknown;
	default: break;
	}
	a = say_eval(ps, sc, x->a);
	if (x->op == EX_COND)
		return a.ok ? say_eval(ps, sc, a.v ? x->b : x->c) : unknown;
	if (x->op == EX_NEG)
		return a.ok ? is((int64_t)(0 - (uint64_t)a.v)) : unknown;
	if (x->op == EX_NOT)
		return a.ok ? is(!a.v) : unknown;
	if (x->op == EX_COM)
		return a.ok ? is(~a.v) : unknown;
	b = say_eval(ps, sc, x->b);
	if (x->op == EX_ANDAND)
		return (a.ok && !a.v) || (b.ok && !b.v) ? is(0) : a.ok && b.ok ? is(1) : unknown;
	if (x->op == EX_OROR)
		return (a.ok && a.v) || (b.ok && b.v) ? is(1) : a.ok && b.ok ? is(0) : unknown;
	return a.ok && b.ok ? arith(x->op, a.v, b.v) : unknown;
}

/* ---- rule 6 ---- */

static void expr_text(const struct expr *x, struct buf *out)
{
	static const char *const op[] = {
		[EX_MUL] = "*",     [EX_DIV] = "/",   [EX_MOD] = "%",  [EX_ADD] = "+",
		[EX_SUB] = "-",     [EX_SHL] = "<<",  [EX_SHR] = ">>", [EX_AND] = "&",
		[EX_OR] = "|",      [EX_XOR] = "^",   [EX_EQ] = "==",  [EX_NE] = "!=",
		[EX_LT] = "<",      [EX_LE] = "<=",   [EX_GT] = ">",   [EX_GE] = ">=",
		[EX_ANDAND] = "&&", [EX_OROR] = "||", [EX_COND] = "?"
	};

	switch (x->op) {
	case EX_NUM:
		if (x->word)
			buf_str(out, x->word);
		else
			buf_i64(out, x->num);
		return;
	case EX_FIELD:
	case EX_REQUEST:
		for (unsigned i = 0; i < x->npath; i++) {
			if (i)
				buf_char(out, '.');
			if (x->path[i].name)
				buf_str(out, x->path[i].name);
			else
				buf_u64(out, x->path[i].index);
		}
		return;
	case EX_IN:
		expr_text(x->a, out);
		for (unsigned i = 0; i < x->nset; i++) {
			buf_str(out, i ? ", " : " in (");
			expr_text(x->set[i].lo, out);
			if (x->set[i].hi) {
				buf_char(out, '-');
				expr_text(x->set[i].hi, out);
			}
		}
		buf_char(out, ')');
		return;
	case EX_NEG:
	case EX_NOT:
	case EX_COM:
		buf_char(out, x->op == EX_NEG ? '-' : x->op == EX_NOT ? '!' : '~');
		expr_text(x->a, out);
		return;
	default: break;
	}
	if (!x->a || !x->b || x->op >= sizeof(op) / sizeof(op[0]) || !op[x->op]) {
		buf_str(out, "...");
		return;
	}
	expr_text(x->a, out);
	buf_char(out, ' ');
	buf_str(out, op[x->op]);
	buf_char(out, ' ');
	expr_text(x->b, out);
}

/* A text of at most eight bytes that is worth v. 0 done, 1 cannot, -1 memory. */
static int set_text(struct parser *ps, struct scope *in, const struct field *f, uint64_t v,
		    const struct say *why)
{
	struct say *say = say_find(*in->says, f->name);
	uint8_t *p = arena_alloc(&ps->p->mem, 8);
	unsigned n = 0;

	if (!p)
		return -1;
	while (n < 8 && v >> 8 * n)
		n++;
	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	if (say || (v & TEXT_HASHED) == TEXT_HASHED)
		return 1;
	say = say_new(ps, in->says);
	if (!say)
		return -1;
	*say = (struct say) { .name = f->name,
			      .form = SAY_VALUE,
			      .at = why->at,
			      .span = why->span,
			      .implied = true,
			      .cur = { .p = p, .len = n } };
	return 0;
}

/* Set the bits of mask in field x to those of v, where the user has not said it. 0 done, 1 cannot,
 * -1 memory. */
static int set(struct parser *ps, const struct scope *sc, const struct expr *x, uint64_t mask,
	       uint64_t v, const struct say *why)
{
	struct scope in;
	unsigned part;
	const struct field *f = x->op == EX_FIELD ? resolve(ps, sc, x, &in, &part) : NULL;
	struct known old;
	struct say *say;

	if (f && part == x->npath && is_text(f->type) && mask == UINT64_MAX)
		return set_text(ps, &in, f, v, why);
	if (!f || part != x->npath || f->type->form != TYPE_LEAF ||
	    f->type->kind->cls != KIND_NUM || f->selects)
		return 1;
	say = say_find(*in.says, f->name);
	if (say && !say->implied)
		return 1;
	old = say ? is((int64_t)say->cur.num) : default_of(ps, &in, f);
	if (!old.ok)
		return 1;
	if (!say) {
		say = say_new(ps, in.says);
		if (!say)
			return -1;
		*say = (struct say) { .name = f->name,
				      .form = SAY_VALUE,
				      .at = why->at,
				      .span = why->span,
				      .implied = true };
	} else if (mask == UINT64_MAX && say->cur.num != v) {
		return 1;
	}
	say->cur.num = ((uint64_t)old.v & ~mask) | (v & mask);
	return 0;
}

static int satisfy(struct parser *ps, const struct scope *sc, const struct expr *x,
		   const struct say *why);

static int satisfy_both(struct parser *ps, const struct scope *sc, const struct expr *x,
			const struct say *why)
{
	struct known a = say_eval(ps, sc, x->a), b = say_eval(ps, sc, x->b);
	int rc = 0;

	if (x->op == EX_OROR) {
		rc = satisfy(ps, sc, x->a, why);
		return rc == 1 ? satisfy(ps, sc, x->b, why) : rc;
	}
	if (a.ok && !a.v)
		rc = satisfy(ps, sc, x->a, why);
	if (rc == 0 && b.ok && !b.v)
		rc = satisfy(ps, sc, x->b, why);
	return rc;
}

static int satisfy(struct parser *ps, const struct scope *sc, const struct expr *x,
		   const struct say *why)
{
	const struct expr *left = x->a;
	uint64_t mask = UINT64_MAX;
	struct known c;

	if (x->op == EX_FIELD)
		return set(ps, sc, x, UINT64_MAX, 1, why);
	if (x->op == EX_ANDAND || x->op == EX_OROR)
		return satisfy_both(ps, sc, x, why);
	if (x->op == EX_IN)
		return x->nset ? (c = say_eval(ps, sc, x->set[0].lo)).ok
					 ? set(ps, sc, left, mask, (uint64_t)c.v, why)
					 : 1
			       : 1;
	if (x->op == EX_NOT && left->op == EX_FIELD)
		return set(ps, sc, left, mask, 0, why);
	if (x->op == EX_AND || (x->op == EX_NOT && left->op == EX_AND)) {
		const struct expr *bits = x->op == EX_AND ? x : left;

		c = say_eval(ps, sc, bits->b);
		if (!c.ok || !c.v)
			return 1;
		if (x->op == EX_NOT)
			return set(ps, sc, bits->a, (uint64_t)c.v, 0, why);
		mask = (uint64_t)c.v & (0 - (uint64_t)c.v);
		return set(ps, sc, bits->a, mask, mask, why);
	}
	if (x->op < EX_EQ || x->op > EX_GE)
		return 1;
	c = say_eval(ps, sc, x->b);
	if (!c.ok)
		return 1;
	if (left->op == EX_AND) {
		struct known m = say_eval(ps, sc, left->b);

		if (!m.ok)
			return 1;
		mask = (uint64_t)m.v;
		left = left->a;
		if (x->op == EX_NE && c.v == 0)
			return set(ps, sc, left, mask & (0 - mask), mask, why);
	}
	switch (x->op) {
	case EX_EQ:
	case EX_GE:
	case EX_LE: return set(ps, sc, left, mask, (uint64_t)c.v, why);
	case EX_GT: return set(ps, sc, left, mask, (uint64_t)c.v + 1, why);
	case EX_LT: return set(ps, sc, left, mask, (uint64_t)c.v - 1, why);
	default: return c.v == 0 ? set(ps, sc, left, mask, 1, why) : 1;
	}
}

int imply(struct parser *ps, const struct scope *sc, const struct field *f, const struct say *say)
{
	struct known k = say_eval(ps, sc, f->cond);
	struct buf text = { 0 };
	int rc;

	if (!k.ok || k.v || (say->form == SAY_TEXT && same(say->text, say->text_len, "auto")))
		return 0;
	rc = satisfy(ps, sc, f->cond, say);
	if (rc <= 0)
		return rc;
	expr_text(f->cond, &text);
	text_fail(ps, say->name_span ? say->name_at : say->at,
		  say->name_span ? say->name_span : say->span, "%s has %s only if %s",
		  sc->rec->name, f->name, buf_cstr(&text));
	buf_done(&text);
	return -1;
}

int imply_carried(struct parser *ps, unsigned i, const struct proto *upper, size_t at, size_t span)
{
	struct plan_layer *l = &ps->p->layer[i];
	struct say why = { .at = (uint32_t)at, .span = (uint32_t)span };
	struct edge edge;
	int rc = 1;

	if (!l->proto || (ps->flags & PLAN_PATTERN))
		return 0;
	struct scope sc = { NULL, &l->proto->rec, &l->say, i };
	for (unsigned k = 0; registry_edge(ps->reg, l->proto, upper, k, &edge); k++) {
		struct known c =
			edge.cr && edge.cr->cond ? say_eval(ps, &sc, edge.cr->cond) : is(1);

		if (!c.ok || c.v)
			return 0;
	}
	for (unsigned k = 0; rc > 0 && registry_edge(ps->reg, l->proto, upper, k, &edge); k++)
		rc = satisfy(ps, &sc, edge.cr->cond, &why);
	return rc < 0 ? -1 : 0;
}
