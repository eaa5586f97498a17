/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of rules, and reading one from a text: rule by rule. */
#include "watch/rule.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/near.h"
#include "watch/impl.h"

#define AGAIN INT64_C(60000000000) /* ns */

const char *const rule_sure_names[] = { "low", "medium", "high", NULL };

void ruleset_init(struct ruleset *rs, const struct registry *reg)
{
	*rs = (struct ruleset) { .reg = reg };
}

static void keys_free(struct rule_keys *k)
{
	for (unsigned i = 0; i < k->n; i++)
		pick_close(k->v[i].pick);
}

static void text_free(struct rule_text *t)
{
	for (unsigned i = 0; i < t->n; i++)
		pick_close(t->v[i].key.pick);
}

static void rule_free(struct watch_rule *r)
{
	filter_close(r->when);
	for (unsigned i = 0; i < RULE_UNTIL; i++) { /* the last one may be half read */
		filter_close(r->until[i].filter);
		keys_free(&r->until[i].by);
	}
	keys_free(&r->by);
	keys_free(&r->of);
	keys_free(&r->also);
	text_free(&r->say);
	text_free(&r->look);
	text_free(&r->todo);
}

void ruleset_free(struct ruleset *rs)
{
	for (unsigned i = 0; i < rs->n; i++)
		rule_free(rs->v[i]);
	free(rs->v);
	names_close(rs->names);
	arena_done(&rs->mem);
	*rs = (struct ruleset) { 0 };
}

struct watch_rule *ruleset_find(const struct ruleset *rs, const char *name, size_t n)
{
	for (unsigned i = 0; i < rs->n; i++) {
		if (strlen(rs->v[i]->name) == n && !memcmp(rs->v[i]->name, name, n))
			return rs->v[i];
	}
	return NULL;
}

const char *ruleset_near(const struct ruleset *rs, const char *name, size_t n)
{
	const char *best = NULL;
	unsigned least = near_limit(n) + 1;

	for (unsigned i = 0; i < rs->n; i++) {
		const char *s = rs->v[i]->name;
		unsigned d = near_distance(name, n, s, strlen(s), least - 1);

		if (d < least) {
			least = d;
			best = s;
		}
	}
	return best;
}

void ruleset_keep(struct ruleset *rs, bool (*keep)(const struct watch_rule *r, void *arg),
		  void *arg)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rs->n; i++) {
		if (keep(rs->v[i], arg))
			rs->v[n++] = rs->v[i];
		else
			rule_free(rs->v[i]);
	}
	rs->n = n;
	for (unsigned i = 0; i < n; i++) {
		const struct watch_rule *r = rs->v[i]->unless;

		if (r && ruleset_find(rs, r->name, strlen(r->name)) != r)
			rs->v[i]->unless = NULL;
	}
}

static int begin_rule(struct rule_text_at *p)
{
	struct watch_rule *r = arena_alloc(&p->rs->mem, sizeof(*r));
	struct watch_rule **v;
	size_t n;

	if (!r)
		return err_set(p->e, ERR_IO, "out of memory");
	rule_blanks(p);
	n = rule_word(p);
	for (size_t i = 0; i < n; i++) {
		char c = p->text[p->at + i];

		if (!isalnum((unsigned char)c) && c != '-' && c != '_')
			n = 0;
	}
	if (!n)
		return rule_fail(p, p->at, 1, "a name of letters, digits and '-' is expected here");
	*r = (struct watch_rule) { .sure = SURE_MEDIUM, .again = AGAIN };
	r->name = arena_strndup(&p->rs->mem, p->text + p->at, n);
	p->at += n;
	if (!r->name || rule_string(p, &r->title, NULL) < 0)
		return err_set(p->e, ERR_IO, "out of memory");
	if (p->rs->n == p->rs->cap) {
		p->rs->cap = p->rs->cap ? p->rs->cap * 2 : 64;
		v = realloc(p->rs->v, p->rs->cap * sizeof(struct watch_rule *));
		if (!v)
			return err_set(p->e, ERR_IO, "out of memory");
		p->rs->v = v;
	}
	p->r = r;
	p->seen = 0;
	p->rs->v[p->rs->n++] = r;
	return 0;
}

static int besides_fit(struct rule_text_at *p, size_t at)
{
	const struct watch_rule *r = p->r;
	unsigned n = r->by.n + (r->op == WATCH_DISTINCT ? r->of.n : 0);

	if (r->also.n && r->op != WATCH_DISTINCT)
		return rule_fail(p, at, 4, "rule %s: 'also' counts beside what is 'distinct'",
				 r->name);
	if (!r->nuntil)
		return 0;
	if (r->event)
		return rule_fail(p, at, 4, "rule %s: an event is not taken back by 'until'",
				 r->name);
	if (r->op != WATCH_DISTINCT && r->op != WATCH_CHANGES)
		return rule_fail(
			p, at, 4,
			"rule %s: 'until' takes back what is 'distinct', or what 'changes'",
			r->name);
	for (unsigned i = 0; i < r->nuntil; i++) {
		if (r->until[i].by.n != n)
			return rule_fail(
				p, at, 4,
				"rule %s: 'until ... by' has %u names; those of 'by'%s are %u",
				r->name, r->until[i].by.n,
				r->op == WATCH_DISTINCT ? " and of 'distinct'" : "", n);
	}
	return 0;
}

/* What is about the secrets of some protocols alone claims them. */
static int claim(struct rule_text_at *p)
{
	const struct watch_rule *r = p->r;

	if (r->event != EVENT_SECRET || !r->nabout)
		return 0;
	if (!p->rs->claimed)
		p->rs->claimed = arena_alloc(&p->rs->mem, registry_count(p->rs->reg) + 1u);
	if (!p->rs->claimed)
		return err_set(p->e, ERR_IO, "out of memory");
	for (unsigned i = 0; i < r->nabout; i++)
		p->rs->claimed[r->about[i]->id] = true;
	return 0;
}

static unsigned place_of(const struct ruleset *rs, const struct watch_rule *r)
{
	unsigned i = 0;

	while (i < rs->n && rs->v[i] != r)
		i++;
	return i;
}

/* Everything of the rule that begins at `at` was read: does it hold together? */
static int end_rule(struct rule_text_at *p, size_t at, size_t end)
{
	struct watch_rule *r = p->r, *old;

	if (!r)
		return 0;
	if (!r->nabout && r->event != EVENT_SECRET)
		return rule_fail(p, at, 4,
				 "rule %s: which packets? 'about' and a protocol are missing",
				 r->name);
	if (!r->say.n)
		return rule_fail(p, at, 4, "rule %s: 'say' and a sentence are missing", r->name);
	if (besides_fit(p, at) < 0 || claim(p) < 0)
		return -1;
	p->r = NULL;
	r->source = arena_strndup(&p->rs->mem, p->text + at, end - at);
	r->source_len = end - at;
	if (!r->source)
		return err_set(p->e, ERR_IO, "out of memory");
	old = ruleset_find(p->rs, r->name, strlen(r->name));
	if (old == r)
		return 0;
	if (r->unless && place_of(p->rs, r->unless) > place_of(p->rs, old))
		return rule_fail(p, at, 4,
				 "rule %s takes the place of the one of that name, and %s stands "
				 "behind it: a name of its own is wanted",
				 r->name, r->unless->name);
	/* The place of the one that it replaces. */
	for (unsigned i = 0; i < p->rs->n; i++) {
		if (p->rs->v[i] == old)
			p->rs->v[i] = r;
	}
	p->rs->n--;
	for (unsigned i = 0; i < p->rs->n; i++) {
		if (p->rs->v[i]->unless == old)
			p->rs->v[i]->unless = r;
	}
	rule_free(old);
	return 0;
}

int ruleset_read(struct ruleset *rs, const char *name, const char *text, size_t len, struct err *e)
{
	struct rule_text_at p = { .rs = rs, .name = name, .text = text, .len = len, .e = e };
	size_t begin = 0, last = 0;

	if (!rs->names && !(rs->names = names_open(rs->reg)))
		return err_set(e, ERR_IO, "out of memory");

	for (size_t from = 0; from < len;) {
		const char *nl = memchr(text + from, '\n', len - from);
		size_t next = nl ? (size_t)(nl - text) + 1 : len;

		p.at = from;
		p.end = nl ? next - 1 : len;
		while (p.end > from && isspace((unsigned char)text[p.end - 1]))
			p.end--;
		rule_blanks(&p);
		if (p.at < p.end && text[p.at] != '#') {
			size_t start = p.at;

			if (rule_takes(&p, "rule")) {
				if (end_rule(&p, begin, last) < 0)
					return -1;
				begin = start;
				if (begin_rule(&p) < 0 || rule_line_ends(&p) < 0)
					return -1;
			} else if (rule_line(&p) < 0) {
				return -1;
			}
			last = p.end;
		}
		from = next;
	}
	if (!last)
		return err_set(e, ERR_USAGE, "%s: there is no rule in it (rule NAME \"TITLE\")",
			       name);
	return end_rule(&p, begin, last);
}
