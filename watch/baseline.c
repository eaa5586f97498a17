/* SPDX-License-Identifier: BSD-2-Clause */
/* What is usual: a set of lines. */
#include "watch/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "flow/siphash.h"

#define SLOTS 1024u

void baseline_done(struct baseline *b)
{
	arena_done(&b->mem);
	free(b->v);
	free(b->slot);
	*b = (struct baseline) { 0 };
}

static uint64_t hash_of(const struct baseline *b, const char *s, size_t n)
{
	return siphash(b->key, (const uint8_t *)s, n).a;
}

/* Where the line stands, or would stand; the table is never full. */
static uint32_t *find(const struct baseline *b, uint64_t hash, const char *s, size_t n)
{
	uint32_t at = (uint32_t)hash & (b->slots - 1);

	while (b->slot[at]) {
		const struct baseline_line *l = &b->v[b->slot[at] - 1];

		if (l->hash == hash && l->n == n && !memcmp(l->text, s, n))
			break;
		at = (at + 1) & (b->slots - 1);
	}
	return &b->slot[at];
}

bool baseline_has(const struct baseline *b, const char *text, size_t n)
{
	return b->slots && *find(b, hash_of(b, text, n), text, n);
}

static bool grow(struct baseline *b)
{
	uint32_t slots = b->slots ? b->slots * 2 : SLOTS;
	uint32_t *slot = calloc(slots, sizeof(*slot)), *old = b->slot;
	struct baseline_line *v = realloc(b->v, slots / 2 * sizeof(*v));

	if (v)
		b->v = v;
	if (!slot || !v) {
		free(slot);
		return false;
	}
	if (!b->slots)
		siphash_key(b->key, 0);
	b->cap = slots / 2;
	b->slot = slot;
	b->slots = slots;
	for (uint32_t i = 0; i < b->n; i++)
		*find(b, b->v[i].hash, b->v[i].text, b->v[i].n) = i + 1;
	free(old);
	return true;
}

int baseline_add(struct baseline *b, const char *text, size_t n)
{
	uint32_t *slot;
	uint64_t hash;
	char *own;

	if (b->n == b->cap && !grow(b))
		return -1;
	hash = hash_of(b, text, n);
	slot = find(b, hash, text, n);
	if (*slot)
		return 0;
	if (b->bytes + n + 1 > BASELINE_MOST) {
		b->full = true;
		return 0;
	}
	own = arena_strndup(&b->mem, text, n);
	if (!own)
		return -1;
	b->bytes += n + 1;
	b->v[b->n++] = (struct baseline_line) { own, hash, (uint32_t)n };
	*slot = b->n;
	return 0;
}

int baseline_read(struct baseline *b, const char *name, const char *text, size_t len, struct err *e)
{
	for (size_t at = 0; at < len;) {
		const char *nl = memchr(text + at, '\n', len - at);
		size_t end = nl ? (size_t)(nl - text) : len, n = end - at;

		while (n && (text[at + n - 1] == '\r' || text[at + n - 1] == ' '))
			n--;
		for (size_t i = 0; i < n; i++) {
			if ((unsigned char)text[at + i] < ' ')
				return err_at(e, name, text, len, at + i, 1,
					      "no line of what --learn writes has such a byte");
		}
		if (n && text[at] != '#' && baseline_add(b, text + at, n) < 0)
			return err_set(e, ERR_IO, "out of memory");
		at = end + 1;
	}
	return b->full ? err_set(e, ERR_USAGE, "%s: more than %u MiB", name, BASELINE_MOST >> 20)
		       : 0;
}

static int by_text(const void *a, const void *b)
{
	const struct baseline_line *x = a, *y = b;
	int d = memcmp(x->text, y->text, x->n < y->n ? x->n : y->n);

	return d ? d : x->n < y->n ? -1 : x->n > y->n;
}

void baseline_print(struct baseline *b, struct buf *out)
{
	if (b->n)
		qsort(b->v, b->n, sizeof(*b->v), by_text);
	if (b->slots)
		memset(b->slot, 0, b->slots * sizeof(*b->slot));
	buf_str(out,
		"# What is usual, learnt by strata watch --learn: a rule and its values a line.\n");
	for (uint32_t i = 0; i < b->n; i++) {
		*find(b, b->v[i].hash, b->v[i].text, b->v[i].n) = i + 1;
		buf_put(out, b->v[i].text, b->v[i].n);
		buf_char(out, '\n');
	}
}
