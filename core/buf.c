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

const char buf_decimal_of[201] = "00010203040506070809"
				 "10111213141516171819"
				 "20212223242526272829"
				 "30313233343536373839"
				 "40414243444546474849"
				 "50515253545556575859"
				 "60616263646566676869"
				 "70717273747576777879"
				 "80818283848586878889"
				 "90919293949596979899";

void buf_nine(struct buf *b, uint32_t v)
{
	if (b->cap - b->n < 9 && !buf_grow(b, 9))
		return;
	for (unsigned i = 9; i > 1; v /= 100)
		memcpy(b->p + b->n + (i -= 2), buf_decimal_of + v % 100 * 2, 2);
	b->p[b->n] = (char)('0' + v % 10);
	b->n += 9;
}

#define E5 UINT64_C(100000)

/* Decimal digits of v. */
static unsigned decimals(uint64_t v)
{
	static const uint64_t ten[] = { 1,
					10,
					100,
					1000,
					10000,
					E5,
					E5 * 10,
					E5 * 100,
					E5 * 1000,
					E5 * 10000,
					E5 * E5,
					E5 * E5 * 10,
					E5 * E5 * 100,
					E5 * E5 * 1000,
					E5 * E5 * 10000,
					E5 * E5 * E5,
					E5 * E5 * E5 * 10,
					E5 * E5 * E5 * 100,
					E5 * E5 * E5 * 1000,
					E5 * E5 * E5 * 10000 };
	unsigned n = (64 - (unsigned)__builtin_clzll(v | 1)) * 1233 >> 12; /* log10(2) */

	return n + ((v | 1) >= ten[n]);
}

void buf_u64(struct buf *b, uint64_t v)
{
	unsigned n;
	uint32_t low;
	char *p;

	if (v < 10000 && b->cap - b->n >= 4) {
		unsigned high = (unsigned)v / 100;

		low = (unsigned)v % 100;
		p = b->p + b->n;
		if (high >= 10)
			*p++ = buf_decimal_of[high * 2];
		if (high)
			*p++ = buf_decimal_of[high * 2 + 1];
		if (high || low >= 10)
			*p++ = buf_decimal_of[low * 2];
		*p++ = buf_decimal_of[low * 2 + 1];
		b->n = (size_t)(p - b->p);
		return;
	}
	n = decimals(v);
	if (b->cap - b->n < n && !buf_grow(b, n))
		return;
	b->n += n;
	for (p = b->p + b->n; v > UINT32_MAX; v /= 100)
		memcpy(p -= 2, buf_decimal_of + v % 100 * 2, 2);
	for (low = (uint32_t)v; low >= 100; low /= 100)
		memcpy(p -= 2, buf_decimal_of + low % 100 * 2, 2);
	if (low >= 10)
		memcpy(p - 2, buf_decimal_of + low * 2, 2);
	else
		p[-1] = (char)('0' + low);
}

void buf_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_char(b, '-');
	buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

#define HEX16(h)                                                                                   \
	h "0" h "1" h "2" h "3" h "4" h "5" h "6" h "7" h "8" h "9" h "a" h "b" h "c" h "d" h      \
	  "e" h "f"
const char buf_hex_of[513] = HEX16("0") HEX16("1") HEX16("2") HEX16("3") HEX16("4") HEX16("5")
	HEX16("6") HEX16("7") HEX16("8") HEX16("9") HEX16("a") HEX16("b") HEX16("c") HEX16("d")
		HEX16("e") HEX16("f");

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
		memcpy(o, buf_hex_of + 2 * p[i], 2);
		o += 2;
	}
	b->n += 2 * n;
}
