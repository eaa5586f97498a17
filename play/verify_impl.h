/* SPDX-License-Identifier: BSD-2-Clause */
/* What verify.c (what was sent) and verify_arrive.c (what arrives) share. */
#ifndef STRATA_PLAY_VERIFY_IMPL_H
#define STRATA_PLAY_VERIFY_IMPL_H

#include "play/verify.h"

#define SENT (1u << 18)   /* packets that are remembered */
#define BYTES (32u << 20) /* and bytes of them */
#define STRAYS 1024u      /* that fit none, at a time */
#define NONE UINT32_MAX

/* A packet that was sent. */
struct entry {
	uint64_t hash;
	int64_t when;
	uint64_t at; /* its bytes: into the stream of all, modulo BYTES */
	uint32_t len;
	uint32_t next; /* the next one sent with this hash; NONE */
	uint16_t link;
	bool arrived;
};
/* Packets with one hash that are remembered. */
struct copies {
	uint64_t hash;
	uint32_t n;       /* how many; 0: free */
	uint32_t open;    /* and how many of them have not arrived */
	uint32_t waiting; /* the first that has not arrived; NONE */
	uint32_t ahead;   /* the first such one that keeps the order; NONE */
	uint32_t behind;  /* the last one that `ahead` went past; NONE */
	uint32_t last;    /* the last one sent */
	uint32_t next;    /* in the bucket, or the next free one */
	bool alike;       /* there was more than one at a time */
	uint64_t latest;  /* behind the number of the last one that arrived; 0: none did */
};
/* A packet that arrived and fits none. */
struct stray {
	struct packet p;
	uint8_t *data;
	uint64_t after; /* the highest number that had arrived by then */
};

struct verify {
	struct verify_opts o;
	struct source *src;
	struct entry *entry; /* number i stands at i % SENT; those from `oldest` to c.sent */
	uint64_t oldest;
	uint8_t *bytes;
	uint64_t end; /* bytes in all */
	struct copies *kind;
	uint32_t *bucket, idle;
	struct stray stray[STRAYS];
	unsigned first, nstrays;
	uint64_t highest, altered; /* the highest number that arrived; the last altered one */
	uint64_t odd;              /* arrived and fitted none since the highest one */
	uint64_t open;             /* sent, and neither arrived nor given up */
	unsigned since;            /* sent since the last look */
	int64_t looked;
	bool started;
	struct err failed;
	struct lateness sure; /* latency, but for those that copies of them may be taken for */
	struct verify_counts c;
};

static inline struct entry *entry(const struct verify *v, uint64_t number)
{
	return &v->entry[number % SENT];
}

/* Of the one that stands there. */
static inline uint64_t number_at(const struct verify *v, uint32_t at)
{
	return v->oldest + (at + SENT - v->oldest % SENT) % SENT;
}

/* Count it and tell the caller. */
void verify_tell(struct verify *v, const struct verify_event *ev);
uint64_t verify_hash(struct verify *v, struct packet *p);
/* Those with this hash; NULL: there are none. */
struct copies *verify_kind(struct verify *v, uint64_t hash);
/* It has arrived, or counts as arrived: later ones of its kind may still be waiting. */
void verify_settle(struct verify *v, struct copies *k, struct entry *x);

/* verify_arrive.c: a packet arrived; all that are there now. */
void verify_arrives(struct verify *v, struct packet *p);
void verify_look(struct verify *v);
/* The oldest of those that fit none: which one is it? Or it is only forgotten. */
void verify_judge(struct verify *v);
void verify_pop(struct verify *v);

#endif
