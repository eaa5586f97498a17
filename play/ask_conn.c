/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions through ordinary sockets: what stands above the transport is sent, what comes back is
 * framed, read as the same protocol and matched like a packet. */
#include <string.h>

#include "craft/craft.h"
#include "dissect/answers.h"
#include "dissect/dissect.h"
#include "notation/notation.h"
#include "play/ask_impl.h"

/* The part of the built packet that travels inside, as a packet of its own. */
static int inside(struct asking *a, const struct build *b, struct probe *p,
		  const struct proto **proto, struct err *e)
{
	uint32_t from, to;
	int at = conn_inside(b, &from, &to, e);

	if (at < 0)
		return -1;
	*proto = (unsigned)at < b->n ? b->layer[at].proto : NULL;
	memset(&p->pkt, 0, sizeof(p->pkt));
	p->pkt.data = (const uint8_t *)b->bytes.p + from;
	p->pkt.len = p->pkt.wire_len = to - from;
	p->pkt.link = LINK_NONE;
	p->pkt.number = p->number;
	if (*proto)
		dissect_as(a->plan->reg, &p->pkt, *proto, &a->scratch);
	return 0;
}

/* A protocol without a reply rule, or plain bytes: whatever comes is the answer. */
static bool is_answer(struct asking *a, const struct packet *reply, const struct packet *request)
{
	bool ruled = false;

	for (unsigned i = 0; i < request->nlayers; i++)
		ruled |= request->layers[i].proto->nreply > 0;
	a->why.n = 0;
	return !ruled || answers(reply, request, &a->why) > 0;
}

static void tell(struct asking *a, struct probe *p, enum ask_event event, const char *why)
{
	struct ask_result r = { .event = event,
				.probe = p->number,
				.attempt = p->attempt,
				.request = &p->pkt,
				.sent = &p->sent,
				.why = why };

	ask_tell(a, &r);
}

static int listen_for(struct asking *a, struct conn *c, struct probe *p, const struct proto *proto,
		      struct err *e)
{
	for (;;) {
		struct packet reply = { .link = LINK_NONE };
		const uint8_t *data;
		uint32_t n;
		int64_t when;
		bool closed;
		int rc;

		ask_tell(a, &(struct ask_result) { .event = ASK_IDLE });
		rc = conn_receive(c, proto, &data, &n, &when, &closed, p->deadline, e);

		if (rc <= 0)
			return rc;
		a->st->seen++;
		reply.data = data;
		reply.len = reply.wire_len = n;
		reply.when = when;
		if (proto)
			dissect_as(a->plan->reg, &reply, proto, &a->scratch);
		if (is_answer(a, &reply, &p->pkt)) {
			ask_answer(a, p, &reply, when - p->sent.when);
		} else if (a->o->why) {
			struct ask_result r = { .event = ASK_NOT,
						.probe = p->number,
						.request = &p->pkt,
						.reply = &reply,
						.why = buf_cstr(&a->why) };

			ask_tell(a, &r);
		}
		if (a->end || (p->answers && !a->o->all))
			return 1;
	}
}

/* One question. An error of the peer (refused, reset) is this question's; others end the run. */
static int question(struct asking *a, const struct build *b, struct probe *p, struct err *e)
{
	enum conn_peer peer = PEER_FINE;
	struct conn_opts co = { .datagram = a->o->via == ASK_DATAGRAM,
				.ifname = a->o->ifname,
				.stop = a->o->stop,
				.peer = &peer };
	const struct proto *proto;
	struct err no = { 0 };
	struct conn *c;
	int rc = -1;

	if (inside(a, b, p, &proto, e))
		return -1;
	p->deadline = ask_until(a, clock_mono() + a->timeout);
	c = conn_open(b, &co, p->deadline, &no);
	if (!c && (no.code == ERR_USAGE || no.code == ERR_PERM))
		return err_set(e, no.code, "%s", no.msg);
	p->sent = (struct sent) { .when = clock_wall(), .len = p->pkt.len };
	p->pkt.when = p->sent.when;
	if (c && !conn_send(c, p->pkt.data, p->pkt.len, p->deadline, &no)) {
		a->st->sent++;
		p->deadline = ask_until(a, clock_mono() + a->timeout);
		tell(a, p, ASK_SENT, NULL);
		rc = a->end ? 0 : listen_for(a, c, p, proto, &no);
	}
	if (rc < 0 && peer == PEER_FINE) {
		a->st->failed++;
		tell(a, p, ASK_FAILED, no.msg);
	} else if (!p->answers && (peer == PEER_REFUSED || p->attempt >= a->o->retry)) {
		a->st->silent++;
		a->st->refused += peer == PEER_REFUSED;
		tell(a, p, ASK_SILENT, rc < 0 ? no.msg : NULL);
	}
	conn_close(c);
	return rc < 0 && peer != PEER_SILENT ? 1 : 0;
}

int ask_conn(struct asking *a, struct err *e)
{
	struct build b = { 0 };
	int rc = 0;

	if (plan_fresh(a->plan, e) < 0)
		return -1;
	ask_tell(a, &(struct ask_result) { .event = ASK_READY });
	for (; a->next < a->total && !a->end && !ask_stopped(a); a->next++) {
		struct probe p = { .number = a->next + 1 };

		plan_step(a->plan, a->next, a->o->seed);
		ask_tell(a, &(struct ask_result) { .event = ASK_IDLE });
		if (!pace_wait(&a->pace, ask_until(a, pace_next(&a->pace, 0)), a->o->stop) ||
		    ask_stopped(a))
			break;
		if (craft(&b, a->plan, e)) {
			rc = -1;
			break;
		}
		if (!a->next)
			ask_notes(a, &b);
		a->st->probes++;
		for (;; p.attempt++) {
			rc = question(a, &b, &p, e);
			if (rc < 0 || rc > 0 || p.answers || a->end || ask_stopped(a) ||
			    p.attempt >= a->o->retry)
				break;
		}
		if (rc < 0)
			break;
		rc = 0;
	}
	build_done(&b);
	return rc;
}
