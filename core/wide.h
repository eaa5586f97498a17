/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers whose head is an earlier field: `wide len { 13 -> u8 + 13 }`. The head says the number
 * itself, or that it stands here. */
#ifndef STRATA_CORE_WIDE_H
#define STRATA_CORE_WIDE_H

#include "core/proto.h"

static inline bool is_wide(const struct type *t)
{
	return t->form == TYPE_LEAF && t->ext.form == EXTENT_WIDE;
}
/* What stands there where the head has this value; NULL: nothing, the head is the number. */
const struct wide_form *wide_of(const struct extent *x, uint64_t head);
/* The shortest form of v: *head, and what stands there (NULL: nothing). False: there is none. */
bool wide_shortest(const struct extent *x, uint64_t v, uint64_t *head, const struct wide_form **w);
/* May w hold v? */
bool wide_holds(const struct wide_form *w, uint64_t v);
/* The head of the shortest form of what stands in bits at p; 0 bits: of a head that is the number,
 * itself. */
uint64_t wide_head(const struct extent *x, uint64_t head, const uint8_t *p, uint64_t bit,
		   unsigned bits);

#endif
