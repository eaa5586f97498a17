/* SPDX-License-Identifier: BSD-2-Clause */
/* Most questions have the shape of one before: the same layers, the same fields in them. The answer
 * to such a shape is written down once as a packet with holes (fill.h): what was exchanged is taken
 * from the other field of its pair, lengths and sums are left to the descriptions. The first
 * answers of a shape are made both ways; where they differ it is never used. What holds more than
 * plain values (lists, names, padding, what does not fit) is always made anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "craft/template.h"
#include "dissect/answers.h"
#include "dissect/dissect.h"
#include "play/react_impl.h"

#define SHAPES_KEPT 16
#define PROVEN 4   /* answers that were the same both ways */
#define TRIES 1000 /* shapes that were written down: then they do not come again */

struct written {
	struct buf key;
	struct fill *fill; /* NULL: it cannot be */
	unsigned proven;
};

struct shapes {
	const struct react_opts *o;
	const char *sets; /* one a line */
	struct written v[SHAPES_KEPT];
	unsigned n, next, tries;
	struct tree tree[PACKET_LAYERS];
	struct buf key; /* of the question in hand; empty: it has none */
	struct buf text;
};

struct shapes *shapes_open(const struct react_opts *o, const char *sets)
{
	struct shapes *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->o = o;
	s->sets = sets ? sets : "";
	return s;
}

void shapes_close(struct shapes *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < SHAPES_KEPT; i++) {
		buf_done(&s->v[i].key);
		fill_close(s->v[i].fill);
	}
	for (unsigned i = 0; i < PACKET_LAYERS; i++)
		tree_done(&s->tree[i]);
	buf_done(&s->key);
	buf_done(&s->text);
	free(s);
}

/* ---- the shape of a question ---- */

enum part {
	PART_VALUE, /* goes over */
	PART_FIXED, /* others hang on it: of another value it is another shape */
	PART_RULED, /* follows from what else is there */
	PART_ODD,
};

static enum part part_of(const struct tree *t, uint32_t at)
{
	const struct node *n = &t->v[at];
	uint64_t want;

	if (!n->field || (n->flags & (NODE_CUT | NODE_RAW | NODE_CLIPPED | NODE_GAP)))
		return PART_ODD;
	if (!n->type || n->type->form != TYPE_LEAF)
		return n->bits ? PART_ODD : PART_RULED;
	switch (n->field->rule.form) {
	case RULE_NONE:
	case RULE_CONST: break;
	case RULE_SUM: return n->num ? PART_RULED : PART_ODD; /* 0 may mean that there is none */
	case RULE_HEAD: return PART_ODD;
	default:
		return !rule_value(n->field, t, 0, &want, NULL) &&
				       rule_holds(&n->field->rule, n->num, want)
			       ? PART_RULED
			       : PART_ODD;
	}
	switch (n->type->kind->cls) {
	case KIND_NUM: return template_hangs(t->proto, n->field) ? PART_FIXED : PART_VALUE;
	case KIND_ADDR:
	case KIND_TEXT:
	case KIND_BYTES: return template_hangs(t->proto, n->field) ? PART_ODD : PART_VALUE;
	default: return PART_ODD;
	}
}

/* The field whose value stands in `field` of the answer. Link headers without a reply rule are
 * turned round, too, where they are ours to write. */
static unsigned partner(struct react *r, const struct tree *t, unsigned layer, unsigned field)
{
	const struct ends_of *x = react_ends(r->link, t->proto, END_LINK);

	if (layer || t->proto->nreply || !x->src || !react_dev(r))
		return mirror_partner(t, field);
	return field == x->src->index   ? x->dst->index
	       : field == x->dst->index ? x->src->index
					: field;
}

static bool key_layer(struct shapes *s, struct react *r, const struct packet *p, unsigned i)
{
	const struct layer *l = &p->layers[i];
	struct tree *t = &s->tree[i];

	for (unsigned k = 0; k < i; k++)
		if (p->layers[k].proto == l->proto) /* a name would mean the first */
			return false;
	if (l->flags || l->tail || decode(t, p, i) < 0 || t->lflags)
		return false;
	buf_put(&s->key, &l->proto, sizeof(l->proto));
	for (uint32_t at = tree_first(t, 0); at != NODE_NONE; at = tree_sibling(t, at)) {
		enum part part = part_of(t, at);
		uint16_t pair[2];

		if (part == PART_ODD)
			return false;
		pair[0] = t->v[at].field->index;
		pair[1] = (uint16_t)partner(r, t, i, pair[0]);
		if (part != PART_RULED)
			buf_put(&s->key, pair, sizeof(pair));
		if (part == PART_FIXED)
			buf_put(&s->key, &t->v[at].num, sizeof(t->v[at].num));
	}
	if (l->proto->nreply)
		mirror_says_of(t, &s->key);
	buf_char(&s->key, '\n');
	return true;
}

/* What was sent to many is answered from an address that is not in it. */
static bool to_many(struct react *r, const struct packet *p)
{
	const struct ends_of *x = react_ends(r->link, p->layers[0].proto, END_LINK);
	const uint8_t *dst;
	unsigned n;

	if (!x->src)
		return false;
	dst = packet_field(p, 0, x->dst, &n);
	return !dst || answers_any(dst, n);
}

static bool key_of(struct shapes *s, struct react *r, const struct packet *p)
{
	uint32_t from, to;
	bool whole = p->nlayers && p->len == p->wire_len && !to_many(r, p) &&
		     !packet_rest(p, LAYER_NONE, &from, &to);

	s->key.n = 0;
	for (unsigned i = 0; i < p->nlayers && whole; i++) {
		whole = key_layer(s, r, p, i) &&
			(i + 1 == p->nlayers || !packet_rest(p, (int)i, &from, &to));
		whole &= i + 1 == p->nlayers || packet_parent(p, i + 1) == (int)i;
	}
	buf_char(&s->key, p->nlayers && packet_rest(p, p->nlayers - 1, &from, &to) ? '+' : '.');
	if (!whole || s->key.failed)
		s->key.n = 0;
	return s->key.n > 0;
}

static struct written *find(struct shapes *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->v[i].key.n == s->key.n && !memcmp(s->v[i].key.p, s->key.p, s->key.n))
			return &s->v[i];
	return NULL;
}

/* ---- its answer, written down ---- */

/* The value that a list " NAME=VALUE NAME=VALUE" gives a name, the last one; *odd: it is no such
 * list. NULL: none. */
static const char *said(const char *list, size_t len, const char *name, size_t *n, bool *odd)
{
	const char *found = NULL, *end = list + len;

	while (list < end) {
		const char *word = list, *eq;
		unsigned depth = 0;
		bool quoted = false;

		while (word < end && *word == ' ')
			word++;
		for (list = word; list < end && (depth || quoted || *list != ' '); list++) {
			quoted ^= *list == '"';
			depth += !quoted && strchr("{[(", *list) != NULL;
			depth -= !quoted && depth && strchr("}])", *list) != NULL;
			*odd |= *list == '\\' || (*list == '/' && !quoted && !depth);
		}
		eq = memchr(word, '=', (size_t)(list - word));
		if (word == list)
			break;
		*odd |= !eq || memchr(word, '.', (size_t)(eq ? eq - word : 0));
		if (eq && (size_t)(eq - word) == strlen(name) &&
		    !memcmp(word, name, strlen(name))) {
			found = eq + 1;
			*n = (size_t)(list - found);
		}
	}
	return found;
}

/* What --set or a reply rule says of a field of this layer. */
static const char *set_to(const struct shapes *s, const struct proto *p, const char *rules,
			  size_t len, const char *name, size_t *n, bool *odd)
{
	const char *found = said(rules, len, name, n, odd);

	for (const char *line = s->sets; *line;) {
		size_t all = strcspn(line, "\n"), k = strlen(p->name), m;
		const char *v;

		if (all > k && !memcmp(line, p->name, k) && line[k] == ' ') {
			v = said(line + k, all - k, name, &m, odd);
			if (v) {
				found = v;
				*n = m;
			}
		}
		line += all + (line[all] == '\n');
	}
	return found;
}

static bool write_value(struct shapes *s, const struct tree *t, unsigned from_field)
{
	const struct field *from = &t->proto->rec.fields[from_field];
	uint32_t at = tree_child(t, 0, from->index);

	if (at == NODE_NONE)
		return false;
	if (part_of(t, at) == PART_FIXED)
		buf_i64(&s->text, (int64_t)t->v[at].num);
	else
		buf_fmt(&s->text, "{%s.%s}", t->proto->name, from->name);
	return true;
}

/* Fields that only the answer has are in no tree of the question. */
static bool write_layer(struct shapes *s, struct react *r, unsigned layer, struct buf *rules)
{
	const struct tree *t = &s->tree[layer];
	const struct record *rec = &t->proto->rec;
	bool odd = false;

	rules->n = 0;
	if (t->proto->nreply && mirror_says_of(t, rules) < 0)
		return false;
	buf_str(&s->text, t->proto->name);
	for (unsigned i = 0; i < rec->nfields; i++) {
		const struct field *f = &rec->fields[i];
		uint32_t at = tree_child(t, 0, i);
		size_t n;
		const char *v;

		if (!f->name)
			continue;
		v = set_to(s, t->proto, rules->n ? rules->p : "", rules->n, f->name, &n, &odd);
		if (!v && (at == NODE_NONE || part_of(t, at) == PART_RULED))
			continue;
		buf_fmt(&s->text, " %s=", f->name);
		if (v)
			buf_put(&s->text, v, n);
		else
			odd |= !write_value(s, t, partner(r, t, layer, i));
	}
	return !odd;
}

/* Is every --set about a layer that is there? */
static bool sets_here(const struct shapes *s, const struct packet *p)
{
	for (const char *line = s->sets; *line;) {
		size_t all = strcspn(line, "\n"), name = strcspn(line, " \n");
		bool here = false;

		for (unsigned i = 0; i < p->nlayers; i++)
			here |= strlen(p->layers[i].proto->name) == name &&
				!memcmp(line, p->layers[i].proto->name, name);
		if (!here)
			return false;
		line += all + (line[all] == '\n');
	}
	return true;
}

static struct fill *write_down(struct shapes *s, struct react *r, const struct packet *p)
{
	struct buf rules = { 0 };
	struct err none = { 0 };
	struct fill *f = NULL;
	bool done = sets_here(s, p);

	s->text.n = 0;
	for (unsigned i = 0; i < p->nlayers && done; i++) {
		if (i)
			buf_str(&s->text, " / ");
		done = write_layer(s, r, i, &rules);
	}
	if (s->key.p[s->key.n - 1] == '+')
		buf_str(&s->text, " / {payload}");
	if (done && !s->text.failed && !rules.failed)
		f = fill_open(s->o->reg, s->o->names, s->text.p, s->text.n, &none);
	if (f && (!fill_stays(f) || fill_plan(f)->link != p->link)) {
		fill_close(f);
		f = NULL;
	}
	buf_done(&rules);
	return f;
}

static struct written *keep(struct shapes *s, struct react *r, const struct packet *p)
{
	struct written *w;

	if (s->tries >= TRIES)
		return NULL;
	s->tries++;
	w = s->n < SHAPES_KEPT ? &s->v[s->n] : &s->v[s->next++ % SHAPES_KEPT];
	fill_close(w->fill);
	w->fill = NULL;
	w->proven = 0;
	w->key.n = 0;
	buf_put(&w->key, s->key.p, s->key.n);
	if (w->key.failed)
		return NULL;
	if (s->n < SHAPES_KEPT)
		s->n++;
	w->fill = write_down(s, r, p);
	return w;
}

/* ---- answers ---- */

static const struct packet *filled(struct react *r, struct written *w, const struct packet *p)
{
	struct err none = { 0 };

	return fill_in(w->fill, p, &r->work, &none) ? NULL : fill_packet(w->fill, &none);
}

const struct packet *shapes_answer(struct shapes *s, struct react *r, const struct packet *p)
{
	struct written *w = key_of(s, r, p) ? find(s) : NULL;

	return w && w->fill && w->proven >= PROVEN ? filled(r, w, p) : NULL;
}

void shapes_learn(struct shapes *s, struct react *r, const struct packet *p,
		  const struct packet *answer)
{
	struct written *w = s->key.n ? find(s) : NULL;
	const struct packet *q;

	if (!w && s->key.n)
		w = keep(s, r, p);
	if (!w || !w->fill || w->proven >= PROVEN)
		return;
	q = filled(r, w, p);
	if (q && q->len == answer->len && !memcmp(q->data, answer->data, q->len)) {
		w->proven++;
		return;
	}
	fill_close(w->fill);
	w->fill = NULL;
}
