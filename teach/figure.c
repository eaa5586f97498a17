/* SPDX-License-Identifier: BSD-2-Clause */
/* Drawing a header: cells, one for each field, laid out on rows of 32 bits. */
#include "teach/figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "dissect/escape.h"
#include "dissect/report.h"

#define TEXT_MOST 200 /* bytes of a value */

struct cell {
	uint64_t from, to;  /* bits of the header */
	char *name, *value; /* value NULL: not told */
};

struct drawing {
	struct cell *v;
	unsigned n, cap;
	bool values, failed;
	uint32_t front; /* bits of the packet before the header */
	uint64_t last;  /* where the cell before ends */
	struct buf text;
};

/* ---- cells ---- */

static char *kept(struct drawing *d)
{
	char *s = strndup(d->text.p ? d->text.p : "", d->text.n);

	d->failed |= !s || d->text.failed;
	return s;
}

/* The text is its name. NULL: memory is out. */
static struct cell *add(struct drawing *d, uint64_t from, uint64_t to)
{
	if (d->n == d->cap) {
		unsigned cap = d->cap ? 2 * d->cap : 32;
		struct cell *v = realloc(d->v, cap * sizeof(*v));

		if (!v) {
			d->failed = true;
			return NULL;
		}
		d->v = v;
		d->cap = cap;
	}
	d->v[d->n] = (struct cell) { .from = from, .to = to, .name = kept(d) };
	d->last = to;
	return &d->v[d->n++];
}

/* Bits that no field took. */
static void gap(struct drawing *d, uint64_t to)
{
	if (to <= d->last)
		return;
	d->text.n = 0;
	add(d, d->last, to);
}

static void value(struct drawing *d, const struct tree *t, uint32_t at, struct cell *c)
{
	struct buf raw = { 0 };

	if (!d->values || !c)
		return;
	report_value(t, at, &raw);
	d->text.n = 0;
	escape_term((const uint8_t *)raw.p, raw.n > TEXT_MOST ? TEXT_MOST : raw.n, &d->text);
	d->failed |= raw.failed;
	buf_done(&raw);
	c->value = kept(d);
}

static void collect(struct drawing *d, const struct tree *t, uint32_t at, const char *before)
{
	for (uint32_t k = tree_first(t, at); k != NODE_NONE; k = tree_sibling(t, k)) {
		const struct node *n = &t->v[k];
		bool list = n->type && n->type->form == TYPE_LIST && !(n->flags & NODE_RAW);
		uint64_t from = n->bit - d->front;
		char name[128];
		struct cell *c;

		if (!n->bits)
			continue;
		snprintf(name, sizeof(name), "%.60s%s%.60s", before, *before ? "." : "",
			 n->field ? n->field->name : "");
		if (n->rec && !list) {
			collect(d, t, k, name);
			continue;
		}
		gap(d, from);
		d->text.n = 0;
		buf_str(&d->text, name);
		c = add(d, from, from + n->bits);
		if (!list)
			value(d, t, k, c);
		else if (c && d->values) {
			d->text.n = 0;
			buf_fmt(&d->text, "%llu item%s", (unsigned long long)n->num,
				n->num == 1 ? "" : "s");
			c->value = kept(d);
		}
	}
}

static int by_place(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* ---- rows ---- */

struct chunk { /* a part of a cell that stands on one row */
	unsigned cell;
	unsigned from, to; /* columns, in bits */
	bool label;        /* the cell's name stands here */
	bool more;         /* it stands for several rows */
};

struct row {
	struct chunk v[FIGURE_ROW];
	unsigned n;
	unsigned end; /* bits that are drawn */
};

struct rows {
	struct row *v;
	unsigned n, cap;
};

static struct row *row_add(struct drawing *d, struct rows *r)
{
	if (r->n == r->cap) {
		unsigned cap = r->cap ? 2 * r->cap : 16;
		struct row *v = realloc(r->v, cap * sizeof(*v));

		if (!v) {
			d->failed = true;
			return NULL;
		}
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n] = (struct row) { 0 };
	return &r->v[r->n++];
}

static void lay(struct drawing *d, struct rows *r, unsigned i)
{
	struct cell *c = &d->v[i];
	uint64_t at = c->from,
		 whole = (c->to / FIGURE_ROW) - (c->from + FIGURE_ROW - 1) / FIGURE_ROW;
	bool many =
		c->to / FIGURE_ROW > (c->from + FIGURE_ROW - 1) / FIGURE_ROW && whole > FIGURE_FULL;
	unsigned best = 0, best_row = 0, best_chunk = 0;

	while (at < c->to && !d->failed) {
		unsigned col = at % FIGURE_ROW;
		uint64_t end = at - col + FIGURE_ROW;
		struct row *row = r->n && col ? &r->v[r->n - 1] : row_add(d, r);
		struct chunk *k;

		if (!row)
			return;
		end = end < c->to ? end : c->to;
		k = &row->v[row->n++];
		*k = (struct chunk) { .cell = i, .from = col, .to = col + (unsigned)(end - at) };
		if (many && k->to - k->from == FIGURE_ROW) {
			k->more = true;
			end = c->to / FIGURE_ROW * FIGURE_ROW;
		}
		/* Of several full rows the middle one. */
		if (k->to - k->from > best || k->more) {
			best = k->more ? FIGURE_ROW + 1 : k->to - k->from;
			best_row = r->n - 1;
			best_chunk = row->n - 1;
		}
		row->end = k->to;
		at = end;
	}
	if (best == FIGURE_ROW && !many && whole > 2)
		best_row += (unsigned)(whole - 1) / 2;
	if (best_row < r->n && best_chunk < r->v[best_row].n)
		r->v[best_row].v[best == FIGURE_ROW && !many && whole > 2 ? 0 : best_chunk].label =
			true;
}

/* ---- lines ---- */

static int cell_at(const struct row *r, unsigned col)
{
	for (unsigned i = 0; r && i < r->n; i++)
		if (col >= r->v[i].from && col < r->v[i].to)
			return (int)r->v[i].cell;
	return -1;
}

/* Between two rows: blank where a field goes on. */
static void border(const struct row *up, const struct row *down, struct buf *out)
{
	unsigned end = up && down ? (up->end > down->end ? up->end : down->end)
		       : up       ? up->end
				  : down->end;
	bool open = false;

	buf_char(out, '+');
	for (unsigned c = 0; c < end; c++) {
		int above = cell_at(up, c), below = cell_at(down, c);
		bool same = above >= 0 && above == below;

		if (c)
			buf_char(out, open && same ? ' ' : '+');
		buf_char(out, same ? ' ' : '-');
		open = same;
	}
	buf_str(out, "+\n");
}

static void centred(const char *s, unsigned width, bool cut, struct buf *out)
{
	unsigned n = (unsigned)strlen(s), left;

	if (n > width)
		n = cut ? width : 0;
	left = (width - n) / 2;
	buf_fmt(out, "%*s%.*s%*s", (int)left, "", (int)n, s, (int)(width - n - left), "");
}

/* Do its two parts stand at the end of a row and at the beginning of the next, so that nothing but
 * its name tells that they are one? */
static bool parted(const struct cell *c)
{
	return c->to - c->from <= FIGURE_ROW && c->from / FIGURE_ROW != (c->to - 1) / FIGURE_ROW;
}

static void line(const struct drawing *d, const struct row *r, bool names, struct buf *out)
{
	for (unsigned i = 0; i < r->n; i++) {
		const struct chunk *k = &r->v[i];
		const struct cell *c = &d->v[k->cell];
		const char *s = !k->label ? "" : names ? c->name : c->value ? c->value : "";
		char other[200];

		if (k->more && names) {
			snprintf(other, sizeof(other), "%.100s (%llu bytes)", c->name,
				 (unsigned long long)(c->to - c->from) / 8);
			s = other;
		} else if (!k->label && names && parted(c)) {
			snprintf(other, sizeof(other), "(%.100s)", c->name);
			s = other;
		}
		buf_char(out, k->more ? '/' : i && r->v[i - 1].more ? '/' : '|');
		centred(s, 2 * (k->to - k->from) - 1, names, out);
	}
	buf_str(out, r->n && r->v[r->n - 1].more ? "/\n" : "|\n");
}

static void ruler(struct buf *out)
{
	for (unsigned c = 0; c < FIGURE_ROW; c += 10)
		buf_fmt(out, c ? "%20u" : " %u", c / 10);
	buf_char(out, '\n');
	for (unsigned c = 0; c < FIGURE_ROW; c++)
		buf_fmt(out, " %u", c % 10);
	buf_char(out, '\n');
}

static bool has_values(const struct drawing *d, const struct row *r)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->v[i].label && d->v[r->v[i].cell].value)
			return true;
	return false;
}

static void draw(const struct drawing *d, const struct rows *r, struct buf *out)
{
	ruler(out);
	for (unsigned i = 0; i < r->n; i++) {
		border(i ? &r->v[i - 1] : NULL, &r->v[i], out);
		line(d, &r->v[i], true, out);
		if (has_values(d, &r->v[i]))
			line(d, &r->v[i], false, out);
	}
	if (r->n)
		border(&r->v[r->n - 1], NULL, out);
}

int figure(const struct packet *p, unsigned i, const struct tree *t, const struct figure_opts *o,
	   struct buf *out)
{
	const struct layer *l = &p->layers[i];
	struct drawing d = { .values = o->values, .front = l->off * 8 };
	struct rows rows = { 0 };
	uint32_t from, to;

	collect(&d, t, 0, "");
	if (d.n)
		qsort(d.v, d.n, sizeof(*d.v), by_place);
	gap(&d, (uint64_t)l->hlen * 8);
	if (o->payload && !packet_carries(p, (int)i) && packet_payload(p, i, &from, &to)) {
		d.text.n = 0;
		buf_str(&d.text, "payload");
		add(&d, (uint64_t)(from - l->off) * 8, (uint64_t)(to - l->off) * 8);
	}
	for (unsigned k = 0; k < d.n && !d.failed; k++)
		lay(&d, &rows, k);
	if (!d.failed)
		draw(&d, &rows, out);
	for (unsigned k = 0; k < d.n; k++) {
		free(d.v[k].name);
		free(d.v[k].value);
	}
	free(d.v);
	free(rows.v);
	buf_done(&d.text);
	return d.failed || out->failed ? -1 : 0;
}
