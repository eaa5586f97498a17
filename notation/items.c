/* SPDX-License-Identifier: BSD-2-Clause */
/* The shorthand for lists and structs: mss:1460,nop,ws:7 and name:example.org+type:AAAA. */
#include "notation/parser.h"

#define ITEM_FIELDS_SHOWN 6 /* in an error */

struct item {
	struct parser *ps;
	const struct scope *sc; /* of the item */
	struct say *say;
	const struct record *rec;
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
	return record_field(it->rec, s + i + 1, end - i - 1) != NULL;
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

/* Where the next item of a list inside an item begins: at any '+'; for structs whose items begin
 * with a word, at a '+' that no field of theirs follows; for others of several fields where the
 * field comes again that began the first item: left:1+right:2+left:5+right:6. */
static size_t inner_end(const struct type *item, const char *s, size_t n, size_t from)
{
	const struct record *rec =
		item->form == TYPE_STRUCT && item->rec->nfields > 1 ? item->rec : NULL;
	size_t i = from, first = name_end(s, n, 0), end;
	const struct field *choose;
	bool words = rec && choose_word_field(rec, &choose);

	for (; (i = text_find(s, n, i, '+')) < n; i++) {
		end = name_end(s, n, i + 1);
		if (!rec)
			break;
		if (words ? !(end < n && s[end] == ':' && record_field(rec, s + i + 1, end - i - 1))
			  : n - i - 1 > first && s[i + 1 + first] == ':' &&
				    memcmp(s, s + i + 1, first) == 0)
			break;
	}
	return i;
}

static int set_inner_list(struct item *it, struct say *say, const struct type *item, const char *s,
			  size_t n)
{
	uint32_t index = 0;

	for (size_t at = 0; at <= n;) {
		size_t end = inner_end(item, s, n, at);
		struct say *sub = say_item(it->ps, say, index++);

		if (index > INDEX_MAX || end == at)
			return text_fail_in(it->ps, it->say, s + at, 1,
					    end == at ? "an item is missing here"
						      : "this list is too long");
		if (!sub || set_text(it->ps, it->say, sub, s + at, end - at))
			return -1;
		at = end + 1;
	}
	return 0;
}

/* A field of the item; a list in it takes '+' between its own items. */
static int set_field(struct item *it, const struct field *f, const char *s, size_t n)
{
	const struct type *stuck, *arm = settle_arm(it->ps, it->sc, f->type, &stuck);
	struct say *say = say_find(it->say->child, f->name);

	if (!say) {
		say = say_new(it->ps, &it->say->child);
		if (!say)
			return -1;
		say->name = f->name;
	}
	if (!arm || arm->form != TYPE_LIST || is_whole(s, n))
		return set_text(it->ps, it->say, say, s, n);
	return set_inner_list(it, say, arm->item, s, n);
}

/* mss:1460 -- the first word of an item names an arm of its choose. 1: it did. */
static int set_arm(struct item *it, const char *s, size_t n, size_t colon)
{
	const struct field *choose, *sel = choose_word_field(it->rec, &choose);
	uint64_t num;
	bool known = false;

	for (unsigned i = 0; sel && i < sel->words->n && !known; i++)
		known = same(s, colon, sel->words->v[i].name);
	if (!sel || (!known && text_number(s, colon, &num)))
		return 0;
	if (set_field(it, sel, s, colon))
		return -1;
	if (colon == n)
		return 1;
	return set_field(it, choose, s + colon + 1, n - colon - 1) ? -1 : 1;
}

/* "an item is A:VALUE+B:VALUE", of a record's own fields if they are few. */
static void item_form(const struct record *rec, char *out, size_t cap)
{
	size_t n = 0;

	if (rec->nfields > ITEM_FIELDS_SHOWN) {
		snprintf(out, cap, "FIELD:VALUE+FIELD:VALUE");
		return;
	}
	for (unsigned i = 0; i < rec->nfields && n < cap; i++)
		n += (size_t)snprintf(out + n, cap - n, "%s%s:VALUE", i ? "+" : "",
				      rec->fields[i].name);
}

static int unknown_item(struct item *it, const char *s, size_t n)
{
	const char *near = record_suggest(it->rec, s, n);
	const struct field *choose, *sel = choose_word_field(it->rec, &choose);
	struct value v;
	struct err e = { 0 };
	char form[200];

	if (near)
		return text_fail_in(it->ps, it->say, s, n, "%s has no '%.*s'; did you mean '%s'?",
				    it->rec->name, (int)n, s, near);
	if (sel && value_parse(sel, sel->type, s, n, &it->ps->p->mem, &v, &e))
		return text_fail_in(it->ps, it->say, s, n, "%s", e.msg);
	item_form(it->rec, form, sizeof(form));
	return text_fail_in(it->ps, it->say, s, n, "%s has no '%.*s'; an item is written %s",
			    it->rec->name, (int)n, s, form);
}

/* Host:example.org -- an item that begins with a text may be written by it. */
static bool keyed_by_text(const struct record *rec)
{
	const struct type *type = rec->fields[0].type;

	return rec->nfields > 1 && type->form == TYPE_LEAF && type->kind->cls == KIND_TEXT;
}

static int set_pair(struct item *it, const char *s, size_t n, bool first)
{
	size_t colon = text_find(s, n, 0, ':');
	const struct field *f;
	int rc;

	if (first) {
		rc = set_arm(it, s, n, colon);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
	f = colon ? record_field(it->rec, s, colon) : NULL;
	if (!f && first && it->rec->nfields == 1)
		return set_field(it, &it->rec->fields[0], s, n);
	if (!f && first && colon && colon + 1 < n && keyed_by_text(it->rec) &&
	    !record_suggest(it->rec, s, colon))
		return set_field(it, &it->rec->fields[0], s, colon) ||
				       set_field(it, &it->rec->fields[it->rec->nfields - 1],
						 s + colon + 1, n - colon - 1)
			       ? -1
			       : 0;
	if (!f)
		return unknown_item(it, s, colon);
	if (colon + 1 >= n)
		return text_fail_in(it->ps, it->say, s, n ? n : 1, "%s needs a value: %s:...",
				    f->name, f->name);
	return set_field(it, f, s + colon + 1, n - colon - 1);
}

int struct_set(struct parser *ps, const struct scope *sc, const struct type *type, struct say *say,
	       const char *s, size_t n)
{
	struct scope in = { sc, type->rec, &say->child, sc->layer };
	struct item it = { ps, &in, say, type->rec };
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

	while (item->form == TYPE_LIST)
		item = item->item;
	return item->form == TYPE_LEAF &&
	       (item->kind->cls == KIND_TEXT || item->kind->cls == KIND_BYTES);
}

/* An item of a list; one that is a list itself takes '+' between its own items. */
static int set_list_item(struct parser *ps, const struct say *list, const struct type *item,
			 struct say *sub, const char *s, size_t n)
{
	struct item it = { .ps = ps, .say = sub };

	if (item->form != TYPE_LIST || is_whole(s, n))
		return set_text(ps, list, sub, s, n);
	sub->at = list->at;
	sub->span = list->span;
	sub->form = SAY_TREE;
	return set_inner_list(&it, sub, item->item, s, n);
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
		if (!sub || set_list_item(ps, say, type->item, sub, t.s + at, end - at))
			return -1;
		at = end + 1;
	}
	return 0;
}
