/* SPDX-License-Identifier: BSD-2-Clause */
/* An expression as text that loads to the same expression. */
#include "core/load.h"
#include "core/proto_print.h"

static unsigned level_of(enum expr_op op)
{
	switch (op) {
	case EX_COND: return 0;
	case EX_OROR: return 1;
	case EX_ANDAND: return 2;
	case EX_EQ:
	case EX_NE:
	case EX_LT:
	case EX_LE:
	case EX_GT:
	case EX_GE:
	case EX_IN: return 3;
	case EX_OR: return 4;
	case EX_XOR: return 5;
	case EX_AND: return 6;
	case EX_SHL:
	case EX_SHR: return 7;
	case EX_ADD:
	case EX_SUB: return 8;
	case EX_MUL:
	case EX_DIV:
	case EX_MOD: return 9;
	default: return 10;
	}
}

static const char *sign_of(enum expr_op op)
{
	static const char *const signs[] = {
		[EX_NEG] = "-",     [EX_NOT] = "!",    [EX_COM] = "~",   [EX_MUL] = " * ",
		[EX_DIV] = " / ",   [EX_MOD] = " % ",  [EX_ADD] = " + ", [EX_SUB] = " - ",
		[EX_SHL] = " << ",  [EX_SHR] = " >> ", [EX_AND] = " & ", [EX_OR] = " | ",
		[EX_XOR] = " ^ ",   [EX_EQ] = " == ",  [EX_NE] = " != ", [EX_LT] = " < ",
		[EX_LE] = " <= ",   [EX_GT] = " > ",   [EX_GE] = " >= ", [EX_ANDAND] = " && ",
		[EX_OROR] = " || ",
	};

	return signs[op];
}

static void print_number(const struct expr *x, struct buf *out)
{
	if (x->word) {
		buf_str(out, x->word);
	} else if (x->num >= 65536) {
		buf_str(out, "0x");
		buf_x64(out, (uint64_t)x->num, 1);
	} else {
		buf_i64(out, x->num);
	}
}

static void print_path(const struct expr *x, struct buf *out)
{
	if (x->op == EX_REQUEST)
		buf_str(out, "request.");
	for (unsigned i = 0; i < x->npath; i++) {
		if (i)
			buf_char(out, '.');
		if (x->path[i].name)
			buf_str(out, x->path[i].name);
		else
			buf_u64(out, x->path[i].index);
	}
}

void spans_print(const struct spans *s, const struct record *rec, struct buf *out)
{
	static const char *const words[] = { "all", "header", "payload", "", "pseudo" };

	for (unsigned i = 0; i < s->n; i++) {
		const struct span *v = &s->v[i];

		if (i)
			buf_str(out, " + ");
		buf_str(out, v->form == SPAN_FIELDS ? rec->fields[v->from].name : words[v->form]);
		if (v->form == SPAN_FIELDS && v->to != v->from) {
			buf_str(out, "..");
			buf_str(out, rec->fields[v->to].name);
		}
	}
}

static void print_at(const struct expr *x, const struct record *rec, unsigned floor,
		     struct buf *out);

static void print_set(const struct expr *x, const struct record *rec, struct buf *out)
{
	print_at(x->a, rec, 4, out);
	buf_str(out, " in (");
	for (unsigned i = 0; i < x->nset; i++) {
		if (i)
			buf_str(out, ", ");
		print_at(x->set[i].lo, rec, 0, out);
		if (x->set[i].hi) {
			buf_str(out, "..");
			print_at(x->set[i].hi, rec, 0, out);
		}
	}
	buf_char(out, ')');
}

static void print_bare(const struct expr *x, const struct record *rec, struct buf *out)
{
	unsigned level = level_of(x->op);

	switch (x->op) {
	case EX_NUM: print_number(x, out); return;
	case EX_FIELD:
	case EX_REQUEST: print_path(x, out); return;
	case EX_ITEM: buf_str(out, "item"); return;
	case EX_INDEX: buf_str(out, "index"); return;
	case EX_UPPER: buf_str(out, "upper"); return;
	case EX_SPANLEN: buf_str(out, "span"); return;
	case EX_LEN:
	case EX_COUNT:
		buf_str(out, x->op == EX_LEN ? "len(" : "count(");
		spans_print(&x->spans, rec, out);
		buf_char(out, ')');
		return;
	case EX_LOWER:
		buf_str(out, "lower(");
		print_path(x->a, out);
		buf_char(out, ')');
		return;
	case EX_NUMBER:
	case EX_LAST:
		buf_str(out, x->op == EX_LAST ? "last(" : "number(");
		print_path(x->a, out);
		buf_fmt(out, ", %s)", x->b->word);
		return;
	case EX_NEG:
	case EX_NOT:
	case EX_COM:
		buf_str(out, sign_of(x->op));
		print_at(x->a, rec, 10, out);
		return;
	case EX_IN: print_set(x, rec, out); return;
	case EX_COND:
		print_at(x->a, rec, 1, out);
		buf_str(out, " ? ");
		print_at(x->b, rec, 0, out);
		buf_str(out, " : ");
		print_at(x->c, rec, 0, out);
		return;
	default: break;
	}
	/* Bit operators below a comparison get brackets that only C readers need. */
	print_at(x->a, rec, level == 3 ? 7 : level, out);
	buf_str(out, sign_of(x->op));
	print_at(x->b, rec, level == 3 ? 7 : level + 1, out);
}

static void print_at(const struct expr *x, const struct record *rec, unsigned floor,
		     struct buf *out)
{
	bool brackets = level_of(x->op) < floor;

	if (brackets)
		buf_char(out, '(');
	print_bare(x, rec, out);
	if (brackets)
		buf_char(out, ')');
}

void expr_print(const struct expr *x, const struct record *rec, struct buf *out)
{
	print_at(x, rec, 0, out);
}
