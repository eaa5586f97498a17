/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the parts of a network stand in a picture of it. Each part that hangs together grows from
 * its middle to both sides, a column for each wire further away; wires between others join the same
 * column or neighbours, since no way is shorter than the one that it grew along. */
#include "lab/picture.h"

#include <stdlib.h>
#include <string.h>

#include "lab/kernel.h"

#define MARGIN 28
#define ICON 26
#define PAD 13
#define ROW_GAP 18
#define COLUMN_GAP 96
#define PART_GAP 40

static unsigned other(const struct topology *t, unsigned port)
{
	return t->port[port ^ 1].node;
}

/* ---- what is written ---- */

static void add_line(struct picture_card *c, unsigned *most)
{
	size_t from = c->lines.n;

	while (from && c->lines.p[from - 1] != '\n')
		from--;
	*most = c->lines.n - from > *most ? (unsigned)(c->lines.n - from) : *most;
	buf_char(&c->lines, '\n');
	c->nlines++;
}

static void address_lines(const struct topology *t, unsigned node, struct picture_card *c,
			  unsigned *most)
{
	for (unsigned i = 0; i < 2 * t->nwires; i++)
		for (unsigned f = 0; t->port[i].node == node && f < LAB_VERSIONS; f++) {
			if (!t->port[i].addr[f].len)
				continue;
			if (t->node[node].nports > 1)
				buf_fmt(&c->lines, KERNEL_PORT "%u ", t->port[i].number);
			lab_addr_print(&t->port[i].addr[f], true, &c->lines);
			add_line(c, most);
		}
}

/* The network that a switch serves. */
static void switch_lines(const struct topology *t, unsigned node, struct picture_card *c,
			 unsigned *most)
{
	unsigned i = 0;

	while (i < 2 * t->nwires && t->port[i].node != node)
		i++;
	for (unsigned f = 0; i < 2 * t->nwires && f < LAB_VERSIONS; f++)
		if (t->segment[t->port[i].segment].net[f].len) {
			lab_addr_print(&t->segment[t->port[i].segment].net[f], true, &c->lines);
			add_line(c, most);
		}
	if (t->node[node].tree) {
		buf_str(&c->lines, "spanning tree");
		add_line(c, most);
	}
}

static void write_card(const struct topology *t, unsigned node, struct picture_card *c)
{
	unsigned most = 0, name = (unsigned)strlen(t->node[node].name);

	if (t->node[node].kind == LAB_SWITCH)
		switch_lines(t, node, c, &most);
	else
		address_lines(t, node, c, &most);
	c->w = PICTURE_SMALL(most) > (int)name * 9 ? PICTURE_SMALL(most) : (int)name * 9;
	c->w += PAD + ICON + 10 + PAD;
	c->h = 2 * PAD + ICON;
	if (c->nlines > 1)
		c->h = 2 * PAD + 14 + PICTURE_LINE * (int)c->nlines;
}

void picture_wire_words(const struct topology *t, unsigned wire, struct buf *does, struct buf *net)
{
	const struct lab_segment *s = &t->segment[t->port[2 * wire].segment];

	lab_wire_print(&t->wire[wire], does);
	for (unsigned i = 0; i < 2; i++)
		if (t->node[t->port[2 * wire + i].node].kind == LAB_SWITCH)
			return;
	if (s->net[LAB_V4].len)
		lab_addr_print(&s->net[LAB_V4], true, net);
}

/* ---- the tree that it grows along ---- */

struct grow {
	const struct topology *t;
	struct picture *p;
	unsigned *queue, *far; /* nodes, nearest first; how far each is */
	unsigned n;
};

/* All that hangs together with a node, but nothing beyond `without`. */
static void reach(struct grow *g, unsigned from, unsigned without)
{
	const struct topology *t = g->t;

	memset(g->far, 0xff, t->nnodes * sizeof(*g->far));
	g->far[from] = 0;
	g->queue[0] = from;
	g->n = 1;
	for (unsigned k = 0; k < g->n; k++)
		for (unsigned i = 0; i < 2 * t->nwires; i++) {
			unsigned to = other(t, i);

			if (t->port[i].node != g->queue[k] || to == without ||
			    g->far[to] != PICTURE_NONE)
				continue;
			g->far[to] = g->far[g->queue[k]] + 1;
			g->queue[g->n++] = to;
		}
}

/* The node of a part from which the farthest one is nearest; of equal ones no host, then the first
 * one. */
static unsigned middle(struct grow *g, unsigned part)
{
	const struct topology *t = g->t;
	unsigned best = 0, least = UINT32_MAX;

	for (unsigned i = 0; i < t->nnodes; i++) {
		unsigned score;

		if (g->p->card[i].part != part)
			continue;
		reach(g, i, PICTURE_NONE);
		score = 2 * g->far[g->queue[g->n - 1]] + (t->node[i].kind == LAB_HOST);
		if (score < least) {
			least = score;
			best = i;
		}
	}
	return best;
}

static void plant(struct grow *g, unsigned root)
{
	struct picture_card *card = g->p->card;

	reach(g, root, PICTURE_NONE);
	for (unsigned k = 0; k < g->n; k++) {
		unsigned v = g->queue[k], *last = &card[v].child;

		card[v].level = g->far[v];
		for (unsigned i = 0; i < 2 * g->t->nwires; i++) {
			unsigned to = other(g->t, i);

			if (g->t->port[i].node != v || g->far[to] != g->far[v] + 1 ||
			    card[to].parent != PICTURE_NONE)
				continue;
			card[to].parent = v;
			*last = to;
			last = &card[to].next;
		}
	}
}

static unsigned leaves(const struct picture *p, unsigned node)
{
	unsigned n = 0;

	for (unsigned i = p->card[node].child; i != PICTURE_NONE; i = p->card[i].next)
		n += leaves(p, i);
	return n ? n : 1;
}

/* What stays together without the middle is on one side of it: the first ones on the left, as long
 * as they are not more than the rest. */
static void choose_sides(struct grow *g, unsigned root)
{
	struct picture_card *card = g->p->card;
	unsigned all = leaves(g->p, root), left = 0, groups = 0;
	bool *done = calloc(g->t->nnodes, 1);

	if (!done) {
		g->p->failed = true;
		return;
	}
	for (unsigned c = card[root].child; c != PICTURE_NONE; c = card[c].next) {
		unsigned n = 0;
		int side = 1;

		if (done[c])
			continue;
		reach(g, c, root);
		for (unsigned k = 0; k < g->n; k++) {
			done[g->queue[k]] = true;
			n += card[g->queue[k]].child == PICTURE_NONE;
		}
		if (2 * left + n <= all && n < all && (groups == 0 || 2 * (left + n) <= all)) {
			left += n;
			side = -1;
		}
		groups++;
		for (unsigned k = 0; k < g->n; k++)
			card[g->queue[k]].column = side * (int)card[g->queue[k]].level;
	}
	free(done);
}

/* ---- rows ---- */

static int side_of(const struct picture *p, unsigned node)
{
	return p->card[node].column < 0 ? -1 : 1;
}

/* What grows from a node on one side (0: both) further down. */
static void move_down(struct picture *p, unsigned node, int side, int by)
{
	for (unsigned i = p->card[node].child; i != PICTURE_NONE; i = p->card[i].next) {
		if (side && side_of(p, i) != side)
			continue;
		p->card[i].y += by;
		move_down(p, i, 0, by);
	}
}

/* Room for a node and what grows from it on one side, from y on. Returns its height. */
static int place(struct picture *p, unsigned node, int side, int y)
{
	struct picture_card *c = &p->card[node];
	int used = -ROW_GAP;

	for (unsigned i = c->child; i != PICTURE_NONE; i = p->card[i].next)
		if (side_of(p, i) == side)
			used += ROW_GAP + place(p, i, side, y + used + ROW_GAP);
	if (used < c->h) {
		move_down(p, node, side, (c->h - used) / 2);
		used = c->h;
	}
	c->y = y + (used - c->h) / 2;
	return used;
}

/* Both sides beside each other, the root between them. */
static int place_part(struct picture *p, unsigned root, int y)
{
	int left, right, most;

	left = place(p, root, -1, y);
	right = place(p, root, 1, y);
	most = left > right ? left : right;
	move_down(p, root, -1, (most - left) / 2);
	move_down(p, root, 1, (most - right) / 2);
	p->card[root].y = y + (most - p->card[root].h) / 2;
	return most;
}

/* ---- columns ---- */

/* So much room is needed between the columns c and c + 1. */
static int gap_after(const struct topology *t, const struct picture *p, int c)
{
	int gap = COLUMN_GAP;

	for (unsigned w = 0; w < t->nwires; w++) {
		int a = p->card[t->port[2 * w].node].column;
		int b = p->card[t->port[2 * w + 1].node].column, n;
		struct buf does = { 0 }, net = { 0 };

		/* Wires within a column go round on its outer side. */
		if ((a < b ? a : b) != (a == b && a < 0 ? c + 1 : c))
			continue;
		picture_wire_words(t, w, &does, &net);
		n = PICTURE_SMALL(does.n > net.n ? does.n : net.n) + 76 + (a == b ? 30 : 0);
		gap = n > gap ? n : gap;
		buf_done(&does);
		buf_done(&net);
	}
	return gap;
}

static void set_columns(const struct topology *t, struct picture *p)
{
	int first = 0, last = 0, x = MARGIN;

	for (unsigned i = 0; i < t->nnodes; i++) {
		first = p->card[i].column < first ? p->card[i].column : first;
		last = p->card[i].column > last ? p->card[i].column : last;
	}
	/* Beyond the outermost columns there may be wires that join what stands in them. */
	x += gap_after(t, p, first - 1) > COLUMN_GAP ? gap_after(t, p, first - 1) : 0;
	for (int c = first; c <= last; c++) {
		int most = 0;

		for (unsigned i = 0; i < t->nnodes; i++)
			if (p->card[i].column == c && p->card[i].w > most)
				most = p->card[i].w;
		for (unsigned i = 0; i < t->nnodes; i++)
			if (p->card[i].column == c) {
				p->card[i].x = x;
				p->card[i].w = most;
			}
		x += most;
		if (c < last || gap_after(t, p, c) > COLUMN_GAP)
			x += gap_after(t, p, c);
	}
	p->width = x + MARGIN;
}

/* ---- ends of wires ---- */

static int centre(const struct picture *p, unsigned node)
{
	return p->card[node].y + p->card[node].h / 2;
}

/* Does the end of port a stand above that of b, at the same card and side? */
static bool above(const struct topology *t, const struct picture *p, unsigned a, unsigned b)
{
	int ya = centre(p, other(t, a)), yb = centre(p, other(t, b));

	return ya != yb ? ya < yb : a < b;
}

static void set_ends(const struct topology *t, struct picture *p)
{
	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		int here = p->card[t->port[i].node].column, there = p->card[other(t, i)].column;

		p->end[i].side = here < there || (here == there && here >= 0) ? 1 : -1;
	}
	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		const struct picture_card *c = &p->card[t->port[i].node];
		int n = 1, k = 1;

		for (unsigned j = 0; j < 2 * t->nwires; j++) {
			if (j == i || t->port[j].node != t->port[i].node ||
			    p->end[j].side != p->end[i].side)
				continue;
			n++;
			k += above(t, p, j, i);
		}
		p->end[i].x = p->end[i].side > 0 ? c->x + c->w : c->x;
		p->end[i].y = c->y + c->h * k / (n + 1);
	}
}

/* ---- all of it ---- */

void picture_make(const struct topology *t, struct picture *p)
{
	struct grow g = { .t = t, .p = p };
	unsigned part = 0;
	int y = MARGIN;

	*p = (struct picture) { .card = calloc(t->nnodes + 1, sizeof(*p->card)),
				.end = calloc(2 * t->nwires + 1, sizeof(*p->end)) };
	g.queue = calloc(t->nnodes + 1, sizeof(*g.queue));
	g.far = calloc(t->nnodes + 1, sizeof(*g.far));
	p->failed = !p->card || !p->end || !g.queue || !g.far;
	for (unsigned i = 0; !p->failed && i < t->nnodes; i++) {
		struct picture_card *c = &p->card[i];

		c->part = c->parent = c->child = c->next = PICTURE_NONE;
		write_card(t, i, c);
		p->failed = c->lines.failed;
	}
	for (unsigned i = 0; !p->failed && i < t->nnodes; i++) {
		unsigned root;

		if (p->card[i].part != PICTURE_NONE)
			continue;
		reach(&g, i, PICTURE_NONE);
		for (unsigned k = 0; k < g.n; k++)
			p->card[g.queue[k]].part = part;
		root = middle(&g, part++);
		plant(&g, root);
		choose_sides(&g, root);
		y += place_part(p, root, y) + PART_GAP;
	}
	p->height = y - PART_GAP + MARGIN;
	if (!p->failed) {
		set_columns(t, p);
		set_ends(t, p);
	}
	free(g.queue);
	free(g.far);
}

void picture_done(const struct topology *t, struct picture *p)
{
	for (unsigned i = 0; p->card && i < t->nnodes; i++)
		buf_done(&p->card[i].lines);
	free(p->card);
	free(p->end);
}
