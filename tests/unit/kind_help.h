/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of kinds share: noise that repeats, and a type of a kind. */
#ifndef STRATA_TESTS_KIND_HELP_H
#define STRATA_TESTS_KIND_HELP_H

#include "tests/unit/unit.h"

#include "core/bits.h"
#include "core/kind.h"
#include "core/plan.h"

static uint64_t noise_state = 88172645463325252u;

static inline uint64_t noise(void)
{
	noise_state ^= noise_state << 13;
	noise_state ^= noise_state >> 7;
	return noise_state ^= noise_state << 17;
}

static inline struct type type_of(const char *kind, unsigned bits)
{
	const struct kind *k = kind_find(kind, strlen(kind));

	ck_assert_msg(k, "no kind %s", kind);
	return (struct type) { .form = TYPE_LEAF,
			       .kind = k,
			       .bits = (uint16_t)(bits ? bits : k->bits) };
}

#endif
