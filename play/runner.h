/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs run by a process of their own, which is forked before this one gives up the right to:
 * what takes strangers' bytes apart only asks for it. No shell. When this process ends, however it
 * does, that one ends and what it runs is killed. */
#ifndef STRATA_PLAY_RUNNER_H
#define STRATA_PLAY_RUNNER_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define RUNNER_MOST 256 /* programs at a time */
#define RUNNER_WAIT 64  /* that wait for their turn */
#define RUNNER_IN 65536 /* bytes of one's standard input, at most */

struct runner_opts {
	unsigned most; /* programs at a time; 1 to RUNNER_MOST */
	int64_t limit; /* ns that one may take; then it is killed */
	/* In that process, before it runs anything: give up rights. -1: e. */
	int (*enter)(void *ctx, struct err *e);
	void *ctx;
};

enum run_end {
	RUN_EXIT,   /* detail: the exit status */
	RUN_SIGNAL, /* detail: the signal */
	RUN_LATE,   /* it took too long and was killed */
	RUN_NOT,    /* detail: errno; it could not be started */
};

struct run_result {
	uint64_t number; /* as it was asked for */
	uint32_t end;    /* enum run_end */
	int32_t detail;
};

struct runner;

/* Forks: before there are threads, and before sockets are opened. NULL: e. */
struct runner *runner_open(const struct runner_opts *o, struct err *e);
/* Run words (n of them, each with a NUL behind it), with in[0..len) as standard input. Standard
 * output and error are ours. 0; 1: e, not done: too many wait, or it is too long; -1: e, that
 * process is gone. Does not block. */
int runner_run(struct runner *r, uint64_t number, const char *words, size_t size, unsigned n,
	       const void *in, size_t len, struct err *e);
/* How one ended, in any order: 1; 0: none has; -1: that process is gone, e. Waits up to ms. */
int runner_next(struct runner *r, int ms, struct run_result *out, struct err *e);
unsigned runner_pending(const struct runner *r);
/* Kills what runs yet. Accepts NULL. */
void runner_close(struct runner *r);

#endif
