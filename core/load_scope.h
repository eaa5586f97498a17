/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of the resolver share. Not for use outside core/. */
#ifndef STRATA_CORE_LOAD_SCOPE_H
#define STRATA_CORE_LOAD_SCOPE_H

#include "core/load.h"

enum { MAY_ITEM = 1, MAY_UPPER = 2, MAY_SPAN = 4, MAY_REQUEST = 8, MAY_INDEX = 16 };

struct scope {
	struct registry *r;
	struct unit *u;
	struct unit *item; /* until: the record of the list's items; or NULL */
	const struct field *list;
	unsigned may;
	struct err *e;
};

/* The words of what an expression compares (whose: the field that has them); NULL: it has none.
 * Nothing need be resolved yet. */
const struct words *scope_words(const struct scope *s, const struct expr *x,
				const struct field **whose);
/* The error for a name that is neither a word of ctx nor a field. */
int scope_unknown(const struct scope *s, const struct expr *x, const struct words *ctx,
		  const struct field *whose);
/* Resolve the names in x; a bare name may be a word of ctx, which belongs to `whose`. */
int scope_resolve(const struct scope *s, const struct expr *x, const struct words *ctx,
		  const struct field *whose);

#endif
