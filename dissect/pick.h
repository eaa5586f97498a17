/* SPDX-License-Identifier: BSD-2-Clause */
/* The values that a packet has under a name: any name that a display filter takes (tcp.dstport,
 * eth.src[0:3], len(dns.qry.name), dns), to be compared, counted and printed. */
#ifndef STRATA_DISSECT_PICK_H
#define STRATA_DISSECT_PICK_H

#include "dissect/filter.h"

struct pick;

/* Read a name. NULL: e says what is wrong, where, and the nearest name. r must be frozen and
 * outlive the pick. names: an index of r's, or NULL. */
struct pick *pick_parse(const struct registry *r, const struct names *names, const char *text,
			size_t len, struct err *e);
struct pick *pick_close(struct pick *k); /* NULL */

/* What follows looks at the packet that w was last begun with (filter_begin, filter_match).
 * Thread-safe for distinct w. */

/* Append the first value in a form that is the same for equal values alone. False: there is none.
 */
bool pick_key(const struct pick *k, const struct packet *p, struct filter_work *w, struct buf *out);
/* Call each() with that form of every value, in their order; how many. */
unsigned pick_each(const struct pick *k, const struct packet *p, struct filter_work *w,
		   void (*each)(void *arg, const void *v, size_t n), void *arg);
/* Append the first value in words, unescaped. False: there is none. */
bool pick_text(const struct pick *k, const struct packet *p, struct filter_work *w,
	       struct buf *out);
/* The first value as a number. False: there is none, or it is no number. */
bool pick_number(const struct pick *k, const struct packet *p, struct filter_work *w, uint64_t *v);

/* The first value as it stands in the packet, borrowed from it or from w. */
struct pick_value {
	const struct type *type; /* leaf; NULL: a plain number, or bytes */
	bool is_num;
	uint64_t num;
	const uint8_t *p; /* not is_num */
	uint32_t n;
};
bool pick_value(const struct pick *k, const struct packet *p, struct filter_work *w,
		struct pick_value *v);
/* The type of what is picked, as far as it is known without a packet; NULL: a number, or bytes
 * (*bytes). */
const struct type *pick_type(const struct pick *k, bool *bytes);

#endif
