/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields of a record, one after the other, and the bounds that length rules put on them. */
#include "core/decode_impl.h"

#include "core/bits.h"
#include "core/head.h"

/* A span that a length rule has bounded: fields from `from` to `to` end at `end`. Spans may
 * overlap; of those that are open the smallest end counts. */
struct bound {
	uint32_t end;
	uint16_t to, from;
};

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

static inline void put_plain(struct node *v, const struct tree *t, uint32_t at,
			     const struct field *f, uint32_t bit, uint32_t next)
{
	node_init(v, at, f, f->type, bit);
	v->num = plain_number(t, f, bit, f->plain);
	v->bits = f->plain;
	v->next = next;
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
	put_plain(&t->v[t->n], t, at, f, p->pos, t->n + 1);
	t->n++;
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
		put_plain(v, t, at, f, bit, k);
		bit += f->plain;
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

/* Is an optional field not there? */
static bool is_missing(const struct reader *r, const struct field *f, const struct place *p)
{
	uint64_t v;

	if (is_implied(f->type))
		return !r->row || !layout_number(r->row, f, &v);
	return p->pos >= p->end || !begins(r, f->type, p);
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

int read_fields(struct reader *r, uint32_t at, const struct record *rec, unsigned from, unsigned to,
		struct place *p)
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
		for (const struct field *len = f->bound_by; len; len = bound_next(len)) {
			if (len->index < i)
				open_bound(r, at, len, p->pos, p, stack, &n, whole);
		}
		for (unsigned k = 0; k < n; k++) {
			last |= stack[k].to == i;
			exact |= stack[k].to == i && stack[k].from == i;
		}
		if ((f->cond && !expr_eval(f->cond, r->t, at, NULL)) ||
		    (f->optional && is_missing(r, f, p)))
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
