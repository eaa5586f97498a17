/* SPDX-License-Identifier: BSD-2-Clause */
/* The shorthand for lists and structs: mss:1460,nop,ws:7 and name:example.org+type:AAAA. */
#include "notation/parser.h"

struct item {
	struct parser *ps;
	const struct scope *sc; /* of the item */
	struct say *say;
	const struct record *rec;
	const struct field *choose; /* whose arm was named, or NULL */
	const struct record *arm;   /* the arm's record, or NULL */
};

const struct field *choose_word_field(const struct record *rec, const struct field **choose)
{
	for (unsigned i = 0; i < rec->nfields; i++) {
		const struct expr *on = rec->fields[i].type->on;

		if (rec->fields[i].type->form != TYPE_CHOOSE || !on || on->op != EX_FIELD ||
		    on->local < 0 || on->npath != 1 || on->outer_proto)
			continue;
		if (!rec->fields[on->local].words)
			continue;
		*choose = &rec->fields[i];
		return &rec->fields[on->local];
	}
	*choose = NULL;
	return NULL;
}

static size_t name_end(const char *s, size_t n, size_t from)
{
	while (from < n && is_name(s[from]))
		from++;
	return from;
}

/* Does a '+' at i begin the item's next field? */
static bool is_next(const struct item *it, const char *s, size_t n, size_t i)
{
	size_t end = name_end(s, n, i + 1);

	if (end == i + 1 || end >= n || s[end] != ':')
		return false;
	return record_field(it->rec, s + i + 1, end - i - 1) ||
	       (it->arm && record_field(it->arm, s + i + 1, end - i - 1));
}

static size_t pair_end(const struct item *it, const char *s, size_t n, size_t from)
{
	size_t i = from;

	while ((i = text_find(s, n, i, '+')) < n && !is_next(it, s, n, i))
		i++;
	return i;
}

static int set_text(struct parser *ps, const struct say *whole, struct say *say, const char *s,
		    size_t n)
{
	bool own = s >= ps->s && s <= ps->s + ps->n;

	return say_set(ps, say, s, n, own ? (size_t)(s - ps->s) : whole->at, own ? n : whole->span);
}

static bool is_whole(const char *s, size_t n)
{
	return begins(s, n, "hex:") || same(s, n, "none") || same(s, n, "auto");
}

/* A field of the item; a list in it takes '+' between its own items. */
static int set_field(struct item *it, struct say **says, const struct scope *sc,
		     const struct field *f, const char *s, size_t n)
{
	const struct type *arm = settle_arm(it->ps, sc, f->type);
	struct say *say = say_find(*says, f->name);
	uint32_t index = 0;
	size_t at = 0;

	if (!say) {
		say = say_new(it->ps, says);
		if (!say)
			return -1;
		say->name = f->name;
	}
	if (!arm || arm->form != TYPE_LIST || is_whole(s, n))
		return set_text(it->ps, it->say, say, s, n);
	while (at <= n) {
		size_t end = text_find(s, n, at, '+');
		struct say *sub = say_item(it->ps, say, index++);

		if (index > INDEX_MAX)
			return text_fail_in(it->ps, it->say, s, n, "this list is too long");
		if (!sub || set_text(it->ps, it->say, sub, s + at, end - at))
			return -1;
		at = end + 1;
	}
	return 0;
}

/* mss:1460 -- the first word of an item names an arm of its choose. 1: it did. */
static int set_arm(struct item *it, const char *s, size_t n, size_t colon)
{
	const struct field *choose, *sel = choose_word_field(it->rec, &choose);
	const struct type *arm;
	uint64_t num;
	bool known = false;

	for (unsigned i = 0; sel && i < sel->words->n && !known; i++)
		known = same(s, colon, sel->words->v[i].name);
	if (!sel || (!known && text_number(s, colon, &num)))
		return 0;
	if (set_field(it, &it->say->child, it->sc, sel, s, colon))
		return -1;
	it->choose = choose;
	arm = settle_arm(it->ps, it->sc, choose->type);
	it->arm = arm && arm->form == TYPE_STRUCT ? arm->rec : NULL;
	if (colon == n)
		return 1;
	if (it->arm && !begins(s + colon + 1, n - colon - 1, "hex:"))
		return text_fail_in(it->ps, it->say, s + colon, n - colon,
				    "%.*s has fields of its own: %.*s+%s:...", (int)colon, s,
				    (int)colon, s, it->arm->fields[0].name);
	return set_field(it, &it->say->child, it->sc, choose, s + colon + 1, n - colon - 1) ? -1
											    : 1;
}

static int unknown_item(struct item *it, const char *s, size_t n)
{
	const char *near = record_suggest(it->rec, s, n);
	const struct field *choose, *sel = choose_word_field(it->rec, &choose);
	struct value v;
	struct err e = { 0 };

	if (near)
		return text_fail_in(it->ps, it->say, s, n, "%s has no '%.*s'; did you mean '%s'?",
				    it->rec->name, (int)n, s, near);
	if (sel && value_parse(sel, sel->type, s, n, &it->ps->p->mem, &v, &e))
		return text_fail_in(it->ps, it->say, s, n, "%s", e.msg);
	return text_fail_in(it->ps, it->say, s, n,
			    "%s has no '%.*s'; an item is written FIELD:VALUE+FIELD:VALUE",
			    it->rec->name, (int)n, s);
}

static int set_pair(struct item *it, const char *s, size_t n, bool first)
{
	size_t colon = text_find(s, n, 0, ':');
	const struct field *f;
	struct say *sub;
	int rc;

	if (first) {
		rc = set_arm(it, s, n, colon);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
	f = colon ? record_field(it->rec, s, colon) : NULL;
	if (f && colon + 1 >= n)
		return text_fail_in(it->ps, it->say, s, n ? n : 1, "%s needs a value: %s:...",
				    f->name, f->name);
	if (f)
		return set_field(it, &it->say->child, it->sc, f, s + colon + 1, n - colon - 1);
	f = colon && it->arm ? record_field(it->arm, s, colon) : NULL;
	if (!f || colon + 1 >= n)
		return unknown_item(it, s, colon);
	sub = say_find(it->say->child, it->choose->name);
	if (!sub) {
		sub = say_new(it->ps, &it->say->child);
		if (!sub)
			return -1;
		sub->name = it->choose->name;
	}
	struct scope in = { it->sc, it->arm, &sub->child, it->sc->layer };

	return set_field(it, &sub->child, &in, f, s + colon + 1, n - colon - 1);
}

int struct_set(struct parser *ps, const struct scope *sc, const struct type *type, struct say *say,
	       const char *s, size_t n)
{
	struct scope in = { sc, type->rec, &say->child, sc->layer };
	struct item it = { ps, &in, say, type->rec, NULL, NULL };
	struct span_text t = { s, n };
	size_t at = 0;
	bool first = true;

	if (begins(s, n, "hex:")) {
		say->form = SAY_RAW;
		return hex_bytes(ps, say, s + 4, n - 4, &say->cur.p, &say->cur.len);
	}
	if (same(s, n, "any") && (ps->flags & PLAN_PATTERN)) {
		say->form = SAY_ANY;
		return 0;
	}
	if (n && s[0] == '"') {
		if (text_unquote(ps, say, s, n, &t))
			return -1;
		s = t.s;
		n = t.n;
	}
	say->form = SAY_TREE;
	while (at < n) {
		size_t end = pair_end(&it, s, n, at);

		if (set_pair(&it, s + at, end - at, first))
			return -1;
		first = false;
		at = end + 1;
	}
	return first ? text_fail(ps, say->at, say->span, "an item is missing here") : 0;
}

static bool is_text_list(const struct type *type)
{
	const struct type *item = type->item;

	return item->form == TYPE_LEAF &&
	       (item->kind->cls == KIND_TEXT || item->kind->cls == KIND_BYTES);
}

int list_set(struct parser *ps, const struct scope *sc, const struct field *f,
	     const struct type *type, struct say *say)
{
	struct span_text t = { say->text, say->text_len };
	uint32_t index = 0;

	(void)sc;
	if (same(t.s, t.n, "none") || same(t.s, t.n, "auto")) {
		say->form = t.s[0] == 'n' ? SAY_NONE : SAY_AUTO;
		return 0;
	}
	if (same(t.s, t.n, "any") && (ps->flags & PLAN_PATTERN)) {
		say->form = SAY_ANY;
		return 0;
	}
	if (begins(t.s, t.n, "hex:") && text_find(t.s, t.n, 0, ',') == t.n) {
		say->form = SAY_RAW;
		return hex_bytes(ps, say, t.s + 4, t.n - 4, &say->cur.p, &say->cur.len);
	}
	if (t.s[0] == '"' && !is_text_list(type) && text_unquote(ps, say, t.s, t.n, &t))
		return -1;
	say->form = SAY_TREE;
	for (size_t at = 0; at <= t.n;) {
		size_t end = text_find(t.s, t.n, at, ',');
		struct say *sub;

		if (end == at)
			return text_fail_in(ps, say, t.s + at, 1, "an item of %s is missing here",
					    f->name);
		if (index > INDEX_MAX)
			return text_fail(ps, say->at, say->span, "%s has more than %u items",
					 f->name, INDEX_MAX + 1);
		sub = say_item(ps, say, index++);
		if (!sub || set_text(ps, say, sub, t.s + at, end - at))
			return -1;
		at = end + 1;
	}
	return 0;
}
