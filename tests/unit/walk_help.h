/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the walk share: a description of one protocol t over link 147, its registry,
 * and a packet of that link. */
#ifndef STRATA_TESTS_WALK_HELP_H
#define STRATA_TESTS_WALK_HELP_H

#include "tests/unit/unit.h"

#include "core/plan.h"
#include "dissect/dissect.h"
#include "dissect/report.h"
#include "notation/notation.h"

#define P(body) "protocol t {\n over link 147\n" body "}\n"

static inline struct registry *own(const char *s)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	ck_assert_msg(registry_load(r, "own.protocol", s, strlen(s), false, &e) == 0 &&
			      registry_freeze(r, &e) == 0,
		      "%s\n%s", e.msg, s);
	return r;
}

static inline void view(struct packet *p, const uint8_t *bytes, size_t n)
{
	*p = (struct packet) {
		.data = bytes, .len = (uint32_t)n, .wire_len = (uint32_t)n, .link = 147, .number = 1
	};
}

#endif
