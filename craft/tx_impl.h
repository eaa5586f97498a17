/* SPDX-License-Identifier: BSD-2-Clause */
/* What tx.c (the queue) and tx_*.c (the ways into the kernel) share. */
#ifndef STRATA_CRAFT_TX_IMPL_H
#define STRATA_CRAFT_TX_IMPL_H

#include "craft/tx.h"

#define TX_BURST 64

/* A way into the kernel. errno speaks where they fail. */
struct tx_ops {
	const char *name, *line;
	/* Allocate room and slots. -1: e. t is closed by the caller. */
	int (*open)(struct tx *t, struct err *e);
	/* Put free slots into t->slot[0..]; how many, at most TX_BURST, 0: none is free yet. NULL:
	 * all are free when nothing is queued. */
	unsigned (*ready)(struct tx *t);
	/* Hand over the frames t->slot[at..at+n): how many of them are done with (t->lost of them
	 * were not sent), or -1: errno tells of the first one. */
	int (*push)(struct tx *t, unsigned at, unsigned n);
	void (*close)(struct tx *t);
};
extern const struct tx_ops tx_mmsg, tx_ring, tx_xdp, tx_libnet;

struct tx {
	struct tx_opts o;
	const struct tx_ops *ops;
	char name[64];
	int fd;          /* to be waited for; -1: there is none */
	unsigned n, cap; /* frames queued; slots that are free for this burst */
	uint8_t *room;   /* slots */
	uint32_t stride; /* from one to the next */
	uint32_t frame;  /* bytes that a slot holds */
	unsigned nslots;
	uint32_t slot[TX_BURST]; /* of the frames of this burst */
	uint32_t len[TX_BURST];
	uint64_t id[TX_BURST];
	unsigned lost; /* by this push */
	uint8_t *form; /* what tx_frame's frames hold; NULL: nothing was said yet */
	uint32_t nform, version;
	uint32_t *holds; /* of each slot: the version of the form that it holds; 0: none */
	char why[160];   /* in place of errno's words; "" none */
	void *own;       /* the way's */
	struct tx_counts counts;
};

static inline uint8_t *tx_slot(const struct tx *t, unsigned i)
{
	return t->room + (size_t)t->slot[i] * t->stride;
}
/* A packet socket on the interface that receives nothing, as t->fd. */
int tx_socket(struct tx *t, struct err *e);

#endif
