/* SPDX-License-Identifier: BSD-2-Clause */
/* What all drawings of a ladder need: lanes, notes, times; and the drawing for Mermaid. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/report.h"
#include "flow/ladder_impl.h"

/* ---- lanes ---- */

static bool one_conversation(const struct ladder *l)
{
	for (uint32_t i = 1; i < l->narrow; i++) {
		if (l->arrow[i].proto != l->arrow[0].proto || l->arrow[i].conv != l->arrow[0].conv)
			return false;
	}
	return true;
}

static void take_lane(const struct ladder *l, struct ladder_lanes *w, uint32_t end)
{
	const struct ladder_end *e = &l->end[end - 1];
	size_t n = w->hosts ? e->host : strlen(e->name);

	for (uint32_t i = 0; i < w->n && w->of[end - 1] == -1; i++) {
		if (strlen(w->name[i]) == n && memcmp(w->name[i], e->name, n) == 0)
			w->of[end - 1] = (int8_t)i;
	}
	if (w->of[end - 1] != -1)
		return;
	if (w->n == LADDER_LANES) {
		w->of[end - 1] = -2;
		w->left_out++;
		return;
	}
	memcpy(w->name[w->n], e->name, n);
	w->name[w->n][n] = '\0';
	w->of[end - 1] = (int8_t)w->n++;
}

int ladder_lanes(const struct ladder *l, struct ladder_lanes *out)
{
	*out = (struct ladder_lanes) { .hosts = !one_conversation(l) };
	out->of = malloc(l->nend + 1);
	if (!out->of)
		return -1;
	memset(out->of, -1, l->nend + 1);
	for (uint32_t i = 0; i < l->narrow; i++) {
		/* Side 0 stands on the left. */
		take_lane(l, out, l->arrow[i].side ? l->arrow[i].to : l->arrow[i].from);
		take_lane(l, out, l->arrow[i].side ? l->arrow[i].from : l->arrow[i].to);
	}
	return 0;
}

void ladder_lanes_done(struct ladder_lanes *w)
{
	free(w->of);
	*w = (struct ladder_lanes) { 0 };
}

int lane_of(const struct ladder_lanes *w, const struct ladder_arrow *a, unsigned k)
{
	if (!w->of)
		return (int)(k ^ a->side);
	return w->of[(k ? a->to : a->from) - 1];
}

/* ---- words ---- */

void ladder_words(const struct ladder *l, const struct ladder_lanes *w,
		  const struct ladder_arrow *a, struct buf *out)
{
	if (w->hosts) {
		const struct ladder_end *from = &l->end[a->from - 1], *to = &l->end[a->to - 1];
		const char *x = from->name + from->host, *y = to->name + to->host;

		if (*x == ':' && *y == ':')
			buf_fmt(out, "%s > %s ", x + 1, y + 1);
	}
	buf_str(out, ladder_label(l, a));
}

void ladder_time(int64_t ns, struct buf *out)
{
	static const struct {
		int64_t unit;
		const char *name;
	} v[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" } };
	unsigned i = 0;

	while (i < 2 && ns < v[i].unit && ns > -v[i].unit) /* clocks go back */
		i++;
	buf_fmt(out, ns >= 1000 * v[0].unit ? "%.0f %s" : "%.3g %s", (double)ns / (double)v[i].unit,
		v[i].name);
}

/* Retransmissions have several words for one thing. */
static uint32_t put_retransmission(uint32_t marks, struct buf *out)
{
	uint32_t all = 1u << MARK_RETRANSMISSION | 1u << MARK_FAST | 1u << MARK_SPURIOUS;

	if (!(marks & all))
		return marks;
	buf_str(out, marks & 1u << MARK_SPURIOUS ? "spurious retransmission"
		     : marks & 1u << MARK_FAST   ? "fast retransmission"
						 : "retransmission");
	return marks & ~all;
}

void ladder_notes(const struct ladder_arrow *a, struct buf *out)
{
	size_t from = out->n;
	uint32_t marks = put_retransmission(a->marks, out);

	if (marks & 1u << MARK_UNHEEDED)
		marks &= ~(1u << MARK_RESET);
	for (unsigned m = 0; m < MARKS; m++) {
		if (!(marks >> m & 1))
			continue;
		if (out->n > from)
			buf_str(out, ", ");
		buf_str(out, m == MARK_UNHEEDED ? "reset, unheeded" : mark_names[m]);
		if (m == MARK_DUPLICATE_ACK)
			buf_fmt(out, " #%" PRIu32 " of %" PRIu64, a->repeat, a->repeats);
	}
	if (!a->answers)
		return;
	if (out->n > from)
		buf_str(out, ", ");
	buf_fmt(out, "%s %" PRIu64 " ",
		marks & 1u << MARK_RETRIED ? "as"
		: a->error                 ? "refuses"
					   : "answers",
		a->answers);
	buf_str(out, "after ");
	ladder_time(a->after, out);
}

/* ---- Mermaid ---- */

/* What means something to Mermaid is written as an entity: #59; for a semicolon. */
static void put_mermaid(const char *s, struct buf *out)
{
	for (; *s; s++) {
		if (strchr("#;<>:\"{}[]()|%&\\`", *s) || (uint8_t)*s < 0x20)
			buf_fmt(out, "#%u;", (unsigned)(uint8_t)*s);
		else
			buf_char(out, *s);
	}
}

static void mermaid_state(const struct ladder_lanes *w, const struct ladder_arrow *a, unsigned k,
			  struct buf *out)
{
	int lane = lane_of(w, a, k);

	if (w->hosts || lane < 0 || !a->changed[k])
		return;
	buf_fmt(out, "    Note %s of p%d: %s\n", lane ? "right" : "left", lane,
		state_names[a->state[k]]);
}

void ladder_mermaid(const struct ladder *l, const struct ladder_lanes *w, struct buf *out)
{
	struct buf notes = { 0 };

	buf_str(out, "sequenceDiagram\n    autonumber off\n");
	for (uint32_t i = 0; i < w->n; i++) {
		buf_fmt(out, "    participant p%u as ", i);
		put_mermaid(w->name[i], out);
		buf_char(out, '\n');
	}
	for (uint32_t i = 0; i < l->narrow; i++) {
		const struct ladder_arrow *a = &l->arrow[i];
		int from = lane_of(w, a, 0), to = lane_of(w, a, 1);
		bool lost = a->marks & (1u << MARK_RESET | 1u << MARK_UNANSWERED);

		if (from < 0 || to < 0)
			continue;
		buf_fmt(out, "    p%d%sp%d: ", from, lost ? "-x" : "->>", to);
		report_seconds(flow_since(l->arrow[0].when, a->when), 6, out);
		buf_char(out, ' ');
		notes.n = 0;
		ladder_words(l, w, a, &notes);
		put_mermaid(buf_cstr(&notes), out);
		buf_char(out, '\n');
		notes.n = 0;
		ladder_notes(a, &notes);
		if (notes.n) {
			buf_fmt(out, "    Note over p%d,p%d: ", from < to ? from : to,
				from < to ? to : from);
			put_mermaid(buf_cstr(&notes), out);
			buf_char(out, '\n');
		}
		mermaid_state(w, a, 0, out);
		mermaid_state(w, a, 1, out);
	}
	out->failed |= notes.failed;
	buf_done(&notes);
}
