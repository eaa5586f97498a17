/* SPDX-License-Identifier: BSD-2-Clause */
/* The values that a packet has under the names of a rule. */
#include "watch/engine.h"

/* The address of who sent layer i, or (to) of who receives it: of the nearest layer that has
 * addresses. */
static const uint8_t *address(const struct packet *p, unsigned i, bool to, const struct field **f,
			      unsigned *n)
{
	for (int k = (int)i; k >= 0; k--) {
		const struct proto *proto = p->layers[k].proto;
		const uint8_t *v;

		if (!proto->flow)
			continue;
		*f = &proto->rec.fields[to ? proto->flow->pair[0].b : proto->flow->pair[0].a];
		if ((*f)->type->form != TYPE_LEAF || (*f)->type->kind->cls != KIND_ADDR)
			continue;
		v = packet_field(p, (unsigned)k, *f, n);
		if (v)
			return v;
	}
	return NULL;
}

static bool key_put(struct watch *w, const struct packet *p, unsigned layer,
		    const struct rule_key *k, struct buf *out)
{
	const struct field *f;
	unsigned n;
	const uint8_t *v;

	if (k->form == KEY_PICK)
		return pick_key(k->pick, p, &w->work, out);
	if (k->form > KEY_PICK)
		return key_words(w, p, layer, k, out);
	v = address(p, layer, k->form == KEY_TO, &f, &n);
	if (!v)
		return false;
	buf_put(out, &n, sizeof(n));
	buf_put(out, v, n);
	return true;
}

bool keys_id(struct watch *w, const struct packet *p, unsigned layer, const struct rule_key *v,
	     unsigned n, struct flow_id *id)
{
	w->key.n = 0;
	for (unsigned i = 0; i < n; i++) {
		if (!key_put(w, p, layer, &v[i], &w->key))
			return false;
	}
	*id = siphash(w->seed, (const uint8_t *)w->key.p, w->key.n);
	return true;
}

void key_name(const struct packet *p, unsigned layer, const struct rule_key *k, struct buf *out)
{
	const struct field *f;
	unsigned n;

	if (address(p, layer, k->form == KEY_TO, &f, &n))
		buf_fmt(out, "%s.addr == ", f->rec->proto->name);
}

static const char *title_of(const struct proto *proto)
{
	return proto->title ? proto->title : proto->name;
}

bool key_words(struct watch *w, const struct packet *p, unsigned layer, const struct rule_key *k,
	       struct buf *out)
{
	const struct field *f;
	struct value v = { 0 };
	unsigned n;

	if (k->form == KEY_PICK)
		return pick_text(k->pick, p, &w->work, out);
	if (k->form == KEY_PROTOCOL)
		buf_str(out, title_of(p->layers[layer].proto));
	if (k->form == KEY_SECRET)
		buf_put(out, w->secret.p, w->secret.n);
	if (k->form > KEY_PICK)
		return true;
	v.p = address(p, layer, k->form == KEY_TO, &f, &n);
	if (!v.p)
		return false;
	v.len = n;
	f->type->kind->print(f->type, &v, out);
	return true;
}

struct summing {
	struct watch *w;
	uint64_t sum;
};

static void add_value(void *arg, const void *v, size_t n)
{
	struct summing *s = arg;

	s->sum += siphash(s->w->seed, v, n).a | 1;
}

uint64_t keys_digest(struct watch *w, const struct packet *p, unsigned layer,
		     const struct rule_keys *k)
{
	struct summing s = { .w = w };

	for (unsigned i = 0; i < k->n; i++) {
		if (k->v[i].form == KEY_PICK) {
			pick_each(k->v[i].pick, p, &w->work, add_value, &s);
			continue;
		}
		w->key.n = 0;
		if (key_put(w, p, layer, &k->v[i], &w->key))
			add_value(&s, w->key.p, w->key.n);
		s.sum = s.sum * 31;
	}
	return s.sum;
}
