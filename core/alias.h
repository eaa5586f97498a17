/* SPDX-License-Identifier: BSD-2-Clause */
/* Other names: what a name stands for that is not the field's own. Such names are read (filters,
 * columns), and lead to a field, to one arm of a choose, to an inline length, or to a view. */
#ifndef STRATA_CORE_ALIAS_H
#define STRATA_CORE_ALIAS_H

#include "core/tree.h"

enum alias_form {
	ALIAS_FIELD,  /* the field */
	ALIAS_ARM,    /* the field while `type` is the arm that was taken */
	ALIAS_PREFIX, /* the number before the data of `type` */
	ALIAS_VIEW,
};

struct alias {
	const char *name;
	enum alias_form form;
	const struct record *rec;
	const struct field *field; /* VIEW: NULL, or the field that it shows */
	const struct type *type;   /* ARM, PREFIX */
	const struct view *view;   /* VIEW */
};

/* Every alias of rec's own fields and every view of it, one by one: fn returns true to stop. True:
 * it was stopped. */
bool alias_each(const struct record *rec, bool (*fn)(const struct alias *a, void *arg), void *arg);

/* What a name stands for in a protocol: a field of its own, or another name there or in one of its
 * structs. 1; 0: nothing; -1: memory is out. */
int alias_of(const struct proto *p, const char *name, struct alias *out);

/* Does node `at` bear the name? (Not for views.) */
bool alias_is(const struct alias *a, const struct tree *t, uint32_t at);
/* The number before the data of node `at`, and where it stands. False: it has none. */
bool prefix_read(const struct tree *t, uint32_t at, uint64_t *num, uint32_t *bit, uint32_t *bits);

struct view_value {
	uint32_t node; /* the node it shows, or NODE_NONE: */
	uint64_t num;
	uint32_t bit, bits; /* of the fields that it is made of */
	bool bytes;         /* it is these bytes, num is nothing */
};
/* The view in the instance `at` (root or struct). False: it does not hold, or what it is made of is
 * not there. */
bool view_read(const struct view *v, const struct tree *t, uint32_t at, struct view_value *out);

/* What a name stands for in a tree, one by one: a node, a number or bytes. *from: where to go on, 0
 * at first. False: no more. */
bool alias_next(const struct alias *a, const struct tree *t, uint32_t *from,
		struct view_value *out);

#endif
