/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets that keep the kernel from answering what comes back to a port that only we know of. */
#ifndef STRATA_PLAY_HUSH_H
#define STRATA_PLAY_HUSH_H

#include "craft/conn.h"

#define HUSH_MAX 8192 /* ports at a time, as many as questions that wait; the oldest gives way */

struct hush {
	struct {
		int fd, family, number;
		uint16_t port, next; /* next: of the same port; as in at */
	} v[HUSH_MAX];
	uint16_t at[65536]; /* by port: place in v + 1; 0: none */
	unsigned n, next;
};

/* Raises the limit of open files as far as it may be. */
void hush_init(struct hush *h);
void hush_done(struct hush *h);
/* Reserve the source port of a packet, so that the kernel neither resets a connection that it knows
 * nothing of nor reports the port as closed. Where descriptors are short the oldest port gives way.
 * False: it cannot be had (errno; EADDRINUSE: somebody else's). */
bool hush_port(struct hush *h, const struct transport *t);

#endif
