/* SPDX-License-Identifier: BSD-2-Clause */
/* How it went, in numbers, on stderr: a line of words for people; where packets are printed as
 * JSON, a JSON object with the same numbers for programs, since stdout holds packets and nothing
 * else. */
#ifndef STRATA_CLI_COUNTS_H
#define STRATA_CLI_COUNTS_H

#include "capture/source.h"
#include "cli/cli.h"

struct count {
	const char *key; /* in JSON, where all are told; NULL: not there */
	/* The number stands in place of '#'; a comma comes before all but the first, and but those
	 * that begin with a blank. */
	const char *words;
	uint64_t n;
	bool quiet;   /* not among the words */
	bool unknown; /* null in JSON, not among the words */
};

#define COUNT_LOSSES 6u
/* What a capture lost, in so many rows. queued: there is a queue. */
void count_losses(struct count v[COUNT_LOSSES], const struct source_stats *st, bool queued);
/* form: of the packets, enum report_form. Nothing is told with --quiet. */
void say_counts(const struct cli *c, int form, const struct count *v, unsigned n);

#endif
