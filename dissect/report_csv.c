/* SPDX-License-Identifier: BSD-2-Clause */
/* Comma-separated values (RFC 4180), one packet a line. */
#include "dissect/report_impl.h"

#include "core/walk.h"
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

static void put_prop(struct report *r, const char *name, const struct packet *p, const char *ifname,
		     struct buf *out)
{
	switch (name[0]) {
	case 'n': buf_u64(out, p->number); break;
	case 't':
		if (p->flags & PACKET_NO_TIME)
			break;
		if (name[1] == 'i')
			report_time(r, p->when, out);
		else
			report_seconds(p->when, 9, out);
		break;
	case 'i': buf_str(out, ifname ? ifname : ""); break;
	case 'c': buf_u64(out, p->len); break;
	case 's': report_stack(p, out, "", "/"); break;
	default: buf_u64(out, name[1] == 'i' ? p->link : p->wire_len); break;
	}
}

static void put_cell(struct report *r, const struct column *c, const struct packet *p,
		     const char *ifname, struct buf *cell)
{
	if (!c->proto) {
		put_prop(r, c->path, p, ifname, cell);
		return;
	}
	for (unsigned i = 0; i < p->nlayers; i++) {
		struct view_value v;
		uint32_t at;

		if (!column_is(c, p, i) || decode(&r->tree, p, i))
			continue;
		if (c->alias.name && !alias_find(&c->alias, &r->tree, &v))
			continue;
		if (c->alias.name && v.node == NODE_NONE) {
			if (v.bytes)
				buf_hex(cell, r->tree.data + v.bit / 8, v.bits / 8);
			else
				buf_u64(cell, v.num);
			return;
		}
		at = c->alias.name ? v.node : tree_find(&r->tree, c->path, strlen(c->path));
		if (at == NODE_NONE)
			continue;
		if (r->tree.v[at].type && r->tree.v[at].type->form == TYPE_LIST)
			buf_u64(cell, r->tree.v[at].num);
		else
			report_value(&r->tree, at, cell);
		return;
	}
}

void report_csv(struct report *r, const struct packet *p, const char *ifname, struct buf *out)
{
	static const char *const plain[] = { "n", "time", "link", "len", "caplen", "stack" };
	struct buf cell = { 0 };

	for (unsigned c = 0; c < (r->ncolumns ? r->ncolumns : 7); c++) {
		cell.n = 0;
		if (c)
			buf_char(out, ',');
		if (r->ncolumns) {
			put_cell(r, &r->column[c], p, ifname, &cell);
		} else if (c < 6) {
			put_prop(r, plain[c], p, ifname, &cell);
		} else {
			bool bare = r->opts.bare;

			r->opts.bare = true;
			report_line(r, p, ifname, &cell);
			r->opts.bare = bare;
			if (cell.n)
				cell.n--;
		}
		escape_csv((const uint8_t *)cell.p, cell.n, out);
	}
	buf_done(&cell);
	buf_str(out, "\r\n");
}
