/* SPDX-License-Identifier: BSD-2-Clause */
/* What a checksum field should hold: the one place that knows what a sum covers. Pseudo headers
 * (RFC 768, RFC 8200 section 8.1) are said by the protocol that has them and used by whatever lies
 * above. */
#include "core/plan.h"

#include "core/bits.h"
#include "core/build_walk.h"

/* The value of u8(upper): what selects this protocol in the space that the pseudo header's protocol
 * carries. */
static uint64_t upper_value(const struct proto *proto, const struct proto *lower)
{
	for (unsigned i = 0; i < proto->nover; i++) {
		for (unsigned k = 0; k < lower->ncarries; k++) {
			if (proto->over[i].space && proto->over[i].space == lower->carries[k].space)
				return proto->over[i].lo;
		}
	}
	return 0;
}

/* Bytes of one field of layer i, for a pseudo header. last: of a list the last item. */
static void add_found(struct sum_state *s, const struct packet *p, unsigned i,
		      const struct field *f, bool last)
{
	struct tree t = { 0 };
	uint32_t at;

	if (decode(&t, p, i) == 0) {
		at = tree_child(&t, 0, f->index);
		if (at != NODE_NONE && last && t.v[at].type && t.v[at].type->form == TYPE_LIST) {
			uint32_t item = NODE_NONE;

			for (uint32_t k = tree_first(&t, at); k != NODE_NONE;
			     k = tree_sibling(&t, k))
				item = k;
			at = item;
		}
		if (at != NODE_NONE)
			sum_add(s, p->data + t.v[at].bit / 8, t.v[at].bits / 8);
	}
	tree_done(&t);
}

static void add_field(struct sum_state *s, const struct packet *p, unsigned i,
		      const struct field *f, bool last)
{
	uint32_t off = p->layers[i].off + (uint32_t)f->fixed_bit / 8, n;

	if (f->fixed_bit < 0 || f->fixed_bit % 8 || f->type->form != TYPE_LEAF ||
	    f->type->ext.form != EXTENT_KIND || !leaf_bits(f->type) || leaf_bits(f->type) % 8) {
		add_found(s, p, i, f, last);
		return;
	}
	n = leaf_bits(f->type) / 8;
	if (off + n <= p->len)
		sum_add(s, p->data + off, n);
}

/* Does a layer between (a routing header) say another value for this field? */
static bool add_override(struct sum_state *s, const struct packet *p, unsigned from, unsigned to,
			 const char *name)
{
	for (unsigned k = to; k-- > from;) {
		const struct proto *proto = p->layers[k].proto;

		for (unsigned o = 0; o < proto->npseudo_over; o++) {
			const struct pseudo_override *x = &proto->pseudo_over[o];
			struct tree t = { 0 };
			bool holds;

			if (x->field != name || decode(&t, p, k)) {
				tree_done(&t);
				continue;
			}
			holds = !x->cond || expr_eval(x->cond, &t, 0, NULL);
			tree_done(&t);
			if (holds) {
				add_field(s, p, k, &proto->rec.fields[x->list], true);
				return true;
			}
		}
	}
	return false;
}

/* A number of a pseudo header: a constant, u8(upper), u16(span). */
static void add_number(struct sum_state *s, const struct packet *p, unsigned layer,
		       const struct proto *lower, const struct pseudo_item *it)
{
	const struct layer *l = &p->layers[layer];
	uint64_t v;

	if (it->expr->op == EX_NUM) {
		v = (uint64_t)it->expr->num;
	} else if (it->expr->op == EX_UPPER) {
		v = upper_value(l->proto, lower);
	} else if (it->expr->op == EX_SPANLEN) {
		v = l->end - l->off;
	} else {
		struct eval_env env = { .upper = upper_value(l->proto, lower),
					.span = l->end - l->off };
		struct node root = { 0 };
		struct tree t = { .data = p->data,
				  .len = p->len,
				  .off = l->off,
				  .end = l->end,
				  .hlen = l->hlen,
				  .v = &root,
				  .n = 1 };

		v = (uint64_t)expr_eval(it->expr, &t, 0, &env);
	}
	sum_add_number(s, v, it->bits / 8);
}

static void add_pseudo(struct sum_state *s, const struct packet *p, unsigned layer)
{
	const struct proto *lower;
	int k = packet_parent(p, layer);

	while (k >= 0 && !p->layers[k].proto->npseudo)
		k = packet_parent(p, (unsigned)k);
	if (k < 0)
		return;
	lower = p->layers[k].proto;
	for (unsigned i = 0; i < lower->npseudo; i++) {
		const struct pseudo_item *it = &lower->pseudo[i];

		if (!it->field)
			add_number(s, p, layer, lower, it);
		else if (it->at && !add_override(s, p, (unsigned)k + 1, layer, it->field))
			add_field(s, p, (unsigned)k, it->at, false);
	}
}

/* Bytes [from, to), with those of the field itself (lo..hi) as zeros. */
static void add_range(struct sum_state *s, const uint8_t *p, uint32_t from, uint32_t to,
		      uint32_t lo, uint32_t hi)
{
	if (lo >= from && hi <= to)
		sum_add_but(s, p + from, to - from, lo - from, hi - lo);
	else if (to > from)
		sum_add(s, p + from, to - from);
}

static void span_range(const struct span *sp, const struct tree *t, uint32_t at, uint32_t *from,
		       uint32_t *to)
{
	const struct node *inst = &t->v[at];

	*from = at == 0 ? t->off : inst->bit / 8;
	*to = at == 0 ? t->end : (inst->bit + inst->bits) / 8;
	if (sp->form == SPAN_HEADER && at == 0)
		*to = t->off + t->hlen;
	if (sp->form == SPAN_PAYLOAD && at == 0) {
		*from = t->off + t->hlen;
		*to = t->end - t->tail;
	}
	if (sp->form == SPAN_FIELDS) {
		uint32_t lo = UINT32_MAX, hi = 0;

		for (unsigned f = sp->from; f <= sp->to; f++) {
			uint32_t n = tree_child(t, at, f);

			if (n == NODE_NONE)
				continue;
			lo = t->v[n].bit < lo ? t->v[n].bit : lo;
			hi = t->v[n].bit + t->v[n].bits > hi ? t->v[n].bit + t->v[n].bits : hi;
		}
		*from = lo == UINT32_MAX ? 0 : lo / 8;
		*to = hi / 8;
	}
}

/* Was a part of what the sum covers not captured, or never meant to be here? */
static bool out_of_sight(const struct packet *p, unsigned layer, const struct rule *r)
{
	const struct layer *l = &p->layers[layer];
	bool beyond = false;

	for (unsigned i = 0; i < r->spans.n; i++)
		beyond |= r->spans.v[i].form == SPAN_ALL || r->spans.v[i].form == SPAN_PAYLOAD;
	if (l->flags & LAYER_CUT)
		return true;
	if (!beyond)
		return false;
	if (p->len < p->wire_len && l->end >= p->len)
		return true;
	for (int k = (int)layer; k >= 0; k = packet_parent(p, (unsigned)k)) {
		if (k != (int)layer && (p->layers[k].flags & LAYER_EXCERPT))
			return true;
		if (p->layers[k].flags & LAYER_QUOTED)
			return true;
	}
	return false;
}

/* ---- right at once ---- */

/* A number of a pseudo header that needs no look at fields. */
static bool plain_number(const struct pseudo_item *it, const struct layer *l,
			 const struct proto *lower, uint64_t *v)
{
	switch (it->expr->op) {
	case EX_NUM: *v = (uint64_t)it->expr->num; return true;
	case EX_UPPER: *v = upper_value(l->proto, lower); return true;
	case EX_SPANLEN: *v = l->end - l->off; return true;
	default: return false;
	}
}

/* The pseudo header of the layer right below; *sum: not folded. False: not that simple. */
static bool pseudo_at_once(const struct packet *p, unsigned layer, uint64_t *sum)
{
	const struct layer *low = &p->layers[layer - 1];
	const struct proto *lower = low->proto;
	unsigned at = 0; /* bytes so far */

	for (unsigned i = 0; i < lower->npseudo; i++) {
		const struct pseudo_item *it = &lower->pseudo[i];
		const struct field *f = it->at;
		uint64_t v;
		unsigned n;

		if (!it->field) {
			if (!plain_number(it, &p->layers[layer], lower, &v))
				return false;
			at += it->bits / 8;
			*sum += at % 2 ? v << 8 : v; /* a word of 32 bits is two of 16 */
			continue;
		}
		if (!f || at % 2 || f->fixed_bit < 0 || f->fixed_bit % 8 ||
		    f->type->form != TYPE_LEAF || f->type->ext.form != EXTENT_KIND)
			return false;
		n = leaf_bits(f->type) / 8;
		if (!n || n % 2 || (uint32_t)f->fixed_bit / 8 + n > low->hlen)
			return false;
		*sum += sum_inet_partial(p->data + low->off + f->fixed_bit / 8, n, 0);
	}
	return lower->npseudo && at % 2 == 0;
}

bool sum_right(const struct packet *p, unsigned layer, const struct field *f)
{
	const struct layer *l = &p->layers[layer];
	const struct rule *r = &f->rule;
	uint32_t from = l->off + l->hlen, to = from;
	uint64_t sum = 0;
	unsigned flags = 0;

	if (r->sum->form != SUM_INET || r->expr || f->fixed_bit < 0 || f->fixed_bit % 16 ||
	    (uint32_t)f->fixed_bit / 8 + 2 > l->hlen || f->type->le || leaf_bits(f->type) != 16 ||
	    p->len < p->wire_len)
		return false;
	if (r->zero_none && !p->data[l->off + f->fixed_bit / 8] &&
	    !p->data[l->off + f->fixed_bit / 8 + 1])
		return false;
	for (unsigned i = 0; i <= layer; i++)
		flags |= p->layers[i].flags;
	if (flags)
		return false;
	for (unsigned i = 0; i < r->spans.n; i++) {
		switch (r->spans.v[i].form) {
		case SPAN_ALL: to = l->end; /* fall through */
		case SPAN_HEADER: from = l->off; break;
		case SPAN_PAYLOAD: to = l->end - l->tail; break;
		case SPAN_PSEUDO:
			if (!layer || packet_parent(p, layer) != (int)layer - 1 ||
			    !pseudo_at_once(p, layer, &sum))
				return false;
			break;
		default: return false;
		}
	}
	if (from != l->off) /* the field itself is not in it */
		return false;
	sum += sum_inet_partial(p->data + from, to - from, 0);
	return sum % 0xffff == 0;
}

int sum_value(const struct packet *p, unsigned layer, const struct tree *t, uint32_t node,
	      uint64_t *v)
{
	const struct node *n = &t->v[node];
	const struct rule *r = &n->field->rule;
	struct sum_state s;
	int64_t left;

	if (r->form != RULE_SUM || (n->flags & (NODE_CUT | NODE_RAW)))
		return 2;
	if (out_of_sight(p, layer, r))
		return 2;
	left = r->expr ? expr_eval(r->expr, t, n->parent, NULL) : 0;
	if (left <= 0)
		left = INT64_MAX;
	sum_init(&s, r->sum);
	for (unsigned i = 0; i < r->spans.n; i++) {
		const struct span *sp = &r->spans.v[i];
		uint32_t from, to;

		if (sp->form == SPAN_PSEUDO) {
			add_pseudo(&s, p, layer);
			continue;
		}
		span_range(sp, t, n->parent, &from, &to);
		if (to > p->len)
			to = p->len;
		if (to > from && to - from > left)
			to = from + (uint32_t)left;
		left -= to > from ? to - from : 0;
		add_range(&s, p->data, from, to, n->bit / 8, (n->bit + n->bits) / 8);
	}
	*v = sum_end(&s);
	if (r->zero_none) {
		if (*v == 0)
			*v = n->bits >= 64 ? UINT64_MAX : (UINT64_C(1) << n->bits) - 1;
		if (n->num == 0)
			return 1;
	}
	return 0;
}

static void put_sum(struct build *b, struct node *n, uint64_t v)
{
	uint8_t *p = (uint8_t *)b->bytes.p;

	if (n->said && n->said->form == SAY_BAD)
		v ^= 0x5555;
	if (n->bits < 64)
		v &= (UINT64_C(1) << n->bits) - 1;
	if (n->type->le)
		bits_put_le(p, n->bit, n->bits, v);
	else
		bits_put(p, n->bit, n->bits, v);
	n->num = v;
}

static bool is_sum(const struct node *n)
{
	return n->field && n->field->rule.form == RULE_SUM && n->type &&
	       n->type->form == TYPE_LEAF && !(n->flags & (NODE_RAW | NODE_ITEM));
}

static unsigned level_of(const struct tree *t, uint32_t at)
{
	unsigned n = 0;

	for (; at; at = t->v[at].parent)
		n++;
	return n;
}

uint32_t build_sum_next(const struct tree *t, uint32_t at, unsigned *level)
{
	for (uint32_t k = 1; !at && k < t->n; k++) {
		if (is_sum(&t->v[k]) && level_of(t, k) > *level)
			*level = level_of(t, k);
	}
	for (; *level; --*level, at = 0) {
		while (++at < t->n) {
			if (is_sum(&t->v[at]) && level_of(t, at) == *level)
				return at;
		}
	}
	return NODE_NONE;
}

int build_sums(struct build *b, const struct plan *p, struct err *e)
{
	(void)p;
	(void)e;
	for (unsigned i = b->n; i-- > 0;) {
		struct tree *t = &b->layer[i].tree;
		unsigned level = 0;
		uint32_t k = 0;

		if (!b->layer[i].proto || b->layer[i].tree.layer >= b->pkt.nlayers)
			continue;
		while ((k = build_sum_next(t, k, &level)) != NODE_NONE) {
			struct node *n = &t->v[k];
			bool own = n->said && n->said->form != SAY_AUTO &&
				   n->said->form != SAY_BAD && n->said->form != SAY_ANY;
			uint64_t v;
			int rc = sum_value(&b->pkt, t->layer, t, k, &v);

			if (rc < 2 && !own)
				put_sum(b, n, v);
			if ((rc == 0 && n->num != v) || (rc == 1 && n->num && !own && n->num != v))
				note_build(b, i, k, " says 0x%0*llx, its rule 0x%0*llx",
					   (int)n->bits / 4, (unsigned long long)n->num,
					   (int)n->bits / 4, (unsigned long long)v);
		}
	}
	return 0;
}
