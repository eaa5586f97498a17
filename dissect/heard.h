/* SPDX-License-Identifier: BSD-2-Clause */
/* What packets have said of later ones: which protocol a value of a space stands for (`announces`
 * in a description), and of which fields records consist (`teaches`). A reader that sees packets in
 * their order keeps one, and dissects with it.
 */
#ifndef STRATA_DISSECT_HEARD_H
#define STRATA_DISSECT_HEARD_H

#include "core/layouts.h"
#include "core/packet.h"
#include "core/registry.h"
#include "core/tree.h"

#define HEARD_MOST                                                                                 \
	4096u /* announcements that are kept; the oldest of those in the way is dropped */

struct heard;

void heard_close(struct heard *h); /* NULL is allowed */
/* Take in what a dissected packet says, and let it be read by all that was taught until now, by
 * itself too. *h: NULL at first, made when something is said; the packet's fields may be asked for
 * until it is closed. Returns -1 only when memory is out. */
int heard_learn(struct heard **h, struct packet *p, struct tree *scratch);
/* What was taught; NULL: nothing. */
const struct layouts *heard_layouts(const struct heard *h);
/* Those who were announced at this value, one after the other; *at is 0 at first. NULL: no more.
 * space: interned in the registry. */
const struct proto *heard_next(const struct heard *h, const char *space, uint64_t value,
			       unsigned *at);

/* dissect_with(), where what was announced follows when nothing that the description names does.
 * h: or NULL. Learns nothing itself. */
void dissect_heard(const struct registry *r, struct packet *p, struct tree *scratch,
		   const struct heard *h);

#endif
