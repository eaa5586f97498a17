/* SPDX-License-Identifier: BSD-2-Clause */
/* What was said to bytes: the same walk over a description as decode.c, writing. Sizes come from
 * the data; the fields that tell them are computed when their record is complete. */
#include "core/build_walk.h"

#include <stdio.h>

#include "core/bits.h"
#include "core/layouts.h"
#include "core/value.h"
#include "core/wide.h"

struct fitting {
	struct arena *mem;
	unsigned work;
};

static bool fits(struct fitting *g, const struct field *f, const struct type *type,
		 const struct say *say, unsigned depth);

/* Has the struct all the fields that are said? */
static bool struct_fits(struct fitting *g, const struct record *rec, const struct say *say,
			unsigned depth)
{
	for (const struct say *c = say->child; c; c = c->next) {
		const struct field *f =
			c->name ? record_field(rec, c->name, strlen(c->name)) : NULL;

		if (!f || !fits(g, f, f->type, c, depth + 1))
			return false;
	}
	return true;
}

static bool list_fits(struct fitting *g, const struct field *f, const struct type *type,
		      const struct say *say, unsigned depth)
{
	for (const struct say *c = say->child; c; c = c->next) {
		if (c->name ? strcmp(c->name, "len") && strcmp(c->name, "width")
			    : !fits(g, f, type->item, c, depth + 1))
			return false;
	}
	return true;
}

/* Can what is said be said of this type? What is too deep, or too much, may be. */
static bool fits(struct fitting *g, const struct field *f, const struct type *type,
		 const struct say *say, unsigned depth)
{
	struct err e = { 0 };
	struct value v;

	if (depth > WALK_DEPTH || g->work == 0)
		return true;
	g->work--;
	switch (type->form) {
	case TYPE_STRUCT: return say->form == SAY_TREE && struct_fits(g, type->rec, say, depth);
	case TYPE_LIST:
		return say->form == SAY_NONE ||
		       (say->form == SAY_TREE && list_fits(g, f, type, say, depth));
	case TYPE_CHOOSE:
		for (unsigned i = 0; i < type->narms; i++) {
			if (fits(g, f, type->arms[i].type, say, depth + 1))
				return true;
		}
		return depth > 0 && say->form != SAY_TREE; /* hex: always fits, later */
	default: break;
	}
	if (say->form == SAY_TEXT)
		return type->form == TYPE_LEAF &&
		       value_parse(f, type, say->text, say->text_len, g->mem, &v, &e) == 0 &&
		       value_fits(type, &v);
	if (say->form == SAY_VALUE && type->form == TYPE_LEAF && type->kind == &kind_uint &&
	    type->ext.form == EXTENT_KIND && type->bits < 64 && say->cur.num >> type->bits)
		return false;
	return say->form != SAY_TREE || depth > 0;
}

static bool arm_fits(struct writer *w, const struct field *f, const struct type *arm,
		     const struct say *say)
{
	struct fitting g = { &w->b->mem, 4096 };

	return !say || fits(&g, f, arm, say, 0);
}

static int write_choose(struct writer *w, uint32_t at, uint32_t inst, const struct field *f,
			const struct type *type, const struct say *say)
{
	struct node self = w->t->v[at];
	const struct type *arm = NULL;

	if (type->on) {
		arm = choose_arm(type, expr_eval(type->on, w->t, inst, NULL));
	} else {
		for (unsigned i = 0; i < type->narms && !arm; i++)
			arm = arm_fits(w, f, type->arms[i].type, say) ? type->arms[i].type : NULL;
	}
	if (!arm) {
		node_close(w->t, at, w->pos);
		return is_said(say) || (say && say->child)
			       ? say_error(w, say, "%s has no form for this; hex: always fits",
					   f->name)
			       : 0;
	}
	/* A value of another arm (as read when this one did not fill its bound) is said in the else
	 * arm's form. */
	if (say && is_said(say) && !arm_fits(w, f, arm, say) && choose_else(type) &&
	    say->form != SAY_TEXT)
		arm = choose_else(type);
	tree_cut(w->t, at);
	return write_type(w, self.parent, f, arm, say);
}

static int write_struct(struct writer *w, uint32_t at, const struct type *type,
			const struct say *say)
{
	const struct record *rec = type->rec;

	w->t->v[at].rec = rec;
	if (say && is_said(say) && say->form != SAY_NONE)
		return say_error(w, say, "%s has fields of its own (%s, ...); hex: for its bytes",
				 say->name ? say->name : "this item",
				 rec->nfields ? rec->fields[0].name : "none");
	if (write_fields(w, at, rec, say ? say->child : NULL, 0, rec->nfields) ||
	    says_taken(w, at, say ? say->child : NULL))
		return -1;
	node_close(w->t, at, w->pos);
	return write_pending(w, at);
}

static int write_raw(struct writer *w, uint32_t at, const struct type *type, const struct say *say)
{
	uint32_t from = w->pos;

	if (w->pos % 8)
		return say_error(w, say, "hex: fits only a field that begins on a byte");
	if (put_bytes(w, say->cur.p, say->cur.len))
		return -1;
	if (is_number(type) && say->cur.len >= 1 && say->cur.len <= 8)
		w->t->v[at].num =
			type->le ? bits_get_le((const uint8_t *)w->out->p, from, say->cur.len * 8)
				 : bits_get((const uint8_t *)w->out->p, from, say->cur.len * 8);
	w->t->v[at].flags |= NODE_RAW;
	return 0;
}

static int write_pad(struct writer *w, uint32_t at, const struct type *type, const struct say *say)
{
	uint32_t parent = w->t->v[at].parent, start = w->t->v[parent].bit, unit = type->bits * 8u;
	uint32_t over = (w->pos + (parent ? 0 : w->inner) - start) % unit;

	if (is_said(say))
		return put_bytes(w, say->form == SAY_TEXT ? (const void *)say->text : say->cur.p,
				 say->form == SAY_TEXT ? say->text_len : say->cur.len);
	if (over) {
		if (reserve(w, unit - over))
			return -1;
		w->pos += unit - over;
	}
	return 0;
}

/* A leaf has no parts but what its codec derives: what was said of others would be lost. */
static int no_parts(struct writer *w, const struct field *f, const struct say *say)
{
	for (const struct say *c = say ? say->child : NULL; c; c = c->next) {
		if (c->implied ||
		    (c->name && (!strcmp(c->name, "len") || !strcmp(c->name, "width"))))
			continue;
		if (c->name)
			return say_error(w, c, "%s is one value here, it has no '%s'", f->name,
					 c->name);
		return say_error(w, c, "%s is one value here, it has no item %u", f->name,
				 c->index);
	}
	return 0;
}

int write_type(struct writer *w, uint32_t parent, const struct field *f, const struct type *type,
	       const struct say *say)
{
	uint32_t at = node_open(w->t, parent, f, type, w->pos), inst = parent;
	bool item;
	int rc = -1;

	if (at == NODE_NONE)
		return no_memory(w);
	if (w->depth >= WALK_DEPTH)
		return say_error(w, say, "more than %u levels of structs inside one another",
				 WALK_DEPTH);
	w->t->v[at].said = say;
	if (say)
		w->t->v[at].flags |= NODE_SAID;
	while (inst != 0 && !w->t->v[inst].rec)
		inst = w->t->v[inst].parent;
	item = w->t->v[parent].type && w->t->v[parent].type->form == TYPE_LIST;
	w->depth++;
	if (say && say->form == SAY_RAW) {
		rc = write_raw(w, at, type, say);
	} else {
		switch (type->form) {
		case TYPE_LEAF:
			rc = no_parts(w, f, say);
			if (rc == 0)
				rc = write_leaf(w, at, inst, f, type, say, item);
			break;
		case TYPE_LIST: rc = write_list(w, at, f, type, say); break;
		case TYPE_PAD: rc = write_pad(w, at, type, say); break;
		case TYPE_STRUCT: rc = write_struct(w, at, type, say); break;
		case TYPE_CHOOSE:
			rc = write_choose(w, at, inst, f, type, say);
			w->depth--;
			return rc;
		}
	}
	w->depth--;
	if (rc == 0)
		node_close(w->t, at, w->pos);
	return rc;
}

static const struct say *say_field(const struct say *s, const struct field *f)
{
	for (; s; s = s->next) {
		if (s->name &&
		    (s->name == f->name || (*s->name == *f->name && strcmp(s->name, f->name) == 0)))
			return s;
	}
	return NULL;
}

int write_fields(struct writer *w, uint32_t at, const struct record *rec, const struct say *says,
		 unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		const struct field *f = &rec->fields[i];
		const struct say *say = say_field(says, f);
		uint32_t start = w->t->v[at].bit;

		if (f->cond && !expr_eval(f->cond, w->t, at, NULL)) {
			if (say && say->form != SAY_AUTO && !say->implied)
				return say_error(w, say,
						 "%s is not there: its condition does not hold",
						 f->name);
			continue;
		}
		if (f->optional && (!say || say->form == SAY_AUTO || say->form == SAY_ANY))
			continue;
		if (f->align && (w->pos - start) % (f->align * 8u)) {
			uint32_t more = f->align * 8u - (w->pos - start) % (f->align * 8u);

			if (reserve(w, more))
				return -1;
			w->pos += more;
		}
		if (write_type(w, at, f, f->type, say))
			return -1;
	}
	return 0;
}

int says_taken(struct writer *w, uint32_t at, const struct say *says)
{
	const struct record *rec = w->t->v[at].rec;

	for (const struct say *s = says; s; s = s->next) {
		bool known = false;

		if (!s->name)
			return say_error(w, s, "%s is no list", rec->name);
		for (unsigned i = 0; i < rec->nfields && !known; i++)
			known = s->name == rec->fields[i].name ||
				strcmp(s->name, rec->fields[i].name) == 0;
		if (!known && !s->implied)
			return say_error(w, s, "%s has no field '%s'", rec->name, s->name);
	}
	return 0;
}

int move_bytes(struct writer *w, uint32_t at, int32_t delta, uint32_t first)
{
	if (delta > 0 && !buf_grow(w->out, (size_t)delta))
		return no_memory(w);
	memmove(w->out->p + (int64_t)at + delta, w->out->p + at, w->out->n - at);
	w->out->n = (size_t)((int64_t)w->out->n + delta);
	w->pos = (uint32_t)((int32_t)w->pos + delta * 8);
	w->t->data = (const uint8_t *)w->out->p;
	w->t->len = (uint32_t)w->out->n;
	for (uint32_t i = first; i < w->t->n; i++)
		w->t->v[i].bit = (uint32_t)((int32_t)w->t->v[i].bit + delta * 8);
	return 0;
}

int insert_bytes(struct writer *w, uint32_t at, const void *p, uint32_t n, uint32_t first)
{
	if (n && move_bytes(w, at, (int32_t)n, first))
		return -1;
	if (n)
		memcpy(w->out->p + at, p, n);
	return 0;
}

void grow_node(struct writer *w, uint32_t at, uint32_t inst, int32_t delta)
{
	struct tree *t = w->t;

	t->v[at].bits = (uint32_t)((int32_t)t->v[at].bits + delta * 8);
	if (inst != 0) {
		t->v[inst].bits = (uint32_t)((int32_t)t->v[inst].bits + delta * 8);
		return;
	}
	t->hlen = (uint32_t)((int32_t)t->hlen + delta);
	t->end = (uint32_t)((int32_t)t->end + delta);
}

/* A number of the codec's own width was a placeholder: put the real one, moving what stands behind
 * it. */
static int resize_codec(struct writer *w, struct pending *p, uint64_t v)
{
	struct node *n = &w->t->v[p->node];
	uint32_t old = n->bits / 8, from = n->bit / 8;
	struct value value = { .num = v };
	struct buf tmp = { 0 };
	int64_t width = 0;
	int32_t delta;

	if (derived(w, p->say, "width", &width) < 0)
		return -1;
	if (n->type->kind->write(&tmp, 0, &value, (unsigned)width) < 0 || tmp.failed) {
		bool failed = tmp.failed;

		buf_done(&tmp);
		if (failed)
			return err_set(w->e, ERR_IO, "out of memory");
		return say_error(w, p->say, "%s cannot hold %llu", p->field->name,
				 (unsigned long long)v);
	}
	delta = (int32_t)tmp.n - (int32_t)old;
	if (move_bytes(w, from + old, delta, p->node + 1)) {
		buf_done(&tmp);
		return -1;
	}
	memcpy(w->out->p + from, tmp.p, tmp.n);
	buf_done(&tmp);
	grow_node(w, p->node, p->at, delta);
	return 0;
}

void note_room(struct writer *w, const struct pending *p, unsigned bits, uint64_t want, uint64_t is)
{
	note_build(w->b, w->t->layer, p->node, " is %llu: %llu does not fit in its %u bits",
		   (unsigned long long)is, (unsigned long long)want, bits);
}

static int settle(struct writer *w, struct pending *p)
{
	struct node *n = &w->t->v[p->node];
	unsigned bits;
	uint64_t v;
	bool inexact;

	if (p->field->rule.form == RULE_SUM)
		return 0; /* build_sums */
	if (rule_value(p->field, w->t, p->at, &v, &inexact))
		return 0;
	if (p->say && p->say->form == SAY_BAD)
		v++;
	if (n->type->form != TYPE_LEAF || !is_number(n->type))
		return 0;
	if (is_wide(n->type))
		return settle_wide(w, p, v);
	n->num = v;
	if (is_implied(n->type))
		return 0;
	bits = n->type->ext.form == EXTENT_KIND ? leaf_bits(n->type) : n->bits;
	if (!bits && n->type->ext.form == EXTENT_KIND)
		return resize_codec(w, p, v);
	if (bits < 64 && v >> bits) {
		uint64_t want = v;

		if (p->field->rule.zero_rest)
			v = 0;
		else
			v &= (UINT64_C(1) << bits) - 1;
		n->num = v;
		if (p->field->rule.form != RULE_EXPR && !(p->say && p->say->form == SAY_BAD))
			note_room(w, p, bits, want, v);
	}
	store(w, n->type, n->bit, bits, v);
	return 0;
}

int write_pending(struct writer *w, uint32_t at)
{
	/* Fields of their own width first: they move what the others measure. */
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < w->npending; i++) {
			struct pending *p = &w->pending[i];
			const struct type *type = w->t->v[p->node].type;
			bool moves = is_wide(type) ||
				     (type->form == TYPE_LEAF && type->ext.form == EXTENT_KIND &&
				      !leaf_bits(type));

			if (p->at == at && moves == (pass == 0) && settle(w, p))
				return -1;
		}
	}
	while (w->npending && w->pending[w->npending - 1].at == at)
		w->npending--;
	return 0;
}
