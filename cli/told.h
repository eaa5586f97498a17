/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings on their way out: a line each, or a JSON object. */
#ifndef STRATA_CLI_TOLD_H
#define STRATA_CLI_TOLD_H

#include "cli/cli.h"
#include "cli/out.h"
#include "watch/watch.h"

struct told {
	const struct cli *c;
	struct out out;
	bool json, verbose;
	bool begun;
	int64_t first; /* time of the first packet */
	uint64_t n;
	enum rule_sure sure; /* what is less sure is counted, and not told */
	uint64_t unsure;
	const char *process; /* of this machine, that the next finding is about; NULL */
};

/* Reads --as and --sure. -1: e. */
int told_open(struct told *t, const struct cli *c, struct err *e);
/* Times count from the first packet. */
static inline void told_first(struct told *t, const struct packet *p)
{
	if (!t->begun)
		t->first = p->when;
	t->begun = true;
}
/* Is it sure enough to be told? If not it is counted. */
bool told_wants(struct told *t, const struct finding *f);
void told_finding(struct told *t, const struct finding *f);
/* How many there were, on stderr. */
void told_counts(const struct told *t, const char *before);
void told_close(struct told *t);

#endif
