/* SPDX-License-Identifier: BSD-2-Clause */
/* Pacing by absolute deadlines: sleep most of the way, spin the last stretch (a relative sleep of
 * 10 us takes 70). */
#include <errno.h>
#include <sys/prctl.h>
#include <time.h>

#include "craft/pace.h"

#define SECOND 1000000000ll
#define SPIN 60000ll           /* ns before the deadline that are spun through */
#define LOOK (100 * 1000000ll) /* longest sleep without a look at *stop, ns */
#define LATE 1000000ll         /* ns after which a packet counts as late */

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

int64_t clock_mono(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t clock_wall(void)
{
	return clock_ns(CLOCK_REALTIME);
}

void pace_init(struct pace *p, double per_second, int64_t interval_ns)
{
	*p = (struct pace) { 0 };
	if (per_second > 0)
		p->interval = 1e9 / per_second;
	else if (interval_ns > 0)
		p->interval = (double)interval_ns;
	if (p->interval > 0)
		/* The kernel may be 50 us late by default (prctl(2), PR_SET_TIMERSLACK). */
		prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

int64_t pace_next(struct pace *p)
{
	if (!p->start)
		p->start = clock_mono();
	if (p->interval <= 0) {
		p->n++;
		return 0;
	}
	return p->start + (int64_t)(p->interval * (double)p->n++);
}

bool pace_wait(struct pace *p, int64_t deadline, const volatile int *stop)
{
	int64_t now = clock_mono(), late;

	while (now < deadline - SPIN) {
		int64_t until = deadline - SPIN - now > LOOK ? now + LOOK : deadline - SPIN;
		struct timespec t = { .tv_sec = until / SECOND, .tv_nsec = until % SECOND };

		if (stop && *stop)
			return false;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		now = clock_mono();
	}
	while (now < deadline)
		now = clock_mono();
	if (deadline) {
		late = now - deadline;
		p->late_sum += late;
		p->late += late > LATE;
		if (late > p->late_max)
			p->late_max = late;
	}
	return !(stop && *stop);
}

double pace_rate(const struct pace *p)
{
	int64_t took = p->start ? clock_mono() - p->start : 0;

	return took > 0 && p->n ? (double)p->n * 1e9 / (double)took : 0;
}
