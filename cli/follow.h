/* SPDX-License-Identifier: BSD-2-Clause */
/* What read and sniff do beyond single packets: --reassemble, --follow, --stats, --notes. */
#ifndef STRATA_CLI_FOLLOW_H
#define STRATA_CLI_FOLLOW_H

#include <stdio.h>

#include "cli/show.h"
#include "dissect/tally.h"
#include "flow/count.h"
#include "flow/flow.h"

enum follow_mode { FOLLOW_NOT, FOLLOW_REASSEMBLE, FOLLOW_STREAM, FOLLOW_STATS, FOLLOW_NOTES };
enum stats_what { STATS_CONV, STATS_HOSTS, STATS_PROTOCOLS, STATS_TIME };

struct following {
	struct cli *c;
	struct showing *show;
	enum follow_mode mode;
	struct flows *flows;
	/* --follow */
	const struct proto *proto;
	uint32_t number;
	int side;   /* that alone; -1: both */
	FILE *file; /* -w */
	const char *path;
	struct tree tree;
	struct buf end[2], line;
	bool begun, open_line;
	bool missing;   /* at the end: there is no such conversation */
	uint8_t last;   /* side of the line that is open */
	uint64_t taken; /* bytes */
	/* --stats */
	enum stats_what what;
	struct counting *count;
	/* --notes */
	struct tally *tally;
	struct err *e; /* of an op that failed */
	bool gone;
};

/* The mode, before show_open(): it decides the form. -1: e. */
int follow_mode(struct following *w, struct cli *c, struct err *e);
/* After show_open(), before rights are dropped. */
int follow_open(struct following *w, struct showing *show, struct err *e);
/* Take a packet: enum show_result. *shown: it was printed. */
int follow_packet(struct following *w, struct packet *p, const char *ifname, bool *shown,
		  struct err *e);
/* After the last packet: what waited, the tables, what has to be known. */
int follow_end(struct following *w, struct err *e);
void follow_done(struct following *w);

/* ---- stats.c ---- */

int stats_print(struct following *w, struct err *e);

/* ---- notes.c ---- */

int notes_open(struct following *w, struct flow_opts *fo, struct err *e);
int notes_packet(struct following *w, const struct packet *p, struct err *e);
int notes_print(struct following *w, struct err *e);

#endif
