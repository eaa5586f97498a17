/* SPDX-License-Identifier: BSD-2-Clause */
/* What is usual: values that were seen while it was learnt, a line each ("new-server 10.0.0.2,
 * 80"), as they stand in a file that anybody can read and change. */
#ifndef STRATA_WATCH_BASELINE_H
#define STRATA_WATCH_BASELINE_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define BASELINE_MOST (16u << 20) /* bytes of lines */

struct baseline_line {
	const char *text;
	uint64_t hash;
	uint32_t n;
};

struct baseline { /* zero-initialised is empty */
	struct arena mem;
	struct baseline_line *v;
	uint32_t n, cap;
	uint32_t *slot;  /* a hash table of lines: their number plus one; 0: free */
	uint32_t slots;  /* a power of two */
	uint64_t key[2]; /* of the hashes: what is learnt comes from whoever sends it */
	size_t bytes;
	bool full; /* something was not added for want of room */
};

void baseline_done(struct baseline *b);
/* Add the lines of a file; empty ones and those that begin with '#' say nothing. -1: e. */
int baseline_read(struct baseline *b, const char *name, const char *text, size_t len,
		  struct err *e);
bool baseline_has(const struct baseline *b, const char *text, size_t n);
/* Add a line (no control bytes), if it is not there. -1: memory is out. */
int baseline_add(struct baseline *b, const char *text, size_t n);
/* All lines, sorted, with what they are above them. */
void baseline_print(struct baseline *b, struct buf *out);

#endif
