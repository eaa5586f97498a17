/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzz targets share: the registry (the built-ins, and the description that uses every
 * kind there is, on link type 147), loaded once in a process; a packet's form as input; the end of
 * a run that went wrong. */
#ifndef STRATA_TESTS_FUZZ_H
#define STRATA_TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/registry.h"
#include "dissect/dissect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Set where inputs are replayed (standalone.c): then each may cost more. */
extern int fuzz_replays __attribute__((weak));

static inline bool fuzz_thorough(void)
{
	return &fuzz_replays && fuzz_replays;
}

/* text: what was printed or read; may be NULL. */
static inline void complain(const char *what, const char *why, struct buf *text)
{
	fprintf(stderr, "%s: %s\n%s\n", what, why, text ? buf_cstr(text) : "");
	abort();
}

static inline void hold(bool ok, const char *what)
{
	if (!ok)
		complain(what, "does not hold", NULL);
}

/* Those files of protocols/ (ending with NULL), or all the built-ins. */
static inline const struct registry *fuzz_registry_of(const char *const *files)
{
	struct registry *r = registry_open();
	struct err e = { 0 };
	char path[400];
	int rc = r ? 0 : -1;

	if (!files && rc == 0)
		rc = registry_load_builtins(r, &e);
	for (; files && *files && rc >= 0; files++) {
		snprintf(path, sizeof(path), STRATA_SOURCE "/protocols/%s.protocol", *files);
		rc = registry_load_file(r, path, &e);
	}
	if (rc < 0 ||
	    registry_load_file(r, STRATA_SOURCE "/tests/golden/language.protocol", &e) < 0 ||
	    registry_freeze(r, &e))
		complain("the protocols", e.msg, NULL);
	return r;
}

static inline const struct registry *fuzz_registry(void)
{
	static const struct registry *r; /* a fuzzer's process does one thing */

	if (!r)
		r = fuzz_registry_of(NULL);
	return r;
}

/* A packet as input is three bytes and its own: link type (big-endian); then in the high four bits
 * how many hundred bytes there were on the wire beyond those captured, and in the low four what is
 * to be done (returned). -1: too short. */
static inline int fuzz_packet(const uint8_t *data, size_t size, struct packet *p)
{
	if (size < 3 || size > 70000)
		return -1;
	*p = (struct packet) { .number = 1,
			       .link = (uint16_t)(data[0] << 8 | data[1]),
			       .data = data + 3,
			       .len = (uint32_t)size - 3 };
	p->wire_len = p->len + (data[2] >> 4) * 100u;
	return data[2] & 15;
}

#endif
