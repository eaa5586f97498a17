/* SPDX-License-Identifier: BSD-2-Clause */
/* Digits in half bytes: bcd, the high half first, and tbcd, the low half first with a last half of
 * 15 as filler (telephone and subscriber numbers, 3GPP TS 29.002). Halves of 10 to 15 print as a to
 * f, so that every byte can be said. */
#include "core/kinds.h"
#include "core/proto.h"

static const char digits[] = "0123456789abcdef";

static int half_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static int digits_parse(const char *s, size_t n, bool low, struct arena *mem, struct value *v,
			struct err *e)
{
	uint8_t *p = arena_alloc(mem, n / 2 + 1);

	if (!p)
		return err_set(e, ERR_IO, "out of memory");
	if (n % 2 && !low)
		return err_at(e, "", s, n, 0, n, "two digits make a byte; here are %zu", n);
	for (size_t i = 0; i < n; i++) {
		int h = half_of(s[i]);

		if (h < 0)
			return err_at(e, "", s, n, i, 1, "'%.*s' is no number in digits", quoted(n),
				      s);
		p[i / 2] = (uint8_t)(p[i / 2] | h << ((i % 2 == 1) == low ? 4 : 0));
	}
	if (n % 2)
		p[n / 2] |= 0xf0;
	v->p = p;
	v->len = (uint32_t)(n + 1) / 2;
	return 0;
}

static int bcd_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		     struct value *v, struct err *e)
{
	(void)type;
	return digits_parse(s, n, false, mem, v, e);
}

static int tbcd_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		      struct value *v, struct err *e)
{
	(void)type;
	return digits_parse(s, n, true, mem, v, e);
}

static void bcd_print(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	buf_hex(out, v->p, v->len);
}

static void tbcd_print(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	for (uint32_t i = 0; i < v->len; i++) {
		buf_char(out, digits[v->p[i] & 15]);
		if (i + 1 < v->len || v->p[i] >> 4 != 15)
			buf_char(out, digits[v->p[i] >> 4]);
	}
}

const struct kind kind_bcd = {
	.name = "bcd", .cls = KIND_NAME, .parse = bcd_parse, .print = bcd_print
};
const struct kind kind_tbcd = {
	.name = "tbcd", .cls = KIND_NAME, .parse = tbcd_parse, .print = tbcd_print
};
