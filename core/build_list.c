/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing lists: items in order, then the number of them or of their bytes, or the terminator. */
#include "core/build_walk.h"

/* after: the item before it, where it is known. */
static const struct say *item_say(const struct say *list, uint32_t index, const struct say *after)
{
	if (after && after->next && !after->next->name && after->next->index == index)
		return after->next;
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
			if (!item_say(say, i, NULL))
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

int write_list(struct writer *w, uint32_t at, const struct field *f, const struct type *type,
	       const struct say *say)
{
	const struct extent *x = &type->ext;
	const struct say *before = NULL;
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
		const struct say *s = item_say(say, i, before);
		uint32_t node = w->t->n;

		before = s;
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
