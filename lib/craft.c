/* SPDX-License-Identifier: BSD-2-Clause */
/* Text to packets: one, or every step of a sweep. */
#include "craft/craft.h"

#include <stdlib.h>
#include <string.h>

#include "craft/template.h"
#include "dissect/dissect.h"
#include "lib/lib.h"
#include "notation/notation.h"

/* Bytes without a link type keep the layers that the builder knows. */
static void read_again(struct strata_packet *p)
{
	p->pkt.flags |= PACKET_NO_TIME;
	if (p->pkt.link != LINK_NONE)
		dissect_with(p->reg, &p->pkt, &p->scratch);
}

int strata_craft(struct strata_packet *p, const char *text, struct strata_error *e)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	struct build *b = calloc(1, sizeof(*b));
	struct err why = { 0 };
	int rc = -1;

	if (!plan || !b)
		err_set(&why, ERR_IO, "no memory");
	else if (plan_parse(plan, p->reg, text, strlen(text), p->plan_flags, &why) == 0 &&
		 plan_step(plan, 0, 0) == 0 && craft(b, plan, &why) == 0)
		rc = 0;
	if (rc == 0) {
		packet_borrow(p, &b->pkt);
		/* The builder's bytes become ours. */
		buf_done(&p->own);
		p->own = b->bytes;
		b->bytes = (struct buf) { 0 };
		p->pkt.data = p->own.p ? (const uint8_t *)p->own.p : (const uint8_t *)"";
		read_again(p);
	} else {
		lib_fail(e, &why);
	}
	if (b)
		build_done(b);
	if (plan)
		plan_done(plan);
	free(b);
	free(plan);
	return rc;
}

struct strata_plan {
	struct plan plan;
	struct template *tmpl;
	uint64_t seed;
};

struct strata_plan *strata_plan_open(const struct strata *s, const char *text, uint64_t seed,
				     struct strata_error *e)
{
	struct strata_plan *pl = calloc(1, sizeof(*pl));
	struct err why = { 0 };

	if (!pl)
		return no_memory_at(e);
	pl->seed = seed;
	if (plan_parse(&pl->plan, s->reg, text, strlen(text), s->plan_flags, &why) == 0) {
		plan_step(&pl->plan, 0, seed);
		pl->tmpl = template_open(&pl->plan, &why);
	}
	if (pl->tmpl)
		return pl;
	lib_fail(e, &why);
	strata_plan_close(pl);
	return NULL;
}

void strata_plan_close(struct strata_plan *pl)
{
	if (!pl)
		return;
	template_close(pl->tmpl);
	plan_done(&pl->plan);
	free(pl);
}

uint64_t strata_plan_count(const struct strata_plan *pl)
{
	return plan_count(&pl->plan);
}

int strata_plan_step(struct strata_plan *pl, uint64_t i, struct strata_packet *p,
		     struct strata_error *e)
{
	struct err why = { 0 };
	const struct packet *made;

	plan_step(&pl->plan, i, pl->seed);
	made = template_next(pl->tmpl, &why);
	if (!made)
		return lib_fail(e, &why);
	packet_borrow(p, made);
	read_again(p);
	return 0;
}
