/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of a lab in a filter of pcap-filter(7): `host h2` becomes the addresses that h2 has, before
 * anybody could ask a name service. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/words.h"
#include "core/buf.h"

#define WORDS_MOST 2000u

struct piece {
	const char *s;
	size_t n, out; /* out: where it stands in what is written */
};

struct hosts {
	const struct registry *reg;
	const char *text;
	struct piece *v;
	unsigned n;
	struct piece last; /* the qualifiers of the last name: `host h1 or h2` */
	struct buf out;
	struct err *e;
};

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || strchr(".-_:", c);
}

static bool is(const struct piece *p, const char *word)
{
	return p->n == strlen(word) && memcmp(p->s, word, p->n) == 0;
}

static bool one_of(const struct piece *p, const char *const *words)
{
	while (*words && !is(p, *words))
		words++;
	return *words != NULL;
}

static bool is_qualifier(const struct piece *p)
{
	static const char *const words[] = { "ip",  "ip6", "arp",  "rarp", "ether",
					     "src", "dst", "host", NULL };

	return one_of(p, words);
}

static bool is_host(const struct hosts *h, const struct piece *p)
{
	bool known = false;

	registry_host(h->reg, p->s, p->n, 4, &known);
	return known;
}

static bool split(struct hosts *h)
{
	const char *s = h->text;

	h->v = calloc(WORDS_MOST, sizeof(*h->v));
	while (h->v && h->n < WORDS_MOST) {
		size_t n = 0;

		while (isspace((unsigned char)*s))
			s++;
		while (s[n] && in_word(s[n]))
			n++;
		if (!*s)
			return true;
		h->v[h->n++] = (struct piece) { s, n ? n : 1, 0 };
		s += n ? n : 1;
	}
	return false;
}

/* The first of the qualifiers before word i: also `src or dst`. */
static unsigned first_qualifier(const struct hosts *h, unsigned i)
{
	for (;; i--) {
		if (i >= 3 && is(&h->v[i - 1], "dst") && is(&h->v[i - 3], "src") &&
		    (is(&h->v[i - 2], "or") || is(&h->v[i - 2], "and")))
			i -= 2;
		else if (!i || !is_qualifier(&h->v[i - 1]))
			return i;
	}
}

static bool holds(const struct piece *q, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= q->n; i++)
		if (memcmp(q->s + i, word, n) == 0 && (!i || q->s[i - 1] == ' ') &&
		    (i + n == q->n || q->s[i + n] == ' '))
			return true;
	return false;
}

static void put_address(struct hosts *h, const struct piece *q, const uint8_t *a, unsigned bytes,
			unsigned *n)
{
	buf_str(&h->out, (*n)++ ? " or " : "(");
	buf_put(&h->out, q->s, q->n);
	for (unsigned i = 0; i < bytes; i++) {
		if (bytes == 4)
			buf_fmt(&h->out, "%s%u", i ? "." : " ", a[i]);
		else if (bytes == 6)
			buf_fmt(&h->out, "%s%02x", i ? ":" : " ", a[i]);
		else
			buf_fmt(&h->out, "%s%02x", i ? i % 2 ? "" : ":" : " ", a[i]);
	}
}

/* Does the i-th name of the lab belong to a host: is it of one of its ports (h1.eth0), or, where
 * these have no names, the host's own? */
static bool is_of(const struct hosts *h, const char *at, const struct piece *name)
{
	bool ports = false;
	const char *other;

	for (unsigned i = 0; (other = registry_host_at(h->reg, i)); i++)
		ports |= strncmp(other, name->s, name->n) == 0 && other[name->n] == '.';
	return strncmp(at, name->s, name->n) == 0 && at[name->n] == (ports ? '.' : '\0');
}

/* All addresses of a name, as far as the qualifiers admit their kind: of a host those of all its
 * ports (h1.eth0, h1.eth1). */
static int put_host(struct hosts *h, const struct piece *q, const struct piece *name)
{
	static const char *const other4[] = { "ip6", "ether" };
	static const char *const other6[] = { "ip", "arp", "rarp", "ether" };
	const char *at;
	unsigned n = 0;

	for (unsigned i = 0; (at = registry_host_at(h->reg, i)); i++) {
		bool yes[3] = { true, true, holds(q, "ether") }, known;

		if (!is_of(h, at, name))
			continue;
		for (unsigned k = 0; k < 2; k++)
			yes[0] = yes[0] && !holds(q, other4[k]);
		for (unsigned k = 0; k < 4; k++)
			yes[1] = yes[1] && !holds(q, other6[k]);
		for (unsigned k = 0; k < 3; k++) {
			const unsigned bytes = k == 0 ? 4 : k == 1 ? 16 : 6;
			const uint8_t *a = registry_host(h->reg, at, strlen(at), bytes, &known);

			if (a && yes[k])
				put_address(h, q, a, bytes, &n);
		}
	}
	if (!n)
		return err_at(h->e, "filter", h->text, strlen(h->text), (size_t)(name->s - h->text),
			      name->n, "'%.*s' has no address that '%.*s' could be about",
			      (int)name->n, name->s, (int)q->n, q->s);
	buf_char(&h->out, ')');
	return 0;
}

static int write_all(struct hosts *h)
{
	const char *done = h->text;

	for (unsigned i = 0; i < h->n; i++) {
		struct piece *p = &h->v[i], q;
		unsigned first = first_qualifier(h, i);

		buf_put(&h->out, done, (size_t)(p->s - done));
		p->out = h->out.n;
		done = p->s + p->n;
		q = (struct piece) { h->v[first].s, 0, 0 };
		if (first < i)
			q.n = (size_t)(h->v[i - 1].s + h->v[i - 1].n - q.s);
		if ((!q.n && !h->last.n) || !is_host(h, p)) {
			buf_put(&h->out, p->s, p->n);
			continue;
		}
		if (q.n)
			h->last = q;
		h->out.n = h->v[first].out;
		if (put_host(h, &h->last, p))
			return -1;
	}
	buf_str(&h->out, done);
	return h->out.failed ? err_set(h->e, ERR_IO, "no memory") : 0;
}

int filter_hosts(struct filter_words *f, const struct registry *r, struct err *e)
{
	struct hosts h = { .reg = r, .text = f->text, .e = e };
	int rc = 0;

	if (!f->text || f->pattern || !registry_host_at(r, 0))
		return 0;
	if (split(&h))
		rc = write_all(&h);
	if (!rc && h.out.n) {
		free(f->text);
		f->text = strdup(buf_cstr(&h.out));
		rc = f->text ? 0 : err_set(e, ERR_IO, "no memory");
	}
	buf_done(&h.out);
	free(h.v);
	return rc;
}
