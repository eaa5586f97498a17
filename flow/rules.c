/* SPDX-License-Identifier: BSD-2-Clause */
/* What the descriptions say of conversations and pieces, read from a packet's layers. */
#include "flow/impl.h"

#include <string.h>

#include "core/bits.h"
#include "core/walk.h"
#include "dissect/dissect.h"

/* Does the field stand at a fixed place, in whole bytes? */
static bool is_fixed(const struct field *f)
{
	return f->fixed_bit >= 0 && f->fixed_bit % 8 == 0 && !f->cond && !f->optional &&
	       f->type->form == TYPE_LEAF && f->type->ext.form == EXTENT_KIND &&
	       leaf_bits(f->type) && leaf_bits(f->type) % 8 == 0;
}

static void flow_fields(struct rules *r)
{
	const struct flow_rule *w = r->proto->flow;

	r->fixed = true;
	r->addresses = true;
	for (unsigned k = 0; k < w->n; k++) {
		for (unsigned side = 0; side < 2; side++) {
			const struct field *f =
				&r->proto->rec.fields[side ? w->pair[k].b : w->pair[k].a];

			if (f->type->form != TYPE_LEAF || f->type->kind->cls != KIND_ADDR)
				r->addresses = false;
			if (!is_fixed(f)) {
				r->fixed = false;
				continue;
			}
			r->end[side][k].byte = (uint16_t)(f->fixed_bit / 8);
			r->end[side][k].len = (uint16_t)(leaf_bits(f->type) / 8);
		}
	}
}

static int compile(struct flows *f, struct rules *r)
{
	unsigned n;
	const struct proto *p = r->proto;
	uint32_t part = record_fixed_part(&p->rec, &n);
	const struct {
		const struct expr *x;
		struct code *c;
	} v[] = {
		{ p->fragment  ? p->fragment->at ? p->fragment->at : p->fragment->number
		  : p->segment ? p->segment->at
			       : NULL,
		  &r->at },
		{ p->fragment ? p->fragment->more : NULL, &r->more },
		{ p->fragment ? p->fragment->first : NULL, &r->first },
		{ p->fragment ? p->fragment->cond : NULL, &r->frag_if },
		{ p->segment ? p->segment->opens : NULL, &r->opens },
		{ p->segment ? p->segment->closes : NULL, &r->closes },
		{ p->segment ? p->segment->resets : NULL, &r->resets },
		{ p->segment ? p->segment->acks : NULL, &r->acks },
		{ p->segment ? p->segment->acks_if : NULL, &r->acks_if },
		{ p->segment ? p->segment->takes : NULL, &r->takes },
		{ p->segment ? p->segment->window : NULL, &r->window },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(*v); i++) {
		if (v[i].x && code_compile(&f->mem, &p->rec, part, v[i].x, false, v[i].c))
			return -1;
		if (v[i].x)
			code_tables(&p->rec, part, v[i].c);
	}
	return 0;
}

int rules_make(struct flows *f, struct err *e)
{
	unsigned n = registry_count(f->reg);

	f->rules = arena_alloc(&f->mem, (n + 1) * sizeof(*f->rules));
	f->tracked = arena_alloc(&f->mem, (n + 1) * sizeof(*f->tracked));
	f->count = arena_alloc(&f->mem, (n + 1) * sizeof(*f->count));
	if (!f->rules || !f->tracked || !f->count)
		return err_set(e, ERR_IO, "no memory");
	for (unsigned i = 0; i < n; i++) {
		const struct proto *p = registry_at(f->reg, i);
		struct rules *r;

		if (!p->flow && !p->fragment)
			continue;
		f->rules[p->id] = r = arena_alloc(&f->mem, sizeof(*r));
		if (!r)
			return err_set(e, ERR_IO, "no memory");
		r->proto = p;
		if (p->flow)
			flow_fields(r);
		if (compile(f, r) || (p->segment && p->segment->scale &&
				      alias_of(p, p->segment->scale, &r->scale) < 0))
			return err_set(e, ERR_IO, "no memory");
		f->tracked[p->id] =
			p->flow && (f->opts.only                      ? p == f->opts.only
				    : f->ops.seen && !f->opts.streams ? true
								      : p->segment != NULL);
	}
	return 0;
}

/* The fields of layer i, decoded at most once in a row. */
static const struct tree *fields_of(struct flows *f, const struct packet *p, unsigned i)
{
	if (f->decoded == p && f->decoded_layer == i)
		return &f->tree;
	f->decoded = NULL;
	if (decode(&f->tree, p, i))
		return NULL;
	f->decoded = p;
	f->decoded_layer = i;
	return &f->tree;
}

bool rules_piece(struct flows *f, const struct packet *p, unsigned i)
{
	const struct rules *r = f->rules[p->layers[i].proto->id];
	const struct fragment_rule *g = p->layers[i].proto->fragment;

	if (!g || (g->cond && !rules_true(f, p, i, &r->frag_if)))
		return false;
	if (g->number ? !rules_true(f, p, i, &r->first) : rules_value(f, p, i, &r->at) != 0)
		return true;
	return rules_true(f, p, i, &r->more);
}

int64_t rules_value(struct flows *f, const struct packet *p, unsigned i, const struct code *c)
{
	const struct layer *l = &p->layers[i];
	const struct tree *t;

	if (c->v)
		return code_run(c, p->data + l->off, l->hlen);
	t = fields_of(f, p, i);
	return t ? expr_eval(c->expr, t, 0, NULL) : 0;
}

/* Where layer i ends by its own length field, whether captured or not. UINT64_MAX: it does not say,
 * in two bytes at one place. */
static uint64_t said_end(const struct packet *p, unsigned i)
{
	const struct layer *l = &p->layers[i];
	const struct shape *s = l->proto->shape;
	uint32_t v;

	if (s->bound != BOUND_BE16 || l->flags & LAYER_ABOVE || s->t_off + 2u > l->hlen)
		return UINT64_MAX;
	v = (uint32_t)bits_get(p->data + l->off + s->t_off, 0, 16);
	if ((int32_t)(v + s->t_add) < s->t_min)
		return UINT64_MAX;
	return (uint64_t)l->off + v + s->t_add;
}

/* Bytes of the header of layer i, of which the last ones may not have been captured. */
static uint32_t said_header(const struct packet *p, unsigned i)
{
	const struct layer *l = &p->layers[i];
	const struct shape *s = l->proto->shape;
	uint32_t n;

	if (!(l->flags & LAYER_CUT) || s->head != HEAD_SCALED || s->h_off + 2u > l->hlen)
		return l->hlen;
	n = (((uint32_t)bits_get(p->data + l->off + s->h_off, 0, 16) & s->h_mask) * s->h_mul >>
	     16) +
	    s->h_add;
	return n > l->hlen ? n : l->hlen;
}

uint32_t rules_sent(const struct packet *p, unsigned i)
{
	uint32_t from, to;
	uint64_t end = p->wire_len, begin;

	packet_payload(p, i, &from, &to);
	if (p->len >= p->wire_len || p->layers[i].end < p->len)
		return to - from;
	for (int k = (int)i; k >= 0; k = packet_parent(p, (unsigned)k)) {
		uint64_t said = said_end(p, (unsigned)k);

		end = said < end ? said : end;
	}
	begin = (uint64_t)p->layers[i].off + said_header(p, i);
	return end > begin ? (uint32_t)(end - begin) : 0;
}

struct key_text {
	uint8_t v[FLOW_KEY];
	size_t n;
};

static bool put(struct key_text *k, const void *p, size_t n)
{
	if (n > sizeof(k->v) - k->n)
		return false;
	memcpy(k->v + k->n, p, n);
	k->n += n;
	return true;
}

/* A field that has to be looked for. */
static bool put_field(struct flows *f, const struct packet *p, unsigned i, const struct field *fd,
		      struct key_text *k)
{
	const struct tree *t = fields_of(f, p, i);
	uint32_t at = t ? tree_child(t, 0, fd->index) : NODE_NONE;
	const struct node *n;
	uint16_t len;

	if (at == NODE_NONE || (t->v[at].flags & NODE_CUT))
		return false;
	n = &t->v[at];
	if (is_number(n->type))
		return put(k, &n->num, sizeof(n->num));
	len = (uint16_t)(n->bits / 8);
	return put(k, &len, sizeof(len)) && put(k, p->data + n->bit / 8, len);
}

static bool put_ends(struct flows *f, const struct packet *p, unsigned i, struct key_text *both)
{
	const struct rules *r = f->rules[p->layers[i].proto->id];
	const struct layer *l = &p->layers[i];
	const struct flow_rule *w = r->proto->flow;

	for (unsigned k = 0; k < w->n; k++) {
		for (unsigned side = 0; side < 2; side++) {
			uint16_t fd = side ? w->pair[k].b : w->pair[k].a;

			if (!r->fixed) {
				if (!put_field(f, p, i, &r->proto->rec.fields[fd], &both[side]))
					return false;
				continue;
			}
			if ((uint32_t)r->end[side][k].byte + r->end[side][k].len > l->hlen ||
			    !put(&both[side], p->data + l->off + r->end[side][k].byte,
				 r->end[side][k].len))
				return false;
		}
	}
	return true;
}

/* Both ends, from layer i downwards; ids: whose they are. */
static bool put_chain(struct flows *f, const struct packet *p, int i, struct key_text *both,
		      struct key_text *ids, unsigned *ends)
{
	*ends = (unsigned)(i < 0 ? 0 : i);
	for (; i >= 0; i = packet_parent(p, (unsigned)i)) {
		const struct proto *proto = p->layers[i].proto;

		if (!proto->flow)
			continue;
		if (!put(ids, &proto->id, sizeof(proto->id)) || !put_ends(f, p, (unsigned)i, both))
			return false;
		*ends = (unsigned)i;
		if (f->rules[proto->id] && f->rules[proto->id]->addresses)
			break;
	}
	return true;
}

bool rules_key(struct flows *f, const struct packet *p, unsigned i, struct flow_key *k)
{
	struct key_text both[2], ids;
	int order;

	both[0].n = both[1].n = ids.n = 0;
	if (!put_chain(f, p, (int)i, both, &ids, &k->ends))
		return false;
	order = both[0].n != both[1].n ? (both[0].n < both[1].n ? -1 : 1)
				       : memcmp(both[0].v, both[1].v, both[0].n);
	k->side = order > 0;
	if (!put(&ids, both[k->side].v, both[k->side].n) ||
	    !put(&ids, both[!k->side].v, both[!k->side].n))
		return false;
	k->id = siphash(f->key, ids.v, ids.n);
	return true;
}

bool rules_fragment_key(struct flows *f, const struct packet *p, unsigned i, struct flow_id *id)
{
	const struct fragment_rule *r = p->layers[i].proto->fragment;
	struct key_text both[2], ids;
	unsigned ends;
	int from = p->layers[i].proto->flow ? (int)i : packet_parent(p, i);

	both[0].n = both[1].n = ids.n = 0;
	if (!put(&ids, &p->layers[i].proto->id, sizeof(uint16_t)) ||
	    !put_chain(f, p, from, both, &ids, &ends))
		return false;
	for (unsigned k = 0; k < r->nby; k++) {
		const struct field *fd = &p->layers[i].proto->rec.fields[r->by[k]];
		const struct tree *t = fd->cond ? fields_of(f, p, i) : NULL;
		bool absent = t && tree_child(t, 0, fd->index) == NODE_NONE;

		if (absent ? !put(&ids, "", 1) : !put_field(f, p, i, fd, &ids))
			return false;
	}
	if (!put(&ids, both[0].v, both[0].n) || !put(&ids, both[1].v, both[1].n))
		return false;
	*id = siphash(f->key, ids.v, ids.n);
	return true;
}
