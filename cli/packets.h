/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets that a user's words or script mean, one after the other: sweeps run, scripts read.
 * Shared by craft, send and ask. */
#ifndef STRATA_CLI_PACKETS_H
#define STRATA_CLI_PACKETS_H

#include <stdio.h>

#include "cli/cli.h"
#include "notation/notation.h"

#define SWEEP_MOST (1u << 24) /* packets of a sweep that need no -c and no --all */

struct packets {
	struct cli *c;
	struct joined joined; /* of the command line */
	FILE *file;           /* -f */
	struct script *script;
	struct script_line line;
	struct plan plan; /* of the words, or of the current line */
	uint64_t count;   /* packets of the plan's sweep */
	uint64_t seed;    /* of this plan: what is random in one line is not so again in the next */
	uint64_t first_seed;
	uint64_t expected; /* lines that begin with '<', which were left out */
	int64_t last_time; /* of the line before, ns; INT64_MIN: no `at=` so far */
	bool sends;        /* only lines that are to be sent */
	bool done;         /* the words were given out */
};

/* From the command's words, or from -f FILE. -1: e. */
int packets_open(struct packets *ps, struct cli *c, struct err *e);
/* The same to send them, or from @FILE: the whole of a script that is a file is read before the
 * first one is given out, so that a mistake in it is told before anything leaves; lines with '<'
 * are left out. */
int packets_open_to_send(struct packets *ps, struct cli *c, struct err *e);
/* The next plan into ps->plan: 1; 0 at the end; -1: e. */
int packets_next(struct packets *ps, struct err *e);
/* How long after the one before the current packet is to leave, by its line: nanoseconds, below 0
 * where it is the earlier one, 0 where it does not say. */
int64_t packets_gap(struct packets *ps);
/* Give an error that was found in the current plan its file and line. */
void packets_place(const struct packets *ps, struct err *e);
void packets_done(struct packets *ps);

/* Refuse a sweep that cannot be meant (rule 8 of the notation); tell the size of a long one. */
int packets_size(const struct packets *ps, struct err *e);

#endif
