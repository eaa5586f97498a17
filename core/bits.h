/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place that reads and writes numbers of 1 to 64 bits at any bit offset. Bit 0 is the top
 * bit of byte 0. */
#ifndef STRATA_CORE_BITS_H
#define STRATA_CORE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Big-endian number of width bits (1..64) at bit offset bit. The caller has checked that it lies
 * inside p. */
uint64_t bits_get(const uint8_t *p, uint64_t bit, unsigned width);
void bits_put(uint8_t *p, uint64_t bit, unsigned width, uint64_t v);
/* Little-endian number: bit n counts from the low end of byte n / 8 up, so that fields of a
 * little-endian word follow one another from its lowest bit. */
uint64_t bits_get_le(const uint8_t *p, uint64_t bit, unsigned width);
void bits_put_le(uint8_t *p, uint64_t bit, unsigned width, uint64_t v);

static inline uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}
static inline int64_t sign_extend(uint64_t v, unsigned width)
{
	return width >= 64 ? (int64_t)v : (int64_t)(v << (64 - width)) >> (64 - width);
}

/* The number of exactly so many hexadecimal digits at s[0..n); -1: that is not what stands there.
 */
int hex_number(const char *s, size_t n, unsigned digits);
/* Hexadecimal digits to bytes, dots, colons and blanks between them passed over: n / 2 bytes are
 * room enough. How many; -1: an odd number of digits, or something else. */
int64_t hex_decode(const char *s, size_t n, uint8_t *out);

#endif
