/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions over the fields of a layer, the bytes a span covers, and what a length or count rule
 * asks for. */
#include "core/tree.h"

#include <strings.h>

#include "core/bits.h"
#include "core/expr_op.h"
#include "core/value.h"
#include "core/walk.h"
#include "core/wide.h"

struct walk {
	const struct tree *t;
	const struct eval_env *env;
};

/* The instance (root or struct) that node `at` stands in. */
static uint32_t instance_of(const struct tree *t, uint32_t at)
{
	while (at != 0 && !t->v[at].rec)
		at = t->v[at].parent;
	return at;
}

static uint32_t child_named(const struct tree *t, uint32_t at, const char *name)
{
	const struct record *rec = t->v[at].rec;

	if (!rec)
		return NODE_NONE;
	for (unsigned i = 0; i < rec->nfields; i++) {
		if (rec->fields[i].name == name)
			return tree_child(t, at, i);
	}
	return NODE_NONE;
}

static bool has_field(const struct record *rec, const char *name)
{
	for (unsigned i = 0; rec && i < rec->nfields; i++) {
		if (rec->fields[i].name == name)
			return true;
	}
	return false;
}

static int64_t node_number(const struct tree *t, uint32_t at)
{
	const struct node *n = &t->v[at];
	struct value v;
	uint64_t num = 0;

	if (!n->type || n->type->form != TYPE_LEAF || is_number(n->type))
		return (int64_t)n->num;
	node_value(t, at, &v);
	if (n->type->kind->cls != KIND_ADDR)
		return v.p ? (int64_t)text_worth(v.p, v.len, false) : 0;
	/* Addresses count by their last eight bytes. */
	for (uint32_t i = v.len > 8 ? v.len - 8 : 0; v.p && i < v.len; i++)
		num = num << 8 | v.p[n->type->le ? v.len - 1 - i : i];
	return (int64_t)num;
}

/* Follow the rest of a path from node `at`. */
static uint32_t descend(const struct tree *t, uint32_t at, const struct expr *x, unsigned from)
{
	for (unsigned i = from; i < x->npath && at != NODE_NONE; i++) {
		const struct path_part *p = &x->path[i];
		uint32_t next = NODE_NONE;

		if (p->name) {
			next = child_named(t, at, p->name);
		} else {
			for (uint32_t k = tree_first(t, at); k != NODE_NONE;
			     k = tree_sibling(t, k)) {
				if ((t->v[k].flags & NODE_ITEM) && t->v[k].index == p->index) {
					next = k;
					break;
				}
			}
		}
		at = next;
	}
	return at;
}

/* A field of the nearest lower layer of the protocol that path[0] names; the name alone: is there
 * one? */
static int64_t outer_value(const struct tree *t, const struct expr *x)
{
	struct tree lower = { 0 };
	int64_t r = 0;

	if (!t->pkt)
		return t->plan ? plan_outer(t->plan, t->layer, x) : 0;
	for (unsigned i = t->layer; i-- > 0;) {
		const struct layer *l = &t->pkt->layers[i];
		uint32_t at;

		if (l->proto->name != x->path[0].name)
			continue;
		if (x->npath == 1)
			return 1;
		if (decode(&lower, t->pkt, i) == 0) {
			at = descend(&lower, 0, x, 1);
			if (at != NODE_NONE)
				r = node_number(&lower, at);
		}
		tree_done(&lower);
		break;
	}
	return r;
}

uint32_t expr_node(const struct expr *x, const struct tree *t, uint32_t at)
{
	uint32_t n;

	at = instance_of(t, at);
	if (x->local >= 0 && t->v[at].rec && x->local < t->v[at].rec->nfields &&
	    t->v[at].rec->fields[x->local].name == x->path[0].name) {
		n = tree_child(t, at, (unsigned)x->local);
	} else {
		while (at != 0 && !has_field(t->v[at].rec, x->path[0].name))
			at = instance_of(t, t->v[at].parent);
		n = child_named(t, at, x->path[0].name);
	}
	return descend(t, n, x, 1);
}

static int64_t field_value(const struct expr *x, const struct tree *t, uint32_t at)
{
	uint32_t n;

	if (x->outer_proto)
		return outer_value(t, x);
	n = expr_node(x, t, at);
	return n == NODE_NONE ? 0 : node_number(t, n);
}

/* First and last+1 bit of the fields from..to; false: none is there. */
static bool fields_bits(const struct span *s, const struct tree *t, uint32_t at, uint32_t *from,
			uint32_t *to)
{
	*from = UINT32_MAX;
	*to = 0;
	for (unsigned f = s->from; f <= s->to; f++) {
		uint32_t n = tree_child(t, at, f);

		if (n == NODE_NONE)
			continue;
		if (t->v[n].bit < *from)
			*from = t->v[n].bit;
		if (t->v[n].bit + t->v[n].bits > *to)
			*to = t->v[n].bit + t->v[n].bits;
	}
	return *to > *from;
}

bool span_bits(const struct span *s, const struct tree *t, uint32_t at, uint32_t *from,
	       uint32_t *to)
{
	uint32_t head = t->off + t->hlen;

	if (s->form == SPAN_FIELDS)
		return fields_bits(s, t, at, from, to);
	if (s->form == SPAN_PSEUDO || (s->form == SPAN_PAYLOAD && at))
		return false;
	if (at) { /* a struct has no payload */
		*from = t->v[at].bit;
		*to = *from + t->v[at].bits;
	} else {
		*from = (s->form == SPAN_PAYLOAD ? head : t->off) * 8;
		*to = (s->form == SPAN_HEADER    ? head
		       : s->form == SPAN_PAYLOAD ? t->end - t->tail
						 : t->end) *
		      8;
	}
	return *to > *from;
}

static int64_t lower_value(const struct expr *x, const struct tree *t, uint32_t at)
{
	uint32_t n = x->outer_proto ? NODE_NONE : expr_node(x, t, at);
	struct value v;

	if (n == NODE_NONE || !t->v[n].type || t->v[n].type->form != TYPE_LEAF)
		return 0;
	node_value(t, n, &v);
	return v.p ? (int64_t)text_worth(v.p, v.len, true) : 0;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Is v the text that x was written as? Mostly its length tells. */
static bool is_called(const struct expr *x, const struct value *v)
{
	size_t n = strlen(x->word) - 2; /* in quotes, maybe with escapes */

	if (memchr(x->word, '\\', n))
		return text_worth(v->p, v->len, true) == (uint64_t)x->num;
	return v->len == n && !strncasecmp((const char *)v->p, x->word + 1, n);
}

/* The last field of the item of a list that a text begins, the last one of several. */
static bool listed(const struct expr *x, const struct tree *t, uint32_t at, struct value *v)
{
	uint32_t list = expr_node(x->a, t, at), found = NODE_NONE;

	for (uint32_t k = list == NODE_NONE ? NODE_NONE : tree_first(t, list); k != NODE_NONE;
	     k = tree_sibling(t, k)) {
		const struct record *rec = t->v[k].rec;
		uint32_t name = rec ? tree_child(t, k, 0) : NODE_NONE;

		if (name == NODE_NONE)
			continue;
		node_value(t, name, v);
		if (v->p && is_called(x->b, v))
			found = tree_child(t, k, rec->nfields - 1u);
	}
	if (found == NODE_NONE)
		return false;
	node_value(t, found, v);
	while (v->p && v->len && is_space(v->p[v->len - 1]))
		v->len--;
	return v->p != NULL;
}

static int64_t number_in(const struct expr *x, const struct tree *t, uint32_t at)
{
	struct value v;
	int64_t n = 0;
	uint32_t i = 0;

	if (!listed(x, t, at, &v))
		return -1;
	while (i < v.len && is_space(v.p[i]))
		i++;
	if (i == v.len || v.len - i > 18)
		return -1;
	for (; i < v.len; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return -1;
		n = n * 10 + (v.p[i] - '0');
	}
	return n;
}

static int64_t last_in(const struct expr *x, const struct tree *t, uint32_t at)
{
	struct value v;
	uint32_t from;

	if (!listed(x, t, at, &v))
		return 0;
	for (from = v.len; from && v.p[from - 1] != ','; from--)
		;
	while (from < v.len && is_space(v.p[from]))
		from++;
	return (int64_t)text_worth(v.p + from, v.len - from, true);
}

uint32_t spans_bytes(const struct spans *s, const struct tree *t, uint32_t at)
{
	uint32_t sum = 0, from, to;

	for (unsigned i = 0; i < s->n; i++) {
		if (span_bits(&s->v[i], t, at, &from, &to))
			sum += (to - from + 7) / 8;
	}
	return sum;
}

/* The number of the item that node `at` is, or stands in. One that is being read or written is the
 * last of its list, which counts along. */
static int64_t item_index(const struct tree *t, uint32_t at)
{
	for (; at; at = t->v[at].parent) {
		const struct node *up = &t->v[t->v[at].parent];

		if (up->type && up->type->form == TYPE_LIST)
			return t->v[at].flags & NODE_ITEM ? t->v[at].index : (int64_t)up->num;
	}
	return 0;
}

static int64_t eval(const struct expr *x, const struct walk *w, uint32_t at);

/* Most operands are numbers, and fields of the same record that stand where they always do: those
 * at once. */
static inline int64_t operand(const struct expr *x, const struct walk *w, uint32_t at)
{
	const struct tree *t = w->t;
	const struct record *rec = t->v[at].rec;

	if (x->op == EX_NUM)
		return x->num;
	if (x->op == EX_FIELD && x->local >= 0 && x->npath == 1 && rec && x->local < rec->nfields) {
		const struct field *f = &rec->fields[x->local];
		uint32_t n = at + 1 + (uint32_t)x->local;

		if (n < t->n && t->v[n].field == f && t->v[n].parent == at &&
		    !(t->v[n].flags & NODE_ITEM) && f->name == x->path[0].name && !x->outer_proto &&
		    t->v[n].type == f->type && is_number(f->type))
			return (int64_t)t->v[n].num;
	}
	return eval(x, w, at);
}

static bool in_set(const struct expr *x, const struct walk *w, uint32_t at)
{
	int64_t v = operand(x->a, w, at);

	for (unsigned i = 0; i < x->nset; i++) {
		int64_t lo = operand(x->set[i].lo, w, at);

		if (x->set[i].hi ? v >= lo && v <= operand(x->set[i].hi, w, at) : v == lo)
			return true;
	}
	return false;
}

/* The loader bounds the depth of an expression, so that this recursion is bounded by the
 * description. */
static int64_t eval(const struct expr *x, const struct walk *w, uint32_t at)
{
	uint32_t n;

	switch (x->op) {
	case EX_NUM: return x->num;
	case EX_FIELD: return field_value(x, w->t, at);
	case EX_REQUEST:
		if (!w->env || !w->env->request)
			return 0;
		n = descend(w->env->request, 0, x, 0);
		if (n == NODE_NONE && x->npath == 1 &&
		    !has_field(w->env->request->v[0].rec, x->path[0].name))
			return w->env->request->end - w->env->request->off; /* request.span */
		return n == NODE_NONE ? 0 : node_number(w->env->request, n);
	case EX_LOWER: return lower_value(x->a, w->t, at);
	case EX_NUMBER: return number_in(x, w->t, at);
	case EX_LAST: return last_in(x, w->t, at);
	case EX_ITEM: return w->env ? w->env->item : 0;
	case EX_INDEX: return item_index(w->t, at);
	case EX_UPPER: return w->env ? (int64_t)w->env->upper : 0;
	case EX_SPANLEN: return w->env && w->env->span ? w->env->span : w->t->end - w->t->off;
	case EX_LEN: return spans_bytes(&x->spans, w->t, instance_of(w->t, at));
	case EX_COUNT:
		n = tree_child(w->t, instance_of(w->t, at), x->spans.v[0].from);
		return n == NODE_NONE ? 0 : (int64_t)w->t->v[n].num;
	case EX_NEG:
	case EX_NOT:
	case EX_COM: return expr_op(x->op, operand(x->a, w, at), 0);
	case EX_ANDAND: return operand(x->a, w, at) && operand(x->b, w, at);
	case EX_OROR: return operand(x->a, w, at) || operand(x->b, w, at);
	case EX_IN: return in_set(x, w, at);
	case EX_COND: return operand(x->a, w, at) ? operand(x->b, w, at) : operand(x->c, w, at);
	default: return expr_op(x->op, operand(x->a, w, at), operand(x->b, w, at));
	}
}

int64_t expr_eval(const struct expr *x, const struct tree *t, uint32_t at,
		  const struct eval_env *env)
{
	struct walk w = { t, env };

	return eval(x, &w, at);
}

const struct field *field_here(const struct field *f, const struct tree *t, uint32_t at,
			       struct field *copy)
{
	for (unsigned i = 0; f && i < f->ncases; i++) {
		if (!expr_eval(f->cases[i].cond, t, at, NULL))
			continue;
		*copy = *f;
		copy->words = f->cases[i].words;
		return copy;
	}
	return f;
}

bool rule_holds(const struct rule *r, uint64_t v, uint64_t want)
{
	return v == want || (r->form == RULE_LEN && r->m > 1 && rule_claims(r, v) >= 0 &&
			     rule_claims(r, v) == rule_claims(r, want));
}

/* Does nothing stand behind the spans, in the layer or in the item? */
static bool at_end(const struct spans *s, const struct tree *t, uint32_t at)
{
	uint32_t from, to, last = 0;

	for (unsigned i = 0; i < s->n; i++) {
		if (span_bits(&s->v[i], t, at, &from, &to) && to > last)
			last = to;
	}
	return !last || last >= (at ? t->v[at].bit + t->v[at].bits : t->end * 8);
}

/* The head of what stands in its wide number, in the shortest form. -1: it cannot be told. */
static int head_value(const struct field *f, const struct tree *t, uint32_t at, uint64_t *v)
{
	uint32_t head = tree_child(t, at, f->index), n = tree_child(t, at, f->rule.spans.v[0].from);

	if (head == NODE_NONE || n == NODE_NONE || (t->v[n].flags & (NODE_RAW | NODE_CUT)) ||
	    t->v[n].bit + t->v[n].bits > (uint64_t)t->len * 8)
		return -1;
	*v = wide_head(&t->v[n].type->ext, t->v[head].num, t->data, t->v[n].bit, t->v[n].bits);
	return 0;
}

int rule_value(const struct field *f, const struct tree *t, uint32_t at, uint64_t *v, bool *inexact)
{
	const struct rule *r = &f->rule;
	int64_t x;
	uint32_t n;

	if (inexact)
		*inexact = false;
	switch (r->form) {
	case RULE_LEN:
		x = spans_bytes(&r->spans, t, at);
		n = r->skip ? tree_child(t, at, r->blocks) : NODE_NONE;
		x -= n == NODE_NONE ? 0 : (int64_t)t->v[n].num * r->skip;
		break;
	case RULE_COUNT:
		n = tree_child(t, at, r->spans.v[0].from);
		x = n == NODE_NONE ? 0 : (int64_t)t->v[n].num;
		break;
	case RULE_EXPR: *v = (uint64_t)expr_eval(r->expr, t, at, NULL); return 0;
	case RULE_HEAD: return head_value(f, t, at, v);
	default: return -1;
	}
	x = (x + r->k) * r->m;
	if (r->n > 1) {
		if (inexact)
			*inexact = x % r->n != 0;
		x /= r->n;
	}
	if ((r->zero_end && at_end(&r->spans, t, at)) || (r->zero_over && x > r->zero_over))
		x = 0;
	*v = (uint64_t)x;
	return 0;
}
