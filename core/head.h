/* SPDX-License-Identifier: BSD-2-Clause */
/* The head of a prefixed type: `text[4 berlen]` has the mark 4 and a length before its data. */
#ifndef STRATA_CORE_HEAD_H
#define STRATA_CORE_HEAD_H

#include "core/proto.h"

struct head {
	uint32_t len;   /* bytes before the data */
	uint32_t at;    /* where in them the (innermost) number stands */
	uint64_t value; /* that number */
};

/* The head at p[0..n). -1: cut, another mark, or one length that contradicts another. */
int head_read(const struct extent *x, const uint8_t *p, uint32_t n, struct head *h);
/* Append the head of body bytes of data whose number says `value`, in `width` bytes (0: as few as
 * can be). -1: it does not fit, or memory is out (out->failed). */
int head_write(const struct extent *x, uint64_t value, uint64_t body, unsigned width,
	       struct buf *out);
/* Does the (outermost) mark of x stand at p[0..n)? Without marks: yes. */
bool mark_here(const struct extent *x, const uint8_t *p, uint32_t n);
/* Bytes of the shortest form of v as a number of free width; a signed one has at least one. */
unsigned number_bytes(const struct type *t, uint64_t v);

#endif
