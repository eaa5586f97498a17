/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a display filter: the grammar, and the code it becomes. */
#include "dissect/filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/filter_impl.h"

#define DEPTH_MAX 100 /* parentheses and negations */
#define TESTS_MAX 10000

static const struct {
	const char *text;
	uint8_t cmp;
	bool word;
} operators[] = {
	{ "===", CMP_ALL_EQ, false },     { "!==", CMP_ANY_NE, false },
	{ "~=", CMP_ANY_NE, false },      { "==", CMP_EQ, false },
	{ "!=", CMP_NE, false },          { "<=", CMP_LE, false },
	{ ">=", CMP_GE, false },          { "<", CMP_LT, false },
	{ ">", CMP_GT, false },           { "=", CMP_EQ, false },
	{ "~", CMP_MATCHES, false },      { "eq", CMP_EQ, true },
	{ "any_eq", CMP_EQ, true },       { "all_eq", CMP_ALL_EQ, true },
	{ "ne", CMP_NE, true },           { "all_ne", CMP_NE, true },
	{ "any_ne", CMP_ANY_NE, true },   { "lt", CMP_LT, true },
	{ "le", CMP_LE, true },           { "gt", CMP_GT, true },
	{ "ge", CMP_GE, true },           { "contains", CMP_CONTAINS, true },
	{ "matches", CMP_MATCHES, true }, { "in", CMP_IN, true },
};

static uint8_t comparison(struct filter_text *p)
{
	for (unsigned i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (operators[i].word ? filter_keyword(p, operators[i].text)
				      : filter_symbol(p, operators[i].text))
			return operators[i].cmp;
	}
	return CMP_EXISTS;
}

/* `a..b`, or `a-b` of plain numbers: make two literals of one word. */
static bool split_range(struct range *r)
{
	const char *s = r->lo.text, *cut = memmem(s, r->lo.len, "..", 2);
	uint32_t skip = 2, n;

	if (r->lo.quoted)
		return false;
	if (!cut) {
		cut = memchr(s, '-', r->lo.len);
		skip = 1;
		for (const char *c = s; cut && c < s + r->lo.len; c++) {
			if (!isdigit((unsigned char)*c) && c != cut)
				cut = NULL;
		}
	}
	if (!cut || cut == s || cut + skip == s + r->lo.len)
		return false;
	n = (uint32_t)(cut - s);
	r->hi = r->lo;
	r->hi.text = cut + skip;
	r->hi.len = r->lo.len - n - skip;
	r->lo.len = n;
	r->has_hi = true;
	return true;
}

static int read_set(struct filter_text *p, struct test *t)
{
	const char *close = "}";
	struct range *v;
	unsigned cap = 0;
	size_t open;

	if (filter_symbol(p, "(")) /* as others write sets */
		close = ")";
	else if (!filter_symbol(p, "{"))
		return filter_fail(p, p->at, 1, "a set is expected here: {80, 443, 8000..8100}");
	open = p->at - 1;
	while (!filter_symbol(p, close)) {
		if (p->at == p->len)
			return filter_fail(p, open, 1,
					   *close == '}' ? "the set does not end: '}' is missing"
							 : "the set does not end: ')' is missing");
		if (t->nset == cap) {
			cap = cap ? cap * 2 : 8;
			v = arena_alloc(&p->f->mem, cap * sizeof(*v));
			if (!v)
				return filter_no_memory(p);
			if (t->nset)
				memcpy(v, t->set, t->nset * sizeof(*v));
			t->set = v;
		}
		v = &t->set[t->nset];
		*v = (struct range) { 0 };
		if (filter_literal(p, &v->lo, false) < 0)
			return -1;
		split_range(v);
		if (filter_read(p->f, &t->a, &v->lo, !v->has_hi, p->e) < 0 ||
		    (v->has_hi && filter_read(p->f, &t->a, &v->hi, false, p->e) < 0))
			return -1;
		t->nset++;
		filter_symbol(p, ",");
	}
	return t->nset ? 0 : filter_fail(p, open, p->at - open, "the set is empty");
}

static int read_regex(struct filter_text *p, struct test *t)
{
	char text[200], *pattern;
	int rc;

	if (filter_literal(p, &t->b.lit, true) < 0)
		return -1;
	pattern = arena_strndup(&p->f->mem, t->b.lit.text, t->b.lit.len);
	if (!pattern)
		return filter_no_memory(p);
	switch (filter_regex_size(pattern)) {
	case REGEX_FITS: break;
	case REGEX_LARGE:
		return err_at(p->e, "", p->s, p->len, t->b.lit.at, t->b.lit.span,
			      "this regular expression repeats or nests too much");
	case REGEX_BACK:
		return err_at(p->e, "", p->s, p->len, t->b.lit.at, t->b.lit.span,
			      "an extended regular expression has no references back (\\1)");
	}
	rc = regcomp(&t->re, pattern, REG_EXTENDED | REG_ICASE);
	if (rc) {
		regerror(rc, &t->re, text, sizeof(text));
		return err_at(p->e, "", p->s, p->len, t->b.lit.at, t->b.lit.span,
			      "this is not a regular expression: %s", text);
	}
	t->has_re = true;
	return 0;
}

/* Does a field stand on the right? A dotted name that is one, or a function of one. */
static bool right_is_field(struct filter_text *p)
{
	size_t n, start;
	bool fn;

	filter_blanks(p);
	start = p->at;
	fn = filter_function(p);
	p->at = start;
	n = filter_word(p);
	return fn || (n && isalpha((unsigned char)p->s[p->at]) && memchr(p->s + p->at, '.', n) &&
		      filter_resolve(p->f, p->s + p->at, n));
}

static int read_right(struct filter_text *p, struct test *t)
{
	bool net = t->cmp == CMP_EQ || t->cmp == CMP_NE || t->cmp == CMP_ALL_EQ ||
		   t->cmp == CMP_ANY_NE;
	struct err why = { 0 };

	if (t->cmp == CMP_IN)
		return read_set(p, t);
	if (t->cmp == CMP_MATCHES)
		return read_regex(p, t);
	if (right_is_field(p))
		return filter_operand(p, &t->b);
	if (filter_literal(p, &t->b.lit, false) < 0)
		return -1;
	if (t->cmp == CMP_CONTAINS) { /* bytes or text, whatever the field's own values are */
		struct operand any = { .nslices = 1 };

		if (filter_read(p->f, &any, &t->b.lit, false, &why) < 0)
			t->b.lit.bytes = NULL;
		return 0;
	}
	return filter_read(p->f, &t->a, &t->b.lit, net, p->e);
}

static int read_mask(struct filter_text *p, struct operand *op)
{
	struct literal lit;

	/* One & alone; && is the grammar's. */
	filter_blanks(p);
	if (p->s[p->at] == '&' && p->s[p->at + 1] != '&')
		p->at++;
	else if (!filter_keyword(p, "bitwise_and"))
		return 0;
	if (filter_literal(p, &lit, false) < 0 || filter_read(p->f, op, &lit, false, p->e) < 0)
		return -1;
	op->mask = lit.nreadings ? lit.reading[0].v.num : lit.num;
	if (!op->mask)
		return filter_fail(p, lit.at, lit.span, "a mask of bits is expected here");
	return 0;
}

static int add_instr(struct filter_text *p, unsigned op, uint32_t arg)
{
	struct filter *f = p->f;

	if (f->ncode == f->code_cap) {
		unsigned cap = f->code_cap ? f->code_cap * 2 : 16;
		struct instr *v = realloc(f->code, cap * sizeof(*v));

		if (!v)
			return filter_no_memory(p);
		f->code = v;
		f->code_cap = cap;
	}
	f->code[f->ncode++] = (struct instr) { (uint8_t)op, arg };
	return 0;
}

static struct test *add_test(struct filter_text *p)
{
	struct filter *f = p->f;
	struct test *t = arena_alloc(&f->mem, sizeof(*t));

	if (f->ntests == f->test_cap) {
		unsigned cap = f->test_cap ? f->test_cap * 2 : 16;
		struct test **v = realloc(f->test, cap * sizeof(*v));

		if (!v)
			return NULL;
		f->test = v;
		f->test_cap = cap;
	}
	if (t)
		f->test[f->ntests++] = t;
	return t;
}

static int read_test(struct filter_text *p)
{
	struct test *t = p->f->ntests < TESTS_MAX ? add_test(p) : NULL;
	uint32_t index = p->f->ntests - 1;
	bool inverted;

	if (!t)
		return filter_no_memory(p);
	if (filter_operand(p, &t->a) < 0 || read_mask(p, &t->a) < 0)
		return -1;
	inverted = filter_keyword(p, "not");
	t->cmp = comparison(p);
	if (inverted && t->cmp != CMP_IN && t->cmp != CMP_CONTAINS && t->cmp != CMP_MATCHES)
		return filter_fail(p, p->at, 1, "'in', 'contains' or 'matches' is expected here");
	if (t->cmp != CMP_EXISTS && read_right(p, t) < 0)
		return -1;
	if (t->cmp == CMP_EXISTS && t->a.fn)
		return filter_fail(p, p->at, 1, "a comparison is expected here");
	if (!direct_make(p->f, t))
		return filter_no_memory(p);
	if (add_instr(p, I_TEST, index) < 0)
		return -1;
	return inverted ? add_instr(p, I_NOT, 0) : 0;
}

/* ---- and, or, not ---- */

static int read_or(struct filter_text *p);

/* The grammar's depth is bounded by DEPTH_MAX. */
static int read_not(struct filter_text *p)
{
	int rc;

	if (p->depth == DEPTH_MAX)
		return filter_fail(p, p->at, 1, "too deeply nested");
	p->depth++;
	filter_blanks(p);
	if (p->s[p->at] == '!' || filter_keyword(p, "not")) {
		if (p->s[p->at] == '!')
			p->at++;
		rc = read_not(p);
		if (rc == 0)
			rc = add_instr(p, I_NOT, 0);
	} else if (filter_symbol(p, "(")) {
		size_t open = p->at - 1;

		rc = read_or(p);
		if (rc == 0 && !filter_symbol(p, ")"))
			rc = filter_fail(p, open, 1, "this '(' is not closed");
	} else {
		rc = read_test(p);
	}
	p->depth--;
	return rc;
}

/* A chain of operands; jumps to its end thread through their own arguments until it is known. */
static int read_chain(struct filter_text *p, int (*next)(struct filter_text *p), unsigned jump,
		      const char *sign, const char *word)
{
	uint32_t last = UINT32_MAX;
	int rc = next(p);

	while (rc == 0 && (filter_symbol(p, sign) || filter_keyword(p, word))) {
		rc = add_instr(p, jump, last);
		last = p->f->ncode - 1;
		if (rc == 0)
			rc = next(p);
	}
	while (rc == 0 && last != UINT32_MAX) {
		uint32_t before = p->f->code[last].arg;

		p->f->code[last].arg = p->f->ncode;
		last = before;
	}
	return rc;
}

static int read_and(struct filter_text *p)
{
	return read_chain(p, read_not, I_JUMP_FALSE, "&&", "and");
}

static int read_or(struct filter_text *p)
{
	return read_chain(p, read_and, I_JUMP_TRUE, "||", "or");
}

struct filter *filter_parse(const struct registry *r, const char *text, size_t len, struct err *e)
{
	return filter_parse_named(r, NULL, text, len, e);
}

struct filter *filter_parse_named(const struct registry *r, const struct names *names,
				  const char *text, size_t len, struct err *e)
{
	struct filter *f = calloc(1, sizeof(*f));
	struct filter_text p = { .f = f, .len = len, .e = e };

	if (!f || !(f->text = p.s = arena_strndup(&f->mem, text, len))) {
		err_set(e, ERR_IO, "out of memory");
		return filter_close(f);
	}
	f->reg = r;
	f->names = names;
	f->len = len;
	filter_blanks(&p);
	if (p.at == len)
		return f;
	if (read_or(&p) < 0)
		return filter_close(f);
	filter_blanks(&p);
	if (p.at < len) {
		filter_fail(&p, p.at, 1,
			    text[p.at] == ')' ? "this ')' closes nothing"
					      : "'and', 'or' or the end is expected here");
		return filter_close(f);
	}
	return f;
}

struct filter *filter_close(struct filter *f)
{
	if (!f)
		return NULL;
	for (unsigned i = 0; i < f->ntests; i++) {
		if (f->test[i]->has_re)
			regfree(&f->test[i]->re);
	}
	free(f->code);
	free(f->test);
	arena_done(&f->mem);
	free(f);
	return NULL;
}
