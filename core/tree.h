/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields of one layer, found by walking its description: in captured bytes (decode) or in bytes
 * just built (build). Cold: made when someone asks for fields. Nodes are an array in preorder; a
 * subtree is v[i .. v[i].next). */
#ifndef STRATA_CORE_TREE_H
#define STRATA_CORE_TREE_H

#include "core/packet.h"
#include "core/proto.h"

struct say;
struct plan;

enum node_flag {
	NODE_CUT = 1,      /* only a first part of it was there */
	NODE_RAW = 2,      /* the bytes do not fit the description: to be said as hex: */
	NODE_SAID = 4,     /* building: the user said it */
	NODE_ITEM = 8,     /* a list item; index says which */
	NODE_CLIPPED = 32, /* its length says more than there was room for */
	NODE_GAP = 64,     /* bytes inside a bound that no field took (field NULL) */
	NODE_JUDGED = 128, /* its field has a rule or a must */
};

struct node {
	const struct field *field; /* NULL: the root (and gaps). A list item has its list's field */
	const struct type
		*type; /* the type actually used: the arm of a choose, the item type; root: NULL */
	const struct record *rec; /* root and structs: whose fields the children are; else NULL */
	const struct say *said;   /* building only */
	uint64_t num;       /* value of number kinds (i*: sign-extended); lists: number of items */
	uint32_t bit, bits; /* where it stands, from the packet's first bit; prefix and terminator
			       included */
	uint32_t parent, next;
	uint16_t head,
		tail;   /* bytes of inline length prefix before, of terminator after the value */
	uint16_t index; /* items: 0.. */
	uint16_t flags; /* enum node_flag */
};

struct tree {
	const uint8_t *data; /* the packet's bytes */
	uint32_t len;
	const struct proto *proto;
	uint32_t off, hlen, end; /* the layer's extents, bytes */
	uint16_t lflags;         /* enum layer_flag, found while decoding */
	uint16_t tail;
	struct node *v; /* v[0]: the root */
	uint32_t n, cap;
	unsigned work;            /* budget left */
	const struct packet *pkt; /* decode: for fields of lower layers; or NULL */
	unsigned layer;
	const struct plan
		*plan; /* building: the layers below are not built yet; layer counts in it */
};

/* Fill t with the fields of layer i of p. Reuses t's memory. Never fails on input: what does not
 * fit is flagged. Bounded work; returns -1 only when memory is out. Thread-safe for distinct trees.
 */
int decode(struct tree *t, const struct packet *p, unsigned i);
/* The same for a header that is not yet a layer: proto at off, bounded by end; finds hlen. Used by
 * dissect (WALK). */
int decode_header(struct tree *t, const struct packet *p, const struct proto *proto, uint32_t off,
		  uint32_t end);
void tree_done(struct tree *t);

#define NODE_NONE UINT32_MAX
/* Child of struct node `at` by field number; NODE_NONE: absent. */
uint32_t tree_child(const struct tree *t, uint32_t at, unsigned field);
/* First child / next sibling; NODE_NONE at the end. */
uint32_t tree_first(const struct tree *t, uint32_t at);
uint32_t tree_sibling(const struct tree *t, uint32_t at);
/* By dotted path of names (canonical or alias) and indexes from the root: "an.0.rdata"; NODE_NONE.
 */
uint32_t tree_find(const struct tree *t, const char *path, size_t n);
/* The canonical path of a node ("an.0.name") appended to out. */
void tree_path(const struct tree *t, uint32_t at, struct buf *out);
/* The value of a leaf. */
void node_value(const struct tree *t, uint32_t at, struct value *v);

/* ---- expressions ---- */

struct eval_env {
	int64_t item;               /* EX_ITEM */
	uint64_t upper;             /* EX_UPPER */
	uint32_t span;              /* EX_SPANLEN: bytes of the layer */
	const struct tree *request; /* EX_REQUEST */
};
/* Value of x in the instance `at` (root or struct node) of t. env may be NULL. Division by 0 gives
 * 0. */
int64_t expr_eval(const struct expr *x, const struct tree *t, uint32_t at,
		  const struct eval_env *env);
/* f as it is in the instance `at`: with the words whose condition holds there. copy: room for it.
 */
const struct field *field_here(const struct field *f, const struct tree *t, uint32_t at,
			       struct field *copy);
/* The node of a name in x (EX_FIELD of no other layer), looked up inside out from `at`; NODE_NONE.
 */
uint32_t expr_node(const struct expr *x, const struct tree *t, uint32_t at);
/* First and last+1 bit of a span in the instance at; false: it is empty, or the pseudo header. */
bool span_bits(const struct span *s, const struct tree *t, uint32_t at, uint32_t *from,
	       uint32_t *to);
/* Bytes a span list covers in the instance at, the pseudo header not counted. */
uint32_t spans_bytes(const struct spans *s, const struct tree *t, uint32_t at);
/* What a field's rule (LEN, COUNT, EXPR) asks for in this instance: -1 if it has none or cannot be
 * told. *inexact: rounded. */
int rule_value(const struct field *f, const struct tree *t, uint32_t at, uint64_t *v,
	       bool *inexact);

/* Does v say what the rule asks for? A length in bits may leave some of its last byte unused. */
bool rule_holds(const struct rule *r, uint64_t v, uint64_t want);

/* Is the Internet checksum in field f of a layer right (RFC 1071 section 1 (3): the sum over all,
 * itself included, is all ones), as far as its bytes tell at once? False: sum_value tells. */
bool sum_right(const struct packet *p, unsigned layer, const struct field *f);
/* What checksum node `node` of t, the tree of layer `layer`, should hold. Lower layers of p are
 * looked at for pseudo headers. 0 done; 1 "none" (zero_none and the field reads 0); 2 cannot be
 * told (cut, excerpt, opaque fragment). */
int sum_value(const struct packet *p, unsigned layer, const struct tree *t, uint32_t node,
	      uint64_t *v);

#endif
