/* SPDX-License-Identifier: BSD-2-Clause */
/* Domain names (RFC 1035 sections 3.1 and 4.1.4). A name may end in a pointer to an earlier one;
 * how it was compressed is part of its encoding, and can be said: "www.@12", "example.org.@-". */
#include "core/kinds.h"

#include <stdlib.h>
#include <string.h>

#define DOMAIN_MAX 255 /* bytes, the root's included */
#define LABEL_MAX 63
#define JUMPS_MAX 20
#define POINTER_MAX 0x3fff
#define STEPS_FREE 4096
#define STEPS_A_BYTE 64

struct flat {
	uint8_t p[DOMAIN_MAX]; /* every label, and the root's zero byte: no pointers */
	unsigned n;
	unsigned own;   /* bytes of labels that stand before the first pointer */
	unsigned steps; /* labels and pointers that were looked at */
	int pointer;    /* where that points; -1: none */
};

static bool spend(unsigned *work)
{
	return !work || (*work && (*work)--);
}

/* The name at p[0..n). Pointers only ever lead back, to before the labels they end, so that
 * following them comes to an end. Returns the bytes the encoding takes, -1: malformed. */
static int flatten(const uint8_t *p, uint32_t n, const uint8_t *base, uint32_t base_len,
		   unsigned *work, struct flat *f)
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
	struct flat f;
	int len = flatten(p, n, v->base, v->base ? v->base_len : 0, v->work, &f);

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
	struct flat f;
	int len = flatten(v->p, v->len, v->base, v->base ? v->base_len : 0, NULL, &f);

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
static int parse_labels(const char *s, size_t n, struct flat *f, struct err *e)
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
	struct flat f = { .n = 0 };
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

/* ---- names written before ---- */

/* The hash of the suffix that begins at each label, last label first: h(suffix) from h(the rest).
 */
static uint32_t hash_label(const uint8_t *p, uint32_t rest)
{
	uint32_t h = rest ^ 2166136261u;
	unsigned i;

	for (i = 0; i <= p[0]; i++)
		h = (h ^ p[i]) * 16777619u;
	return h ^ h >> 15;
}

struct suffixes {
	uint8_t at[DOMAIN_MAX / 2 + 1]; /* where each label begins */
	uint32_t hash[DOMAIN_MAX / 2 + 1];
	unsigned n;
};

static void split(const struct flat *f, struct suffixes *s)
{
	unsigned at, i;

	for (s->n = 0, at = 0; f->p[at]; at += f->p[at] + 1u)
		s->at[s->n++] = (uint8_t)at;
	for (i = s->n; i-- > 0;)
		s->hash[i] = hash_label(f->p + s->at[i], i + 1 < s->n ? s->hash[i + 1] : 0);
}

static bool remember(struct kind_seen *seen, uint32_t hash, size_t off)
{
	uint16_t *head = &seen->head[hash & 255];

	if (off > POINTER_MAX || seen->n >= UINT16_MAX)
		return true;
	if (seen->n == seen->cap) {
		uint32_t cap = seen->cap ? seen->cap * 2 : 16;
		void *v = realloc(seen->v, cap * sizeof(*seen->v));

		if (!v)
			return false;
		seen->v = v;
		seen->cap = cap;
	}
	seen->v[seen->n] = (struct kind_seen_at) { hash, (uint16_t)off, *head };
	*head = (uint16_t)++seen->n;
	return true;
}

/* Names made to share chains do not make a message of len bytes cost more than this: what is not
 * found by then counts as new. */
static bool is_tired(const struct kind_seen *seen, size_t len)
{
	return seen->steps > STEPS_FREE + STEPS_A_BYTE * len;
}

/* The next older entry with this hash, from chain place i on; 0: none. */
static unsigned next_alike(struct kind_seen *seen, uint32_t hash, unsigned i, size_t len)
{
	for (; i; i = seen->v[i - 1].older) {
		if (is_tired(seen, len))
			return 0;
		seen->steps++;
		if (seen->v[i - 1].hash == hash)
			return i;
	}
	return 0;
}

/* The first place where suffix[0..n) was written; -1: nowhere. */
static int recall(struct kind_seen *seen, uint32_t hash, const uint8_t *suffix, unsigned n,
		  const uint8_t *msg, size_t len)
{
	struct flat f;
	int found = -1;
	unsigned i = next_alike(seen, hash, seen->head[hash & 255], len);

	for (; i; i = next_alike(seen, hash, seen->v[i - 1].older, len)) {
		uint16_t off = seen->v[i - 1].off;
		int got = off < len ? flatten(msg + off, (uint32_t)(len - off), msg, (uint32_t)len,
					      NULL, &f)
				    : -1;

		if (off < len)
			seen->steps += f.steps;
		if (got >= 0 && f.n == n && memcmp(f.p, suffix, n) == 0)
			found = off;
	}
	return found;
}

static int finish(struct buf *out, bool ok)
{
	if (!ok)
		out->failed = true;
	return out->failed ? -1 : 0;
}

static int write_exact(struct buf *out, size_t base, const struct value *v)
{
	struct suffixes s;
	struct flat f;
	size_t at = out->n;
	unsigned i;
	bool ok = true;

	buf_put(out, v->p, v->len);
	if (out->failed)
		return -1;
	if (!v->seen || out->n - base > UINT32_MAX ||
	    flatten((uint8_t *)out->p + at, v->len, (uint8_t *)out->p + base,
		    (uint32_t)(out->n - base), NULL, &f) < 0)
		return 0;
	split(&f, &s);
	/* What was written before stands in its first place already: one entry for each suffix. */
	for (i = 0; i < s.n && s.at[i] < f.own && ok; i++) {
		if (!next_alike(v->seen, s.hash[i], v->seen->head[s.hash[i] & 255], out->n - base))
			ok = remember(v->seen, s.hash[i], at - base + s.at[i]);
	}
	return finish(out, ok);
}

static int name_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	size_t at = out->n;
	struct suffixes s;
	struct flat f;
	int to = -1;
	unsigned i, n;
	bool ok = true;

	if (width)
		return -1;
	if (!v->len) {
		buf_char(out, 0);
		return finish(out, true);
	}
	if (v->exact)
		return write_exact(out, base, v);
	if (flatten(v->p, v->len, v->base, v->base ? v->base_len : 0, NULL, &f) < 0)
		return -1;
	split(&f, &s);
	for (i = 0; v->seen && v->seen->n && i < s.n; i++) {
		n = f.n - s.at[i];
		to = recall(v->seen, s.hash[i], f.p + s.at[i], n, (uint8_t *)out->p + base,
			    out->n - base);
		if (to >= 0)
			break;
	}
	n = to < 0 ? f.n : s.at[i];
	buf_put(out, f.p, n);
	if (to >= 0) {
		buf_char(out, (char)(0xc0 | to >> 8));
		buf_char(out, (char)to);
	}
	for (i = 0; v->seen && i < s.n && s.at[i] < n && ok; i++)
		ok = remember(v->seen, s.hash[i], at - base + s.at[i]);
	return finish(out, ok);
}

static int plain_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	struct value alone = *v;

	alone.seen = NULL;
	return name_write(out, base, &alone, width);
}

void kind_seen_cut(struct kind_seen *s, uint32_t n)
{
	while (s->n > n) {
		const struct kind_seen_at *last = &s->v[--s->n];

		s->head[last->hash & 255] = last->older;
	}
}

void kind_seen_done(struct kind_seen *s)
{
	free(s->v);
	*s = (struct kind_seen) { 0 };
}

const struct kind kind_dnsname = { .name = "dnsname",
				   .cls = KIND_NAME,
				   .read = name_read,
				   .write = name_write,
				   .parse = name_parse,
				   .print = name_print };
const struct kind kind_dnsname_plain = { .name = "dnsname_plain",
					 .cls = KIND_NAME,
					 .read = name_read,
					 .write = plain_write,
					 .parse = name_parse,
					 .print = plain_print };
