/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of strata edit: packets of several files in one order, lists of numbers, duplicates,
 * and the files that are written. */
#ifndef STRATA_CLI_EDIT_H
#define STRATA_CLI_EDIT_H

#include "capture/sink.h"
#include "capture/source.h"
#include "cli/cli.h"

/* ---- edit_input.c: files as one sequence ---- */

struct edit_input {
	struct source **src;
	struct file_id *ids;
	struct packet *head; /* merging: the next packet of each */
	bool *has;           /* head is there */
	int n, at;           /* files; the one being read */
	bool append, begun;
	bool over;        /* a signal came */
	struct err bad;   /* what the first damaged file said */
	uint64_t earlier; /* packets whose time is before that of the one before them */
	int64_t last;
};

int input_open(struct edit_input *in, int n, char **paths, const struct source_options *so,
	       bool append, struct err *e);
/* The next packet, numbered from 1 over all files: 1, 0 at the end. A damaged file ends there, and
 * the others go on; in->bad says so. */
int input_next(struct edit_input *in, struct packet *p, uint64_t *number);
/* Say what has to be said of each file. */
void input_tell(const struct edit_input *in, const struct cli *c);
void input_close(struct edit_input *in);

/* ---- edit_choose.c ---- */

struct numbers { /* 1-10,20,30- */
	struct {
		uint64_t from, to;
	} * v;
	unsigned n;
};
int numbers_parse(struct numbers *l, const char *text, struct err *e);
bool numbers_hold(const struct numbers *l, uint64_t n);
/* No number above n is there: what follows need not be read. */
bool numbers_end(const struct numbers *l, uint64_t n);

struct moment { /* a time of the clock, or one after the first packet */
	bool set, after;
	int64_t ns;
};
int moment_parse(struct moment *m, const char *text, const char *option, struct err *e);

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
