/* SPDX-License-Identifier: BSD-2-Clause */
/* A device that is being captured on. Internal to capture/live*.c. */
#ifndef STRATA_CAPTURE_LIVE_IMPL_H
#define STRATA_CAPTURE_LIVE_IMPL_H

#include <pcap.h>
#include <pthread.h>

#include "capture/impl.h"
#include "capture/queue.h"
#include "core/clock.h"

struct live {
	pcap_t *pcap;
	unsigned timeout_ms; /* longest time a packet stays in a block of the ring */
	bool immediate;
	bool nanoseconds;
	uint8_t mac[6];
	bool has_mac;
	/* Without a queue: the packet, copied. libpcap gives a block back to the kernel as soon as
	 * its last packet was handed over, before the caller has looked at it. */
	uint8_t *data;
	struct packet *into;
	/* With one: packets are put there by a thread, and read from there. */
	bool queued;
	atomic_bool started, running; /* the thread */
	struct queue queue;
	pthread_t thread;
	struct err err; /* of the thread, once the queue is closed */
	atomic_ullong queue_dropped, cut;
	/* A part of a fanout: packets from before `begin` are not its own, those from before
	 * `clear` were put (both as the packets' times are). */
	bool ordered, ignores_outgoing;
	int64_t begin;
	_Atomic int64_t clear;
	/* The socket's counters, asked by both threads. */
	pthread_mutex_t counting;
	uint64_t let_in, dropped;
	bool counted;
	int if_counters;
	uint64_t if_before;
	bool if_known;
	/* After source_break, of whoever reads the ring: nothing more is let in; what is there is
	 * read out. */
	uint64_t seen; /* packets that came out of the ring */
	bool emptied;  /* live_left() has counted what was left */
	bool shut, closed;
	int64_t drained_by; /* CLOCK_MONOTONIC: everything is visible by then */
};

#define MS 1000000LL /* nanoseconds */

static inline int64_t live_when(const struct live *l, const struct pcap_pkthdr *h)
{
	/* tv_usec holds nanoseconds when the handle was opened for them. */
	return (int64_t)h->ts.tv_sec * 1000000000 +
	       (int64_t)h->ts.tv_usec * (l->nanoseconds ? 1 : 1000);
}

/* live_open.c: source_open_live() of one capture. */
struct source *live_open(const char *device, const struct source_options *o, struct err *e);
/* The longest time, ns, for which a packet that was let in may not be visible yet. */
static inline int64_t live_hidden(const struct live *l)
{
	return l->immediate ? 5 * MS : 2 * l->timeout_ms * MS + 20 * MS;
}
/* Hand packets of the ring over to f, at most `most`: how many there were, or SOURCE_NOTHING,
 * SOURCE_ERROR, SOURCE_END. Never blocks. */
int live_dispatch(struct source *s, int most, pcap_handler f, struct err *e);
/* Wait for packets in the ring, the deadline, or source_break(). -1: e. */
int live_poll(struct source *s, int64_t deadline_ns, struct err *e);
/* Close the entrance: the kernel takes no more packets into the ring. */
void live_shut(struct source *s);
/* What the interface loses counts from now on. */
void live_begin_counting(struct source *s);
/* The kernel's counters into l, as of now. */
void live_count(struct source *s);
/* A captured packet: number it and count it. */
void live_fill(struct source *s, struct packet *p, const uint8_t *data, uint32_t len,
	       uint32_t wire_len, int64_t when);

/* live_queue.c */
int live_take(struct source *s, struct packet *p, struct err *e);         /* as live_next */
int live_take_poll(struct source *s, int64_t deadline_ns, struct err *e); /* as live_poll */
/* End the thread, if one runs. */
void live_stop(struct source *s);
/* After source_break: is everything that was let in read? */
bool live_drained(struct source *s);
/* After a second source_break(): packets that are still in queue and ring, which are empty then; 0
 * when asked again. */
uint64_t live_left(struct source *s);

#endif
