/* SPDX-License-Identifier: BSD-2-Clause */
/* The graph between protocols: who carries what by which values, who rides over whom, the shortest
 * way between two. */
#include "core/load.h"

#include <stdlib.h>

static struct rspace *space_named(const struct registry *r, const char *name)
{
	for (uint32_t i = 0; i < r->spaces.n; i++) {
		struct rspace *s = VEC_AT(struct rspace, r->spaces, i);

		if (s->name == name || !strcmp(s->name, name))
			return s;
	}
	return NULL;
}

static struct rspace *need_space(struct registry *r, const char *name)
{
	struct rspace *s = space_named(r, name);

	if (s)
		return s;
	s = vec_push(&r->mem, &r->spaces, sizeof(*s));
	if (s)
		s->name = name;
	return s;
}

static bool add_rider(struct registry *r, const char *space, const struct proto *p, uint64_t lo,
		      uint64_t hi)
{
	struct rspace *s = need_space(r, space);
	struct rider *d = s ? vec_push(&r->mem, &s->riders, sizeof(*d)) : NULL;

	if (!d)
		return false;
	d->proto = p;
	d->lo = lo;
	d->hi = hi;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct proto *const *)a)->name,
		      (*(const struct proto *const *)b)->name);
}

static bool add_proto(struct registry *r, const struct proto *p)
{
	const struct proto **g;

	for (unsigned k = 0; k < p->nover; k++) {
		const struct over *o = &p->over[k];

		if (o->space && !add_rider(r, o->space, p, o->lo, o->hi))
			return false;
	}
	for (unsigned k = 0; k < p->ncarries; k++) {
		struct rspace *s = need_space(r, p->carries[k].space);
		struct carrier *c = s ? vec_push(&r->mem, &s->carriers, sizeof(*c)) : NULL;

		if (!c)
			return false;
		c->proto = p;
		c->cr = &p->carries[k];
	}
	if (!p->guess && (!p->guard || p->nover))
		return true;
	g = vec_push(&r->mem, &r->guessed, sizeof(*g));
	if (g)
		*g = p;
	return g != NULL;
}

int freeze_graph(struct registry *r, struct err *e)
{
	for (uint32_t i = 0; i < r->binds.n; i++) {
		const struct bind *b = VEC_AT(struct bind, r->binds, i);
		const struct proto *p = registry_find(r, b->proto, strlen(b->proto));

		if (p && !add_rider(r, b->space, p, b->value, b->value))
			return load_nomem(e);
	}
	for (unsigned i = 0; i < r->protos.n; i++) {
		if (!add_proto(r, registry_at(r, i)))
			return load_nomem(e);
		if (freeze_spend(r, r->spaces.n, e))
			return -1;
	}
	if (r->guessed.n)
		qsort(r->guessed.p, r->guessed.n, sizeof(struct proto *), by_name);
	return 0;
}

/* ---- queries ---- */

/* May the lower protocol hold these values where it selects by ca? Its guard may want others. */
static bool may_hold(const struct proto *lower, const struct carries *ca, uint64_t lo, uint64_t hi)
{
	bool own = lower->guarded && ca->nfields == 1 && lower->guarded->index == ca->field[0];

	return !own || ((int64_t)hi >= lower->guard_lo && (int64_t)lo <= lower->guard_hi);
}

bool registry_edge(const struct registry *r, const struct proto *lower, const struct proto *upper,
		   unsigned i, struct edge *out)
{
	unsigned n = 0;

	/* Bindings for this run stand in the spaces before the declared ones. */
	for (unsigned pass = 0; pass < 2; pass++) {
		unsigned count = pass ? upper->nover : r->binds.n;

		for (unsigned k = 0; k < count; k++) {
			const struct bind *b = pass ? NULL : VEC_AT(struct bind, r->binds, k);
			const struct over *o = pass ? &upper->over[k] : NULL;
			const char *space = b ? b->space : o->space;

			if (b && b->proto != upper->name)
				continue;
			if (!space && o->lower == lower->name && n++ == i) {
				*out = (struct edge) { NULL, NULL, 0, 0 };
				return true;
			}
			for (unsigned c = 0; space && c < lower->ncarries; c++) {
				uint64_t lo = b ? b->value : o->lo, hi = b ? b->value : o->hi;

				if (lower->carries[c].space != space ||
				    !may_hold(lower, &lower->carries[c], lo, hi) || n++ != i)
					continue;
				*out = (struct edge) { space, &lower->carries[c], lo, hi };
				return true;
			}
		}
	}
	return false;
}

const struct proto *registry_bound(const struct registry *r, const char *space, uint64_t value,
				   unsigned i)
{
	const struct rspace *s = space_named(r, space);
	const struct proto *last = NULL;

	for (uint32_t k = 0; s && k < s->riders.n; k++) {
		const struct rider *d = VEC_AT(struct rider, s->riders, k);

		if (value < d->lo || value > d->hi || d->proto == last)
			continue;
		if (i-- == 0)
			return d->proto;
		last = d->proto;
	}
	return NULL;
}

bool registry_binding(const struct registry *r, unsigned i, struct binding *out)
{
	const struct proto *p;

	if (i < r->binds.n) {
		const struct bind *b = VEC_AT(struct bind, r->binds, i);

		p = registry_find(r, b->proto, strlen(b->proto));
		*out = (struct binding) { b->space, b->value, b->value, p };
		return p != NULL;
	}
	i -= r->binds.n;
	for (unsigned k = 0; (p = registry_at(r, k)); k++) {
		for (unsigned o = 0; o < p->nover; o++) {
			if (!p->over[o].space || i-- != 0)
				continue;
			*out = (struct binding) { p->over[o].space, p->over[o].lo, p->over[o].hi,
						  p };
			return true;
		}
	}
	return false;
}

const struct proto *registry_always(const struct registry *r, const struct proto *lower, unsigned i)
{
	const struct proto *p;

	for (unsigned k = 0; (p = registry_at(r, k)); k++) {
		for (unsigned o = 0; o < p->nover; o++) {
			if (p->over[o].space || p->over[o].lower != lower->name)
				continue;
			if (i-- == 0)
				return p;
			break;
		}
	}
	return NULL;
}

const struct proto *registry_guessed(const struct registry *r, unsigned i)
{
	return i < r->guessed.n ? *VEC_AT(const struct proto *, r->guessed, i) : NULL;
}

int registry_link(const struct registry *r, const struct proto *p)
{
	for (unsigned k = 0; k < p->nover; k++) {
		if (p->over[k].space && !strcmp(p->over[k].space, "link"))
			return (int)p->over[k].lo;
	}
	for (uint32_t k = 0; k < r->binds.n; k++) {
		const struct bind *b = VEC_AT(struct bind, r->binds, k);

		if (b->proto == p->name && !strcmp(b->space, "link"))
			return (int)b->value;
	}
	return -1;
}

/* ---- paths ---- */

struct search {
	const struct registry *r;
	uint16_t *up;     /* [id]: the protocol above on the way to the goal; 0: not seen */
	uint16_t *queue;  /* ids */
	bool *space_done; /* [space] */
	uint32_t n;
};

static void reach(struct search *s, const struct proto *p, uint16_t above)
{
	if (s->up[p->id])
		return;
	s->up[p->id] = above;
	s->queue[s->n++] = p->id;
}

/* Everything that p may ride directly over, in the order of its `over` lines. */
static void expand(struct search *s, const struct proto *p)
{
	for (unsigned k = 0; k < s->r->binds.n + p->nover; k++) {
		const struct bind *b =
			k < s->r->binds.n ? VEC_AT(struct bind, s->r->binds, k) : NULL;
		const struct over *o = b ? NULL : &p->over[k - s->r->binds.n];
		const char *name = b ? b->space : o->space;
		const struct proto *low;
		struct rspace *sp;

		if (b && b->proto != p->name)
			continue;
		if (!name) {
			low = registry_find(s->r, o->lower, strlen(o->lower));
			if (low)
				reach(s, low, p->id);
			continue;
		}
		sp = space_named(s->r, name);
		if (!sp || s->space_done[sp - VEC_AT(struct rspace, s->r->spaces, 0)])
			continue;
		s->space_done[sp - VEC_AT(struct rspace, s->r->spaces, 0)] = true;
		for (uint32_t c = 0; c < sp->carriers.n; c++)
			reach(s, VEC_AT(struct carrier, sp->carriers, c)->proto, p->id);
	}
}

/* From the upper one downward, so that the first `over` line of the upper protocol decides ties. */
static int find_path(struct search *s, const struct proto *lower, const struct proto *upper,
		     const struct proto **mid, unsigned max)
{
	uint16_t at = 0;
	unsigned n = 0;

	expand(s, upper);
	for (uint32_t head = 0; head < s->n && !at; head++) {
		const struct proto *p = registry_at(s->r, s->queue[head] - 1u);

		if (lower ? p == lower : registry_link(s->r, p) >= 0)
			at = p->id;
		else
			expand(s, p);
	}
	if (!at)
		return -1;
	if (lower)
		at = s->up[at];
	/* upper itself may have been reached as well: it ends the walk. */
	while (at != upper->id) {
		if (n == max)
			return -1;
		mid[n++] = registry_at(s->r, at - 1u);
		at = s->up[at];
	}
	return (int)n;
}

int registry_path(const struct registry *r, const struct proto *lower, const struct proto *upper,
		  const struct proto **mid, unsigned max)
{
	struct search s = { .r = r };
	int n = -2;

	if (!lower && registry_link(r, upper) >= 0)
		return 0;
	s.up = calloc(r->protos.n + 1, sizeof(*s.up));
	s.queue = calloc(r->protos.n + 1, sizeof(*s.queue));
	s.space_done = calloc(r->spaces.n + 1, sizeof(*s.space_done));
	if (s.up && s.queue && s.space_done)
		n = find_path(&s, lower, upper, mid, max);
	free(s.up);
	free(s.queue);
	free(s.space_done);
	return n;
}
