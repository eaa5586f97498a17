/* SPDX-License-Identifier: BSD-2-Clause */
/* A growing byte buffer. */
#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool buf_grow(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 64;
	char *p;

	if (b->cap - b->n >= n)
		return true;
	if (n > SIZE_MAX / 4 - b->n) {
		b->failed = true;
		return false;
	}
	while (cap - b->n < n)
		cap *= 2;
	p = realloc(b->p, cap);
	if (!p) {
		b->failed = true;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_put_long(struct buf *b, const void *p, size_t n)
{
	if (n && buf_grow(b, n)) {
		memcpy(b->p + b->n, p, n);
		b->n += n;
	}
}

void buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf) { 0 };
}

const char *buf_cstr(struct buf *b)
{
	if (b->cap == b->n && !buf_grow(b, 1))
		return "";
	b->p[b->n] = 0;
	return b->p;
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	size_t room;
	int n;

	if (!buf_grow(b, 32))
		return;
	room = b->cap - b->n;
	va_start(ap, fmt);
	n = vsnprintf(b->p + b->n, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= room) {
		if (!buf_grow(b, (size_t)n + 1))
			return;
		va_start(ap, fmt);
		n = vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
		va_end(ap);
		if (n < 0)
			return;
	}
	b->n += (size_t)n;
}

static const char pairs[201] = "00010203040506070809"
			       "10111213141516171819"
			       "20212223242526272829"
			       "30313233343536373839"
			       "40414243444546474849"
			       "50515253545556575859"
			       "60616263646566676869"
			       "70717273747576777879"
			       "80818283848586878889"
			       "90919293949596979899";

void buf_u64(struct buf *b, uint64_t v)
{
	unsigned n = 1;
	char *p;

	if (v < 10000 && b->cap - b->n >= 4) {
		unsigned high = (unsigned)v / 100, low = (unsigned)v % 100;

		p = b->p + b->n;
		if (high >= 10)
			*p++ = pairs[high * 2];
		if (high)
			*p++ = pairs[high * 2 + 1];
		if (high || low >= 10)
			*p++ = pairs[low * 2];
		*p++ = pairs[low * 2 + 1];
		b->n = (size_t)(p - b->p);
		return;
	}
	for (uint64_t ten = 10; n < 20 && v >= ten; ten *= 10)
		n++;
	if (b->cap - b->n < n && !buf_grow(b, n))
		return;
	b->n += n;
	for (p = b->p + b->n; v >= 100; v /= 100) {
		*--p = pairs[v % 100 * 2 + 1];
		*--p = pairs[v % 100 * 2];
	}
	if (v >= 10) {
		*--p = pairs[v * 2 + 1];
		*--p = pairs[v * 2];
	} else {
		*--p = (char)('0' + v);
	}
}

void buf_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_char(b, '-');
	buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static const char digits[] = "0123456789abcdef";

void buf_x64(struct buf *b, uint64_t v, unsigned min_digits)
{
	char tmp[16], *p = tmp + sizeof(tmp);

	do {
		*--p = digits[v & 15];
		v >>= 4;
	} while (v);
	for (; min_digits > 16; min_digits--)
		buf_char(b, '0');
	while (p > tmp && (size_t)(tmp + sizeof(tmp) - p) < min_digits)
		*--p = '0';
	buf_put(b, p, (size_t)(tmp + sizeof(tmp) - p));
}

void buf_hex(struct buf *b, const uint8_t *p, size_t n)
{
	char *o;
	size_t i;

	if (!n || n > SIZE_MAX / 8 || !buf_grow(b, 2 * n)) {
		b->failed |= n > SIZE_MAX / 8;
		return;
	}
	for (o = b->p + b->n, i = 0; i < n; i++) {
		*o++ = digits[p[i] >> 4];
		*o++ = digits[p[i] & 15];
	}
	b->n += 2 * n;
}
