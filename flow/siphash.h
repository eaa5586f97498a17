/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4 with 128 bits (Aumasson, Bernstein 2012): two texts that a stranger chooses without
 * knowing the key get the same hash with a probability of 2^-128, so that the hash stands for the
 * text. */
#ifndef STRATA_FLOW_SIPHASH_H
#define STRATA_FLOW_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct flow_id {
	uint64_t a, b;
};

/* A key that nobody knows; or, with a seed that is not 0, always the same one. */
void siphash_key(uint64_t key[2], uint64_t seed);
struct flow_id siphash(const uint64_t key[2], const uint8_t *p, size_t n);

#endif
