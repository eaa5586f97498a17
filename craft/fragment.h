/* SPDX-License-Identifier: BSD-2-Clause */
/* One packet in, its fragments out (RFC 791 section 3.2, RFC 8200 section 4.5). Which fields say
 * where a fragment belongs is read from the descriptions (`opaque`, `excerpt`). */
#ifndef STRATA_CRAFT_FRAGMENT_H
#define STRATA_CRAFT_FRAGMENT_H

#include "core/packet.h"
#include "core/registry.h"

struct fragment_opts {
	uint32_t size;    /* payload bytes in each fragment but the last, a multiple of 8; 0: */
	uint32_t frame;   /* bytes of a whole one, at most */
	bool heed;        /* what is not to be cut (`intact`) is refused, ERR_USAGE */
	uint32_t overlap; /* bytes each fragment repeats of the one before, a multiple of 8 */
	uint32_t id;      /* identification, where a header must be put in */
};

/* The field that a condition `FIELD & MASK` reads, and the bits of it that count; NULL: it has
 * another form. */
const struct expr *expr_flag(const struct expr *x, uint64_t *mask);

/* "SIZE[,overlap=N]" or "SIZE,N". */
int fragment_parse(const char *s, struct fragment_opts *o, struct err *e);

/* Calls emit for each fragment, in order; the packet is valid during the call. A packet that fits
 * is emitted as it is. emit returning nonzero ends it. Returns the number emitted, -1 error: no
 * layer that can be fragmented. */
int fragment(const struct registry *reg, const struct packet *p, const struct fragment_opts *o,
	     int (*emit)(void *ctx, const struct packet *frag), void *ctx, struct err *e);

#endif
