/* SPDX-License-Identifier: BSD-2-Clause */
/* --stats: tables of what was counted, as text, JSON or CSV. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/follow.h"
#include "cli/table.h"

static int print_convs(struct following *w, struct err *e)
{
	struct table_column c[] = {
		{ "stream", "stream", CELL_TEXT, 8 },
		{ "a", "a", CELL_TEXT, 1 },
		{ "b", "b", CELL_TEXT, 1 },
		{ "packets_a", "a > b", CELL_NUMBER, 7 },
		{ "bytes_a", "bytes", CELL_NUMBER, 9 },
		{ "packets_b", "b > a", CELL_NUMBER, 7 },
		{ "bytes_b", "bytes", CELL_NUMBER, 9 },
		{ "packets", "packets", CELL_NUMBER, 7 },
		{ "bytes", "bytes", CELL_NUMBER, 9 },
		{ "ts", "start", CELL_SECONDS, 12 },
		{ "duration", "duration", CELL_SECONDS, 12 },
		{ 0 },
	};
	uint32_t n;
	const struct count_conv *v = counting_convs(w->count, &n);
	int64_t start = n ? v[0].first : 0;
	int rc = SHOW_OK;

	for (uint32_t i = 0; i < n; i++) {
		c[1].width = table_width(c[1].width, v[i].end[0]);
		c[2].width = table_width(c[2].width, v[i].end[1]);
		start = v[i].first < start ? v[i].first : start;
	}
	if (w->show->form != REPORT_LINE)
		start = 0;
	table_heads(w->show, c);
	for (uint32_t i = 0; i < n && rc == SHOW_OK; i++, v++) {
		char name[80];
		struct table_cell x[TABLE_CELLS] = {
			{ .text = name },
			{ .text = v->end[0] },
			{ .text = v->end[1] },
			{ .num = v->packets[0] },
			{ .num = v->bytes[0] },
			{ .num = v->packets[1] },
			{ .num = v->bytes[1] },
			{ .num = v->packets[0] + v->packets[1] },
			{ .num = v->bytes[0] + v->bytes[1] },
			{ .num = (uint64_t)(v->first - start) },
			{ .num = (uint64_t)(v->last - v->first) },
		};

		snprintf(name, sizeof(name), "%s:%" PRIu32, v->proto->name, v->number);
		rc = table_row(w->show, c, x, e);
	}
	return rc;
}

static int print_hosts(struct following *w, struct err *e)
{
	struct table_column c[] = {
		{ "protocol", "protocol", CELL_TEXT, 8 },
		{ "host", "host", CELL_TEXT, 4 },
		{ "packets", "packets", CELL_NUMBER, 7 },
		{ "bytes", "bytes", CELL_NUMBER, 9 },
		{ "packets_sent", "sent", CELL_NUMBER, 7 },
		{ "bytes_sent", "bytes", CELL_NUMBER, 9 },
		{ "packets_received", "received", CELL_NUMBER, 8 },
		{ "bytes_received", "bytes", CELL_NUMBER, 9 },
		{ 0 },
	};
	uint32_t n;
	const struct count_host *v = counting_hosts(w->count, &n);
	int rc = SHOW_OK;

	if (n == UINT32_MAX)
		return err_set(e, ERR_IO, "no memory");
	for (uint32_t i = 0; i < n; i++)
		c[1].width = table_width(c[1].width, v[i].name);
	table_heads(w->show, c);
	for (uint32_t i = 0; i < n && rc == SHOW_OK; i++, v++) {
		struct table_cell x[TABLE_CELLS] = {
			{ .text = v->proto->name },
			{ .text = v->name },
			{ .num = v->packets[0] + v->packets[1] },
			{ .num = v->bytes[0] + v->bytes[1] },
			{ .num = v->packets[0] },
			{ .num = v->bytes[0] },
			{ .num = v->packets[1] },
			{ .num = v->bytes[1] },
		};

		rc = table_row(w->show, c, x, e);
	}
	return rc;
}

static int print_protos(struct following *w, struct err *e)
{
	static const struct table_column c[] = {
		{ "stack", "protocols", CELL_TEXT, 40 },
		{ "packets", "packets", CELL_NUMBER, 9 },
		{ "bytes", "bytes", CELL_NUMBER, 12 },
		{ 0 },
	};
	uint32_t n;
	const struct count_proto *v = counting_protos(w->count, &n);
	size_t at[PACKET_LAYERS + 2] = { 0 };
	struct buf path = { 0 };
	int rc = SHOW_OK;

	if (!v)
		return err_set(e, ERR_IO, "no memory");
	table_heads(w->show, c);
	for (; n && rc == SHOW_OK; n--, v++) {
		if (w->show->form == REPORT_LINE) {
			path.n = 0;
			for (unsigned i = 1; i < v->depth; i++)
				buf_str(&path, "  ");
			buf_str(&path, v->proto ? v->proto->name : "all");
		} else if (v->proto) {
			path.n = at[v->depth - 1];
			buf_fmt(&path, "%s%s", path.n ? "/" : "", v->proto->name);
			at[v->depth] = path.n;
		}
		struct table_cell x[TABLE_CELLS] = { { .text = buf_cstr(&path) },
						     { .num = v->packets },
						     { .num = v->bytes } };

		rc = table_row(w->show, c, x, e);
	}
	buf_done(&path);
	return rc;
}

static int print_times(struct following *w, struct err *e)
{
	static const struct table_column c[] = {
		{ "ts", "from", CELL_SECONDS, 12 },
		{ "seconds", "for", CELL_SECONDS, 12 },
		{ "packets", "packets", CELL_NUMBER, 9 },
		{ "bytes", "bytes", CELL_NUMBER, 12 },
		{ 0 },
	};
	int64_t interval, start;
	uint32_t n;
	const struct count_time *v = counting_times(w->count, &n, &interval, &start);
	int rc = SHOW_OK;

	if (w->show->form == REPORT_LINE)
		start = 0;
	table_heads(w->show, c);
	for (uint32_t i = 0; i < n && rc == SHOW_OK; i++) {
		struct table_cell x[TABLE_CELLS] = { { .num = (uint64_t)(start +
									 (int64_t)i * interval) },
						     { .num = (uint64_t)interval },
						     { .num = v[i].packets },
						     { .num = v[i].bytes } };

		rc = table_row(w->show, c, x, e);
	}
	return rc;
}

int stats_print(struct following *w, struct err *e)
{
	static int (*const print[])(struct following * w,
				    struct err * e) = { print_convs, print_hosts, print_protos,
							print_times };
	uint64_t left;

	counting_left_out(w->count, &left);
	if (left)
		say(w->c,
		    "%" PRIu64 " packets belong to conversations beyond the %u MiB kept for them",
		    left, COUNT_MAX >> 20);
	return print[w->what](w, e);
}
