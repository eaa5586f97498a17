/* SPDX-License-Identifier: BSD-2-Clause */
/* Moving about in the fields of a layer: children, siblings, paths, values. */
#include "core/tree.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/bits.h"
#include "core/registry.h"
#include "core/walk.h"

void tree_done(struct tree *t)
{
	free(t->v);
	*t = (struct tree) { 0 };
}

uint32_t tree_first(const struct tree *t, uint32_t at)
{
	return t->v[at].next > at + 1 && at + 1 < t->n ? at + 1 : NODE_NONE;
}

uint32_t tree_sibling(const struct tree *t, uint32_t at)
{
	uint32_t next = t->v[at].next;

	if (at == 0 || next >= t->n || next >= t->v[t->v[at].parent].next)
		return NODE_NONE;
	return next;
}

/* The field of the record at `at` whose node `i` is; -1: it is none of a field of that. */
static int field_of(const struct tree *t, uint32_t at, uint32_t i)
{
	const struct node *n = &t->v[i];

	return n->parent != at || !n->field || (n->flags & NODE_ITEM) ? -1 : n->field->index;
}

uint32_t tree_child(const struct tree *t, uint32_t at, unsigned field)
{
	uint32_t guess = at + 1 + field < t->n ? at + 1 + field : t->n - 1;

	/* Fields stand in order: it is no further than where it stands when all fields before it
	 * are there. If one of them is more than a node, it may be. */
	for (uint32_t i = guess; i > at; i--) {
		int f = field_of(t, at, i);

		if (f == (int)field)
			return i;
		if (f >= 0 && f < (int)field && (i < guess || i == t->n - 1))
			return NODE_NONE;
		if (f < (int)field)
			break;
	}
	/* A record that is still being walked has no `next` yet: the end of the array bounds it. */
	uint32_t end = t->v[at].next > at ? t->v[at].next : t->n;

	for (uint32_t i = at + 1; i < end && i < t->n;) {
		const struct node *n = &t->v[i];

		/* Inside the child before, which is still being walked: that was the last one. */
		if (n->parent != at)
			break;
		if (n->field && n->field->index == field && !(n->flags & NODE_ITEM))
			return i;
		i = n->next > i ? n->next : i + 1;
	}
	return NODE_NONE;
}

static uint32_t item_at(const struct tree *t, uint32_t list, uint32_t index)
{
	for (uint32_t i = tree_first(t, list); i != NODE_NONE; i = tree_sibling(t, i)) {
		if ((t->v[i].flags & NODE_ITEM) && t->v[i].index == index)
			return i;
	}
	return NODE_NONE;
}

static const struct field *field_named(const struct tree *t, uint32_t at, const char *s, size_t n)
{
	if (at == 0 && t->proto)
		return proto_field(t->proto, s, n);
	return t->v[at].rec ? record_field(t->v[at].rec, s, n) : NULL;
}

uint32_t tree_find(const struct tree *t, const char *path, size_t n)
{
	uint32_t at = 0;
	size_t i = 0;

	while (i < n) {
		size_t from = i;
		const struct field *f;

		while (i < n && path[i] != '.')
			i++;
		if (isdigit((unsigned char)path[from])) {
			uint32_t index = 0;

			for (size_t k = from; k < i; k++)
				index = index * 10 + (uint32_t)(path[k] - '0');
			at = item_at(t, at, index);
		} else {
			f = field_named(t, at, path + from, i - from);
			if (!f && at == 0) { /* an alias may hold dots itself */
				f = proto_field(t->proto, path, n);
				if (f)
					i = n;
			}
			at = f ? tree_child(t, at, f->index) : NODE_NONE;
		}
		if (at == NODE_NONE)
			return NODE_NONE;
		if (i < n)
			i++;
	}
	return at;
}

void tree_path(const struct tree *t, uint32_t at, struct buf *out)
{
	uint32_t stack[WALK_DEPTH + 2];
	unsigned n = 0;

	for (; at != 0 && n < WALK_DEPTH + 2; at = t->v[at].parent)
		stack[n++] = at;
	for (unsigned i = n; i-- > 0;) {
		const struct node *node = &t->v[stack[i]];

		if (i + 1 < n)
			buf_char(out, '.');
		if (node->flags & NODE_ITEM)
			buf_u64(out, node->index);
		else if (node->field)
			buf_str(out, node->field->name);
	}
}

void node_value(const struct tree *t, uint32_t at, struct value *v)
{
	const struct node *n = &t->v[at];
	uint32_t bytes = n->bits / 8;

	*v = (struct value) { .num = n->num };
	if (n->bit % 8 || n->bit / 8 + bytes > t->len)
		return;
	v->p = t->data + n->bit / 8;
	v->len = bytes;
	if ((unsigned)n->head + n->tail <= bytes) {
		v->p += n->head;
		v->len -= (uint32_t)n->head + n->tail;
	}
	v->base = t->data + t->off;
	v->base_len = (t->end < t->len ? t->end : t->len) - t->off;
}
