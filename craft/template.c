/* SPDX-License-Identifier: BSD-2-Clause */
/* Sweeps in place: each varying value is a piece of the packet, each checksum a base (all pieces
 * zero) plus what the pieces add. What a piece adds is found by trying: an Internet sum is linear
 * modulo 65535 (RFC 1071), a CRC is linear over GF(2). The first packets are also built in full,
 * and when they differ every packet is. */
#include <endian.h>
#include <stdlib.h>

#include "core/bits.h"
#include "craft/addr.h"
#include "craft/craft.h"
#include "craft/template.h"
#include "craft/template_impl.h"

#define CHECKED 4 /* packets that are built both ways */

static const char cannot_differ[] = "packets patched and built in full differed";

/* ---- what may be patched ---- */

/* Does x read a field of this name? Too deep to look counts as yes. */
static bool mentions(const struct expr *x, const char *name, unsigned depth)
{
	if (!x)
		return false;
	if (depth > 24)
		return true;
	if ((x->op == EX_FIELD || x->op == EX_REQUEST) && x->npath)
		for (unsigned i = 0; i < x->npath; i++)
			if (x->path[i].name == name)
				return true;
	return mentions(x->a, name, depth + 1) || mentions(x->b, name, depth + 1) ||
	       mentions(x->c, name, depth + 1);
}

static bool type_mentions(const struct type *t, const char *name, unsigned depth)
{
	if (!t || depth > 8)
		return t != NULL;
	if (mentions(t->ext.expr, name, 0) || mentions(t->on, name, 0) ||
	    (t->item && type_mentions(t->item, name, depth + 1)))
		return true;
	for (unsigned i = 0; i < t->narms; i++)
		if (type_mentions(t->arms[i].type, name, depth + 1))
			return true;
	return false;
}

/* A field that selects is marked structural for that alone. Does another field hang on it too? */
static bool shapes_record(const struct field *f)
{
	for (unsigned i = 0; i < f->rec->nfields; i++) {
		const struct field *o = &f->rec->fields[i];

		if (mentions(o->cond, f->name, 0) || type_mentions(o->type, f->name, 0) ||
		    (o->rule.form == RULE_EXPR && mentions(o->rule.expr, f->name, 0)))
			return true;
	}
	return false;
}

/* A port may say what is above; what was said to be above is there all the same, and no sum or
 * length hangs on the port. */
static bool is_port(const struct proto *p, const struct field *f)
{
	const struct field *src, *dst;

	return proto_ends(p, END_PORT, &src, &dst) && (f == src || f == dst);
}

/* Does the packet's structure hang on f? Why, or NULL. */
static const char *hangs(const struct template *t, const struct built *y, const struct field *f)
{
	const struct proto *p = y->proto;
	bool upper = false;

	for (unsigned i = 0; i < t->build.n; i++)
		upper |= t->build.layer[i].proto && t->build.layer[i].off >= y->off + y->hlen &&
			 t->build.layer[i].end <= y->end && t->build.layer[i].off < y->end;
	if (f->structural && (!f->selects || shapes_record(f)))
		return "the packet's structure hangs on a field that varies";
	if (f->selects && upper && !is_port(p, f))
		return "a field that varies tells what the layer above is";
	if (mentions(p->opaque, f->name, 0) || mentions(p->excerpt, f->name, 0) ||
	    mentions(p->quotes, f->name, 0))
		return "what the payload is hangs on a field that varies";
	for (unsigned i = 0; i < p->npseudo_over; i++)
		if (mentions(p->pseudo_over[i].cond, f->name, 0))
			return "a pseudo header hangs on a field that varies";
	return NULL;
}

bool template_hangs(const struct proto *p, const struct field *f)
{
	bool hangs = (f->structural && (!f->selects || shapes_record(f))) ||
		     (f->selects && !is_port(p, f)) || mentions(p->opaque, f->name, 0) ||
		     mentions(p->excerpt, f->name, 0) || mentions(p->quotes, f->name, 0);

	for (unsigned i = 0; i < p->npseudo_over && !hangs; i++)
		hangs = mentions(p->pseudo_over[i].cond, f->name, 0);
	return hangs;
}

static bool computed(const struct build *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		const struct tree *t = &b->layer[i].tree;

		for (uint32_t k = 1; b->layer[i].proto && k < t->n; k++)
			if (t->v[k].field && t->v[k].field->rule.form == RULE_EXPR &&
			    !(t->v[k].flags & NODE_SAID))
				return true;
	}
	return false;
}

static bool piece_add(struct template *t, struct piece p)
{
	if (t->npieces == PIECES_MAX)
		return false;
	t->piece[t->npieces++] = p;
	return true;
}

/* A run of bytes: up to 8 are a number, 16 two, more a run that is summed byte by byte. */
static bool piece_bytes(struct template *t, const struct say *s, uint32_t bit, uint32_t n)
{
	struct piece p = { .say = s, .bit = bit, .len = n };

	if (bit % 8)
		return false;
	if (n <= 8) {
		p.from = FROM_BYTES;
		p.bits = n * 8;
		return n == 0 || piece_add(t, p);
	}
	if (n == 16) {
		p.from = FROM_BYTES;
		p.bits = 64;
		if (!piece_add(t, p))
			return false;
		p.bit += 64;
		p.skip = 8;
		return piece_add(t, p);
	}
	p.from = FROM_RUN;
	p.bits = n * 8;
	return piece_add(t, p);
}

/* A say that varies, and the node that it filled: pieces. Returns why not, or NULL. */
static const char *piece_node(struct template *t, const struct built *y, const struct node *v)
{
	const struct say *s = v->said;
	const struct type *type = v->type;
	const char *why = v->field ? hangs(t, y, v->field) : NULL;
	unsigned cls;

	if (why)
		return why;
	if (s->form != SAY_VALUE || (s->sweep && !s->sweep->same_size) || !type ||
	    type->form != TYPE_LEAF || v->tail || v->flags & NODE_RAW)
		return "the size of a field that varies changes";
	cls = type->kind->cls;
	/* The length in front of text is the same for values of one size. */
	if (v->head && cls != KIND_TEXT && cls != KIND_BYTES)
		return "the size of a field that varies changes";
	if (cls == KIND_NUM || cls == KIND_FLOAT || cls == KIND_TIME) {
		struct piece p = { .say = s,
				   .bit = v->bit,
				   .bits = v->bits,
				   .from = FROM_NUM,
				   .le = type->le && v->bits % 8 == 0,
				   .sign = type->kind == &kind_int };

		if (type->le && (v->bit % 8 || v->bits % 8))
			return "a piece of a little-endian word varies";
		if (type->ext.form != EXTENT_KIND || !v->bits || v->bits > 64 ||
		    (!type->kind->bits && type->bits != v->bits))
			return "the size of a number that varies changes";
		return piece_add(t, p) ? NULL : "too many fields vary";
	}
	if (cls == KIND_NAME || v->bits != (v->head + s->cur.len) * 8)
		return "the size of a field that varies changes";
	return piece_bytes(t, s, v->bit + v->head * 8u, s->cur.len) ? NULL : "too many fields vary";
}

/* ---- finding what varies ---- */

static bool varies(const struct say *s)
{
	return s->sweep || s->varies;
}

/* Number of says that vary in a list and what hangs below, without recursion. */
static unsigned count_varying(const struct say *s)
{
	const struct say *stack[64] = { NULL };
	unsigned depth = 0, n = 0;

	while (s || depth) {
		if (!s) {
			s = stack[--depth];
			continue;
		}
		n += varies(s);
		if (s->child && depth < 64) {
			if (s->next)
				stack[depth++] = s->next;
			s = s->child;
		} else {
			n += s->child !=
			     NULL; /* too deep to see: counts as one that is not found */
			s = s->next;
		}
	}
	return n;
}

static const char *find_pieces(struct template *t)
{
	const struct plan *p = t->plan;
	unsigned want = 0, got = 0;
	const char *why;

	for (unsigned i = 0; i < p->n; i++) {
		want += count_varying(p->layer[i].say) + count_varying(p->layer[i].trailer);
		want += !p->layer[i].proto && varies(&p->layer[i].payload);
	}
	for (unsigned i = 0; i < t->build.n; i++) {
		const struct built *y = &t->build.layer[i];
		const struct plan_layer *l = &p->layer[y->plan];

		if (!y->proto) {
			if (l->proto || !varies(&l->payload))
				continue;
			got++;
			if ((l->payload.sweep && !l->payload.sweep->same_size) ||
			    l->payload.cur.len != y->end - y->off)
				return "the size of a payload that varies changes";
			if (!piece_bytes(t, &l->payload, y->off * 8, l->payload.cur.len))
				return "too many fields vary";
			continue;
		}
		for (uint32_t k = 1; k < y->tree.n; k++) {
			if (!y->tree.v[k].said || !varies(y->tree.v[k].said))
				continue;
			/* The same say may stand on a choice and on its arm. */
			if (k + 1 < y->tree.n && y->tree.v[k + 1].parent == k &&
			    y->tree.v[k + 1].said == y->tree.v[k].said)
				continue;
			got++;
			why = piece_node(t, y, &y->tree.v[k]);
			if (why)
				return why;
		}
	}
	if (got != want)
		return "a part of the packet varies that is no field of its own";
	return computed(&t->build) ? "a field is computed from others" : NULL;
}

/* ---- the life of a template ---- */

static const char *prepare(struct template *t)
{
	const char *why = find_pieces(t);

	if (why)
		return why;
	t->nvary = t->npieces;
	return sums_find(t);
}

struct template *template_open(struct plan *p, struct err *e)
{
	struct template *t = calloc(1, sizeof(*t));

	if (!t) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	t->plan = p;
	if (craft(&t->build, p, e)) {
		template_close(t);
		return NULL;
	}
	t->why = prepare(t);
	t->patches = !t->why;
	/* What is always the same needs no second look. */
	if (t->patches && !t->nvary)
		t->checked = CHECKED;
	return t;
}

void template_close(struct template *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < t->nsums; i++)
		free(t->sum[i].table);
	build_done(&t->build);
	build_done(&t->check);
	free(t);
}

bool template_patches(const struct template *t, const char **why)
{
	if (why)
		*why = t->why;
	return t->patches;
}

const struct build *template_build(const struct template *t)
{
	return &t->build;
}

static const struct packet *whole(struct template *t, struct err *e)
{
	return craft(&t->build, t->plan, e) ? NULL : &t->build.pkt;
}

bool piece_value(const struct piece *p, uint64_t *v)
{
	const struct value *cur = &p->say->cur;

	if (p->say->form != SAY_VALUE)
		return false;
	if (p->from == FROM_NUM) {
		*v = cur->num;
		if (p->bits < 64) {
			if (p->sign ? sign_extend(*v, p->bits) != (int64_t)*v : *v >> p->bits != 0)
				return false;
			*v &= (UINT64_C(1) << p->bits) - 1;
		}
		if (p->le)
			*v = htobe64(le64toh(*v)) >> (64 - p->bits);
		return true;
	}
	if (cur->len != p->len || !cur->p)
		return false;
	switch (p->from == FROM_BYTES ? p->bits : 0) {
	case 16: *v = be16(cur->p); return true;
	case 32: *v = be32(cur->p); return true;
	case 64: {
		uint64_t w;

		memcpy(&w, cur->p + p->skip, 8);
		*v = be64toh(w);
		return true;
	}
	case 0: return true;
	default: *v = bits_get(cur->p, 0, p->bits); return true;
	}
}

/* The values that hold now. False: one does not fit. */
static bool take(struct template *t)
{
	for (unsigned i = 0; i < t->nvary; i++)
		if (!piece_value(&t->piece[i], &t->piece[i].v))
			return false;
	return true;
}

static void put(struct template *t, uint8_t *b)
{
	for (unsigned i = 0; i < t->nvary; i++) {
		struct piece *p = &t->piece[i];

		if (p->from == FROM_RUN) {
			memcpy(b + p->bit / 8, p->say->cur.p, p->len);
			p->fold = sum_inet_partial(b + p->bit / 8, p->len, 0);
			continue;
		}
		p->fold = fold33(p->v);
		put_bits(b, p->bit, p->bits, p->v);
	}
	sums_put(t, b);
}

/* The values of step i. False: the packet is to be built. */
static bool step(struct template *t, uint64_t i, uint64_t seed)
{
	if (!t->patches || t->checked < CHECKED)
		return false;
	if (flat_step(t, i, seed))
		return true;
	plan_step(t->plan, i, seed);
	return take(t);
}

static void put_step(struct template *t, uint8_t *b)
{
	if (t->flat.works)
		flat_put(t, b);
	else
		put(t, b);
}

bool template_step(struct template *t, uint64_t i, uint64_t seed)
{
	return flat_quick(t, i, seed) || (!t->reads && step(t, i, seed));
}

void template_put(struct template *t, uint8_t *frame)
{
	put_step(t, frame);
}

const struct packet *template_at(struct template *t, uint64_t i, uint64_t seed, struct err *e)
{
	if (flat_quick(t, i, seed)) {
		flat_put(t, (uint8_t *)t->build.bytes.p);
		return &t->build.pkt;
	}
	if (step(t, i, seed)) {
		put_step(t, (uint8_t *)t->build.bytes.p);
		return &t->build.pkt;
	}
	plan_step(t->plan, i, seed);
	return template_next(t, e);
}

const struct packet *template_next(struct template *t, struct err *e)
{
	if (!t->patches || !take(t))
		return whole(t, e);
	put(t, (uint8_t *)t->build.bytes.p);
	if (t->checked < CHECKED) {
		t->checked++;
		if (craft(&t->check, t->plan, e))
			return NULL;
		if (t->check.bytes.n != t->build.bytes.n ||
		    memcmp(t->check.bytes.p, t->build.bytes.p, t->check.bytes.n)) {
			t->patches = false;
			t->why = cannot_differ;
			return whole(t, e);
		}
	}
	return &t->build.pkt;
}
