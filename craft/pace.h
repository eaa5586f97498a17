/* SPDX-License-Identifier: BSD-2-Clause */
/* When the next packet is due: absolute deadlines on the monotonic clock, so that lateness never
 * adds up; and how late they were. */
#ifndef STRATA_CRAFT_PACE_H
#define STRATA_CRAFT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"

enum rate_form {
	RATE_MAX,     /* as fast as it can */
	RATE_PACKETS, /* value packets a second */
	RATE_BITS,    /* value bits a second, of the bytes handed to the kernel */
	RATE_TIMES,   /* at the packets' own times, value times as fast */
};
struct rate {
	enum rate_form form;
	double value; /* above 0, but for RATE_MAX */
};
/* Packets a second; 0: as fast as it can. */
static inline struct rate rate_packets(double per_second)
{
	return (struct rate) { per_second > 0 ? RATE_PACKETS : RATE_MAX, per_second };
}

/* Lateness of each packet, counted in classes that are an eighth wide: quantiles are that exact. */
#define LATE_CLASSES 280
struct lateness {
	uint64_t n[LATE_CLASSES], all;
	int64_t max; /* ns */
};
void late_add(struct lateness *l, int64_t ns);
/* The lateness that `share` (0..1) of the packets did not exceed, ns. */
int64_t late_at(const struct lateness *l, double share);

struct pace {
	struct rate rate;
	int64_t start;       /* monotonic ns; 0: not begun */
	uint64_t n;          /* packets asked for so far */
	uint64_t joined;     /* others that it was joined with: as many first packets more */
	double bits;         /* of those before */
	int64_t first, last; /* RATE_TIMES: the time of the first packet, and where it got to, ns */
	int64_t base;        /* what earlier rounds took, ns */
	bool timed;          /* first is set */
	uint64_t backward; /* packets whose time was before that of an earlier one: sent at once */
	uint64_t late;     /* packets more than 1 ms late */
	uint64_t thefts;   /* times that the machine was elsewhere while a packet was waited for */
	int64_t stolen;    /* ns of that in all */
	int64_t end;       /* when the last packet had left; 0: not yet */
	int64_t waited;    /* ns */
	struct lateness lateness;
};

void pace_init(struct pace *p, struct rate rate);
/* When the next packet is due (monotonic ns), and count it. 0: at once. when: its own time, ns
 * since the epoch, for RATE_TIMES; other rates do not look at it. */
int64_t pace_next(struct pace *p, int64_t when);
/* RATE_TIMES: the next packet is the first of another round, due right after the last one. */
void pace_again(struct pace *p);
/* That one has so many bytes, for RATE_BITS. */
static inline void pace_bytes(struct pace *p, uint32_t n)
{
	p->bits += 8.0 * n;
}
/* Sleep to a monotonic deadline, the last part by spinning, and count the lateness. Returns early,
 * with false, when *stop is set (looked at each 100 ms at the latest, and after each signal). stop
 * may be NULL. */
bool pace_wait(struct pace *p, int64_t deadline, const volatile int *stop);
/* Count a packet that leaves now without having waited. */
void pace_late(struct pace *p, int64_t deadline);
/* All that was asked for so far has left: the rate is told up to here. */
void pace_done(struct pace *p);
/* What another one did at the same time: together they are as one. */
void pace_join(struct pace *p, const struct pace *other);
/* Nanoseconds went by in which nothing could leave (a neighbour was asked): what comes later is as
 * much later, and no burst makes up for it. */
void pace_waited(struct pace *p, int64_t ns);
/* The rate really reached between the first packet and the last one, without the time that was
 * waited, packets a second. 0: it is not known. */
double pace_rate(const struct pace *p);

#endif
