/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of HPACK and QPACK (RFC 7541 section 5.2): a bit that says whether the text is in the
 * Huffman code of appendix B, its length in seven bits or more, the text. Where that makes it
 * shorter, it is; where that is to be said exactly, one that is written the other way has \h or \p
 * in front, so that all bytes come back. A backslash is printed as two, what is no ASCII as \xHH.
 */
#include "core/kinds.h"
#include "core/bits.h"

#include <string.h>
#include <threads.h>

#define SYMBOLS 257
#define EOS 256
#define BITS_MAX 30
#define LENGTH_MAX 262144 /* bytes; as much as a packet */

/* How many codes have so many bits, and whose they are. Each code is the next number, and one of
 * more bits begins behind the last one of fewer, so that this is all of them. */
static const uint8_t counts[BITS_MAX + 1] = { 0, 0, 0, 0, 0, 10, 26, 32, 6,  0, 5,  3,  2,  6, 2, 3,
					      0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 4 };
static const uint16_t order[SYMBOLS] = {
	48,  49,  50,  97,  99,  101, 105, 111, 115, 116, 32,  37,  45,  46,  47,  51,  52,  53,
	54,  55,  56,  57,  61,  65,  95,  98,  100, 102, 103, 104, 108, 109, 110, 112, 114, 117,
	58,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  81,  82,
	83,  84,  85,  86,  87,  89,  106, 107, 113, 118, 119, 120, 121, 122, 38,  42,  44,  59,
	88,  90,  33,  34,  40,  41,  63,  39,  43,  124, 35,  62,  0,   36,  64,  91,  93,  126,
	94,  125, 60,  96,  123, 92,  195, 208, 128, 130, 131, 162, 184, 194, 224, 226, 153, 161,
	167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230, 129, 132, 133, 134, 136, 146, 154,
	156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232,
	233, 1,   135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165,
	166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239, 9,   142, 144, 145, 148, 159,
	171, 206, 215, 225, 236, 237, 199, 207, 234, 235, 192, 193, 200, 201, 202, 205, 210, 213,
	218, 219, 238, 240, 242, 243, 255, 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245,
	246, 247, 248, 250, 251, 252, 253, 254, 2,   3,   4,   5,   6,   7,   8,   11,  12,  14,
	15,  16,  17,  18,  19,  20,  21,  23,  24,  25,  26,  27,  28,  29,  30,  31,  127, 220,
	249, 10,  13,  22,  256
};

/* The symbol at bit *at of p[0..bits / 8), which then moves on; -1: there is none. */
static int symbol(const uint8_t *p, uint32_t bits, uint32_t *at)
{
	uint32_t code = 0, first = 0, behind = 0;

	for (uint32_t n = 1; n <= BITS_MAX && *at + n <= bits; n++) {
		uint32_t i = *at + n - 1;

		code = code << 1 | (p[i / 8] >> (7 - i % 8) & 1);
		first <<= 1;
		if (code - first < counts[n]) {
			*at += n;
			return order[behind + code - first];
		}
		behind += counts[n];
		first += counts[n];
	}
	return -1;
}

/* Text in the code to bytes; out may be NULL. False: it is none. */
static bool unpack(const uint8_t *p, uint32_t n, struct buf *out)
{
	uint32_t bits = n * 8, at = 0;
	int s;

	while ((s = symbol(p, bits, &at)) >= 0 && s != EOS) {
		if (out)
			buf_char(out, (char)s);
	}
	/* The rest is the beginning of EOS, which is all ones. */
	return s < 0 && bits - at < 8 &&
	       (at == bits || (uint8_t)(p[n - 1] | 0xff << (bits - at)) == 0xff);
}

/* The code by symbol, made of the two above when it is first wanted. */
static struct {
	uint32_t code[SYMBOLS];
	uint8_t bits[SYMBOLS];
} codes;
static once_flag made = ONCE_FLAG_INIT;

static void make_codes(void)
{
	uint32_t code = 0, k = 0;

	for (uint8_t n = 1; n <= BITS_MAX; n++, code <<= 1) {
		for (unsigned i = 0; i < counts[n]; i++, k++) {
			codes.code[order[k]] = code++;
			codes.bits[order[k]] = n;
		}
	}
}

/* Bytes of the text in the code. */
static size_t packed(const char *s, size_t n)
{
	size_t bits = 0;

	call_once(&made, make_codes);
	for (size_t i = 0; i < n; i++)
		bits += codes.bits[(uint8_t)s[i]];
	return (bits + 7) / 8;
}

static void pack(const char *s, size_t n, struct buf *out)
{
	uint64_t word = 0;
	unsigned have = 0;

	for (size_t i = 0; i < n; i++) {
		word = word << codes.bits[(uint8_t)s[i]] | codes.code[(uint8_t)s[i]];
		for (have += codes.bits[(uint8_t)s[i]]; have >= 8; have -= 8)
			buf_char(out, (char)(word >> (have - 8)));
	}
	if (have)
		buf_char(out, (char)(word << (8 - have) | 0xff >> have));
}

/* The length at p[0..n), and how many bytes it takes; 0: it does not fit, or takes more than it
 * needs to. */
static uint32_t length(const uint8_t *p, uint32_t n, uint32_t *len)
{
	uint32_t i = 1;

	*len = n ? p[0] & 0x7f : 0;
	if (*len < 0x7f)
		return n ? 1 : 0;
	for (; i < n && i < 5; i++) {
		*len += (uint32_t)(p[i] & 0x7f) << 7 * (i - 1);
		if (!(p[i] & 0x80))
			return p[i] || i == 1 ? i + 1 : 0;
	}
	return 0;
}

static int hpack_read(const uint8_t *p, uint32_t n, struct value *v)
{
	uint32_t len, head = length(p, n, &len);

	if (!head || len > LENGTH_MAX || len > n - head)
		return -1;
	if (p[0] & 0x80 && !unpack(p + head, len, NULL))
		return -1;
	v->p = p;
	v->len = head + len;
	v->width = 0;
	return (int)v->len;
}

static int hpack_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	(void)base;
	if (width && width != v->len)
		return -1;
	buf_put(out, v->p, v->len);
	return out->failed ? -1 : 0;
}

static void print_text(const struct buf *text, struct buf *out)
{
	for (size_t i = 0; i < text->n; i++) {
		uint8_t c = (uint8_t)text->p[i];

		if (c == '\\')
			buf_str(out, "\\\\");
		else if (c < ' ' || c > '~')
			buf_fmt(out, "\\x%02x", c);
		else
			buf_char(out, (char)c);
	}
}

static void hpack_print(const struct type *type, const struct value *v, struct buf *out)
{
	uint32_t len, head = length(v->p, v->len, &len);
	struct buf text = { 0 };
	bool coded;

	(void)type;
	if (!head || len > v->len - head)
		return;
	coded = v->p[0] & 0x80;
	if (coded)
		unpack(v->p + head, len, &text);
	else
		buf_put(&text, v->p + head, len);
	if (v->exact && coded != (packed(text.p, text.n) < text.n))
		buf_str(out, coded ? "\\h" : "\\p");
	print_text(&text, out);
	out->failed |= text.failed;
	buf_done(&text);
}

/* The bytes that s means. False: a backslash at *i says nothing. */
static bool take_text(const char *s, size_t n, size_t *i, struct buf *text)
{
	for (; *i < n; (*i)++) {
		int c = (uint8_t)s[*i];

		if (c == '\\') {
			c = *i + 1 < n && s[*i + 1] == '\\'  ? '\\'
			    : *i + 1 < n && s[*i + 1] == 'x' ? hex_number(s + *i + 2, n - *i - 2, 2)
							     : -1;
			if (c < 0)
				return false;
			*i += c == '\\' && s[*i + 1] == '\\' ? 1 : 3;
		}
		buf_char(text, (char)c);
	}
	return true;
}

static void put_coded(const struct buf *text, bool coded, struct buf *out)
{
	size_t len = coded ? packed(text->p, text->n) : text->n;

	buf_char(out, (char)((coded ? 0x80 : 0) | (len < 0x7f ? len : 0x7f)));
	if (len >= 0x7f) {
		for (len -= 0x7f; len >= 0x80; len >>= 7)
			buf_char(out, (char)(len | 0x80));
		buf_char(out, (char)len);
	}
	if (coded)
		pack(text->p, text->n, out);
	else
		buf_put(out, text->p, text->n);
}

static int hpack_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		       struct value *v, struct err *e)
{
	char mark = n > 1 && s[0] == '\\' && (s[1] == 'h' || s[1] == 'p') ? s[1] : 0;
	size_t i = mark ? 2 : 0;
	struct buf text = { 0 }, out = { 0 };
	int rc = 0;

	(void)type;
	if (!take_text(s, n, &i, &text))
		rc = err_at(e, "", s, n, i, 1,
			    "a backslash begins \\\\ or \\xHH, or \\h or \\p in front of all");
	else if (text.n > LENGTH_MAX)
		rc = err_set(e, ERR_USAGE, "at most %u bytes of text are accepted", LENGTH_MAX);
	else
		put_coded(&text, mark ? mark == 'h' : packed(text.p, text.n) < text.n, &out);
	v->p = arena_alloc(mem, out.n + 1);
	if (!rc && (!v->p || text.failed || out.failed))
		rc = err_set(e, ERR_IO, "out of memory");
	if (!rc && out.n)
		memcpy((uint8_t *)(uintptr_t)v->p, out.p, out.n);
	v->len = (uint32_t)out.n;
	buf_done(&text);
	buf_done(&out);
	return rc;
}

const struct kind kind_hpacktext = { .name = "hpacktext",
				     .cls = KIND_NAME,
				     .read = hpack_read,
				     .write = hpack_write,
				     .parse = hpack_parse,
				     .print = hpack_print };
