/* SPDX-License-Identifier: BSD-2-Clause */
/* send --threads: a sweep shared out. Each thread has all that sending takes for itself (plan, aim,
 * template, sender, pace) and every Nth packet; what they counted is added up at the end. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dispatch.h"
#include "cli/seal.h"

/* A thread that begins makes system calls of its own: no other calls are forbidden before it is
 * there, and none of them goes on before that. */
struct gate {
	sem_t there;
	pthread_mutex_t shut;
};

struct hand {
	struct dispatch d;
	pthread_t thread;
	struct gate *gate;
	struct err e;
	int rc;
};

static void run(struct hand *h)
{
	struct err late = { 0 };

	h->rc = dispatch_plan(&h->d, &h->e);
	if (dispatch_end(&h->d, h->e.code ? &late : &h->e) < 0)
		h->rc = -1;
}

static void *begin(void *arg)
{
	struct hand *h = arg;

	sem_post(&h->gate->there);
	pthread_mutex_lock(&h->gate->shut);
	pthread_mutex_unlock(&h->gate->shut);
	run(h);
	return NULL;
}

/* The k-th of n. What is random is the same in all of them. -1: e. */
static int hand_open(struct hand *h, const struct dispatch *of, unsigned k, unsigned n,
		     struct err *e)
{
	struct rate rate = of->so.rate;
	struct packets *ps = &h->d.ps;

	h->d = (struct dispatch) { .c = of->c,
				   .so = of->so,
				   .patience = of->patience,
				   .ready = true,
				   .mute = k > 0,
				   .first = k,
				   .step = n };
	h->d.wire.form = REPORT_NONE;
	if (k == 0)
		h->d.progress = of->progress;
	rate.value /= n;
	pace_init(&h->d.pace, rate);
	*ps = (struct packets) { .c = of->c,
				 .seed = of->ps.seed,
				 .first_seed = of->ps.first_seed,
				 .count = of->ps.count };
	return plan_parse_joined(&ps->plan, of->c->reg, &of->ps.joined, 0, e);
}

static void hand_close(struct hand *h)
{
	sender_close(h->d.sender);
	tree_done(&h->d.scratch);
	plan_done(&h->d.ps.plan);
}

/* The first one may have what there is only one of. */
static void add_way(struct dispatch *d, const char *way)
{
	size_t n = strlen(d->ways);

	if (!way || strstr(d->ways, way))
		return;
	snprintf(d->ways + n, sizeof(d->ways) - n, "%s%s", n ? " and " : "", way);
	d->way = d->ways;
}

static void add_up(struct dispatch *d, const struct hand *h)
{
	d->sent += h->d.sent;
	d->bytes += h->d.bytes;
	add_way(d, h->d.way);
	reasons_join(&d->reasons, &h->d.reasons);
	pace_join(&d->pace, &h->d.pace);
}

/* All at once, from when the last one is there and the rights are gone. -1: e. */
static int run_all(struct hand *hand, unsigned n, struct err *e)
{
	struct gate gate = { .shut = PTHREAD_MUTEX_INITIALIZER };
	unsigned there = 0;
	int rc = 0;

	sem_init(&gate.there, 0, 0);
	pthread_mutex_lock(&gate.shut);
	for (unsigned k = 1; k < n && rc == 0; k++) {
		hand[k].gate = &gate;
		rc = pthread_create(&hand[k].thread, NULL, begin, &hand[k]);
		there += rc == 0;
	}
	/* Too few of them would leave out what the others were to send. */
	for (unsigned k = 0; k < n && rc; k++)
		hand[k].d.first = UINT64_MAX;
	for (unsigned k = 0; k < there; k++)
		while (sem_wait(&gate.there) < 0)
			; /* a signal */
	seal(&(struct seal_opts) { .sends = true });
	pthread_mutex_unlock(&gate.shut);
	run(&hand[0]);
	for (unsigned k = 1; k <= there; k++)
		pthread_join(hand[k].thread, NULL);
	pthread_mutex_destroy(&gate.shut);
	sem_destroy(&gate.there);
	return rc ? err_set(e, ERR_IO, "cannot begin a thread: %s", strerror(rc)) : 0;
}

int dispatch_crew(struct dispatch *d, unsigned n, struct err *e)
{
	struct hand *hand = calloc(n, sizeof(*hand));
	int rc = hand ? 0 : err_set(e, ERR_IO, "no memory");

	for (unsigned k = 0; k < n && rc == 0; k++)
		rc = hand_open(&hand[k], d, k, n, e);
	if (rc == 0)
		rc = dispatch_privs(d, e);
	if (rc == 0)
		rc = run_all(hand, n, e);
	for (unsigned k = 0; hand && k < n; k++) {
		add_up(d, &hand[k]);
		if (rc == 0 && hand[k].rc < 0) {
			rc = -1;
			*e = hand[k].e;
		}
		hand_close(&hand[k]);
	}
	free(hand);
	return rc;
}
