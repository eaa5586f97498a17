/* SPDX-License-Identifier: BSD-2-Clause */
/* Rewriting in place: fields that have a fixed size, and the checksums over them. */
#include "play/rewrite_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bits.h"
#include "core/kinds.h"
#include "craft/addr.h"
#include "dissect/dissect.h"
#include "dissect/heard.h"

struct rewrite *rewrite_open(const struct rewrite_opts *o, struct err *e)
{
	struct rewrite *w = calloc(1, sizeof(*w));

	if (w) {
		w->o = *o;
		w->map = calloc(o->nmap + 1, sizeof(*w->map));
		w->set = calloc(o->nset + 1, sizeof(*w->set));
		w->room = malloc(PACKET_MAX);
	}
	if (!w || !w->map || !w->set || !w->room) {
		err_set(e, ERR_IO, "out of memory");
		goto fail;
	}
	for (unsigned i = 0; i < o->nmap; i++)
		if (rules_map(w, o->map[i], &w->map[i], e))
			goto fail;
	for (unsigned i = 0; i < o->nset; i++)
		if (rules_set(w, o->set[i], &w->set[i], e))
			goto fail;
	if (o->anonymise && !(w->anon = anonymise_open(o->anonymise, e)))
		goto fail;
	w->printer = w->slow ? printer_open(o->reg) : NULL;
	if (w->slow && !w->printer) {
		err_set(e, ERR_IO, "out of memory");
		goto fail;
	}
	return w;
fail:
	rewrite_close(w);
	return NULL;
}

void rewrite_close(struct rewrite *w)
{
	if (!w)
		return;
	for (unsigned i = 0; w->set && i < w->o.nset; i++) {
		plan_done(&w->set[i].plan);
		free(w->set[i].value);
		buf_done(&w->set[i].bytes);
	}
	for (unsigned i = 0; i < PACKET_LAYERS; i++)
		tree_done(&w->tree[i]);
	tree_done(&w->scratch);
	anonymise_close(w->anon);
	heard_close(w->heard);
	printer_close(w->printer);
	build_done(&w->build);
	plan_done(&w->plan);
	buf_done(&w->text);
	buf_done(&w->made);
	arena_done(&w->mem);
	free(w->room);
	free(w->map);
	free(w->set);
	free(w);
}

/* ---- fields ---- */

static void unfit(struct rewrite *w, const struct packet *p, struct err *e)
{
	if (!w->unfit++) {
		w->unfit_first = p->number;
		snprintf(w->unfit_why, sizeof(w->unfit_why), "%.290s", e->msg);
	}
	err_clear(e);
}

int rewrite_keep(struct rewrite *w, struct packet *p, const void *bytes, uint32_t n, struct err *e)
{
	w->made.n = 0;
	buf_put(&w->made, bytes, n);
	if (w->made.failed)
		return err_set(e, ERR_IO, "out of memory");
	p->data = (const uint8_t *)w->made.p;
	p->len = n;
	return 1;
}

bool set_layers(const struct set_rule *s, const struct packet *p, unsigned at[PLAN_LAYERS])
{
	unsigned k = 0;

	for (unsigned i = 0; i < s->plan.n; i++, k++) {
		while (k < p->nlayers && (p->layers[k].proto != s->plan.layer[i].proto ||
					  (p->layers[k].flags & LAYER_QUOTED)))
			k++;
		if (k == p->nlayers)
			return false;
		at[i] = k;
	}
	return true;
}

/* Write v over node `at` of layer i. True: that changed something. */
static bool put_node(struct rewrite *w, unsigned i, uint32_t at, const struct value *v)
{
	struct node *n = &w->tree[i].v[at];
	uint8_t *to = w->room + n->bit / 8;
	bool other;

	if (n->flags & (NODE_CUT | NODE_RAW))
		return false;
	if (n->type->kind->cls == KIND_ADDR) {
		if (n->bit % 8 || v->len != n->bits / 8)
			return false;
		other = memcmp(to, v->p, v->len) != 0;
		memcpy(to, v->p, v->len);
		return other;
	}
	other = n->num != v->num;
	if (n->type->le)
		bits_put_le(w->room, n->bit, n->bits, v->num);
	else
		bits_put(w->room, n->bit, n->bits, v->num);
	n->num = v->num;
	return other;
}

static bool put_set(struct rewrite *w, struct set_rule *s, const struct packet *p)
{
	unsigned at[PLAN_LAYERS], n = 0;
	bool changed = false;

	if (s->form != SET_FIELDS || !s->in_place || !set_layers(s, p, at))
		return false;
	for (unsigned i = 0; i < s->plan.n; i++)
		for (const struct say *c = s->plan.layer[i].say; c; c = c->next, n++) {
			const struct field *f = said_field(&s->plan.layer[i], c);
			uint32_t node = tree_child(&w->tree[at[i]], 0, f->index);

			s->fitted |= node != NODE_NONE;
			changed |= node != NODE_NONE && put_node(w, at[i], node, &s->value[n]);
		}
	return changed;
}

struct place { /* where a node holds an address, or the first part of one */
	uint8_t *p;
	unsigned n;              /* bytes there */
	unsigned bits;           /* that are given, of these */
	bool zeros;              /* the others are 0, and so they are given, too */
	const struct kind *kind; /* of the whole address */
};

static bool addr_place(const struct rewrite *w, unsigned i, uint32_t at, struct place *to)
{
	const struct node *n = &w->tree[i].v[at];
	const struct kind *k = n->type->kind;
	bool counted;
	const struct kind *whole = kind_part_of(k, &counted);

	if (n->bit % 8 || n->bits % 8 || (n->flags & (NODE_CUT | NODE_RAW)))
		return false;
	to->p = w->room + n->bit / 8;
	to->n = n->bits / 8;
	to->bits = n->bits;
	to->zeros = whole && !counted;
	to->kind = k;
	if (k->cls == KIND_ADDR)
		return n->bits == k->bits && n->bits <= 128;
	if (!whole || !n->bits)
		return false;
	to->kind = whole;
	if (counted) {
		to->bits = *to->p++;
		to->n--;
	}
	return to->n && to->bits <= to->kind->bits && to->n == (to->bits + 7) / 8;
}

static bool map_addr(struct rewrite *w, const struct packet *p, const struct place *a)
{
	for (unsigned k = 0; k < w->o.nmap; k++) {
		struct map_rule *m = &w->map[k];
		unsigned whole = m->to.bits / 8, rest = m->to.bits % 8;
		uint8_t room[16] = { 0 };
		struct err e = { 0 };
		bool other;

		memcpy(room, a->p, a->n);
		if (m->proto || m->from.kind != a->kind || !net_holds(&m->from, room) ||
		    (!a->zeros && a->bits < m->from.bits))
			continue;
		m->fitted = true;
		memcpy(room, m->to.b, whole);
		if (rest) {
			uint8_t mask = (uint8_t)(0xff << (8 - rest));

			room[whole] = (uint8_t)((m->to.b[whole] & mask) | (room[whole] & ~mask));
		}
		for (unsigned n = a->n; n < sizeof(room); n++)
			if (room[n]) {
				err_set(&e, ERR_USAGE,
					"an address that is written in %u bytes has no room for "
					"the one of '--map %.150s'",
					a->n, w->o.map[k]);
				unfit(w, p, &e);
				return false;
			}
		other = memcmp(a->p, room, a->n) != 0;
		memcpy(a->p, room, a->n);
		return other;
	}
	return false;
}

static bool map_port(struct rewrite *w, unsigned i, const struct field *f)
{
	uint32_t at = tree_child(&w->tree[i], 0, f->index);

	for (unsigned k = 0; at != NODE_NONE && k < w->o.nmap; k++) {
		struct map_rule *m = &w->map[k];

		if (m->proto != w->tree[i].proto || w->tree[i].v[at].num != m->port)
			continue;
		m->fitted = true;
		return put_node(w, i, at, &(struct value) { .num = m->new_port });
	}
	return false;
}

/* Does a part of p stay that no description reads, and that is more than zeros? */
static bool unread(const struct rewrite *w, const struct packet *p)
{
	uint32_t from, to;

	for (int i = -1; i < (int)p->nlayers; i++) {
		packet_rest(p, i, &from, &to);
		for (; from < to; from++)
			if (p->data[from])
				return true;
	}
	for (unsigned i = 0; i < p->nlayers; i++)
		for (uint32_t k = 1; k < w->tree[i].n; k++)
			if (w->tree[i].v[k].flags & (NODE_RAW | NODE_GAP))
				return true;
	return false;
}

/* One address replaced, by a map or else by another one. True: it is another one now. */
static bool put_addr(struct rewrite *w, const struct packet *p, const struct place *a)
{
	bool ended = a->p[a->n - 1], other = map_addr(w, p, a);

	if (!other && w->anon) {
		other = anonymise(w->anon, a->p, a->kind->bits, a->bits);
		w->anonymised += other;
	}
	if (a->zeros && ended && !a->p[a->n - 1] && !w->tails++)
		w->tails_first = p->number;
	return other;
}

static bool put_maps(struct rewrite *w, const struct packet *p)
{
	const struct field *src, *dst;
	bool changed = false;

	for (unsigned i = 0; (w->o.nmap || w->anon) && i < p->nlayers; i++) {
		const struct tree *t = &w->tree[i];

		for (uint32_t k = 1; k < t->n; k++) {
			const struct type *type = t->v[k].type;
			struct place a;

			if (type && type->form == TYPE_LEAF && addr_place(w, i, k, &a))
				changed |= put_addr(w, p, &a);
		}
		if (proto_ends(p->layers[i].proto, END_PORT, &src, &dst)) {
			changed |= map_port(w, i, src);
			changed |= map_port(w, i, dst);
		}
	}
	return changed;
}

uint64_t rewrite_anonymised(const struct rewrite *w, uint64_t *unread)
{
	*unread = w->unread;
	return w->anonymised;
}

/* ---- a packet ---- */

static bool wants_sums(const struct rewrite *w, bool fill)
{
	for (unsigned s = 0; s < w->nsums; s++)
		if ((w->o.sums && w->sum[s].verdict == SUM_BAD) ||
		    ((w->o.sums || fill) && w->sum[s].verdict == SUM_UNFILLED))
			return true;
	return false;
}

void rewrite_room(struct rewrite *w, const struct packet *q)
{
	for (unsigned i = 0; i < q->nlayers; i++) {
		w->tree[i].data = w->room;
		w->tree[i].pkt = q;
	}
}

/* fill: sums that a card was to fill in are filled in, whatever else changes; and nothing else does
 * yet. */
static int in_place(struct rewrite *w, struct packet *p, bool fill, struct err *e)
{
	struct packet q;
	bool changed;

	if (p->len > PACKET_MAX)
		return err_set(e, ERR_IO, "the packet is longer than %u bytes", PACKET_MAX);
	if (rewrite_look(w, p, e))
		return -1;
	if (p->len)
		memcpy(w->room, p->data, p->len);
	q = *p;
	q.data = w->room;
	rewrite_room(w, &q);
	changed = wants_sums(w, fill);
	for (unsigned i = 0; !fill && i < w->o.nset; i++)
		changed |= put_set(w, &w->set[i], p);
	if (!fill) {
		w->unread += w->anon && unread(w, p);
		changed |= put_maps(w, p);
	}
	if (!changed)
		return 0;
	rewrite_sums(w, p, &q);
	p->data = w->room;
	return fill ? rewrite_keep(w, p, w->room, p->len, e) : 1;
}

uint64_t rewrite_unfit(const struct rewrite *w, uint64_t *number, const char **why)
{
	*number = w->unfit_first;
	*why = w->unfit_why;
	return w->unfit;
}

uint64_t rewrite_untold(const struct rewrite *w, uint64_t *number)
{
	*number = w->untold_first;
	return w->untold;
}

uint64_t rewrite_tails(const struct rewrite *w, uint64_t *number)
{
	*number = w->tails_first;
	return w->tails;
}

bool rewrite_fitted(const struct rewrite *w, bool map, unsigned i)
{
	return map ? w->map[i].fitted : w->set[i].fitted;
}

int rewrite_packet(struct rewrite *w, struct packet *p, struct err *e)
{
	unsigned at[PLAN_LAYERS];
	int changed = 0, rc;

	/* Addresses stand in records, too, of which only earlier packets told the fields. */
	dissect_heard(w->o.reg, p, &w->scratch, w->heard);
	if ((w->anon || w->o.nmap) && heard_learn(&w->heard, p, &w->scratch) < 0)
		return err_set(e, ERR_IO, "out of memory");
	for (unsigned i = 0; w->slow && i < w->o.nset; i++) {
		struct set_rule *s = &w->set[i];

		if (s->form == SET_FIELDS && (s->in_place || !set_layers(s, p, at)))
			continue;
		/* Once other fields have changed, nobody knows them for what they are. */
		if (s->form == SET_FIELDS && in_place(w, p, true, e) < 0)
			return -1;
		rc = s->form == SET_FIELDS ? rewrite_build(w, s, p, e) : rewrite_header(w, s, p, e);
		if (rc < 0 && e->code != ERR_USAGE)
			return -1;
		if (rc < 0)
			unfit(w, p, e);
		s->fitted |= rc != 0 || s->form == SET_FIELDS;
		changed |= rc > 0;
	}
	rc = in_place(w, p, false, e);
	return rc < 0 ? rc : changed | rc;
}
