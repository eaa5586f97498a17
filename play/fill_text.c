/* SPDX-License-Identifier: BSD-2-Clause */
/* A text with values in its holes, read as a packet. */
#include <string.h>

#include "notation/notation.h"
#include "play/fill_impl.h"

static const struct type *leaf_of(const struct type *t)
{
	for (unsigned i = 0; t && t->form == TYPE_CHOOSE && i < 4; i++)
		t = t->narms ? t->arms[0].type : NULL;
	return t && t->form == TYPE_LEAF ? t : NULL;
}

/* Any value that can stand there. */
static void any_value(const struct hole *h, struct buf *out)
{
	static const uint8_t zero[16];
	bool bytes = h->payload;
	const struct type *t = NULL;
	struct value v = { .p = zero, .base = zero };

	if (h->nterms == 1 && h->term[0].pick)
		t = leaf_of(pick_type(h->term[0].pick, &bytes));
	if (bytes || (t && (t->kind->cls == KIND_TEXT || t->kind->cls == KIND_BYTES))) {
		buf_str(out, "hex:00");
		return;
	}
	if (t && t->kind->cls == KIND_ADDR && t->kind->print) {
		v.len = (t->kind->bits ? t->kind->bits : t->bits) / 8;
		t->kind->print(t, &v, out);
		return;
	}
	if (t && t->kind->cls == KIND_NAME && t->kind->print) {
		unsigned work = 64;

		v.len = v.base_len = 1;
		v.work = &work;
		t->kind->print(t, &v, out);
		return;
	}
	buf_char(out, '0');
}

static void one_value(const struct hole *h, struct buf *out)
{
	const struct type *t = h->from_type;
	struct value v = { .p = h->p, .len = h->n };

	if (h->worded) {
		buf_put(out, h->words.p, h->words.n);
	} else if (h->is_num) {
		if (t && t->kind == &kind_int)
			buf_i64(out, (int64_t)h->num);
		else
			buf_u64(out, h->num);
	} else if (t && (t->kind->cls == KIND_ADDR || t->kind->cls == KIND_NAME) &&
		   t->kind->print) {
		t->kind->print(t, &v, out);
	} else {
		buf_str(out, h->n ? "hex:" : "\"\"");
		buf_hex(out, h->p, h->n);
	}
}

int fill_put(struct fill *f, bool any, struct buf *out, struct err *e)
{
	size_t at = 0, begin = out->n;

	for (unsigned i = 0; i < f->n; i++) {
		struct hole *h = &f->hole[i];

		buf_put(out, f->text + at, h->from - at);
		h->at = (uint32_t)(out->n - begin);
		(any ? any_value : one_value)(h, out);
		h->len = (uint32_t)(out->n - begin) - h->at;
		at = h->to;
	}
	buf_put(out, f->text + at, f->len - at);
	return out->failed ? err_set(e, ERR_IO, "out of memory") : 0;
}

/* A place in what was read, in the text that the user wrote. */
static uint32_t place_of(const struct fill *f, uint32_t at)
{
	int64_t shift = 0;

	for (unsigned i = 0; i < f->n && f->hole[i].at <= at; i++) {
		const struct hole *h = &f->hole[i];

		if (at < h->at + h->len)
			return h->from;
		shift = (int64_t)h->to - (h->at + h->len);
	}
	return (uint32_t)(at + shift);
}

int fill_read(struct fill *f, bool any, struct err *e)
{
	struct err why = { 0 };
	uint32_t at, end;

	f->said.n = 0;
	if (fill_put(f, any, &f->said, e))
		return -1;
	if (!plan_parse(&f->plan, f->reg, f->said.p, f->said.n, 0, &why))
		return 0;
	if (!why.lineno || why.name[0] || !why.col)
		return err_set(e, why.code, "%s", why.msg);
	at = place_of(f, why.col - 1);
	end = place_of(f, why.col - 1 + why.span);
	for (unsigned i = 0; i < f->n; i++)
		if (f->hole[i].from == at)
			end = f->hole[i].to;
	err_at(e, "", f->text, f->len, at, end > at ? end - at : 1, "%s", why.msg);
	return -1;
}
