/* SPDX-License-Identifier: BSD-2-Clause */
/* Announcements: a table of bounded size, for whoever reads packets in their order. */
#include "dissect/heard.h"

#include <stdlib.h>

#define NEAR 16u /* places that an announcement may take */

struct announced {
	const char *space; /* NULL: free */
	uint64_t value, age;
	const struct proto *proto;
};

struct heard {
	uint64_t n;              /* announcements so far */
	struct announced *v;     /* [HEARD_MOST]; NULL: there was none */
	struct layouts *layouts; /* NULL: nobody taught any */
};

void heard_close(struct heard *h)
{
	if (!h)
		return;
	layouts_close(h->layouts);
	free(h->v);
	free(h);
}

const struct layouts *heard_layouts(const struct heard *h)
{
	return h->layouts;
}

static unsigned place_of(const char *space, uint64_t value)
{
	uint64_t x = ((uintptr_t)space >> 3 ^ value) * 0x9e3779b97f4a7c15u;

	return (unsigned)(x >> 32) % HEARD_MOST;
}

const struct proto *heard_next(const struct heard *h, const char *space, uint64_t value,
			       unsigned *at)
{
	unsigned first = place_of(space, value);

	while (h->v && *at < NEAR) {
		const struct announced *a = &h->v[(first + (*at)++) % HEARD_MOST];

		if (a->space == space && a->value == value)
			return a->proto;
	}
	return NULL;
}

static void put(struct heard *h, const char *space, uint64_t value, const struct proto *proto)
{
	unsigned at = place_of(space, value);
	struct announced *best = NULL;

	for (unsigned i = 0; i < NEAR; i++) {
		struct announced *a = &h->v[(at + i) % HEARD_MOST];

		if (a->space == space && a->value == value && a->proto == proto) {
			best = a;
			break;
		}
		if (!best || (best->space && (!a->space || a->age < best->age)))
			best = a;
	}
	*best = (struct announced) { space, value, ++h->n, proto };
}

static int learn_record(struct heard *h, const struct tree *t, uint32_t at)
{
	const struct record *rec = t->v[at].rec;

	if (rec->nannounces && !h->v && !(h->v = calloc(HEARD_MOST, sizeof(*h->v))))
		return -1;
	if (rec->nteaches && !h->layouts && !(h->layouts = layouts_open()))
		return -1;

	for (unsigned i = 0; i < rec->nannounces; i++) {
		const struct announce *a = &rec->announces[i];
		int64_t v;

		if (!a->proto || (a->cond && !expr_eval(a->cond, t, at, NULL)))
			continue;
		v = expr_eval(a->value, t, at, NULL);
		if (v > 0)
			put(h, a->space, (uint64_t)v, a->proto);
	}
	return rec->nteaches ? layouts_learn(h->layouts, t, at) : 0;
}

int heard_learn(struct heard **h, struct packet *p, struct tree *scratch)
{
	for (unsigned i = 0; i < p->nlayers; i++) {
		if (!p->layers[i].proto->heralds || (p->layers[i].flags & LAYER_QUOTED))
			continue;
		if (!*h)
			*h = calloc(1, sizeof(**h));
		if (!*h || decode(scratch, p, i))
			return -1;
		for (uint32_t n = 0; n < scratch->n; n++) {
			if (scratch->v[n].rec && !(scratch->v[n].flags & (NODE_CUT | NODE_RAW)) &&
			    learn_record(*h, scratch, n))
				return -1;
		}
	}
	p->learnt = *h ? (*h)->layouts : NULL;
	return 0;
}
