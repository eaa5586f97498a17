/* SPDX-License-Identifier: BSD-2-Clause */
/* Lexer of the protocol language. */
#include "core/lex.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_name(char c)
{
	return is_letter(c) || is_digit(c);
}
static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static int digit_of(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int lex_number(const char *s, uint32_t n, uint64_t *v)
{
	unsigned base = 10;
	uint32_t i = 0;

	*v = 0;
	if (n > 2 && s[0] == '0' && ((s[1] | 0x20) == 'x' || (s[1] | 0x20) == 'b')) {
		base = (s[1] | 0x20) == 'x' ? 16 : 2;
		i = 2;
	}
	if (i == n)
		return -1;
	for (; i < n; i++) {
		int d = digit_of(s[i]);

		if (d < 0 || (unsigned)d >= base || *v > (UINT64_MAX - (unsigned)d) / base)
			return -1;
		*v = *v * base + (unsigned)d;
	}
	return 0;
}

/* Blanks, comments and, when lines is not NULL, newlines and ';' (then *lines tells). */
static uint32_t skip(const char *t, uint32_t n, uint32_t at, bool *lines)
{
	for (;;) {
		if (at < n && t[at] == '#') {
			while (at < n && t[at] != '\n')
				at++;
		} else if (at < n && is_blank(t[at])) {
			at++;
		} else if (at < n && lines && (t[at] == '\n' || t[at] == ';')) {
			*lines = true;
			at++;
		} else {
			return at;
		}
	}
}

/* A dash belongs to a name when a letter follows and no blank stands around it: who-has. */
static uint32_t name_end(const char *t, uint32_t n, uint32_t at)
{
	while (at < n && (is_name(t[at]) || (t[at] == '-' && at + 1 < n && is_letter(t[at + 1]))))
		at++;
	return at;
}

static struct token lex_string(const char *t, uint32_t n, uint32_t at)
{
	struct token k = { TOK_STR, at, 0, 0 };
	uint32_t i = at + 1;

	while (i < n && t[i] != '"' && t[i] != '\n')
		i += t[i] == '\\' && i + 1 < n && t[i + 1] != '\n' ? 2 : 1;
	if (i >= n || t[i] == '\n') {
		k.type = TOK_BAD;
		k.num = BAD_STRING;
		k.len = (i < n ? i : n) - at;
	} else {
		k.len = i + 1 - at;
	}
	return k;
}

static struct token lex_word(const char *t, uint32_t n, uint32_t at)
{
	struct token k = { TOK_NAME, at, 0, 0 };
	uint32_t end = at;

	if (is_digit(t[at])) {
		while (end < n && is_name(t[end]))
			end++;
		if (lex_number(t + at, end - at, &k.num) == 0) {
			k.type = TOK_NUM;
			k.len = end - at;
			return k;
		}
		k.type = TOK_WORD;
	}
	k.len = name_end(t, n, at) - at;
	return k;
}

/* 'A': the number of a character. */
static struct token lex_char(const char *t, uint32_t n, uint32_t at)
{
	struct token k = { TOK_NUM, at, 3, 0 };

	if (at + 2 < n && t[at + 2] == '\'' && t[at + 1] != '\n' && t[at + 1] != '\\') {
		k.num = (uint8_t)t[at + 1];
	} else {
		k.type = TOK_BAD;
		k.len = 1;
	}
	return k;
}

struct token lex_token(const char *t, uint32_t n, uint32_t at)
{
	static const struct {
		char s[2];
		uint16_t type;
	} pairs[] = {
		{ { '.', '.' }, TOK_DOTS },   { { '-', '>' }, TOK_ARROW },
		{ { '<', '<' }, TOK_SHL },    { { '>', '>' }, TOK_SHR },
		{ { '=', '=' }, TOK_EQ },     { { '!', '=' }, TOK_NE },
		{ { '<', '=' }, TOK_LE },     { { '>', '=' }, TOK_GE },
		{ { '&', '&' }, TOK_ANDAND }, { { '|', '|' }, TOK_OROR },
	};
	struct token k = { TOK_END, 0, 0, 0 };
	bool lines = false;
	uint32_t start;

	at = start = skip(t, n, at, NULL);
	at = skip(t, n, at, &lines);
	if (lines) {
		k.type = TOK_LINE;
		k.at = start;
		k.len = at - start;
		return k;
	}
	k.at = at;
	if (at >= n)
		return k;
	if (is_name(t[at]))
		return lex_word(t, n, at);
	if (t[at] == '"')
		return lex_string(t, n, at);
	if (t[at] == '\'')
		return lex_char(t, n, at);
	for (size_t i = 0; at + 1 < n && i < sizeof(pairs) / sizeof(*pairs); i++) {
		if (t[at] == pairs[i].s[0] && t[at + 1] == pairs[i].s[1]) {
			k.type = pairs[i].type;
			k.len = 2;
			return k;
		}
	}
	k.len = 1;
	if (t[at] && strchr("{}[]()<>=:.,+-*/%&|^~!?", t[at]))
		k.type = t[at];
	else
		k.type = TOK_BAD;
	return k;
}

uint32_t lex_raw(const char *t, uint32_t n, uint32_t at)
{
	while (at < n && (uint8_t)t[at] > ' ' && t[at] != 0x7f && !strchr("\"#;{}()[]", t[at]))
		at++;
	return at;
}

int lex_unescape(const char *t, uint32_t at, uint32_t len, char *out, uint32_t *bad)
{
	uint32_t end = at + len;
	int n = 0;

	while (at < end) {
		static const char from[] = "nrt0\\\"", to[] = "\n\r\t\0\\\"";
		const char *e;

		if (t[at] != '\\') {
			out[n++] = t[at++];
			continue;
		}
		*bad = at;
		if (at + 3 < end && t[at + 1] == 'x' && digit_of(t[at + 2]) >= 0 &&
		    digit_of(t[at + 3]) >= 0) {
			out[n++] = (char)(digit_of(t[at + 2]) << 4 | digit_of(t[at + 3]));
			at += 4;
			continue;
		}
		if (at + 1 >= end || !t[at + 1] || !(e = strchr(from, t[at + 1])))
			return -1;
		out[n++] = to[e - from];
		at += 2;
	}
	return n;
}
