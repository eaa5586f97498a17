/* SPDX-License-Identifier: BSD-2-Clause */
/* Batches of packets go round in a ring: the reader fills one, workers print it, the reader writes
 * them in their order. Where no room is left, the reader prints, too. */
#include "cli/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/batch.h"

enum batch_state { BATCH_FREE, BATCH_READY, BATCH_TAKEN, BATCH_DONE };

struct printed { /* a batch, and what is printed of it */
	enum batch_state state;
	struct batch in;
	struct since after; /* of the packet before it */
	struct buf out;
	int rc; /* of printing it */
	struct err e;
};

struct worker {
	struct crew *crew;
	struct showing show;
	pthread_t thread;
	bool runs;
};

struct crew {
	struct showing *s;
	struct worker *worker;
	unsigned nworkers;
	struct printed *ring;
	unsigned size;
	unsigned fill, next, tail; /* to be filled, to be printed, to be written; counting on */
	struct since first, last;  /* of the packets so far */
	bool quit;
	unsigned running; /* workers that have begun */
	pthread_mutex_t lock;
	pthread_cond_t work, done;
};

static struct printed *batch_at(struct crew *c, unsigned i)
{
	return &c->ring[i % c->size];
}

/* ---- printing ---- */

static void print_batch(struct showing *s, const struct since *first, struct printed *b)
{
	struct buf before = s->out.b;

	s->out.b = b->out;
	s->out.b.n = 0;
	show_since(s, first, &b->after);
	b->rc = SHOW_OK;
	for (unsigned i = 0; i < b->in.n && b->rc == SHOW_OK; i++)
		b->rc = show_print(s, &b->in.p[i], b->in.ifname[i], &b->e);
	b->out = s->out.b;
	s->out.b = before;
}

/* The next batch that waits for somebody; the lock is held. */
static struct printed *take(struct crew *c)
{
	struct printed *b = batch_at(c, c->next);

	if (c->next == c->fill || b->state != BATCH_READY)
		return NULL;
	c->next++;
	b->state = BATCH_TAKEN;
	return b;
}

/* Print it; the lock is held before and after. */
static void work(struct crew *c, struct showing *s, struct printed *b)
{
	pthread_mutex_unlock(&c->lock);
	print_batch(s, &c->first, b);
	pthread_mutex_lock(&c->lock);
	b->state = BATCH_DONE;
}

static void *worker_runs(void *arg)
{
	struct worker *w = arg;
	struct crew *c = w->crew;
	struct printed *b;

	pthread_mutex_lock(&c->lock);
	c->running++;
	pthread_cond_signal(&c->done);
	while (!c->quit) {
		b = take(c);
		if (!b) {
			pthread_cond_wait(&c->work, &c->lock);
			continue;
		}
		work(c, &w->show, b);
		pthread_cond_signal(&c->done);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* ---- writing ---- */

/* Write a batch that is printed. */
static int write_batch(struct crew *c, struct printed *b, struct err *e)
{
	struct out *o = &c->s->out;
	struct buf before;
	int rc;

	if (b->rc != SHOW_OK && e)
		*e = b->e;
	rc = show_flush(c->s, e); /* what stands before */
	if (rc == SHOW_OK) {
		before = o->b;
		o->b = b->out;
		rc = show_flush(c->s, e);
		b->out = o->b;
		o->b = before;
	}
	b->state = BATCH_FREE;
	batch_clear(&b->in);
	return rc == SHOW_OK ? b->rc : rc;
}

/* Write what is printed, in order; wait, or help, until at most `most` batches are left. */
static int write_down_to(struct crew *c, unsigned most, struct err *e)
{
	int rc = SHOW_OK;

	pthread_mutex_lock(&c->lock);
	while (rc == SHOW_OK && c->tail != c->fill) {
		struct printed *b = batch_at(c, c->tail), *mine;

		if (b->state == BATCH_DONE) {
			pthread_mutex_unlock(&c->lock);
			rc = write_batch(c, b, e);
			pthread_mutex_lock(&c->lock);
			c->tail++;
		} else if (c->fill - c->tail <= most) {
			break;
		} else if ((mine = take(c))) {
			work(c, c->s, mine);
		} else {
			pthread_cond_wait(&c->done, &c->lock);
		}
	}
	pthread_mutex_unlock(&c->lock);
	return rc;
}

/* The batch being filled goes to the workers. One is always left to be filled. */
static int submit(struct crew *c, struct err *e)
{
	pthread_mutex_lock(&c->lock);
	batch_at(c, c->fill++)->state = BATCH_READY;
	pthread_cond_signal(&c->work);
	pthread_mutex_unlock(&c->lock);
	return write_down_to(c, c->size - 1, e);
}

int crew_drain(struct crew *c, struct err *e)
{
	int rc = batch_at(c, c->fill)->in.n ? submit(c, e) : SHOW_OK;

	if (rc == SHOW_OK)
		rc = write_down_to(c, 0, e);
	for (unsigned i = 0; i < c->nworkers; i++)
		show_add(c->s, &c->worker[i].show);
	return rc;
}

/* ---- filling ---- */

static struct since since_of(const struct packet *p)
{
	return (struct since) { true, p->when };
}

static void later(struct crew *c, const struct packet *p)
{
	if (!(p->flags & PACKET_NO_TIME))
		c->last = since_of(p);
}

int crew_packet(struct crew *c, struct packet *p, const char *ifname, struct err *e)
{
	struct printed *b = batch_at(c, c->fill);
	int rc = show_look(c->s, p, e);

	if (rc != SHOW_OK)
		return rc;
	if (!c->first.known)
		c->first = since_of(p);
	if (p->learnt) { /* what was learnt may change with the next packet */
		rc = crew_drain(c, e);
		show_since(c->s, &c->first, &c->last);
		later(c, p);
		if (rc == SHOW_OK)
			rc = show_print(c->s, p, ifname, e);
		return rc == SHOW_OK && out_is_full(&c->s->out) ? show_flush(c->s, e) : rc;
	}
	if (!batch_takes(&b->in, p)) {
		rc = submit(c, e);
		if (rc != SHOW_OK)
			return rc;
		b = batch_at(c, c->fill);
	}
	if (!b->in.n)
		b->after = c->last;
	if (!batch_put(&b->in, p, ifname))
		return err_set(e, ERR_IO, "no memory");
	later(c, p);
	return SHOW_OK;
}

/* ---- life ---- */

static int open_ring(struct crew *c)
{
	c->ring = calloc(c->size, sizeof(*c->ring));
	for (unsigned i = 0; c->ring && i < c->size; i++) {
		if (!batch_open(&c->ring[i].in))
			return -1;
	}
	return c->ring ? 0 : -1;
}

static int open_worker(struct crew *c, struct worker *w, const struct show_opts *o, struct err *e)
{
	w->crew = c;
	if (show_open(&w->show, c->s->c, o, e) < 0)
		return -1;
	w->show.out.b.n = 0; /* the head is told once */
	if (pthread_create(&w->thread, NULL, worker_runs, w) != 0)
		return err_set(e, ERR_IO, "no thread: --threads 1 does without");
	w->runs = true;
	return 0;
}

struct crew *crew_open(struct showing *s, const struct show_opts *o, unsigned threads,
		       struct err *e)
{
	struct crew *c = calloc(1, sizeof(*c));
	sigset_t all, before;
	int rc;

	if (!c) {
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	c->s = s;
	c->size = 3 * threads;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	pthread_cond_init(&c->done, NULL);
	c->worker = calloc(threads - 1, sizeof(*c->worker));
	if (!c->worker || open_ring(c) < 0) {
		err_set(e, ERR_IO, "no memory");
		crew_close(c);
		return NULL;
	}
	/* Signals are for the one that reads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (rc = 0; rc == 0 && c->nworkers < threads - 1; c->nworkers++)
		rc = open_worker(c, &c->worker[c->nworkers], o, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	/* What a thread begins with are calls that the seal forbids. */
	pthread_mutex_lock(&c->lock);
	while (rc == 0 && c->running < c->nworkers)
		pthread_cond_wait(&c->done, &c->lock);
	pthread_mutex_unlock(&c->lock);
	if (rc < 0) {
		crew_close(c);
		return NULL;
	}
	return c;
}

void crew_close(struct crew *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->quit = true;
	pthread_cond_broadcast(&c->work);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->nworkers; i++) {
		if (c->worker[i].runs)
			pthread_join(c->worker[i].thread, NULL);
		show_close(&c->worker[i].show, NULL);
	}
	for (unsigned i = 0; c->ring && i < c->size; i++) {
		batch_close(&c->ring[i].in);
		buf_done(&c->ring[i].out);
	}
	free(c->ring);
	free(c->worker);
	pthread_cond_destroy(&c->work);
	pthread_cond_destroy(&c->done);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
