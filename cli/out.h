/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard output, buffered. A reader that goes away (| head) is a quiet end; any other failure is
 * an error. */
#ifndef STRATA_CLI_OUT_H
#define STRATA_CLI_OUT_H

#include "core/buf.h"
#include "core/err.h"

struct out {
	struct buf b; /* printers append here */
	bool gone;    /* the reader went away: stop, exit as if all had been read */
};

#define OUT_FULL 65536 /* bytes after which out_more() flushes */

/* Write what is there. -1: e (the error), or gone is set and e is not. */
int out_flush(struct out *o, struct err *e);
static inline bool out_is_full(const struct out *o)
{
	return o->b.n >= OUT_FULL || o->b.failed;
}
/* Write if much is there. */
static inline int out_more(struct out *o, struct err *e)
{
	return out_is_full(o) ? out_flush(o, e) : 0;
}
/* The same before a long wait: gone also if there was nothing to write. */
int out_idle(struct out *o, struct err *e);
void out_done(struct out *o);

#endif
