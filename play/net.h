/* SPDX-License-Identifier: BSD-2-Clause */
/* An address of any kind, or a network of them: 10.0.0.0/8, 2001:db8::1, 02:00:00:00:00:01; and the
 * numbers beside them. */
#ifndef STRATA_PLAY_NET_H
#define STRATA_PLAY_NET_H

#include "core/arena.h"
#include "core/proto.h"

struct net {
	const struct kind *kind; /* of the addresses */
	unsigned bits;           /* that tell the network, from the first on */
	uint8_t b[16];
};

/* Read s[0..n), "ADDRESS" or "ADDRESS/BITS". kind: it must be of this one; or NULL. mem: scratch.
 * False: it is none. */
bool net_parse(const char *s, size_t n, const struct kind *kind, struct arena *mem,
	       struct net *out);
/* Decimal digits, all of s[0..n), to a number of at most `most`. */
bool net_number(const char *s, size_t n, uint64_t most, uint64_t *v);
/* Are the first `bits` bits of a and b the same? */
bool net_same(const uint8_t *a, const uint8_t *b, unsigned bits);
/* Is the address p, which is of that kind, in it? */
bool net_holds(const struct net *w, const uint8_t *p);

#endif
