/* SPDX-License-Identifier: BSD-2-Clause */
/* The forms of a number whose head is an earlier field. */
#include "core/wide.h"

#include "core/bits.h"

const struct wide_form *wide_of(const struct extent *x, uint64_t head)
{
	for (unsigned i = 0; i < x->nwide; i++) {
		if (x->wide[i].head == head)
			return &x->wide[i];
	}
	return NULL;
}

bool wide_holds(const struct wide_form *w, uint64_t v)
{
	return v >= w->add && (w->type->bits >= 64 || !((v - w->add) >> w->type->bits));
}

bool wide_shortest(const struct extent *x, uint64_t v, uint64_t *head, const struct wide_form **w)
{
	*w = NULL;
	*head = v;
	if (v < x->wide[0].head)
		return true;
	for (unsigned i = 0; i < x->nwide; i++) {
		if (!wide_holds(&x->wide[i], v))
			continue;
		*w = &x->wide[i];
		*head = x->wide[i].head;
		return true;
	}
	return false;
}

uint64_t wide_head(const struct extent *x, uint64_t head, const uint8_t *p, uint64_t bit,
		   unsigned bits)
{
	const struct wide_form *w;
	uint64_t v;

	for (unsigned i = 0; bits && i < x->nwide; i++) {
		if (x->wide[i].type->bits != bits)
			continue;
		v = (x->wide[i].type->le ? bits_get_le : bits_get)(p, bit, bits);
		wide_shortest(x, v + x->wide[i].add, &head, &w);
		break;
	}
	return head;
}
