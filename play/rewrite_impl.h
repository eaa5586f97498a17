/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the rewriter share. Not for use outside play/. */
#ifndef STRATA_PLAY_REWRITE_IMPL_H
#define STRATA_PLAY_REWRITE_IMPL_H

#include "core/plan.h"
#include "dissect/check.h"
#include "notation/notation.h"
#include "play/anonymise.h"
#include "play/net.h"
#include "play/rewrite.h"

struct map_rule {
	const struct proto *proto; /* ports of this protocol; NULL: addresses */
	struct net from, to;       /* of as many bits */
	uint64_t port, new_port;
};

struct set_rule {
	struct plan plan;
	bool in_place; /* every field has a fixed place and size, and nothing else hangs on it */
	struct value *value; /* in_place: of each say, in order */
};

#define SUMS_MAX 64 /* checksums of a packet */

struct rewrite {
	struct rewrite_opts o;
	struct arena mem;
	struct map_rule *map;
	struct set_rule *set;
	struct anonymise *anon;
	uint64_t anonymised;
	struct heard *heard; /* what packets said of later ones */
	bool slow;           /* some --set is not in_place */
	uint8_t *room;
	struct tree scratch;
	struct tree tree[PACKET_LAYERS];
	struct {
		unsigned layer;
		uint32_t node;
		enum sum_verdict verdict;
	} sum[SUMS_MAX];
	unsigned nsums;
	/* what is built anew */
	struct printer *printer;
	struct buf text;
	struct plan plan;
	struct build build;
	struct buf made;
	uint64_t unfit, unfit_first;
	char unfit_why[300];
};

/* rewrite_sums.c: decode all layers of p and judge their sums, before anything changes; and make
 * those right that were: q is the packet as it is now, in the room. */
int rewrite_look(struct rewrite *w, const struct packet *p, struct err *e);
void rewrite_sums(struct rewrite *w, const struct packet *p, const struct packet *q);
/* Which layers of p a --set is about; at[i] for its i-th. False: p has not all of them. */
bool set_layers(const struct set_rule *s, const struct packet *p, unsigned at[PLAN_LAYERS]);
/* Keep the bytes as those of p, so that the room and the build are free for the next change. 1, or
 * -1: e. */
int rewrite_keep(struct rewrite *w, struct packet *p, const void *bytes, uint32_t n, struct err *e);
/* rewrite_build.c: p has just been looked at (tree, sum). Apply s by building the packet anew. As
 * rewrite_packet. */
int rewrite_build(struct rewrite *w, const struct set_rule *s, struct packet *p, struct err *e);

#endif
