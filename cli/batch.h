/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets copied out of a source, so that another thread can look at them while more are read. */
#ifndef STRATA_CLI_BATCH_H
#define STRATA_CLI_BATCH_H

#include <stddef.h>

#include "core/packet.h"

#define BATCH 256                /* packets */
#define BATCH_BYTES (512u << 10) /* of packets; one that has more has a batch of its own */

struct batch { /* zero-initialised is closed */
	unsigned n;
	struct packet *p;    /* [BATCH] */
	const char **ifname; /* [BATCH] */
	uint8_t *bytes;
	size_t used, cap;
};

/* False: memory is out. */
bool batch_open(struct batch *b);
void batch_close(struct batch *b);
static inline void batch_clear(struct batch *b)
{
	b->n = 0;
	b->used = 0;
}
/* Is there room for p? An empty batch has room for any. */
bool batch_takes(const struct batch *b, const struct packet *p);
/* Add a copy of p and of what it points to; ifname and p->ifname are not copied, nothing is learnt.
 * False: memory is out. */
bool batch_put(struct batch *b, const struct packet *p, const char *ifname);
/* A copy of a packet without what it points to. */
void packet_copy(struct packet *to, const struct packet *p);

#endif
