/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a display filter: names, keywords, signs, literals. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dissect/filter_impl.h"

int filter_fail(struct filter_text *p, size_t at, size_t span, const char *what)
{
	return err_at(p->e, "", p->s, p->len, at, span, "%s", what);
}

int filter_no_memory(struct filter_text *p)
{
	return err_set(p->e, ERR_IO, "out of memory");
}

void filter_blanks(struct filter_text *p)
{
	while (p->at < p->len && isspace((unsigned char)p->s[p->at]))
		p->at++;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

/* The word (letters, digits, _ . -) at p->at. */
size_t filter_word(const struct filter_text *p)
{
	size_t n = 0;

	while (p->at + n < p->len && is_name(p->s[p->at + n]))
		n++;
	return n;
}

/* Take the keyword if it stands here as a whole word. */
bool filter_keyword(struct filter_text *p, const char *word)
{
	size_t n = strlen(word);

	filter_blanks(p);
	if (filter_word(p) != n || strncasecmp(p->s + p->at, word, n) != 0)
		return false;
	p->at += n;
	return true;
}

bool filter_symbol(struct filter_text *p, const char *sym)
{
	size_t n = strlen(sym);

	filter_blanks(p);
	if (p->len - p->at < n || memcmp(p->s + p->at, sym, n) != 0)
		return false;
	p->at += n;
	return true;
}

/* ---- literals ---- */

static int escaped(struct filter_text *p, char *out)
{
	char c = p->s[p->at++];

	switch (c) {
	case 'n': *out = '\n'; return 0;
	case 'r': *out = '\r'; return 0;
	case 't': *out = '\t'; return 0;
	case '0': *out = '\0'; return 0;
	case 'x':
		if (p->len - p->at >= 2 && isxdigit((unsigned char)p->s[p->at]) &&
		    isxdigit((unsigned char)p->s[p->at + 1])) {
			char hex[3] = { p->s[p->at], p->s[p->at + 1], '\0' };

			*out = (char)strtoul(hex, NULL, 16);
			p->at += 2;
			return 0;
		}
		return filter_fail(p, p->at - 2, 2, "\\x wants two hex digits");
	default: *out = c; return 0;
	}
}

/* Text in quotes; raw: a backslash stays, but for \" (regular expressions, r"..."). */
static int quoted(struct filter_text *p, struct literal *lit, bool raw)
{
	char *out = arena_alloc(&p->f->mem, p->len - p->at + 1);
	size_t start = p->at++;

	if (!out)
		return filter_no_memory(p);
	lit->text = out;
	lit->quoted = true;
	lit->at = (uint32_t)start;
	while (p->at < p->len && p->s[p->at] != '"') {
		char c = p->s[p->at++];

		if (c == '\\' && p->at < p->len) {
			if (!raw) {
				if (escaped(p, &c) < 0)
					return -1;
			} else if (p->s[p->at] == '"') {
				c = p->s[p->at++];
			}
		}
		out[lit->len++] = c;
	}
	if (p->at == p->len)
		return filter_fail(p, start, 1, "the quotes do not end");
	p->at++;
	lit->span = (uint32_t)(p->at - start);
	return 0;
}

int filter_literal(struct filter_text *p, struct literal *lit, bool raw)
{
	size_t start;

	filter_blanks(p);
	start = p->at;
	*lit = (struct literal) { .at = (uint32_t)start };
	if (p->len - p->at > 1 && p->s[p->at] == 'r' && p->s[p->at + 1] == '"') {
		p->at++;
		return quoted(p, lit, true);
	}
	if (p->at < p->len && p->s[p->at] == '"')
		return quoted(p, lit, raw);
	while (p->at < p->len && !isspace((unsigned char)p->s[p->at]) &&
	       !strchr("(){},&|!<>=\"[]", p->s[p->at]))
		p->at++;
	lit->text = p->s + start;
	lit->len = lit->span = (uint32_t)(p->at - start);
	if (!lit->len)
		return filter_fail(p, start, start < p->len, "a value is missing here");
	return 0;
}
