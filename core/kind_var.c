/* SPDX-License-Identifier: BSD-2-Clause */
/* Encodings that say themselves how long they are: QUIC integers (RFC 9000 section 16), BER lengths
 * (X.690 section 8.1.3), MySQL's length-encoded integers, IPFIX's lengths, digits, and text with an
 * end mark. */
#include "core/kinds.h"

#include <string.h>

#define WIDTH_MAX                                                                                  \
	262144u /* zeros before a decimal, or an unasked-for width, never past a packet            \
		 */

static unsigned qvar_min(uint64_t v)
{
	return v < 1 << 6 ? 1 : v < 1 << 14 ? 2 : v < 1 << 30 ? 4 : v >> 62 ? 0 : 8;
}

static int qvar_read(const uint8_t *p, uint32_t n, struct value *v)
{
	uint32_t len, i;

	if (!n || n < (len = 1u << (p[0] >> 6)))
		return -1;
	for (v->num = p[0] & 0x3f, i = 1; i < len; i++)
		v->num = v->num << 8 | p[i];
	v->p = p;
	v->len = len;
	v->width = qvar_min(v->num) == len ? 0 : len;
	return (int)len;
}

static int put_be(struct buf *out, uint64_t v, unsigned n)
{
	while (n--)
		buf_char(out, (char)(v >> 8 * n));
	return out->failed ? -1 : 0;
}

static int qvar_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	unsigned min = qvar_min(v->num), len = width ? width : min;
	uint64_t form = len == 1 ? 0 : len == 2 ? 1 : len == 4 ? 2 : 3;

	(void)base;
	if (!min || len < min || (len != 1 && len != 2 && len != 4 && len != 8))
		return -1;
	return put_be(out, v->num | form << (8 * len - 2), len);
}

static int qvar_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		      struct value *v, struct err *e)
{
	(void)type, (void)mem;
	return num_parse(s, n, ((uint64_t)1 << 62) - 1, &v->num, e);
}

/* ---- BER length: below 128 itself, else the number of bytes that follow ---- */

static unsigned berlen_min(uint64_t v)
{
	unsigned n = 1;

	if (v < 128)
		return 1;
	while (v) {
		v >>= 8;
		n++;
	}
	return n;
}

/* 0x80 (indefinite) says no number, so it is not read. */
static int berlen_read(const uint8_t *p, uint32_t n, struct value *v)
{
	uint32_t more, i;

	if (!n || p[0] == 0x80)
		return -1;
	more = p[0] & 0x80 ? p[0] & 0x7f : 0;
	if (more > 8 || more >= n)
		return -1;
	v->num = more ? 0 : p[0];
	for (i = 1; i <= more; i++)
		v->num = v->num << 8 | p[i];
	v->p = p;
	v->len = more + 1;
	v->width = berlen_min(v->num) == more + 1 ? 0 : more + 1;
	return (int)more + 1;
}

static int berlen_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	unsigned min = berlen_min(v->num), len = width ? width : min;

	(void)base;
	if (len < min || len > 9)
		return -1;
	if (len == 1)
		return put_be(out, v->num, 1);
	buf_char(out, (char)(0x80 | (len - 1)));
	return put_be(out, v->num, len - 1);
}

/* ---- below 251 itself; 252, 253, 254: two, three, eight bytes follow, the low one first ---- */

static unsigned lenenc_min(uint64_t v)
{
	return v < 251 ? 1 : v < 1 << 16 ? 3 : v < 1 << 24 ? 4 : 9;
}

/* 251 is no number (where values stand: there is none), nor is 255. */
static int lenenc_read(const uint8_t *p, uint32_t n, struct value *v)
{
	static const uint8_t size[] = { 0, 3, 4, 9, 0 };
	uint32_t len = !n ? 0 : p[0] < 251 ? 1 : size[p[0] - 251], i;

	if (!len || n < len)
		return -1;
	v->num = len == 1 ? p[0] : 0;
	for (i = len - 1; i; i--)
		v->num = v->num << 8 | p[i];
	v->p = p;
	v->len = len;
	v->width = lenenc_min(v->num) == len ? 0 : len;
	return (int)len;
}

static int lenenc_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	unsigned min = lenenc_min(v->num), len = width ? width : min, i;

	(void)base;
	if (len < min || (len != 1 && len != 3 && len != 4 && len != 9))
		return -1;
	if (len > 1)
		buf_char(out, (char)(len == 9 ? 254 : 249 + len));
	for (i = 0; i < (len > 1 ? len - 1 : 1); i++)
		buf_char(out, (char)(v->num >> 8 * i));
	return out->failed ? -1 : 0;
}

/* ---- below 255 itself; 255: two bytes follow (RFC 7011 section 7) ---- */

static int len255_read(const uint8_t *p, uint32_t n, struct value *v)
{
	uint32_t len = n && p[0] == 255 ? 3 : 1;

	if (n < len)
		return -1;
	v->num = len == 1 ? p[0] : (uint64_t)(p[1] << 8 | p[2]);
	v->p = p;
	v->len = len;
	v->width = len == 3 && v->num < 255 ? 3 : 0;
	return (int)len;
}

static int len255_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	unsigned len = width ? width : v->num < 255 ? 1 : 3;

	(void)base;
	if (v->num > UINT16_MAX || (len == 1 && v->num > 254) || (len != 1 && len != 3))
		return -1;
	return put_be(out, len == 1 ? v->num : (uint64_t)255 << 16 | v->num, len);
}

static int u64_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		     struct value *v, struct err *e)
{
	(void)type, (void)mem;
	return num_parse(s, n, UINT64_MAX, &v->num, e);
}

static void var_print(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	buf_u64(out, v->num);
}

/* ---- ASCII digits, up to the first byte that is none ---- */

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 16;
}

static unsigned digits_of(uint64_t v, unsigned base)
{
	unsigned n = 1;

	while (v >= base) {
		v /= base;
		n++;
	}
	return n;
}

static int digits_read(const uint8_t *p, uint32_t n, unsigned base, struct value *v)
{
	uint32_t i;

	for (v->num = 0, i = 0; i < n && i < WIDTH_MAX; i++) {
		unsigned d = (unsigned)digit_of(p[i]);

		if (d >= base)
			break;
		if (v->num > (UINT64_MAX - d) / base)
			return -1;
		v->num = v->num * base + d;
	}
	if (!i || i == WIDTH_MAX)
		return -1;
	v->p = p;
	v->len = i;
	v->width = digits_of(v->num, base) == i ? 0 : i;
	return (int)i;
}

static int digits_write(struct buf *out, uint64_t v, unsigned base, unsigned width)
{
	unsigned n = digits_of(v, base);

	if (width && (width < n || width > WIDTH_MAX))
		return -1;
	for (; width > n; width--)
		buf_char(out, '0');
	if (base == 10)
		buf_u64(out, v);
	else
		buf_x64(out, v, 1);
	return out->failed ? -1 : 0;
}

static int decimal_read(const uint8_t *p, uint32_t n, struct value *v)
{
	return digits_read(p, n, 10, v);
}

static int decimal_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	(void)base;
	return digits_write(out, v->num, 10, width);
}

static int hexnum_read(const uint8_t *p, uint32_t n, struct value *v)
{
	return digits_read(p, n, 16, v);
}

/* Lower case; other digits are kept as hex: of the field. */
static int hexnum_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	(void)base;
	return digits_write(out, v->num, 16, width);
}

/* ---- text up to NUL, or to the end of its line ---- */

static int cstr_read(const uint8_t *p, uint32_t n, struct value *v)
{
	const uint8_t *nul = n ? memchr(p, 0, n) : NULL;

	if (!nul)
		return -1;
	v->p = p;
	v->len = (uint32_t)(nul - p);
	v->width = 0;
	return (int)v->len + 1;
}

/* What ends a text is not in it. width: with the mark, or of the bare text. */
static int text_write(struct buf *out, const struct value *v, unsigned width, const char *mark,
		      unsigned mark_len)
{
	if (v->len > WIDTH_MAX || (v->len && memchr(v->p, mark[mark_len - 1], v->len)))
		return -1;
	if (width && (width < v->len || width > v->len + mark_len))
		return -1;
	if (!width)
		width = v->len + mark_len;
	buf_put(out, v->p, v->len);
	buf_put(out, mark + mark_len - (width - v->len), width - v->len);
	return out->failed ? -1 : 0;
}

static int cstr_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	(void)base;
	return text_write(out, v, width, "", 1);
}

/* Ends in CRLF; a lone LF is read too, and is then one byte less than the width of the line. */
static int line_read(const uint8_t *p, uint32_t n, struct value *v)
{
	const uint8_t *lf = n ? memchr(p, '\n', n) : NULL;
	uint32_t len;

	if (!lf)
		return -1;
	len = (uint32_t)(lf - p);
	v->p = p;
	v->len = len && p[len - 1] == '\r' ? len - 1 : len;
	v->width = v->len < len ? 0 : len + 1;
	return (int)len + 1;
}

static int line_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	(void)base;
	return text_write(out, v, width, "\r\n", 2);
}

const struct kind kind_qvar = { .name = "qvar",
				.cls = KIND_NUM,
				.read = qvar_read,
				.write = qvar_write,
				.parse = qvar_parse,
				.print = var_print };
const struct kind kind_berlen = { .name = "berlen",
				  .cls = KIND_NUM,
				  .read = berlen_read,
				  .write = berlen_write,
				  .parse = u64_parse,
				  .print = var_print };
const struct kind kind_lenenc = { .name = "lenenc",
				  .cls = KIND_NUM,
				  .read = lenenc_read,
				  .write = lenenc_write,
				  .parse = u64_parse,
				  .print = var_print };
const struct kind kind_len255 = { .name = "len255",
				  .cls = KIND_NUM,
				  .read = len255_read,
				  .write = len255_write,
				  .parse = u64_parse,
				  .print = var_print };
const struct kind kind_decimal = { .name = "decimal",
				   .cls = KIND_NUM,
				   .read = decimal_read,
				   .write = decimal_write,
				   .parse = u64_parse,
				   .print = var_print };
const struct kind kind_hexnum = { .name = "hexnum",
				  .cls = KIND_NUM,
				  .read = hexnum_read,
				  .write = hexnum_write,
				  .parse = u64_parse,
				  .print = var_print };
const struct kind kind_cstr = {
	.name = "cstr", .cls = KIND_TEXT, .read = cstr_read, .write = cstr_write
};
const struct kind kind_line = {
	.name = "line", .cls = KIND_TEXT, .read = line_read, .write = line_write
};
