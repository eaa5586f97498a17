/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing domain names (RFC 1035 section 4.1.4): what was written before in a message is pointed
 * at. */
#include "core/kind_name.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_FREE 4096
#define STEPS_A_BYTE 64

/* The hash of the suffix that begins at each label, last label first: h(suffix) from h(the rest).
 */
static uint32_t hash_label(const uint8_t *p, uint32_t rest)
{
	uint32_t h = rest ^ 2166136261u;
	unsigned i;

	for (i = 0; i <= p[0]; i++)
		h = (h ^ p[i]) * 16777619u;
	return h ^ h >> 15;
}

struct suffixes {
	uint8_t at[DOMAIN_MAX / 2 + 1]; /* where each label begins */
	uint32_t hash[DOMAIN_MAX / 2 + 1];
	unsigned n;
};

static void split(const struct flat_name *f, struct suffixes *s)
{
	unsigned at, i;

	for (s->n = 0, at = 0; f->p[at]; at += f->p[at] + 1u)
		s->at[s->n++] = (uint8_t)at;
	for (i = s->n; i-- > 0;)
		s->hash[i] = hash_label(f->p + s->at[i], i + 1 < s->n ? s->hash[i + 1] : 0);
}

static bool remember(struct kind_seen *seen, uint32_t hash, size_t off)
{
	uint16_t *head = &seen->head[hash & 255];

	if (off > POINTER_MAX || seen->n >= UINT16_MAX)
		return true;
	if (seen->n == seen->cap) {
		uint32_t cap = seen->cap ? seen->cap * 2 : 16;
		void *v = realloc(seen->v, cap * sizeof(*seen->v));

		if (!v)
			return false;
		seen->v = v;
		seen->cap = cap;
	}
	seen->v[seen->n] = (struct kind_seen_at) { hash, (uint16_t)off, *head };
	*head = (uint16_t)++seen->n;
	return true;
}

/* Names made to share chains do not make a message of len bytes cost more than this: what is not
 * found by then counts as new. */
static bool is_tired(const struct kind_seen *seen, size_t len)
{
	return seen->steps > STEPS_FREE + STEPS_A_BYTE * len;
}

/* The next older entry with this hash, from chain place i on; 0: none. */
static unsigned next_alike(struct kind_seen *seen, uint32_t hash, unsigned i, size_t len)
{
	for (; i; i = seen->v[i - 1].older) {
		if (is_tired(seen, len))
			return 0;
		seen->steps++;
		if (seen->v[i - 1].hash == hash)
			return i;
	}
	return 0;
}

/* The first place where suffix[0..n) was written; -1: nowhere. */
static int recall(struct kind_seen *seen, uint32_t hash, const uint8_t *suffix, unsigned n,
		  const uint8_t *msg, size_t len)
{
	struct flat_name f;
	int found = -1;
	unsigned i = next_alike(seen, hash, seen->head[hash & 255], len);

	for (; i; i = next_alike(seen, hash, seen->v[i - 1].older, len)) {
		uint16_t off = seen->v[i - 1].off;
		int got = off < len ? name_flatten(msg + off, (uint32_t)(len - off), msg,
						   (uint32_t)len, NULL, &f)
				    : -1;

		if (off < len)
			seen->steps += f.steps;
		if (got >= 0 && f.n == n && memcmp(f.p, suffix, n) == 0)
			found = off;
	}
	return found;
}

static int finish(struct buf *out, bool ok)
{
	if (!ok)
		out->failed = true;
	return out->failed ? -1 : 0;
}

static int write_exact(struct buf *out, size_t base, const struct value *v)
{
	struct suffixes s;
	struct flat_name f;
	size_t at = out->n;
	unsigned i;
	bool ok = true;

	buf_put(out, v->p, v->len);
	if (out->failed)
		return -1;
	if (!v->seen || out->n - base > UINT32_MAX ||
	    name_flatten((uint8_t *)out->p + at, v->len, (uint8_t *)out->p + base,
			 (uint32_t)(out->n - base), NULL, &f) < 0)
		return 0;
	split(&f, &s);
	/* What was written before stands in its first place already: one entry for each suffix. */
	for (i = 0; i < s.n && s.at[i] < f.own && ok; i++) {
		if (!next_alike(v->seen, s.hash[i], v->seen->head[s.hash[i] & 255], out->n - base))
			ok = remember(v->seen, s.hash[i], at - base + s.at[i]);
	}
	return finish(out, ok);
}

int name_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	size_t at = out->n;
	struct suffixes s;
	struct flat_name f;
	int to = -1;
	unsigned i, n;
	bool ok = true;

	if (width)
		return -1;
	if (!v->len) {
		buf_char(out, 0);
		return finish(out, true);
	}
	if (v->exact)
		return write_exact(out, base, v);
	if (name_flatten(v->p, v->len, v->base, v->base ? v->base_len : 0, NULL, &f) < 0)
		return -1;
	split(&f, &s);
	for (i = 0; v->seen && v->seen->n && i < s.n; i++) {
		n = f.n - s.at[i];
		to = recall(v->seen, s.hash[i], f.p + s.at[i], n, (uint8_t *)out->p + base,
			    out->n - base);
		if (to >= 0)
			break;
	}
	n = to < 0 ? f.n : s.at[i];
	buf_put(out, f.p, n);
	if (to >= 0) {
		buf_char(out, (char)(0xc0 | to >> 8));
		buf_char(out, (char)to);
	}
	for (i = 0; v->seen && i < s.n && s.at[i] < n && ok; i++)
		ok = remember(v->seen, s.hash[i], at - base + s.at[i]);
	return finish(out, ok);
}

int name_write_plain(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	struct value alone = *v;

	alone.seen = NULL;
	return name_write(out, base, &alone, width);
}

void kind_seen_cut(struct kind_seen *s, uint32_t n)
{
	while (s->n > n) {
		const struct kind_seen_at *last = &s->v[--s->n];

		s->head[last->hash & 255] = last->older;
	}
}

void kind_seen_done(struct kind_seen *s)
{
	free(s->v);
	*s = (struct kind_seen) { 0 };
}
