/* SPDX-License-Identifier: BSD-2-Clause */
/* The layers above a transport through an ordinary kernel socket: no privilege. Messages in a
 * stream are framed by the protocol's `message length` rule. */
#ifndef STRATA_CRAFT_CONN_H
#define STRATA_CRAFT_CONN_H

#include "craft/addr.h"

struct transport { /* what the lower layers of a packet say to a socket */
	struct addr src, dst;
	uint16_t sport, dport;
	bool src_said, sport_said;
	int number;     /* as the layer below announces it; -1: it does not */
	unsigned layer; /* in b->layer: the one with the ports */
};
/* -1: b has no network addresses with ports above them (e). Reads b's bytes by its nodes. */
int transport_of(const struct build *b, struct transport *t, struct err *e);

enum conn_peer {
	PEER_FINE,
	PEER_REFUSED, /* it said no: a closed port, a reset */
	PEER_SILENT,  /* it, or its router, did not answer in time */
};

struct conn_opts {
	bool datagram;      /* else a stream */
	const char *ifname; /* bind to it; NULL: any */
	const volatile int *stop;
	enum conn_peer *peer; /* set when a call fails because of the peer; or NULL */
};

struct conn;

/* The socket that the lower layers of b speak of: network addresses, ports, protocol number. Its
 * source address and port are bound where the user said them (b's nodes say so). Connects within
 * the deadline (monotonic ns). A refused connection is an error that says so. */
struct conn *conn_open(const struct build *b, const struct conn_opts *o, int64_t deadline,
		       struct err *e);
void conn_close(struct conn *c);

/* The first layer of b that travels inside the socket; its bytes are [*from, *to) of b. Number of
 * the layer in b->layer; b->n when nothing does; -1: b holds no transport (e). */
int conn_inside(const struct build *b, uint32_t *from, uint32_t *to, struct err *e);

int conn_send(struct conn *c, const uint8_t *p, size_t n, int64_t deadline, struct err *e);

/* The next message from the peer: one datagram, or one message of proto (NULL or without a rule:
 * what has come when the peer pauses or closes). Borrowed until the next call. when: ns since the
 * epoch. Returns 1 got one, 0 deadline or stop, or the peer closed (*closed), -1 error (refused,
 * reset, unreachable). */
int conn_receive(struct conn *c, const struct proto *proto, const uint8_t **p, uint32_t *n,
		 int64_t *when, bool *closed, int64_t deadline, struct err *e);

int conn_fd(const struct conn *c);
void conn_ends(const struct conn *c, struct addr *local, uint16_t *lport, struct addr *peer,
	       uint16_t *pport);

#endif
