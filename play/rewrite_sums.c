/* SPDX-License-Identifier: BSD-2-Clause */
/* The checksums of a packet that is rewritten in place: judged before, mended after. */
#include "play/rewrite_impl.h"

#include <string.h>

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

/* What the words of new[0..n) add to a sum that stood over the old ones. skip: the sum's own. */
static uint32_t changed_words(const uint8_t *old, const uint8_t *new, uint32_t n, uint32_t skip,
			      uint32_t sum)
{
	for (uint32_t i = 0; i < n; i += 2) {
		uint32_t a = (uint32_t)old[i] << 8, b = (uint32_t) new[i] << 8;

		if (i + 1 < n) {
			a |= old[i + 1];
			b |= new[i + 1];
		}
		if (a != b && i != skip)
			sum += (~a & 0xffff) + b;
	}
	return sum;
}

/* The same of the addresses that the pseudo header of layer i takes from a layer below it. */
static uint32_t changed_ends(const struct rewrite *w, const struct packet *p,
			     const struct packet *q, unsigned i, uint32_t sum)
{
	const struct field *ends[2];
	unsigned k = i;

	do
		if (k-- == 0)
			return sum;
	while (!proto_ends(p->layers[k].proto, END_NET, &ends[0], &ends[1]));
	for (unsigned m = 0; m < 2; m++) {
		uint32_t a = tree_child(&w->tree[k], 0, ends[m]->index);
		const struct node *v = a == NODE_NONE ? NULL : &w->tree[k].v[a];
		uint32_t at = v ? v->bit / 8 - p->layers[k].off : 0;

		if (v && v->bit % 8 == 0 && q->layers[k].proto == p->layers[k].proto &&
		    at + v->bits / 8 <= q->layers[k].hlen)
			sum = changed_words(p->data + v->bit / 8, q->data + q->layers[k].off + at,
					    v->bits / 8, UINT32_MAX, sum);
	}
	return sum;
}

static bool covers(const struct rule *r, enum span_form a, enum span_form b)
{
	for (unsigned i = 0; i < r->spans.n; i++)
		if (r->spans.v[i].form == a || r->spans.v[i].form == b)
			return true;
	return false;
}

/* A sum of p over bytes that are not all here; q: the packet as it is now. 1: what changed makes it
 * *v (RFC 1624); 0: nothing that it covers has changed; -1: what it is now cannot be told. */
static int carry(const struct rewrite *w, const struct packet *p, const struct packet *q,
		 unsigned i, uint32_t at, uint64_t *v)
{
	const struct node *n = &w->tree[i].v[at];
	const struct rule *r = &n->field->rule;
	const struct layer *l = &p->layers[i], *m = &q->layers[i];
	const uint8_t *old = p->data + l->off, *new;
	uint32_t own = n->bit / 8 - l->off, after = own + (n->bits + 7) / 8;
	uint32_t sum = ~(uint32_t)n->num & 0xffff, len;
	bool whole = covers(r, SPAN_ALL, SPAN_PAYLOAD);

	if (q->nlayers <= i || m->proto != l->proto || (r->zero_none && !n->num))
		return 0;
	new = q->data + m->off;
	len = whole ? l->end - l->off : l->hlen;
	if (len != (whole ? m->end - m->off : m->hlen) || after > len)
		return -1;
	if (r->sum->form != SUM_INET || n->bits != 16 || n->bit % 8 || own % 2)
		return memcmp(old, new, own) || memcmp(old + after, new + after, len - after) ? -1
											      : 0;
	sum = changed_words(old, new, len, own, sum);
	if (covers(r, SPAN_PSEUDO, SPAN_PSEUDO))
		sum = changed_ends(w, p, q, i, sum);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	*v = ~sum & 0xffff;
	if (!*v && r->zero_none)
		*v = 0xffff;
	return *v != n->num;
}

static void put_sum(struct rewrite *w, struct node *n, uint64_t v)
{
	if (n->bits < 64)
		v &= (UINT64_C(1) << n->bits) - 1;
	if (n->type->le)
		bits_put_le(w->room, n->bit, n->bits, v);
	else
		bits_put(w->room, n->bit, n->bits, v);
	n->num = v;
}

static void untold(struct rewrite *w, const struct packet *p)
{
	if (w->untold_last == p->number && w->untold)
		return;
	w->untold_last = p->number;
	if (!w->untold++)
		w->untold_first = p->number;
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
			int rc = carry(w, p, q, i, w->sum[s].node, &v);

			if (rc > 0)
				put_sum(w, n, v);
			if (rc < 0)
				untold(w, p);
			continue;
		}
		if (was != SUM_GOOD && was != SUM_UNFILLED && !(w->o.sums && was == SUM_BAD))
			continue;
		if (sum_value(q, i, t, w->sum[s].node, &v) == 0)
			put_sum(w, n, v);
	}
}

static bool said(const struct set_rule *s, const unsigned *at, unsigned layer,
		 const struct field *f)
{
	for (unsigned i = 0; i < s->plan.n; i++)
		for (const struct say *c = s->plan.layer[i].say; c; c = c->next)
			if (at[i] == layer && said_field(&s->plan.layer[i], c) == f)
				return true;
	return false;
}

int rewrite_carry(struct rewrite *w, const struct set_rule *s, const unsigned *at,
		  const struct packet *p, struct packet *q, struct err *e)
{
	struct {
		unsigned layer;
		uint32_t byte;
		uint64_t v;
	} to[SUMS_MAX];
	unsigned n = 0;
	struct packet r;

	for (unsigned k = 0; k < w->nsums; k++) {
		unsigned i = w->sum[k].layer;
		const struct node *v = &w->tree[i].v[w->sum[k].node];
		int rc;

		if (w->sum[k].verdict != SUM_UNKNOWN || (v->flags & NODE_CUT) ||
		    said(s, at, i, v->field))
			continue;
		rc = carry(w, p, q, i, w->sum[k].node, &to[n].v);
		if (rc < 0)
			untold(w, p);
		if (rc <= 0)
			continue;
		to[n].layer = i;
		to[n++].byte = v->bit / 8 - p->layers[i].off + q->layers[i].off;
	}
	if (!n)
		return 0;
	if (q->len > PACKET_MAX)
		return err_set(e, ERR_USAGE, "it would be longer than %u bytes", PACKET_MAX);
	/* From here on it is a packet in which these sums change, and those around them follow. */
	if (rewrite_look(w, q, e))
		return -1;
	memcpy(w->room, q->data, q->len);
	r = *q;
	r.data = w->room;
	rewrite_room(w, &r);
	for (unsigned k = 0; k < w->nsums; k++) {
		struct node *v = &w->tree[w->sum[k].layer].v[w->sum[k].node];

		for (unsigned i = 0; i < n; i++)
			if (to[i].layer == w->sum[k].layer && to[i].byte * 8 == v->bit)
				put_sum(w, v, to[i].v);
	}
	rewrite_sums(w, q, &r);
	q->data = w->room;
	return 0;
}
