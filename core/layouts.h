/* SPDX-License-Identifier: BSD-2-Clause */
/* The layouts of records that packets have taught (`teaches` in a description), for whoever reads
 * the packets after them: which items a record has, and what numbers belong to each. */
#ifndef STRATA_CORE_LAYOUTS_H
#define STRATA_CORE_LAYOUTS_H

#include "core/tree.h"

#define LAYOUTS_MOST 1024u        /* layouts that are kept; the oldest of those in the way goes */
#define LAYOUT_ITEMS_MOST 1024u   /* items of one layout; one of more is not learnt */
#define LAYOUTS_ITEMS_MOST 65536u /* items of all of them, 3 MB; the oldest layouts go */
#define LAYOUT_NUMBERS 8u /* numbers of an item that are kept: of its first fields and views */

struct layouts;

struct layout_item {
	const struct record *rec;
	uint32_t num[LAYOUT_NUMBERS];
	uint8_t have; /* bit i: num[i] is there */
};

struct layout {
	uint32_t n;
	struct layout_item v[];
};

/* A number that takes no room: see EXTENT_IMPLIED. */
static inline bool is_implied(const struct type *type)
{
	return type->form == TYPE_LEAF && type->ext.form == EXTENT_IMPLIED;
}

/* NULL: memory is out. */
struct layouts *layouts_open(void);
void layouts_close(struct layouts *l); /* NULL is allowed */
/* Take in what the record at node `at` of a decoded layer teaches. What is cut or does not fit
 * teaches nothing; lists without items take the layout back. -1: memory is out. */
int layouts_learn(struct layouts *l, const struct tree *t, uint32_t at);
/* The layout of this key, as it is asked for at node `at`. NULL: none is known. l: or NULL. Any
 * number of threads, while nobody learns. */
const struct layout *layouts_find(const struct layouts *l, const struct layout_key *k,
				  const struct tree *t, uint32_t at);
/* What an item says of field f: the number of its field or view of that name. False: nothing. */
bool layout_number(const struct layout_item *item, const struct field *f, uint64_t *v);

#endif
