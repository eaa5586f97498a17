/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages in a stream: where one ends, by the `message` rule of its protocol. */
#include "core/message.h"
#include "core/walk.h"

#include "core/head.h"

/* ---- is what a rule looks at there in full? ---- */

/* The line that ends a list, taken into a last item that did not fit. */
static bool lines_ended(const struct tree *t, uint32_t last, const struct extent *x)
{
	const uint8_t *p = t->data + t->v[last].bit / 8;
	uint32_t n = t->v[last].bits / 8;

	if (!(t->v[last].flags & NODE_RAW) || !n || p[n - 1] != '\n')
		return false;
	n -= n > 1 && p[n - 2] == '\r' ? 2 : 1;
	if (n < x->stop_len || memcmp(p + n - x->stop_len, x->stop, x->stop_len))
		return false;
	n -= x->stop_len;
	return !n || p[n - 1] == '\n';
}

/* Does a list end where its description says, and not where the bytes do? */
static bool list_ended(const struct tree *t, uint32_t at)
{
	const struct node *l = &t->v[at];
	const struct extent *x = &l->type->ext;
	uint32_t last = NODE_NONE;
	struct eval_env env = { 0 };
	struct head h;

	for (uint32_t k = tree_first(t, at); k != NODE_NONE; k = tree_sibling(t, k))
		last = k;
	switch (x->form) {
	case EXTENT_LINES:
		return !x->stop || l->tail || (last != NODE_NONE && lines_ended(t, last, x));
	case EXTENT_COUNT: return expr_eval(x->expr, t, l->parent, NULL) <= (int64_t)l->num;
	case EXTENT_PREFIX_COUNT:
		return l->bit % 8 == 0 &&
		       !head_read(x, t->data + l->bit / 8, t->len - l->bit / 8, &h) &&
		       h.value <= l->num;
	case EXTENT_UNTIL:
		if (last == NODE_NONE || (t->v[last].flags & NODE_RAW))
			return false;
		env.item = (int64_t)t->v[last].num;
		return expr_eval(x->expr, t, last, &env);
	default: return true;
	}
}

/* The field with all that is in it. What does not fit a line of text is known all the same, and so
 * is a number that says more than is there yet. */
static bool whole(const struct tree *t, uint32_t at)
{
	uint32_t lines = 0;

	for (uint32_t k = at; k < t->v[at].next; k++) {
		const struct node *n = &t->v[k];

		unsigned lacks = NODE_CUT | NODE_RAW;

		if (!n->type || !is_number(n->type) || n->head)
			lacks |= NODE_CLIPPED;
		if (k >= lines && (n->flags & lacks))
			return false;
		if (!n->type || n->type->form != TYPE_LIST)
			continue;
		if (!list_ended(t, k))
			return false;
		if (n->type->ext.form == EXTENT_LINES)
			lines = n->next;
	}
	return true;
}

/* The fields from..to of the layer, which end where one that was cut off does. */
static bool fields_known(const struct tree *t, unsigned from, unsigned to)
{
	bool cut = t->lflags & (LAYER_CUT | LAYER_BAD_HEADER);
	unsigned reach = 0;

	for (uint32_t k = tree_first(t, 0); k != NODE_NONE; k = tree_sibling(t, k)) {
		if (t->v[k].field)
			reach = t->v[k].field->index;
	}
	for (unsigned i = from; i <= to; i++) {
		const struct field *f = &t->proto->rec.fields[i];
		uint32_t at = tree_child(t, 0, i);

		if (at == NODE_NONE ? (!f->cond && !f->optional) || (cut && i > reach)
				    : !whole(t, at))
			return false;
	}
	return true;
}

static bool spans_known(const struct tree *t, const struct spans *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		const struct span *v = &s->v[i];

		if (v->form == SPAN_FIELDS && !fields_known(t, v->from, v->to))
			return false;
		if (v->form == SPAN_HEADER && t->proto->rec.npre &&
		    !fields_known(t, 0, t->proto->rec.npre - 1u))
			return false;
	}
	return true;
}

/* Those of a condition that does not hold are absent in any case. */
static bool known(const struct expr *x, const struct tree *t, unsigned depth)
{
	if (!x || depth > 16)
		return true;
	if (x->op == EX_FIELD && x->local >= 0)
		return fields_known(t, (unsigned)x->local, (unsigned)x->local);
	if (x->op == EX_LEN)
		return spans_known(t, &x->spans);
	if (x->op == EX_COUNT)
		return fields_known(t, x->spans.v[0].from, x->spans.v[0].from);
	return known(x->a, t, depth + 1) && known(x->b, t, depth + 1) && known(x->c, t, depth + 1);
}

/* ---- where it ends ---- */

int64_t message_claims(const struct proto *proto, const struct tree *t, const struct tree *request)
{
	struct eval_env env = { .request = request };
	const struct expr *x = proto->message;
	bool all = x->op == EX_COND && proto->rec.npre && fields_known(t, 0, proto->rec.npre - 1u);
	int64_t len;

	for (; x->op == EX_COND; x = expr_eval(x->a, t, 0, &env) ? x->b : x->c) {
		if (!all && !known(x->a, t, 0))
			return 0;
	}
	if (!all && !known(x, t, 0))
		return 0;
	len = expr_eval(x, t, 0, &env);
	return len <= 0 ? -1 : len;
}

bool message_answers(const struct proto *proto, const struct tree *t, const struct tree *q)
{
	for (unsigned i = 0; i < proto->nreply; i++) {
		const struct reply *r = &proto->reply[i];
		const struct tree *asked = q ? q : t;

		if ((!r->cond_request || expr_eval(r->cond_request, asked, 0, NULL)) &&
		    (!q || !r->cond_reply || expr_eval(r->cond_reply, t, 0, NULL)))
			return true;
	}
	return false;
}

bool message_waits(const struct proto *proto, const struct tree *t)
{
	for (unsigned i = 0; i < proto->nreply; i++) {
		const struct reply *r = &proto->reply[i];

		if ((!r->cond_request || expr_eval(r->cond_request, t, 0, NULL)) &&
		    (!r->silent || !expr_eval(r->silent, t, 0, NULL)))
			return true;
	}
	return false;
}

bool message_told(const struct proto *proto, const struct tree *t)
{
	for (unsigned i = 0; i < proto->nreply; i++) {
		const struct reply *r = &proto->reply[i];

		if (!r->cond_reply || expr_eval(r->cond_reply, t, 0, NULL))
			return true;
	}
	return false;
}

/* A guard that looks at nothing else than fields that are there. */
static bool refused(const struct proto *proto, const struct tree *t)
{
	const struct expr *g = proto->guard;

	return g && (g->op == EX_IN || g->op == EX_EQ) && g->a->op == EX_FIELD &&
	       g->a->local >= 0 && known(g, t, 0) && !expr_eval(g, t, 0, NULL);
}

int64_t message_length(const struct proto *proto, const uint8_t *p, uint32_t n,
		       struct tree *scratch, const struct tree *request)
{
	/* More may come: a packet that was cut, so that short is not malformed. */
	struct packet pkt = { .data = p, .len = n, .wire_len = n < PACKET_MAX ? PACKET_MAX : n };

	if (n < proto->message_min || !n || decode_header(scratch, &pkt, proto, 0, n))
		return 0;
	if (refused(proto, scratch))
		return -1;
	if (request && !message_answers(proto, scratch, request))
		request = NULL;
	return message_claims(proto, scratch, request);
}
