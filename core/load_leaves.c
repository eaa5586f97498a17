/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the types of leaves stand when all is resolved: side by side, the plain ones but once. */
#include "core/load.h"

#define LEAVES_AT_ONCE 256 /* types */

struct leaves {
	struct registry *r;
	struct type *spare;
	unsigned left;
	const struct type *plain[256]; /* those without an extent, by what they are */
};

static const struct type **plain_slot(struct leaves *v, const struct type *t)
{
	unsigned h = t->bits * 31u + t->le * 7u + (unsigned char)t->kind->name[0];

	return &v->plain[h % 256];
}

static bool same_plain(const struct type *a, const struct type *b)
{
	return a->kind == b->kind && a->bits == b->bits && a->le == b->le;
}

/* Where leaf t is from now on: most are u8, u16 and the like, and are one type together; the others
 * stand side by side. */
static const struct type *place_leaf(struct leaves *v, const struct type *t, bool shared)
{
	const struct type **slot = shared && t->ext.form == EXTENT_KIND ? plain_slot(v, t) : NULL;

	if (slot && *slot && same_plain(*slot, t))
		return *slot;
	if (!v->left) {
		v->left = LEAVES_AT_ONCE;
		v->spare = arena_alloc(&v->r->mem, LEAVES_AT_ONCE * sizeof(*v->spare));
	}
	if (!v->spare)
		return NULL;
	*v->spare = *t;
	v->spare->settled = true;
	v->left--;
	if (slot && !*slot)
		*slot = v->spare;
	return v->spare++;
}

/* Move the leaves in *at out of the memory that parsing has left them in: what is read when
 * decoding is small then, and the addresses of kinds, which a frozen registry is given page by page
 * when it is taken, are on few pages. Several may hold one, so that it tells where it went.
 * shared: it may be one with others (an arm is known by its type: it has its own). */
static int settle(struct leaves *v, const struct type **at, bool shared)
{
	struct type *t = (struct type *)(uintptr_t)*at;

	for (unsigned i = 0; i < t->narms; i++) {
		if (settle(v, (const struct type **)(uintptr_t)&t->arms[i].type, false))
			return -1;
	}
	for (struct extent *x = &t->ext; x; x = (struct extent *)(uintptr_t)x->outer) {
		if (x->prefix && settle(v, &x->prefix, true))
			return -1;
	}
	if (t->form == TYPE_LIST)
		return settle(v, &t->item, shared);
	if (t->form == TYPE_LEAF && !t->settled) {
		const struct type *to = place_leaf(v, t, shared);

		if (!to)
			return -1;
		*t = (struct type) { .settled = true, .item = to };
	}
	if (t->form == TYPE_LEAF && t->item)
		*at = t->item;
	return 0;
}

int settle_leaves(struct registry *r, struct err *e)
{
	struct leaves leaves = { .r = r };

	for (uint32_t i = 0; i < r->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, r->units, i);

		for (unsigned k = 0; k < u->rec->nfields; k++) {
			if (settle(&leaves, &u->rec->fields[k].type, true))
				return load_nomem(e);
		}
	}
	return 0;
}
