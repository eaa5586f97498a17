/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists in shorthand where every item is flat: mss:1460,nop,ws:7. */
#include "notation/parser.h"
#include "notation/printer.h"

#define NEST 4 /* structs and lists inside one item */

struct flat {
	struct printer *pr;
	unsigned layer;
	const struct tree *t;
	struct buf *out;
	unsigned depth;
	bool inner; /* in a list inside an item: '+' separates */
};

static bool flat_node(struct flat *f, uint32_t at);

/* Does what was appended since `from` hold a byte that would end it, outside quotes? */
static bool is_safe(const struct flat *f, size_t from)
{
	const char *s = f->out->p + from;
	size_t n = f->out->n - from;

	if (n && s[0] == '"')
		return true;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == ',' || s[i] == '"' || is_blank(s[i]) || (f->inner && s[i] == '+'))
			return false;
	}
	return n > 0;
}

static bool flat_leaf(struct flat *f, uint32_t at)
{
	const struct node *n = &f->t->v[at];
	const struct print_layer *l = &f->pr->layer[f->layer];
	bool len, width;
	uint64_t a, b;
	size_t from = f->out->n;

	if (!node_derived(f->t, at, false, &len, &a, &width, &b) || len || width)
		return false;
	if (n->flags & (NODE_RAW | NODE_CUT | NODE_GAP))
		return false;
	return print_leaf(f->t, at, print_mode(l, at) & MODE_EXACT, false, f->out) &&
	       is_safe(f, from);
}

/* A list of one item must not read as a word for the whole list. */
static bool is_whole_word(const char *s, size_t n)
{
	return begins(s, n, "hex:") || same(s, n, "none") || same(s, n, "auto") ||
	       same(s, n, "any");
}

static bool flat_list(struct flat *f, uint32_t at)
{
	bool was = f->inner, len, width;
	size_t from = f->out->n;
	uint64_t a, b;

	if (f->inner || !node_derived(f->t, at, false, &len, &a, &width, &b) || len || width)
		return false;
	f->inner = true;
	for (uint32_t k = tree_first(f->t, at); k != NODE_NONE; k = tree_sibling(f->t, k)) {
		if (f->t->v[k].index)
			buf_char(f->out, '+');
		if ((f->t->v[k].flags & NODE_RAW) || !flat_node(f, k))
			return false;
	}
	f->inner = was;
	return f->out->n > from &&
	       !(f->t->v[at].num == 1 && is_whole_word(f->out->p + from, f->out->n - from));
}

/* Is the node left out of its struct? *ok: it can stand in the shorthand at all. */
static bool is_silent(struct flat *f, uint32_t at, bool *ok)
{
	const struct node *n = &f->t->v[at];

	if (!n->field || (n->flags & (NODE_GAP | NODE_CUT))) {
		*ok = false;
		return true;
	}
	if (print_mode(&f->pr->layer[f->layer], at) & MODE_HEX) {
		*ok = false;
		return true;
	}
	return print_is_omitted(f->pr, f->layer, at);
}

static uint32_t child_of(const struct flat *f, uint32_t at, const struct field *field)
{
	return field ? tree_child(f->t, at, field->index) : NODE_NONE;
}

/* WORD or WORD:value of a struct with a choose; false: not that way. */
static bool flat_choice(struct flat *f, uint32_t sel, uint32_t choose)
{
	const struct node *n = choose == NODE_NONE ? NULL : &f->t->v[choose];
	size_t from = f->out->n;
	struct value v;

	if (!flat_leaf(f, sel))
		return false;
	for (size_t i = from; i < f->out->n; i++) {
		if (!is_name(f->out->p[i]))
			return false;
	}
	if (!n || ((n->type->form == TYPE_LIST || n->type->form == TYPE_STRUCT) &&
		   tree_first(f->t, choose) == NODE_NONE))
		return true;
	node_value(f->t, choose, &v);
	if (n->bits == 0 && (n->type->form == TYPE_STRUCT ||
			     (n->type->form == TYPE_LEAF && n->type->kind->cls == KIND_BYTES)))
		return true;
	buf_char(f->out, ':');
	if (n->flags & NODE_RAW) {
		print_hex(v.p, n->bits / 8, f->out);
		return v.p != NULL;
	}
	return flat_node(f, choose);
}

/* NAME:value, or the bare value of a struct's only field where it does not read as the struct's own
 * bytes. */
static bool flat_field(struct flat *f, uint32_t at, bool bare)
{
	size_t from = f->out->n;

	if (f->t->v[at].flags & NODE_RAW)
		return false;
	if (bare && !flat_node(f, at))
		return false;
	if (bare && !is_whole_word(f->out->p + from, f->out->n - from))
		return true;
	f->out->n = from;
	buf_str(f->out, f->t->v[at].field->name);
	buf_char(f->out, ':');
	return flat_node(f, at);
}

static bool flat_struct(struct flat *f, uint32_t at)
{
	const struct record *rec = f->t->v[at].rec;
	const struct field *choose, *sel = choose_word_field(rec, &choose);
	uint32_t skip[2] = { NODE_NONE, NODE_NONE };
	bool some = false, ok = true;
	/* In a list inside an item each struct begins with the field that the first began with. */
	bool begin = f->inner && !sel && rec->nfields > 1;

	if (sel) {
		skip[0] = child_of(f, at, sel);
		skip[1] = child_of(f, at, choose);
		if (skip[0] == NODE_NONE || !flat_choice(f, skip[0], skip[1]))
			return false;
		some = true;
	}
	for (uint32_t k = tree_first(f->t, at); k != NODE_NONE; k = tree_sibling(f->t, k)) {
		bool last = tree_sibling(f->t, k) == NODE_NONE || (begin && !some);

		if (k == skip[0] || k == skip[1])
			continue;
		if (is_silent(f, k, &ok) && (some || !last || !ok || !f->t->v[k].bits)) {
			if (!ok)
				return false;
			continue;
		}
		if (some)
			buf_char(f->out, '+');
		some = true;
		if (!flat_field(f, k, rec->nfields == 1 && f->t->v[k].type->form == TYPE_LEAF))
			return false;
	}
	return some;
}

static bool flat_node(struct flat *f, uint32_t at)
{
	const struct node *n = &f->t->v[at];
	bool rc = false;

	if (f->depth >= NEST || (print_mode(&f->pr->layer[f->layer], at) & MODE_HEX))
		return false;
	f->depth++;
	if (n->type->form == TYPE_LEAF)
		rc = flat_leaf(f, at);
	else if (n->type->form == TYPE_LIST)
		rc = flat_list(f, at);
	else if (n->type->form == TYPE_STRUCT)
		rc = flat_struct(f, at);
	f->depth--;
	return rc;
}

bool print_items(struct printer *pr, unsigned i, uint32_t at, struct buf *out)
{
	struct flat f = { pr, i, &pr->layer[i].tree, out, 0, false };
	const struct tree *t = f.t;
	size_t from = out->n;
	bool raw = false;

	for (uint32_t k = tree_first(t, at); k != NODE_NONE; k = tree_sibling(t, k)) {
		const struct node *n = &t->v[k];

		if (n->index)
			buf_char(out, ',');
		raw = n->flags & NODE_RAW;
		if (!(n->flags & NODE_ITEM) || print_is_long(pr))
			return false;
		if (!raw) {
			if (!flat_node(&f, k))
				return false;
			continue;
		}
		if (n->bit % 8 || n->bits % 8 || n->index == 0)
			return false;
		print_hex(t->data + n->bit / 8, n->bits / 8, out);
	}
	return out->n > from && !(t->v[at].num == 1 && is_whole_word(out->p + from, out->n - from));
}
