/* SPDX-License-Identifier: BSD-2-Clause */
/* What is counted, by rule and key: each rule has a table of its own and a limit of its own, so
 * that who floods one does not make the others forget. */
#ifndef STRATA_WATCH_TABLE_H
#define STRATA_WATCH_TABLE_H

#include "flow/pieces.h"
#include "flow/siphash.h"
#include "watch/rule.h"

/* Parts of time that are counted apart: 32 in `within`, and one more, so that what comes within it
 * is always counted together (and at the most what comes within 33 parts). */
#define BUCKETS 33u
#define MEMBERS 6u
#define NOTED 15u
#define WAS_MOST 48u /* bytes of a value in words */

struct member { /* one of what is distinct */
	uint64_t hash;
	int64_t when;
	uint64_t packet;
	uint64_t num;    /* the value, where it is a number */
	uint64_t beside; /* hash of what is counted beside it */
};

struct chunk {
	uint32_t next, n;
	struct member v[MEMBERS];
};

struct ring { /* the last packets that count */
	uint32_t n, at;
	struct {
		uint64_t packet;
		int64_t when;
	} v[NOTED];
};

struct counted {
	struct ring ring;
	uint32_t n[BUCKETS];
};

/* Most keys come once: the first member, or packet, has its place in the entry, and a chunk is
 * taken for the second. */
struct entry {
	struct flow_id id;
	uint32_t chain, newer, older;
	uint32_t n;      /* members; counted packets since `first` */
	uint32_t chunks; /* the first; or what is counted, or the ring. 0: none so far */
	int64_t first, last;
	int64_t told; /* INT64_MIN: not so far */
	union {       /* by the rule's condition; for what it has no need of there is no room */
		struct member member; /* n > 0: one of them */
		struct {
			uint64_t packet; /* the first one */
			int64_t slot;    /* number of the newest part of time */
		} count;
		struct {
			uint64_t packet;
			double mean, m2;
		} regular;
		struct {
			uint64_t hash, packet;
			uint8_t len;
			char was[WAS_MOST];
		} changes;
	};
};

/* What came once shall not leave others without chunks: half of the room is for these. */
struct entries {
	struct budget budget, for_chunks;
	int64_t within; /* ns; what was last used longer ago counts no more. 0: it counts always */
	int64_t now;
	enum watch_op op; /* how the rule counts */
	struct pool pool, chunks;
	uint32_t *head;   /* NULL: nothing so far */
	uint32_t mask, n; /* of heads; entries */
	uint32_t newest, oldest;
	uint64_t forgotten; /* of what still counted */
};

void entries_init(struct entries *t, enum watch_op op, size_t limit, int64_t within);
void entries_done(struct entries *t);
/* Bytes in use. */
static inline size_t entries_memory(const struct entries *t)
{
	return t->budget.spent + t->for_chunks.spent;
}
/* The entry; NULL: it is not known. */
struct entry *entries_look(struct entries *t, const struct flow_id *id);
/* The same; made if it is new. It is the newest then. now: ns. NULL: memory is out. */
struct entry *entries_find(struct entries *t, const struct flow_id *id, int64_t now);
/* One member more; the oldest entries go for it. NULL: there is no room for more. */
struct member *entries_more(struct entries *t, struct entry *x);
/* The member with this hash; NULL. */
struct member *entries_member(struct entries *t, struct entry *x, uint64_t hash);
/* Forget a member. */
void entries_drop(struct entries *t, struct entry *x, struct member *m);
/* Forget what counts no more, and was not told within `again`. now: ns. */
void entries_trim(struct entries *t, int64_t now, int64_t again);
/* Nothing is known of it any more. */
void entries_forget(struct entries *t, struct entry *x);
/* Forget those before `when`; all: INT64_MAX. */
void entries_expire(struct entries *t, struct entry *x, int64_t when);
/* Call each() with every member, or with packets alone. */
void entries_each(struct entries *t, const struct entry *x,
		  void (*each)(void *arg, const struct member *m), void *arg);
/* REGULAR: remember a packet among the last ones, in a ring of NOTED; x->n counts it already. */
void entries_packet(struct entries *t, struct entry *x, uint64_t packet, int64_t when);
/* COUNT: a packet more, in part `slot` of time. How many there are in those parts that count, also
 * in x->n. */
uint64_t entries_count(struct entries *t, struct entry *x, int64_t slot, uint64_t packet,
		       int64_t when);

#endif
