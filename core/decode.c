/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes to fields: one walk over a description. What does not fit is flagged, never an error.
 * Every read is preceded by a comparison with `end`, the bit after the last one that may be looked
 * at. */
#include "core/walk.h"

#include <stdlib.h>

#include "core/bits.h"

struct reader {
	struct tree *t;
	unsigned depth;
	bool given; /* the layer's extents are known: dissect has judged its lengths */
};

/* Where a record stands while it is read. */
struct place {
	uint32_t pos, end; /* bits */
	uint32_t start;
	bool bounded; /* a length said where this record ends */
};

/* A span that a length rule has bounded: fields up to `to` end at the place's end; then `saved`
 * holds again. */
struct bound {
	uint32_t saved;
	uint16_t to, from;
};

static int read_type(struct reader *r, uint32_t parent, const struct field *f,
		     const struct type *type, struct place *p, bool exact);
static int read_record(struct reader *r, uint32_t at, const struct record *rec, struct place *p);

uint32_t node_open(struct tree *t, uint32_t parent, const struct field *f, const struct type *type,
		   uint32_t bit)
{
	if (t->n == t->cap) {
		uint32_t cap = t->cap ? t->cap * 2 : 64;
		struct node *v = realloc(t->v, cap * sizeof(*v));

		if (!v)
			return NODE_NONE;
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n] = (struct node) { .field = f, .type = type, .bit = bit, .parent = parent };
	return t->n++;
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
	bytes = (int64_t)v * r->n / r->m - r->k;
	return bytes < 0 || bytes > (int64_t)PACKET_MAX * 8 ? -1 : bytes * 8;
}

static int cut_node(struct reader *r, uint32_t at, struct place *p)
{
	r->t->v[at].flags |= NODE_CUT;
	p->pos = p->end;
	node_close(r->t, at, p->end);
	return -1;
}

/* Bytes that `want` bits may take, clipped to the bound and flagged. */
static uint32_t clip(struct reader *r, uint32_t at, const struct place *p, int64_t want)
{
	uint32_t have = p->end > p->pos ? (p->end - p->pos) & ~7u : 0;

	if (want < 0)
		want = 0;
	if (want > have) {
		r->t->v[at].flags |= NODE_CLIPPED;
		return have;
	}
	return (uint32_t)want;
}

static uint64_t read_number(const struct tree *t, const struct type *type, uint32_t bit,
			    unsigned bits)
{
	uint64_t v;

	if (bits == 0)
		return 0;
	if (type->le && bits % 8 == 0 && bit % 8 == 0)
		v = bits_get_le(t->data + bit / 8, bits);
	else
		v = bits_get(t->data, bit, bits);
	return type->kind == &kind_int ? (uint64_t)sign_extend(v, bits) : v;
}

/* A kind whose bytes say themselves where they end. */
static int read_codec(struct reader *r, uint32_t at, const struct type *type, struct place *p)
{
	struct tree *t = r->t;
	struct value v = { .base = t->data + t->off,
			   .base_len = p->end / 8 - t->off,
			   .work = &t->work };
	const uint8_t *from = t->data + p->pos / 8;
	int n;

	if (p->pos % 8 || p->pos >= p->end)
		return cut_node(r, at, p);
	n = type->kind->read(from, (p->end - p->pos) / 8, &v);
	if (n < 0)
		return cut_node(r, at, p);
	t->v[at].num = v.num;
	if (type->kind->cls == KIND_TEXT && v.p >= from) {
		t->v[at].head = (uint16_t)(v.p - from);
		t->v[at].tail = (uint16_t)((uint32_t)n - (uint32_t)(v.p - from) - v.len);
	}
	p->pos += (uint32_t)n * 8;
	node_close(t, at, p->pos);
	return 0;
}

/* The inline number before the data: how many, or -1 when it is cut. */
static int64_t read_prefix(struct reader *r, uint32_t at, const struct type *prefix,
			   struct place *p)
{
	unsigned bits = leaf_bits(prefix);
	struct value v = { .work = &r->t->work };
	int64_t n;

	if (bits) {
		if (p->end < p->pos || p->end - p->pos < bits)
			return -1;
		n = (int64_t)read_number(r->t, prefix, p->pos, bits);
		p->pos += bits;
	} else {
		int used = -1;

		if (p->pos < p->end)
			used = prefix->kind->read(r->t->data + p->pos / 8, (p->end - p->pos) / 8,
						  &v);
		if (used < 0)
			return -1;
		n = (int64_t)v.num;
		p->pos += (uint32_t)used * 8;
	}
	r->t->v[at].head = (uint16_t)((p->pos - r->t->v[at].bit) / 8);
	return n < 0 || n > PACKET_MAX ? PACKET_MAX : n;
}

static int read_until_text(struct reader *r, uint32_t at, const struct type *type, struct place *p)
{
	const uint8_t *from = r->t->data + p->pos / 8;
	uint32_t have = p->end > p->pos ? (p->end - p->pos) / 8 : 0;
	const uint8_t *hit = have ? memmem(from, have, type->ext.stop, type->ext.stop_len) : NULL;

	if (!hit)
		return cut_node(r, at, p);
	r->t->v[at].tail = type->ext.stop_len;
	p->pos += ((uint32_t)(hit - from) + type->ext.stop_len) * 8;
	node_close(r->t, at, p->pos);
	return 0;
}

static int read_sized(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		      uint32_t inst)
{
	struct tree *t = r->t;
	int64_t want = 0;

	switch (type->ext.form) {
	case EXTENT_REST: want = p->end > p->pos ? p->end - p->pos : 0; break;
	case EXTENT_PREFIX:
		want = read_prefix(r, at, type->ext.prefix, p);
		if (want < 0)
			return cut_node(r, at, p);
		want *= 8;
		break;
	default:
		want = expr_eval(type->ext.expr, t, inst, NULL);
		want = want > PACKET_MAX ? (int64_t)PACKET_MAX * 8 : want * 8;
		break;
	}
	if (is_number(type)) {
		if (want < 0 || want > 64 || p->end < p->pos || want > p->end - p->pos)
			return cut_node(r, at, p);
		t->v[at].num = read_number(t, type, p->pos, (unsigned)want);
		p->pos += (uint32_t)want;
	} else {
		bool fixed = type->ext.form == EXTENT_BYTES && type->ext.expr->op == EX_NUM;

		if (fixed && (p->end < p->pos || want > p->end - p->pos))
			return cut_node(r, at, p);
		p->pos += clip(r, at, p, want);
	}
	node_close(t, at, p->pos);
	return 0;
}

static int read_leaf(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		     uint32_t inst)
{
	struct tree *t = r->t;
	unsigned bits;

	if (type->ext.form == EXTENT_UNTIL_TEXT)
		return read_until_text(r, at, type, p);
	if (type->ext.form != EXTENT_KIND)
		return read_sized(r, at, type, p, inst);
	bits = leaf_bits(type);
	if (!bits)
		return read_codec(r, at, type, p);
	if (p->end < p->pos || p->end - p->pos < bits)
		return cut_node(r, at, p);
	if (type->kind->cls != KIND_ADDR)
		t->v[at].num = read_number(t, type, p->pos, bits);
	p->pos += bits;
	node_close(t, at, p->pos);
	return 0;
}

static int read_pad(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		    const struct place *rec)
{
	uint32_t unit = type->bits * 8u, over = (p->pos - rec->start) % unit;
	uint32_t want = over ? unit - over : 0, have = p->end > p->pos ? p->end - p->pos : 0;

	p->pos += rec->bounded || want > have ? have : want;
	node_close(r->t, at, p->pos);
	return 0;
}

/* Make node `at` raw: its bytes up to end are one piece that the description does not fit. */
static void raw_node(struct reader *r, uint32_t at, struct place *p, uint32_t end)
{
	tree_cut(r->t, at + 1);
	r->t->v[at].flags |= NODE_RAW;
	r->t->v[at].flags &= (uint16_t)~NODE_CUT;
	r->t->v[at].rec = NULL;
	r->t->v[at].num = 0;
	r->t->v[at].head = r->t->v[at].tail = 0;
	p->pos = end;
	node_close(r->t, at, end);
}

static int read_item(struct reader *r, uint32_t list, const struct type *item, struct place *p,
		     unsigned index, bool exact)
{
	struct tree *t = r->t;
	uint32_t at = t->n, start = p->pos;
	int rc = read_type(r, list, t->v[list].field, item, p, exact);

	if (at >= t->n)
		return -2;
	t->v[at].flags |= NODE_ITEM;
	t->v[at].index = (uint16_t)index;
	if (rc < 0 || (exact && p->pos != p->end)) {
		raw_node(r, at, p, p->end);
		return rc == -2 ? -2 : 1;
	}
	return p->pos == start ? 2 : 0;
}

/* One line of a `[lines until ""]` list. 0 go on, 1 the list has ended. */
static int read_line(struct reader *r, uint32_t list, const struct type *type, struct place *p,
		     unsigned index)
{
	struct tree *t = r->t;
	const uint8_t *from = t->data + p->pos / 8;
	uint32_t have = (p->end - p->pos) / 8, len, tail;
	const uint8_t *lf = memchr(from, '\n', have);
	struct place line = { p->pos, p->pos, p->pos, true };
	uint32_t at;
	int rc;

	len = lf ? (uint32_t)(lf - from) : have;
	tail = lf ? 1 : 0;
	if (lf && len && from[len - 1] == '\r')
		len--, tail = 2;
	if (lf && len == type->ext.stop_len && memcmp(from, type->ext.stop, len) == 0) {
		p->pos += (len + tail) * 8;
		t->v[list].tail = (uint16_t)(len + tail);
		return 1;
	}
	line.end += len * 8;
	at = t->n;
	rc = read_item(r, list, type->item, &line, index, true);
	if (rc == -2)
		return -2;
	if (tail != 2 && !(t->v[at].flags & NODE_RAW))
		raw_node(r, at, &line, line.end);
	t->v[at].bits += tail * 8;
	if (!(t->v[at].flags & NODE_RAW))
		t->v[at].tail = (uint16_t)tail;
	p->pos = line.end + tail * 8;
	return lf ? 0 : 1;
}

/* A raw last item, or an odd end, has to take the terminator in: a list that ends raw gets none
 * when built. */
static void settle_lines(struct tree *t, uint32_t list, uint32_t last)
{
	struct node *l = &t->v[list];

	if (!l->tail)
		return;
	if (last == NODE_NONE) {
		if (l->tail != 2 + l->type->ext.stop_len)
			l->flags |= NODE_RAW, l->tail = 0;
		return;
	}
	if ((t->v[last].flags & NODE_RAW) || l->tail != 2 + l->type->ext.stop_len) {
		tree_cut(t, last + 1);
		t->v[last].flags |= NODE_RAW;
		t->v[last].rec = NULL;
		t->v[last].tail = t->v[last].head = 0;
		t->v[last].bits += l->tail * 8u;
		t->v[last].next = t->n;
		l->tail = 0;
	}
}

static int read_items(struct reader *r, uint32_t list, const struct type *type, struct place *p,
		      int64_t count)
{
	struct tree *t = r->t;
	uint32_t last = NODE_NONE;
	unsigned i;
	int rc = 0;

	for (i = 0; rc == 0 && p->pos < p->end && (count < 0 || i < count); i++) {
		if (t->work == 0 || i >= WALK_ITEMS) {
			uint32_t at = node_open(t, list, t->v[list].field, type->item, p->pos);

			if (at == NODE_NONE)
				return -2;
			t->v[at].flags |= NODE_ITEM;
			t->v[at].index = (uint16_t)i;
			raw_node(r, at, p, p->end);
			t->lflags |= LAYER_DEEP;
			i++;
			break;
		}
		last = t->n;
		if (type->ext.form == EXTENT_LINES) {
			rc = read_line(r, list, type, p, i);
			if (rc == 1 && last == t->n) {
				last = NODE_NONE;
				for (uint32_t k = list + 1; k < t->n; k = t->v[k].next)
					last = k;
				break;
			}
			continue;
		}
		rc = read_item(r, list, type->item, p, i, false);
		if (rc == 0 && type->ext.form == EXTENT_UNTIL) {
			struct eval_env env = { .item = (int64_t)t->v[last].num };

			if (expr_eval(type->ext.expr, t, last, &env))
				rc = 1;
		}
	}
	if (rc == -2)
		return -2;
	t->v[list].num = i;
	if (type->ext.form == EXTENT_LINES)
		settle_lines(t, list, last);
	return 0;
}

static int read_list(struct reader *r, uint32_t at, const struct type *type, struct place *p,
		     uint32_t inst)
{
	struct tree *t = r->t;
	struct place sub = *p;
	int64_t n = -1;
	int rc;

	switch (type->ext.form) {
	case EXTENT_COUNT: n = expr_eval(type->ext.expr, t, inst, NULL); break;
	case EXTENT_BYTES:
		n = expr_eval(type->ext.expr, t, inst, NULL);
		sub.end = p->pos + clip(r, at, p, n > PACKET_MAX ? (int64_t)PACKET_MAX * 8 : n * 8);
		n = -1;
		break;
	case EXTENT_PREFIX:
	case EXTENT_PREFIX_COUNT:
		n = read_prefix(r, at, type->ext.prefix, &sub);
		if (n < 0)
			return cut_node(r, at, p);
		if (type->ext.form == EXTENT_PREFIX) {
			sub.end = sub.pos + clip(r, at, &sub, n * 8);
			n = -1;
		}
		break;
	default: break;
	}
	if (type->ext.form == EXTENT_COUNT && n < 0)
		n = 0;
	sub.start = sub.pos;
	rc = read_items(r, at, type, &sub, n);
	if (rc == -2)
		return -2;
	p->pos = sub.pos;
	if ((type->ext.form == EXTENT_BYTES || type->ext.form == EXTENT_PREFIX) &&
	    sub.pos < sub.end) {
		/* A zero-length item ended the list early: its bytes are one raw item more. */
		uint32_t raw = node_open(t, at, t->v[at].field, type->item, sub.pos);

		if (raw == NODE_NONE)
			return -2;
		t->v[raw].flags |= NODE_ITEM;
		t->v[raw].index = (uint16_t)t->v[at].num++;
		raw_node(r, raw, p, sub.end);
	}
	node_close(t, at, p->pos);
	return 0;
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
	rc = read_type(r, saved.parent, saved.field, arm, &sub, exact);
	if (rc == -2)
		return -2;
	if (rc < 0 || (exact && sub.pos != p->end) || (clean && !arm_clean(r, at))) {
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
static int read_type(struct reader *r, uint32_t parent, const struct field *f,
		     const struct type *type, struct place *p, bool exact)
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
	case TYPE_PAD: rc = read_pad(r, at, type, p, p); break;
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

/* The bound that a length rule read just now, or earlier, puts on the fields from i on. */
static void open_bound(struct reader *r, uint32_t at, const struct field *len, uint32_t start,
		       struct place *p, struct bound *stack, unsigned *n)
{
	uint32_t node = tree_child(r->t, at, len->index);
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
	stack[(*n)++] =
		(struct bound) { p->end, (uint16_t)len->bounds_to, (uint16_t)len->bounds_from };
	if (start + claim > p->end)
		r->t->v[node].flags |= NODE_CLIPPED;
	else
		p->end = start + (uint32_t)claim;
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

static int read_field(struct reader *r, uint32_t at, const struct field *f, struct place *p,
		      bool exact)
{
	struct tree *t = r->t;
	uint32_t node = t->n;
	int rc;

	if (f->type->form == TYPE_PAD) {
		node = node_open(t, at, f, f->type, p->pos);
		return node == NODE_NONE ? -2 : read_pad(r, node, f->type, p, p);
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

static int read_fields(struct reader *r, uint32_t at, const struct record *rec, unsigned from,
		       unsigned to, struct place *p)
{
	struct bound stack[4];
	unsigned n = 0;

	for (unsigned i = from; i < to; i++) {
		const struct field *f = &rec->fields[i];
		uint32_t node;
		bool exact = false;
		int rc;

		if (f->bound_by && f->bound_by->index < i)
			open_bound(r, at, f->bound_by, p->pos, p, stack, &n);
		for (unsigned k = 0; k < n; k++)
			exact |= stack[k].to == i && stack[k].from == i;
		if ((f->cond && !expr_eval(f->cond, r->t, at, NULL)) ||
		    (f->optional && p->pos >= p->end))
			goto next;
		if (f->align && (p->pos - p->start) % (f->align * 8u))
			p->pos += f->align * 8u - (p->pos - p->start) % (f->align * 8u);
		if (p->pos > p->end) {
			p->pos = p->end;
			return -1;
		}
		node = r->t->n;
		rc = read_field(r, at, f, p, exact);
		if (rc < 0)
			return rc;
		if (f->rule.form == RULE_LEN && f->bounds_from >= 0 && f->bounds_from <= (int)i) {
			uint32_t first = tree_child(r->t, at, (unsigned)f->bounds_from);

			if (first != NODE_NONE)
				open_bound(r, at, f, r->t->v[first].bit, p, stack, &n);
		} else {
			bound_record(r, at, f, node, p);
		}
next:
		while (n && stack[n - 1].to == i)
			p->end = stack[--n].saved;
	}
	return 0;
}

static int read_record(struct reader *r, uint32_t at, const struct record *rec, struct place *p)
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
	struct reader r = { .t = t, .given = given };
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
		struct place after = { (end - tail) * 8, end * 8, (end - tail) * 8, false };

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
