/* SPDX-License-Identifier: BSD-2-Clause */
/* Between dispatch.c and dispatch_queue.c. */
#ifndef STRATA_CLI_DISPATCH_QUEUE_H
#define STRATA_CLI_DISPATCH_QUEUE_H

#include "cli/dispatch.h"

/* Do packets go through the queue, unseen? */
bool dispatch_queues(const struct dispatch *d);
/* Packet i of the plan: only what varies is written, into a frame of the queue. 1: not this one. */
int dispatch_frame(struct dispatch *d, uint64_t i, struct err *e);
/* The whole packet; those after it may go by its form. 1: no says why this one cannot be sent. */
int dispatch_queued(struct dispatch *d, const struct hop *hop, const struct packet *p, uint64_t i,
		    struct err *no);
/* One packet by the sender that was asked for, which keeps the count. 1: the kernel refused it. */
int dispatch_by_way(struct dispatch *d, const struct hop *hop, struct packet *p, struct err *e);

#endif
