/* SPDX-License-Identifier: BSD-2-Clause */
/* Freezing, sixth step: what others ask of fields and records, found once. */
#include "core/layouts.h"
#include "core/load.h"
#include "core/walk.h"
#include "core/wide.h"

#include <stdio.h>

/* Bits of a type that always has the same width; -1: it varies. */
static int64_t fixed_width(const struct registry *r, const struct type *t)
{
	int64_t n;

	switch (t->form) {
	case TYPE_LEAF:
		if (t->ext.form == EXTENT_BYTES && t->ext.expr->op == EX_NUM &&
		    t->ext.expr->num >= 0 && t->ext.expr->num < 65536)
			return 8 * t->ext.expr->num;
		if (t->ext.form != EXTENT_KIND || t->kind->read)
			return -1;
		return t->kind->bits ? t->kind->bits : t->bits;
	case TYPE_STRUCT: return t->rec->fixed_bits;
	case TYPE_LIST:
		n = fixed_width(r, t->item);
		if (n < 0 || t->ext.form != EXTENT_COUNT || t->ext.expr->op != EX_NUM ||
		    t->ext.expr->num < 0 || t->ext.expr->num > 65535 ||
		    n * t->ext.expr->num > INT32_MAX / 4)
			return -1;
		return n * t->ext.expr->num;
	default: return -1;
	}
}

/* A default that is no leaf's value: what stands there is the notation's to read. */
static bool says(const struct type *t, bool text)
{
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++) {
		if (says(t->arms[i].type, text))
			return true;
	}
	if (t->form == TYPE_LIST && !text)
		return t->ext.form == EXTENT_COUNT && t->ext.expr->op == EX_NUM &&
		       says(t->item, false);
	return t->form == TYPE_LIST || (t->form == TYPE_STRUCT && (text || t->rec->says));
}

/* Does the record hold such a default? Until nothing more is found: structs stand in structs. */
static bool mark_says(struct registry *r)
{
	bool more = false;

	for (uint32_t i = 0; i < r->units.n; i++) {
		struct record *rec = (*VEC_AT(struct unit *, r->units, i))->rec;

		for (unsigned k = 0; k < rec->nfields; k++) {
			struct field *f = &rec->fields[k];

			if (f->says || !says(f->type, f->rule.form == RULE_CONST && f->rule.text))
				continue;
			f->says = true;
			more = more || !rec->says;
			rec->says = true;
		}
	}
	return more;
}

/* Records inside others come first, so that widths are known: bounded by the nesting. */
static void place_fields(struct registry *r, struct unit *u)
{
	int64_t at = 0;

	if (u->open)
		return;
	u->open = true;
	for (unsigned i = 0; i < u->rec->nfields; i++) {
		const struct type *t = u->rec->fields[i].type;

		while (t->form == TYPE_LIST)
			t = t->item;
		if (t->form == TYPE_STRUCT && unit_of(r, t->rec)->depth < u->depth)
			place_fields(r, unit_of(r, t->rec));
	}
	for (unsigned i = 0; i < u->rec->nfields; i++) {
		struct field *f = &u->rec->fields[i];
		int64_t w = f->cond || f->optional ? -1 : fixed_width(r, f->type);

		if (f->align && at >= 0)
			at = (at + 8 * f->align - 1) / (8 * f->align) * (8 * f->align);
		f->fixed_bit = f->after ? -1 : (int32_t)at;
		at = at < 0 || w < 0 || at + w > INT32_MAX / 4 ? -1 : at + w;
	}
	u->rec->fixed_bits = (int32_t)at;
}

/* ---- structural: others hang on it ---- */

struct marker {
	struct registry *r;
	struct unit *u;
};
/* ip6.nh in another protocol's condition: a field of a layer below. */
static void mark_outer(const struct marker *m, const struct expr *x)
{
	const struct proto *p = registry_find(m->r, x->path[0].name, strlen(x->path[0].name));

	for (unsigned i = 0; p && x->npath > 1 && i < p->rec.nfields; i++) {
		if (p->rec.fields[i].name == x->path[1].name)
			p->rec.fields[i].structural = true;
	}
}

static void mark_node(const struct expr *x, void *arg)
{
	const struct marker *m = arg;
	const struct field *f[SCOPE_FOUND_MAX];
	unsigned n = 0;

	if (x->op == EX_FIELD && x->local >= 0)
		m->u->rec->fields[x->local].structural = true;
	else if (x->op == EX_FIELD && x->outer_proto)
		mark_outer(m, x);
	else if (x->op == EX_FIELD)
		n = scope_find(m->r, m->u, x->path[0].name, f);
	for (unsigned i = 0; i < n; i++)
		((struct field *)(uintptr_t)f[i])->structural = true;
}

static void mark_type(struct marker *m, const struct type *t)
{
	expr_each(t->on, mark_node, m);
	if (t->form == TYPE_LIST && t->item->form == TYPE_STRUCT &&
	    (t->ext.form == EXTENT_UNTIL || t->ext.form == EXTENT_WHILE)) {
		struct marker in = { m->r, unit_of(m->r, t->item->rec) };

		/* Its names are searched: those of the item first. */
		expr_each(t->ext.expr, mark_node, &in);
	} else {
		expr_each(t->ext.expr, mark_node, m);
	}
	if (t->form == TYPE_LIST)
		mark_type(m, t->item);
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++)
		mark_type(m, t->arms[i].type);
}

static void mark_fields(struct registry *r, struct unit *u)
{
	struct marker m = { r, u };

	for (unsigned i = 0; i < u->rec->nfields; i++) {
		struct field *f = &u->rec->fields[i];

		/* Its size, or what the item behind it says, hangs on its value. */
		f->structural =
			f->structural || is_wide(f->type) || is_implied(f->type) || f->since;
		expr_each(f->cond, mark_node, &m);
		for (unsigned k = 0; k < f->ncases; k++)
			expr_each(f->cases[k].cond, mark_node, &m);
		if (f->rule.form == RULE_EXPR)
			expr_each(f->rule.expr, mark_node, &m);
		mark_type(&m, f->type);
	}
	if (!u->proto)
		return;
	for (unsigned i = 0; i < u->proto->nwants; i++)
		expr_each(u->proto->wants[i].cond, mark_node, &m);
	for (unsigned i = 0; i < u->proto->ncarries; i++) {
		const struct carries *c = &u->proto->carries[i];

		expr_each(c->cond, mark_node, &m);
		for (unsigned k = 0; k < c->nfields; k++) {
			u->rec->fields[c->field[k]].selects = true;
			u->rec->fields[c->field[k]].structural = true;
		}
	}
}

/* ---- bounds ---- */

/* The fields a length rule bounds: one stretch of the record's own. */
static bool stretch(const struct record *rec, const struct spans *s, int16_t *from, int16_t *to)
{
	*from = *to = -1;
	for (unsigned i = 0; i < s->n; i++) {
		const struct span *v = &s->v[i];
		int16_t a = 0, b = (int16_t)(rec->npre - 1);

		if (v->form == SPAN_FIELDS) {
			a = (int16_t)v->from;
			b = (int16_t)v->to;
		} else if (v->form == SPAN_ALL && !rec->proto) {
			b = (int16_t)(rec->nfields - 1);
		} else if (v->form != SPAN_HEADER) {
			return false;
		}
		if (b < 0 || (i && a != *to + 1))
			return false;
		if (!i)
			*from = a;
		*to = b;
	}
	return s->n > 0;
}

static void find_bounds(struct record *rec)
{
	for (unsigned i = rec->nfields; i-- > 0;) {
		struct field *f = &rec->fields[i], *first;
		int16_t from, to;

		if (f->rule.form != RULE_LEN || !stretch(rec, &f->rule.spans, &from, &to))
			continue;
		f->bounds_from = from;
		f->bounds_to = to;
		first = &rec->fields[from];
		f->bound_also = first->bound_by ? (uint16_t)(first->bound_by->index + 1) : 0;
		first->bound_by = f;
	}
}

/* Is x `FIELD op NUM`? The field, and from which to which of its values it holds. */
static const struct field *compared(const struct record *rec, const struct expr *x, int64_t *lo,
				    int64_t *hi)
{
	const struct expr *a = x->a, *b = x->b;
	const struct field *f;

	if (x->op < EX_EQ || x->op > EX_GE || x->op == EX_NE || a->op != EX_FIELD ||
	    a->npath != 1 || a->local < 0 || a->outer_proto || b->op != EX_NUM)
		return NULL;
	f = &rec->fields[a->local];
	if (f->name != a->path[0].name || !is_number(f->type))
		return NULL;
	*lo = x->op == EX_LT || x->op == EX_LE ? INT64_MIN : b->num;
	*hi = x->op == EX_GT || x->op == EX_GE ? INT64_MAX : b->num;
	if ((x->op == EX_GT && *lo == INT64_MAX) || (x->op == EX_LT && *hi == INT64_MIN))
		return NULL;
	*lo += x->op == EX_GT;
	*hi -= x->op == EX_LT;
	return f;
}

/* A field that takes all that is left leaves nothing for one that is always there and has a size,
 * unless a length says where it ends. */
static int check_rest(const struct registry *r, const struct unit *u, unsigned i, struct err *e)
{
	const struct record *rec = u->rec;
	const struct field *f = &rec->fields[i];
	unsigned next = i + 1;

	if (f->type->ext.form != EXTENT_REST || f->type->ext.expr || f->cond || f->optional)
		return 0;
	while (next < rec->npre && (rec->fields[next].cond || rec->fields[next].optional ||
				    fixed_width(r, rec->fields[next].type) <= 0))
		next++;
	for (unsigned k = 0; k < rec->nfields; k++) {
		const struct field *len = &rec->fields[k];

		if (len->bounds_from >= 0 && len->bounds_from <= (int)i &&
		    len->bounds_to >= (int)i && len->bounds_to < (int)next)
			return 0;
	}
	return next >= rec->npre
		       ? 0
		       : src_fail(u->src, e, u->f[next].name,
				  "nothing is left for '%s': '%s' takes all; give it a size, or a "
				  "length in front",
				  rec->fields[next].name, f->name);
}

/* What decoding and checking ask of every field. */
static void sort_fields(struct record *rec)
{
	for (unsigned i = 0; i < rec->nfields; i++) {
		struct field *f = &rec->fields[i];
		unsigned bits = f->type->form == TYPE_LEAF && f->type->ext.form == EXTENT_KIND
					? leaf_bits(f->type)
					: 0;

		if (bits <= UINT8_MAX && !f->cond && !f->optional && !f->align && !f->bound_by)
			f->plain = (uint8_t)bits;
		f->judged = f->rule.form >= RULE_LEN || f->nmust;
		for (unsigned k = 0; k < f->nmust; k++) {
			struct must *m = &f->must[k];

			m->own = compared(rec, m->expr, &m->lo, &m->hi) == f;
		}
		if (f->plain && f->type->kind->cls != KIND_ADDR)
			f->load = f->type->kind == &kind_uint && !f->type->le && bits <= 57
					  ? LOAD_BE
					  : LOAD_ELSE;
	}
	for (unsigned i = rec->nfields; i-- > 0;) {
		struct field *f = &rec->fields[i];
		const struct field *next =
			i + 1 < rec->nfields && i + 1 != rec->npre ? f + 1 : NULL;

		if (!f->plain || f->rule.form == RULE_LEN)
			continue;
		f->run = 1;
		f->run_bits = f->plain;
		if (next && next->run && next->run < UINT8_MAX) {
			f->run = (uint8_t)(next->run + 1);
			f->run_bits = (uint16_t)(next->run_bits + f->plain);
		}
	}
}

/* ---- messages and names ---- */

struct need {
	const struct record *rec;
	int64_t bits;
};
/* Bits from the first that must be there before a field can be read. */
static void need_field(struct need *n, int index)
{
	int64_t at = 0;

	for (int i = 0; i <= index; i++) {
		const struct field *f = &n->rec->fields[i];
		int64_t w = f->cond || f->optional ? 0 : fixed_width(NULL, f->type);

		if (w < 0)
			w = f->type->form == TYPE_LEAF && f->type->kind->read ? 8 : 0;
		at += w;
	}
	if (at > n->bits)
		n->bits = at;
}

static void find_request(const struct expr *x, void *arg)
{
	struct proto *p = arg;

	p->asks = p->asks || x->op == EX_REQUEST;
}

static void need_node(const struct expr *x, void *arg)
{
	if (x->op == EX_FIELD && x->local >= 0)
		need_field(arg, x->local);
	for (unsigned i = 0; x->op == EX_LEN && i < x->spans.n; i++) {
		if (x->spans.v[i].form == SPAN_FIELDS)
			need_field(arg, x->spans.v[i].to);
	}
}

static int name_fields(struct registry *r, struct unit *u, struct err *e)
{
	char name[256];

	for (unsigned i = 0; i < u->rec->nfields; i++) {
		struct field *f = &u->rec->fields[i];
		int n = u->proto || !u->owner
				? snprintf(name, sizeof(name), "%s.%s", u->rec->name, f->name)
				: snprintf(name, sizeof(name), "%s.%s.%s", u->owner->name,
					   u->rec->name, f->name);

		f->qname = registry_intern(r, name, (size_t)n);
		if (!f->qname)
			return load_nomem(e);
	}
	return 0;
}

int freeze_facts(struct registry *r, struct err *e)
{
	if (settle_leaves(r, e))
		return -1;
	for (uint32_t i = 0; i < r->units.n; i++) {
		struct unit *u = *VEC_AT(struct unit *, r->units, i);

		place_fields(r, u);
		mark_fields(r, u);
		find_bounds(u->rec);
		for (unsigned k = 0; k < u->rec->npre; k++) {
			if (check_rest(r, u, k, e))
				return -1;
		}
		sort_fields(u->rec);
		if (name_fields(r, u, e))
			return -1;
	}
	while (mark_says(r))
		;
	if (find_heralds(r, e))
		return -1;
	for (uint32_t i = 0; i < r->protos.n; i++) {
		struct proto *p = *VEC_AT(struct proto *, r->protos, i);
		struct need n = { &p->rec, 0 };

		if (p->guard)
			p->guarded = compared(&p->rec, p->guard, &p->guard_lo, &p->guard_hi);
		for (unsigned k = 0; k < p->npseudo; k++) {
			for (unsigned f = 0; f < p->rec.nfields && !p->pseudo[k].at; f++) {
				if (p->rec.fields[f].name == p->pseudo[k].field)
					p->pseudo[k].at = &p->rec.fields[f];
			}
		}
		/* Of several lines the first condition is what is looked at first. */
		expr_each(p->message && p->message->op == EX_COND ? p->message->a : p->message,
			  need_node, &n);
		expr_each(p->message, find_request, p);
		p->message_min = (uint32_t)((n.bits + 7) / 8);
	}
	return r->work > FREEZE_WORK ? freeze_spend(r, 1, e) : 0;
}
