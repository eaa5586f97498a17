/* SPDX-License-Identifier: BSD-2-Clause */
/* Between watch.c and finding.c. */
#ifndef STRATA_WATCH_ENGINE_H
#define STRATA_WATCH_ENGINE_H

#include "flow/flow.h"
#include "watch/proof.h"
#include "watch/table.h"
#include "watch/watch.h"

struct rule_state {
	const struct watch_rule *rule;
	struct entries entries;
	struct rule_state *unless; /* NULL; of another rule */
	unsigned same;             /* the first rule with the same filter */
	uint64_t asked;            /* the turn in which the filter was asked last */
	bool fits;                 /* its answer */
	uint64_t seen;             /* the last turn with a layer that it is about; */
	unsigned layer;            /* which one */
};

struct rules_of { /* a protocol */
	uint16_t *v;
	unsigned n;
};

struct watch {
	struct watch_opts o;
	struct rule_state *state; /* by number of the rule */
	struct rules_of *of;      /* by proto id */
	uint16_t *run;            /* rules about the packet at hand */
	uint64_t seed[2];
	struct filter_work work;
	struct buf key, say;
	struct proof proof;
	struct flows *flows; /* puts together what was cut up */
	uint64_t turn;       /* packets looked at, those put together too */
	struct watch_counts counts;
};

/* The value of a name in words, appended. False: it has none here. */
bool key_words(struct watch *w, const struct packet *p, unsigned layer, const struct rule_key *k,
	       struct buf *out);
/* "ip.addr == ", by the layer that has the address of KEY_FROM or KEY_TO. */
void key_name(const struct packet *p, unsigned layer, const struct rule_key *k, struct buf *out);
/* What is said next is compared with what p says. hash: of it; 0: not known. */
void change_to(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
	       unsigned layer, uint64_t hash);
/* p makes it a finding: tell, and begin to count anew. What found() returned. */
int finding_tell(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
		 unsigned layer);

#endif
