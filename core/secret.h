/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields that are marked `secret`: what they say is for who gets it alone. */
#ifndef STRATA_CORE_SECRET_H
#define STRATA_CORE_SECRET_H

#include "core/tree.h"

/* Is a field of p, or of one of its structs, marked so? -1: memory is out. */
int secret_in(const struct proto *p);
/* The next field of t from node *from on (0 at first) that is marked so, by its condition, and says
 * something. False: there is none. *at: its node. */
bool secret_next(const struct tree *t, uint32_t *from, uint32_t *at);
/* Append the name of the field of a node as a display filter takes it: that of a view, another
 * name, or its own. */
void secret_name(const struct tree *t, uint32_t at, struct buf *out);

#endif
