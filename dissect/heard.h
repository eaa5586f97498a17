/* SPDX-License-Identifier: BSD-2-Clause */
/* What packets have announced of later ones (`announces` in a description): which protocol a value
 * of a space stands for. A reader that sees packets in their order keeps one, and dissects with it.
 */
#ifndef STRATA_DISSECT_HEARD_H
#define STRATA_DISSECT_HEARD_H

#include "core/packet.h"
#include "core/registry.h"
#include "core/tree.h"

#define HEARD_MOST                                                                                 \
	4096u /* announcements that are kept; the oldest of those in the way is dropped */

struct heard;

void heard_close(struct heard *h); /* NULL is allowed */
/* Take in what a dissected packet announces. *h: NULL at first, made when something is announced.
 * Returns -1 only when memory is out. */
int heard_learn(struct heard **h, const struct packet *p, struct tree *scratch);
/* Those who were announced at this value, one after the other; *at is 0 at first. NULL: no more.
 * space: interned in the registry. */
const struct proto *heard_next(const struct heard *h, const char *space, uint64_t value,
			       unsigned *at);

/* dissect_with(), where what was announced follows when nothing that the description names does.
 * h: or NULL. Learns nothing itself. */
void dissect_heard(const struct registry *r, struct packet *p, struct tree *scratch,
		   const struct heard *h);

#endif
