/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing numbers whose head is an earlier field: the head gets the shortest form, unless it was
 * said; then the number is written in that form. */
#include "core/build_walk.h"
#include "core/wide.h"

/* The head's node; *said: the user gave it its value, or another layer. */
static uint32_t head_node(const struct writer *w, uint32_t inst, const struct extent *x, bool *said)
{
	uint32_t head = tree_child(w->t, inst, (unsigned)x->expr->local);

	*said = head != NODE_NONE && is_said(w->t->v[head].said);
	return head;
}

static int too_large(struct writer *w, uint32_t at, uint64_t v, const struct say *say)
{
	return say_error(w, say, "%s has no form for %llu", w->t->v[at].field->name,
			 (unsigned long long)v);
}

bool wide_head_said(const struct writer *w, uint32_t inst, const struct type *type)
{
	bool said = false;

	if (is_wide(type))
		head_node(w, inst, &type->ext, &said);
	return said;
}

/* The head was said, so that form it is: v is only as long as it can be. The number itself may
 * be left to it. */
static int put_said(struct writer *w, uint32_t at, uint64_t head, uint64_t v, const struct say *say,
		    bool later)
{
	const struct node *n = &w->t->v[at];
	const struct wide_form *form = wide_of(&n->type->ext, head);
	uint64_t least = form ? form->add : head;

	w->t->v[at].flags |= NODE_SAID;
	if (later || !is_said(say)) {
		w->t->v[at].num += least - v;
		v = least;
	}
	if (form ? !wide_holds(form, v) : v != head)
		return say_error(w, say,
				 "%s was said to be %llu, a form in which %s cannot be %llu",
				 n->type->ext.expr->path[0].name, (unsigned long long)head,
				 n->field->name, (unsigned long long)n->num);
	return form ? put_number(w, form->type, form->type->bits, v - form->add) : 0;
}

int put_wide(struct writer *w, uint32_t at, uint32_t inst, uint64_t v, const struct say *say,
	     bool later)
{
	const struct extent *x = &w->t->v[at].type->ext;
	const struct wide_form *form;
	bool said;
	uint32_t head = head_node(w, inst, x, &said);
	uint64_t h;

	if (said)
		return put_said(w, at, w->t->v[head].num, v, say, later);
	if (!wide_shortest(x, v, &h, &form))
		return too_large(w, at, v, say);
	if (head != NODE_NONE)
		w->t->v[head].num = h;
	return form ? put_number(w, form->type, form->type->bits, v - form->add) : 0;
}

int settle_wide(struct writer *w, const struct pending *p, uint64_t v)
{
	struct node *n = &w->t->v[p->node];
	const struct extent *x = &n->type->ext;
	const struct wide_form *form;
	bool said;
	uint32_t head = head_node(w, p->at, x, &said), old = n->bits / 8;
	int32_t delta;
	uint64_t h, cut;

	if (said) {
		form = wide_of(x, w->t->v[head].num);
		if (!form) /* the head is the number */
			return 0;
		cut = form->type->bits < 64 ? (UINT64_C(1) << form->type->bits) - 1 : UINT64_MAX;
		n->num = (v < form->add ? 0 : (v - form->add) & cut) + form->add;
		if (n->num != v)
			note_room(w, p, form->type->bits, v, n->num);
		store(w, form->type, n->bit, form->type->bits, n->num - form->add);
		return 0;
	}
	if (!wide_shortest(x, v, &h, &form))
		return too_large(w, p->node, v, p->say);
	delta = (int32_t)(form ? form->type->bits / 8u : 0u) - (int32_t)old;
	if (delta && move_bytes(w, n->bit / 8 + old, delta, p->node + 1))
		return -1;
	grow_node(w, p->node, p->at, delta);
	n->num = v;
	if (head != NODE_NONE)
		w->t->v[head].num = h;
	if (form)
		store(w, form->type, n->bit, form->type->bits, v - form->add);
	return 0;
}
