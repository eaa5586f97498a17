/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripts: one packet a line, with times and directions in front. */
#include "notation/parser.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define LINE_MAX_BYTES                                                                             \
	(4u << 20) /* two hex digits for each byte of the largest packet, and more                 \
		    */

struct script {
	FILE *f;
	const char *text; /* when f is NULL */
	size_t len, at;
	char *name;
	char *line; /* getline's */
	size_t cap;
	uint32_t lineno;
	struct script_line cur;
	int32_t link;
	int64_t wire;
};

struct script *script_open(FILE *f, const char *name, const char *text, size_t len, struct err *e)
{
	struct script *s = calloc(1, sizeof(*s));

	if (s)
		s->name = strdup(name ? name : "");
	if (!s || !s->name) {
		free(s);
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	s->f = f;
	s->text = text;
	s->len = len;
	return s;
}

void script_close(struct script *s)
{
	if (!s)
		return;
	free(s->line);
	free(s->name);
	free(s);
}

static int place_fail(const struct script *s, struct err *e, size_t at, size_t span,
		      const char *what)
{
	err_at(e, s->name, s->cur.text, s->cur.len, at, span, "%s", what);
	if (e)
		e->lineno = s->lineno;
	return -1;
}

void script_place(const struct script *s, struct err *e)
{
	if (!e || !e->code)
		return;
	if (!e->name[0])
		snprintf(e->name, sizeof(e->name), "%s", s->name);
	e->lineno = s->lineno;
}

/* The next line without its newline: 1, 0 at the end, -1. */
static int read_line(struct script *s, struct err *e)
{
	const char *end;
	ssize_t n;

	if (!s->f) {
		if (s->at >= s->len)
			return 0;
		end = memchr(s->text + s->at, '\n', s->len - s->at);
		s->cur.text = s->text + s->at;
		s->cur.len = end ? (size_t)(end - s->cur.text) : s->len - s->at;
		s->at += s->cur.len + 1;
	} else {
		errno = 0;
		n = getline(&s->line, &s->cap, s->f);
		if (n < 0) {
			if (!ferror(s->f))
				return 0;
			return err_set(e, ERR_IO, "%s: %s", s->name, strerror(errno));
		}
		s->cur.text = s->line;
		s->cur.len = (size_t)n;
	}
	s->lineno++;
	while (s->cur.len &&
	       (s->cur.text[s->cur.len - 1] == '\n' || s->cur.text[s->cur.len - 1] == '\r'))
		s->cur.len--;
	if (s->cur.len > LINE_MAX_BYTES)
		return err_set(e, ERR_USAGE, "%s:%u: the line is longer than %u bytes", s->name,
			       s->lineno, LINE_MAX_BYTES);
	return 1;
}

/* Where the packet ends: at a '#' or ';' that begins a word. */
static void cut(struct script_line *l)
{
	bool start = true;

	for (size_t i = 0; i < l->len; i++) {
		char c = l->text[i];

		if (start && c == '#') {
			l->len = i;
			break;
		}
		if (start && c == ';' && !l->suffix) {
			l->to = i;
			l->suffix = l->text + i + 1;
		}
		if (c == '"' && (start || strchr("=,:+(@", l->text[i - 1]))) {
			size_t k = text_quoted_end(l->text + i, l->len - i);

			if (!k)
				break;
			i += k - 1;
			c = '"';
		}
		start = is_blank(c);
	}
	if (l->suffix)
		l->suffix_len = (size_t)(l->text + l->len - l->suffix);
	else
		l->to = l->len;
}

/* Seconds with up to nine decimals, as nanoseconds; minus: below zero. */
static int read_seconds(const char *s, size_t n, bool minus, int64_t *ns)
{
	const char *dot = memchr(s, '.', n);
	size_t whole = dot ? (size_t)(dot - s) : n;
	uint64_t sec = 0, frac = 0, most = (uint64_t)INT64_MAX + minus;
	unsigned digits = 0;

	for (size_t i = 0; i < n; i++) {
		if (i != whole && !is_digit(s[i]))
			return -1;
	}
	if (whole && text_number(s, whole, &sec))
		return -1;
	for (size_t i = whole + 1; i < n; i++, digits++) {
		if (digits == 9)
			return -1;
		frac = frac * 10 + (uint64_t)(s[i] - '0');
	}
	if (!whole && !digits)
		return -1;
	for (; digits < 9; digits++)
		frac *= 10;
	if (sec > most / 1000000000 || frac > most - sec * 1000000000)
		return -1;
	sec = sec * 1000000000 + frac;
	*ns = (int64_t)(minus ? 0 - sec : sec);
	return 0;
}

/* 2026-11-22T10:38:16.773907123Z */
static int read_date(const char *s, size_t n, int64_t *ns)
{
	struct tm tm = { 0 };
	char text[24];
	const char *end;
	int64_t frac = 0;

	if (n < 20 || s[n - 1] != 'Z')
		return -1;
	memcpy(text, s, 19);
	text[19] = 0;
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!end || *end || tm.tm_year < -1 || tm.tm_year > 360)
		return -1;
	if (n > 20 && (s[19] != '.' || read_seconds(s + 19, n - 20, false, &frac)))
		return -1;
	*ns = (int64_t)timegm(&tm) * 1000000000 + frac;
	return 0;
}

static int read_at(const char *s, size_t n, int64_t *ns)
{
	bool minus = n && s[0] == '-';

	if (read_date(s, n, ns) == 0)
		return 0;
	return read_seconds(s + minus, n - minus, minus, ns);
}

static int take_time(struct script *s, struct script_line *l, size_t at, size_t end, struct err *e)
{
	bool abs = l->text[at] == 'a';
	const char *t = l->text + at + (abs ? 3 : 1);
	size_t n = end - at - (abs ? 3 : 1);

	if (l->time != SCRIPT_NO_TIME)
		return place_fail(s, e, at, end - at, "the time was said before");
	if (abs ? read_at(t, n, &l->when) : read_seconds(t, n, l->text[at] == '-', &l->when))
		return place_fail(s, e, at, end - at,
				  abs ? "a time is seconds since 1970, or 2026-11-22T10:38:16.5Z"
				      : "a time is seconds with up to nine decimals: +0.013");
	l->time = abs ? SCRIPT_AT : SCRIPT_AFTER;
	return 1;
}

/* One prefix in text[at..end): 1; 0: this is the packet; -1. */
static int take_prefix(struct script *s, struct script_line *l, size_t at, size_t end,
		       struct err *e)
{
	const char *t = l->text + at;
	size_t n = end - at;

	if (n > 1 && (t[0] == '+' || t[0] == '-') && (is_digit(t[1]) || t[1] == '.'))
		return take_time(s, l, at, end, e);
	if (begins(t, n, "at="))
		return take_time(s, l, at, end, e);
	if (n == 1 && (t[0] == '>' || t[0] == '<')) {
		if (l->dir)
			return place_fail(s, e, at, n, "the direction was said before");
		l->dir = t[0];
		return 1;
	}
	if (begins(t, n, "if=")) {
		if (n - 3 == 0 || n - 3 >= sizeof(l->ifname))
			return place_fail(s, e, at, n, "if= takes an interface's name");
		memcpy(l->ifname, t + 3, n - 3);
		l->ifname[n - 3] = 0;
		return 1;
	}
	if (begins(t, n, "link=") || begins(t, n, "wire=")) {
		struct parser ps = { .e = e, .s = l->text, .n = l->to, .at = at };

		ps.link = s->link;
		ps.wire = s->wire;
		if (parse_prefix(&ps) < 0) {
			script_place(s, e);
			return -1;
		}
		s->link = ps.link;
		s->wire = ps.wire;
		return 1;
	}
	return 0;
}

int script_next(struct script *s, struct script_line *out, struct err *e)
{
	for (;;) {
		struct script_line *l = &s->cur;
		size_t at = 0, end;
		int rc;

		*l = (struct script_line) { 0 };
		s->link = -1;
		s->wire = -1;
		rc = read_line(s, e);
		if (rc <= 0)
			return rc;
		l->lineno = s->lineno;
		cut(l);
		for (;; at = end) {
			while (at < l->to && is_blank(l->text[at]))
				at++;
			for (end = at; end < l->to && !is_blank(l->text[end]);)
				end++;
			if (at == l->to)
				break;
			rc = take_prefix(s, l, at, end, e);
			if (rc < 0)
				return -1;
			if (rc == 0)
				break;
		}
		l->from = at;
		while (l->to > l->from && is_blank(l->text[l->to - 1]))
			l->to--;
		if (l->from == l->to && !at && !l->suffix)
			continue; /* blank, or a comment alone */
		if (l->from == l->to)
			return place_fail(s, e, 0, 1, "a packet is missing on this line");
		*out = *l;
		return 1;
	}
}

int script_plan(struct script *s, struct plan *p, const struct registry *reg, unsigned flags,
		struct err *e)
{
	struct parser ps = { .p = p, .reg = reg, .flags = flags, .e = e };

	ps.s = s->cur.text;
	ps.n = s->cur.to;
	ps.at = s->cur.from;
	ps.link = s->link;
	ps.wire = s->wire;
	if (parse_packet(&ps)) {
		script_place(s, e);
		return -1;
	}
	return 0;
}
