/* SPDX-License-Identifier: BSD-2-Clause */
/* What should not be there, of sockets: findings with the look of those of packets. */
#ifndef STRATA_CLI_SOCKET_RULES_H
#define STRATA_CLI_SOCKET_RULES_H

#include "core/buf.h"
#include "sockets/sockets.h"
#include "watch/watch.h"

#define HALF_OPEN_PORTS 16u

struct socket_rules {
	void (*found)(void *arg, const struct finding *f);
	void *arg;
	uint16_t ports[2]; /* those that the kernel gives out: who has one did not choose it */
	struct {
		uint16_t port;
		int64_t when;
	} told[HALF_OPEN_PORTS];
	unsigned at; /* the oldest of them */
	struct buf said, key[3];
	const struct socket_change *change;
};

void socket_rules_open(struct socket_rules *r, void (*found)(void *arg, const struct finding *f),
		       void *arg);
void socket_rules_done(struct socket_rules *r);
void socket_rules_change(struct socket_rules *r, const struct socket_change *c);

/* Ports with many half-open connections, as no single socket shows them: one of the sockets, and
 * how many there are. At most HALF_OPEN_PORTS of a look. */
void socket_half_open(const struct socket_list *l,
		      void (*many)(void *arg, const struct socket_info *one, uint32_t n),
		      void *arg);
/* when: of the look. */
void socket_rules_half_open(struct socket_rules *r, const struct socket_info *one, uint32_t n,
			    int64_t when);

#endif
