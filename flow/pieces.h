/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of something longer, in order, none overlapping another: of a datagram, or of a stream
 * behind a hole. They lie in blocks of one size out of a pool, so that what strangers send costs no
 * call of malloc and never more than the pool's limit. */
#ifndef STRATA_FLOW_PIECES_H
#define STRATA_FLOW_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/flow.h"

struct budget {                    /* shared by what counts against one limit */
	size_t spent, most, limit; /* bytes */
};
/* False: the limit would be passed. */
bool budget_spend(struct budget *b, size_t n);

struct pool { /* of items of one size, numbered from 1 */
	struct budget *budget;
	uint32_t size, per; /* bytes of an item; items of a slab: 1 << shift */
	uint8_t shift;
	uint8_t **slab;
	uint32_t nslabs, slab_cap;
	uint32_t free, fresh; /* list of returned items; first one never used */
	uint64_t random;      /* state of the ranks of pieces */
};

void pool_init(struct pool *p, uint32_t size, struct budget *b, uint64_t seed);
void pool_done(struct pool *p);
/* 0: the limit is reached, or memory is out. Not zeroed. */
uint32_t pool_take(struct pool *p);
void pool_give(struct pool *p, uint32_t item);
static inline void *pool_at(const struct pool *p, uint32_t item)
{
	return p->slab[(item - 1) >> p->shift] + ((item - 1) & (p->per - 1)) * (size_t)p->size;
}

#define BLOCK_SIZE 2048u

struct piece {
	uint64_t off;    /* of its first byte in the whole */
	uint64_t packet; /* that it came in */
	int64_t when;
	uint32_t next;              /* the piece after it; 0: none */
	uint32_t left, right, rank; /* of the tree: a treap, ordered by off */
	uint16_t len;
	bool conflict;
};
#define PIECE_MAX (BLOCK_SIZE - sizeof(struct piece))

struct pieces { /* zero-initialised is empty */
	uint32_t root, first;
	uint64_t bytes; /* of all pieces */
	uint32_t n;
};

static inline struct piece *piece_at(const struct pool *p, uint32_t block)
{
	return pool_at(p, block);
}
static inline uint8_t *piece_bytes(struct piece *c)
{
	return (uint8_t *)(c + 1);
}

struct piece_from {
	uint64_t packet;
	int64_t when;
	enum flow_overlap overlap;
};

/* Add [off, off + n). Where bytes are there already, overlap says whose count. 1: some of those
 * differed; 0; -1: no room (nothing, or a first part, was added). */
int pieces_add(struct pool *p, struct pieces *s, uint64_t off, const uint8_t *from, uint32_t n,
	       const struct piece_from *o);
/* Give the first piece back. */
void pieces_drop_first(struct pool *p, struct pieces *s);
void pieces_clear(struct pool *p, struct pieces *s);

#endif
