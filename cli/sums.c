/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums of packets that are sent again: see sums.h. */
#include "cli/sums.h"

#include <inttypes.h>
#include <stdio.h>

#include "dissect/dissect.h"

int sums_look(struct sums *s, const struct packet *p, bool time, uint64_t sure)
{
	struct packet q = *p;
	bool unfilled = false, wrong = false;

	if (s->looked >= sure && !time) {
		s->passed++;
		return 0;
	}
	s->looked++;
	dissect_with(s->c->reg, &q, &s->scratch);
	if (check(&s->check, &q) < 0)
		return -1;
	for (unsigned i = 0; i < s->check.nsums; i++) {
		unfilled |= s->check.sums[i].verdict == SUM_UNFILLED;
		wrong |= s->check.sums[i].verdict == SUM_BAD;
	}
	if (unfilled && !s->unfilled.n++)
		s->unfilled.first = p->number;
	if (wrong && !s->wrong.n++)
		s->wrong.first = p->number;
	return 0;
}

static void tell(const struct sums *s, uint64_t n, uint64_t first, const char *what)
{
	char of[64] = "";

	if (!n)
		return;
	if (s->passed)
		snprintf(of, sizeof(of), " of %" PRIu64 " that were looked at", s->looked);
	say(s->c, "%" PRIu64 " packet%s%s (the first is %" PRIu64 ") %s %s", n, n == 1 ? "" : "s",
	    of, first, n == 1 ? "has" : "have", what);
}

void sums_tell(const struct sums *s)
{
	tell(s, s->unfilled.n, s->unfilled.first,
	     "a checksum that a network card was to fill in, and receivers drop them so: --sums "
	     "fills it in");
	tell(s, s->wrong.n, s->wrong.first, "a wrong checksum: --sums makes it right");
}

void sums_done(struct sums *s)
{
	check_done(&s->check);
	tree_done(&s->scratch);
}
