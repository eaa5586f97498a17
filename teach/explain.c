/* SPDX-License-Identifier: BSD-2-Clause */
/* Layers and fields in words: see explain.h. */
#include "teach/explain.h"

#include <inttypes.h>
#include <string.h>

#include "core/proto_print.h"
#include "dissect/dissect.h"
#include "dissect/escape.h"
#include "dissect/report.h"
#include "teach/figure.h"

#define VALUE_MOST 200 /* bytes of a value that are shown */
#define NAMES 12       /* columns of names */

/* ---- why ---- */

/* The rule, which there is, as the description has it. */
static void rule_words(const struct field *f, struct buf *out)
{
	struct buf b = { 0 };

	print_rule(f, &b);
	buf_char(&b, '\0');
	if (!b.failed) {
		/* What 0 stands for is another story. */
		char *end = strstr(b.p, " zero ");

		buf_put(out, b.p + 3, (end ? (size_t)(end - b.p) : b.n - 1) - 3);
	}
	out->failed |= b.failed;
	buf_done(&b);
}

static void why_sum(const struct check *c, unsigned i, uint32_t at, const struct field *f,
		    struct buf *out)
{
	static const char *const verdict[] = {
		[SUM_ABSENT] = "",
		[SUM_GOOD] = ": right",
		[SUM_NONE] = ": left out, which is allowed",
		[SUM_UNKNOWN] = ": not verified, since not all of it is here",
		[SUM_UNFILLED] = ": not filled in yet, the network card was to do it",
		[SUM_BAD] = ": wrong",
	};

	buf_str(out, "the checksum ");
	rule_words(f, out);
	buf_str(out, verdict[check_sum(c, i, at)]);
	for (unsigned k = 0; k < c->nsums; k++)
		if (c->sums[k].layer == i && c->sums[k].node == at && c->sums[k].verdict == SUM_BAD)
			buf_fmt(out, ", it should be 0x%04" PRIx64, c->sums[k].want);
}

static void why_computed(const struct tree *t, uint32_t at, const struct field *f, struct buf *out)
{
	uint64_t want;

	buf_str(out, "computed, ");
	rule_words(f, out);
	if (rule_value(f, t, t->v[at].parent, &want, NULL))
		return;
	if (!rule_holds(&f->rule, t->v[at].num, want) && !(f->rule.zero_rest && !t->v[at].num))
		buf_fmt(out, ": that would be %" PRIu64, want);
}

/* The layer right inside this one, if number v is one of those that it goes by; NULL: none. */
static const struct proto *selected(const struct packet *p, unsigned i, uint64_t v)
{
	const struct proto *next = NULL;

	for (unsigned k = i + 1; k < p->nlayers && !next; k++)
		if (packet_parent(p, k) == (int)i)
			next = p->layers[k].proto;
	for (unsigned k = 0; next && k < next->nover; k++)
		if (next->over[k].space && v >= next->over[k].lo && v <= next->over[k].hi)
			return next;
	return NULL;
}

static void why_default(const struct tree *t, uint32_t at, const struct field *f, struct buf *out)
{
	struct buf now = { 0 }, usual = { 0 };

	report_value(t, at, &now);
	rule_words(f, &usual);
	if (t->v[at].type && t->v[at].type->form == TYPE_LEAF && !f->rule.text
		    ? (int64_t)t->v[at].num == f->rule.num
		    : now.n == usual.n && !memcmp(now.p, usual.p, now.n))
		buf_str(out, "the default");
	out->failed |= now.failed || usual.failed;
	buf_done(&now);
	buf_done(&usual);
}

void explain_why(const struct packet *p, unsigned i, const struct check *c, uint32_t at,
		 struct buf *out)
{
	const struct tree *t = &c->tree[i];
	const struct node *n = &t->v[at];
	const struct field *f = n->field;
	const struct proto *next = f && f->selects ? selected(p, i, n->num) : NULL;

	if (!f || (n->flags & NODE_ITEM))
		return;
	if (n->flags & (NODE_CUT | NODE_RAW)) {
		buf_str(out, n->flags & NODE_CUT ? "only a part of it is here"
						 : "these bytes do not fit the description");
		return;
	}
	switch (f->rule.form) {
	case RULE_SUM: why_sum(c, i, at, f, out); return;
	case RULE_LEN:
	case RULE_COUNT:
	case RULE_EXPR: why_computed(t, at, f, out); return;
	case RULE_NONE:
	case RULE_CONST:
	case RULE_HEAD: break;
	}
	if (next)
		buf_fmt(out, "says what follows: %s", next->name);
	else if (f->fresh)
		buf_str(out, "its sender's choice");
	else if (f->rule.form == RULE_CONST)
		why_default(t, at, f, out);
}

/* ---- fields ---- */

static void pad(struct buf *out, size_t from, size_t width)
{
	do
		buf_char(out, ' ');
	while (out->n - from < width);
}

static void value_words(const struct tree *t, uint32_t at, struct buf *out)
{
	struct buf b = { 0 };

	report_value(t, at, &b);
	escape_term((const uint8_t *)b.p, b.n > VALUE_MOST ? VALUE_MOST : b.n, out);
	if (b.n > VALUE_MOST)
		buf_fmt(out, "... (%u bytes)", t->v[at].bits / 8);
	out->failed |= b.failed;
	buf_done(&b);
}

/* Of a header without values: how wide, and where its value comes from. */
static void size_words(const struct node *n, struct buf *out)
{
	const struct field *f = n->field;

	if (n->bits % 8)
		buf_fmt(out, "%u bit%s", n->bits, n->bits == 1 ? "" : "s");
	else
		buf_fmt(out, "%u byte%s", n->bits / 8, n->bits == 8 ? "" : "s");
	if (!f || f->rule.form == RULE_NONE || f->rule.form == RULE_HEAD)
		return;
	buf_str(out, f->rule.form == RULE_CONST ? "  -- default " : "  -- computed, ");
	rule_words(f, out);
}

static void put_doc(const struct field *f, unsigned depth, struct buf *out)
{
	if (!f->doc)
		return;
	buf_fmt(out, "%*s", (int)(2 + 2 * depth + NAMES), "");
	escape_term((const uint8_t *)f->doc, strlen(f->doc), out);
	buf_char(out, '\n');
}

static void put_field(const struct packet *p, unsigned i, const struct check *c, uint32_t at,
		      unsigned depth, enum explain_what what, struct buf *out)
{
	const struct tree *t = &c->tree[i];
	const struct node *n = &t->v[at];
	bool list = n->type && n->type->form == TYPE_LIST && !(n->flags & NODE_RAW);
	bool inner = n->rec || list;
	size_t from, said;

	if (!n->bits)
		return;
	buf_fmt(out, "%*s", (int)(2 + 2 * depth), "");
	from = out->n;
	if (n->flags & NODE_ITEM)
		buf_fmt(out, "[%u]", n->index);
	else
		buf_str(out, n->field ? n->field->name : "?");
	pad(out, from, NAMES);
	if (list)
		buf_fmt(out, "%" PRIu64 " item%s", n->num, n->num == 1 ? "" : "s");
	else if (!inner && what == EXPLAIN_PROTOCOL)
		size_words(n, out);
	else if (!inner)
		value_words(t, at, out);
	said = out->n;
	if (!inner && what == EXPLAIN_PACKET) {
		buf_str(out, "  -- ");
		explain_why(p, i, c, at, out);
		if (out->n == said + 5)
			out->n = said;
	}
	while (out->n && out->p[out->n - 1] == ' ')
		out->n--;
	buf_char(out, '\n');
	if (n->field && !(n->flags & NODE_ITEM))
		put_doc(n->field, depth, out);
	for (uint32_t k = inner ? tree_first(t, at) : NODE_NONE; k != NODE_NONE;
	     k = tree_sibling(t, k))
		put_field(p, i, c, k, depth + 1, what, out);
}

/* Of a header without values: fields that it has in some packets only, or that have no bytes now.
 */
static void put_absent(const struct tree *t, struct buf *out)
{
	const struct record *rec = &t->proto->rec;

	for (unsigned k = 0; k < rec->nfields; k++) {
		const struct field *f = &rec->fields[k];
		uint32_t at = tree_child(t, 0, k);
		size_t from;

		if (at != NODE_NONE && t->v[at].bits)
			continue;
		buf_str(out, "  ");
		from = out->n;
		buf_str(out, f->name);
		pad(out, from, NAMES);
		if (f->cond) {
			buf_str(out, "if ");
			expr_print(f->cond, rec, out);
		} else {
			buf_str(out, "may be empty");
		}
		buf_char(out, '\n');
		put_doc(f, 0, out);
	}
}

/* ---- a layer ---- */

static void put_heading(const struct packet *p, unsigned i, enum explain_what what, struct buf *out)
{
	const struct layer *l = &p->layers[i];
	const struct proto *proto = l->proto;

	buf_str(out, proto->name);
	if (proto->title) {
		buf_str(out, "  ");
		escape_term((const uint8_t *)proto->title, strlen(proto->title), out);
	}
	if (what == EXPLAIN_PACKET)
		buf_fmt(out, ", %u byte%s from byte %u on", l->hlen, l->hlen == 1 ? "" : "s",
			l->off);
	buf_char(out, '\n');
	if (proto->doc) {
		escape_term((const uint8_t *)proto->doc, strlen(proto->doc), out);
		buf_char(out, '\n');
	}
	if (proto->ref) {
		escape_term((const uint8_t *)proto->ref, strlen(proto->ref), out);
		buf_char(out, '\n');
	}
	buf_char(out, '\n');
}

int explain_layer(const struct packet *p, unsigned i, const struct check *c, enum explain_what what,
		  struct buf *out)
{
	struct figure_opts o = { .values = what == EXPLAIN_PACKET,
				 .payload = what == EXPLAIN_PACKET };
	const struct tree *t = &c->tree[i];

	put_heading(p, i, what, out);
	if (figure(p, i, t, &o, out))
		return -1;
	buf_char(out, '\n');
	for (uint32_t k = tree_first(t, 0); k != NODE_NONE; k = tree_sibling(t, k))
		put_field(p, i, c, k, 0, what, out);
	if (what == EXPLAIN_PROTOCOL)
		put_absent(t, out);
	return out->failed ? -1 : 0;
}
