/* SPDX-License-Identifier: BSD-2-Clause */
/* Holes in a packet's text. The text is read once with any values in them; each hole that is the
 * whole value of a field (or payload bytes) is from then on set as a value. Others are filled in as
 * text, and all is read anew. */
#include <stdlib.h>
#include <string.h>

#include "craft/craft.h"
#include "craft/template.h"
#include "dissect/dissect.h"
#include "play/fill_impl.h"

/* ---- as values ---- */

static struct say *find_say(struct say *s, const struct hole *h)
{
	struct say *stack[64];
	unsigned depth = 0;

	while (s || depth) {
		if (!s) {
			s = stack[--depth];
			continue;
		}
		if (!s->implied && !s->sweep && !s->child && s->at == h->at && s->span == h->len)
			return s;
		if (s->child && depth < 64) {
			if (s->next)
				stack[depth++] = s->next;
			s = s->child;
		} else {
			s = s->next;
		}
	}
	return NULL;
}

/* Is it the value of a field whose size hangs on it alone, and that takes values as they are? */
static bool settle(struct hole *h, const struct build *b)
{
	const struct node *found = NULL;

	for (unsigned i = 0; i < b->n; i++) {
		const struct tree *t = &b->layer[i].tree;

		for (uint32_t k = 1; b->layer[i].proto && k < t->n; k++)
			if (t->v[k].said == h->say)
				found = &t->v[k];
	}
	if (!found || !found->type || found->type->form != TYPE_LEAF)
		return false;
	switch (found->type->kind->cls) {
	case KIND_NUM:
	case KIND_ADDR:
	case KIND_TEXT:
	case KIND_BYTES: break;
	default: return false;
	}
	h->type = found->type;
	h->bits = found->bits;
	return true;
}

static bool hole_says(struct fill *f, struct hole *h, const struct build *b)
{
	for (unsigned i = 0; i < f->plan.n && !h->say; i++) {
		struct plan_layer *l = &f->plan.layer[i];

		if (!l->proto && l->payload.at == h->at && l->payload.span == h->len &&
		    !l->payload.sweep) {
			h->say = &l->payload;
			return true;
		}
		h->say = find_say(l->say, h);
	}
	return h->say && settle(h, b);
}

/* Set it as any value of its type, so that what is built until the first packet comes is sane. */
static void hole_begin(struct hole *h)
{
	/* Of addresses, one of somebody else (careful.h). */
	static const uint8_t any[16] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	struct say *s = h->say;
	bool addr = h->type && h->type->kind->cls == KIND_ADDR;
	bool num = h->type && h->type->kind->cls == KIND_NUM;

	s->form = SAY_VALUE;
	s->varies = true;
	s->cur = (struct value) { 0 };
	if (num)
		return;
	s->cur.p = any;
	s->cur.len = addr ? h->bits / 8 : 1;
}

/* The same protocol's payload stands there: what else the packet's dissector sees in it is of no
 * concern. */
static void find_under(struct fill *f, struct hole *h)
{
	for (unsigned i = 0; i < f->plan.n; i++) {
		const struct plan_layer *l = &f->plan.layer[i];

		if (!l->proto && l->parent >= 0 && l->payload.at == h->at)
			h->under = f->plan.layer[l->parent].proto;
	}
}

static int settle_all(struct fill *f, struct err *e)
{
	struct build *b = calloc(1, sizeof(*b));
	int rc = b ? build_layers(b, &f->plan, e) : err_set(e, ERR_IO, "out of memory");

	f->stays = rc == 0;
	for (unsigned i = 0; i < f->n; i++)
		if (f->hole[i].payload)
			find_under(f, &f->hole[i]);
	for (unsigned i = 0; i < f->n && f->stays; i++)
		f->stays = hole_says(f, &f->hole[i], b);
	for (unsigned i = 0; i < f->n && f->stays; i++)
		hole_begin(&f->hole[i]);
	if (b)
		build_done(b);
	free(b);
	return rc;
}

struct fill *fill_open(const struct registry *reg, const struct names *names, const char *text,
		       size_t len, struct err *e)
{
	struct fill *f = calloc(1, sizeof(*f));

	if (!f || !(f->text = strndup(text, len))) {
		err_set(e, ERR_IO, "out of memory");
		fill_close(f);
		return NULL;
	}
	f->reg = reg;
	f->len = len;
	if (fill_holes(f, names, e) || fill_read(f, true, e) || settle_all(f, e)) {
		fill_close(f);
		return NULL;
	}
	return f;
}

static void forget_shapes(struct fill *f)
{
	for (unsigned i = 0; i < f->nshapes; i++)
		template_close(f->shape[i].tmpl);
	f->nshapes = f->next = 0;
	f->now = NULL;
}

void fill_close(struct fill *f)
{
	if (!f)
		return;
	forget_shapes(f);
	plan_done(&f->plan);
	for (unsigned i = 0; i < f->n; i++) {
		for (unsigned k = 0; k < f->hole[i].nterms; k++)
			pick_close(f->hole[i].term[k].pick);
		buf_done(&f->hole[i].words);
	}
	buf_done(&f->said);
	free(f->text);
	free(f);
}

struct plan *fill_plan(struct fill *f)
{
	return &f->plan;
}

bool fill_stays(const struct fill *f)
{
	return f->stays;
}

/* ---- for each packet ---- */

static int absent(const struct fill *f, const struct hole *h, const char *why, struct err *e)
{
	err_set(e, ERR_USAGE, "%.*s: %s", (int)(h->to - h->from), f->text + h->from, why);
	return FILL_ABSENT;
}

/* What a header carries; what stands behind it (padding) does not count. */
static void take_payload(struct hole *h, const struct packet *p)
{
	uint32_t from = 0, to = p->len;
	int at = h->under ? packet_layer(p, h->under, 1) : LAYER_NONE;

	if (at < 0)
		at = p->nlayers - 1;
	if (at >= 0 && !packet_payload(p, (unsigned)at, &from, &to))
		from = to = 0;
	h->is_num = false;
	h->p = p->data + from;
	h->n = to - from;
	h->from_type = NULL;
}

static int take_sum(struct fill *f, struct hole *h, const struct packet *p, struct filter_work *w,
		    struct err *e)
{
	uint64_t sum = 0, mask = UINT64_MAX;
	unsigned bits = 0;

	for (unsigned i = 0; i < h->nterms; i++) {
		const struct term *t = &h->term[i];
		struct pick_value v = { .num = t->num, .is_num = true };

		if (t->pick && !pick_value(t->pick, p, w, &v))
			return absent(f, h, "the packet has no such value", e);
		if (!v.is_num)
			return absent(f, h, "only numbers are added up", e);
		if (!bits && v.type)
			bits = v.type->bits ? v.type->bits : v.type->kind->bits;
		sum += t->minus ? -v.num : v.num;
	}
	if (h->type && h->bits && h->bits < 64)
		mask = (UINT64_C(1) << h->bits) - 1;
	else if (bits && bits < 64)
		mask = (UINT64_C(1) << bits) - 1;
	h->is_num = true;
	h->num = sum & mask;
	h->from_type = NULL;
	return FILL_DONE;
}

static int take(struct fill *f, struct hole *h, const struct packet *p, struct filter_work *w,
		struct err *e)
{
	struct pick_value v;

	if (h->payload) {
		take_payload(h, p);
		return FILL_DONE;
	}
	if (h->nterms > 1 || !h->term[0].pick)
		return take_sum(f, h, p, w, e);
	if (!pick_value(h->term[0].pick, p, w, &v))
		return absent(f, h, "the packet has no such value", e);
	h->is_num = v.is_num;
	h->num = v.num;
	h->p = v.p;
	h->n = v.n;
	h->from_type = v.type;
	h->worded = v.type && (v.type->kind->cls == KIND_NAME || v.type->kind->cls == KIND_FLOAT ||
			       v.type->kind->cls == KIND_TIME);
	if (!h->worded)
		return FILL_DONE;
	h->words.n = 0;
	pick_text(h->term[0].pick, p, w, &h->words);
	h->is_num = false;
	h->p = (const uint8_t *)h->words.p;
	h->n = (uint32_t)h->words.n;
	return h->words.failed ? err_set(e, ERR_IO, "out of memory") : FILL_DONE;
}

/* Into the plan, where it is of the field's own kind. */
static int put_value(struct fill *f, struct hole *h, struct err *e)
{
	unsigned cls = h->type ? h->type->kind->cls : KIND_BYTES;

	if (cls == KIND_NUM ? !h->is_num : h->is_num)
		return absent(f, h, cls == KIND_NUM ? "this is no number" : "this is a number", e);
	if (cls == KIND_ADDR && h->n * 8 != h->bits)
		return absent(f, h, "this is an address of another kind", e);
	h->say->cur.num = h->num;
	h->say->cur.p = cls == KIND_NUM ? NULL : h->p;
	h->say->cur.len = cls == KIND_NUM ? 0 : h->n;
	return FILL_DONE;
}

static int take_all(struct fill *f, const struct packet *p, struct filter_work *w, struct err *e)
{
	int rc = FILL_DONE;

	for (unsigned i = 0; i < f->n && rc == FILL_DONE; i++)
		rc = take(f, &f->hole[i], p, w, e);
	return rc;
}

int fill_text(struct fill *f, const struct packet *p, struct filter_work *w, struct buf *out,
	      struct err *e)
{
	int rc = take_all(f, p, w, e);

	return rc == FILL_DONE && fill_put(f, false, out, e) ? FILL_FAILED : rc;
}

int fill_in(struct fill *f, const struct packet *p, struct filter_work *w, struct err *e)
{
	int rc = take_all(f, p, w, e);

	if (rc != FILL_DONE)
		return rc;
	if (!f->stays) {
		forget_shapes(f);
		return fill_read(f, false, e) ? FILL_ABSENT : FILL_DONE;
	}
	for (unsigned i = 0; i < f->n && rc == FILL_DONE; i++)
		rc = put_value(f, &f->hole[i], e);
	return rc;
}

/* The template for values of these sizes. */
static struct template *of_shape(struct fill *f, struct err *e)
{
	struct shape *s;
	unsigned i, k;

	for (i = 0; i < f->nshapes; i++) {
		for (k = 0; k < f->n; k++)
			if (f->hole[k].say && f->shape[i].len[k] != f->hole[k].say->cur.len)
				break;
		if (k == f->n)
			return f->shape[i].tmpl;
	}
	if (f->nshapes == SHAPES)
		template_close(f->shape[i = f->next++ % SHAPES].tmpl);
	s = &f->shape[i];
	s->tmpl = template_open(&f->plan, e);
	if (!s->tmpl) {
		if (i < f->nshapes)
			*s = f->shape[--f->nshapes];
		return NULL;
	}
	for (k = 0; k < f->n; k++)
		s->len[k] = f->hole[k].say ? f->hole[k].say->cur.len : 0;
	if (i == f->nshapes)
		f->nshapes++;
	return s->tmpl;
}

const struct packet *fill_packet(struct fill *f, struct err *e)
{
	f->now = of_shape(f, e);
	return f->now ? template_next(f->now, e) : NULL;
}

const struct build *fill_build(const struct fill *f)
{
	return template_build(f->now);
}
