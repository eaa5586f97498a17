/* SPDX-License-Identifier: BSD-2-Clause */
/* What needs more than one packet: conversations, datagrams put together from their fragments,
 * streams put in order, messages cut out of streams. The descriptions say what belongs together
 * (`flow`, `fragment`, `segment`, `message`); nothing here knows a protocol. */
#ifndef STRATA_FLOW_H
#define STRATA_FLOW_H

#include "core/err.h"
#include "core/packet.h"
#include "core/registry.h"

/* Limits by default, bytes. When one is reached, what was used least recently goes first. */
#define FLOW_FRAGMENTS_MAX (32u << 20) /* pieces of datagrams that are not whole yet */
#define FLOW_STREAMS_MAX (256u << 20)  /* parts of streams that wait for others before them */
#define FLOW_FLOWS_MAX (128u << 20)    /* what is remembered of conversations */
#define FLOW_FRAGMENT_TIME 60          /* seconds of the capture's time */

enum flow_overlap { OVERLAP_FIRST, OVERLAP_LAST }; /* whose bytes count */

struct flow_data { /* a part of what one side of a conversation sent, in order */
	const struct proto *proto;
	uint32_t number;
	uint8_t side;     /* 0: of who was seen first */
	bool conflict;    /* an overlapping part said different bytes */
	uint64_t off;     /* of the first byte in the stream; datagrams: of all before */
	uint64_t missing; /* bytes before it that were never captured */
	const uint8_t *p; /* borrowed */
	uint32_t n;       /* 0: only the missing ones are told */
	uint64_t packet;  /* whose bytes these are */
	int64_t when;
};

struct flow_seen { /* a packet of a conversation */
	const struct proto *proto;
	uint32_t number;
	uint8_t side;
	bool fresh;     /* it is the first one */
	bool renewed;   /* likewise, of the ends of another conversation before it */
	unsigned layer; /* the layer that has the protocol */
	unsigned ends;  /* the layer that has the addresses; may be the same */
	void *own;      /* flow_opts.own bytes, kept with the conversation; zeroes at first */
};

/* What is told; each may be NULL. Not 0: stop, flows_packet() returns it. */
struct flow_ops {
	/* A dissected packet of what was put together: the headers of one packet, then the whole
	 * (see struct origin). Valid until the return. */
	int (*whole)(void *arg, struct packet *p);
	int (*data)(void *arg, const struct flow_data *d);
	int (*seen)(void *arg, const struct packet *p, const struct flow_seen *s);
	/* Of a new conversation, before seen: does its sender answer, going by what the packet
	 * says, so that the other end is side 0? Without it that is who was seen first. */
	bool (*answers)(void *arg, const struct packet *p, const struct flow_seen *s);
	/* A conversation is forgotten, for want of room or because its ends begin another one; at
	 * the end none is. */
	void (*over)(void *arg, const struct flow_seen *s);
	/* Bytes that layer i of p says otherwise than a packet before it did: a fragment or a
	 * segment that overlaps what waits (d->p: all of it), or that repeats what was handed on
	 * already (from the first byte that differs to the last one). What stands in d is not part
	 * of what data() tells; of fragments there is no number, and off counts in the whole. As
	 * far back as is remembered: 64 KiB of each side. */
	int (*clash)(void *arg, const struct packet *p, unsigned i, const struct flow_data *d);
};

struct flow_opts {
	const struct registry *reg; /* frozen */
	const struct flow_ops *ops;
	void *arg;
	/* The conversations of this protocol alone; NULL: of every one that has streams, or with
	 * ops->seen of every one. */
	const struct proto *only;
	const uint32_t *follow; /* ops->data of this conversation of `only` alone; NULL: of all */
	/* Of a packet the innermost conversation alone is seen, not those that it travels in. */
	bool innermost;
	bool streams; /* ops->seen of conversations that have streams alone */
	size_t own;   /* bytes for flow_seen.own; they count in flows_max */
	enum flow_overlap overlap;
	size_t fragments_max, streams_max, flows_max; /* bytes; 0: the default */
	int64_t fragment_time;                        /* ns; 0: the default */
	uint64_t seed; /* of the tables' hashes; 0: from the system */
};

struct flow_counts {
	uint64_t datagrams;     /* put together */
	uint64_t messages;      /* found in streams over several packets */
	uint64_t unfinished;    /* datagrams that were never whole */
	uint64_t late, crowded; /* of these: by time, for want of room */
	uint64_t conflicts;     /* overlapping pieces with different bytes */
	uint64_t odd;           /* pieces that cannot belong: beyond the end, too long */
	uint64_t gaps, missing; /* holes in streams, and their bytes */
	uint64_t again;         /* bytes of streams that came more than once */
	uint64_t forgotten;     /* conversations, for want of room */
	uint64_t flows;         /* conversations seen */
	size_t memory, most;    /* bytes in use now, and at the most */
};

/* ns from one time to a later one (below 0: an earlier one), however far apart a file says they
 * are.
 */
static inline int64_t flow_since(int64_t from, int64_t to)
{
	int64_t d;

	return __builtin_sub_overflow(to, from, &d) ? (to > from ? INT64_MAX : INT64_MIN) : d;
}

struct flows;

/* NULL: e (memory). Not for two threads at a time. */
struct flows *flows_open(const struct flow_opts *o, struct err *e);
struct flows *flows_close(struct flows *f); /* NULL */
/* Take a dissected packet. 0; what an op returned; -1: memory is out. */
int flows_packet(struct flows *f, const struct packet *p);
/* Which side of a conversation that was seen before sent layer i of p, which may stand in a quote;
 * -1: it is not known. */
int flows_side(struct flows *f, const struct packet *p, unsigned i);
/* What is kept with the conversation of layer i of p, which may stand in a quote; NULL: it is not
 * known. */
void *flows_own(struct flows *f, const struct packet *p, unsigned i);
/* No more packets: hand out what waits behind holes. */
int flows_end(struct flows *f);
/* Those that are remembered, the one used least recently first: of s proto, number and own are set.
 * Not 0: stop, that is returned. */
int flows_each(const struct flows *f, int (*fn)(void *arg, const struct flow_seen *s), void *arg);
void flows_counts(const struct flows *f, struct flow_counts *c);

#endif
