/* SPDX-License-Identifier: BSD-2-Clause */
/* What time it is, in nanoseconds. */
#ifndef STRATA_CORE_CLOCK_H
#define STRATA_CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
/* CLOCK_MONOTONIC: for deadlines and for how long something took. */
static inline int64_t clock_mono(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}
/* The same, as it was at the last tick of the kernel: some ms late, and cheap. */
static inline int64_t clock_coarse(void)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}
/* Since 1970, as packets' times are. */
static inline int64_t clock_wall(void)
{
	return clock_ns(CLOCK_REALTIME);
}
static inline struct timespec clock_spec(int64_t ns)
{
	return (struct timespec) { ns / 1000000000, ns % 1000000000 };
}

#endif
