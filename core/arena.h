/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that is given back all at once. Zero-initialised is empty and valid. */
#ifndef STRATA_CORE_ARENA_H
#define STRATA_CORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
	struct arena_block *head;
	size_t used; /* bytes handed out, all blocks */
};

/* Take everything from the n bytes at p, which stay the caller's, as long as they last. The arena
 * must be empty. False: n is too small to be of use. */
bool arena_use(struct arena *a, void *p, size_t n);
/* n zeroed bytes aligned for any type; NULL when memory is out. */
void *arena_alloc(struct arena *a, size_t n);
/* A NUL-terminated copy of s[0..n). */
char *arena_strndup(struct arena *a, const char *s, size_t n);
/* Room for one more behind the n items of `size` bytes at p, of which there may be *cap: p, or a
 * larger copy, zeroed behind them. NULL when memory is out. */
void *arena_room(struct arena *a, void *p, uint32_t n, uint32_t *cap, size_t size);
/* Forget everything but keep one block for reuse. */
void arena_reset(struct arena *a);
void arena_done(struct arena *a);

#endif
