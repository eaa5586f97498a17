/* SPDX-License-Identifier: BSD-2-Clause */
/* Plan to bytes: the descriptions say what every field holds and where, libnet lays the headers
 * out, then what the user said is written back and the checksums are made. */
#include "core/bits.h"
#include "craft/craft.h"

/* Copy bits [bit, bit + n) of from into to. */
static void copy_bits(uint8_t *to, const uint8_t *from, uint64_t bit, uint64_t n)
{
	while (n && (bit % 8 || n < 8)) {
		unsigned w = (unsigned)(8 - bit % 8 < n ? 8 - bit % 8 : n);

		bits_put(to, bit, w, bits_get(from, bit, w));
		bit += w;
		n -= w;
	}
	memcpy(to + bit / 8, from + bit / 8, n / 8);
	if (n % 8)
		bits_put(to, bit + (n & ~7ull), (unsigned)(n % 8),
			 bits_get(from, bit + (n & ~7ull), (unsigned)(n % 8)));
}

/* libnet has no word for version 5 or a reserved bit: the user's fields go back as they were. */
static void said_back(const struct build *b, uint8_t *to)
{
	for (unsigned i = 0; i < b->n; i++) {
		const struct tree *t = &b->layer[i].tree;

		for (uint32_t k = 0; b->layer[i].proto && k < t->n; k++)
			if (t->v[k].flags & NODE_SAID)
				copy_bits(to, (const uint8_t *)b->bytes.p, t->v[k].bit,
					  t->v[k].bits);
	}
}

/* Layers in which the two builders differ. */
static unsigned differing(const struct build *b, const uint8_t *other)
{
	const uint8_t *p = (const uint8_t *)b->bytes.p;
	unsigned n = 0;

	for (unsigned i = 0; i < b->n; i++) {
		const struct built *y = &b->layer[i];

		n += memcmp(p + y->off, other + y->off, y->hlen) != 0;
	}
	return n;
}

int layout(struct build *b, const struct plan *p, struct layout_stats *st, struct err *e)
{
	struct layout_stats none = { 0 };
	struct buf out = { 0 };
	int rc = -1;

	(void)p;
	if (!st)
		st = &none;
	if (layout_bytes(b, &out, st, e))
		goto done;
	if (out.n != b->bytes.n) {
		/* Never seen; the description's bytes are the ones that the trees speak of. */
		st->overruled += b->n;
		rc = 0;
		goto done;
	}
	said_back(b, (uint8_t *)out.p);
	if (out.n && memcmp(out.p, b->bytes.p, out.n)) {
		unsigned n = differing(b, (const uint8_t *)out.p);

		st->overruled += n ? n : 1;
	} else if (out.n) {
		memcpy(b->bytes.p, out.p, out.n);
	}
	rc = 0;
done:
	buf_done(&out);
	return rc;
}

int craft_with(struct build *b, const struct plan *p, struct layout_stats *st, struct err *e)
{
	if (build_layers(b, p, e) || layout(b, p, st, e))
		return -1;
	return build_sums(b, p, e);
}

int craft(struct build *b, const struct plan *p, struct err *e)
{
	return craft_with(b, p, NULL, e);
}
