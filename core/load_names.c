/* SPDX-License-Identifier: BSD-2-Clause */
/* Freezing, first step: names of structs and word tables become pointers, and each struct learns
 * which records hold it. */
#include "core/load.h"

#include "core/near.h"

int freeze_spend(struct registry *r, uint64_t steps, struct err *e)
{
	r->work += steps;
	if (r->work > FREEZE_WORK)
		return err_set(e, ERR_USAGE, "these descriptions are too large to be checked");
	return 0;
}

struct unit *unit_of(const struct registry *r, const struct record *rec)
{
	return *VEC_AT(struct unit *, r->units, rec->id);
}

/* How good a match is: the same file, then built-ins, then any; 0: none. */
static unsigned rank(const struct source *want, const struct source *have)
{
	return want == have ? 3 : have->builtin ? 2 : 1;
}

static struct unit *find_struct(struct registry *r, const struct source *src, const char *name)
{
	struct unit *best = NULL;
	unsigned top = 0;

	for (uint32_t i = 0; i < r->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, r->units, i);

		if (!u->proto && u->rec->name == name && rank(src, u->src) > top) {
			top = rank(src, u->src);
			best = u;
		}
	}
	return best;
}

static const char *suggest_type(const struct registry *r, const char *name)
{
	const char *names[512];
	const struct kind *k;
	unsigned n = 0;

	for (unsigned i = 0; (k = kind_at(i)) && n < 100; i++) {
		if (strlen(k->name) > 1)
			names[n++] = k->name;
	}
	names[n++] = "pad";
	names[n++] = "choose";
	for (uint32_t i = 0; i < r->units.n && n < 512; i++) {
		const struct unit *u = *VEC_AT(struct unit *, r->units, i);

		if (!u->proto)
			names[n++] = u->rec->name;
	}
	return near_word(name, strlen(name), names, n);
}

static int add_container(struct registry *r, struct unit *in, struct unit *u, struct err *e)
{
	struct unit **slot;

	for (uint32_t i = 0; i < in->containers.n; i++) {
		if (*VEC_AT(struct unit *, in->containers, i) == u)
			return 0;
	}
	if (freeze_spend(r, in->containers.n + 1, e))
		return -1;
	slot = vec_push(&r->mem, &in->containers, sizeof(*slot));
	if (!slot)
		return load_nomem(e);
	*slot = u;
	slot = vec_push(&r->mem, &u->children, sizeof(*slot));
	if (!slot)
		return load_nomem(e);
	*slot = in;
	return 0;
}

static int resolve_type(struct registry *r, struct unit *u, const struct type *ct, bool item,
			struct err *e)
{
	struct ltype *t = (struct ltype *)(uintptr_t)ct;
	struct unit *s;
	char near[100];

	switch (t->t.form) {
	case TYPE_LIST: return resolve_type(r, u, t->t.item, true, e);
	case TYPE_CHOOSE:
		for (unsigned i = 0; i < t->t.narms; i++) {
			if (resolve_type(r, u, t->t.arms[i].type, item, e))
				return -1;
		}
		return 0;
	case TYPE_STRUCT: break;
	default: return 0;
	}
	if (freeze_spend(r, r->units.n, e))
		return -1;
	s = find_struct(r, u->src, t->rec_name);
	if (!s) {
		near_name(near, sizeof(near), suggest_type(r, t->rec_name));
		return src_fail(u->src, e, (struct place) { t->at, t->span },
				"there is no type or struct '%s'%s", t->rec_name, near);
	}
	t->t.rec = s->rec;
	u->src->foreign = u->src->foreign || s->src != u->src;
	s->item = s->item || item;
	return add_container(r, s, u, e);
}

static int resolve_words(struct registry *r, struct unit *u, struct field *f, struct fsrc *s,
			 struct err *e)
{
	const char *names[256];
	unsigned top = 0, n = 0;
	char near[100];

	if (!s->words_name)
		return 0;
	for (uint32_t i = 0; i < r->tables.n; i++) {
		struct table *t = *VEC_AT(struct table *, r->tables, i);

		if (n < 256)
			names[n++] = t->w.name;
		if (t->w.name == s->words_name && rank(u->src, t->src) > top) {
			top = rank(u->src, t->src);
			f->words = &t->w;
			u->src->foreign = u->src->foreign || t->src != u->src;
		}
	}
	if (f->words)
		return freeze_spend(r, r->tables.n, e);
	near_name(near, sizeof(near), near_word(s->words_name, strlen(s->words_name), names, n));
	return src_fail(u->src, e, s->words, "there is no word table '%s'%s", s->words_name, near);
}

/* Every struct belongs to the first protocol that uses it, directly or through other structs. */
static int find_owners(struct registry *r, struct err *e)
{
	struct vec queue = { 0 };
	struct unit **slot;

	for (uint32_t i = 0; i < r->protos.n; i++) {
		const struct proto *p = registry_at(r, i);

		queue.n = 0;
		slot = vec_push(&r->mem, &queue, sizeof(*slot));
		if (!slot)
			return load_nomem(e);
		*slot = unit_of(r, &p->rec);
		(*slot)->owner = p;
		for (uint32_t head = 0; head < queue.n; head++) {
			struct unit *u = *VEC_AT(struct unit *, queue, head);

			for (uint32_t k = 0; k < u->children.n; k++) {
				struct unit *in = *VEC_AT(struct unit *, u->children, k);

				if (in->owner)
					continue;
				in->owner = p;
				slot = vec_push(&r->mem, &queue, sizeof(*slot));
				if (!slot)
					return load_nomem(e);
				*slot = in;
			}
		}
	}
	return 0;
}

/* Two word tables of one name in one description could not be told apart when it is printed. */
static int check_tables(struct registry *r, const struct unit *p, const struct unit *u,
			uint32_t mark, struct err *e)
{
	for (unsigned i = 0; i < u->rec->nfields; i++) {
		const struct words *w = u->rec->fields[i].words;
		struct table *t = w && w->name ? (struct table *)(uintptr_t)w : NULL;

		if (!t || t->seen == mark)
			continue;
		t->seen = mark;
		if (symbol_of(w->name)->mark == mark)
			return src_fail(p->src, e, p->name,
					"%s would use two word tables called '%s', of different "
					"files; rename one",
					p->rec->name, w->name);
		symbol_of(w->name)->mark = mark;
	}
	return freeze_spend(r, u->rec->nfields, e);
}

/* The same for structs. */
static int check_homonyms(struct registry *r, struct unit *p, struct err *e)
{
	struct vec queue = { 0 };
	struct unit **slot = vec_push(&r->mem, &queue, sizeof(*slot));
	uint32_t mark = ++r->mark;

	if (!slot)
		return load_nomem(e);
	*slot = p;
	p->seen = mark;
	for (uint32_t head = 0; head < queue.n; head++) {
		struct unit *u = *VEC_AT(struct unit *, queue, head);

		if (freeze_spend(r, u->children.n + 1, e))
			return -1;
		for (uint32_t k = 0; k < u->children.n; k++) {
			struct unit *in = *VEC_AT(struct unit *, u->children, k);

			if (in->seen == mark)
				continue;
			in->seen = mark;
			if (symbol_of(in->rec->name)->mark == mark)
				return src_fail(p->src, e, p->name,
						"%s would use two structs called '%s', of %s and "
						"another file; rename one",
						p->rec->name, in->rec->name, in->src->name);
			symbol_of(in->rec->name)->mark = mark;
			slot = vec_push(&r->mem, &queue, sizeof(*slot));
			if (!slot)
				return load_nomem(e);
			*slot = in;
		}
	}
	mark = ++r->mark;
	for (uint32_t i = 0; i < queue.n; i++) {
		if (check_tables(r, p, *VEC_AT(struct unit *, queue, i), mark, e))
			return -1;
	}
	return 0;
}

int freeze_names(struct registry *r, struct err *e)
{
	for (uint32_t i = 0; i < r->units.n; i++)
		(*VEC_AT(struct unit *, r->units, i))->rec->id = (uint16_t)i;
	for (uint32_t i = 0; i < r->protos.n; i++)
		(*VEC_AT(struct proto *, r->protos, i))->id = (uint16_t)(i + 1);
	for (uint32_t i = 0; i < r->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, r->units, i);

		for (unsigned k = 0; k < u->rec->nfields; k++) {
			struct field *f = &u->rec->fields[k];

			if (resolve_type(r, u, f->type, false, e) ||
			    resolve_words(r, u, f, &u->f[k], e))
				return -1;
		}
	}
	for (uint32_t i = 0; i < r->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, r->units, i);

		if (u->proto && u->src->foreign && check_homonyms(r, u, e))
			return -1;
	}
	return find_owners(r, e);
}

/* ---- where a name may be found ---- */

/* Fields called name in the records that hold u, nearest first. */
unsigned scope_find(struct registry *r, struct unit *u, const char *name, const struct field **out)
{
	struct unit *queue[256];
	unsigned n = 0, head = 0, found = 0;
	const struct field *f = unit_field(u, name);

	if (f) {
		out[0] = f;
		return 1;
	}
	queue[n++] = u;
	while (head < n && found < SCOPE_FOUND_MAX) {
		struct unit *at = queue[head++];

		r->work += at->containers.n + at->rec->nfields;
		f = at == u ? NULL : unit_field(at, name);
		if (f) {
			out[found++] = f;
			continue;
		}
		for (uint32_t i = 0; i < at->containers.n; i++) {
			struct unit *up = *VEC_AT(struct unit *, at->containers, i);
			unsigned k = 0;

			while (k < n && queue[k] != up)
				k++;
			if (k == n && n < 256)
				queue[n++] = up;
		}
	}
	return found;
}
