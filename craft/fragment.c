/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragments (RFC 791 section 3.2, RFC 8200 section 4.5). The field that makes a payload `opaque`
 * says where a piece belongs, the one that makes it an `excerpt` that more follow; lengths and sums
 * that were right before are put right again by their rules. */
#include <stdlib.h>

#include "core/bits.h"
#include "craft/addr.h"
#include "craft/fragment.h"
#include "craft/say.h"

#define UNIT 8u              /* bytes, of the offset in both versions */
#define REACH (8191u * UNIT) /* the largest offset, 13 bits */

struct cut {
	const struct registry *reg;
	const struct packet *p;
	unsigned layer;     /* the last layer that every fragment repeats */
	uint32_t head, end; /* of the packet: what is repeated, what is cut up */
	/* Places in a fragment's bytes, bits. */
	uint32_t offset_bit, offset_width, more_bit, more_width;
	uint64_t more_mask;
	uint64_t first;                /* the offset it has already */
	bool more;                     /* it is itself not the last */
	struct buf extra;              /* a header that is put in after head, or nothing */
	uint32_t next_bit, next_width; /* the selector that announces it; width 0: none */
	uint64_t next;
	struct buf out;
	struct tree tree, was;
};

int fragment_parse(const char *s, struct fragment_opts *o, struct err *e)
{
	char *end;
	unsigned long size = strtoul(s, &end, 10), over = 0;

	if (*end == ',') {
		const char *n = end + 1;

		if (!strncmp(n, "overlap=", 8))
			n += 8;
		over = strtoul(n, &end, 10);
		if (end == n)
			end = (char *)s;
	}
	if (*end || end == s || s[0] == '-')
		return err_set(e, ERR_USAGE,
			       "'%.40s' is no fragment size: SIZE or SIZE,OVERLAP, in "
			       "bytes",
			       s);
	if (!size || size % UNIT || over % UNIT || size > 65528 || over >= size)
		return err_set(e, ERR_USAGE,
			       "fragment sizes and overlaps are multiples of 8, the overlap "
			       "smaller than the size");
	o->size = (uint32_t)size;
	o->overlap = (uint32_t)over;
	return 0;
}

/* ---- what the descriptions say ---- */

const struct expr *expr_flag(const struct expr *x, uint64_t *mask)
{
	for (unsigned depth = 0; x && depth < 8; depth++) {
		if (x->op == EX_FIELD)
			return x->local >= 0 ? x : NULL;
		if (x->op == EX_AND && x->b && x->b->op == EX_NUM)
			*mask = (uint64_t)x->b->num;
		x = x->a;
	}
	return NULL;
}

static bool fragmentable(const struct proto *p)
{
	uint64_t mask;

	return p->opaque && p->excerpt && expr_flag(p->opaque, &mask) &&
	       expr_flag(p->excerpt, &mask);
}

/* The protocol that is put in between to tell about fragments: it carries the same space, has the
 * two conditions and no addresses of its own. */
static const struct proto *between(const struct registry *reg, const char *space, uint64_t *number)
{
	for (unsigned v = 0; v < 256; v++) {
		const struct proto *q;

		for (unsigned i = 0; (q = registry_bound(reg, space, v, i)); i++) {
			if (fragmentable(q) && !q->npseudo && q->ncarries &&
			    !strcmp(q->carries[0].space, space)) {
				*number = v;
				return q;
			}
		}
	}
	return NULL;
}

static int no_layer(struct err *e)
{
	return err_set(e, ERR_USAGE, "no layer of this packet can be fragmented");
}

static int places(struct cut *c, const struct proto *p, const struct tree *t, uint32_t base)
{
	const struct expr *x, *y;
	uint32_t at, mt;

	c->more_mask = 1;
	x = expr_flag(p->opaque, &c->more_mask);
	c->more_mask = 1;
	y = expr_flag(p->excerpt, &c->more_mask);
	if (!x || !y)
		return -1;
	at = tree_child(t, 0, (unsigned)x->local);
	mt = tree_child(t, 0, (unsigned)y->local);
	if (at == NODE_NONE || mt == NODE_NONE)
		return -1;
	c->offset_bit = t->v[at].bit + base;
	c->offset_width = t->v[at].bits;
	c->more_bit = t->v[mt].bit + base;
	c->more_width = t->v[mt].bits;
	c->first = t->v[at].num;
	c->more = t->v[mt].num & c->more_mask;
	return 0;
}

/* The header to put in, built from its description. */
static int make_extra(struct cut *c, const struct proto *q, uint64_t next, uint32_t id,
		      struct err *e)
{
	struct plan plan = { .reg = c->reg, .link = LINK_NONE };
	struct build b = { 0 };
	struct plan_layer *y = plan_push(&plan, q);
	int rc = -1;

	say_num(&plan, y, &q->rec.fields[q->carries[0].field[0]], next);
	for (unsigned i = 0; i < q->rec.nfields; i++)
		if (q->rec.fields[i].fresh)
			say_num(&plan, y, &q->rec.fields[i], id);
	if (build(&b, &plan, e))
		goto out;
	buf_put(&c->extra, b.bytes.p, b.bytes.n);
	/* Its nodes are counted from its own first byte. */
	rc = places(c, q, &b.layer[0].tree, c->head * 8) ? no_layer(e) : 0;
out:
	build_done(&b);
	plan_done(&plan);
	return rc;
}

/* Headers that every fragment repeats: with the numbers 0 and 43 of RFC 8200 section 4.5. */
static unsigned last_repeated(const struct cut *c, unsigned net, const char *space)
{
	unsigned last = net;

	for (unsigned i = net + 1; i < c->p->nlayers; i++) {
		const struct proto *p = c->p->layers[i].proto;
		bool counts = false;

		if (!p->ncarries || strcmp(p->carries[0].space, space))
			break;
		for (unsigned k = 0; k < p->nover; k++)
			counts |= p->over[k].space && !strcmp(p->over[k].space, space) &&
				  (p->over[k].lo == 0 || p->over[k].lo == 43);
		if (counts)
			last = i;
	}
	return last;
}

static int cut_insert(struct cut *c, unsigned net, uint32_t id, struct err *e)
{
	const struct proto *p = c->p->layers[net].proto, *q;
	const char *space = p->ncarries ? p->carries[0].space : NULL;
	const struct proto *low;
	uint32_t at;

	q = space ? between(c->reg, space, &c->next) : NULL;
	if (!q)
		return no_layer(e);
	c->layer = last_repeated(c, net, space);
	low = c->p->layers[c->layer].proto;
	c->head = c->p->layers[c->layer].off + c->p->layers[c->layer].hlen;
	if (decode(&c->tree, c->p, c->layer))
		return err_set(e, ERR_IO, "out of memory");
	at = tree_child(&c->tree, 0, low->carries[0].field[0]);
	if (at == NODE_NONE)
		return no_layer(e);
	c->next_bit = c->tree.v[at].bit;
	c->next_width = c->tree.v[at].bits;
	return make_extra(c, q, c->tree.v[at].num, id, e);
}

static int cut_find(struct cut *c, uint32_t id, struct err *e)
{
	const struct packet *p = c->p;
	const struct field *src, *dst;

	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *y = &p->layers[i];

		if (fragmentable(y->proto)) {
			c->layer = i;
			c->head = y->off + y->hlen;
			c->end = y->end - y->tail;
			if (decode(&c->tree, p, i))
				return err_set(e, ERR_IO, "out of memory");
			return places(c, y->proto, &c->tree, 0) ? no_layer(e) : 0;
		}
		if (proto_ends(y->proto, END_NET, &src, &dst) && y->proto->ncarries) {
			c->end = y->end - y->tail;
			/* One further in may have the fields itself: a header put in before. */
			for (unsigned k = i + 1; k < p->nlayers; k++)
				if (fragmentable(p->layers[k].proto) &&
				    !p->layers[k].proto->npseudo) {
					c->layer = k;
					c->head = p->layers[k].off + p->layers[k].hlen;
					if (decode(&c->tree, p, k))
						return err_set(e, ERR_IO, "out of memory");
					return places(c, p->layers[k].proto, &c->tree, 0)
						       ? no_layer(e)
						       : 0;
				}
			return cut_insert(c, i, id, e);
		}
	}
	return no_layer(e);
}

/* ---- one fragment ---- */

/* Options without the copied bit stand in the first fragment only (RFC 791 section 3.1): no-
 * operations take their place, so that the header keeps its length. */
static int clear_options(struct cut *c, uint8_t *b)
{
	const struct tree *t = &c->tree;

	if (c->extra.n)
		return 0;
	if (decode(&c->tree, c->p, c->layer))
		return -1;
	for (uint32_t k = 1; k < t->n; k++) {
		const struct node *v = &t->v[k];

		if (!(v->flags & NODE_ITEM) || t->v[v->parent].parent != 0 || v->bit % 8 ||
		    v->bits < 8 || b[v->bit / 8] & 0x80 || b[v->bit / 8] < 2)
			continue;
		memset(b + v->bit / 8, 1, v->bits / 8);
	}
	return 0;
}

static void put_node(uint8_t *b, const struct node *v, uint64_t value)
{
	if (v->type->le)
		bits_put_le(b, v->bit, v->bits, value);
	else
		bits_put(b, v->bit, v->bits, value);
}

/* A rule that held in the packet before shall hold in the fragment. */
static int mend_layer(struct cut *c, struct packet *f, unsigned i, enum rule_form form)
{
	uint8_t *b = (uint8_t *)c->out.p;

	if (decode(&c->was, c->p, i) || decode(&c->tree, f, i))
		return -1;
	for (uint32_t k = tree_first(&c->tree, 0); k != NODE_NONE; k = tree_sibling(&c->tree, k)) {
		const struct node *v = &c->tree.v[k];
		uint64_t want, had;
		uint32_t old;
		bool inexact;

		if (!v->field || v->field->rule.form != form || v->bits > 64 || !v->bits)
			continue;
		old = tree_child(&c->was, 0, v->field->index);
		if (old == NODE_NONE)
			continue;
		if (form == RULE_LEN) {
			if (rule_value(v->field, &c->was, 0, &had, &inexact) ||
			    had != c->was.v[old].num ||
			    rule_value(v->field, &c->tree, 0, &want, &inexact))
				continue;
		} else if (sum_value(c->p, i, &c->was, old, &had) || had != c->was.v[old].num ||
			   sum_value(f, i, &c->tree, k, &want)) {
			continue;
		}
		put_node(b, v, want);
	}
	return 0;
}

static int emit_piece(struct cut *c, uint32_t from, uint32_t to, bool last,
		      int (*emit)(void *, const struct packet *), void *ctx, struct err *e)
{
	struct packet f = *c->p;
	uint8_t *b;
	uint64_t flags;

	c->out.n = 0;
	buf_put(&c->out, c->p->data, c->head);
	buf_put(&c->out, c->extra.p, c->extra.n);
	buf_put(&c->out, c->p->data + c->head + from, to - from);
	if (c->out.failed)
		return err_set(e, ERR_IO, "out of memory");
	b = (uint8_t *)c->out.p;
	if (c->next_width)
		bits_put(b, c->next_bit, c->next_width, c->next);
	bits_put(b, c->offset_bit, c->offset_width, c->first + from / UNIT);
	flags = bits_get(b, c->more_bit, c->more_width) & ~c->more_mask;
	bits_put(b, c->more_bit, c->more_width, flags | (!last || c->more ? c->more_mask : 0));
	if (from && clear_options(c, b))
		return err_set(e, ERR_IO, "out of memory");
	f.data = b;
	f.len = f.wire_len = (uint32_t)c->out.n;
	f.nlayers = (uint8_t)(c->layer + 1);
	for (unsigned i = 0; i < f.nlayers; i++) {
		f.layers[i].end = f.len;
		f.layers[i].tail = 0;
	}
	for (unsigned i = f.nlayers; i-- > 0;)
		if (mend_layer(c, &f, i, RULE_LEN))
			return err_set(e, ERR_IO, "out of memory");
	for (unsigned i = f.nlayers; i-- > 0;)
		if (mend_layer(c, &f, i, RULE_SUM))
			return err_set(e, ERR_IO, "out of memory");
	return emit(ctx, &f) ? 1 : 0;
}

static int cut_up(struct cut *c, const struct fragment_opts *o,
		  int (*emit)(void *, const struct packet *), void *ctx, struct err *e)
{
	uint32_t n = c->end - c->head;
	int count = 0;

	if (n > REACH)
		return err_set(e, ERR_USAGE, "%u bytes are more than fragment offsets can tell", n);
	for (uint32_t at = 0; at < n; at += o->size) {
		uint32_t from = at ? at - o->overlap : 0;
		uint32_t to = n - at > o->size ? at + o->size : n;
		int rc = emit_piece(c, from, to, to == n, emit, ctx, e);

		if (rc < 0)
			return -1;
		count++;
		if (rc)
			break;
	}
	return count;
}

static int refuses(struct cut *c, struct err *e)
{
	const struct proto *p = c->p->layers[c->layer].proto;

	if (!p->fragment || !p->fragment->intact)
		return 0;
	if (decode(&c->tree, c->p, c->layer))
		return err_set(e, ERR_IO, "out of memory");
	if (!expr_eval(p->fragment->intact, &c->tree, 0, NULL))
		return 0;
	return err_set(e, ERR_USAGE, "%s says that it is not to be cut", p->name);
}

/* The size of pieces that fit a frame. */
static int fit(const struct cut *c, struct fragment_opts *o, struct err *e)
{
	uint32_t head = c->head + (uint32_t)c->extra.n;

	if (o->frame < head + UNIT)
		return err_set(e, ERR_USAGE, "%u bytes are too few for its headers", o->frame);
	o->size = (o->frame - head) / UNIT * UNIT;
	return 0;
}

int fragment(const struct registry *reg, const struct packet *p, const struct fragment_opts *o,
	     int (*emit)(void *ctx, const struct packet *frag), void *ctx, struct err *e)
{
	struct cut c = { .reg = reg, .p = p };
	struct fragment_opts fixed = *o;
	int rc = -1;

	if ((!o->size && !o->frame) || o->size % UNIT || o->overlap % UNIT ||
	    (o->size && o->overlap >= o->size))
		return err_set(e, ERR_USAGE, "fragment sizes are multiples of 8");
	if (cut_find(&c, o->id, e) || (o->heed && refuses(&c, e)) ||
	    (!o->size && fit(&c, &fixed, e)))
		goto out;
	if (c.end - c.head <= fixed.size)
		rc = emit(ctx, p) < 0 ? 0 : 1;
	else
		rc = cut_up(&c, &fixed, emit, ctx, e);
out:
	buf_done(&c.extra);
	buf_done(&c.out);
	tree_done(&c.tree);
	tree_done(&c.was);
	return rc;
}
