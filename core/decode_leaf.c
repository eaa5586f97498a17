/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading leaves: numbers, addresses, texts and bytes of every extent, padding. Every read is
 * preceded by a comparison with `end`, the bit after the last one that may be looked at. */
#include "core/decode_impl.h"

#include "core/bits.h"
#include "core/head.h"
#include "core/wide.h"

int cut_node(struct reader *r, uint32_t at, struct place *p)
{
	r->t->v[at].flags |= NODE_CUT;
	p->pos = p->end;
	node_close(r->t, at, p->end);
	return -1;
}

uint32_t clip(struct reader *r, uint32_t at, const struct place *p, int64_t want)
{
	uint32_t have = p->end > p->pos ? (p->end - p->pos) & ~7u : 0;

	if (want < 0)
		want = 0;
	if (want > have) {
		r->t->v[at].flags |= NODE_CLIPPED;
		return have;
	}
	return (uint32_t)want;
}

uint64_t read_number(const struct tree *t, const struct type *type, uint32_t bit, unsigned bits)
{
	uint64_t v;

	if (bits == 0)
		return 0;
	if (type->le)
		v = bits_get_le(t->data, bit, bits);
	else
		v = bits_get(t->data, bit, bits);
	return type->kind == &kind_int ? (uint64_t)sign_extend(v, bits) : v;
}

/* A number that was read may count from the same field of the item before. */
static inline void add_prior(struct reader *r, uint32_t at, uint32_t inst)
{
	const struct field *f = r->t->v[at].field;

	if (f->since)
		r->t->v[at].num += prior_number(r->t, inst, f, r->prior);
}

/* A kind whose bytes say themselves where they end. */
static int read_codec(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		      uint32_t inst)
{
	struct tree *t = r->t;
	struct value v = { .base = t->data + t->off,
			   .base_len = p->end / 8 - t->off,
			   .work = &t->work };
	const uint8_t *from = t->data + p->pos / 8;
	int n;

	if (p->pos % 8 || p->pos >= p->end)
		return cut_node(r, at, p);
	n = type->kind->read(from, (p->end - p->pos) / 8, &v);
	if (n < 0)
		return cut_node(r, at, p);
	t->v[at].num = v.num;
	add_prior(r, at, inst);
	if (type->kind->cls == KIND_TEXT && v.p >= from) {
		t->v[at].head = (uint16_t)(v.p - from);
		t->v[at].tail = (uint16_t)((uint32_t)n - (uint32_t)(v.p - from) - v.len);
	}
	p->pos += (uint32_t)n * 8;
	node_close(t, at, p->pos);
	return 0;
}

int64_t read_prefix(struct reader *r, uint32_t at, const struct extent *x, struct place *p)
{
	uint32_t have = p->end > p->pos ? (p->end - p->pos) / 8 : 0;
	struct head h;

	if (p->pos % 8 || head_read(x, r->t->data + p->pos / 8, have, &h))
		return -1;
	p->pos += h.len * 8;
	r->t->v[at].head = (uint16_t)h.len;
	return h.value > PACKET_MAX ? PACKET_MAX : (int64_t)h.value;
}

static int read_until_text(struct reader *r, uint32_t at, const struct type *type, struct place *p)
{
	const uint8_t *from = r->t->data + p->pos / 8;
	uint32_t have = p->end > p->pos ? (p->end - p->pos) / 8 : 0;
	const uint8_t *hit = have ? memmem(from, have, type->ext.stop, type->ext.stop_len) : NULL;

	if (!hit)
		return cut_node(r, at, p);
	r->t->v[at].tail = type->ext.stop_len;
	if (type->kind->read) { /* a number in digits, and nothing else */
		struct value v = { 0 };

		if (type->kind->read(from, (uint32_t)(hit - from), &v) != hit - from)
			return cut_node(r, at, p);
		r->t->v[at].num = v.num;
	}
	p->pos += ((uint32_t)(hit - from) + type->ext.stop_len) * 8;
	node_close(r->t, at, p->pos);
	return 0;
}

/* The mark before all the rest. */
static bool read_mark(struct reader *r, uint32_t at, const struct extent *x, struct place *p)
{
	if (p->pos % 8 || p->pos > p->end ||
	    !mark_here(x, r->t->data + p->pos / 8, (p->end - p->pos) / 8))
		return false;
	p->pos += x->mark_len * 8u;
	r->t->v[at].head = x->mark_len;
	return true;
}

/* The number is its head, or what its head says stands here. */
static int read_wide(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		     uint32_t inst)
{
	struct tree *t = r->t;
	uint64_t head = (uint64_t)expr_eval(type->ext.expr, t, inst, NULL);
	const struct wide_form *w = wide_of(&type->ext, head);

	t->v[at].num = head;
	if (w) {
		if (p->end < p->pos || p->end - p->pos < w->type->bits)
			return cut_node(r, at, p);
		t->v[at].num = read_number(t, w->type, p->pos, w->type->bits) + w->add;
		p->pos += w->type->bits;
	}
	add_prior(r, at, inst);
	node_close(t, at, p->pos);
	return 0;
}

static int read_sized(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		      uint32_t inst)
{
	struct tree *t = r->t;
	int64_t want = 0;

	switch (type->ext.form) {
	case EXTENT_REST:
		if (type->ext.mark_len && !read_mark(r, at, &type->ext, p))
			return cut_node(r, at, p);
		want = p->end > p->pos ? p->end - p->pos : 0;
		if (type->ext.expr)
			want = want > type->ext.expr->num * 8 ? want - type->ext.expr->num * 8 : 0;
		break;
	case EXTENT_PREFIX:
		want = read_prefix(r, at, &type->ext, p);
		if (want < 0)
			return cut_node(r, at, p);
		want *= 8;
		break;
	case EXTENT_BEFORE:
	case EXTENT_WHILE:
		while (p->end - p->pos > want &&
		       (memchr(type->ext.stop, t->data[(p->pos + want) / 8], type->ext.stop_len) !=
			NULL) == (type->ext.form == EXTENT_WHILE))
			want += 8;
		break;
	default:
		want = expr_eval(type->ext.expr, t, inst, NULL);
		want = size_bits(want);
		break;
	}
	if (is_number(type)) {
		if (want < 0 || want > 64 || p->end < p->pos || want > p->end - p->pos)
			return cut_node(r, at, p);
		t->v[at].num = read_number(t, type, p->pos, (unsigned)want);
		add_prior(r, at, inst);
		p->pos += (uint32_t)want;
	} else {
		bool fixed = type->ext.form == EXTENT_BYTES && type->ext.expr->op == EX_NUM;

		if (fixed && (p->end < p->pos || want > p->end - p->pos))
			return cut_node(r, at, p);
		p->pos += clip(r, at, p, want);
	}
	node_close(t, at, p->pos);
	return 0;
}

int read_leaf(struct reader *r, uint32_t at, const struct type *type, struct place *p,
	      uint32_t inst)
{
	struct tree *t = r->t;
	unsigned bits;

	if (type->ext.form == EXTENT_UNTIL_TEXT)
		return read_until_text(r, at, type, p);
	if (type->ext.form == EXTENT_WIDE)
		return read_wide(r, at, type, p, inst);
	if (type->ext.form == EXTENT_IMPLIED)
		return read_implied(r, at, type, p, inst);
	if (type->ext.form != EXTENT_KIND)
		return read_sized(r, at, type, p, inst);
	bits = leaf_bits(type);
	if (!bits)
		return read_codec(r, at, type, p, inst);
	if (p->end < p->pos || p->end - p->pos < bits)
		return cut_node(r, at, p);
	if (type->kind->cls != KIND_ADDR)
		t->v[at].num = read_number(t, type, p->pos, bits);
	p->pos += bits;
	node_close(t, at, p->pos);
	return 0;
}

int read_pad(struct reader *r, uint32_t at, const struct type *type, struct place *p, bool bounded)
{
	uint32_t unit = type->bits * 8u, over = (p->pos - p->start) % unit;
	uint32_t want = over ? unit - over : 0, have = p->end > p->pos ? p->end - p->pos : 0;

	p->pos += bounded || want > have ? have : want;
	node_close(r->t, at, p->pos);
	return 0;
}
