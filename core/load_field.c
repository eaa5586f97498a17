/* SPDX-License-Identifier: BSD-2-Clause */
/* Parser of a field: its name, type, and suffixes in any order; and of word tables. */
#include "core/load.h"

#include <stdio.h>

#include "core/near.h"

/* ---- words ---- */

static int word_value(struct load *l, uint64_t *v, const char *what)
{
	bool minus = load_accept(l, '-');

	if (l->t.type != TOK_NUM)
		return load_expected(l, what);
	*v = minus ? -l->t.num : l->t.num;
	load_next(l);
	return 0;
}

/* Words that mean something in the notation where a value may stand. */
static bool reserved_word(const char *s)
{
	static const char *const words[] = { "auto", "bad", "fresh", "any", "rand", "inc" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(s, words[i]))
			return true;
	}
	return false;
}

static int word_name(struct load *l, struct word *w)
{
	struct place at = load_here(l);
	struct symbol *sym;

	if (l->t.type != TOK_NAME && l->t.type != TOK_WORD)
		return load_expected(l, "a word or '}'");
	if (l->t.len > 64)
		return load_fail(l, at, "a word of at most 64 characters is accepted");
	w->name = load_intern(l, l->t);
	sym = w->name ? symbol_folded(l->r, w->name) : NULL;
	if (!sym)
		return load_nomem(l->e);
	if (reserved_word(w->name))
		return load_fail(l, at,
				 "'%s' has a meaning of its own as a value; name the word "
				 "differently",
				 w->name);
	if (sym->mark == l->r->mark)
		return load_fail(l, at, "the word '%s' is here twice", w->name);
	sym->mark = l->r->mark;
	load_next(l);
	return 0;
}

static int parse_word(struct load *l, struct word *w, bool flags, bool *letters)
{
	struct place at;

	if (word_name(l, w))
		return -1;
	if (flags && l->t.type == TOK_NAME && l->t.len == 1) {
		char c = l->text[l->t.at];

		if (letters[(uint8_t)c])
			return load_fail(l, load_here(l), "the letter '%c' is here twice", c);
		letters[(uint8_t)c] = true;
		w->letter = c;
		load_next(l);
	}
	if (load_want(l, '=', flags ? "'=' and a mask (or one letter)" : "'=' and a number"))
		return -1;
	at = load_here(l);
	if (word_value(l, &w->value, flags ? "a mask" : "a number"))
		return -1;
	w->mask = flags ? w->value : 0;
	if (flags && load_accept(l, '/')) {
		if (word_value(l, &w->mask, "the mask of the bits the pattern is about"))
			return -1;
		if (w->value & ~w->mask)
			return load_fail(l, at, "the pattern has bits outside its mask");
	}
	if (flags && !w->mask)
		return load_fail(l, at,
				 "a flag has at least one bit; for a pattern of zeros "
				 "write name = 0 / mask");
	if (l->t.type == TOK_STR) {
		w->doc = load_text(l, "a string");
		if (!w->doc)
			return -1;
	}
	return 0;
}

int parse_words(struct load *l, struct words *out, bool flags)
{
	bool letters[256] = { false };
	struct vec v = { 0 };

	l->r->mark++;
	if (load_open(l, '{'))
		return -1;
	while (l->t.type != '}') {
		struct word *w;

		if (v.n == WORDS_MAX)
			return load_fail(l, load_here(l), "at most %u words are accepted",
					 WORDS_MAX);
		w = vec_push(&l->r->mem, &v, sizeof(*w));
		if (!w)
			return load_nomem(l->e);
		if (parse_word(l, w, flags, letters))
			return -1;
		while (load_accept(l, ','))
			;
	}
	out->v = v.p;
	out->n = (uint16_t)v.n;
	out->flags = flags;
	return load_close(l, '}');
}

/* ---- suffixes ---- */

struct fvecs {
	struct vec must, cases;
};

static int twice(struct load *l, const char *what)
{
	return load_fail(l, load_here(l), "this field has %s already", what);
}

/* enum if EXPR { ... } */
static int sfx_case(struct load *l, struct field *f, struct fvecs *v, bool flags)
{
	struct word_case *c = vec_push(&l->r->mem, &v->cases, sizeof(*c));
	struct words *w = arena_alloc(&l->r->mem, sizeof(*w));

	if (!c || !w)
		return load_nomem(l->e);
	if (v->cases.n > 64)
		return load_fail(l, load_here(l), "at most 64 tables are accepted");
	load_next(l);
	c->cond = parse_expr(l);
	c->words = w;
	f->cases = v->cases.p;
	f->ncases = (uint8_t)v->cases.n;
	return c->cond ? parse_words(l, w, flags) : -1;
}

static int sfx_words(struct load *l, struct field *f, struct fsrc *s, struct fvecs *v)
{
	bool flags = load_is(l, "flags"), shared = load_is(l, "words");
	struct words *w;

	if (f->words || s->words_name)
		return twice(l, "words");
	s->words = load_here(l);
	load_next(l);
	if (!shared && load_is(l, "if"))
		return sfx_case(l, f, v, flags);
	if (f->cases)
		return twice(l, "words");
	if (shared) {
		s->words = load_here(l);
		s->words_name = load_name(l, "the name of a word table");
		return s->words_name ? 0 : -1;
	}
	w = arena_alloc(&l->r->mem, sizeof(*w));
	if (!w)
		return load_nomem(l->e);
	f->words = w;
	return parse_words(l, w, flags);
}

/* The text of an expression with its blanks made one. */
static const char *expr_text(struct load *l, const struct expr *x)
{
	const struct lexpr *lx = lexpr_of(x);
	char *out = arena_alloc(&l->r->mem, lx->span + 1);
	uint32_t n = 0;

	if (!out)
		return load_nomem(l->e), NULL;
	for (uint32_t i = 0; i < lx->span; i++) {
		char c = l->text[lx->at + i];

		if ((uint8_t)c > ' ')
			out[n++] = c;
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	return out;
}

static int sfx_must(struct load *l, struct fvecs *v)
{
	struct must *m;

	load_next(l);
	if (v->must.n == 32)
		return load_fail(l, load_here(l), "at most 32 musts are accepted");
	m = vec_push(&l->r->mem, &v->must, sizeof(*m));
	if (!m)
		return load_nomem(l->e);
	m->expr = parse_expr(l);
	if (!m->expr)
		return -1;
	m->text = expr_text(l, m->expr);
	return m->text ? 0 : -1;
}

static int sfx_show(struct load *l, struct field *f)
{
	static const char *const shows[] = { "hex", "dec", "bin", "time", "bits" };

	load_next(l);
	for (unsigned i = 0; i < 5; i++) {
		if (load_is(l, shows[i])) {
			f->show = (uint8_t)(SHOW_HEX + i);
			load_next(l);
			return 0;
		}
	}
	return load_expected(l, "hex, dec, bin, time or bits");
}

static int sfx_zero_over(struct load *l, struct field *f, struct fsrc *s, uint32_t at)
{
	load_next(l);
	if (l->t.type != TOK_NUM || l->t.num < 1 || l->t.num > UINT16_MAX)
		return load_expected(l, "the largest length that is written, 1 to 65535");
	f->rule.zero_rest = true;
	f->rule.zero_over = (uint16_t)l->t.num;
	load_next(l);
	s->zero = load_since(l, at);
	return 0;
}

static int sfx_zero(struct load *l, struct field *f, struct fsrc *s)
{
	uint32_t at = l->t.at;

	load_next(l);
	if (load_is(l, "rest"))
		f->rule.zero_rest = true;
	else if (load_is(l, "end"))
		f->rule.zero_rest = f->rule.zero_end = true;
	else if (load_is(l, "over"))
		return sfx_zero_over(l, f, s, at);
	else if (load_is(l, "none"))
		f->rule.zero_none = true;
	else
		return load_expected(l, "rest, end or over N (a length) or none (a checksum)");
	load_next(l);
	s->zero = load_since(l, at);
	return 0;
}

static int sfx_cond(struct load *l, struct field *f, struct fsrc *s)
{
	if (f->cond)
		return twice(l, "a condition");
	load_next(l);
	f->cond = parse_expr(l);
	if (!f->cond)
		return -1;
	s->cond = (struct place) { lexpr_of(f->cond)->at, lexpr_of(f->cond)->span };
	return 0;
}

static int sfx_align(struct load *l, struct field *f)
{
	load_next(l);
	if (l->t.type != TOK_NUM || l->t.num < 2 || l->t.num > 64)
		return load_expected(l, "a multiple of 2 to 64 bytes");
	f->align = (uint8_t)l->t.num;
	load_next(l);
	return 0;
}

/* since prior */
static int sfx_since(struct load *l, struct field *f, struct fsrc *s)
{
	uint32_t at = l->t.at;

	load_next(l);
	if (!load_is(l, "prior"))
		return load_expected(l, "prior: the same field of the item before");
	load_next(l);
	f->since = true;
	s->since = load_since(l, at);
	return 0;
}

/* secret [if EXPR] */
static int sfx_secret(struct load *l, const struct field *f)
{
	const struct secret *last = l->secrets.p;
	struct secret *x;

	if (last && last[l->secrets.n - 1].field == f->index)
		return twice(l, "'secret'");
	x = vec_push(&l->r->mem, &l->secrets, sizeof(*x));
	if (!x)
		return load_nomem(l->e);
	*x = (struct secret) { .field = f->index };
	load_next(l);
	if (!load_is(l, "if"))
		return 0;
	load_next(l);
	x->cond = parse_expr(l);
	return x->cond ? 0 : -1;
}

static int unknown_suffix(struct load *l)
{
	static const char *const known[] = { "enum", "flags", "words", "if",    "optional",
					     "must", "fresh", "show",  "alias", "align",
					     "zero", "since", "secret" };
	char near[100];

	near_name(near, sizeof(near),
		  near_word(l->text + l->t.at, l->t.len, known, sizeof(known) / sizeof(*known)));
	if (near[0])
		return load_fail(l, load_here(l), "'%.*s' says nothing about a field%s",
				 (int)l->t.len, l->text + l->t.at, near);
	return load_expected(l,
			     "= rule, enum, flags, words, if, optional, must, fresh, show, "
			     "alias, align, zero, since, secret, a string or the end of the line");
}

static int suffix(struct load *l, struct field *f, struct fsrc *s, struct fvecs *v)
{
	if (l->t.type == '=') {
		if (s->rule.span)
			return twice(l, "a rule");
		return parse_rule(l, f, s);
	}
	if (l->t.type == TOK_STR) {
		if (f->doc)
			return twice(l, "a meaning");
		f->doc = load_text(l, "a string");
		return f->doc ? 0 : -1;
	}
	if (load_is(l, "enum") || load_is(l, "flags") || load_is(l, "words"))
		return sfx_words(l, f, s, v);
	if (load_is(l, "if"))
		return sfx_cond(l, f, s);
	if (load_is(l, "must"))
		return sfx_must(l, v);
	if (load_is(l, "alias"))
		return parse_aliases(l, false, &f->alias);
	if (load_is(l, "show"))
		return sfx_show(l, f);
	if (load_is(l, "zero"))
		return sfx_zero(l, f, s);
	if (load_is(l, "align"))
		return sfx_align(l, f);
	if (load_is(l, "since"))
		return sfx_since(l, f, s);
	if (load_is(l, "secret"))
		return sfx_secret(l, f);
	if (load_is(l, "optional"))
		f->optional = true;
	else if (load_is(l, "fresh"))
		f->fresh = true;
	else
		return unknown_suffix(l);
	load_next(l);
	return 0;
}

int parse_field(struct load *l)
{
	struct field *f = vec_push(&l->r->mem, &l->fields, sizeof(*f));
	struct fsrc *s = vec_push(&l->r->mem, &l->fsrc, sizeof(*s));
	struct fvecs v = { 0 };

	if (!f || !s)
		return load_nomem(l->e);
	s->name = load_here(l);
	if (l->fields.n > FIELDS_MAX)
		return load_fail(l, s->name, "at most %u fields are accepted", FIELDS_MAX);
	f->index = (uint16_t)(l->fields.n - 1);
	f->lineno = load_line(l, s->name.at);
	f->after = l->npre >= 0;
	f->name = load_name(l, "the name of a field");
	if (!f->name || load_want(l, ':', "':' and a type"))
		return -1;
	f->type = parse_type(l);
	if (!f->type)
		return -1;
	while (l->t.type != TOK_LINE && l->t.type != '}' && l->t.type != TOK_END) {
		if (suffix(l, f, s, &v))
			return -1;
	}
	f->must = v.must.p;
	f->nmust = (uint8_t)v.must.n;
	return 0;
}
