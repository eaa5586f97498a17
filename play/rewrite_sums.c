/* SPDX-License-Identifier: BSD-2-Clause */
/* The checksums of a packet that is rewritten in place: judged before, mended after. */
#include "play/rewrite_impl.h"

#include "core/bits.h"
#include "craft/addr.h"

int rewrite_look(struct rewrite *w, const struct packet *p, struct err *e)
{
	w->nsums = 0;
	for (unsigned i = p->nlayers; i-- > 0;) {
		struct tree *t = &w->tree[i];
		unsigned level = 0;
		uint32_t k = 0;
		uint64_t want;

		if (decode(t, p, i) < 0)
			return err_set(e, ERR_IO, "out of memory");
		while ((k = build_sum_next(t, k, &level)) != NODE_NONE && w->nsums < SUMS_MAX) {
			w->sum[w->nsums].layer = i;
			w->sum[w->nsums].node = k;
			w->sum[w->nsums++].verdict = sum_judge(p, i, t, k, &want);
		}
	}
	return 0;
}

/* What the words of p[from..to) add to a sum that stood over the old ones. skip: the sum's own. */
static uint32_t changed_words(const uint8_t *old, const uint8_t *new, uint32_t from, uint32_t to,
			      uint32_t skip, uint32_t sum)
{
	for (uint32_t i = from; i < to; i += 2) {
		uint32_t a = (uint32_t)old[i] << 8, b = (uint32_t) new[i] << 8;

		if (i + 1 < to) {
			a |= old[i + 1];
			b |= new[i + 1];
		}
		if (a != b && i != skip)
			sum += (~a & 0xffff) + b;
	}
	return sum;
}

/* A sum over bytes that are not all here: what changed is added (RFC 1624). */
static void adjust(struct rewrite *w, const struct packet *p, unsigned i, uint32_t at)
{
	struct node *n = &w->tree[i].v[at];
	const struct layer *l = &p->layers[i];
	const struct field *ends[2];
	uint32_t sum = ~(uint32_t)n->num & 0xffff;
	bool pseudo = false;

	if (n->field->rule.sum->form != SUM_INET || n->bits != 16 || n->bit % 8 ||
	    (n->field->rule.zero_none && !n->num))
		return;
	sum = changed_words(p->data, w->room, l->off, l->end, n->bit / 8, sum);
	for (unsigned k = 0; k < n->field->rule.spans.n; k++)
		pseudo |= n->field->rule.spans.v[k].form == SPAN_PSEUDO;
	for (unsigned k = i; pseudo && k-- > 0;) {
		if (!proto_ends(p->layers[k].proto, END_NET, &ends[0], &ends[1]))
			continue;
		for (unsigned m = 0; m < 2; m++) {
			uint32_t a = tree_child(&w->tree[k], 0, ends[m]->index);
			const struct node *v = a == NODE_NONE ? NULL : &w->tree[k].v[a];

			if (v && v->bit % 8 == 0)
				sum = changed_words(p->data, w->room, v->bit / 8,
						    (v->bit + v->bits) / 8, UINT32_MAX, sum);
		}
		break;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	bits_put(w->room, n->bit, 16, ~sum & 0xffff);
}

void rewrite_sums(struct rewrite *w, const struct packet *p, const struct packet *q)
{
	for (unsigned s = 0; s < w->nsums; s++) {
		unsigned i = w->sum[s].layer;
		struct tree *t = &w->tree[i];
		struct node *n = &t->v[w->sum[s].node];
		enum sum_verdict was = w->sum[s].verdict;
		uint64_t v;

		if (n->flags & NODE_CUT)
			continue;
		if (was == SUM_UNKNOWN) {
			adjust(w, p, i, w->sum[s].node);
			continue;
		}
		if (was != SUM_GOOD && was != SUM_UNFILLED && !(w->o.sums && was == SUM_BAD))
			continue;
		if (sum_value(q, i, t, w->sum[s].node, &v) != 0)
			continue;
		if (n->bits < 64)
			v &= (UINT64_C(1) << n->bits) - 1;
		if (n->type->le)
			bits_put_le(w->room, n->bit, n->bits, v);
		else
			bits_put(w->room, n->bit, n->bits, v);
		n->num = v;
	}
}
