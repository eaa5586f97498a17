/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes as words: quotes, text: hex: @ fill: rand: count:, in payloads and in fields of text and
 * bytes. */
#include "notation/parser.h"

#include <errno.h>
#include <stdlib.h>

bool is_payload_word(const char *s, size_t n)
{
	return n && (s[0] == '"' || s[0] == '@' || begins(s, n, "text:") || begins(s, n, "hex:") ||
		     begins(s, n, "fill:") || begins(s, n, "rand:") || begins(s, n, "count:") ||
		     begins(s, n, "each:") || same(s, n, "none"));
}

static int hex_value(char c)
{
	return is_digit(c)                          ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						    : -1;
}

int hex_bytes(struct parser *ps, const struct say *say, const char *s, size_t n, const uint8_t **p,
	      uint32_t *len)
{
	uint8_t *out = arena_alloc(&ps->p->mem, n / 2 + 1);
	size_t k = 0;

	if (!out)
		return text_nomem(ps);
	for (size_t i = 0; i < n; i++) {
		int d = hex_value(s[i]);

		if (d < 0 && (s[i] == '.' || s[i] == ':' || is_blank(s[i])))
			continue;
		if (d < 0)
			return text_fail_in(ps, say, s + i, 1, "this is no hexadecimal digit");
		out[k / 2] = (uint8_t)(k % 2 ? out[k / 2] | d : d << 4);
		k++;
	}
	if (k % 2)
		return text_fail_in(ps, say, s, n,
				    "hex: takes two digits for each byte; here %s %zu",
				    k == 1 ? "is" : "are", k);
	if (k / 2 > PACKET_MAX)
		return text_fail_in(ps, say, s, n, "these are more than %u bytes", PACKET_MAX);
	*p = out;
	*len = (uint32_t)(k / 2);
	return 0;
}

static int read_all(struct parser *ps, const struct say *say, FILE *f, const char *s, size_t n,
		    const uint8_t **p, uint32_t *len)
{
	uint8_t *tmp = malloc(PACKET_MAX + 1), *out;
	size_t got = tmp ? fread(tmp, 1, PACKET_MAX + 1, f) : 0;
	int rc = -1;

	if (!tmp) {
		text_nomem(ps);
	} else if (ferror(f)) {
		text_fail_in(ps, say, s, n, "cannot read this: %s", strerror(errno));
		if (ps->e)
			ps->e->code = ERR_IO;
	} else if (got > PACKET_MAX) {
		text_fail_in(ps, say, s, n, "this holds more than %u bytes", PACKET_MAX);
	} else {
		out = arena_alloc(&ps->p->mem, got + 1);
		if (!out) {
			text_nomem(ps);
		} else {
			memcpy(out, tmp, got);
			*p = out;
			*len = (uint32_t)got;
			rc = 0;
		}
	}
	free(tmp);
	return rc;
}

static int file_bytes(struct parser *ps, const struct say *say, const char *s, size_t n,
		      const uint8_t **p, uint32_t *len)
{
	struct span_text path = { s, n };
	char *name;
	FILE *f;
	int rc;

	if (ps->flags & PLAN_NO_FILES)
		return text_fail_in(ps, say, s, n, "files are not read here");
	if (n == 0)
		return text_fail_in(ps, say, s, 1, "@ wants a file's name; @- is standard input");
	if (s[0] == '"' && text_unquote(ps, say, s, n, &path))
		return -1;
	if (same(s, n, "-"))
		return read_all(ps, say, stdin, s, n, p, len);
	name = arena_strndup(&ps->p->mem, path.s, path.n);
	if (!name)
		return text_nomem(ps);
	f = fopen(name, "rbe");
	if (!f) {
		bool denied = errno == EACCES;

		text_fail_in(ps, say, s, n, "cannot open %s: %s", name, strerror(errno));
		if (ps->e)
			ps->e->code = denied ? ERR_PERM : ERR_IO;
		return -1;
	}
	rc = read_all(ps, say, f, s, n, p, len);
	fclose(f);
	return rc;
}

static int size_number(struct parser *ps, const struct say *say, const char *s, size_t n,
		       uint32_t *len)
{
	uint64_t v;

	if (text_number(s, n, &v) || v > PACKET_MAX)
		return text_fail_in(ps, say, s, n ? n : 1,
				    "a number of bytes is wanted, at most %u", PACKET_MAX);
	*len = (uint32_t)v;
	return 0;
}

/* fill:n[:byte] and count:n */
static int made_bytes(struct parser *ps, const struct say *say, const char *s, size_t n, bool count,
		      const uint8_t **p, uint32_t *len)
{
	const char *colon = count ? NULL : memchr(s, ':', n);
	size_t digits = colon ? (size_t)(colon - s) : n;
	uint64_t byte = 0;
	uint8_t *out;

	if (size_number(ps, say, s, digits, len))
		return -1;
	if (colon && (text_number(colon + 1, n - digits - 1, &byte) || byte > 255))
		return text_fail_in(ps, say, colon + 1, n - digits - 1, "a byte is 0 to 255");
	out = arena_alloc(&ps->p->mem, *len + 1);
	if (!out)
		return text_nomem(ps);
	for (uint32_t i = 0; i < *len; i++)
		out[i] = (uint8_t)(count ? i : byte);
	*p = out;
	return 0;
}

int bytes_form(struct parser *ps, const struct say *say, const char *s, size_t n, bool literal,
	       const uint8_t **p, uint32_t *len)
{
	struct span_text t = { s, n };

	if (n && s[0] == '"') {
		if (text_unquote(ps, say, s, n, &t))
			return -1;
	} else if (begins(s, n, "text:")) {
		t = (struct span_text) { s + 5, n - 5 };
	} else if (begins(s, n, "hex:")) {
		return hex_bytes(ps, say, s + 4, n - 4, p, len);
	} else if (n && s[0] == '@') {
		return file_bytes(ps, say, s + 1, n - 1, p, len);
	} else if (begins(s, n, "fill:")) {
		return made_bytes(ps, say, s + 5, n - 5, false, p, len);
	} else if (begins(s, n, "count:")) {
		return made_bytes(ps, say, s + 6, n - 6, true, p, len);
	} else if (begins(s, n, "rand:")) {
		return size_number(ps, say, s + 5, n - 5, len) ? -1 : 1;
	} else if (!literal && same(s, n, "none")) {
		t.n = 0;
	} else if (!literal) {
		return text_fail_in(ps, say, s, n, "this is no payload");
	}
	if (t.n > PACKET_MAX)
		return text_fail_in(ps, say, s, n, "these are more than %u bytes", PACKET_MAX);
	*p = (const uint8_t *)t.s;
	*len = (uint32_t)t.n;
	return 0;
}
