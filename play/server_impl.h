/* SPDX-License-Identifier: BSD-2-Clause */
/* What server.c (ends, datagrams, the loop) and server_client.c (one connection) share. */
#ifndef STRATA_PLAY_SERVER_IMPL_H
#define STRATA_PLAY_SERVER_IMPL_H

#include "core/buf.h"
#include "play/server.h"

struct server_end {
	int fd;
	struct addr at;
	uint16_t port;
	const struct proto *proto;
};

struct client {
	int fd; /* -1: closed, to be forgotten when this round is over */
	const struct server_end *end;
	struct addr peer, own;
	uint16_t peer_port, own_port;
	struct buf in, out;
	size_t eaten;  /* bytes of in that were handed out */
	size_t left;   /* bytes of out that the kernel has taken */
	uint32_t need; /* bytes of in before it is worth a look */
	uint64_t at, answered;
	int64_t heard; /* when something came, or left (monotonic) */
	uint32_t events;
	bool over;   /* it will send no more */
	bool looked; /* since it paused */
};

struct server {
	struct server_opts o;
	int epoll;
	struct server_end end[SERVER_ENDS];
	unsigned nends;
	struct client *client[SERVER_CLIENTS];
	unsigned n, most;
	int64_t looked; /* at those that pause or stall */
	bool finishing;
	struct client *asks; /* during message(), of a stream */
	bool refused;        /* what it asks */
	const struct server_end *datagram_end;
	struct msghdr *datagram; /* during message(): how it came */
	struct server_counts counts;
	struct tree scratch;
	uint8_t *room; /* for a datagram */
};

#define SERVER_ROOM 65536

/* A connection that was just accepted; fd is taken over. False: memory is out. */
bool client_open(struct server *s, const struct server_end *end, int fd);
/* What epoll says of it. -1: e, from message(). */
int client_ready(struct server *s, struct client *c, uint32_t events, struct err *e);
/* It paused, stalled? Called every few ms. */
int client_look(struct server *s, struct client *c, int64_t now, struct err *e);
void client_end(struct server *s, struct client *c, enum server_event why);
void client_free(struct client *c);
static inline bool client_waits(const struct client *c)
{
	return c->left < c->out.n;
}

#endif
