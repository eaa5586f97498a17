/* SPDX-License-Identifier: BSD-2-Clause */
/* The `summary` templates of a description, compiled once: fields at fixed places are read straight
 * from the bytes later. */
#include "dissect/report_summary.h"

#include <stdlib.h>

#include "core/proto_print.h"
#include "core/walk.h"

#define DEFAULT_FIELDS 4

void summary_free(struct summary *s)
{
	while (s) {
		struct summary *other = s->other;

		free(s->op);
		free(s->must);
		free(s->own);
		free(s);
		s = other;
	}
}

bool words_have_letters(const struct words *w)
{
	for (unsigned i = 0; i < w->n; i++) {
		if (!w->v[i].letter)
			return false;
	}
	return w->n > 0;
}

bool fixed_leaf(const struct field *f)
{
	return f->fixed_bit >= 0 && !f->cond && !f->optional && !f->after &&
	       f->type->form == TYPE_LEAF && f->type->ext.form == EXTENT_KIND &&
	       leaf_bits(f->type) > 0;
}

/* How a field named in the template is printed. */
static void compile_field(struct op *op, const struct proto *p, const char *path, uint16_t len,
			  struct summary *s)
{
	const struct field *f = proto_field(p, path, len);
	unsigned width;

	*op = (struct op) { .form = OP_PATH, .len = len, .text = path, .field = f };
	op->child = f && !memchr(path, '.', len);
	if (!f || f->ncases || !fixed_leaf(f)) /* words by condition: the tree knows which */
		return;
	width = leaf_bits(f->type);
	if (f->type->kind->cls == KIND_TEXT || f->type->kind->cls == KIND_BYTES || width > 64 + 64)
		return;
	op->form = OP_FIXED;
	if (f->type->kind->cls == KIND_ADDR) {
		if (f->fixed_bit % 8)
			op->form = OP_PATH;
		else if (width == 32)
			op->form = OP_IP4;
	} else if (f->type->kind == &kind_uint && width <= 64) {
		if (f->words && f->words->flags)
			op->form = words_have_letters(f->words) ? OP_LETTERS : OP_FIXED;
		else if (f->words)
			op->form = OP_WORD;
		else if (f->show == SHOW_HEX)
			op->form = OP_HEX;
		else
			op->form = f->show ? OP_FIXED : OP_UINT;
	}
	op->width = (uint8_t)width;
	op->le = f->type->le;
	op->bit = (uint32_t)f->fixed_bit;
	if (op->form != OP_PATH && (op->bit + width + 7) / 8 > s->min)
		s->min = (op->bit + width + 7) / 8;
}

static struct op *push(struct summary *s)
{
	struct op *op = realloc(s->op, (s->nops + 1) * sizeof(*op));

	if (!op)
		return NULL;
	s->op = op;
	op[s->nops] = (struct op) { 0 };
	return &op[s->nops++];
}

static void find_sums(struct summary *s, const struct proto *p)
{
	for (unsigned i = 0; i < p->rec.nfields && s->nsums < 8; i++) {
		const struct field *f = &p->rec.fields[i];

		if (f->rule.form != RULE_SUM)
			continue;
		s->sum[s->nsums].field = f;
		s->sum[s->nsums].fixed = !f->rule.expr && fixed_leaf(f) &&
					 f->type->kind == &kind_uint && leaf_bits(f->type) % 8 == 0;
		for (unsigned k = 0; k < f->rule.spans.n; k++)
			s->sum[s->nsums].fixed &= f->rule.spans.v[k].form != SPAN_FIELDS;
		s->nsums++;
	}
}

static bool is_comparison(enum expr_op op)
{
	return op == EX_EQ || op == EX_NE || op == EX_LT || op == EX_LE || op == EX_GT ||
	       op == EX_GE;
}

/* The commonest demands are made of one field alone. */
static bool must_is_fast(const struct field *f, const struct expr *x, struct must_fast *m)
{
	const struct expr *a = x->a;

	if (!fixed_leaf(f) || f->type->kind != &kind_uint || leaf_bits(f->type) > 32 ||
	    !is_comparison(x->op) || x->b->op != EX_NUM || x->b->num < 0)
		return false;
	*m = (struct must_fast) { .bit = (uint32_t)f->fixed_bit,
				  .width = (uint8_t)leaf_bits(f->type),
				  .le = f->type->le,
				  .op = x->op,
				  .mask = UINT64_MAX,
				  .num = (uint64_t)x->b->num };
	if (a->op == EX_AND && a->b->op == EX_NUM) {
		m->mask = (uint64_t)a->b->num;
		a = a->a;
	}
	return a->op == EX_FIELD && a->local == f->index && a->npath == 1 && !a->outer_proto;
}

static void find_musts(struct summary *s, const struct proto *p)
{
	struct needs n;

	for (unsigned i = 0; i < p->rec.nfields; i++) {
		const struct field *f = &p->rec.fields[i];
		uint32_t end =
			fixed_leaf(f) ? ((uint32_t)f->fixed_bit + leaf_bits(f->type)) / 8 : 0;

		s->fixed = end > s->fixed ? end : s->fixed;
		for (unsigned k = 0; k < f->nmust; k++) {
			struct must_fast *v = realloc(s->must, (s->nmusts + 1) * sizeof(*s->must));

			if (v)
				s->must = v;
			if (v && must_is_fast(f, f->must[k].expr, &v[s->nmusts]))
				s->nmusts++;
			else
				s->must_slow = true;
		}
	}
	s->must_deep = true;
	if (needs_of(p, &n))
		return;
	s->must_deep = false;
	for (unsigned i = 0; i < n.nrec; i++) {
		for (unsigned k = 0; n.rec[i] != &p->rec && k < n.rec[i]->nfields; k++)
			s->must_deep |= n.rec[i]->fields[k].nmust != 0;
	}
	needs_done(&n);
}

static struct summary *compile_line(const struct proto *p, const char *t)
{
	struct summary *s = calloc(1, sizeof(*s));
	struct op *op;

	if (!s)
		return NULL;
	find_sums(s, p);
	find_musts(s, p);
	while (*t) {
		const char *from = t;

		if (!(op = push(s))) {
			summary_free(s);
			return NULL;
		}
		if (*t == '{' && t[1] == '?') {
			op->form = OP_GROUP;
			t += 2;
			continue;
		}
		if (*t == '}') {
			op->form = OP_END;
			t++;
			continue;
		}
		if (*t == '{') {
			const char *end = strchr(t, '}');

			if (!end)
				end = t + strlen(t);
			if (t[1] == '#')
				*op = (struct op) { .form = OP_COUNT,
						    .text = t + 2,
						    .len = (uint16_t)(end - t - 2) };
			else
				compile_field(op, p, t + 1, (uint16_t)(end - t - 1), s);
			t = *end ? end + 1 : end;
			continue;
		}
		while (*t && *t != '{' && *t != '}')
			t++;
		*op = (struct op) { .form = OP_TEXT, .text = from, .len = (uint16_t)(t - from) };
	}
	return s;
}

/* Does a field say something that nothing else computes, in a few characters? */
static bool telling(const struct field *f)
{
	return f->type->form == TYPE_LEAF && f->rule.form < RULE_LEN &&
	       f->type->kind->cls != KIND_BYTES;
}

/* For a protocol that says nothing of its line: its first fields. */
static struct summary *compile_default(const struct proto *p)
{
	struct buf b = { 0 };
	struct summary *s = NULL;

	for (unsigned i = 0, n = 0; i < p->rec.nfields && n < DEFAULT_FIELDS; i++) {
		const char *name = p->rec.fields[i].name;

		if (telling(&p->rec.fields[i])) {
			buf_fmt(&b, "{?%s={%s} }", name, name);
			n++;
		}
	}
	buf_cstr(&b);
	if (!b.failed)
		s = compile_line(p, b.p);
	if (s)
		s->own = b.p;
	else
		buf_done(&b);
	return s;
}

/* The lines of a protocol; what they leave open has an empty one. */
static struct summary *compile(const struct proto *p)
{
	struct summary *first = NULL, **at = &first;

	if (!p->nsummaries)
		return compile_default(p);

	for (unsigned i = 0; i <= p->nsummaries; i++) {
		bool more = i < p->nsummaries;

		*at = compile_line(p, more ? p->summaries[i].text : "");
		if (!*at) {
			summary_free(first);
			return NULL;
		}
		if (more) {
			(*at)->alone = p->summaries[i].alone;
			(*at)->cond = p->summaries[i].cond;
		}
		if (!(*at)->cond)
			break;
		at = &(*at)->other;
	}
	return first;
}

const struct summary *summary_of(struct report *r, const struct proto *p)
{
	if (!r->summary[p->id])
		r->summary[p->id] = compile(p);
	r->failed |= !r->summary[p->id];
	return r->summary[p->id];
}
