/* SPDX-License-Identifier: BSD-2-Clause */
/* In which fields do two packets differ? Leaf by leaf, by the paths of the notation. */
#include "cli/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/bits.h"
#include "core/plan.h"
#include "dissect/check.h"
#include "dissect/dissect.h"
#include "dissect/escape.h"

void compare_done(struct compare *c)
{
	tree_done(&c->ta);
	tree_done(&c->tb);
	buf_done(&c->path);
	buf_done(&c->va);
	buf_done(&c->vb);
	buf_done(&c->bytes);
}

/* ---- what is ignored ---- */

static int ignore_one(struct ignore *g, const struct registry *reg, const char *s, size_t n,
		      struct err *e)
{
	const char *dot = memchr(s, '.', n);
	size_t head = dot ? (size_t)(dot - s) : n;
	const struct proto *p = registry_find(reg, s, head);
	const struct field *f = NULL;

	if (g->nfield == IGNORE_MAX || g->nproto == IGNORE_MAX)
		return err_set(e, ERR_USAGE, "--ignore takes at most %d names", IGNORE_MAX);
	if (!p) {
		const char *near = registry_suggest(reg, s, head);
		return err_set(e, ERR_USAGE, "--ignore: no protocol '%.*s'%s%s%s", (int)head, s,
			       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	if (!dot) {
		g->proto[g->nproto++] = p;
		return 0;
	}
	f = proto_field(p, dot + 1, n - head - 1);
	if (!f)
		f = proto_field(p, s, n); /* dotted aliases: tcp.srcport */
	if (!f) {
		const char *near = record_suggest(&p->rec, dot + 1, n - head - 1);
		return err_set(e, ERR_USAGE, "--ignore: %s has no field '%.*s'%s%s%s", p->name,
			       (int)(n - head - 1), dot + 1, near ? "; did you mean '" : "",
			       near ? near : "", near ? "'?" : "");
	}
	g->field[g->nfield++] = f;
	return 0;
}

int ignore_parse(struct ignore *g, const struct registry *reg, const char *list, struct err *e)
{
	while (*list) {
		size_t n = strcspn(list, ",");
		if (n && ignore_one(g, reg, list, n, e) < 0)
			return -1;
		list += n + (list[n] == ',');
	}
	return 0;
}

static bool ignores_field(const struct ignore *g, const struct field *f)
{
	for (unsigned i = 0; g && f && i < g->nfield; i++)
		if (g->field[i] == f)
			return true;
	return false;
}

static bool ignores_proto(const struct ignore *g, const struct proto *p)
{
	for (unsigned i = 0; g && i < g->nproto; i++)
		if (g->proto[i] == p)
			return true;
	return false;
}

/* ---- hash ---- */

static void blank_bits(struct buf *b, uint32_t bit, uint32_t bits)
{
	for (uint32_t i = bit; i < bit + bits && i / 8 < b->n; i++)
		b->p[i / 8] &= (char)~(0x80 >> i % 8);
}

uint64_t compare_hash(struct compare *c, const struct packet *p)
{
	const struct ignore *g = c->ignore;
	uint64_t h = 0xcbf29ce484222325u;

	c->bytes.n = 0;
	buf_put(&c->bytes, p->data, p->len);
	for (unsigned i = 0; i < p->nlayers && (g->nfield || g->nproto); i++) {
		const struct layer *l = &p->layers[i];
		if (ignores_proto(g, l->proto)) {
			blank_bits(&c->bytes, l->off * 8, l->hlen * 8);
			continue;
		}
		if (!g->nfield || decode(&c->ta, p, i) < 0)
			continue;
		for (uint32_t k = 1; k < c->ta.n; k++)
			if (ignores_field(g, c->ta.v[k].field))
				blank_bits(&c->bytes, c->ta.v[k].bit, c->ta.v[k].bits);
	}
	/* FNV-1a: packets are compared in full where it matters. */
	for (size_t i = 0; i < c->bytes.n; i++)
		h = (h ^ (uint8_t)c->bytes.p[i]) * 0x100000001b3u;
	h = (h ^ p->link) * 0x100000001b3u;
	return (h ^ p->wire_len) * 0x100000001b3u;
}

bool compare_stacks(const struct packet *a, const struct packet *b)
{
	if (a->nlayers != b->nlayers)
		return false;
	for (unsigned i = 0; i < a->nlayers; i++)
		if (a->layers[i].proto != b->layers[i].proto)
			return false;
	return true;
}

/* ---- fields ---- */

static bool is_leaf(const struct tree *t, uint32_t i)
{
	return i && t->v[i].next == i + 1;
}

static bool same_bits(const struct tree *a, uint32_t i, const struct tree *b, uint32_t k)
{
	const struct node *x = &a->v[i], *y = &b->v[k];

	if (x->bits != y->bits)
		return false;
	for (uint32_t n = 0; n < x->bits;) {
		unsigned w = x->bits - n < 64 ? x->bits - n : 64;
		if (bits_get(a->data, (uint64_t)x->bit + n, w) !=
		    bits_get(b->data, (uint64_t)y->bit + n, w))
			return false;
		n += w;
	}
	return true;
}

/* A leaf's value as the notation says it; long ones are cut. */
static void value_words(const struct tree *t, uint32_t i, struct buf *out)
{
	const struct node *n = &t->v[i];
	struct field here;
	struct value v = { 0 };

	out->n = 0;
	node_value(t, i, &v);
	if (n->field && n->type && n->type->form == TYPE_LEAF && n->type->kind &&
	    n->type->kind->print && !(n->flags & (NODE_RAW | NODE_CUT))) {
		value_print(field_here(n->field, t, n->parent, &here), n->type, &v, out);
	} else if (n->type && n->type->kind && n->type->kind->cls == KIND_TEXT &&
		   !(n->flags & NODE_RAW)) {
		escape_term(v.p, v.len < 64 ? v.len : 64, out);
	} else {
		uint32_t from = n->bit / 8, len = (n->bits + 7) / 8;
		buf_str(out, "hex:");
		buf_hex(out, t->data + from, len < 32 ? len : 32);
		if (len > 32)
			buf_fmt(out, "... %" PRIu32 " bytes", len);
	}
}

struct telling {
	struct compare *c;
	void (*tell)(void *ctx, const char *path, const char *va, const char *vb);
	void *ctx;
	unsigned n;
};

static void told(struct telling *t, const char *va, const char *vb)
{
	t->n++;
	if (t->tell)
		t->tell(t->ctx, buf_cstr(&t->c->path), va, vb);
}

/* Leaves of x that y has not, or has otherwise. back: only the former, with the sides exchanged. */
static void compare_trees(struct telling *t, const char *layer, const struct tree *x,
			  const struct tree *y, bool back)
{
	struct compare *c = t->c;

	for (uint32_t i = 1; i < x->n; i++) {
		if (ignores_field(c->ignore, x->v[i].field)) {
			i = x->v[i].next - 1;
			continue;
		}
		if (!is_leaf(x, i) || !x->v[i].field)
			continue;
		c->path.n = 0;
		tree_path(x, i, &c->path);
		uint32_t k = tree_find(y, c->path.p, c->path.n);
		if (k != NODE_NONE && (back || same_bits(x, i, y, k)))
			continue;
		struct buf name = { 0 };
		buf_fmt(&name, "%s.%s", layer, buf_cstr(&c->path));
		c->path.n = 0;
		buf_put(&c->path, name.p, name.n);
		buf_done(&name);
		value_words(x, i, back ? &c->vb : &c->va);
		struct buf *other = back ? &c->va : &c->vb;
		other->n = 0;
		if (k != NODE_NONE)
			value_words(y, k, other);
		else
			buf_str(other, "absent");
		told(t, buf_cstr(&c->va), buf_cstr(&c->vb));
	}
}

static void compare_rest(struct telling *t, const char *layer, const struct packet *a,
			 const struct packet *b, int i)
{
	uint32_t af, at, bf, bt, k = 0;
	char va[64], vb[64];

	packet_rest(a, i, &af, &at);
	packet_rest(b, i, &bf, &bt);
	while (k < at - af && k < bt - bf && a->data[af + k] == b->data[bf + k])
		k++;
	if (k == at - af && k == bt - bf)
		return;
	t->c->path.n = 0;
	buf_fmt(&t->c->path, "%s%spayload", layer, *layer ? "." : "");
	snprintf(va, sizeof(va), "%" PRIu32 " bytes", at - af);
	if (at - af == bt - bf)
		snprintf(vb, sizeof(vb), "others from byte %" PRIu32 " on", k);
	else
		snprintf(vb, sizeof(vb), "%" PRIu32 " bytes", bt - bf);
	told(t, va, vb);
}

static void stack_words(const struct packet *p, struct buf *out)
{
	out->n = 0;
	for (unsigned i = 0; i < p->nlayers; i++)
		buf_fmt(out, "%s%s", i ? "/" : "", p->layers[i].proto->name);
	if (!p->nlayers)
		buf_str(out, "bytes");
}

unsigned compare_packets(struct compare *c, const struct packet *a, const struct packet *b,
			 void (*tell)(void *ctx, const char *path, const char *va, const char *vb),
			 void *ctx)
{
	struct telling t = { .c = c, .tell = tell, .ctx = ctx };
	struct buf name = { 0 };
	unsigned i;

	if (!compare_stacks(a, b)) {
		stack_words(a, &c->va);
		stack_words(b, &c->vb);
		c->path.n = 0;
		buf_str(&c->path, "stack");
		told(&t, buf_cstr(&c->va), buf_cstr(&c->vb));
	}
	if (a->wire_len != b->wire_len) {
		c->path.n = c->va.n = c->vb.n = 0;
		buf_str(&c->path, "length");
		buf_fmt(&c->va, "%" PRIu32, a->wire_len);
		buf_fmt(&c->vb, "%" PRIu32, b->wire_len);
		told(&t, buf_cstr(&c->va), buf_cstr(&c->vb));
	}
	if (!a->nlayers && !b->nlayers)
		compare_rest(&t, "", a, b, LAYER_NONE);
	for (i = 0; i < a->nlayers && i < b->nlayers; i++) {
		if (a->layers[i].proto != b->layers[i].proto)
			break;
		name.n = 0;
		layer_name(a, i, &name);
		if (!ignores_proto(c->ignore, a->layers[i].proto) && decode(&c->ta, a, i) == 0 &&
		    decode(&c->tb, b, i) == 0) {
			compare_trees(&t, buf_cstr(&name), &c->ta, &c->tb, false);
			compare_trees(&t, buf_cstr(&name), &c->tb, &c->ta, true);
		}
		if (compare_stacks(a, b))
			compare_rest(&t, buf_cstr(&name), a, b, (int)i);
	}
	buf_done(&name);
	return t.n;
}
