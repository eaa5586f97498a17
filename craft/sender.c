/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a packet goes: the route of its destination, the neighbour on the way, the header in front.
 * What was found is remembered for each destination. */
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/bits.h"
#include "craft/pace.h"
#include "craft/say.h"
#include "craft/sender_impl.h"

#define BUCKETS 4096
#define AGAIN 3000000000ll /* ns after which a destination that failed is tried anew */

struct sender *sender_open(const struct sender_opts *o, struct err *e)
{
	struct sender *s = calloc(1, sizeof(*s));

	if (!s) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	s->o = *o;
	s->packet_fd = s->four_fd = s->six_fd = -1;
	s->buckets = calloc(BUCKETS, sizeof(*s->buckets));
	s->plan.reg = o->reg;
	if (!s->o.neigh_timeout)
		s->o.neigh_timeout = 1000000000;
	if (!s->buckets) {
		err_set(e, ERR_IO, "out of memory");
		goto fail;
	}
	s->routes = routes_open(e);
	s->resolver = s->routes ? resolver_open(s->routes, e) : NULL;
	if (!s->resolver || (o->ifname && iface_find(s->routes, o->ifname, 0, &s->dev, e)))
		goto fail;
	return s;
fail:
	sender_close(s);
	return NULL;
}

static void hops_forget(struct sender *s)
{
	for (unsigned i = 0; s->buckets && i < BUCKETS; i++) {
		while (s->buckets[i]) {
			struct hop_slot *h = s->buckets[i];

			s->buckets[i] = h->next;
			neigh_end(h->asked);
			free(h);
		}
	}
	s->nhops = 0;
}

void sender_close(struct sender *s)
{
	if (!s)
		return;
	sock_close(s);
	burst_close(s->burst);
	hops_forget(s);
	free(s->buckets);
	tree_done(&s->tree);
	build_done(&s->build);
	plan_done(&s->plan);
	resolver_close(s->resolver);
	routes_close(s->routes);
	free(s);
}

struct routes *sender_routes(struct sender *s)
{
	return s->routes;
}

static struct hop_slot **bucket(struct sender *s, const struct addr *a)
{
	uint32_t h = 2166136261u;

	for (unsigned i = 0; i < addr_len(a); i++)
		h = (h ^ a->b[i]) * 16777619u;
	return &s->buckets[(h ^ h >> 15) % BUCKETS];
}

static int slot_route(struct sender *s, struct hop_slot *h, const struct addr *src, struct err *e)
{
	if (route_find(s->routes, &h->dst, src, s->dev.index, &h->hop.route, e)) {
		/* Broadcast and multicast need no route where the interface was said. */
		if (!s->dev.index)
			return -1;
		err_clear(e);
		h->hop.route = (struct route) { .dst = h->dst, .via = h->dst, .dev = s->dev };
		h->hop.route.mtu = s->dev.mtu;
		if (addr_multicast(&h->dst))
			h->hop.route.type = ROUTE_MULTICAST;
		if (iface_addr(s->routes, s->dev.index, h->dst.family, &h->hop.route.src, e) < 0)
			return -1;
	}
	if (h->dst.family == AF_INET && be32(h->dst.b) == 0xffffffff)
		h->hop.route.type = ROUTE_BROADCAST;
	h->hop.raw =
		s->o.via == VIA_IP || (s->o.via == VIA_AUTO && h->hop.route.type == ROUTE_LOCAL);
	/* Its own addresses answer on the loopback, whatever interface was said. */
	if (!h->hop.raw && s->dev.index && h->hop.route.type != ROUTE_LOCAL)
		h->hop.route.dev = s->dev;
	return 0;
}

/* Group addresses map to link addresses (RFC 1112 section 6.4, RFC 2464 section 7). */
static bool group_mac(const struct route *r, uint8_t mac[8])
{
	if (r->type == ROUTE_BROADCAST) {
		memset(mac, 0xff, 6);
	} else if (addr_multicast(&r->dst) && r->dst.family == AF_INET) {
		memcpy(mac, (uint8_t[]) { 1, 0, 0x5e }, 3);
		mac[3] = r->dst.b[1] & 0x7f;
		memcpy(mac + 4, r->dst.b + 2, 2);
	} else if (addr_multicast(&r->dst)) {
		memcpy(mac, (uint8_t[]) { 0x33, 0x33 }, 2);
		memcpy(mac + 2, r->dst.b + 12, 4);
	} else {
		return false;
	}
	return true;
}

static int slot_mac(struct sender *s, struct hop_slot *h, bool soon, struct err *e)
{
	struct hop *p = &h->hop;
	struct neigh_ask q = { .reg = s->o.reg,
			       .dev = &p->route.dev,
			       .src = p->route.src,
			       .dst = p->route.via,
			       .timeout = s->o.neigh_timeout,
			       .stop = s->o.stop };
	int rc;

	if (p->resolved || p->raw)
		return 0;
	if (p->route.dev.link != LINK_ETHERNET || p->route.dev.hwtype == ARPHRD_LOOPBACK ||
	    group_mac(&p->route, p->mac)) {
		p->resolved = true;
		return 0;
	}
	if (!h->asked)
		h->asked = neigh_begin(s->resolver, &q, e);
	if (!h->asked)
		return -1;
	rc = soon ? neigh_step(h->asked, p->mac, e) : neigh_wait(h->asked, p->mac, e);
	if (soon && rc == NEIGH_WAIT) {
		s->pending = true;
		return -1;
	}
	neigh_end(h->asked);
	h->asked = NULL;
	h->silent = rc == NEIGH_SILENT;
	p->resolved = rc == NEIGH_FOUND;
	return p->resolved ? 0 : -1;
}

/* Copy what went wrong, so that it can be told again without waiting again. */
static const struct hop *slot_failed(struct hop_slot *h, struct err *e)
{
	h->failed = clock_mono();
	if (e)
		h->why = *e;
	return NULL;
}

static struct hop_slot *slot_find(struct sender *s, const struct addr *dst, const struct addr *src,
				  struct err *e)
{
	struct hop_slot **b = bucket(s, dst), *h;

	for (h = *b; h; h = h->next)
		if (addr_eq(&h->dst, dst) && h->dst.scope == dst->scope)
			return h;
	if (s->nhops >= HOPS_MAX) {
		hops_forget(s);
		b = bucket(s, dst);
	}
	h = calloc(1, sizeof(*h));
	if (!h) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	h->dst = *dst;
	if (slot_route(s, h, src, e)) {
		free(h);
		return NULL;
	}
	h->next = *b;
	*b = h;
	s->nhops++;
	return h;
}

const struct hop *sender_hop(struct sender *s, const struct addr *dst, const struct addr *src,
			     enum hop_mac mac, struct err *e)
{
	struct hop_slot *h;
	bool again, was_silent;

	s->silent = s->pending = false;
	if (!dst) {
		if (!s->dev.index) {
			err_set(e, ERR_USAGE,
				"the packet names no destination to look up: say -i IF");
			return NULL;
		}
		s->dev_slot.hop.route.dev = s->dev;
		s->dev_slot.hop.route.mtu = s->dev.mtu;
		s->dev_slot.hop.resolved = true;
		return &s->dev_slot.hop;
	}
	h = slot_find(s, dst, src, e);
	if (!h)
		return NULL;
	if (h->failed && clock_mono() - h->failed < AGAIN) {
		s->silent = h->silent;
		err_set(e, h->why.code ? h->why.code : ERR_IO, "%s", h->why.msg);
		return NULL;
	}
	again = mac == HOP_ONCE && h->why.code;
	was_silent = h->silent;
	h->failed = 0;
	h->silent = again && was_silent;
	if (mac != HOP_ANY && slot_mac(s, h, mac == HOP_SOON || again, e)) {
		if (s->pending && again) {
			s->pending = false;
			s->silent = was_silent;
			err_set(e, h->why.code, "%s", h->why.msg);
			return NULL;
		}
		if (s->pending)
			return NULL;
		s->silent = h->silent;
		return slot_failed(h, e);
	}
	return &h->hop;
}

bool sender_takes_frames(const struct sender *s)
{
	return s->o.via != VIA_IP;
}

bool sender_silent(const struct sender *s)
{
	return s->silent;
}

bool sender_pending(const struct sender *s)
{
	return s->pending;
}

void sender_nap(struct sender *s)
{
	resolver_nap(s->resolver);
}

int sender_ready(struct sender *s, const struct hop *h, uint16_t link, struct err *e)
{
	(void)link;
	return sock_ready(s, h, e);
}

/* The header of this link type that carries `upper`; NULL: none does. */
static const struct proto *link_for(const struct sender *s, uint16_t type,
				    const struct proto *upper, struct edge *edge)
{
	const struct field *src, *dst;
	const struct proto *link;

	for (unsigned i = 0; (link = registry_bound(s->o.reg, "link", type, i)); i++)
		if (proto_ends(link, END_LINK, &src, &dst) &&
		    registry_edge(s->o.reg, link, upper, 0, edge) && edge->cr)
			return link;
	return NULL;
}

/* The link header in front of a packet that has none: built from its description, once for each
 * hop. */
static int slot_header(struct sender *s, struct hop *h, const struct proto *upper, struct err *e)
{
	struct edge edge;
	const struct proto *link = link_for(s, h->route.dev.link, upper, &edge);
	const struct field *src, *dst;
	struct plan_layer *y;

	if (!link || !proto_ends(link, END_LINK, &src, &dst))
		return err_set(e, ERR_IO, "no loaded protocol carries %s on %s", upper->name,
			       h->route.dev.name);
	arena_reset(&s->plan.mem);
	s->plan.n = 0;
	s->plan.link = h->route.dev.link;
	y = plan_push(&s->plan, link);
	if (!say_addr(&s->plan, y, src, h->route.dev.mac, 6) ||
	    !say_addr(&s->plan, y, dst, h->mac, 6) ||
	    !say_num(&s->plan, y, &link->rec.fields[edge.cr->field[0]], edge.lo))
		return err_set(e, ERR_IO, "out of memory");
	if (build(&s->build, &s->plan, e))
		return -1;
	if (s->build.bytes.n > sizeof(h->header))
		return err_set(e, ERR_IO, "the link header is too long");
	memcpy(h->header, s->build.bytes.p, s->build.bytes.n);
	h->header_len = (uint8_t)s->build.bytes.n;
	return 0;
}

static int too_long(const struct sender *s, const struct hop *h, uint32_t n, struct err *e)
{
	return err_set(e, ERR_IO, "%u bytes do not fit the MTU of %s (%u)%s", n, h->route.dev.name,
		       h->route.mtu, s->o.mtu_hint ? s->o.mtu_hint : "");
}

static int wrong_link(const struct sender *s, const struct hop *h, uint16_t link, struct err *e)
{
	uint16_t takes = h->route.dev.link;
	const char *name = "its link header";
	const struct proto *p;

	for (unsigned i = 0; (p = registry_bound(s->o.reg, "link", takes, i)); i++) {
		name = p->name;
		if (p->ncarries)
			break; /* not the one that has a length there */
	}
	if (link == LINK_NONE)
		return err_set(e, ERR_USAGE,
			       "this packet has no link header for %s: begin with %s /, or with "
			       "link=%u before its bytes",
			       h->route.dev.name, name, takes);
	return err_set(e, ERR_USAGE,
		       "a packet of link type %u cannot leave by %s, which takes %u: begin with "
		       "%s /",
		       link, h->route.dev.name, takes, name);
}

/* Bytes of link header, and of a tag that the kernel lets pass above the MTU. */
static uint32_t frame_extra(const struct packet *p)
{
	if (p->link != LINK_ETHERNET)
		return 0;
	return p->len >= 14 && be16(p->data + 12) == 0x8100 ? 18 : 14;
}

uint32_t sender_most(const struct hop *h, const struct packet *p)
{
	if (bare(p->link) && (h->raw || h->route.dev.link == LINK_ETHERNET))
		return h->route.mtu;
	return h->route.dev.mtu + frame_extra(p);
}

int hop_fits(struct sender *s, struct hop *h, const struct packet *p, struct err *e)
{
	if (!p->len)
		return err_set(e, ERR_IO, "an empty packet cannot be sent");
	if (bare(p->link) && h->raw)
		return p->len > sender_most(h, p) ? too_long(s, h, p->len, e) : 0;
	if (bare(p->link) && h->route.dev.link == LINK_ETHERNET) {
		if (!h->resolved)
			return err_set(e, ERR_IO, "the next hop's address is not known yet");
		if (!p->nlayers)
			return err_set(e, ERR_IO,
				       "bytes without a header cannot be sent: begin "
				       "with a layer");
		if (!h->header_len && slot_header(s, h, p->layers[0].proto, e))
			return -1;
		return p->len > sender_most(h, p) ? too_long(s, h, p->len, e) : 0;
	}
	if (p->link != h->route.dev.link && !(bare(p->link) && bare(h->route.dev.link)))
		return wrong_link(s, h, p->link, e);
	if (p->len > sender_most(h, p))
		return too_long(s, h, p->len, e);
	return 0;
}

void sender_prepare(struct sender *s, const struct hop *h, const struct packet *p)
{
	struct err no = { 0 };

	hop_fits(s, (struct hop *)h, p, &no);
}

int sender_send_by(struct sender *s, const struct hop *hop, const struct packet *p,
		   struct sent *out, struct err *e)
{
	struct hop *h = (struct hop *)hop; /* ours: handed out as const */
	struct sent none;

	if (!out)
		out = &none;
	*out = (struct sent) { .hop = hop };
	if (hop_fits(s, h, p, e))
		return -1;
	if (bare(p->link) && h->raw)
		return sock_raw(s, h, p, out, e);
	if (p->link == h->route.dev.link && h->route.dev.hwtype == ARPHRD_LOOPBACK &&
	    h->route.type == ROUTE_LOCAL && h->route.dst.family == AF_INET)
		snprintf(out->note, sizeof(out->note),
			 "frames on %s to an address of this machine reach no socket (martians): "
			 "leave the link header out",
			 h->route.dev.name);
	return sock_link(s, h, p, out, e);
}

int sender_send(struct sender *s, const struct packet *p, struct sent *out, struct err *e)
{
	const struct hop *h;
	struct addr src, dst;
	int at = packet_ends(p, &s->tree, &src, &dst);
	bool named = at >= 0 && dst.family && !addr_zero(&dst);

	/* A whole frame needs no next hop where the interface was said. */
	if (!bare(p->link) && s->dev.index)
		named = false;
	if (!named && bare(p->link))
		return err_set(e, ERR_USAGE,
			       "the packet names no destination: begin with a layer "
			       "that has one");
	h = sender_hop(s, named ? &dst : NULL, named ? &src : NULL,
		       bare(p->link) ? HOP_MAC : HOP_ANY, e);
	return h ? sender_send_by(s, h, p, out, e) : -1;
}
