/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes to fields: one walk over a description. What does not fit is flagged, never an error. */
#include "core/decode_impl.h"

#include <stdlib.h>

bool nodes_grow(struct tree *t)
{
	uint32_t cap = t->cap ? t->cap * 2 : 64;
	struct node *v = realloc(t->v, cap * sizeof(*v));

	if (!v)
		return false;
	t->v = v;
	t->cap = cap;
	return true;
}

uint32_t node_open(struct tree *t, uint32_t parent, const struct field *f, const struct type *type,
		   uint32_t bit)
{
	if (t->n == t->cap && !nodes_grow(t))
		return NODE_NONE;
	node_init(&t->v[t->n], parent, f, type, bit);
	return t->n++;
}

uint64_t prior_number(const struct tree *t, uint32_t at, const struct field *f, uint32_t prior)
{
	const struct type *list = t->v[t->v[at].parent].type;
	uint32_t n = NODE_NONE;

	if (prior != NODE_NONE && list && list->form == TYPE_LIST && t->v[prior].rec == f->rec)
		n = tree_child(t, prior, f->index);
	return n == NODE_NONE ? 0 : t->v[n].num;
}

const struct type *choose_else(const struct type *type)
{
	const struct arm *last = type->narms ? &type->arms[type->narms - 1] : NULL;

	return last && !last->lo ? last->type : NULL;
}

const struct type *choose_arm(const struct type *type, int64_t v)
{
	for (unsigned i = 0; i < type->narms; i++) {
		const struct arm *a = &type->arms[i];

		if (!a->lo)
			return a->type;
		if (a->hi ? v >= a->lo->num && v <= a->hi->num : v == a->lo->num)
			return a->type;
	}
	return NULL;
}

int64_t rule_claims(const struct rule *r, uint64_t v)
{
	int64_t bytes;

	if (v > UINT32_MAX || r->m == 0)
		return -1;
	/* Of bits (8 * len), a byte that has one of them is taken whole. */
	bytes = ((int64_t)v * r->n + r->m - 1) / r->m - r->k;
	if (r->skip && bytes > (int64_t)r->before) {
		int64_t room = r->block - r->skip;

		bytes += (bytes - r->before + room - 1) / room * r->skip;
	}
	return bytes < 0 || bytes > (int64_t)PACKET_MAX * 8 ? -1 : bytes * 8;
}

/* `choose fit` takes no arm in which something did not fit; what the capture cut off may. */
static bool arm_clean(const struct reader *r, uint32_t at)
{
	const struct tree *t = r->t;

	for (uint32_t i = at; i < t->n; i++) {
		if (t->v[i].flags & (NODE_RAW | NODE_CLIPPED | NODE_CUT))
			return t->pkt && t->len < t->pkt->wire_len;
	}
	return true;
}

static int try_arm(struct reader *r, uint32_t at, const struct type *arm, struct place *p,
		   bool exact, bool clean)
{
	struct node saved = r->t->v[at];
	struct place sub = *p;
	uint16_t lflags = r->t->lflags;
	int rc;

	/* The arm takes the choose's own node: no level of its own. */
	tree_cut(r->t, at);
	r->t->lflags &= (uint16_t)~LAYER_BAD_LENGTH;
	rc = read_type(r, saved.parent, saved.field, arm, &sub, exact);
	if (rc == -2)
		return -2;
	if (clean && (r->t->lflags & LAYER_BAD_LENGTH || !arm_clean(r, at)))
		rc = -1;
	r->t->lflags |= lflags;
	if (rc < 0 || (exact && sub.pos != p->end)) {
		tree_cut(r->t, at);
		r->t->v[r->t->n++] = saved;
		r->t->lflags = lflags;
		return 1;
	}
	r->t->v[at].flags |= saved.flags;
	*p = sub;
	return 0;
}

static int read_choose(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		       uint32_t inst, bool exact)
{
	const struct type *arm;
	int rc = 1;

	if (!type->on) {
		for (unsigned i = 0; rc == 1 && i < type->narms; i++)
			rc = try_arm(r, at, type->arms[i].type, p, true, i + 1 < type->narms);
	} else {
		arm = choose_arm(type, expr_eval(type->on, r->t, inst, NULL));
		if (arm)
			rc = try_arm(r, at, arm, p, exact, false);
		if (rc == 1 && choose_else(type) && choose_else(type) != arm)
			rc = try_arm(r, at, choose_else(type), p, exact, false);
	}
	if (rc != 1)
		return rc;
	if (exact) {
		raw_node(r, at, p, p->end);
		return 0;
	}
	return cut_node(r, at, p);
}

/* exact: the field is bounded and must end on p->end. -1: did not fit; -2: out of memory. */
int read_type(struct reader *r, uint32_t parent, const struct field *f, const struct type *type,
	      struct place *p, bool exact)
{
	struct tree *t = r->t;
	uint32_t at = node_open(t, parent, f, type, p->pos), inst = parent;
	struct place sub;
	int rc = -1;

	if (at == NODE_NONE)
		return -2;
	if (t->work)
		t->work--;
	while (inst != 0 && !t->v[inst].rec)
		inst = t->v[inst].parent;
	if (r->depth >= WALK_DEPTH || t->work == 0) {
		t->lflags |= LAYER_DEEP;
		return cut_node(r, at, p);
	}
	r->depth++;
	switch (type->form) {
	case TYPE_LEAF: rc = read_leaf(r, at, type, p, inst); break;
	case TYPE_LIST: rc = read_list(r, at, type, p, inst); break;
	case TYPE_CHOOSE: rc = read_choose(r, at, type, p, inst, exact); break;
	case TYPE_PAD: rc = read_pad(r, at, type, p, p->bounded); break;
	case TYPE_STRUCT:
		sub = (struct place) { p->pos, p->end, p->pos, exact };
		t->v[at].rec = type->rec;
		rc = read_record(r, at, type->rec, &sub);
		p->pos = sub.pos;
		node_close(t, at, p->pos);
		break;
	}
	r->depth--;
	return rc;
}

static void flag_root(struct tree *t, int rc, const struct packet *p, uint32_t end)
{
	for (uint32_t i = 1; i < t->n; i++) {
		if (t->v[i].flags & (NODE_CLIPPED | NODE_RAW))
			t->lflags |= LAYER_BAD_LENGTH;
	}
	if (rc == -1)
		t->lflags |= end >= p->len && p->len < p->wire_len ? LAYER_CUT : LAYER_BAD_HEADER;
}

static int decode_at(struct tree *t, const struct packet *p, const struct proto *proto,
		     uint32_t off, uint32_t hend, uint32_t end, uint32_t tail, bool given)
{
	struct reader r = { .t = t, .given = given, .prior = NODE_NONE };
	struct place place = { off * 8, hend * 8, off * 8, false };
	int rc;

	t->data = p->data;
	t->len = p->len;
	t->proto = proto;
	t->off = off;
	t->end = end;
	t->hlen = hend - off;
	t->tail = (uint16_t)tail;
	t->lflags = 0;
	t->n = 0;
	t->work = 2000 + (end - off) * 4;
	t->pkt = p;
	if (node_open(t, 0, NULL, NULL, off * 8) == NODE_NONE)
		return -1;
	t->v[0].rec = &proto->rec;
	rc = read_fields(&r, 0, &proto->rec, 0, proto->rec.npre, &place);
	if (rc == -2)
		return -1;
	if (!given) {
		if (place.bounded && rc == 0)
			place.pos = place.end; /* a header longer than its fields */
		t->hlen = (place.pos + 7) / 8 - off;
	}
	if (rc == 0 && (place.pos + 7) / 8 < off + t->hlen)
		t->lflags |= LAYER_BAD_HEADER;
	flag_root(t, rc, p, hend);
	if (rc == 0 && tail) {
		struct place after = { (end - tail) * 8, end * 8, off * 8, false };

		if (read_fields(&r, 0, &proto->rec, proto->rec.npre, proto->rec.nfields, &after) ==
		    -2)
			return -1;
	}
	node_close(t, 0, end * 8);
	return 0;
}

int decode(struct tree *t, const struct packet *p, unsigned i)
{
	const struct layer *l = &p->layers[i];

	t->layer = i;
	return decode_at(t, p, l->proto, l->off, l->off + l->hlen, l->end, l->tail, true);
}

int decode_header(struct tree *t, const struct packet *p, const struct proto *proto, uint32_t off,
		  uint32_t end)
{
	t->layer = p->nlayers;
	return decode_at(t, p, proto, off, end, end, 0, false);
}
