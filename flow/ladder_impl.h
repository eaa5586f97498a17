/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of flow/ladder*.c. */
#ifndef STRATA_FLOW_LADDER_IMPL_H
#define STRATA_FLOW_LADDER_IMPL_H

#include "core/arena.h"
#include "core/tree.h"
#include "flow/ladder.h"

#define LABEL_MOST 400u /* bytes of one */

struct ladder {
	struct ladder_opts o;
	struct flows *flows;
	struct asked *asked;
	struct report *report;
	struct tree tree;
	const struct packet *frame;
	struct ladder_arrow *arrow;
	uint32_t narrow, arrow_cap;
	struct buf text; /* labels, NUL-terminated */
	struct ladder_end *end;
	uint32_t nend, end_cap;
	uint32_t *slot, slots; /* ends by the hash of their names, from 1; a power of two */
	struct arena names;
	struct buf a, b, bytes;
	struct ladder_counts n;
	bool failed;
};

/* The names of both ends of a new conversation; what stands for them in the ladder. -1: memory. */
int label_ends(struct ladder *l, const struct packet *p, const struct flow_seen *s,
	       struct ladder_conv *c);
int label_lanes(struct ladder *l, const struct packet *p, const struct flow_seen *s,
		struct ladder_conv *c);
/* The label of the next arrow. */
void label_make(struct ladder *l, const struct packet *p, const struct flow_seen *s,
		const struct verdict *v);
/* What stands inside layer i, each layer with its summary, behind text.p[from..). True: there was
 * something. */
bool label_inner(struct ladder *l, const struct packet *p, unsigned i, size_t from);
/* Which lane end k (0: from, 1: to) of an arrow is; -1: none that is drawn. */
int lane_of(const struct ladder_lanes *w, const struct ladder_arrow *a, unsigned k);

#endif
