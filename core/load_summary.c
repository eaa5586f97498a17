/* SPDX-License-Identifier: BSD-2-Clause */
/* The template of a summary: braces in pairs, paths that exist. */
#include "core/load.h"

/* Where {PATH} or {#PATH} stands in the text; the whole summary, if an escape hides it. */
static struct place path_place(const struct unit *u, const char *a, size_t n)
{
	const char *text = u->src->text, *s = text + u->summary->at, *end = s + u->summary->span;

	for (; n && s + n < end; s++) {
		const char *hit = s + (s[0] == '{') + (s[0] == '{' && s[1] == '#');

		if (hit > s && hit + n < end && !memcmp(hit, a, n) && hit[n] == '}')
			return (struct place) { (uint32_t)(hit - text), (uint32_t)n };
	}
	return *u->summary;
}

static int fail(const struct unit *u, struct err *e, const char *fmt, const char *a, size_t n)
{
	return src_fail(u->src, e, path_place(u, a, n), fmt, (int)(n > 60 ? 60 : n), a);
}

static bool step(const struct type *t, const char *s, size_t n, const struct type **out)
{
	bool index = n && s[0] >= '0' && s[0] <= '9';
	const struct field *f;

	if (t->form == TYPE_LIST && index) {
		*out = t->item;
		return true;
	}
	for (unsigned i = 0; t->form == TYPE_STRUCT && i < t->rec->nfields; i++) {
		f = &t->rec->fields[i];
		if (strlen(f->name) == n && !memcmp(f->name, s, n)) {
			*out = f->type;
			return true;
		}
	}
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++) {
		if (step(t->arms[i].type, s, n, out))
			return true;
	}
	return false;
}

static int check_path(const struct unit *u, const char *s, size_t n, bool list, struct err *e)
{
	struct type root = { .form = TYPE_STRUCT, .rec = u->rec };
	const struct type *t = &root;
	size_t at = 0;

	while (at <= n) {
		size_t end = at;

		while (end < n && s[end] != '.')
			end++;
		if (!step(t, s + at, end - at, &t))
			return fail(u, e, "the summary names '%.*s', which is no field", s, n);
		at = end + 1;
	}
	if (list && t->form != TYPE_LIST)
		return fail(u, e, "'%.*s' is no list to be counted", s, n);
	return 0;
}

/* {path} {#list} {?text {path} text} */
static int check_line(struct registry *r, const struct unit *u, const char *s, struct err *e)
{
	bool open = false; /* inside {? */

	while (s && *s) {
		const char *end;

		if (*s == '}' && open) {
			open = false;
			s++;
			continue;
		}
		if (*s == '}')
			return fail(u, e, "a '}' in the summary closes nothing%.*s", "", 0);
		if (*s != '{') {
			s++;
			continue;
		}
		if (s[1] == '?') {
			if (open)
				return fail(u, e, "{? may not stand inside another {?%.*s", "", 0);
			open = true;
			s += 2;
			continue;
		}
		s += 1;
		end = s + strcspn(s, "{}");
		if (*end != '}')
			return fail(u, e, "a '{' in the summary is not closed%.*s", "", 0);
		if (check_path(u, *s == '#' ? s + 1 : s, (size_t)(end - s) - (*s == '#'), *s == '#',
			       e))
			return -1;
		if (freeze_spend(r, u->rec->nfields, e))
			return -1;
		s = end + 1;
	}
	if (open)
		return fail(u, e, "a '{' in the summary is not closed%.*s", "", 0);
	return 0;
}

int check_summary(struct registry *r, struct unit *u, struct err *e)
{
	struct unit at = *u;

	for (unsigned i = 0; i < u->proto->nsummaries; i++) {
		at.summary = &u->summary[i];
		if (check_line(r, &at, u->proto->summaries[i].text, e))
			return -1;
	}
	return 0;
}
