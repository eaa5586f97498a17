/* SPDX-License-Identifier: BSD-2-Clause */
/* Several captures of one device that share its packets (PACKET_FANOUT of packet(7)), each with a
 * thread and a queue, read as one source in the order of the packets' times. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "capture/live_impl.h"
#include "capture/packet_socket.h"

#define LOOK (5 * MS) /* how often it is looked whether an older packet may still come */

struct part {
	struct source *src;
	bool has, over;
	struct { /* the packet that comes next from here */
		const uint8_t *data;
		uint32_t len, wire_len, flags;
		int64_t when;
	} head;
};

struct fanout {
	unsigned n;
	bool holds; /* a packet that waits for older ones */
	struct err err;
	struct part part[];
};

static int open_part(struct source *s, unsigned i, const char *device,
		     const struct source_options *o, int *group, struct err *e)
{
	struct fanout *f = s->fanout;
	struct source_options mine = *o;

	mine.fanout = 1;
	mine.timeout_ms = o->timeout_ms ? o->timeout_ms : 20;
	mine.buffer = o->buffer / f->n;
	mine.queue = o->queue / f->n;
	f->part[i].src = live_open(device, &mine, e);
	if (!f->part[i].src)
		return -1;
	struct live *l = f->part[i].src->live;
	l->ordered = true;
	if (!packet_socket_join(pcap_fileno(l->pcap), group, l->ignores_outgoing))
		return err_set(e, ERR_IO, "%s: packets cannot be shared out: %s", device,
			       strerror(errno));
	return 0;
}

struct source *fanout_open(const char *device, const struct source_options *o, struct err *e)
{
	struct source *s = source_new(device, e);
	int group = -1;

	if (!s)
		return NULL;
	s->is_live = true;
	s->fanout = calloc(1, sizeof(*s->fanout) + o->fanout * sizeof(s->fanout->part[0]));
	if (!s->fanout) {
		err_set(e, ERR_IO, "no memory");
		return source_close(s);
	}
	s->fanout->n = o->fanout;
	for (unsigned i = 0; i < o->fanout; i++)
		if (open_part(s, i, device, o, &group, e) < 0)
			return source_close(s);
	/* What came before all of them shared was given to more than one. */
	int64_t now = clock_wall();
	for (unsigned i = 0; i < o->fanout; i++)
		s->fanout->part[i].src->live->begin = now;
	s->link = s->fanout->part[0].src->link;
	memcpy(s->note, s->fanout->part[0].src->note, sizeof(s->note));
	return s;
}

void fanout_close(struct source *s)
{
	for (unsigned i = 0; i < s->fanout->n; i++)
		source_close(s->fanout->part[i].src);
	free(s->fanout);
	s->fanout = NULL;
}

void fanout_break(struct source *s)
{
	for (unsigned i = 0; i < s->fanout->n; i++)
		source_break(s->fanout->part[i].src);
}

int fanout_start(struct source *s, struct err *e)
{
	for (unsigned i = 0; i < s->fanout->n; i++)
		if (source_start(s->fanout->part[i].src, e) < 0)
			return -1;
	return 0;
}

void fanout_stats(struct source *s)
{
	struct source_stats sum = { .packets = s->stats.packets, .known = true, .if_known = true },
			    one;

	for (unsigned i = 0; i < s->fanout->n; i++) {
		struct part *q = &s->fanout->part[i];

		source_stats(q->src, &one);
		sum.dropped += one.dropped;
		sum.queue_dropped += one.queue_dropped;
		sum.left += one.left + (q->has && atomic_load(&s->breaks) > 1);
		sum.cut += one.cut;
		sum.known &= one.known;
		sum.if_known &= one.if_known;
		sum.if_dropped = one.if_dropped; /* of the one interface */
	}
	s->stats = sum;
}

/* Have a packet of q at hand, if there is one. Returns a time before which none will come any more;
 * INT64_MAX where one is at hand, or none at all will come. */
static int64_t look(struct fanout *f, struct part *q)
{
	struct packet p;
	struct err e = { 0 };

	if (q->has || q->over)
		return INT64_MAX;
	int64_t clear = atomic_load(&q->src->live->clear); /* before looking */
	int rc = source_next(q->src, &p, &e);
	if (rc == SOURCE_NOTHING)
		return clear;
	q->has = rc == SOURCE_PACKET;
	q->over = !q->has;
	if (rc == SOURCE_ERROR && !f->err.code)
		f->err = e;
	if (q->has) {
		q->head.data = p.data;
		q->head.len = p.len;
		q->head.wire_len = p.wire_len;
		q->head.flags = p.flags;
		q->head.when = p.when;
	}
	return INT64_MAX;
}

int fanout_next(struct source *s, struct packet *p, struct err *e)
{
	struct fanout *f = s->fanout;
	struct part *first = NULL;
	int64_t clear = INT64_MAX;
	bool over = true;

	if (s->ended || atomic_load(&s->breaks) > 1)
		return SOURCE_END;
	for (unsigned i = 0; i < f->n; i++) {
		struct part *q = &f->part[i];
		int64_t c = look(f, q);

		clear = c < clear ? c : clear;
		over &= q->over;
		if (q->has && (!first || q->head.when < first->head.when))
			first = q;
	}
	f->holds = first != NULL;
	if (!first && over) {
		s->ended = true;
		if (f->err.code && e)
			*e = f->err;
		return f->err.code ? SOURCE_ERROR : SOURCE_END;
	}
	if (!first || first->head.when > clear)
		return SOURCE_NOTHING;
	first->has = false;
	live_fill(s, p, first->head.data, first->head.len, first->head.wire_len, first->head.when);
	p->flags = first->head.flags;
	return SOURCE_PACKET;
}

int fanout_wait(struct source *s, struct packet *p, int64_t deadline_ns, struct err *e)
{
	struct fanout *f = s->fanout;
	struct pollfd pf[SOURCE_FANOUT];

	for (;;) {
		int rc = fanout_next(s, p, e);
		int64_t now = clock_mono(), until = deadline_ns;
		if (rc != SOURCE_NOTHING || now >= deadline_ns)
			return rc;
		for (unsigned i = 0; i < f->n; i++) {
			struct part *q = &f->part[i];
			int fd = q->has || q->over ? -1 : q->src->live->queue.filled;
			pf[i] = (struct pollfd) { .fd = fd, .events = POLLIN };
		}
		until = f->holds && now + LOOK < until ? now + LOOK : until;
		int64_t left = until - now;
		struct timespec ts = clock_spec(left);
		if (ppoll(pf, f->n, until == INT64_MAX ? NULL : &ts, NULL) < 0 && errno != EINTR)
			return err_set(e, ERR_IO, "%s: poll: %s", s->name, strerror(errno));
	}
}
