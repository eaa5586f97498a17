/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers as people write them: unsigned, signed and IEEE 754 binary. */
#include "core/kinds.h"
#include "core/bits.h"
#include "core/proto.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned type_bits(const struct type *type)
{
	unsigned bits = type ? type->bits : 0;

	return bits && bits < 64 ? bits : 64;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

enum num_result num_scan(const char *s, size_t n, bool *neg, uint64_t *v)
{
	unsigned base = 10;
	bool big = false;
	size_t i = 0;

	*neg = n && s[0] == '-';
	i += *neg;
	if (n - i > 2 && s[i] == '0' && (s[i + 1] | 0x20) == 'x')
		base = 16;
	else if (n - i > 2 && s[i] == '0' && (s[i + 1] | 0x20) == 'b')
		base = 2;
	i += base == 10 ? 0 : 2;
	if (i >= n)
		return NUM_NOT;
	for (*v = 0; i < n; i++) {
		unsigned d = (unsigned)digit_of(s[i]);

		if (d >= base)
			return NUM_NOT;
		if (*v > (UINT64_MAX - d) / base)
			big = true;
		*v = *v * base + d;
	}
	return big ? NUM_BIG : NUM_OK;
}

int num_parse(const char *s, size_t n, uint64_t max, uint64_t *v, struct err *e)
{
	bool neg;
	enum num_result r = num_scan(s, n, &neg, v);

	if (r == NUM_NOT)
		return err_at(e, "", s, n, 0, n, "'%.*s' is not a number: write 0 to %llu (0x%llx)",
			      quoted(n), s, (unsigned long long)max, (unsigned long long)max);
	if (r == NUM_BIG || *v > max || (neg && *v))
		return err_at(e, "", s, n, 0, n, "%.*s does not fit: write 0 to %llu (0x%llx)",
			      quoted(n), s, (unsigned long long)max, (unsigned long long)max);
	return 0;
}

int int_parse(const char *s, size_t n, unsigned width, uint64_t *v, struct err *e)
{
	uint64_t top = (uint64_t)1 << (width - 1);
	bool neg, raw = n > 1 && s[0] == '0' && (s[1] | 0x20) >= 'a';
	enum num_result r = num_scan(s, n, &neg, v);

	if (r == NUM_NOT)
		return err_at(e, "", s, n, 0, n, "'%.*s' is not a number: write %lld to %lld",
			      quoted(n), s, (long long)-(int64_t)(top - 1) - 1,
			      (long long)(top - 1));
	if (r == NUM_BIG || *v > (neg ? top : raw ? bits_mask(width) : top - 1))
		return err_at(e, "", s, n, 0, n, "%.*s does not fit: write %lld to %lld", quoted(n),
			      s, (long long)-(int64_t)(top - 1) - 1, (long long)(top - 1));
	*v = (uint64_t)sign_extend(neg ? 0 - *v : *v, width);
	return 0;
}

static int uint_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		      struct value *v, struct err *e)
{
	(void)mem;
	return num_parse(s, n, bits_mask(type_bits(type)), &v->num, e);
}

static void uint_print(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	buf_u64(out, v->num);
}

static int sint_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		      struct value *v, struct err *e)
{
	(void)mem;
	return int_parse(s, n, type_bits(type), &v->num, e);
}

static void sint_print(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	buf_i64(out, (int64_t)v->num);
}

/* ---- floating point: the value is its bits ---- */

static uint64_t bits_of(double d, float f, bool wide)
{
	uint64_t u = 0;
	uint32_t w;

	if (wide) {
		memcpy(&u, &d, 8);
		return u;
	}
	memcpy(&w, &f, 4);
	return w;
}

/* 0x digits are the IEEE bits themselves: infinities and every NaN can be said. */
static int float_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		       struct value *v, struct err *e)
{
	bool wide = type_bits(type) == 64, neg;
	char tmp[400], *end = NULL;
	size_t i;
	double d;
	float f;

	(void)mem;
	if (num_scan(s, n, &neg, &v->num) != NUM_NOT && n > 1 && s[0] == '0' && s[1] != '.' &&
	    digit_of(s[1]) >= 10)
		return num_parse(s, n, wide ? UINT64_MAX : UINT32_MAX, &v->num, e);
	for (i = 0; i < n && i < sizeof(tmp) - 1; i++)
		tmp[i] = s[i];
	tmp[i] = 0;
	/* Nothing that strtod would take beyond plain decimals: blanks, hex floats, locale words.
	 */
	if (!n || n > i || strspn(tmp, "0123456789+-.eE") != n || tmp[0] == '+') {
		if ((strcmp(tmp, "inf") && strcmp(tmp, "-inf")) || strlen(tmp) != n)
			goto bad;
	}
	errno = 0;
	d = wide ? strtod(tmp, &end) : 0;
	f = wide ? 0 : strtof(tmp, &end);
	if (end == tmp || *end)
		goto bad;
	if (errno == ERANGE && (wide ? isinf(d) : isinf(f)))
		return err_at(e, "", s, n, 0, n, "%.*s does not fit: the largest is %s", quoted(n),
			      s, wide ? "1.7976931348623157e308" : "3.4028235e38");
	v->num = bits_of(d, f, wide);
	return 0;
bad:
	return err_at(e, "", s, n, 0, n,
		      "'%.*s' is not a number: write 1.5, -2e3, inf, or 0x and the IEEE bits",
		      quoted(n), s);
}

/* "1e+30" as 1e30 and "1e-05" as 0.00001, since + and - stand between values in the notation; the
 * bits as hex where that would be long. False: not said this way. */
static bool tidy(const char *g, char *out, size_t cap, double d)
{
	const char *x = strchr(g, 'e');
	int exp, n, digits = 0;

	if (!x) {
		snprintf(out, cap, "%s", g);
		return true;
	}
	exp = atoi(x + 1);
	if (exp >= 0) {
		snprintf(out, cap, "%.*se%d", (int)(x - g), g, exp);
		return true;
	}
	for (const char *s = g; s < x; s++)
		digits += *s >= '0' && *s <= '9';
	n = digits - 1 - exp;
	if (n > 40)
		return false;
	snprintf(out, cap, "%.*f", n, d);
	return true;
}

static void float_print(const struct type *type, const struct value *v, struct buf *out)
{
	bool wide = type_bits(type) == 64;
	uint32_t w = (uint32_t)v->num;
	char g[64], text[96];
	double d;
	float f;
	int k;

	memcpy(&d, &v->num, 8);
	memcpy(&f, &w, 4);
	if (!wide)
		d = f;
	if (isinf(d)) {
		buf_str(out, d < 0 ? "-inf" : "inf");
		return;
	}
	/* What has up to FLT_DIG digits comes back from so many without its zeros, as %g writes it.
	 */
	k = !(wide ? isnormal(d) : isnormal(f)) ? 1 : wide ? DBL_DIG : FLT_DIG;
	for (; !isnan(d) && k <= (wide ? DBL_DECIMAL_DIG : FLT_DECIMAL_DIG); k++) {
		snprintf(g, sizeof(g), "%.*g", k, d);
		if (!tidy(g, text, sizeof(text), d))
			continue;
		if (wide ? strtod(text, NULL) == d : strtof(text, NULL) == f) {
			buf_str(out, text);
			return;
		}
	}
	buf_str(out, "0x");
	buf_x64(out, wide ? v->num : w, wide ? 16 : 8);
}

const struct kind kind_uint = {
	.name = "u", .cls = KIND_NUM, .parse = uint_parse, .print = uint_print
};
const struct kind kind_int = {
	.name = "i", .cls = KIND_NUM, .parse = sint_parse, .print = sint_print
};
const struct kind kind_float = {
	.name = "f", .cls = KIND_FLOAT, .parse = float_parse, .print = float_print
};
