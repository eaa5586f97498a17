/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that reads ahead: it fills batches with packets, the caller takes them in their order.
 * What is done with them is the same as without it. */
#ifndef STRATA_CLI_AHEAD_H
#define STRATA_CLI_AHEAD_H

#include "core/err.h"
#include "core/packet.h"

struct ahead;

/* next, called by the thread: a packet, valid until the next call; SOURCE_PACKET, SOURCE_END,
 * SOURCE_ERROR (e). Begin before the seals: they hold for all threads. NULL: e. */
struct ahead *ahead_open(int (*next)(void *arg, struct packet *p, struct err *e), void *arg,
			 struct err *e);
/* The next packet, valid until the next call. As next(). */
int ahead_next(struct ahead *a, struct packet *p, struct err *e);
/* The thread is gone then; what was not taken is lost. Accepts NULL; returns NULL. */
struct ahead *ahead_close(struct ahead *a);

#endif
