/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that empties the kernel's ring into a queue: whoever prints or writes packets may be
 * slow without the ring filling up. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "capture/live_impl.h"

#define TICK (20 * MS) /* between two looks into the ring of a part of a fanout */
#define BATCH 512      /* packets between two looks at whether to end */

/* ---- the thread ---- */

/* At the end nothing is dropped any more: the ring is closed, and waits. */
static struct queued *wait_for_room(struct source *s, uint32_t len)
{
	struct timespec ms = { 0, MS };
	struct live *l = s->live;
	struct queued *q;

	if (!l->shut)
		live_shut(s);
	queue_publish(&l->queue);
	while (!(q = queue_room(&l->queue, len)) && atomic_load(&s->breaks) < 2)
		nanosleep(&ms, NULL);
	return q;
}

static void put(u_char *ctx, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct source *s = (struct source *)ctx;
	struct live *l = s->live;
	uint32_t n = h->caplen < PACKET_MAX ? h->caplen : PACKET_MAX;
	int64_t when = live_when(l, h);

	l->seen++;
	if (when < l->begin)
		return;
	struct queued *q = queue_room(&l->queue, n);
	if (!q && atomic_load(&s->breaks))
		q = wait_for_room(s, n);
	if (!q) {
		atomic_fetch_add(&l->queue_dropped, 1);
		return;
	}
	q->len = n;
	q->wire_len = h->len;
	q->when = when;
	memcpy(q->data, bytes, n);
	queue_add(&l->queue, q);
	if (h->caplen > n)
		atomic_fetch_add(&l->cut, 1);
}

static void *pump(void *arg)
{
	struct source *s = arg;
	struct live *l = s->live;
	int rc;

	atomic_store(&l->running, true);
	do {
		int64_t before = clock_wall();
		rc = live_dispatch(s, BATCH, put, &l->err);
		queue_publish(&l->queue);
		if (rc != SOURCE_NOTHING)
			continue;
		/* The ring had nothing to show: what came long enough before is in the queue. */
		atomic_store(&l->clear, before - live_hidden(l));
		rc = live_poll(s, l->ordered ? clock_mono() + TICK : INT64_MAX, &l->err);
	} while (rc >= 0);
	queue_close(&l->queue);
	return NULL;
}

int source_start(struct source *s, struct err *e)
{
	struct timespec tenth = { 0, MS / 10 };
	sigset_t all, before;
	struct live *l = s->live;

	if (s->fanout)
		return fanout_start(s, e);
	if (!l || !l->queued || l->started)
		return 0;
	/* Signals are for the thread that may be waiting for a reader. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&l->thread, NULL, pump, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return err_set(e, ERR_IO, "no thread to capture on %s: %s", s->name, strerror(rc));
	l->started = true;
	/* What a new thread asks of the kernel may soon not be allowed any more. */
	while (!atomic_load(&l->running))
		nanosleep(&tenth, NULL);
	return 0;
}

void live_stop(struct source *s)
{
	if (!s->live->started)
		return;
	source_break(s);
	source_break(s);
	pthread_join(s->live->thread, NULL);
	s->live->started = false;
}

/* ---- who reads ---- */

int live_take(struct source *s, struct packet *p, struct err *e)
{
	struct live *l = s->live;

	if (atomic_load(&s->breaks) > 1)
		return SOURCE_END;
	for (;;) {
		const struct queued *q = queue_take(&l->queue);
		if (q) {
			live_fill(s, p, q->data, q->len, q->wire_len, q->when);
			return SOURCE_PACKET;
		}
		if (queue_ended(&l->queue)) {
			s->ended = true;
			if (l->err.code && e)
				*e = l->err;
			return l->err.code ? SOURCE_ERROR : SOURCE_END;
		}
		if (queue_sleep(&l->queue))
			return SOURCE_NOTHING;
	}
}

static void count(u_char *ctx, const struct pcap_pkthdr *h, const u_char *bytes)
{
	uint64_t *n = (uint64_t *)ctx;

	(void)h;
	(void)bytes;
	++*n;
}

uint64_t live_left(struct source *s)
{
	struct live *l = s->live;
	uint64_t n = 0, before;

	if (atomic_load(&s->breaks) < 2 || l->emptied)
		return 0;
	l->emptied = true;
	live_stop(s);
	while (l->queued && queue_take(&l->queue))
		n++;
	if (!l->shut)
		live_shut(s);
	/* The ring takes no more; what is there is only counted. A device that is gone has none. */
	do {
		struct timespec ms = { 0, MS };
		int rc;

		before = n;
		rc = pcap_dispatch(l->pcap, -1, count, (u_char *)&n);
		l->seen += n - before;
		if (rc == 0 && !live_drained(s))
			nanosleep(&ms, NULL);
		else if (rc <= 0)
			break;
	} while (true);
	return n;
}

int live_take_poll(struct source *s, int64_t deadline_ns, struct err *e)
{
	int64_t now = clock_mono(), left = deadline_ns > now ? deadline_ns - now : 0;
	struct timespec ts = clock_spec(left);
	struct pollfd pf = { .fd = s->live->queue.filled, .events = POLLIN };

	/* After source_break() the thread is who ends. */
	if (ppoll(&pf, 1, deadline_ns == INT64_MAX ? NULL : &ts, NULL) < 0 && errno != EINTR)
		return err_set(e, ERR_IO, "%s: poll: %s", s->name, strerror(errno));
	return 0;
}
