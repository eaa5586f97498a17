/* SPDX-License-Identifier: BSD-2-Clause */
/* Cutting a packet up: see segment.h. */
#include "play/segment.h"

#include <stdlib.h>
#include <string.h>

#include "core/bits.h"
#include "craft/addr.h"
#include "craft/fragment.h"
#include "dissect/dissect.h"
#include "play/mend.h"

struct segmenter {
	const struct registry *reg;
	struct mend mend;
	struct tree scratch;
	struct packet whole;
	uint8_t *room;
	/* of the layer that is cut: */
	unsigned layer;
	uint32_t head, end; /* bytes repeated; end of what is cut */
	int64_t at;         /* number of its first byte */
};

struct segmenter *segmenter_open(const struct registry *reg, struct err *e)
{
	struct segmenter *s = calloc(1, sizeof(*s));

	if (s)
		s->room = malloc(PACKET_MAX);
	if (!s || !s->room) {
		err_set(e, ERR_IO, "out of memory");
		segmenter_close(s);
		return NULL;
	}
	s->reg = reg;
	return s;
}

void segmenter_close(struct segmenter *s)
{
	if (!s)
		return;
	tree_done(&s->scratch);
	mend_done(&s->mend);
	free(s->room);
	free(s);
}

uint32_t segment_front(struct segmenter *s, const struct packet *p)
{
	const struct field *src, *dst;
	struct packet q = *p;

	dissect_with(s->reg, &q, &s->scratch);
	for (unsigned i = 0; i < q.nlayers; i++)
		if (proto_ends(q.layers[i].proto, END_NET, &src, &dst))
			return q.layers[i].off;
	return 0;
}

/* ---- parts of a stream ---- */

/* The bits of `x` (FIELD & MASK) at zero. */
static void clear(const struct tree *t, uint8_t *b, const struct expr *x)
{
	uint64_t mask = UINT64_MAX;
	const struct expr *f = x ? expr_flag(x, &mask) : NULL;
	uint32_t at = f ? tree_child(t, 0, (unsigned)f->local) : NODE_NONE;

	if (at != NODE_NONE)
		mend_put(b, &t->v[at], bits_get(b, t->v[at].bit, t->v[at].bits) & ~mask);
}

/* Packets of their own have identifications of their own, counted on from the one that was there.
 */
static void count_on(struct segmenter *s, unsigned i, uint32_t part)
{
	const struct fragment_rule *g = s->whole.layers[i].proto->fragment;
	const struct tree *t = &s->mend.tree[i];

	for (unsigned k = 0; g && k < g->nby; k++) {
		const struct field *f = &s->whole.layers[i].proto->rec.fields[g->by[k]];
		uint32_t at = f->fresh ? tree_child(t, 0, f->index) : NODE_NONE;

		if (at != NODE_NONE && t->v[at].bits <= 64)
			mend_put(s->room, &t->v[at], t->v[at].num + part);
	}
}

/* The headers of a part in the room, which has its bytes: off from the first one on. */
static int head_of(struct segmenter *s, struct packet *f, uint32_t part, uint32_t off, bool last)
{
	const struct segment_rule *g = s->whole.layers[s->layer].proto->segment;
	struct tree *t = &s->mend.tree[s->layer];
	uint32_t place = tree_child(t, 0, g->number);

	if (part) {
		clear(t, s->room, g->opens);
		clear(t, s->room, g->first);
	}
	if (!last) {
		clear(t, s->room, g->closes);
		clear(t, s->room, g->resets);
		clear(t, s->room, g->last);
	}
	for (unsigned i = 0; i < s->layer; i++)
		count_on(s, i, part);
	/* What the flags add to the number is no more what it was. */
	if (decode(&s->scratch, f, s->layer))
		return -1;
	if (place != NODE_NONE)
		mend_put(s->room, &t->v[place],
			 t->v[place].num +
				 (uint64_t)(s->at + off - expr_eval(g->at, &s->scratch, 0, NULL)));
	return mend_lengths(&s->mend, f, s->room) || mend_sums(&s->mend, f, s->room) ? -1 : 0;
}

/* Where parts end is where the room ends, not where the whole's headers say. */
static void part_of(struct segmenter *s, struct packet *f, uint32_t n)
{
	*f = s->whole;
	f->data = s->room;
	f->len = f->wire_len = n;
	f->nlayers = (uint8_t)(s->layer + 1);
	for (unsigned i = 0; i < f->nlayers; i++) {
		f->layers[i].end = n;
		f->layers[i].flags = 0;
	}
}

static int stream(struct segmenter *s, uint32_t room,
		  int (*emit)(void *ctx, const struct packet *part), void *ctx, struct err *e)
{
	uint32_t all = s->end - s->head, size = room - s->head, part = 0;
	struct packet f;

	if (mend_look(&s->mend, &s->whole, s->layer)) {
		err_set(e, ERR_IO, "out of memory");
		return -1;
	}
	s->at = expr_eval(s->whole.layers[s->layer].proto->segment->at, &s->mend.tree[s->layer], 0,
			  NULL);
	for (uint32_t off = 0; off < all; off += size, part++) {
		uint32_t n = all - off < size ? all - off : size;

		memcpy(s->room, s->whole.data, s->head);
		memcpy(s->room + s->head, s->whole.data + s->head + off, n);
		part_of(s, &f, s->head + n);
		if (head_of(s, &f, part, off, off + n == all)) {
			err_set(e, ERR_IO, "out of memory");
			return -1;
		}
		if (emit(ctx, &f))
			return (int)part + 1;
	}
	return (int)part;
}

/* ---- fragments ---- */

/* What a card was to fill in covers the whole, and is filled in before it is cut. */
static int fill(struct segmenter *s)
{
	struct packet q = s->whole;

	if (mend_look(&s->mend, &s->whole, s->whole.nlayers - 1u))
		return -1;
	memcpy(s->room, s->whole.data, s->whole.len);
	q.data = s->room;
	if (mend_sums(&s->mend, &q, s->room))
		return -1;
	s->whole.data = s->room;
	return 0;
}

/* ---- a packet ---- */

/* The layer whose payload is a part of a stream: the outermost. */
static bool find_stream(struct segmenter *s)
{
	const struct packet *p = &s->whole;

	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];

		if (l->flags & ~(unsigned)LAYER_GUESS)
			return false;
		if (!l->proto->segment || l->tail || l->end <= l->off + l->hlen)
			continue;
		s->layer = i;
		s->head = l->off + l->hlen;
		s->end = l->end;
		return true;
	}
	return false;
}

/* Is it too long for what stands behind its network header's end alone? */
static bool ends_before(const struct segmenter *s, uint32_t room)
{
	const struct field *src, *dst;

	for (unsigned i = 0; i < s->whole.nlayers; i++)
		if (proto_ends(s->whole.layers[i].proto, END_NET, &src, &dst))
			return s->whole.layers[i].end <= room;
	return false;
}

int segment(struct segmenter *s, const struct packet *p, uint32_t room,
	    int (*emit)(void *ctx, const struct packet *part), void *ctx, struct err *e)
{
	struct fragment_opts fo = { .frame = room, .heed = true, .id = (uint32_t)p->number };
	int rc;

	if (p->len <= room)
		return emit(ctx, p) < 0 ? 0 : 1;
	if (p->len != p->wire_len) {
		err_set(e, ERR_USAGE, "only a part of it was captured");
		return 0;
	}
	s->whole = *p;
	dissect_with(s->reg, &s->whole, &s->scratch);
	if (find_stream(s) && s->head < room && s->end == p->len)
		return stream(s, room, emit, ctx, e);
	if (ends_before(s, room)) {
		err_set(e, ERR_USAGE, "what makes it so long stands behind the packet");
		return 0;
	}
	if (!s->whole.nlayers) {
		err_set(e, ERR_USAGE, "nothing in it tells how it could be cut");
		return 0;
	}
	if (fill(s)) {
		err_set(e, ERR_IO, "out of memory");
		return -1;
	}
	rc = fragment(s->reg, &s->whole, &fo, emit, ctx, e);
	return rc < 0 && e->code == ERR_USAGE ? 0 : rc;
}
