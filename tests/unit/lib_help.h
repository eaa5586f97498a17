/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the library share. They see the public header alone. */
#ifndef STRATA_TESTS_LIB_HELP_H
#define STRATA_TESTS_LIB_HELP_H

#include "tests/unit/unit.h"

#include <strata/strata.h>

#define CAPTURE(name) STRATA_SOURCE "/captures/" name ".pcap"
#define MS INT64_C(1000000)

static struct strata *S;
static struct strata_packet *P;
static struct strata_error E;

static inline void setup(void)
{
	S = strata_open(NULL, 0, &E);
	ck_assert_msg(S != NULL, "%s", E.message);
	P = strata_packet_new(S);
	ck_assert_ptr_nonnull(P);
}

static inline void teardown(void)
{
	strata_packet_free(P);
	strata_close(S);
}

static inline void craft_ok(const char *text)
{
	ck_assert_msg(strata_craft(P, text, &E) == 0, "%s: %s", text, E.message);
}

static inline uint64_t number(const char *name)
{
	uint64_t v = 0;

	ck_assert_msg(strata_number(P, name, &v) == 1, "%s is not there", name);
	return v;
}

static inline void text_is(const char *name, const char *want)
{
	const char *s = strata_text(P, name);

	ck_assert_msg(s && !strcmp(s, want), "%s is '%s', not '%s'", name, s ? s : "(none)", want);
}

static inline uint16_t inet_sum(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	for (size_t i = 0; i < n; i += 2)
		s += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

#endif
