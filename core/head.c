/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands before the data of a prefixed type: marks (a tag) and lengths, one pair inside the
 * other, and the number of bytes that a number of free width takes. */
#include "core/head.h"

#include "core/bits.h"
#include "core/walk.h"

static int number_read(const struct type *t, const uint8_t *p, uint32_t n, uint64_t *v)
{
	unsigned bits = leaf_bits(t);
	struct value num = { 0 };
	int used;

	if (bits) {
		if (n < bits / 8)
			return -1;
		*v = t->le ? bits_get_le(p, 0, bits) : bits_get(p, 0, bits);
		return (int)bits / 8;
	}
	used = n ? t->kind->read(p, n, &num) : -1;
	*v = num.num;
	return used;
}

bool mark_here(const struct extent *x, const uint8_t *p, uint32_t n)
{
	while (x->outer)
		x = x->outer;
	return n >= x->mark_len && memcmp(p, x->mark, x->mark_len) == 0;
}

/* The parser bounds how many stand inside one another. */
int head_read(const struct extent *x, const uint8_t *p, uint32_t n, struct head *h)
{
	struct head out = { 0 };
	uint64_t all;
	int used;

	if (x->outer && head_read(x->outer, p, n, &out))
		return -1;
	h->len = out.len;
	if (n - h->len < x->mark_len || memcmp(p + h->len, x->mark, x->mark_len) != 0)
		return -1;
	h->len += x->mark_len;
	h->at = h->len;
	used = number_read(x->prefix, p + h->len, n - h->len, &h->value);
	if (used < 0)
		return -1;
	h->len += (uint32_t)used;
	if (!x->outer || x->form == EXTENT_PREFIX_COUNT)
		return 0;
	/* What stands around it holds it and nothing else. */
	all = h->len - out.len + h->value;
	return out.value == all && all >= h->value ? 0 : -1;
}

static int number_write(const struct type *t, uint64_t v, unsigned width, struct buf *out)
{
	unsigned bits = leaf_bits(t);
	struct value num = { .num = v };
	uint8_t raw[8];

	if (!bits)
		return t->kind->write(out, 0, &num, width);
	if (bits < 64 && v >> bits)
		return -1;
	if (t->le)
		bits_put_le(raw, 0, bits, v);
	else
		bits_put(raw, 0, bits, v);
	buf_put(out, raw, bits / 8);
	return 0;
}

int head_write(const struct extent *x, uint64_t value, uint64_t body, unsigned width,
	       struct buf *out)
{
	struct buf in = { 0 };
	int rc;

	buf_put(&in, x->mark, x->mark_len);
	rc = number_write(x->prefix, value, width, &in) < 0 || in.failed ? -1 : 0;
	if (rc == 0 && x->outer)
		rc = head_write(x->outer, in.n + body, in.n + body, 0, out);
	if (rc == 0)
		buf_put(out, in.p, in.n);
	out->failed |= in.failed;
	buf_done(&in);
	return out->failed ? -1 : rc;
}

unsigned number_bytes(const struct type *t, uint64_t v)
{
	bool sign = t->kind == &kind_int;
	unsigned n = sign;

	if (sign && (int64_t)v < 0)
		v = ~v;
	while (n < 8 && v >> (8 * n - sign))
		n++;
	return n;
}
