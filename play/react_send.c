/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers on their way out: back where the packet came from, in its own link header turned round,
 * wherever that is where the answer goes; else by the routing table. */
#include <stdlib.h>
#include <string.h>

#include "craft/sender.h"
#include "dissect/answers.h"
#include "dissect/dissect.h"
#include "notation/notation.h"
#include "play/react_impl.h"

#define FRONT_MOST 64
#define NEIGHBOUR 300000000 /* ns to wait for one that is not known yet */

/* ---- opening ---- */

int react_ways_open(struct react *r, struct err *e)
{
	struct sender_opts so = { .reg = r->o->reg,
				  .ifname = r->o->ifname,
				  .neigh_timeout = NEIGHBOUR,
				  .stop = r->o->stop };
	struct tx_opts to = { .stop = r->o->stop };

	if (r->o->deliver)
		return 0;
	r->sender = sender_open(&so, e);
	if (!r->sender)
		return -1;
	r->hop = sender_hop(r->sender, NULL, NULL, HOP_ANY, e);
	if (!r->hop)
		return -1;
	if (r->o->dry || react_loops(r))
		return 0;
	to.ifindex = r->hop->route.dev.index;
	to.name = r->hop->route.dev.name;
	to.mtu = r->hop->route.dev.mtu;
	to.link = r->hop->route.dev.link;
	r->tx = tx_open(&to, e);
	return r->tx ? 0 : -1;
}

void react_ways_close(struct react *r)
{
	tx_close(r->tx);
	sender_close(r->sender);
}

const struct iface *react_dev(const struct react *r)
{
	return r->hop ? &r->hop->route.dev : NULL;
}

bool react_loops(const struct react *r)
{
	return r->hop && r->hop->route.dev.flags & IFF_LOOPBACK;
}

static int careful(struct react *r, struct doing *d, struct err *e)
{
	struct careful_facts f = { .dev = react_dev(r), .rate = { RATE_PACKETS, 1000 } };
	struct build *b;
	char why[240];
	int rc = 0;

	if (r->o->i_may || r->o->dry || r->o->deliver)
		return 0;
	b = calloc(1, sizeof(*b));
	if (!b)
		return err_set(e, ERR_IO, "out of memory");
	/* Who was asked answers, whoever that is. */
	f.spoofed = !d->aim || aim_spoofs(d->aim);
	if (d->fill) {
		rc = build_layers(b, fill_plan(d->fill), e);
		f.build = b;
	}
	if (!rc && careful_check(&f, why) != CAREFUL_FINE)
		rc = err_set(e, ERR_USAGE, "%s", why);
	build_done(b);
	free(b);
	return rc;
}

int react_aim(struct react *r, struct doing *d, struct err *e)
{
	struct buf words = { 0 };

	if (d->fill && fill_stays(d->fill)) {
		if (plan_fresh(fill_plan(d->fill), e) < 0)
			return -1;
		plan_step(fill_plan(d->fill), 0, 0);
		if (r->o->deliver)
			return 0;
		d->aim = aim_open(fill_plan(d->fill), r->sender, e);
		if (!d->aim)
			return -1;
		aim_words(d->aim, &words);
		d->whole = !words.n;
		buf_done(&words);
	}
	return careful(r, d, e);
}

/* ---- where fields stand ---- */

const struct ends_of *react_ends(struct ends_of v[4], const struct proto *p, enum end_kind kind)
{
	struct ends_of *x;

	for (unsigned i = 0; i < 4; i++)
		if (v[i].proto == p)
			return &v[i];
	x = &v[(uintptr_t)p / 64 % 4];
	*x = (struct ends_of) { .proto = p };
	if (!proto_ends(p, kind, &x->src, &x->dst))
		x->src = x->dst = NULL;
	return x;
}

int react_net(struct react *r, const struct packet *p, const struct ends_of **x)
{
	for (int i = 0; i < p->nlayers; i++) {
		*x = react_ends(r->net, p->layers[i].proto, END_NET);
		if ((*x)->src && !(p->layers[i].flags & LAYER_QUOTED))
			return i;
	}
	return LAYER_NONE;
}

/* Says a header how long the packet is? Then it is not one for another packet. */
static bool measures(const struct proto *p)
{
	for (unsigned i = 0; i < p->rec.nfields; i++)
		if (p->rec.fields[i].rule.form == RULE_LEN)
			return true;
	return false;
}

/* The link header of p turned round, as the head of an answer that begins with the header that p
 * has behind it. 0: it does not fit. */
static uint32_t front(struct react *r, const struct packet *p, const struct packet *answer,
		      uint8_t out[FRONT_MOST])
{
	const struct ends_of *net, *link;
	const uint8_t *from, *to, *src, *dst;
	unsigned n, m, k;
	int at = react_net(r, p, &net);
	uint32_t off;

	if (at <= 0 || !answer->nlayers || p->layers[at].proto != answer->layers[0].proto ||
	    p->link != react_dev(r)->link)
		return 0;
	off = p->layers[at].off;
	link = react_ends(r->link, p->layers[0].proto, END_LINK);
	for (int i = 1; i < at; i++)
		if (measures(p->layers[i].proto))
			return 0;
	from = packet_field(p, (unsigned)at, net->src, &n);
	to = packet_field(answer, 0, net->dst, &m);
	if (!from || !to || n != m || memcmp(from, to, n) || !link->src || off > FRONT_MOST)
		return 0;
	src = packet_field(p, 0, link->src, &n);
	dst = packet_field(p, 0, link->dst, &k);
	if (!src || !dst || n != k || n > 8)
		return 0;
	memcpy(out, p->data, off);
	memcpy(out + (dst - p->data), src, n);
	memcpy(out + (src - p->data), answers_any(dst, n) ? react_dev(r)->mac : dst, n);
	return off;
}

/* ---- the loopback gives back what we send ---- */

static uint64_t hash_of(const uint8_t *p, uint32_t n)
{
	uint64_t h = 0xcbf29ce484222325;

	for (uint32_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3;
	return h;
}

bool react_own(const struct react *r, const struct packet *p)
{
	uint32_t off = p->nlayers > 1 ? p->layers[1].off : 0;
	uint64_t h;

	if (!react_loops(r))
		return false;
	h = hash_of(p->data + off, p->len - off);
	return r->own[h % OWN_SEEN] == h;
}

static void remember(struct react *r, const struct packet *p)
{
	uint64_t h = hash_of(p->data, p->len);

	if (react_loops(r))
		r->own[h % OWN_SEEN] = h;
}

/* ---- sending ---- */

static int put(struct react *r, const uint8_t *head, uint32_t n, const struct packet *answer,
	       struct err *e)
{
	int rc = tx_put(r->tx, ++r->queued, head, n, answer->data, answer->len, e);

	return rc;
}

static int by_route(struct react *r, const struct hop *hop, const struct packet *answer,
		    struct err *e)
{
	remember(r, answer);
	r->queued++;
	return sender_queue(r->sender, hop, answer, e);
}

static void told(struct react *r, const struct packet *p, const struct packet *answer)
{
	struct packet shown = *answer;

	if (!r->o->told)
		return;
	shown.when = p->when;
	shown.flags = 0;
	if (shown.link != LINK_NONE)
		dissect_with(r->o->reg, &shown, &r->scratch);
	react_tell(r, REACT_SENT, &shown, NULL);
}

/* Nobody is looked for: who asked is known. */
static int hand_over(struct react *r, const struct packet *p, const struct packet *answer,
		     struct err *e)
{
	int rc;

	told(r, p, answer);
	rc = r->o->dry ? 0 : r->o->deliver(r->o->ctx, p, answer, e);
	r->delivered += rc == 0 && !r->o->dry;
	return rc;
}

static int send_over(struct react *r, struct doing *d, const struct packet *p, struct err *e)
{
	const struct packet *answer;

	if (!fill_stays(d->fill) && plan_fresh(fill_plan(d->fill), e) < 0)
		return -1;
	plan_step(fill_plan(d->fill), r->answers++, 0);
	answer = fill_packet(d->fill, e);
	return answer ? hand_over(r, p, answer, e) : 1;
}

/* The plan is another one for each packet. */
static int send_anew(struct react *r, struct doing *d, const struct packet *p, struct err *e)
{
	struct plan *plan = fill_plan(d->fill);
	const struct packet *answer;
	struct aim *aim;
	int rc = 1;

	if (plan_fresh(plan, e) < 0)
		return -1;
	plan_step(plan, r->answers++, 0);
	aim = aim_open(plan, r->sender, e);
	if (!aim)
		return 1;
	if (!aim_step(aim, true, e) && (answer = fill_packet(d->fill, e))) {
		react_guard_answer(r, answer);
		told(r, p, answer);
		rc = r->o->dry ? 0 : by_route(r, aim_hop(aim), answer, e);
	}
	aim_close(aim);
	return rc;
}

int react_send(struct react *r, struct doing *d, const struct packet *p, struct err *e)
{
	const struct packet *answer;
	uint8_t head[FRONT_MOST];
	uint32_t n = 0;
	int rc = fill_in(d->fill, p, &r->work, e);

	if (rc)
		return rc;
	if (r->o->deliver)
		return send_over(r, d, p, e);
	if (!fill_stays(d->fill))
		return send_anew(r, d, p, e);
	plan_step(fill_plan(d->fill), r->answers++, 0);
	if (!d->whole && aim_step(d->aim, true, e))
		return 1;
	answer = fill_packet(d->fill, e);
	if (!answer)
		return 1;
	react_guard_answer(r, answer);
	told(r, p, answer);
	if (r->o->dry)
		return 0;
	if (r->tx && d->whole &&
	    (answer->link == react_dev(r)->link || (n = front(r, p, answer, head))))
		return put(r, head, n, answer, e);
	if (d->whole && aim_step(d->aim, true, e))
		return 1;
	return by_route(r, aim_hop(d->aim), answer, e);
}

int react_back(struct react *r, const struct packet *p, const struct packet *answer, struct err *e)
{
	const struct ends_of *net;
	const struct hop *hop;
	const uint8_t *to;
	struct packet part;
	struct addr dst;
	unsigned n;
	int at;

	if (r->o->deliver)
		return hand_over(r, p, answer, e);
	react_guard_answer(r, answer);
	told(r, p, answer);
	if (r->o->dry)
		return 0;
	if (r->tx)
		return put(r, NULL, 0, answer, e);
	at = react_net(r, answer, &net);
	to = at < 0 ? NULL : packet_field(answer, (unsigned)at, net->dst, &n);
	if (!to || !addr_set(&dst, to, n)) {
		err_set(e, ERR_USAGE, "the answer has no address to go to");
		return 1;
	}
	hop = sender_hop(r->sender, &dst, NULL, HOP_MAC, e);
	if (!hop)
		return 1;
	part = packet_part(answer, (unsigned)at, n == 4 ? LINK_IPV4 : LINK_IPV6);
	dissect_with(r->o->reg, &part, &r->scratch);
	return by_route(r, hop, &part, e);
}

int react_flush(struct react *r, struct err *e)
{
	r->queued = 0;
	if (r->tx && tx_flush(r->tx, e))
		return -1;
	return r->sender ? sender_flush(r->sender, e) : 0;
}

void react_counts(const struct react *r, struct react_counts *c)
{
	struct tx_counts routed = { .sent = r->delivered };

	*c = r->counts;
	if (r->sender)
		sender_counts(r->sender, &routed);
	c->sent = routed.sent;
	c->failed = routed.failed;
	if (r->tx) {
		c->sent += tx_counts(r->tx)->sent;
		c->failed += tx_counts(r->tx)->failed;
	}
}
