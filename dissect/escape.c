/* SPDX-License-Identifier: BSD-2-Clause */
/* Escaping for terminals, JSON and CSV. */
#include "dissect/escape.h"

static void hex_escape(uint8_t c, struct buf *out)
{
	static const char digit[] = "0123456789abcdef";
	char s[4] = { '\\', 'x', digit[c >> 4], digit[c & 15] };

	buf_put(out, s, 4);
}

void escape_term(const uint8_t *p, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		switch (p[i]) {
		case '\n': buf_put(out, "\\n", 2); break;
		case '\r': buf_put(out, "\\r", 2); break;
		case '\t': buf_put(out, "\\t", 2); break;
		case '\\': buf_put(out, "\\\\", 2); break;
		case '"': buf_put(out, "\\\"", 2); break;
		default:
			if (p[i] < 0x20 || p[i] > 0x7e)
				hex_escape(p[i], out);
			else
				buf_char(out, (char)p[i]);
		}
	}
}

/* Length of the valid UTF-8 sequence at p (RFC 3629: no surrogates, nothing overlong); 0: none. */
static unsigned utf8_len(const uint8_t *p, size_t n)
{
	unsigned len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] > 0xf4 || len > n)
		return 0;
	for (unsigned i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/* A character of two or three bytes that a terminal obeys: C1 controls (U+0080 to U+009F), marks of
 * direction (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), line and paragraph separators.
 * Its number; 0: it is none. */
static unsigned obeyed(const uint8_t *p, unsigned len)
{
	unsigned c = len == 2   ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)
		     : len == 3 ? (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu)
				: 0;

	return (c >= 0x80 && c < 0xa0) || c == 0x200e || c == 0x200f ||
			       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)
		       ? c
		       : 0;
}

/* Are eight bytes printable ASCII, without quote and backslash? Bit 7 of each byte of v tells. */
static bool plain_eight(const uint8_t *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
	uint64_t v, quote, slash, del;

	memcpy(&v, p, 8);
	quote = v ^ ones * '"';
	slash = v ^ ones * '\\';
	del = v ^ ones * 0x7f;
	return !((v | (v - ones * 0x20) | (quote - ones) | (slash - ones) | (del - ones)) & high);
}

/* What stands for an ASCII character: itself, \\ and a letter, or its number. */
static char *put_ascii(char *o, uint8_t c)
{
	static const char digit[] = "0123456789abcdef";
	static const char letters[32] = { ['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r' };
	char letter = 0;

	if (c >= 0x20 && c < 0x7f) {
		if (c == '"' || c == '\\')
			*o++ = '\\';
		*o++ = (char)c;
		return o;
	}
	if (c < sizeof(letters))
		letter = letters[c];
	*o++ = '\\';
	if (letter) {
		*o++ = letter;
		return o;
	}
	memcpy(o, "u00", 3);
	o[3] = digit[c >> 4];
	o[4] = digit[c & 15];
	return o + 5;
}

#define PIECE 64 /* bytes for which room is made at once */

void escape_json(const uint8_t *p, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n;) {
		size_t end = n - i > PIECE ? i + PIECE : n;
		unsigned len, c;
		char *o;

		if (!buf_grow(out, PIECE * 6))
			return;
		o = out->p + out->n;
		while (i < end && p[i] < 0x80) {
			size_t some = end - i < 8 ? end : i + 8;

			if (some == i + 8 && plain_eight(p + i)) {
				memcpy(o, p + i, 8);
				o += 8;
				i += 8;
			}
			while (i < some && p[i] < 0x80)
				o = put_ascii(o, p[i++]);
		}
		out->n = (size_t)(o - out->p);
		if (i == end)
			continue;
		len = utf8_len(p + i, n - i);
		c = len ? obeyed(p + i, len) : p[i];
		if (c) {
			buf_put(out, "\\u", 2);
			buf_x64(out, c, 4);
		} else {
			buf_put(out, p + i, len);
		}
		i += len ? len : 1;
	}
}

/* Letters, digits and what is between them in numbers, addresses, times and names. */
static bool csv_as_it_is(const uint8_t *p, size_t n)
{
	/* + - . / 0-9 : and A-Z _ a-z */
	static const uint64_t plain[4] = { UINT64_C(0x07ffe80000000000),
					   UINT64_C(0x07fffffe87fffffe) };
	uint64_t all = 1;

	for (size_t i = 0; i < n; i++)
		all &= plain[p[i] >> 6] >> (p[i] & 63);
	return (all & 1) && (!n || (p[0] != '+' && p[0] != '-'));
}

void escape_csv(const uint8_t *p, size_t n, struct buf *out)
{
	if (csv_as_it_is(p, n)) {
		buf_put(out, p, n);
		return;
	}
	bool formula = n && strchr("=+-@", p[0]) && p[0];
	bool quote = formula;

	for (size_t i = 0; i < n && !quote; i++)
		quote = p[i] == ',' || p[i] == '"' || p[i] == ' ';
	/* A negative number is no formula. */
	if (formula && p[0] == '-') {
		formula = false;
		for (size_t i = 1; i < n; i++)
			formula |= (p[i] < '0' || p[i] > '9') && p[i] != '.';
		quote = quote && formula;
	}
	if (quote)
		buf_char(out, '"');
	if (formula)
		buf_char(out, ' ');
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			buf_put(out, "\"\"", 2);
		else if (p[i] < 0x20 || p[i] > 0x7e)
			hex_escape(p[i], out);
		else
			buf_char(out, (char)p[i]);
	}
	if (quote)
		buf_char(out, '"');
}
