/* SPDX-License-Identifier: BSD-2-Clause */
/* What strata watch reads before the packets: rules, and what is usual. */
#ifndef STRATA_CLI_WATCH_RULES_H
#define STRATA_CLI_WATCH_RULES_H

#include <stdio.h>

#include "cli/cli.h"
#include "watch/watch.h"

/* Those that are built in and those of --rules; of these what --only and --without leave. The
 * registry is loaded. -1: e; rules is to be freed all the same. */
int watch_rules(struct cli *c, struct ruleset *rules, struct err *e);
/* --rules list? */
bool watch_rules_wanted(const struct cli *c);
/* They are printed. The exit code. */
int watch_rules_list(struct cli *c);

struct usual { /* zero-initialised */
	struct baseline lines;
	const char *path; /* of --learn or --baseline; NULL: neither */
	FILE *learn;      /* where it is written; NULL */
};

/* What is learnt is written at the end, into a file that is opened now: nothing can be later. -1:
 * e. */
int usual_open(struct usual *u, const struct cli *c, struct err *e);
/* With --learn: the file, anew, with what it had, sorted. -1: e. */
int usual_write(struct usual *u, const struct cli *c, struct err *e);
void usual_close(struct usual *u);

#endif
