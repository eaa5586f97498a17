/* SPDX-License-Identifier: BSD-2-Clause */
/* Domain names (RFC 1035 sections 3.1 and 4.1.4). A name may end in a pointer to an earlier one;
 * how it was compressed is part of its encoding, and can be said: "www.@12", "example.org.@-". */
#include "core/kind_name.h"

#include <string.h>

#define LABEL_MAX 63
#define JUMPS_MAX 20

static bool spend(unsigned *work)
{
	return !work || (*work && (*work)--);
}

/* The name at p[0..n). Pointers only ever lead back, to before the labels they end, so that
 * following them comes to an end. Returns the bytes the encoding takes, -1: malformed. */
int name_flatten(const uint8_t *p, uint32_t n, const uint8_t *base, uint32_t base_len,
		 unsigned *work, struct flat_name *f)
{
	uint32_t at = 0, limit = base ? (uint32_t)(p - base) : 0;
	unsigned jumps = 0;
	int taken = 0;

	f->n = f->own = f->steps = 0;
	f->pointer = -1;
	for (;;) {
		unsigned c, target;

		if (at >= n || !spend(work))
			return -1;
		f->steps++;
		c = p[at];
		if ((c & 0xc0) == 0xc0) {
			if (n - at < 2)
				return -1;
			target = (c & 0x3f) << 8 | p[at + 1];
			if (f->pointer < 0) {
				f->pointer = (int)target;
				f->own = f->n;
				taken = (int)at + 2;
			}
			if (target >= limit || target >= base_len || ++jumps > JUMPS_MAX)
				return -1;
			limit = target;
			p = base + target;
			n = base_len - target;
			at = 0;
			continue;
		}
		/* One byte stays free for the root. */
		if (c > LABEL_MAX || (c && (c >= n - at || f->n + c + 1 > DOMAIN_MAX - 1)))
			return -1;
		memcpy(f->p + f->n, p + at, c + 1);
		f->n += c + 1;
		at += c + 1;
		if (!c)
			break;
	}
	if (f->pointer < 0) {
		f->own = f->n - 1;
		taken = (int)at;
	}
	return taken;
}

static int name_read(const uint8_t *p, uint32_t n, struct value *v)
{
	struct flat_name f;
	int len = name_flatten(p, n, v->base, v->base ? v->base_len : 0, v->work, &f);

	if (len < 0)
		return -1;
	v->p = p;
	v->len = (uint32_t)len;
	v->width = 0;
	return len;
}

/* ---- words ---- */

/* Bytes that mean nothing to the notation, to a list or to a pattern stand for themselves. */
static bool plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '/' || c == '*';
}

static char *put_byte(char *o, uint8_t c)
{
	if (!plain(c)) {
		*o++ = '\\';
		*o++ = (char)('0' + c / 100);
		*o++ = (char)('0' + c / 10 % 10);
		c = (uint8_t)('0' + c % 10);
	}
	*o++ = (char)c;
	return o;
}

/* Labels of p[0..n), dots between; stops at what is no label. */
static void print_labels(const uint8_t *p, uint32_t n, struct buf *out)
{
	uint32_t at = 0, i;
	char *o;

	while (at < n && p[at] && p[at] <= LABEL_MAX && p[at] < n - at) {
		if (!buf_grow(out, 4 * LABEL_MAX + 1))
			return;
		o = out->p + out->n;
		if (at)
			*o++ = '.';
		for (i = 1; i <= p[at]; i++)
			o = put_byte(o, p[at + i]);
		out->n = (size_t)(o - out->p);
		at += p[at] + 1u;
	}
}

static void print_name(const struct value *v, bool compresses, struct buf *out)
{
	struct flat_name f;
	int len = name_flatten(v->p, v->len, v->base, v->base ? v->base_len : 0, NULL, &f);

	if (len > 0 && !(v->exact && f.pointer >= 0)) {
		print_labels(f.p, f.n, out);
		if (f.n == 1)
			buf_char(out, '.');
		else if (v->exact && compresses)
			buf_str(out, ".@-");
		return;
	}
	/* Said as it stands, or its target is out of reach. */
	print_labels(v->p, v->len, out);
	if (f.pointer >= 0)
		buf_fmt(out, ".@%d", f.pointer);
	else if (!v->len)
		buf_char(out, '.');
}

static void name_print(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	print_name(v, true, out);
}

static void plain_print(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	print_name(v, false, out);
}

/* The byte at s[*i], escapes undone; *dot: it is a bare dot. -1: a broken escape. */
static int unescape(const char *s, size_t n, size_t *i, bool *dot)
{
	unsigned c = (unsigned char)s[(*i)++], k;

	*dot = c == '.';
	if (c != '\\')
		return (int)c;
	if (*i >= n)
		return -1;
	if (s[*i] < '0' || s[*i] > '9')
		return (unsigned char)s[(*i)++];
	if (n - *i < 3)
		return -1;
	for (c = 0, k = 0; k < 3; k++, (*i)++) {
		if (s[*i] < '0' || s[*i] > '9')
			return -1;
		c = c * 10 + (unsigned)(s[*i] - '0');
	}
	return c > 255 ? -1 : (int)c;
}

/* Labels of s[0..n) as wire labels into f->p, without the root. */
static int parse_labels(const char *s, size_t n, struct flat_name *f, struct err *e)
{
	unsigned at = 0; /* of the length byte of the open label */
	size_t i = 0, from = 0;

	f->n = 1;
	while (i < n) {
		size_t was = i;
		bool dot;
		int c = unescape(s, n, &i, &dot);

		if (c < 0)
			return err_at(
				e, "", s, n, was, 1,
				"write \\ and three digits (\\046), or \\ and the byte itself");
		if (s[was] == '@')
			return err_at(e, "", s, n, was, 1,
				      "a bare @ says where a name points: .@12 (or .@- for "
				      "nowhere) at its end; for the byte write \\064");
		if (dot && f->n == at + 1)
			return err_at(e, "", s, n, from, i - from,
				      "a label is empty: write names like example.org, or . for "
				      "the root");
		if (!dot && f->n - at > LABEL_MAX)
			return err_at(e, "", s, n, from, i - from,
				      "a label is longer than 63 bytes");
		if (f->n >= DOMAIN_MAX)
			return err_at(e, "", s, n, 0, n, "a name is at most 255 bytes");
		if (!dot) {
			f->p[f->n++] = (uint8_t)c;
			continue;
		}
		f->p[at] = (uint8_t)(f->n - at - 1);
		at = f->n++;
		from = i;
	}
	if (f->n == at + 1) /* the dot at the end was the root's */
		f->n--;
	else
		f->p[at] = (uint8_t)(f->n - at - 1);
	return 0;
}

/* ".@12" or ".@-" at the end of s[0..*n): cut off. *pointer: -1 for ".@-", -2 for neither. */
static int parse_pointer(const char *s, size_t *n, int *pointer, struct err *e)
{
	size_t i = *n, whole = *n;
	uint64_t v;
	bool neg;

	*pointer = -2;
	while (i > 0 && ((s[i - 1] >= '0' && s[i - 1] <= '9') || s[i - 1] == '-'))
		i--;
	if (i < 2 || s[i - 1] != '@' || s[i - 2] != '.' || i == whole)
		return 0;
	*n = i - 2;
	*pointer = -1;
	if (whole - i == 1 && s[i] == '-')
		return 0;
	if (num_scan(s + i, whole - i, &neg, &v) != NUM_OK || neg || v > POINTER_MAX)
		return err_at(e, "", s, whole, i, whole - i,
			      "a name points to offset 0 to 16383, or nowhere: .@-");
	*pointer = (int)v;
	return 0;
}

static int name_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		      struct value *v, struct err *e)
{
	struct flat_name f = { .n = 0 };
	size_t len = n;
	uint8_t *p;
	int to;

	(void)type;
	if (!n)
		return err_at(e, "", s, n, 0, 0,
			      "a name is missing: write example.org, or . for the root");
	if (parse_pointer(s, &len, &to, e))
		return -1;
	if (!(len == 1 && s[0] == '.') && len && parse_labels(s, len, &f, e))
		return -1;
	if (f.n + 1 > DOMAIN_MAX)
		return err_at(e, "", s, n, 0, n, "a name is at most 255 bytes");
	p = arena_alloc(mem, f.n + 2);
	if (!p)
		return err_set(e, ERR_IO, "out of memory");
	memcpy(p, f.p, f.n);
	v->p = p;
	v->len = f.n + 1;
	v->base = NULL;
	v->base_len = 0;
	v->exact = to >= -1;
	if (to < 0)
		return 0;
	p[f.n] = (uint8_t)(0xc0 | to >> 8);
	p[f.n + 1] = (uint8_t)to;
	v->len++;
	return 0;
}

const struct kind kind_dnsname = { .name = "dnsname",
				   .cls = KIND_NAME,
				   .points = true,
				   .read = name_read,
				   .write = name_write,
				   .parse = name_parse,
				   .print = name_print };
const struct kind kind_dnsname_plain = { .name = "dnsname_plain",
					 .cls = KIND_NAME,
					 .read = name_read,
					 .write = name_write_plain,
					 .parse = name_parse,
					 .print = plain_print };
