/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply matching: swap, same, conditions, waived pairs, quotes. */
#include "dissect/answers.h"

#include <string.h>

#include "core/plan.h"
#include "core/tree.h"
#include "dissect/dissect.h"

struct match {
	const struct packet *reply, *request;
	struct tree r, q; /* fields of the layers compared: of the reply, of the request */
	struct buf *why;
	const struct field *anew; /* of the reply's layer: another than the request's; or NULL */
	bool group;               /* a lower layer of the request went to a group or to everybody */
	bool failed;              /* memory */
};

struct layer_pair {
	unsigned reply, request;
};

/* ---- comparing fields ---- */

static const struct node *node_of(const struct tree *t, const struct field *f)
{
	uint32_t at = tree_child(t, 0, f->index);

	return at == NODE_NONE || (t->v[at].flags & NODE_CUT) ? NULL : &t->v[at];
}

static bool same_value(const struct tree *a, const struct node *x, const struct tree *b,
		       const struct node *y)
{
	if (!x || !y)
		return !x && !y;
	if (x->bit % 8 || x->bits % 8 || y->bit % 8 || y->bits % 8)
		return x->num == y->num;
	return x->bits == y->bits &&
	       memcmp(a->data + x->bit / 8, b->data + y->bit / 8, x->bits / 8) == 0;
}

static bool is_address(const struct field *f)
{
	return f->type->form == TYPE_LEAF && f->type->kind->cls == KIND_ADDR;
}

/* By width: RFC 7042 (6), RFC 1112 and 919 (4), RFC 4291 (16). */
bool answers_any(const uint8_t *p, uint32_t n)
{
	uint8_t any = 0;

	for (uint32_t i = 0; i < n; i++)
		any |= p[i];
	if (!any)
		return true;
	switch (n) {
	case 4: return p[0] >= 224 && (p[0] < 240 || memcmp(p, "\xff\xff\xff\xff", 4) == 0);
	case 6: return p[0] & 1;
	case 16: return p[0] == 0xff;
	default: return false;
	}
}

static bool waives(const struct tree *t, const struct field *f)
{
	const struct node *n = node_of(t, f);

	return n && is_address(f) && n->bit % 8 == 0 &&
	       answers_any(t->data + n->bit / 8, n->bits / 8);
}

/* ---- saying why not ---- */

static void say_value(struct buf *why, const struct tree *t, const struct field *f)
{
	const struct node *n = node_of(t, f);
	struct value v;

	if (!n) {
		buf_str(why, "absent");
	} else if (n->type->form == TYPE_LEAF && n->type->kind->cls != KIND_TEXT &&
		   n->type->kind->cls != KIND_BYTES) {
		node_value(t, (uint32_t)(n - t->v), &v);
		value_print(f, n->type, &v, why);
	} else if (n->bit % 8 == 0) {
		buf_str(why, "hex:");
		buf_hex(why, t->data + n->bit / 8, n->bits / 8 > 32 ? 32 : n->bits / 8);
	}
}

static bool differs(struct match *m, const struct field *f, const struct field *want)
{
	if (m->why) {
		buf_fmt(m->why, "%s.%s is ", m->r.proto->name, f->name);
		say_value(m->why, &m->r, f);
		buf_str(m->why, ", expected ");
		say_value(m->why, &m->q, want);
	}
	return false;
}

/* ---- one layer ---- */

static bool pairs_hold(struct match *m, const struct reply *rule)
{
	const struct record *rec = &m->r.proto->rec;

	for (unsigned i = 0; i < rule->nswap; i++) {
		const struct field *a = &rec->fields[rule->swap[i].a];
		const struct field *b = &rec->fields[rule->swap[i].b];
		bool addr = is_address(a);

		if (a != m->anew && !(addr && (m->group || waives(&m->q, b))) &&
		    !same_value(&m->r, node_of(&m->r, a), &m->q, node_of(&m->q, b)))
			return differs(m, a, b);
		if (!(addr && waives(&m->q, a)) &&
		    !same_value(&m->r, node_of(&m->r, b), &m->q, node_of(&m->q, a)))
			return differs(m, b, a);
	}
	return true;
}

static bool sames_hold(struct match *m, const struct reply *rule)
{
	const struct record *rec = &m->r.proto->rec;

	for (unsigned i = 0; i < rule->nsame; i++) {
		const struct field *f = &rec->fields[rule->same[i]];

		if (!same_value(&m->r, node_of(&m->r, f), &m->q, node_of(&m->q, f)))
			return differs(m, f, f);
	}
	return true;
}

static bool exprs_hold(struct match *m, const struct reply *rule)
{
	struct eval_env env = { .request = &m->q };

	for (unsigned i = 0; i < rule->nexpr; i++) {
		const struct expr *x = rule->expr[i];

		if (expr_eval(x, &m->r, 0, &env))
			continue;
		if (m->why && x->op == EX_EQ && x->a->op == EX_FIELD && x->a->npath == 1)
			buf_fmt(m->why, "%s.%s is %lld, expected %lld", m->r.proto->name,
				x->a->path[0].name, (long long)expr_eval(x->a, &m->r, 0, &env),
				(long long)expr_eval(x->b, &m->r, 0, &env));
		else if (m->why)
			buf_fmt(m->why, "%s: a condition on the request does not hold",
				m->r.proto->name);
		return false;
	}
	return true;
}

/* Some reply rule of the layer must hold. m->r and m->q are decoded. */
static bool layer_answers(struct match *m, bool *strong)
{
	const struct proto *p = m->r.proto;
	bool asked = false, kind = false;
	size_t mark = m->why ? m->why->n : 0;

	for (unsigned i = 0; i < p->nreply; i++) {
		const struct reply *rule = &p->reply[i];

		if (rule->cond_request && !expr_eval(rule->cond_request, &m->q, 0, NULL))
			continue;
		asked = true;
		if (rule->cond_reply && !expr_eval(rule->cond_reply, &m->r, 0, NULL))
			continue;
		if (m->why)
			m->why->n = mark; /* the last rule that applied says why */
		kind = true;
		if (pairs_hold(m, rule) && sames_hold(m, rule) && exprs_hold(m, rule)) {
			*strong = rule->nsame || rule->nexpr;
			return true;
		}
	}
	if (m->why && !kind)
		buf_fmt(m->why,
			asked ? "it is not the kind of %s that answers"
			      : "no %s answers this request",
			p->name);
	return false;
}

static bool decode_pair(struct match *m, unsigned reply, unsigned request)
{
	if (decode(&m->r, m->reply, reply) < 0 || decode(&m->q, m->request, request) < 0)
		m->failed = true;
	return !m->failed;
}

/* One field of the reply against another of the request, or where that names no one. */
static bool half_holds(struct match *m, const struct layer_pair *at, const struct field *mine,
		       const struct field *theirs, bool group, bool *plain)
{
	unsigned n, k;
	const uint8_t *a = packet_field(m->reply, at->reply, mine, &n);
	const uint8_t *b = packet_field(m->request, at->request, theirs, &k);

	*plain &= a && b;
	if (!a || !b)
		return false;
	return (is_address(mine) && (group || answers_any(b, k))) ||
	       (n == k && memcmp(a, b, n) == 0);
}

/* A protocol that asks no more than that plain fields are exchanged is compared without decoding.
 * 1: they are; 0: not; -1: it has to be decoded. */
static int plainly(struct match *m, const struct layer_pair *at, const struct proto *p)
{
	const struct reply *rule = p->reply;
	bool plain = true, holds = true, group = m->group;

	if (p->nreply != 1 || rule->cond_reply || rule->cond_request || rule->nsame ||
	    rule->nexpr || m->anew)
		return -1;
	for (unsigned i = 0; i < rule->nswap; i++) {
		const struct field *a = &p->rec.fields[rule->swap[i].a];
		const struct field *b = &p->rec.fields[rule->swap[i].b];
		unsigned n;
		const uint8_t *to = packet_field(m->request, at->request, b, &n);

		holds &= half_holds(m, at, a, b, m->group, &plain);
		holds &= half_holds(m, at, b, a, false, &plain);
		group |= to && is_address(b) && answers_any(to, n);
	}
	if (plain && holds)
		m->group = group;
	return plain ? holds : -1;
}

static void learn_group(struct match *m)
{
	const struct proto *p = m->q.proto;

	for (unsigned i = 0; i < p->nreply; i++) {
		for (unsigned k = 0; k < p->reply[i].nswap; k++)
			m->group |= waives(&m->q, &p->rec.fields[p->reply[i].swap[k].b]);
	}
}

/* ---- the stack ---- */

/* The layer of the reply that is to answer one of the request's: the next that has reply rules. */
static int counterpart(const struct packet *reply, int from, const struct proto *proto, bool first)
{
	for (int i = from; i < reply->nlayers; i++) {
		const struct layer *l = &reply->layers[i];

		if (l->flags & LAYER_QUOTED)
			return LAYER_NONE;
		if (l->proto == proto)
			return i;
		if (l->proto->nreply && !first)
			return LAYER_NONE;
	}
	return LAYER_NONE;
}

/* The field of layer i of the request that a layer inside it says will be another in the reply. */
static const struct field *anew_of(struct match *m, unsigned i)
{
	const struct field *f = NULL;
	struct tree t = { 0 };

	for (unsigned k = i + 1; k < m->request->nlayers && !f; k++) {
		const struct proto *p = m->request->layers[k].proto;

		for (unsigned n = 0; n < p->nreply && !f; n++) {
			const struct reply *r = &p->reply[n];

			if (!r->anew || r->anew->rec != &m->request->layers[i].proto->rec)
				continue;
			if (decode(&t, m->request, k) < 0)
				m->failed = true;
			else if (!r->cond_request || expr_eval(r->cond_request, &t, 0, NULL))
				f = r->anew;
		}
	}
	tree_done(&t);
	return f;
}

/* Around the layers that both have, one of the two may have more: it was captured outside of a
 * tunnel, or with a link header. Where both have, they went different ways. */
static bool same_way(struct match *m, const struct proto *skipped, int first)
{
	for (int i = 0; skipped && i < first; i++) {
		const struct proto *p = m->reply->layers[i].proto;

		if (!p->nreply)
			continue;
		if (m->why)
			buf_fmt(m->why, "it came by %s, the request went by %s", p->name,
				skipped->name);
		return false;
	}
	return true;
}

static int replies(struct match *m)
{
	const struct proto *skipped =
		NULL; /* the outermost of the request's that the reply lacks */
	int at = LAYER_NONE;
	bool strong = false;

	for (unsigned i = 0; i < m->request->nlayers; i++) {
		const struct proto *proto = m->request->layers[i].proto;
		uint32_t from, to;
		int next, plain;

		if (!proto->nreply)
			continue;
		next = counterpart(m->reply, at + 1, proto, at < 0);
		if (next < 0 && at < 0) {
			skipped = skipped ? skipped : proto;
			continue;
		}
		if (next < 0) {
			if (strong && !packet_payload(m->reply, (unsigned)at, &from, &to))
				return ANSWER_REPLY; /* it answers at this layer (TCP's RST) */
			if (m->why)
				buf_fmt(m->why, "it holds no %s", proto->name);
			return ANSWER_NO;
		}
		if (at < 0 && !same_way(m, skipped, next))
			return ANSWER_NO;
		m->anew = anew_of(m, i);
		plain = plainly(m, &(struct layer_pair) { (unsigned)next, i }, proto);
		/* Why not is for the decoded ones to say. */
		if (plain == 0 && !m->why)
			return ANSWER_NO;
		if (plain > 0) {
			strong = false;
			at = next;
			continue;
		}
		if (!decode_pair(m, (unsigned)next, i))
			return -1;
		if (!layer_answers(m, &strong))
			return ANSWER_NO;
		learn_group(m);
		at = next;
	}
	if (at < 0 && m->why)
		buf_str(m->why, "it has no layer in common with the request");
	return at < 0 ? ANSWER_NO : ANSWER_REPLY;
}

/* ---- quotes ---- */

static bool identical(struct match *m, const struct field *f)
{
	const struct node *x = node_of(&m->r, f);

	return !x || same_value(&m->r, x, &m->q, node_of(&m->q, f)) || differs(m, f, f);
}

/* Fields of the request that an expression speaks of identify it. */
static bool asked_fields(struct match *m, const struct expr *x)
{
	const struct field *f;

	if (!x)
		return true;
	if (x->op == EX_REQUEST && x->npath) {
		f = record_field(&m->q.proto->rec, x->path[0].name, strlen(x->path[0].name));
		return !f || identical(m, f);
	}
	return asked_fields(m, x->a) && asked_fields(m, x->b) && asked_fields(m, x->c);
}

/* Is the quoted layer the request's own, as far as its reply rules tell packets apart? */
static bool layer_is_quoted(struct match *m)
{
	const struct proto *p = m->q.proto;
	const struct field *f = p->rec.fields;

	for (unsigned i = 0; i < p->nreply; i++) {
		const struct reply *rule = &p->reply[i];

		if (rule->cond_request && !expr_eval(rule->cond_request, &m->q, 0, NULL))
			continue;
		for (unsigned k = 0; k < rule->nswap; k++) {
			if (!identical(m, &f[rule->swap[k].a]) ||
			    !identical(m, &f[rule->swap[k].b]))
				return false;
		}
		for (unsigned k = 0; k < rule->nsame; k++) {
			if (!identical(m, &f[rule->same[k]]))
				return false;
		}
		for (unsigned k = 0; k < rule->nexpr; k++) {
			if (!asked_fields(m, rule->expr[k]))
				return false;
		}
	}
	return true;
}

static int quotes_request(struct match *m, unsigned first)
{
	unsigned q = 0, found = 0;

	for (unsigned i = first; i < m->reply->nlayers; i++) {
		const struct proto *proto = m->reply->layers[i].proto;
		unsigned from = q;

		if (!proto->nreply)
			continue;
		while (q < m->request->nlayers && m->request->layers[q].proto != proto &&
		       (!found || !m->request->layers[q].proto->nreply))
			q++;
		if (q == m->request->nlayers || m->request->layers[q].proto != proto) {
			/* Beyond the request's own layers the quote may see more (or guess). */
			if (found && from >= m->request->nlayers)
				break;
			if (m->why)
				buf_fmt(m->why,
					"it quotes another packet: %s is not in the request",
					proto->name);
			return ANSWER_NO;
		}
		if (!decode_pair(m, i, q))
			return -1;
		if (!layer_is_quoted(m)) {
			if (m->why)
				buf_str(m->why, " in the packet that it quotes");
			return ANSWER_NO;
		}
		found++;
		q++;
	}
	return found ? ANSWER_ERROR : ANSWER_NO;
}

int answers_with(struct answers_work *w, const struct packet *reply, const struct packet *request,
		 struct buf *why)
{
	struct match m = {
		.reply = reply, .request = request, .why = why, .r = w->reply, .q = w->request
	};
	size_t mark = why ? why->n : 0;
	int rc = replies(&m);

	for (unsigned i = 0; rc == ANSWER_NO && i < reply->nlayers; i++) {
		if (!(reply->layers[i].flags & LAYER_QUOTED))
			continue;
		if (why)
			why->n = mark;
		rc = quotes_request(&m, i);
		break;
	}
	if (rc > 0 && why)
		why->n = mark;
	w->reply = m.r;
	w->request = m.q;
	return m.failed ? -1 : rc;
}

void answers_work_done(struct answers_work *w)
{
	tree_done(&w->reply);
	tree_done(&w->request);
}

int answers(const struct packet *reply, const struct packet *request, struct buf *why)
{
	struct answers_work w = { 0 };
	int rc = answers_with(&w, reply, request, why);

	answers_work_done(&w);
	return rc;
}

int answers_anew(const struct registry *reg, struct packet *reply, const struct packet *request,
		 struct tree *scratch)
{
	struct match m = { .reply = reply, .request = request };
	struct packet more = *reply;
	unsigned last = reply->nlayers - 1u, i;
	uint32_t from, to;
	int rc = ANSWER_NO;

	if (!reply->nlayers || !packet_payload(reply, last, &from, &to))
		return ANSWER_NO;
	for (i = 0; i + 1u < request->nlayers; i++) {
		if (request->layers[i].proto == reply->layers[last].proto && anew_of(&m, i))
			break;
	}
	if (i + 1u < request->nlayers) {
		dissect_inside(reg, &more, request->layers[i + 1].proto, scratch);
		rc = answers(&more, request, NULL);
	}
	if (rc > 0)
		*reply = more;
	return m.failed ? -1 : rc;
}
