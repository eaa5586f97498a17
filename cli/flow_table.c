/* SPDX-License-Identifier: BSD-2-Clause */
/* strata flow --stats: a row for each conversation. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/flowing.h"
#include "cli/table.h"

static const struct table_column columns[] = {
	{ "stream", "stream", CELL_TEXT, 8 },
	{ "a", "a", CELL_TEXT, 1 },
	{ "b", "b", CELL_TEXT, 1 },
	{ "packets", "packets", CELL_NUMBER, 7 },
	{ "bytes", "bytes", CELL_NUMBER, 9 },
	{ "duration", "duration", CELL_SECONDS, 10 },
	{ "retransmitted", "again", CELL_NUMBER, 5 },
	{ "lost", "lost", CELL_NUMBER, 5 },
	{ "out_of_order", "order", CELL_NUMBER, 5 },
	{ "duplicate_acks", "dupack", CELL_NUMBER, 6 },
	{ "zero_windows", "zerowin", CELL_NUMBER, 7 },
	{ "resets", "reset", CELL_NUMBER, 5 },
	{ "rtt_min", "rtt min", CELL_SECONDS, 9 },
	{ "rtt_median", "median", CELL_SECONDS, 9 },
	{ "rtt_max", "max", CELL_SECONDS, 9 },
	{ "requests", "asked", CELL_NUMBER, 5 },
	{ "unanswered", "silent", CELL_NUMBER, 6 },
	{ "service_median", "service", CELL_SECONDS, 9 },
	{ "service_max", "max", CELL_SECONDS, 9 },
	{ 0 },
};

#define EARLY 21 /* columns of an end, where rows are printed before all ends are known */

struct rows {
	struct flowing *w;
	struct table_column c[sizeof(columns) / sizeof(*columns)];
	struct err *e;
};

/* Of both sides the one whose packets have the longer way: the other is near where it was
 * captured. */
static const struct quantile *far_side(const struct verdict_conv *v)
{
	const struct quantile *a = &v->side[0].rtt, *b = &v->side[1].rtt;

	return a->n && (!b->n || quantile_min(a) >= quantile_min(b)) ? a : b;
}

static uint64_t known(const struct quantile *q, int64_t ns)
{
	return q->n ? (uint64_t)ns : UINT64_MAX;
}

static int put_row(void *arg, const struct flow_seen *s, const struct ladder_conv *c)
{
	struct rows *r = arg;
	const struct verdict_conv *v = &c->v;
	const struct quantile *rtt = far_side(v), *service = &v->service;
	bool stream = s->proto->segment != NULL;
	char name[80];
	struct table_cell x[TABLE_CELLS] = {
		{ .text = name },
		{ .text = c->name[0] },
		{ .text = c->name[1] },
		{ .num = v->side[0].packets + v->side[1].packets },
		{ .num = v->side[0].wire + v->side[1].wire },
		{ .num = (uint64_t)flow_since(v->first, v->last) },
		{ .num = v->count[stream ? MARK_RETRANSMISSION : MARK_RETRIED] },
		{ .num = v->count[MARK_LOST] },
		{ .num = v->count[MARK_OUT_OF_ORDER] },
		{ .num = v->count[MARK_DUPLICATE_ACK] },
		{ .num = v->count[MARK_ZERO_WINDOW] },
		{ .num = v->count[MARK_RESET] },
		{ .num = known(rtt, quantile_min(rtt)) },
		{ .num = known(rtt, quantile_median(rtt)) },
		{ .num = known(rtt, quantile_max(rtt)) },
		{ .num = stream ? service->n : c->requests },
		{ .num = v->count[MARK_UNANSWERED] },
		{ .num = known(service, quantile_median(service)) },
		{ .num = known(service, quantile_max(service)) },
	};

	snprintf(name, sizeof(name), "%s:%" PRIu32, s->proto->name, s->number);
	return table_row(&r->w->show, r->c, x, r->e);
}

static int widen(void *arg, const struct flow_seen *s, const struct ladder_conv *c)
{
	struct rows *r = arg;

	(void)s;
	r->c[1].width = table_width(r->c[1].width, c->name[0]);
	r->c[2].width = table_width(r->c[2].width, c->name[1]);
	return 0;
}

static struct rows begin(struct flowing *w, struct err *e)
{
	struct rows r = { .w = w, .e = e };

	memcpy(r.c, columns, sizeof(columns));
	return r;
}

static void heads(struct flowing *w, const struct rows *r)
{
	if (!w->heads)
		table_heads(&w->show, r->c);
	w->heads = true;
}

void flow_over(void *arg, const struct flow_seen *s, const struct ladder_conv *c)
{
	struct flowing *w = arg;
	struct err e = { 0 };
	struct rows r = begin(w, &e);

	if (w->form != FLOW_TABLE)
		return;
	r.c[1].width = r.c[2].width = EARLY;
	heads(w, &r);
	put_row(&r, s, c);
}

int flow_table(struct flowing *w, struct err *e)
{
	struct rows r = begin(w, e);
	int rc;

	if (ladder_each(w->ladder, widen, &r))
		return err_set(e, ERR_IO, "no memory");
	for (unsigned k = 1; k < 3 && w->heads; k++) /* as those above it */
		r.c[k].width = r.c[k].width < EARLY ? EARLY : r.c[k].width;
	heads(w, &r);
	rc = ladder_each(w->ladder, put_row, &r);
	if (rc == SHOW_ERROR && !e->code)
		err_set(e, ERR_IO, "no memory");
	return rc;
}
