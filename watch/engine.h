/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that hold packets against rules. */
#ifndef STRATA_WATCH_ENGINE_H
#define STRATA_WATCH_ENGINE_H

#include "flow/due.h"
#include "watch/proof.h"
#include "watch/table.h"
#include "watch/watch.h"

#define SIEVE_ASKED 127u /* questions; the rest has the last bit, which is always set */
#define SIEVE_WORDS 2u

struct asked { /* a bit for each question */
	uint64_t v[SIEVE_WORDS];
};

struct question { /* a filter, asked once of a packet for all rules that have it */
	const struct filter *filter;
	const struct watch_text *text;
	unsigned bit;   /* of struct asked: SIEVE_ASKED for those that are too many */
	uint64_t asked; /* in which turn */
	bool fits;      /* the answer */
};

struct rule_state {
	const struct watch_rule *rule;
	struct entries entries;
	struct rule_state *unless; /* NULL; of another rule */
	struct question *when;     /* NULL: all */
	struct question *until[RULE_UNTIL];
	struct asked asks; /* of these one must fit, else it has nothing to do */
	uint64_t seen;     /* the last turn with a layer that it is about; */
	unsigned layer;    /* which one */
};

#define SIEVE_BYTES 2u

struct sieve { /* what one byte of a header says */
	uint32_t at;
	struct asked may[256]; /* by its value: what may be answered with yes */
};

struct rules_of { /* a protocol */
	uint16_t *v;
	unsigned n;
	uint16_t *secret; /* rules about its secrets */
	unsigned nsecrets;
	struct sieve *sieve[SIEVE_BYTES];
	unsigned nsieves;
	uint64_t turn; /* the last one with a packet that has such a header, */
	struct asked may;
};

struct watch {
	struct watch_opts o;
	struct rule_state *state; /* by number of the rule */
	struct question *question;
	unsigned nquestions;
	struct rules_of *of; /* by proto id */
	struct asked may;    /* of the packet at hand: which questions may fit */
	uint16_t *run;       /* rules about it */
	uint64_t seed[2];
	struct filter_work work;
	struct buf key, say;
	struct proof proof;  /* what some rule looked at */
	struct proof recent; /* all that came last: what came in many packets is known late */
	const struct packet *frame; /* that came; not one that was put together */
	struct flows *flows;        /* puts together what was cut up */
	struct due_conv before;     /* a conversation that is another one now */
	struct buf secret;          /* what is told: the name of a field */
	uint64_t cause;             /* a packet before, without which this were no event; 0 */
	uint64_t turn;              /* packets looked at, those put together too */
	struct watch_counts counts;
};

/* ---- watch.c ---- */

/* Layer `layer` of p is what the rule is about. What found() returned. */
int rule_hit(struct watch *w, struct rule_state *s, const struct packet *p, unsigned layer);
/* Does the filter fit (asked once in a turn)? NULL: it does. */
bool rule_fits(struct watch *w, struct question *q, const struct packet *p);

/* ---- secret.c ---- */

/* Rule i, which is about secrets, belongs to these protocols. False: memory is out. */
bool secret_prepare(struct watch *w, uint16_t i);
/* Tell of what is secret in p. What found() returned. */
int secret_look(struct watch *w, const struct packet *p);

/* ---- key.c ---- */

/* The hash of some of the names' values. False: one is not there. */
bool keys_id(struct watch *w, const struct packet *p, unsigned layer, const struct rule_key *v,
	     unsigned n, struct flow_id *id);
/* What the values of all names come to, in whatever order they stand. 0: there are none. */
uint64_t keys_digest(struct watch *w, const struct packet *p, unsigned layer,
		     const struct rule_keys *k);
/* The value of a name in words, appended. False: it has none here. */
bool key_words(struct watch *w, const struct packet *p, unsigned layer, const struct rule_key *k,
	       struct buf *out);
/* "ip.addr == ", by the layer that has the address of KEY_FROM or KEY_TO. */
void key_name(const struct packet *p, unsigned layer, const struct rule_key *k, struct buf *out);

/* ---- sieve.c ---- */

/* False: memory is out. */
bool sieve_make(struct watch *w, struct rules_of *of, const struct proto *proto);
/* Which questions about p may be answered with yes: w->may. */
void sieve_packet(struct watch *w, const struct packet *p);
/* Set what rule s asks. */
void sieve_rule(struct rule_state *s);
static inline bool sieve_leaves(const struct watch *w, const struct rule_state *s)
{
	uint64_t left = 0;

	for (unsigned i = 0; i < SIEVE_WORDS; i++)
		left |= s->asks.v[i] & w->may.v[i];
	return left != 0;
}
static inline bool sieve_may(const struct watch *w, const struct question *q)
{
	return w->may.v[q->bit / 64] >> q->bit % 64 & 1;
}

/* ---- condition.c ---- */

/* Count p, which the rule is about, in x. Is it a finding now? */
bool condition_holds(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
		     unsigned layer);
/* What is said next is compared with what p says. hash: of it; 0: not known. */
void change_to(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
	       unsigned layer, uint64_t hash);

/* ---- finding.c ---- */

/* p makes it a finding: tell, and begin to count anew. What found() returned. */
int finding_tell(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
		 unsigned layer);

#endif
