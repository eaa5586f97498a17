/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a topology: a sentence that says what is wrong, or a network in which every address
 * and name is unique, every route leads to a router on the same wire, and all forms can be
 * printed. */
#include "tests/fuzz/fuzz.h"

#include "lab/topology.h"

#define TEXT_MAX 2000 /* longer texts only repeat */

static bool same(const struct lab_addr *a, const struct lab_addr *b)
{
	return a->len && a->len == b->len && memcmp(a->b, b->b, a->len) == 0;
}

static void look_at_ports(const struct topology *t)
{
	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		const struct lab_port *v = &t->port[i];

		hold(v->node < t->nnodes && v->segment < t->nsegments, "a port belongs somewhere");
		hold(v->number < t->node[v->node].nports, "a port has its number");
		hold(v->segment == t->port[i ^ 1].segment, "a wire is in one segment");
		for (unsigned f = 0; f < LAB_VERSIONS; f++) {
			hold(!v->addr[f].len || t->node[v->node].kind != LAB_SWITCH,
			     "a switch has no address");
			for (unsigned j = 0; j < i; j++)
				hold(!same(&v->addr[f], &t->port[j].addr[f]),
				     "an address is one's own");
		}
		for (unsigned j = 0; j < i; j++)
			hold(memcmp(v->mac, t->port[j].mac, 6) != 0,
			     "a hardware address is one's own");
	}
}

static void look_at_routes(const struct topology *t)
{
	for (unsigned i = 0; i < t->nroutes; i++) {
		const struct lab_route *r = &t->route[i];
		bool there = false;

		hold(r->port < 2 * t->nwires && t->port[r->port].node == r->node,
		     "a route leaves by an own port");
		hold(t->node[r->router].kind == LAB_ROUTER, "a route goes by a router");
		for (unsigned j = 0; j < 2 * t->nwires; j++)
			there |= t->port[j].node == r->router &&
				 t->port[j].segment == t->port[r->port].segment &&
				 same(&t->port[j].addr[r->via.len == 4 ? LAB_V4 : LAB_V6], &r->via);
		hold(there, "a router is on the wire that leads to it");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct buf b = { 0 };
	struct topology *t;
	unsigned port;

	if (size > TEXT_MAX)
		return 0;
	t = topology_parse("fuzz", (const char *)data, size, &e);
	hold(t || (e.code && e.msg[0]), "a refused topology has a sentence");
	if (!t)
		return 0;
	look_at_ports(t);
	look_at_routes(t);
	topology_text(t, &b);
	topology_json(t, &b);
	topology_mermaid(t, &b);
	topology_svg(t, &b);
	topology_hosts(t, &b);
	topology_name_table(t, &b);
	hold(!b.failed && b.n, "all forms can be printed");
	for (unsigned i = 0; i < t->nnodes; i++)
		hold(topology_find(t, t->node[i].name, strlen(t->node[i].name)) == (int)i,
		     "a name is one's own");
	if (t->nwires)
		hold(!topology_port(t, t->node[t->port[0].node].name, &port, &e),
		     "a first port is found by name");
	buf_done(&b);
	topology_free(t);
	return 0;
}
