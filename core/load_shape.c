/* SPDX-License-Identifier: BSD-2-Clause */
/* Freezing, fifth step: structs do not hold themselves, nothing that wants whole bytes begins in
 * the middle of one, and what a protocol says of others is true. */
#include "core/load.h"

#include "core/near.h"

/* ---- nesting ---- */

static int depth_of(struct registry *r, struct unit *u, unsigned level, struct err *e);

/* A struct that is certain to be there: inside a list of variable length or a choice it may end. */
static const struct record *certain(const struct type *t)
{
	while (t->form == TYPE_LIST && t->ext.form == EXTENT_COUNT && t->ext.expr->op == EX_NUM)
		t = t->item;
	return t->form == TYPE_STRUCT ? t->rec : NULL;
}

static int depth_of(struct registry *r, struct unit *u, unsigned level, struct err *e)
{
	if (u->depth)
		return 0;
	u->open = true;
	for (unsigned i = 0; i < u->rec->nfields; i++) {
		const struct record *rec = certain(u->rec->fields[i].type);
		struct unit *in = rec ? unit_of(r, rec) : NULL;

		if (!in)
			continue;
		if (in->open)
			return src_fail(
				u->src, e, u->f[i].name,
				"%s would hold itself without end; put it in a list or a choice",
				rec->name);
		if (level == RECORD_DEPTH)
			return src_fail(u->src, e, u->f[i].name,
					"structs are nested more than %u deep", RECORD_DEPTH);
		if (depth_of(r, in, level + 1, e))
			return -1;
		if (in->depth >= u->depth)
			u->depth = in->depth + 1;
	}
	if (u->depth >= RECORD_DEPTH)
		return src_fail(u->src, e, u->name, "structs are nested more than %u deep",
				RECORD_DEPTH);
	if (!u->depth)
		u->depth = 1;
	u->open = false;
	return 0;
}

/* ---- whole bytes ---- */

static bool needs_byte(const struct type *t)
{
	switch (t->form) {
	case TYPE_LEAF:
		return t->kind->cls != KIND_NUM || t->kind->read || !t->bits ||
		       (t->ext.form != EXTENT_KIND && t->ext.form != EXTENT_IMPLIED);
	case TYPE_LIST:
		return t->ext.form == EXTENT_PREFIX || t->ext.form == EXTENT_PREFIX_COUNT ||
		       t->ext.form == EXTENT_LINES || t->ext.form == EXTENT_BLOCKS ||
		       needs_byte(t->item);
	case TYPE_CHOOSE:
		for (unsigned i = 0; i < t->narms; i++) {
			if (needs_byte(t->arms[i].type))
				return true;
		}
		return false;
	default: return true;
	}
}

static unsigned rotate(unsigned set, unsigned by)
{
	by &= 7;
	return ((set << by) | (set >> (8 - by))) & 0xff;
}

/* Widths modulo 8 that a type may have: bit i of the set. */
static unsigned widths(const struct type *t)
{
	unsigned set = 0, w;

	switch (t->form) {
	case TYPE_LEAF:
		return 1u << ((t->ext.form == EXTENT_KIND && !t->kind->read ? t->bits : 0) & 7);
	case TYPE_LIST:
		w = widths(t->item);
		if (w == 1)
			return 1;
		if (t->ext.form == EXTENT_COUNT && t->ext.expr->op == EX_NUM && w && !(w & (w - 1)))
			return 1u << (((unsigned)__builtin_ctz(w) * (t->ext.expr->num & 7)) & 7);
		return t->ext.form == EXTENT_BYTES ? 1 : 0xff;
	case TYPE_CHOOSE:
		for (unsigned i = 0; i < t->narms; i++)
			set |= widths(t->arms[i].type);
		return set ? set : 1;
	default: return 1;
	}
}

/* Are the bits of t counted from the low end of each byte? */
static bool from_below(const struct type *t)
{
	while (t->form == TYPE_LIST)
		t = t->item;
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++) {
		if (from_below(t->arms[i].type))
			return true;
	}
	return t->form == TYPE_LEAF && t->le && t->kind->cls == KIND_NUM;
}

static int check_bytes(struct unit *u, struct err *e)
{
	unsigned pos = 1; /* positions within a byte at which the next field may begin */
	bool below = false;

	for (unsigned i = 0; i < u->rec->nfields; i++) {
		const struct field *f = &u->rec->fields[i];
		unsigned w = widths(f->type), next = 0;

		if (f->align)
			pos = 1;
		if (!(pos & 1) && (needs_byte(f->type) || i == u->rec->npre))
			return src_fail(u->src, e, u->f[i].name,
					"'%s' would begin %d bits into a byte", f->name,
					__builtin_ctz(pos));
		if (pos != 1 && below != from_below(f->type))
			return src_fail(u->src, e, u->f[i].name,
					"'%s' would share a byte with bits counted from its other "
					"end; end on a whole byte first",
					f->name);
		below = from_below(f->type);
		for (unsigned k = 0; k < 8; k++) {
			if (w >> k & 1)
				next |= rotate(pos, k);
		}
		pos = f->cond || f->optional ? next | pos : next;
	}
	if (!(pos & 1))
		return src_fail(u->src, e, u->f[u->rec->nfields - 1].name,
				"%s ends %d bits into a byte", u->rec->name, __builtin_ctz(pos));
	return 0;
}

/* ---- what a protocol says of others ---- */

bool space_known(const struct registry *r, const char *space, uint64_t value, bool *fits)
{
	bool known = !strcmp(space, "link");

	*fits = known && value < 65536;
	for (unsigned i = 0; i < r->protos.n; i++) {
		const struct proto *p = registry_at(r, i);

		for (unsigned k = 0; k < p->ncarries; k++) {
			const struct carries *c = &p->carries[k];

			if (c->space != space && strcmp(c->space, space))
				continue;
			known = true;
			for (unsigned f = 0; f < c->nfields; f++) {
				unsigned bits = 0;

				type_is_number(p->rec.fields[c->field[f]].type, &bits);
				*fits = *fits || !bits || bits >= 64 || !(value >> bits);
			}
		}
	}
	return known;
}

const char *space_suggest(const struct registry *r, const char *name)
{
	const char *names[256] = { "link" };
	const struct proto *low = registry_find(r, name, strlen(name));
	unsigned n = 1;

	if (low && low->ncarries) /* over eth: its selector is meant */
		return low->carries[0].space;
	for (unsigned i = 0; i < r->protos.n; i++) {
		const struct proto *p = registry_at(r, i);

		for (unsigned k = 0; k < p->ncarries && n < 256; k++)
			names[n++] = p->carries[k].space;
	}
	return near_word(name, strlen(name), names, n);
}

static int check_over(struct registry *r, struct unit *u, struct err *e)
{
	const struct proto *p = u->proto, *low;
	char near[100];

	for (unsigned i = 0; i < p->nover; i++) {
		struct over *o = (struct over *)(uintptr_t)&p->over[i];
		bool fits, known;

		if (freeze_spend(r, r->protos.n * 2, e))
			return -1;
		if (!o->space) {
			low = registry_find(r, o->lower, strlen(o->lower));
			if (low) {
				o->lower = low->name;
				continue;
			}
			if (!r->strict)
				continue;
			near_name(near, sizeof(near),
				  registry_suggest(r, o->lower, strlen(o->lower)));
			return src_fail(
				u->src, e, u->over[i].name,
				"there is no protocol '%s'%s (a space is followed by a value)",
				o->lower, near);
		}
		known = space_known(r, o->space, o->hi, &fits);
		if (!known && r->strict) {
			near_name(near, sizeof(near), space_suggest(r, o->space));
			return src_fail(u->src, e, u->over[i].name, "no protocol carries '%s'%s",
					o->space, near);
		}
		if (known && !fits)
			return src_fail(u->src, e, u->over[i].value,
					"%llu does not fit in any field that selects by %s",
					(unsigned long long)o->hi, o->space);
	}
	return 0;
}

static int check_selectors(struct unit *u, struct err *e)
{
	const struct proto *p = u->proto;
	unsigned bits;

	for (unsigned i = 0; i < p->ncarries; i++) {
		for (unsigned k = 0; k < p->carries[i].nfields; k++) {
			const struct field *f = &p->rec.fields[p->carries[i].field[k]];

			if (!type_is_number(f->type, &bits))
				return src_fail(u->src, e, u->f[f->index].name,
						"'%s' selects what follows, so it must be a number",
						f->name);
		}
	}
	return 0;
}

static int check_others(struct registry *r, struct unit *u, struct err *e)
{
	const struct proto *p = u->proto;
	char near[100];

	if (p->quotes_proto && !registry_find(r, p->quotes_proto, strlen(p->quotes_proto)) &&
	    r->strict) {
		near_name(near, sizeof(near),
			  registry_suggest(r, p->quotes_proto, strlen(p->quotes_proto)));
		return src_fail(u->src, e, u->quotes, "there is no protocol '%s'%s",
				p->quotes_proto, near);
	}
	for (unsigned i = 0; i < p->npseudo_over && r->strict; i++) {
		bool found = false;

		for (unsigned k = 0; k < r->protos.n && !found; k++) {
			const struct proto *q = registry_at(r, k);

			for (unsigned j = 0; j < q->npseudo && !found; j++)
				found = q->pseudo[j].field == p->pseudo_over[i].field;
		}
		if (!found)
			return src_fail(u->src, e, u->pseudo_over[i],
					"no pseudo header has a field '%s'",
					p->pseudo_over[i].field);
	}
	return 0;
}

int freeze_shape(struct registry *r, struct err *e)
{
	for (uint32_t i = 0; i < r->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, r->units, i);

		if (depth_of(r, u, 1, e) || check_bytes(u, e) || check_announces(r, u, e) ||
		    check_layouts(r, u, e))
			return -1;
		if (u->proto &&
		    (check_over(r, u, e) || check_selectors(u, e) || check_others(r, u, e) ||
		     check_summary(r, u, e) || check_wants(r, u, e) || check_anew(r, u, e) ||
		     check_flow(r, u, e)))
			return -1;
	}
	return 0;
}
