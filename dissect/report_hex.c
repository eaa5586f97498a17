/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes in rows of sixteen, coloured by layer, a legend of the layers beside. */
#include "dissect/escape.h"
#include "dissect/report_impl.h"

/* The innermost layer whose own bytes hold byte at; nlayers: payload or trailer. */
static unsigned layer_at(const struct packet *p, uint32_t at)
{
	for (unsigned i = p->nlayers; i-- > 0;) {
		const struct layer *l = &p->layers[i];

		if ((at >= l->off && at < l->off + l->hlen) ||
		    (l->tail && at >= l->end - l->tail && at < l->end))
			return i;
	}
	return p->nlayers;
}

static void legend(struct report *r, const struct packet *p, unsigned row, struct buf *out)
{
	const struct layer *l;

	if (row >= p->nlayers)
		return;
	l = &p->layers[row];
	buf_str(out, "   ");
	buf_str(out, report_color(r, row));
	buf_str(out, l->proto->name);
	buf_str(out, report_plain(r));
	buf_fmt(out, " %u-%u", l->off, l->hlen ? l->off + l->hlen - 1 : l->off);
}

static void byte_colour(struct report *r, const struct packet *p, uint32_t at, struct buf *out)
{
	unsigned i = layer_at(p, at);

	if (i < p->nlayers)
		buf_str(out, report_color(r, i));
}

static void put_notes(struct report *r, const struct packet *p, struct buf *out)
{
	r->scratch.n = 0;
	notes_put(&r->check, p, "  !", &r->scratch);
	buf_str(out, r->check.nnotes ? "  !" : "");
	escape_term((const uint8_t *)r->scratch.p, r->scratch.n, out);
	buf_char(out, '\n');
}

void report_hex(struct report *r, const struct packet *p, struct buf *out)
{
	uint32_t rows = (p->len + 15) / 16;

	if (rows < p->nlayers)
		rows = p->nlayers;
	if (!r->opts.bare) {
		buf_fmt(out, "%llu  %u bytes, link type %u", (unsigned long long)p->number, p->len,
			p->link);
		if (check(&r->check, p))
			out->failed = true;
		else
			put_notes(r, p, out);
	}
	for (uint32_t row = 0; row < rows; row++) {
		if (row * 16 < p->len)
			buf_fmt(out, "%04x ", row * 16);
		else
			buf_str(out, "     ");
		for (uint32_t i = row * 16; i < row * 16 + 16; i++) {
			buf_str(out, i % 16 == 8 ? "  " : " ");
			if (i >= p->len) {
				buf_str(out, "  ");
				continue;
			}
			byte_colour(r, p, i, out);
			buf_x64(out, p->data[i], 2);
			buf_str(out, layer_at(p, i) < p->nlayers ? report_plain(r) : "");
		}
		buf_str(out, "  ");
		for (uint32_t i = row * 16; i < row * 16 + 16 && row * 16 < p->len; i++) {
			if (i < p->len)
				buf_char(out, p->data[i] >= 0x20 && p->data[i] < 0x7f
						      ? (char)p->data[i]
						      : '.');
			else
				buf_char(out, ' ');
		}
		legend(r, p, row, out);
		while (out->n && out->p[out->n - 1] == ' ')
			out->n--;
		buf_char(out, '\n');
	}
}
