/* SPDX-License-Identifier: BSD-2-Clause */
/* A header as RFCs draw it: 32 bits a row, every field as wide as it is, with what it holds. */
#ifndef STRATA_TEACH_FIGURE_H
#define STRATA_TEACH_FIGURE_H

#include "core/buf.h"
#include "core/packet.h"
#include "core/tree.h"

#define FIGURE_ROW 32 /* bits */
#define FIGURE_FULL 4 /* full rows of one field that are drawn; of a longer one it is one row */

struct figure_opts {
	bool values;  /* under each name what the field holds, where there is room for it */
	bool payload; /* a row for what the layer carries, of the innermost one */
};

/* Append the figure of layer i of p, whose fields t has (decode). Names that are wider than their
 * field are cut; a value that does not fit is left out. A struct's fields are drawn one by one, a
 * list as one field. A field in two parts, none below the
 * other, has its name in brackets in one of them. One of more than FIGURE_FULL rows is one row of
 * slashes, with its size. -1: memory is out. Thread-safe. */
int figure(const struct packet *p, unsigned i, const struct tree *t, const struct figure_opts *o,
	   struct buf *out);

#endif
