/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is joined with whom, and which addresses follow where none are said: 10.0.N.0/24 and
 * fd00:N::/64 for each stretch without a router, always the same for the same text. */
#include <stdlib.h>

#include "lab/parser.h"

#define MTU_V6 1280 /* RFC 8200 section 5 */

static bool covers(const struct lab_addr *net, const struct lab_addr *a)
{
	unsigned bits = net->prefix;

	for (unsigned i = 0; i < net->len && bits; i++) {
		unsigned take = bits < 8 ? bits : 8;

		if ((net->b[i] ^ a->b[i]) >> (8 - take))
			return false;
		bits -= take;
	}
	return true;
}

static bool overlap(const struct lab_addr *a, const struct lab_addr *b)
{
	return a->len && b->len &&
	       covers(a->prefix < b->prefix ? a : b, a->prefix < b->prefix ? b : a);
}

static struct lab_addr network_of(const struct lab_addr *a)
{
	struct lab_addr net = *a;

	for (unsigned i = a->prefix; i < a->len * 8u; i++)
		net.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return net;
}

/* The number's decimal digits as hexadecimal ones, so that both versions read alike. */
static unsigned as_digits(unsigned v)
{
	unsigned out = 0;

	for (unsigned shift = 0; v && shift < 16; v /= 10, shift += 4)
		out |= v % 10 << shift;
	return out;
}

/* ---- wires to segments ---- */

static unsigned root(unsigned *up, unsigned i)
{
	while (up[i] != i)
		i = up[i] = up[up[i]];
	return i;
}

/* A loop of switches of which none breaks loops: frames to all would go round in it for ever. */
static int check_loops(struct parser *p)
{
	const struct topology *t = p->t;
	unsigned up[LAB_NODES];

	for (unsigned i = 0; i < t->nnodes; i++)
		up[i] = i;
	for (unsigned w = 0; w < t->nwires; w++) {
		const struct lab_node *a = &t->node[t->port[2 * w].node];
		const struct lab_node *b = &t->node[t->port[2 * w + 1].node];
		unsigned ra, rb;

		if (a->kind != LAB_SWITCH || b->kind != LAB_SWITCH || a->tree || b->tree)
			continue;
		ra = root(up, t->port[2 * w].node);
		rb = root(up, t->port[2 * w + 1].node);
		if (ra == rb)
			return WRONG(
				p, t->wire[w].place,
				"this wire closes a loop of switches, in which frames would go "
				"round for ever; a spanning tree breaks it: switch %s tree=on",
				b->name);
		up[ra] = rb;
	}
	return 0;
}

static int find_segments(struct parser *p)
{
	struct topology *t = p->t;
	unsigned n = 2 * t->nwires, *up = arena_alloc(&t->mem, (n + 1) * sizeof(*up));
	unsigned *number = arena_alloc(&t->mem, (n + 1) * sizeof(*number));
	unsigned of_switch[LAB_NODES];

	t->segment = arena_alloc(&t->mem, (n + 1) * sizeof(*t->segment));
	if (!up || !number || !t->segment)
		return err_set(p->e, ERR_IO, "out of memory");
	memset(of_switch, 0xff, sizeof(of_switch));
	for (unsigned i = 0; i < n; i++)
		up[i] = i;
	for (unsigned i = 0; i < n; i++) {
		unsigned node = t->port[i].node;

		up[root(up, i)] = root(up, i & ~1u);
		if (t->node[node].kind != LAB_SWITCH)
			continue;
		if (of_switch[node] != UINT32_MAX)
			up[root(up, i)] = root(up, of_switch[node]);
		of_switch[node] = i;
	}
	for (unsigned i = 0; i < n; i++) {
		unsigned r = root(up, i);

		if (!number[r])
			number[r] = ++t->nsegments;
		t->port[i].segment = number[r] - 1;
		t->port[i].number = t->node[t->port[i].node].nports++;
	}
	return 0;
}

/* ---- networks ---- */

static bool speaks(const struct topology *t, const struct lab_port *v)
{
	return t->node[v->node].kind != LAB_SWITCH;
}

/* What was said with a node belongs to its first port. */
static int move_to_ports(struct parser *p)
{
	struct topology *t = p->t;

	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		struct lab_port *v = &t->port[i];
		struct lab_node *n = &t->node[v->node];

		if (n->kind == LAB_SWITCH && (v->addr[0].len || v->addr[1].len))
			return WRONG(p, v->addr_place[v->addr[0].len ? 0 : 1],
				     "a switch has no address");
		if (v->number)
			continue;
		for (unsigned f = 0; f < LAB_VERSIONS; f++) {
			if (n->addr[f].len && v->addr[f].len)
				return WRONG(p, v->addr_place[f], "%s has an address already",
					     n->name);
			if (n->addr[f].len) {
				v->addr[f] = n->addr[f];
				v->addr_place[f] = n->addr_place[f];
			}
		}
		if (n->mac_place.len && !v->mac_place.len) {
			memcpy(v->mac, n->mac, sizeof(v->mac));
			v->mac_place = n->mac_place;
		}
	}
	for (unsigned i = 0; i < t->nnodes; i++) {
		if (t->node[i].mac_place.len && !t->node[i].nports)
			return WRONG(p, t->node[i].mac_place,
				     "%s has no wire that this could be the address of",
				     t->node[i].name);
		for (unsigned f = 0; f < LAB_VERSIONS; f++)
			if (t->node[i].addr[f].len && !t->node[i].nports)
				return WRONG(p, t->node[i].addr_place[f],
					     "%s has no wire that this could be the address of",
					     t->node[i].name);
	}
	return 0;
}

static int said_network(struct parser *p, struct lab_port *v, unsigned f, const bool *small)
{
	struct lab_segment *s = &p->t->segment[v->segment];
	struct lab_addr net = network_of(&v->addr[f]);
	struct buf b = { 0 };

	if (f == LAB_V6 && small[v->segment])
		return WRONG(p, v->addr_place[f],
			     "version 6 needs an mtu of 1280, which a wire here has not");
	if (s->net[f].len && (s->net[f].prefix != net.prefix || !covers(&s->net[f], &net))) {
		lab_addr_print(&s->net[f], true, &b);
		WRONG(p, v->addr_place[f], "the network on this wire is %s already", buf_cstr(&b));
		buf_done(&b);
		return -1;
	}
	for (unsigned i = 0; i < p->t->nsegments; i++)
		if (i != v->segment && overlap(&p->t->segment[i].net[f], &net))
			return WRONG(p, v->addr_place[f],
				     "this network is said on another wire as well");
	if (!s->net[f].len)
		s->who[f] = v->addr_place[f];
	s->net[f] = net;
	return 0;
}

static struct lab_addr numbered_network(unsigned f, unsigned n)
{
	struct lab_addr a = { 0 };

	if (f == LAB_V4) {
		a = (struct lab_addr) { 4, 24, { 10, (uint8_t)(n >> 8), (uint8_t)n, 0 } };
	} else {
		unsigned d = as_digits(n);

		a = (struct lab_addr) { 16, 64, { 0xfd, 0, (uint8_t)(d >> 8), (uint8_t)d } };
	}
	return a;
}

static void free_network(struct topology *t, unsigned segment, unsigned f)
{
	struct lab_addr *out = &t->segment[segment].net[f];

	/* At most LAB_WIRES others are in the way, unless somebody said 10.0.0.0/8. */
	for (unsigned n = segment + 1; n < segment + 1 + 2 * LAB_WIRES + 256; n++) {
		struct lab_addr net = numbered_network(f, n);
		bool taken = false;

		for (unsigned i = 0; i < t->nsegments && !taken; i++)
			taken = overlap(&t->segment[i].net[f], &net);
		if (!taken) {
			*out = net;
			return;
		}
	}
	*out = (struct lab_addr) { 0 };
}

static int give_networks(struct parser *p)
{
	struct topology *t = p->t;
	bool *small = arena_alloc(&t->mem, t->nsegments + 1);

	if (!small)
		return err_set(p->e, ERR_IO, "out of memory");
	for (unsigned w = 0; w < t->nwires; w++)
		small[t->port[2 * w].segment] |= t->wire[w].mtu < MTU_V6;
	for (unsigned i = 0; i < 2 * t->nwires; i++)
		for (unsigned f = 0; f < LAB_VERSIONS; f++)
			if (t->port[i].addr[f].len && said_network(p, &t->port[i], f, small))
				return -1;
	for (unsigned s = 0; s < t->nsegments; s++)
		for (unsigned f = 0; f < LAB_VERSIONS; f++)
			if (!t->segment[s].net[f].len && !(f == LAB_V6 && small[s]))
				free_network(t, s, f);
	return 0;
}

/* ---- addresses ---- */

static bool taken(const struct topology *t, unsigned segment, const struct lab_addr *a)
{
	unsigned f = a->len == 4 ? LAB_V4 : LAB_V6;

	for (unsigned i = 0; i < 2 * t->nwires; i++)
		if (t->port[i].segment == segment && t->port[i].addr[f].len &&
		    memcmp(t->port[i].addr[f].b, a->b, a->len) == 0)
			return true;
	return false;
}

/* The n-th address of a network; false: it has no such. */
static bool nth(const struct lab_addr *net, unsigned n, struct lab_addr *out)
{
	unsigned bits = net->len * 8u - net->prefix;
	unsigned v = net->len == 4 ? n : as_digits(n);

	*out = *net;
	if (!n || (bits < 32 && (uint64_t)v >= (1ull << bits) - (net->len == 4 && bits > 1)))
		return false;
	for (unsigned i = net->len; v; v >>= 8)
		out->b[--i] |= (uint8_t)v;
	return true;
}

static unsigned wished(const struct topology *t, unsigned port)
{
	const struct lab_node *n = &t->node[t->port[port].node];
	unsigned v = 0, routers = 0;

	if (n->kind == LAB_ROUTER) {
		for (unsigned i = 0; i < port; i++)
			routers += t->port[i].segment == t->port[port].segment &&
				   t->node[t->port[i].node].kind == LAB_ROUTER;
		return 254 - routers % 200;
	}
	if (n->declared == LAB_BY_NAME || strchr("hr", n->name[0]))
		for (const char *c = n->name + 1; *c >= '0' && *c <= '9' && v < 1000; c++)
			v = v * 10 + (unsigned)(*c - '0');
	return v < 1000 ? v : 0;
}

/* The number of a version 4 address in its network; 0: it has more than four digits. */
static unsigned host_part(const struct lab_addr *a)
{
	unsigned v = 0;

	for (unsigned i = 0; i < 4; i++)
		v = v << 8 | a->b[i];
	v &= a->prefix >= 32 ? 0 : UINT32_MAX >> a->prefix;
	return v < 10000 ? v : 0;
}

static int give_address(struct parser *p, unsigned port, unsigned f)
{
	struct topology *t = p->t;
	struct lab_port *v = &t->port[port];
	const struct lab_addr *net = &t->segment[v->segment].net[f];
	struct lab_addr a;
	unsigned wish = wished(t, port);

	if (!net->len || v->addr[f].len || !speaks(t, v))
		return 0;
	/* The version 6 address repeats what was said of the other. */
	if (f == LAB_V6 && v->addr_place[LAB_V4].len)
		wish = host_part(&v->addr[LAB_V4]);
	if (!nth(net, wish, &a) || taken(t, v->segment, &a)) {
		unsigned n = 1;

		while (n < 2 * LAB_WIRES + 2 && (!nth(net, n, &a) || taken(t, v->segment, &a)))
			n++;
		if (n == 2 * LAB_WIRES + 2)
			return WRONG(p, v->place, "no address is left for %s in this network",
				     t->node[v->node].name);
	}
	v->addr[f] = a;
	return 0;
}

static int check_twice(struct parser *p)
{
	const struct topology *t = p->t;

	for (unsigned i = 0; i < 2 * t->nwires; i++)
		for (unsigned f = 0; f < LAB_VERSIONS; f++)
			for (unsigned j = 0; t->port[i].addr[f].len && j < i; j++)
				if (t->port[j].addr[f].len &&
				    memcmp(t->port[i].addr[f].b, t->port[j].addr[f].b, 16) == 0)
					return WRONG(p, t->port[i].addr_place[f],
						     "%s has this address already",
						     t->node[t->port[j].node].name);
	return 0;
}

static int give_macs(struct parser *p)
{
	struct topology *t = p->t;
	unsigned next = 1;

	for (unsigned i = 0; i < 2 * t->nwires; i++)
		for (unsigned j = 0; t->port[i].mac_place.len && j < i; j++)
			if (t->port[j].mac_place.len &&
			    memcmp(t->port[i].mac, t->port[j].mac, 6) == 0)
				return WRONG(p, t->port[i].mac_place,
					     "%s has this hardware address already",
					     t->node[t->port[j].node].name);
	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		bool again = !t->port[i].mac_place.len;

		while (again) {
			uint8_t mac[6] = { 2, 0, 0, 0, (uint8_t)(next >> 8), (uint8_t)next };

			next++;
			again = false;
			for (unsigned j = 0; j < 2 * t->nwires; j++)
				again |= t->port[j].mac_place.len &&
					 memcmp(t->port[j].mac, mac, 6) == 0;
			memcpy(t->port[i].mac, mac, 6);
		}
	}
	return 0;
}

int give_addresses(struct parser *p)
{
	struct topology *t = p->t;

	if (check_loops(p) || find_segments(p) || move_to_ports(p) || give_networks(p) ||
	    check_twice(p) || give_macs(p))
		return -1;
	/* Routers have the upper end, hosts their own numbers, and who has none takes what is free.
	 */
	for (unsigned pass = 0; pass < 3; pass++)
		for (unsigned i = 0; i < 2 * t->nwires; i++) {
			bool router = t->node[t->port[i].node].kind == LAB_ROUTER;
			unsigned turn = router ? 0 : wished(t, i) ? 1 : 2;

			for (unsigned f = 0; turn == pass && f < LAB_VERSIONS; f++)
				if (give_address(p, i, f))
					return -1;
		}
	return 0;
}
