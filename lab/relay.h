/* SPDX-License-Identifier: BSD-2-Clause */
/* One direction of an imperfect wire: which frames leave it, and when. Knows no clock and no socket
 * but what it is given. */
#ifndef STRATA_LAB_RELAY_H
#define STRATA_LAB_RELAY_H

#include "lab/lab.h"

#define WAY_NEVER INT64_MAX
#define WAY_FRAMES 65536u /* under way at a time; more are dropped, and counted as `full` */
#define WAY_BYTES (64u << 20)

struct way {
	const struct lab_wire *w;
	struct lab_wire_stats *stats;
	uint64_t random;
	int fd; /* where frames leave by send(2) */
	struct way_frame **heap;
	unsigned n, cap;
	size_t bytes;
	uint64_t seq, newest; /* number of the next frame; highest that left */
	int64_t busy, last;   /* the rate lets nothing out before; when the newest one is due */
	int64_t *departs;     /* of those that wait for the rate: a ring of w->queue */
	unsigned first, waiting;
	struct way_frame *held; /* to be overtaken */
	int64_t held_until;
};

/* The decisions follow from seed alone. NULL: no memory. */
struct way *way_open(const struct lab_wire *w, struct lab_wire_stats *stats, uint64_t seed, int fd);
void way_close(struct way *v);
/* A frame has come in at `when` (nanoseconds of a clock that never jumps). tag: four bytes that
 * belong behind the addresses, or NULL. */
void way_frame(struct way *v, int64_t when, const uint8_t *p, uint32_t n, const uint8_t *tag);
/* Let out what is due. Returns when the next one is, or WAY_NEVER. */
int64_t way_send(struct way *v, int64_t now);

#endif
