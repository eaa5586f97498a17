/* SPDX-License-Identifier: BSD-2-Clause */
/* A ladder as lines of text: time, lanes with arrows between them, states beside them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dissect/report.h"
#include "flow/ladder_impl.h"

#define NUMBER_COLUMNS 6u
#define TIME_COLUMNS 18u /* with the number */
#define STATE_COLUMNS 13u
#define ROW_MOST 400u
#define LANE_LEAST 12u

enum cell { CELL_LINE = 1, CELL_BAR, CELL_RIGHT, CELL_LEFT, CELL_MORE, CELL_LOOP };
static const char *const utf8[] = { "", "─", "│", "▶", "◀", "…", "↺" };
static const char *const ascii[] = { "", "-", "|", ">", "<", "~", "o" };

struct row {
	uint8_t c[ROW_MOST];
	unsigned n;
};

static unsigned width_of(const struct ladder_text *o)
{
	unsigned w = o->width ? o->width : 100;

	return w < 60 ? 60 : w > ROW_MOST ? ROW_MOST : w;
}

/* The column of a lane. With two of them their states stand left and right. */
static unsigned column(const struct ladder_lanes *w, const struct ladder_text *o, int lane)
{
	unsigned left = TIME_COLUMNS + (w->hosts ? 4 : STATE_COLUMNS + 1);
	unsigned right = width_of(o) - (w->hosts ? 6 : STATE_COLUMNS + 2);
	unsigned step = w->n > 1 ? (right - left) / (w->n - 1) : 0;

	if (step < LANE_LEAST)
		step = LANE_LEAST;
	left += step * (unsigned)lane;
	return left < ROW_MOST ? left : ROW_MOST - 1;
}

static void begin_row(struct row *r, const struct ladder_lanes *w, const struct ladder_text *o)
{
	memset(r->c, ' ', sizeof(r->c));
	r->n = 0;
	for (uint32_t i = 0; i < w->n; i++) {
		unsigned c = column(w, o, (int)i);

		r->c[c] = CELL_BAR;
		r->n = c + 1 > r->n ? c + 1 : r->n;
	}
}

static void put(struct row *r, unsigned at, const char *s, size_t n, unsigned limit)
{
	for (size_t i = 0; i < n && at < limit && at < ROW_MOST; i++, at++)
		r->c[at] = at + 1 == limit && i + 1 < n ? CELL_MORE : (uint8_t)s[i];
	r->n = at > r->n ? at : r->n;
}

static void end_row(struct row *r, const struct ladder_text *o, struct buf *out)
{
	while (r->n && r->c[r->n - 1] == ' ')
		r->n--;
	for (unsigned i = 0; i < r->n; i++) {
		if (r->c[i] < 0x20)
			buf_str(out, (o->ascii ? ascii : utf8)[r->c[i]]);
		else
			buf_char(out, (char)r->c[i]);
	}
	buf_char(out, '\n');
}

void ladder_text_head(const struct ladder_lanes *w, const struct ladder_text *o, struct buf *out)
{
	struct row r;
	unsigned end = 0;

	memset(r.c, ' ', sizeof(r.c));
	r.n = 0;
	for (uint32_t i = 0; i < w->n; i++) {
		unsigned c = column(w, o, (int)i), n = (unsigned)strlen(w->name[i]), from, to;
		unsigned next = i + 1 < w->n ? column(w, o, (int)i + 1) : ROW_MOST;

		from = c > n / 2 ? c - n / 2 : 0;
		if (i + 1 == w->n && !w->hosts && from + n > width_of(o))
			from = width_of(o) > n ? width_of(o) - n : 0;
		from = from < end ? end : from;
		to = w->n > 2 ? next - 1 : ROW_MOST;
		put(&r, from, w->name[i], n, to);
		end = r.n + 1;
	}
	end_row(&r, o, out);
}

static void put_arrow(struct row *r, unsigned from, unsigned to, unsigned lane)
{
	if (from == to) {
		r->c[lane + 1] = CELL_LOOP;
		return;
	}
	for (unsigned i = (from < to ? from : to) + 1; i < (from < to ? to : from); i++)
		r->c[i] = CELL_LINE;
	if (from < to)
		r->c[to - 1] = CELL_RIGHT;
	else
		r->c[to + 1] = CELL_LEFT;
}

static void put_states(struct row *r, const struct ladder_lanes *w, const struct ladder_text *o,
		       const struct ladder_arrow *a)
{
	for (unsigned k = 0; k < 2 && !w->hosts; k++) {
		const char *s = state_names[a->state[k]];
		unsigned n = (unsigned)strlen(s);
		int lane = lane_of(w, a, k);

		if (!a->changed[k] || lane < 0)
			continue;
		if (lane == 0)
			put(r, column(w, o, 0) - 1 - n, s, n, ROW_MOST);
		else
			put(r, column(w, o, lane) + 2, s, n, ROW_MOST);
	}
}

/* A line of its own for the notes, behind the arrow's end. */
static void put_notes(const struct ladder_lanes *w, const struct ladder_text *o,
		      const struct ladder_arrow *a, unsigned at, struct buf *out)
{
	struct buf b = { 0 };
	struct row r;
	uint32_t quiet =
		1u << MARK_WINDOW_UPDATE | 1u << MARK_KEEP_ALIVE | 1u << MARK_KEEP_ALIVE_ACK;
	const char *color = a->marks & ~quiet ? "\033[31m" : "\033[36m";

	ladder_notes(a, &b);
	if (b.n) {
		begin_row(&r, w, o);
		put(&r, at, "^ ", 2, ROW_MOST);
		put(&r, at + 2, b.p, b.n, width_of(o) > at + 20 ? width_of(o) : ROW_MOST);
		if (o->color)
			buf_str(out, color);
		end_row(&r, o, out);
		if (o->color)
			buf_str(out, "\033[0m");
	}
	out->failed |= b.failed;
	buf_done(&b);
}

void ladder_text_arrow(const struct ladder *l, const struct ladder_lanes *w,
		       const struct ladder_text *o, const struct ladder_arrow *a, struct buf *out)
{
	int from = lane_of(w, a, 0), to = lane_of(w, a, 1);
	struct buf time = { 0 }, label = { 0 };
	unsigned n, x, y, left;
	struct row r;
	char number[24];

	if (from < 0 || to < 0)
		return;
	ladder_words(l, w, a, &label);
	n = (unsigned)label.n;
	x = column(w, o, from);
	y = column(w, o, to);
	left = x < y ? x : y;
	begin_row(&r, w, o);
	report_seconds(flow_since(o->start, a->when), 6, &time);
	put(&r, time.n < TIME_COLUMNS - 1 ? TIME_COLUMNS - 1 - (unsigned)time.n : 0, time.p, time.n,
	    TIME_COLUMNS - 1);
	out->failed |= time.failed || label.failed;
	buf_done(&time);
	put(&r, 0, number,
	    (size_t)snprintf(number, sizeof(number), "%*" PRIu64, (int)NUMBER_COLUMNS, a->number),
	    TIME_COLUMNS - 1);
	if (n + 7 > (x < y ? y - x : x - y)) { /* over the arrow */
		unsigned edge = w->hosts || n + left + 3 > column(w, o, (int)w->n - 1)
					? width_of(o)
					: column(w, o, (int)w->n - 1);

		put(&r, left + 2, label.p, n, edge);
		end_row(&r, o, out);
		begin_row(&r, w, o);
		n = 0;
	}
	put_arrow(&r, x, y, left);
	if (n) {
		put(&r, left + 3, " ", 1, ROW_MOST);
		put(&r, left + 4, label.p, n, ROW_MOST);
		put(&r, left + 4 + n, " ", 1, ROW_MOST);
	}
	put_states(&r, w, o, a);
	end_row(&r, o, out);
	put_notes(w, o, a, left + 3, out);
	buf_done(&label);
}
