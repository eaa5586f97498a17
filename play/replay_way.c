/* SPDX-License-Identifier: BSD-2-Clause */
/* By which way a packet leaves, and what of it; and the neighbours that are asked for before. */
#include "play/replay_impl.h"

#define ANSWER 5000000ll /* ns for a neighbour to answer */

/* The outermost layer with network addresses, and all in it, as a packet of its own. */
static bool inner(struct replay *r, const struct packet *p, unsigned at)
{
	const struct layer *l = &p->layers[at];
	struct packet *q = &r->part;

	if (l->flags & LAYER_QUOTED)
		return false;
	*q = packet_part(p, at, LINK_RAW);
	dissect_with(r->o.reg, q, &r->tree);
	return q->nlayers && q->layers[0].proto == l->proto;
}

/* As it is, by the interface that was said. */
static int as_it_is(struct replay *r, unsigned way, const struct packet **out,
		    const struct hop **hop, struct err *e)
{
	const struct packet *p = *out;

	*hop = sender_hop(r->sender[way], NULL, NULL, HOP_ANY, e);
	if (!*hop)
		return REPLAY_ERROR;
	if (p->link == (*hop)->route.dev.link)
		return 0;
	err_set(e, ERR_IO,
		"%s takes frames of link type %u, this one is of link type %u, and nothing "
		"in it can be sent with another header",
		(*hop)->route.dev.name, (*hop)->route.dev.link, p->link);
	return REPLAY_NOT;
}

int replay_where(struct replay *r, unsigned way, const struct packet **out, const struct hop **hop,
		 struct addr *dst, struct err *e)
{
	const struct packet *p = *out;
	struct packet q = *p;
	struct addr src;
	int at;

	if (r->o.ifname[way] && !r->o.hop) {
		*hop = sender_hop(r->sender[way], NULL, NULL, HOP_ANY, e);
		if (!*hop)
			return REPLAY_ERROR;
		if (p->link == (*hop)->route.dev.link)
			return 0;
	}
	dissect_with(r->o.reg, &q, &r->tree);
	at = packet_ends(&q, &r->tree, &src, dst);
	if (at < 0 || !dst->family || addr_zero(dst) || !inner(r, &q, (unsigned)at)) {
		if (r->o.ifname[way])
			return as_it_is(r, way, out, hop, e);
		err_set(e, ERR_IO, "it names no destination to look up: -i IF sends it as it is");
		return REPLAY_NOT;
	}
	*hop = NULL;
	*out = &r->part;
	return REPLAY_SENT;
}

int replay_way(struct replay *r, unsigned way, const struct packet **out, const struct hop **hop,
	       struct err *e)
{
	struct addr dst;
	int64_t before;
	int rc = replay_where(r, way, out, hop, &dst, e);

	if (rc || *hop)
		return rc;
	before = clock_mono();
	*hop = sender_hop(r->sender[way], &dst, NULL, HOP_ONCE, e);
	/* No burst makes up for a neighbour that was long in answering. */
	if (clock_mono() - before > ANSWER)
		pace_waited(&r->pace, clock_mono() - before);
	if (!*hop)
		return replay_stopped(r) ? REPLAY_STOPPED : REPLAY_NOT;
	r->rehopped++;
	return 0;
}

/* Who has answered, or was silent for long enough, is asked no more; and wait for the others. */
static void ask_on(struct replay *r)
{
	unsigned left = 0;

	for (unsigned i = 0; i < r->nasked; i++) {
		struct sender *s = r->sender[r->asked[i].way];
		struct err no = { 0 };

		if (!sender_hop(s, &r->asked[i].dst, NULL, HOP_SOON, &no) && sender_pending(s))
			r->asked[left++] = r->asked[i];
	}
	r->nasked = left;
	if (left)
		sender_nap(r->sender[r->asked[0].way]);
}

int replay_meet(struct replay *r, const struct packet *p, unsigned way, struct err *e)
{
	const struct hop *hop = NULL;
	struct err no = { 0 };
	struct addr dst;
	int rc;

	if (p->len < p->wire_len && !r->o.pad)
		return 0;
	rc = replay_where(r, way, &p, &hop, &dst, &no);
	if (rc == REPLAY_ERROR)
		return err_set(e, no.code, "%s", no.msg);
	if (rc || hop || sender_hop(r->sender[way], &dst, NULL, HOP_SOON, &no) ||
	    !sender_pending(r->sender[way]))
		return 0;
	for (unsigned i = 0; i < r->nasked; i++)
		if (r->asked[i].way == way && addr_eq(&r->asked[i].dst, &dst))
			return 0;
	while (r->nasked == ASKED && !replay_stopped(r))
		ask_on(r);
	if (r->nasked < ASKED) {
		r->asked[r->nasked].dst = dst;
		r->asked[r->nasked++].way = way;
	}
	return 0;
}

void replay_met(struct replay *r)
{
	while (r->nasked && !replay_stopped(r))
		ask_on(r);
	r->nasked = 0;
}
