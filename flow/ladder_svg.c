/* SPDX-License-Identifier: BSD-2-Clause */
/* A ladder as a picture: SVG by itself, for light and dark pages. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/escape.h"
#include "dissect/report.h"
#include "flow/ladder_impl.h"

/* Pixels. */
#define TOP 74
#define ROW 37
#define NOTE 15
#define GAP_ROW 26
#define SLANT 9
#define GUTTER 132 /* for numbers and times */
#define STATES_ROOM 128
#define CHARS(n) ((int)(n)*73 / 10) /* of the labels */
#define WIDTH_MOST 2400             /* then labels are cut */
#define NAMESPACE                                                                                  \
	"ht"                                                                                       \
	"tp://www.w3.org/2000/svg" /* in two: no protocol is named in C */
#define PAUSE 1000000000ll         /* ns without a packet that are shown as one */

/* Each colour by itself, not through var(): librsvg and Inkscape have no such thing. */
static const char style[] =
	"<style>\n"
	"text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
	"font-size:12px;fill:#1f2328}\n"
	".t,.n{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-weight:600}\n"
	".t{font-size:16px}.n{font-size:13px;text-anchor:middle}.s{font-size:11px}\n"
	".e{text-anchor:end}.m{text-anchor:middle}\n"
	".l{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}\n"
	".bg{fill:#fff}.d{fill:#67707b}.bad{fill:#c6202b}.warn{fill:#8f5600}\n"
	".lane{stroke:#c4ccd5;stroke-width:1.5}.box{fill:#f3f5f8;stroke:#c4ccd5}.pill{fill:#e4eaf1}"
	"\n"
	".a,.b,.x,.j{fill:none;stroke-width:1.6}\n"
	".a{stroke:#0b66c3}.ap{fill:#0b66c3}.b{stroke:#1a7f37}.bp{fill:#1a7f37}\n"
	".x{stroke:#c6202b}.xp{fill:#c6202b}.j{stroke:#8a94a0;stroke-width:1.2;stroke-dasharray:2 "
	"3}"
	"\n"
	".dash{stroke-dasharray:6 4}\n"
	"@media(prefers-color-scheme:dark){\n"
	"text{fill:#e6edf3}.l{stroke:#0f141a}.bg{fill:#0f141a}.d{fill:#8b949e}.bad{fill:#ff7b72}"
	".warn{fill:#e3a545}\n"
	".lane{stroke:#3a434e}.box{fill:#1b222b;stroke:#3a434e}.pill{fill:#26303b}\n"
	".a{stroke:#63b0ff}.ap{fill:#63b0ff}.b{stroke:#56d374}.bp{fill:#56d374}\n"
	".x{stroke:#ff7b72}.xp{fill:#ff7b72}.j{stroke:#6e7781}}\n"
	"</style>\n";

struct picture {
	const struct ladder *l;
	const struct ladder_lanes *w;
	struct buf *out, words;
	int step, left, width;
	int y;
	int64_t start, last;
};

static void put_xml(const char *s, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		switch (s[i]) {
		case '&': buf_str(out, "&amp;"); break;
		case '<': buf_str(out, "&lt;"); break;
		case '>': buf_str(out, "&gt;"); break;
		case '"': buf_str(out, "&quot;"); break;
		default: buf_char(out, (uint8_t)s[i] < 0x20 || (uint8_t)s[i] > 0x7e ? '?' : s[i]);
		}
	}
}

static int lane_x(const struct picture *g, int lane)
{
	return g->left + g->step * lane;
}

/* ---- sizes ---- */

static uint32_t trouble(void)
{
	return 1u << MARK_RETRANSMISSION | 1u << MARK_OUT_OF_ORDER | 1u << MARK_LOST |
	       1u << MARK_ACK_UNSEEN | 1u << MARK_ZERO_WINDOW | 1u << MARK_RESET |
	       1u << MARK_UNANSWERED;
}

static void measure(struct picture *g)
{
	size_t most = 0;
	bool two = !g->w->hosts;

	for (uint32_t i = 0; i < g->l->narrow; i++) {
		g->words.n = 0;
		ladder_words(g->l, g->w, &g->l->arrow[i], &g->words);
		most = g->words.n > most ? g->words.n : most;
	}
	most = most < 44 ? 44 : most > 110 ? 110 : most;
	g->left = GUTTER + (two ? STATES_ROOM : 80);
	g->step = g->w->n < 3 ? CHARS(most) + 60 : 230;
	g->width = g->left + g->step * (int)(g->w->n > 1 ? g->w->n - 1 : 1) +
		   (two ? STATES_ROOM + 10 : 110);
}

/* The labels of the last lanes may stand out. */
static void widen(struct picture *g)
{
	for (uint32_t i = 0; i < g->l->narrow; i++) {
		const struct ladder_arrow *a = &g->l->arrow[i];
		int from = lane_of(g->w, a, 0), to = lane_of(g->w, a, 1), end;

		g->words.n = 0;
		ladder_words(g->l, g->w, a, &g->words);
		end = lane_x(g, from < to ? from : to) + CHARS(g->words.n) + 40;
		if (from >= 0 && to >= 0 && end > g->width)
			g->width = end < WIDTH_MOST        ? end
				   : g->width < WIDTH_MOST ? WIDTH_MOST
							   : g->width;
	}
}

static int row_height(const struct ladder_arrow *a, struct buf *notes)
{
	notes->n = 0;
	ladder_notes(a, notes);
	return ROW + (notes->n ? NOTE : 0);
}

/* ---- parts ---- */

static void put_heads(struct picture *g, int y)
{
	for (uint32_t i = 0; i < g->w->n; i++) {
		const char *name = g->w->name[i];
		int n = (int)strlen(name), x = lane_x(g, (int)i), half = n * 4 + 14;

		buf_fmt(g->out,
			"<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"26\" "
			"rx=\"6\"/><text class=\"n\" x=\"%d\" y=\"%d\">",
			x - half, y, 2 * half, x, y + 18);
		put_xml(name, (size_t)n, g->out);
		buf_str(g->out, "</text>\n");
	}
}

static void put_lanes(struct picture *g, int from, int to)
{
	for (uint32_t i = 0; i < g->w->n; i++)
		buf_fmt(g->out, "<line class=\"lane\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
			lane_x(g, (int)i), from, lane_x(g, (int)i), to);
}

static void put_head_of(struct picture *g, char class, int x, int y, int dir)
{
	buf_fmt(g->out, "<path class=\"%cp\" d=\"M%d %dl%d -4.5l%d 9z\"/>\n", class, x, y, -9 * dir,
		0);
}

static void put_line(struct picture *g, const struct ladder_arrow *a, int x, int to)
{
	bool bad = a->marks & trouble();
	bool gone = a->marks & 1u << MARK_UNANSWERED;
	char class = bad ? 'x' : a->side ? 'b' : 'a';
	int dir = to > x ? 1 : -1, y = g->y + SLANT;

	if (x == to) {
		buf_fmt(g->out, "<path class=\"%c\" d=\"M%d %dq40 5 0 %d\"/>\n", class, x, g->y,
			SLANT);
		return;
	}
	if (gone) /* a cross where nobody answered */
		buf_fmt(g->out, "<path class=\"x\" d=\"M%d %dl10 10m0 -10l-10 10\"/>\n",
			to - 8 * dir - 5, y - 6);
	buf_fmt(g->out, "<line class=\"%c%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", class,
		a->marks & 1u << MARK_RETRANSMISSION ? " dash" : "", x, g->y,
		to - (gone ? 16 : 8) * dir, y);
	if (!gone)
		put_head_of(g, class, to - dir, y, dir);
}

static void put_state(struct picture *g, const struct ladder_arrow *a, unsigned k)
{
	int lane = lane_of(g->w, a, k), y = g->y + (k ? SLANT : 0);
	const char *s = state_names[a->state[k]];
	int n = (int)strlen(s) * 7 + 12, x;

	if (g->w->hosts || lane < 0 || !a->changed[k])
		return;
	x = lane_x(g, lane) + (lane ? 18 : -18 - n);
	buf_fmt(g->out,
		"<rect class=\"pill\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"17\" rx=\"8\"/>"
		"<text class=\"s m\" x=\"%d\" y=\"%d\">%s</text>\n",
		x, y - 9, n, x + n / 2, y + 4, s);
}

static void put_label(struct picture *g, const struct ladder_arrow *a, int left)
{
	size_t n, fits = (size_t)((g->width - left - 24) * 10 / 73);
	const char *s;

	g->words.n = 0;
	ladder_words(g->l, g->w, a, &g->words);
	s = g->words.p;
	n = g->words.n;

	buf_fmt(g->out, "<text class=\"l\" x=\"%d\" y=\"%d\"><title>packet %" PRIu64 ": ",
		left + 14, g->y - 5, a->number);
	put_xml(s, n, g->out);
	buf_str(g->out, "</title>");
	put_xml(s, n > fits ? fits - 1 : n, g->out);
	buf_str(g->out, n > fits ? "&#8230;</text>\n" : "</text>\n");
}

/* From the request to its answer, beside the lane of who asked. */
static void put_join(struct picture *g, const struct ladder_arrow *a, const int *row)
{
	uint32_t lo = 0, hi = (uint32_t)(a - g->l->arrow);
	int lane = lane_of(g->w, a, 1), x, y, dir = lane && lane + 1 == (int)g->w->n ? 1 : -1;

	if (!a->answers || a->marks & 1u << MARK_RETRIED || lane < 0)
		return;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (g->l->arrow[mid].number < a->answers)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (g->l->arrow[lo].number != a->answers || lane_of(g->w, &g->l->arrow[lo], 0) != lane)
		return;
	x = lane_x(g, lane);
	y = row[lo];
	buf_fmt(g->out, "<path class=\"j\" d=\"M%d %dq%d 0 %d 8V%dq0 8 %d 8\"/>\n", x, y, 12 * dir,
		12 * dir, g->y + SLANT - 8, -12 * dir);
}

static void put_pause(struct picture *g, int64_t ns)
{
	struct buf b = { 0 };

	ladder_time(ns, &b);
	buf_fmt(g->out,
		"<rect x=\"0\" y=\"%d\" width=\"%d\" height=\"14\" class=\"bg\"/>"
		"<text class=\"d s m\" x=\"%d\" y=\"%d\">%s later</text>\n",
		g->y - 18, g->width, g->left + (g->width - g->left - 100) / 2, g->y - 7,
		buf_cstr(&b));
	g->y += GAP_ROW;
	g->out->failed |= b.failed;
	buf_done(&b);
}

static void put_row(struct picture *g, const struct ladder_arrow *a, const int *row,
		    struct buf *notes)
{
	int from = lane_of(g->w, a, 0), to = lane_of(g->w, a, 1), x, y, left;
	int height = row_height(a, notes);

	if (from < 0 || to < 0)
		return;
	x = lane_x(g, from);
	y = lane_x(g, to);
	left = x < y ? x : y;
	buf_fmt(g->out,
		"<text class=\"d e s\" x=\"50\" y=\"%d\">%" PRIu64
		"</text><text class=\"d e s\" x=\"%d\" y=\"%d\">",
		g->y + 4, a->number, GUTTER - 14, g->y + 4);
	report_seconds(flow_since(g->start, a->when), 6, g->out);
	buf_str(g->out, "</text>\n");
	put_join(g, a, row);
	put_line(g, a, x, y);
	put_label(g, a, left);
	put_state(g, a, 0);
	put_state(g, a, 1);
	if (notes->n) {
		buf_fmt(g->out, "<text class=\"l s %s\" x=\"%d\" y=\"%d\">",
			a->marks & trouble() ? "bad"
			: a->marks           ? "warn"
					     : "d",
			left + 14, g->y + SLANT + 14);
		put_xml(notes->p, notes->n, g->out);
		buf_str(g->out, "</text>\n");
	}
	g->y += height;
}

/* Where each row will be; the height of all. -1: memory is out. */
static int place_rows(struct picture *g, int **row, struct buf *notes)
{
	const struct ladder *l = g->l;
	int y = TOP + 50;

	*row = malloc((l->narrow + 1) * sizeof(**row));
	if (!*row)
		return -1;
	for (uint32_t i = 0; i < l->narrow; i++) {
		const struct ladder_arrow *a = &l->arrow[i];

		if (i && flow_since(a[-1].when, a->when) >= PAUSE)
			y += GAP_ROW;
		(*row)[i] = y;
		if (lane_of(g->w, a, 0) >= 0 && lane_of(g->w, a, 1) >= 0)
			y += row_height(a, notes);
	}
	return y;
}

void ladder_svg(const struct ladder *l, const struct ladder_lanes *w, const char *title,
		struct buf *out)
{
	struct picture g = { .l = l, .w = w, .out = out, .y = TOP + 50 };
	struct buf text = { 0 }, notes = { 0 };
	int *row = NULL, height;

	measure(&g);
	widen(&g);
	height = place_rows(&g, &row, &notes);
	if (height < 0)
		out->failed = true;
	escape_term((const uint8_t *)title, strlen(title), &text);
	buf_fmt(out,
		"<svg xmlns=\"" NAMESPACE "\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" role=\"img\">\n<title>",
		g.width, height + 60, g.width, height + 60);
	put_xml(text.p, text.n, out);
	buf_fmt(out, "</title>\n%s<rect width=\"100%%\" height=\"100%%\" class=\"bg\"/>\n", style);
	buf_str(out, "<text class=\"t\" x=\"20\" y=\"34\">");
	put_xml(text.p, text.n, out);
	buf_str(out, "</text>\n");
	put_lanes(&g, TOP + 26, height + 6);
	put_heads(&g, TOP);
	for (uint32_t i = 0; i < l->narrow && height >= 0; i++) {
		g.start = l->arrow[0].when;
		int64_t pause = i ? flow_since(l->arrow[i - 1].when, l->arrow[i].when) : 0;

		if (pause >= PAUSE)
			put_pause(&g, pause);
		put_row(&g, &l->arrow[i], row, &notes);
	}
	put_heads(&g, height + 6);
	if (l->n.left_out)
		buf_fmt(out,
			"<text class=\"d\" x=\"20\" y=\"%d\">%" PRIu64
			" packets more are not drawn</text>\n",
			height + 52, l->n.left_out);
	buf_str(out, "</svg>\n");
	free(row);
	out->failed |= text.failed || notes.failed || g.words.failed;
	buf_done(&text);
	buf_done(&notes);
	buf_done(&g.words);
}
