/* SPDX-License-Identifier: BSD-2-Clause */
/* Two interfaces joined: what comes by the one leaves by the other, changed on its way. */
#ifndef STRATA_PLAY_BRIDGE_H
#define STRATA_PLAY_BRIDGE_H

#include "play/careful.h"
#include "play/through.h"

#define BRIDGE_HELD (64u << 20) /* bytes of packets that wait for their time */

enum bridge_event {
	BRIDGE_PASSED,  /* with opts.told: packet as it leaves (dry runs: would leave) */
	BRIDGE_CHANGED, /* the same of one that was changed */
	BRIDGE_DROPPED, /* packet as it came */
	BRIDGE_NOT,     /* why: it could not be handed on */
};

struct bridge_told {
	enum bridge_event event;
	unsigned side;               /* it came from */
	const struct packet *packet; /* dissected; valid during the call */
	const char *why;
};

struct bridge_opts {
	struct through_opts through;
	const char *ifname[2];
	/* Link headers are made anew by route and neighbour, for packets that are addressed to this
	 * machine's hardware and to another one's network address: those that somebody who took
	 * himself for its neighbour sent here. ifname[1] may be ifname[0] then. */
	bool hop;
	int64_t delay; /* ns that each packet waits */
	bool told, dry;
	bool i_may; /* careful.h is not asked */
	const volatile int *stop;
	void (*tell)(void *ctx, const struct bridge_told *t);
	void *ctx;
};

struct bridge_counts {
	uint64_t came[2];
	uint64_t sent, failed; /* what the kernel took, and refused; parts of what was cut, each */
	uint64_t cut;          /* longer than the other side takes: sent in parts */
	uint64_t unfit;        /* could not be handed on */
	uint64_t others;       /* with hop: not for us to hand on */
	uint64_t crowded;      /* no room to let it wait */
	struct through_counts through;
};

struct bridge;

/* Opens what sending takes. NULL: e, with places in what options say. */
struct bridge *bridge_open(const struct bridge_opts *o, struct err *e);
/* A packet that came from a side. What is sent waits for bridge_flush (or until it is much). -1: e:
 * nothing more can be done. */
int bridge_packet(struct bridge *b, const struct packet *p, unsigned side, struct err *e);
/* Send what is due. -1: e. */
int bridge_flush(struct bridge *b, struct err *e);
/* When the next packet is due (CLOCK_MONOTONIC, ns); INT64_MAX: none waits. */
int64_t bridge_due(const struct bridge *b);
void bridge_counts(const struct bridge *b, struct bridge_counts *c);
const struct through *bridge_through(const struct bridge *b);
void bridge_close(struct bridge *b); /* accepts NULL; what waits is dropped */

#endif
