/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that is given back all at once. */
#include "core/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	size_t n, cap;
	bool lent; /* not ours to free */
	alignas(max_align_t) unsigned char p[];
};

#define BLOCK_MIN ((size_t)4096)
#define BLOCK_MAX ((size_t)1 << 20)

bool arena_use(struct arena *a, void *p, size_t n)
{
	struct arena_block *b = p;

	if (n < sizeof(*b) + BLOCK_MIN)
		return false;
	*b = (struct arena_block) { .cap = n - sizeof(*b), .lent = true };
	a->head = b;
	return true;
}

void *arena_alloc(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *b = a->head;
	size_t cap;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = n ? (n + align - 1) & ~(align - 1) : align;
	if (!b || b->cap - b->n < n) {
		cap = b ? b->cap * 2 : BLOCK_MIN;
		if (cap > BLOCK_MAX)
			cap = BLOCK_MAX;
		if (cap < n)
			cap = n;
		b = malloc(sizeof(*b) + cap);
		if (!b)
			return NULL;
		b->next = a->head;
		b->n = 0;
		b->cap = cap;
		b->lent = false;
		a->head = b;
	}
	b->n += n;
	a->used += n;
	return memset(b->p + b->n - n, 0, n);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = n < SIZE_MAX / 2 ? arena_alloc(a, n + 1) : NULL;

	if (p && n)
		memcpy(p, s, n);
	return p;
}

void *arena_room(struct arena *a, void *p, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t most = *cap ? *cap * 2 : 8;
	void *larger;

	if (n < *cap)
		return p;
	larger = most > n ? arena_alloc(a, most * size) : NULL;
	if (!larger)
		return NULL;
	if (n)
		memcpy(larger, p, n * size);
	*cap = most;
	return larger;
}

void arena_reset(struct arena *a)
{
	struct arena_block *b = a->head, *keep = b;

	for (; b; b = b->next)
		if (b->cap > keep->cap)
			keep = b;
	while ((b = a->head)) {
		a->head = b->next;
		if (b != keep && !b->lent)
			free(b);
	}
	if (keep) {
		keep->next = NULL;
		keep->n = 0;
	}
	a->head = keep;
	a->used = 0;
}

void arena_done(struct arena *a)
{
	struct arena_block *b;

	while ((b = a->head)) {
		a->head = b->next;
		if (!b->lent)
			free(b);
	}
	a->used = 0;
}
