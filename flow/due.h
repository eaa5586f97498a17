/* SPDX-License-Identifier: BSD-2-Clause */
/* Is the number of a segment one that its receiver waits for? What blind attackers send mostly has
 * another one (RFC 9293 section 3.10.7.4, RFC 5961); and whoever sends a reset of another's
 * connection with the right number cannot keep the other from going on. Both sides have to be seen,
 * and have acknowledged something: of all else nothing is said. */
#ifndef STRATA_FLOW_DUE_H
#define STRATA_FLOW_DUE_H

#include "flow/flow.h"

enum due {
	DUE_FINE,
	DUE_OUTSIDE, /* its number is outside of what the receiver takes; or it would open what is
			open */
	DUE_AFTER_RESET, /* its sender goes on, and had reset the conversation */
};

struct due_side {
	uint64_t next; /* the number after all that it sent */
	uint64_t ack;  /* the number that it waits for */
	uint64_t edge; /* the number after the last one that it ever had room for */
	uint64_t
		stray; /* the number after a segment of it that was far ahead: its next one tells */
	int8_t shift;  /* of its windows; -1: not known */
	uint8_t flags;
};

/* Kept for each conversation; all zeroes is a new one. */
struct due_conv {
	struct due_side side[2];
	uint64_t reset, reset_packet; /* a reset that counts: its number, the packet */
	uint64_t asked;               /* an opening of what is open: the number that answers it */
	int64_t reset_at;
	uint8_t state;
};

/* Judge a segment (s->proto->segment) as ops->seen tells of it, and count it in c. before: with
 * s->renewed, what c was until then (ops->over tells it). *cause: with DUE_AFTER_RESET the packet
 * of the reset. */
enum due due_segment(struct flows *f, const struct packet *p, const struct flow_seen *s,
		     const struct due_conv *before, struct due_conv *c, uint64_t *cause);

#endif
