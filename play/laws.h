/* SPDX-License-Identifier: BSD-2-Clause */
/* The laws that a description obliges: tried on random packets of one protocol. For `protocols
 * --check` and the tests. */
#ifndef STRATA_PLAY_LAWS_H
#define STRATA_PLAY_LAWS_H

#include "core/registry.h"

enum law {
	LAW_ROUND_TRIP,   /* what is printed crafts to the same bytes */
	LAW_CHECK,        /* what is crafted raises no flag, and a changed bit under a sum does */
	LAW_TWO_BUILDERS, /* libnet's layout and the description's give the same bytes */
	LAW_MIRROR,       /* mirrored twice is the same; the mirrored packet answers */
	LAW_PREFIX,       /* every prefix is read and printed in bounded work */
	LAW_TEXT,         /* printed and loaded again it is the same description */
	LAWS,
};

struct law_result {
	unsigned tried, failed;
	char why[400]; /* the first failure: which packet, what differed */
};

struct laws_opts {
	uint64_t seed;
	unsigned packets; /* random packets; 0: 200 */
};

extern const char *const law_names[LAWS];

/* reg is frozen and holds p. Nothing is sent, no right is needed. -1: e (memory, or no packet of p
 * can be built at all). */
int laws_try(const struct registry *reg, const struct proto *p, const struct laws_opts *o,
	     struct law_result out[LAWS], struct err *e);

#endif
