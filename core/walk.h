/* SPDX-License-Identifier: BSD-2-Clause */
/* What decode and build share: making nodes. Not for use outside core/. */
#ifndef STRATA_CORE_WALK_H
#define STRATA_CORE_WALK_H

#include "core/tree.h"

#define WALK_DEPTH 96   /* structs in lists in choices: deeper is bytes */
#define WALK_ITEMS 4096 /* items of one list: more is one raw item */

/* Append a node at bit; NODE_NONE when memory is out. Its next is set by node_close. */
uint32_t node_open(struct tree *t, uint32_t parent, const struct field *f, const struct type *type,
		   uint32_t bit);
static inline void node_close(struct tree *t, uint32_t at, uint32_t end_bit)
{
	t->v[at].bits = end_bit - t->v[at].bit;
	t->v[at].next = t->n;
}
/* Forget nodes from n on. */
static inline void tree_cut(struct tree *t, uint32_t n)
{
	t->n = n;
}

/* The number that field f, `since prior` in the instance at, is counted from: that of the item
 * `prior`, NODE_NONE: of none. */
uint64_t prior_number(const struct tree *t, uint32_t at, const struct field *f, uint32_t prior);
/* The arm of a choose for value v: by value, else the else arm, else NULL. */
const struct type *choose_arm(const struct type *type, int64_t v);
const struct type *choose_else(const struct type *type);
/* Fixed width in bits of a leaf of extent EXTENT_KIND; 0: the codec decides. */
static inline unsigned leaf_bits(const struct type *type)
{
	return type->kind->bits ? type->kind->bits : type->bits;
}
static inline bool is_number(const struct type *type)
{
	return type->form == TYPE_LEAF &&
	       (type->kind->cls == KIND_NUM || type->kind->cls == KIND_FLOAT ||
		type->kind->cls == KIND_TIME);
}
/* What is known, before it is built, of a field of a layer below plan layer `layer`: what was said
 * of it, or its default; a protocol's name alone: is there one? */
int64_t plan_outer(const struct plan *p, unsigned layer, const struct expr *x);
/* The inverse of a length rule: bits that value v claims for its span; -1: nonsense. */
int64_t rule_claims(const struct rule *r, uint64_t v);

#endif
