/* SPDX-License-Identifier: BSD-2-Clause */
/* What split.c (the sides) and split_signs.c (who opened a conversation) share. */
#ifndef STRATA_PLAY_SPLIT_IMPL_H
#define STRATA_PLAY_SPLIT_IMPL_H

#include "core/tree.h"
#include "flow/flow.h"
#include "play/net.h"
#include "play/split.h"

#define MAC 6u

/* What a packet of no conversation says itself. */
enum { WAIT_ASKS, WAIT_ANSWERS, WAIT_SILENT, WAITS };

struct station {
	uint8_t mac[MAC];
	bool used;
	uint64_t n[SPLIT_SIDES]; /* packets it sent */
	uint64_t wait[WAITS];    /* others, while learning */
};

struct split {
	const struct registry *reg;
	struct flows *flows;
	struct arena mem;
	struct net *net;
	uint64_t *port;
	unsigned nnets, nports;
	struct station *station;
	unsigned nstations;
	bool settled; /* they are not counted any more */
	struct tree tree;
	struct split_counts counts;
	/* of the packet at hand: */
	int side;           /* of its innermost conversation so far; -1: none */
	int hosts;          /* of one that is older than this packet; -1: none */
	enum split_why why; /* of that conversation, where it is new */
	bool fresh;
};

static inline bool split_quoted(const struct packet *p, unsigned i)
{
	return p->layers[i].flags & LAYER_QUOTED;
}

/* The side that the layer's reply rules give it, whose fields are in s->tree; -1: none. */
int split_by_reply(struct split *s, const struct proto *p);
/* flow_ops.answers: by the conversation's own layer and those in it. */
bool split_answers(void *arg, const struct packet *p, const struct flow_seen *seen);

#endif
