/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan becomes bytes: the layers from their descriptions, laid out through libnet where libnet
 * knows the layer, then what the user said and the checksums. Pure: no network, no privilege. */
#ifndef STRATA_CRAFT_CRAFT_H
#define STRATA_CRAFT_CRAFT_H

#include "core/plan.h"

/* Which builder made what, for `send -v` and the tests. */
struct layout_stats {
	unsigned blocks;      /* layers that a libnet builder made */
	unsigned data;        /* layers that joined as libnet data blocks */
	uint32_t block_bytes; /* bytes of the former */
	uint32_t data_bytes;  /* bytes of the latter, payload and trailers included */
	unsigned overruled;   /* layers in which libnet's bytes were wrong, and were not used */
};

/* The bytes as libnet alone makes them from the values in b (after build_layers), checksums as they
 * stand in b, nothing put right afterwards. Appends to out. b is not changed. Thread-safe for
 * distinct b. Tests compare this with b->bytes. */
int layout_bytes(const struct build *b, struct buf *out, struct layout_stats *st, struct err *e);

/* After build_layers: replaces b->bytes by libnet's, then writes back the bits of every field that
 * the user said. Where libnet's bytes still differ from the description's, these win (counted in
 * st->overruled). st may be NULL. */
int layout(struct build *b, const struct plan *p, struct layout_stats *st, struct err *e);

/* True if libnet has a builder that is used for layers of p. */
bool layout_knows(const struct proto *p);

/* build_layers, layout, build_sums. -1: e says why, with the place in p->text for what the user
 * typed. Reuses b's memory. Thread-safe for distinct b and p. */
int craft(struct build *b, const struct plan *p, struct err *e);
int craft_with(struct build *b, const struct plan *p, struct layout_stats *st, struct err *e);

#endif
