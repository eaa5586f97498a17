/* SPDX-License-Identifier: BSD-2-Clause */
/* A growing byte buffer: text for the printers, bytes for the builders. Zero-initialised is empty
 * and valid. */
#ifndef STRATA_CORE_BUF_H
#define STRATA_CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *p; /* n bytes, not NUL-terminated (see buf_cstr) */
	size_t n, cap;
	bool failed; /* an allocation failed; what came after it is missing */
};

/* Make room for n more bytes; false (and b->failed) when memory is out. */
bool buf_grow(struct buf *b, size_t n);
void buf_done(struct buf *b);        /* frees; b is empty and valid again */
const char *buf_cstr(struct buf *b); /* NUL-terminated view; valid until the next change */
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_u64(struct buf *b, uint64_t v);  /* decimal */
void buf_nine(struct buf *b, uint32_t v); /* v < 10^9 as nine digits */
void buf_i64(struct buf *b, int64_t v);
void buf_x64(struct buf *b, uint64_t v, unsigned min_digits); /* lower-case hex digits, no 0x */
void buf_hex(struct buf *b, const uint8_t *p, size_t n);      /* lower-case hex digits of bytes */

/* Two lower-case hex digits for each byte, "000102...ff". */
extern const char buf_hex_of[513];
/* Two decimal digits for each number under 100, "000102...99". */
extern const char buf_decimal_of[201];
void buf_put_long(struct buf *b, const void *p, size_t n); /* what buf_put does with many bytes */

/* 1 to 16 bytes without a call: two copies that overlap. */
static inline void buf_copy_short(char *to, const char *from, size_t n)
{
	uint64_t a, b;
	uint32_t c, d;
	char e, f;

	if (n >= 8) {
		memcpy(&a, from, 8);
		memcpy(&b, from + n - 8, 8);
		memcpy(to, &a, 8);
		memcpy(to + n - 8, &b, 8);
	} else if (n >= 4) {
		memcpy(&c, from, 4);
		memcpy(&d, from + n - 4, 4);
		memcpy(to, &c, 4);
		memcpy(to + n - 4, &d, 4);
	} else {
		e = from[n / 2];
		f = from[n - 1];
		to[0] = from[0];
		to[n / 2] = e;
		to[n - 1] = f;
	}
}
static inline void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n > 16 || b->cap - b->n < n) {
		buf_put_long(b, p, n);
	} else if (n) {
		buf_copy_short(b->p + b->n, (const char *)p, n);
		b->n += n;
	}
}
static inline void buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}
static inline void buf_char(struct buf *b, char c)
{
	if (b->cap > b->n || buf_grow(b, 1))
		b->p[b->n++] = c;
}

#endif
