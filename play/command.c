/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and the pieces that they are made of. */
#include "play/command.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/escape.h"
#include "dissect/pick.h"

#define PIECES 64

struct piece {
	uint32_t from, to; /* in the text */
	struct pick *pick; /* NULL: these bytes themselves */
	bool ends;         /* the last one of a word */
};

struct command_text {
	char *text;
	size_t len;
	struct piece piece[PIECES];
	unsigned n, nwords;
	struct buf value;
};

static int place(struct err *e, const struct command_text *c, size_t at, size_t span,
		 const char *why)
{
	return err_at(e, "", c->text, c->len, at, span, "%s", why);
}

static struct piece *add(struct command_text *c, size_t from, size_t to, struct err *e)
{
	struct piece *x = &c->piece[c->n];

	if (c->n == PIECES) {
		place(e, c, from, 1, "too many words and names");
		return NULL;
	}
	c->n++;
	x->from = (uint32_t)from;
	x->to = (uint32_t)to;
	return x;
}

/* A name in braces that begins at `at`: where what is behind it begins. 0: e. */
static size_t name(struct command_text *c, const struct registry *reg, const struct names *names,
		   size_t at, struct err *e)
{
	const char *end = memchr(c->text + at, '}', c->len - at);
	size_t to = end ? (size_t)(end - c->text) : 0;
	struct err why = { 0 };
	struct piece *x;

	if (!end)
		return (size_t)(1 + place(e, c, at, 1, "this { has no }"));
	if (!c->nwords)
		return (size_t)(1 + place(e, c, at, to + 1 - at,
					  "no packet chooses the program: names stand behind it"));
	x = add(c, at, to + 1, e);
	if (!x)
		return 0;
	x->pick = pick_parse(reg, names, c->text + at + 1, to - at - 1, &why);
	if (!x->pick)
		return (size_t)(1 + place(e, c, at + 1 + (why.col ? why.col - 1 : 0),
					  why.span ? why.span : 1, why.msg));
	return to + 1;
}

/* One word from `at` on; where it ends. 0: e. */
static size_t word(struct command_text *c, const struct registry *reg, const struct names *names,
		   size_t at, struct err *e)
{
	unsigned first = c->n;
	char quote = 0;
	size_t opened = at;

	while (at < c->len && (quote || (c->text[at] != ' ' && c->text[at] != '\n'))) {
		size_t from = at;

		if (c->text[at] == quote) {
			quote = 0;
			at++;
			continue;
		}
		if (!quote && (c->text[at] == '\'' || c->text[at] == '"')) {
			opened = at;
			quote = c->text[at++];
			continue;
		}
		if (c->text[at] == '{') {
			at = name(c, reg, names, at, e);
			if (!at)
				return 0;
			continue;
		}
		while (at < c->len && !strchr(quote ? "{" : " \n{'\"", c->text[at]) &&
		       c->text[at] != quote)
			at++;
		if (!add(c, from, at, e))
			return 0;
	}
	if (quote)
		return (size_t)(1 + place(e, c, opened, 1, "this quote does not end"));
	if (c->n == first && !add(c, at, at, e)) /* '' */
		return 0;
	c->piece[c->n - 1].ends = true;
	return at;
}

static int read_words(struct command_text *c, const struct registry *reg, const struct names *names,
		      struct err *e)
{
	for (size_t at = 0;;) {
		while (at < c->len && (c->text[at] == ' ' || c->text[at] == '\n'))
			at++;
		if (at == c->len)
			break;
		if (c->nwords == COMMAND_WORDS)
			return place(e, c, at, 1, "no more than 32 words");
		at = word(c, reg, names, at, e);
		if (!at)
			return -1;
		c->nwords++;
	}
	if (!c->nwords)
		return err_set(e, ERR_USAGE, "run what? the program is missing");
	return 0;
}

struct command_text *command_open(const struct registry *reg, const struct names *names,
				  const char *text, struct err *e)
{
	struct command_text *c = calloc(1, sizeof(*c));

	if (c)
		c->text = strdup(text);
	if (!c || !c->text) {
		free(c);
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	c->len = strlen(text);
	if (!read_words(c, reg, names, e))
		return c;
	command_close(c);
	return NULL;
}

void command_close(struct command_text *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->n; i++)
		pick_close(c->piece[i].pick);
	buf_done(&c->value);
	free(c->text);
	free(c);
}

static int absent(const struct command_text *c, const struct piece *x, const char *why,
		  struct err *e)
{
	err_set(e, ERR_USAGE, "%.*s: %s", (int)(x->to - x->from), c->text + x->from, why);
	return 1;
}

int command_words(struct command_text *c, const struct packet *p, struct filter_work *w,
		  struct buf *out, unsigned *n, struct err *e)
{
	bool begins = true;
	size_t at = out->n;

	*n = c->nwords;
	for (unsigned i = 0; i < c->n; i++) {
		const struct piece *x = &c->piece[i];
		struct pick_value v;

		if (x->pick) {
			c->value.n = 0;
			if (!pick_text(x->pick, p, w, &c->value))
				return absent(c, x, "the packet has no such value", e);
			if (begins && c->value.n && c->value.p[0] == '-' &&
			    !(pick_value(x->pick, p, w, &v) && v.is_num))
				return absent(c, x,
					      "the value begins with -, as an option does; put "
					      "something in front of the name, as in name={...}",
					      e);
			escape_term((const uint8_t *)c->value.p, c->value.n, out);
		} else {
			buf_put(out, c->text + x->from, x->to - x->from);
		}
		begins = x->ends;
		if (x->ends)
			buf_char(out, 0);
		if (out->n - at > COMMAND_MOST)
			return absent(c, x, "the arguments are longer than 32 KiB", e);
	}
	return out->failed || c->value.failed ? err_set(e, ERR_IO, "out of memory") : 0;
}
