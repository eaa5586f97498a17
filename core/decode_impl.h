/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of decode*.c. */
#ifndef STRATA_CORE_DECODE_IMPL_H
#define STRATA_CORE_DECODE_IMPL_H

#include "core/layouts.h"
#include "core/walk.h"

struct reader {
	struct tree *t;
	unsigned depth;
	bool given;     /* the layer's extents are known: dissect has judged its lengths */
	uint32_t prior; /* the item before the one that is read; NODE_NONE: there is none */
	const struct layout *layout;   /* that records are read by; or NULL */
	const struct layout_item *row; /* of it, for the item that is read; or NULL */
};

/* Member by member: from a struct put together elsewhere they would be loaded wider than they were
 * stored, which processors wait for. */
static inline void node_init(struct node *v, uint32_t parent, const struct field *f,
			     const struct type *type, uint32_t bit)
{
	v->field = f;
	v->type = type;
	v->rec = NULL;
	v->said = NULL;
	v->num = 0;
	v->bit = bit;
	v->bits = 0;
	v->parent = parent;
	v->next = 0;
	v->head = v->tail = v->index = 0;
	v->flags = f && f->judged ? NODE_JUDGED : 0;
}

/* Where a record stands while it is read. */
struct place {
	uint32_t pos, end; /* bits */
	uint32_t start;
	bool bounded; /* a length said where this record ends */
};

/* All return 0, -1: the bytes do not fit, -2: out of memory. */

/* exact: the field is bounded and must end on p->end. */
int read_type(struct reader *r, uint32_t parent, const struct field *f, const struct type *type,
	      struct place *p, bool exact);
/* Fields [from, to) of rec, the children of node `at`. */
int read_fields(struct reader *r, uint32_t at, const struct record *rec, unsigned from, unsigned to,
		struct place *p);
int read_record(struct reader *r, uint32_t at, const struct record *rec, struct place *p);
int read_leaf(struct reader *r, uint32_t at, const struct type *type, struct place *p,
	      uint32_t inst);
int read_pad(struct reader *r, uint32_t at, const struct type *type, struct place *p, bool bounded);
int read_list(struct reader *r, uint32_t at, const struct type *type, struct place *p,
	      uint32_t inst);
/* Lists by a layout of an earlier packet, and the numbers that it says. */
int read_learnt(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		uint32_t inst);
int read_implied(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		 uint32_t inst);
/* The inline number before the data: how many; -1 when it is cut, or another mark stands there. */
int64_t read_prefix(struct reader *r, uint32_t at, const struct extent *x, struct place *p);
/* A number of fixed width at bit, sign-extended for signed kinds. */
uint64_t read_number(const struct tree *t, const struct type *type, uint32_t bit, unsigned bits);
/* Room for more nodes; false: out of memory. */
bool nodes_grow(struct tree *t);
/* Node `at` ends here, cut: -1. */
int cut_node(struct reader *r, uint32_t at, struct place *p);
/* Bits of so many bytes, as a description says; negative: nonsense. */
static inline int64_t size_bits(int64_t bytes)
{
	return bytes < 0 ? -1 : bytes > PACKET_MAX ? (int64_t)PACKET_MAX * 8 : bytes * 8;
}
/* Bits that `want` may take, clipped to the bound and flagged. */
uint32_t clip(struct reader *r, uint32_t at, const struct place *p, int64_t want);
/* Make node `at` raw: its bytes up to end are one piece that the description does not fit. */
void raw_node(struct reader *r, uint32_t at, struct place *p, uint32_t end);

#endif
