/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets held against rules. */
#include "watch/watch.h"

#include <stdlib.h>
#include <string.h>

#include "watch/engine.h"

static struct flows *open_flows(struct watch *w, struct err *e);

/* One for each text. */
static struct question *ask_once(struct watch *w, const struct filter *f,
				 const struct watch_text *text)
{
	struct question *q = w->question;

	if (!f)
		return NULL;
	for (; q < w->question + w->nquestions; q++) {
		if (q->text->n == text->n && !memcmp(q->text->p, text->p, text->n))
			return q;
	}
	*q = (struct question) { .filter = f, .text = text, .bit = w->nquestions++ };
	if (q->bit > SIEVE_ASKED)
		q->bit = SIEVE_ASKED;
	return q;
}

/* For each protocol the rules about it. */
static bool prepare(struct watch *w)
{
	const struct ruleset *rs = w->o.rules;

	for (unsigned i = 0; i < rs->n; i++) {
		const struct watch_rule *r = rs->v[i];

		w->state[i].rule = r;
		w->state[i].when = ask_once(w, r->when, &r->when_text);
		for (unsigned k = 0; k < r->nuntil; k++)
			w->state[i].until[k] = ask_once(w, r->until[k].filter, &r->until[k].text);
		sieve_rule(&w->state[i]);
		entries_init(&w->state[i].entries, r->op, w->o.memory / rs->n, r->within);
		if (r->op == WATCH_NEW && !w->o.baseline)
			continue;
		for (unsigned k = 0; r->unless && k < rs->n; k++) {
			if (rs->v[k] == r->unless)
				w->state[i].unless = &w->state[k];
		}
		if (r->event == EVENT_SECRET) {
			if (!secret_prepare(w, (uint16_t)i))
				return false;
			continue;
		}
		for (unsigned k = 0; k < r->nabout; k++) {
			struct rules_of *of = &w->of[r->about[k]->id];
			uint16_t *v = realloc(of->v, (of->n + 1u) * sizeof(*v));

			if (!v)
				return false;
			of->v = v;
			v[of->n++] = (uint16_t)i;
		}
	}
	for (unsigned i = 0; i < registry_count(rs->reg); i++) {
		const struct proto *proto = registry_at(rs->reg, i);

		if (!sieve_make(w, &w->of[proto->id], proto))
			return false;
	}
	return true;
}

struct watch *watch_open(const struct watch_opts *o, struct err *e)
{
	struct watch *w = calloc(1, sizeof(*w));
	unsigned n = o->rules->n;

	if (!w) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	w->o = *o;
	if (!w->o.memory)
		w->o.memory = WATCH_MEMORY;
	siphash_key(w->seed, o->seed);
	w->state = calloc(n + 1u, sizeof(*w->state));
	w->of = calloc(registry_count(o->rules->reg) + 1u, sizeof(*w->of));
	w->run = calloc(n + 1u, sizeof(*w->run));
	w->question = calloc((1u + RULE_UNTIL) * n + 1u, sizeof(*w->question));
	if (!w->state || !w->question || !w->of || !w->run || !prepare(w) ||
	    (o->keep &&
	     (!proof_open(&w->proof, WATCH_KEPT) || !proof_open(&w->recent, WATCH_RECENT)))) {
		err_set(e, ERR_IO, "out of memory");
		return watch_close(w);
	}
	w->flows = open_flows(w, e);
	return w->flows ? w : watch_close(w);
}

struct watch *watch_close(struct watch *w)
{
	if (!w)
		return NULL;
	for (unsigned i = 0; w->state && i < w->o.rules->n; i++)
		entries_done(&w->state[i].entries);
	for (unsigned i = 0; w->of && i <= registry_count(w->o.rules->reg); i++) {
		free(w->of[i].v);
		free(w->of[i].secret);
		for (unsigned k = 0; k < SIEVE_BYTES; k++)
			free(w->of[i].sieve[k]);
	}
	free(w->state);
	free(w->of);
	free(w->run);
	free(w->question);
	flows_close(w->flows);
	filter_work_done(&w->work);
	proof_done(&w->proof);
	proof_done(&w->recent);
	buf_done(&w->key);
	buf_done(&w->say);
	buf_done(&w->secret);
	free(w);
	return NULL;
}

/* ---- packets ---- */

static bool was_told(const struct rule_state *s, const struct entry *x, const struct packet *p)
{
	return x && x->told != INT64_MIN && p->when >= x->told &&
	       p->when - x->told < s->rule->again;
}

int rule_hit(struct watch *w, struct rule_state *s, const struct packet *p, unsigned layer)
{
	struct flow_id id;
	struct entry *x;
	int rc = 0;

	if (!keys_id(w, p, layer, s->rule->by.v, s->rule->by.n, &id))
		return 0;
	x = entries_find(&s->entries, &id, p->when);
	if (!x)
		return 0; /* not even one has room: as good as forgotten */
	if (w->frame)
		proof_keep(&w->proof, w->frame);
	if (was_told(s, x, p) ||
	    (s->unless && was_told(s->unless, entries_look(&s->unless->entries, &id), p))) {
		w->counts.repeats++;
		if (s->rule->op == WATCH_CHANGES)
			change_to(w, s, x, p, layer, 0);
	} else if (condition_holds(w, s, x, p, layer)) {
		rc = finding_tell(w, s, x, p, layer);
	}
	x->last = p->when;
	return rc;
}

bool rule_fits(struct watch *w, struct question *q, const struct packet *p)
{
	if (q && q->asked != w->turn) {
		q->asked = w->turn;
		q->fits = sieve_may(w, q) && filter_match_same(q->filter, p, &w->work);
	}
	return !q || q->fits;
}

/* Take back what p, by this line of the rule, says is no longer distinct, or no longer held against
 * the next one. */
static void take_back(struct watch *w, struct rule_state *s, const struct rule_until *u,
		      const struct packet *p, unsigned layer)
{
	const struct watch_rule *r = s->rule;
	struct flow_id id;
	struct entry *x;
	struct member *m;

	if (!keys_id(w, p, layer, u->by.v, r->by.n, &id))
		return;
	x = entries_look(&s->entries, &id);
	if (!x)
		return;
	if (r->op == WATCH_DISTINCT) {
		if (!x->n || !keys_id(w, p, layer, u->by.v + r->by.n, u->by.n - r->by.n, &id))
			return;
		m = entries_member(&s->entries, x, id.a);
		if (m)
			entries_drop(&s->entries, x, m);
	} else if (r->op == WATCH_CHANGES) {
		x->changes.hash = 0;
	}
	if (!x->n && x->told == INT64_MIN)
		entries_forget(&s->entries, x);
}

static void take_all_back(struct watch *w, struct rule_state *s, const struct packet *p)
{
	entries_trim(&s->entries, p->when, s->rule->again);
	for (unsigned k = 0; k < s->rule->nuntil && s->entries.newest; k++) {
		if (rule_fits(w, s->until[k], p))
			take_back(w, s, &s->rule->until[k], p, s->layer);
	}
}

/* A packet as it came, or one that was put together: then what is in it, the headers of its pieces
 * were looked at before. */
static int look(struct watch *w, const struct packet *p)
{
	unsigned n = 0;
	int rc = 0;

	w->turn++;
	filter_begin(&w->work);
	sieve_packet(w, p);
	/* The innermost of several layers of one protocol is what a rule is about. */
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct rules_of *of = &w->of[p->layers[i].proto->id];

		if (p->layers[i].flags & LAYER_QUOTED)
			break;
		for (unsigned k = 0; k < of->n && !(p->layers[i].flags & LAYER_ABOVE); k++) {
			struct rule_state *s = &w->state[of->v[k]];

			if (!sieve_leaves(w, s))
				continue;
			if (s->seen != w->turn)
				w->run[n++] = of->v[k];
			s->seen = w->turn;
			s->layer = i;
		}
	}
	for (unsigned k = 0; k < n && !rc; k++) {
		struct rule_state *s = &w->state[w->run[k]];

		if (s->rule->event)
			continue;
		if (s->rule->nuntil)
			take_all_back(w, s, p);
		if (rule_fits(w, s->when, p))
			rc = rule_hit(w, s, p, s->layer);
	}
	if (!rc)
		rc = secret_look(w, p);
	return rc ? rc : w->key.failed || w->say.failed ? -1 : 0;
}

static int whole(void *arg, struct packet *p)
{
	return look(arg, p);
}

/* Layer i of p is such an event. */
static int happens(struct watch *w, const struct packet *p, unsigned i, enum rule_event event)
{
	const struct rules_of *of = &w->of[p->layers[i].proto->id];
	int rc = 0;

	if (p->layers[i].flags & LAYER_QUOTED)
		return 0;
	w->turn++;
	filter_begin(&w->work);
	sieve_packet(w, p);
	for (unsigned k = 0; k < of->n && !rc; k++) {
		struct rule_state *s = &w->state[of->v[k]];

		if (s->rule->event == event && rule_fits(w, s->when, p))
			rc = rule_hit(w, s, p, i);
	}
	return rc;
}

/* Layer i of p says other bytes than a packet before it did. */
static int clash(void *arg, const struct packet *p, unsigned i, const struct flow_data *d)
{
	(void)d;
	return happens(arg, p, i, EVENT_OVERLAP);
}

static int segment(void *arg, const struct packet *p, const struct flow_seen *s)
{
	struct watch *w = arg;
	uint64_t cause = 0;
	int rc = 0;

	switch (due_segment(w->flows, p, s, &w->before, s->own, &cause)) {
	case DUE_FINE: break;
	case DUE_OUTSIDE: rc = happens(w, p, s->layer, EVENT_OUTSIDE); break;
	case DUE_AFTER_RESET:
		w->cause = cause;
		rc = happens(w, p, s->layer, EVENT_AFTER_RESET);
		w->cause = 0;
		break;
	}
	return rc;
}

static void over(void *arg, const struct flow_seen *s)
{
	struct watch *w = arg;

	w->before = *(const struct due_conv *)s->own;
}

int watch_packet(struct watch *w, const struct packet *p)
{
	int rc;

	w->counts.packets++;
	w->frame = p;
	proof_keep(&w->recent, p);
	rc = look(w, p);
	if (!rc)
		rc = flows_packet(w->flows, p);
	w->frame = NULL;
	return rc;
}

int watch_end(struct watch *w)
{
	return flows_end(w->flows);
}

static bool judges_segments(const struct ruleset *rs)
{
	for (unsigned i = 0; i < rs->n; i++) {
		if (rs->v[i]->event == EVENT_OUTSIDE || rs->v[i]->event == EVENT_AFTER_RESET)
			return true;
	}
	return false;
}

static struct flows *open_flows(struct watch *w, struct err *e)
{
	struct flow_ops ops = { .whole = whole, .clash = clash };
	struct flow_opts fo = { .reg = w->o.rules->reg,
				.ops = &ops,
				.arg = w,
				.fragments_max = w->o.memory / 8,
				.streams_max = w->o.memory / 4,
				.flows_max = w->o.memory / 8,
				.seed = w->seed[0] };

	if (judges_segments(w->o.rules)) {
		ops.seen = segment;
		ops.over = over;
		fo.streams = true;
		fo.own = sizeof(struct due_conv);
	}
	return flows_open(&fo, e);
}

void watch_counts(const struct watch *w, struct watch_counts *c)
{
	struct flow_counts fc;

	*c = w->counts;
	flows_counts(w->flows, &fc);
	c->memory = fc.memory;
	for (unsigned i = 0; i < w->o.rules->n; i++) {
		c->forgotten += w->state[i].entries.forgotten;
		c->memory += entries_memory(&w->state[i].entries);
	}
}

enum proof_found watch_proof(struct watch *w, uint64_t number, struct packet *p)
{
	enum proof_found rc = proof_find(&w->proof, number, p);

	return rc == PROOF_GONE ? proof_find(&w->recent, number, p) : rc;
}
