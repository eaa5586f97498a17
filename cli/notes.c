/* SPDX-License-Identifier: BSD-2-Clause */
/* --notes: what is wrong in the packets, counted: lengths, checksums, rules, and bytes that came
 * twice and differed. */
#include "cli/follow.h"
#include "cli/table.h"

#include <inttypes.h>

static int no_memory(struct err *e)
{
	return err_set(e, ERR_IO, "no memory");
}

/* What was put together is judged from the layer on that no packet had for itself. */
static int on_whole(void *arg, struct packet *p)
{
	struct following *w = arg;

	return tally_packet(w->tally, p) ? no_memory(w->e) : 0;
}

static int on_clash(void *arg, const struct packet *p, unsigned i, const struct flow_data *d)
{
	struct following *w = arg;
	const char *text = d->proto->segment ? "sent again with other bytes"
					     : "overlaps another piece with other bytes";

	return tally_add(w->tally, p, i, "overlap", text) ? no_memory(w->e) : 0;
}

int notes_open(struct following *w, struct flow_opts *fo, struct err *e)
{
	static const struct flow_ops ops = { .whole = on_whole, .clash = on_clash };

	if (!table_form(w->show->form))
		return err_set(e, ERR_USAGE, "--notes prints line, json, flat or csv");
	w->show->out.b.n = 0; /* the table has a head of its own */
	fo->ops = &ops;
	w->tally = tally_open(e);
	return w->tally ? 0 : -1;
}

int notes_packet(struct following *w, const struct packet *p, struct err *e)
{
	if (tally_packet(w->tally, p))
		return no_memory(e);
	return flows_packet(w->flows, p);
}

int notes_print(struct following *w, struct err *e)
{
	struct table_column c[] = {
		{ "notes", "notes", CELL_NUMBER, 7 },
		{ "packets", "packets", CELL_NUMBER, 7 },
		{ "first", "first", CELL_NUMBER, 7 },
		{ "kind", "kind", CELL_TEXT, 8 },
		{ "at", "at", CELL_TEXT, 2 },
		{ "text", "the first says", CELL_TEXT, 14 },
		{ 0 },
	};
	unsigned n;
	uint64_t left;
	const struct tally_row *v = tally_rows(w->tally, &n, &left);
	int rc = SHOW_OK;

	if (!v)
		return no_memory(e);
	for (unsigned i = 0; i < n; i++)
		c[4].width = table_width(c[4].width, v[i].at);
	table_heads(w->show, c);
	for (unsigned i = 0; i < n && rc == SHOW_OK; i++, v++) {
		struct table_cell x[TABLE_CELLS] = { { .num = v->notes }, { .num = v->packets },
						     { .num = v->first }, { .text = v->kind },
						     { .text = v->at },   { .text = v->text } };

		rc = table_row(w->show, c, x, e);
	}
	if (left)
		say(w->c, "%" PRIu64 " notes are of kinds beyond the %u that are told apart", left,
		    TALLY_ROWS);
	return rc;
}
