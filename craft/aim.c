/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan aimed at its destination: what the routing table decides is said in the plan itself, so
 * that it is built, printed and checksummed like what a user says. */
#include <net/if.h>
#include <stdlib.h>

#include "craft/aim.h"
#include "craft/say.h"

#define ADDED_MAX 4

enum added { ADD_NET_SRC, ADD_LINK_SRC, ADD_LINK_DST, ADD_HW_SRC };

struct aim {
	struct plan *plan;
	struct sender *sender;
	const struct field *field[ADDED_MAX]; /* NULL: was said, or has no such field */
	uint8_t bytes[ADDED_MAX][16];
	struct addr dst, src_said;
	const struct say *dst_say, *src_say; /* NULL: constant, or unsaid */
	const struct hop *hop;
	bool exact;  /* nothing is added */
	bool framed; /* the plan begins with a link header */
	bool need_mac;
	bool link_src_said;
	uint8_t link_src[8];
};

/* The node of a field in a built layer; NULL: absent. */
static const struct node *node_of(const struct built *b, const struct field *f)
{
	uint32_t at = tree_child(&b->tree, 0, f->index);

	return at == NODE_NONE ? NULL : &b->tree.v[at];
}

static bool unsaid(const struct node *v)
{
	return !v->said || v->said->form == SAY_AUTO || v->said->form == SAY_ANY;
}

static bool addr_node(const struct node *v, unsigned bits)
{
	return v && v->bits == bits && v->bit % 8 == 0 && v->type && v->type->form == TYPE_LEAF &&
	       v->type->kind->cls == KIND_ADDR;
}

static bool net_node(const struct node *v)
{
	return addr_node(v, 32) || addr_node(v, 128);
}

/* The outermost layer with a pair of network addresses that are really there. */
static const struct built *net_layer(const struct build *b, const struct node **src,
				     const struct node **dst)
{
	const struct field *f, *g;

	for (unsigned i = 0; i < b->n; i++) {
		if (!b->layer[i].proto || !proto_ends(b->layer[i].proto, END_NET, &f, &g))
			continue;
		*src = node_of(&b->layer[i], f);
		*dst = node_of(&b->layer[i], g);
		if (net_node(*src) && net_node(*dst))
			return &b->layer[i];
	}
	return NULL;
}

static int add(struct aim *a, enum added what, const struct built *y, const struct field *f,
	       unsigned bits, struct err *e)
{
	struct say *s;

	if (a->exact)
		return 0;
	s = say_addr(a->plan, &a->plan->layer[y->plan], f, a->bytes[what], bits / 8);

	if (!s)
		return err_set(e, ERR_IO, "out of memory");
	s->cur.p = a->bytes[what];
	s->varies = true;
	a->field[what] = f;
	return 0;
}

static bool swept(const struct say *s)
{
	return s && (s->sweep || s->varies);
}

static const uint8_t *at_node(const struct build *b, const struct node *v)
{
	return (const uint8_t *)b->bytes.p + v->bit / 8;
}

static int aim_net(struct aim *a, const struct build *b, struct err *e)
{
	const struct node *src, *dst, *hw;
	const struct built *y = net_layer(b, &src, &dst);
	const struct field *f;

	if (!y)
		return 0;
	addr_set(&a->dst, at_node(b, dst), dst->bits / 8);
	if (a->plan->scope[0] && addr_link_local(&a->dst)) {
		a->dst.scope = if_nametoindex(a->plan->scope);
		if (!a->dst.scope)
			return err_set(e, ERR_IO, "no interface %s", a->plan->scope);
	}
	a->dst_say = swept(dst->said) ? dst->said : NULL;
	if (!unsaid(src)) {
		addr_set(&a->src_said, at_node(b, src), src->bits / 8);
		a->src_say = src->said;
	} else if (add(a, ADD_NET_SRC, y, src->field, src->bits, e)) {
		return -1;
	}
	/* A protocol that speaks of link addresses itself: its first one is the sender's. */
	f = field_addr(&y->proto->rec, 48);
	hw = f ? node_of(y, f) : NULL;
	if (f)
		a->need_mac = false;
	if (addr_node(hw, 48) && unsaid(hw))
		return add(a, ADD_HW_SRC, y, f, 48, e);
	return 0;
}

static bool bare_link(uint16_t link)
{
	return link == LINK_RAW || link == LINK_IPV4 || link == LINK_IPV6;
}

static int aim_link(struct aim *a, const struct build *b, struct err *e)
{
	const struct field *f, *g;
	const struct node *src, *dst;

	if (!b->n || !b->layer[0].proto || !proto_ends(b->layer[0].proto, END_LINK, &f, &g))
		return 0;
	/* A pair of link addresses in the outermost header of a plan that is not bare. */
	if (bare_link(a->plan->link))
		return 0;
	a->framed = true;
	src = node_of(&b->layer[0], f);
	dst = node_of(&b->layer[0], g);
	if (addr_node(src, 48) && unsaid(src)) {
		if (add(a, ADD_LINK_SRC, &b->layer[0], f, 48, e))
			return -1;
	} else if (addr_node(src, 48)) {
		a->link_src_said = true;
		memcpy(a->link_src, at_node(b, src), 6);
	}
	if (!addr_node(dst, 48) || !unsaid(dst) || !a->dst.family)
		a->need_mac = false;
	if (a->need_mac)
		return add(a, ADD_LINK_DST, &b->layer[0], g, 48, e);
	return 0;
}

/* Nothing in it is left to the routing table. */
static bool whole_frame(const struct aim *a)
{
	bool added = false;

	for (unsigned i = 0; i < ADDED_MAX; i++)
		added |= a->field[i] != NULL;
	return a->framed && !added;
}

/* What begins with a link header is a frame. */
static int frame_by_raw(const struct plan *p, const struct sender *s, struct err *e)
{
	if (sender_takes_frames(s) || bare_link(p->link) || p->link == LINK_NONE)
		return 0;
	return err_at(e, "", p->text, p->text_len, p->layer[0].at, p->layer[0].span,
		      "this begins with a link header: it cannot leave by a raw IP socket, where "
		      "the kernel writes one");
}

static struct aim *open_aim(struct plan *p, struct sender *s, bool exact, struct err *e)
{
	struct aim *a = calloc(1, sizeof(*a));
	struct build *b = calloc(1, sizeof(*b));

	if (!a || !b) {
		err_set(e, ERR_IO, "out of memory");
		goto fail;
	}
	a->plan = p;
	a->sender = s;
	a->need_mac = true;
	a->exact = exact;
	if (frame_by_raw(p, s, e) || build_layers(b, p, e) || aim_net(a, b, e) || aim_link(a, b, e))
		goto fail;
	/* It leaves as it stands, by the interface that was said, whatever it is. */
	if (exact && !bare_link(p->link) && sender_hop(s, NULL, NULL, HOP_ANY, NULL)) {
		a->framed = true;
		a->need_mac = false;
		a->dst = (struct addr) { 0 };
	}
	if (!a->framed && !a->dst.family && p->link != LINK_NONE) {
		err_set(e, ERR_USAGE,
			"the packet names no destination: begin with a layer that "
			"has one");
		goto fail;
	}
	build_done(b);
	free(b);
	/* A whole frame leaves by the interface that was said, whoever it is for. */
	if (whole_frame(a) && sender_hop(s, NULL, NULL, HOP_ANY, NULL))
		a->dst_say = NULL;
	if (!a->dst_say && aim_step(a, true, e)) {
		if (!sender_silent(s)) {
			aim_close(a);
			return NULL;
		}
		err_clear(e); /* aim_step tells it of the packet */
	}
	return a;
fail:
	if (b)
		build_done(b);
	free(b);
	free(a);
	return NULL;
}

struct aim *aim_open(struct plan *p, struct sender *s, struct err *e)
{
	return open_aim(p, s, false, e);
}

struct aim *aim_open_exact(struct plan *p, struct sender *s, struct err *e)
{
	return open_aim(p, s, true, e);
}

void aim_close(struct aim *a)
{
	free(a);
}

int aim_step(struct aim *a, bool wait, struct err *e)
{
	const struct addr *src = a->src_say ? &a->src_said : NULL;
	uint32_t scope = a->dst.scope;
	struct addr src_addr;

	if (a->dst_say) {
		if (!a->dst_say->cur.p ||
		    !addr_set(&a->dst, a->dst_say->cur.p, a->dst_say->cur.len))
			return err_set(e, ERR_IO, "the destination is no address");
		a->dst.scope = scope;
	} else if (a->hop) {
		return 0;
	}
	if (a->src_say && swept(a->src_say) && a->src_say->cur.p)
		addr_set(&a->src_said, a->src_say->cur.p, a->src_say->cur.len);
	a->hop = sender_hop(a->sender, a->dst.family && !addr_zero(&a->dst) ? &a->dst : NULL, src,
			    !a->need_mac ? HOP_ANY
			    : wait       ? HOP_MAC
					 : HOP_SOON,
			    e);
	if (!a->hop)
		return sender_pending(a->sender) ? 1 : -1;
	src_addr = a->hop->route.src;
	/* A frame leaves by the interface that was said, also one about our own address. */
	if (a->framed && a->hop->route.type == ROUTE_LOCAL) {
		const struct hop *said = sender_hop(a->sender, NULL, NULL, HOP_ANY, NULL);

		if (said)
			a->hop = said;
	}
	memset(a->bytes[ADD_NET_SRC], 0, 16);
	memcpy(a->bytes[ADD_NET_SRC], src_addr.b, addr_len(&src_addr));
	memcpy(a->bytes[ADD_LINK_SRC], a->hop->route.dev.mac, 6);
	memcpy(a->bytes[ADD_HW_SRC], a->hop->route.dev.mac, 6);
	memcpy(a->bytes[ADD_LINK_DST], a->hop->mac, 6);
	return 0;
}

bool aim_fixed(const struct aim *a)
{
	return !a->dst_say && a->hop;
}

const struct hop *aim_hop(const struct aim *a)
{
	return a->hop;
}

const struct addr *aim_dst(const struct aim *a)
{
	return &a->dst;
}

bool aim_spoofs(const struct aim *a)
{
	struct route r;
	struct err none = { 0 };

	if (a->link_src_said && a->hop && a->hop->route.dev.mac_len == 6 &&
	    memcmp(a->link_src, a->hop->route.dev.mac, 6))
		return true;
	if (!a->src_say || addr_zero(&a->src_said))
		return false;
	if (swept(a->src_say))
		return true;
	/* An address of this machine has a route of type local. A link-local one is looked for on
	 * the interface itself. */
	return route_find(sender_routes(a->sender), &a->src_said, NULL,
			  addr_link_local(&a->src_said) && a->hop ? a->hop->route.dev.index : 0, &r,
			  &none) != 0 ||
	       r.type != ROUTE_LOCAL;
}

void aim_words(const struct aim *a, struct buf *out)
{
	for (unsigned i = 0; i < ADDED_MAX; i++) {
		const struct field *f = a->field[i];
		struct value v = { .p = a->bytes[i], .len = 6 };
		const struct type *t;

		if (!f)
			continue;
		t = f->type;
		if (i == ADD_NET_SRC)
			v.len = addr_len(&a->dst);
		for (unsigned k = 0; t->form == TYPE_CHOOSE && k < t->narms; k++)
			if (type_addr(t->arms[k].type, v.len * 8)) {
				t = t->arms[k].type;
				break;
			}
		if (out->n)
			buf_char(out, ' ');
		buf_str(out, f->qname ? f->qname : f->name);
		buf_char(out, '=');
		if (t->form == TYPE_LEAF)
			value_print(f, t, &v, out);
	}
}
