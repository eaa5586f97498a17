/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading rules: a line each for what is said of one. */
#include "watch/rule.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/near.h"
#include "watch/impl.h"

#define AGAIN INT64_C(60000000000) /* ns */

const char *const rule_sure_names[] = { "low", "medium", "high", NULL };
static const char *const event_names[] = { "", "overlap", NULL };

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
	filter_close(r->until);
	keys_free(&r->by);
	keys_free(&r->until_by);
	keys_free(&r->of);
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

/* ---- the lines ---- */

static int read_about(struct rule_text_at *p)
{
	struct watch_rule *r = p->r;

	do {
		const struct proto *proto;
		size_t n;

		rule_blanks(p);
		n = rule_word(p);
		proto = n ? registry_find(p->rs->reg, p->text + p->at, n) : NULL;
		if (!proto)
			return rule_fail(p, p->at, n ? n : 1,
					 "no protocol has this name (strata protocols lists them)");
		if (r->nabout == RULE_ABOUT)
			return rule_fail(p, p->at, n, "more than %u protocols", RULE_ABOUT);
		r->about[r->nabout++] = proto;
		p->at += n;
		rule_blanks(p);
	} while (p->at < p->end && p->text[p->at] == ',' && p->at++);
	return 0;
}

static int read_event(struct rule_text_at *p)
{
	for (unsigned i = 1; event_names[i]; i++) {
		if (rule_takes(p, event_names[i])) {
			p->r->event = (enum rule_event)i;
			return 0;
		}
	}
	return rule_fail(p, p->at, rule_word(p), "an event is expected here: overlap");
}

static int read_when(struct rule_text_at *p)
{
	rule_blanks(p);
	p->r->when_text = arena_strndup(&p->rs->mem, p->text + p->at, p->end - p->at);
	p->r->when_len = p->end - p->at;
	p->r->when = rule_filter(p, p->end);
	return p->r->when && p->r->when_text ? 0 : err_set(p->e, ERR_IO, "out of memory");
}

static int read_by(struct rule_text_at *p)
{
	return rule_keys(p, p->end, &p->r->by);
}

static int read_until(struct rule_text_at *p)
{
	size_t by = rule_before(p, "by");

	if (by == p->end)
		return rule_fail(p, p->end, 1,
				 "'by' and names are expected here: those of 'by' and of "
				 "'distinct', as this packet has them");
	p->r->until = rule_filter(p, by);
	if (!p->r->until)
		return -1;
	p->at = by + 2;
	return rule_keys(p, p->end, &p->r->until_by);
}

static int read_within(struct rule_text_at *p, bool must)
{
	if (rule_takes(p, "within"))
		return rule_time(p, &p->r->within);
	return must ? rule_fail(p, p->at, 1, "'within' and a time are expected here") : 0;
}

/* >= N within TIME */
static int read_most(struct rule_text_at *p)
{
	uint64_t v;

	if (!rule_takes(p, ">="))
		return rule_fail(p, p->at, 1, "'>=' and a number are expected here");
	if (rule_number(p, RULE_MOST, &v) < 0)
		return -1;
	p->r->most = (uint32_t)v;
	return read_within(p, true);
}

static int one_condition(struct rule_text_at *p, enum watch_op op)
{
	if (p->r->op != WATCH_EACH)
		return rule_fail(p, p->at, 1,
				 "the rule has a condition already; make it two rules");
	p->r->op = op;
	return 0;
}

static int read_count(struct rule_text_at *p)
{
	return one_condition(p, WATCH_COUNT) < 0 ? -1 : read_most(p);
}

static int read_distinct(struct rule_text_at *p)
{
	size_t end = rule_before(p, ">=");

	if (one_condition(p, WATCH_DISTINCT) < 0)
		return -1;
	if (end == p->end)
		return rule_fail(p, end, 1, "'>=' and a number are expected here");
	return rule_keys(p, end, &p->r->of) < 0 ? -1 : read_most(p);
}

static int read_changes(struct rule_text_at *p)
{
	if (one_condition(p, WATCH_CHANGES) < 0 ||
	    rule_keys(p, rule_before(p, "within"), &p->r->of) < 0)
		return -1;
	return read_within(p, false);
}

static int read_regular(struct rule_text_at *p)
{
	uint64_t v;

	if (one_condition(p, WATCH_REGULAR) < 0 || read_most(p) < 0)
		return -1;
	if (!rule_takes(p, "jitter"))
		return rule_fail(p, p->at, 1, "'jitter' and a number (of 100) are expected here");
	if (rule_number(p, 100, &v) < 0)
		return -1;
	p->r->jitter = (unsigned)v;
	return 0;
}

static int read_new(struct rule_text_at *p)
{
	return one_condition(p, WATCH_NEW);
}

static int read_sure(struct rule_text_at *p)
{
	for (unsigned i = 0; rule_sure_names[i]; i++) {
		if (rule_takes(p, rule_sure_names[i])) {
			p->r->sure = (enum rule_sure)i;
			return 0;
		}
	}
	return rule_fail(p, p->at, rule_word(p), "low, medium or high is expected here");
}

/* Another rule, read before, which says the same more clearly. */
static int read_unless(struct rule_text_at *p)
{
	size_t n;

	rule_blanks(p);
	n = rule_word(p);
	p->r->unless = ruleset_find(p->rs, p->text + p->at, n);
	if (!n || !p->r->unless || p->r->unless == p->r)
		return rule_fail(p, p->at, n ? n : 1,
				 "the name of a rule that stands before is expected here");
	p->at += n;
	return 0;
}

static int read_again(struct rule_text_at *p)
{
	return rule_time(p, &p->r->again);
}

static int read_say(struct rule_text_at *p)
{
	return rule_sentence(p, &p->r->say);
}

static int read_look(struct rule_text_at *p)
{
	return rule_rest(p, &p->r->look);
}

static int read_todo(struct rule_text_at *p)
{
	return rule_sentence(p, &p->r->todo);
}

static const struct {
	const char *word;
	int (*read)(struct rule_text_at *p);
} lines[] = {
	{ "about", read_about },     { "event", read_event },   { "when", read_when },
	{ "by", read_by },           { "count", read_count },   { "distinct", read_distinct },
	{ "until", read_until },     { "unless", read_unless }, { "changes", read_changes },
	{ "regular", read_regular }, { "new", read_new },       { "sure", read_sure },
	{ "again", read_again },     { "say", read_say },       { "look", read_look },
	{ "do", read_todo },
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static int unknown_line(struct rule_text_at *p, size_t n)
{
	const char *words[LINES], *near;

	for (size_t i = 0; i < LINES; i++)
		words[i] = lines[i].word;
	near = near_word(p->text + p->at, n, words, LINES);
	return rule_fail(p, p->at, n ? n : 1, "no line of a rule begins so%s%s%s",
			 near ? "; did you mean '" : ": about, when, by, count, distinct, say ...",
			 near ? near : "", near ? "'?" : "");
}

/* ---- a rule ---- */

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

/* Everything of the rule that begins at `at` was read: does it hold together? */
static int end_rule(struct rule_text_at *p, size_t at, size_t end)
{
	struct watch_rule *r = p->r, *old;

	if (!r)
		return 0;
	p->r = NULL;
	if (!r->nabout)
		return rule_fail(p, at, 4,
				 "rule %s: which packets? 'about' and a protocol are missing",
				 r->name);
	if (!r->say.n)
		return rule_fail(p, at, 4, "rule %s: 'say' and a sentence are missing", r->name);
	if (r->until && r->op != WATCH_DISTINCT)
		return rule_fail(p, at, 4, "rule %s: 'until' takes back what is 'distinct'",
				 r->name);
	if (r->until && r->until_by.n != r->by.n + r->of.n)
		return rule_fail(p, at, 4,
				 "rule %s: 'until ... by' has %u names; those of 'by' and of "
				 "'distinct' are %u",
				 r->name, r->until_by.n, r->by.n + r->of.n);
	r->source = arena_strndup(&p->rs->mem, p->text + at, end - at);
	r->source_len = end - at;
	if (!r->source)
		return err_set(p->e, ERR_IO, "out of memory");
	old = ruleset_find(p->rs, r->name, strlen(r->name));
	if (old == r)
		return 0;
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

static int line_ends(struct rule_text_at *p)
{
	size_t n;

	rule_blanks(p);
	n = rule_word(p);
	return p->at == p->end
		       ? 0
		       : rule_fail(p, p->at, n ? n : 1, "the end of the line is expected here");
}

static int read_line(struct rule_text_at *p)
{
	size_t n = rule_word(p);

	for (size_t i = 0; i < LINES; i++) {
		if (rule_takes(p, lines[i].word)) {
			if (!p->r)
				return rule_fail(p, p->at - n, n,
						 "a rule begins with: rule NAME \"TITLE\"");
			if (p->seen & 1u << i)
				return rule_fail(p, p->at - n, n, "the rule says this twice");
			p->seen |= 1u << i;
			if (lines[i].read(p) < 0)
				return -1;
			return line_ends(p);
		}
	}
	return unknown_line(p, n);
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
				if (begin_rule(&p) < 0 || line_ends(&p) < 0)
					return -1;
			} else if (read_line(&p) < 0) {
				return -1;
			}
			last = p.end;
		}
		from = next;
	}
	return end_rule(&p, begin, last);
}
