/* SPDX-License-Identifier: BSD-2-Clause */
/* Text in UTF-16 (RFC 2781), printed as UTF-8. What is no character (a lone surrogate, a control
 * code) is printed as \uXXXX, a backslash as two, an odd last byte as \xHH, so that all bytes come
 * back. */
#include "core/kinds.h"
#include "core/bits.h"
#include "core/proto.h"

#define REPLACEMENT 0xfffd /* of what is no character */

static unsigned unit_at(const uint8_t *p, bool le)
{
	return le ? (unsigned)(p[1] << 8 | p[0]) : (unsigned)(p[0] << 8 | p[1]);
}

static void put_utf8(uint32_t c, struct buf *out)
{
	if (c < 0x80) {
		buf_char(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_char(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_char(out, (char)(0xe0 | c >> 12));
		} else {
			buf_char(out, (char)(0xf0 | c >> 18));
			buf_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_char(out, (char)(0x80 | (c & 0x3f)));
}

/* Would it move a terminal, or turn its text around? */
static bool odd(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000) ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c >= 0x110000;
}

/* Text of fixed size is filled up with zeros. */
static uint32_t used(const struct type *type, const struct value *v)
{
	uint32_t n = v->len;

	if (type && type->ext.form == EXTENT_BYTES && type->ext.expr->op == EX_NUM && n % 2 == 0) {
		while (n && !v->p[n - 1] && !v->p[n - 2])
			n -= 2;
	}
	return n;
}

static void print16(const struct type *type, const struct value *v, bool le, bool plain,
		    struct buf *out)
{
	uint32_t n = used(type, v), i = 0;

	for (; i + 1 < n; i += 2) {
		uint32_t c = unit_at(v->p + i, le), low;

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < n) {
			low = unit_at(v->p + i + 2, le);
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
				i += 2;
			}
		}
		if (plain)
			put_utf8(c >= 0xd800 && c < 0xe000 ? REPLACEMENT : c, out);
		else if (c == '\\')
			buf_str(out, "\\\\");
		else if (odd(c))
			buf_fmt(out, "\\u%04x", c);
		else
			put_utf8(c, out);
	}
	if (i < n && plain)
		put_utf8(REPLACEMENT, out);
	else if (i < n)
		buf_fmt(out, "\\x%02x", v->p[i]);
}

/* One character of UTF-8; a byte that is none of it stands for itself (Latin-1). */
static uint32_t take_utf8(const char *s, size_t n, size_t *i)
{
	uint8_t c = (uint8_t)s[(*i)++];
	unsigned more = c >= 0xf0 && c < 0xf5 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0, k;
	uint32_t v = c & (0x3fu >> more);

	if (c < 0xc2 || c >= 0xf5 || n - *i < more)
		return c;
	for (k = 0; k < more; k++) {
		uint8_t b = (uint8_t)s[*i + k];

		if ((b & 0xc0) != 0x80)
			return c;
		v = v << 6 | (b & 0x3f);
	}
	if ((more == 2 && v < 0x800) || (more == 3 && (v < 0x10000 || v > 0x10ffff)))
		return c;
	*i += more;
	return v;
}

static uint8_t *put_unit(uint8_t *p, unsigned c, bool le)
{
	p[le] = (uint8_t)(c >> 8);
	p[!le] = (uint8_t)c;
	return p + 2;
}

static int parse16(const char *s, size_t n, bool le, struct arena *mem, struct value *v,
		   struct err *e)
{
	uint8_t *p = arena_alloc(mem, 2 * n + 2), *o = p;
	int code;

	if (!p)
		return err_set(e, ERR_IO, "out of memory");
	for (size_t i = 0; i < n;) {
		uint32_t c;

		if (s[i] == '\\') {
			if (i + 1 < n && s[i + 1] == '\\') {
				o = put_unit(o, '\\', le);
				i += 2;
			} else if (i + 1 < n && s[i + 1] == 'u' &&
				   (code = hex_number(s + i + 2, n - i - 2, 4)) >= 0) {
				o = put_unit(o, (unsigned)code, le);
				i += 6;
			} else if (i + 4 == n && s[i + 1] == 'x' &&
				   (code = hex_number(s + i + 2, n - i - 2, 2)) >= 0) {
				*o++ = (uint8_t)code;
				i += 4;
			} else {
				return err_at(
					e, "", s, n, i, 1,
					"a backslash begins \\\\, \\uXXXX, or \\xHH at the end");
			}
			continue;
		}
		c = take_utf8(s, n, &i);
		if (c >= 0x10000) {
			o = put_unit(o, 0xd800 + ((c - 0x10000) >> 10), le);
			c = 0xdc00 + (c & 0x3ff);
		}
		o = put_unit(o, c, le);
	}
	v->p = p;
	v->len = (uint32_t)(o - p);
	return 0;
}

static int parse_le(const struct type *type, const char *s, size_t n, struct arena *mem,
		    struct value *v, struct err *e)
{
	(void)type;
	return parse16(s, n, true, mem, v, e);
}

static int parse_be(const struct type *type, const char *s, size_t n, struct arena *mem,
		    struct value *v, struct err *e)
{
	(void)type;
	return parse16(s, n, false, mem, v, e);
}

static void print_le(const struct type *type, const struct value *v, struct buf *out)
{
	print16(type, v, true, false, out);
}

static void plain_le(const struct type *type, const struct value *v, struct buf *out)
{
	print16(type, v, true, true, out);
}

static void print_be(const struct type *type, const struct value *v, struct buf *out)
{
	print16(type, v, false, false, out);
}

static void plain_be(const struct type *type, const struct value *v, struct buf *out)
{
	print16(type, v, false, true, out);
}

const struct kind kind_utf16le = {
	.name = "utf16le", .cls = KIND_NAME, .parse = parse_le, .print = print_le, .plain = plain_le
};
const struct kind kind_utf16be = {
	.name = "utf16be", .cls = KIND_NAME, .parse = parse_be, .print = print_be, .plain = plain_be
};
