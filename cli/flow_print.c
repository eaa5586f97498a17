/* SPDX-License-Identifier: BSD-2-Clause */
/* strata flow: arrows as they come, or the whole ladder. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/flowing.h"
#include "dissect/escape.h"

/* ---- JSON ---- */

static void put_text(struct buf *out, const char *key, const char *s)
{
	buf_fmt(out, ",\"%s\":\"", key);
	escape_json((const uint8_t *)s, strlen(s), out);
	buf_char(out, '"');
}

static void put_seconds(struct buf *out, const char *key, int64_t ns)
{
	buf_fmt(out, ",\"%s\":\"", key);
	report_seconds(ns, 9, out);
	buf_char(out, '"');
}

static void put_marks(struct buf *out, uint32_t marks)
{
	bool first = true;

	buf_str(out, ",\"marks\":[");
	for (unsigned m = 0; m < MARKS; m++) {
		if (!(marks >> m & 1))
			continue;
		buf_fmt(out, "%s\"%s\"", first ? "" : ",", mark_names[m]);
		first = false;
	}
	buf_char(out, ']');
}

static void put_json(const struct flowing *w, const struct ladder_arrow *a, struct buf *out)
{
	buf_fmt(out, "{\"v\":1,\"n\":%" PRIu64, a->number);
	put_seconds(out, "ts", a->when);
	buf_fmt(out, ",\"stream\":\"%s:%" PRIu32 "\",\"side\":\"%c\"", a->proto->name, a->conv,
		"ab"[a->side]);
	put_text(out, "from", a->name[0]);
	put_text(out, "to", a->name[1]);
	put_text(out, "label", ladder_label(w->ladder, a));
	if (a->proto->segment) {
		buf_fmt(out, ",\"seq\":%" PRIu64, a->seq);
		if (a->has_ack)
			buf_fmt(out, ",\"ack\":%" PRIu64, a->ack);
	}
	buf_fmt(out, ",\"len\":%" PRIu32, a->len);
	put_marks(out, a->marks);
	if (a->marks & 1u << MARK_DUPLICATE_ACK)
		buf_fmt(out, ",\"repeat\":%" PRIu32 ",\"repeats\":%" PRIu64, a->repeat, a->repeats);
	if (a->state[0])
		put_text(out, "state_from", state_names[a->state[0]]);
	if (a->state[1])
		put_text(out, "state_to", state_names[a->state[1]]);
	if (a->rtt >= 0)
		put_seconds(out, "rtt", a->rtt);
	if (a->answers) {
		buf_fmt(out, ",\"%s\":%" PRIu64,
			a->marks & 1u << MARK_RETRIED ? "again" : "answers", a->answers);
		put_seconds(out, "after", a->after);
	}
	buf_str(out, "}\n");
}

/* ---- as they come ---- */

/* The lanes of one conversation, side a on the left. */
static void set_lanes(struct flowing *w, const struct ladder_arrow *a)
{
	struct ladder_lanes *v = &w->lanes;
	struct buf *out = &w->show.out.b;

	if (v->n && w->proto == a->proto && w->conv == a->conv)
		return;
	if (v->n)
		buf_char(out, '\n');
	w->proto = a->proto;
	w->conv = a->conv;
	*v = (struct ladder_lanes) { .n = 2 };
	snprintf(v->name[0], LADDER_NAME, "%s", a->name[a->side]);
	snprintf(v->name[1], LADDER_NAME, "%s", a->name[!a->side]);
	buf_fmt(out, "%s:%" PRIu32 "\n", a->proto->name, a->conv);
	ladder_text_head(v, &w->text, out);
}

int flow_stream(struct flowing *w, struct err *e)
{
	uint32_t n;
	const struct ladder_arrow *a = ladder_arrows(w->ladder, &n);
	struct buf *out = &w->show.out.b;

	for (; n; n--, a++) {
		if (w->form == FLOW_JSON) {
			put_json(w, a, out);
			continue;
		}
		if (!w->text.start)
			w->text.start = a->when;
		set_lanes(w, a);
		ladder_text_arrow(w->ladder, &w->lanes, &w->text, a, out);
	}
	ladder_clear(w->ladder);
	return out_more(&w->show.out, e) < 0 ? (w->show.out.gone ? SHOW_END : SHOW_ERROR) : SHOW_OK;
}

void flow_unanswered(void *arg, uint64_t number, const struct ladder_conv *c)
{
	struct flowing *w = arg;
	struct buf *out = &w->show.out.b;

	(void)c;
	if (!w->stream)
		return;
	if (w->form == FLOW_JSON)
		buf_fmt(out, "{\"v\":1,\"unanswered\":%" PRIu64 "}\n", number);
	else
		buf_fmt(out, "packet %" PRIu64 " was never answered\n", number);
}

/* ---- the whole ---- */

int flow_draw(struct flowing *w, struct err *e)
{
	struct buf *out = &w->show.out.b;
	struct ladder_lanes lanes;
	uint32_t n;
	const struct ladder_arrow *a = ladder_arrows(w->ladder, &n);

	if (!n)
		return SHOW_OK;
	if (ladder_lanes(w->ladder, &lanes) < 0)
		return err_set(e, ERR_IO, "no memory");
	if (w->form == FLOW_SVG) {
		ladder_svg(w->ladder, &lanes, w->title, out);
	} else if (w->form == FLOW_MERMAID) {
		ladder_mermaid(w->ladder, &lanes, out);
	} else {
		w->text.start = a->when;
		ladder_text_head(&lanes, &w->text, out);
		for (uint32_t i = 0; i < n; i++)
			ladder_text_arrow(w->ladder, &lanes, &w->text, &a[i], out);
	}
	if (lanes.left_out)
		say(w->c, "%" PRIu32 " participants more than %u are not drawn", lanes.left_out,
		    LADDER_LANES);
	ladder_lanes_done(&lanes);
	return out_more(&w->show.out, e) < 0 ? (w->show.out.gone ? SHOW_END : SHOW_ERROR) : SHOW_OK;
}
