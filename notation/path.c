/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths to fields at any depth (qd.0.name), and the tree of what was said that they grow. */
#include "notation/parser.h"

#define FIELDS_SHOWN 12 /* in an error */

struct say *say_new(struct parser *ps, struct say **list)
{
	struct say *s = arena_alloc(&ps->p->mem, sizeof(*s));

	if (!s) {
		text_nomem(ps);
		return NULL;
	}
	while (*list)
		list = &(*list)->next;
	*list = s;
	return s;
}

struct say *say_find(struct say *list, const char *name)
{
	for (; list; list = list->next) {
		if (list->name == name)
			return list;
	}
	return NULL;
}

struct say *say_item(struct parser *ps, struct say *list, uint32_t index)
{
	struct say *s = list->recent;

	/* Mostly the same item again, or the one after it: lists are said in order. */
	if (s && s->index != index)
		s = s->next;
	if (!s || s->name || s->index != index) {
		bool is_new = !list->mixed && (!list->last || list->last->index < index);

		for (s = is_new ? NULL : list->child; s && (s->name || s->index != index);
		     s = s->next)
			;
	}
	if (!s) {
		s = say_new(ps, list->last ? &list->last : &list->child);
		if (!s)
			return NULL;
		s->index = index;
		list->mixed |= list->last && list->last->index > index;
		list->last = s;
	}
	list->recent = s;
	return s;
}

/* Is the struct among them already? */
static bool types_has(const struct types *t, const struct record *rec)
{
	for (unsigned i = 0; i < t->n; i++) {
		if (t->v[i]->rec == rec)
			return true;
	}
	return false;
}

/* There is room for many, and mostly there is one. */
static void types_take(struct types *t, const struct types *from)
{
	memcpy(t->v, from->v, from->n * sizeof(from->v[0]));
	t->n = from->n;
}

void types_add(struct types *t, const struct type *type)
{
	const struct type *todo[TYPES_MAX];
	unsigned n = 1, work = 0;

	todo[0] = type;
	while (n && t->n < TYPES_MAX && work++ < TYPES_MAX * 4) {
		const struct type *c = todo[--n];

		if (c->form != TYPE_CHOOSE) {
			if (c->form != TYPE_STRUCT || !types_has(t, c->rec))
				t->v[t->n++] = c;
			continue;
		}
		for (unsigned i = c->narms; i-- > 0;) {
			if (n < TYPES_MAX)
				todo[n++] = c->arms[i].type;
		}
	}
}

bool is_variable_width(const struct type *type)
{
	if (type->form != TYPE_LEAF || type->kind->cls != KIND_NUM)
		return false;
	return type->ext.form == EXTENT_KIND
		       ? !type->kind->bits && !type->bits
		       : type->ext.form == EXTENT_BYTES || type->ext.form == EXTENT_REST ||
				 type->ext.form == EXTENT_UNTIL_TEXT;
}

const char *derived_name(const struct type *type, const char *s, size_t n)
{
	bool prefixed = (type->form == TYPE_LEAF || type->form == TYPE_LIST) &&
			(type->ext.form == EXTENT_PREFIX || type->ext.form == EXTENT_PREFIX_COUNT);

	if (same(s, n, "len") && prefixed)
		return "len";
	if (same(s, n, "width") &&
	    (is_variable_width(type) || (prefixed && is_variable_width(type->ext.prefix))))
		return "width";
	return NULL;
}

/* ", it has a, b, c" for a record of few fields; else nothing. */
static void fields_there(const struct record *rec, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; rec->nfields <= FIELDS_SHOWN && i < rec->nfields && n < cap; i++)
		n += (size_t)snprintf(out + n, cap - n, "%s%s", i ? ", " : "; it has ",
				      rec->fields[i].name);
}

static int no_such(struct parser *ps, const struct types *t, const char *whose, const char *s,
		   size_t n)
{
	const char *near = NULL;
	char there[200];

	for (unsigned i = 0; i < t->n; i++) {
		if (t->v[i]->form == TYPE_LIST)
			return text_fail_in(ps, NULL, s, n,
					    "%s is a list; its items are %s.0, %s.1, ...", whose,
					    whose, whose);
		if (t->v[i]->form == TYPE_STRUCT && !near)
			near = record_suggest(t->v[i]->rec, s, n);
	}
	if (near)
		return text_fail_in(ps, NULL, s, n, "%s has no field '%.*s'; did you mean '%s'?",
				    whose, (int)n, s, near);
	for (unsigned i = 0; i < t->n; i++) {
		if (t->v[i]->form != TYPE_STRUCT)
			continue;
		fields_there(t->v[i]->rec, there, sizeof(there));
		return text_fail_in(ps, NULL, s, n, "%s has no field '%.*s'%s", whose, (int)n, s,
				    there);
	}
	return text_fail_in(ps, NULL, s, n, "%s has no fields of its own", whose);
}

/* The next part of a path as a name. The say it leads to, NULL: e. */
static struct say *step_name(struct parser *ps, struct types *t, struct say *at, const char *s,
			     size_t n)
{
	struct types next;
	const char *name = NULL;
	struct say *say;

	next.n = 0;
	for (unsigned i = 0; i < t->n; i++) {
		const struct type *c = t->v[i];
		const struct field *f = c->form == TYPE_STRUCT ? record_field(c->rec, s, n) : NULL;

		if (f && (!name || f->name == name)) {
			name = f->name;
			types_add(&next, f->type);
		}
	}
	for (unsigned i = 0; i < t->n && !name; i++)
		name = derived_name(t->v[i], s, n);
	if (!name) {
		no_such(ps, t, at->name ? at->name : "the item", s, n);
		return NULL;
	}
	types_take(t, &next);
	say = say_find(at->child, name);
	if (say)
		return say;
	say = say_new(ps, &at->child);
	if (say)
		say->name = name;
	return say;
}

static struct say *step_index(struct parser *ps, struct types *t, struct say *at, const char *s,
			      size_t n)
{
	struct types next;
	uint64_t index;

	next.n = 0;
	for (unsigned i = 0; i < t->n; i++) {
		if (t->v[i]->form == TYPE_LIST)
			types_add(&next, t->v[i]->item);
	}
	if (!next.n) {
		text_fail_in(ps, NULL, s, n, "%s is no list", at->name ? at->name : "the item");
		return NULL;
	}
	if (text_number(s, n, &index) || index > INDEX_MAX) {
		text_fail_in(ps, NULL, s, n, "an item's number is between 0 and %u", INDEX_MAX);
		return NULL;
	}
	types_take(t, &next);
	return say_item(ps, at, (uint32_t)index);
}

static int unknown_field(struct parser *ps, const struct proto *proto, const char *s, size_t n)
{
	const char *near = record_suggest(&proto->rec, s, n);
	char there[200];

	/* An earlier slip (dst=10.0.0.2/tcp dport=80) explains more. */
	if (settle_layer(ps, ps->p->n - 1))
		return -1;
	if (near)
		return text_fail_in(ps, NULL, s, n, "%s has no field '%.*s'; did you mean '%s'?",
				    proto->name, (int)n, s, near);
	fields_there(&proto->rec, there, sizeof(there));
	return text_fail_in(ps, NULL, s, n, "%s has no field '%.*s'%s", proto->name, (int)n, s,
			    there);
}

static size_t part_end(const char *s, size_t n, size_t from)
{
	while (from < n && s[from] != '.')
		from++;
	return from;
}

struct say *say_path(struct parser *ps, struct plan_layer *l, const char *s, size_t n)
{
	const struct field *f = proto_field(l->proto, s, n); /* an alias may hold dots */
	size_t i = f ? n : part_end(s, n, 0), plen = strlen(l->proto->name);
	struct types t;
	unsigned depth = 0;
	struct say *at;

	t.n = 0;
	if (!f)
		f = proto_field(l->proto, s, i);
	if (!f && i < n && i == plen && !strncasecmp(s, l->proto->name, i)) { /* tcp tcp.dport=80 */
		size_t from = i + 1;

		i = part_end(s, n, from);
		f = proto_field(l->proto, s + from, i - from);
	}
	if (!f) {
		unknown_field(ps, l->proto, s, i);
		return NULL;
	}
	types_add(&t, f->type);
	at = say_find(l->say, f->name);
	if (!at) {
		at = say_new(ps, &l->say);
		if (!at)
			return NULL;
		at->name = f->name;
	}
	while (at && i < n) {
		size_t from = i + 1;

		i = part_end(s, n, from);
		if (from == i || ++depth > PATH_DEPTH) {
			text_fail_in(ps, NULL, s + from, i - from,
				     from == i ? "a name or a number is missing after this dot"
					       : "this path is too deep");
			return NULL;
		}
		at = is_digit(s[from]) ? step_index(ps, &t, at, s + from, i - from)
				       : step_name(ps, &t, at, s + from, i - from);
	}
	if (at && !at->name_span) {
		at->name_at = (uint32_t)(s - ps->s);
		at->name_span = (uint32_t)n;
	}
	return at;
}

int say_set(struct parser *ps, struct say *say, const char *text, size_t n, size_t at, size_t span)
{
	if (say->form != SAY_TREE)
		return text_fail(ps, at, span, "%s was said before; a field is said once",
				 say->name ? say->name : "this item");
	say->form = SAY_TEXT;
	say->text = text;
	say->text_len = (uint32_t)n;
	say->at = (uint32_t)at;
	say->span = (uint32_t)span;
	return 0;
}
