/* SPDX-License-Identifier: BSD-2-Clause */
/* Captured packets on their way from the thread that empties the kernel's ring to the one that
 * looks at them: a ring of bytes of fixed size. One thread puts, one takes. Internal to capture/.
 */
#ifndef STRATA_CAPTURE_QUEUE_H
#define STRATA_CAPTURE_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct queued {        /* a packet; its bytes follow */
	uint32_t room; /* bytes from here to the next one; 0: it stands at the beginning */
	uint32_t len, wire_len;
	uint32_t flags; /* as the one who puts likes */
	int64_t when;
	uint8_t data[];
};

#define QUEUE_LEAST (1u << 20) /* bytes; a packet of PACKET_MAX has room in it */
#define QUEUE_LINE 64          /* bytes of a cache line */

struct queue {
	uint8_t *mem;
	size_t cap;
	int filled; /* eventfd, readable when a packet came after queue_sleep() */
	_Alignas(QUEUE_LINE) _Atomic uint64_t head; /* bytes that were put, gaps included */
	uint64_t restart; /* what was put at this position stands at the beginning of the memory;
			   * only ever changed while nothing is there to be taken */
	atomic_bool asleep, closed;
	_Alignas(QUEUE_LINE) _Atomic uint64_t tail; /* bytes that were taken and are done with */
	/* whoever puts */
	_Alignas(QUEUE_LINE) uint64_t put, seen_tail;
	size_t in;
	bool fresh; /* nothing was added since the last queue_publish() */
	/* whoever takes */
	_Alignas(QUEUE_LINE) uint64_t taken, seen_head;
	size_t out;
};

/* size: bytes, raised to QUEUE_LEAST; memory is used as far as packets ever wait. -1: e. */
int queue_open(struct queue *q, size_t size, struct err *e);
void queue_done(struct queue *q); /* also one that was not opened but zeroed */

/* Room for a packet of len bytes, to be filled in but for its `room`; NULL: there is none now. */
struct queued *queue_room(struct queue *q, uint32_t len);
/* It is filled in. Seen by the other side after queue_publish(). */
void queue_add(struct queue *q, struct queued *p);
/* Let the other side see what was added, and wake it. */
void queue_publish(struct queue *q);
/* Nothing more will come. */
void queue_close(struct queue *q);

/* The next packet, valid until the next call; NULL: none now. */
const struct queued *queue_take(struct queue *q);
/* After queue_take() gave nothing: true if there still is nothing; the descriptor `filled` becomes
 * readable with the next packet, or at the end. */
bool queue_sleep(struct queue *q);
/* All was taken and nothing will come. */
bool queue_ended(struct queue *q);

#endif
