/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks at this machine's sockets, one after the other: what each of them costs says how often they
 * may be; and what has to be said of them, on stderr. */
#ifndef STRATA_CLI_SOCKET_LOOK_H
#define STRATA_CLI_SOCKET_LOOK_H

#include "cli/cli.h"
#include "sockets/sockets.h"

struct looks { /* zero-initialised */
	const struct cli *c;
	struct sockets *sockets;
	struct owners *owners;
	struct socket_table *table;
	struct socket_list list; /* of the last look */
	int64_t interval;
	int64_t slower; /* the interval that was told, since looks are dear */
	int64_t took;   /* ns of a processor, the last look; 0: it was the first */
	int64_t begun;  /* ns of a processor, when the last look began */
};

/* --interval, or 50 ms. -1: e. */
int looks_interval(const struct cli *c, int64_t *interval, struct err *e);
/* -1: e; looks_close() all the same. */
int looks_open(struct looks *l, const struct cli *c, struct err *e);
/* Look, and compare with the look before, as sockets_changes() does. when: of the look. 0, what
 * changed() returned, -1: e. */
int looks_take(struct looks *l, int64_t when,
	       int (*changed)(void *arg, const struct socket_change *c), void *arg, struct err *e);
/* After the first one, whose sockets they are and how: told. */
void looks_tell_begin(const struct looks *l);
/* How long until the next one may begin, ns; that it is longer than asked for is told. */
int64_t looks_wait(struct looks *l);
/* What was not seen: told. */
void looks_tell_end(const struct looks *l);
void looks_close(struct looks *l);

#endif
