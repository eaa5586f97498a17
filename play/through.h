/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets on their way from one side to the other: dropped, changed, and the streams that they are
 * parts of kept whole where a change makes them longer or shorter. Nothing here sends. */
#ifndef STRATA_PLAY_THROUGH_H
#define STRATA_PLAY_THROUGH_H

#include "dissect/filter.h"
#include "play/rewrite.h"

#define THROUGH_BYTES (64u << 20) /* of all changes that are remembered */

struct through_opts {
	const struct registry *reg;
	const char *const *set; /* as those of rewrite.h */
	unsigned nset;
	const char *const *map; /* as said on the way from side 0; turned round on the way back */
	unsigned nmap;
	const char *const *replace; /* OLD=NEW: bytes of what is carried, with the escapes of
				       strings (\n, \x00) */
	unsigned nreplace;
	const char *const *drop; /* patterns in the notation */
	unsigned ndrop;
	/* Only these are dropped, and have fields set and bytes replaced; NULL: all. This and the
	 * patterns see addresses as side 0 has them. */
	const struct filter *where;
};

enum through_result {
	THROUGH_SAME = 0, /* but for checksums that were to be filled in, and numbers of streams */
	THROUGH_CHANGED = 1,
	THROUGH_DROPPED = 2,
};

struct through_counts {
	uint64_t dropped, changed;
	uint64_t late;  /* not changed: these bytes had passed before (out of order, or repeated) */
	uint64_t full;  /* not changed: no room to remember it, or nothing would have been left */
	uint64_t unfit; /* --set could not be done; and why, of the first */
	const char *why;
};

struct through;

/* NULL: e, with the place in the option's text. */
struct through *through_open(const struct through_opts *o, struct err *e);
void through_close(struct through *t); /* accepts NULL */

/* A packet from side 0 or 1, whole and no longer than its wire takes. Lengths and checksums that
 * were right, or that a card was to fill in, are right behind it; so are the numbers of a stream
 * (`segment`) whose bytes were changed, those that acknowledge them, and both in the errors that
 * quote them. A part that is sent again is changed as it was before, however it is cut. p->data
 * then is lent, until the next call; p is dissected. enum through_result; -1: memory is out, e. Not
 * thread-safe. */
int through_packet(struct through *t, struct packet *p, unsigned side, struct err *e);
void through_counts(const struct through *t, struct through_counts *c);
/* Did that --set or --map, --replace, --drop fit anything so far? */
bool through_fitted(const struct through *t, unsigned i);
bool through_mapped(const struct through *t, unsigned i);
bool through_replaced(const struct through *t, unsigned i);

#endif
