/* SPDX-License-Identifier: BSD-2-Clause */
/* What there is to know of a packet that was built from a user's words. */
#ifndef STRATA_CLI_MADE_H
#define STRATA_CLI_MADE_H

#include "cli/cli.h"
#include "core/plan.h"

/* On stderr: what was said against a rule, and which layer that was said is read back as something
 * else. first: the first packet of the plan; scratch: reused. */
void tell_made(const struct cli *c, const struct plan *plan, const struct build *b,
	       const struct packet *first, struct tree *scratch);

#endif
