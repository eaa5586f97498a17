/* SPDX-License-Identifier: BSD-2-Clause */
/* Types, word tables and fields as text that loads to the same. */
#include "core/proto_print.h"

#include "core/lex.h"
#include "core/load.h"

void print_string(const char *s, size_t n, struct buf *out)
{
	static const char from[] = "\n\r\t\"\\", to[] = "nrt\"\\";

	buf_char(out, '"');
	for (size_t i = 0; i < n; i++) {
		const char *e = s[i] ? strchr(from, s[i]) : NULL;

		if (e) {
			buf_char(out, '\\');
			buf_char(out, to[e - from]);
		} else if ((uint8_t)s[i] < ' ' || s[i] == 0x7f) {
			buf_str(out, "\\x");
			buf_x64(out, (uint8_t)s[i], 2);
		} else {
			buf_char(out, s[i]);
		}
	}
	buf_char(out, '"');
}

static void print_indent(unsigned n, struct buf *out)
{
	while (n--)
		buf_char(out, ' ');
}

static void print_leaf(const struct type *t, struct buf *out)
{
	if (t->kind == &kind_uint || t->kind == &kind_int) {
		buf_str(out, t->kind == &kind_uint ? "u" : "i");
		if (t->bits)
			buf_u64(out, t->bits);
		else
			buf_str(out, t->kind == &kind_uint ? "int" : "nt");
	} else if (t->kind == &kind_float) {
		buf_char(out, 'f');
		buf_u64(out, t->bits);
	} else {
		buf_str(out, t->kind->name);
	}
	if (t->le)
		buf_str(out, "le");
}

static void print_aliases(const char *const *alias, struct buf *out)
{
	for (const char *const *a = alias; a && *a; a++)
		buf_fmt(out, "%s%s", a == alias ? " alias " : ", ", *a);
}

static void print_mark(const struct extent *x, struct buf *out)
{
	if (x->mark_len) {
		buf_str(out, "0x");
		buf_hex(out, x->mark, x->mark_len);
		buf_char(out, ' ');
	}
}

static void print_head(const struct extent *x, struct buf *out)
{
	if (x->outer) {
		print_head(x->outer, out);
		buf_char(out, ' ');
	}
	print_mark(x, out);
	print_leaf(x->prefix, out);
}

static void print_wide(const struct extent *x, const struct record *rec, struct buf *out)
{
	buf_str(out, "wide ");
	expr_print(x->expr, rec, out);
	for (unsigned i = 0; i < x->nwide; i++) {
		buf_fmt(out, "%s %llu -> ", i ? "," : " {", (unsigned long long)x->wide[i].head);
		print_leaf(x->wide[i].type, out);
		if (x->wide[i].add)
			buf_fmt(out, " + %llu", (unsigned long long)x->wide[i].add);
	}
	buf_str(out, " }");
}

static void print_key(const struct layout_key *k, const struct record *rec, struct buf *out)
{
	buf_fmt(out, "%s by ", k->name);
	for (unsigned i = 0; i < k->nby; i++) {
		buf_str(out, i ? ", " : "");
		expr_print(k->by[i], rec, out);
	}
}

static void print_extent(const struct type *t, const struct record *rec, struct buf *out)
{
	const struct extent *x = &t->ext;
	bool list = t->form == TYPE_LIST;

	if (x->form == EXTENT_KIND || x->form == EXTENT_WIDE || x->form == EXTENT_IMPLIED)
		return;
	buf_char(out, '[');
	switch (x->form) {
	case EXTENT_KIND:
	case EXTENT_IMPLIED:
	case EXTENT_WIDE: break;
	case EXTENT_LEARNT:
		buf_str(out, x->layout ? "learnt " : "as learnt");
		if (x->layout)
			print_key(x->layout, rec, out);
		break;
	case EXTENT_BYTES:
		expr_print(x->expr, rec, out);
		if (list)
			buf_str(out, " bytes");
		break;
	case EXTENT_COUNT: expr_print(x->expr, rec, out); break;
	case EXTENT_REST:
		print_mark(x, out);
		buf_str(out, "..");
		if (x->expr) {
			buf_str(out, " - ");
			expr_print(x->expr, rec, out);
		}
		print_aliases(x->alias, out);
		break;
	case EXTENT_PREFIX:
	case EXTENT_PREFIX_COUNT:
		print_head(x, out);
		if (list)
			buf_str(out, x->form == EXTENT_PREFIX ? " bytes" : " count");
		print_aliases(x->alias, out);
		break;
	case EXTENT_UNTIL:
	case EXTENT_BLOCKS:
		buf_str(out, x->form == EXTENT_UNTIL ? "until " : "blocks ");
		expr_print(x->expr, rec, out);
		break;
	case EXTENT_WHILE:
		buf_str(out, "while ");
		if (x->stop) {
			print_string(x->stop, x->stop_len, out);
			break;
		}
		expr_print(x->expr, rec, out);
		break;
	case EXTENT_UNTIL_TEXT:
	case EXTENT_BEFORE:
	case EXTENT_LINES:
		buf_str(out, x->form == EXTENT_LINES    ? "lines "
			     : x->form == EXTENT_BEFORE ? "before "
							: "until ");
		if (!x->stop) {
			buf_str(out, "..");
			break;
		}
		if (x->form == EXTENT_LINES)
			buf_str(out, "until ");
		print_string(x->stop, x->stop_len, out);
		break;
	}
	buf_char(out, ']');
}

/* Do an arm and the one before it say the same, so that one line names both? */
static bool as_before(const struct type *t, const struct arm *a)
{
	return a > t->arms && t->on && a->lo && a[-1].type == a->type && a[-1].alias == a->alias;
}

static void print_arms(const struct type *t, const struct record *rec, unsigned indent,
		       struct buf *out)
{
	for (unsigned i = 0; i < t->narms; i++) {
		const struct arm *a = &t->arms[i];

		if (!as_before(t, a)) {
			buf_char(out, '\n');
			print_indent(indent + 4, out);
		}
		if (t->on && !a->lo)
			buf_str(out, "else");
		else if (t->on)
			expr_print(a->lo, rec, out);
		if (a->hi) {
			buf_str(out, "..");
			expr_print(a->hi, rec, out);
		}
		if (i + 1 < t->narms && as_before(t, a + 1)) {
			buf_str(out, ", ");
			continue;
		}
		if (t->on)
			buf_str(out, " -> ");
		print_type(a->type, rec, indent + 4, out);
		print_aliases(a->alias, out);
	}
	buf_char(out, '\n');
	print_indent(indent, out);
	buf_char(out, '}');
}

void print_type(const struct type *t, const struct record *rec, unsigned indent, struct buf *out)
{
	switch (t->form) {
	case TYPE_LEAF:
		if (t->ext.form == EXTENT_IMPLIED)
			buf_str(out, "implied ");
		if (t->ext.form == EXTENT_WIDE)
			print_wide(&t->ext, rec, out);
		else
			print_leaf(t, out);
		print_extent(t, rec, out);
		break;
	case TYPE_PAD:
		buf_str(out, "pad[");
		buf_u64(out, t->bits);
		buf_char(out, ']');
		break;
	case TYPE_STRUCT: buf_str(out, t->rec->name); break;
	case TYPE_LIST:
		print_type(t->item, rec, indent, out);
		print_extent(t, rec, out);
		break;
	case TYPE_CHOOSE:
		buf_str(out, "choose ");
		if (t->on)
			expr_print(t->on, rec, out);
		else
			buf_str(out, "fit");
		buf_str(out, " {");
		print_arms(t, rec, indent, out);
		break;
	}
}

static void print_hex(uint64_t v, struct buf *out)
{
	buf_str(out, "0x");
	buf_x64(out, v, 1);
}

void print_words(const struct words *w, unsigned indent, struct buf *out)
{
	bool lines = w->n > 6;

	buf_char(out, '{');
	for (unsigned i = 0; i < w->n; i++) {
		const struct word *v = &w->v[i];

		lines = lines || v->doc;
		if (lines) {
			buf_char(out, '\n');
			print_indent(indent + 4, out);
		} else {
			buf_str(out, i ? ", " : " ");
		}
		buf_str(out, v->name);
		if (v->letter) {
			buf_char(out, ' ');
			buf_char(out, v->letter);
		}
		buf_str(out, " = ");
		if (w->flags)
			print_hex(v->value, out);
		else
			buf_u64(out, v->value);
		if (w->flags && v->mask != v->value) {
			buf_str(out, " / ");
			print_hex(v->mask, out);
		}
		if (v->doc) {
			buf_char(out, ' ');
			print_string(v->doc, strlen(v->doc), out);
		}
	}
	if (lines) {
		buf_char(out, '\n');
		print_indent(indent, out);
	} else if (w->n) {
		buf_char(out, ' ');
	}
	buf_char(out, '}');
}

static void print_sum(const struct rule *r, const struct record *rec, struct buf *out)
{
	const struct sum_algo *a = r->sum;

	if (a->name) {
		buf_str(out, a->name);
	} else {
		buf_fmt(out,
			"crc(width=%u poly=0x%llx init=0x%llx refin=%d refout=%d xorout=0x%llx)",
			a->width, (unsigned long long)a->poly, (unsigned long long)a->init,
			a->refin, a->refout, (unsigned long long)a->xorout);
	}
	buf_char(out, '(');
	spans_print(&r->spans, rec, out);
	buf_char(out, ')');
	if (r->expr) {
		buf_str(out, " first ");
		expr_print(r->expr, rec, out);
	}
}

void print_literal(const char *s, uint32_t n, bool quoted, struct buf *out)
{
	if (quoted || !n || lex_raw(s, n, 0) != n)
		print_string(s, n, out);
	else
		buf_put(out, s, n);
}

static void print_default(const struct field *f, struct buf *out)
{
	const struct rule *r = &f->rule;
	bool leaf = f->type->form == TYPE_LEAF;
	bool text = leaf && f->type->kind->cls == KIND_TEXT;

	if (r->text && r->text_len && leaf && f->type->kind->cls == KIND_BYTES) {
		buf_str(out, "hex:");
		buf_hex(out, (const uint8_t *)r->text, r->text_len);
		return;
	}
	if (r->text) {
		print_literal(r->text, r->text_len, text, out);
		return;
	}
	for (unsigned i = 0; f->words && !f->words->flags && i < f->words->n; i++) {
		if (f->words->v[i].value == (uint64_t)r->num) {
			buf_str(out, f->words->v[i].name);
			return;
		}
	}
	if (f->show == SHOW_HEX && r->num >= 0)
		print_hex((uint64_t)r->num, out);
	else
		buf_i64(out, r->num);
}

void print_rule(const struct field *f, struct buf *out)
{
	const struct rule *r = &f->rule;

	if (r->form == RULE_HEAD) /* what its number's type says */
		return;
	if (r->form != RULE_NONE)
		buf_str(out, " = ");
	if (r->form == RULE_CONST)
		print_default(f, out);
	else if (r->form == RULE_SUM)
		print_sum(r, f->rec, out);
	else if (r->form != RULE_NONE)
		expr_print(r->expr, f->rec, out);
	if (r->zero_over)
		buf_fmt(out, " zero over %u", r->zero_over);
	else if (r->zero_rest)
		buf_str(out, r->zero_end ? " zero end" : " zero rest");
	if (r->zero_none)
		buf_str(out, " zero none");
}

static void print_cond(const struct field *f, struct buf *out)
{
	if (f->words && f->words->name) {
		buf_str(out, " words ");
		buf_str(out, f->words->name);
	} else if (f->words) {
		buf_str(out, f->words->flags ? " flags " : " enum ");
		print_words(f->words, 4, out);
	}
	for (unsigned i = 0; i < f->ncases; i++) {
		buf_str(out, f->cases[i].words->flags ? " flags if " : " enum if ");
		expr_print(f->cases[i].cond, f->rec, out);
		buf_char(out, ' ');
		print_words(f->cases[i].words, 4, out);
	}
	if (f->cond) {
		buf_str(out, " if ");
		expr_print(f->cond, f->rec, out);
	}
	for (unsigned i = 0; i < f->nmust; i++) {
		buf_str(out, " must ");
		expr_print(f->must[i].expr, f->rec, out);
	}
}

static void print_secret(const struct field *f, struct buf *out)
{
	for (unsigned i = 0; i < f->rec->nsecrets; i++) {
		const struct secret *x = &f->rec->secrets[i];

		if (x->field != f->index)
			continue;
		buf_str(out, " secret");
		if (x->cond) {
			buf_str(out, " if ");
			expr_print(x->cond, f->rec, out);
		}
	}
}

void print_field(const struct field *f, struct buf *out)
{
	static const char *const shows[] = { "",          " show hex",  " show dec",
					     " show bin", " show time", " show bits" };

	buf_fmt(out, "    %s : ", f->name);
	print_type(f->type, f->rec, 4, out);
	print_rule(f, out);
	if (f->align)
		buf_fmt(out, " align %u", f->align);
	if (f->optional)
		buf_str(out, " optional");
	if (f->fresh)
		buf_str(out, " fresh");
	if (f->since)
		buf_str(out, " since prior");
	print_cond(f, out);
	buf_str(out, shows[f->show]);
	print_aliases(f->alias, out);
	print_secret(f, out);
	if (f->doc) {
		buf_char(out, ' ');
		print_string(f->doc, strlen(f->doc), out);
	}
	buf_char(out, '\n');
}

static void print_announces(const struct record *rec, struct buf *out)
{
	for (unsigned i = 0; i < rec->nannounces; i++) {
		const struct announce *a = &rec->announces[i];

		buf_fmt(out, "    announces %s at %s = ", a->name, a->space);
		expr_print(a->value, rec, out);
		if (a->cond) {
			buf_str(out, " if ");
			expr_print(a->cond, rec, out);
		}
		buf_char(out, '\n');
	}
}

static void print_teaches(const struct record *rec, struct buf *out)
{
	for (unsigned i = 0; i < rec->nteaches; i++) {
		const struct teach *t = &rec->teaches[i];

		buf_str(out, "    teaches ");
		print_key(&t->key, rec, out);
		for (unsigned k = 0; k < t->nlists; k++)
			buf_fmt(out, "%s%s", k ? ", " : " = ", rec->fields[t->list[k]].name);
		if (t->cond) {
			buf_str(out, " if ");
			expr_print(t->cond, rec, out);
		}
		buf_char(out, '\n');
	}
}

void print_views(const struct record *rec, struct buf *out)
{
	print_announces(rec, out);
	print_teaches(rec, out);
	for (unsigned i = 0; i < rec->nviews; i++) {
		const struct view *v = &rec->views[i];

		buf_fmt(out, "    view %s = ", v->name);
		if (v->bytes) {
			buf_str(out, "bytes(");
			spans_print(&v->expr->spans, rec, out);
			buf_char(out, ')');
		} else {
			expr_print(v->expr, rec, out);
		}
		if (v->cond) {
			buf_str(out, " if ");
			expr_print(v->cond, rec, out);
		}
		if (v->doc) {
			buf_char(out, ' ');
			print_string(v->doc, strlen(v->doc), out);
		}
		buf_char(out, '\n');
	}
}
