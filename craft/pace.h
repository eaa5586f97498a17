/* SPDX-License-Identifier: BSD-2-Clause */
/* When the next packet is due: absolute deadlines on the monotonic clock, so that lateness never
 * adds up. */
#ifndef STRATA_CRAFT_PACE_H
#define STRATA_CRAFT_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	double interval;            /* ns between packets; 0: as fast as possible */
	int64_t start;              /* monotonic ns; 0: not begun */
	uint64_t n;                 /* packets asked for so far */
	int64_t late_sum, late_max; /* ns after the deadline */
	uint64_t late;              /* packets more than 1 ms late */
};

int64_t clock_mono(void); /* ns, CLOCK_MONOTONIC */
int64_t clock_wall(void); /* ns since the epoch, CLOCK_REALTIME */

/* per_second > 0: that rate; else interval_ns between packets; both 0: no pacing. */
void pace_init(struct pace *p, double per_second, int64_t interval_ns);
/* When the next packet is due (monotonic ns), and count it. 0: at once. */
int64_t pace_next(struct pace *p);
/* Sleep to a monotonic deadline, the last part by spinning. Returns early, with false, when *stop
 * is set (looked at each 100 ms at the latest, and after each signal). stop may be NULL. */
bool pace_wait(struct pace *p, int64_t deadline, const volatile int *stop);
/* The rate really reached, packets a second. */
double pace_rate(const struct pace *p);

#endif
