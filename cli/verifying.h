/* SPDX-License-Identifier: BSD-2-Clause */
/* --verify IF: what was sent against what arrives there (play/verify.h), told in words. */
#ifndef STRATA_CLI_VERIFYING_H
#define STRATA_CLI_VERIFYING_H

#include "cli/cli.h"
#include "cli/compare.h"
#include "play/verify.h"

#define VERIFY_SHOWN 10 /* packets of each kind that are told one by one */

struct verifying { /* zero-initialised: nothing is verified */
	struct cli *c;
	struct verify *v; /* verify_sent takes it */
	const char *ifname;
	struct ignore ignore;
	struct compare cmp;
	struct tree scratch;
	struct buf line; /* what is told of the current packet */
	bool first;
};

/* Where --verify was given (and --ignore, of which the same is made as by `diff`): opens the
 * interface. patience: ns, or 0. c->reg is loaded. Not to be moved from here on. -1: e. */
int verifying_open(struct verifying *y, struct cli *c, int64_t patience, struct err *e);
/* Once rights are dropped, before system calls are. */
int verifying_start(struct verifying *y, struct err *e);
/* All was sent: wait for what is under way. */
int verifying_end(struct verifying *y, struct err *e);
/* The sum, after verifying_end. */
void verifying_tell(struct verifying *y);
/* The exit code: EXIT_NO when it was not as expected, EXIT_LOST when that is not certain. */
int verifying_close(struct verifying *y);

#endif
