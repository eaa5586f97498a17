/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of a rule, by the word that each begins with. */
#include <string.h>

#include "core/near.h"
#include "watch/impl.h"

static const char *const event_names[] = {
	"", "overlap", "outside", "after-reset", "secret", NULL
};

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
	return rule_fail(p, p->at, rule_word(p),
			 "an event is expected here: overlap, outside, "
			 "after-reset, secret");
}

static int read_when(struct rule_text_at *p)
{
	p->r->when = rule_filter(p, p->end, &p->r->when_text);
	return p->r->when ? 0 : -1;
}

static int read_by(struct rule_text_at *p)
{
	return rule_keys(p, p->end, &p->r->by);
}

static int read_until(struct rule_text_at *p)
{
	size_t by = rule_before(p, "by");
	struct rule_until *u;

	rule_blanks(p);
	if (p->r->nuntil == RULE_UNTIL)
		return rule_fail(p, p->at, 1, "more than %u of these lines", RULE_UNTIL);
	u = &p->r->until[p->r->nuntil++];
	if (by == p->end)
		return rule_fail(p, p->end, 1,
				 "'by' and names are expected here: those of 'by' and of "
				 "'distinct', as this packet has them");
	u->filter = rule_filter(p, by, &u->text);
	if (!u->filter)
		return -1;
	p->at = by + 2;
	return rule_keys(p, p->end, &u->by);
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

static int read_also(struct rule_text_at *p)
{
	size_t end = rule_before(p, ">=");
	uint64_t v;

	if (end == p->end)
		return rule_fail(p, end, 1, "'>=' and a number are expected here");
	if (rule_keys(p, end, &p->r->also) < 0 || !rule_takes(p, ">=") ||
	    rule_number(p, RULE_ALSO, &v) < 0)
		return -1;
	p->r->also_most = (uint32_t)v;
	return 0;
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
	if (!n || !p->r->unless || strcmp(p->r->unless->name, p->r->name) == 0)
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
	{ "do", read_todo },         { "also", read_also },
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

int rule_line_ends(struct rule_text_at *p)
{
	size_t n;

	rule_blanks(p);
	n = rule_word(p);
	return p->at == p->end
		       ? 0
		       : rule_fail(p, p->at, n ? n : 1, "the end of the line is expected here");
}

int rule_line(struct rule_text_at *p)
{
	size_t n = rule_word(p);

	for (size_t i = 0; i < LINES; i++) {
		if (rule_takes(p, lines[i].word)) {
			if (!p->r)
				return rule_fail(p, p->at - n, n,
						 "a rule begins with: rule NAME \"TITLE\"");
			if ((p->seen & 1u << i) && lines[i].read != read_until)
				return rule_fail(p, p->at - n, n, "the rule says this twice");
			p->seen |= 1u << i;
			if (lines[i].read(p) < 0)
				return -1;
			return rule_line_ends(p);
		}
	}
	return unknown_line(p, n);
}
