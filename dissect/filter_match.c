/* SPDX-License-Identifier: BSD-2-Clause */
/* Matching: run the short-circuit code; a test asks its left operand for values until the
 * comparison is decided. */
#include <string.h>

#include "core/plan.h"
#include "dissect/filter_impl.h"

static int order(uint64_t a, uint64_t b, bool is_signed)
{
	if (is_signed)
		return (int64_t)a < (int64_t)b ? -1 : (int64_t)a > (int64_t)b;
	return a < b ? -1 : a > b;
}

static int order_bytes(const uint8_t *a, uint32_t na, const uint8_t *b, uint32_t nb)
{
	uint32_t n = na < nb ? na : nb;
	int c = n ? memcmp(a, b, n) : 0;

	return c ? c : na < nb ? -1 : na > nb;
}

static int order_floats(const struct type *t, uint64_t a, uint64_t b)
{
	double x, y;
	float fx, fy;
	uint32_t wa = (uint32_t)a, wb = (uint32_t)b;

	if (t->bits == 32) {
		memcpy(&fx, &wa, 4);
		memcpy(&fy, &wb, 4);
		x = fx;
		y = fy;
	} else {
		memcpy(&x, &a, 8);
		memcpy(&y, &b, 8);
	}
	return x < y ? -1 : x > y;
}

/* The value as text, for kinds that are words to people. */
static void as_text(struct matching *m, const struct got *g, const uint8_t **p, uint32_t *n)
{
	struct buf *b = &m->w->text;

	*p = g->p;
	*n = g->n;
	if (!g->type || g->type->kind->cls == KIND_TEXT || g->type->kind->cls == KIND_BYTES ||
	    (g->type->kind->cls == KIND_ADDR && m->t->cmp != CMP_MATCHES))
		return;
	b->n = 0;
	if (g->type->kind->cls == KIND_NAME || g->field) {
		struct value v = g->v;
		unsigned work = 4096;

		if (!v.p && g->type->kind->cls == KIND_ADDR) {
			v.p = g->p;
			v.len = g->n;
		}
		v.num = g->num;
		v.work = &work;
		value_plain(g->field, g->type, &v, b);
	}
	*p = (const uint8_t *)b->p;
	*n = (uint32_t)b->n;
}

static bool reads(const struct reading *r, const struct got *g)
{
	return r->type == g->type && r->field == g->field;
}

/* Compare with a literal: <0, 0, >0 in *c; false: they cannot be compared. */
static bool against(struct matching *m, const struct got *g, const struct literal *lit, int *c)
{
	const struct reading *r = NULL;
	const uint8_t *p;
	uint32_t n;

	for (unsigned i = 0; g->type && !r && i < lit->nreadings; i++) {
		if (reads(&lit->reading[i], g))
			r = &lit->reading[i];
	}
	if (g->type && g->type->kind->cls == KIND_ADDR) {
		uint8_t host[16];

		if (!r || g->n != r->v.len)
			return false;
		for (unsigned i = 0; i < g->n; i++)
			host[i] = r->masked ? g->p[i] & r->mask[i] : g->p[i];
		*c = memcmp(host, r->addr, g->n);
		return true;
	}
	if (g->is_num) {
		if (!r && !lit->has_num)
			return false;
		for (unsigned i = 0; r && i < lit->nreadings; i++) { /* a word of several values */
			if (reads(&lit->reading[i], g) && lit->reading[i].v.num == g->num)
				r = &lit->reading[i];
		}
		*c = r && g->type->kind->cls == KIND_FLOAT
			     ? order_floats(g->type, g->num, r->v.num)
			     : order(g->num, r ? r->v.num : lit->num, g->is_signed);
		return true;
	}
	if (g->type && (g->type->kind->cls == KIND_TEXT || g->type->kind->cls == KIND_NAME)) {
		as_text(m, g, &p, &n);
		*c = order_bytes(p, n, (const uint8_t *)lit->text, lit->len);
		return true;
	}
	if (!lit->bytes)
		return false;
	*c = order_bytes(g->p, g->n, lit->bytes, lit->nbytes);
	return true;
}

static bool holds(enum cmp cmp, int c)
{
	switch (cmp) {
	case CMP_EQ:
	case CMP_ALL_EQ: return c == 0;
	case CMP_NE:
	case CMP_ANY_NE: return c != 0;
	case CMP_LT: return c < 0;
	case CMP_LE: return c <= 0;
	case CMP_GT: return c > 0;
	case CMP_GE: return c >= 0;
	default: return false;
	}
}

static bool in_set(struct matching *m, const struct got *g)
{
	for (unsigned i = 0; i < m->t->nset; i++) {
		const struct range *r = &m->t->set[i];
		int lo, hi = 0;

		if (!against(m, g, &r->lo, &lo))
			continue;
		if (!r->has_hi ? lo == 0 : lo >= 0 && against(m, g, &r->hi, &hi) && hi <= 0)
			return true;
	}
	return false;
}

static bool contains(struct matching *m, const struct got *g)
{
	const struct literal *lit = &m->t->b.lit;
	bool words = g->type && g->type->kind->cls != KIND_BYTES && g->type->kind->cls != KIND_ADDR;
	const uint8_t *p = g->p,
		      *what = words || !lit->bytes ? (const uint8_t *)lit->text : lit->bytes;
	uint32_t n = g->n, len = words || !lit->bytes ? lit->len : lit->nbytes;

	if (words)
		as_text(m, g, &p, &n);
	return len == 0 || (n >= len && memmem(p, n, what, len));
}

static bool matches(struct matching *m, const struct got *g)
{
	const uint8_t *p;
	uint32_t n;
	regmatch_t at;
	struct buf *b = &m->w->text;

	as_text(m, g, &p, &n);
	/* A copy with its own end: regexec wants a string and stops at NUL, which packets may hold;
	 * REG_STARTEND covers the whole. */
	if (p != (const uint8_t *)b->p) {
		b->n = 0;
		buf_put(b, p, n);
	}
	buf_char(b, '\0');
	if (b->failed || !b->p)
		return false;
	at.rm_so = 0;
	at.rm_eo = (regoff_t)n;
	return regexec(&m->t->re, b->p, 1, &at, REG_STARTEND) == 0;
}

static bool one(struct matching *m, const struct got *g)
{
	int c;

	switch (m->t->cmp) {
	case CMP_EXISTS: return true;
	case CMP_IN: return in_set(m, g);
	case CMP_CONTAINS: return contains(m, g);
	case CMP_MATCHES: return matches(m, g);
	default: return against(m, g, &m->t->b.lit, &c) && holds(m->t->cmp, c);
	}
}

static bool is_all(const struct test *t)
{
	return t->cmp == CMP_NE || t->cmp == CMP_ALL_EQ;
}

/* For comparisons that ask for all, stop at the first that fails. */
static bool visit_literal(struct matching *m, const struct got *g)
{
	return is_all(m->t) ? !one(m, g) : one(m, g);
}

static bool visit_right(struct matching *m, const struct got *g)
{
	const struct got *l = m->left;
	const uint8_t *p;
	uint32_t n;
	bool ok;
	int c;

	if (l->is_num && g->is_num) {
		c = order(l->num, g->num, l->is_signed && g->is_signed);
	} else {
		as_text(m, g, &p, &n);
		c = order_bytes(l->p, l->n, p, n);
	}
	ok = m->t->cmp == CMP_CONTAINS ? n && memmem(l->p, l->n, p, n) : holds(m->t->cmp, c);
	return is_all(m->t) ? !ok : ok;
}

static bool visit_left(struct matching *m, const struct got *g)
{
	struct got left = *g;
	uint8_t copy[512];
	const uint8_t *p;
	uint32_t n;

	as_text(m, g, &p, &n);
	if (p != g->p) { /* the buffer will be used again for the right side */
		left.n = n < sizeof(copy) ? n : sizeof(copy);
		memcpy(copy, p, left.n);
		left.p = copy;
	}
	m->left = &left;
	m->seen = 0;
	if (filter_each(m, &m->t->b, visit_right))
		return true;
	return is_all(m->t) && !m->seen; /* nothing to compare with */
}

static bool test_holds(struct matching *m, const struct test *t)
{
	bool stopped;

	if (t->direct) {
		enum direct_says a = direct_test(t->direct, m->p);

		if (a != DIRECT_ASK)
			return a == DIRECT_YES;
	}
	m->t = t;
	m->seen = 0;
	stopped = filter_each(m, &t->a, t->b.ref ? visit_left : visit_literal);
	return is_all(t) ? m->seen && !stopped : stopped;
}

bool filter_match(const struct filter *f, const struct packet *p, struct filter_work *w)
{
	filter_begin(w);
	return filter_match_same(f, p, w);
}

bool filter_match_same(const struct filter *f, const struct packet *p, struct filter_work *w)
{
	struct matching m = { .f = f, .p = p, .w = w };
	bool r = true;

	for (unsigned i = 0; i < f->ncode; i++) {
		const struct instr *in = &f->code[i];

		switch (in->op) {
		case I_TEST: r = test_holds(&m, f->test[in->arg]); break;
		case I_NOT: r = !r; break;
		case I_JUMP_FALSE: i = r ? i : in->arg - 1; break;
		default: i = r ? in->arg - 1 : i; break;
		}
	}
	return r;
}

/* ---- what one byte tells ---- */

uint64_t filter_bytes(const struct filter *f, const struct proto *proto)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < f->ntests; i++) {
		if (f->test[i]->direct)
			bytes |= direct_bytes(f->test[i]->direct, proto);
	}
	return bytes;
}

#define MAY_CODE 100u /* instructions; longer filters may always match */

/* The code, run with both answers wherever both are possible. Any test may fail: what it asks for
 * may be absent. */
bool filter_may(const struct filter *f, const struct proto *proto, uint32_t at, uint8_t v)
{
	enum { NO = 1, YES = 2 };
	uint8_t reach[MAY_CODE + 1] = { YES }, r;

	if (f->ncode > MAY_CODE)
		return true;
	for (unsigned i = 0; i < f->ncode; i++) {
		const struct instr *in = &f->code[i];
		const struct direct *d;

		r = reach[i];
		if (!r)
			continue;
		switch (in->op) {
		case I_TEST:
			d = f->test[in->arg]->direct;
			r = !d || direct_may(d, proto, at, v) ? YES | NO : NO;
			break;
		case I_NOT: r = (uint8_t)(r >> 1 | (r & NO) << 1); break;
		case I_JUMP_FALSE:
			reach[in->arg] |= r & NO;
			r &= YES;
			break;
		default: reach[in->arg] |= r & YES; r &= NO;
		}
		reach[i + 1] |= r;
	}
	return reach[f->ncode] & YES;
}

void filter_work_done(struct filter_work *w)
{
	for (unsigned i = 0; i < PACKET_LAYERS; i++)
		tree_done(&w->tree[i]);
	buf_done(&w->text);
	buf_done(&w->text2);
	buf_done(&w->stack);
	*w = (struct filter_work) { 0 };
}
