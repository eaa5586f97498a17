/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading lists: by count, by bytes, to a bound, until an item says so, line by line. What no item
 * fits is one raw last item; a list never reads past its bound, and an item that reads nothing ends
 * it. */
#include "core/decode_impl.h"

void raw_node(struct reader *r, uint32_t at, struct place *p, uint32_t end)
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
	if (type->ext.stop && lf && len == type->ext.stop_len &&
	    memcmp(from, type->ext.stop, len) == 0) {
		p->pos += (len + tail) * 8;
		t->v[list].tail = (uint16_t)(len + tail);
		return 1;
	}
	line.end += len * 8;
	at = t->n;
	rc = read_item(r, list, type->item, &line, index, true);
	if (rc == -2)
		return -2;
	/* The end of the bound may cut a line that nothing has to follow: a segment of a stream. */
	if (tail != 2 && (lf || type->ext.stop) && !(t->v[at].flags & NODE_RAW))
		raw_node(r, at, &line, line.end);
	t->v[at].bits += tail * 8;
	if (!(t->v[at].flags & NODE_RAW))
		t->v[at].tail = (uint16_t)tail;
	p->pos = line.end + tail * 8;
	return lf ? 0 : 1;
}

/* One block of a `[blocks N]` list: what does not fit it is raw, and the next one begins behind it.
 */
static int read_block(struct reader *r, uint32_t list, const struct type *type, struct place *p,
		      unsigned index)
{
	uint32_t size = (uint32_t)type->ext.expr->num * 8, have = p->end - p->pos;
	struct place block = { p->pos, p->pos + (size < have ? size : have), p->pos, true };
	int rc = read_item(r, list, type->item, &block, index, true);

	p->pos = block.end;
	return rc == -2 ? -2 : 0;
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
	struct eval_env env = { 0 };
	struct place was;
	uint32_t last = NODE_NONE, outer = r->prior;
	unsigned i;
	uint16_t lflags;
	bool holds;
	int rc = 0;

	for (i = 0; rc == 0 && p->pos < p->end && (count < 0 || i < count); i++) {
		t->v[list].num = i;
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
		r->prior = last;
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
		if (type->ext.form == EXTENT_BLOCKS) {
			rc = read_block(r, list, type, p, i);
			continue;
		}
		was = *p;
		lflags = t->lflags;
		rc = read_item(r, list, type->item, p, i, false);
		if (rc == -2 || (type->ext.form != EXTENT_UNTIL && type->ext.form != EXTENT_WHILE))
			continue;
		env.item = (int64_t)t->v[last].num;
		holds = rc != 1 && expr_eval(type->ext.expr, t, last, &env);
		if (type->ext.form == EXTENT_UNTIL && holds)
			rc = 1;
		if (type->ext.form == EXTENT_WHILE && !holds) { /* it is what follows the list */
			tree_cut(t, last);
			*p = was;
			t->lflags = lflags;
			break;
		}
	}
	if (rc == -2)
		return -2;
	r->prior = outer;
	t->v[list].num = i;
	if (type->ext.form == EXTENT_LINES)
		settle_lines(t, list, last);
	return 0;
}

int read_list(struct reader *r, uint32_t at, const struct type *type, struct place *p,
	      uint32_t inst)
{
	struct tree *t = r->t;
	struct place sub = *p;
	int64_t n = -1;
	int rc;

	switch (type->ext.form) {
	case EXTENT_LEARNT: return read_learnt(r, at, type, p, inst);
	case EXTENT_REST:
		if (type->ext.expr) {
			n = (int64_t)p->end - type->ext.expr->num * 8;
			sub.end = n > p->pos ? (uint32_t)n : p->pos;
			n = -1;
		}
		break;
	case EXTENT_COUNT: n = expr_eval(type->ext.expr, t, inst, NULL); break;
	case EXTENT_BYTES:
		n = expr_eval(type->ext.expr, t, inst, NULL);
		sub.end = p->pos + clip(r, at, p, size_bits(n));
		n = -1;
		break;
	case EXTENT_PREFIX:
	case EXTENT_PREFIX_COUNT:
		n = read_prefix(r, at, &type->ext, &sub);
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
	if ((type->ext.form == EXTENT_COUNT || type->ext.form == EXTENT_PREFIX_COUNT) &&
	    n > (int64_t)t->v[at].num)
		t->v[at].flags |= NODE_CLIPPED;
	p->pos = sub.pos;
	if ((type->ext.form == EXTENT_BYTES || type->ext.form == EXTENT_PREFIX ||
	     (type->ext.form == EXTENT_REST && type->ext.expr)) &&
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
