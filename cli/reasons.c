/* SPDX-License-Identifier: BSD-2-Clause */
/* Why packets were not sent: see reasons.h. */
#include "cli/reasons.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void reasons_add(struct reasons *r, uint64_t number, uint64_t n, const char *why)
{
	unsigned k = 0;

	r->failed += n;
	while (k < r->n && strcmp(r->v[k].why, why) != 0)
		k++;
	if (k == REASONS)
		return;
	if (k == r->n) {
		r->v[k].first = number;
		snprintf(r->v[r->n++].why, sizeof(r->v[k].why), "%s", why);
	}
	r->v[k].n += n;
}

void reasons_join(struct reasons *r, const struct reasons *more)
{
	uint64_t others = more->failed;

	for (unsigned k = 0; k < more->n; k++) {
		unsigned i = 0;

		reasons_add(r, more->v[k].first, more->v[k].n, more->v[k].why);
		others -= more->v[k].n;
		while (i < r->n && strcmp(r->v[i].why, more->v[k].why) != 0)
			i++;
		if (i < r->n && more->v[k].first < r->v[i].first)
			r->v[i].first = more->v[k].first;
	}
	r->failed += others; /* more reasons than are kept */
}

void reasons_tell(const struct reasons *r)
{
	uint64_t more = r->failed;

	for (unsigned k = 0; k < r->n; k++) {
		char others[48] = "";

		more -= r->v[k].n;
		if (r->v[k].n > 1)
			snprintf(others, sizeof(others), " (and %" PRIu64 " more)", r->v[k].n - 1);
		say_lost("packet %" PRIu64 "%s was not sent: %s", r->v[k].first, others,
			 r->v[k].why);
	}
	if (more)
		say_lost("%" PRIu64 " others were not sent", more);
}
