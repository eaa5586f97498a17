/* SPDX-License-Identifier: BSD-2-Clause */
/* Which sockets, in words: tcp udp listen port 80 host 10.0.0.1 process nginx. */
#ifndef STRATA_CLI_SOCKET_WORDS_H
#define STRATA_CLI_SOCKET_WORDS_H

#include "core/err.h"
#include "sockets/sockets.h"

#define SOCKET_WORDS 16u

struct socket_words {           /* zero-initialised: all */
	unsigned kinds, states; /* bits; 0: any */
	uint16_t port[SOCKET_WORDS];
	int pid[SOCKET_WORDS];
	uint8_t host[SOCKET_WORDS][16]; /* version 4 within version 6 */
	const char *process[SOCKET_WORDS];
	unsigned nports, npids, nhosts, nprocesses;
};

/* Words of one sort are alternatives, those of several sorts must all hold. -1: e. */
int socket_words(struct socket_words *w, int argc, char **argv, struct err *e);
/* Before the change or after it. */
bool socket_wanted(const struct socket_words *w, const struct socket_change *c);

#endif
