/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet that is longer than its way takes, as a card that does it for the kernel would send it:
 * a part of a stream as several, a datagram in fragments. How is read from the descriptions
 * (`segment`, `fragment`, lengths and checksums). */
#ifndef STRATA_PLAY_SEGMENT_H
#define STRATA_PLAY_SEGMENT_H

#include "core/err.h"
#include "core/packet.h"
#include "core/registry.h"

struct segmenter;

/* NULL: memory is out, e. */
struct segmenter *segmenter_open(const struct registry *reg, struct err *e);
void segmenter_close(struct segmenter *s); /* accepts NULL */

/* Bytes in front of the first layer with network addresses, which an MTU does not count. */
uint32_t segment_front(struct segmenter *s, const struct packet *p);

/* Cut p into packets of at most `room` bytes, and give them to emit in order; each is dissected as
 * far as its headers were repeated, and valid during the call. Lengths and checksums that were
 * right, or that a card was to fill in, are right in each. emit returning nonzero ends it. Returns
 * how many were emitted; 0: it cannot be cut, e says why; -1: memory is out. Not thread-safe. */
int segment(struct segmenter *s, const struct packet *p, uint32_t room,
	    int (*emit)(void *ctx, const struct packet *part), void *ctx, struct err *e);

#endif
