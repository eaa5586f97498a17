/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet turned round by the same rules that recognise a reply. */
#include <string.h>

#include "core/bits.h"
#include "core/tree.h"
#include "dissect/answers.h"

struct turn {
	uint8_t *p; /* the bytes that are being turned */
	const struct tree *t;
	bool odd;         /* something could not be turned */
	struct buf *says; /* not NULL: what would be put is said in the notation instead */
};

static void put(struct turn *m, const struct field *f, uint64_t v)
{
	uint32_t at = tree_child(m->t, 0, f->index);
	const struct node *n = at == NODE_NONE ? NULL : &m->t->v[at];

	if (m->says) {
		buf_char(m->says, ' ');
		buf_str(m->says, f->name);
		buf_char(m->says, '=');
		buf_u64(m->says, v);
		return;
	}
	if (!n || n->bits < 1 || n->bits > 64 || (n->flags & (NODE_CUT | NODE_RAW)) ||
	    n->type->form != TYPE_LEAF || n->type->ext.form != EXTENT_KIND) {
		m->odd = true;
		return;
	}
	if (n->type->le)
		bits_put_le(m->p, n->bit, n->bits, v);
	else
		bits_put(m->p, n->bit, n->bits, n->bits < 64 ? v & ((1ull << n->bits) - 1) : v);
}

static const struct field *own_field(const struct turn *m, const struct expr *x)
{
	const struct record *rec = &m->t->proto->rec;

	for (unsigned i = 0; x->op == EX_FIELD && x->npath == 1 && i < rec->nfields; i++) {
		if (rec->fields[i].name == x->path[0].name)
			return &rec->fields[i];
	}
	return NULL;
}

/* Make a condition true where it says plainly what its field should be. */
static void make_true(struct turn *m, const struct expr *x, const struct eval_env *env)
{
	const struct field *f;

	if (!x)
		return;
	if (x->op == EX_ANDAND) {
		make_true(m, x->a, env);
		make_true(m, x->b, env);
		return;
	}
	f = x->a ? own_field(m, x->a) : NULL;
	if (f && x->op == EX_EQ)
		put(m, f, (uint64_t)expr_eval(x->b, m->t, 0, env));
	else if (f && x->op == EX_IN && x->nset)
		put(m, f, (uint64_t)expr_eval(x->set[0].lo, m->t, 0, env));
	else if (!m->says && !expr_eval(x, m->t, 0, env))
		m->odd = true;
}

static void swap_fields(struct turn *m, const struct field *a, const struct field *b)
{
	uint32_t i = tree_child(m->t, 0, a->index), k = tree_child(m->t, 0, b->index);
	const struct node *x, *y;

	if (i == NODE_NONE || k == NODE_NONE) {
		m->odd |= i != k;
		return;
	}
	x = &m->t->v[i];
	y = &m->t->v[k];
	if (x->bits != y->bits || ((x->flags | y->flags) & NODE_CUT)) {
		m->odd = true;
		return;
	}
	for (uint32_t done = 0; done < x->bits;) {
		unsigned w = x->bits - done > 32 ? 32 : x->bits - done;
		uint64_t vx = bits_get(m->p, x->bit + done, w);
		uint64_t vy = bits_get(m->p, y->bit + done, w);

		bits_put(m->p, x->bit + done, w, vy);
		bits_put(m->p, y->bit + done, w, vx);
		done += w;
	}
}

/* The rule that turns the layer: the first in which it stands, on either side; for an answer one in
 * which it asks comes first (a shutdown-ack is an answer, and asks for shutdown-complete). */
static const struct reply *rule_for(const struct turn *m, unsigned flags, bool *asks)
{
	const struct proto *p = m->t->proto;
	const struct reply *found = NULL;

	*asks = false;
	for (unsigned i = 0; i < p->nreply; i++) {
		const struct reply *rule = &p->reply[i];

		if (!rule->cond_request || expr_eval(rule->cond_request, m->t, 0, NULL)) {
			if (found && !(flags & MIRROR_ANSWER))
				return found;
			*asks = true;
			return rule;
		}
		if (!found && rule->cond_reply && expr_eval(rule->cond_reply, m->t, 0, NULL))
			found = rule;
	}
	return found;
}

static void turn_layer(struct turn *m, unsigned flags)
{
	const struct proto *p = m->t->proto;
	const struct eval_env env = { .request = m->t };
	bool asks;
	const struct reply *rule = rule_for(m, flags, &asks);

	if (!rule)
		return;
	for (unsigned k = 0; k < rule->nswap; k++)
		swap_fields(m, &p->rec.fields[rule->swap[k].a], &p->rec.fields[rule->swap[k].b]);
	if (!(flags & MIRROR_ANSWER))
		return;
	make_true(m, asks ? rule->cond_reply : rule->cond_request, &env);
	for (unsigned k = 0; asks && k < rule->nexpr; k++)
		make_true(m, rule->expr[k], &env);
}

int mirror(const struct packet *p, unsigned flags, struct buf *out)
{
	struct tree t = { 0 };
	struct turn m = { .t = &t };
	size_t at = out->n;
	int rc = 0;

	if (p->len == 0)
		return 0;
	buf_put(out, p->data, p->len);
	if (out->failed)
		return -1;
	m.p = (uint8_t *)out->p + at;
	for (unsigned i = 0; i < p->nlayers && rc == 0; i++) {
		rc = decode(&t, p, i);
		if (rc == 0)
			turn_layer(&m, flags);
	}
	tree_done(&t);
	return rc < 0 ? -1 : m.odd;
}

int mirror_says_of(const struct tree *t, struct buf *out)
{
	struct turn m = { .t = t, .says = out };
	const struct eval_env env = { .request = t };
	bool asks = false;
	const struct reply *rule = rule_for(&m, MIRROR_ANSWER, &asks);

	if (rule && asks) {
		make_true(&m, rule->cond_reply, &env);
		for (unsigned k = 0; k < rule->nexpr; k++)
			make_true(&m, rule->expr[k], &env);
	}
	return out->failed ? -1 : asks && (rule->cond_reply || rule->nexpr);
}

int mirror_says(const struct packet *p, unsigned layer, struct buf *out)
{
	struct tree t = { 0 };
	int rc = decode(&t, p, layer) < 0 ? -1 : mirror_says_of(&t, out);

	tree_done(&t);
	return rc;
}

unsigned mirror_partner(const struct tree *t, unsigned field)
{
	struct turn m = { .t = t };
	bool asks;
	const struct reply *rule = rule_for(&m, MIRROR_PAIRS, &asks);

	/* From the last exchange back to where the value was. */
	for (unsigned k = rule ? rule->nswap : 0; k-- > 0;) {
		if (rule->swap[k].a == field)
			field = rule->swap[k].b;
		else if (rule->swap[k].b == field)
			field = rule->swap[k].a;
	}
	return field;
}
