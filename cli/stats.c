/* SPDX-License-Identifier: BSD-2-Clause */
/* --stats: tables of what was counted, as text, JSON or CSV. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/follow.h"
#include "dissect/escape.h"

#define CELLS 12

enum cell_form { CELL_TEXT, CELL_NUMBER, CELL_SECONDS };

struct column {
	const char *name; /* the key of JSON and the head of CSV */
	const char *head; /* of the table */
	enum cell_form form;
	int width; /* of the table */
};

struct cell {
	const char *text;
	uint64_t num; /* seconds: nanoseconds */
};

static void put_seconds(struct buf *out, int64_t ns)
{
	uint64_t v = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

	buf_fmt(out, "%s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "", v / 1000000000, v % 1000000000);
}

static void row_json(struct buf *out, const struct column *c, const struct cell *v)
{
	buf_str(out, "{\"v\":1");
	for (; c->name; c++, v++) {
		buf_fmt(out, ",\"%s\":", c->name);
		if (c->form == CELL_NUMBER) {
			buf_u64(out, v->num);
			continue;
		}
		buf_char(out, '"');
		if (c->form == CELL_SECONDS)
			put_seconds(out, (int64_t)v->num);
		else
			escape_json((const uint8_t *)v->text, strlen(v->text), out);
		buf_char(out, '"');
	}
	buf_str(out, "}\n");
}

static void row_csv(struct buf *out, const struct column *c, const struct cell *v)
{
	for (bool first = true; c->name; c++, v++, first = false) {
		if (!first)
			buf_char(out, ',');
		if (c->form == CELL_NUMBER)
			buf_u64(out, v->num);
		else if (c->form == CELL_SECONDS)
			put_seconds(out, (int64_t)v->num);
		else
			escape_csv((const uint8_t *)v->text, strlen(v->text), out);
	}
	buf_str(out, "\r\n");
}

static void row_text(struct buf *out, const struct column *c, const struct cell *v)
{
	struct buf b = { 0 };
	size_t from = out->n;

	for (const struct column *f = c; c->name; c++, v++) {
		b.n = 0;
		if (c->form == CELL_NUMBER)
			buf_u64(&b, v->num);
		else if (c->form == CELL_SECONDS)
			buf_fmt(&b, "%" PRId64 ".%06" PRId64, (int64_t)v->num / 1000000000,
				(int64_t)v->num % 1000000000 / 1000);
		else
			escape_term((const uint8_t *)v->text, strlen(v->text), &b);
		if (c != f)
			buf_str(out, "  ");
		if (c->form == CELL_TEXT)
			buf_put(out, b.p, b.n);
		for (size_t i = b.n; i < (size_t)c->width; i++)
			buf_char(out, ' ');
		if (c->form != CELL_TEXT)
			buf_put(out, b.p, b.n);
	}
	while (out->n > from && out->p[out->n - 1] == ' ')
		out->n--;
	buf_char(out, '\n');
	buf_done(&b);
}

static void heads(const struct following *w, const struct column *c)
{
	struct buf *out = &w->show->out.b;
	size_t from = out->n;

	for (const struct column *f = c; c->name && w->show->form != REPORT_JSON; c++) {
		if (w->show->form == REPORT_CSV) {
			buf_fmt(out, "%s%s", c == f ? "" : ",", c->name);
			continue;
		}
		buf_fmt(out, c->form == CELL_TEXT ? "%s%-*s" : "%s%*s", c == f ? "" : "  ",
			c->width, c->head);
	}
	while (out->n > from && out->p[out->n - 1] == ' ')
		out->n--;
	if (w->show->form != REPORT_JSON)
		buf_str(out, w->show->form == REPORT_CSV ? "\r\n" : "\n");
}

static int row(struct following *w, const struct column *c, const struct cell *v, struct err *e)
{
	struct buf *out = &w->show->out.b;

	(w->show->form == REPORT_JSON  ? row_json
	 : w->show->form == REPORT_CSV ? row_csv
				       : row_text)(out, c, v);
	return out_more(&w->show->out, e) < 0 ? (w->show->out.gone ? SHOW_END : SHOW_ERROR)
					      : SHOW_OK;
}

static int width_of(int have, const char *text)
{
	int n = (int)strlen(text);

	return n > have && n < 60 ? n : have;
}

static int print_convs(struct following *w, struct err *e)
{
	struct column c[] = {
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
		c[1].width = width_of(c[1].width, v[i].end[0]);
		c[2].width = width_of(c[2].width, v[i].end[1]);
		start = v[i].first < start ? v[i].first : start;
	}
	if (w->show->form != REPORT_LINE)
		start = 0;
	heads(w, c);
	for (uint32_t i = 0; i < n && rc == SHOW_OK; i++, v++) {
		char name[80];
		struct cell x[CELLS] = {
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
		rc = row(w, c, x, e);
	}
	return rc;
}

static int print_hosts(struct following *w, struct err *e)
{
	struct column c[] = {
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
		c[1].width = width_of(c[1].width, v[i].name);
	heads(w, c);
	for (uint32_t i = 0; i < n && rc == SHOW_OK; i++, v++) {
		struct cell x[CELLS] = {
			{ .text = v->proto->name },
			{ .text = v->name },
			{ .num = v->packets[0] + v->packets[1] },
			{ .num = v->bytes[0] + v->bytes[1] },
			{ .num = v->packets[0] },
			{ .num = v->bytes[0] },
			{ .num = v->packets[1] },
			{ .num = v->bytes[1] },
		};

		rc = row(w, c, x, e);
	}
	return rc;
}

static int print_protos(struct following *w, struct err *e)
{
	static const struct column c[] = {
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
	heads(w, c);
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
		struct cell x[CELLS] = { { .text = buf_cstr(&path) },
					 { .num = v->packets },
					 { .num = v->bytes } };

		rc = row(w, c, x, e);
	}
	buf_done(&path);
	return rc;
}

static int print_times(struct following *w, struct err *e)
{
	static const struct column c[] = {
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
	heads(w, c);
	for (uint32_t i = 0; i < n && rc == SHOW_OK; i++) {
		struct cell x[CELLS] = { { .num = (uint64_t)(start + (int64_t)i * interval) },
					 { .num = (uint64_t)interval },
					 { .num = v[i].packets },
					 { .num = v[i].bytes } };

		rc = row(w, c, x, e);
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
