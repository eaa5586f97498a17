/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that react runs: how many at a time, how long, how they ended. */
#ifndef STRATA_CLI_PROGRAMS_H
#define STRATA_CLI_PROGRAMS_H

#include "cli/cli.h"
#include "core/buf.h"
#include "play/runner.h"

struct programs {
	struct cli *c;
	struct runner *runner; /* NULL: none is run, or a dry run */
	struct buf in;         /* room for standard input */
	uint64_t run, well, badly, late, not_started, refused;
	bool told_badly, told_late, told_not, told_refused;
	int64_t looked;
};

/* --at-once, --timeout; forks the process that runs them: call it before anything else is opened.
 * -1: e. */
int programs_open(struct programs *s, struct cli *c, struct err *e);
/* One for packet `number`; s->in is its standard input. 1: e; -1: e, none can be run any more. */
int programs_run(struct programs *s, uint64_t number, const char *words, size_t size, unsigned n,
		 struct err *e);
/* Those that have ended by now (waits up to ms for the first). -1: e. */
int programs_look(struct programs *s, int ms, struct err *e);
/* All run to their end, or to the next signal. */
void programs_finish(struct programs *s);
bool programs_pending(const struct programs *s);
/* Tell the sum, where any was run. False: some were not started. */
bool programs_sum(const struct programs *s);
void programs_close(struct programs *s);

#endif
