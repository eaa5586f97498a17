/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks of addresses of any kind: see net.h. */
#include "play/net.h"

#include <string.h>

bool net_number(const char *s, size_t n, uint64_t most, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9' || *v > most)
			return false;
		*v = *v * 10 + (uint64_t)(s[i] - '0');
	}
	return n && *v <= most;
}

bool net_parse(const char *s, size_t n, const struct kind *kind, struct arena *mem, struct net *out)
{
	const char *slash = memchr(s, '/', n);
	size_t len = slash ? (size_t)(slash - s) : n;
	uint64_t bits;
	struct err no;

	for (unsigned i = 0; kind_at(i); i++) {
		const struct kind *k = kind_at(i);
		const struct type type = { .form = TYPE_LEAF, .kind = k, .bits = k->bits };
		struct value v = { 0 };

		if (k->cls != KIND_ADDR || (kind && kind != k) || k->bits > 128 ||
		    k->parse(&type, s, len, mem, &v, &no) || v.len != k->bits / 8u)
			continue;
		*out = (struct net) { .kind = k, .bits = k->bits };
		memcpy(out->b, v.p, v.len);
		if (!slash)
			return true;
		if (!net_number(slash + 1, n - len - 1, k->bits, &bits))
			return false;
		out->bits = (unsigned)bits;
		return true;
	}
	return false;
}

bool net_same(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return !memcmp(a, b, whole) && (!rest || !((a[whole] ^ b[whole]) >> (8 - rest)));
}

bool net_holds(const struct net *w, const uint8_t *p)
{
	return net_same(w->b, p, w->bits);
}
