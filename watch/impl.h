/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of watch/. */
#ifndef STRATA_WATCH_IMPL_H
#define STRATA_WATCH_IMPL_H

#include "watch/rule.h"

/* ---- rule_words.c: what stands in a line of a rule ---- */

struct rule_text_at { /* where reading is */
	struct ruleset *rs;
	const char *name; /* of the file */
	const char *text;
	size_t len;
	size_t at, end;       /* what is left of this line */
	struct watch_rule *r; /* that is read; NULL: none has begun */
	unsigned seen;        /* bit i: it had line i of the table */
	struct err *e;
};

int rule_fail(struct rule_text_at *p, size_t at, size_t span, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void rule_blanks(struct rule_text_at *p);
/* The word (up to a blank, a comma or the end) that stands here; its length. Not taken. */
size_t rule_word(const struct rule_text_at *p);
/* Take the word if it is this one. */
bool rule_takes(struct rule_text_at *p, const char *word);
/* Where `word` stands by itself in what is left of the line, outside quotes; or its end. */
size_t rule_before(const struct rule_text_at *p, const char *word);
int rule_number(struct rule_text_at *p, uint64_t most, uint64_t *v);
/* 10s, 2h: nanoseconds. */
int rule_time(struct rule_text_at *p, int64_t *ns);
/* A text in quotes: a copy without them. */
int rule_string(struct rule_text_at *p, const char **s, size_t *at);
/* A display filter up to `end`, and its text. */
struct filter *rule_filter(struct rule_text_at *p, size_t end, struct watch_text *text);
/* Names up to `end`, with commas between. */
int rule_keys(struct rule_text_at *p, size_t end, struct rule_keys *k);
/* A sentence in quotes with names in braces. */
int rule_sentence(struct rule_text_at *p, struct rule_text *t);
/* The same of the rest of the line, without quotes. */
int rule_rest(struct rule_text_at *p, struct rule_text *t);

/* ---- rule_line.c: the lines ---- */

/* Read a line of a rule, from its first word on. */
int rule_line(struct rule_text_at *p);
/* Nothing more may stand in the line. */
int rule_line_ends(struct rule_text_at *p);

#endif
