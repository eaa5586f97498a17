/* SPDX-License-Identifier: BSD-2-Clause */
/* Parser of types: kinds, lists, choices, padding; what stands in brackets is in load_extent.c. */
#include "core/load.h"

#include "core/kinds.h"

#include "core/near.h"

/* Types stand together: they hold the addresses of kinds, which a frozen registry is given when it
 * is taken, page by page. */
static struct ltype *next_type(struct registry *r)
{
	if (!r->spare_types) {
		r->spare_type = arena_alloc(&r->mem, TYPES_AT_ONCE * sizeof(*r->spare_type));
		if (!r->spare_type)
			return NULL;
		r->spare_types = TYPES_AT_ONCE;
	}
	r->spare_types--;
	return r->spare_type++;
}

static struct type *new_type(struct load *l, enum type_form form, uint32_t at)
{
	struct ltype *t = next_type(l->r);

	if (!t) {
		load_nomem(l->e);
		return NULL;
	}
	t->t.form = form;
	t->at = at;
	t->span = load_since(l, at).span;
	return &t->t;
}

/* u1..u64, i1..i64, f32, f64, any kind; with le or be after it where that means something. */
static bool number_name(const char *s, uint32_t n, const struct kind **k, unsigned *bits)
{
	unsigned v = 0;

	if (n < 2 || n > 3 || !strchr("uif", s[0]) || s[1] == '0')
		return false;
	for (uint32_t i = 1; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (unsigned)(s[i] - '0');
	}
	*k = s[0] == 'u' ? &kind_uint : s[0] == 'i' ? &kind_int : &kind_float;
	*bits = v;
	return true;
}

static bool kind_name(const char *s, uint32_t n, const struct kind **k, unsigned *bits)
{
	*bits = 0;
	if (number_name(s, n, k, bits))
		return true;
	if (n == 4 && !memcmp(s, "uint", 4)) {
		*k = &kind_uint;
	} else if (n == 3 && !memcmp(s, "int", 3)) {
		*k = &kind_int;
	} else {
		*k = kind_find(s, n);
		if (!*k || *k == &kind_uint || *k == &kind_int || *k == &kind_float)
			return false;
		*bits = (*k)->bits;
	}
	return true;
}

static bool ordered(const struct kind *k)
{
	return k->cls == KIND_NUM || k->cls == KIND_FLOAT || k->cls == KIND_TIME;
}

/* Kinds with a byte order that can be said; addresses have the usual one in every file. */
static bool turns(const struct kind *k)
{
	return ordered(k) || k->cls == KIND_ADDR;
}

/* Numbers in digits may be ended by a text: decimal[until " "]. */
static bool in_digits(const struct kind *k)
{
	return k == &kind_decimal || k == &kind_hexnum;
}

/* Does the kind take its extent in brackets? */
static bool takes_extent(const struct type *t)
{
	return t->form == TYPE_LEAF && !t->bits && !t->kind->bits && !t->kind->read;
}

/* 1: the name is a kind, *out filled; 0: it is none; -1 */
static int leaf_named(struct load *l, const char *s, uint32_t n, struct type *out)
{
	const struct kind *k;
	unsigned bits;
	bool le = l->le, said = false;

	if (!kind_name(s, n, &k, &bits)) {
		if (n < 4 || (memcmp(s + n - 2, "le", 2) && memcmp(s + n - 2, "be", 2)) ||
		    !kind_name(s, n - 2, &k, &bits) || !turns(k) || (k->read && !bits))
			return 0;
		said = true;
		le = s[n - 2] == 'l';
	}
	if (ordered(k) && !k->read && !k->bits && bits > 64)
		return load_fail(l, load_here(l), "a number has 1 to 64 bits, not %u", bits);
	if (k == &kind_float && bits != 32 && bits != 64)
		return load_fail(l, load_here(l), "f32 and f64 are accepted");
	out->form = TYPE_LEAF;
	out->kind = k;
	out->bits = (uint16_t)bits;
	out->le = said ? le : le && ordered(k) && !(k->read && !bits) && bits % 8 == 0 && bits != 8;
	return 1;
}

struct type *parse_prefix_type(struct load *l)
{
	struct type t = { 0 }, *out;
	int is = l->t.type == TOK_NAME ? leaf_named(l, l->text + l->t.at, l->t.len, &t) : 0;

	if (is <= 0 || t.kind->cls != KIND_NUM || takes_extent(&t) || t.bits % 8)
		return NULL;
	out = new_type(l, TYPE_LEAF, l->t.at);
	if (out) {
		*out = t;
		((struct ltype *)out)->span = l->t.len;
	}
	return out;
}

static struct type *lists(struct load *l, struct type *t)
{
	for (unsigned deep = 0; t && l->t.type == '['; deep++) {
		uint32_t at = ltype_of(t)->at;
		struct type *list = new_type(l, TYPE_LIST, at);

		if (!list)
			return NULL;
		if (deep == 8) {
			load_fail(l, load_here(l), "at most 8 lists in each other are accepted");
			return NULL;
		}
		if (t->form == TYPE_PAD) {
			load_fail(l, load_here(l), "padding is no item of a list");
			return NULL;
		}
		list->item = t;
		if (parse_extent(l, &list->ext, true))
			return NULL;
		((struct ltype *)list)->span = load_since(l, at).span;
		t = list;
	}
	return t;
}

/* A label of an arm: a number, a word (looked up later), -N. */
static const struct expr *label(struct load *l)
{
	uint32_t at = l->t.at;
	bool minus = load_accept(l, '-');
	const struct expr *x;

	if (l->t.type == TOK_NUM) {
		int64_t v = (int64_t)l->t.num;

		load_next(l);
		return expr_number(l, minus ? (int64_t) - (uint64_t)v : v, load_since(l, at));
	}
	if (l->t.type == TOK_STR && !minus)
		return expr_string(l);
	if (minus || (l->t.type != TOK_NAME && l->t.type != TOK_WORD)) {
		load_expected(l, "a number, a word, else or '}'");
		return NULL;
	}
	/* A word has no dots, so this is parse_expr() of a name alone. */
	x = NULL;
	{
		struct path_part *p = arena_alloc(&l->r->mem, sizeof(*p));
		struct expr *w = (struct expr *)(uintptr_t)expr_number(l, 0, load_here(l));

		if (!p || !w || !(p->name = load_intern(l, l->t)))
			return load_nomem(l->e), NULL;
		w->op = EX_FIELD;
		w->path = p;
		w->npath = 1;
		x = w;
	}
	load_next(l);
	return x;
}

/* LABEL [ ".." LABEL ] { "," ... } "->" TYPE, or else -> TYPE: one arm for each label. */
/* An arm may be labelled `alias`. */
static int arm_alias(struct load *l, const char *const **alias)
{
	int next = load_is(l, "alias") ? load_peek(l).type : TOK_ARROW;

	return next == TOK_NAME ? parse_aliases(l, true, alias) : 0;
}

/* A label that no value can reach. Words are known later. */
static int check_label(struct load *l, const struct vec *arms, const struct arm *a, uint32_t at)
{
	if (a->lo->op != EX_NUM || (a->hi && a->hi->op != EX_NUM))
		return 0;
	if (a->hi && a->hi->num < a->lo->num)
		return load_fail(l, load_since(l, at), "this range ends before it begins");
	for (uint32_t i = 0; i + 1 < arms->n; i++) {
		const struct arm *b = VEC_AT(struct arm, *arms, i);

		if (!a->hi && b->lo && b->lo->op == EX_NUM && b->lo->num == a->lo->num && !b->hi)
			return load_fail(l, load_since(l, at), "an arm before has %lld",
					 (long long)a->lo->num);
	}
	return 0;
}

static int parse_arm(struct load *l, struct vec *arms, bool *otherwise)
{
	uint32_t first = arms->n, at;
	const char *const *alias = NULL;
	struct type *t;
	struct arm *a;

	if (load_is(l, "else") && load_peek(l).type == TOK_ARROW) {
		load_next(l);
		*otherwise = true;
		if (!vec_push(&l->r->mem, arms, sizeof(*a)))
			return load_nomem(l->e);
	} else {
		do {
			if (arms->n >= ARMS_MAX)
				return load_fail(l, load_here(l), "too many arms");
			a = vec_push(&l->r->mem, arms, sizeof(*a));
			if (!a)
				return load_nomem(l->e);
			at = l->t.at;
			if (!(a->lo = label(l)))
				return -1;
			if ((load_accept(l, TOK_DOTS) || load_accept(l, '-')) &&
			    !(a->hi = label(l)))
				return -1;
			if (check_label(l, arms, a, at))
				return -1;
		} while (load_accept(l, ','));
	}
	if (load_want(l, TOK_ARROW, "'->' and a type") || !(t = parse_type(l)) ||
	    arm_alias(l, &alias))
		return -1;
	for (uint32_t i = first; i < arms->n; i++) {
		VEC_AT(struct arm, *arms, i)->type = t;
		VEC_AT(struct arm, *arms, i)->alias = alias;
	}
	return 0;
}

static int fit_arm(struct load *l, struct vec *arms)
{
	struct arm *a;

	if (arms->n >= ARMS_MAX)
		return load_fail(l, load_here(l), "too many arms");
	a = vec_push(&l->r->mem, arms, sizeof(*a));
	if (!a)
		return load_nomem(l->e);
	a->type = parse_type(l);
	return a->type ? arm_alias(l, &a->alias) : -1;
}

static struct type *choose(struct load *l, uint32_t at)
{
	struct type *t = new_type(l, TYPE_CHOOSE, at);
	struct vec arms = { 0 };
	bool otherwise = false, fit;

	if (!t)
		return NULL;
	load_next(l);
	fit = load_is(l, "fit") && load_peek(l).type == '{';
	if (fit)
		load_next(l);
	else if (!(t->on = parse_expr(l)))
		return NULL;
	if (load_open(l, '{'))
		return NULL;
	while (l->t.type != '}') {
		if (otherwise) {
			load_fail(l, load_here(l), "the else arm comes last");
			return NULL;
		}
		if (fit ? fit_arm(l, &arms) : parse_arm(l, &arms, &otherwise))
			return NULL;
		while (load_accept(l, ','))
			;
	}
	if (!arms.n) {
		load_expected(l, fit ? "a type" : "an arm: word -> type");
		return NULL;
	}
	if (load_close(l, '}'))
		return NULL;
	((struct ltype *)t)->span = load_since(l, at).span;
	t->arms = arms.p;
	t->narms = (uint16_t)arms.n;
	return t;
}

static struct type *pad(struct load *l, uint32_t at)
{
	struct type *t = new_type(l, TYPE_PAD, at);

	load_next(l);
	if (!t || load_open(l, '['))
		return NULL;
	if (l->t.type != TOK_NUM || !l->t.num || l->t.num > 4096) {
		load_expected(l, "a multiple of 1 to 4096 bytes");
		return NULL;
	}
	t->bits = (uint16_t)l->t.num;
	load_next(l);
	return load_close(l, ']') ? NULL : t;
}

/* text, bytes, uint, int: their extent; bare text and bytes take the rest. */
static struct type *leaf_extent(struct load *l, struct type *t)
{
	struct ltype *lt = (struct ltype *)t;

	if (!takes_extent(t) &&
	    !(in_digits(t->kind) && l->t.type == '[' && load_token_is(l, load_peek(l), "until")))
		return t;
	if (l->t.type == '[') {
		if (parse_extent(l, &t->ext, false))
			return NULL;
		if ((t->ext.form == EXTENT_UNTIL_TEXT || t->ext.form == EXTENT_BEFORE ||
		     t->ext.form == EXTENT_WHILE) &&
		    t->kind->cls != KIND_TEXT && t->kind->cls != KIND_BYTES &&
		    !in_digits(t->kind)) {
			load_fail(l, load_since(l, lt->at),
				  "a terminator ends text, bytes and numbers in digits only");
			return NULL;
		}
		if (t->ext.form == EXTENT_REST && t->ext.mark_len && t->kind->cls != KIND_TEXT &&
		    t->kind->cls != KIND_BYTES) {
			load_fail(l, load_since(l, lt->at),
				  "a mark stands before all the rest of text and bytes only");
			return NULL;
		}
	} else if (t->kind->cls == KIND_NUM) {
		load_expected(l, "how many bytes: uint[EXPR] or int[..]");
		return NULL;
	} else {
		t->ext.form = EXTENT_REST;
	}
	lt->span = load_since(l, lt->at).span;
	return t;
}

struct type *parse_type(struct load *l)
{
	uint32_t at = l->t.at;
	struct type tmp = { 0 }, *t;
	int is;

	if (l->t.type != TOK_NAME) {
		load_expected(l, "a type: u8, ip4, text[8], bytes[..], a struct, choose");
		return NULL;
	}
	if (++l->type_depth > TYPE_DEPTH) {
		load_fail(l, load_here(l), "types are nested more than %u deep", TYPE_DEPTH);
		return NULL;
	}
	if (load_is(l, "choose")) {
		t = choose(l, at);
	} else if (load_is(l, "pad")) {
		t = pad(l, at);
	} else if (load_is(l, "wide")) {
		t = new_type(l, TYPE_LEAF, at);
		if (t && parse_wide(l, t))
			return NULL;
	} else if (load_is(l, "implied")) {
		t = new_type(l, TYPE_LEAF, at);
		if (t && parse_implied(l, t))
			return NULL;
	} else {
		is = leaf_named(l, l->text + at, l->t.len, &tmp);
		if (is < 0)
			return NULL;
		t = new_type(l, is ? TYPE_LEAF : TYPE_STRUCT, at);
		if (!t)
			return NULL;
		((struct ltype *)t)->span = l->t.len;
		if (is) {
			*t = tmp;
			load_next(l);
			t = leaf_extent(l, t);
		} else if (!(((struct ltype *)t)->rec_name = load_name(l, "a type"))) {
			return NULL;
		}
	}
	t = lists(l, t);
	l->type_depth--;
	return t;
}
