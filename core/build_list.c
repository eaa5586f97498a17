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

/* Bytes of a head whose size is known before the items are. */
static uint32_t head_room(const struct extent *x)
{
	return x->outer ? 0 : leaf_bits(x->prefix) ? x->mark_len + leaf_bits(x->prefix) / 8 : 0;
}

static int list_prefix(struct writer *w, uint32_t at, const struct extent *x, uint32_t from,
		       uint32_t items, const struct say *say)
{
	uint32_t body = (w->pos - from) / 8;
	int64_t n = x->form == EXTENT_PREFIX ? body : items;
	struct buf head = { 0 };
	int rc = -1;

	if (derived(w, say, "len", &n) >= 0 && make_head(w, x, n, body, say, &head) == 0) {
		uint32_t room = head_room(x);

		rc = 0;
		if (room)
			memcpy(w->out->p + from / 8 - room, head.p, room);
		else
			rc = insert_bytes(w, from / 8, head.p, (uint32_t)head.n, at + 1);
	}
	w->t->v[at].head = (uint16_t)head.n;
	buf_done(&head);
	return rc;
}

/* Blocks but the last are full. */
static int check_block(struct writer *w, uint32_t node, const struct extent *x, bool last,
		       const struct say *say)
{
	uint32_t bytes = w->t->v[node].bits / 8;

	if (bytes == x->expr->num || (last && bytes < x->expr->num))
		return 0;
	return say_error(w, say, "a block has %lld bytes%s; this one has %u",
			 (long long)x->expr->num, last ? " at most" : ", but for the last", bytes);
}

int write_list(struct writer *w, uint32_t at, const struct field *f, const struct type *type,
	       const struct say *say)
{
	const struct extent *x = &type->ext;
	const struct say *before = NULL;
	struct eval_env env = { 0 };
	int64_t n = items_said(w, say);
	bool prefixed = x->form == EXTENT_PREFIX || x->form == EXTENT_PREFIX_COUNT, raw = false;
	uint32_t from, last = NODE_NONE, outer = w->prior;
	unsigned names = w->seen.n;

	if (n < 0)
		return -1;
	if (say && say->form == SAY_TEXT)
		return say_error(w, say, "%s is a list; write its items, or hex: for its bytes",
				 f->name);
	if (x->form == EXTENT_COUNT && x->expr->op == EX_NUM && !say)
		n = x->expr->num;
	if (prefixed && w->pos % 8)
		return say_error(w, say, "%s has to begin on a byte", f->name);
	if (prefixed && reserve(w, head_room(x) * 8))
		return -1;
	if (prefixed)
		w->pos += head_room(x) * 8;
	from = w->pos;
	for (uint32_t i = 0; i < (uint32_t)n; i++) {
		const struct say *s = item_say(say, i, before);
		uint32_t node = w->t->n;

		before = s;
		w->prior = last;
		last = node;
		w->t->v[at].num = i;
		if (write_type(w, at, f, type->item, s))
			return -1;
		w->t->v[node].flags |= NODE_ITEM;
		w->t->v[node].index = (uint16_t)i;
		raw = s && s->form == SAY_RAW;
		env.item = (int64_t)w->t->v[node].num;
		if (x->form == EXTENT_WHILE && !raw && !expr_eval(x->expr, w->t, node, &env))
			return say_error(w, s, "%s ends before such an item", f->name);
		if (x->form == EXTENT_BLOCKS && check_block(w, node, x, i + 1 == (uint32_t)n, s))
			return -1;
		if (x->form == EXTENT_LINES && !raw) {
			if (put_bytes(w, "\r\n", 2))
				return -1;
			w->t->v[node].tail += 2;
			w->t->v[node].bits += 16;
		}
	}
	w->prior = outer;
	w->t->v[at].num = (uint64_t)n;
	if (prefixed) {
		if (list_prefix(w, at, x, from, (uint32_t)n, say))
			return -1;
		if (!head_room(x)) /* they stand elsewhere now */
			kind_seen_cut(&w->seen, names);
	}
	if (x->form == EXTENT_LINES && x->stop && !raw) {
		if (put_bytes(w, x->stop, x->stop_len) || put_bytes(w, "\r\n", 2))
			return -1;
		w->t->v[at].tail = (uint16_t)(x->stop_len + 2);
	}
	return 0;
}
