/* SPDX-License-Identifier: BSD-2-Clause */
/* The writing twin of decode: one layer's fields from what was said. Not for use outside core/. */
#ifndef STRATA_CORE_BUILD_WALK_H
#define STRATA_CORE_BUILD_WALK_H

#include "core/plan.h"
#include "core/walk.h"

struct pending {           /* a computed field whose value is known when its record is complete */
	uint32_t node, at; /* the field's node, and its record's */
	const struct field *field;
	const struct say *say;
};

#define PENDING_MAX 8192

struct writer {
	struct build *b;
	const struct plan *plan;
	struct tree *t;  /* nodes relative to the first byte of the layer */
	struct buf *out; /* the layer's own bytes: header, then what follows the payload */
	uint32_t pos;    /* bits */
	unsigned depth;
	uint32_t prior;                /* the item before the one that is written, or NODE_NONE */
	uint32_t inner;                /* bits of payload before the fields that follow it */
	const struct field *sel_field; /* the selector that the layer above decides, or NULL */
	uint64_t sel_value;
	struct pending *pending;
	unsigned npending, cap;
	struct kind_seen seen; /* names written so far, that later ones may point back at */
	struct err *e;
};

/* Write fields [from, to) of rec into instance `at` (a node already open). -1: w->e says why. */
int write_fields(struct writer *w, uint32_t at, const struct record *rec, const struct say *says,
		 unsigned from, unsigned to);
/* Give the computed fields of instance `at` their values. */
int write_pending(struct writer *w, uint32_t at);
/* Complain of a say that no field took. */
int says_taken(struct writer *w, uint32_t at, const struct say *says);
/* An error at a say's value in the user's text. Returns -1. */
int say_error(struct writer *w, const struct say *s, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- between the files of build_*.c ---- */

int write_type(struct writer *w, uint32_t parent, const struct field *f, const struct type *type,
	       const struct say *say);
int write_leaf(struct writer *w, uint32_t at, uint32_t inst, const struct field *f,
	       const struct type *type, const struct say *say, bool item);
int write_list(struct writer *w, uint32_t at, const struct field *f, const struct type *type,
	       const struct say *say);
int no_memory(struct writer *w);
/* Make room for bits more; the new bytes are zero. */
int reserve(struct writer *w, uint32_t bits);
int put_bytes(struct writer *w, const void *p, uint32_t n);
/* The head of a prefixed type: n is what its number says, body the bytes that follow. */
int make_head(struct writer *w, const struct extent *x, int64_t n, uint32_t body,
	      const struct say *say, struct buf *out);
/* Put n bytes in before byte `at`, and move the nodes from `first` on. */
int insert_bytes(struct writer *w, uint32_t at, const void *p, uint32_t n, uint32_t first);
int put_number(struct writer *w, const struct type *type, unsigned bits, uint64_t v);
/* Write a number whose head is an earlier field. later: it is computed when the record is complete.
 */
int put_wide(struct writer *w, uint32_t at, uint32_t inst, uint64_t v, const struct say *say,
	     bool later);
/* Is type such a number, and was its head said in the instance inst? */
bool wide_head_said(const struct writer *w, uint32_t inst, const struct type *type);
/* Give a computed one its value. */
int settle_wide(struct writer *w, const struct pending *p, uint64_t v);
/* What stands at byte `at` and behind moves by delta bytes, with the nodes from `first` on. */
int move_bytes(struct writer *w, uint32_t at, int32_t delta, uint32_t first);
/* Node `at` of the instance `inst` has grown by delta bytes, and so has that. */
void grow_node(struct writer *w, uint32_t at, uint32_t inst, int32_t delta);
/* A length or a number of items for which the field has no room: sent cut, and said. */
/* A note on a field: its path, and what of it. */
void note_build(struct build *b, unsigned layer, uint32_t node, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void note_room(struct writer *w, const struct pending *p, unsigned bits, uint64_t want,
	       uint64_t is);
/* Append the codec's encoding. */
int put_codec(struct writer *w, const struct type *type, const struct value *v, unsigned width,
	      const struct say *say);
/* Put a number where there is room for it already. */
void store(struct writer *w, const struct type *type, uint32_t bit, unsigned bits, uint64_t v);
/* A derived number that was said (X.len=, X.width=): 1 and *v, 0: unsaid, -1: no number. */
int derived(struct writer *w, const struct say *say, const char *name, int64_t *v);
/* Does s hold a value (not a tree, auto, any, bad)? */
bool is_said(const struct say *s);

#endif
