/* SPDX-License-Identifier: BSD-2-Clause */
/* Parser of what follows `=` in a field: a checksum, an expression, or a literal as the notation
 * writes it. */
#include "core/bits.h"
#include "core/load.h"

#include <stdio.h>

bool type_is_number(const struct type *t, unsigned *bits)
{
	unsigned b, least = 0;

	if (t->form == TYPE_LEAF && t->kind->cls == KIND_NUM) {
		*bits = t->kind->bits ? t->kind->bits : t->bits;
		return true;
	}
	if (t->form != TYPE_CHOOSE)
		return false;
	for (unsigned i = 0; i < t->narms; i++) {
		if (!type_is_number(t->arms[i].type, &b))
			return false;
		if (b && (!least || b < least))
			least = b;
	}
	*bits = least;
	return true;
}

/* ---- checksums ---- */

static int sum_number(struct load *l, uint64_t *v)
{
	if (load_is(l, "true") || load_is(l, "false")) {
		*v = load_is(l, "true");
		load_next(l);
		return 0;
	}
	if (l->t.type != TOK_NUM)
		return load_expected(l, "a number");
	*v = l->t.num;
	load_next(l);
	return 0;
}

/* crc(width=16 poly=0x1021 init=0xffff refin=1 refout=1 xorout=0) */
static const struct sum_algo *spelled_crc(struct load *l)
{
	static const char *const names[] = { "width", "poly", "init", "refin", "refout", "xorout" };
	uint64_t v[6] = { 0 };
	bool said[6] = { false };
	struct sum_algo *a = arena_alloc(&l->r->mem, sizeof(*a));
	struct place at = load_here(l);

	if (!a || load_open(l, '('))
		return a ? NULL : (load_nomem(l->e), NULL);
	while (l->t.type != ')') {
		unsigned i = 0;

		while (i < 6 && !load_is(l, names[i]))
			i++;
		if (i == 6)
			return load_expected(l, "width=, poly=, init=, refin=, refout= or xorout="),
			       NULL;
		if (said[i])
			return load_fail(l, load_here(l), "%s is here twice", names[i]), NULL;
		said[i] = true;
		load_next(l);
		if (load_want(l, '=', "'='") || sum_number(l, &v[i]))
			return NULL;
		load_accept(l, ',');
	}
	if (load_close(l, ')'))
		return NULL;
	if (!said[0] || !v[0] || v[0] > 64 || !said[1])
		return load_fail(l, at, "a crc needs width=1..64 and poly="), NULL;
	if (v[0] < 64 && ((v[1] | v[2] | v[5]) >> v[0]))
		return load_fail(l, at, "poly, init or xorout has more bits than width"), NULL;
	a->form = SUM_CRC;
	a->width = (uint8_t)v[0];
	a->poly = v[1];
	a->init = v[2];
	a->refin = v[3] != 0;
	a->refout = v[4] != 0;
	a->xorout = v[5];
	return a;
}

/* Is the current name the first part of a checksum's? */
static bool sum_begins(const struct load *l)
{
	const char *s = l->text + l->t.at;
	const struct sum_algo *a;

	if (l->t.type != TOK_NAME || load_peek(l).type != '(' || load_is(l, "len") ||
	    load_is(l, "count"))
		return false;
	if (sum_find(s, l->t.len) || load_is(l, "crc"))
		return true;
	for (unsigned i = 0; (a = sum_at(i)); i++) {
		if (!strncmp(a->name, s, l->t.len) && a->name[l->t.len] == '(')
			return true;
	}
	return false;
}

/* `crc16(ccitt)(SPANS)`, `crc16(ccitt, SPANS)`, `inet(SPANS)`; returns inside the brackets. */
static const struct sum_algo *sum_name(struct load *l)
{
	struct token t = l->t, in;
	const struct sum_algo *a;
	char both[80];

	load_next(l);
	in = load_peek(l);
	snprintf(both, sizeof(both), "%.*s(%.*s)", (int)(t.len > 32 ? 32 : t.len), l->text + t.at,
		 (int)(in.len > 32 ? 32 : in.len), l->text + in.at);
	a = sum_find(both, strlen(both));
	if (a) {
		if (load_open(l, '('))
			return NULL;
		load_next(l);
		if (load_accept(l, ','))
			return a;
		return load_close(l, ')') || load_open(l, '(') ? NULL : a;
	}
	if (t.len == 3 && !memcmp(l->text + t.at, "crc", 3)) {
		a = spelled_crc(l);
		return a && !load_open(l, '(') ? a : NULL;
	}
	a = sum_find(l->text + t.at, t.len);
	if (!a) {
		load_fail(l, (struct place) { in.at, in.len }, "there is no checksum %s", both);
		return NULL;
	}
	return load_open(l, '(') ? NULL : a;
}

static int parse_sum(struct load *l, struct field *f, struct fsrc *s)
{
	uint32_t first;

	f->rule.form = RULE_SUM;
	f->rule.sum = sum_name(l);
	first = l->spans.n;
	if (!f->rule.sum || parse_spans(l, &f->rule.spans))
		return -1;
	for (uint32_t i = first; i < l->spans.n; i++) {
		VEC_AT(struct span_ref, l->spans, i)->field = f->index;
		VEC_AT(struct span_ref, l->spans, i)->nth = i - first;
	}
	if (load_close(l, ')'))
		return -1;
	if (!load_is(l, "first"))
		return 0;
	load_next(l);
	s->rule_expr = parse_expr(l);
	return s->rule_expr ? 0 : -1;
}

/* ---- literals ---- */

/* `hex:` of a literal for bytes or text becomes the bytes themselves. */
static int literal_bytes(struct load *l, struct field *f, struct place at)
{
	const char *s = f->rule.text;
	uint32_t n = f->rule.text_len;
	int64_t bytes;
	char *out;

	if (n < 4 || memcmp(s, "hex:", 4))
		return 0;
	out = arena_alloc(&l->r->mem, n / 2 + 1);
	if (!out)
		return load_nomem(l->e);
	bytes = hex_decode(s + 4, n - 4, (uint8_t *)out);
	if (bytes < 0)
		return load_fail(l, at, "hex: takes two digits for each byte");
	f->rule.text = out;
	f->rule.text_len = (uint32_t)bytes;
	return 0;
}

static int parse_literal(struct load *l, struct field *f)
{
	uint32_t at = l->t.at, end;
	bool bytes = f->type->form == TYPE_LEAF &&
		     (f->type->kind->cls == KIND_BYTES || f->type->kind->cls == KIND_TEXT);

	f->rule.form = RULE_CONST;
	if (l->t.type == TOK_STR) {
		f->rule.text = load_string(l, &f->rule.text_len);
		return f->rule.text ? 0 : -1;
	}
	end = lex_raw(l->text, l->len, at);
	if (end == at || l->t.type == TOK_LINE || l->t.type == TOK_END)
		return load_expected(l, "a value");
	f->rule.text = arena_strndup(&l->r->mem, l->text + at, end - at);
	if (!f->rule.text)
		return load_nomem(l->e);
	f->rule.text_len = end - at;
	if (bytes && literal_bytes(l, f, (struct place) { at, end - at }))
		return -1;
	l->t.len = end - at;
	load_next(l);
	return 0;
}

int parse_rule(struct load *l, struct field *f, struct fsrc *s)
{
	uint32_t at;
	unsigned bits;
	int r;

	load_next(l);
	at = l->t.at;
	if (sum_begins(l)) {
		r = parse_sum(l, f, s);
	} else if (type_is_number(f->type, &bits) ||
		   ((load_is(l, "len") || load_is(l, "count")) && load_peek(l).type == '(')) {
		s->rule_expr = parse_expr(l);
		r = s->rule_expr ? 0 : -1;
	} else {
		r = parse_literal(l, f);
	}
	s->rule = load_since(l, at);
	return r;
}
