/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loop and its long ways share. Not for use outside dissect/. */
#ifndef STRATA_DISSECT_IMPL_H
#define STRATA_DISSECT_IMPL_H

#include "core/packet.h"
#include "core/shape.h"
#include "core/tree.h"
#include "dissect/heard.h"

/* Where the payload of a layer stands, for those side by side in it. */
struct context {
	uint32_t end;  /* claimed end of the payload */
	uint16_t pass; /* flags that its inner layers bear */
	bool told;     /* a length said where it ends */
};

/* Where the next header begins, and the claimed and the captured end of what it stands in. */
struct here {
	uint32_t off, end, lim;
	bool told; /* a length said where the end is */
};

struct run {
	const struct shapes *S;
	struct packet *p;
	struct tree *scratch;
	const struct heard *heard; /* or NULL */
	uint32_t off, end, lim;    /* next header; claimed and captured end of what it stands in */
	const struct shape *first; /* what the packet begins with, when not its link type says */
	uint32_t top;              /* claimed end of the packet */
	uint16_t pass, once; /* flags for all layers from here inwards; for the next one only */
	bool told;
	const struct proto *seen; /* what scratch holds: this header at seen_off, up to seen_lim */
	uint32_t seen_off, seen_lim;
	bool trial;       /* recorded on trial: is there somebody who fits over it? */
	uint8_t siblings; /* not 0: a layer was met that may stand beside another */
	int8_t parent;    /* the layer that the next one stands in */
	struct context ctx[PACKET_LAYERS]; /* of layers that hold some side by side; then only */
};

struct extents {
	uint32_t hlen, end;
	uint16_t flags, tail;
};

/* The header of proto at x->off, decoded up to x->lim in x->scratch; false: memory is out. */
bool decoded(struct run *x, const struct proto *proto);
/* Record one layer, whatever its shape, and go on to its payload. False: stop there. */
bool long_layer(struct run *x, const struct shape *s);
/* The extents of any layer. Narrows x->end and x->lim to its payload. False: stop after it. */
bool measure_cold(struct run *x, const struct shape *s, struct extents *m);
/* Does the guard of s hold for the bytes at x->off, and those of what it carries if it says so? */
bool fits(struct run *x, const struct shape *s);
/* What may follow in the payload of layer x->parent (shape low; NULL: the packet itself): every
 * candidate in order, guards judged. Sets x->once. */
const struct shape *follow_long(struct run *x, const struct shape *low);
/* Judge opaque, excerpt and quotes of the layer just recorded. False: its payload is bytes. *next:
 * the shape that a quote begins with, if it says so. */
bool may_look_inside(struct run *x, const struct shape *s, const struct shape **next);
/* What stands beside the layer recorded last, or beside one that encloses it; NULL: nothing. */
const struct shape *beside(struct run *x);

#endif
