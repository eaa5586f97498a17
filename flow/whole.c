/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets put together from several: the headers of one of them, then the whole payload. */
#include "flow/impl.h"

#include <string.h>

#include "dissect/dissect.h"

void whole_front(struct whole *w, const struct packet *p, unsigned i)
{
	unsigned chain[PACKET_LAYERS], n = 0;

	for (int at = (int)i; at >= 0; at = packet_parent(p, (unsigned)at))
		chain[n++] = (unsigned)at;
	w->p = (struct packet) { .when = p->when,
				 .link = p->link,
				 .ifindex = p->ifindex,
				 .number = p->number,
				 .ifname = p->ifname,
				 .flags = (p->flags & ~PACKET_DEEP) | PACKET_WHOLE,
				 .nlayers = (uint8_t)n };
	for (unsigned k = 0; k < n; k++)
		w->p.layers[k] = p->layers[chain[n - 1 - k]];
	w->first = (uint8_t)n;
	w->bytes.n = 0;
	buf_put(&w->bytes, p->data, p->layers[i].off + p->layers[i].hlen);
	w->origin = (struct origin) { .from = w->from };
	w->p.origin = &w->origin;
}

bool whole_keep(const struct whole *w, struct front *h, size_t room)
{
	size_t layers = w->p.nlayers * sizeof(struct layer);

	if (w->bytes.failed || sizeof(*h) + layers + w->bytes.n > room)
		return false;
	*h = (struct front) { .when = w->p.when,
			      .number = w->p.number,
			      .n = (uint32_t)w->bytes.n,
			      .ifindex = w->p.ifindex,
			      .link = w->p.link,
			      .nlayers = w->p.nlayers,
			      .flags = w->p.flags };
	memcpy(h->layers, w->p.layers, layers);
	memcpy(h->layers + h->nlayers, w->bytes.p, w->bytes.n);
	return true;
}

void whole_again(struct whole *w, const struct front *h)
{
	w->p = (struct packet) { .when = h->when,
				 .number = h->number,
				 .link = h->link,
				 .ifindex = h->ifindex,
				 .flags = h->flags,
				 .nlayers = h->nlayers,
				 .origin = &w->origin };
	memcpy(w->p.layers, h->layers, h->nlayers * sizeof(struct layer));
	w->first = h->nlayers;
	w->origin = (struct origin) { .from = w->from };
	w->bytes.n = 0;
	buf_put(&w->bytes, h->layers + h->nlayers, h->n);
}

int whole_close(struct flows *f, struct whole *w, uint64_t wire)
{
	if (w->bytes.failed) {
		buf_done(&w->bytes);
		return -1;
	}
	w->p.data = (const uint8_t *)w->bytes.p;
	w->p.len = (uint32_t)w->bytes.n;
	w->p.wire_len = wire > UINT32_MAX ? UINT32_MAX : (uint32_t)wire;
	for (unsigned k = 0; k < w->p.nlayers; k++) {
		w->p.layers[k].end = w->p.len;
		w->p.layers[k].tail = 0;
		w->p.layers[k].flags = LAYER_ABOVE;
	}
	f->decoded = NULL;
	dissect_inside(f->reg, &w->p, NULL, &f->scratch);
	return 0;
}

void whole_from(struct whole *w, uint64_t packet)
{
	struct origin *o = &w->origin;

	if (o->nfrom && w->from[o->nfrom - 1] == packet)
		return;
	if (o->nfrom == FLOW_FROM)
		o->more++;
	else
		w->from[o->nfrom++] = packet;
}

int whole_tell(struct flows *f, struct whole *w)
{
	int rc = f->ops.whole ? f->ops.whole(f->opts.arg, &w->p) : 0;

	if (rc || f->depth + 1 >= FLOW_DEPTH)
		return rc;
	f->depth++;
	rc = flow_look(f, &w->p, w->first);
	f->depth--;
	f->decoded = NULL;
	return rc;
}
