/* SPDX-License-Identifier: BSD-2-Clause */
/* A protocol's description as a table for people. */
#include "cli/protocol_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/plan.h"
#include "core/proto_print.h"

#define LINE_WIDTH 96
#define WORDS_SHOWN 12 /* of an enum, before "... N more" */

/* ---- around it ---- */

/* Are the numbers of a space known by their hex form? As the fields that select in it are shown. */
static bool space_hex(const struct registry *reg, const char *space)
{
	for (unsigned i = 0; i < registry_count(reg); i++) {
		const struct proto *p = registry_at(reg, i);
		for (unsigned k = 0; k < p->ncarries; k++)
			if (strcmp(p->carries[k].space, space) == 0)
				return p->rec.fields[p->carries[k].field[0]].show == SHOW_HEX;
	}
	return false;
}

static void put_range(struct buf *b, uint64_t lo, uint64_t hi, bool hex)
{
	buf_fmt(b, hex ? "0x%" PRIx64 : "%" PRIu64, lo);
	if (hi != lo)
		buf_fmt(b, hex ? "-0x%" PRIx64 : "-%" PRIu64, hi);
}

static void put_over(const struct registry *reg, const struct proto *p, struct buf *b)
{
	buf_str(b, "rides over  ");
	if (!p->nover)
		buf_str(b, p->guard ? "anything, known by its bytes" : "nothing that is known");
	for (unsigned i = 0; i < p->nover; i++) {
		const struct over *o = &p->over[i];
		buf_str(b, i ? ", " : "");
		buf_str(b, o->space ? o->space : o->lower);
		buf_str(b, o->space ? " " : " (always)");
		if (o->space)
			put_range(b, o->lo, o->hi, space_hex(reg, o->space));
	}
	buf_char(b, '\n');
}

/* Where the line begins that b ends with. */
static size_t line_begin(const struct buf *b)
{
	size_t n = b->n;

	while (n && b->p[n - 1] != '\n')
		n--;
	return n;
}

static void put_bindings(const struct registry *reg, const char *space, struct buf *b)
{
	bool hex = space_hex(reg, space);
	const struct proto *last = NULL;
	struct buf one = { 0 };
	size_t line = line_begin(b);
	struct binding x;

	for (unsigned i = 0; registry_binding(reg, i, &x); i++) {
		if (strcmp(x.space, space) != 0)
			continue;
		one.n = 0;
		if (x.proto != last)
			buf_fmt(&one, "%s ", x.proto->name);
		put_range(&one, x.lo, x.hi, hex);
		if (last) {
			buf_str(b, x.proto == last ? ", " : "; ");
			if (b->n - line + one.n > LINE_WIDTH) {
				b->n--; /* no blank at the end of a line */
				buf_fmt(b, "\n%12s", "");
				line = b->n - 12;
			}
		}
		buf_put(b, one.p, one.n);
		last = x.proto;
	}
	if (!last)
		buf_str(b, "nothing that is known");
	b->failed |= one.failed;
	buf_done(&one);
}

static void put_carries(const struct registry *reg, const struct proto *p, struct buf *b)
{
	const struct proto *up;

	for (unsigned i = 0; i < p->ncarries; i++) {
		const struct carries *k = &p->carries[i];
		buf_fmt(b, "carries     %s by ", k->space);
		for (unsigned f = 0; f < k->nfields; f++)
			buf_fmt(b, "%s%s", f ? ", then " : "", p->rec.fields[k->field[f]].name);
		buf_str(b, ": ");
		put_bindings(reg, k->space, b);
		buf_char(b, '\n');
	}
	for (unsigned i = 0; (up = registry_always(reg, p, i)); i++)
		buf_fmt(b, "%s%s", i ? ", " : "carries     always: ", up->name);
	if (registry_always(reg, p, 0))
		buf_char(b, '\n');
	if (!p->ncarries && !registry_always(reg, p, 0) && p->has_payload)
		buf_str(b, "carries     bytes\n");
}

static void put_head(const struct registry *reg, const struct proto *p, struct buf *b)
{
	buf_fmt(b, "%s  %s%s%s%s\n", p->name, p->title ? p->title : "", p->ref ? "  (" : "",
		p->ref ? p->ref : "", p->ref ? ")" : "");
	if (p->doc)
		buf_fmt(b, "%s\n", p->doc);
	buf_char(b, '\n');
	if (p->names) {
		buf_str(b, "also called ");
		for (unsigned i = 0; p->names[i]; i++)
			buf_fmt(b, "%s%s", i ? ", " : "", p->names[i]);
		buf_char(b, '\n');
	}
	put_over(reg, p, b);
	put_carries(reg, p, b);
	if (p->file && !p->builtin)
		buf_fmt(b, "from        %s\n", p->file);
}

/* ---- its fields ---- */

/* The type on one line: a choice is said in words, its arms are in the text below. */
static void type_words(const struct type *t, const struct record *rec, struct buf *b)
{
	size_t from = b->n;

	if (t->form == TYPE_CHOOSE) {
		buf_str(b, "choose");
		return;
	}
	print_type(t, rec, 0, b);
	for (size_t i = from; i < b->n; i++)
		if (b->p[i] == '\n' || b->p[i] == '\t')
			b->p[i] = ' ';
}

static void default_words(const struct field *f, struct buf *b)
{
	struct value v = { 0 };

	switch (f->rule.form) {
	case RULE_NONE: break;
	case RULE_LEN: buf_str(b, "a length"); break;
	case RULE_COUNT: buf_str(b, "a count"); break;
	case RULE_SUM:
		buf_fmt(b, "%s sum",
			f->rule.sum && f->rule.sum->name ? f->rule.sum->name : "a CRC");
		break;
	case RULE_EXPR:
	case RULE_HEAD: buf_str(b, "computed"); break;
	case RULE_CONST:
		if (f->rule.text && f->type->form == TYPE_LEAF &&
		    f->type->kind->cls == KIND_BYTES) {
			buf_str(b, "hex:");
			buf_hex(b, (const uint8_t *)f->rule.text, f->rule.text_len);
		} else if (f->rule.text) {
			buf_put(b, f->rule.text, f->rule.text_len);
		} else if (f->type->form == TYPE_LEAF && f->type->kind) {
			v.num = (uint64_t)f->rule.num;
			value_print(f, f->type, &v, b);
		}
	}
	if (f->fresh)
		buf_str(b, b->n && b->p[b->n - 1] != ' ' ? ", fresh" : "fresh");
	if (f->optional)
		buf_str(b, " optional");
	if (f->cond)
		buf_str(b, f->rule.form == RULE_NONE && !f->fresh ? "if ..." : " if ...");
}

/* One cell, up to column `next`; where it is too long the rest goes on below it. */
static void put_cell(struct buf *b, const char *s, size_t n, unsigned next)
{
	size_t line = line_begin(b), from = b->n;

	buf_put(b, s, n);
	if (n && b->n - line >= next && from > line + 2) {
		buf_char(b, '\n');
		line = b->n;
	}
	do
		buf_char(b, ' ');
	while (b->n - line < next);
}

/* Names that are read and never said. */
static void put_views(const struct record *rec, struct buf *b)
{
	size_t line = line_begin(b);

	for (unsigned i = 0; i < rec->nviews; i++) {
		const char *name = rec->views[i].name;

		if (i && strcmp(name, rec->views[i - 1].name) == 0)
			continue; /* the same, under another condition */
		if (!i) {
			buf_str(b, "  to read       ");
		} else if (b->n - line + strlen(name) + 2 > LINE_WIDTH) {
			buf_fmt(b, ",\n%16s", "");
			line = b->n - 16;
		} else {
			buf_str(b, ", ");
		}
		buf_str(b, name);
	}
	if (rec->nviews)
		buf_char(b, '\n');
}

static void field_words(const struct words *w, struct buf *b)
{
	unsigned shown = w->n > WORDS_SHOWN ? WORDS_SHOWN : w->n;

	if (!w->n)
		return;
	buf_str(b, "                ");
	for (unsigned i = 0; i < shown; i++) {
		const struct word *x = &w->v[i];
		buf_fmt(b, i ? ", %s" : "%s", x->name);
		if (x->letter)
			buf_fmt(b, " %c", x->letter);
		buf_fmt(b, w->flags ? " 0x%" PRIx64 : " %" PRIu64, x->value);
	}
	if (w->n > shown)
		buf_fmt(b, ", ... %u more (--text)", w->n - shown);
	buf_char(b, '\n');
}

static void put_fields(const struct record *rec, struct buf *b)
{
	struct buf cell = { 0 };

	buf_str(b, "  field         type              default               also\n");
	for (unsigned i = 0; i < rec->nfields; i++) {
		const struct field *f = &rec->fields[i];
		if (i == rec->npre && i)
			buf_str(b, "  -- payload --\n");
		buf_str(b, "  ");
		put_cell(b, f->name, strlen(f->name), 16);
		cell.n = 0;
		type_words(f->type, rec, &cell);
		put_cell(b, cell.p, cell.n, 34);
		cell.n = 0;
		default_words(f, &cell);
		put_cell(b, cell.p, cell.n, 56);
		for (unsigned k = 0; f->alias && f->alias[k]; k++)
			buf_fmt(b, k ? " %s" : "%s", f->alias[k]);
		while (b->n && (b->p[b->n - 1] == ' ' || b->p[b->n - 1] == '\n'))
			b->n--;
		buf_char(b, '\n');
		if (f->doc)
			buf_fmt(b, "                %s\n", f->doc);
		if (f->words)
			field_words(f->words, b);
	}
	put_views(rec, b);
	b->failed |= cell.failed;
	buf_done(&cell);
}

void protocol_table(const struct registry *reg, const struct proto *p, struct buf *out)
{
	struct needs n = { 0 };

	put_head(reg, p, out);
	buf_char(out, '\n');
	put_fields(&p->rec, out);
	if (needs_of(p, &n) == 0)
		for (unsigned i = 0; i < n.nrec; i++) {
			buf_fmt(out, "\n%s  (items)%s%s\n", n.rec[i]->name,
				n.rec[i]->doc ? "  " : "", n.rec[i]->doc ? n.rec[i]->doc : "");
			put_fields(n.rec[i], out);
		}
	else
		out->failed = true;
	needs_done(&n);
}
