/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in the lines of a rule: numbers, times, filters, names, sentences. */
#include "watch/impl.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rule_fail(struct rule_text_at *p, size_t at, size_t span, const char *fmt, ...)
{
	char why[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_at(p->e, p->name, p->text, p->len, at, span, "%s", why);
}

static int no_memory(struct rule_text_at *p)
{
	return err_set(p->e, ERR_IO, "out of memory");
}

/* What was wrong in a piece of the line that begins at `at`. */
static int pass_on(struct rule_text_at *p, size_t at, const struct err *why)
{
	if (why->code != ERR_USAGE || !why->lineno)
		return err_set(p->e, why->code, "%s", why->msg);
	return rule_fail(p, at + why->col - 1, why->span, "%s", why->msg);
}

void rule_blanks(struct rule_text_at *p)
{
	while (p->at < p->end && (p->text[p->at] == ' ' || p->text[p->at] == '\t'))
		p->at++;
}

static bool ends_word(char c)
{
	return c == ' ' || c == '\t' || c == ',' || c == '"';
}

size_t rule_word(const struct rule_text_at *p)
{
	size_t n = 0;

	while (p->at + n < p->end && !ends_word(p->text[p->at + n]))
		n++;
	return n;
}

bool rule_takes(struct rule_text_at *p, const char *word)
{
	size_t n;

	rule_blanks(p);
	n = rule_word(p);
	if (n != strlen(word) || strncmp(p->text + p->at, word, n))
		return false;
	p->at += n;
	return true;
}

size_t rule_before(const struct rule_text_at *p, const char *word)
{
	size_t n = strlen(word);
	bool quoted = false;

	for (size_t at = p->at; at + n <= p->end; at++) {
		if (p->text[at] == '"')
			quoted = !quoted;
		if (!quoted && at > p->at && ends_word(p->text[at - 1]) &&
		    !strncmp(p->text + at, word, n) &&
		    (at + n == p->end || ends_word(p->text[at + n])))
			return at;
	}
	return p->end;
}

int rule_number(struct rule_text_at *p, uint64_t most, uint64_t *v)
{
	size_t n, start;

	rule_blanks(p);
	n = rule_word(p);
	start = p->at;
	*v = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)p->text[start + i]))
			return rule_fail(p, start, n, "a number is expected here");
		*v = *v * 10 + (uint64_t)(p->text[start + i] - '0');
		if (*v > most)
			break;
	}
	if (!n || !*v || *v > most)
		return rule_fail(p, start, n, "a number from 1 to %llu is expected here",
				 (unsigned long long)most);
	p->at += n;
	return 0;
}

int rule_time(struct rule_text_at *p, int64_t *ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = { { "ms", 1000000 },
		      { "s", 1000000000 },
		      { "m", UINT64_C(60000000000) },
		      { "h", UINT64_C(3600000000000) },
		      { "d", UINT64_C(86400000000000) } };
	size_t n, digits = 0;
	uint64_t v = 0;

	rule_blanks(p);
	n = rule_word(p);
	while (digits < n && digits < 6 && isdigit((unsigned char)p->text[p->at + digits]))
		v = v * 10 + (uint64_t)(p->text[p->at + digits++] - '0');
	for (size_t i = 0; digits && i < sizeof(units) / sizeof(units[0]); i++) {
		if (n - digits == strlen(units[i].unit) &&
		    !strncmp(p->text + p->at + digits, units[i].unit, n - digits) &&
		    v <= 366 * UINT64_C(86400000000000) / units[i].ns) {
			*ns = (int64_t)(v * units[i].ns);
			p->at += n;
			return 0;
		}
	}
	return rule_fail(p, p->at, n, "a time is expected here, such as 500ms, 10s, 5m, 2h or 1d");
}

int rule_string(struct rule_text_at *p, const char **s, size_t *at)
{
	const char *close;
	size_t n;

	rule_blanks(p);
	if (p->at == p->end || p->text[p->at] != '"')
		return rule_fail(p, p->at, 1, "a text in double quotes is expected here");
	p->at++;
	close = memchr(p->text + p->at, '"', p->end - p->at);
	if (!close)
		return rule_fail(p, p->at - 1, 1, "this text does not end: '\"' is missing");
	n = (size_t)(close - p->text) - p->at;
	*s = arena_strndup(&p->rs->mem, p->text + p->at, n);
	if (at)
		*at = p->at;
	p->at += n + 1;
	return *s ? 0 : no_memory(p);
}

struct filter *rule_filter(struct rule_text_at *p, size_t end, struct watch_text *text)
{
	struct err why = { 0 };
	struct filter *f;

	rule_blanks(p);
	if (p->at == end) {
		rule_fail(p, p->at, 1, "a display filter is expected here");
		return NULL;
	}
	while (end > p->at && (p->text[end - 1] == ' ' || p->text[end - 1] == '\t'))
		end--;
	text->n = end - p->at;
	text->p = arena_strndup(&p->rs->mem, p->text + p->at, text->n);
	if (!text->p) {
		no_memory(p);
		return NULL;
	}
	f = filter_parse_named(p->rs->reg, p->rs->names, text->p, text->n, &why);
	if (!f)
		pass_on(p, p->at, &why);
	p->at = end;
	return f;
}

static int one_key(struct rule_text_at *p, size_t at, size_t n, struct rule_key *k)
{
	struct err why = { 0 };

	*k = (struct rule_key) { .name = arena_strndup(&p->rs->mem, p->text + at, n) };
	if (!k->name)
		return no_memory(p);
	if (!strcmp(k->name, "from") || !strcmp(k->name, "to")) {
		k->form = *k->name == 'f' ? KEY_FROM : KEY_TO;
		return 0;
	}
	if (p->r->event == EVENT_SECRET &&
	    (!strcmp(k->name, "secret") || !strcmp(k->name, "protocol"))) {
		k->form = *k->name == 's' ? KEY_SECRET : KEY_PROTOCOL;
		return 0;
	}
	k->form = KEY_PICK;
	k->pick = pick_parse(p->rs->reg, p->rs->names, p->text + at, n, &why);
	return k->pick ? 0 : pass_on(p, at, &why);
}

int rule_keys(struct rule_text_at *p, size_t end, struct rule_keys *k)
{
	rule_blanks(p);
	for (;;) {
		size_t at = p->at, to = at;
		unsigned deep = 0;

		while (to < end && (p->text[to] != ',' || deep)) {
			deep += p->text[to] == '[';
			deep -= deep && p->text[to] == ']';
			to++;
		}
		p->at = to;
		while (to > at && (p->text[to - 1] == ' ' || p->text[to - 1] == '\t'))
			to--;
		if (to == at)
			return rule_fail(p, at, 1, "a name is expected here: from, to, or a field");
		if (k->n == RULE_KEYS)
			return rule_fail(p, at, to - at, "more than %u names", RULE_KEYS);
		if (one_key(p, at, to - at, &k->v[k->n]) < 0)
			return -1;
		k->n++;
		if (p->at == end)
			return 0;
		p->at++;
		rule_blanks(p);
	}
}

static const struct {
	const char *name;
	enum piece_form form;
} piece_names[] = { { "n", PIECE_N },     { "time", PIECE_TIME }, { "values", PIECE_VALUES },
		    { "was", PIECE_WAS }, { "now", PIECE_NOW },   { "every", PIECE_EVERY } };

static int add_piece(struct rule_text_at *p, struct rule_text *t, const struct rule_piece *piece)
{
	struct rule_piece *v = arena_alloc(&p->rs->mem, (t->n + 1) * sizeof(*v));

	if (!v)
		return no_memory(p);
	if (t->n)
		memcpy(v, t->v, t->n * sizeof(*v));
	v[t->n++] = *piece;
	t->v = v;
	return 0;
}

/* {NAME} of n bytes at `at` in the text. */
static int read_name(struct rule_text_at *p, size_t at, size_t n, struct rule_text *t)
{
	struct rule_piece piece = { .form = PIECE_KEY };

	for (size_t i = 0; i < sizeof(piece_names) / sizeof(piece_names[0]); i++) {
		if (n == strlen(piece_names[i].name) &&
		    !strncmp(p->text + at, piece_names[i].name, n))
			piece.form = piece_names[i].form;
	}
	if (piece.form == PIECE_KEY && one_key(p, at, n, &piece.key) < 0)
		return -1;
	if (add_piece(p, t, &piece) == 0)
		return 0;
	pick_close(piece.key.pick);
	return -1;
}

/* The next brace with a name in it: not one of a set, as in `udp.port in {53, 5353}`. */
static const char *next_name(const char *s, size_t n)
{
	const char *open = memchr(s, '{', n);

	while (open && open + 1 < s + n && !isalpha((unsigned char)open[1]))
		open = memchr(open + 1, '{', n - (size_t)(open + 1 - s));
	return open;
}

/* The n bytes at `at` of the text. */
static int read_sentence(struct rule_text_at *p, size_t at, size_t n, struct rule_text *t)
{
	const char *s = arena_strndup(&p->rs->mem, p->text + at, n);
	size_t i = 0;

	if (!s)
		return no_memory(p);
	while (i < n) {
		const char *open = next_name(s + i, n - i), *close;
		size_t to = open ? (size_t)(open - s) : n;
		struct rule_piece piece = { .form = PIECE_TEXT, .text = s + i, .len = to - i };

		if (to > i && add_piece(p, t, &piece) < 0)
			return -1;
		if (!open)
			break;
		close = memchr(open, '}', n - to);
		if (!close)
			return rule_fail(p, at + to, 1, "this '{' is not closed");
		i = (size_t)(close - s) + 1;
		if (read_name(p, at + to + 1, i - to - 2, t) < 0)
			return -1;
	}
	return 0;
}

int rule_sentence(struct rule_text_at *p, struct rule_text *t)
{
	const char *s;
	size_t at;

	return rule_string(p, &s, &at) < 0 ? -1 : read_sentence(p, at, strlen(s), t);
}

int rule_rest(struct rule_text_at *p, struct rule_text *t)
{
	size_t at;

	rule_blanks(p);
	at = p->at;
	p->at = p->end;
	return read_sentence(p, at, p->end - at, t);
}
