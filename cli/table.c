/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables as text, JSON or CSV. */
#include "cli/table.h"

#include <string.h>

#include "dissect/escape.h"
#include "dissect/report.h"

bool table_form(int form)
{
	return form == REPORT_LINE || form == REPORT_JSON || form == REPORT_FLAT ||
	       form == REPORT_CSV;
}

static bool as_json(const struct showing *show)
{
	return show->form == REPORT_JSON || show->form == REPORT_FLAT; /* rows are flat */
}

static bool unknown(const struct table_column *c, const struct table_cell *v)
{
	return c->form == CELL_SECONDS && v->num == UINT64_MAX;
}

static void row_json(struct buf *out, const struct table_column *c, const struct table_cell *v)
{
	buf_str(out, "{\"v\":1");
	for (; c->name; c++, v++) {
		buf_fmt(out, ",\"%s\":", c->name);
		if (c->form == CELL_NUMBER) {
			buf_u64(out, v->num);
			continue;
		}
		if (unknown(c, v)) {
			buf_str(out, "null");
			continue;
		}
		buf_char(out, '"');
		if (c->form == CELL_SECONDS)
			report_seconds((int64_t)v->num, 9, out);
		else
			escape_json((const uint8_t *)v->text, strlen(v->text), out);
		buf_char(out, '"');
	}
	buf_str(out, "}\n");
}

static void row_csv(struct buf *out, const struct table_column *c, const struct table_cell *v)
{
	for (bool first = true; c->name; c++, v++, first = false) {
		if (!first)
			buf_char(out, ',');
		if (c->form == CELL_NUMBER)
			buf_u64(out, v->num);
		else if (c->form == CELL_SECONDS && !unknown(c, v))
			report_seconds((int64_t)v->num, 9, out);
		else if (c->form == CELL_TEXT)
			escape_csv((const uint8_t *)v->text, strlen(v->text), out);
	}
	buf_str(out, "\r\n");
}

static void row_text(struct buf *out, const struct table_column *c, const struct table_cell *v)
{
	struct buf b = { 0 };
	size_t from = out->n;

	for (const struct table_column *f = c; c->name; c++, v++) {
		b.n = 0;
		if (c->form == CELL_NUMBER)
			buf_u64(&b, v->num);
		else if (unknown(c, v))
			buf_char(&b, '-');
		else if (c->form == CELL_SECONDS)
			report_seconds((int64_t)v->num, 6, &b);
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

void table_heads(struct showing *show, const struct table_column *c)
{
	struct buf *out = &show->out.b;
	size_t from = out->n;

	for (const struct table_column *f = c; c->name && !as_json(show); c++) {
		if (show->form == REPORT_CSV) {
			buf_fmt(out, "%s%s", c == f ? "" : ",", c->name);
			continue;
		}
		buf_fmt(out, c->form == CELL_TEXT ? "%s%-*s" : "%s%*s", c == f ? "" : "  ",
			c->width, c->head);
	}
	while (out->n > from && out->p[out->n - 1] == ' ')
		out->n--;
	if (!as_json(show))
		buf_str(out, show->form == REPORT_CSV ? "\r\n" : "\n");
}

int table_row(struct showing *show, const struct table_column *c, const struct table_cell *v,
	      struct err *e)
{
	struct buf *out = &show->out.b;

	(as_json(show) ? row_json : show->form == REPORT_CSV ? row_csv : row_text)(out, c, v);
	return out_more(&show->out, e) < 0 ? (show->out.gone ? SHOW_END : SHOW_ERROR) : SHOW_OK;
}

int table_width(int have, const char *text)
{
	int n = (int)strlen(text);

	return n > have && n < 60 ? n : have;
}
