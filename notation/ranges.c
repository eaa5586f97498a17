/* SPDX-License-Identifier: BSD-2-Clause */
/* One item of a number or an address: a value, a range, a network, rand, inc. */
#include "core/kinds.h"
#include "core/value.h"
#include "notation/parser.h"

/* Is this one of the field's own words? They come before the notation's; but in a pattern `any` is
 * "whatever is there", and a word such as ANY is told apart by its case. */
bool leaf_has_word(const struct leaf *l, const char *s, size_t n)
{
	const struct words *w = l->f->words;
	bool any = (l->ps->flags & PLAN_PATTERN) && same(s, n, "any");

	for (unsigned i = 0; w && i < w->n; i++) {
		const char *name = w->v[i].name;

		if (any ? same(s, n, name) : name_is(name, s, n))
			return true;
	}
	return false;
}

unsigned leaf_width(const struct type *type)
{
	return type->ext.form != EXTENT_KIND ? 0 : type->kind->bits ? type->kind->bits : type->bits;
}

/* A selector may also be said as the protocol it leads to. */
static bool selector_name(const struct leaf *l, const char *s, size_t n, struct value *v)
{
	const struct proto *lower = l->f->rec->proto, *upper;
	struct edge edge;

	upper = lower && l->f->selects ? registry_find(l->ps->reg, s, n) : NULL;
	for (unsigned i = 0; upper && registry_edge(l->ps->reg, lower, upper, i, &edge); i++) {
		for (unsigned k = 0; edge.cr && k < edge.cr->nfields; k++) {
			if (edge.cr->field[k] == l->f->index) {
				*v = (struct value) { .num = edge.lo };
				return true;
			}
		}
	}
	return false;
}

/* fe80::2%eth0: the interface belongs to the sender, not to the address. */
int leaf_scope(const struct leaf *l, const char *s, size_t *n)
{
	const char *pc = memchr(s, '%', *n);
	size_t k = pc ? *n - (size_t)(pc - s) - 1 : 0;
	char *scope = l->ps->p->scope;

	if (!pc || l->type->kind->cls != KIND_ADDR || leaf_width(l->type) != 128)
		return 0;
	if (k == 0 || k >= sizeof(l->ps->p->scope))
		return text_fail_in(l->ps, l->say, pc, k + 1,
				    "after %% an interface's name is wanted");
	if (scope[0] && (strlen(scope) != k || memcmp(scope, pc + 1, k)))
		return text_fail_in(l->ps, l->say, pc, k + 1, "another address named %s", scope);
	memcpy(scope, pc + 1, k);
	scope[k] = 0;
	*n = (size_t)(pc - s);
	return 0;
}

/* A word of the table whose condition holds by what was said so far; else of any: what it depends
 * on may be said later, and building judges it again. Else e tells of the words that hold. */
static bool case_word(const struct leaf *l, const char *s, size_t n, struct value *v, struct err *e)
{
	for (unsigned i = 0; i < 2u * (l->f ? l->f->ncases : 0); i++) {
		const struct word_case *c = &l->f->cases[i % l->f->ncases];
		struct known k = { true, 1 };
		struct field one = *l->f;
		struct err why = { 0 };

		if (i < l->f->ncases)
			k = say_eval(l->ps, l->sc, c->cond);
		one.words = c->words;
		if (!k.ok || !k.v)
			continue;
		if (value_parse(&one, l->type, s, n, &l->ps->p->mem, v, &why) == 0)
			return true;
		if (i < l->f->ncases)
			*e = why;
	}
	return false;
}

/* A name that stands for an address. e, of an address that was none, tells the names there are. */
static bool host_name(const struct leaf *l, const char *s, size_t n, struct value *v, struct err *e)
{
	const struct registry *r = l->ps->reg;
	unsigned bytes = leaf_width(l->type) / 8;
	const uint8_t *p;
	struct buf names = { 0 };
	bool known;

	if (l->type->kind->cls != KIND_ADDR || !registry_host_at(r, 0))
		return false;
	p = registry_host(r, s, n, bytes, &known);
	if (p) {
		uint8_t *copy = arena_alloc(&l->ps->p->mem, bytes);

		for (unsigned i = 0; copy && i < bytes; i++)
			copy[i] = p[l->type->le ? bytes - 1 - i : i];
		*v = (struct value) { .p = copy, .len = bytes };
		return copy != NULL;
	}
	err_clear(e);
	if (known) {
		err_at(e, "", s, n, 0, n, "%.*s has no address of this kind", quoted(n), s);
		return false;
	}
	for (unsigned i = 0; registry_host_at(r, i) && names.n < 200; i++)
		if (!strchr(registry_host_at(r, i), '.'))
			buf_fmt(&names, "%s%s", names.n ? ", " : "", registry_host_at(r, i));
	err_at(e, "", s, n, 0, n, "'%.*s' is neither an address nor one of the names here: %s",
	       quoted(n), s, names.n ? buf_cstr(&names) : "");
	buf_done(&names);
	return false;
}

/* One value; e tells why not, without a place in the whole text. */
int leaf_try(const struct leaf *l, const char *s, size_t n, struct value *v, struct err *e)
{
	err_clear(e);
	*v = (struct value) { 0 };
	if (n && value_parse(l->f, l->type, s, n, &l->ps->p->mem, v, e) == 0)
		return 0;
	if (n && case_word(l, s, n, v, e))
		return 0;
	if (n && selector_name(l, s, n, v))
		return 0;
	if (n && host_name(l, s, n, v, e))
		return 0;
	if (!e->code)
		err_set(e, ERR_USAGE, "a value is missing");
	return -1;
}

int leaf_fail(const struct leaf *l, const char *s, size_t n, const struct err *e)
{
	size_t at = e->lineno && e->col ? e->col - 1 : 0, span = e->lineno ? e->span : n;

	if (e->code == ERR_IO) /* memory: no word of theirs is to blame */
		return err_set(l->ps->e, ERR_IO, "%s", e->msg);
	if (at > n)
		at = n;
	if (span > n - at)
		span = n - at;
	return text_fail_in(l->ps, l->say, s + at, span ? span : 1, "%s", e->msg);
}

static u128 wide(const struct leaf *l, const struct value *v)
{
	u128 w = value_wide(l->type, v);

	/* Signed numbers in the order of unsigned ones. */
	return l->type->kind == &kind_int && !v->p ? w ^ (u128)1 << 63 : w;
}

static void one(const struct leaf *l, const struct value *v, struct sweep_item *it)
{
	it->form = ITEM_ONE;
	it->count = 1;
	it->lo = it->hi = it->all_lo = it->all_hi = wide(l, v);
}

static int range(const struct leaf *l, const struct value *a, const struct value *b, const char *s,
		 size_t n, struct sweep_item *it)
{
	u128 size;

	it->form = ITEM_RANGE;
	it->lo = it->all_lo = wide(l, a);
	it->hi = it->all_hi = wide(l, b);
	if (it->lo > it->hi)
		return text_fail_in(l->ps, l->say, s, n, "this range runs backwards");
	size = it->hi - it->lo;
	it->count = size >= UINT64_MAX ? UINT64_MAX : (uint64_t)size + 1;
	return 0;
}

/* 10.0.0.0/24: every host. The ends name the network and its broadcast address (RFC 1122 3.2.1.3),
 * but not in /31 (RFC 3021); in IPv6 the first is the routers' anycast address (RFC 4291 2.6.1). */
static int network(const struct leaf *l, const char *s, size_t n, size_t slash,
		   struct sweep_item *it)
{
	unsigned width = leaf_width(l->type), rest;
	struct value v;
	struct err e;
	uint64_t bits;
	u128 mask;

	if (leaf_try(l, s, slash, &v, &e))
		return leaf_fail(l, s, slash, &e);
	if (text_number(s + slash + 1, n - slash - 1, &bits) || bits > width) {
		if (registry_find(l->ps->reg, s + slash + 1, n - slash - 1))
			return text_fail_in(l->ps, l->say, s + slash, 1,
					    "before a layer write ' / ', with blanks around it");
		return text_fail_in(l->ps, l->say, s + slash + 1, n - slash - 1,
				    "after / a number of bits is wanted, at most %u", width);
	}
	rest = width - (unsigned)bits;
	mask = rest >= 128 ? ~(u128)0 : ((u128)1 << rest) - 1;
	it->form = ITEM_RANGE;
	it->lo = it->all_lo = wide(l, &v) & ~mask;
	it->hi = it->all_hi = it->lo | mask;
	if (width == 32 && rest >= 2) {
		it->lo++;
		it->hi--;
	} else if (width == 128 && rest >= 2) {
		it->lo++;
	}
	it->count = it->hi - it->lo >= UINT64_MAX ? UINT64_MAX : (uint64_t)(it->hi - it->lo) + 1;
	return 0;
}

/* A value, a range or a network. */
/* 10.77.0.1-4, as other tools write it: a number alone where an address is meant. */
static bool short_end(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && is_digit(s[i]))
		i++;
	return n && i == n;
}

/* s[0..first) is the first address, end what stands for the last one. */
static int short_range(const struct leaf *l, const char *s, size_t n, size_t first, const char *end)
{
	size_t dot = first;

	while (dot && s[dot - 1] != '.')
		dot--;
	if (!dot)
		return text_fail_in(l->ps, l->say, s, n,
				    "a range of addresses is written FIRST-LAST, both whole");
	return text_fail_in(l->ps, l->say, s, n,
			    "a range of addresses is written with both whole: %.*s-%.*s%.*s",
			    (int)first, s, (int)dot, s, (int)(s + n - end), end);
}

static int plain_item(const struct leaf *l, const char *s, size_t n, struct sweep_item *it)
{
	struct value a, b;
	struct err whole, left, right;
	const char *slash = memchr(s, '/', n), *dots = memmem(s, n, "..", 2);
	size_t m = n;

	if (leaf_scope(l, s, &m))
		return -1;
	if (leaf_try(l, s, m, &a, &whole) == 0) {
		one(l, &a, it);
		return 0;
	}
	if (slash && l->type->kind->cls == KIND_ADDR)
		return network(l, s, n, (size_t)(slash - s), it);
	for (size_t i = 1; i + 1 < n && n < 200; i++) {
		size_t skip = dots && i == (size_t)(dots - s) ? 2 : !dots && s[i] == '-' ? 1 : 0;

		if (!skip)
			continue;
		if (leaf_try(l, s, i, &a, &left)) {
			if (left.code == ERR_IO)
				return leaf_fail(l, s, i, &left);
			continue;
		}
		if (leaf_try(l, s + i + skip, n - i - skip, &b, &right) == 0)
			return range(l, &a, &b, s, n, it);
		if (right.code == ERR_IO)
			return leaf_fail(l, s, n, &right);
		if (l->type->kind->cls == KIND_ADDR && short_end(s + i + skip, n - i - skip))
			return short_range(l, s, n, i, s + i + skip);
		if (is_digit(s[i + skip]))
			return leaf_fail(l, s + i + skip, n - i - skip, &right);
	}
	return leaf_fail(l, s, m, &whole);
}

static int full_range(const struct leaf *l, const char *s, size_t n, struct sweep_item *it)
{
	unsigned width = leaf_width(l->type);
	bool is_int = l->type->kind == &kind_int;

	if (!width)
		return text_fail_in(l->ps, l->say, s, n, "say from where to where: rand:0-100");
	it->lo = is_int ? ((u128)1 << 63) - ((u128)1 << (width - 1)) : 0;
	it->hi = it->lo + (width >= 128 ? ~(u128)0 : ((u128)1 << width) - 1);
	it->all_lo = it->lo;
	it->all_hi = it->hi;
	return 0;
}

static int rand_item(const struct leaf *l, const char *s, size_t n, struct sweep_item *it)
{
	if (n > 5 ? plain_item(l, s + 5, n - 5, it) : full_range(l, s, n, it))
		return -1;
	it->form = ITEM_RAND;
	it->count = 1;
	return 0;
}

/* inc, inc:start, inc:start+step */
static int inc_item(const struct leaf *l, const char *s, size_t n, struct sweep_item *it)
{
	const char *plus = memchr(s, '+', n);
	size_t m = plus ? (size_t)(plus - s) : n;
	uint64_t step = 1;
	struct value v = { 0 };
	struct err e;

	if (plus && (text_number(plus + 1, n - m - 1, &step) || step == 0))
		return text_fail_in(l->ps, l->say, plus + 1, n - m - 1,
				    "a step is a number above 0");
	if (m > 4) {
		if (leaf_try(l, s + 4, m - 4, &v, &e))
			return leaf_fail(l, s + 4, m - 4, &e);
	} else if (l->f->rule.form == RULE_CONST && !l->f->rule.text) {
		v.num = (uint64_t)l->f->rule.num;
	} else if (l->type->kind->cls == KIND_ADDR) {
		return text_fail_in(l->ps, l->say, s, n, "say where to begin: inc:ADDRESS");
	}
	if (l->type->ext.form != EXTENT_KIND || !leaf_width(l->type))
		return text_fail_in(l->ps, l->say, s, n, "inc is for numbers of fixed width");
	it->form = ITEM_INC;
	it->count = 1;
	it->lo = wide(l, &v);
	it->hi = step;
	it->all_hi = ~(u128)0;
	return 0;
}

int leaf_item(const struct leaf *l, const char *s, size_t n, struct sweep_item *it)
{
	if (n == 0)
		return text_fail_in(l->ps, l->say, s, 1, "a value is missing here");
	if (!leaf_has_word(l, s, n)) {
		if (same(s, n, "rand") || begins(s, n, "rand:"))
			return rand_item(l, s, n, it);
		if (same(s, n, "inc") || begins(s, n, "inc:"))
			return inc_item(l, s, n, it);
		if (same(s, n, "any") || same(s, n, "auto") || same(s, n, "bad") ||
		    same(s, n, "fresh"))
			return text_fail_in(l->ps, l->say, s, n, "%.*s stands alone", (int)n, s);
	}
	return plain_item(l, s, n, it);
}
