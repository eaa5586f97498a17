/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions over fields at fixed places, as postfix code that needs no decoding. The arithmetic
 * is that of core/eval.c. */
#include "core/shape.h"

#include "core/bits.h"
#include "core/expr_op.h"

/* A field that code may load: a plain number in the part that is always there. */
static const struct field *loadable(const struct record *rec, uint32_t part, const struct expr *x)
{
	const struct field *f;

	if (x->outer_proto || x->npath != 1)
		return NULL;
	f = NULL;
	for (unsigned i = 0; i < rec->npre; i++) {
		if (rec->fields[i].name == x->path[0].name)
			f = &rec->fields[i];
	}
	if (!f || f->fixed_bit < 0 || f->cond || f->optional || f->type->form != TYPE_LEAF)
		return NULL;
	if (f->type->kind->cls != KIND_NUM || f->type->bits < 1 || f->type->bits > 64 ||
	    f->type->ext.form != EXTENT_KIND)
		return NULL;
	if ((uint32_t)f->fixed_bit + f->type->bits > part * 8)
		return NULL;
	return f;
}

struct emit {
	const struct record *rec;
	uint32_t part;
	struct code_op v[128];
	unsigned n;
	unsigned depth, top; /* of the stack */
};

static bool push(struct emit *e, struct code_op op, int grow)
{
	if (e->n == sizeof(e->v) / sizeof(e->v[0]))
		return false;
	e->v[e->n++] = op;
	e->depth = (unsigned)((int)e->depth + grow);
	if (e->depth > e->top)
		e->top = e->depth;
	return e->top < CODE_STACK;
}

static bool emit(struct emit *e, const struct expr *x)
{
	const struct field *f;

	switch (x->op) {
	case EX_NUM: return push(e, (struct code_op) { .op = EX_NUM, .num = x->num }, 1);
	case EX_FIELD:
		f = loadable(e->rec, e->part, x);
		return f && push(e,
				 (struct code_op) { .op = EX_FIELD,
						    .width = (uint8_t)f->type->bits,
						    .le = f->type->le,
						    .sign = f->type->kind == &kind_int,
						    .bit = (uint32_t)f->fixed_bit },
				 1);
	case EX_NEG:
	case EX_NOT:
	case EX_COM: return emit(e, x->a) && push(e, (struct code_op) { .op = (uint8_t)x->op }, 0);
	case EX_IN:
		if (!emit(e, x->a))
			return false;
		for (unsigned i = 0; i < x->nset; i++) {
			if (!emit(e, x->set[i].lo) ||
			    !emit(e, x->set[i].hi ? x->set[i].hi : x->set[i].lo))
				return false;
		}
		return push(e, (struct code_op) { .op = EX_IN, .bit = x->nset }, -2 * x->nset);
	case EX_COND:
		return emit(e, x->a) && emit(e, x->b) && emit(e, x->c) &&
		       push(e, (struct code_op) { .op = EX_COND }, -2);
	case EX_REQUEST:
	case EX_ITEM:
	case EX_UPPER:
	case EX_SPANLEN:
	case EX_LEN:
	case EX_COUNT: return false;
	default:
		return emit(e, x->a) && emit(e, x->b) &&
		       push(e, (struct code_op) { .op = (uint8_t)x->op }, -1);
	}
}

static int64_t load(const struct code_op *op, const uint8_t *p, uint32_t n)
{
	uint64_t v;

	if (op->bit + op->width > (uint64_t)n * 8)
		return 0;
	v = op->le ? bits_get_le(p + op->bit / 8, op->width) : bits_get(p, op->bit, op->width);
	return op->sign ? sign_extend(v, op->width) : (int64_t)v;
}

int64_t code_run(const struct code *c, const uint8_t *p, uint32_t n)
{
	int64_t st[CODE_STACK];
	unsigned d = 0;

	for (unsigned i = 0; i < c->n; i++) {
		const struct code_op *op = &c->v[i];
		bool in = false;

		switch (op->op) {
		case EX_NUM: st[d++] = op->num; break;
		case EX_FIELD: st[d++] = load(op, p, n); break;
		case EX_NEG:
		case EX_NOT:
		case EX_COM: st[d - 1] = expr_op((enum expr_op)op->op, st[d - 1], 0); break;
		case EX_IN:
			d -= 2 * op->bit;
			for (unsigned k = 0; k < op->bit; k++)
				in |= st[d - 1] >= st[d + 2 * k] && st[d - 1] <= st[d + 2 * k + 1];
			st[d - 1] = in;
			break;
		case EX_COND:
			d -= 2;
			st[d - 1] = st[d - 1] ? st[d] : st[d + 1];
			break;
		default: d--; st[d - 1] = expr_op((enum expr_op)op->op, st[d - 1], st[d]);
		}
	}
	return d ? st[d - 1] : 0;
}

/* The one byte that the loads of v[0..n) touch; -1: more than one, -2: they load nothing. */
static int byte_of(const struct code_op *v, unsigned n)
{
	int byte = -2;

	for (unsigned i = 0; i < n; i++) {
		int at = (int)(v[i].bit / 8);

		if (v[i].op != EX_FIELD)
			continue;
		if (at != (int)((v[i].bit + v[i].width - 1) / 8) || (byte >= 0 && byte != at))
			return -1;
		byte = at;
	}
	return byte;
}

int code_byte(const struct code *c)
{
	return byte_of(c->v, c->n);
}

/* Ask beforehand for all 256 values of the one byte that matters to v[0..n). */
static bool make_truth(const struct code_op *v, unsigned n, struct truth *t)
{
	struct code c = { .v = v, .n = (uint16_t)n };
	int byte = byte_of(v, n);
	uint8_t probe[256] = { 0 };

	if (byte < 0 || byte >= (int)sizeof(probe))
		return false;
	*t = (struct truth) { .byte = (uint32_t)byte };
	for (unsigned k = 0; k < 256; k++) {
		probe[byte] = (uint8_t)k;
		if (code_run(&c, probe, (uint32_t)byte + 1))
			t->of[k >> 6] |= 1ull << (k & 63);
	}
	/* Absent counts as 0: the table may stand in only where 0 bytes mean "no". */
	return code_run(&c, probe, 0) == 0;
}

/* Where the first operand of the last (binary) operation ends: operands are one deep each. */
static unsigned split(const struct code_op *v, unsigned n)
{
	int depth = 0;
	unsigned i;

	for (i = n - 1; i-- > 0;) { /* backwards over the second operand */
		switch (v[i].op) {
		case EX_NUM:
		case EX_FIELD: depth++; break;
		case EX_NEG:
		case EX_NOT:
		case EX_COM: break;
		case EX_IN: depth -= 2 * (int)v[i].bit; break;
		case EX_COND: depth -= 2; break;
		default: depth--; break;
		}
		if (depth == 1)
			return i;
	}
	return 0;
}

void code_tables(struct code *c)
{
	unsigned cut;

	if (!c->v)
		return;
	if (make_truth(c->v, c->n, &c->truth[0])) {
		c->tables = 1;
		return;
	}
	if (c->n < 3 || c->v[c->n - 1].op != EX_ANDAND)
		return;
	cut = split(c->v, c->n);
	if (cut && make_truth(c->v, cut, &c->truth[0]) &&
	    make_truth(c->v + cut, c->n - 1 - cut, &c->truth[1]))
		c->tables = 2;
}

int code_compile(struct arena *mem, const struct record *rec, uint32_t part, const struct expr *x,
		 struct code *out)
{
	struct emit e = { .rec = rec, .part = part };
	struct code_op *v;

	*out = (struct code) { .expr = x };
	if (!x || !emit(&e, x))
		return 0;
	v = arena_alloc(mem, e.n * sizeof(*v));
	if (!v)
		return -1;
	for (unsigned i = 0; i < e.n; i++) {
		uint32_t end = (e.v[i].bit + e.v[i].width + 7) / 8;

		v[i] = e.v[i];
		if (v[i].op == EX_FIELD && end > out->need)
			out->need = end;
	}
	out->v = v;
	out->n = (uint16_t)e.n;
	return 0;
}
