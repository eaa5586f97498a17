/* SPDX-License-Identifier: BSD-2-Clause */
/* Ask: send each packet of a plan, wait, recognise the answers, tell them with the time between. */
#ifndef STRATA_PLAY_ASK_H
#define STRATA_PLAY_ASK_H

#include "craft/aim.h"
#include "craft/conn.h"
#include "play/careful.h"
#include "play/hush.h"

enum ask_via { ASK_AUTO, ASK_LINK, ASK_IP, ASK_STREAM, ASK_DATAGRAM };

enum ask_event {
	ASK_READY,  /* everything is open; nothing was sent yet: the place to drop privilege */
	ASK_SENT,   /* a probe left; request, sent */
	ASK_ANSWER, /* request, reply, rtt */
	ASK_NOT,    /* opts.why: a packet came that is no answer; request, reply, why */
	ASK_SILENT, /* no answer in time (after all retries); request */
	ASK_FAILED, /* this probe could not be sent; why. The others go on */
	ASK_NOTE,   /* why: what is worth saying about the packets to come */
	ASK_IDLE,   /* nothing is to be done for the moment: the place to flush what was printed */
};

struct ask_result {
	enum ask_event event;
	uint64_t probe;   /* from 1, in the order of the sweep; NOTE: 0 */
	unsigned attempt; /* 0: the first */
	/* Dissected; valid during the call. An answer begins with the header that the request
	 * begins with: the link header around one to a bare IP packet is left out. */
	const struct packet *request, *reply;
	const struct sent *sent;
	int64_t rtt;      /* ns, from just before the send to the reply's time stamp */
	unsigned answers; /* to this probe so far, this one included */
	bool expected;    /* the reply fits opts.expect (true when there is none) */
	bool final;       /* the answer comes from where the request went (not from a router) */
	const char *why;  /* NOT, FAILED, SILENT, NOTE, and answers that do not fit: a sentence */
};

/* Packets a second from which on as many leave as there is room for: as fast as answers come, and
 * 128,000 a second where there are none. What is due together leaves in one call then, whose time
 * counts for all of it. */
#define ASK_FASTEST 1e9

struct ask_opts {           /* zero-initialised: one question, two seconds */
	const char *ifname; /* -i */
	enum ask_via via;
	int64_t timeout;     /* ns to wait for each probe's answer; 0: 2 s */
	int64_t deadline;    /* monotonic ns at which the whole run ends; 0: none */
	unsigned retry;      /* times an unanswered probe is sent again */
	uint64_t count;      /* times the whole sweep is sent; 0: once */
	bool forever;        /* until stopped */
	struct rate rate;    /* RATE_MAX: 200 packets a second */
	uint64_t seed;       /* for plan_step */
	bool all;            /* wait the whole time and tell every answer */
	bool until_answered; /* one probe after the other, up to the first final answer */
	bool in_order;       /* the next probe leaves when the one before is answered or given up */
	bool why;            /* tell ASK_NOT */
	bool no_listener;    /* let the kernel answer what it has no socket for */
	bool libnet;         /* see sender_opts */
	bool i_may;          /* skip the rules of careful.h */
	const struct plan *expect; /* a pattern (PLAN_PATTERN) that answers should fit, or NULL */
	const volatile int *stop;  /* set by a signal handler: end and tell */
	/* Ports kept from the kernel's own answers, for longer than this call: what is asked by
	 * several calls is one conversation to the peer. NULL: until it returns. */
	struct hush *hush;
	/* Nonzero ends the run. */
	int (*tell)(void *ctx, const struct ask_result *r);
	void *ctx;
};

struct ask_stats {
	uint64_t packets;  /* in the whole run, retries excluded; 0: not known */
	uint64_t probes;   /* sent */
	uint64_t sent;     /* retries included */
	uint64_t answered; /* probes with an answer */
	uint64_t answers;
	uint64_t expected; /* answers that fit expect */
	uint64_t silent;   /* probes without an answer; a refusal of an ordinary socket is one */
	uint64_t refused;  /* of those */
	uint64_t failed;
	uint64_t seen;                     /* packets looked at */
	uint64_t dropped;                  /* lost by the kernel before we saw them */
	int64_t rtt_min, rtt_max, rtt_sum; /* ns, first answers */
	bool reached;                      /* until_answered: a final answer came */
	bool stopped;
};

/* p: parsed without PLAN_PATTERN; fresh values and what the routing table decides are added to it.
 * Blocks. Needs CAP_NET_RAW unless via STREAM or DATAGRAM. A rule of careful.h that is hit is
 * ERR_USAGE. Returns 0 when the run ended as it should, answered or not; -1: e. */
int ask(struct plan *p, const struct ask_opts *o, struct ask_stats *st, struct err *e);

#endif
