/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules that keep a typo from being an attack. Messages by which others learn are told by the
 * numbers that the RFCs give them. */
#include "play/careful.h"

#include <math.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>

#include "core/bits.h"
#include "craft/conn.h"
#include "notation/notation.h"
/* After the project's headers: they and it differ over PACKET_OUTGOING. */
#include <linux/if_ether.h>

#define DESTINATIONS 256
#define RATE 1000.0
#define SMALLEST 60.0 /* bytes of a frame, without its check sequence */

/* The first byte of the layer that number n of this space announces; NULL: there is none. */
static const uint8_t *layer_by(const struct build *b, const char *space, uint64_t n)
{
	for (unsigned i = 0; i < b->n; i++) {
		const struct proto *p = b->layer[i].proto;

		for (unsigned k = 0; p && k < p->nover; k++)
			if (p->over[k].space && !strcmp(p->over[k].space, space) &&
			    n >= p->over[k].lo && n <= p->over[k].hi && b->layer[i].hlen >= 8)
				return (const uint8_t *)b->bytes.p + b->layer[i].off;
	}
	return NULL;
}

/* Messages that change what other machines believe; NULL: it is none. */
static const char *forges(const struct build *b)
{
	static const uint8_t bridge[6] = { 0x01, 0x80, 0xc2, 0, 0, 0 };
	const uint8_t *p = (const uint8_t *)b->bytes.p, *h;
	struct err none = { 0 };
	struct transport t;

	if (b->pkt.link == LINK_ETHERNET && b->bytes.n >= 14 && !memcmp(p, bridge, 5))
		return "a bridge's spanning-tree frame"; /* 01:80:c2:00:00:00 to :0f and on */
	h = layer_by(b, "ethertype", ETH_P_ARP);
	if (h && be16(h + 6) == 2)
		return "an answer about who has an address";
	h = layer_by(b, "ipproto", IPPROTO_ICMPV6);
	if (h && (h[0] == 134 || h[0] == 136 || h[0] == 137))
		return "an advertisement of a router, a neighbour or a redirect";
	h = layer_by(b, "ipproto", IPPROTO_ICMP);
	if (h && (h[0] == 5 || h[0] == 9))
		return "a redirect or an advertisement of a router";
	if (!transport_of(b, &t, &none) && t.number == IPPROTO_UDP &&
	    (t.sport == 67 || t.sport == 547))
		return "a message of an address server";
	return NULL;
}

uint64_t careful_destinations(const struct plan *p)
{
	uint64_t n = 1;

	for (unsigned i = 0; i < p->nsweeps; i++) {
		const struct sweep *s = plan_swept(p, i);
		const struct proto *proto = p->layer[s->layer].proto;
		const struct field *src, *dst;

		if (!proto || !s->field || !proto_ends(proto, END_NET, &src, &dst) ||
		    dst != s->field)
			continue;
		/* rand and inc count as one value and may be any number. */
		if (s->count <= 1)
			return UINT64_MAX;
		n = n > UINT64_MAX / s->count ? UINT64_MAX : n * s->count;
	}
	return n;
}

static enum careful_rule hit(enum careful_rule rule, const struct careful_facts *f, char why[240],
			     const char *what)
{
	snprintf(why, 240,
		 "%s, on %s, through which the default route leads: if you mean it, add --i-may",
		 what, f->dev->name);
	return rule;
}

/* Packets a second, at most. */
static double per_second(struct rate r)
{
	return r.form == RATE_PACKETS ? r.value
	       : r.form == RATE_BITS  ? r.value / (8 * SMALLEST)
				      : INFINITY;
}

enum careful_rule careful_check(const struct careful_facts *f, char why[240])
{
	const char *what;

	why[0] = 0;
	if (!f->dev || !f->dev->default_route || f->dev->flags & IFF_LOOPBACK)
		return CAREFUL_FINE;
	if (f->replay)
		return hit(CAREFUL_REPLAY, f, why, "this sends recorded packets again");
	if (f->handed_on)
		return hit(CAREFUL_SPOOF, f, why, "this hands on what other machines sent");
	if (f->spoofed)
		return hit(CAREFUL_SPOOF, f, why, "the source address is not this machine's");
	what = f->build ? forges(f->build) : NULL;
	if (what)
		return hit(CAREFUL_FORGE, f, why, what);
	if (f->destinations > DESTINATIONS)
		return hit(CAREFUL_DESTINATIONS, f, why, "more than 256 destinations");
	if ((f->packets == 0 || f->packets > RATE) && per_second(f->rate) > RATE)
		return hit(CAREFUL_RATE, f, why, "more than 1,000 packets a second");
	return CAREFUL_FINE;
}
