/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that wait for their answers. */
#include "flow/asked.h"

#include <stdlib.h>
#include <string.h>

#include "core/message.h"

#define EACH_MOST 64u /* of one conversation that are tried */

struct request {
	uint32_t newer, older;   /* of all; 0: none */
	uint32_t next, before;   /* of its conversation: the one before it, the one after */
	struct asked_list *list; /* NULL: the conversation is forgotten */
	void *own;
	uint8_t side;
	bool answered;
	bool waits;     /* its sender misses an answer that does not come */
	unsigned layer; /* of the message */
	struct packet p;
	uint8_t data[ASKED_BYTES];
};

struct asked {
	struct request *v; /* from 1 */
	uint32_t n, newest, oldest, free;
	struct answers_work work;
	struct tree tree;
	void (*given)(void *arg, uint64_t number, void *own);
	void *arg;
};

struct asked *asked_open(void (*given)(void *arg, uint64_t number, void *own), void *arg)
{
	struct asked *a = calloc(1, sizeof(*a));

	if (a)
		*a = (struct asked) { .given = given, .arg = arg };
	return a;
}

void asked_close(struct asked *a)
{
	if (!a)
		return;
	free(a->v);
	answers_work_done(&a->work);
	tree_done(&a->tree);
	free(a);
}

static void leave_list(struct asked *a, uint32_t at)
{
	struct request *q = &a->v[at];

	if (!q->list)
		return;
	*(q->before ? &a->v[q->before].next : &q->list->newest) = q->next;
	if (q->next)
		a->v[q->next].before = q->before;
	q->list = NULL;
	q->own = NULL;
}

static void give(struct asked *a, const struct request *q)
{
	if (!q->answered && q->waits)
		a->given(a->arg, q->p.number, q->own);
}

/* It waits no more. */
static void leave_all(struct asked *a, uint32_t at)
{
	struct request *q = &a->v[at];

	*(q->newer ? &a->v[q->newer].older : &a->newest) = q->older;
	*(q->older ? &a->v[q->older].newer : &a->oldest) = q->newer;
}

static void drop(struct asked *a, uint32_t at)
{
	give(a, &a->v[at]);
	leave_list(a, at);
	leave_all(a, at);
	a->v[at].next = a->free;
	a->free = at;
}

/* A place for one more. 0: memory is out. */
static uint32_t take(struct asked *a)
{
	uint32_t at;

	if (!a->v && !(a->v = malloc((ASKED_MOST + 1) * sizeof(*a->v))))
		return 0;
	if (!a->free && a->n == ASKED_MOST)
		drop(a, a->oldest);
	at = a->free ? a->free : ++a->n;
	if (a->free)
		a->free = a->v[at].next;
	a->v[at].newer = 0;
	a->v[at].older = a->newest;
	*(a->newest ? &a->v[a->newest].newer : &a->oldest) = at;
	a->newest = at;
	return at;
}

/* The innermost layer inside i (or i itself, if it is that) whose protocol says what answers it, in
 * more than whom it comes from. -1: none; what is quoted is none, nor what the first piece of a
 * datagram has of one: the whole is told of by itself. */
static int message_layer(const struct packet *p, unsigned first)
{
	const unsigned apart = LAYER_QUOTED | LAYER_EXCERPT;
	int found = -1;

	for (unsigned i = first; i < p->nlayers && !(p->layers[i].flags & apart); i++) {
		const struct proto *proto = p->layers[i].proto;

		/* Segments are no messages, not even those that belong to no conversation. */
		for (unsigned k = 0; k < proto->nreply && !proto->segment; k++) {
			const struct reply *r = &proto->reply[k];

			if (r->cond_request || r->cond_reply || r->nsame || r->nexpr)
				found = (int)i;
		}
	}
	return found;
}

static bool same_message(const struct request *q, const struct packet *p, unsigned i)
{
	const struct layer *x = &q->p.layers[q->layer], *y = &p->layers[i];

	return x->proto == y->proto && x->end - x->off == y->end - y->off &&
	       memcmp(q->data + x->off, p->data + y->off, x->end - x->off) == 0;
}

static void tell(struct request *q, int rc, const struct packet *p, struct asked_answer *out)
{
	if (out->answer) { /* the same was asked before that: answered, too */
		q->answered = true;
		return;
	}
	*out = (struct asked_answer) { .answer = true,
				       .first = !q->answered,
				       .error = rc == ANSWER_ERROR,
				       .number = q->p.number,
				       .after = flow_since(q->p.when, p->when),
				       .own = q->own };
	q->answered = true;
}

/* Does p answer requests of this conversation, the newest first? -1: memory is out. */
static int try_list(struct asked *a, const struct asked_list *l, const struct packet *p, int side,
		    struct asked_answer *out)
{
	unsigned tried = 0;

	for (uint32_t at = l->newest; at && tried < EACH_MOST; at = a->v[at].next, tried++) {
		struct request *q = &a->v[at];
		int rc;

		if ((side >= 0 && q->side == side) || (out->answer && q->answered))
			continue;
		rc = answers_with(&a->work, p, &q->p, NULL);
		if (rc < 0)
			return -1;
		if (rc)
			tell(q, rc, p, out);
	}
	return 0;
}

/* An answer to what was asked of a group, or that comes from elsewhere: a conversation of its own.
 */
static int try_latest(struct asked *a, const struct packet *p, struct asked_answer *out)
{
	unsigned tried = 0;

	for (uint32_t at = a->newest; at && tried < ASKED_LATEST && !out->answer;
	     at = a->v[at].older, tried++) {
		int rc = answers_with(&a->work, p, &a->v[at].p, NULL);

		if (rc < 0)
			return -1;
		if (rc)
			tell(&a->v[at], rc, p, out);
	}
	return 0;
}

static int keep(struct asked *a, struct asked_list *l, const struct packet *p,
		const struct flow_seen *s, unsigned i, bool waits)
{
	uint32_t at;
	struct request *q;

	if (p->len > ASKED_BYTES)
		return 0;
	at = take(a);
	if (!at)
		return -1;
	q = &a->v[at];
	q->next = l->newest;
	q->before = 0;
	if (q->next)
		a->v[q->next].before = at;
	l->newest = at;
	q->list = l;
	q->own = s->own;
	q->side = s->side;
	q->answered = false;
	q->waits = waits;
	q->layer = i;
	q->p = *p;
	memcpy(q->data, p->data, p->len);
	q->p.data = q->data;
	q->p.ifname = NULL;
	q->p.said = NULL;
	q->p.origin = NULL;
	q->p.learnt = NULL;
	q->p.flags &= (uint8_t)~PACKET_WHOLE;
	return 0;
}

int asked_packet(struct asked *a, struct asked_list *l, const struct packet *p,
		 const struct flow_seen *s, struct asked_answer *out)
{
	int i = message_layer(p, s->layer);
	const struct proto *proto;
	bool waits;

	*out = (struct asked_answer) { 0 };
	while (a->oldest && flow_since(a->v[a->oldest].p.when, p->when) > ASKED_TIME)
		drop(a, a->oldest);
	if (i < 0)
		return 0;
	if (try_list(a, l, p, s->side, out))
		return -1;
	if (out->answer)
		return 0;
	if (decode(&a->tree, p, (unsigned)i))
		return -1;
	proto = p->layers[i].proto;
	if (!message_answers(proto, &a->tree, NULL))
		return try_latest(a, p, out);
	/* It may ask and answer at once, as in a handshake. */
	waits = message_waits(proto, &a->tree);
	if ((s->fresh || message_told(proto, &a->tree)) && try_latest(a, p, out))
		return -1;
	if (out->answer)
		return 0;
	out->request = true;
	out->waits = waits;
	for (uint32_t at = l->newest; at && waits && !out->again; at = a->v[at].next) {
		struct request *q = &a->v[at];

		if (q->side == s->side && !q->answered && same_message(q, p, (unsigned)i)) {
			out->again = true;
			out->number = q->p.number;
			out->after = flow_since(q->p.when, p->when);
			q->answered = true; /* what is asked again stands for both */
		}
	}
	return keep(a, l, p, s, (unsigned)i, waits);
}

int asked_quote(struct asked *a, struct asked_list *l, const struct packet *p,
		struct asked_answer *out)
{
	*out = (struct asked_answer) { 0 };
	return try_list(a, l, p, -1, out);
}

void asked_over(struct asked *a, struct asked_list *l)
{
	while (l->newest) {
		struct request *q = &a->v[l->newest];

		give(a, q);
		q->answered = true;
		leave_list(a, l->newest);
	}
}

void asked_end(struct asked *a)
{
	for (uint32_t at = a->oldest; at; at = a->v[at].newer) {
		give(a, &a->v[at]);
		a->v[at].answered = true;
	}
}
