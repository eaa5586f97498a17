/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that could not be sent, and why: each reason is told once, at the end. */
#ifndef STRATA_CLI_REASONS_H
#define STRATA_CLI_REASONS_H

#include "cli/cli.h"

#define REASONS 32 /* different ones; further ones are only counted */

struct reasons {
	uint64_t failed; /* packets, of whatever reason */
	unsigned n;
	struct {
		uint64_t first, n; /* number of the first packet, and how many */
		char why[480];
	} v[REASONS];
};

/* n packets, of which this is the first. */
void reasons_add(struct reasons *r, uint64_t number, uint64_t n, const char *why);
/* Those of another part of the same packets as well. */
void reasons_join(struct reasons *r, const struct reasons *more);
/* With -q, too. */
void reasons_tell(const struct reasons *r);

#endif
