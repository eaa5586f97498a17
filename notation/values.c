/* SPDX-License-Identifier: BSD-2-Clause */
/* The value of a leaf: one value, or the several of a sweep (lists, ranges, networks, rand, inc).
 */
#include "notation/parser.h"

static unsigned pieces(const char *s, size_t n)
{
	unsigned k = 1;

	for (size_t i = 0; (i = text_find(s, n, i, ',')) < n; i++)
		k++;
	return k;
}

static bool is_list_kind(const struct type *type)
{
	return type->kind->cls == KIND_NUM || type->kind->cls == KIND_ADDR;
}

/* Numbers and addresses: items, ranges, networks, rand, inc. */
static int number_list(const struct leaf *l, const char *s, size_t n)
{
	unsigned k = pieces(s, n);
	struct sweep_item first = { 0 };
	struct sweep *sw;
	size_t at = 0;

	if (k == 1) {
		if (leaf_item(l, s, n, &first))
			return -1;
		if (first.form == ITEM_ONE) {
			size_t m = n;
			struct err e;

			if (leaf_scope(l, s, &m))
				return -1;
			if (leaf_try(l, s, m, &l->say->cur, &e))
				return leaf_fail(l, s, m, &e);
			l->say->form = SAY_VALUE;
			return 0;
		}
	}
	sw = sweep_new(l->ps, l->sc->layer, l->say, l->f, l->type, k);
	if (!sw)
		return -1;
	for (unsigned i = 0; i < k; i++) {
		size_t end = text_find(s, n, at, ',');

		if (leaf_item(l, s + at, end - at, &sw->item[i]))
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
		} else if (leaf_try(l, s + at, len, &v, &e)) {
			rc = leaf_fail(l, s + at, len, &e);
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

	if (leaf_has_word(l, s, n))
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
		if (leaf_width(type) % 8)
			return text_fail(ps, say->at, say->span,
					 "%s is %u bits wide; hex: is for whole bytes", f->name,
					 leaf_width(type));
		say->form = SAY_RAW;
		return hex_bytes(ps, say, t.s + 4, t.n - 4, &say->cur.p, &say->cur.len);
	}
	if (t.n && t.s[0] == '{')
		return text_fail(ps, say->at, say->span, "{...} is for tests, reactions and edits");
	if (t.n && t.s[0] == '"') {
		if (text_unquote(ps, say, t.s, t.n, &t))
			return -1;
		if (!t.n && f->words && f->words->flags) /* flags="": none of them */
			t = (struct span_text) { "0", 1 };
	}
	each = begins(t.s, t.n, "each:");
	if (each)
		t = (struct span_text) { t.s + 5, t.n - 5 };
	if (f->words && f->words->flags && !each && text_find(t.s, t.n, 0, ',') < t.n)
		return not_flags_list(&l, t.s, t.n);
	if (is_list_kind(type))
		return number_list(&l, t.s, t.n);
	if (each)
		return each_list(&l, t.s, t.n);
	if (leaf_try(&l, t.s, t.n, &say->cur, &e))
		return leaf_fail(&l, t.s, t.n, &e);
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
