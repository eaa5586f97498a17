/* SPDX-License-Identifier: BSD-2-Clause */
/* In which fields do two packets differ? */
#ifndef STRATA_CLI_COMPARE_H
#define STRATA_CLI_COMPARE_H

#include "core/buf.h"
#include "core/packet.h"
#include "core/registry.h"
#include "core/tree.h"

#define IGNORE_MAX 64

struct ignore { /* what is not compared */
	const struct field *field[IGNORE_MAX];
	const struct proto *proto[IGNORE_MAX]; /* whole headers */
	unsigned nfield, nproto;
};
/* "ip.id,tcp.seq,eth": canonical names and aliases. -1: e names the nearest. */
int ignore_parse(struct ignore *g, const struct registry *reg, const char *list, struct err *e);

struct compare { /* reused from packet to packet; zero-initialised is valid */
	const struct ignore *ignore;
	struct tree ta, tb;
	struct buf path, va, vb, bytes;
};
void compare_done(struct compare *c);

/* A number that is equal for packets in which nothing differs but what is ignored. */
uint64_t compare_hash(struct compare *c, const struct packet *p);
bool compare_stacks(const struct packet *a, const struct packet *b);

/* Call tell for each difference: a path ("ip.2.ttl", "stack", "payload") and both values in words.
 * Returns how many. Both dissected. */
unsigned compare_packets(struct compare *c, const struct packet *a, const struct packet *b,
			 void (*tell)(void *ctx, const char *path, const char *va, const char *vb),
			 void *ctx);

#endif
