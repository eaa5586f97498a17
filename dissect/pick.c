/* SPDX-License-Identifier: BSD-2-Clause */
/* Values by name: a display filter's operand without a comparison around it. */
#include "dissect/pick.h"

#include <stdlib.h>

#include "core/bits.h"
#include "core/plan.h"
#include "core/walk.h"
#include "dissect/filter_impl.h"

struct pick {
	struct filter f;
	struct operand op;
	const struct ref *plain; /* its only place, of a number that stands there; NULL */
};

/* A number of one protocol at a fixed place, as it stands there? */
static const struct ref *plain_of(const struct operand *op)
{
	const struct ref *r = op->ref;

	if (op->fn || op->nslices || op->mask || r->form != REF_FIELD || !r->fixed || r->nth ||
	    r->word || r->next || r->field->type->kind != &kind_uint)
		return NULL;
	return r;
}

static bool plain_number(const struct pick *k, const struct packet *p, uint64_t *v)
{
	const struct field *f = k->plain->field;
	uint32_t bit = (uint32_t)f->fixed_bit, bits = leaf_bits(f->type);

	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];

		if (l->proto != k->plain->proto || bit + bits > l->hlen * 8)
			continue;
		*v = f->type->le ? bits_get_le(p->data + l->off, bit, bits)
				 : bits_get(p->data + l->off, bit, bits);
		return true;
	}
	return false;
}

struct pick *pick_parse(const struct registry *r, const struct names *names, const char *text,
			size_t len, struct err *e)
{
	struct pick *k = calloc(1, sizeof(*k));
	struct filter_text p = { .len = len, .e = e };

	if (!k || !(k->f.text = p.s = arena_strndup(&k->f.mem, text, len))) {
		err_set(e, ERR_IO, "out of memory");
		return pick_close(k);
	}
	p.f = &k->f;
	k->f.reg = r;
	k->f.names = names;
	k->f.len = len;
	filter_blanks(&p);
	if (filter_operand(&p, &k->op) < 0)
		return pick_close(k);
	filter_blanks(&p);
	if (p.at < len || !k->op.ref) {
		filter_fail(&p, p.at < len ? p.at : 0, 1, "the name of a field is expected here");
		return pick_close(k);
	}
	k->plain = plain_of(&k->op);
	return k;
}

struct pick *pick_close(struct pick *k)
{
	if (k)
		arena_done(&k->f.mem);
	free(k);
	return NULL;
}

/* What is done with each value. */
struct picking {
	struct matching m;
	const struct got *got; /* the first one */
	struct got first;
	void (*each)(void *arg, const void *v, size_t n);
	void *arg;
	unsigned n;
};

static bool keep_first(struct matching *m, const struct got *g)
{
	struct picking *x = (struct picking *)m;

	x->first = *g;
	x->got = &x->first;
	return true;
}

static const struct test any_test = { .cmp = CMP_EQ };

static const struct got *first_of(struct picking *x, const struct pick *k, const struct packet *p,
				  struct filter_work *w)
{
	*x = (struct picking) { .m = { .f = &k->f, .p = p, .w = w, .t = &any_test } };
	filter_each(&x->m, &k->op, keep_first);
	return x->got;
}

static const void *form_of(const struct got *g, size_t *n)
{
	if (g->is_num) {
		*n = sizeof(g->num);
		return &g->num;
	}
	*n = g->n;
	return g->p;
}

static void put_form(const void *v, size_t n, struct buf *out)
{
	uint32_t len = (uint32_t)n;

	buf_put(out, &len, sizeof(len));
	buf_put(out, v, n);
}

bool pick_key(const struct pick *k, const struct packet *p, struct filter_work *w, struct buf *out)
{
	struct picking x;
	const struct got *g;
	uint64_t num;
	size_t n;
	const void *v;

	if (k->plain) {
		if (!plain_number(k, p, &num))
			return false;
		put_form(&num, sizeof(num), out);
		return true;
	}
	g = first_of(&x, k, p, w);
	if (!g)
		return false;
	v = form_of(g, &n);
	put_form(v, n, out);
	return true;
}

static bool tell_each(struct matching *m, const struct got *g)
{
	struct picking *x = (struct picking *)m;
	size_t n;
	const void *v = form_of(g, &n);

	x->n++;
	x->each(x->arg, v, n);
	return false;
}

unsigned pick_each(const struct pick *k, const struct packet *p, struct filter_work *w,
		   void (*each)(void *arg, const void *v, size_t n), void *arg)
{
	struct picking x = { .m = { .f = &k->f, .p = p, .w = w, .t = &any_test },
			     .each = each,
			     .arg = arg };

	filter_each(&x.m, &k->op, tell_each);
	return x.n;
}

bool pick_text(const struct pick *k, const struct packet *p, struct filter_work *w, struct buf *out)
{
	struct picking x;
	const struct got *g = first_of(&x, k, p, w);
	struct value v;
	unsigned work = 4096;

	if (!g)
		return false;
	if (g->type && g->type->kind->cls == KIND_BYTES) {
		buf_hex(out, g->p, g->n);
		return true;
	}
	if (!g->type || g->type->kind->cls == KIND_TEXT ||
	    (!g->field && g->type->kind->cls != KIND_NAME)) {
		if (g->is_num)
			buf_u64(out, g->num);
		else
			buf_put(out, g->p, g->n);
		return true;
	}
	v = g->v;
	if (!v.p) {
		v.p = g->p;
		v.len = g->n;
	}
	v.num = g->num;
	v.work = &work;
	value_plain(g->field, g->type, &v, out);
	return true;
}

bool pick_number(const struct pick *k, const struct packet *p, struct filter_work *w, uint64_t *v)
{
	struct picking x;
	const struct got *g;

	if (k->plain)
		return plain_number(k, p, v);
	g = first_of(&x, k, p, w);
	if (!g || !g->is_num)
		return false;
	*v = g->num;
	return true;
}

bool pick_value(const struct pick *k, const struct packet *p, struct filter_work *w,
		struct pick_value *v)
{
	struct picking x;
	const struct got *g = first_of(&x, k, p, w);

	if (!g)
		return false;
	*v = (struct pick_value) {
		.type = g->type, .is_num = g->is_num, .num = g->num, .p = g->p, .n = g->n
	};
	return true;
}

const struct type *pick_type(const struct pick *k, bool *bytes)
{
	const struct ref *r = k->op.ref;

	*bytes = k->op.nslices || r->form == REF_PROTO || r->form == REF_PAYLOAD ||
		 r->form == REF_FRAME || r->form == REF_DATA;
	if (*bytes || k->op.fn == FN_LEN || k->op.fn == FN_COUNT || r->word)
		return NULL;
	return r->form == REF_FIELD || r->form == REF_ANY ? r->field->type : NULL;
}
