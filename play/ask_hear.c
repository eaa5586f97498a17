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

bool ask_expected(struct asking *a, const struct packet *reply, struct buf *why)
{
	return !a->o->expect || pattern_match(a->o->expect, reply, why) > 0;
}

bool ask_final(struct asking *a, const struct packet *request, const struct packet *reply)
{
	struct addr src, dst, from, to;

	if (packet_ends(request, &a->scratch, &src, &dst) < 0)
		return true;
	if (packet_ends(reply, &a->scratch, &from, &to) < 0)
		return false;
	/* A question to many is answered by whoever answers. */
	if (addr_multicast(&dst) || addr_zero(&dst) || (dst.family == AF_INET && dst.b[3] == 0xff))
		return true;
	return addr_eq(&from, &dst);
}

/* Our own frame, as the interface shows it: the request's bytes where its first header stands. (An
 * error may quote the request to the last byte, but inside.) */
static bool echo_of(const struct packet *p, const struct packet *request)
{
	uint32_t off = 0;

	if (p->link != request->link) {
		unsigned i = 0;

		while (i < p->nlayers && request->nlayers &&
		       p->layers[i].proto != request->layers[0].proto)
			i++;
		if (i == p->nlayers)
			return false;
		off = p->layers[i].off;
	}
	return off + request->len <= p->len && !memcmp(p->data + off, request->data, request->len);
}

void ask_answer(struct asking *a, struct probe *p, struct packet *reply, int64_t rtt)
{
	struct ask_result r = { .event = ASK_ANSWER,
				.probe = p->number,
				.attempt = p->attempt,
				.request = &p->pkt,
				.reply = reply,
				.sent = &p->sent,
				.rtt = rtt };

	r.answers = ++p->answers;
	a->why.n = 0;
	r.expected = ask_expected(a, reply, &a->why);
	r.final = ask_final(a, &p->pkt, reply);
	r.why = r.expected ? NULL : buf_cstr(&a->why);
	a->st->answers++;
	a->st->expected += r.expected;
	if (r.answers == 1) {
		a->st->answered++;
		a->st->rtt_sum += rtt;
		if (a->st->answered == 1 || rtt < a->st->rtt_min)
			a->st->rtt_min = rtt;
		if (rtt > a->st->rtt_max)
			a->st->rtt_max = rtt;
	}
	if (!a->o->all)
		p->waiting = false;
	if (a->o->until_answered && r.final) {
		a->st->reached = true;
		a->end = true;
	}
	ask_tell(a, &r);
}

void ask_judge(struct asking *a, struct packet *reply)
{
	struct probe *last = NULL;

	a->st->seen++;
	for (unsigned i = 0; i < a->n; i++)
		if (a->probe[(a->first + i) % FLIGHT].waiting)
			last = &a->probe[(a->first + i) % FLIGHT];
	if (!last)
		return;
	dissect_with(a->plan->reg, reply, &a->scratch);
	for (unsigned i = 0; i < a->n && !a->end; i++) {
		struct probe *p = &a->probe[(a->first + i) % FLIGHT];
		int64_t rtt = reply->when - p->sent.when;

		if (!p->waiting)
			continue;
		if (echo_of(reply, &p->pkt))
			return;
		if (answers(reply, &p->pkt, NULL) <= 0)
			continue;
		/* The two clocks are the same, but a packet is stamped in the driver. */
		ask_answer(a, p, reply, rtt > 0 ? rtt : 0);
		return;
	}
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
