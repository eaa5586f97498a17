/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions over fields at fixed places, as postfix code that needs no decoding. The arithmetic
 * is that of core/eval.c. */
#include "core/shape.h"

#include "core/bits.h"
#include "core/expr_op.h"
#include "core/value.h"

/* A field that code may load: a plain number in the part that is always there. */
static bool loads(const struct field *f, uint32_t part)
{
	if (f->fixed_bit < 0 || f->cond || f->optional || f->type->form != TYPE_LEAF)
		return false;
	if (f->type->kind->cls != KIND_NUM || f->type->bits < 1 || f->type->bits > 64 ||
	    f->type->ext.form != EXTENT_KIND)
		return false;
	return (uint32_t)f->fixed_bit + f->type->bits <= part * 8;
}

static const struct field *loadable(const struct record *rec, uint32_t part, const struct expr *x)
{
	const struct field *f = NULL;

	if (x->outer_proto || x->npath != 1)
		return NULL;
	for (unsigned i = 0; i < rec->npre; i++) {
		if (rec->fields[i].name == x->path[0].name)
			f = &rec->fields[i];
	}
	return f && loads(f, part) ? f : NULL;
}

/* The field that says how many bytes the field measured by x has; NULL: there is none. */
static const struct field *length_of(const struct record *rec, uint32_t part, const struct expr *x)
{
	const struct field *f, *len;

	if (x->spans.n != 1 || x->spans.v[0].form != SPAN_FIELDS ||
	    x->spans.v[0].from != x->spans.v[0].to || x->spans.v[0].from >= rec->npre)
		return NULL;
	f = &rec->fields[x->spans.v[0].from];
	len = f->bound_by;
	if (!len || len->bound_also || f->cond || f->optional || f->align ||
	    len->bounds_from != len->bounds_to || len->rule.zero_rest || len->rule.k ||
	    len->rule.skip || len->rule.m != 1 || len->rule.n != 1)
		return NULL;
	return loads(len, part) ? len : NULL;
}

struct emit {
	const struct record *rec;
	uint32_t part;
	bool whole; /* nothing is cut: a length field says what there is */
	struct code_op v[384];
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

static bool push_load(struct emit *e, const struct field *f)
{
	return f && push(e,
			 (struct code_op) { .op = EX_FIELD,
					    .width = (uint8_t)f->type->bits,
					    .le = f->type->le,
					    .sign = f->type->kind == &kind_int,
					    .bit = (uint32_t)f->fixed_bit,
					    .num = f->fixed_bit << 8 | f->type->bits },
			 1);
}

static bool emit(struct emit *e, const struct expr *x);

/* Of `field & number` and `field >> number & number` only the bits that count: a flag is one bit of
 * one byte. *done: it was so. */
static bool push_bits(struct emit *e, const struct expr *x, bool *done)
{
	const struct expr *a = x->a;
	const struct field *f;
	unsigned shift = 0, width, end;
	uint64_t mask;

	*done = false;
	if (x->b->op != EX_NUM || x->b->num <= 0)
		return true;
	if (a->op == EX_SHR && a->b->op == EX_NUM && a->b->num >= 0 && a->b->num < 64) {
		shift = (unsigned)a->b->num;
		a = a->a;
	}
	f = a->op == EX_FIELD ? loadable(e->rec, e->part, a) : NULL;
	mask = (uint64_t)x->b->num;
	width = 64 - (unsigned)__builtin_clzll(mask);
	if (!f || f->type->kind != &kind_uint || f->type->le || shift + width > f->type->bits)
		return true;
	end = (unsigned)f->fixed_bit + f->type->bits;
	if ((end - 1) / 8 != (end - shift - 1) / 8) /* a field that is cut counts as 0, whole */
		return true;
	*done = true;
	if (!push(e,
		  (struct code_op) { .op = EX_FIELD,
				     .width = (uint8_t)width,
				     .bit = end - shift - width,
				     .num = f->fixed_bit << 8 | f->type->bits },
		  1))
		return false;
	return mask == UINT64_MAX >> (64 - width) ||
	       (emit(e, x->b) && push(e, (struct code_op) { .op = EX_AND }, -1));
}

/* Of `a && b`, `a || b` the second part may be left out. */
static bool push_chain(struct emit *e, const struct expr *x)
{
	unsigned at;

	if (!emit(e, x->a))
		return false;
	at = e->n;
	if (!push(e, (struct code_op) { .op = x->op == EX_ANDAND ? CODE_IF : CODE_UNLESS }, 0) ||
	    !emit(e, x->b) || !push(e, (struct code_op) { .op = (uint8_t)x->op }, -1))
		return false;
	e->v[at].num = e->n - at - 1;
	return true;
}

static bool emit(struct emit *e, const struct expr *x)
{
	bool done;

	switch (x->op) {
	case EX_NUM: return push(e, (struct code_op) { .op = EX_NUM, .num = x->num }, 1);
	case EX_FIELD: return push_load(e, loadable(e->rec, e->part, x));
	case EX_LEN: return e->whole && push_load(e, length_of(e->rec, e->part, x));
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
	case EX_LOWER:
	case EX_NUMBER:
	case EX_LAST:
	case EX_REQUEST:
	case EX_ITEM:
	case EX_INDEX:
	case EX_UPPER:
	case EX_SPANLEN:
	case EX_COUNT: return false;
	case EX_ANDAND:
	case EX_OROR: return push_chain(e, x);
	case EX_AND:
		if (!push_bits(e, x, &done) || done)
			return done;
		/* fall through */
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
	v = op->le ? bits_get_le(p, op->bit, op->width) : bits_get(p, op->bit, op->width);
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
		case CODE_IF:
			if (!st[d - 1])
				i += (unsigned)op->num;
			break;
		case CODE_UNLESS:
			if (st[d - 1]) {
				st[d - 1] = 1;
				i += (unsigned)op->num;
			}
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

int code_byte(const struct code *c)
{
	int byte = -2;

	for (unsigned i = 0; i < c->n; i++) {
		const struct code_op *op = &c->v[i];
		int at = (int)(op->bit / 8);

		if (op->op != EX_FIELD)
			continue;
		if (at != (int)((op->bit + op->width - 1) / 8) || (byte >= 0 && byte != at))
			return -1;
		byte = at;
	}
	return byte;
}

/* Ask beforehand for all 256 values of the one byte that matters to x. */
static bool make_truth(const struct record *rec, uint32_t part, const struct expr *x,
		       struct truth *t)
{
	struct emit e = { .rec = rec, .part = part };
	struct code c = { .v = e.v };
	uint8_t probe[256] = { 0 };
	int byte;

	if (!emit(&e, x))
		return false;
	c.n = (uint16_t)e.n;
	byte = code_byte(&c);
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

/* Mark byte i of the text that x stands for. False: it is shorter. */
static bool mark_byte(struct truth *t, const struct expr *x, unsigned i)
{
	uint64_t v = (uint64_t)x->num;
	unsigned n = 0;

	if (x->op != EX_NUM)
		return false;
	if (v >= TEXT_HASHED) { /* as it was written, in quotes */
		for (unsigned k = 0; k <= i + 1; k++) {
			if (!x->word || !x->word[k] || x->word[k] == '\\' ||
			    (x->word[k] == '"') != (k == 0))
				return false;
		}
		v = (unsigned char)x->word[i + 1];
	} else {
		while (n < 8 && v >> n * 8)
			n++;
		if (i >= n)
			return false;
		v = v >> (n - 1 - i) * 8 & 255;
	}
	t->of[v >> 6] |= 1ull << (v & 63);
	return v != 0;
}

/* A text compared with texts: which values may byte i of it have? */
static bool text_truth(const struct record *rec, const struct expr *x, unsigned i, struct truth *t)
{
	const struct field *f = NULL;

	if ((x->op != EX_IN && x->op != EX_EQ) || x->a->op != EX_FIELD || x->a->outer_proto ||
	    x->a->npath != 1)
		return false;
	for (unsigned k = 0; k < rec->npre; k++) {
		if (rec->fields[k].name == x->a->path[0].name)
			f = &rec->fields[k];
	}
	if (!f || f->fixed_bit < 0 || f->fixed_bit % 8 || f->cond || f->optional ||
	    f->type->form != TYPE_LEAF ||
	    (f->type->kind != &kind_text && f->type->kind != &kind_bytes) ||
	    (f->type->ext.form != EXTENT_UNTIL_TEXT && f->type->ext.form != EXTENT_BYTES))
		return false;
	*t = (struct truth) { .byte = (uint32_t)f->fixed_bit / 8 + i };
	if (x->op == EX_EQ)
		return mark_byte(t, x->b, i);
	for (unsigned k = 0; k < x->nset; k++) {
		if (x->set[k].hi || !mark_byte(t, x->set[k].lo, i))
			return false;
	}
	return true;
}

/* The values lo..hi that a comparison of x with constants allows. False: it is none, or 0, which is
 * what absent counts as, is one of them. */
static bool span_of(const struct expr *x, int64_t *lo, int64_t *hi)
{
	*lo = INT64_MAX;
	*hi = 0;
	if (x->op == EX_IN) {
		for (unsigned i = 0; i < x->nset; i++) {
			const struct expr *a = x->set[i].lo;
			const struct expr *b = x->set[i].hi ? x->set[i].hi : a;

			if (a->op != EX_NUM || b->op != EX_NUM)
				return false;
			*lo = a->num < *lo ? a->num : *lo;
			*hi = b->num > *hi ? b->num : *hi;
		}
	} else if (x->op == EX_EQ && x->b->op == EX_NUM) {
		*lo = *hi = x->b->num;
	}
	return *lo > 0 && *lo <= *hi;
}

/* A number of several whole bytes compared with constants: which values may byte i of it have?
 * Those before it must be the same in all values, else it tells nothing. */
static bool number_truth(const struct record *rec, uint32_t part, const struct expr *x, unsigned i,
			 struct truth *t)
{
	const struct field *f;
	unsigned width, shift;
	int64_t lo, hi;

	if ((x->op != EX_IN && x->op != EX_EQ) || x->a->op != EX_FIELD || !span_of(x, &lo, &hi))
		return false;
	f = loadable(rec, part, x->a);
	if (!f || f->type->kind != &kind_uint || f->fixed_bit % 8 || f->type->bits % 8)
		return false;
	width = f->type->bits / 8;
	if (i >= width || (width < 8 && hi >> (width * 8)))
		return false;
	shift = (width - 1 - i) * 8;
	if (i && lo >> (shift + 8) != hi >> (shift + 8))
		return false;
	*t = (struct truth) { .byte = (uint32_t)f->fixed_bit / 8 +
				      (f->type->le ? width - 1 - i : i) };
	for (uint64_t k = (uint64_t)lo >> shift; k <= (uint64_t)hi >> shift; k++)
		t->of[(k & 255) >> 6] |= 1ull << (k & 63);
	return true;
}

/* One more condition that must hold. False: there is no table left for its byte. */
static bool add_truth(struct code *c, const struct truth *t)
{
	for (unsigned i = 0; i < c->tables; i++) {
		if (c->truth[i].byte != t->byte)
			continue;
		for (unsigned k = 0; k < 4; k++)
			c->truth[i].of[k] &= t->of[k];
		return true;
	}
	if (c->tables == sizeof(c->truth) / sizeof(c->truth[0]))
		return false;
	c->truth[c->tables++] = *t;
	return true;
}

void code_tables(const struct record *rec, uint32_t part, struct code *c)
{
	const struct expr *todo[CODE_STACK];
	unsigned n = 0;
	bool exact = true;

	if (!c->expr)
		return;
	todo[n++] = c->expr;
	while (n) { /* the parts that `&&` joins, first ones first */
		const struct expr *x = todo[--n];
		struct truth t;

		if (x->op == EX_ANDAND && n + 2 <= CODE_STACK) {
			todo[n++] = x->b;
			todo[n++] = x->a;
		} else if (make_truth(rec, part, x, &t)) {
			exact = add_truth(c, &t) && exact;
		} else {
			exact = false;
			for (unsigned i = 0; i < 2 && text_truth(rec, x, i, &t); i++)
				add_truth(c, &t);
			/* Bytes that are not 0 first: 0 is the commonest. */
			for (unsigned zero = 0; zero < 2; zero++) {
				for (unsigned i = 0; number_truth(rec, part, x, i, &t); i++) {
					if ((t.of[0] & 1) == zero)
						add_truth(c, &t);
				}
			}
		}
	}
	c->exact = exact && c->tables;
}

int code_compile(struct arena *mem, const struct record *rec, uint32_t part, const struct expr *x,
		 bool whole, struct code *out)
{
	struct emit e = { .rec = rec, .part = part, .whole = whole };
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
