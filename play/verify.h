/* SPDX-License-Identifier: BSD-2-Clause */
/* What was sent, held against what arrives on an interface at the other side: lost, out of order,
 * twice, altered; and how long it took. Memory is bounded: so many packets back are remembered. */
#ifndef STRATA_PLAY_VERIFY_H
#define STRATA_PLAY_VERIFY_H

#include "capture/source.h"
#include "core/packet.h"
#include "craft/pace.h"

enum verify_what {
	VERIFY_LOST,
	VERIFY_ALTERED,   /* got is most like sent, and not the same */
	VERIFY_TWICE,     /* once more */
	VERIFY_REORDERED, /* after one that was sent later (RFC 4737) */
	VERIFY_WHATS
};

struct verify_event {
	enum verify_what what;
	uint64_t id;               /* 1: the packet that was sent first */
	bool alike;                /* LOST: this one, or another that is the same */
	const struct packet *sent; /* ALTERED: not dissected */
	const struct packet *got;
};

struct verify_opts {
	const char *ifname;
	/* Equal for packets that count as the same; NULL: all bytes are. May dissect p. */
	uint64_t (*hash)(void *ctx, struct packet *p);
	void (*tell)(void *ctx, const struct verify_event *ev); /* or NULL */
	void *ctx;                                              /* of both */
	int64_t patience; /* ns to wait for what is under way at the end; 0: one second */
	const volatile int *stop;
};

struct verify_counts {
	uint64_t sent, arrived; /* arrived: as they were sent */
	uint64_t n[VERIFY_WHATS];
	uint64_t alike;    /* of those lost: which of several that are the same is not known */
	uint64_t others;   /* arrived, and were not among those sent, or came too late */
	uint64_t dropped;  /* arrived, but the capture had no room: nothing is certain then */
	uint64_t furthest; /* packets by which the most reordered one came too late */
	struct lateness latency; /* with `alike`: of what no other could be taken for */
};

struct verify;

/* Opens the interface; needs CAP_NET_RAW. NULL: e. */
struct verify *verify_open(const struct verify_opts *o, struct err *e);
/* Begin to listen; it takes a thread: once rights are dropped. */
int verify_start(struct verify *v, struct err *e);
/* A frame of link type `link` was handed to the kernel at `when` (ns since the epoch). The bytes
 * are copied. NULL: those before were handed over together. Fits tx_opts.watch. */
void verify_sent(void *v, const uint8_t *frame, uint32_t n, uint16_t link, int64_t when);
/* Wait for what is under way, and judge what did not come. -1: e: the capture failed. */
int verify_end(struct verify *v, struct err *e);
const struct verify_counts *verify_counts(const struct verify *v);
/* Everything arrived, once, in order, as it was sent. */
bool verify_fine(const struct verify *v);
void verify_close(struct verify *v); /* accepts NULL */

#endif
