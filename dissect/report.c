/* SPDX-License-Identifier: BSD-2-Clause */
/* What all output forms share, and the choice between them. */
#include "dissect/report_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/shape.h"
#include "core/bits.h"
#include "core/said.h"
#include "core/value.h"
#include "dissect/dissect.h"
#include "dissect/escape.h"

static const char *const form_names[] = { "line", "tree", "json", "flat", "csv",
					  "hex",  "raw",  "text", "none" };

int report_form(const char *name)
{
	for (int i = 0; i <= REPORT_NONE; i++) {
		if (strcmp(form_names[i], name) == 0)
			return i;
	}
	return -1;
}

struct report *report_open(const struct registry *reg, const struct report_opts *opts,
			   struct err *e)
{
	struct report *r = calloc(1, sizeof(*r));

	if (!r || !(r->summary = calloc(registry_count(reg) + 1, sizeof(*r->summary))) ||
	    !(r->layer = calloc(registry_count(reg) + 1, sizeof(*r->layer)))) {
		err_set(e, ERR_IO, "out of memory");
		free(r ? r->summary : NULL);
		free(r);
		return NULL;
	}
	r->reg = reg;
	r->opts = *opts;
	if (opts->fields && columns_parse(r, opts->fields, e)) {
		report_close(r);
		return NULL;
	}
	return r;
}

void report_close(struct report *r)
{
	if (!r)
		return;
	for (unsigned i = 0; r->summary && i <= registry_count(r->reg); i++)
		summary_free(r->summary[i]);
	free(r->summary);
	free(r->column);
	free(r->fields);
	report_keys_free(r);
	tree_done(&r->tree);
	check_done(&r->check);
	buf_done(&r->scratch);
	buf_done(&r->cell);
	free(r);
}

void report_begin(struct report *r, struct buf *out)
{
	if (r->opts.form == REPORT_CSV)
		report_csv_head(r, out);
}

struct extent_bytes report_payload(const struct packet *p)
{
	struct extent_bytes x;

	packet_rest(p, (int)p->nlayers - 1, &x.from, &x.to);
	return x;
}

struct extent_bytes report_trailer(const struct packet *p, unsigned i)
{
	struct extent_bytes x = { 0, 0 };

	if (packet_carries(p, (int)i))
		packet_rest(p, (int)i, &x.from, &x.to);
	return x;
}

void report_time(struct report *r, int64_t when, struct buf *out)
{
	int64_t s = when / 1000000000, ns = when % 1000000000;

	if (ns < 0)
		ns += 1000000000, s--;
	if (!r->date_len || r->second != s) {
		time_t t = (time_t)s;
		struct tm tm;

		if (!gmtime_r(&t, &tm))
			memset(&tm, 0, sizeof(tm));
		r->second = s;
		r->date_len = (unsigned)snprintf(r->date, sizeof(r->date),
						 "%04d-%02d-%02dT%02d:%02d:%02d.",
						 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
						 tm.tm_hour, tm.tm_min, tm.tm_sec);
	}
	buf_put(out, r->date, r->date_len);
	buf_nine(out, (uint32_t)ns);
	buf_char(out, 'Z');
}

void report_seconds(int64_t ns, unsigned digits, struct buf *out)
{
	uint64_t v = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

	if (ns < 0)
		buf_char(out, '-');
	buf_u64(out, v / 1000000000);
	buf_char(out, '.');
	buf_nine(out, (uint32_t)(v % 1000000000));
	if (digits < 9 && !out->failed)
		out->n -= 9 - digits;
}

void report_value(const struct tree *t, uint32_t at, struct buf *out)
{
	const struct node *n = &t->v[at];
	struct field here;
	struct value v;

	node_value(t, at, &v);
	if (!n->type || n->type->form != TYPE_LEAF || (n->flags & (NODE_RAW | NODE_CUT))) {
		const uint8_t *p = t->data + n->bit / 8;

		buf_str(out, "hex:");
		if (n->bit % 8 == 0)
			buf_hex(out, p, n->bits / 8);
		return;
	}
	switch (n->type->kind->cls) {
	case KIND_TEXT: {
		uint32_t len = v.len;

		while (n->type->ext.form == EXTENT_BYTES && len && v.p[len - 1] == 0)
			len--; /* text of fixed size is filled up with zeros */
		buf_put(out, v.p, len);
		break;
	}
	case KIND_BYTES: buf_hex(out, v.p, v.len); break;
	default: value_plain(field_here(n->field, t, n->parent, &here), n->type, &v, out); break;
	}
}

/* Is field f one of those that select by ca? */
static bool selects_by(const struct carries *ca, const struct field *f)
{
	for (unsigned k = 0; k < ca->nfields; k++) {
		if (ca->field[k] == f->index)
			return true;
	}
	return false;
}

static const char *find_word(const struct report *r, const struct node *n)
{
	const struct field *f = n->field;
	const struct proto *p = f->rec->proto, *up;

	if (f->words && !f->words->flags) {
		for (unsigned i = 0; i < f->words->n; i++) {
			if (f->words->v[i].value == n->num)
				return f->words->v[i].name;
		}
	}
	for (unsigned i = 0; f->selects && p && i < p->ncarries; i++) {
		const struct space *sp = p->shape->cold->carries[i];

		/* Most ports are nobody's. */
		if (!selects_by(&p->carries[i], f) ||
		    (sp && n->num <= UINT16_MAX && !space_entry(sp, n->num)))
			continue;
		up = registry_bound(r->reg, p->carries[i].space, n->num, 0);
		if (up)
			return up->name;
	}
	return NULL;
}

/* Does this field ever have words? */
static bool wordy(const struct node *n)
{
	return n->field && !(n->flags & (NODE_ITEM | NODE_RAW | NODE_CUT)) && n->type &&
	       n->type->form == TYPE_LEAF && n->type->kind->cls == KIND_NUM &&
	       (n->field->selects || (n->field->words && !n->field->words->flags));
}

const char *report_word(struct report *r, const struct tree *t, uint32_t at)
{
	const struct node *n = &t->v[at];
	struct word_seen *seen;
	struct field here;

	if (n->field && n->field->ncases && n->type && !(n->flags & (NODE_RAW | NODE_CUT))) {
		const struct field *f = field_here(n->field, t, n->parent, &here);

		return word_of(f, n->num);
	}
	if (!wordy(n))
		return NULL;
	seen = &r->seen[(((uintptr_t)n->field >> 6) ^ n->num * 0x9e3779b1u) % WORDS_SEEN];
	if (seen->field != n->field || seen->value != n->num)
		*seen = (struct word_seen) { n->field, n->num, find_word(r, n) };
	return seen->word;
}

const char *report_way(const struct packet *p)
{
	return p->flags & PACKET_OUTGOING ? "out" : p->flags & PACKET_INCOMING ? "in" : NULL;
}

void report_comments(const struct packet *p, const char *between, struct buf *out)
{
	const char *text, *put = "";
	uint32_t at = 0, n;

	while (said_comment(p, &at, &text, &n)) {
		buf_str(out, put);
		buf_put(out, text, n);
		put = between;
	}
}

void report_stack(const struct packet *p, struct buf *out, const char *quote, const char *comma)
{
	for (unsigned i = 0; i < p->nlayers; i++) {
		if (i)
			buf_str(out, comma);
		buf_str(out, quote);
		layer_name(p, i, out);
		buf_str(out, quote);
	}
}

void report_stream(const struct packet *p, struct buf *out)
{
	if (!(p->flags & PACKET_WHOLE) || !p->origin->proto)
		return;
	buf_str(out, p->origin->proto->name);
	buf_char(out, ':');
	buf_u64(out, p->origin->stream);
}

void report_packets(const struct packet *p, struct buf *out, const char *comma)
{
	const struct origin *o = p->origin;

	if (!(p->flags & PACKET_WHOLE))
		return;
	for (uint32_t i = 0; i < o->nfrom; i++) {
		buf_str(out, i ? comma : "");
		buf_u64(out, o->from[i]);
	}
}

void report_origin(const struct packet *p, struct buf *out)
{
	if (!(p->flags & PACKET_WHOLE))
		return;
	buf_str(out, p->origin->conflict ? " !overlap [" : " [");
	if (p->origin->proto)
		report_stream(p, out);
	else
		buf_str(out, "whole");
	buf_str(out, " of ");
	report_packets(p, out, ",");
	buf_char(out, ']');
}

const char *report_color(const struct report *r, unsigned i)
{
	static const char *const c[] = { "\033[36m", "\033[32m", "\033[33m",
					 "\033[35m", "\033[34m", "\033[31m" };

	return r->opts.color ? c[i % (sizeof(c) / sizeof(c[0]))] : "";
}

const char *report_plain(const struct report *r)
{
	return r->opts.color ? "\033[0m" : "";
}

static void report_text(const struct packet *p, struct buf *out)
{
	struct extent_bytes x = report_payload(p);

	escape_term(p->data + x.from, x.to - x.from, out);
	buf_char(out, '\n');
}

void report_seen(struct report *r, int64_t when)
{
	if (!r->started)
		r->first = when;
	r->started = true;
}

void report_packet(struct report *r, const struct packet *p, const char *ifname, struct buf *out)
{
	report_seen(r, p->when);
	switch (r->opts.form) {
	case REPORT_LINE: report_line(r, p, ifname, out); break;
	case REPORT_TREE: report_tree(r, p, ifname, out); break;
	case REPORT_JSON: report_json(r, p, ifname, out); break;
	case REPORT_FLAT: report_flat(r, p, ifname, out); break;
	case REPORT_CSV: report_csv(r, p, ifname, out); break;
	case REPORT_HEX: report_hex(r, p, out); break;
	case REPORT_RAW:
		buf_hex(out, p->data, p->len);
		buf_char(out, '\n');
		break;
	case REPORT_TEXT: report_text(p, out); break;
	case REPORT_NONE: break;
	}
	out->failed |= r->failed || r->scratch.failed;
	r->failed = r->scratch.failed = false;
}
