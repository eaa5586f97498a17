/* SPDX-License-Identifier: BSD-2-Clause */
/* Layouts of records by the packet that taught them: a table of bounded size. */
#include "core/layouts.h"

#include <stdlib.h>
#include <string.h>

#include "core/bits.h"
#include "core/walk.h"

#define NEAR 16u /* places that a layout may take */

struct slot {
	uint64_t key, age;
	struct layout *layout; /* NULL: free */
};

struct layouts {
	uint64_t n;     /* layouts so far */
	uint32_t items; /* of those that are kept */
	struct slot v[LAYOUTS_MOST];
};

struct layouts *layouts_open(void)
{
	return calloc(1, sizeof(struct layouts));
}

void layouts_close(struct layouts *l)
{
	for (unsigned i = 0; l && i < LAYOUTS_MOST; i++)
		free(l->v[i].layout);
	free(l);
}

/* ---- keys ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

/* One end of a conversation, as far as it stands at a fixed place. *addr: it is an address. */
static uint64_t mix_end(uint64_t h, const struct packet *p, const struct layer *l,
			const struct field *f, bool *addr)
{
	unsigned bits = f->type->form == TYPE_LEAF && f->type->ext.form == EXTENT_KIND
				? leaf_bits(f->type)
				: 0;
	uint64_t at = (uint64_t)l->off * 8 + (uint32_t)f->fixed_bit;

	if (f->fixed_bit < 0 || at + bits > (uint64_t)p->len * 8)
		return h;
	*addr = *addr || (bits && f->type->kind->cls == KIND_ADDR);
	for (unsigned i = 0; i < bits; i += 32) {
		unsigned n = bits - i < 32 ? bits - i : 32;

		h = mix(h, bits_get(p->data, (uint32_t)at + i, n));
	}
	return h;
}

/* The conversation of layer i, and its direction: down to the first layer that speaks of addresses.
 */
static uint64_t mix_flow(uint64_t h, const struct packet *p, unsigned i)
{
	bool addr = false;

	while (i-- > 0 && !addr) {
		const struct layer *l = &p->layers[i];
		const struct flow_rule *r = l->proto->flow;

		for (unsigned k = 0; r && k < r->n; k++) {
			const struct field *v = l->proto->rec.fields;

			h = mix_end(h, p, l, &v[r->pair[k].a], &addr);
			h = mix_end(h, p, l, &v[r->pair[k].b], &addr);
		}
	}
	return h;
}

static uint64_t key_of(const struct layout_key *k, const struct tree *t, uint32_t at)
{
	uint64_t h = 0;

	for (const char *c = k->name; *c; c++)
		h = mix(h, (unsigned char)*c);
	for (unsigned i = 0; i < k->nby; i++)
		h = mix(h, (uint64_t)expr_eval(k->by[i], t, at, NULL));
	return t->pkt ? mix_flow(h, t->pkt, t->layer) : h;
}

/* ---- the table ---- */

/* The nth place that a key may take. */
static unsigned place_of(uint64_t key, unsigned nth)
{
	return ((unsigned)(key >> 32) + nth) % LAYOUTS_MOST;
}

const struct layout *layouts_find(const struct layouts *l, const struct layout_key *k,
				  const struct tree *t, uint32_t at)
{
	uint64_t key = l ? key_of(k, t, at) : 0;

	for (unsigned i = 0; l && i < NEAR; i++) {
		const struct slot *s = &l->v[place_of(key, i)];

		if (s->layout && s->key == key)
			return s->layout;
	}
	return NULL;
}

static void drop(struct layouts *l, struct slot *s)
{
	if (!s->layout)
		return;
	l->items -= s->layout->n;
	free(s->layout);
	s->layout = NULL;
}

/* The slot that has the key, or a free one, or the oldest. */
static struct slot *slot_for(struct layouts *l, uint64_t key)
{
	struct slot *best = NULL;

	for (unsigned i = 0; i < NEAR; i++) {
		struct slot *s = &l->v[place_of(key, i)];

		if (s->layout && s->key == key)
			return s;
		if (!best || (best->layout && (!s->layout || s->age < best->age)))
			best = s;
	}
	return best;
}

static void drop_oldest(struct layouts *l)
{
	struct slot *oldest = NULL;

	for (unsigned i = 0; i < LAYOUTS_MOST; i++) {
		struct slot *s = &l->v[i];

		if (s->layout && (!oldest || s->age < oldest->age))
			oldest = s;
	}
	if (oldest)
		drop(l, oldest);
}

/* ---- learning ---- */

/* Items of a list, all of which have to be whole; -1: they are not. */
static int64_t whole_items(const struct tree *t, uint32_t list)
{
	for (uint32_t i = list; i < t->v[list].next; i++) {
		if (t->v[i].flags & (NODE_RAW | NODE_CUT | NODE_CLIPPED | NODE_GAP))
			return -1;
	}
	return (int64_t)t->v[list].num;
}

static void keep_number(struct layout_item *item, unsigned i, uint64_t v)
{
	if (v > UINT32_MAX)
		return;
	item->num[i] = (uint32_t)v;
	item->have |= (uint8_t)(1u << i);
}

static void learn_item(struct layout_item *item, const struct tree *t, uint32_t at)
{
	const struct record *rec = t->v[at].rec;

	*item = (struct layout_item) { .rec = rec };
	for (unsigned i = 0; rec && i < LAYOUT_NUMBERS; i++) {
		const struct view *v = NULL;
		uint32_t node;

		if (i >= rec->nfields + rec->nviews)
			break;
		if (i >= rec->nfields)
			v = &rec->views[i - rec->nfields];
		if (v) {
			if (!v->bytes && (!v->cond || expr_eval(v->cond, t, at, NULL)))
				keep_number(item, i, (uint64_t)expr_eval(v->expr, t, at, NULL));
			continue;
		}
		node = tree_child(t, at, i);
		if (node != NODE_NONE && is_number(t->v[node].type))
			keep_number(item, i, t->v[node].num);
	}
}

static struct layout *make(const struct tree *t, const uint32_t *list, unsigned nlists, uint32_t n)
{
	struct layout *y = malloc(sizeof(*y) + n * sizeof(y->v[0]));

	if (!y)
		return NULL;
	y->n = 0;
	for (unsigned i = 0; i < nlists; i++) {
		for (uint32_t k = tree_first(t, list[i]); k != NODE_NONE && y->n < n;
		     k = tree_sibling(t, k))
			learn_item(&y->v[y->n++], t, k);
	}
	return y;
}

static int learn_one(struct layouts *l, const struct teach *x, const struct tree *t, uint32_t at)
{
	uint32_t list[TEACH_LISTS];
	uint64_t key;
	int64_t n = 0;
	struct slot *s;

	if (x->cond && !expr_eval(x->cond, t, at, NULL))
		return 0;
	for (unsigned i = 0; i < x->nlists; i++) {
		int64_t more;

		list[i] = tree_child(t, at, x->list[i]);
		more = list[i] == NODE_NONE ? -1 : whole_items(t, list[i]);
		if (more < 0 || (n += more) > LAYOUT_ITEMS_MOST)
			return 0;
	}
	key = key_of(&x->key, t, at);
	s = slot_for(l, key);
	if (n == 0) {
		if (s->key == key)
			drop(l, s);
		return 0;
	}
	drop(l, s);
	while (l->items + n > LAYOUTS_ITEMS_MOST)
		drop_oldest(l);
	s->layout = make(t, list, x->nlists, (uint32_t)n);
	if (!s->layout)
		return -1;
	l->items += s->layout->n;
	s->key = key;
	s->age = ++l->n;
	return 0;
}

int layouts_learn(struct layouts *l, const struct tree *t, uint32_t at)
{
	const struct record *rec = t->v[at].rec;

	for (unsigned i = 0; i < rec->nteaches; i++) {
		if (learn_one(l, &rec->teaches[i], t, at))
			return -1;
	}
	return 0;
}

/* ---- what an item says ---- */

static bool has_alias(const struct field *f, const char *name)
{
	for (const char *const *a = f->alias; a && *a; a++) {
		if (*a == name)
			return true;
	}
	return false;
}

bool layout_number(const struct layout_item *item, const struct field *f, uint64_t *v)
{
	const struct record *rec = item->rec;

	for (unsigned i = 0; rec && i < LAYOUT_NUMBERS; i++) {
		const struct field *g = i < rec->nfields ? &rec->fields[i] : NULL;
		const char *name;

		if (!(item->have >> i & 1))
			continue;
		name = g ? g->name : rec->views[i - rec->nfields].name;
		if (name == f->name || has_alias(f, name) || (g && has_alias(g, f->name))) {
			*v = item->num[i];
			return true;
		}
	}
	return false;
}
