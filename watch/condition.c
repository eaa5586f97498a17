/* SPDX-License-Identifier: BSD-2-Clause */
/* What a rule counts, and when that is a finding. */
#include <string.h>

#include "dissect/escape.h"
#include "watch/engine.h"

static bool count(struct rule_state *s, struct entry *x, const struct packet *p)
{
	const struct watch_rule *r = s->rule;
	int64_t width = r->within / (BUCKETS - 1) + 1;
	uint64_t sum = entries_count(&s->entries, x, p->when / width, p->number, p->when);

	if (p->when - x->first > r->within)
		x->first = p->when - r->within;
	return sum >= r->most;
}

struct besides {
	uint64_t hash[RULE_ALSO];
	unsigned n, most;
};

static void add_beside(void *arg, const struct member *m)
{
	struct besides *b = arg;
	unsigned i = 0;

	while (i < b->n && b->hash[i] != m->beside)
		i++;
	if (i == b->n && b->n < b->most)
		b->hash[b->n++] = m->beside;
}

static bool enough_beside(struct rule_state *s, const struct entry *x)
{
	struct besides b = { .most = s->rule->also_most };

	if (b.most)
		entries_each(&s->entries, x, add_beside, &b);
	return b.n == b.most;
}

/* Of several packets with the same value one counts here, by chance: decoys come in one order. */
static void note_beside(struct watch *w, const struct packet *p, unsigned layer,
			const struct rule_keys *k, struct member *m)
{
	struct flow_id id;

	if (m->beside && siphash(w->seed, (const uint8_t *)&p->number, sizeof(p->number)).a & 1)
		return;
	if (keys_id(w, p, layer, k->v, k->n, &id))
		m->beside = id.a;
}

static bool distinct(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
		     unsigned layer)
{
	const struct watch_rule *r = s->rule;
	struct flow_id id;
	struct member *m;

	if (!keys_id(w, p, layer, r->of.v, r->of.n, &id))
		return false;
	m = entries_member(&s->entries, x, id.a);
	if (!m) {
		/* Enough, and not of enough: others in their place. */
		if (x->n >= r->most)
			entries_drop(&s->entries, x, &x->member);
		m = entries_more(&s->entries, x);
		if (!m)
			return false;
		*m = (struct member) { .hash = id.a, .packet = p->number, .num = UINT64_MAX };
		if (r->of.n == 1 && r->of.v[0].form == KEY_PICK)
			pick_number(r->of.v[0].pick, p, &w->work, &m->num);
	}
	m->when = p->when;
	if (r->also.n)
		note_beside(w, p, layer, &r->also, m);
	if (x->n < r->most)
		return false;
	entries_expire(&s->entries, x, p->when - r->within);
	return x->n >= r->most && enough_beside(s, x);
}

static bool changes(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
		    unsigned layer)
{
	const struct watch_rule *r = s->rule;
	uint64_t hash = keys_digest(w, p, layer, &r->of);
	bool other;

	if (!hash)
		return false;
	other = x->changes.hash && x->changes.hash != hash &&
		(!r->within || p->when - x->last <= r->within);
	if (other) /* the words of the value before are still there, for what is said */
		return true;
	change_to(w, s, x, p, layer, hash);
	return false;
}

void change_to(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
	       unsigned layer, uint64_t hash)
{
	x->changes.hash = hash ? hash : keys_digest(w, p, layer, &s->rule->of);
	x->changes.packet = p->number;
	w->key.n = 0;
	key_words(w, p, layer, &s->rule->of.v[0], &w->key);
	x->changes.len = (uint8_t)(w->key.n < WAS_MOST ? w->key.n : WAS_MOST);
	if (x->changes.len)
		memcpy(x->changes.was, w->key.p, x->changes.len);
}

static bool regular(struct rule_state *s, struct entry *x, const struct packet *p)
{
	const struct watch_rule *r = s->rule;
	double gap = (double)(p->when - x->last), d;

	if (x->n && p->when <= x->last)
		return false;
	if (!x->n || p->when - x->last > r->within) {
		entries_expire(&s->entries, x, INT64_MAX);
		x->regular.mean = x->regular.m2 = 0;
		x->first = p->when;
		x->n = 1;
		entries_packet(&s->entries, x, p->number, p->when);
		return false;
	}
	d = gap - x->regular.mean;
	x->regular.mean += d / x->n;
	x->regular.m2 += d * (gap - x->regular.mean);
	x->n++;
	entries_packet(&s->entries, x, p->number, p->when);
	d = x->regular.mean * r->jitter / 100;
	if (x->n < r->most)
		return false;
	if (x->regular.m2 / (x->n - 1) <= d * d)
		return true;
	/* Too uneven: begin again, with a half of what was seen forgotten. */
	if (x->n >= r->most * 2) {
		x->n /= 2;
		x->regular.m2 /= 2;
	}
	return false;
}

/* Is the value of `by` none that is usual? Asked once of each: n tells that it is known. */
static bool is_new(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
		   unsigned layer)
{
	const struct watch_rule *r = s->rule;
	struct baseline *b = w->o.baseline;

	if (x->n)
		return false;
	w->say.n = w->key.n = 0;
	buf_str(&w->say, r->name);
	for (unsigned i = 0; i < r->by.n; i++) {
		buf_str(&w->say, i ? ", " : " ");
		w->key.n = 0;
		key_words(w, p, layer, &r->by.v[i], &w->key);
		escape_term((const uint8_t *)w->key.p, w->key.n, &w->say);
	}
	if (w->say.failed)
		return false;
	x->n = 1;
	if (w->o.learn)
		w->say.failed |= baseline_add(b, w->say.p, w->say.n) < 0;
	else
		x->n = baseline_has(b, w->say.p, w->say.n);
	return !x->n;
}

bool condition_holds(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
		     unsigned layer)
{
	switch (s->rule->op) {
	case WATCH_EACH:
		x->first = p->when;
		x->n = 1;
		return true;
	case WATCH_COUNT: return count(s, x, p);
	case WATCH_DISTINCT: return distinct(w, s, x, p, layer);
	case WATCH_CHANGES: return changes(w, s, x, p, layer);
	case WATCH_REGULAR: return regular(s, x, p);
	case WATCH_NEW: return is_new(w, s, x, p, layer);
	}
	return false;
}
