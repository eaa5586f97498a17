/* SPDX-License-Identifier: BSD-2-Clause */
/* What a user said about a packet, as a value: layers, and what was said of their fields. The
 * notation makes it from text; build() makes bytes from it. */
#ifndef STRATA_CORE_PLAN_H
#define STRATA_CORE_PLAN_H

#include "core/packet.h"
#include "core/proto.h"
#include "core/registry.h"
#include "core/tree.h"

enum say_form {
	SAY_TREE,  /* only children were said */
	SAY_TEXT,  /* text: to be read by the field's words and kind */
	SAY_VALUE, /* cur: a value already read (sweeps, payload forms such as fill:, quotes) */
	SAY_RAW,   /* hex: in place of the encoding: cur.p[cur.len] */
	SAY_NONE,  /* none: the empty list */
	SAY_AUTO,
	SAY_BAD,
	SAY_FRESH,
	SAY_ANY, /* patterns only; building takes it as unsaid */
};

struct sweep; /* notation's: the values a field runs through */

struct say {
	const char *name; /* canonical name of the field; NULL: list item `index`. Also "len",
			     "width": derived */
	uint32_t index;
	enum say_form form;
	const char *text; /* SAY_TEXT; not NUL-terminated */
	uint32_t text_len;
	struct value cur;            /* SAY_VALUE, SAY_RAW; set by each step of a sweep */
	uint32_t at, span;           /* place of the value in the user's text */
	uint32_t name_at, name_span; /* place of the path */
	bool implied;                /* set by rule 6 of the notation, not by the user */
	struct sweep *sweep;         /* NULL: one value */
	bool varies; /* cur is set anew for each packet though there is no sweep (routes) */
	struct say *child, *next;
	struct say *recent, *last; /* notation: the child item asked for last; the last child */
	bool mixed;                /* notation: its items were not said in rising order */
};

/* A copy of s and all in it, without what stands beside it. NULL when memory is out. The notation
 * bounds the depth. */
struct say *say_copy(struct arena *mem, const struct say *s);

#define PLAN_LAYERS 64

struct plan_layer {
	const struct proto *proto; /* NULL: payload bytes */
	struct say *say;           /* first child: fields said, in order of the text */
	struct say payload;        /* proto NULL: SAY_VALUE */
	struct say *trailer;       /* bytes after the last inner layer; or NULL */
	int16_t parent;    /* the layer it stands in; -1: outermost. Layers are in preorder */
	bool filled;       /* put in between by the notation */
	uint32_t at, span; /* place in the user's text */
};

struct plan {
	const struct registry *reg;
	struct arena mem;
	const char *text; /* the user's text, for carets */
	uint32_t text_len;
	struct plan_layer layer[PLAN_LAYERS];
	unsigned n;
	uint16_t link;        /* LINKTYPE_ number: from the outermost layer, or link= */
	uint32_t wire_len;    /* wire=; 0: as many bytes as are built */
	struct sweep *sweeps; /* notation's: every swept say, in order of the text; NULL: none */
	unsigned nsweeps;
	bool wire_said; /* wire= was there; then 0 is 0 */
	char scope[16]; /* interface named after an address (fe80::2%eth0), or "" */
};

/* ---- built ---- */

struct built {
	const struct proto *proto;     /* NULL: payload */
	unsigned plan;                 /* its plan_layer */
	uint32_t off, hlen, end, tail; /* in the packet's bytes */
	struct tree
		tree; /* nodes with their place in the packet's bytes; tree.data == build.bytes.p */
};

struct build_note {
	unsigned layer;
	uint32_t node;
	char text[160];
};

struct build {
	struct buf bytes; /* the packet */
	struct built layer[PLAN_LAYERS];
	unsigned n;
	struct packet pkt;           /* a view: layers (payload layers excluded), len, link */
	struct build_note notes[16]; /* what was said against a rule, what has no room */
	unsigned nnotes;
	struct arena mem;
	struct buf scratch[PLAN_LAYERS];
};

/* All but the checksums: every layer's fields encoded from its description, inner first, lengths
 * computed. Where a value does not fit its field, e gets the place in plan->text. Reuses b's
 * memory. */
int build_layers(struct build *b, const struct plan *p, struct err *e);
/* Checksums, innermost first, into b->bytes; `bad` ones spoiled. */
int build_sums(struct build *b, const struct plan *p, struct err *e);
/* The sum that is made after that of node `at` (0: the first), those that stand in structs before
 * those around them, which may cover them. *level is 0 at first. NODE_NONE: there are no more. */
uint32_t build_sum_next(const struct tree *t, uint32_t at, unsigned *level);
/* Both. The description is the only builder here; craft/ puts libnet between the two. */
int build(struct build *b, const struct plan *p, struct err *e);
void build_done(struct build *b);
void plan_done(struct plan *p);

/* Read text as the value of field f of type (its words first, then its kind). The error has a place
 * relative to s. */
int value_parse(const struct field *f, const struct type *type, const char *s, size_t n,
		struct arena *mem, struct value *v, struct err *e);
/* The value in words: what value_parse takes (words, show hex), for leaf kinds but text and bytes.
 */
void value_print(const struct field *f, const struct type *type, const struct value *v,
		 struct buf *out);
/* The same for output that has its own escapes: text as UTF-8, whatever is in it. */
void value_plain(const struct field *f, const struct type *type, const struct value *v,
		 struct buf *out);

#endif
