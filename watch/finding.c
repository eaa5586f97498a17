/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of a finding, and which packets prove it. */
#include <stdlib.h>

#include "watch/engine.h"

#define NAMED 12u /* values that are said one by one */

struct proving {
	uint64_t *packet, *num;
	unsigned n, most;
	unsigned nums;
	int64_t since;
	int64_t oldest; /* what was before does not count any more */
};

static void take_member(void *arg, const struct member *m)
{
	struct proving *v = arg;

	if (m->when < v->oldest)
		return;
	if (m->when < v->since)
		v->since = m->when;
	if (v->n == v->most)
		return;
	if (m->num != UINT64_MAX)
		v->num[v->nums++] = m->num;
	v->packet[v->n++] = m->packet;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* 22, 80-83, 443 */
static void put_values(const struct proving *v, uint64_t all, struct buf *out)
{
	unsigned said = 0, i = 0;

	while (i < v->nums && said < NAMED) {
		unsigned k = i;

		while (k + 1 < v->nums && v->num[k + 1] <= v->num[k] + 1)
			k++;
		if (said++)
			buf_str(out, ", ");
		buf_u64(out, v->num[i]);
		if (v->num[k] > v->num[i]) {
			buf_char(out, '-');
			buf_u64(out, v->num[k]);
		}
		i = k + 1;
	}
	if (!v->nums) {
		buf_u64(out, all);
		buf_str(out, " different ones");
	} else if (i < v->nums) {
		buf_str(out, " ...");
	}
}

/* 0.25 s, 12 s, 5 min, 3 h */
static void put_time(int64_t ns, struct buf *out)
{
	double s = (double)(ns < 0 ? 0 : ns) / 1e9;

	if (s < 0.001)
		buf_fmt(out, "%.0f us", s * 1e6);
	else if (s < 1)
		buf_fmt(out, "%.0f ms", s * 1e3);
	else if (s < 120)
		buf_fmt(out, s < 10 ? "%.1f s" : "%.0f s", s);
	else if (s < 7200)
		buf_fmt(out, "%.0f min", s / 60);
	else
		buf_fmt(out, "%.1f h", s / 3600);
}

struct telling {
	struct watch *w;
	struct rule_state *s;
	const struct entry *x;
	const struct packet *p;
	unsigned layer;
	struct finding *f;
	struct proving *v;
	bool filter; /* what is said is a display filter */
};

static void put_piece(const struct telling *t, const struct rule_piece *piece, struct buf *out)
{
	switch (piece->form) {
	case PIECE_TEXT: buf_put(out, piece->text, piece->len); break;
	case PIECE_KEY:
		if (t->filter && piece->key.form < KEY_PICK)
			key_name(t->p, t->layer, &piece->key, out);
		if (!key_words(t->w, t->p, t->layer, &piece->key, out))
			buf_char(out, '?');
		break;
	case PIECE_N: buf_u64(out, t->f->n); break;
	case PIECE_TIME: put_time(t->f->when - t->f->since, out); break;
	case PIECE_VALUES: put_values(t->v, t->f->n, out); break;
	case PIECE_WAS:
		if (t->s->rule->op == WATCH_CHANGES)
			buf_put(out, t->x->changes.was, t->x->changes.len);
		break;
	case PIECE_NOW:
		if (t->s->rule->of.n)
			key_words(t->w, t->p, t->layer, &t->s->rule->of.v[0], out);
		break;
	case PIECE_EVERY:
		if (t->s->rule->op == WATCH_REGULAR)
			put_time((int64_t)t->x->regular.mean, out);
		break;
	}
}

/* A sentence, and a NUL behind it; where it begins in w->say. */
static size_t put_sentence(const struct telling *t, const struct rule_text *text)
{
	struct buf *out = &t->w->say;
	size_t at = out->n;

	for (unsigned i = 0; i < text->n; i++)
		put_piece(t, &text->v[i], out);
	buf_char(out, 0);
	return at;
}

static void put_all(struct telling *t)
{
	const struct watch_rule *r = t->s->rule;
	size_t key[RULE_KEYS], said, look, todo;
	struct buf *out = &t->w->say;
	struct finding *f = t->f;

	out->n = 0;
	for (unsigned i = 0; i < r->by.n; i++) {
		key[i] = out->n;
		key_words(t->w, t->p, t->layer, &r->by.v[i], out);
		buf_char(out, 0);
	}
	said = put_sentence(t, &r->say);
	todo = put_sentence(t, &r->todo);
	t->filter = true;
	look = put_sentence(t, &r->look);
	if (out->failed)
		return;
	f->nkeys = r->by.n;
	for (unsigned i = 0; i < r->by.n; i++)
		f->key[i] = (struct finding_key) { r->by.v[i].name, out->p + key[i] };
	f->said = out->p + said;
	f->look = r->look.n ? out->p + look : NULL;
	f->todo = r->todo.n ? out->p + todo : NULL;
}

/* The packets that its bytes came in, the last one is there already. */
static void add_pieces(const struct packet *p, struct proving *v)
{
	for (uint32_t i = 0; p->origin && i < p->origin->nfrom && v->n < v->most; i++) {
		if (p->origin->from[i] != p->number)
			v->packet[v->n++] = p->origin->from[i];
	}
}

/* Several messages in one packet count one by one. */
static unsigned each_once(uint64_t *v, unsigned n)
{
	unsigned k = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!k || v[k - 1] != v[i])
			v[k++] = v[i];
	}
	return k;
}

static void prove(struct telling *t)
{
	struct entry *x = (struct entry *)t->x;
	struct proving *v = t->v;

	v->since = t->p->when;
	v->oldest = t->s->rule->op == WATCH_COUNT ? t->p->when - t->s->rule->within : INT64_MIN;
	if (t->s->rule->op == WATCH_CHANGES)
		v->packet[v->n++] = x->changes.packet;
	else
		entries_each(&t->s->entries, x, take_member, v);
	if (!v->n || t->s->rule->op == WATCH_CHANGES || v->packet[v->n - 1] != t->p->number) {
		bool have = false;

		for (unsigned i = 0; i < v->n; i++)
			have |= v->packet[i] == t->p->number;
		if (!have && v->n < v->most)
			v->packet[v->n++] = t->p->number;
	}
	if (t->s->rule->op == WATCH_EACH)
		add_pieces(t->p, v);
	if (t->w->cause && v->n < v->most)
		v->packet[v->n++] = t->w->cause;
	qsort(v->packet, v->n, sizeof(*v->packet), by_number);
	v->n = each_once(v->packet, v->n);
	qsort(v->num, v->nums, sizeof(*v->num), by_number);
}

int finding_tell(struct watch *w, struct rule_state *s, struct entry *x, const struct packet *p,
		 unsigned layer)
{
	const struct watch_rule *r = s->rule;
	struct proving v = { .most = WATCH_PROOF };
	struct finding f = { .rule = r, .when = p->when, .n = x->n };
	struct telling t = { w, s, x, p, layer, &f, &v, false };
	int rc = -1;

	v.packet = malloc(2 * WATCH_PROOF * sizeof(*v.packet));
	if (!v.packet)
		return -1;
	v.num = v.packet + WATCH_PROOF;
	prove(&t);
	if (r->op == WATCH_CHANGES) {
		f.n = 2;
		f.since = x->last;
	} else if (r->op == WATCH_NEW) {
		f.n = 1;
		f.since = p->when;
	} else {
		f.since = r->op == WATCH_DISTINCT ? v.since : x->first;
	}
	if (f.since > p->when) /* times do not go on everywhere */
		f.since = p->when;
	f.packet = v.packet;
	f.npackets = v.n;
	f.more = f.n > v.n ? f.n - v.n : 0;
	put_all(&t);
	if (!w->say.failed) {
		w->counts.findings++;
		rc = w->o.found(w->o.arg, &f);
	}
	free(v.packet);
	x->told = p->when;
	if (r->op == WATCH_CHANGES)
		change_to(w, s, x, p, layer, 0);
	else
		entries_expire(&s->entries, x, INT64_MAX);
	return rc;
}
