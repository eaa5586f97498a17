/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that is given back all at once. Zero-initialised is empty and valid. */
#ifndef STRATA_CORE_ARENA_H
#define STRATA_CORE_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_block *head;
	size_t used; /* bytes handed out, all blocks */
};

/* n zeroed bytes aligned for any type; NULL when memory is out. */
void *arena_alloc(struct arena *a, size_t n);
/* A NUL-terminated copy of s[0..n). */
char *arena_strndup(struct arena *a, const char *s, size_t n);
/* Forget everything but keep one block for reuse. */
void arena_reset(struct arena *a);
void arena_done(struct arena *a);

#endif
