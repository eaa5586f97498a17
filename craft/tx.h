/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames onto one interface in bursts: many for one call of the kernel. */
#ifndef STRATA_CRAFT_TX_H
#define STRATA_CRAFT_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct tx_opts {
	int ifindex;
	const char *name; /* of the interface, for errors */
	unsigned burst;   /* frames for one call; 0: 64 */
	bool direct; /* past the queueing discipline (PACKET_QDISC_BYPASS, packet(7)): faster, but
			who captures on this interface does not see them */
	const volatile int *stop;
};

struct tx_counts {
	uint64_t sent, bytes; /* frames that the kernel took */
	uint64_t failed;      /* frames that it refused */
	uint64_t first;       /* id of the first of them */
	char why[160];        /* and why; "" none */
};

struct tx;

/* Open a packet socket on the interface. Needs CAP_NET_RAW (ERR_PERM). NULL: e. */
struct tx *tx_open(const struct tx_opts *o, struct err *e);
/* Queue a frame: head[0..nhead), which may be empty, and p[0..n). The bytes are copied; id is the
 * caller's. A full queue is flushed first. -1: e, as tx_flush. Not thread-safe. */
int tx_put(struct tx *t, uint64_t id, const uint8_t *head, uint32_t nhead, const uint8_t *p,
	   uint32_t n, struct err *e);
/* Hand over what is queued. A frame that the kernel refuses is counted, and the others go on; a
 * full device queue is waited for. -1: e: the interface is gone or down, rights are missing, or
 * *stop was set while waiting; what is queued still is dropped, and counts as failed. */
int tx_flush(struct tx *t, struct err *e);
unsigned tx_queued(const struct tx *t);
const struct tx_counts *tx_counts(const struct tx *t);
void tx_close(struct tx *t); /* without flushing; accepts NULL */

#endif
