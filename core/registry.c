/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry: names, the protocols that were loaded, and finding them. */
#include "core/load.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/near.h"
#include "core/value.h"

#define FOLDED 160 /* bytes of a name that count */

void *vec_push(struct arena *a, struct vec *v, size_t size)
{
	void *p = arena_room(a, v->p, v->n, &v->cap, size);

	if (!p)
		return NULL;
	v->p = p;
	return (char *)p + size * v->n++;
}

struct registry *registry_open(void)
{
	return calloc(1, sizeof(struct registry));
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	arena_done(&r->mem);
	arena_done(&r->hosts.mem);
	free(r);
}

/* ---- names ---- */

static uint32_t hash_of(const char *s, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)s[i]) * 16777619u;
	return h;
}

/* The slot where s[0..n) is, or where it would go. */
static struct symbol **slot_of(const struct registry *r, uint32_t h, const char *s, size_t n)
{
	uint32_t i = h & (r->tabcap - 1);

	for (;; i = (i + 1) & (r->tabcap - 1)) {
		struct symbol *y = r->tab[i];

		if (!y || (y->hash == h && y->len == n && !memcmp(y->s, s, n)))
			return &r->tab[i];
	}
}

static bool grow_table(struct registry *r)
{
	struct symbol **old = r->tab;
	uint32_t oldcap = r->tabcap, cap = oldcap ? oldcap * 2 : 1024;

	r->tab = arena_alloc(&r->mem, cap * sizeof(*r->tab));
	if (!r->tab) {
		r->tab = old;
		return false;
	}
	r->tabcap = cap;
	for (uint32_t i = 0; i < oldcap; i++) {
		if (old[i])
			*slot_of(r, old[i]->hash, old[i]->s, old[i]->len) = old[i];
	}
	return true;
}

const char *registry_intern(struct registry *r, const char *s, size_t n)
{
	uint32_t h = hash_of(s, n);
	struct symbol **slot, *y;

	if (r->nsym >= r->tabcap / 2 && !grow_table(r))
		return NULL;
	slot = slot_of(r, h, s, n);
	if (*slot)
		return (*slot)->s;
	y = arena_alloc(&r->mem, sizeof(*y) + n + 1);
	if (!y)
		return NULL;
	y->hash = h;
	y->len = (uint32_t)n;
	memcpy(y->s, s, n);
	*slot = y;
	r->nsym++;
	return y->s;
}

const char *registry_symbol(const struct registry *r, const char *s, size_t n)
{
	struct symbol *y = r->tabcap ? *slot_of(r, hash_of(s, n), s, n) : NULL;

	return y ? y->s : NULL;
}

static void fold(char *low, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		low[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] | 0x20 : s[i]);
}

struct symbol *symbol_folded(struct registry *r, const char *name)
{
	char low[FOLDED];
	size_t n = strlen(name);
	const char *s;

	if (n > sizeof(low))
		n = sizeof(low);
	fold(low, name, n);
	s = registry_intern(r, low, n);
	return s ? symbol_of(s) : NULL;
}

/* ---- protocols ---- */

static int give_name(struct registry *r, const char *name, const struct proto *p, bool main)
{
	struct symbol *y = symbol_folded(r, name);

	if (!y)
		return -1;
	/* Among aliases a user's file wins over the built-ins. */
	if (!y->proto || main || (y->proto->builtin && !p->builtin))
		y->proto = p;
	return 0;
}

int freeze_find(struct registry *r, struct err *e)
{
	for (unsigned i = 0; i < r->protos.n; i++) {
		const struct proto *p = registry_at(r, i);

		for (const char *const *a = p->names; a && *a; a++) {
			if (give_name(r, *a, p, false))
				return load_nomem(e);
		}
	}
	for (unsigned i = r->protos.n; i-- > 0;) {
		if (give_name(r, registry_at(r, i)->name, registry_at(r, i), true))
			return load_nomem(e);
	}
	r->named = true;
	return 0;
}

const struct proto *registry_find(const struct registry *r, const char *name, size_t n)
{
	const struct proto *found = NULL;
	char low[FOLDED];
	const char *s;

	if (r->named && n < sizeof(low)) {
		fold(low, name, n);
		s = n ? registry_symbol(r, low, n) : NULL;
		return s ? symbol_of(s)->proto : NULL;
	}

	for (unsigned i = 0; i < r->protos.n; i++) {
		const struct proto *p = registry_at(r, i);

		if (name_is(p->name, name, n))
			return p;
		/* Among aliases a user's file wins over the built-ins. */
		for (const char *const *a = p->names; a && *a; a++) {
			if (name_is(*a, name, n) && (!found || (found->builtin && !p->builtin)))
				found = p;
		}
	}
	return found;
}

unsigned registry_count(const struct registry *r)
{
	return r->protos.n;
}

const struct proto *registry_at(const struct registry *r, unsigned i)
{
	return i < r->protos.n ? *VEC_AT(struct proto *, r->protos, i) : NULL;
}

/* Nearest so far among candidates that come one by one. */
struct nearest {
	const char *name;
	unsigned dist;
};
static void consider(struct nearest *b, const char *word, size_t n, const char *name,
		     unsigned likely)
{
	unsigned most = near_limit(n);
	unsigned d = near_distance(word, n, name, strlen(name), most);

	if (d <= most && (!b->name || d - likely < b->dist)) {
		b->name = name;
		b->dist = d - likely;
	}
}

static void consider_names(struct nearest *b, const char *word, size_t n, const struct proto *p,
			   unsigned likely)
{
	consider(b, word, n, p->name, likely);
	for (const char *const *a = p->names; a && *a; a++)
		consider(b, word, n, *a, likely);
}

const char *registry_suggest(const struct registry *r, const char *name, size_t n)
{
	struct nearest b = { 0 };

	for (unsigned i = 0; i < r->protos.n; i++)
		consider_names(&b, name, n, registry_at(r, i), 0);
	return b.name;
}

const char *registry_suggest_over(const struct registry *r, const struct proto *lower,
				  const char *name, size_t n)
{
	struct nearest b = { 0 };

	for (unsigned i = 0; i < r->protos.n; i++) {
		const struct proto *p = registry_at(r, i);
		struct edge edge;
		bool rides =
			lower ? registry_edge(r, lower, p, 0, &edge) : registry_link(r, p) >= 0;

		/* Less than an edit: among words as near it decides. */
		consider_names(&b, name, n, p, rides ? NEAR_EDIT / 2 : 0);
	}
	return b.name;
}

const char *registry_redefined(const struct registry *r, unsigned i)
{
	return i < r->redefined.n ? *VEC_AT(const char *, r->redefined, i) : NULL;
}

/* ---- fields ---- */

const struct field *record_field(const struct record *rec, const char *name, size_t n)
{
	for (unsigned i = 0; i < rec->nfields; i++) {
		if (name_is(rec->fields[i].name, name, n))
			return &rec->fields[i];
	}
	for (unsigned i = 0; i < rec->nfields; i++) {
		for (const char *const *a = rec->fields[i].alias; a && *a; a++) {
			if (name_is(*a, name, n))
				return &rec->fields[i];
		}
	}
	return NULL;
}

const struct field *proto_field(const struct proto *p, const char *name, size_t n)
{
	const struct field *f = record_field(&p->rec, name, n);
	size_t k = strlen(p->name);

	if (!f && n > k + 1 && name[k] == '.' && name_is(p->name, name, k))
		f = record_field(&p->rec, name + k + 1, n - k - 1);
	return f;
}

const char *record_suggest(const struct record *rec, const char *name, size_t n)
{
	struct nearest b = { 0 };

	for (unsigned i = 0; i < rec->nfields; i++) {
		consider(&b, name, n, rec->fields[i].name, 0);
		for (const char *const *a = rec->fields[i].alias; a && *a; a++)
			consider(&b, name, n, *a, 0);
	}
	return b.name;
}

const struct field *unit_field(const struct unit *u, const char *name)
{
	for (unsigned i = 0; i < u->rec->nfields; i++) {
		if (u->rec->fields[i].name == name)
			return &u->rec->fields[i];
	}
	return NULL;
}

struct shapes *registry_shapes(const struct registry *r)
{
	return r->shapes;
}
struct arena *registry_memory(struct registry *r)
{
	return &r->mem;
}
void registry_set_shapes(struct registry *r, struct shapes *s)
{
	r->shapes = s;
}
