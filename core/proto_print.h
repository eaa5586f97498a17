/* SPDX-License-Identifier: BSD-2-Clause */
/* What the printers of descriptions share: those of core/, and the table of `strata protocols`. */
#ifndef STRATA_CORE_PROTO_PRINT_H
#define STRATA_CORE_PROTO_PRINT_H

#include "core/registry.h"

/* Structs and shared word tables that a protocol needs, each once, in the order of their first use.
 */
struct needs {
	const struct record **rec;
	const struct words **words;
	unsigned nrec, nwords, rec_cap, words_cap;
};
int needs_of(const struct proto *p, struct needs *n); /* -1: memory is out */
void needs_done(struct needs *n);

void print_type(const struct type *t, const struct record *rec, unsigned indent, struct buf *out);
void print_words(const struct words *w, unsigned indent, struct buf *out);
/* Text of an expression, as the language writes it. rec: whose spans it names. */
void expr_print(const struct expr *x, const struct record *rec, struct buf *out);
void print_string(const char *s, size_t n, struct buf *out);
void print_field(const struct field *f, struct buf *out);
/* Its rule as it is written: " = len(all) zero rest"; nothing where it has none. */
void print_rule(const struct field *f, struct buf *out);
void print_views(const struct record *rec, struct buf *out);
/* A value as it may stand after =: bare where that reads the same, else in quotes. */
void print_literal(const char *s, uint32_t n, bool quoted, struct buf *out);

#endif
