/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of something longer, in order, none overlapping another. */
#include "flow/pieces.h"

#include <stdlib.h>
#include <string.h>

#define SLAB (1u << 20) /* bytes */

bool budget_spend(struct budget *b, size_t n)
{
	if (n > b->limit - b->spent)
		return false;
	b->spent += n;
	if (b->spent > b->most)
		b->most = b->spent;
	return true;
}

void pool_init(struct pool *p, uint32_t size, struct budget *b, uint64_t seed)
{
	*p = (struct pool) { .budget = b, .size = size, .random = seed | 1, .fresh = 1 };
	/* A limit of little is kept, too. */
	p->per = 1;
	while ((size_t)p->per * 2 * size <= SLAB && (size_t)p->per * 2 * size <= b->limit / 8) {
		p->per *= 2;
		p->shift++;
	}
}

void pool_done(struct pool *p)
{
	for (uint32_t i = 0; i < p->nslabs; i++)
		free(p->slab[i]);
	free(p->slab);
	*p = (struct pool) { 0 };
}

static bool more_slabs(struct pool *p)
{
	size_t n = (size_t)p->per * p->size;

	if (p->nslabs == p->slab_cap) {
		uint32_t cap = p->slab_cap ? p->slab_cap * 2 : 16;
		uint8_t **v = realloc(p->slab, cap * sizeof(*v));

		if (!v)
			return false;
		p->slab = v;
		p->slab_cap = cap;
	}
	if (!budget_spend(p->budget, n))
		return false;
	p->slab[p->nslabs] = malloc(n);
	if (!p->slab[p->nslabs]) {
		p->budget->spent -= n;
		return false;
	}
	p->nslabs++;
	return true;
}

uint32_t pool_take(struct pool *p)
{
	uint32_t item = p->free;

	if (item) {
		memcpy(&p->free, pool_at(p, item), sizeof(p->free));
		return item;
	}
	if (p->fresh > p->nslabs * p->per && !more_slabs(p))
		return 0;
	return p->fresh++;
}

void pool_give(struct pool *p, uint32_t item)
{
	memcpy(pool_at(p, item), &p->free, sizeof(p->free));
	p->free = item;
}

static uint32_t rank(struct pool *p)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (uint32_t)(p->random >> 32);
}

/* The last piece that begins at or before off; 0: none. */
static uint32_t before(const struct pool *p, const struct pieces *s, uint64_t off)
{
	uint32_t at = s->root, found = 0;

	while (at) {
		const struct piece *c = piece_at(p, at);

		if (c->off <= off) {
			found = at;
			at = c->right;
		} else {
			at = c->left;
		}
	}
	return found;
}

/* Put block b into the tree: below what outranks it, above the rest, which is split at its off. */
static void tree_put(struct pool *p, struct pieces *s, uint32_t b)
{
	struct piece *c = piece_at(p, b);
	uint32_t *link = &s->root, *l = &c->left, *r = &c->right, at;

	while (*link && piece_at(p, *link)->rank >= c->rank) {
		struct piece *d = piece_at(p, *link);

		link = d->off < c->off ? &d->right : &d->left;
	}
	at = *link;
	*link = b;
	while (at) {
		struct piece *d = piece_at(p, at);

		if (d->off < c->off) {
			*l = at;
			l = &d->right;
			at = *l;
		} else {
			*r = at;
			r = &d->left;
			at = *r;
		}
	}
	*l = *r = 0;
}

/* A new piece after `prev` (0: the first). */
static uint32_t insert(struct pool *p, struct pieces *s, uint32_t prev, uint64_t off,
		       const uint8_t *from, uint32_t n, const struct piece_from *o)
{
	uint32_t b = pool_take(p), *link = prev ? &piece_at(p, prev)->next : &s->first;
	struct piece *c;

	if (!b)
		return 0;
	c = piece_at(p, b);
	*c = (struct piece) {
		.off = off, .packet = o->packet, .when = o->when, .next = *link, .rank = rank(p)
	};
	c->len = (uint16_t)n;
	memcpy(piece_bytes(c), from, n);
	*link = b;
	tree_put(p, s, b);
	s->bytes += n;
	s->n++;
	return b;
}

int pieces_add(struct pool *p, struct pieces *s, uint64_t off, const uint8_t *from, uint32_t n,
	       const struct piece_from *o)
{
	uint32_t prev = n ? before(p, s, off) : 0;
	int conflict = 0;

	while (n) {
		struct piece *c = prev ? piece_at(p, prev) : NULL;
		uint32_t next = c ? c->next : s->first, k = n;

		if (c && c->off + c->len > off) { /* there already */
			uint32_t in = (uint32_t)(off - c->off);

			if (k > c->len - in)
				k = c->len - in;
			if (memcmp(piece_bytes(c) + in, from, k)) {
				c->conflict = true;
				conflict = 1;
				if (o->overlap == OVERLAP_LAST)
					memcpy(piece_bytes(c) + in, from, k);
			}
		} else if (next && piece_at(p, next)->off <= off) {
			prev = next;
			continue;
		} else {
			if (next && k > piece_at(p, next)->off - off)
				k = (uint32_t)(piece_at(p, next)->off - off);
			if (k > PIECE_MAX)
				k = PIECE_MAX;
			prev = insert(p, s, prev, off, from, k, o);
			if (!prev)
				return -1;
		}
		off += k;
		from += k;
		n -= k;
	}
	return conflict;
}

void pieces_drop_first(struct pool *p, struct pieces *s)
{
	uint32_t *link = &s->root;
	struct piece *c;

	while (piece_at(p, *link)->left)
		link = &piece_at(p, *link)->left;
	c = piece_at(p, *link);
	*link = c->right;
	s->bytes -= c->len;
	s->n--;
	uint32_t b = s->first;
	s->first = c->next;
	pool_give(p, b);
}

void pieces_clear(struct pool *p, struct pieces *s)
{
	while (s->first) {
		uint32_t b = s->first;

		s->first = piece_at(p, b)->next;
		pool_give(p, b);
	}
	*s = (struct pieces) { 0 };
}
