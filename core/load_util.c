/* SPDX-License-Identifier: BSD-2-Clause */
/* What every part of the protocol language's parser uses: stepping over tokens, names, strings,
 * errors with a place. */
#include "core/load.h"

#include <stdarg.h>
#include <stdio.h>

int load_nomem(struct err *e)
{
	return err_set(e, ERR_IO, "out of memory");
}

static int fail_va(const struct source *src, struct err *e, struct place at, const char *fmt,
		   va_list ap)
{
	char msg[480];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	return err_at(e, src->name, src->text, src->len, at.at, at.span ? at.span : 1, "%s", msg);
}

int src_fail(const struct source *src, struct err *e, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail_va(src, e, at, fmt, ap);
	va_end(ap);
	return -1;
}

int load_fail(struct load *l, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail_va(l->src, l->e, at, fmt, ap);
	va_end(ap);
	return -1;
}

int load_expected(struct load *l, const char *what)
{
	int n = l->t.len > 40 ? 40 : (int)l->t.len;

	switch (l->t.type) {
	case TOK_END:
		return load_fail(l, load_here(l), "expected %s, but the file ends here", what);
	case TOK_LINE:
		return load_fail(l, (struct place) { l->t.at, 1 },
				 "expected %s, but the line ends here", what);
	case TOK_BAD:
		if (l->t.num == BAD_STRING)
			return load_fail(l, load_here(l), "this string has no closing quote");
		return load_fail(l, load_here(l), "'%.*s' has no meaning here; expected %s", n,
				 l->text + l->t.at, what);
	default:
		return load_fail(l, load_here(l), "expected %s, found '%.*s'", what, n,
				 l->text + l->t.at);
	}
}

/* A newline counts unless a bracket is open or a string stands at the start of the next line. */
static struct token counting(const struct load *l, uint32_t at)
{
	struct token t = lex_token(l->text, l->len, at), after;

	if (t.type != TOK_LINE)
		return t;
	after = lex_token(l->text, l->len, t.at + t.len);
	return l->nest || after.type == TOK_STR ? after : t;
}

void load_next(struct load *l)
{
	l->prev_end = l->t.at + l->t.len;
	l->t = counting(l, l->prev_end);
}

struct token load_peek(const struct load *l)
{
	return counting(l, l->t.at + l->t.len);
}

bool load_accept(struct load *l, int type)
{
	if (l->t.type != type)
		return false;
	load_next(l);
	return true;
}

int load_want(struct load *l, int type, const char *what)
{
	return load_accept(l, type) ? 0 : load_expected(l, what);
}

int load_open(struct load *l, char bracket)
{
	char what[4] = { '\'', bracket, '\'', 0 };

	if (l->t.type != bracket)
		return load_expected(l, what);
	l->nest++;
	load_next(l);
	return 0;
}

int load_close(struct load *l, char bracket)
{
	char what[4] = { '\'', bracket, '\'', 0 };

	if (l->t.type != bracket)
		return load_expected(l, what);
	l->nest--;
	load_next(l);
	return 0;
}

bool load_is(const struct load *l, const char *word)
{
	size_t n = strlen(word);

	return l->t.type == TOK_NAME && l->t.len == n && !memcmp(l->text + l->t.at, word, n);
}

const char *load_intern(struct load *l, struct token t)
{
	const char *s = registry_intern(l->r, l->text + t.at, t.len);

	if (!s)
		load_nomem(l->e);
	return s;
}

const char *load_name(struct load *l, const char *what)
{
	const char *s;

	if (l->t.type != TOK_NAME) {
		load_expected(l, what);
		return NULL;
	}
	if (l->t.len > 64) {
		load_fail(l, load_here(l), "a name of at most 64 characters is accepted");
		return NULL;
	}
	if (memchr(l->text + l->t.at, '-', l->t.len)) {
		load_fail(l, load_here(l),
			  "expected %s: letters, digits and '_' (a dash is for words only)", what);
		return NULL;
	}
	s = load_intern(l, l->t);
	if (s)
		load_next(l);
	return s;
}

const char *load_dotted(struct load *l, const char *what)
{
	uint32_t at = l->t.at, end;
	const char *s;

	if (l->t.type != TOK_NAME && l->t.type != TOK_WORD) {
		load_expected(l, what);
		return NULL;
	}
	end = at + l->t.len;
	/* A dash goes on with it: Wireshark has ppi.80211-common.tsft. */
	while (end + 1 < l->len && (l->text[end] == '.' || (end > at && l->text[end] == '-'))) {
		struct token t = lex_token(l->text, l->len, end + 1);

		if (t.at != end + 1 ||
		    (t.type != TOK_NAME && t.type != TOK_WORD && t.type != TOK_NUM))
			break;
		end = t.at + t.len;
	}
	if (end - at > 128) {
		load_fail(l, (struct place) { at, end - at },
			  "a name of at most 128 characters is accepted");
		return NULL;
	}
	s = registry_intern(l->r, l->text + at, end - at);
	if (!s) {
		load_nomem(l->e);
		return NULL;
	}
	l->t.len = end - at;
	load_next(l);
	return s;
}

/* One more string token after old[0..n). A blank joins two pieces that have none between them. */
static char *append_string(struct load *l, char *old, uint32_t *n)
{
	char *s = arena_alloc(&l->r->mem, *n + l->t.len + 2);
	uint32_t bad = 0, have = *n;
	int k;

	if (!s) {
		load_nomem(l->e);
		return NULL;
	}
	if (have)
		memcpy(s, old, have);
	if (have && s[have - 1] != ' ' && l->t.len > 2 && l->text[l->t.at + 1] != ' ')
		s[have++] = ' ';
	k = lex_unescape(l->text, l->t.at + 1, l->t.len - 2, s + have, &bad);
	if (k < 0) {
		load_fail(l, (struct place) { bad, 2 },
			  "unknown escape; \\n \\r \\t \\0 \\\\ \\\" \\xHH are accepted");
		return NULL;
	}
	s[have + (uint32_t)k] = 0;
	*n = have + (uint32_t)k;
	load_next(l);
	return s;
}

const char *load_string(struct load *l, uint32_t *len)
{
	*len = 0;
	if (l->t.type != TOK_STR) {
		load_expected(l, "a string in double quotes");
		return NULL;
	}
	return append_string(l, NULL, len);
}

const char *load_text(struct load *l, const char *what)
{
	struct place at = load_here(l);
	uint32_t n = 0;
	char *s = NULL;

	if (l->t.type != TOK_STR) {
		load_expected(l, what);
		return NULL;
	}
	while (l->t.type == TOK_STR) {
		s = append_string(l, s, &n);
		if (!s)
			return NULL;
	}
	for (uint32_t i = 0; i < n; i++) {
		if ((uint8_t)s[i] < ' ' || s[i] == 0x7f) {
			load_fail(l, at, "this text may not hold control characters");
			return NULL;
		}
	}
	return s;
}

const char *near_name(char *out, size_t cap, const char *best)
{
	if (best)
		snprintf(out, cap, ", did you mean '%.64s'?", best);
	else
		out[0] = 0;
	return out;
}
