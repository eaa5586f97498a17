/* SPDX-License-Identifier: BSD-2-Clause */
/* Recorded packets onto the wire again, each at its time. */
#ifndef STRATA_PLAY_REPLAY_H
#define STRATA_PLAY_REPLAY_H

#include "craft/pace.h"
#include "craft/sender.h"

#define REPLAY_WAYS 2

struct replay_opts {
	const struct registry *reg;
	/* The interface of each way; of the first NULL, with hop: the routing table decides for
	 * each packet; of the second NULL: there is one way. */
	const char *ifname[REPLAY_WAYS];
	bool hop;    /* link headers are made anew: the interface's own address, and that of
			the next hop (ARP, ND) */
	bool direct; /* sender_opts.direct */
	bool pad;    /* packets that were cut when they were captured: zeros in place of the rest */
	uint32_t segment; /* what is longer than the way takes, or than an MTU of this, is cut up
			     (segment.h); UINT32_MAX: by the way alone; 0: it is not sent */
	bool dry;         /* everything but sending */
	bool i_may;       /* careful.h is not asked */
	enum tx_way way;  /* sender_opts.way, .watch */
	void (*watch)(void *ctx, const uint8_t *frame, uint32_t n, uint16_t link, int64_t when);
	void *watch_ctx;
	int64_t patience; /* ns to wait for a neighbour's address; 0: one second */
	struct rate rate;
	const volatile int *stop;
};

struct replay;

/* Opens the interfaces. NULL: e. */
struct replay *replay_open(const struct replay_opts *o, struct err *e);

/* Before the first packet leaves: begin to ask for the neighbour that this one goes to, if it needs
 * one. Many are asked at a time; replay_met waits for them, as long as for one that is silent. -1:
 * e. */
int replay_meet(struct replay *r, const struct packet *p, unsigned way, struct err *e);
void replay_met(struct replay *r);

enum replay_result {
	REPLAY_SENT = 0,
	REPLAY_ERROR = -1, /* e: the replay cannot go on */
	REPLAY_NOT = 1,    /* e: this packet cannot be sent; the next one may */
	REPLAY_STOPPED = 2,
};
/* Wait until the packet is due and hand it over, by this way. What is due at once is sent in
 * bursts, in order over both ways: call replay_flush before anything else takes its time. A packet
 * without a time leaves right after the one before it. */
int replay_packet(struct replay *r, const struct packet *p, unsigned way, struct err *e);
/* Will it be cut up? */
bool replay_cuts(struct replay *r, const struct packet *p, unsigned way);
/* The interface of a way. NULL: e. */
const struct iface *replay_iface(struct replay *r, unsigned way, struct err *e);
/* The interface of the packet that was sent last; NULL: none was. */
const struct iface *replay_dev(const struct replay *r);
int replay_flush(struct replay *r, struct err *e);
/* Is there time before p is due, for what takes some microseconds? */
bool replay_ahead(const struct replay *r, const struct packet *p);
/* The packets come from the beginning once more: their times go on after the last one. */
void replay_again(struct replay *r);

struct replay_counts {
	struct tx_counts tx; /* of both ways; first and why are the first one's */
	struct tx_counts ways[REPLAY_WAYS];
	const struct pace *pace;
	uint64_t padded, rehopped; /* packets filled up; whose link header was made anew */
	const char *way;           /* sender_way; NULL: nothing was sent */
	uint64_t cut, parts;       /* packets cut up, into so many */
};
void replay_counts(const struct replay *r, struct replay_counts *c);
void replay_close(struct replay *r); /* accepts NULL */

#endif
