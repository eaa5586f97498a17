/* SPDX-License-Identifier: BSD-2-Clause */
/* What fill.c (values of packets), fill_read.c (what a hole's name means) and fill_text.c (holes as
 * text, and where an error in it stands in what the user wrote) share. */
#ifndef STRATA_PLAY_FILL_IMPL_H
#define STRATA_PLAY_FILL_IMPL_H

#include "core/buf.h"
#include "dissect/pick.h"
#include "play/fill.h"

#define HOLES 32
#define TERMS 4
#define SHAPES 8 /* sizes of values for which a template is kept */

struct template;

struct term {
	struct pick *pick; /* NULL: a number */
	uint64_t num;
	bool minus;
};

struct hole {
	uint32_t from, to; /* in the text, with braces */
	uint32_t at, len;  /* where it was filled in, in the plan's text */
	struct term term[TERMS];
	unsigned nterms;
	bool payload;
	const struct proto *under; /* payload: of this protocol's layer; NULL: of the innermost */
	struct say *say;           /* NULL: filled in as text */
	const struct type *type;   /* of the field that it fills; NULL: payload */
	uint32_t bits;             /* of that field, for numbers and addresses */
	/* what it holds now */
	bool is_num;
	uint64_t num;
	const uint8_t *p;
	uint32_t n;
	const struct type *from_type;
	struct buf words; /* of what only words tell */
	bool worded;
};

struct shape {
	uint32_t len[HOLES];
	struct template *tmpl;
};

struct fill {
	const struct registry *reg;
	char *text;
	size_t len;
	struct hole hole[HOLES];
	unsigned n;
	struct plan plan;
	struct shape shape[SHAPES];
	unsigned nshapes, next;
	struct template *now;
	struct buf said; /* the text as it was read */
	bool stays;
};

/* Find the holes in f->text. -1: e. */
int fill_holes(struct fill *f, const struct names *names, struct err *e);
/* Append the text with what the holes hold (any: with values that can stand there). */
int fill_put(struct fill *f, bool any, struct buf *out, struct err *e);
/* The same, read into f->plan. */
int fill_read(struct fill *f, bool any, struct err *e);

#endif
