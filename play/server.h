/* SPDX-License-Identifier: BSD-2-Clause */
/* Many clients at a time over ordinary sockets of the kernel, no privilege: messages come in, what
 * answers them goes back. Memory is bounded whatever clients send, or do not read. */
#ifndef STRATA_PLAY_SERVER_H
#define STRATA_PLAY_SERVER_H

#include "craft/addr.h"

#define SERVER_ENDS 64       /* addresses and ports that are listened at */
#define SERVER_CLIENTS 512   /* connections at a time; who was quiet the longest gives way */
#define SERVER_MESSAGE 65000 /* bytes of the longest message, so that it fits into a packet */
#define SERVER_PAUSE 50      /* ms of silence that end a message of no protocol */
#define SERVER_STALL 10000   /* ms that a client may leave its answers unread */

struct server_message {
	struct addr src, dst; /* of the client; of ours */
	uint16_t sport, dport;
	const struct proto *proto; /* of the end where it came in; or NULL */
	const uint8_t *p;          /* borrowed during the call */
	uint32_t n;
	uint64_t at, answered; /* bytes of the connection before it, theirs and ours */
	int64_t when;          /* ns since the epoch */
};

enum server_event {
	SERVER_NONSENSE, /* what came is no message */
	SERVER_LONG,     /* a message is longer than SERVER_MESSAGE */
	SERVER_PART,     /* the client ended in the middle of a message */
	SERVER_STALLED,  /* it does not read its answers */
	SERVER_CROWDED,  /* it gave way to another one */
	SERVER_BROKEN,   /* it was gone before it had all its answers */
	SERVER_EVENTS
};

struct server_opts {
	bool datagram; /* else streams */
	int number;    /* of the transport; 0: the usual one */
	const char *ifname;
	/* A message; server_answer() may be called. -1: e, the server ends. */
	int (*message)(void *ctx, const struct server_message *m, struct err *e);
	/* A connection was closed for this. */
	void (*closed)(void *ctx, enum server_event event, const struct addr *who, uint16_t port);
	void *ctx;
};

struct server_counts {
	uint64_t clients, messages;
	uint64_t answers; /* handed to the kernel, or waiting for the client to read */
	uint64_t failed;  /* datagrams that the kernel did not take */
	uint64_t closed[SERVER_EVENTS];
};

struct server;

struct server *server_open(const struct server_opts *o, struct err *e);
/* Listen there; family 0 is any. proto: messages of a stream end by its `message` rule; NULL or
 * without a rule: where the client pauses or ends. -1: e (in use, not allowed). */
int server_listen(struct server *s, const struct addr *at, uint16_t port, const struct proto *proto,
		  struct err *e);
/* Wait up to ms for something to happen, and do it. -1: e. A signal ends the wait. */
int server_step(struct server *s, int ms, struct err *e);
/* Within message(): bytes for who asks. 1: e, it cannot have them. */
int server_answer(struct server *s, const uint8_t *p, size_t n, struct err *e);
/* Within message(): it is no message after all; the connection ends. */
void server_refuse(struct server *s);
/* Nobody new; answers that wait have up to ms to leave. */
void server_finish(struct server *s, int ms);
void server_counts(const struct server *s, struct server_counts *c);
void server_close(struct server *s); /* accepts NULL */

/* What ended a connection, in words that stand behind who it was. */
const char *server_event_words(enum server_event event);

enum server_frame { FRAME_NONSENSE = -1, FRAME_LONG = -2 };
/* Bytes of the first message of p[0..n): 0 when more is to come; enum server_frame. over: the
 * client ended; quiet: it paused. *need: so many bytes must be there before it is worth another
 * look. */
int64_t server_frame(const struct proto *proto, const uint8_t *p, uint32_t n, bool over, bool quiet,
		     uint32_t *need, struct tree *scratch);

#endif
