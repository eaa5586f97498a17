/* SPDX-License-Identifier: BSD-2-Clause */
/* Newline-delimited JSON (RFC 8259), one packet a line; the same one level deep. */
#include "dissect/report_json.h"

#include <stdio.h>

#include "dissect/dissect.h"
#include "core/said.h"
#include "dissect/escape.h"

static void put_open(struct json *j)
{
	const struct field_key *k = report_layer_key(j->r, j->p->layers[j->layer].proto);
	unsigned nth = layer_nth(j->p, j->layer);

	if (k && nth == 1) {
		buf_put(j->out, k->text, k->len);
	} else if (k) {
		buf_put(j->out, k->text, k->len - 3);
		buf_char(j->out, '.');
		buf_u64(j->out, nth);
		buf_str(j->out, "\":{");
	}
	j->comma = false;
}

static void put_stack(struct json *j)
{
	buf_str(j->out, ",\"stack\":[");
	for (unsigned i = 0; i < j->p->nlayers; i++) {
		const struct field_key *k = report_layer_key(j->r, j->p->layers[i].proto);
		unsigned nth = layer_nth(j->p, i);

		if (!k)
			return;
		buf_put(j->out, k->text + !i, k->len - 3 - !i);
		if (nth > 1) {
			buf_char(j->out, '.');
			buf_u64(j->out, nth);
		}
		buf_char(j->out, '"');
	}
	buf_char(j->out, ']');
}

static void put_comments(struct json *j)
{
	const char *text, *open = ",\"comments\":[";
	uint32_t at = 0, n;

	if (j->flat) {
		j->r->scratch.n = 0;
		report_comments(j->p, "\n", &j->r->scratch);
		if (j->r->scratch.n) {
			buf_str(j->out, ",\"comment\":");
			json_string(j, j->r->scratch.p, j->r->scratch.n);
		}
		return;
	}
	while (said_comment(j->p, &at, &text, &n)) {
		buf_str(j->out, open);
		json_string(j, text, n);
		open = ",";
	}
	if (*open == ',' && !open[1])
		buf_char(j->out, ']');
}

static void put_origin(struct json *j, const struct packet *p)
{
	if (p->origin->proto) {
		buf_str(j->out, ",\"stream\":\"");
		report_stream(p, j->out);
		buf_fmt(j->out, "\",\"side\":\"%c\"", "ab"[p->origin->side & 1]);
	}
	buf_str(j->out, j->flat ? ",\"packets\":\"" : ",\"packets\":[");
	report_packets(p, j->out, ",");
	buf_char(j->out, j->flat ? '"' : ']');
	if (p->origin->conflict)
		buf_str(j->out, ",\"conflict\":true");
}

static void put_head(struct json *j, const char *ifname)
{
	const struct packet *p = j->p;

	buf_str(j->out, "{\"v\":1,\"n\":");
	buf_u64(j->out, p->number);
	if (!(p->flags & PACKET_NO_TIME)) {
		buf_str(j->out, ",\"time\":\"");
		report_time(j->r, p->when, j->out);
		buf_str(j->out, "\",\"ts\":\"");
		report_seconds(p->when, 9, j->out);
		buf_char(j->out, '"');
	}
	if (ifname) {
		buf_str(j->out, ",\"if\":");
		json_string(j, ifname, strlen(ifname));
	}
	if (report_way(p))
		buf_fmt(j->out, ",\"dir\":\"%s\"", report_way(p));
	if (p->said)
		put_comments(j);
	if (p->flags & PACKET_WHOLE)
		put_origin(j, p);
	buf_str(j->out, ",\"link\":");
	buf_u64(j->out, p->link);
	buf_str(j->out, ",\"len\":");
	buf_u64(j->out, p->wire_len);
	buf_str(j->out, ",\"caplen\":");
	buf_u64(j->out, p->len);
	if (j->flat) {
		buf_str(j->out, ",\"stack\":\"");
		report_stack(p, j->out, "", "/");
		buf_char(j->out, '"');
	} else {
		put_stack(j);
	}
}

static void put_bytes(struct json *j, const char *name, struct extent_bytes x)
{
	json_key(j, name, "");
	buf_char(j->out, '"');
	buf_hex(j->out, j->p->data + x.from, x.to - x.from);
	buf_char(j->out, '"');
}

static bool layer_wanted(const struct report *r, const struct packet *p, unsigned i)
{
	bool any = r->ncolumns == 0;

	for (unsigned c = 0; c < r->ncolumns; c++)
		any |= column_is(&r->column[c], p, i);
	return any;
}

/* A value as a member, or (name NULL) in an array. */
static void put_found(struct json *j, const struct column *c, const struct view_value *v,
		      const char *name)
{
	if (v->node != NODE_NONE && c->form == COLUMN_FIELD) {
		json_node(j, v->node, name);
		return;
	}
	if (name)
		json_key(j, name, "");
	if (c->form == COLUMN_STATUS) {
		buf_u64(j->out, sum_status(j->p, j->layer, j->t, v->node));
	} else if (v->bytes) {
		buf_char(j->out, '"');
		buf_hex(j->out, j->t->data + v->bit / 8, v->bits / 8);
		buf_char(j->out, '"');
	} else {
		json_unsigned(j, v->num);
	}
}

/* What stands under the layer's name so that the key is the name that was asked for: http.host is
 * host in http. */
static const char *in_layer(struct json *j, const struct column *c)
{
	size_t n = strlen(c->proto->name);

	if (!c->alias.name)
		return c->path;
	if (!strncmp(c->path, c->proto->name, n) && c->path[n] == '.')
		return c->path + n + 1;
	if (j->flat)
		j->nprefix = 0;
	return c->path;
}

/* The values of a column in a layer: one by itself, several in an array (flat: numbered). */
static void put_column(struct json *j, const struct column *c)
{
	char own[sizeof(c->path) + 8], name[sizeof(own) + 12];
	struct view_value v, next;
	size_t prefix = j->nprefix;
	uint32_t at = 0;
	bool more;

	if (!column_next(c, j->t, &at, &v))
		return;
	more = column_next(c, j->t, &at, &next);
	snprintf(own, sizeof(own), "%s%s", in_layer(j, c),
		 c->form == COLUMN_STATUS ? ".status" : "");
	if (!more) {
		put_found(j, c, &v, own);
		j->nprefix = prefix;
		return;
	}
	if (!j->flat) {
		json_key(j, own, "");
		buf_char(j->out, '[');
	}
	for (unsigned i = 0;; i++) {
		if (i && !j->flat)
			buf_char(j->out, ',');
		snprintf(name, sizeof(name), "%s.%u", own, i);
		put_found(j, c, &v, j->flat ? name : NULL);
		if (!more)
			break;
		v = next;
		more = column_next(c, j->t, &at, &next);
	}
	if (!j->flat)
		buf_char(j->out, ']');
	j->nprefix = prefix;
	j->comma = true;
}

static void put_selected(struct json *j)
{
	struct report *r = j->r;
	struct extent_bytes x;

	for (unsigned c = 0; c < r->ncolumns; c++) {
		if (!column_is(&r->column[c], j->p, j->layer))
			continue;
		if (r->column[c].form != COLUMN_PAYLOAD)
			put_column(j, &r->column[c]);
		else if (packet_payload(j->p, j->layer, &x.from, &x.to) && x.to > x.from)
			put_bytes(j, "payload", x);
	}
}

static void put_notes(struct json *j)
{
	const struct check *c = &j->r->check;

	if (j->flat) {
		j->r->scratch.n = 0;
		notes_put(c, j->p, "; ", &j->r->scratch);
		buf_str(j->out, ",\"notes\":");
		json_string(j, j->r->scratch.p, j->r->scratch.n);
		return;
	}
	buf_str(j->out, ",\"notes\":[");
	for (unsigned i = 0; i < c->nnotes; i++) {
		buf_str(j->out, i ? ",{\"at\":\"" : "{\"at\":\"");
		note_place(c, j->p, &c->note[i], j->out);
		buf_str(j->out, "\",\"text\":\"");
		escape_json((const uint8_t *)c->note[i].text, strlen(c->note[i].text), j->out);
		buf_str(j->out, "\"}");
	}
	buf_char(j->out, ']');
}

static void put_layer(struct json *j)
{
	struct extent_bytes x = report_trailer(j->p, j->layer);

	if (j->flat) {
		struct buf *name = &j->r->scratch;

		name->n = 0;
		layer_name(j->p, j->layer, name);
		j->nprefix = (size_t)snprintf(j->prefix, sizeof(j->prefix), "%.*s.", (int)name->n,
					      name->p);
	} else {
		put_open(j);
	}
	if (j->r->ncolumns)
		put_selected(j);
	else
		json_children(j, 0);
	if (x.to > x.from && !j->r->ncolumns)
		put_bytes(j, "trailer", x);
	if (!j->flat)
		buf_char(j->out, '}');
	j->nprefix = 0;
	j->comma = true;
}

static bool data_wanted(const struct report *r)
{
	bool any = r->ncolumns == 0;

	for (unsigned c = 0; c < r->ncolumns; c++)
		any |= r->column[c].form == COLUMN_DATA;
	return any;
}

static void put_packet(struct report *r, const struct packet *p, const char *ifname,
		       struct buf *out, bool flat)
{
	struct json j = { .r = r, .p = p, .out = out, .comma = true, .flat = flat };
	struct extent_bytes x = report_payload(p);

	if (check(&r->check, p)) {
		out->failed = true;
		return;
	}
	put_head(&j, ifname);
	for (j.layer = 0; j.layer < p->nlayers; j.layer++) {
		j.t = &r->check.tree[j.layer];
		if (layer_wanted(r, p, j.layer))
			put_layer(&j);
	}
	j.comma = true;
	if (x.to > x.from && data_wanted(r))
		put_bytes(&j, "payload", x);
	if (r->check.nnotes)
		put_notes(&j);
	buf_put(out, "}\n", 2);
}

void report_json(struct report *r, const struct packet *p, const char *ifname, struct buf *out)
{
	put_packet(r, p, ifname, out, false);
}

void report_flat(struct report *r, const struct packet *p, const char *ifname, struct buf *out)
{
	put_packet(r, p, ifname, out, true);
}
