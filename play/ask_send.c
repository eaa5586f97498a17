/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes on their way out: alone when they are due one by one, else as many for one call of the
 * kernel as are due together. */
#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "play/ask_impl.h"

struct probe *ask_probe(struct asking *a, uint64_t i, const struct packet *pkt, struct err *e)
{
	struct probe *p = flight_take(a->flight);

	if (!p) { /* who calls has looked */
		err_set(e, ERR_IO, "too many packets wait");
		return NULL;
	}
	if (p->cap < pkt->len) {
		uint8_t *more = realloc(p->data, pkt->len);

		if (!more) {
			flight_drop(a->flight, p);
			err_set(e, ERR_IO, "out of memory");
			return NULL;
		}
		p->data = more;
		p->cap = pkt->len;
	}
	memcpy(p->data, pkt->data, pkt->len);
	p->pkt = *pkt;
	p->pkt.data = p->data;
	p->pkt.said = NULL;
	p->pkt.number = i + 1;
	p->number = i + 1;
	p->attempt = p->answers = 0;
	p->waiting = false;
	dissect_with(a->plan->reg, &p->pkt, &a->scratch);
	/* A lie that no dissector believes: what it was built from. */
	if (!p->pkt.nlayers) {
		p->pkt.nlayers = pkt->nlayers;
		memcpy(p->pkt.layers, pkt->layers, sizeof(p->pkt.layers));
	}
	p->key = ask_key(a, &p->pkt);
	return p;
}

void ask_failed(struct asking *a, uint64_t probe, const struct probe *p, const char *why)
{
	struct ask_result r = {
		.event = ASK_FAILED, .probe = probe, .request = p ? &p->pkt : NULL, .why = why
	};

	a->st->failed++;
	ask_tell(a, &r);
}

static void left(struct asking *a, struct probe *p, int64_t now)
{
	struct ask_result r = { .event = ASK_SENT,
				.probe = p->number,
				.attempt = p->attempt,
				.request = &p->pkt,
				.sent = &p->sent };

	p->sent.hop = &p->hop;
	p->pkt.when = p->sent.when;
	p->deadline = now + a->timeout;
	flight_wait(a->flight, p);
	a->st->sent++;
	ask_tell(a, &r);
}

static int alone(struct asking *a, struct probe *p, struct err *e)
{
	struct err no = { 0 };

	if (!sender_send_by(a->sender, &p->hop, &p->pkt, &p->sent, &no)) {
		left(a, p, clock_mono());
		return 0;
	}
	if (a->total == 1 || no.code == ERR_USAGE || no.code == ERR_PERM)
		return err_set(e, no.code, "%s", no.msg);
	ask_failed(a, p->number, p, no.msg);
	flight_drop(a->flight, p);
	return 0;
}

int ask_flush(struct asking *a, struct err *e)
{
	unsigned n = a->nburst, at = 0;

	a->nburst = 0;
	while (at < n && !a->end) {
		struct burst_item v[SENDER_BURST];
		unsigned got;
		int64_t now;

		for (unsigned i = at; i < n; i++)
			v[i - at] = (struct burst_item) { .hop = &a->burst[i]->hop,
							  .packet = &a->burst[i]->pkt,
							  .sent = &a->burst[i]->sent };
		got = n - at > 1 ? sender_burst(a->sender, v, n - at) : 0;
		now = got ? clock_mono() : 0;
		for (unsigned i = 0; i < got; i++)
			left(a, a->burst[at++], now);
		/* The one that did not go with the others has a reason of its own. */
		if (at < n && !a->end && alone(a, a->burst[at++], e))
			return -1;
	}
	return 0;
}

int ask_send(struct asking *a, struct probe *p, struct err *e)
{
	pace_bytes(&a->pace, p->pkt.len);
	a->credit--;
	a->burst[a->nburst++] = p;
	return a->nburst == SENDER_BURST ? ask_flush(a, e) : 0;
}
