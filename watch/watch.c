/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets held against rules. */
#include "watch/watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "watch/engine.h"

static void random_key(struct watch *w, uint64_t seed)
{
	w->seed[0] = seed;
	w->seed[1] = ~seed;
	if (!seed && getrandom(w->seed, sizeof(w->seed), 0) != (ssize_t)sizeof(w->seed))
		w->seed[0] = (uint64_t)(uintptr_t)w;
}

static struct flows *open_flows(struct watch *w, struct err *e);

/* For each protocol the rules about it; for each rule the first one with the same filter. */
static bool prepare(struct watch *w)
{
	const struct ruleset *rs = w->o.rules;

	for (unsigned i = 0; i < rs->n; i++) {
		const struct watch_rule *r = rs->v[i];

		w->state[i].rule = r;
		w->state[i].same = i;
		for (unsigned k = 0; k < i && w->state[i].same == i; k++) {
			if (r->when && rs->v[k]->when && r->when_len == rs->v[k]->when_len &&
			    !memcmp(r->when_text, rs->v[k]->when_text, r->when_len))
				w->state[i].same = k;
		}
		for (unsigned k = 0; r->unless && k < rs->n; k++) {
			if (rs->v[k] == r->unless)
				w->state[i].unless = &w->state[k];
		}
		for (unsigned k = 0; k < r->nabout; k++) {
			struct rules_of *of = &w->of[r->about[k]->id];
			uint16_t *v = realloc(of->v, (of->n + 1u) * sizeof(*v));

			if (!v)
				return false;
			of->v = v;
			v[of->n++] = (uint16_t)i;
		}
		entries_init(&w->state[i].entries, w->o.memory / rs->n, w->seed[0]);
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
	random_key(w, o->seed);
	w->state = calloc(n + 1u, sizeof(*w->state));
	w->of = calloc(registry_count(o->rules->reg) + 1u, sizeof(*w->of));
	w->run = calloc(n + 1u, sizeof(*w->run));
	if (!w->state || !w->of || !w->run || !prepare(w) ||
	    (o->keep && !proof_open(&w->proof, WATCH_KEPT))) {
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
	for (unsigned i = 0; w->of && i < registry_count(w->o.rules->reg); i++)
		free(w->of[i].v);
	free(w->state);
	free(w->of);
	free(w->run);
	flows_close(w->flows);
	filter_work_done(&w->work);
	proof_done(&w->proof);
	buf_done(&w->key);
	buf_done(&w->say);
	free(w);
	return NULL;
}

/* ---- names ---- */

/* The address of who sent layer i, or (to) of who receives it: of the nearest layer that has
 * addresses. */
static const uint8_t *address(const struct packet *p, unsigned i, bool to, const struct field **f,
			      unsigned *n)
{
	for (int k = (int)i; k >= 0; k--) {
		const struct proto *proto = p->layers[k].proto;
		const uint8_t *v;

		if (!proto->flow)
			continue;
		*f = &proto->rec.fields[to ? proto->flow->pair[0].b : proto->flow->pair[0].a];
		if ((*f)->type->form != TYPE_LEAF || (*f)->type->kind->cls != KIND_ADDR)
			continue;
		v = packet_field(p, (unsigned)k, *f, n);
		if (v)
			return v;
	}
	return NULL;
}

static bool key_put(struct watch *w, const struct packet *p, unsigned layer,
		    const struct rule_key *k, struct buf *out)
{
	const struct field *f;
	unsigned n;
	const uint8_t *v;

	if (k->form == KEY_PICK)
		return pick_key(k->pick, p, &w->work, out);
	v = address(p, layer, k->form == KEY_TO, &f, &n);
	if (!v)
		return false;
	buf_put(out, &n, sizeof(n));
	buf_put(out, v, n);
	return true;
}

/* The hash of some of the names' values. False: one is not there. */
static bool keys_id(struct watch *w, const struct packet *p, unsigned layer,
		    const struct rule_key *v, unsigned n, struct flow_id *id)
{
	w->key.n = 0;
	for (unsigned i = 0; i < n; i++) {
		if (!key_put(w, p, layer, &v[i], &w->key))
			return false;
	}
	*id = siphash(w->seed, (const uint8_t *)w->key.p, w->key.n);
	return true;
}

void key_name(const struct packet *p, unsigned layer, const struct rule_key *k, struct buf *out)
{
	const struct field *f;
	unsigned n;

	if (address(p, layer, k->form == KEY_TO, &f, &n))
		buf_fmt(out, "%s.addr == ", f->rec->proto->name);
}

bool key_words(struct watch *w, const struct packet *p, unsigned layer, const struct rule_key *k,
	       struct buf *out)
{
	const struct field *f;
	struct value v = { 0 };
	unsigned n;

	if (k->form == KEY_PICK)
		return pick_text(k->pick, p, &w->work, out);
	v.p = address(p, layer, k->form == KEY_TO, &f, &n);
	if (!v.p)
		return false;
	v.len = n;
	f->type->kind->print(f->type, &v, out);
	return true;
}

/* ---- conditions ---- */

struct summing {
	struct watch *w;
	uint64_t sum;
};

static void add_value(void *arg, const void *v, size_t n)
{
	struct summing *s = arg;

	s->sum += siphash(s->w->seed, v, n).a | 1;
}

/* What the values of all names come to, in whatever order they stand. 0: there are none. */
static uint64_t digest(struct watch *w, const struct packet *p, unsigned layer,
		       const struct rule_keys *k)
{
	struct summing s = { .w = w };

	for (unsigned i = 0; i < k->n; i++) {
		if (k->v[i].form == KEY_PICK) {
			pick_each(k->v[i].pick, p, &w->work, add_value, &s);
			continue;
		}
		w->key.n = 0;
		if (key_put(w, p, layer, &k->v[i], &w->key))
			add_value(&s, w->key.p, w->key.n);
		s.sum = s.sum * 31;
	}
	return s.sum;
}

static bool count(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p)
{
	const struct watch_rule *r = s->rule;
	int64_t width = r->within / (BUCKETS - 1) + 1, slot = p->when / width;
	uint64_t sum = 0;
	(void)w;

	if (slot > x->count.slot || slot < x->count.slot - (int64_t)BUCKETS) {
		int64_t ahead = slot - x->count.slot;

		for (int64_t i = 1; i <= ahead && i <= (int64_t)BUCKETS; i++)
			x->count.n[(uint64_t)(x->count.slot + i) % BUCKETS] = 0;
		if (ahead < 0 || ahead > (int64_t)BUCKETS) {
			memset(x->count.n, 0, sizeof(x->count.n));
			x->first = p->when;
		}
		x->count.slot = slot;
	}
	x->count.n[(uint64_t)slot % BUCKETS]++;
	entries_packet(&s->entries, x, p->number, p->when);
	for (unsigned i = 0; i < BUCKETS; i++)
		sum += x->count.n[i];
	x->n = (uint32_t)sum;
	if (p->when - x->first > r->within)
		x->first = p->when - r->within;
	return sum >= r->most;
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
		m = entries_more(&s->entries, x);
		if (!m)
			return false;
		*m = (struct member) { .hash = id.a, .packet = p->number, .num = UINT64_MAX };
		if (r->of.n == 1 && r->of.v[0].form == KEY_PICK)
			pick_number(r->of.v[0].pick, p, &w->work, &m->num);
	}
	m->when = p->when;
	if (x->n < r->most)
		return false;
	entries_expire(&s->entries, x, p->when - r->within);
	return x->n >= r->most;
}

static bool changes(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
		    unsigned layer)
{
	const struct watch_rule *r = s->rule;
	uint64_t hash = digest(w, p, layer, &r->of);
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
	x->changes.hash = hash ? hash : digest(w, p, layer, &s->rule->of);
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

static bool holds(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
		  unsigned layer)
{
	switch (s->rule->op) {
	case WATCH_EACH:
		x->first = p->when;
		x->n = 1;
		return true;
	case WATCH_COUNT: return count(w, s, x, p);
	case WATCH_DISTINCT: return distinct(w, s, x, p, layer);
	case WATCH_CHANGES: return changes(w, s, x, p, layer);
	case WATCH_REGULAR: return regular(s, x, p);
	case WATCH_NEW: return false;
	}
	return false;
}

/* ---- packets ---- */

static bool was_told(const struct rule_state *s, const struct entry *x, const struct packet *p)
{
	return x && x->told != INT64_MIN && p->when >= x->told &&
	       p->when - x->told < s->rule->again;
}

/* Layer `layer` of p is what the rule is about. */
static int hit(struct watch *w, struct rule_state *s, const struct packet *p, unsigned layer)
{
	struct flow_id id;
	struct entry *x;
	int rc = 0;

	if (!keys_id(w, p, layer, s->rule->by.v, s->rule->by.n, &id))
		return 0;
	x = entries_find(&s->entries, &id);
	if (!x)
		return 0; /* not even one has room: as good as forgotten */
	if (!x->first)
		x->first = p->when;
	proof_keep(&w->proof, p);
	if (was_told(s, x, p) ||
	    (s->unless && was_told(s->unless, entries_look(&s->unless->entries, &id), p))) {
		w->counts.repeats++;
		if (s->rule->op == WATCH_CHANGES)
			change_to(w, s, x, p, layer, 0);
	} else if (holds(w, s, x, p, layer)) {
		rc = finding_tell(w, s, x, p, layer);
	}
	x->last = p->when;
	return rc;
}

/* Take back what is no longer distinct. */
static void take_back(struct watch *w, struct rule_state *s, const struct packet *p, unsigned layer)
{
	const struct watch_rule *r = s->rule;
	struct flow_id id;
	struct entry *x;
	struct member *m;

	if (!s->entries.head || !filter_match_same(r->until, p, &w->work) ||
	    !keys_id(w, p, layer, r->until_by.v, r->by.n, &id))
		return;
	x = entries_look(&s->entries, &id);
	if (!x || !x->n ||
	    !keys_id(w, p, layer, r->until_by.v + r->by.n, r->until_by.n - r->by.n, &id))
		return;
	m = entries_member(&s->entries, x, id.a);
	if (m)
		entries_drop(&s->entries, x, m);
}

static bool wanted(struct watch *w, struct rule_state *s, const struct packet *p)
{
	struct rule_state *same = &w->state[s->same];

	if (!s->rule->when)
		return true;
	if (same->asked != w->turn) {
		same->asked = w->turn;
		same->fits = filter_match_same(same->rule->when, p, &w->work);
	}
	return same->fits;
}

/* A packet as it came, or one that was put together: then what is in it, the headers of its pieces
 * were looked at before. */
static int look(struct watch *w, const struct packet *p)
{
	unsigned n = 0;
	int rc = 0;

	w->turn++;
	filter_begin(&w->work);
	/* The innermost of several layers of one protocol is what a rule is about. */
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct rules_of *of = &w->of[p->layers[i].proto->id];

		if (p->layers[i].flags & LAYER_QUOTED)
			break;
		for (unsigned k = 0; k < of->n && !(p->layers[i].flags & LAYER_ABOVE); k++) {
			struct rule_state *s = &w->state[of->v[k]];

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
		if (s->rule->until)
			take_back(w, s, p, s->layer);
		if (wanted(w, s, p))
			rc = hit(w, s, p, s->layer);
	}
	return rc ? rc : w->key.failed || w->say.failed ? -1 : 0;
}

static int whole(void *arg, struct packet *p)
{
	return look(arg, p);
}

/* Layer i of p says other bytes than a packet before it did. */
static int clash(void *arg, const struct packet *p, unsigned i, const struct flow_data *d)
{
	struct watch *w = arg;
	const struct rules_of *of = &w->of[p->layers[i].proto->id];
	int rc = 0;
	(void)d;

	if (p->layers[i].flags & LAYER_QUOTED)
		return 0;
	w->turn++;
	filter_begin(&w->work);
	for (unsigned k = 0; k < of->n && !rc; k++) {
		struct rule_state *s = &w->state[of->v[k]];

		if (s->rule->event == EVENT_OVERLAP && wanted(w, s, p))
			rc = hit(w, s, p, i);
	}
	return rc;
}

int watch_packet(struct watch *w, const struct packet *p)
{
	int rc;

	w->counts.packets++;
	rc = look(w, p);
	return rc ? rc : flows_packet(w->flows, p);
}

int watch_end(struct watch *w)
{
	return flows_end(w->flows);
}

static const struct flow_ops watch_ops = { .whole = whole, .clash = clash };

static struct flows *open_flows(struct watch *w, struct err *e)
{
	struct flow_opts fo = { .reg = w->o.rules->reg,
				.ops = &watch_ops,
				.arg = w,
				.fragments_max = w->o.memory / 4,
				.streams_max = w->o.memory / 2,
				.flows_max = w->o.memory / 4,
				.seed = w->seed[0] };

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
		c->memory += w->state[i].entries.budget.spent;
	}
}

enum proof_found watch_proof(struct watch *w, uint64_t number, struct packet *p)
{
	return proof_find(&w->proof, number, p);
}
