/* SPDX-License-Identifier: BSD-2-Clause */
/* Layers over one another: gaps filled from the descriptions, and layers side by side. */
#include "notation/parser.h"

#define FILL_MAX 4 /* layers put in between at most: a longer way is a slip of the pen */

/* May upper stand right on lower? */
static bool binds(const struct registry *reg, const struct proto *lower, const struct proto *upper)
{
	struct edge edge;

	if (registry_edge(reg, lower, upper, 0, &edge))
		return true;
	if (lower->quotes && (!lower->quotes_proto || !strcmp(lower->quotes_proto, upper->name)))
		return true;
	/* Known by its guard alone: anything may carry it. */
	return upper->nover == 0 && upper->guard;
}

static struct plan_layer *push(struct parser *ps, const struct proto *proto, int parent, size_t at,
			       size_t span)
{
	struct plan *p = ps->p;
	struct plan_layer *l;

	if (p->n == PLAN_LAYERS) {
		text_fail(ps, at, span, "a packet has at most %u layers", PLAN_LAYERS);
		return NULL;
	}
	if (parent >= 0 && proto && imply_carried(ps, (unsigned)parent, proto, at, span))
		return NULL;
	l = &p->layer[p->n++];
	*l = (struct plan_layer) { .proto = proto,
				   .parent = (int16_t)parent,
				   .at = (uint32_t)at,
				   .span = (uint32_t)span };
	return l;
}

/* Does lower take mid for one of its numbers of either end (ports)? Such a one stands for a
 * conversation of its own. */
static bool by_port(const struct registry *reg, const struct proto *lower, const struct proto *mid)
{
	struct edge edge;

	return registry_edge(reg, lower, mid, 0, &edge) && edge.cr && edge.cr->nfields > 1;
}

/* Is mid where upper belongs: always right below it (tcp / dns), or on its way down to the wire
 * when nothing else is said (udp / nfs)? Else it would be a tunnel that nobody asked for (udp /
 * http, udp / tls). -1: memory. */
static int belongs(const struct registry *reg, const struct proto *mid, const struct proto *upper)
{
	const struct proto *way[2 * FILL_MAX];
	struct edge edge;

	if (registry_edge(reg, mid, upper, 0, &edge) && !edge.space)
		return 1;
	int n = registry_path(reg, NULL, upper, way, 2 * FILL_MAX);
	for (int i = 0; i < n; i++) {
		if (way[i] == mid)
			return 1;
	}
	return n == -2 ? -1 : 0;
}

static int above(struct parser *ps, const struct proto *proto, int prev, size_t at, size_t span)
{
	const struct proto *lower = ps->p->layer[prev].proto, *mid[FILL_MAX];
	int n;

	if (!lower)
		return text_fail(ps, at, span,
				 "nothing stands on payload bytes; put them last, or side by side "
				 "with '+'");
	if (!proto || (ps->flags & PLAN_PATTERN) || binds(ps->reg, lower, proto))
		return prev;
	n = registry_path(ps->reg, lower, proto, mid, FILL_MAX);
	int stands = n > 0 && by_port(ps->reg, lower, mid[0]) ? belongs(ps->reg, mid[0], proto) : 1;
	if (n == -2 || stands < 0)
		return err_set(ps->e, ERR_IO, "out of memory");
	if (!stands)
		n = 0;
	for (int i = 0; i < n; i++) {
		struct plan_layer *l = push(ps, mid[i], prev, at, span);

		if (!l)
			return -1;
		l->filled = true;
		prev = (int)ps->p->n - 1;
	}
	return prev;
}

/* The nearest enclosing layer that can carry what was just said and the new one. */
static int beside(struct parser *ps, const struct proto *proto, int prev, size_t at, size_t span)
{
	const struct plan_layer *l = ps->p->layer;
	int i = l[prev].parent;

	for (; i >= 0; i = l[i].parent) {
		if (!proto || binds(ps->reg, l[i].proto, proto))
			return i;
	}
	return text_fail(ps, at, span, "%s has nothing below it that it could stand in",
			 proto ? proto->name : "this payload");
}

struct plan_layer *layer_add(struct parser *ps, const struct proto *proto, char sep, size_t at,
			     size_t span)
{
	int prev = (int)ps->p->n - 1;

	if (sep == '/')
		prev = above(ps, proto, prev, at, span);
	else if (sep == '+')
		prev = beside(ps, proto, prev, at, span);
	if (sep && prev < 0)
		return NULL;
	return push(ps, proto, prev, at, span);
}
