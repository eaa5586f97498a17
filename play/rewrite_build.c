/* SPDX-License-Identifier: BSD-2-Clause */
/* Rewriting by building anew: the packet is printed in the notation and read again, what was said
 * is put in, and lengths, counts and checksums that were right are computed. */
#include "play/rewrite_impl.h"

#include <string.h>

#include "dissect/dissect.h"

static bool same_name(const struct say *a, const struct say *b)
{
	return a->name ? b->name && strcmp(a->name, b->name) == 0
		       : !b->name && a->index == b->index;
}

/* Say s in the list (a copy: what was asked for stays as it is), in place of what was said of the
 * same name. False: memory. */
static bool put_say(struct plan *p, struct say **list, const struct say *s)
{
	struct say **at = list, *c;

	while (*at && !same_name(*at, s))
		at = &(*at)->next;
	/* Parts that were said one by one (options.0.value=99); a list said whole has its text. */
	if (*at && (*at)->form == SAY_TREE && s->form == SAY_TREE && !s->text) {
		for (const struct say *k = s->child; k; k = k->next)
			if (!put_say(p, &(*at)->child, k))
				return false;
		return true;
	}
	c = say_copy(&p->mem, s);
	if (!c)
		return false;
	c->next = *at ? (*at)->next : NULL;
	*at = c;
	return true;
}

/* The plan's layer that stands for layer `at` of the packet it was printed from. */
static struct plan_layer *plan_of(struct rewrite *w, const struct packet *p, unsigned at)
{
	unsigned nth = 0;

	for (unsigned i = 0; i < at; i++)
		nth += p->layers[i].proto == p->layers[at].proto;
	for (unsigned i = 0; i < w->plan.n; i++)
		if (w->plan.layer[i].proto == p->layers[at].proto && nth-- == 0)
			return &w->plan.layer[i];
	return NULL;
}

/* Was the field what its rule says, so that it follows what changes? */
static bool held(const struct rewrite *w, unsigned layer, const struct field *f)
{
	const struct tree *t = &w->tree[layer];
	uint32_t at = tree_child(t, 0, f->index);
	uint64_t want;

	if (at == NODE_NONE || (t->v[at].flags & (NODE_CUT | NODE_RAW)))
		return false;
	if (f->rule.form == RULE_LEN || f->rule.form == RULE_COUNT)
		return rule_value(f, t, 0, &want, NULL) == 0 &&
		       rule_holds(&f->rule, t->v[at].num, want);
	for (unsigned i = 0; f->rule.form == RULE_SUM && i < w->nsums; i++)
		if (w->sum[i].layer == layer && w->sum[i].node == at)
			return w->sum[i].verdict == SUM_GOOD || w->sum[i].verdict == SUM_UNFILLED;
	return false;
}

/* Of a packet with something odd in it all is printed, as bytes: what only said what would be
 * computed anyway is to be computed. A length that is said as a number is said for a reason (it is
 * longer than it need be, it covers padding). */
static void follow(struct rewrite *w, const struct packet *p)
{
	for (unsigned i = 0; i < p->nlayers; i++) {
		struct plan_layer *y = plan_of(w, p, i);

		for (struct say *c = y ? y->say : NULL; c; c = c->next) {
			const struct field *f =
				c->name ? record_field(&y->proto->rec, c->name, strlen(c->name))
					: NULL;

			if (f && (c->form == SAY_RAW || f->rule.form == RULE_SUM) && held(w, i, f))
				c->form = SAY_AUTO;
		}
	}
}

int rewrite_build(struct rewrite *w, const struct set_rule *s, struct packet *p, struct err *e)
{
	unsigned at[PLAN_LAYERS];
	struct packet q = *p;

	if (!set_layers(s, p, at))
		return 0;
	for (unsigned i = 0; i < p->nlayers; i++)
		w->tree[i].pkt = p;
	w->text.n = 0;
	if (print_expr(w->printer, p, 0, &w->text) < 0)
		return err_set(e, ERR_IO, "out of memory");
	if (plan_parse(&w->plan, w->o.reg, w->text.p, w->text.n, PLAN_NO_FILES, e) < 0)
		return -1;
	follow(w, p);
	for (unsigned i = 0; i < s->plan.n; i++) {
		struct plan_layer *y = plan_of(w, p, at[i]);

		if (!y)
			return err_set(e, ERR_USAGE,
				       "%s is damaged there, its fields cannot be set",
				       s->plan.layer[i].proto->name);
		for (const struct say *c = s->plan.layer[i].say; c; c = c->next)
			if (!put_say(&w->plan, &y->say, c))
				return err_set(e, ERR_IO, "out of memory");
	}
	if (build(&w->build, &w->plan, e))
		return -1;
	if (w->build.bytes.n == p->len && !memcmp(w->build.bytes.p, p->data, p->len))
		return 0;
	q.data = (const uint8_t *)w->build.bytes.p;
	q.len = (uint32_t)w->build.bytes.n;
	q.wire_len = w->plan.wire_said ? w->plan.wire_len : q.len;
	if (q.wire_len < q.len)
		q.wire_len = q.len;
	dissect_with(w->o.reg, &q, &w->scratch);
	if (rewrite_carry(w, s, at, p, &q, e) || rewrite_keep(w, p, q.data, q.len, e) < 0)
		return -1;
	p->wire_len = q.wire_len;
	dissect_with(w->o.reg, p, &w->scratch);
	return 1;
}
