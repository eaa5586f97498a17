/* SPDX-License-Identifier: BSD-2-Clause */
/* replay: how many packets leave with checksums that a network card was to fill in, or wrong ones.
 */
#ifndef STRATA_CLI_SUMS_H
#define STRATA_CLI_SUMS_H

#include "cli/cli.h"
#include "core/packet.h"
#include "dissect/check.h"

struct sums {
	const struct cli *c;
	struct check check;
	struct tree scratch;
	uint64_t looked, passed; /* packets; passed: not looked at */
	struct {
		uint64_t n, first; /* packets, and the number of the first one */
	} unfilled, wrong;
};

/* Look at p as it is to leave, where there is time, or it is one of the first `sure`. -1: memory is
 * out. */
int sums_look(struct sums *s, const struct packet *p, bool time, uint64_t sure);
void sums_tell(const struct sums *s);
void sums_done(struct sums *s);

#endif
