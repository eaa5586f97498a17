/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing what was said of a packet with what is there, field by field. */
#include "dissect/pattern.h"

#include <string.h>

#include "dissect/dissect.h"
#include "dissect/check.h"
#include "notation/notation.h"

#define PATTERN_DEPTH 16

struct held {
	const struct packet *p;
	const struct plan *plan;
	struct tree t; /* fields of the layer that is compared */
	unsigned layer;
	struct buf *why;
	bool failed; /* memory */
};

/* ---- saying what differs ---- */

static void say_bytes(struct buf *out, const uint8_t *p, uint32_t n)
{
	buf_str(out, "hex:");
	buf_hex(out, p, n > 48 ? 48 : n);
	if (n > 48)
		buf_str(out, "...");
}

static void say_actual(const struct held *h, uint32_t at, struct buf *out)
{
	const struct node *n = &h->t.v[at];
	struct value v;

	if (n->type && n->type->form == TYPE_LIST && !(n->flags & NODE_ITEM)) {
		buf_fmt(out, "a list of %llu", (unsigned long long)n->num);
		return;
	}
	if (!n->type || n->type->form != TYPE_LEAF || (n->flags & (NODE_RAW | NODE_CUT)) ||
	    n->type->kind->cls == KIND_BYTES) {
		say_bytes(out, h->t.data + n->bit / 8, n->bits / 8);
		return;
	}
	node_value(&h->t, at, &v);
	if (n->type->kind->cls == KIND_TEXT)
		say_bytes(out, v.p, v.len);
	else
		value_print(n->field, n->type, &v, out);
}

static bool differs(struct held *h, const struct say *s, uint32_t at)
{
	const char *text = h->plan->text;

	if (!h->why)
		return false;
	layer_name(h->p, h->layer, h->why);
	buf_char(h->why, '.');
	if (at != NODE_NONE)
		tree_path(&h->t, at, h->why);
	else if (s->name)
		buf_str(h->why, s->name);
	else
		buf_u64(h->why, s->index);
	buf_str(h->why, " is ");
	if (at != NODE_NONE)
		say_actual(h, at, h->why);
	else
		buf_str(h->why, "absent");
	if (s->span && text && s->at + s->span <= h->plan->text_len) {
		buf_str(h->why, ", expected ");
		buf_put(h->why, text + s->at, s->span);
	}
	return false;
}

/* ---- one value ---- */

static bool same_print(struct held *h, const struct node *n, const struct value *a,
		       const struct value *b)
{
	struct buf x = { 0 }, y = { 0 };
	unsigned work = 4096;
	struct value va = *a, vb = *b;
	bool same;

	va.work = vb.work = &work;
	if (!vb.base) {
		vb.base = vb.p;
		vb.base_len = vb.len;
	}
	value_print(n->field, n->type, &va, &x);
	value_print(n->field, n->type, &vb, &y);
	same = x.n == y.n && (!x.n || memcmp(x.p, y.p, x.n) == 0);
	h->failed |= x.failed || y.failed;
	buf_done(&x);
	buf_done(&y);
	return same;
}

static bool same_bytes(const uint8_t *a, uint32_t na, const void *b, uint32_t nb)
{
	return na == nb && (!na || memcmp(a, b, na) == 0);
}

static bool value_equals(struct held *h, uint32_t at, const struct say *s)
{
	const struct node *n = &h->t.v[at];
	struct arena mem = { 0 };
	struct field here;
	struct value v, want = s->cur;
	bool same = false;

	if (!n->type || n->type->form != TYPE_LEAF || (n->flags & (NODE_RAW | NODE_CUT)))
		return s->form == SAY_RAW &&
		       same_bytes(h->t.data + n->bit / 8, n->bits / 8, s->cur.p, s->cur.len);
	node_value(&h->t, at, &v);
	if (s->sweep)
		return sweep_has(s->sweep, &v);
	if (s->form == SAY_TEXT &&
	    (n->type->kind->cls == KIND_TEXT || n->type->kind->cls == KIND_BYTES))
		return same_bytes(v.p, v.len, s->text, s->text_len);
	if (s->form == SAY_TEXT &&
	    value_parse(field_here(n->field, &h->t, n->parent, &here), n->type, s->text,
			s->text_len, &mem, &want, NULL) < 0) {
		arena_done(&mem);
		return false;
	}
	switch (n->type->kind->cls) {
	case KIND_NUM:
	case KIND_FLOAT:
	case KIND_TIME: same = v.num == want.num; break;
	case KIND_NAME: same = same_print(h, n, &v, &want); break;
	default: same = same_bytes(v.p, v.len, want.p, want.len); break;
	}
	arena_done(&mem);
	return same;
}

/* What the rules of the description make of the field: 1 as they say, 0 other, -1 nobody can tell.
 */
static int as_computed(struct held *h, uint32_t at)
{
	const struct node *n = &h->t.v[at];
	uint64_t want;
	bool inexact;

	if (!n->field || n->field->rule.form < RULE_LEN)
		return -1;
	if (n->field->rule.form == RULE_SUM) {
		switch (sum_value(h->p, h->layer, &h->t, at, &want)) {
		case 0: break;
		case 1: return 0;
		default: return -1;
		}
	} else if (rule_value(n->field, &h->t, n->parent, &want, &inexact) < 0) {
		return -1;
	}
	return n->num == want;
}

/* ---- fields ---- */

static uint32_t said_node(const struct held *h, uint32_t at, const struct say *s)
{
	for (uint32_t i = tree_first(&h->t, at); i != NODE_NONE; i = tree_sibling(&h->t, i)) {
		const struct node *n = &h->t.v[i];
		bool item = n->flags & NODE_ITEM;

		if (s->name ? !item && n->field && strcmp(n->field->name, s->name) == 0
			    : item && n->index == s->index)
			return i;
	}
	return NODE_NONE;
}

static bool fields_equal(struct held *h, const struct say *first, uint32_t at, unsigned depth);

static bool field_equals(struct held *h, const struct say *s, uint32_t parent, unsigned depth)
{
	uint32_t at = said_node(h, parent, s);
	const struct node *n;
	int rc;

	if (s->form == SAY_ANY || s->form == SAY_FRESH)
		return true;
	if (at == NODE_NONE)
		return (s->form == SAY_NONE) || differs(h, s, NODE_NONE);
	n = &h->t.v[at];
	switch (s->form) {
	case SAY_TREE: break;
	case SAY_NONE:
		if (n->bits > (uint32_t)(n->head + n->tail) * 8)
			return differs(h, s, at);
		break;
	case SAY_AUTO:
	case SAY_BAD:
		rc = as_computed(h, at);
		if (rc >= 0 && rc != (s->form == SAY_AUTO))
			return differs(h, s, at);
		break;
	case SAY_RAW:
		if (!same_bytes(h->t.data + n->bit / 8, n->bits / 8, s->cur.p, s->cur.len))
			return differs(h, s, at);
		break;
	default:
		if (!value_equals(h, at, s))
			return differs(h, s, at);
	}
	return depth == PATTERN_DEPTH || fields_equal(h, s->child, at, depth + 1);
}

/* Recursion follows the pattern's own nesting, which PATTERN_DEPTH bounds. */
static bool fields_equal(struct held *h, const struct say *first, uint32_t at, unsigned depth)
{
	for (const struct say *s = first; s; s = s->next) {
		const struct node *n = &h->t.v[at];

		/* Derived ones: how long or how wide the value is said to be. */
		if (s->name && at && !n->rec && s->form == SAY_VALUE &&
		    (strcmp(s->name, "len") == 0 || strcmp(s->name, "width") == 0)) {
			uint32_t is =
				s->name[0] == 'l' ? n->bits / 8 - n->head - n->tail : n->bits / 8;

			if (is != s->cur.num)
				return differs(h, s, at);
			continue;
		}
		if (!field_equals(h, s, at, depth))
			return false;
	}
	return true;
}

/* ---- layers ---- */

static bool rest_equals(struct held *h, int layer, const struct say *s, const char *what)
{
	uint32_t from, to;
	bool same;

	packet_rest(h->p, layer, &from, &to);
	if (s->form == SAY_ANY)
		return true;
	if (s->sweep) {
		struct value v = { .p = h->p->data + from, .len = to - from };

		same = sweep_has(s->sweep, &v);
	} else if (s->form == SAY_TEXT) {
		same = same_bytes(h->p->data + from, to - from, s->text, s->text_len);
	} else {
		same = same_bytes(h->p->data + from, to - from, s->cur.p, s->cur.len);
	}
	if (same || !h->why)
		return same;
	if (layer >= 0) {
		layer_name(h->p, (unsigned)layer, h->why);
		buf_char(h->why, '.');
	}
	buf_fmt(h->why, "%s is ", what);
	if (from == to)
		buf_str(h->why, "empty");
	else
		say_bytes(h->why, h->p->data + from, to - from);
	if (s->span && s->at + s->span <= h->plan->text_len) {
		buf_str(h->why, ", expected ");
		buf_put(h->why, h->plan->text + s->at, s->span);
	}
	return false;
}

static bool layer_fits(struct held *h, const struct plan_layer *l)
{
	if (decode(&h->t, h->p, h->layer) < 0) {
		h->failed = true;
		return false;
	}
	return fields_equal(h, l->say, 0, 0) &&
	       (!l->trailer || rest_equals(h, (int)h->layer, l->trailer, "trailer"));
}

/* The first layer from `from` on that fits; the reason is that of the first of its kind. */
static int find_layer(struct held *h, const struct plan_layer *l, unsigned from)
{
	struct buf *why = h->why;
	size_t mark = why ? why->n : 0;
	int found = LAYER_NONE;
	bool seen = false;

	for (unsigned i = from; i < h->p->nlayers && found < 0 && !h->failed; i++) {
		if (h->p->layers[i].proto != l->proto)
			continue;
		h->layer = i;
		h->why = seen ? NULL : why;
		seen = true;
		if (layer_fits(h, l))
			found = (int)i;
	}
	h->why = why;
	if (found >= 0 && why)
		why->n = mark;
	else if (!seen && why)
		buf_fmt(why, "there is no %s%s", l->proto->name, from ? " after that" : "");
	return found;
}

int pattern_match(const struct plan *pattern, const struct packet *p, struct buf *why)
{
	struct held h = { .p = p, .plan = pattern, .why = why };
	int last = LAYER_NONE;
	bool fits = true;

	for (unsigned i = 0; i < pattern->n && fits; i++) {
		const struct plan_layer *l = &pattern->layer[i];

		if (l->filled)
			continue;
		if (!l->proto) {
			fits = rest_equals(&h, last, &l->payload, "payload");
			continue;
		}
		last = find_layer(&h, l, (unsigned)(last + 1));
		fits = last >= 0;
	}
	tree_done(&h.t);
	return h.failed ? -1 : fits;
}
