/* SPDX-License-Identifier: BSD-2-Clause */
/* Which probe does a packet answer? */
#include "dissect/answers.h"
#include "dissect/dissect.h"
#include "dissect/pattern.h"
#include "play/ask_impl.h"

void ask_tell(struct asking *a, struct ask_result *r)
{
	if (a->o->tell && a->o->tell(a->o->ctx, r))
		a->end = true;
}

void ask_notes(struct asking *a, const struct build *b)
{
	bool conn = a->o->via == ASK_STREAM || a->o->via == ASK_DATAGRAM, ruled = conn;
	struct ask_result r = { .event = ASK_NOTE };

	for (unsigned i = 0; i < b->nnotes; i++) {
		r.why = b->notes[i].text;
		ask_tell(a, &r);
	}
	for (unsigned i = 0; i < b->n && !ruled; i++)
		ruled = b->layer[i].proto && b->layer[i].proto->nreply;
	r.why = "no protocol of this packet says what answers it (a reply line): nothing will be "
		"taken for an answer";
	if (!ruled)
		ask_tell(a, &r);
}

bool ask_expected(struct asking *a, const struct packet *reply, struct buf *why)
{
	return !a->o->expect || pattern_match(a->o->expect, reply, why) > 0;
}

bool ask_final(struct asking *a, const struct packet *request, const struct packet *reply)
{
	struct addr src, dst, from, to;
	const uint8_t *s, *d, *f, *t;
	unsigned n, m;

	/* It comes from there: no more need be known. */
	if (ask_sender(a, request, &s, &d, &n) && ask_sender(a, reply, &f, &t, &m) && n == m &&
	    memcmp(d, f, n) == 0)
		return true;
	if (packet_ends(request, &a->scratch, &src, &dst) < 0)
		return true;
	if (packet_ends(reply, &a->scratch, &from, &to) < 0)
		return false;
	/* A question to many is answered by whoever answers. */
	if (addr_multicast(&dst) || addr_zero(&dst) || (dst.family == AF_INET && dst.b[3] == 0xff))
		return true;
	return addr_eq(&from, &dst);
}

/* The header with which the request begins, in a packet of another link type; LAYER_NONE. */
static int first_of(const struct packet *p, const struct packet *request)
{
	for (int i = 0; i < p->nlayers && request->nlayers; i++)
		if (p->layers[i].proto == request->layers[0].proto)
			return i;
	return LAYER_NONE;
}

/* Our own frame, as the interface shows it: the request's bytes where its first header stands. (An
 * error may quote the request to the last byte, but inside.) */
static bool echo_of(const struct packet *p, const struct packet *request)
{
	uint32_t off = 0;

	if (p->link != request->link) {
		int i = first_of(p, request);

		if (i == LAYER_NONE)
			return false;
		off = p->layers[i].off;
	}
	return off + request->len <= p->len && !memcmp(p->data + off, request->data, request->len);
}

/* The reply as the question was put: from the same header on, of the same link type. */
static const struct packet *as_asked(struct asking *a, const struct packet *request,
				     const struct packet *reply, struct packet *part)
{
	int i = reply->link == request->link ? LAYER_NONE : first_of(reply, request);

	if (i == LAYER_NONE)
		return reply;
	*part = packet_part(reply, (unsigned)i, request->link);
	dissect_with(a->plan->reg, part, &a->scratch);
	answers_anew(a->plan->reg, part, request, &a->scratch);
	return part;
}

void ask_answer(struct asking *a, struct probe *p, struct packet *reply, int64_t rtt)
{
	struct ask_result r = { .event = ASK_ANSWER,
				.probe = p->number,
				.attempt = p->attempt,
				.request = &p->pkt,
				.sent = &p->sent,
				.rtt = rtt };
	struct packet part;

	r.answers = ++p->answers;
	a->why.n = 0;
	r.expected = ask_expected(a, reply, &a->why);
	r.final = ask_final(a, &p->pkt, reply);
	r.why = r.expected ? NULL : buf_cstr(&a->why);
	a->st->answers++;
	a->st->expected += r.expected;
	if (r.answers == 1) {
		a->credit++;
		a->st->answered++;
		a->st->rtt_sum += rtt;
		if (a->st->answered == 1 || rtt < a->st->rtt_min)
			a->st->rtt_min = rtt;
		if (rtt > a->st->rtt_max)
			a->st->rtt_max = rtt;
	}
	if (a->o->until_answered && r.final) {
		a->st->reached = true;
		a->end = true;
	}
	r.reply = as_asked(a, &p->pkt, reply, &part);
	ask_tell(a, &r);
	/* Through ordinary sockets there is no flight. */
	if (a->flight && !a->o->all)
		flight_drop(a->flight, p);
}

/* Is it the answer to one of those with this key (any: of all)? Or one of them itself? */
static bool heard(struct asking *a, struct packet *reply, uint32_t key, bool any)
{
	struct flight *f = a->flight;
	struct probe *p = any ? flight_first(f) : flight_like(f, key, NULL);

	for (; p; p = any ? flight_next(f, p) : flight_like(f, key, p)) {
		int64_t rtt = reply->when - p->sent.when;

		if (echo_of(reply, &p->pkt))
			return true;
		if (answers_with(&a->work, reply, &p->pkt, NULL) <= 0 &&
		    answers_anew(a->plan->reg, reply, &p->pkt, &a->scratch) <= 0)
			continue;
		/* The two clocks are the same, but a packet is stamped in the driver. */
		ask_answer(a, p, reply, rtt > 0 ? rtt : 0);
		return true;
	}
	return false;
}

void ask_judge(struct asking *a, struct packet *reply)
{
	const struct probe *last = flight_last(a->flight);
	uint32_t key[ASK_KEYS];
	bool any;
	unsigned n;

	a->st->seen++;
	if (!last)
		return;
	dissect_with(a->plan->reg, reply, &a->scratch);
	n = ask_keys(a, reply, key, &any);
	for (unsigned i = 0; i < n; i++)
		if (heard(a, reply, key[i], false))
			return;
	if (any && heard(a, reply, 0, true))
		return;
	if (a->o->why && !a->end) {
		struct ask_result r = { .event = ASK_NOT,
					.probe = last->number,
					.request = &last->pkt,
					.reply = reply,
					.sent = &last->sent };

		a->why.n = 0;
		answers(reply, &last->pkt, &a->why);
		r.why = buf_cstr(&a->why);
		ask_tell(a, &r);
	}
}
