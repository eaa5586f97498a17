/* SPDX-License-Identifier: BSD-2-Clause */
/* An index of names: buckets by a hash of the name in small letters. */
#include "dissect/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TYPE_STACK 32
#define BUCKETS 16384u

struct named {
	const struct proto *proto;
	struct alias alias;
	uint32_t hash, next; /* next of the bucket, from 1; 0: the last one */
};

struct names {
	struct named *v;
	uint32_t n, cap;
	uint32_t first[BUCKETS], last[BUCKETS];
	bool failed;
};

unsigned names_inner(const struct type *t, const struct record **v, unsigned max)
{
	const struct type *stack[TYPE_STACK];
	unsigned n = 0, depth = 0;

	stack[depth++] = t;
	while (depth) {
		t = stack[--depth];
		if (t->form == TYPE_STRUCT) {
			if (n < max)
				v[n++] = t->rec;
		} else if (t->form == TYPE_LIST && depth < TYPE_STACK) {
			stack[depth++] = t->item;
		} else if (t->form == TYPE_CHOOSE) {
			for (unsigned i = t->narms; i-- > 0 && depth < TYPE_STACK;)
				stack[depth++] = t->arms[i].type;
		}
	}
	return n;
}

unsigned names_records(const struct proto *p, const struct record **v, unsigned max)
{
	unsigned n = 0;

	v[n++] = &p->rec;
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < v[i]->nfields; k++) {
			const struct record *in[TYPE_STACK];
			unsigned found = names_inner(v[i]->fields[k].type, in, TYPE_STACK);

			for (unsigned j = 0; j < found && n < max; j++) {
				unsigned at = 0;

				while (at < n && v[at] != in[j])
					at++;
				if (at == n)
					v[n++] = in[j];
			}
		}
	}
	return n;
}

struct calling {
	const struct proto *p;
	void (*fn)(const struct proto *p, const struct alias *a, void *arg);
	void *arg;
};

static bool call(const struct alias *a, void *arg)
{
	const struct calling *c = arg;

	c->fn(c->p, a, c->arg);
	return false;
}

void names_all(const struct registry *r,
	       void (*fn)(const struct proto *p, const struct alias *a, void *arg), void *arg)
{
	struct calling c = { NULL, fn, arg };

	for (unsigned i = 0; i < registry_count(r); i++) {
		const struct record *rec[NAMES_RECORDS];
		unsigned n;

		c.p = registry_at(r, i);
		n = names_records(c.p, rec, NAMES_RECORDS);
		for (unsigned k = 0; k < n; k++)
			alias_each(rec[k], call, &c);
	}
}

static uint32_t hash_of(const char *s, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint32_t)tolower((unsigned char)s[i])) * 16777619u;
	return h ^ h >> 15;
}

static void add(const struct proto *p, const struct alias *a, void *arg)
{
	struct names *v = arg;
	uint32_t hash = hash_of(a->name, strlen(a->name)), b = hash % BUCKETS;

	if (v->n == v->cap) {
		uint32_t cap = v->cap ? v->cap * 2 : 16384;
		struct named *more = realloc(v->v, cap * sizeof(*more));

		if (!more) {
			v->failed = true;
			return;
		}
		v->v = more;
		v->cap = cap;
	}
	v->v[v->n++] = (struct named) { p, *a, hash, 0 };
	if (v->last[b])
		v->v[v->last[b] - 1].next = v->n;
	else
		v->first[b] = v->n;
	v->last[b] = v->n;
}

struct names *names_open(const struct registry *r)
{
	struct names *v = calloc(1, sizeof(*v));

	if (v)
		names_all(r, add, v);
	return v && v->failed ? names_close(v) : v;
}

struct names *names_close(struct names *v)
{
	if (v)
		free(v->v);
	free(v);
	return NULL;
}

void names_each(const struct names *v, const char *s, size_t n,
		void (*fn)(const struct proto *p, const struct alias *a, void *arg), void *arg)
{
	uint32_t hash = hash_of(s, n);

	for (uint32_t i = v->first[hash % BUCKETS]; i; i = v->v[i - 1].next) {
		const struct named *x = &v->v[i - 1];

		if (x->hash == hash && strlen(x->alias.name) == n &&
		    !strncasecmp(x->alias.name, s, n))
			fn(x->proto, &x->alias, arg);
	}
}
