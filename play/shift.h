/* SPDX-License-Identifier: BSD-2-Clause */
/* A stream of bytes that is changed on its way: where each of its bytes went, and what stands in
 * their place now. The sender goes on to number what he sent, the receiver what he got. */
#ifndef STRATA_PLAY_SHIFT_H
#define STRATA_PLAY_SHIFT_H

#include "core/buf.h"

#define SHIFT_CHANGES 8192     /* that wait for the receiver's word */
#define SHIFT_BYTES (8u << 20) /* and their bytes: a window */

struct change {
	int64_t at;    /* its first byte, as it was sent */
	int64_t to;    /* and where that went */
	uint32_t n, m; /* bytes before, at least 1, and now */
	uint8_t *p;    /* what stands there now */
};

/* One direction. All zero (but bits) before anything was seen. Numbers are those of packets, of
 * `bits` bits, which begin again at 0. Not thread-safe. */
struct shift {
	unsigned bits;
	bool known;   /* next is */
	int64_t next; /* behind all that was passed on, as it was sent */
	int64_t by;   /* how much longer the stream is behind the last change */
	int64_t gone; /* and was before the first of v */
	int64_t got;  /* the receiver has all before this, as it was sent */
	struct change *v;
	unsigned n, cap;
	size_t bytes;
};

void shift_done(struct shift *s);

/* The number that byte `number` of the sender has for the receiver. */
uint64_t shift_to(const struct shift *s, uint64_t number);
/* The number that the sender gave what the receiver calls `number`: the last one before which all
 * has arrived; or with up the first from which on all has. */
uint64_t shift_back(const struct shift *s, uint64_t number, bool up);

/* Bytes n from `number` on are passed on; true: none of them, nor any behind them, was before. */
bool shift_pass(struct shift *s, uint64_t number, uint32_t n);
/* In bytes that were just passed on for the first time, old[0..n) from `number` on is new[0..m)
 * now; only what differs is kept. 1; 0: there is no room to remember it, or nothing would be left
 * of old (it must stay as it is); -1: memory is out. */
int shift_change(struct shift *s, uint64_t number, const uint8_t *old, uint32_t n,
		 const uint8_t *new, uint32_t m);
/* What old[0..n), from `number` on, is for the receiver, appended; the same however a sender that
 * repeats himself cuts it. False: as it is, nothing is appended. */
bool shift_bytes(const struct shift *s, uint64_t number, const uint8_t *old, uint32_t n,
		 struct buf *out);
/* The receiver has all before `number` (the sender's): changes before it are forgotten. */
void shift_arrived(struct shift *s, uint64_t number);
/* Has he all of bytes n from `number` on? (Known from the first change on.) */
bool shift_old(const struct shift *s, uint64_t number, uint32_t n);
/* Does anything have another number, or other bytes? */
static inline bool shift_any(const struct shift *s)
{
	return s->n || s->by;
}

#endif
