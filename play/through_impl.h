/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of through.h share. Not for use outside play/. */
#ifndef STRATA_PLAY_THROUGH_IMPL_H
#define STRATA_PLAY_THROUGH_IMPL_H

#include "core/alias.h"
#include "core/plan.h"
#include "flow/flow.h"
#include "play/mend.h"
#include "play/shift.h"
#include "play/through.h"

#define THROUGH_NUMBERS 64 /* of streams, in a packet */

struct replacing {
	char *old, *new;
	uint32_t n, m;
	bool fitted;
};

struct passing { /* what is kept with a conversation */
	struct shift stream[2];
};

struct numbered { /* a number that is another one now */
	uint8_t layer;
	uint32_t node;
	uint64_t v;
};

struct through {
	struct through_opts o;
	struct rewrite *set;    /* NULL: nothing is set */
	struct rewrite *map[2]; /* by side */
	struct replacing *replace;
	struct plan *drop;
	unsigned ndrop;
	struct filter_work work;
	struct tree scratch, tree;
	/* streams */
	struct flows *flows; /* NULL: nothing can change their length */
	struct flow_seen seen;
	bool is_seen;
	size_t held; /* bytes of changes */
	struct {
		const struct proto *proto;
		struct alias has[2];
	} names[4]; /* what `has` names, of protocols seen lately */
	/* what a packet becomes */
	struct mend mend;
	struct numbered number[THROUGH_NUMBERS];
	unsigned nnumbers;
	struct buf made[2], pieced; /* by --replace, in turn; of what was changed before */
	uint8_t *room;
	struct through_counts counts;
};

/* The layer whose payload is what a packet carries: the innermost one with ports, or else the last.
 * LAYER_NONE: it carries a piece of something, or nothing that can be told. */
int carrier(const struct packet *p);

/* through_replace.c: read OLD=NEW; and what p[0..n) becomes by all of them (in made[], or p
 * itself). NULL: memory is out. */
int replacing_read(struct replacing *r, const char *text, struct err *e);
const uint8_t *replace_bytes(struct through *t, const uint8_t *p, uint32_t n, uint32_t *m);

/* through_stream.c: to be called with each packet before it changes. -1: e. */
int streams_open(struct through *t, struct err *e);
void streams_close(struct through *t);
int stream_look(struct through *t, const struct packet *p, struct err *e);
/* was is the part of a stream that was looked at last, of which layer `at` has the number;
 * new[0..m) is what became of its payload. What is to stand there: new, as it was, or what stood
 * there when it passed before. NULL: memory is out. */
const uint8_t *stream_part(struct through *t, const struct packet *was, unsigned at,
			   const uint8_t *new, uint32_t m, uint32_t *n);
/* Which numbers of p are others now, into number[]; and who acknowledges is heard. was: p before
 * anything in it was set. -1: memory is out. */
int stream_numbers(struct through *t, const struct packet *was, const struct packet *p);

#endif
