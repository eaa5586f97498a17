/* SPDX-License-Identifier: BSD-2-Clause */
/* replay by one interface or two (--client-if, --server-if, --split), and a look through the files
 * before the first packet leaves: how they are split, and which neighbours they need. */
#ifndef STRATA_CLI_WAYS_H
#define STRATA_CLI_WAYS_H

#include "cli/choice.h"
#include "cli/wire.h"
#include "play/replay.h"
#include "play/split.h"

struct ways {
	const struct cli *c;
	const char *name[REPLAY_WAYS]; /* [1] NULL: there is one */
	struct split *split;           /* NULL: there is one */
	bool asks;                     /* packets get new link headers */
	struct input in;               /* for the look; its packets are not sent */
	struct choice choice;          /* of them: as of those that are */
	bool looks;                    /* the files can be read twice */
	uint8_t *side;                 /* what the look said of each packet, 2 bits */
	uint64_t nsides, at;           /* packets in it; the next one to be sent */
	uint64_t other[REPLAY_WAYS];   /* packets of another link type than the interface's */
	uint64_t first[REPLAY_WAYS];   /* number of the first of them */
};

/* Read the options. Zero-initialised. -1: e. */
int ways_options(struct ways *w, const struct cli *c, struct err *e);
/* Open the files for the look, if there is to be one: those of in. After load_registry, before
 * rights are given up. -1: e. */
int ways_open(struct ways *w, struct cli *c, const struct input *in,
	      const struct source_options *so, struct replay *r, struct err *e);
/* Go through the packets that are taken, most of them at most; tell how they are split, and ask for
 * all neighbours at a time. -1: e. */
int ways_look(struct ways *w, uint64_t most, struct replay *r, struct progress *progress,
	      struct err *e);
/* The packets come from the beginning once more. */
void ways_again(struct ways *w);
/* The way of the next packet that was taken; -1: e. */
int ways_of(struct ways *w, struct choice *ch, struct packet *p, struct err *e);
/* Say how packets were split, where there was no look. */
void ways_tell(const struct ways *w);
void ways_close(struct ways *w);

#endif
