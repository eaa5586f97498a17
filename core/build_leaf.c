/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing leaves: the value that was said, decided by the layer above, or the default, in every
 * extent. */
#include "core/build_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/bits.h"
#include "core/layouts.h"
#include "core/head.h"
#include "core/wide.h"

int say_error(struct writer *w, const struct say *s, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	/* A struct or a list that was said by its parts stands where the first of them does. */
	while (s && !s->span && s->child)
		s = s->child;
	if (!s || !w->plan->text || s->at > w->plan->text_len)
		return err_set(w->e, ERR_USAGE, "%s", msg);
	return err_at(w->e, "", w->plan->text, w->plan->text_len, s->at, s->span ? s->span : 1,
		      "%s", msg);
}

int no_memory(struct writer *w)
{
	return err_set(w->e, ERR_IO, "out of memory");
}

int reserve(struct writer *w, uint32_t bits)
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

int put_bytes(struct writer *w, const void *p, uint32_t n)
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

void store(struct writer *w, const struct type *type, uint32_t bit, unsigned bits, uint64_t v)
{
	if (bits == 0)
		return;
	if (type->le)
		bits_put_le((uint8_t *)w->out->p, bit, bits, v);
	else
		bits_put((uint8_t *)w->out->p, bit, bits, v);
}

int put_number(struct writer *w, const struct type *type, unsigned bits, uint64_t v)
{
	if (reserve(w, bits))
		return -1;
	store(w, type, w->pos, bits, v);
	w->pos += bits;
	return 0;
}

int put_codec(struct writer *w, const struct type *type, const struct value *v, unsigned width,
	      const struct say *say)
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

int derived(struct writer *w, const struct say *say, const char *name, int64_t *v)
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

bool is_said(const struct say *s)
{
	return s && s->form != SAY_TREE && s->form != SAY_AUTO && s->form != SAY_ANY &&
	       s->form != SAY_BAD && !(s->form == SAY_FRESH && !s->cur.num && !s->cur.p);
}

bool computed(const struct field *f)
{
	return f->rule.form == RULE_LEN || f->rule.form == RULE_COUNT ||
	       f->rule.form == RULE_EXPR || f->rule.form == RULE_SUM || f->rule.form == RULE_HEAD;
}

int push_pending(struct writer *w, uint32_t node, uint32_t at, const struct field *f,
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

/* What the nearest layer inside this one wants of its field f; NULL: nothing. The layers inside are
 * built already, so conditions can look at their fields. */
static const struct want *wanted(const struct writer *w, const struct field *f)
{
	const struct plan *p = w->plan;

	for (unsigned k = w->t->layer + 1; k < p->n; k++) {
		const struct proto *up = p->layer[k].proto;
		int at = p->layer[k].parent;

		for (unsigned i = 0; up && i < up->nwants; i++) {
			const struct want *x = &up->wants[i];

			if (x->field != f)
				continue;
			while (at > (int)w->t->layer && p->layer[at].proto != f->rec->proto)
				at = p->layer[at].parent;
			if (at == (int)w->t->layer &&
			    (!x->cond || expr_eval(x->cond, &w->b->layer[k].tree, 0, NULL)))
				return x;
		}
	}
	return NULL;
}

/* `hex:` of a description, where the loader did not know yet that it would be bytes. */
static int hex_value(struct writer *w, const struct field *f, const struct say *say,
		     const char *text, uint32_t len, struct value *v)
{
	uint8_t *out = arena_alloc(&w->b->mem, len / 2 + 1);
	int64_t bytes;

	if (!out)
		return no_memory(w);
	bytes = hex_decode(text + 4, len - 4, out);
	if (bytes < 0)
		return say_error(w, say, "default of %s: hex: takes two digits for each byte",
				 f->name);
	v->p = out;
	v->len = (uint32_t)bytes;
	return 0;
}

/* A value of the description: a default, or what another layer wants. */
static int text_value(struct writer *w, const struct field *f, const struct type *type,
		      const struct say *say, const char *text, uint32_t len, struct value *v)
{
	struct err e = { 0 };

	if (type->kind->cls == KIND_TEXT || type->kind->cls == KIND_BYTES) {
		bool known = text == f->rule.text && f->type->form == TYPE_LEAF;

		if (!known && len >= 4 && !memcmp(text, "hex:", 4))
			return hex_value(w, f, say, text, len, v);
		v->p = (const uint8_t *)text;
		v->len = len;
		return 0;
	}
	if (value_parse(f, type, text, len, &w->b->mem, v, &e) == 0)
		return 0;
	return e.code == ERR_IO ? no_memory(w)
				: say_error(w, say, "default of %s: %s", f->name, e.msg);
}

/* The value that a leaf gets: said, decided by the layer above, the default, or zero. 1: computed
 * later. */
static int leaf_value(struct writer *w, uint32_t inst, const struct field *f,
		      const struct type *type, const struct say *say, bool item, struct value *v)
{
	const struct want *want;
	struct field here;
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
		if (value_parse(field_here(f, w->t, inst, &here), type, say->text, say->text_len,
				&w->b->mem, v, &e))
			return e.code == ERR_IO ? no_memory(w) : say_error(w, say, "%s", e.msg);
		return 0;
	}
	if (item)
		return 0;
	want = inst == 0 && f->rec->proto && !(say && say->form == SAY_BAD) ? wanted(w, f) : NULL;
	if (want)
		return text_value(w, f, type, say, want->text, want->text_len, v);
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
	return text_value(w, f, type, say, f->rule.text, f->rule.text_len, v);
}

int make_head(struct writer *w, const struct extent *x, int64_t n, uint32_t body,
	      const struct say *say, struct buf *out)
{
	unsigned bits = leaf_bits(x->prefix);
	int64_t width = 0;

	if (derived(w, say, "width", &width) < 0)
		return -1;
	if (head_write(x, (uint64_t)n, body, (unsigned)width, out) == 0)
		return 0;
	if (out->failed)
		return no_memory(w);
	if (width)
		return say_error(w, say, "this length cannot be written in %lld bytes",
				 (long long)width);
	return say_error(w, say, "%lld does not fit in the length before it; it is at most %llu",
			 (long long)n,
			 bits ? (unsigned long long)((UINT64_C(1) << bits) - 1) : UINT32_MAX);
}

static int put_head(struct writer *w, uint32_t at, const struct extent *x, int64_t n, uint32_t body,
		    const struct say *say)
{
	struct buf head = { 0 };
	int rc = make_head(w, x, n, body, say, &head);

	if (rc == 0)
		rc = put_bytes(w, head.p, (uint32_t)head.n);
	w->t->v[at].head = (uint16_t)head.n;
	buf_done(&head);
	return rc;
}

static int write_sized(struct writer *w, uint32_t at, uint32_t inst, const struct field *f,
		       const struct type *type, const struct value *v, const struct say *say)
{
	const struct extent *x = &type->ext;
	int64_t n = v->len, fixed = -1;

	if (x->form == EXTENT_BYTES && x->expr->op == EX_NUM)
		fixed = x->expr->num;
	if (type->kind->read) { /* digits up to a terminator */
		int64_t width = 0;

		w->t->v[at].tail = x->stop_len;
		return derived(w, say, "width", &width) < 0 ||
				       put_codec(w, type, v, (unsigned)width, say)
			       ? -1
			       : put_bytes(w, x->stop, x->stop_len);
	}
	if (is_number(type)) {
		n = x->form == EXTENT_BYTES ? expr_eval(x->expr, w->t, inst, NULL) : 0;
		if (n <= 0)
			n = number_bytes(type, v->num);
		if (derived(w, say, x->form == EXTENT_PREFIX ? "len" : "width", &n) < 0)
			return -1;
		if (n > 8)
			return say_error(w, say, "%s is at most 8 bytes wide", f->name);
		if (x->form == EXTENT_PREFIX && put_head(w, at, x, n, n, say))
			return -1;
		return put_number(w, type, (unsigned)n * 8, v->num);
	}
	if (fixed >= 0 && n > fixed)
		return say_error(w, say, "%s is %lld bytes wide; this value has %u", f->name,
				 (long long)fixed, v->len);
	if (x->form == EXTENT_PREFIX) {
		if (derived(w, say, "len", &n) < 0 || put_head(w, at, x, n, v->len, say))
			return -1;
	}
	if (x->form == EXTENT_REST && x->mark_len) {
		w->t->v[at].head = x->mark_len;
		if (put_bytes(w, x->mark, x->mark_len))
			return -1;
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

/* What is written of a number that counts from that of the item before. */
static int since_prior(struct writer *w, uint32_t at, uint32_t inst, const struct field *f,
		       const struct say *say, struct value *v)
{
	uint64_t prior = prior_number(w->t, inst, f, w->prior);

	if (!is_said(say) && (f->rule.form == RULE_NONE || wide_head_said(w, inst, f->type)))
		w->t->v[at].num = v->num = prior;
	if (v->num < prior)
		return say_error(w, say,
				 "%s is counted from the item before, where it is %llu: it cannot "
				 "be %llu",
				 f->name, (unsigned long long)prior, (unsigned long long)v->num);
	v->num -= prior;
	return 0;
}

int write_leaf(struct writer *w, uint32_t at, uint32_t inst, const struct field *f,
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
	if (f->since && since_prior(w, at, inst, f, say, &v))
		return -1;
	if (is_implied(type)) /* it decides, and is not written */
		return !(v.num >> (type->bits - 1) >> 1)
			       ? 0
			       : say_error(w, say, "%s is at most %llu (%u bits)", f->name,
					   (unsigned long long)(UINT64_MAX >> (64 - type->bits)),
					   type->bits);
	if (is_wide(type))
		return put_wide(w, at, inst, v.num, say, later);
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
