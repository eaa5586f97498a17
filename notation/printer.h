/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the printer share. Not for use outside notation/. */
#ifndef STRATA_NOTATION_PRINTER_H
#define STRATA_NOTATION_PRINTER_H

#include <string.h>

#include "notation/notation.h"

enum node_mode { /* how a node is printed; the printer raises these until the text rebuilds */
		 MODE_SAID = 1,  /* even if it is implied */
		 MODE_EXACT = 2, /* names with their own encoding */
		 MODE_PATHS = 4, /* lists by paths, not in shorthand */
		 MODE_HEX = 8,   /* hex: in place of the encoding */
};

enum layer_mode { LAYER_SHORT, LAYER_FULL, LAYER_HEX };

struct print_layer {
	struct tree tree;
	uint8_t *mode;   /* enum node_mode of each node */
	uint32_t *where; /* offset of each node's word in the text; 0: none */
	uint32_t cap;
	uint8_t all; /* modes that hold for every node of the layer */
	enum layer_mode how;
	uint8_t level;  /* enum print_rung */
	bool said;      /* the rung RUNG_SAID was tried */
	uint8_t step;   /* of hex: fields: leaves, items, whole fields */
	uint8_t names;  /* names said exactly, one a try */
	bool hidden;    /* inside a layer that is hex: */
	int parent;     /* -1: outermost */
	uint32_t body;  /* first byte after the header's fields */
	uint32_t inner; /* first byte that no inner layer took so far */
	int32_t filled; /* selector field that the layer above decides; -1 */
	uint64_t filled_value;
	uint64_t forced; /* selector fields that have to be said, by index; bit 63: all above 62 */
	size_t at, size; /* where it begins in the text, and how much of it its fields take */
};

struct printer {
	const struct registry *reg;
	struct plan plan;
	struct build build;
	struct print_layer layer[PACKET_LAYERS];
	struct buf text, tmp;
	struct arena mem;
	const struct packet *pkt;
	unsigned n;               /* layers */
	int16_t seq[PLAN_LAYERS]; /* what was printed: a layer's number, -1: bytes */
	int16_t in[PLAN_LAYERS];  /* the layer it stands in; -1 */
	unsigned nseq;
	unsigned tries;
	uint64_t work; /* spent on this packet: characters printed and read, fields built */
	unsigned flags;
	enum print_rung rung;
	bool have_time; /* print_script_line: the line before */
	int64_t last;
};

/* ---- print.c ---- */

/* Has the packet used up what its bytes allow? What is wrong then becomes hex: without more tries.
 */
bool print_is_spent(const struct printer *pr);
/* Is the text longer already than one try may be? */
bool print_is_long(const struct printer *pr);

/* ---- print_value.c ---- */

/* Text as a bare word where it cannot be misread, else in quotes. */
void print_text(const uint8_t *p, size_t n, struct buf *out);
void print_hex(const uint8_t *p, size_t n, struct buf *out);
/* A leaf's value. False: it has none in words. */
bool print_leaf(const struct tree *t, uint32_t at, bool exact, bool bytes_only, struct buf *out);
/* The number in the inline prefix of a node, and how many bytes it has. */
bool node_prefix(const struct tree *t, uint32_t at, uint64_t *v, unsigned *width);
/* Does an implied length have to be said, since a number by it is wider than it need be? */
bool node_sizes(const struct tree *t, uint32_t at);
/* X.len and X.width of a node where they are not what building would give. */
bool node_derived(const struct tree *t, uint32_t at, bool full, bool *len, uint64_t *len_is,
		  bool *width, uint64_t *width_is);

/* ---- print_omit.c ---- */

/* Would building give this leaf the same value if it were not said? */
bool node_implied(struct printer *pr, unsigned i, uint32_t at);
/* Decide for layer i which selector field may be left to the layer above (upper, or NULL). */
void print_selectors(struct printer *pr, unsigned i, const struct proto *upper);

/* ---- print_fields.c, print_items.c ---- */

/* The words of layer i's fields, each with a blank in front. */
void print_fields(struct printer *pr, unsigned i, struct buf *out);
/* A list's items in shorthand; false: some item is not flat. */
bool print_items(struct printer *pr, unsigned i, uint32_t at, struct buf *out);
bool print_is_omitted(struct printer *pr, unsigned i, uint32_t at);
uint8_t print_mode(const struct print_layer *l, uint32_t at);

/* ---- print_check.c ---- */

/* Does pr->text rebuild the packet? If not, the layers that differ go one rung down. */
bool print_check(struct printer *pr);

#endif
