/* SPDX-License-Identifier: BSD-2-Clause */
/* Matching: run the short-circuit code; a test asks its left operand for values until the comparison
 * is decided. */
#include <ctype.h>
#include <string.h>

#include "core/bits.h"
#include "core/plan.h"
#include "dissect/dissect.h"
#include "dissect/filter_impl.h"

/* One value that an operand stands for. */
struct got {
	const struct field *field; /* NULL: of no field */
	const struct type *type;   /* leaf; NULL: bytes */
	bool is_num, is_signed;
	uint64_t num;
	const uint8_t *p; /* bytes of the value (of the encoding when type is NULL) */
	uint32_t n;
	struct value v; /* for kinds that only print makes words of */
};

struct matching {
	const struct filter *f;
	const struct packet *p;
	struct filter_work *w;
	const struct test *t;
	const struct operand *op; /* whose values are being visited */
	const struct got *left;   /* for field against field */
	bool (*visit)(struct matching *m, const struct got *g);
	unsigned seen; /* values so far */
	uint64_t count;
};

/* ---- values of an operand ---- */

static struct tree *tree_of(struct matching *m, unsigned layer)
{
	struct filter_work *w = m->w;

	if (!(w->have >> layer & 1)) {
		if (decode(&w->tree[layer], m->p, layer) < 0)
			return NULL;
		w->have |= 1u << layer;
	}
	return &w->tree[layer];
}

static void change_case(struct matching *m, struct got *g)
{
	struct buf *b = &m->w->text2;
	bool upper = m->op->fn == FN_UPPER;

	b->n = 0;
	for (uint32_t i = 0; i < g->n; i++)
		buf_char(b, (char)(upper ? toupper(g->p[i]) : tolower(g->p[i])));
	g->p = (const uint8_t *)b->p;
	g->n = (uint32_t)b->n;
}

/* Where a slice stands in n bytes; false: not within them. */
static bool slice_at(const struct slice *s, uint32_t n, uint32_t *from, uint32_t *to)
{
	int64_t a = s->from < 0 ? (int64_t)n + s->from : s->from;
	int64_t b = s->to == INT32_MAX ? n : s->to < 0 ? (int64_t)n + s->to : s->to;

	if (a < 0 || b < a || b > n)
		return false;
	*from = (uint32_t)a;
	*to = (uint32_t)b;
	return true;
}

static bool cut_slices(struct matching *m, struct got *g)
{
	const struct operand *op = m->op;
	struct buf *b = &m->w->text2;
	uint32_t from, to;

	if (op->nslices == 1) {
		if (!slice_at(&op->slice[0], g->n, &from, &to))
			return false;
		g->p += from;
		g->n = to - from;
	} else {
		b->n = 0;
		for (unsigned i = 0; i < op->nslices; i++) {
			if (!slice_at(&op->slice[i], g->n, &from, &to))
				return false;
			buf_put(b, g->p + from, to - from);
		}
		g->p = (const uint8_t *)b->p;
		g->n = (uint32_t)b->n;
	}
	g->type = NULL;
	g->is_num = false;
	return true;
}

/* Apply what stands around the name (slices, & mask, functions), then visit. True: stop. */
static bool give(struct matching *m, struct got *g)
{
	const struct operand *op = m->op;

	m->seen++;
	if (op->fn == FN_COUNT) {
		m->count++;
		return false;
	}
	if (op->nslices && !cut_slices(m, g)) {
		m->seen--;
		return false;
	}
	if (op->fn == FN_LEN)
		*g = (struct got){ .is_num = true, .num = g->n };
	else if (op->fn)
		change_case(m, g);
	if (op->mask) {
		g->num &= op->mask;
		if (!g->num && m->t->cmp == CMP_EXISTS) { /* `flags & 2` alone asks for the bits */
			m->seen--;
			return false;
		}
	}
	return m->visit(m, g);
}

static bool give_bytes(struct matching *m, uint32_t from, uint32_t to)
{
	struct got g = { .p = m->p->data + from, .n = to > from ? to - from : 0 };

	return give(m, &g);
}

static bool give_node(struct matching *m, const struct ref *r, const struct tree *t, uint32_t at)
{
	const struct node *n = &t->v[at];
	struct got g = { .field = r->field };

	if ((n->flags & NODE_CUT) || (n->bits == 0 && n->type && n->type->form == TYPE_LIST))
		return false;
	g.p = t->data + n->bit / 8;
	g.n = (n->bits + n->bit % 8 + 7) / 8;
	if (n->type && n->type->form == TYPE_LEAF && !(n->flags & NODE_RAW)) {
		enum kind_class cls = n->type->kind->cls;

		g.type = n->type;
		g.is_num = cls == KIND_NUM || cls == KIND_FLOAT || cls == KIND_TIME;
		g.is_signed = n->type->kind == &kind_int;
		g.num = n->num;
		node_value(t, at, &g.v);
		if (g.v.p && !m->op->nslices) {
			g.p = g.v.p;
			g.n = g.v.len;
		}
		if (r->word)
			g.num = (g.num & r->word->mask) == r->word->value;
	}
	return give(m, &g);
}

/* A field that stands where the description says, read without decoding. */
static bool give_fixed(struct matching *m, const struct ref *r, const struct layer *l)
{
	const struct field *f = r->field;
	const struct type *t = f->type;
	unsigned bits = t->kind->bits ? t->kind->bits : t->bits;
	uint32_t bit = (uint32_t)f->fixed_bit;
	const uint8_t *q = m->p->data + l->off;
	struct got g = { .field = f, .type = t, .p = q + bit / 8, .n = (bit % 8 + bits + 7) / 8 };

	if (bit + bits > l->hlen * 8)
		return false;
	if (t->kind->cls == KIND_NUM) {
		g.is_num = true;
		g.is_signed = t->kind == &kind_int;
		g.num = t->le ? bits_get_le(q + bit / 8, bits) : bits_get(q, bit, bits);
		if (g.is_signed)
			g.num = (uint64_t)sign_extend(g.num, bits);
		if (r->word)
			g.num = (g.num & r->word->mask) == r->word->value;
	}
	return give(m, &g);
}

/* All nodes that a path leads to: every item where no index was said. */
static bool give_path(struct matching *m, const struct ref *r, const struct tree *t, uint32_t at,
		      unsigned step)
{
	for (; step < r->nsteps; step++) {
		const struct ref_step *s = &r->step[step];
		const struct node *n = &t->v[at];
		uint32_t next = NODE_NONE;

		if (s->name && n->type && n->type->form == TYPE_LIST && !(n->flags & NODE_ITEM)) {
			for (uint32_t i = tree_first(t, at); i != NODE_NONE; i = tree_sibling(t, i)) {
				if (give_path(m, r, t, i, step))
					return true;
			}
			return false;
		}
		for (uint32_t i = tree_first(t, at); i != NODE_NONE; i = tree_sibling(t, i)) {
			bool item = t->v[i].flags & NODE_ITEM;

			if (s->name ? !item && t->v[i].field && t->v[i].field->name == s->name :
				      item && t->v[i].index == s->index) {
				next = i;
				break;
			}
		}
		if (next == NODE_NONE)
			return false;
		at = next;
	}
	if (t->v[at].type && t->v[at].type->form == TYPE_LIST && !(t->v[at].flags & NODE_ITEM) &&
	    m->t->cmp != CMP_EXISTS && !m->op->nslices) {
		for (uint32_t i = tree_first(t, at); i != NODE_NONE; i = tree_sibling(t, i)) {
			if (give_node(m, r, t, i))
				return true;
		}
		return false;
	}
	return give_node(m, r, t, at);
}

static bool give_all(struct matching *m, const struct ref *r, const struct tree *t)
{
	for (uint32_t i = 1; i < t->n; i++) {
		const struct node *n = &t->v[i];
		bool list = n->type && n->type->form == TYPE_LIST && !(n->flags & NODE_ITEM);

		if (n->field == r->field && !(list && n->next > i + 1) && give_node(m, r, t, i))
			return true;
	}
	return false;
}

/* What is read by another name: a number, or a node. */
static bool give_value(struct matching *m, const struct ref *r, const struct tree *t,
		       const struct view_value *v)
{
	struct got g = { .is_num = true, .num = v->num };

	if (v->node != NODE_NONE)
		return give_node(m, r, t, v->node);
	g.p = t->data + v->bit / 8;
	g.n = (v->bits + v->bit % 8 + 7) / 8;
	return give(m, &g);
}

static bool give_alias(struct matching *m, const struct ref *r, const struct tree *t)
{
	const struct alias *a = &r->alias;
	struct view_value v = { 0 };

	for (uint32_t i = 0; i < t->n; i++) {
		bool is = a->form == ALIAS_VIEW ? t->v[i].rec == a->rec &&
							  view_read(a->view, t, i, &v) :
						  i && alias_is(a, t, i);

		if (is && a->form == ALIAS_PREFIX) {
			v.node = NODE_NONE;
			is = prefix_read(t, i, &v.num, &v.bit, &v.bits);
		} else if (is && a->form == ALIAS_ARM) {
			v.node = i;
		}
		if (is && give_value(m, r, t, &v))
			return true;
	}
	return false;
}

static bool give_number(struct matching *m, const struct ref *r)
{
	const struct packet *p = m->p;
	struct got g = { .is_num = true };

	switch (r->number) {
	case FRAME_LEN: g.num = p->wire_len; break;
	case FRAME_CAP_LEN: g.num = p->len; break;
	case FRAME_NUMBER: g.num = p->number; break;
	case FRAME_TIME: g.num = (uint64_t)p->when; break;
	case FRAME_INTERFACE: g.num = p->ifindex; break;
	case FRAME_LINK: g.num = p->link; break;
	default:
		for (unsigned i = 0; i < p->nlayers; i++)
			g.num |= (p->layers[i].flags & (LAYER_CUT | LAYER_BAD_LENGTH |
							LAYER_BAD_HEADER | LAYER_DEEP)) != 0;
	}
	return give(m, &g);
}

static bool visit_ref(struct matching *m, const struct ref *r)
{
	unsigned nth = 0;

	if (r->form == REF_FRAME)
		return give_bytes(m, 0, m->p->len);
	if (r->form == REF_NUMBER)
		return give_number(m, r);
	for (unsigned i = 0; i < m->p->nlayers; i++) {
		const struct layer *l = &m->p->layers[i];
		const struct tree *t;
		uint32_t from, to;
		bool stop;

		if (l->proto != r->proto || (++nth != r->nth && r->nth))
			continue;
		if (r->form == REF_PROTO) {
			stop = give_bytes(m, l->off, l->end);
		} else if (r->form == REF_PAYLOAD) {
			stop = packet_payload(m->p, i, &from, &to) && give_bytes(m, from, to);
		} else if (r->fixed) {
			stop = give_fixed(m, r, l);
		} else {
			t = tree_of(m, i);
			stop = t && (r->form == REF_ANY	  ? give_all(m, r, t) :
				     r->form == REF_ALIAS ? give_alias(m, r, t) :
							    give_path(m, r, t, 0, 0));
		}
		if (stop)
			return true;
	}
	return false;
}

/* Visit every value of op until one visit says stop. */
static bool each_value(struct matching *m, const struct operand *op,
		       bool (*visit)(struct matching *m, const struct got *g))
{
	const struct operand *outer = m->op;
	bool (*outer_visit)(struct matching *m, const struct got *g) = m->visit;
	bool stop = false;

	m->op = op;
	m->visit = visit;
	m->count = 0;
	for (const struct ref *r = op->ref; r && !stop; r = r->next)
		stop = visit_ref(m, r);
	if (op->fn == FN_COUNT && m->seen) {
		struct got g = { .is_num = true, .num = m->count };

		stop = visit(m, &g);
	}
	m->op = outer;
	m->visit = outer_visit;
	return stop;
}

/* ---- comparing ---- */

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
		value_print(g->field, g->type, &v, b);
	}
	*p = (const uint8_t *)b->p;
	*n = (uint32_t)b->n;
}

/* Compare with a literal: <0, 0, >0 in *c; false: they cannot be compared. */
static bool against(struct matching *m, const struct got *g, const struct literal *lit, int *c)
{
	const struct reading *r = NULL;
	const uint8_t *p;
	uint32_t n;

	for (unsigned i = 0; g->type && !r && i < lit->nreadings; i++) {
		if (lit->reading[i].type == g->type)
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
		*c = r && g->type->kind->cls == KIND_FLOAT ?
			     order_floats(g->type, g->num, r->v.num) :
			     order(g->num, r ? r->v.num : lit->num, g->is_signed);
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
	const uint8_t *p = g->p, *what = words || !lit->bytes ? (const uint8_t *)lit->text : lit->bytes;
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

static bool is_all(const struct test *t) { return t->cmp == CMP_NE || t->cmp == CMP_ALL_EQ; }

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
	if (each_value(m, &m->t->b, visit_right))
		return true;
	return is_all(m->t) && !m->seen; /* nothing to compare with */
}

static bool test_holds(struct matching *m, const struct test *t)
{
	bool stopped;

	m->t = t;
	m->seen = 0;
	stopped = each_value(m, &t->a, t->b.ref ? visit_left : visit_literal);
	return is_all(t) ? m->seen && !stopped : stopped;
}

bool filter_match(const struct filter *f, const struct packet *p, struct filter_work *w)
{
	struct matching m = { .f = f, .p = p, .w = w };
	bool r = true;

	w->have = 0;
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

void filter_work_done(struct filter_work *w)
{
	for (unsigned i = 0; i < PACKET_LAYERS; i++)
		tree_done(&w->tree[i]);
	buf_done(&w->text);
	buf_done(&w->text2);
	*w = (struct filter_work){ 0 };
}
