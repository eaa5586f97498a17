/* SPDX-License-Identifier: BSD-2-Clause */
/* Which packets strata edit takes: by number, by time, and each only once. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/edit.h"
#include "dissect/filter.h"

/* ---- numbers ---- */

static int bad_numbers(const char *text, struct err *e)
{
	return err_set(e, ERR_USAGE,
		       "'--packets %s': wants numbers from 1 on and ranges of them: 1-10,20,30-",
		       text);
}

/* A number at *s, which moves on. */
static bool number_at(const char **s, uint64_t *v)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return false;
	errno = 0;
	*v = strtoull(*s, &end, 10);
	*s = end;
	return errno == 0;
}

int numbers_parse(struct numbers *l, const char *text, struct err *e)
{
	const char *s = text;
	size_t n = 1;

	for (const char *c = text; *c; c++)
		n += *c == ',';
	l->v = calloc(n, sizeof(*l->v));
	if (!l->v)
		return err_set(e, ERR_IO, "no memory");
	for (;; s++) {
		uint64_t from = 1, to;
		bool has = number_at(&s, &from);

		to = from;
		if (*s == '-') {
			s++;
			to = UINT64_MAX;
			if (!number_at(&s, &to) && !has)
				return bad_numbers(text, e);
		} else if (!has) {
			return bad_numbers(text, e);
		}
		if (from == 0 || to < from)
			return bad_numbers(text, e);
		l->v[l->n].from = from;
		l->v[l->n++].to = to;
		if (*s != ',')
			break;
	}
	return *s ? bad_numbers(text, e) : 0;
}

bool numbers_hold(const struct numbers *l, uint64_t n)
{
	for (unsigned i = 0; i < l->n; i++)
		if (n >= l->v[i].from && n <= l->v[i].to)
			return true;
	return l->n == 0;
}

bool numbers_end(const struct numbers *l, uint64_t n)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->v[i].to >= n)
			return false;
	return l->n != 0;
}

/* ---- times ---- */

int moment_parse(struct moment *m, const char *text, const char *option, struct err *e)
{
	struct options o = { 0 };
	uint64_t ns;

	if (!text)
		return 0;
	m->set = true;
	m->after = text[0] == '+';
	if (m->after) {
		o.v[OPT_FROM] = text + 1;
		if (opt_time(&o, OPT_FROM, &m->ns, NULL) == 0)
			return 0;
	} else if (filter_time(text, strlen(text), &ns)) {
		m->ns = (int64_t)ns;
		return 0;
	}
	return err_set(e, ERR_USAGE,
		       "'--%s %s': wants a time in UTC such as '2026-11-22 10:38:16.5', seconds "
		       "since 1970, or one after the first packet: +90s",
		       option, text);
}

/* ---- duplicates ---- */

#define RING 65536u             /* packets remembered at most; a power of two */
#define ROOM ((size_t)16 << 20) /* bytes of them */

struct seen {
	uint64_t hash;
	int64_t when;
	uint8_t *data;
	uint32_t len, wire_len;
	uint16_t link;
};

struct dedup {
	uint64_t packets; /* the window; 0: by time */
	int64_t ns;
	uint64_t next; /* packets so far; the ring holds [first, next) */
	uint64_t first;
	uint64_t forgot;
	size_t bytes;
	uint64_t chain[RING]; /* by hash: 1 + the number of the youngest */
	uint64_t older[RING]; /* by place in the ring: the same, of the one before in its chain */
	struct seen v[RING];
};

struct dedup *dedup_open(const char *text, struct err *e)
{
	struct dedup *d = calloc(1, sizeof(*d));
	struct options o = { 0 };
	char *end;

	if (!d) {
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	errno = 0;
	d->packets = strtoull(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && d->packets && d->packets < RING)
		return d;
	d->packets = 0;
	o.v[OPT_DEDUP] = text;
	if (*end && opt_time(&o, OPT_DEDUP, &d->ns, NULL) == 0)
		return d;
	err_set(e, ERR_USAGE,
		"'--dedup %s': wants a number of packets from 1 to %u, or a time such as 10ms",
		text, RING - 1);
	free(d);
	return NULL;
}

static void forget(struct dedup *d)
{
	struct seen *s = &d->v[d->first++ % RING];

	d->bytes -= s->len;
	free(s->data);
	s->data = NULL;
}

static uint64_t hash_of(const struct packet *p)
{
	uint64_t h = 0xcbf29ce484222325u ^ p->len ^ (uint64_t)p->wire_len << 20;

	for (uint32_t i = 0; i < p->len; i++)
		h = (h ^ p->data[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

static bool is_same(const struct seen *s, const struct packet *p)
{
	return s->len == p->len && s->wire_len == p->wire_len && s->link == p->link &&
	       (p->len == 0 || memcmp(s->data, p->data, p->len) == 0);
}

/* Those that the window has left behind. A packet of a clock that went back waits its turn. */
static void slide(struct dedup *d, const struct packet *p)
{
	while (d->first < d->next) {
		const struct seen *s = &d->v[d->first % RING];
		int64_t age;

		if (d->packets ? d->next - d->first <= d->packets
			       : !__builtin_sub_overflow(p->when, s->when, &age) && age <= d->ns)
			break;
		forget(d);
	}
	while (d->first < d->next && (d->next - d->first == RING || d->bytes + p->len > ROOM)) {
		forget(d);
		d->forgot++;
	}
}

int dedup_seen(struct dedup *d, const struct packet *p)
{
	uint64_t h = hash_of(p), i;
	bool found = false;

	slide(d, p);
	for (i = d->chain[h % RING]; i > d->first && !found; i = d->older[(i - 1) % RING]) {
		const struct seen *s = &d->v[(i - 1) % RING];
		found = s->hash == h && is_same(s, p);
	}
	struct seen *s = &d->v[d->next % RING];
	*s = (struct seen) { .hash = h, .when = p->when, .len = p->len };
	s->wire_len = p->wire_len;
	s->link = p->link;
	s->data = malloc(p->len ? p->len : 1);
	if (!s->data)
		return -1;
	if (p->len)
		memcpy(s->data, p->data, p->len);
	d->bytes += p->len;
	d->older[d->next % RING] = d->chain[h % RING];
	d->chain[h % RING] = ++d->next;
	return found;
}

uint64_t dedup_forgot(const struct dedup *d)
{
	return d->forgot;
}

void dedup_close(struct dedup *d)
{
	if (!d)
		return;
	while (d->first < d->next)
		forget(d);
	free(d);
}
