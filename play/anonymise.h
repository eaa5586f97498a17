/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses replaced by others, the same way each time for the same seed: two that begin with the
 * same bits begin with as many same bits afterwards (Xu, Fan, Ammar, Moon: Prefix-Preserving IP
 * Address Anonymization, 2002; here by SipHash). */
#ifndef STRATA_PLAY_ANONYMISE_H
#define STRATA_PLAY_ANONYMISE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct anonymise;

/* Who knows the seed can undo it; an empty one is refused. NULL: e. */
struct anonymise *anonymise_open(const char *seed, struct err *e);
void anonymise_close(struct anonymise *a); /* accepts NULL */

/* Replace the address p, of this width (32, 48, 64, 128; another: nothing happens), of which `bits`
 * are there (a prefix has less; the rest of its last byte stays). One to one. What has a meaning of
 * its own stays: loopback, unspecified, groups, masks, the reserved ones; and a private, link-local
 * or unique local address becomes another one of its network. The last 24 bits of a 128-bit address
 * go by themselves alone, so that solicited-node groups follow. True: it is another one now. Not
 * thread-safe. */
bool anonymise(struct anonymise *a, uint8_t *p, unsigned width, unsigned bits);

#endif
