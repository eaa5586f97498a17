/* SPDX-License-Identifier: BSD-2-Clause */
/* Comma-separated values (RFC 4180), one packet a line. */
#include "dissect/report_impl.h"

#include "core/bits.h"
#include "core/value.h"
#include "core/walk.h"
#include "dissect/dissect.h"
#include "dissect/escape.h"

void report_csv_head(struct report *r, struct buf *out)
{
	if (!r->ncolumns) {
		buf_str(out, "n,time,link,len,caplen,stack,summary\r\n");
		return;
	}
	for (unsigned c = 0; c < r->ncolumns; c++) {
		if (c)
			buf_char(out, ',');
		escape_csv((const uint8_t *)r->column[c].name, strlen(r->column[c].name), out);
	}
	buf_str(out, "\r\n");
}

/* The line, without what stands in columns of its own. */
static void put_summary(struct report *r, const struct packet *p, const char *ifname,
			struct buf *out)
{
	bool bare = r->opts.bare;

	r->opts.bare = true;
	report_line(r, p, ifname, out);
	r->opts.bare = bare;
	if (out->n)
		out->n--;
}

static void put_prop(struct report *r, const char *name, const struct packet *p, const char *ifname,
		     struct buf *out)
{
	switch (name[0]) {
	case 'n':
		if (!name[1])
			buf_u64(out, p->number);
		else if (check(&r->check, p))
			r->failed = true;
		else
			notes_put(&r->check, p, "; ", out);
		break;
	case 't':
		if (p->flags & PACKET_NO_TIME)
			break;
		if (name[1] == 'i')
			report_time(r, p->when, out);
		else
			report_seconds(p->when, 9, out);
		break;
	case 'i': buf_str(out, ifname ? ifname : ""); break;
	case 'c':
		if (name[1] == 'o')
			report_comments(p, "\n", out);
		else
			buf_u64(out, p->len);
		break;
	case 'd': buf_str(out, report_way(p) ? report_way(p) : ""); break;
	case 'p':
		if (name[1] == 'a')
			report_packets(p, out, ",");
		else
			report_stack(p, out, "", ":");
		break;
	case 's':
		if (name[1] == 'u')
			put_summary(r, p, ifname, out);
		else if (name[2] == 'r')
			report_stream(p, out);
		else
			report_stack(p, out, "", "/");
		break;
	default: buf_u64(out, name[1] == 'i' ? p->link : p->wire_len); break;
	}
}

static void put_value(struct report *r, const struct view_value *v, struct buf *cell)
{
	const struct node *n = v->node == NODE_NONE ? NULL : &r->tree.v[v->node];

	if (!n && v->bytes)
		buf_hex(cell, r->tree.data + v->bit / 8, v->bits / 8);
	else if (!n)
		buf_u64(cell, v->num);
	else if (n->type && n->type->form == TYPE_LIST && !(n->flags & NODE_ITEM))
		buf_u64(cell, n->num);
	else
		report_value(&r->tree, v->node, cell);
}

/* A field at a fixed place, from its bytes. False: they are not all there. */
static bool put_fixed(const struct field *f, const struct packet *p, unsigned i, struct buf *cell)
{
	const struct layer *l = &p->layers[i];
	uint32_t at = (uint32_t)f->fixed_bit / 8, n = leaf_bits(f->type) / 8;
	struct value v = { .p = p->data + l->off + at, .len = n };

	if (at + n > l->hlen)
		return false;
	if (f->type->kind == &kind_uint)
		v.num = f->type->le ? bits_get_le(v.p, 0, n * 8) : bits_get(v.p, 0, n * 8);
	value_plain(f, f->type, &v, cell);
	return true;
}

/* All values of a layer, with commas between, as tshark does. */
static void put_layer(struct report *r, const struct column *c, const struct packet *p, unsigned i,
		      struct buf *cell)
{
	uint32_t at = 0, from, to;
	struct view_value v;

	if (c->form == COLUMN_PAYLOAD) {
		if (!packet_payload(p, i, &from, &to) || to <= from)
			return;
		if (cell->n)
			buf_char(cell, ',');
		buf_hex(cell, p->data + from, to - from);
		return;
	}
	if (c->fixed && !cell->n && put_fixed(c->fixed, p, i, cell))
		return;
	if (decode(&r->tree, p, i)) {
		r->failed = true;
		return;
	}
	while (column_next(c, &r->tree, &at, &v)) {
		if (cell->n)
			buf_char(cell, ',');
		if (c->form == COLUMN_STATUS)
			buf_u64(cell, sum_status(p, i, &r->tree, v.node));
		else
			put_value(r, &v, cell);
	}
}

static void put_cell(struct report *r, const struct column *c, const struct packet *p,
		     const char *ifname, struct buf *cell)
{
	struct extent_bytes x;

	if (c->form == COLUMN_PACKET) {
		put_prop(r, c->path, p, ifname, cell);
	} else if (c->form == COLUMN_DATA) {
		x = report_payload(p);
		buf_hex(cell, p->data + x.from, x.to - x.from);
	}
	for (unsigned i = 0; c->proto && i < p->nlayers; i++) {
		if (column_is(c, p, i))
			put_layer(r, c, p, i, cell);
	}
}

void report_csv(struct report *r, const struct packet *p, const char *ifname, struct buf *out)
{
	static const char *const plain[] = { "n",      "time",  "link",   "len",
					     "caplen", "stack", "summary" };
	struct buf *cell = &r->cell;

	for (unsigned c = 0; c < (r->ncolumns ? r->ncolumns : 7); c++) {
		cell->n = 0;
		if (c)
			buf_char(out, ',');
		if (r->ncolumns)
			put_cell(r, &r->column[c], p, ifname, cell);
		else
			put_prop(r, plain[c], p, ifname, cell);
		escape_csv((const uint8_t *)cell->p, cell->n, out);
	}
	out->failed |= cell->failed;
	cell->failed = false;
	buf_str(out, "\r\n");
}
