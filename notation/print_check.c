/* SPDX-License-Identifier: BSD-2-Clause */
/* The printer's proof: read what was printed, build it, compare. Where it differs, the next try
 * says more. */
#include "notation/printer.h"

#include "core/bits.h"

#define PATIENCE 16
#define NAMES_MAX 6 /* then all that differ */

static bool same_bits(const uint8_t *a, uint32_t abit, const uint8_t *b, uint32_t bbit, uint32_t n)
{
	if (abit % 8 == 0 && bbit % 8 == 0) {
		if (memcmp(a + abit / 8, b + bbit / 8, n / 8))
			return false;
		abit += n & ~7u;
		bbit += n & ~7u;
		n %= 8;
	}
	while (n) {
		unsigned k = n < 32 ? n : 32;

		if (bits_get(a, abit, k) != bits_get(b, bbit, k))
			return false;
		abit += k;
		bbit += k;
		n -= k;
	}
	return true;
}

static bool same_node(const struct tree *a, uint32_t x, const struct tree *b, uint32_t y)
{
	const struct node *p = &a->v[x], *q = &b->v[y];

	if (p->field != q->field || p->bits != q->bits || p->bit + p->bits > a->len * 8 ||
	    q->bit + q->bits > b->len * 8)
		return false;
	if (p->type && p->type->form == TYPE_LEAF && p->type->le &&
	    p->bits % 8) /* counted from below */
		return p->num == q->num;
	return same_bits(a->data, p->bit, b->data, q->bit, p->bits);
}

/* Say aloud the leaves of the subtree that differ; all of them where the trees part ways. */
static void say_leaves(struct print_layer *l, uint32_t top, const struct tree *b, uint32_t btop)
{
	const struct tree *a = &l->tree;
	uint32_t n = a->v[top].next - top;
	bool apart = btop == NODE_NONE || b->v[btop].next - btop != n;

	for (uint32_t k = 0; k < n; k++) {
		l->mode[top + k] |= MODE_EXACT;
		if (apart || !same_node(a, top + k, b, btop + k))
			l->mode[top + k] |= MODE_SAID;
	}
}

/* Names written in another way than building would are the commonest difference. One that points
 * back moves all that stands behind it: say exactly only the first of these that differs. */
static bool lower_names(struct print_layer *l, const struct tree *b)
{
	const struct tree *a = &l->tree;
	bool some = false;

	if (!b || b->n != a->n || l->names >= NAMES_MAX)
		return false;
	for (uint32_t k = 1; k < a->n; k++) {
		const struct node *n = &a->v[k];

		if (n->type->form != TYPE_LEAF || n->type->kind->cls != KIND_NAME ||
		    (l->mode[k] & MODE_EXACT) || same_node(a, k, b, k))
			continue;
		l->mode[k] |= MODE_EXACT;
		some = true;
		if (n->type->kind->points && ++l->names < NAMES_MAX)
			break;
	}
	if (some && l->level < RUNG_SAID)
		l->level = RUNG_SAID;
	return some;
}

static bool is_aligned(const struct node *n)
{
	return n->bit % 8 == 0 && n->bits % 8 == 0;
}

enum hex_step { HEX_LEAVES, HEX_ITEMS, HEX_FIELDS };

/* The node that becomes hex: for the sake of leaf at; NODE_NONE: none of that step. */
static uint32_t hex_node(const struct tree *a, uint32_t at, enum hex_step step)
{
	if (step == HEX_LEAVES)
		return at;
	while (at && a->v[at].parent && !(step == HEX_ITEMS && (a->v[at].flags & NODE_ITEM)))
		at = a->v[at].parent;
	return at ? at : NODE_NONE;
}

/* Where fields said in full do not help they become hex:, the smallest that differ at first. */
static bool mark_hex(struct print_layer *l, const struct tree *b, uint32_t hint, enum hex_step step)
{
	const struct tree *a = &l->tree;
	bool apart = b && b->n != a->n, some = false;

	if (apart && step != HEX_FIELDS)
		return false;
	for (uint32_t k = 1; k < a->n; k++) {
		const struct node *n = &a->v[k];
		uint32_t y = k, at;

		if (!b ? k != hint : apart ? n->parent != 0 : n->next != k + 1)
			continue;
		if (apart)
			y = n->field ? tree_child(b, 0, n->field->index) : NODE_NONE;
		if (b && y != NODE_NONE && same_node(a, k, b, y))
			continue;
		at = hex_node(a, k, step);
		if (at == NODE_NONE || !is_aligned(&a->v[at]) || (l->mode[at] & MODE_HEX))
			continue;
		l->mode[at] |= MODE_HEX;
		some = true;
	}
	return some;
}

static void mark_said(struct print_layer *l, const struct tree *b)
{
	const struct tree *a = &l->tree;
	bool some = false;

	for (uint32_t k = tree_first(a, 0); k != NODE_NONE; k = tree_sibling(a, k)) {
		const struct node *n = &a->v[k];
		uint32_t y = n->field ? tree_child(b, 0, n->field->index) : NODE_NONE;

		if (y != NODE_NONE && same_node(a, k, b, y))
			continue;
		say_leaves(l, k, b, y);
		some = true;
	}
	if (!some)
		l->all |= MODE_EXACT;
}

/* The rungs on which the fields are still words. False: there are no more. */
static bool lower_words(struct print_layer *l, const struct tree *b)
{
	if (l->level <= RUNG_SAID && lower_names(l, b))
		return true;
	if (!l->said && b) {
		l->level = RUNG_SAID;
		l->said = true;
		mark_said(l, b);
		return true;
	}
	if (l->level >= RUNG_FULL)
		return false;
	if (!b && !(l->all & MODE_PATHS)) { /* a shorthand that does not read back */
		l->all |= MODE_PATHS;
		return true;
	}
	l->level = RUNG_FULL;
	l->all |= MODE_EXACT | MODE_PATHS;
	l->how = LAYER_FULL;
	return true;
}

/* One rung down for a layer whose fields were built as tree b; NULL: they were not, for the sake of
 * node hint. A packet that has used up its work goes to whole fields as hex: at once. */
static void lower(const struct printer *pr, struct print_layer *l, const struct tree *b,
		  uint32_t hint)
{
	if (!print_is_spent(pr)) {
		if (lower_words(l, b))
			return;
	} else if (l->step < HEX_FIELDS) {
		l->step = HEX_FIELDS;
	}
	l->level = RUNG_FIELD;
	while (l->step <= HEX_FIELDS) {
		if (mark_hex(l, b, hint, l->step++))
			return;
	}
	l->level = RUNG_LAYER;
	l->how = LAYER_HEX;
}

/* The layer whose words stand at offset of the text, and the node. */
static struct print_layer *layer_at(struct printer *pr, size_t off, uint32_t *node)
{
	struct print_layer *l = NULL;

	for (unsigned i = 0; i < pr->n; i++) {
		if (!pr->layer[i].hidden && pr->layer[i].at <= off)
			l = &pr->layer[i];
	}
	*node = NODE_NONE;
	for (uint32_t k = 1, best = 0; l && k < l->tree.n; k++) {
		if (l->where[k] && l->where[k] <= off && l->where[k] >= best) {
			best = l->where[k];
			*node = k;
		}
	}
	return l;
}

/* The text could not be read or built. */
static void blame(struct printer *pr, const struct err *e)
{
	uint32_t node;
	struct print_layer *l = e->lineno ? layer_at(pr, e->col - 1, &node) : NULL;

	if (l) {
		lower(pr, l, NULL, node);
		return;
	}
	for (unsigned i = 0; i < pr->n; i++) {
		pr->layer[i].level = RUNG_LAYER;
		pr->layer[i].how = LAYER_HEX;
	}
}

/* Do the plan's layers stand in one another as the packet's do? */
static bool same_stack(struct printer *pr)
{
	const struct plan *p = &pr->plan;
	bool ok = p->n == pr->nseq;

	for (unsigned k = 0; k < p->n && k < pr->nseq && ok; k++) {
		const struct proto *proto =
			pr->seq[k] < 0 ? NULL : pr->layer[pr->seq[k]].tree.proto;
		int parent = p->layer[k].parent;

		ok = p->layer[k].proto == proto && (parent < 0 ? -1 : pr->seq[parent]) == pr->in[k];
		if (!ok && pr->seq[k] >= 0) {
			pr->layer[pr->seq[k]].level = RUNG_LAYER;
			pr->layer[pr->seq[k]].how = LAYER_HEX;
		}
	}
	return ok;
}

static bool same_layer(const struct print_layer *l, const struct built *b, const uint8_t *data,
		       const uint8_t *made)
{
	const struct tree *t = &l->tree;
	uint32_t hlen = l->body - t->off;

	return b->hlen == hlen && b->tail == t->tail &&
	       !memcmp(data + t->off, made + b->off, hlen) &&
	       !memcmp(data + t->end - t->tail, made + b->end - b->tail, t->tail);
}

static bool compare(struct printer *pr)
{
	const struct packet *pkt = pr->pkt;
	const struct build *b = &pr->build;
	const uint8_t *made = (const uint8_t *)b->bytes.p;
	bool some = false;

	if (!same_stack(pr))
		return false;
	if (b->bytes.n == pkt->len && (!pkt->len || !memcmp(made, pkt->data, pkt->len)))
		return pr->plan.link == pkt->link &&
		       (pr->plan.wire_said ? pr->plan.wire_len : pkt->len) == pkt->wire_len;
	for (unsigned k = pr->nseq; k-- > 0;) {
		struct print_layer *l = pr->seq[k] < 0 ? NULL : &pr->layer[pr->seq[k]];

		if (!l || same_layer(l, &b->layer[k], pkt->data, made))
			continue;
		lower(pr, l, &b->layer[k].tree, NODE_NONE);
		some = true;
		/* Lengths and sums below differ because of it: see to it alone at first. */
		if (pr->tries < PATIENCE && !print_is_spent(pr))
			break;
	}
	for (unsigned i = 0; i < pr->n && !some; i++)
		lower(pr, &pr->layer[i], NULL, NODE_NONE);
	return false;
}

bool print_check(struct printer *pr)
{
	struct err e = { 0 };

	if (plan_parse(&pr->plan, pr->reg, pr->text.p, pr->text.n, PLAN_NO_FILES, &e) ||
	    build(&pr->build, &pr->plan, &e)) {
		pr->text.failed |= e.code == ERR_IO; /* memory: another text would not help */
		blame(pr, &e);
		return false;
	}
	return compare(pr);
}
