/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes to layers: the loop that reads compiled descriptions (core/shape.h). No allocation unless a
 * header must be decoded to know its length; no string, no callback, no field. */
#ifndef STRATA_DISSECT_H
#define STRATA_DISSECT_H

#include "core/packet.h"
#include "core/registry.h"
#include "core/tree.h"

/* Fill p->layers and p->nlayers from p->data, len, wire_len and link. Never fails on input: what
 * does not fit is flagged on its layer. After it, no field at a fixed place of a layer lies outside
 * [off, off + hlen) unless the layer is flagged. r must be frozen. Thread-safe for distinct
 * packets. */
void dissect(const struct registry *r, struct packet *p);
/* The same, with a tree whose memory is reused from packet to packet. */
void dissect_with(const struct registry *r, struct packet *p, struct tree *scratch);
/* The same for bytes that begin with the header of `first` (messages from a socket), whatever
 * p->link says. NULL: by the link type. */
void dissect_as(const struct registry *r, struct packet *p, const struct proto *first,
		struct tree *scratch);

/* The same from what p->layers holds already (at least one): what follows in the payload of the
 * last of them, which is [off + hlen, end), whatever its header says of it.
 * first: begins with this protocol; NULL: with what the last layer selects. */
void dissect_inside(const struct registry *r, struct packet *p, const struct proto *first,
		    struct tree *scratch);

/* Bytes of the payload of layer i (LAYER_NONE: of the packet) that no inner layer took: the whole
 * payload when nothing is inside, else what stands after the last inner layer (its trailer).
 * False, and *from == *to, when there are none. */
bool packet_rest(const struct packet *p, int i, uint32_t *from, uint32_t *to);
/* Is there a layer inside layer i (LAYER_NONE: in the packet)? */
bool packet_carries(const struct packet *p, int i);
/* The payload of layer i, whatever is inside: [*from, *to). False when it is empty. */
bool packet_payload(const struct packet *p, unsigned i, uint32_t *from, uint32_t *to);
/* Layer i and all in it, as a packet of its own of this link type, not dissected yet. What stands
 * behind it (padding) belongs to the header before it, and is left out. */
struct packet packet_part(const struct packet *p, unsigned i, uint16_t link);
/* The nth (from 1) layer of proto; LAYER_NONE. */
int packet_layer(const struct packet *p, const struct proto *proto, unsigned nth);

#endif
