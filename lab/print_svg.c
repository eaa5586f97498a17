/* SPDX-License-Identifier: BSD-2-Clause */
/* A topology as a picture: SVG by itself, for light and dark pages. */
#include "lab/picture.h"

#include <string.h>

#define NAMESPACE                                                                                  \
	"ht"                                                                                       \
	"tp://www.w3.org/2000/svg" /* in two: no protocol is named in C */

/* Each colour by itself, not through var(): librsvg and Inkscape have no such thing. */
static const char style[] =
	"<style>\n"
	"text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
	"font-size:11px;fill:#57606a}\n"
	".n{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-size:14px;"
	"font-weight:600;fill:#1f2328}\n"
	".e{text-anchor:end}.m{text-anchor:middle}\n"
	".o{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}\n"
	".bg{fill:#fff}.card{fill:#f8fafc;stroke:#c4ccd5;stroke-width:1.2}\n"
	".w,.p,.i{fill:none;stroke-linecap:round;stroke-linejoin:round}\n"
	".w{stroke:#8a94a0;stroke-width:2}.p{stroke:#bc4c00;stroke-width:2;stroke-dasharray:7 5}\n"
	".pt{fill:#9a3f00}.i{stroke-width:1.7}\n"
	".host{stroke:#0b66c3}.switch{stroke:#1a7f37}.router{stroke:#7a3fd1}\n"
	"@media(prefers-color-scheme:dark){\n"
	"text{fill:#9aa4af}.n{fill:#e6edf3}.o{stroke:#0f141a}.bg{fill:#0f141a}\n"
	".card{fill:#1b222b;stroke:#3a434e}.w{stroke:#6e7781}.p{stroke:#f0883e}.pt{fill:#f0a05e}\n"
	".host{stroke:#63b0ff}.switch{stroke:#56d374}.router{stroke:#c49bff}}\n"
	"</style>\n";

/* In a square of 26 pixels. */
static const char *const icons[] = {
	[LAB_HOST] = "M4 3h18a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2h-18a2 2 0 0 1-2-2v-11a2 2 0 0 1 2-2z"
		     "M13 18v5M8 23h10",
	[LAB_SWITCH] = "M4 5h18a3 3 0 0 1 3 3v10a3 3 0 0 1-3 3h-18a3 3 0 0 1-3-3v-10a3 3 0 0 1 "
		       "3-3zM7 10.500h11m-2.500-2.500l2.500 2.500-2.500 2.500M19 "
		       "15.500h-11m2.500-2.500l-2.500 2.500 2.500 2.500",
	[LAB_ROUTER] = "M2 13a11 11 0 1 0 22 0a11 11 0 1 0-22 0zM5.500 13h5m-2-2l2 2-2 2M20.500 "
		       "13h-5m2-2l-2 2 2 2M13 10.500v-5.500m-2 2l2-2 2 2M13 15.500v5.500m-2-2l2 2 "
		       "2-2",
};

static void put_card(const struct topology *t, const struct picture *p, unsigned node,
		     struct buf *out)
{
	const struct picture_card *c = &p->card[node];
	const char *kind = lab_kind_name(t->node[node].kind), *line = c->lines.p;
	int text = 14 + 15 * (int)c->nlines, y = c->y + (c->h - text) / 2 + 12;

	buf_fmt(out,
		"<g><title>%s %s</title><rect class=\"card\" x=\"%d\" y=\"%d\" width=\"%d\" "
		"height=\"%d\" rx=\"9\"/>\n",
		kind, t->node[node].name, c->x, c->y, c->w, c->h);
	buf_fmt(out, "<path class=\"i %s\" transform=\"translate(%d %d)\" d=\"%s\"/>\n", kind,
		c->x + 13, c->y + (c->h - 26) / 2, icons[t->node[node].kind]);
	buf_fmt(out, "<text class=\"n\" x=\"%d\" y=\"%d\">%s</text>\n", c->x + 49, y,
		t->node[node].name);
	for (unsigned i = 0; i < c->nlines; i++) {
		const char *end = strchr(line, '\n');

		y += PICTURE_LINE;
		buf_fmt(out, "<text x=\"%d\" y=\"%d\">", c->x + 49, y);
		buf_put(out, line, (size_t)(end - line));
		buf_str(out, "</text>\n");
		line = end + 1;
	}
	buf_str(out, "</g>\n");
}

struct words { /* of a wire, and the end that they stand at: the one further out */
	struct buf does, net;
	const struct picture_end *inner, *outer;
	int room; /* for them, along the wire */
};

static void words_of(const struct topology *t, const struct picture *p, unsigned w, struct words *v)
{
	unsigned a = p->card[t->port[2 * w].node].level;
	unsigned b = p->card[t->port[2 * w + 1].node].level;

	*v = (struct words) { .inner = &p->end[2 * w + (a > b)],
			      .outer = &p->end[2 * w + (a <= b)] };
	picture_wire_words(t, w, &v->does, &v->net);
	v->room = PICTURE_SMALL(v->does.n > v->net.n ? v->does.n : v->net.n);
}

static void words_done(struct words *v, struct buf *out)
{
	out->failed |= v->does.failed || v->net.failed;
	buf_done(&v->does);
	buf_done(&v->net);
}

/* From side to side, straight where words stand on it; or round on one side of a column. */
static void put_wire(const struct topology *t, const struct picture *p, unsigned w, struct buf *out)
{
	const struct picture_end *a, *b;
	struct words v;
	int knee, bend;

	words_of(t, p, w, &v);
	a = v.inner;
	b = v.outer;
	knee = a->side != b->side && v.room ? b->x + b->side * (v.room + 14) : b->x;
	bend = a->side == b->side ? 46 : (knee > a->x ? knee - a->x : a->x - knee) / 2;
	buf_fmt(out, "<path class=\"%c\" d=\"M%d %dC%d %d %d %d %d %dH%d\"/>\n",
		lab_wire_imperfect(&t->wire[w]) ? 'p' : 'w', a->x, a->y, a->x + a->side * bend,
		a->y, knee + b->side * bend, b->y, knee, b->y, b->x);
	words_done(&v, out);
}

/* What it does, above its outer end; below it the network, where it has one of its own. */
static void put_words(const struct topology *t, const struct picture *p, unsigned w,
		      struct buf *out)
{
	bool poor = lab_wire_imperfect(&t->wire[w]), round;
	struct words v;
	int x, y;

	words_of(t, p, w, &v);
	round = v.inner->side == v.outer->side;
	x = v.outer->x + v.outer->side * 9;
	y = v.outer->y;
	if (round) { /* at the outermost of the bend */
		x = (v.inner->x + v.outer->x) / 2 + v.outer->side * 43;
		y = (v.inner->y + v.outer->y) / 2 + 4;
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct buf *s = i ? &v.net : &v.does;

		if (!s->n)
			continue;
		buf_fmt(out, "<text class=\"o%s%s\" x=\"%d\" y=\"%d\">", i || !poor ? "" : " pt",
			v.outer->side < 0 ? " e" : "", x,
			y + (round ? (i ? 8 : -5) : (i ? 14 : -6)));
		buf_put(out, s->p, s->n);
		buf_str(out, "</text>\n");
	}
	words_done(&v, out);
}

void topology_svg(const struct topology *t, struct buf *out)
{
	struct picture p;

	picture_make(t, &p);
	out->failed |= p.failed;
	buf_fmt(out,
		"<svg xmlns=\"" NAMESPACE "\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
		"role=\"img\">\n<title>A network of %u</title>\n%s"
		"<rect width=\"100%%\" height=\"100%%\" class=\"bg\"/>\n",
		p.width, p.height, p.width, p.height, t->nnodes, style);
	for (unsigned w = 0; !p.failed && w < t->nwires; w++)
		put_wire(t, &p, w, out);
	for (unsigned i = 0; !p.failed && i < t->nnodes; i++)
		put_card(t, &p, i, out);
	for (unsigned w = 0; !p.failed && w < t->nwires; w++)
		put_words(t, &p, w, out);
	buf_str(out, "</svg>\n");
	picture_done(t, &p);
}
