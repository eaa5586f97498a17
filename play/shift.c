/* SPDX-License-Identifier: BSD-2-Clause */
/* Places in a stream before and after what changed in it. Behind a change the difference is what
 * all changes before it added; inside, byte k is byte k as long as there are so many, so that every
 * way to cut the old bytes cuts the new ones at one place. */
#include "play/shift.h"

#include <stdlib.h>
#include <string.h>

#include "core/bits.h"

/* ---- numbers that begin again ---- */

static int64_t wide(const struct shift *s, uint64_t number, int64_t near)
{
	return near + sign_extend(number - (uint64_t)near, s->bits);
}

static uint64_t narrow(const struct shift *s, int64_t at)
{
	return s->bits < 64 ? (uint64_t)at & ((UINT64_C(1) << s->bits) - 1) : (uint64_t)at;
}

/* ---- places ---- */

static int64_t end_of(const struct change *c)
{
	return c->at + c->n;
}

/* The first change that ends behind `at`, or n. */
static unsigned first_behind(const struct shift *s, int64_t at)
{
	unsigned lo = 0, hi = s->n;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (end_of(&s->v[mid]) > at)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static int64_t there(const struct shift *s, int64_t at)
{
	unsigned i = first_behind(s, at);
	const struct change *c;

	if (i < s->n && at > s->v[i].at) {
		c = &s->v[i];
		return c->to + (at - c->at < c->m ? at - c->at : c->m);
	}
	if (!i)
		return at + s->gone;
	c = &s->v[i - 1];
	return at - end_of(c) + c->to + c->m;
}

static int64_t here(const struct shift *s, int64_t to, bool up)
{
	unsigned lo = 0, hi = s->n;
	const struct change *c;

	/* The last one that begins before it; what was taken away whole has arrived with what
	 * stands before that. */
	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (s->v[mid].m ? s->v[mid].to >= to : s->v[mid].to > to)
			hi = mid;
		else
			lo = mid + 1;
	}
	if (!lo)
		return to - s->gone;
	c = &s->v[lo - 1];
	if (to >= c->to + c->m)
		return to - c->to - c->m + end_of(c);
	if (to - c->to < c->n)
		return c->at + (to - c->to);
	return up ? end_of(c) : end_of(c) - 1;
}

uint64_t shift_to(const struct shift *s, uint64_t number)
{
	return narrow(s, there(s, wide(s, number, s->next)));
}

uint64_t shift_back(const struct shift *s, uint64_t number, bool up)
{
	return narrow(s, here(s, wide(s, number, s->next + s->by), up));
}

/* ---- what passes ---- */

bool shift_pass(struct shift *s, uint64_t number, uint32_t n)
{
	int64_t at;

	if (!s->known) {
		s->known = true;
		s->next = s->got = (int64_t)number;
	}
	at = wide(s, number, s->next);
	if (at < s->next)
		return false;
	s->next = at + n;
	return true;
}

/* The bytes in which both begin, and in which both end. At least one old byte is left between, so
 * that what is put in belongs to a byte that is repeated together with it. */
static void differing(const uint8_t *old, uint32_t n, const uint8_t *new, uint32_t m,
		      uint32_t *head, uint32_t *tail)
{
	uint32_t least = n < m ? n : m;

	*head = *tail = 0;
	while (*head < least && old[*head] == new[*head])
		++*head;
	while (*tail < least - *head && old[n - 1 - *tail] == new[m - 1 - *tail])
		++*tail;
	if (*head + *tail < n)
		return;
	if (*head)
		--*head;
	else
		--*tail;
}

int shift_change(struct shift *s, uint64_t number, const uint8_t *old, uint32_t n,
		 const uint8_t *new, uint32_t m)
{
	struct change c;
	uint32_t head, tail;

	if (!n || !m)
		return 0;
	differing(old, n, new, m, &head, &tail);
	c.n = n - head - tail;
	c.m = m - head - tail;
	if (s->n == SHIFT_CHANGES || s->bytes + c.m > SHIFT_BYTES)
		return 0;
	if (s->n == s->cap) {
		unsigned cap = s->cap ? 2 * s->cap : 4;
		struct change *v = realloc(s->v, cap * sizeof(*v));

		if (!v)
			return -1;
		s->v = v;
		s->cap = cap;
	}
	c.p = malloc(c.m ? c.m : 1);
	if (!c.p)
		return -1;
	memcpy(c.p, new + head, c.m);
	c.at = wide(s, number, s->next) + head;
	c.to = c.at + s->by;
	s->by += (int64_t)c.m - c.n;
	s->bytes += c.m;
	s->v[s->n++] = c;
	return 1;
}

bool shift_bytes(const struct shift *s, uint64_t number, const uint8_t *old, uint32_t n,
		 struct buf *out)
{
	int64_t from = wide(s, number, s->next), to = from + n, at = from;
	bool any = false;

	for (unsigned i = first_behind(s, from); i < s->n && s->v[i].at < to; i++) {
		const struct change *c = &s->v[i];
		int64_t a = c->at > at ? c->at : at, b = end_of(c) < to ? end_of(c) : to;

		buf_put(out, old + (at - from), (size_t)(a - at));
		buf_put(out, c->p + (there(s, a) - c->to), (size_t)(there(s, b) - there(s, a)));
		at = b;
		any = true;
	}
	if (any)
		buf_put(out, old + (at - from), (size_t)(to - at));
	return any;
}

void shift_arrived(struct shift *s, uint64_t number)
{
	int64_t at = wide(s, number, s->next);
	unsigned k = 0;

	while (k < s->n && end_of(&s->v[k]) <= at) {
		s->gone = s->v[k].to + s->v[k].m - end_of(&s->v[k]);
		s->bytes -= s->v[k].m;
		free(s->v[k++].p);
	}
	if (at > s->got)
		s->got = at;
	if (!k)
		return;
	s->n -= k;
	memmove(s->v, s->v + k, s->n * sizeof(*s->v));
}

bool shift_old(const struct shift *s, uint64_t number, uint32_t n)
{
	return wide(s, number, s->next) + n <= s->got;
}

void shift_done(struct shift *s)
{
	for (unsigned i = 0; i < s->n; i++)
		free(s->v[i].p);
	free(s->v);
	*s = (struct shift) { .bits = s->bits };
}
