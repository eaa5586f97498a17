/* SPDX-License-Identifier: BSD-2-Clause */
/* How the layers of a packet stand to one another. */
#include "core/packet.h"

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
