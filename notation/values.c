/* SPDX-License-Identifier: BSD-2-Clause */
/* The value of a leaf: one value, or the several of a sweep (lists, ranges, networks, rand, inc).
 */
#include "notation/parser.h"

struct leaf { /* whose value is being read */
	struct parser *ps;
	const struct scope *sc;
	const struct field *f;
	const struct type *type;
	struct say *say;
};

/* Is this one of the field's own words? They come before the notation's; but in a pattern `any` is
 * "whatever is there", and a word such as ANY is told apart by its case. */
static bool has_word(const struct leaf *l, const char *s, size_t n)
{
	const struct words *w = l->f->words;
	bool any = (l->ps->flags & PLAN_PATTERN) && same(s, n, "any");

	for (unsigned i = 0; w && i < w->n; i++) {
		const char *name = w->v[i].name;

		if (any ? same(s, n, name) : strlen(name) == n && !strncasecmp(s, name, n))
			return true;
	}
	return false;
}

static bool is_list_kind(const struct type *type)
{
	return type->kind->cls == KIND_NUM || type->kind->cls == KIND_ADDR;
}

static unsigned width_of(const struct type *type)
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
static int take_scope(const struct leaf *l, const char *s, size_t *n)
{
	const char *pc = memchr(s, '%', *n);
	size_t k = pc ? *n - (size_t)(pc - s) - 1 : 0;
	char *scope = l->ps->p->scope;

	if (!pc || l->type->kind->cls != KIND_ADDR || width_of(l->type) != 128)
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

/* One value; e tells why not, without a place in the whole text. */
static int value_try(const struct leaf *l, const char *s, size_t n, struct value *v, struct err *e)
{
	err_clear(e);
	*v = (struct value) { 0 };
	if (n && value_parse(l->f, l->type, s, n, &l->ps->p->mem, v, e) == 0)
		return 0;
	if (n && selector_name(l, s, n, v))
		return 0;
	if (!e->code)
		err_set(e, ERR_USAGE, "a value is missing");
	return -1;
}

static int value_fail(const struct leaf *l, const char *s, size_t n, const struct err *e)
{
	size_t at = e->lineno && e->col ? e->col - 1 : 0, span = e->lineno ? e->span : n;

	if (at > n)
		at = n;
	if (span > n - at)
		span = n - at;
	return text_fail_in(l->ps, l->say, s + at, span ? span : 1, "%s", e->msg);
}

static u128 wide(const struct leaf *l, const struct value *v)
{
	u128 w = value_wide(v);

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
	unsigned width = width_of(l->type), rest;
	struct value v;
	struct err e;
	uint64_t bits;
	u128 mask;

	if (value_try(l, s, slash, &v, &e))
		return value_fail(l, s, slash, &e);
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
static int plain_item(const struct leaf *l, const char *s, size_t n, struct sweep_item *it)
{
	struct value a, b;
	struct err whole, left, right;
	const char *slash = memchr(s, '/', n), *dots = memmem(s, n, "..", 2);
	size_t m = n;

	if (take_scope(l, s, &m))
		return -1;
	if (value_try(l, s, m, &a, &whole) == 0) {
		one(l, &a, it);
		return 0;
	}
	if (slash && l->type->kind->cls == KIND_ADDR)
		return network(l, s, n, (size_t)(slash - s), it);
	for (size_t i = 1; i + 1 < n && n < 200; i++) {
		size_t skip = dots && i == (size_t)(dots - s) ? 2 : !dots && s[i] == '-' ? 1 : 0;

		if (!skip || value_try(l, s, i, &a, &left))
			continue;
		if (value_try(l, s + i + skip, n - i - skip, &b, &right) == 0)
			return range(l, &a, &b, s, n, it);
		if (is_digit(s[i + skip]))
			return value_fail(l, s + i + skip, n - i - skip, &right);
	}
	return value_fail(l, s, m, &whole);
}

static int full_range(const struct leaf *l, const char *s, size_t n, struct sweep_item *it)
{
	unsigned width = width_of(l->type);
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
		if (value_try(l, s + 4, m - 4, &v, &e))
			return value_fail(l, s + 4, m - 4, &e);
	} else if (l->f->rule.form == RULE_CONST && !l->f->rule.text) {
		v.num = (uint64_t)l->f->rule.num;
	} else if (l->type->kind->cls == KIND_ADDR) {
		return text_fail_in(l->ps, l->say, s, n, "say where to begin: inc:ADDRESS");
	}
	if (l->type->ext.form != EXTENT_KIND || !width_of(l->type))
		return text_fail_in(l->ps, l->say, s, n, "inc is for numbers of fixed width");
	it->form = ITEM_INC;
	it->count = 1;
	it->lo = wide(l, &v);
	it->hi = step;
	it->all_hi = ~(u128)0;
	return 0;
}

static int item(const struct leaf *l, const char *s, size_t n, struct sweep_item *it)
{
	if (n == 0)
		return text_fail_in(l->ps, l->say, s, 1, "a value is missing here");
	if (!has_word(l, s, n)) {
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

static unsigned pieces(const char *s, size_t n)
{
	unsigned k = 1;

	for (size_t i = 0; (i = text_find(s, n, i, ',')) < n; i++)
		k++;
	return k;
}

/* Numbers and addresses: items, ranges, networks, rand, inc. */
static int number_list(const struct leaf *l, const char *s, size_t n)
{
	unsigned k = pieces(s, n);
	struct sweep_item first = { 0 };
	struct sweep *sw;
	size_t at = 0;

	if (k == 1) {
		if (item(l, s, n, &first))
			return -1;
		if (first.form == ITEM_ONE) {
			size_t m = n;
			struct err e;

			if (take_scope(l, s, &m) || value_try(l, s, m, &l->say->cur, &e))
				return -1;
			l->say->form = SAY_VALUE;
			return 0;
		}
	}
	sw = sweep_new(l->ps, l->sc->layer, l->say, l->f, l->type, k);
	if (!sw)
		return -1;
	for (unsigned i = 0; i < k; i++) {
		size_t end = text_find(s, n, at, ',');

		if (item(l, s + at, end - at, &sw->item[i]))
			return -1;
		at = end + 1;
	}
	sweep_finish(sw);
	return 0;
}

/* each:a,b,c of kinds without lists. */
static int each_list(const struct leaf *l, const char *s, size_t n)
{
	unsigned k = pieces(s, n);
	struct sweep *sw = sweep_new(l->ps, l->sc->layer, l->say, l->f, l->type, k);
	bool text = l->type->kind->cls == KIND_TEXT || l->type->kind->cls == KIND_BYTES;
	size_t at = 0;

	if (!sw)
		return -1;
	for (unsigned i = 0; i < k; i++) {
		struct sweep_item *it = &sw->item[i];
		size_t end = text_find(s, n, at, ','), len = end - at;
		struct value v = { 0 };
		struct err e;
		int rc = 0;

		it->form = ITEM_BYTES;
		it->count = 1;
		if (text) {
			rc = bytes_form(l->ps, l->say, s + at, len, true, &v.p, &v.len);
			if (rc == 1)
				return text_fail_in(l->ps, l->say, s + at, len,
						    "rand: stands alone");
		} else if (value_try(l, s + at, len, &v, &e)) {
			rc = value_fail(l, s + at, len, &e);
		}
		if (rc)
			return -1;
		it->p = v.p;
		it->len = v.len;
		it->lo = v.num;
		at = end + 1;
	}
	sweep_finish(sw);
	return 0;
}

static int text_leaf(const struct leaf *l, bool item)
{
	struct say *say = l->say;
	const char *s = say->text;
	size_t n = say->text_len;
	struct sweep *sw;
	int rc;

	if (begins(s, n, "each:"))
		return each_list(l, s + 5, n - 5);
	if (item && begins(s, n, "hex:")) {
		say->form = SAY_RAW;
		return hex_bytes(l->ps, say, s + 4, n - 4, &say->cur.p, &say->cur.len);
	}
	rc = bytes_form(l->ps, say, s, n, true, &say->cur.p, &say->cur.len);
	if (rc < 0)
		return -1;
	say->form = SAY_VALUE;
	if (rc == 0)
		return 0;
	sw = sweep_new(l->ps, l->sc->layer, say, l->f, l->type, 1);
	if (!sw)
		return -1;
	sw->item[0].form = ITEM_RAND_BYTES;
	sw->item[0].count = 1;
	sw->item[0].len = say->cur.len;
	sweep_finish(sw);
	return sw->scratch ? 0 : text_nomem(l->ps);
}

/* auto, bad, fresh, any: 1 it was one. */
static int keyword(const struct leaf *l)
{
	struct say *say = l->say;
	const char *s = say->text;
	size_t n = say->text_len;
	enum rule_form rule = l->f->rule.form;

	if (has_word(l, s, n))
		return 0;
	if (same(s, n, "auto")) {
		say->form = SAY_AUTO;
	} else if (same(s, n, "bad")) {
		if (rule == RULE_NONE || rule == RULE_CONST)
			return text_fail(
				l->ps, say->at, say->span,
				"%s is not computed, so it cannot be bad; say a wrong value",
				l->f->name);
		say->form = SAY_BAD;
	} else if (same(s, n, "any")) {
		if (!(l->ps->flags & PLAN_PATTERN))
			return text_fail(
				l->ps, say->at, say->span,
				"any is for expectations and patterns; here say a value, or "
				"leave %s out",
				l->f->name);
		say->form = SAY_ANY;
	} else if (same(s, n, "fresh")) {
		if (!l->f->fresh)
			return text_fail(l->ps, say->at, say->span,
					 "%s has no fresh value: its description does not say so",
					 l->f->name);
		say->form = SAY_FRESH;
	} else {
		return 0;
	}
	return 1;
}

/* flags=syn,ack: a slip that must not become two packets. */
static int not_flags_list(const struct leaf *l, const char *s, size_t n)
{
	char both[64];
	size_t k = n < sizeof(both) ? n : sizeof(both) - 1;

	memcpy(both, s, k);
	for (size_t i = 0; i < k; i++)
		both[i] = both[i] == ',' ? '+' : both[i];
	return text_fail(l->ps, l->say->at, l->say->span,
			 "both in one packet: %.*s; one packet for each: each:%.*s", (int)k, both,
			 (int)k, s);
}

int leaf_set(struct parser *ps, const struct scope *sc, const struct field *f,
	     const struct type *type, struct say *say, bool is_item)
{
	struct leaf l = { ps, sc, f, type, say };
	struct span_text t = { say->text, say->text_len };
	struct err e;
	bool each;
	int rc;

	if (type->kind->cls == KIND_TEXT || type->kind->cls == KIND_BYTES)
		return text_leaf(&l, is_item);
	rc = keyword(&l);
	if (rc)
		return rc < 0                   ? -1
		       : say->form == SAY_FRESH ? sweep_fresh(ps, sc->layer, say, f)
						: 0;
	if (begins(t.s, t.n, "hex:")) {
		if (width_of(type) % 8)
			return text_fail(ps, say->at, say->span,
					 "%s is %u bits wide; hex: is for whole bytes", f->name,
					 width_of(type));
		say->form = SAY_RAW;
		return hex_bytes(ps, say, t.s + 4, t.n - 4, &say->cur.p, &say->cur.len);
	}
	if (t.n && t.s[0] == '{')
		return text_fail(ps, say->at, say->span, "{...} is for tests, reactions and edits");
	if (t.n && t.s[0] == '"' && text_unquote(ps, say, t.s, t.n, &t))
		return -1;
	each = begins(t.s, t.n, "each:");
	if (each)
		t = (struct span_text) { t.s + 5, t.n - 5 };
	if (f->words && f->words->flags && !each && text_find(t.s, t.n, 0, ',') < t.n)
		return not_flags_list(&l, t.s, t.n);
	if (is_list_kind(type))
		return number_list(&l, t.s, t.n);
	if (each)
		return each_list(&l, t.s, t.n);
	if (value_try(&l, t.s, t.n, &say->cur, &e))
		return value_fail(&l, t.s, t.n, &e);
	say->form = SAY_VALUE;
	return 0;
}

int payload_set(struct parser *ps, unsigned layer, struct say *say, bool literal)
{
	const char *s = say->text;
	size_t n = say->text_len;
	static const struct kind *const bytes = &kind_bytes;
	static const struct field no_field = { 0 };
	struct type type = { .form = TYPE_LEAF, .kind = bytes };
	struct scope sc = { .layer = layer };
	struct leaf l = { ps, &sc, &no_field, &type, say };
	struct sweep *sw = NULL;
	int rc;

	if (begins(s, n, "each:")) {
		rc = each_list(&l, s + 5, n - 5);
	} else {
		rc = bytes_form(ps, say, s, n, literal, &say->cur.p, &say->cur.len);
		say->form = SAY_VALUE;
		if (rc == 1) {
			say->form = SAY_TEXT;
			rc = text_leaf(&l, false);
		}
	}
	if (rc < 0)
		return -1;
	sw = say->sweep;
	if (sw) {
		sw->field = NULL;
		sw->type = NULL;
	}
	return 0;
}
