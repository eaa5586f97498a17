/* SPDX-License-Identifier: BSD-2-Clause */
/* How large a regular expression is once its repeats are written out. The C library writes them out
 * when it compiles: a++++++++++++++++++++++++++++++ takes gigabytes and minutes. */
#include "dissect/filter_impl.h"

#define DEPTH 32

struct level {
	uint64_t sum, last; /* pieces before the last one; of the last one, which a repeat takes */
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

static void piece(struct level *l, uint64_t size)
{
	l->sum += l->last;
	l->last = size;
}

bool filter_regex_fits(const char *s)
{
	struct level v[DEPTH] = { 0 }, *l = v;
	const char *end;
	uint64_t n;

	while (*s) {
		switch (*s) {
		case '\\':
			piece(l, 1);
			s += s[1] ? 2 : 1;
			break;
		case '[':
			piece(l, 1);
			s = skip_set(s);
			break;
		case '(':
			if (l == v + DEPTH - 1)
				return false;
			*++l = (struct level) { 0 };
			s++;
			break;
		case ')':
			if (l > v) {
				n = l->sum + l->last;
				piece(--l, n ? n : 1);
			}
			s++;
			break;
		case '+':
			l->last *= 2;
			s++;
			break;
		case '{':
			n = repeats(s, &end);
			l->last *= n ? n : 1;
			s = n ? end : s + 1;
			break;
		default:
			if (*s != '*' && *s != '?' && *s != '|')
				piece(l, 1);
			s++;
		}
		if (l->sum + l->last > FILTER_REGEX_MOST)
			return false;
	}
	return true;
}
