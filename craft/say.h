/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans made by the program itself: a layer more, a field said. */
#ifndef STRATA_CRAFT_SAY_H
#define STRATA_CRAFT_SAY_H

#include "core/plan.h"

/* Append a layer inside the last one. proto NULL: payload. NULL when the plan is full. */
struct plan_layer *plan_push(struct plan *p, const struct proto *proto);
/* Say field f of y: a number, an address (n bytes, copied), or raw bytes in place of its encoding.
 * The say is marked implied. NULL when memory is out. */
struct say *say_num(struct plan *p, struct plan_layer *y, const struct field *f, uint64_t v);
struct say *say_addr(struct plan *p, struct plan_layer *y, const struct field *f,
		     const uint8_t *bytes, uint32_t n);
struct say *say_raw(struct plan *p, struct plan_layer *y, const struct field *f,
		    const uint8_t *bytes, uint32_t n);

/* The first field of rec of address kind with this many bits, under a `choose` too; NULL. */
const struct field *field_addr(const struct record *rec, unsigned bits);

#endif
