/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting: conversations, the protocols packets are made of, packets over time. */
#ifndef STRATA_FLOW_COUNT_H
#define STRATA_FLOW_COUNT_H

#include "core/buf.h"
#include "core/tree.h"
#include "flow/flow.h"

#define COUNT_MAX (128u << 20) /* bytes, for conversations */
#define COUNT_ROWS 1000000u    /* intervals of time; then they are made twice as long */

struct count_conv {
	const struct proto *proto;
	uint32_t number;
	const char *end[2];            /* "10.0.0.1:80"; [0]: of who was seen first */
	uint64_t packets[2], bytes[2]; /* sent by that end; bytes of whole frames */
	int64_t first, last;           /* ns since the epoch */
};

struct count_host {
	const struct proto *proto;
	const char *name;
	uint64_t packets[2], bytes[2]; /* sent, received */
};

struct count_proto {               /* a node of the tree of protocols, in preorder */
	const struct proto *proto; /* NULL: the root, all packets */
	unsigned depth;
	uint64_t packets, bytes;
};

struct count_time {
	uint64_t packets, bytes;
};

struct counting;

/* interval: of time, ns. NULL: e (memory). */
struct counting *counting_open(const struct registry *reg, bool convs, bool protos,
			       int64_t interval, struct err *e);
void counting_close(struct counting *c);
/* Take a dissected packet, in order. -1: memory is out. */
int counting_packet(struct counting *c, const struct packet *p);

/* The results; borrowed, until the next packet. */
const struct count_conv *counting_convs(const struct counting *c, uint32_t *n);
/* Conversations that there was no room for, and their packets. */
void counting_left_out(const struct counting *c, uint64_t *packets);
/* Made from the conversations, by protocol and name. NULL and *n 0: none; *n UINT32_MAX: memory. */
const struct count_host *counting_hosts(struct counting *c, uint32_t *n);
const struct count_proto *counting_protos(struct counting *c, uint32_t *n);
/* *interval: as long as they became; *start: of the first. */
const struct count_time *counting_times(const struct counting *c, uint32_t *n, int64_t *interval,
					int64_t *start);

/* The names of both ends of a conversation, as its packet p says them: "10.0.0.1:80". */
int flow_ends(struct tree *scratch, const struct packet *p, const struct flow_seen *s,
	      struct buf *sender, struct buf *receiver);

#endif
