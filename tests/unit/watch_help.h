/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of watch/ share: packets said in the notation, and findings as text. */
#ifndef STRATA_TESTS_WATCH_HELP_H
#define STRATA_TESTS_WATCH_HELP_H

#include "tests/unit/dissect_help.h"

#include <stdarg.h>

#include "notation/notation.h"
#include "watch/builtin.h"
#include "watch/watch.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static struct registry *reg;

struct seen {
	struct ruleset rules;
	struct watch *watch;
	struct buf found; /* "NAME TEXT [1,2,3]\n" of each */
	unsigned n;
	uint64_t number;
};

static inline int on_finding(void *arg, const struct finding *f)
{
	struct seen *s = arg;

	s->n++;
	buf_fmt(&s->found, "%s %s [", f->rule->name, f->said);
	for (unsigned i = 0; i < f->npackets; i++)
		buf_fmt(&s->found, "%s%llu", i ? "," : "", (unsigned long long)f->packet[i]);
	buf_str(&s->found, "]\n");
	return 0;
}

static inline void seen_rules(struct seen *s, const char *text)
{
	struct err e = { 0 };

	*s = (struct seen) { 0 };
	ruleset_init(&s->rules, reg);
	ck_assert_msg(ruleset_read(&s->rules, "test", text, strlen(text), &e) == 0, "%u:%u %s",
		      e.lineno, e.col, e.msg);
}

static inline void seen_open(struct seen *s, const char *text, size_t memory, bool keep)
{
	struct err e = { 0 };
	struct watch_opts o = { .rules = &s->rules,
				.found = on_finding,
				.arg = s,
				.memory = memory,
				.keep = keep,
				.seed = 7 };

	seen_rules(s, text);
	s->watch = watch_open(&o, &e);
	ck_assert_msg(s->watch != NULL, "%s", e.msg);
}

static inline void seen_baseline(struct seen *s, const char *text, struct baseline *b, bool learn)
{
	struct err e = { 0 };
	struct watch_opts o = { .rules = &s->rules,
				.found = on_finding,
				.arg = s,
				.baseline = b,
				.learn = learn,
				.seed = 7 };

	seen_rules(s, text);
	s->watch = watch_open(&o, &e);
	ck_assert_msg(s->watch != NULL, "%s", e.msg);
}

static inline void seen_close(struct seen *s)
{
	watch_close(s->watch);
	ruleset_free(&s->rules);
	buf_done(&s->found);
}

/* A packet said in the notation comes at this time (ns). */
__attribute__((format(printf, 3, 4))) static inline void comes(struct seen *s, int64_t when,
							       const char *fmt, ...)
{
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct err e = { 0 };
	struct packet p;
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ck_assert_msg(plan_parse(&plan, reg, text, strlen(text), 0, &e) == 0 &&
			      build(&b, &plan, &e) == 0,
		      "%s: %s", text, e.msg);
	p = (struct packet) { .data = (const uint8_t *)b.bytes.p,
			      .len = (uint32_t)b.bytes.n,
			      .wire_len = (uint32_t)b.bytes.n,
			      .when = when,
			      .link = b.pkt.link,
			      .number = ++s->number };
	dissect(reg, &p);
	ck_assert_int_eq(watch_packet(s->watch, &p), 0);
	build_done(&b);
	plan_done(&plan);
}

#endif
