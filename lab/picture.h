/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the parts of a network stand in a picture of it: cards in columns, the middle of the
 * network in the middle, wires from side to side. */
#ifndef STRATA_LAB_PICTURE_H
#define STRATA_LAB_PICTURE_H

#include "lab/topology.h"

struct picture_card { /* of a node; pixels */
	int x, y, w, h;
	int column;       /* 0: where the middle of its part of the network stands */
	struct buf lines; /* below the name, an end of line behind each */
	unsigned nlines;
	/* Of the tree that the picture grows along: */
	unsigned level, parent, child, next; /* PICTURE_NONE: there is none */
	unsigned part;                       /* which of those that no wire joins */
};

struct picture_end { /* of a wire, at a card */
	int x, y;
	int side; /* 1: at the card's right; -1: left */
};

struct picture {
	int width, height;
	struct picture_card *card; /* of each node */
	struct picture_end *end;   /* of each port */
	bool failed;               /* memory is out */
};

#define PICTURE_NONE UINT32_MAX
#define PICTURE_LINE 15                     /* pixels from line to line of a card */
#define PICTURE_SMALL(n) ((int)(n)*67 / 10) /* width of so many of its characters */

/* What is said of a wire beside it: first what it does, then the network that is on it alone. */
void picture_wire_words(const struct topology *t, unsigned wire, struct buf *does, struct buf *net);
/* Free with picture_done, whatever became of it. */
void picture_make(const struct topology *t, struct picture *p);
void picture_done(const struct topology *t, struct picture *p);

#endif
