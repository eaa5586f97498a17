/* SPDX-License-Identifier: BSD-2-Clause */
/* Between flow/verdict.c, flow/verdict_state.c and flow/due.c: what a segment says. */
#ifndef STRATA_FLOW_VERDICT_IMPL_H
#define STRATA_FLOW_VERDICT_IMPL_H

#include "core/bits.h"
#include "flow/verdict.h"

enum side_flag {
	HAS_BASE = 1,
	HAS_NEXT = 2,
	HAS_ACK = 4,
	HAS_END = 8,
	HAS_TIMED = 16,
	HAS_SHIFT = 32, /* it opened, and said a shift or that it knows none */
	NO_SHIFT = 64,
};

struct segment { /* what its protocol says of one */
	const struct flow_seen *s;
	int64_t when;
	uint64_t number;
	uint64_t seq, end; /* the first number it takes, and the one after its last */
	uint64_t ack, window;
	uint32_t n; /* bytes of payload */
	unsigned bits;
	bool opens, closes, resets, acks;
	bool plain; /* none of the first three */
};

#define BIT(mark) (1u << (mark))

/* a - b, as numbers that begin again after so many bits are compared. */
static inline int64_t diff(const struct segment *g, uint64_t a, uint64_t b)
{
	return sign_extend(a - b, g->bits);
}

/* What layer s->layer of p says, a segment. */
void segment_read(struct flows *f, const struct packet *p, const struct flow_seen *s,
		  struct segment *g);
/* What one that opens says of a shift of its sender's windows. False: it knows none. */
bool segment_shift(struct flows *f, const struct packet *p, const struct segment *g, int8_t *shift);

/* What a segment does to the states of who sent it and of who gets it. */
void verdict_states(const struct segment *g, struct verdict_side *me, struct verdict_side *you,
		    struct verdict *v);

#endif
