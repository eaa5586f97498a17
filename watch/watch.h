/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets held against rules: what was found, and which packets prove it. Memory is bounded; what
 * is forgotten for want of room is counted. */
#ifndef STRATA_WATCH_WATCH_H
#define STRATA_WATCH_WATCH_H

#include "core/buf.h"
#include "core/packet.h"
#include "watch/baseline.h"
#include "watch/proof.h"
#include "watch/rule.h"

/* Bytes for what is counted, shared equally by the rules; and half as many for fragments and
 * streams. */
#define WATCH_MEMORY (128u << 20)
#define WATCH_KEPT (32u << 20)   /* bytes of packets that may prove something */
#define WATCH_RECENT (16u << 20) /* bytes of packets of any kind, the last ones */
#define WATCH_PROOF 1024u        /* packets that a finding names at the most */

struct finding_key { /* of what it is counted by */
	const char *name;
	const char *text; /* unescaped, as all that comes from packets */
};

struct finding {
	const struct watch_rule *rule;
	int64_t when, since;    /* of the packet that made it one, and of the first that counts */
	uint64_t n;             /* packets, or different ones: what the rule counts */
	const uint64_t *packet; /* their numbers, in order */
	unsigned npackets;
	uint64_t more; /* packets that count, too, and are not named */
	struct finding_key key[RULE_KEYS];
	unsigned nkeys;
	const char *said;
	const char *look; /* a display filter; NULL */
	const char *todo; /* what to do about it; NULL */
};

struct watch_opts {
	const struct ruleset *rules; /* outlive it */
	/* A finding; valid until the return. Not 0: stop, and watch_packet() returns it. */
	int (*found)(void *arg, const struct finding *f);
	void *arg;
	size_t memory;             /* 0: WATCH_MEMORY */
	bool keep;                 /* packets, for watch_proof() */
	struct baseline *baseline; /* what rules with `new` are held against; NULL: they rest */
	bool learn;                /* what they see is added to it, and is no finding */
	uint64_t seed;             /* of the tables' hashes; 0: from the system */
};

struct watch_counts {
	uint64_t packets, findings;
	uint64_t repeats;   /* packets of what was told within `again` before */
	uint64_t forgotten; /* of what was counted, for want of room */
	size_t memory;      /* bytes, in use */
};

struct watch;

/* NULL: e (memory). Not for two threads at a time. */
struct watch *watch_open(const struct watch_opts *o, struct err *e);
struct watch *watch_close(struct watch *w); /* NULL */
/* Take a dissected packet, in order. 0; what found() returned; -1: memory is out. */
int watch_packet(struct watch *w, const struct packet *p);
/* No more packets: what waits for others is looked at. As watch_packet(). */
int watch_end(struct watch *w);
void watch_counts(const struct watch *w, struct watch_counts *c);
/* A packet that was named a moment ago, where it was not given before. Borrowed, until the next
 * packet; not dissected. */
enum proof_found watch_proof(struct watch *w, uint64_t number, struct packet *p);

#endif
