/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan to bytes: every layer encoded from its description, innermost first, then put together. */
#include "core/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/build_walk.h"

void build_done(struct build *b)
{
	for (unsigned i = 0; i < PLAN_LAYERS; i++) {
		tree_done(&b->layer[i].tree);
		buf_done(&b->scratch[i]);
	}
	buf_done(&b->bytes);
	arena_done(&b->mem);
	memset(b, 0, sizeof(*b));
}

void plan_done(struct plan *p)
{
	arena_done(&p->mem);
	memset(p, 0, sizeof(*p));
}

struct say *say_copy(struct arena *mem, const struct say *s)
{
	struct say *c = arena_alloc(mem, sizeof(*c)), **tail;

	if (!c)
		return NULL;
	*c = *s;
	c->next = c->child = c->recent = c->last = NULL;
	tail = &c->child;
	for (const struct say *k = s->child; k; k = k->next) {
		*tail = say_copy(mem, k);
		if (!*tail)
			return NULL;
		c->last = *tail;
		tail = &(*tail)->next;
	}
	return c;
}

static const struct say *said(const struct plan_layer *l, const struct field *f)
{
	for (const struct say *s = l->say; s; s = s->next) {
		if (s->name && s->form != SAY_AUTO && s->form != SAY_ANY &&
		    strcmp(s->name, f->name) == 0)
			return s;
	}
	return NULL;
}

int64_t plan_outer(const struct plan *p, unsigned layer, const struct expr *x)
{
	for (int i = p->layer[layer].parent; i >= 0; i = p->layer[i].parent) {
		const struct plan_layer *l = &p->layer[i];
		struct arena mem = { 0 };
		struct value v = { 0 };
		const struct field *f;
		const struct say *s;

		if (!l->proto || l->proto->name != x->path[0].name)
			continue;
		if (x->npath == 1)
			return 1;
		f = x->path[1].name
			    ? proto_field(l->proto, x->path[1].name, strlen(x->path[1].name))
			    : NULL;
		if (!f || x->npath != 2)
			return 0;
		s = said(l, f);
		if (!s)
			return f->rule.form == RULE_CONST && !f->rule.text ? f->rule.num : 0;
		if (s->form == SAY_VALUE || s->form == SAY_FRESH)
			return (int64_t)s->cur.num;
		if (s->form == SAY_TEXT && f->type->form == TYPE_LEAF)
			value_parse(f, f->type, s->text, s->text_len, &mem, &v, NULL);
		arena_done(&mem);
		return (int64_t)v.num;
	}
	return 0;
}

/* Does a selector that was said already lead to the upper layer? */
static bool said_fits(struct build *b, const struct plan_layer *l, const struct edge *edge)
{
	for (unsigned i = 0; i < edge->cr->nfields; i++) {
		const struct field *f = &l->proto->rec.fields[edge->cr->field[i]];
		const struct say *s = said(l, f);
		struct value v = { 0 };

		if (!s || (f->type->form == TYPE_LEAF && f->type->kind->cls != KIND_NUM))
			continue;
		if (s->form == SAY_VALUE || s->form == SAY_FRESH)
			v = s->cur;
		else if (s->form != SAY_TEXT ||
			 value_parse(f, f->type, s->text, s->text_len, &b->mem, &v, NULL))
			continue;
		if (v.num >= edge->lo && v.num <= edge->hi)
			return true;
	}
	return false;
}

/* Which selector field the layer above decides, and its value. */
static void select_upper(struct build *b, const struct plan *p, unsigned i, struct writer *w)
{
	const struct plan_layer *l = &p->layer[i];
	const struct proto *upper = NULL;
	struct edge edge;

	for (unsigned k = i + 1; k < p->n && !upper; k++) {
		if (p->layer[k].parent == (int)i)
			upper = p->layer[k].proto;
	}
	if (!upper)
		return;
	for (unsigned k = 0; registry_edge(p->reg, l->proto, upper, k, &edge); k++) {
		if (!edge.space || said_fits(b, l, &edge))
			return;
	}
	for (unsigned k = 0; registry_edge(p->reg, l->proto, upper, k, &edge); k++) {
		for (unsigned n = 0; n < (upper->guess ? 1 : edge.cr->nfields); n++) {
			const struct field *f = &l->proto->rec.fields[edge.cr->field[n]];

			if (said(l, f))
				continue;
			w->sel_field = f;
			w->sel_value = edge.lo;
			return;
		}
	}
}

/* Bytes of everything inside layer i: inner layers and the trailer. */
static uint32_t inner_size(const struct build *b, const struct plan *p, unsigned i)
{
	const struct say *t = p->layer[i].trailer;
	uint32_t n = t ? t->cur.len : 0;

	for (unsigned k = i + 1; k < p->n; k++) {
		if (p->layer[k].parent == (int)i)
			n += b->layer[k].end - b->layer[k].off;
	}
	return n;
}

static void open_tree(struct build *b, const struct plan *p, unsigned i, const struct proto *proto)
{
	struct tree *t = &b->layer[i].tree;

	*t = (struct tree) { .v = t->v, .cap = t->cap, .proto = proto, .layer = i, .plan = p };
	b->scratch[i].n = 0;
	t->data = (const uint8_t *)b->scratch[i].p;
}

static int build_layer(struct build *b, const struct plan *p, unsigned i, struct err *e)
{
	const struct plan_layer *l = &p->layer[i];
	struct built *out = &b->layer[i];
	struct tree *t = &out->tree;
	struct writer w = {
		.b = b, .plan = p, .t = t, .out = &b->scratch[i], .prior = NODE_NONE, .e = e
	};
	uint32_t inner;
	int rc = -1;

	out->proto = l->proto;
	out->plan = i;
	out->off = 0;
	open_tree(b, p, i, l->proto);
	if (!l->proto) {
		out->hlen = out->end = l->payload.cur.len;
		out->tail = 0;
		return 0;
	}
	inner = inner_size(b, p, i);
	if (node_open(t, 0, NULL, NULL, 0) == NODE_NONE)
		return err_set(e, ERR_IO, "out of memory");
	t->v[0].rec = &l->proto->rec;
	select_upper(b, p, i, &w);
	if (says_taken(&w, 0, l->say) ||
	    write_fields(&w, 0, &l->proto->rec, l->say, 0, l->proto->rec.npre))
		goto out;
	if (w.pos % 8) {
		err_at(e, "", p->text ? p->text : "", p->text_len, l->at, l->span,
		       "the header of %s does not end on a byte", l->proto->name);
		goto out;
	}
	t->hlen = w.pos / 8;
	w.inner = inner * 8;
	if (write_fields(&w, 0, &l->proto->rec, l->say, l->proto->rec.npre, l->proto->rec.nfields))
		goto out;
	t->tail = (uint16_t)(w.pos / 8 - t->hlen);
	t->end = t->hlen + inner + t->tail;
	if (write_pending(&w, 0))
		goto out;
	node_close(t, 0, t->end * 8);
	out->hlen = t->hlen;
	out->tail = t->tail;
	out->end = t->end;
	rc = 0;
out:
	free(w.pending);
	kind_seen_done(&w.seen);
	return rc;
}

/* Put layer i's bytes at off, and tell its nodes where they are now. */
static void place_layer(struct build *b, const struct plan *p, unsigned i, uint32_t off)
{
	struct built *l = &b->layer[i];
	const struct say *t = p->layer[i].trailer;
	uint8_t *at = (uint8_t *)b->bytes.p;
	uint32_t inner = l->end - l->hlen - l->tail;
	bool after = false;

	l->end += off;
	l->off = off;
	if (!l->proto) {
		if (l->hlen)
			memcpy(at + off, p->layer[i].payload.cur.p, l->hlen);
		return;
	}
	if (l->hlen)
		memcpy(at + off, b->scratch[i].p, l->hlen);
	if (l->tail)
		memcpy(at + l->end - l->tail, b->scratch[i].p + l->hlen, l->tail);
	if (t && t->cur.len)
		memcpy(at + l->end - l->tail - t->cur.len, t->cur.p, t->cur.len);
	for (uint32_t k = 1; k < l->tree.n; k++) {
		struct node *n = &l->tree.v[k];

		if (n->parent == 0) /* a field of the layer, with all that is in it */
			after = l->tail && n->field && n->field->after;
		if (after)
			n->bit += inner * 8;
		n->bit += off * 8;
	}
	l->tree.v[0].bit = off * 8;
	l->tree.off = off;
	l->tree.end = l->end;
}

static int assemble(struct build *b, const struct plan *p, struct err *e)
{
	uint32_t total = 0, off[PLAN_LAYERS], next[PLAN_LAYERS];

	for (unsigned i = 0; i < p->n; i++) {
		if (p->layer[i].parent < 0)
			total += b->layer[i].end;
	}
	if (total > PACKET_MAX)
		return err_set(e, ERR_USAGE, "the packet is %u bytes; at most %u are possible",
			       total, PACKET_MAX);
	b->bytes.n = 0;
	if (!buf_grow(&b->bytes, total ? total : 1))
		return err_set(e, ERR_IO, "out of memory");
	b->bytes.n = total;
	total = 0;
	for (unsigned i = 0; i < p->n; i++) {
		int parent = p->layer[i].parent;
		uint32_t *at = parent < 0 ? &total : &next[parent];

		off[i] = *at;
		*at += b->layer[i].end;
		next[i] = off[i] + b->layer[i].hlen;
		place_layer(b, p, i, off[i]);
	}
	for (unsigned i = 0; i < p->n; i++) {
		b->layer[i].tree.data = (const uint8_t *)b->bytes.p;
		b->layer[i].tree.len = total;
	}
	return 0;
}

/* The packet as the dissector would show it: layers without the payload pieces. */
static void view(struct build *b, const struct plan *p)
{
	struct packet *k = &b->pkt;

	k->data = (const uint8_t *)b->bytes.p;
	k->len = (uint32_t)b->bytes.n;
	k->wire_len = p->wire_len || p->wire_said ? p->wire_len : k->len;
	k->link = p->link;
	k->nlayers = 0;
	for (unsigned i = 0; i < b->n; i++) {
		const struct built *l = &b->layer[i];

		if (!l->proto || k->nlayers == PACKET_LAYERS)
			continue;
		b->layer[i].tree.layer = k->nlayers;
		b->layer[i].tree.pkt = k;
		k->layers[k->nlayers++] = (struct layer) { .proto = l->proto,
							   .off = l->off,
							   .end = l->end,
							   .hlen = l->hlen,
							   .tail = (uint16_t)l->tail };
	}
}

void note_build(struct build *b, unsigned layer, uint32_t node, const char *fmt, ...)
{
	const struct tree *t = &b->layer[layer].tree;
	struct build_note *n = &b->notes[b->nnotes];
	struct buf path = { 0 };
	va_list ap;
	int at;

	if (b->nnotes == sizeof(b->notes) / sizeof(b->notes[0]))
		return;
	b->nnotes++;
	n->layer = layer;
	n->node = node;
	tree_path(t, node, &path);
	at = snprintf(n->text, sizeof(n->text), "%s.%.80s", t->proto->name, buf_cstr(&path));
	buf_done(&path);
	va_start(ap, fmt);
	if (at > 0 && (size_t)at < sizeof(n->text))
		vsnprintf(n->text + at, sizeof(n->text) - (size_t)at, fmt, ap);
	va_end(ap);
}

/* What was said against a rule of its description. */
static void note_said(struct build *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		const struct tree *t = &b->layer[i].tree;

		for (uint32_t k = 1; b->layer[i].proto && k < t->n; k++) {
			const struct node *n = &t->v[k];
			uint64_t want;

			if (!(n->flags & NODE_SAID) || !n->field ||
			    (n->flags & (NODE_ITEM | NODE_RAW)))
				continue;
			if (rule_value(n->field, t, n->parent, &want, NULL) == 0 &&
			    !rule_holds(&n->field->rule, n->num, want) &&
			    !(n->field->rule.zero_rest && n->num == 0))
				note_build(b, i, k, " says %llu, its rule %llu",
					   (unsigned long long)n->num, (unsigned long long)want);
			for (unsigned m = 0; m < n->field->nmust; m++) {
				if (!expr_eval(n->field->must[m].expr, t, n->parent, NULL))
					note_build(b, i, k, ": must %.100s",
						   n->field->must[m].text);
			}
		}
	}
}

int build_layers(struct build *b, const struct plan *p, struct err *e)
{
	arena_reset(&b->mem);
	b->n = p->n;
	b->nnotes = 0;
	for (unsigned i = p->n; i-- > 0;) {
		if (build_layer(b, p, i, e))
			return -1;
	}
	if (assemble(b, p, e))
		return -1;
	view(b, p);
	note_said(b);
	return 0;
}

int build(struct build *b, const struct plan *p, struct err *e)
{
	return build_layers(b, p, e) || build_sums(b, p, e) ? -1 : 0;
}
