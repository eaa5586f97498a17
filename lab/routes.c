/* SPDX-License-Identifier: BSD-2-Clause */
/* The way to every network: the one over the fewest routers; of equal ones that of the router that
 * was named first. */
#include "lab/parser.h"

struct way {
	bool known;
	unsigned port; /* ours, that it leaves by */
	unsigned hop;  /* the router's port; UINT32_MAX: no router between */
};

struct search {
	struct parser *p;
	unsigned node, f;
	struct way *way; /* of each segment */
	unsigned *queue; /* segments, nearest first */
	unsigned n;
	bool seen[LAB_NODES];
	uint32_t cap;
};

#define NO_HOP UINT32_MAX

static bool has_version(const struct search *s, unsigned port)
{
	return s->p->t->port[port].addr[s->f].len != 0;
}

static void reach(struct search *s, unsigned segment, unsigned port, unsigned hop)
{
	if (s->way[segment].known)
		return;
	s->way[segment] = (struct way) { true, port, hop };
	s->queue[s->n++] = segment;
}

/* Each router on a segment that is reached leads on to its other ones. */
static void go_on(struct search *s, unsigned segment)
{
	const struct topology *t = s->p->t;

	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		unsigned node = t->port[i].node;
		const struct way *w = &s->way[segment];

		if (t->port[i].segment != segment || t->node[node].kind != LAB_ROUTER ||
		    s->seen[node] || !has_version(s, i))
			continue;
		s->seen[node] = true;
		for (unsigned j = 0; j < 2 * t->nwires; j++)
			if (t->port[j].node == node && has_version(s, j))
				reach(s, t->port[j].segment, w->port,
				      w->hop == NO_HOP ? i : w->hop);
	}
}

static int add_route(struct search *s, const struct way *w, const struct lab_addr *to)
{
	struct topology *t = s->p->t;
	struct lab_route *r = arena_room(&t->mem, t->route, t->nroutes, &s->cap, sizeof(*t->route));

	if (!r)
		return err_set(s->p->e, ERR_IO, "out of memory");
	t->route = r;
	r[t->nroutes++] = (struct lab_route) { .node = s->node,
					       .port = w->port,
					       .to = *to,
					       .via = t->port[w->hop].addr[s->f],
					       .router = t->port[w->hop].node };
	return 0;
}

/* A host sends everything to the router that most networks are reached by; on a wire with none
 * but dead ends, to the first one there is. */
static unsigned default_way(const struct search *s)
{
	const struct topology *t = s->p->t;
	unsigned best = NO_HOP, most = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const struct way *w = &s->way[s->queue[i]];
		unsigned count = 0;

		for (unsigned j = 0; w->hop != NO_HOP && j < s->n; j++)
			count += s->way[s->queue[j]].hop == w->hop;
		if (count > most) {
			most = count;
			best = s->queue[i];
		}
	}
	(void)t;
	return best;
}

static int tell_ways(struct search *s)
{
	const struct topology *t = s->p->t;
	bool host = t->node[s->node].kind == LAB_HOST;
	unsigned all = host ? default_way(s) : NO_HOP;
	struct lab_addr any = { .len = s->f == LAB_V4 ? 4 : 16 };

	if (all != NO_HOP && add_route(s, &s->way[all], &any))
		return -1;
	for (unsigned i = 0; i < t->nsegments; i++) {
		const struct way *w = &s->way[i];

		if (!w->known || w->hop == NO_HOP || (all != NO_HOP && w->hop == s->way[all].hop))
			continue;
		if (add_route(s, w, &t->segment[i].net[s->f]))
			return -1;
	}
	return 0;
}

static int routes_of(struct search *s)
{
	const struct topology *t = s->p->t;

	memset(s->way, 0, t->nsegments * sizeof(*s->way));
	memset(s->seen, 0, sizeof(s->seen));
	s->seen[s->node] = true;
	s->n = 0;
	for (unsigned i = 0; i < 2 * t->nwires; i++)
		if (t->port[i].node == s->node && has_version(s, i))
			reach(s, t->port[i].segment, i, NO_HOP);
	for (unsigned i = 0; i < s->n; i++)
		go_on(s, s->queue[i]);
	return tell_ways(s);
}

int give_routes(struct parser *p)
{
	struct topology *t = p->t;
	struct search s = { .p = p };

	s.way = arena_alloc(&t->mem, (t->nsegments + 1) * sizeof(*s.way));
	s.queue = arena_alloc(&t->mem, (t->nsegments + 1) * sizeof(*s.queue));
	if (!s.way || !s.queue)
		return err_set(p->e, ERR_IO, "out of memory");
	for (s.node = 0; s.node < t->nnodes; s.node++)
		for (s.f = 0; t->node[s.node].kind != LAB_SWITCH && s.f < LAB_VERSIONS; s.f++)
			if (routes_of(&s))
				return -1;
	return 0;
}
