/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets and what changed in them, on their way out: a line each, or a JSON object. */
#ifndef STRATA_CLI_SOCKET_TOLD_H
#define STRATA_CLI_SOCKET_TOLD_H

#include "core/buf.h"
#include "sockets/sockets.h"

/* Changes of queues alone are told when they are many times more. */
#define SOCKET_TOLD                                                                                \
	(SOCKET_LISTED | SOCKET_OPENED | SOCKET_CLOSED | SOCKET_STATE | SOCKET_ENDS |              \
	 SOCKET_GREW | SOCKET_RETRANS | SOCKET_DROPS | SOCKET_OWNER | SOCKET_STUCK)

/* Is the change told? Not of a datagram socket that came and went and never had a port: it neither
 * sent nor heard anything (programs ask for the names of interfaces so). */
bool socket_worth(const struct socket_change *c);

#define SOCKET_PACKETS 16u /* that are named with a change */

struct socket_packets {
	uint64_t number[SOCKET_PACKETS];
	unsigned n;
};

/* "opened", "state", ...: the weightiest of what changed. */
const char *socket_word(unsigned what);
/* nginx[123], nginx[123]+2 where three have it, uid 33 where the process may not be known, - where
 * there is none. */
void socket_process(const struct socket_change *c, struct buf *out);
/* 10.0.0.1:80, [fd00::1]:80, *:80 (both versions), with %if where it is bound. */
void socket_local(const struct socket_change *c, struct buf *out);
/* Is it bound to no address? */
bool socket_anywhere(const struct socket_info *s);
void socket_remote(const struct socket_change *c, struct buf *out);
/* packets: that were seen with it; NULL: nobody looked. first: when the first look was. */
void socket_line(const struct socket_change *c, const struct socket_packets *packets, int64_t first,
		 bool color, struct buf *out);
void socket_json(const struct socket_change *c, const struct socket_packets *packets,
		 struct buf *out);

#endif
