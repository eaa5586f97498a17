/* SPDX-License-Identifier: BSD-2-Clause */
/* Selector spaces as direct tables: from a value, as this machine loads it, to what may follow. */
#include "core/shape.h"

#include <string.h>

#include "core/registry.h"

static uint16_t raw16(uint16_t v)
{
	const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };
	uint16_t r;

	memcpy(&r, b, 2);
	return r;
}

const struct space *space_named(const struct shapes *s, const char *name)
{
	for (uint32_t i = 0; i < s->nspaces; i++) {
		if (strcmp(s->space[i].name, name) == 0)
			return &s->space[i];
	}
	return NULL;
}

uint16_t space_entry(const struct space *sp, uint64_t value)
{
	if (value > UINT16_MAX)
		return 0;
	if (sp->t16)
		return sp->t16->to[raw16((uint16_t)value)];
	return value < 256 ? sp->t8[value] : 0;
}

/* The entry that means "what e means, then shape p". */
static int entry_append(struct shapes *s, uint16_t e, uint16_t p, uint16_t *out)
{
	struct chain c = { 0 }, *v;

	if (e == 0) {
		*out = p;
		return 0;
	}
	if (e <= s->n)
		c.v[c.n++] = e;
	else
		c = s->chain[e - s->n - 1];
	for (unsigned i = 0; i < c.n; i++) {
		if (c.v[i] == p)
			goto same;
	}
	if (c.n == sizeof(c.v) / sizeof(c.v[0]))
		goto same; /* more than 15 for one value: the later ones are never tried */
	c.v[c.n++] = p;
	for (uint32_t i = s->nchains; i-- > 0;) {
		if (memcmp(&s->chain[i], &c, sizeof(c)) == 0) {
			*out = (uint16_t)(s->n + 1 + i);
			return 0;
		}
	}
	v = arena_room(s->mem, s->chain, s->nchains, &s->chain_cap, sizeof(*v));
	if (!v)
		return -1;
	s->chain = v;
	if (s->n + 1u + s->nchains > UINT16_MAX)
		goto same;
	s->chain[s->nchains] = c;
	*out = (uint16_t)(s->n + 1 + s->nchains++);
	return 0;
same:
	*out = e;
	return 0;
}

/* Where the entry for a value is written. */
static uint16_t *entry_at(struct table16 *t, uint16_t value)
{
	uint16_t raw = raw16(value);

	t->some[raw >> 6] |= UINT64_C(1) << (raw & 63);
	return &t->to[raw];
}

static int make_table16(struct shapes *s, struct space *sp)
{
	if (sp->t16)
		return 0;
	sp->t16 = arena_alloc(s->mem, sizeof(*sp->t16));
	if (!sp->t16)
		return -1;
	for (unsigned v = 0; v < 256; v++) {
		if (sp->t8[v])
			*entry_at(sp->t16, (uint16_t)v) = sp->t8[v];
	}
	return 0;
}

static int add_wide(struct shapes *s, struct space *sp, uint64_t lo, uint64_t hi, uint16_t id)
{
	struct wide *w = arena_room(s->mem, sp->wide, sp->nwide, &sp->wide_cap, sizeof(*w));

	if (!w)
		return -1;
	sp->wide = w;
	w[sp->nwide++] = (struct wide) { lo, hi, id };
	return 0;
}

static int add_binding(struct shapes *s, struct space *sp, const struct binding *b)
{
	uint16_t id = b->proto->id;
	uint64_t hi = b->hi > UINT16_MAX ? UINT16_MAX : b->hi;

	if (b->hi > UINT16_MAX && add_wide(s, sp, b->lo, b->hi, id) < 0)
		return -1;
	if (b->hi > 255 && make_table16(s, sp) < 0)
		return -1;
	for (uint64_t v = b->lo; v <= hi; v++) {
		uint16_t *at = sp->t16 ? entry_at(sp->t16, (uint16_t)v) : &sp->t8[v];

		if (entry_append(s, *at, id, at) < 0)
			return -1;
		if (v < 256)
			sp->t8[v] = *at;
	}
	return 0;
}

static struct space *space_add(struct shapes *s, const char *name)
{
	struct space *v;

	for (uint32_t i = 0; i < s->nspaces; i++) {
		if (strcmp(s->space[i].name, name) == 0)
			return &s->space[i];
	}
	v = arena_room(s->mem, s->space, s->nspaces, &s->space_cap, sizeof(*v));
	if (!v)
		return NULL;
	s->space = v;
	v += s->nspaces;
	*v = (struct space) { .name = name, .t8 = arena_alloc(s->mem, 256 * sizeof(*v->t8)) };
	if (!v->t8)
		return NULL;
	s->nspaces++;
	return v;
}

/* A space that some field of more than a byte selects in needs the large table. */
static bool selected_wide(const struct registry *r, const char *name)
{
	for (unsigned i = 0; i < registry_count(r); i++) {
		const struct proto *p = registry_at(r, i);

		for (unsigned k = 0; k < p->ncarries; k++) {
			const struct carries *c = &p->carries[k];

			for (unsigned f = 0; strcmp(c->space, name) == 0 && f < c->nfields; f++) {
				if (p->rec.fields[c->field[f]].type->bits > 8)
					return true;
			}
		}
	}
	return false;
}

int spaces_compile(struct shapes *s, const struct registry *r)
{
	struct binding b;

	for (unsigned i = 0; registry_binding(r, i, &b); i++) {
		struct space *sp = space_add(s, b.space);

		if (!sp || add_binding(s, sp, &b) < 0)
			return -1;
	}
	for (uint32_t i = 0; i < s->nspaces; i++) {
		if (selected_wide(r, s->space[i].name) && make_table16(s, &s->space[i]) < 0)
			return -1;
	}
	s->link = NULL;
	for (uint32_t i = 0; i < s->nspaces; i++) {
		if (strcmp(s->space[i].name, "link") == 0) {
			if (make_table16(s, &s->space[i]) < 0)
				return -1;
			s->link = &s->space[i];
		}
	}
	return 0;
}
