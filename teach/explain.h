/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet explained: each layer's header as a figure, each field with its meaning and why it has
 * this value. All of it is read from the descriptions. */
#ifndef STRATA_TEACH_EXPLAIN_H
#define STRATA_TEACH_EXPLAIN_H

#include "core/buf.h"
#include "dissect/check.h"

/* Why field `at` of layer i has its value, appended in words: computed (by which rule, and whether
 * it is right), the default, what selects the next layer. Nothing, where only its sender knows. c
 * holds p (check). */
void explain_why(const struct packet *p, unsigned i, const struct check *c, uint32_t at,
		 struct buf *out);

enum explain_what {
	EXPLAIN_PACKET,   /* with the values of this packet */
	EXPLAIN_PROTOCOL, /* a header by itself: its defaults are no answer to anything */
};

/* Append layer i of a dissected packet: what it is for, its figure, its fields. c holds p. -1:
 * memory is out. Thread-safe. */
int explain_layer(const struct packet *p, unsigned i, const struct check *c, enum explain_what what,
		  struct buf *out);

#endif
