/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields by name and one after the other: what the descriptions say of a packet's bytes. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "dissect/escape.h"
#include "dissect/report.h"
#include "lib/lib.h"

/* ---- what a protocol has ---- */

static int kind_of(const struct type *t)
{
	static const int leaf[] = {
		[KIND_NUM] = STRATA_NUMBER,   [KIND_FLOAT] = STRATA_REAL,
		[KIND_ADDR] = STRATA_ADDRESS, [KIND_TIME] = STRATA_TIME,
		[KIND_TEXT] = STRATA_TEXT,    [KIND_BYTES] = STRATA_BYTES,
		[KIND_NAME] = STRATA_NAME,
	};

	switch (t->form) {
	case TYPE_LEAF: return leaf[t->kind->cls];
	case TYPE_PAD: return STRATA_PAD;
	case TYPE_LIST: return STRATA_LIST;
	default: return STRATA_STRUCT;
	}
}

int strata_protocol_field(const struct strata *s, const char *protocol, size_t i,
			  struct strata_field_about *out)
{
	const struct proto *p = registry_find(s->reg, protocol, strlen(protocol));
	const struct field *f = p && i < p->rec.nfields ? &p->rec.fields[i] : NULL;

	if (!f)
		return 0;
	*out = (struct strata_field_about) {
		.name = f->name,
		.doc = f->doc,
		.kind = kind_of(f->type),
		.optional = f->cond || f->optional,
		.computed = f->rule.form != RULE_NONE && f->rule.form != RULE_CONST,
	};
	if (f->type->form == TYPE_LEAF && f->type->ext.form == EXTENT_KIND)
		out->bits = f->type->kind->bits ? f->type->kind->bits : f->type->bits;
	return 1;
}

/* ---- by name ---- */

/* A layer's name, "ip" or "ip.2", in front of s[0..*n): -1 unknown, 0 not in this packet. *n is
 * what it took, the dot after it included. */
static int find_layer(const struct strata_packet *p, const char *s, size_t *n, unsigned *layer,
		      const struct proto **proto)
{
	size_t from = 0, dot = strcspn(s, ".");
	unsigned nth = 1;
	int at;

	*proto = registry_find(p->reg, s, dot);
	if (!*proto)
		return -1;
	if (s[dot] == '.' && isdigit((unsigned char)s[dot + 1])) {
		from = dot + 1;
		dot = from + strcspn(s + from, ".");
		nth = 0;
		for (size_t i = from; i < dot; i++) {
			if (!isdigit((unsigned char)s[i]) || nth > PACKET_LAYERS)
				return -1;
			nth = nth * 10 + (unsigned)(s[i] - '0');
		}
		if (!nth)
			return -1;
	}
	*n = dot + (s[dot] == '.');
	at = packet_layer(&p->pkt, *proto, nth);
	*layer = at < 0 ? 0 : (unsigned)at;
	return at != LAYER_NONE;
}

int strata_layer_find(const struct strata_packet *p, const char *name)
{
	const struct proto *proto;
	unsigned layer;
	size_t n;

	return find_layer(p, name, &n, &layer, &proto) == 1 && !name[n] ? (int)layer : -1;
}

struct found {
	const struct tree *t;
	uint32_t node;
	const struct word *flag; /* the name ends in one of the field's flags */
};

/* The flag that s[dot + 1..n) is of the field s[0..dot). */
static bool find_flag(const struct tree *t, const char *s, size_t n, struct found *out)
{
	size_t dot = n;
	const struct words *w;
	uint32_t at;

	while (dot && s[dot - 1] != '.')
		dot--;
	at = dot > 1 ? tree_find(t, s, dot - 1) : NODE_NONE;
	w = at != NODE_NONE && t->v[at].field ? t->v[at].field->words : NULL;
	for (unsigned i = 0; w && w->flags && i < w->n; i++)
		if (!strncasecmp(w->v[i].name, s + dot, n - dot) && !w->v[i].name[n - dot]) {
			*out = (struct found) { .t = t, .node = at, .flag = &w->v[i] };
			return true;
		}
	return false;
}

/* 1, 0 absent, -1 unknown or no memory. */
static int find(struct strata_packet *p, const char *name, struct found *out)
{
	const struct proto *proto;
	unsigned layer;
	size_t n;
	int rc = find_layer(p, name, &n, &layer, &proto);

	if (rc < 0)
		return -1;
	name += n;
	n = strlen(name);
	if (rc == 1) {
		struct tree *t = packet_tree(p, layer);

		if (!t)
			return -1;
		*out = (struct found) { .t = t, .node = n ? tree_find(t, name, n) : 0 };
		if (out->node != NODE_NONE || find_flag(t, name, n, out))
			return 1;
	}
	/* Not here: but can it be anywhere? What is inside a list only its items know. */
	return !n || proto_field(proto, name, n) || proto_field(proto, name, strcspn(name, "."))
		       ? 0
		       : -1;
}

static bool is_leaf(const struct node *n)
{
	return n->type && n->type->form == TYPE_LEAF;
}

int strata_number(struct strata_packet *p, const char *name, uint64_t *v)
{
	struct found f;
	int rc = find(p, name, &f);
	const struct node *n;
	struct value value;

	if (rc != 1)
		return rc;
	n = &f.t->v[f.node];
	if (!n->type || (n->type->form != TYPE_LIST && !is_leaf(n)))
		return -1;
	if (is_leaf(n) && n->type->kind->cls != KIND_NUM && n->type->kind->cls != KIND_TIME)
		return -1;
	if (n->flags & (NODE_RAW | NODE_CUT))
		return 0;
	node_value(f.t, f.node, &value);
	*v = f.flag ? (value.num & f.flag->mask) == f.flag->value : value.num;
	return 1;
}

int strata_real(struct strata_packet *p, const char *name, double *v)
{
	struct found f;
	int rc = find(p, name, &f);
	const struct node *n;

	if (rc != 1)
		return rc;
	n = &f.t->v[f.node];
	if (!is_leaf(n) || n->type->kind->cls != KIND_FLOAT)
		return -1;
	if (n->flags & (NODE_RAW | NODE_CUT))
		return 0;
	if (n->bits == 32) {
		uint32_t bits = (uint32_t)n->num;
		float single;

		memcpy(&single, &bits, sizeof(single));
		*v = (double)single;
	} else {
		memcpy(v, &n->num, sizeof(*v));
	}
	return 1;
}

int strata_bytes(struct strata_packet *p, const char *name, const uint8_t **data, size_t *n)
{
	struct found f;
	int rc = find(p, name, &f);
	const struct node *node;
	struct value v;

	if (rc != 1)
		return rc;
	node = &f.t->v[f.node];
	if (f.node == 0) {
		*data = f.t->data + f.t->off;
		*n = f.t->hlen;
		return 1;
	}
	if (node->bit % 8 || node->bits % 8)
		return -1;
	if (node->bit / 8 + node->bits / 8 > f.t->len)
		return 0;
	node_value(f.t, f.node, &v);
	*data = v.p;
	*n = v.len;
	return 1;
}

/* ---- in words ---- */

/* Escaped words of a leaf, in p's memory; NULL: no memory. */
static const char *words_at(struct strata_packet *p, const struct tree *t, uint32_t at)
{
	size_t from;

	p->text.n = 0;
	p->text.failed = false;
	report_value(t, at, &p->text);
	from = p->text.n;
	/* Room first: the words being escaped must not move. */
	if (!buf_grow(&p->text, from * 4 + 1))
		return NULL;
	escape_term((const uint8_t *)p->text.p, from, &p->text);
	if (p->text.failed)
		return NULL;
	return arena_strndup(&p->mem, p->text.p + from, p->text.n - from);
}

const char *strata_text(struct strata_packet *p, const char *name)
{
	struct found f;

	if (find(p, name, &f) != 1 || f.node == 0)
		return NULL;
	if (f.flag)
		return (f.t->v[f.node].num & f.flag->mask) == f.flag->value ? "1" : "0";
	if (!is_leaf(&f.t->v[f.node]) && !(f.t->v[f.node].flags & NODE_RAW))
		return NULL;
	return words_at(p, f.t, f.node);
}

static const char *path_at(struct strata_packet *p, unsigned layer, const struct tree *t,
			   uint32_t at)
{
	p->text.n = 0;
	p->text.failed = false;
	layer_name(&p->pkt, layer, &p->text);
	buf_char(&p->text, '.');
	tree_path(t, at, &p->text);
	return p->text.failed ? NULL : arena_strndup(&p->mem, p->text.p, p->text.n);
}

int strata_field_at(struct strata_packet *p, size_t layer, size_t i, struct strata_field *out)
{
	const struct node *n;
	struct tree *t;
	uint32_t at = (uint32_t)i + 1; /* node 0 is the layer */

	if (layer >= p->pkt.nlayers)
		return 0;
	t = packet_tree(p, (unsigned)layer);
	if (!t)
		return -1;
	if (i >= t->n || at >= t->n)
		return 0;
	n = &t->v[at];
	*out = (struct strata_field) {
		.path = path_at(p, (unsigned)layer, t, at),
		.text = "",
		.doc = n->field && !(n->flags & NODE_ITEM) ? n->field->doc : NULL,
		.number = n->num,
		.bit = n->bit,
		.bits = n->bits,
		.kind = n->rec    ? STRATA_STRUCT
			: n->type ? kind_of(n->type)
				  : STRATA_BYTES,
	};
	for (uint32_t up = n->parent; up; up = t->v[up].parent)
		out->depth++;
	out->flags = (n->flags & NODE_CUT ? STRATA_FIELD_CUT : 0u) |
		     (n->flags & NODE_RAW ? STRATA_FIELD_RAW : 0u) |
		     (n->flags & NODE_ITEM ? STRATA_FIELD_ITEM : 0u);
	if (!n->type || is_leaf(n) || n->flags & NODE_RAW)
		out->text = words_at(p, t, at);
	return out->path && out->text ? 1 : -1;
}
