/* SPDX-License-Identifier: BSD-2-Clause */
/* How many threads share the work on files. */
#ifndef STRATA_CLI_THREADS_H
#define STRATA_CLI_THREADS_H

#include "capture/source.h"
#include "cli/cli.h"

#define THREADS_SHARE 64 /* at most */

/* What --threads says; else as many as there are processors where the n files, which are open as
 * ids, are worth it, and one for pipes: what comes through them is told as it comes. -1: e. */
int threads_for(const struct cli *c, char **paths, const struct file_id *ids, int n,
		unsigned *threads, struct err *e);

#endif
