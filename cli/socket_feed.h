/* SPDX-License-Identifier: BSD-2-Clause */
/* What changes in this machine's sockets, from a process of its own: it keeps the rights that
 * naming processes takes, and sees no packet; who takes packets apart has given them up. */
#ifndef STRATA_CLI_SOCKET_FEED_H
#define STRATA_CLI_SOCKET_FEED_H

#include <sys/types.h>

#include "core/err.h"
#include "sockets/sockets.h"

struct socket_record {
	struct socket_change change; /* now: of info, once it is taken */
	struct socket_info info;
	int64_t since; /* when the look before was; 0: it is the first */
};

struct socket_feed {
	pid_t pid;
	int fd;
};

/* Before there are threads, and before rights are given up. interval: ns. -1: e. */
int socket_feed_open(struct socket_feed *f, int64_t interval, struct err *e);
/* 1: there was one; 0: not now; -1: the process has ended. Does not wait. */
int socket_feed_take(struct socket_feed *f, struct socket_record *r);
void socket_feed_close(struct socket_feed *f);

#endif
