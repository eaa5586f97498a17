/* SPDX-License-Identifier: BSD-2-Clause */
/* How the layers of a packet stand to one another. */
#include "core/packet.h"

#include "core/proto.h"

int packet_parent(const struct packet *p, unsigned i)
{
	const struct layer *l = &p->layers[i];

	for (unsigned k = i; k-- > 0;) {
		const struct layer *o = &p->layers[k];

		if (o->off + o->hlen <= l->off && l->end <= o->end - o->tail)
			return (int)k;
	}
	return LAYER_NONE;
}

const uint8_t *packet_field(const struct packet *p, unsigned i, const struct field *f, unsigned *n)
{
	const struct layer *l = &p->layers[i];
	const struct type *t = f->type;
	unsigned bits;

	if (f->fixed_bit < 0 || f->cond || f->optional || t->form != TYPE_LEAF ||
	    t->ext.form != EXTENT_KIND)
		return NULL;
	bits = t->kind->bits ? t->kind->bits : t->bits;
	*n = bits / 8;
	if (!bits || bits % 8 || f->fixed_bit % 8 || (uint32_t)f->fixed_bit / 8 + *n > l->hlen ||
	    l->off + l->hlen > p->len)
		return NULL;
	return p->data + l->off + f->fixed_bit / 8;
}
