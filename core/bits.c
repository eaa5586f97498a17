/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place that reads and writes numbers of 1 to 64 bits at any bit offset. */
#include "core/bits.h"

#include <endian.h>
#include <string.h>

uint64_t bits_get(const uint8_t *p, uint64_t bit, unsigned width)
{
	unsigned shift = bit & 7, have, n;
	uint64_t v;

	p += bit >> 3;
	if (!shift) {
		uint32_t w;

		switch (width) {
		case 8: return p[0];
		case 16: return be16(p);
		case 32: memcpy(&w, p, 4); return be32toh(w);
		case 64: memcpy(&v, p, 8); return be64toh(v);
		default: break;
		}
	}
	have = 8 - shift; /* bits of the first byte */
	v = p[0] & (0xffu >> shift);
	if (width <= have)
		return v >> (have - width);
	for (n = width - have, p++; n >= 8; n -= 8)
		v = v << 8 | *p++;
	return n ? v << n | *p >> (8 - n) : v;
}

void bits_put(uint8_t *p, uint64_t bit, unsigned width, uint64_t v)
{
	unsigned shift = bit & 7, have = 8 - shift, n = width, mask;

	p += bit >> 3;
	if (!shift) {
		uint32_t w;

		switch (width) {
		case 8: p[0] = (uint8_t)v; return;
		case 16:
			p[0] = (uint8_t)(v >> 8);
			p[1] = (uint8_t)v;
			return;
		case 32:
			w = htobe32((uint32_t)v);
			memcpy(p, &w, 4);
			return;
		case 64:
			v = htobe64(v);
			memcpy(p, &v, 8);
			return;
		default: break;
		}
	}
	if (n <= have) { /* all in one byte: its neighbours on both sides stay */
		mask = (0xffu >> shift) & (0xffu << (have - n));
		*p = (uint8_t)((*p & ~mask) | ((v << (have - n)) & mask));
		return;
	}
	n -= have;
	mask = 0xffu >> shift;
	*p = (uint8_t)((*p & ~mask) | (v >> n & mask));
	for (p++; n >= 8; p++) {
		n -= 8;
		*p = (uint8_t)(v >> n);
	}
	if (n) {
		mask = 0xff & (0xffu << (8 - n));
		*p = (uint8_t)((*p & ~mask) | ((v << (8 - n)) & mask));
	}
}

uint64_t bits_get_le(const uint8_t *p, uint64_t bit, unsigned width)
{
	unsigned shift = bit & 7, i;
	uint64_t v = 0;

	p += bit / 8;
	for (i = (width + shift + 7) / 8; i-- > 0;)
		v = i == 8 ? 0 : v << 8 | p[i];
	v >>= shift;
	if (shift && width + shift > 64)
		v |= (uint64_t)p[8] << (64 - shift);
	return width >= 64 ? v : v & (((uint64_t)1 << width) - 1);
}

void bits_put_le(uint8_t *p, uint64_t bit, unsigned width, uint64_t v)
{
	unsigned shift = bit & 7, n;

	for (p += bit / 8; width; p++, width -= n, v >>= n, shift = 0) {
		unsigned mask;

		n = 8 - shift < width ? 8 - shift : width;
		mask = (0xffu >> (8 - n)) << shift;
		*p = (uint8_t)((*p & ~mask) | (v << shift & mask));
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hex_number(const char *s, size_t n, unsigned digits)
{
	int v = 0, d;

	if (n < digits)
		return -1;
	for (unsigned i = 0; i < digits; i++) {
		d = hex_digit(s[i]);
		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

int64_t hex_decode(const char *s, size_t n, uint8_t *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		int d = hex_digit(s[i]);

		if (d < 0 && (s[i] == '.' || s[i] == ':' || s[i] == ' ' || s[i] == '\t'))
			continue;
		if (d < 0)
			return -1;
		out[k / 2] = (uint8_t)(k % 2 ? out[k / 2] | d : d << 4);
		k++;
	}
	return k % 2 ? -1 : (int64_t)(k / 2);
}
