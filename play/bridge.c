/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets from one interface to another: see bridge.h. */
#include "play/bridge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "craft/sender.h"
#include "dissect/answers.h"
#include "dissect/dissect.h"
#include "play/segment.h"

#define BURST 64
#define NEIGHBOUR 300000000 /* ns for one that is not known yet */

struct held { /* a packet that waits */
	struct held *next;
	int64_t due;
	unsigned side;
	struct packet p; /* its bytes stand behind it */
	uint8_t bytes[];
};

struct bridge {
	struct bridge_opts o;
	struct through *through;
	struct segmenter *whole, *grown; /* of what came, and of what became of it */
	struct sender *sender[2];        /* by the side that packets go to */
	const struct hop *link[2];       /* as they are, by that interface */
	struct tree scratch;
	struct held *first, **last;
	size_t bytes; /* that wait */
	unsigned queued;
	/* of the packet that is on its way: */
	unsigned side;
	const struct packet *came;
	struct err e; /* what an emit ended with */
	struct bridge_counts counts;
};

static void tell(struct bridge *b, enum bridge_event event, const struct packet *p, const char *why)
{
	struct bridge_told t = { .event = event, .side = b->side, .packet = p, .why = why };

	if (b->o.tell)
		b->o.tell(b->o.ctx, &t);
}

/* ---- opening ---- */

static int open_sides(struct bridge *b, struct err *e)
{
	struct sender_opts so = { .reg = b->o.through.reg,
				  .neigh_timeout = NEIGHBOUR,
				  .stop = b->o.stop };
	struct careful_facts f = { .handed_on = true };
	char why[240];

	for (unsigned i = 0; i < 2; i++) {
		so.ifname = b->o.ifname[i];
		b->sender[i] = sender_open(&so, e);
		b->link[i] = b->sender[i] ? sender_hop(b->sender[i], NULL, NULL, HOP_ANY, e) : NULL;
		if (!b->link[i])
			return -1;
		f.dev = &b->link[i]->route.dev;
		if (!b->o.i_may && !b->o.dry && careful_check(&f, why) != CAREFUL_FINE)
			return err_set(e, ERR_USAGE, "%s", why);
		if (!b->o.dry && sender_ready(b->sender[i], b->link[i], f.dev->link, e))
			return -1;
	}
	if (b->link[0]->route.dev.index == b->link[1]->route.dev.index && !b->o.hop)
		return err_set(e, ERR_USAGE,
			       "both sides are %s: packets would come back the way they came (with "
			       "--hop one interface is enough)",
			       b->o.ifname[0]);
	if (b->link[0]->route.dev.link != b->link[1]->route.dev.link && !b->o.hop)
		return err_set(e, ERR_USAGE,
			       "%s and %s have frames of different kinds (link types %u and %u)",
			       b->o.ifname[0], b->o.ifname[1], b->link[0]->route.dev.link,
			       b->link[1]->route.dev.link);
	return 0;
}

struct bridge *bridge_open(const struct bridge_opts *o, struct err *e)
{
	struct bridge *b = calloc(1, sizeof(*b));

	if (!b) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	b->o = *o;
	b->last = &b->first;
	b->through = through_open(&o->through, e);
	b->whole = b->through ? segmenter_open(o->through.reg, e) : NULL;
	b->grown = b->whole ? segmenter_open(o->through.reg, e) : NULL;
	if (b->grown && !open_sides(b, e))
		return b;
	bridge_close(b);
	return NULL;
}

void bridge_close(struct bridge *b)
{
	if (!b)
		return;
	while (b->first) {
		struct held *h = b->first;

		b->first = h->next;
		free(h);
	}
	for (unsigned i = 0; i < 2; i++)
		sender_close(b->sender[i]);
	segmenter_close(b->whole);
	segmenter_close(b->grown);
	through_close(b->through);
	tree_done(&b->scratch);
	free(b);
}

/* ---- sending ---- */

static void unfit(struct bridge *b, const struct packet *p, const char *why)
{
	b->counts.unfit++;
	tell(b, BRIDGE_NOT, p, why);
}

/* The network header and what is in it, and the way to where it goes. NULL: e. */
static const struct hop *by_route(struct bridge *b, unsigned to, struct packet *p, struct err *e)
{
	struct addr src, dst;
	int at = packet_ends(p, &b->scratch, &src, &dst);

	if (at < 0) {
		err_set(e, ERR_USAGE, "it names no destination to look up");
		return NULL;
	}
	*p = packet_part(p, (unsigned)at, dst.family == AF_INET ? LINK_IPV4 : LINK_IPV6);
	dissect_with(b->o.through.reg, p, &b->scratch);
	return sender_hop(b->sender[to], &dst, NULL, HOP_MAC, e);
}

/* A packet, dissected, that came from a side leaves now. 0; -1: e. */
static int leave(struct bridge *b, const struct packet *packet, unsigned side, struct err *e)
{
	unsigned to = !side;
	struct packet p = *packet;
	const struct hop *hop = b->link[to];
	struct err no = { 0 };
	int rc = 1;

	if (b->o.dry)
		return 0;
	if (b->o.hop)
		hop = by_route(b, to, &p, &no);
	if (hop)
		rc = sender_queue(b->sender[to], hop, &p, &no);
	if (rc < 0)
		return err_set(e, no.code, "%s", no.msg);
	if (rc)
		unfit(b, packet, no.msg);
	return ++b->queued >= BURST ? bridge_flush(b, e) : 0;
}

static int hold(struct bridge *b, const struct packet *p, struct err *e)
{
	struct held *h;

	if (b->bytes + sizeof(*h) + p->len > BRIDGE_HELD) {
		b->counts.crowded++;
		return 0;
	}
	h = malloc(sizeof(*h) + p->len);
	if (!h)
		return err_set(e, ERR_IO, "out of memory");
	h->next = NULL;
	h->due = clock_mono() + b->o.delay;
	h->side = b->side;
	h->p = *p;
	h->p.data = h->bytes;
	h->p.said = NULL;
	h->p.learnt = NULL;
	memcpy(h->bytes, p->data, p->len);
	b->bytes += sizeof(*h) + p->len;
	*b->last = h;
	b->last = &h->next;
	return 0;
}

int64_t bridge_due(const struct bridge *b)
{
	return b->first ? b->first->due : INT64_MAX;
}

int bridge_flush(struct bridge *b, struct err *e)
{
	int64_t now = b->first ? clock_mono() : 0;

	b->queued = 0;
	while (b->first && b->first->due <= now) {
		struct held *h = b->first;
		int rc = leave(b, &h->p, h->side, e);

		b->first = h->next;
		if (!b->first)
			b->last = &b->first;
		b->bytes -= sizeof(*h) + h->p.len;
		free(h);
		if (rc)
			return -1;
	}
	return sender_flush(b->sender[0], e) || sender_flush(b->sender[1], e) ? -1 : 0;
}

/* ---- a packet on its way ---- */

static int emit(void *ctx, const struct packet *part)
{
	struct bridge *b = ctx;

	return b->o.delay ? hold(b, part, &b->e) : leave(b, part, b->side, &b->e);
}

/* In parts that the other side takes, each of which is given to fn. */
static int parts(struct bridge *b, struct segmenter *s, const struct packet *p,
		 int (*fn)(void *ctx, const struct packet *part), struct err *e)
{
	uint32_t most = b->link[!b->side]->route.dev.mtu;
	struct err no = { 0 };
	char why[200];
	int n;

	if (p->len > most)
		most += segment_front(s, p);
	if (p->len <= most)
		return fn(b, p) ? err_set(e, b->e.code, "%s", b->e.msg) : 0;
	n = segment(s, p, most, fn, b, &no);
	if (b->e.code || n < 0) {
		const struct err *bad = b->e.code ? &b->e : &no;

		return err_set(e, bad->code, "%s", bad->msg);
	}
	b->counts.cut += n > 0;
	if (n)
		return 0;
	snprintf(why, sizeof(why), "longer than %s takes (%u bytes), and cannot be cut up: %.80s",
		 b->o.ifname[!b->side], most, no.msg);
	unfit(b, p, why);
	return 0;
}

/* Of what it has become. */
static int pass(void *ctx, const struct packet *part)
{
	struct bridge *b = ctx;
	struct packet p = *part;
	struct err e = { 0 };
	int rc = through_packet(b->through, &p, b->side, &b->e);

	if (rc < 0)
		return -1;
	if (rc == THROUGH_DROPPED) {
		tell(b, BRIDGE_DROPPED, b->came, NULL);
		return 0;
	}
	if (b->o.told)
		tell(b, rc == THROUGH_CHANGED ? BRIDGE_CHANGED : BRIDGE_PASSED, &p, NULL);
	if (!parts(b, b->grown, &p, emit, &e))
		return 0;
	b->e = e;
	return -1;
}

/* Did somebody send it here for want of a better address? */
static bool to_hand_on(struct bridge *b, const struct packet *p)
{
	const struct iface *dev = &b->link[b->side]->route.dev;
	const struct field *from, *to;
	const struct hop *hop;
	struct addr src, dst;
	struct err no = { 0 };
	const uint8_t *mac;
	unsigned n = 0;

	if (!p->nlayers || !proto_ends(p->layers[0].proto, END_LINK, &from, &to))
		return false;
	mac = packet_field(p, 0, to, &n);
	if (!mac || n != dev->mac_len || memcmp(mac, dev->mac, n) ||
	    packet_ends(p, &b->scratch, &src, &dst) < 0 || !dst.family)
		return false;
	hop = sender_hop(b->sender[!b->side], &dst, NULL, HOP_ANY, &no);
	return hop && hop->route.type == ROUTE_UNICAST;
}

int bridge_packet(struct bridge *b, const struct packet *p, unsigned side, struct err *e)
{
	b->side = side;
	b->came = p;
	b->counts.came[side]++;
	err_clear(&b->e);
	if (p->len < p->wire_len) {
		unfit(b, p, "it was cut as it was captured");
		return 0;
	}
	if (b->o.hop && !to_hand_on(b, p)) {
		b->counts.others++;
		return 0;
	}
	/* What a card put together is taken apart before it is looked at, as it will travel. */
	return parts(b, b->whole, p, pass, e);
}

void bridge_counts(const struct bridge *b, struct bridge_counts *c)
{
	struct tx_counts tx;

	*c = b->counts;
	for (unsigned i = 0; i < 2; i++) {
		sender_counts(b->sender[i], &tx);
		c->sent += tx.sent;
		c->failed += tx.failed;
	}
	through_counts(b->through, &c->through);
}

const struct through *bridge_through(const struct bridge *b)
{
	return b->through;
}
