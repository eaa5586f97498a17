/* SPDX-License-Identifier: BSD-2-Clause */
/* What changes in this machine's sockets, from a process of its own: it keeps the rights that
 * naming processes takes, and sees no packet; who takes packets apart has given them up. */
#ifndef STRATA_CLI_SOCKET_FEED_H
#define STRATA_CLI_SOCKET_FEED_H

#include <sys/types.h>

#include "cli/cli.h"
#include "sockets/sockets.h"

enum socket_record_kind {
	RECORD_CHANGE,
	RECORD_HALF_OPEN, /* many half-open connections at one port: see socket_half_open() */
	RECORD_ERROR,     /* looking has failed; it is the last one */
};

struct socket_record {
	enum socket_record_kind kind;
	struct socket_change change; /* now: of info, once it is taken */
	struct socket_info info;
	int64_t since; /* when the look before was; 0: it is the first */
	uint32_t n;    /* half-open connections; info: one of them */
	char why[160]; /* of an error */
};

struct socket_feed {
	pid_t pid;
	int fd;
};

/* Before there are threads, and before rights are given up. What has to be said of the looks is
 * said by that process, on stderr. -1: e. */
int socket_feed_open(struct socket_feed *f, const struct cli *c, struct err *e);
/* 1: there was one; 0: not now; -1: the process has ended. Does not wait. */
int socket_feed_take(struct socket_feed *f, struct socket_record *r);
void socket_feed_close(struct socket_feed *f);

#endif
