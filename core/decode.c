/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes to fields: one walk over a description. What does not fit is flagged, never an error. */
#include "core/decode_impl.h"

#include <stdlib.h>

#include "core/bits.h"
#include "core/head.h"

/* A span that a length rule has bounded: fields from `from` to `to` end at `end`. Spans may
 * overlap; of those that are open the smallest end counts. */
struct bound {
	uint32_t end;
	uint16_t to, from;
};

static bool nodes_grow(struct tree *t)
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
	t->v[t->n] = (struct node) { .field = f,
				     .type = type,
				     .bit = bit,
				     .parent = parent,
				     .flags = f && f->judged ? NODE_JUDGED : 0 };
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

/* Where fields up to `to` end at the latest: `whole` is the end of the record. */
static uint32_t end_of(const struct bound *stack, unsigned n, unsigned to, uint32_t whole)
{
	for (unsigned k = 0; k < n; k++) {
		if (stack[k].to >= to && stack[k].end < whole)
			whole = stack[k].end;
	}
	return whole;
}

/* The bound that a length rule read just now, or earlier, puts on the fields from i on. */
static void open_bound(struct reader *r, uint32_t at, const struct field *len, uint32_t start,
		       struct place *p, struct bound *stack, unsigned *n, uint32_t whole)
{
	uint32_t node = tree_child(r->t, at, len->index), limit;
	int64_t claim;

	if (node == NODE_NONE || *n >= 4 || (r->t->v[node].flags & (NODE_CUT | NODE_RAW)))
		return;
	if (len->rule.zero_rest && r->t->v[node].num == 0)
		return;
	claim = rule_claims(&len->rule, r->t->v[node].num);
	if (claim < 0 || start + claim < p->pos) {
		r->t->lflags |= LAYER_BAD_LENGTH;
		return;
	}
	if (at == 0 && r->given && len->bounds_from == 0 &&
	    len->bounds_to + 1 == r->t->proto->rec.npre && start + claim < p->end) {
		/* Less than the fields that are always there: dissect has set it aside. */
		r->t->lflags |= LAYER_BAD_LENGTH;
		return;
	}
	limit = end_of(stack, *n, (unsigned)len->bounds_to, whole);
	if (start + claim > limit)
		r->t->v[node].flags |= NODE_CLIPPED;
	else
		limit = start + (uint32_t)claim;
	stack[(*n)++] =
		(struct bound) { limit, (uint16_t)len->bounds_to, (uint16_t)len->bounds_from };
	if (limit < p->end)
		p->end = limit;
}

/* A length over the whole of the record (its header, or header and payload) bounds the record
 * itself. */
static void bound_record(struct reader *r, uint32_t at, const struct field *f, uint32_t node,
			 struct place *p)
{
	enum span_form form = f->rule.spans.v[0].form;
	bool whole = at != 0 ? form != SPAN_FIELDS && form != SPAN_PAYLOAD
			     : form == SPAN_HEADER && f->rule.spans.n == 1;
	bool layer = at == 0 && (form == SPAN_ALL || (form == SPAN_HEADER && f->rule.spans.n == 2));
	int64_t claim;

	if (f->rule.form != RULE_LEN || !(whole || (layer && !r->given)))
		return;
	if (f->rule.zero_rest && r->t->v[node].num == 0)
		return;
	claim = rule_claims(&f->rule, r->t->v[node].num);
	if (claim < 0 || p->start + claim < p->pos) {
		r->t->lflags |= LAYER_BAD_LENGTH;
		return;
	}
	if (p->start + claim > p->end) {
		r->t->v[node].flags |= NODE_CLIPPED;
		if (whole)
			p->bounded = true;
		return;
	}
	p->end = p->start + (uint32_t)claim;
	if (whole)
		p->bounded = true;
}

/* last: a bound ends with this field, so that padding takes all there is; so does that which ends
 * its record. */
static int read_field(struct reader *r, uint32_t at, const struct field *f, struct place *p,
		      bool exact, bool last)
{
	struct tree *t = r->t;
	uint32_t node = t->n;
	int rc;

	if (f->type->form == TYPE_PAD) {
		node = node_open(t, at, f, f->type, p->pos);
		last = last ||
		       (p->bounded && f->index + 1u == (f->after ? f->rec->nfields : f->rec->npre));
		return node == NODE_NONE ? -2 : read_pad(r, node, f->type, p, last);
	}
	rc = read_type(r, at, f, f->type, p, exact);
	if (rc == -2 || node >= t->n)
		return rc == 0 ? -1 : rc;
	/* A struct or an odd list that does not fill its own bound is raw; others leave the rest to
	 * what follows. */
	if (exact && (rc < 0 || p->pos != p->end) &&
	    (rc < 0 || t->v[node].rec || t->v[node].type->form == TYPE_LEAF)) {
		raw_node(r, node, p, p->end);
		return 0;
	}
	return rc;
}

static inline uint64_t plain_number(const struct tree *t, const struct field *f, uint32_t bit,
				    unsigned bits)
{
	if (f->load == LOAD_BE && bit / 8 + 8 <= t->len)
		return be64(t->data + bit / 8) << bit % 8 >> (64 - bits);
	return f->load == LOAD_NONE ? 0 : read_number(t, f->type, bit, bits);
}

static inline void put_plain(const struct tree *t, uint32_t k, uint32_t at, const struct field *f,
			     uint32_t bit)
{
	t->v[k] = (struct node) { .field = f,
				  .type = f->type,
				  .num = plain_number(t, f, bit, f->plain),
				  .bit = bit,
				  .bits = f->plain,
				  .parent = at,
				  .next = k + 1,
				  .flags = f->judged ? NODE_JUDGED : 0 };
}

/* Most fields are numbers and addresses of fixed width that are always there: the short way. False:
 * the long way has to look. */
static inline bool read_plain(struct reader *r, uint32_t at, const struct field *f, struct place *p)
{
	struct tree *t = r->t;
	unsigned bits = f->plain;

	if (!bits || t->work == 0 || r->depth >= WALK_DEPTH)
		return false;
	if (p->pos > p->end || p->end - p->pos < bits)
		return false;
	if (t->n == t->cap && !nodes_grow(t))
		return false;
	t->work--;
	put_plain(t, t->n++, at, f, p->pos);
	p->pos += bits;
	return true;
}

/* The same for a run of them, when all of it is there and no bound ends inside. How many; 0: one by
 * one. */
static inline unsigned read_run(struct reader *r, uint32_t at, const struct field *f,
				struct place *p, const struct bound *stack, unsigned n)
{
	struct tree *t = r->t;
	unsigned run = f->run;
	struct node *v;
	uint32_t bit;

	if (run < 2 || t->work <= run || r->depth >= WALK_DEPTH || p->pos > p->end ||
	    p->end - p->pos < f->run_bits)
		return 0;
	for (unsigned k = 0; k < n; k++) {
		if ((unsigned)(stack[k].to - f->index) < run)
			return 0;
	}
	while (t->cap - t->n < run) {
		if (!nodes_grow(t))
			return 0;
	}
	t->work -= run;
	bit = p->pos;
	v = t->v + t->n;
	for (uint32_t k = t->n + 1, end = t->n + run; k <= end; k++, f++, v++) {
		const unsigned bits = f->plain;

		*v = (struct node) { .field = f,
				     .type = f->type,
				     .num = plain_number(t, f, bit, bits),
				     .bit = bit,
				     .bits = bits,
				     .parent = at,
				     .next = k,
				     .flags = f->judged ? NODE_JUDGED : 0 };
		bit += bits;
	}
	t->n += run;
	p->pos = bit;
	return run;
}

/* Does the mark of an optional field stand here? Other fields have none, so it is there. */
static bool begins(const struct reader *r, const struct type *type, const struct place *p)
{
	if ((type->form != TYPE_LEAF && type->form != TYPE_LIST) || p->pos % 8)
		return true;
	return mark_here(&type->ext, r->t->data + p->pos / 8, (p->end - p->pos) / 8);
}

/* Field i was the last one of some: the end that counts from here on. */
static uint32_t close_bounds(struct bound *stack, unsigned *n, unsigned i, uint32_t whole)
{
	unsigned kept = 0;

	for (unsigned k = 0; k < *n; k++) {
		if (stack[k].to != i)
			stack[kept++] = stack[k];
	}
	*n = kept;
	return end_of(stack, kept, 0, whole);
}

static inline bool ends_here(const struct bound *stack, unsigned n, unsigned i)
{
	for (unsigned k = 0; k < n; k++) {
		if (stack[k].to == i)
			return true;
	}
	return false;
}

static int read_fields(struct reader *r, uint32_t at, const struct record *rec, unsigned from,
		       unsigned to, struct place *p)
{
	struct bound stack[4];
	unsigned n = 0;
	uint32_t whole = p->end;

	for (unsigned i = from; i < to; i++) {
		const struct field *f = &rec->fields[i];
		uint32_t node;
		bool exact = false, last = false;
		unsigned run;
		int rc;

		run = read_run(r, at, f, p, stack, n);
		if (run) {
			i += run - 1;
			continue;
		}
		node = r->t->n;
		if (read_plain(r, at, f, p))
			goto there;
		if (f->bound_by && f->bound_by->index < i)
			open_bound(r, at, f->bound_by, p->pos, p, stack, &n, whole);
		for (unsigned k = 0; k < n; k++) {
			last |= stack[k].to == i;
			exact |= stack[k].to == i && stack[k].from == i;
		}
		if ((f->cond && !expr_eval(f->cond, r->t, at, NULL)) ||
		    (f->optional && (p->pos >= p->end || !begins(r, f->type, p))))
			goto next;
		if (f->align && (p->pos - p->start) % (f->align * 8u))
			p->pos += f->align * 8u - (p->pos - p->start) % (f->align * 8u);
		if (p->pos > p->end) {
			p->pos = p->end;
			return -1;
		}
		node = r->t->n;
		rc = read_field(r, at, f, p, exact, last);
		if (rc < 0)
			return rc;
there:
		if (f->rule.form == RULE_LEN && f->bounds_from >= 0 && f->bounds_from <= (int)i) {
			uint32_t first = tree_child(r->t, at, (unsigned)f->bounds_from);

			if (first != NODE_NONE)
				open_bound(r, at, f, r->t->v[first].bit, p, stack, &n, whole);
		} else if (f->rule.form == RULE_LEN) {
			uint32_t was = p->end;

			bound_record(r, at, f, node, p);
			if (p->end < was && p->end < whole)
				whole = p->end;
		}
next:
		if (ends_here(stack, n, i))
			p->end = close_bounds(stack, &n, i, whole);
	}
	return 0;
}

int read_record(struct reader *r, uint32_t at, const struct record *rec, struct place *p)
{
	int rc = read_fields(r, at, rec, 0, rec->nfields, p);

	if (rc == 0 && at != 0 && p->bounded && p->pos < p->end)
		return -1; /* an item that says it is longer than its fields */
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
