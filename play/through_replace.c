/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes that are replaced by others, wherever they stand in what a packet carries. */
#include <stdlib.h>
#include <string.h>

#include "core/lex.h"
#include "play/through_impl.h"

static int unescaped(const char *text, size_t from, size_t to, char **out, uint32_t *n,
		     struct err *e)
{
	uint32_t bad = 0;
	int len;

	*out = malloc(to - from + 1);
	if (!*out)
		return err_set(e, ERR_IO, "out of memory");
	len = lex_unescape(text, (uint32_t)from, (uint32_t)(to - from), *out, &bad);
	if (len < 0) {
		err_at(e, "--replace", text, strlen(text), bad, 2,
		       "no escape that is known: \\n, \\t, \\r, \\0, \\\\, \\\", \\x41 are");
		return -1;
	}
	*n = (uint32_t)len;
	return 0;
}

int replacing_read(struct replacing *r, const char *text, struct err *e)
{
	const char *equal = strchr(text, '=');
	size_t at = equal ? (size_t)(equal - text) : 0;

	if (!at || strlen(text) > UINT16_MAX)
		return err_set(e, ERR_USAGE,
			       "'--replace %.200s': wants OLD=NEW, the bytes that are there and "
			       "those that are to be (\\x3d is a = in OLD)",
			       text);
	return unescaped(text, 0, at, &r->old, &r->n, e) ||
			       unescaped(text, at + 1, strlen(text), &r->new, &r->m, e)
		       ? -1
		       : 0;
}

/* False: r->old is nowhere in p[0..n). */
static bool replace(struct replacing *r, const uint8_t *p, uint32_t n, struct buf *out)
{
	const uint8_t *end = p + n, *hit = memmem(p, n, r->old, r->n);

	out->n = 0;
	if (!hit)
		return false;
	r->fitted = true;
	for (; hit; hit = memmem(p, (size_t)(end - p), r->old, r->n)) {
		buf_put(out, p, (size_t)(hit - p));
		buf_put(out, r->new, r->m);
		p = hit + r->n;
	}
	buf_put(out, p, (size_t)(end - p));
	return true;
}

const uint8_t *replace_bytes(struct through *t, const uint8_t *p, uint32_t n, uint32_t *m)
{
	unsigned k = 0;

	for (unsigned i = 0; i < t->o.nreplace; i++) {
		struct buf *out = &t->made[k];

		if (!replace(&t->replace[i], p, n, out))
			continue;
		if (out->failed)
			return NULL;
		p = out->n ? (const uint8_t *)out->p : p;
		n = (uint32_t)out->n;
		k = !k;
	}
	*m = n;
	return p;
}
