/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that wait for their answers, by the `reply` rules of their protocols: of datagrams, each
 * of which is a message of its own. So many are remembered and no more; the oldest go. */
#ifndef STRATA_FLOW_ASKED_H
#define STRATA_FLOW_ASKED_H

#include "dissect/answers.h"
#include "flow/flow.h"

#define ASKED_MOST 1024u         /* requests */
#define ASKED_BYTES 1536u        /* of the packet of one; a longer one is not remembered */
#define ASKED_TIME 60000000000ll /* ns; then nobody waits for an answer any more */
#define ASKED_LATEST 16u         /* that are tried where an answer comes from elsewhere */

struct asked; /* all of them */

struct asked_list { /* those of a conversation, in what is kept with it; zeroes are none */
	uint32_t newest;
};

struct asked_answer {
	bool request;    /* the packet is one, */
	bool waits;      /* to which an answer is missed when none comes; */
	bool again;      /* it was asked already, and not answered */
	bool answer;     /* it answers, */
	bool first;      /* as the first one, */
	bool error;      /* by an error that quotes it, */
	uint64_t number; /* this packet, */
	int64_t after;   /* ns after it */
	void *own;       /* of whose conversation this is kept; NULL: forgotten since */
};

/* given: a request goes that was never answered, and whose sender misses that: the packet it came
 * in. NULL: memory is out. */
struct asked *asked_open(void (*given)(void *arg, uint64_t number, void *own), void *arg);
void asked_close(struct asked *a);
/* Take a packet of a conversation whose requests are l. -1: memory is out. */
int asked_packet(struct asked *a, struct asked_list *l, const struct packet *p,
		 const struct flow_seen *s, struct asked_answer *out);
/* The same for an error that quotes a packet of that conversation. */
int asked_quote(struct asked *a, struct asked_list *l, const struct packet *p,
		struct asked_answer *out);
/* The conversation is forgotten. */
void asked_over(struct asked *a, struct asked_list *l);
/* No more packets: give all that were not answered. */
void asked_end(struct asked *a);

#endif
