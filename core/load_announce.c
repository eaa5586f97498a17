/* SPDX-License-Identifier: BSD-2-Clause */
/* `announces rtp at udp.port = port if COND`: a message that tells where others will be found. */
#include "core/load.h"

#include "core/near.h"

#define ANNOUNCES_MAX 16u

/* announces NAME at SPACE = EXPR [if EXPR] */
int parse_announce(struct load *l)
{
	struct announce a = { 0 }, *slot;
	struct announce_src *src;

	if (l->announces.n >= ANNOUNCES_MAX)
		return load_fail(l, load_here(l), "at most %u are accepted", ANNOUNCES_MAX);
	slot = vec_push(&l->r->mem, &l->announces, sizeof(*slot));
	src = vec_push(&l->r->mem, &l->announce_src, sizeof(*src));
	if (!slot || !src)
		return load_nomem(l->e);
	load_next(l);
	src->proto = load_here(l);
	a.name = load_name(l, "the protocol that is announced");
	if (!a.name)
		return -1;
	if (!load_is(l, "at"))
		return load_expected(l, "'at' and the space in which it is selected");
	load_next(l);
	src->space = load_here(l);
	a.space = load_dotted(l, "the space in which it is selected");
	if (!a.space || load_want(l, '=', "'=' and the value"))
		return -1;
	a.value = parse_expr(l);
	if (!a.value)
		return -1;
	if (load_is(l, "if")) {
		load_next(l);
		if (!(a.cond = parse_expr(l)))
			return -1;
	}
	*slot = a;
	return 0;
}

int check_announces(struct registry *r, struct unit *u, struct err *e)
{
	char near[100];
	bool fits;

	for (unsigned i = 0; i < u->rec->nannounces; i++) {
		struct announce *a = &u->rec->announces[i];

		if (freeze_spend(r, r->protos.n + 1, e))
			return -1;
		a->proto = registry_find(r, a->name, strlen(a->name));
		if (!a->proto && r->strict) {
			near_name(near, sizeof(near),
				  registry_suggest(r, a->name, strlen(a->name)));
			return src_fail(u->src, e, u->announce_src[i].proto,
					"there is no protocol '%s'%s", a->name, near);
		}
		if (!space_known(r, a->space, 0, &fits) && r->strict) {
			near_name(near, sizeof(near), space_suggest(r, a->space));
			return src_fail(u->src, e, u->announce_src[i].space,
					"no protocol carries '%s'%s", a->space, near);
		}
	}
	return 0;
}

/* Mark the protocols that hold this record. Bounded: each container is opened once. */
static int mark_heralds(struct registry *r, struct unit *u, uint32_t mark, struct err *e)
{
	struct vec open = { 0 };
	struct unit **slot = vec_push(&r->mem, &open, sizeof(*slot));

	if (!slot)
		return load_nomem(e);
	*slot = u;
	u->seen = mark;
	for (uint32_t i = 0; i < open.n; i++) {
		struct unit *at = *VEC_AT(struct unit *, open, i);

		if (at->proto)
			at->proto->heralds = true;
		if (freeze_spend(r, at->containers.n + 1, e))
			return -1;
		for (uint32_t k = 0; k < at->containers.n; k++) {
			struct unit *up = *VEC_AT(struct unit *, at->containers, k);

			if (up->seen == mark)
				continue;
			up->seen = mark;
			if (!(slot = vec_push(&r->mem, &open, sizeof(*slot))))
				return load_nomem(e);
			*slot = up;
		}
	}
	return 0;
}

int find_heralds(struct registry *r, struct err *e)
{
	for (uint32_t i = 0; i < r->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, r->units, i);

		if ((u->rec->nannounces || u->rec->nteaches) && mark_heralds(r, u, ++r->mark, e))
			return -1;
	}
	return 0;
}
