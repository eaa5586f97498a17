/* SPDX-License-Identifier: BSD-2-Clause */
/* Pacing by absolute deadlines: sleep most of the way, spin the last stretch (a relative sleep of
 * 10 us takes 70). */
#include <errno.h>
#include <sys/prctl.h>

#include "core/stop.h"
#include "craft/pace.h"

#define SECOND 1000000000ll
/* ns before the deadline that are spun through: who sleeps for less than that often wakes too late.
 * A packet each 100 us leaves 15 for the others, without whom SCHED_FIFO would be held back. */
#define SPIN 85000ll
#define THEFT 20000ll          /* ns between two looks at the clock while spinning: not ours */
#define LOOK (100 * 1000000ll) /* longest sleep without a look at *stop, ns */
#define LATE 1000000ll         /* ns after which a packet counts as late */

/* Below 8 a class for each nanosecond, then eight for each power of two. */
static unsigned class_of(int64_t ns)
{
	unsigned log = 0;

	if (ns < 8)
		return ns < 0 ? 0 : (unsigned)ns;
	while (ns >> log >= 16)
		log++;
	log = (log + 1) * 8 + (unsigned)(ns >> log) - 8;
	return log < LATE_CLASSES ? log : LATE_CLASSES - 1;
}

void late_add(struct lateness *l, int64_t ns)
{
	l->n[class_of(ns)]++;
	l->all++;
	if (ns > l->max)
		l->max = ns;
}

int64_t late_at(const struct lateness *l, double share)
{
	uint64_t want = (uint64_t)(share * (double)l->all), seen = 0;
	unsigned i = 0;

	if (!l->all)
		return 0;
	while (i < LATE_CLASSES - 1 && (seen += l->n[i]) <= want)
		i++;
	/* The upper end of the class. */
	int64_t top = i < 8 ? i : ((int64_t)(i % 8 + 9) << (i / 8 - 1)) - 1;
	return top < l->max ? top : l->max;
}

void pace_init(struct pace *p, struct rate rate)
{
	*p = (struct pace) { .rate = rate };
	if (rate.form != RATE_MAX)
		/* The kernel may be 50 us late by default (prctl(2), PR_SET_TIMERSLACK). */
		prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

/* Nanoseconds after the start at which a packet of that time is due. */
static int64_t own_time(struct pace *p, int64_t when)
{
	if (!p->timed) {
		p->timed = true;
		p->first = p->last = when;
	}
	p->backward += when < p->last;
	if (when > p->last)
		p->last = when;
	return p->base + (int64_t)((double)(p->last - p->first) / p->rate.value);
}

void pace_again(struct pace *p)
{
	if (p->timed)
		p->base += (int64_t)((double)(p->last - p->first) / p->rate.value);
	p->timed = false;
}

int64_t pace_next(struct pace *p, int64_t when)
{
	int64_t due = 0;

	if (!p->start)
		p->start = clock_mono();
	switch (p->rate.form) {
	case RATE_MAX: break;
	case RATE_PACKETS: due = p->start + (int64_t)(1e9 * (double)p->n / p->rate.value); break;
	case RATE_BITS: due = p->start + (int64_t)(1e9 * p->bits / p->rate.value); break;
	case RATE_TIMES: due = p->start + own_time(p, when); break;
	}
	p->n++;
	return due;
}

void pace_late(struct pace *p, int64_t deadline)
{
	int64_t late = deadline ? clock_mono() - deadline : 0;

	if (!deadline)
		return;
	late_add(&p->lateness, late);
	p->late += late > LATE;
}

/* Time that was waited through, and went by without us. */
static void theft(struct pace *p, int64_t ns)
{
	p->thefts++;
	p->stolen += ns;
}

bool pace_wait(struct pace *p, int64_t deadline, const volatile int *stop)
{
	int64_t now = clock_mono();
	bool slept = false;

	while (now < deadline - SPIN) {
		int64_t until = deadline - SPIN - now > LOOK ? now + LOOK : deadline - SPIN;
		struct timespec t = { .tv_sec = until / SECOND, .tv_nsec = until % SECOND };

		if (stop_asked(stop))
			return false;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		now = clock_mono();
		slept = true;
	}
	if (slept && now > deadline)
		theft(p, now - deadline);
	while (now < deadline) {
		int64_t then = now;

		now = clock_mono();
		if (now - then > THEFT)
			theft(p, now - then);
	}
	pace_late(p, deadline);
	return !stop_asked(stop);
}

void pace_done(struct pace *p)
{
	p->end = clock_mono();
}

void pace_waited(struct pace *p, int64_t ns)
{
	if (p->start)
		p->start += ns;
	p->waited += ns;
}

double pace_rate(const struct pace *p)
{
	int64_t took = p->start ? (p->end ? p->end : clock_mono()) - p->start : 0;

	/* Between the first and the last. */
	return took > 0 && p->n > p->joined + 1
		       ? (double)(p->n - p->joined - 1) * 1e9 / (double)took
		       : 0;
}

void pace_join(struct pace *p, const struct pace *other)
{
	if (!other->start)
		return;
	p->start = p->start && p->start < other->start ? p->start : other->start;
	p->end = other->end > p->end ? other->end : p->end;
	p->waited = other->waited > p->waited ? other->waited : p->waited;
	p->joined += other->joined + (p->n > 0);
	p->n += other->n;
	p->bits += other->bits;
	p->late += other->late;
	p->thefts += other->thefts;
	p->stolen += other->stolen;
	for (unsigned i = 0; i < LATE_CLASSES; i++)
		p->lateness.n[i] += other->lateness.n[i];
	p->lateness.all += other->lateness.all;
	if (other->lateness.max > p->lateness.max)
		p->lateness.max = other->lateness.max;
}
