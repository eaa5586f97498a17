/* SPDX-License-Identifier: BSD-2-Clause */
/* Every other name that fields have, and every view, of all protocols: an index for who resolves
 * many names. A single filter goes through all protocols instead, which takes as long as making
 * this. */
#ifndef STRATA_DISSECT_NAMES_H
#define STRATA_DISSECT_NAMES_H

#include "core/alias.h"
#include "core/registry.h"

struct names;

/* NULL: memory is out. r: frozen, outlives it. */
struct names *names_open(const struct registry *r);
struct names *names_close(struct names *v); /* NULL */

/* Call fn with each of this name (in letters of either case), as each protocol has it, in the order
 * of the protocols. */
void names_each(const struct names *v, const char *s, size_t n,
		void (*fn)(const struct proto *p, const struct alias *a, void *arg), void *arg);
/* The same without an index: fn sees all that there are. */
void names_all(const struct registry *r,
	       void (*fn)(const struct proto *p, const struct alias *a, void *arg), void *arg);
/* Every record that a protocol's fields may hold, its own first; how many. */
#define NAMES_RECORDS 512
unsigned names_records(const struct proto *p, const struct record **v, unsigned max);
/* Records directly inside a type: of structs, items, arms. */
unsigned names_inner(const struct type *t, const struct record **v, unsigned max);

#endif
