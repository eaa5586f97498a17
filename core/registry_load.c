/* SPDX-License-Identifier: BSD-2-Clause */
/* What a loaded file adds to the registry; loading files, redefining, binding for one run. */
#include "core/load.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>

#include "core/near.h"

/* Say that a's protocol takes the place of b's. */
static int note_redefined(struct load *l, const struct proto *a, const struct proto *b)
{
	const char **slot = vec_push(&l->r->mem, &l->r->redefined, sizeof(*slot));
	char text[400];

	snprintf(text, sizeof(text), "%.200s:%u redefines %s protocol '%s'", a->file, a->lineno,
		 b->builtin ? "the built-in" : "the earlier", a->name);
	if (!slot || !(*slot = arena_strndup(&l->r->mem, text, strlen(text))))
		return load_nomem(l->e);
	return 0;
}

static void drop_unit(struct registry *r, const struct proto *p)
{
	for (uint32_t i = 0; i < r->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, r->units, i);

		if (u->proto != p)
			continue;
		u->src->hollow = true;
		memmove(VEC_AT(struct unit *, r->units, i), VEC_AT(struct unit *, r->units, i + 1),
			(r->units.n - i - 1) * sizeof(struct unit *));
		r->units.n--;
		return;
	}
}

/* A later protocol of the same name takes the place of the earlier one, and its rank. */
static int adopt_proto(struct load *l, struct unit *u)
{
	struct registry *r = l->r;
	struct proto **slot;

	for (uint32_t i = 0; i < r->protos.n; i++) {
		slot = VEC_AT(struct proto *, r->protos, i);
		if ((*slot)->name != u->proto->name)
			continue;
		if (u->proto->builtin && (*slot)->builtin)
			return load_fail(l, u->name, "the built-in protocol '%s' is also in %s",
					 u->proto->name, (*slot)->file);
		if (note_redefined(l, u->proto, *slot))
			return -1;
		drop_unit(r, *slot);
		*slot = u->proto;
		return 0;
	}
	if (r->protos.n == PROTOS_MAX)
		return load_fail(l, u->name, "at most %u protocols are accepted", PROTOS_MAX);
	slot = vec_push(&r->mem, &r->protos, sizeof(*slot));
	if (!slot)
		return load_nomem(l->e);
	*slot = u->proto;
	return 0;
}

int registry_adopt(struct load *l)
{
	struct registry *r = l->r;

	if (r->units.n + l->units.n > RECORDS_MAX)
		return load_fail(l, (struct place) { 0, 1 },
				 "at most %u protocols and structs are accepted", RECORDS_MAX);
	for (uint32_t i = 0; i < l->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, l->units, i), **slot;

		if (u->proto && adopt_proto(l, u))
			return -1;
		slot = vec_push(&r->mem, &r->units, sizeof(*slot));
		if (!slot)
			return load_nomem(l->e);
		*slot = u;
	}
	for (uint32_t i = 0; i < l->tables.n; i++) {
		struct table **slot = vec_push(&r->mem, &r->tables, sizeof(*slot));

		if (!slot)
			return load_nomem(l->e);
		*slot = *VEC_AT(struct table *, l->tables, i);
	}
	return 0;
}

int registry_load_file(struct registry *r, const char *path, struct err *e)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	size_t n = 0;
	int k = -1;

	if (!f)
		return err_set(e, errno == EACCES ? ERR_PERM : ERR_IO, "%s: %s", path,
			       strerror(errno));
	text = malloc(FILE_MAX_BYTES + 1);
	if (!text) {
		load_nomem(e);
		goto out;
	}
	n = fread(text, 1, FILE_MAX_BYTES + 1, f);
	if (ferror(f)) {
		err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
		goto out;
	}
	k = registry_load(r, path, text, n, false, e);
out:
	free(text);
	fclose(f);
	return k;
}

void registry_strict(struct registry *r)
{
	r->strict = true;
}

int registry_bind(struct registry *r, const char *space, uint64_t value, const char *proto,
		  struct err *e)
{
	const struct proto *p;
	char near[100];
	struct bind *b;
	bool fits;

	if (r->frozen)
		return err_set(e, ERR_USAGE, "the protocols are frozen");
	if (registry_load_now(r, e) < 0)
		return -1;
	p = registry_find(r, proto, strlen(proto));
	if (!p) {
		near_name(near, sizeof(near), registry_suggest(r, proto, strlen(proto)));
		return err_set(e, ERR_USAGE, "unknown protocol '%s'%s", proto, near);
	}
	if (!space_known(r, space, value, &fits)) {
		near_name(near, sizeof(near), space_suggest(r, space));
		return err_set(e, ERR_USAGE, "no protocol carries '%s'%s", space, near);
	}
	if (!fits)
		return err_set(e, ERR_USAGE, "%llu does not fit in any field that selects by %s",
			       (unsigned long long)value, space);
	b = vec_push(&r->mem, &r->binds, sizeof(*b));
	if (!b || !(b->space = registry_intern(r, space, strlen(space))))
		return load_nomem(e);
	b->value = value;
	b->proto = p->name;
	return 0;
}
