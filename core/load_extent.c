/* SPDX-License-Identifier: BSD-2-Clause */
/* Parser of what stands in brackets behind a type: sizes, numbers and marks before the data,
 * terminators. */
#include "core/load.h"

static int stop_string(struct load *l, struct extent *x)
{
	struct place at = load_here(l);
	uint32_t n;
	const char *s = load_string(l, &n);

	if (!s)
		return -1;
	if (n > 255)
		return load_fail(l, at, "a terminator of at most 255 bytes is accepted");
	if (!n && x->form != EXTENT_LINES)
		return load_fail(l, at, "an empty terminator would never end");
	x->stop = s;
	x->stop_len = (uint8_t)n;
	return 0;
}

static int sized(struct load *l, struct extent *x, bool list)
{
	x->expr = parse_expr(l);
	if (!x->expr)
		return -1;
	x->form = list ? EXTENT_COUNT : EXTENT_BYTES;
	if (load_is(l, "bytes")) {
		x->form = EXTENT_BYTES;
		load_next(l);
	}
	return 0;
}

static int prefixed_in(struct load *l, struct extent *x, const struct type *prefix, bool list,
		       unsigned depth);

/* NUMBER before a prefix: the bytes of the number, as they stand there. Not [8 bytes]. */
static bool marked(struct load *l, struct extent *x)
{
	unsigned n = 1;

	if (load_token_is(l, load_peek(l), "bytes"))
		return false;
	while (n < 8 && l->t.num >> 8 * n)
		n++;
	x->mark_len = (uint8_t)n;
	for (unsigned i = 0; i < n; i++)
		x->mark[i] = (uint8_t)(l->t.num >> 8 * (n - 1 - i));
	load_next(l);
	return true;
}

/* Another mark and number inside these: [0xa1 berlen 0x1b berlen]. */
static int nested(struct load *l, struct extent *x, bool list, unsigned depth)
{
	struct extent *outer = arena_alloc(&l->r->mem, sizeof(*outer));
	const struct type *prefix;

	if (!outer)
		return load_nomem(l->e);
	if (depth == 4)
		return load_fail(l, load_here(l), "at most 4 numbers in each other are accepted");
	*outer = *x;
	x->outer = outer;
	marked(l, x);
	if (!(prefix = parse_prefix_type(l)))
		return l->e->code ? -1 : load_expected(l, "the number behind the mark");
	return prefixed_in(l, x, prefix, list, depth + 1);
}

/* u16 bytes | u8 count | u8, alias NAMES */
static int prefixed_in(struct load *l, struct extent *x, const struct type *prefix, bool list,
		       unsigned depth)
{
	load_next(l);
	x->prefix = prefix;
	x->form = EXTENT_PREFIX;
	if (l->t.type == TOK_NUM)
		return nested(l, x, list, depth);
	if (load_is(l, "bytes")) {
		load_next(l);
	} else if (list && load_is(l, "count")) {
		x->form = EXTENT_PREFIX_COUNT;
		load_next(l);
	} else if (list) {
		return load_expected(l, "'bytes' or 'count' after the prefix of a list");
	}
	return load_is(l, "alias") ? parse_aliases(l, true, &x->alias) : 0;
}

static int prefixed(struct load *l, struct extent *x, const struct type *prefix, bool list)
{
	return prefixed_in(l, x, prefix, list, 1);
}

/* What stands in brackets after a kind (list false) or after an item type. */
int parse_extent(struct load *l, struct extent *x, bool list)
{
	const struct type *prefix;
	int ahead;

	if (load_open(l, '['))
		return -1;
	ahead = load_peek(l).type;
	if (!list && l->t.type == TOK_NUM && ahead == TOK_DOTS)
		marked(l, x);
	if (l->t.type == TOK_DOTS) {
		x->form = EXTENT_REST;
		load_next(l);
		if (load_accept(l, '-')) {
			if (l->t.type != TOK_NUM || l->t.num < 1 || l->t.num > 65535)
				return load_expected(l, "how many bytes it leaves, 1 to 65535");
			x->expr = expr_number(l, (int64_t)l->t.num, load_here(l));
			if (!x->expr)
				return -1;
			load_next(l);
		}
		if (x->mark_len && load_is(l, "alias") && parse_aliases(l, true, &x->alias))
			return -1;
	} else if (load_is(l, "until") && ahead != ']') {
		load_next(l);
		x->form = list ? EXTENT_UNTIL : EXTENT_UNTIL_TEXT;
		if (list ? !(x->expr = parse_expr(l)) : stop_string(l, x))
			return -1;
	} else if (list && load_is(l, "while") && ahead != ']') {
		load_next(l);
		x->form = EXTENT_WHILE;
		if (!(x->expr = parse_expr(l)))
			return -1;
	} else if (!list && ahead == TOK_STR && (load_is(l, "before") || load_is(l, "while"))) {
		x->form = load_is(l, "before") ? EXTENT_BEFORE : EXTENT_WHILE;
		load_next(l);
		if (stop_string(l, x))
			return -1;
	} else if (list && (load_is(l, "learnt") || load_is(l, "as")) && ahead == TOK_NAME) {
		if (parse_learnt(l, x))
			return -1;
	} else if (list && load_is(l, "lines") && ahead != ']') {
		load_next(l);
		x->form = EXTENT_LINES;
		ahead = l->t.type;
		if (ahead != TOK_DOTS && !load_is(l, "until"))
			return load_expected(
				l, "until and a string: [lines until \"\"], or [lines ..]");
		load_next(l);
		if (ahead != TOK_DOTS && stop_string(l, x))
			return -1;
	} else if (list && load_is(l, "blocks") && ahead != ']') {
		load_next(l);
		x->form = EXTENT_BLOCKS;
		if (l->t.type != TOK_NUM || l->t.num < 1 || l->t.num > 65535)
			return load_expected(l, "how many bytes a block has, 1 to 65535");
		x->expr = expr_number(l, (int64_t)l->t.num, load_here(l));
		if (!x->expr)
			return -1;
		load_next(l);
	} else if ((ahead == ']' || ahead == TOK_NAME || ahead == TOK_NUM) &&
		   (prefix = parse_prefix_type(l))) {
		if (prefixed(l, x, prefix, list))
			return -1;
	} else if (l->t.type == TOK_NUM && ahead == TOK_NAME && marked(l, x)) {
		if (!(prefix = parse_prefix_type(l)) || prefixed(l, x, prefix, list))
			return l->e->code ? -1 : load_expected(l, "the number behind the mark");
	} else if (l->e && l->e->code) {
		return -1;
	} else if (sized(l, x, list)) {
		return -1;
	}
	return load_close(l, ']');
}
