/* SPDX-License-Identifier: BSD-2-Clause */
/* The values that an operand of a filter stands for in one packet: read where a field has its fixed
 * place, decoded elsewhere. */
#include <ctype.h>
#include <string.h>

#include "core/bits.h"
#include "core/said.h"
#include "dissect/check.h"
#include "dissect/dissect.h"
#include "dissect/filter_impl.h"

const struct tree *filter_tree(struct filter_work *w, const struct packet *p, unsigned layer)
{
	if (!(w->have >> layer & 1)) {
		if (decode(&w->tree[layer], p, layer) < 0)
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
		if (from) /* a number without bytes has none to begin with */
			g->p += from;
		g->n = to - from;
	} else {
		b->n = 0;
		for (unsigned i = 0; i < op->nslices; i++) {
			if (!slice_at(&op->slice[i], g->n, &from, &to))
				return false;
			if (to > from)
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
		*g = (struct got) { .is_num = true, .num = g->n };
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
		g.num = t->le ? bits_get_le(q, bit, bits) : bits_get(q, bit, bits);
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
			for (uint32_t i = tree_first(t, at); i != NODE_NONE;
			     i = tree_sibling(t, i)) {
				if (give_path(m, r, t, i, step))
					return true;
			}
			return false;
		}
		for (uint32_t i = tree_first(t, at); i != NODE_NONE; i = tree_sibling(t, i)) {
			bool item = t->v[i].flags & NODE_ITEM;

			if (s->name ? !item && t->v[i].field && t->v[i].field->name == s->name
				    : item && t->v[i].index == s->index) {
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
	struct got g = { .is_num = !v->bytes, .num = v->num };

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
		bool is = a->form == ALIAS_VIEW
				  ? t->v[i].rec == a->rec && view_read(a->view, t, i, &v)
				  : i && alias_is(a, t, i);

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

/* The same where it is made of fields at fixed places. */
static bool give_quick(struct matching *m, const struct ref *r, const struct layer *l)
{
	const struct quick *q = r->quick;
	const uint8_t *from = m->p->data + l->off;
	struct got g = { .is_num = true, .p = from + q->bit / 8 };

	if (q->cond.v && !code_true(&q->cond, from, l->hlen))
		return false;
	if (!q->view.v)
		return give_fixed(m, r, l);
	g.n = (q->bits + q->bit % 8 + 7) / 8;
	g.num = (uint64_t)code_run(&q->view, from, l->hlen);
	return give(m, &g);
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
	case FRAME_DATA_LEN: {
		uint32_t from, to;

		if (!packet_rest(p, (int)p->nlayers - 1, &from, &to))
			return false;
		g.num = to - from;
		break;
	}
	default:
		for (unsigned i = 0; i < p->nlayers; i++)
			g.num |= (p->layers[i].flags & (LAYER_CUT | LAYER_BAD_LENGTH |
							LAYER_BAD_HEADER | LAYER_DEEP)) != 0;
	}
	return give(m, &g);
}

static bool give_stack(struct matching *m)
{
	struct buf *b = &m->w->stack;
	struct got g = { 0 };

	b->n = 0;
	for (unsigned i = 0; i < m->p->nlayers; i++) {
		if (i)
			buf_char(b, ':');
		layer_name(m->p, i, b);
	}
	g.p = (const uint8_t *)b->p;
	g.n = (uint32_t)b->n;
	return give(m, &g);
}

static bool give_ifname(struct matching *m)
{
	struct got g = { .p = (const uint8_t *)m->p->ifname };

	if (!g.p)
		return false;
	g.n = (uint32_t)strlen(m->p->ifname);
	return give(m, &g);
}

static bool give_comments(struct matching *m)
{
	struct got g = { 0 };
	const char *text;
	uint32_t at = 0;

	while (said_comment(m->p, &at, &text, &g.n)) {
		g.p = (const uint8_t *)text;
		if (give(m, &g))
			return true;
	}
	return false;
}

static bool give_data(struct matching *m)
{
	uint32_t from, to;

	return packet_rest(m->p, (int)m->p->nlayers - 1, &from, &to) && give_bytes(m, from, to);
}

static bool give_status(struct matching *m, const struct ref *r, const struct tree *t,
			unsigned layer)
{
	for (uint32_t i = 1; i < t->n; i++) {
		struct got g = { .is_num = true };

		if (t->v[i].field != r->field || (t->v[i].flags & (NODE_ITEM | NODE_CUT)))
			continue;
		g.num = sum_status(m->p, layer, t, i);
		if (give(m, &g))
			return true;
	}
	return false;
}

/* What is no layer's. */
static bool visit_packet(struct matching *m, const struct ref *r)
{
	switch (r->form) {
	case REF_FRAME: return give_bytes(m, 0, m->p->len);
	case REF_STACK: return give_stack(m);
	case REF_DATA: return give_data(m);
	case REF_IFNAME: return give_ifname(m);
	case REF_COMMENT: return give_comments(m);
	default: return give_number(m, r);
	}
}

static bool visit_ref(struct matching *m, const struct ref *r)
{
	unsigned nth = 0;

	if (!r->proto)
		return visit_packet(m, r);
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
		} else if (r->quick && l->hlen >= r->quick->need) {
			stop = give_quick(m, r, l);
		} else {
			t = filter_tree(m->w, m->p, i);
			stop = t && (r->form == REF_ANY      ? give_all(m, r, t)
				     : r->form == REF_ALIAS  ? give_alias(m, r, t)
				     : r->form == REF_STATUS ? give_status(m, r, t, i)
							     : give_path(m, r, t, 0, 0));
		}
		if (stop)
			return true;
	}
	return false;
}

/* Visit every value of op until one visit says stop. */
bool filter_each(struct matching *m, const struct operand *op,
		 bool (*visit)(struct matching *m, const struct got *g))
{
	const struct operand *outer = m->op;
	bool (*outer_visit)(struct matching * m, const struct got *g) = m->visit;
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
