/* SPDX-License-Identifier: BSD-2-Clause */
/* Names in braces: where they stand, and what they mean. */
#include <string.h>

#include "play/fill_impl.h"

/* Where a term ends: at a sign that is outside of brackets. A minus within a name has no blank
 * before it and no digit behind. */
static size_t term_end(const char *s, size_t from, size_t to)
{
	int depth = 0;

	for (size_t i = from; i < to; i++) {
		depth += (s[i] == '(' || s[i] == '[') - (s[i] == ')' || s[i] == ']');
		if (depth || i == from)
			continue;
		if (s[i] == '+' ||
		    (s[i] == '-' &&
		     (s[i - 1] == ' ' || (i + 1 < to && s[i + 1] >= '0' && s[i + 1] <= '9'))))
			return i;
	}
	return to;
}

static int place(struct err *e, const struct fill *f, size_t at, size_t span, const char *why)
{
	return err_at(e, "", f->text, f->len, at, span, "%s", why);
}

static bool number(const char *s, size_t n, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9' || i > 18)
			return false;
		*v = *v * 10 + (uint64_t)(s[i] - '0');
	}
	return n > 0;
}

static int read_term(struct fill *f, struct hole *h, const struct names *names, size_t from,
		     size_t to, bool minus, struct err *e)
{
	struct term *t = &h->term[h->nterms];
	struct err why = { 0 };

	while (from < to && f->text[from] == ' ')
		from++;
	while (to > from && f->text[to - 1] == ' ')
		to--;
	if (h->nterms == TERMS)
		return place(e, f, from, to - from, "no more than four terms are added up");
	t->minus = minus;
	h->nterms++;
	if (number(f->text + from, to - from, &t->num))
		return 0;
	if (from == to)
		return place(e, f, from, 1, "the name of a field is expected here");
	t->pick = pick_parse(f->reg, names, f->text + from, to - from, &why);
	if (t->pick)
		return 0;
	return place(e, f, from + (why.col ? why.col - 1 : 0), why.span ? why.span : to - from,
		     why.msg);
}

static int read_hole(struct fill *f, struct hole *h, const struct names *names, struct err *e)
{
	size_t from = h->from + 1, to = h->to - 1;
	bool minus = false;

	if (to - from == 7 && !memcmp(f->text + from, "payload", 7)) {
		h->payload = true;
		return 0;
	}
	for (;;) {
		size_t end = term_end(f->text, from, to);

		if (read_term(f, h, names, from, end, minus, e))
			return -1;
		if (end == to)
			return 0;
		minus = f->text[end] == '-';
		from = end + 1;
	}
}

int fill_holes(struct fill *f, const struct names *names, struct err *e)
{
	bool quoted = false;

	for (size_t i = 0; i < f->len; i++) {
		struct hole *h = &f->hole[f->n];
		const char *end;

		if (f->text[i] == '\\' && quoted) {
			i++;
			continue;
		}
		quoted ^= f->text[i] == '"';
		if (quoted || f->text[i] != '{')
			continue;
		end = memchr(f->text + i, '}', f->len - i);
		if (!end || memchr(f->text + i + 1, '{', (size_t)(end - f->text) - i - 1))
			return place(e, f, i, 1, "this { has no }");
		if (f->n == HOLES)
			return place(e, f, i, (size_t)(end - f->text) + 1 - i,
				     "no more than 32 values are filled in");
		h->from = (uint32_t)i;
		h->to = (uint32_t)(end - f->text) + 1;
		f->n++;
		if (read_hole(f, h, names, e))
			return -1;
		i = h->to - 1;
	}
	return 0;
}
