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
	bool fitted; /* something, so far */
};

enum set_form {
	SET_FIELDS,
	SET_PUT,  /* "+ vlan vlan=5": headers behind the link header */
	SET_TAKE, /* "- vlan": out of there */
};

struct set_rule {
	enum set_form form;
	struct buf bytes;     /* SET_PUT: the headers */
	uint32_t select_bit;  /* SET_PUT: what tells the payload, in the last of them */
	uint32_t select_bits; /* its width */
	struct plan plan;
	bool in_place; /* every field has a fixed place and size, and nothing else hangs on it */
	struct value *value; /* in_place: of each say, in order */
	bool fitted;         /* a packet, so far */
};

#define SUMS_MAX 64 /* checksums of a packet */

struct rewrite {
	struct rewrite_opts o;
	struct arena mem;
	struct map_rule *map;
	struct set_rule *set;
	struct anonymise *anon;
	uint64_t anonymised, unread;
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
	uint64_t tails, tails_first;                /* see rewrite_tails */
	uint64_t untold, untold_first, untold_last; /* packets with a sum that did not follow */
};

/* rewrite_rules.c: read the text of an option. -1: e. */
int rules_map(struct rewrite *w, const char *text, struct map_rule *m, struct err *e);
int rules_set(struct rewrite *w, const char *text, struct set_rule *s, struct err *e);
/* The field of a layer that c says; NULL: it says another thing. */
const struct field *said_field(const struct plan_layer *y, const struct say *c);
/* rewrite_header.c: the same for "+ " and "- "; and do it. As rewrite_packet. */
int rules_header(struct rewrite *w, const char *text, struct set_rule *s, struct err *e);
int rewrite_header(struct rewrite *w, const struct set_rule *s, struct packet *p, struct err *e);
/* rewrite_sums.c: decode all layers of p and judge their sums, before anything changes; and make
 * those right that were: q is the packet as it is now, in the room. */
int rewrite_look(struct rewrite *w, const struct packet *p, struct err *e);
void rewrite_sums(struct rewrite *w, const struct packet *p, const struct packet *q);
/* p, just looked at, was built anew as q for s (its layers: at): change the sums over bytes that
 * are not all here by what changed. -1: e. q->data may be the room's then. */
int rewrite_carry(struct rewrite *w, const struct set_rule *s, const unsigned *at,
		  const struct packet *p, struct packet *q, struct err *e);
/* rewrite.c: the trees are those of q, in the room. */
void rewrite_room(struct rewrite *w, const struct packet *q);
/* Which layers of p a --set is about; at[i] for its i-th. False: p has not all of them. */
bool set_layers(const struct set_rule *s, const struct packet *p, unsigned at[PLAN_LAYERS]);
/* Keep the bytes as those of p, so that the room and the build are free for the next change. 1, or
 * -1: e. */
int rewrite_keep(struct rewrite *w, struct packet *p, const void *bytes, uint32_t n, struct err *e);
/* rewrite_build.c: p has just been looked at (tree, sum). Apply s by building the packet anew. As
 * rewrite_packet. */
int rewrite_build(struct rewrite *w, const struct set_rule *s, struct packet *p, struct err *e);

#endif
