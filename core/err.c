/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors that a person must read. What they quote may come from anywhere, so nothing that a
 * terminal would obey gets through. */
#include "core/err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the well-formed, printable UTF-8 character at s[0..n); 0: none (control, C1, or broken).
 */
static size_t printable(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len, i;

	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f;
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len > n)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) ||
	    (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	/* U+2028..202E and U+2066..2069 reorder or break the line they stand in. */
	if (p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
			     (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)))
		return 0;
	return len;
}

/* s[0..n) into dst, control bytes as \xHH, cut between characters where there is no more room. */
static void escape(char *dst, size_t cap, const char *s, size_t n)
{
	size_t i = 0, o = 0;

	while (i < n) {
		size_t k = printable(s + i, n - i);

		if (o + (k ? k : 4) >= cap)
			break;
		if (k) {
			memcpy(dst + o, s + i, k);
			o += k;
			i += k;
			continue;
		}
		snprintf(dst + o, cap - o, "\\x%02x", (unsigned char)s[i++]);
		o += 4;
	}
	dst[o] = 0;
}

static void set_msg(struct err *e, int code, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
static void set_msg(struct err *e, int code, const char *fmt, va_list ap)
{
	char raw[sizeof(e->msg)];
	int n = vsnprintf(raw, sizeof(raw), fmt, ap);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof(raw) ? (size_t)n : sizeof(raw) - 1;

	err_clear(e);
	e->code = code;
	escape(e->msg, sizeof(e->msg), raw, len);
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e || e->code)
		return -1;
	va_start(ap, fmt);
	set_msg(e, code, fmt, ap);
	va_end(ap);
	return -1;
}

/* The line text[from..to) with the byte at col0 in view. One byte stays one byte, so that the
 * column still tells where. */
static void set_line(struct err *e, const char *text, size_t from, size_t to, size_t at)
{
	size_t room = sizeof(e->line) - 1, i, n;

	e->cut = 0;
	if (to - from > room && at - from > room / 2) {
		size_t skip = at - from - room / 2;

		if (skip > to - from - room)
			skip = to - from - room;
		while (skip && ((unsigned char)text[from + skip] & 0xc0) == 0x80)
			skip--;
		e->cut = (uint32_t)skip;
		from += skip;
	}
	n = to - from < room ? to - from : room;
	for (i = 0; i < n;) {
		size_t k = printable(text + from + i, n - i);

		if (k)
			memcpy(e->line + i, text + from + i, k);
		else
			e->line[i] = text[from + i] == '\t' ? ' ' : '?';
		i += k ? k : 1;
	}
	e->line[n] = 0;
}

int err_at(struct err *e, const char *name, const char *text, size_t len, size_t at, size_t span,
	   const char *fmt, ...)
{
	size_t from, to, i;
	va_list ap;

	if (!e || e->code)
		return -1;
	va_start(ap, fmt);
	set_msg(e, ERR_USAGE, fmt, ap);
	va_end(ap);
	if (name)
		escape(e->name, sizeof(e->name), name, strlen(name));
	if (at > len)
		at = len;
	e->lineno = 1;
	for (from = 0, i = 0; i < at; i++)
		if (text[i] == '\n') {
			from = i + 1;
			e->lineno++;
		}
	for (to = at; to < len && text[to] != '\n';)
		to++;
	if (to > from && text[to - 1] == '\r')
		to--;
	if (at > to)
		at = to;
	e->col = (uint32_t)(at - from) + 1;
	if (span > to - at)
		span = to - at;
	e->span = span ? (uint32_t)span : 1;
	set_line(e, text, from, to, at);
	return -1;
}

void err_clear(struct err *e)
{
	if (!e)
		return;
	e->code = ERR_NONE;
	e->lineno = e->col = e->span = e->cut = 0;
	e->msg[0] = e->name[0] = e->line[0] = 0;
}
