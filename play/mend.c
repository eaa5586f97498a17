/* SPDX-License-Identifier: BSD-2-Clause */
/* Which fields follow: see mend.h. */
#include "play/mend.h"

#include "core/bits.h"
#include "core/plan.h"
#include "dissect/check.h"

void mend_put(uint8_t *room, const struct node *n, uint64_t v)
{
	if (n->bits < 64)
		v &= (UINT64_C(1) << n->bits) - 1;
	if (n->type->le)
		bits_put_le(room, n->bit, n->bits, v);
	else
		bits_put(room, n->bit, n->bits, v);
}

static void look_lengths(struct mend *m, unsigned i)
{
	const struct tree *t = &m->tree[i];
	bool inexact;
	uint64_t want;

	for (uint32_t k = tree_first(t, 0); k != NODE_NONE; k = tree_sibling(t, k)) {
		const struct node *n = &t->v[k];

		if (!n->field || n->field->rule.form != RULE_LEN || !n->bits || n->bits > 64 ||
		    m->nlengths == MEND_RULES || rule_value(n->field, t, 0, &want, &inexact))
			continue;
		/* 0: so long that it cannot be told. */
		if (rule_holds(&n->field->rule, n->num, want) ||
		    (n->field->rule.zero_rest && n->num == 0))
			m->length[m->nlengths++] = (struct mended) { (uint8_t)i, k };
	}
}

static void look_sums(struct mend *m, const struct packet *p, unsigned i)
{
	const struct tree *t = &m->tree[i];
	unsigned level = 0;
	uint32_t k = 0;
	uint64_t want;

	while ((k = build_sum_next(t, k, &level)) != NODE_NONE && m->nsums < MEND_RULES) {
		enum sum_verdict v = sum_judge(p, i, t, k, &want);

		if ((v != SUM_GOOD && v != SUM_UNFILLED) || (t->v[k].flags & NODE_CUT))
			continue;
		m->unfilled += v == SUM_UNFILLED;
		m->sum[m->nsums++] = (struct mended) { (uint8_t)i, k };
	}
}

/* Innermost first, since a checksum may cover one further in. */
int mend_look(struct mend *m, const struct packet *p, unsigned last)
{
	m->nlengths = m->nsums = m->unfilled = 0;
	for (unsigned i = last + 1; i-- > 0;) {
		if (decode(&m->tree[i], p, i))
			return -1;
		look_lengths(m, i);
		look_sums(m, p, i);
	}
	return 0;
}

int mend_lengths(struct mend *m, const struct packet *q, uint8_t *room)
{
	bool inexact;
	uint64_t v;

	for (unsigned k = 0; k < m->nlengths; k++) {
		const struct mended *w = &m->length[k];
		const struct node *n = &m->tree[w->layer].v[w->node];

		if (decode(&m->scratch, q, w->layer))
			return -1;
		if (rule_value(n->field, &m->scratch, 0, &v, &inexact) == 0)
			mend_put(room, n, v);
	}
	return 0;
}

int mend_sums(struct mend *m, const struct packet *q, uint8_t *room)
{
	uint64_t v;

	for (unsigned k = 0; k < m->nsums; k++) {
		const struct mended *w = &m->sum[k];

		if (decode(&m->scratch, q, w->layer))
			return -1;
		if (sum_value(q, w->layer, &m->scratch, w->node, &v) == 0)
			mend_put(room, &m->tree[w->layer].v[w->node], v);
	}
	return 0;
}

static bool follows(const struct mend *m, unsigned layer, uint32_t node)
{
	for (unsigned i = 0; i < m->nsums; i++)
		if (m->sum[i].layer == layer && m->sum[i].node == node)
			return true;
	return false;
}

/* Number n, of whole words, was what its tree says, and is v. */
static void carry(const struct node *sum, const struct node *n, uint8_t *room, uint64_t v)
{
	uint64_t old = n->num, now = v;
	uint32_t s = ~(uint32_t)bits_get(room, sum->bit, 16) & 0xffff;

	for (unsigned i = 0; i < n->bits; i += 16, old >>= 16, now >>= 16)
		s += (~(uint32_t)old & 0xffff) + ((uint32_t)now & 0xffff);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	mend_put(room, sum, ~s & 0xffff);
}

void mend_number(const struct mend *m, uint8_t *room, unsigned layer, uint32_t node, uint64_t v)
{
	const struct tree *t = &m->tree[layer];
	const struct node *n = &t->v[node];
	uint32_t front = m->tree[layer].pkt->layers[layer].off;
	unsigned level = 0;
	uint32_t k = 0;

	while ((k = build_sum_next(t, k, &level)) != NODE_NONE) {
		const struct rule *r = &t->v[k].field->rule;

		if (!follows(m, layer, k) && r->sum->form == SUM_INET && t->v[k].bits == 16 &&
		    !(t->v[k].flags & NODE_CUT) && !n->type->le && n->bits % 16 == 0 &&
		    (n->bit - front * 8) % 16 == 0 && !(r->zero_none && !t->v[k].num))
			carry(&t->v[k], n, room, v);
	}
	mend_put(room, n, v);
}

void mend_done(struct mend *m)
{
	for (unsigned i = 0; i < PACKET_LAYERS; i++)
		tree_done(&m->tree[i]);
	tree_done(&m->scratch);
}
