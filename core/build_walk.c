/* SPDX-License-Identifier: BSD-2-Clause */
/* What was said to bytes: the same walk over a description as decode.c, writing. Sizes come from
 * the data; the fields that tell them are computed when their record is complete. */
#include "core/build_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/bits.h"

static int write_type(struct writer *w, uint32_t parent, const struct field *f,
		      const struct type *type, const struct say *say);

int say_error(struct writer *w, const struct say *s, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (!s || !w->plan->text || s->at > w->plan->text_len)
		return err_set(w->e, ERR_USAGE, "%s", msg);
	return err_at(w->e, "", w->plan->text, w->plan->text_len, s->at, s->span ? s->span : 1,
		      "%s", msg);
}

static int no_memory(struct writer *w)
{
	return err_set(w->e, ERR_IO, "out of memory");
}

/* Make room for bits more; the new bytes are zero. */
static int reserve(struct writer *w, uint32_t bits)
{
	size_t need = ((size_t)w->pos + bits + 7) / 8;

	if (need > PACKET_MAX)
		return err_set(w->e, ERR_USAGE, "the packet would be larger than %u bytes",
			       PACKET_MAX);
	if (need > w->out->n) {
		size_t more = need - w->out->n;

		if (!buf_grow(w->out, more))
			return no_memory(w);
		memset(w->out->p + w->out->n, 0, more);
		w->out->n = need;
		w->t->data = (const uint8_t *)w->out->p;
		w->t->len = (uint32_t)need;
	}
	return 0;
}

static int put_bytes(struct writer *w, const void *p, uint32_t n)
{
	if (reserve(w, n * 8))
		return -1;
	if (w->pos % 8 == 0) {
		if (n)
			memcpy(w->out->p + w->pos / 8, p, n);
	} else {
		for (uint32_t i = 0; i < n; i++)
			bits_put((uint8_t *)w->out->p, w->pos + i * 8, 8, ((const uint8_t *)p)[i]);
	}
	w->pos += n * 8;
	return 0;
}

static void store(struct writer *w, const struct type *type, uint32_t bit, unsigned bits,
		  uint64_t v)
{
	if (bits == 0)
		return;
	if (type->le && bits % 8 == 0 && bit % 8 == 0)
		bits_put_le((uint8_t *)w->out->p + bit / 8, bits, v);
	else
		bits_put((uint8_t *)w->out->p, bit, bits, v);
}

static int put_number(struct writer *w, const struct type *type, unsigned bits, uint64_t v)
{
	if (reserve(w, bits))
		return -1;
	store(w, type, w->pos, bits, v);
	w->pos += bits;
	return 0;
}

/* Append the codec's encoding. */
static int put_codec(struct writer *w, const struct type *type, const struct value *v,
		     unsigned width, const struct say *say)
{
	struct value with = *v;

	if (w->pos % 8)
		return say_error(w, say, "a %s has to begin on a byte", type->kind->name);
	with.seen = &w->seen;
	if (type->kind->write(w->out, 0, &with, width) < 0)
		return w->out->failed ? no_memory(w)
				      : say_error(w, say, "this value cannot be written as a %s%s",
						  type->kind->name, width ? " of that width" : "");
	w->pos = (uint32_t)w->out->n * 8;
	w->t->data = (const uint8_t *)w->out->p;
	w->t->len = (uint32_t)w->out->n;
	return 0;
}

static const struct say *say_child(const struct say *s, const char *name)
{
	for (s = s ? s->child : NULL; s; s = s->next) {
		if (s->name && strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

/* A derived number that was said: X.len=, X.width=. */
static int derived(struct writer *w, const struct say *say, const char *name, int64_t *v)
{
	const struct say *s = say_child(say, name);
	char digits[24], *end;
	unsigned long long n;

	if (!s || s->form == SAY_AUTO)
		return 0;
	if (s->form == SAY_VALUE) {
		*v = (int64_t)s->cur.num;
		return 1;
	}
	if (s->form != SAY_TEXT || s->text_len == 0 || s->text_len >= sizeof(digits))
		return say_error(w, s, "%s is a number", name);
	memcpy(digits, s->text, s->text_len);
	digits[s->text_len] = 0;
	n = strtoull(digits, &end, 0);
	if (*end || digits[0] == '-')
		return say_error(w, s, "%s is a number", name);
	*v = (int64_t)n;
	return 1;
}

static bool is_said(const struct say *s)
{
	return s && s->form != SAY_TREE && s->form != SAY_AUTO && s->form != SAY_ANY &&
	       s->form != SAY_BAD && !(s->form == SAY_FRESH && !s->cur.num && !s->cur.p);
}

static bool computed(const struct field *f)
{
	return f->rule.form == RULE_LEN || f->rule.form == RULE_COUNT ||
	       f->rule.form == RULE_EXPR || f->rule.form == RULE_SUM;
}

static int push_pending(struct writer *w, uint32_t node, uint32_t at, const struct field *f,
			const struct say *say)
{
	if (w->npending == w->cap) {
		unsigned cap = w->cap ? w->cap * 2 : 32;
		struct pending *p =
			cap > PENDING_MAX * 2 ? NULL : realloc(w->pending, cap * sizeof(*p));

		if (!p)
			return no_memory(w);
		w->pending = p;
		w->cap = cap;
	}
	w->pending[w->npending++] = (struct pending) { node, at, f, say };
	return 0;
}

/* The value that a leaf gets: said, decided by the layer above, the default, or zero. 1: computed
 * later. */
static int leaf_value(struct writer *w, uint32_t inst, const struct field *f,
		      const struct type *type, const struct say *say, bool item, struct value *v)
{
	struct err e = { 0 };

	*v = (struct value) { 0 };
	if (is_said(say)) {
		if (say->form == SAY_VALUE || say->form == SAY_FRESH) {
			*v = say->cur;
			if (is_number(type) && say->cur.p)
				return say_error(w, say, "%s is a number, not bytes", f->name);
			return 0;
		}
		if (say->form == SAY_NONE)
			return 0;
		if (value_parse(f, type, say->text, say->text_len, &w->b->mem, v, &e))
			return say_error(w, say, "%s", e.msg);
		return 0;
	}
	if (item)
		return 0;
	if (inst == 0 && f == w->sel_field) {
		v->num = w->sel_value;
		return 0;
	}
	if (computed(f))
		return 1;
	if (say && say->form == SAY_BAD)
		return say_error(w, say,
				 "%s is not computed, so it cannot be bad; say a wrong value",
				 f->name);
	if (f->rule.form != RULE_CONST)
		return 0;
	if (!f->rule.text) {
		v->num = (uint64_t)f->rule.num;
		return 0;
	}
	if (type->kind->cls == KIND_TEXT || type->kind->cls == KIND_BYTES) {
		v->p = (const uint8_t *)f->rule.text;
		v->len = f->rule.text_len;
		return 0;
	}
	if (value_parse(f, type, f->rule.text, f->rule.text_len, &w->b->mem, v, &e))
		return say_error(w, say, "default of %s: %s", f->name, e.msg);
	return 0;
}

static int write_sized(struct writer *w, uint32_t at, uint32_t inst, const struct field *f,
		       const struct type *type, const struct value *v, const struct say *say)
{
	const struct extent *x = &type->ext;
	int64_t n = v->len, fixed = -1;
	int rc;

	if (x->form == EXTENT_BYTES && x->expr->op == EX_NUM)
		fixed = x->expr->num;
	if (is_number(type)) {
		n = x->form == EXTENT_BYTES ? expr_eval(x->expr, w->t, inst, NULL) : 0;
		for (uint64_t k = v->num; n <= 0 && k; k >>= 8)
			n--;
		n = n < 0 ? -n : n;
		if (derived(w, say, "width", &n) < 0)
			return -1;
		if (n > 8)
			return say_error(w, say, "%s is at most 8 bytes wide", f->name);
		return put_number(w, type, (unsigned)n * 8, v->num);
	}
	if (fixed >= 0 && n > fixed)
		return say_error(w, say, "%s is %lld bytes wide; this value has %u", f->name,
				 (long long)fixed, v->len);
	if (x->form == EXTENT_PREFIX) {
		struct value len = { .num = v->len };
		unsigned bits = leaf_bits(x->prefix);
		int64_t width = 0;

		n = v->len;
		rc = derived(w, say, "len", &n);
		if (rc < 0 || derived(w, say, "width", &width) < 0)
			return -1;
		len.num = (uint64_t)n;
		if (bits && bits < 64 && len.num >> bits)
			return say_error(w, say, "%s is at most %llu bytes long", f->name,
					 (unsigned long long)((UINT64_C(1) << bits) - 1));
		if (bits ? put_number(w, x->prefix, bits, len.num)
			 : put_codec(w, x->prefix, &len, (unsigned)width, say))
			return -1;
		w->t->v[at].head = (uint16_t)((w->pos - w->t->v[at].bit) / 8);
	}
	if (put_bytes(w, v->p, v->len))
		return -1;
	if (x->form == EXTENT_UNTIL_TEXT) {
		w->t->v[at].tail = x->stop_len;
		return put_bytes(w, x->stop, x->stop_len);
	}
	if (fixed > v->len) { /* text and bytes of fixed size are filled up with zeros */
		uint32_t more = (uint32_t)fixed - v->len;

		if (reserve(w, more * 8))
			return -1;
		w->pos += more * 8;
	}
	return 0;
}

static int write_leaf(struct writer *w, uint32_t at, uint32_t inst, const struct field *f,
		      const struct type *type, const struct say *say, bool item)
{
	struct value v;
	int later = leaf_value(w, inst, f, type, say, item, &v);
	int64_t width = 0;
	unsigned bits;

	if (later < 0)
		return -1;
	w->t->v[at].num = v.num;
	if (later && push_pending(w, at, inst, f, say))
		return -1;
	if (type->ext.form != EXTENT_KIND)
		return write_sized(w, at, inst, f, type, &v, say);
	bits = leaf_bits(type);
	if (!bits) {
		uint32_t from = w->pos;

		if (derived(w, say, "width", &width) < 0 ||
		    put_codec(w, type, &v, (unsigned)width, say))
			return -1;
		if (type->kind->cls == KIND_TEXT)
			w->t->v[at].tail = (uint16_t)((w->pos - from) / 8 - v.len);
		return 0;
	}
	if (type->kind->cls == KIND_ADDR) {
		uint8_t zero[16] = { 0 };

		if (v.p && v.len != bits / 8)
			return say_error(w, say, "%s takes %u bytes, this has %u", f->name,
					 bits / 8, v.len);
		return put_bytes(w, v.p ? v.p : zero, bits / 8);
	}
	if (type->kind == &kind_uint && bits < 64 && v.num >> bits)
		return say_error(w, say, "%s is at most %llu (%u bits)", f->name,
				 (unsigned long long)((UINT64_C(1) << bits) - 1), bits);
	return put_number(w, type, bits, v.num);
}

static const struct say *item_say(const struct say *list, uint32_t index)
{
	for (const struct say *s = list ? list->child : NULL; s; s = s->next) {
		if (!s->name && s->index == index)
			return s;
	}
	return NULL;
}

/* How many items were said; they have to be 0, 1, 2, ... without a gap. */
static int64_t items_said(struct writer *w, const struct say *say)
{
	uint32_t n = 0, top = 0;

	for (const struct say *s = say ? say->child : NULL; s; s = s->next) {
		if (s->name)
			continue;
		n++;
		if (s->index + 1 > top)
			top = s->index + 1;
	}
	if (top != n) {
		for (uint32_t i = 0; i < top; i++) {
			if (!item_say(say, i))
				return say_error(w, say,
						 "item %u of %s was not said, but item %u was", i,
						 say->name ? say->name : "the list", top - 1);
		}
	}
	return n;
}

static int list_prefix(struct writer *w, uint32_t at, const struct extent *x, uint32_t from,
		       uint32_t items, const struct say *say)
{
	unsigned bits = leaf_bits(x->prefix);
	int64_t n = x->form == EXTENT_PREFIX ? (w->pos - from) / 8 : items;

	if (derived(w, say, "len", &n) < 0)
		return -1;
	if (bits < 64 && (uint64_t)n >> bits)
		return say_error(w, say, "the list is too long for its %u-bit length", bits);
	store(w, x->prefix, from - bits, bits, (uint64_t)n);
	w->t->v[at].head = (uint16_t)(bits / 8);
	return 0;
}

static int write_list(struct writer *w, uint32_t at, const struct field *f, const struct type *type,
		      const struct say *say)
{
	const struct extent *x = &type->ext;
	int64_t n = items_said(w, say);
	bool prefixed = x->form == EXTENT_PREFIX || x->form == EXTENT_PREFIX_COUNT, raw = false;
	uint32_t from;

	if (n < 0)
		return -1;
	if (say && say->form == SAY_TEXT)
		return say_error(w, say, "%s is a list; write its items, or hex: for its bytes",
				 f->name);
	if (x->form == EXTENT_COUNT && x->expr->op == EX_NUM && !say)
		n = x->expr->num;
	if (prefixed) {
		if (!leaf_bits(x->prefix))
			return say_error(
				w, say,
				"a list's length of this kind has to be a field of its own");
		if (put_number(w, x->prefix, leaf_bits(x->prefix), 0))
			return -1;
	}
	from = w->pos;
	for (uint32_t i = 0; i < (uint32_t)n; i++) {
		const struct say *s = item_say(say, i);
		uint32_t node = w->t->n;

		if (write_type(w, at, f, type->item, s))
			return -1;
		w->t->v[node].flags |= NODE_ITEM;
		w->t->v[node].index = (uint16_t)i;
		raw = s && s->form == SAY_RAW;
		if (x->form == EXTENT_LINES && !raw) {
			if (put_bytes(w, "\r\n", 2))
				return -1;
			w->t->v[node].tail += 2;
			w->t->v[node].bits += 16;
		}
	}
	w->t->v[at].num = (uint64_t)n;
	if (prefixed && list_prefix(w, at, x, from, (uint32_t)n, say))
		return -1;
	if (x->form == EXTENT_LINES && !raw) {
		if (put_bytes(w, x->stop, x->stop_len) || put_bytes(w, "\r\n", 2))
			return -1;
		w->t->v[at].tail = (uint16_t)(x->stop_len + 2);
	}
	return 0;
}

static bool arm_fits(struct writer *w, const struct field *f, const struct type *arm,
		     const struct say *say)
{
	struct err e = { 0 };
	struct value v;

	if (!say)
		return true;
	if (arm->form == TYPE_STRUCT)
		return say->form == SAY_TREE &&
		       (!say->child || !say->child->name ||
			record_field(arm->rec, say->child->name, strlen(say->child->name)));
	if (arm->form == TYPE_LIST)
		return say->form == SAY_TREE || say->form == SAY_NONE;
	if (say->form == SAY_TEXT)
		return arm->form == TYPE_LEAF &&
		       value_parse(f, arm, say->text, say->text_len, &w->b->mem, &v, &e) == 0;
	return say->form != SAY_TREE;
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
			type->le ? bits_get_le((const uint8_t *)w->out->p + from / 8,
					       say->cur.len * 8)
				 : bits_get((const uint8_t *)w->out->p, from, say->cur.len * 8);
	w->t->v[at].flags |= NODE_RAW;
	return 0;
}

static int write_pad(struct writer *w, uint32_t at, const struct type *type, const struct say *say)
{
	uint32_t start = w->t->v[w->t->v[at].parent].bit, unit = type->bits * 8u;
	uint32_t over = (w->pos - start) % unit;

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

static int write_type(struct writer *w, uint32_t parent, const struct field *f,
		      const struct type *type, const struct say *say)
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
		case TYPE_LEAF: rc = write_leaf(w, at, inst, f, type, say, item); break;
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
		if (s->name && (s->name == f->name || strcmp(s->name, f->name) == 0))
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
			if (say && say->form != SAY_AUTO)
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
		buf_done(&tmp);
		return say_error(w, p->say, "%s cannot hold %llu", p->field->name,
				 (unsigned long long)v);
	}
	delta = (int32_t)tmp.n - (int32_t)old;
	if (delta > 0 && !buf_grow(w->out, (size_t)delta)) {
		buf_done(&tmp);
		return no_memory(w);
	}
	memmove(w->out->p + from + tmp.n, w->out->p + from + old, w->out->n - from - old);
	w->out->n = (size_t)((int64_t)w->out->n + delta);
	memcpy(w->out->p + from, tmp.p, tmp.n);
	buf_done(&tmp);
	w->pos = (uint32_t)((int32_t)w->pos + delta * 8);
	w->t->data = (const uint8_t *)w->out->p;
	w->t->len = (uint32_t)w->out->n;
	for (uint32_t i = p->node + 1; i < w->t->n; i++)
		w->t->v[i].bit = (uint32_t)((int32_t)w->t->v[i].bit + delta * 8);
	n->bits = (uint32_t)((int32_t)n->bits + delta * 8);
	if (p->at != 0)
		w->t->v[p->at].bits = (uint32_t)((int32_t)w->t->v[p->at].bits + delta * 8);
	else
		w->t->hlen = (uint32_t)((int32_t)w->t->hlen + delta),
		w->t->end = (uint32_t)((int32_t)w->t->end + delta);
	return 0;
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
	bits = n->type->ext.form == EXTENT_KIND ? leaf_bits(n->type) : n->bits;
	n->num = v;
	if (!bits && n->type->ext.form == EXTENT_KIND)
		return resize_codec(w, p, v);
	if (bits < 64 && v >> bits) {
		if (p->field->rule.zero_rest)
			v = 0;
		else
			v &= (UINT64_C(1) << bits) - 1;
		n->num = v;
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
			bool moves = type->form == TYPE_LEAF && type->ext.form == EXTENT_KIND &&
				     !leaf_bits(type);

			if (p->at == at && moves == (pass == 0) && settle(w, p))
				return -1;
		}
	}
	while (w->npending && w->pending[w->npending - 1].at == at)
		w->npending--;
	return 0;
}
