/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks of addresses of any kind: see net.h. */
#include "play/net.h"

#include <string.h>

static bool take_bits(const char *s, size_t n, unsigned most, unsigned *bits)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9' || v > most)
			return false;
		v = v * 10 + (unsigned)(s[i] - '0');
	}
	*bits = v;
	return n && v <= most;
}

bool net_parse(const char *s, size_t n, const struct kind *kind, struct arena *mem, struct net *out)
{
	const char *slash = memchr(s, '/', n);
	size_t len = slash ? (size_t)(slash - s) : n;
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
		return !slash || take_bits(slash + 1, n - len - 1, k->bits, &out->bits);
	}
	return false;
}

bool net_holds(const struct net *w, const uint8_t *p)
{
	unsigned whole = w->bits / 8, rest = w->bits % 8;

	return !memcmp(p, w->b, whole) && (!rest || !((p[whole] ^ w->b[whole]) >> (8 - rest)));
}
