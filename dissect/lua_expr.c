/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions as Lua: integers and doubles alike are numbers there, truth is not one. */
#include "dissect/lua_impl.h"

void lua_text(struct buf *out, const char *s, size_t n)
{
	buf_char(out, '"');
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)s[i];

		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\')
			buf_char(out, (char)c);
		else
			buf_fmt(out, "\\%03u", c);
	}
	buf_char(out, '"');
}

static void put_path(struct buf *out, const struct expr *x)
{
	for (unsigned i = 0; i < x->npath; i++) {
		buf_str(out, ", ");
		if (x->path[i].name)
			lua_text(out, x->path[i].name, strlen(x->path[i].name));
		else
			buf_fmt(out, "%u", x->path[i].index);
	}
}

void lua_spans(struct buf *out, const struct spans *s)
{
	static const char *const names[] = {
		[SPAN_ALL] = "\"all\"",
		[SPAN_HEADER] = "\"header\"",
		[SPAN_PAYLOAD] = "\"payload\"",
		[SPAN_PSEUDO] = "\"pseudo\"",
	};

	buf_char(out, '{');
	for (unsigned i = 0; i < s->n; i++) {
		buf_str(out, i ? ", " : " ");
		if (s->v[i].form == SPAN_FIELDS)
			buf_fmt(out, "{ %u, %u }", s->v[i].from, s->v[i].to);
		else
			buf_str(out, names[s->v[i].form]);
	}
	buf_str(out, " }");
}

/* What stands between two operands, or the function of them. */
static const struct lua_op {
	const char *infix, *call;
	bool truth; /* the result is a truth */
} ops[] = {
	[EX_MUL] = { " * ", NULL, false },     [EX_DIV] = { NULL, "quot", false },
	[EX_MOD] = { NULL, "rem", false },     [EX_ADD] = { " + ", NULL, false },
	[EX_SUB] = { " - ", NULL, false },     [EX_SHL] = { NULL, "shl", false },
	[EX_SHR] = { NULL, "shr", false },     [EX_AND] = { NULL, "band", false },
	[EX_OR] = { NULL, "bor", false },      [EX_XOR] = { NULL, "bxor", false },
	[EX_EQ] = { " == ", NULL, true },      [EX_NE] = { " ~= ", NULL, true },
	[EX_LT] = { " < ", NULL, true },       [EX_LE] = { " <= ", NULL, true },
	[EX_GT] = { " > ", NULL, true },       [EX_GE] = { " >= ", NULL, true },
	[EX_ANDAND] = { " and ", NULL, true }, [EX_OROR] = { " or ", NULL, true },
};

static void put_set(struct buf *out, const struct expr *x, const struct record *rec)
{
	buf_str(out, "(function(v) return ");
	for (unsigned i = 0; i < x->nset; i++) {
		buf_str(out, i ? " or v " : "v ");
		buf_str(out, x->set[i].hi ? ">= " : "== ");
		lua_number(out, x->set[i].lo, rec);
		if (x->set[i].hi) {
			buf_str(out, " and v <= ");
			lua_number(out, x->set[i].hi, rec);
		}
	}
	buf_str(out, " end)(");
	lua_number(out, x->a, rec);
	buf_char(out, ')');
}

/* The loader bounds the depth of an expression. */
static void put_truth(struct buf *out, const struct expr *x, const struct record *rec)
{
	if (x->op == EX_IN) {
		put_set(out, x, rec);
	} else if (x->op == EX_NOT) {
		buf_str(out, "not ");
		put_truth(out, x->a, rec);
	} else if (x->op >= EX_MUL && x->op < EX_IN && ops[x->op].truth) {
		bool logic = x->op == EX_ANDAND || x->op == EX_OROR;

		buf_char(out, '(');
		(logic ? put_truth : lua_number)(out, x->a, rec);
		buf_str(out, ops[x->op].infix);
		(logic ? put_truth : lua_number)(out, x->b, rec);
		buf_char(out, ')');
	} else {
		buf_char(out, '(');
		lua_number(out, x, rec);
		buf_str(out, " ~= 0)");
	}
}

static void put_binary(struct buf *out, const struct expr *x, const struct record *rec)
{
	const struct lua_op *op = &ops[x->op];

	if (op->truth) {
		buf_str(out, "num(");
		put_truth(out, x, rec);
		buf_char(out, ')');
		return;
	}
	if (op->call)
		buf_str(out, op->call);
	buf_char(out, '(');
	lua_number(out, x->a, rec);
	buf_str(out, op->infix ? op->infix : ", ");
	lua_number(out, x->b, rec);
	buf_char(out, ')');
}

/* The name goes in lower case, as it is compared. */
static void put_listed(struct buf *out, const struct expr *x)
{
	buf_str(out, x->op == EX_LAST ? "LAST(c" : "NUMBER(c");
	put_path(out, x->a);
	buf_str(out, ", ");
	for (const char *s = x->b->word; *s; s++)
		buf_char(out, *s >= 'A' && *s <= 'Z' ? (char)(*s | 0x20) : *s);
	buf_char(out, ')');
}

void lua_number(struct buf *out, const struct expr *x, const struct record *rec)
{
	switch (x->op) {
	case EX_NUM:
		/* In halves: the nearest double is then the one that a field's value becomes. */
		if (x->num > UINT32_MAX)
			buf_fmt(out, "(%u * W + %u)", (unsigned)((uint64_t)x->num >> 32),
				(unsigned)x->num);
		else
			buf_i64(out, x->num);
		break;
	case EX_FIELD:
		buf_str(out, x->outer_proto ? "O(c" : "V(c");
		put_path(out, x);
		buf_char(out, ')');
		break;
	case EX_LOWER:
		buf_str(out, "LOWER(c");
		put_path(out, x->a);
		buf_char(out, ')');
		break;
	case EX_NUMBER:
	case EX_LAST: put_listed(out, x); break;
	case EX_ITEM: buf_str(out, "(c.R.item or 0)"); break;
	case EX_INDEX: buf_str(out, "IDX(c)"); break;
	case EX_SPANLEN: buf_str(out, "(instance(c).R.stop - instance(c).R.off)"); break;
	case EX_LEN:
		buf_str(out, "span_bytes(c, ");
		lua_spans(out, &x->spans);
		buf_char(out, ')');
		break;
	case EX_COUNT: buf_fmt(out, "CNT(c, \"%s\")", rec->fields[x->spans.v[0].from].name); break;
	case EX_NEG:
	case EX_COM:
		buf_str(out, "(-");
		lua_number(out, x->a, rec);
		buf_str(out, x->op == EX_COM ? " - 1)" : ")");
		break;
	case EX_NOT:
	case EX_IN:
		buf_str(out, "num(");
		put_truth(out, x, rec);
		buf_char(out, ')');
		break;
	case EX_COND: /* no number is false in Lua */
		buf_char(out, '(');
		put_truth(out, x->a, rec);
		buf_str(out, " and ");
		lua_number(out, x->b, rec);
		buf_str(out, " or ");
		lua_number(out, x->c, rec);
		buf_char(out, ')');
		break;
	case EX_REQUEST: /* only in replies, which a dissector does not know */
	case EX_UPPER: buf_char(out, '0'); break;
	default: put_binary(out, x, rec);
	}
}

void lua_function(struct buf *out, const char *name, const struct expr *x, const struct record *rec)
{
	if (!x)
		return;
	buf_fmt(out, ", %s = function(c) return ", name);
	lua_number(out, x, rec);
	buf_str(out, " end");
}
