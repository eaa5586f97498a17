/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two sides of a runner say to each other over a socket that keeps messages apart. */
#ifndef STRATA_PLAY_RUNNER_IMPL_H
#define STRATA_PLAY_RUNNER_IMPL_H

#include "play/runner.h"

struct run_ask { /* then size bytes of words, then len bytes of input */
	uint64_t number;
	uint32_t n, size, len;
};
#define RUN_ASK_MOST (sizeof(struct run_ask) + 32768 + 4096 + RUNNER_IN)

struct run_ready { /* the first message of the helper */
	int32_t code;
	char msg[240];
};

/* The helper's life; does not return. */
_Noreturn void runner_helper(int fd, const struct runner_opts *o);

#endif
