/* SPDX-License-Identifier: BSD-2-Clause */
/* Lengths and checksums that follow what changes in a packet: those that were what their rules say,
 * or that a card was to fill in. Others stay as they are. */
#ifndef STRATA_PLAY_MEND_H
#define STRATA_PLAY_MEND_H

#include "core/packet.h"
#include "core/tree.h"

#define MEND_RULES 64 /* lengths, and checksums, of a packet */

struct mended {
	uint8_t layer;
	uint32_t node; /* in the tree of what was looked at */
};

/* Reused from packet to packet; zero-initialised is valid. */
struct mend {
	struct tree tree[PACKET_LAYERS]; /* of what was looked at */
	struct tree scratch;
	struct mended length[MEND_RULES], sum[MEND_RULES];
	unsigned nlengths, nsums;
	unsigned unfilled; /* of the sums: a card was to fill them in */
};

/* Look at a dissected packet up to layer `last`, before anything changes. -1: memory is out. */
int mend_look(struct mend *m, const struct packet *p, unsigned last);
/* q has the same layers up to there, at the same places (where the last one ends may be another),
 * and its bytes are in room: write what its lengths and checksums are now. -1: memory is out. */
int mend_lengths(struct mend *m, const struct packet *q, uint8_t *room);
int mend_sums(struct mend *m, const struct packet *q, uint8_t *room);
/* A number over a field, as wide as that is. */
void mend_put(uint8_t *room, const struct node *n, uint64_t v);
/* The same over field `node` of a layer that was looked at; an Internet checksum of the layer that
 * does not follow, since not all that it covers is here, takes what changed (RFC 1624). */
void mend_number(const struct mend *m, uint8_t *room, unsigned layer, uint32_t node, uint64_t v);
void mend_done(struct mend *m);

#endif
