/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of strata edit: what was asked for, and duplicates. */
#ifndef STRATA_CLI_EDIT_H
#define STRATA_CLI_EDIT_H

#include "capture/sink.h"
#include "cli/choice.h"
#include "play/segment.h"

struct dedup; /* the packets before, to know them again */
/* "5" packets or "10ms". */
struct dedup *dedup_open(const char *text, struct err *e);
/* Is p the same, byte for byte and of the same link type and length, as one before? -1: memory. */
int dedup_seen(struct dedup *d, const struct packet *p);
/* Packets that were forgotten before the window was over, for want of room. */
uint64_t dedup_forgot(const struct dedup *d);
void dedup_close(struct dedup *d);

struct remark { /* --comment */
	uint64_t number;
	const char *text;
	bool used;
};

struct editing {
	struct cli *c;
	struct choice choice;
	struct input in;
	struct sink *sink;
	struct dedup *dedup;
	uint64_t most, snaplen;
	int64_t shift; /* nanoseconds */
	int64_t scale_num, scale_den;
	struct sink_change change;
	struct remark *remark;
	unsigned nremarks;
	struct buf said;
	struct segmenter *segmenter; /* --segment; or NULL */
	uint64_t cut, uncut;
	uint32_t mtu;
	int part_rc;
	struct err bad; /* of a part */
	uint64_t read, duplicates, no_link, too_far;
	bool mixed; /* several link types make a pcapng of what was called otherwise */
};

/* Read the options, into a value that is zero but for c and choice. -1: e. */
int edit_options(struct editing *ed, struct err *e);

#endif
