/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of strata edit: duplicates, and the files that are written. */
#ifndef STRATA_CLI_EDIT_H
#define STRATA_CLI_EDIT_H

#include "capture/sink.h"
#include "cli/choice.h"

/* ---- edit_dedup.c ---- */

struct dedup; /* the packets before, to know them again */
/* "5" packets or "10ms". */
struct dedup *dedup_open(const char *text, struct err *e);
/* Is p the same, byte for byte and of the same link type and length, as one before? -1: memory. */
int dedup_seen(struct dedup *d, const struct packet *p);
/* Packets that were forgotten before the window was over, for want of room. */
uint64_t dedup_forgot(const struct dedup *d);
void dedup_close(struct dedup *d);

/* ---- edit_output.c ---- */

struct edit_output {
	const char *path; /* as the user wrote it */
	struct sink *sink;
	uint64_t packets; /* split after so many; 0: not */
	int64_t ns;       /* split after so long */
	uint64_t bytes;   /* split before so many */
	unsigned files;
	uint64_t here;   /* packets in this file */
	int64_t begun;   /* the time it begins with */
	uint64_t total;  /* packets in all files */
	uint64_t closed; /* safe in those that are closed */
};

/* Open the first file. */
int output_open(struct edit_output *o, const char *path, const char *split,
		const struct sink_options *so, struct err *e);
/* enum sink_result. */
int output_write(struct edit_output *o, const struct packet *p, struct err *e);

#endif
