/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of two sides a captured packet was sent by: clients, who open conversations, or servers,
 * who answer. */
#ifndef STRATA_PLAY_SPLIT_H
#define STRATA_PLAY_SPLIT_H

#include "core/err.h"
#include "core/packet.h"
#include "core/registry.h"

enum split_side { SPLIT_CLIENT, SPLIT_SERVER, SPLIT_SIDES };

enum split_why {
	/* of conversations: */
	SPLIT_OPENED, /* their first segment, or the answer to it */
	SPLIT_PORT,   /* one end has a port of the list, or one that a protocol is known by */
	SPLIT_ASKED,  /* a question or an answer, by the descriptions */
	SPLIT_HOSTS,  /* these two hosts had their sides before */
	SPLIT_FIRST,  /* who was seen first */
	/* of packets: */
	SPLIT_NET,     /* an address of the list */
	SPLIT_QUOTES,  /* an error goes to who sent what it quotes */
	SPLIT_STATION, /* no conversation, or to a group: where its hardware address mostly sends
			  from */
	SPLIT_WORD,    /* it asks or answers */
	SPLIT_UNTOLD,  /* nothing: the clients' side */
	SPLIT_WHYS
};

struct split_counts {
	uint64_t packets[SPLIT_SIDES];
	uint64_t why[SPLIT_WHYS]; /* conversations; from SPLIT_NET on packets */
};

struct split;

/* how: NULL or "opener": by who opened each conversation; "subnet=NET,..": these are clients;
 * "port=N,..": these are ports of servers, and what has none of them, or two, goes by who opened
 * it. reg is frozen. NULL: e. */
struct split *split_open(const struct registry *reg, const char *how, struct err *e);
void split_close(struct split *s); /* accepts NULL */

/* The side that sent p, which is dissected. The innermost conversation counts, so that tunnels go
 * by what they hold. -1: memory is out. Not thread-safe. */
int split_packet(struct split *s, const struct packet *p);
/* A look through the packets before, in bounded memory: from the first call of split_learn on
 * packets are only counted, and split_learnt ends it. After that the same packets get the sides
 * that were counted. */
#define SPLIT_LATER 2
/* enum split_side; SPLIT_LATER: split_packet will know; -1: memory is out. */
int split_learn(struct split *s, const struct packet *p);
void split_learnt(struct split *s, struct split_counts *counts);
const struct split_counts *split_counts(const struct split *s); /* of split_packet */
/* "opener", "subnet", "port". */
const char *split_by(const struct split *s);

#endif
