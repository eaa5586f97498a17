/* SPDX-License-Identifier: BSD-2-Clause */
/* A field's value as people write it: its words first, then its kind's form. */
#include "core/value.h"
#include "core/bits.h"
#include "core/kinds.h"
#include "core/near.h"
#include "core/plan.h"

#include <strings.h>
#include <string.h>

uint64_t text_worth(const uint8_t *p, size_t n, bool lower)
{
	uint64_t v = n > 8 ? UINT64_C(0xcbf29ce484222325) : 0; /* FNV-1a */

	for (size_t i = 0; i < n; i++) {
		uint8_t c = lower && p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i];

		v = n > 8 ? (v ^ c) * UINT64_C(0x100000001b3) : v << 8 | c;
	}
	return n > 8 ? v | TEXT_HASHED : v;
}

/* ---- words of a value ---- */

const char *word_of(const struct field *f, uint64_t v)
{
	const struct words *w = f ? f->words : NULL;
	unsigned i;

	if (!w || w->flags)
		return NULL;
	for (i = 0; i < w->n; i++)
		if (w->v[i].value == v)
			return w->v[i].name;
	return NULL;
}

void words_begin(struct words_walk *w, const struct words *words, uint64_t v)
{
	*w = (struct words_walk) { .words = words, .value = v, .rest = v };
}

const struct word *words_next(struct words_walk *w)
{
	while (w->words && w->i < w->words->n) {
		const struct word *word = &w->words->v[w->i++];

		/* A pattern of zeros is how its bits are when nothing is said. */
		if (!word->value || (w->value & word->mask) != word->value ||
		    (w->taken & word->mask))
			continue;
		w->taken |= word->mask;
		w->rest &= ~word->mask;
		return word;
	}
	return NULL;
}

bool words_letters(const struct words *words, uint64_t v, struct buf *out)
{
	const struct word *word;
	struct words_walk w;
	size_t was = out->n;

	for (words_begin(&w, words, v); (word = words_next(&w));) {
		if (!word->letter)
			break;
		buf_char(out, word->letter);
	}
	if (!word && !w.rest)
		return true;
	out->n = was;
	return false;
}

/* ---- reading ---- */

static const struct word *find_word(const struct words *w, const char *s, size_t n)
{
	unsigned i;

	for (i = 0; i < w->n; i++)
		if (name_is(w->v[i].name, s, n))
			return &w->v[i];
	return NULL;
}

/* Does s begin as a number does? A word may too (6in4), but then it was found already. */
static bool numeric(const char *s, size_t n)
{
	return n && ((s[0] >= '0' && s[0] <= '9') || (s[0] == '-' && n > 1));
}

/* The word nearest to s[0..n), NULL: none is near. */
static const char *nearest(const struct words *w, const char *s, size_t n)
{
	const char *best = NULL;
	unsigned least = near_limit(n) + 1, i, d;

	for (i = 0; i < w->n; i++) {
		d = near_distance(s, n, w->v[i].name, strlen(w->v[i].name), least - 1);
		if (d < least) {
			least = d;
			best = w->v[i].name;
		}
	}
	return best;
}

/* No word and no number: say what there is. s[at..at + span) is what was wrong. */
static int no_word(const struct field *f, const struct type *type, const char *s, size_t n,
		   size_t at, size_t span, struct err *e)
{
	const struct words *w = f->words;
	const char *near = nearest(w, s + at, span);
	struct buf list = { 0 };
	unsigned i;
	int rc;

	if (near)
		return err_at(e, "", s, n, at, span, "no word '%.*s' for %s; did you mean '%s'?",
			      quoted(span), s + at, f->name, near);
	for (i = 0; i < w->n && i < 12; i++)
		buf_fmt(&list, "%s%s", i ? ", " : "", w->v[i].name);
	rc = err_at(e, "", s, n, at, span,
		    "no word '%.*s' for %s: write %s%s%s, or a number up to %llu", quoted(span),
		    s + at, f->name, w->flags && w->n > 1 ? "some of " : "", buf_cstr(&list),
		    w->n > 12 ? ", ..." : "", (unsigned long long)bits_mask(type->bits));
	buf_done(&list);
	return rc;
}

static const struct word *find_letter(const struct words *w, char c)
{
	unsigned i;

	for (i = 0; i < w->n; i++)
		if (w->v[i].letter && w->v[i].letter == c)
			return &w->v[i];
	return NULL;
}

static void set_word(const struct word *word, uint64_t *v)
{
	*v = (*v & ~word->mask) | word->value;
}

/* s[0..n) as letters. Case counts: "sn" is a word misspelt, not SYN and NS. */
static bool set_letters(const struct words *w, const char *s, size_t n, uint64_t *v)
{
	const struct word *word = NULL;
	uint64_t got = *v;

	for (size_t i = 0; i < n && (word = find_letter(w, s[i])); i++)
		set_word(word, &got);
	if (n && word)
		*v = got;
	return n && word;
}

/* syn+ack, SA, syn+0x100, 18. */
static int flags_parse(const struct field *f, const struct type *type, const char *s, size_t n,
		       struct value *v, struct err *e)
{
	uint64_t words = 0, numbers = 0, num;
	const struct word *word;
	size_t at, end;

	for (at = 0; n; at = end + 1) {
		const char *plus = memchr(s + at, '+', n - at);

		end = plus ? (size_t)(plus - s) : n;
		word = find_word(f->words, s + at, end - at);
		if (word) {
			set_word(word, &words);
		} else if (numeric(s + at, end - at)) {
			struct err inner = { 0 };

			if (num_parse(s + at, end - at, bits_mask(type->bits), &num, &inner))
				return err_at(e, "", s, n, at, end - at, "%s", inner.msg);
			numbers |= num;
		} else if (!set_letters(f->words, s + at, end - at, &words)) {
			return no_word(f, type, s, n, at, end - at, e);
		}
		if (end == n)
			break;
	}
	v->num = words | numbers;
	if (v->num & ~bits_mask(type->bits))
		return err_at(e, "", s, n, 0, n, "%.*s does not fit: %s has %u bits", quoted(n), s,
			      f->name, type->bits);
	return 0;
}

/* Several flags belong in one packet, where a comma would make several packets. */
static int flags_comma(const char *s, size_t n, struct err *e)
{
	char joined[64];
	size_t i, k = n < sizeof(joined) - 1 ? n : sizeof(joined) - 1;

	for (i = 0; i < k; i++)
		joined[i] = s[i] == ',' ? '+' : s[i];
	joined[k] = 0;
	return err_at(e, "", s, n, 0, n, "a comma makes several packets; both in one packet: %s",
		      joined);
}

static bool is_number(const struct type *type)
{
	return type->kind->cls == KIND_NUM || type->kind->cls == KIND_FLOAT ||
	       type->kind->cls == KIND_TIME;
}

/* `show time`: seconds since 1970, whatever the width. */
static bool shows_time(const struct field *f, const struct type *type)
{
	return f && f->show == SHOW_TIME && type->kind == &kind_uint;
}

static int bare_parse(const struct field *f, const struct type *type, const char *s, size_t n,
		      struct arena *mem, struct value *v, struct err *e)
{
	if (shows_time(f, type))
		return time_parse(s, n, false, type->bits ? type->bits : 64, &v->num, e);
	return type->kind->parse(type, s, n, mem, v, e);
}

static int words_parse(const struct field *f, const struct type *type, const char *s, size_t n,
		       struct arena *mem, struct value *v, struct err *e)
{
	const struct word *word;

	if (f->words->flags) {
		const char *comma = n ? memchr(s, ',', n) : NULL;

		return comma ? flags_comma(s, n, e) : flags_parse(f, type, s, n, v, e);
	}
	word = find_word(f->words, s, n);
	if (word) {
		v->num = word->value;
		if (type->kind == &kind_int && type->bits && type->bits < 64)
			v->num = (uint64_t)sign_extend(v->num, type->bits);
		return 0;
	}
	if (!numeric(s, n))
		return no_word(f, type, s, n, 0, n, e);
	return bare_parse(f, type, s, n, mem, v, e);
}

int value_parse(const struct field *f, const struct type *type, const char *s, size_t n,
		struct arena *mem, struct value *v, struct err *e)
{
	*v = (struct value) { 0 };
	if (type->form != TYPE_LEAF || !type->kind)
		return err_at(e, "", s, n, 0, n, "%s is made of parts: say %s.PART=VALUE, or hex:",
			      f ? f->name : "this", f ? f->name : "NAME");
	if (type->kind->cls == KIND_TEXT || type->kind->cls == KIND_BYTES) {
		if (n > UINT32_MAX)
			return err_at(e, "", s, n, 0, n, "this text is too long");
		v->p = (const uint8_t *)s;
		v->len = (uint32_t)n;
		return 0;
	}
	if (f && f->words && is_number(type))
		return words_parse(f, type, s, n, mem, v, e);
	return bare_parse(f, type, s, n, mem, v, e);
}

/* ---- printing ---- */

static void flags_print(const struct words *words, uint64_t v, struct buf *out)
{
	const struct word *word;
	struct words_walk w;
	bool some = false;

	for (words_begin(&w, words, v); (word = words_next(&w)); some = true) {
		if (some)
			buf_char(out, '+');
		buf_str(out, word->name);
	}
	if (!w.rest) {
		if (!some)
			buf_char(out, '0');
		return;
	}
	if (some)
		buf_char(out, '+');
	buf_str(out, "0x");
	buf_x64(out, w.rest, 1);
}

static void bin_print(uint64_t v, unsigned width, struct buf *out)
{
	unsigned i = width && width < 64 ? width : 64;

	if (!width)
		while (i > 1 && !(v >> (i - 1)))
			i--;
	buf_str(out, "0b");
	while (i--)
		buf_char(out, v >> i & 1 ? '1' : '0');
}

static void hex_print(uint64_t v, unsigned width, struct buf *out)
{
	buf_str(out, "0x");
	buf_x64(out, v, (width + 3) / 4);
}

void value_plain(const struct field *f, const struct type *type, const struct value *v,
		 struct buf *out)
{
	if (type->form == TYPE_LEAF && type->kind->plain)
		type->kind->plain(type, v, out);
	else
		value_print(f, type, v, out);
}

void value_print(const struct field *f, const struct type *type, const struct value *v,
		 struct buf *out)
{
	const struct kind *kind = type->kind;
	unsigned show = f ? f->show : SHOW_DEFAULT, width;
	const char *word;

	if (type->form != TYPE_LEAF || !kind || !kind->print)
		return;
	if (!is_number(type)) {
		kind->print(type, v, out);
		return;
	}
	width = kind->bits ? kind->bits : type->bits;
	word = word_of(f, kind == &kind_int && width ? v->num & bits_mask(width) : v->num);
	if (!word)
		word = word_of(f, v->num);
	if (word)
		buf_str(out, word);
	else if (f && f->words && f->words->flags)
		flags_print(f->words, v->num & bits_mask(width), out);
	else if (show == SHOW_HEX)
		hex_print(v->num & bits_mask(width), width, out);
	else if (show == SHOW_BIN || show == SHOW_BITS)
		bin_print(v->num & bits_mask(width), width, out);
	else if (shows_time(f, type))
		time_print(v->num, false, width ? width : 64, out);
	else if (show == SHOW_DEC && kind->cls == KIND_TIME)
		buf_u64(out, v->num);
	else
		kind->print(type, v, out);
}
