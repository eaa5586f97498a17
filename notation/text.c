/* SPDX-License-Identifier: BSD-2-Clause */
/* Words, quotes and numbers of the notation, and errors with a place. */
#include "notation/parser.h"

#include <stdarg.h>
#include <stdlib.h>

int text_fail(struct parser *ps, size_t at, size_t span, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_at(ps->e, "", ps->s, ps->n, at, span ? span : 1, "%s", msg);
}

int text_fail_in(struct parser *ps, const struct say *say, const char *s, size_t n, const char *fmt,
		 ...)
{
	char msg[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (s >= ps->s && s <= ps->s + ps->n)
		return text_fail(ps, (size_t)(s - ps->s), n, "%s", msg);
	return text_fail(ps, say->at, say->span, "%s", msg);
}

int text_nomem(struct parser *ps)
{
	return err_set(ps->e, ERR_IO, "out of memory");
}

void text_skip(struct parser *ps)
{
	while (ps->at < ps->n && is_blank(ps->s[ps->at]))
		ps->at++;
}

static bool in_solid(const struct parser *ps, size_t at)
{
	for (unsigned i = 0; i < ps->nsolid; i++) {
		if (at >= ps->solid[i].from && at < ps->solid[i].to)
			return true;
	}
	return false;
}

size_t text_quoted_end(const char *s, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (s[i] == '\\')
			i++;
		else if (s[i] == s[0])
			return i + 1;
	}
	return 0;
}

/* A quote opens only where a value or an item begins, so that 5" stays what it is. */
static bool opens_quote(const char *s, size_t from, size_t i)
{
	return s[i] == '"' && (i == from || strchr("=,:+(@", s[i - 1]));
}

int text_word_end(struct parser *ps, size_t at, size_t *end)
{
	size_t i = at;

	while (i < ps->n && (!is_blank(ps->s[i]) || in_solid(ps, i))) {
		if (opens_quote(ps->s, at, i)) {
			size_t k = text_quoted_end(ps->s + i, ps->n - i);

			if (!k)
				return text_fail(ps, i, 1, "this quote is not closed");
			i += k;
			continue;
		}
		i++;
	}
	*end = i;
	return 0;
}

size_t text_find(const char *s, size_t n, size_t from, char c)
{
	for (size_t i = from; i < n; i++) {
		if (opens_quote(s, 0, i)) {
			size_t k = text_quoted_end(s + i, n - i);

			if (!k)
				return n;
			i += k - 1;
			continue;
		}
		if (s[i] == c)
			return i;
	}
	return n;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One escape, s[0] being the byte after the backslash. Bytes used, 0: unknown. */
static size_t escape(const char *s, size_t n, char *out)
{
	static const char from[] = "nrt0\\\"'", to[] = "\n\r\t\0\\\"'";
	const char *hit = n ? strchr(from, s[0]) : NULL;

	if (n && s[0] && hit) {
		*out = to[hit - from];
		return 1;
	}
	if (n >= 3 && s[0] == 'x' && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0) {
		*out = (char)(hex_digit(s[1]) << 4 | hex_digit(s[2]));
		return 3;
	}
	return 0;
}

int text_unquote(struct parser *ps, const struct say *say, const char *s, size_t n,
		 struct span_text *out)
{
	size_t end = text_quoted_end(s, n), len = 0;
	char *p;

	if (end != n)
		return end ? text_fail_in(ps, say, s + end, n - end,
					  "nothing may follow the closing quote")
			   : text_fail_in(ps, say, s, 1, "this quote is not closed");
	p = arena_alloc(&ps->p->mem, n);
	if (!p)
		return text_nomem(ps);
	for (size_t i = 1; i < n - 1; i++) {
		if (s[i] != '\\') {
			p[len++] = s[i];
			continue;
		}
		size_t k = escape(s + i + 1, n - 2 - i, &p[len]);

		if (!k)
			return text_fail_in(
				ps, say, s + i, 2,
				"unknown escape; there are \\n \\r \\t \\0 \\\\ \\\" and \\xHH");
		len++;
		i += k;
	}
	out->s = p;
	out->n = len;
	return 0;
}

int text_number(const char *s, size_t n, uint64_t *v)
{
	uint64_t x = 0;
	unsigned base = 10;
	size_t i = 0;

	if (n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		i = 2;
	}
	if (i == n)
		return -1;
	for (; i < n; i++) {
		int d = hex_digit(s[i]);

		if (d < 0 || (unsigned)d >= base || x > (UINT64_MAX - (unsigned)d) / base)
			return -1;
		x = x * base + (unsigned)d;
	}
	*v = x;
	return 0;
}
