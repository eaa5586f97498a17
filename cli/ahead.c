/* SPDX-License-Identifier: BSD-2-Clause */
/* Batches go round in a ring: the thread fills one while the caller looks at those before it. */
#include "cli/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "capture/source.h"
#include "cli/batch.h"

#define RING 4 /* batches */

struct ahead {
	int (*next)(void *arg, struct packet *p, struct err *e);
	void *arg;
	struct batch ring[RING];
	unsigned fill, take; /* to be filled, to be taken; counting on */
	bool taken;          /* the caller looks at that one, */
	unsigned at;         /* and at this packet of it next */
	int rc;              /* SOURCE_PACKET, or how it has ended */
	struct err e;
	bool quit, running, runs;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, room;
};

static struct batch *filling(struct ahead *a)
{
	return &a->ring[a->fill % RING];
}

/* ---- the thread ---- */

/* Hand on what is filled, and wait until at most `most` batches are not done with. SOURCE_END:
 * nobody wants more. */
static int hand_on(struct ahead *a, unsigned most)
{
	int rc;

	pthread_mutex_lock(&a->lock);
	a->fill += filling(a)->n != 0;
	pthread_cond_signal(&a->more);
	while (!a->quit && a->fill - a->take > most)
		pthread_cond_wait(&a->room, &a->lock);
	rc = a->quit ? SOURCE_END : SOURCE_PACKET;
	pthread_mutex_unlock(&a->lock);
	return rc;
}

static int put(struct ahead *a, const struct packet *p, struct err *e)
{
	int rc = SOURCE_PACKET;

	/* What was learnt may change with the next packet: all before this one is looked at first,
	 * and this one before more is read. */
	if (p->learnt)
		rc = hand_on(a, 0);
	else if (!batch_takes(filling(a), p))
		rc = hand_on(a, RING - 1);
	if (rc != SOURCE_PACKET)
		return rc;
	if (!batch_put(filling(a), p, NULL))
		return err_set(e, ERR_IO, "no memory");
	if (!p->learnt)
		return rc;
	filling(a)->p[0].learnt = p->learnt;
	return hand_on(a, 0);
}

static void *runs(void *arg)
{
	struct ahead *a = arg;
	struct packet p;
	struct err e = { 0 };
	int rc;

	pthread_mutex_lock(&a->lock);
	a->running = true;
	pthread_cond_signal(&a->more);
	pthread_mutex_unlock(&a->lock);
	do {
		rc = a->next(a->arg, &p, &e);
		if (rc == SOURCE_PACKET)
			rc = put(a, &p, &e);
	} while (rc == SOURCE_PACKET);
	pthread_mutex_lock(&a->lock);
	a->fill += filling(a)->n != 0;
	a->rc = rc;
	a->e = e;
	pthread_cond_signal(&a->more);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* ---- the caller ---- */

/* The next batch. SOURCE_PACKET, or how it has ended. */
static int next_batch(struct ahead *a, struct err *e)
{
	int rc;

	pthread_mutex_lock(&a->lock);
	if (a->taken) {
		batch_clear(&a->ring[a->take++ % RING]);
		pthread_cond_signal(&a->room);
	}
	while (a->take == a->fill && a->rc == SOURCE_PACKET)
		pthread_cond_wait(&a->more, &a->lock);
	a->taken = a->take != a->fill;
	a->at = 0;
	rc = a->taken ? SOURCE_PACKET : a->rc;
	if (rc == SOURCE_ERROR)
		*e = a->e;
	pthread_mutex_unlock(&a->lock);
	return rc;
}

int ahead_next(struct ahead *a, struct packet *p, struct err *e)
{
	int rc = SOURCE_PACKET;

	if (!a->taken || a->at == a->ring[a->take % RING].n)
		rc = next_batch(a, e);
	if (rc == SOURCE_PACKET)
		packet_copy(p, &a->ring[a->take % RING].p[a->at++]);
	return rc;
}

/* ---- life ---- */

static bool begin(struct ahead *a)
{
	sigset_t all, before;

	for (unsigned i = 0; i < RING; i++) {
		if (!batch_open(&a->ring[i]))
			return false;
	}
	/* Signals are for the caller. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	a->runs = pthread_create(&a->thread, NULL, runs, a) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	/* What a thread begins with are calls that the seal forbids. */
	pthread_mutex_lock(&a->lock);
	while (a->runs && !a->running)
		pthread_cond_wait(&a->more, &a->lock);
	pthread_mutex_unlock(&a->lock);
	return a->runs;
}

struct ahead *ahead_open(int (*next)(void *arg, struct packet *p, struct err *e), void *arg,
			 struct err *e)
{
	struct ahead *a = calloc(1, sizeof(*a));

	if (!a) {
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	a->next = next;
	a->arg = arg;
	a->rc = SOURCE_PACKET;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->more, NULL);
	pthread_cond_init(&a->room, NULL);
	if (begin(a))
		return a;
	err_set(e, ERR_IO, "no thread: --threads 1 does without");
	return ahead_close(a);
}

struct ahead *ahead_close(struct ahead *a)
{
	if (!a)
		return NULL;
	pthread_mutex_lock(&a->lock);
	a->quit = true;
	pthread_cond_signal(&a->room);
	pthread_mutex_unlock(&a->lock);
	if (a->runs)
		pthread_join(a->thread, NULL);
	for (unsigned i = 0; i < RING; i++)
		batch_close(&a->ring[i]);
	pthread_cond_destroy(&a->more);
	pthread_cond_destroy(&a->room);
	pthread_mutex_destroy(&a->lock);
	free(a);
	return NULL;
}
