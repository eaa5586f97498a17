/* SPDX-License-Identifier: BSD-2-Clause */
/* What the routing table adds to a plan that is to be sent: the source addresses and the next hop's
 * address where they were left unsaid, and the interface. */
#ifndef STRATA_CRAFT_AIM_H
#define STRATA_CRAFT_AIM_H

#include <assert.h>
#include <string.h>

#include "craft/sender.h"

struct aim;

/* Finds p's destination and adds says (implied, varying) to p for its unsaid source addresses and,
 * in a link header that was written without them, the two link addresses. Call it after plan_parse
 * and plan_fresh. The aim must be closed before p is done. Without a route: NULL only when no
 * packet of p can have one; else aim_step tells, and so it does of a silent neighbour. */
struct aim *aim_open(struct plan *p, struct sender *s, struct err *e);
/* The same, but nothing is added: what was left unsaid has the value that its description gives. */
struct aim *aim_open_exact(struct plan *p, struct sender *s, struct err *e);
void aim_close(struct aim *a);

/* For each packet, after plan_step and before it is built: the route of this destination. 1: its
 * neighbour is being asked for; step the plan to this packet again later (never with wait). -1: no
 * way to this one (e); the next may have one. */
int aim_step(struct aim *a, bool wait, struct err *e);

/* Packets of a plan whose turn comes when their neighbour has answered. */
#define LATER_MAX 256
struct later {
	uint64_t v[LATER_MAX]; /* steps of the plan, in order */
	unsigned n;
};
/* There must be room. */
static inline void later_add(struct later *l, uint64_t step)
{
	assert(l->n < LATER_MAX);
	l->v[l->n++] = step;
}
static inline void later_drop(struct later *l, unsigned i)
{
	memmove(&l->v[i], &l->v[i + 1], (--l->n - i) * sizeof(l->v[0]));
}

/* All packets of the plan go the way that aim_step found: it need not be asked again. */
bool aim_fixed(const struct aim *a);
const struct hop *aim_hop(const struct aim *a);  /* after aim_step */
const struct addr *aim_dst(const struct aim *a); /* family 0: the packet names none */
/* A source address (network or link) that was said and is not the interface's own. */
bool aim_spoofs(const struct aim *a);
/* What was added, in words ("ip.src=10.0.0.1 eth.dst=..."), appended. */
void aim_words(const struct aim *a, struct buf *out);

#endif
