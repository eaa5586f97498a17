/* SPDX-License-Identifier: BSD-2-Clause */
/* How large a regular expression is once its repeats are written out. The C library writes them out
 * when it compiles: a++++++++++++++++++++++++++++++ takes gigabytes and minutes. What refers back
 * (\1) is tried in every way there is, over one packet for minutes; POSIX has it in basic
 * expressions only. */
#include "dissect/filter_impl.h"

#define DEPTH 32

/* Of the pieces before the last one, and of the last one, which a repeat takes: how many there are,
 * and how many of them may be empty (each is gone through again and again for all others). */
struct level {
	uint64_t sum, last;
	uint64_t empty_sum, empty_last;
	unsigned deep, deepest; /* repeats on repeats: in the last one, in any */
};

/* Past [...], which is one piece. */
static const char *skip_set(const char *s)
{
	s += s[1] == '^' ? 2 : 1;
	s += *s == ']';
	while (*s && *s != ']') {
		const char *end = NULL;

		if (*s == '[' && (s[1] == ':' || s[1] == '.' || s[1] == '='))
			end = strchr(s + 2, ']');
		s = end ? end + 1 : s + 1;
	}
	return *s ? s + 1 : s;
}

/* {2}, {2,}, {2,5}: the largest number; 0: none of these. */
static uint64_t repeats(const char *s, const char **end)
{
	uint64_t n = 0, most = 0;

	for (s++; *s && *s != '}'; s++) {
		if (*s == ',')
			n = 0;
		else if (*s < '0' || *s > '9')
			return 0;
		else if (n < FILTER_REGEX_MOST)
			n = n * 10 + (uint64_t)(*s - '0');
		if (n > most)
			most = n;
	}
	*end = *s ? s + 1 : s;
	return most + 1;
}

static void piece(struct level *l, uint64_t size, uint64_t empty, unsigned deep)
{
	l->sum += l->last;
	l->last = size;
	l->empty_sum += l->empty_last;
	l->empty_last = empty;
	l->deep = deep;
}

static void repeat(struct level *l, uint64_t n)
{
	l->last *= n;
	l->empty_last = l->empty_last * n + 1;
	l->deep++;
}

static bool fits(const struct level *l)
{
	return l->sum + l->last <= FILTER_REGEX_MOST &&
	       l->empty_sum + l->empty_last <= FILTER_REGEX_EMPTY && l->deep <= FILTER_REGEX_DEEP;
}

enum regex_size filter_regex_size(const char *s)
{
	struct level v[DEPTH] = { 0 }, *l = v;
	const char *end;
	uint64_t n;

	while (*s) {
		switch (*s) {
		case '\\':
			if (s[1] >= '1' && s[1] <= '9')
				return REGEX_BACK;
			piece(l, 1, 0, 0);
			s += s[1] ? 2 : 1;
			break;
		case '[':
			piece(l, 1, 0, 0);
			s = skip_set(s);
			break;
		case '(':
			if (l == v + DEPTH - 1)
				return REGEX_LARGE;
			*++l = (struct level) { 0 };
			s++;
			break;
		case ')':
			if (l > v) {
				const struct level *in = l--;

				n = in->sum + in->last;
				piece(l, n ? n : 1, in->empty_sum + in->empty_last, in->deepest);
			}
			s++;
			break;
		case '+':
			repeat(l, 2);
			s++;
			break;
		case '*':
		case '?':
			repeat(l, 1);
			s++;
			break;
		case '{':
			n = repeats(s, &end);
			if (n)
				repeat(l, n);
			s = n ? end : s + 1;
			break;
		default:
			if (*s != '|')
				piece(l, 1, 0, 0);
			s++;
		}
		if (l->deep > l->deepest)
			l->deepest = l->deep;
		if (!fits(l))
			return REGEX_LARGE;
	}
	return REGEX_FITS;
}
