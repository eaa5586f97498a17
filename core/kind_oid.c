/* SPDX-License-Identifier: BSD-2-Clause */
/* Object identifiers (X.690 section 8.19): base-128 arcs, printed dotted. An encoding that dots
 * would not rebuild is printed as 0x and its bytes. */
#include "core/kinds.h"

#include <string.h>

/* The arc at p[*at..n). False when it is not the shortest form, not ended, or wider than 64 bits.
 */
static bool arc_get(const uint8_t *p, uint32_t n, uint32_t *at, uint64_t *v)
{
	*v = 0;
	if (p[*at] == 0x80)
		return false;
	while (*at < n) {
		uint8_t c = p[(*at)++];

		if (*v >> 57)
			return false;
		*v = *v << 7 | (c & 0x7f);
		if (!(c & 0x80))
			return true;
	}
	return false;
}

static void oid_print(const struct type *type, const struct value *v, struct buf *out)
{
	uint32_t at = 0;
	uint64_t arc;
	size_t was = out->n;

	(void)type;
	while (at < v->len) {
		bool first = at == 0;
		unsigned top;

		if (!arc_get(v->p, v->len, &at, &arc))
			break;
		if (first) {
			top = arc < 40 ? 0 : arc < 80 ? 1 : 2;
			buf_u64(out, top);
			arc -= top * 40;
		}
		buf_char(out, '.');
		buf_u64(out, arc);
		if (at == v->len)
			return;
	}
	out->n = was;
	buf_str(out, "0x");
	buf_hex(out, v->p, v->len);
}

static unsigned arc_put(uint8_t *p, uint64_t v)
{
	unsigned n = 1, i;

	while (n < 10 && v >> 7 * n)
		n++;
	for (i = 0; i < n; i++)
		p[i] = (uint8_t)((v >> 7 * (n - 1 - i) & 0x7f) | (i + 1 < n ? 0x80 : 0));
	return n;
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits after 0x into p; -1: not pairs of hex digits. */
static int hex_scan(const char *s, size_t n, uint8_t *p)
{
	size_t i;

	if (n % 2)
		return -1;
	for (i = 0; i < n; i += 2) {
		if (hex_of(s[i]) < 0 || hex_of(s[i + 1]) < 0)
			return -1;
		p[i / 2] = (uint8_t)(hex_of(s[i]) << 4 | hex_of(s[i + 1]));
	}
	return (int)(n / 2);
}

/* Dotted arcs into p, as many bytes as text: no arc takes more bytes than digits. -1: malformed. */
static int dots_scan(const char *s, size_t n, uint8_t *p)
{
	uint64_t v, top = 0;
	size_t i = 0, from;
	unsigned arcs = 0, len = 0;
	bool neg;

	while (i <= n) {
		for (from = i; i < n && s[i] >= '0' && s[i] <= '9';)
			i++;
		if (i == from || (i < n && s[i] != '.') ||
		    num_scan(s + from, i - from, &neg, &v) != NUM_OK)
			return -1;
		if (arcs == 0 && v > 2)
			return -1;
		if (arcs == 1 && ((top < 2 && v > 39) || v > UINT64_MAX - 80))
			return -1;
		if (arcs == 0)
			top = v;
		else
			len += arc_put(p + len, arcs == 1 ? top * 40 + v : v);
		arcs++;
		i++;
	}
	return arcs < 2 ? -1 : (int)len;
}

static int oid_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		     struct value *v, struct err *e)
{
	uint8_t *p = n < 65536 ? arena_alloc(mem, n + 16) : NULL;
	int len;

	(void)type;
	if (n < 65536 && !p)
		return err_set(e, ERR_IO, "out of memory");
	if (!p)
		len = -1;
	else if (n >= 2 && s[0] == '0' && (s[1] | 0x20) == 'x')
		len = hex_scan(s + 2, n - 2, p);
	else
		len = dots_scan(s, n, p);
	if (len < 0)
		return err_at(
			e, "", s, n, 0, n,
			"'%.*s' is not an object identifier: write 1.3.6.1, or 0x and its bytes",
			quoted(n), s);
	v->p = p;
	v->len = (uint32_t)len;
	return 0;
}

const struct kind kind_oid = {
	.name = "oid", .cls = KIND_NAME, .parse = oid_parse, .print = oid_print
};
