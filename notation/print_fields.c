/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields of one layer as words: NAME=VALUE, lists in shorthand or by paths. */
#include "notation/parser.h"
#include "notation/printer.h"

uint8_t print_mode(const struct print_layer *l, uint32_t at)
{
	return l->mode[at] | l->all;
}

/* Zero bytes of padding come by themselves, as many as are wanted. */
static bool is_plain_pad(const struct tree *t, uint32_t at)
{
	const struct node *n = &t->v[at];
	uint32_t start = t->v[n->parent].bit, unit = n->type->bits * 8u;
	uint32_t over = unit ? (n->bit - start) % unit : 0;

	if (n->bits != (over ? unit - over : 0) || n->bit % 8)
		return false;
	for (uint32_t i = 0; i < n->bits / 8; i++) {
		if (t->data[n->bit / 8 + i])
			return false;
	}
	return true;
}

/* No items, and not even the line that ends them. */
static bool is_unended(const struct node *n)
{
	return n->num == 0 && n->type->ext.form == EXTENT_LINES && n->type->ext.stop &&
	       n->tail == 0;
}

/* Do the items read as the default that the description has for the list? */
static bool is_default_list(struct printer *pr, unsigned i, uint32_t at)
{
	const struct rule *r = &pr->layer[i].tree.v[at].field->rule;
	struct buf text = { 0 };
	bool same = print_items(pr, i, at, &text) && text.n == r->text_len &&
		    !memcmp(text.p, r->text, text.n);

	buf_done(&text);
	return same;
}

bool print_is_omitted(struct printer *pr, unsigned i, uint32_t at)
{
	struct print_layer *l = &pr->layer[i];
	const struct node *n = &l->tree.v[at];

	if (n->type && n->type->form == TYPE_PAD)
		return !(n->flags & NODE_RAW) && is_plain_pad(&l->tree, at);
	if (l->how == LAYER_FULL || (pr->flags & PRINT_FULL) || (print_mode(l, at) & MODE_SAID))
		return false;
	if (n->flags & (NODE_RAW | NODE_GAP))
		return false;
	switch (n->type->form) {
	case TYPE_LEAF: {
		bool len, width;
		uint64_t a, b;

		return node_derived(&l->tree, at, false, &len, &a, &width, &b) && !len && !width &&
		       node_implied(pr, i, at);
	}
	case TYPE_LIST: {
		const struct extent *x = &n->type->ext;
		bool len, width;
		uint64_t a, b;

		if (n->field->says && !(n->flags & NODE_ITEM) &&
		    n->field->rule.form == RULE_CONST && n->num)
			return !n->field->optional && is_default_list(pr, i, at) &&
			       node_derived(&l->tree, at, false, &len, &a, &width, &b) && !len &&
			       !width;
		return n->num == 0 && !n->field->says && !n->field->optional && !is_unended(n) &&
		       !(x->form == EXTENT_COUNT && x->expr->op == EX_NUM) &&
		       node_derived(&l->tree, at, false, &len, &a, &width, &b) && !len && !width;
	}
	default: return false;
	}
}

struct fields { /* one layer's fields being printed */
	struct printer *pr;
	unsigned i;
	const struct tree *t;
	struct buf *out;
};

static void name(struct fields *w, uint32_t at)
{
	buf_char(w->out, ' ');
	w->pr->layer[w->i].where[at] = (uint32_t)w->out->n;
	tree_path(w->t, at, w->out);
}

static void whole_hex(struct fields *w, uint32_t at)
{
	const struct node *n = &w->t->v[at];

	if (n->bit % 8 || n->bits % 8 || (n->bit + n->bits) / 8 > w->t->len)
		return;
	name(w, at);
	buf_char(w->out, '=');
	print_hex(w->t->data + n->bit / 8, n->bits / 8, w->out);
}

static void derived(struct fields *w, uint32_t at, bool full)
{
	bool len, width;
	uint64_t a = 0, b = 0;

	if (!node_derived(w->t, at, full, &len, &a, &width, &b))
		return;
	if (len) {
		name(w, at);
		buf_str(w->out, ".len=");
		buf_u64(w->out, a);
	}
	if (width) {
		name(w, at);
		buf_str(w->out, ".width=");
		buf_u64(w->out, b);
	}
}

static bool is_full(const struct fields *w)
{
	return w->pr->layer[w->i].how == LAYER_FULL || (w->pr->flags & PRINT_FULL);
}

/* A value that another arm of the choose would take differently goes as hex:. */
static bool is_else_bytes(const struct node *n)
{
	return n->field->type->form == TYPE_CHOOSE && n->type->form == TYPE_LEAF &&
	       n->type->kind->cls == KIND_BYTES && n->type->ext.form != EXTENT_PREFIX;
}

static void leaf(struct fields *w, uint32_t at, bool must)
{
	const struct node *n = &w->t->v[at];
	bool exact = print_mode(&w->pr->layer[w->i], at) & MODE_EXACT;
	size_t was = w->out->n;

	if (!must && print_is_omitted(w->pr, w->i, at))
		return;
	name(w, at);
	buf_char(w->out, '=');
	if (!print_leaf(w->t, at, exact, is_else_bytes(n), w->out)) {
		w->out->n = was;
		whole_hex(w, at);
		return;
	}
	derived(w, at, is_full(w) && !is_variable_width(n->type));
}

static void pad(struct fields *w, uint32_t at)
{
	if (!print_is_omitted(w->pr, w->i, at) || (print_mode(&w->pr->layer[w->i], at) & MODE_SAID))
		whole_hex(w, at);
}

static uint32_t list(struct fields *w, uint32_t at)
{
	struct print_layer *l = &w->pr->layer[w->i];
	const struct node *n = &w->t->v[at];
	size_t was = w->out->n;

	if (print_is_omitted(w->pr, w->i, at))
		return n->next;
	if (is_unended(n)) {
		whole_hex(w, at);
		return n->next;
	}
	if (n->num == 0) {
		name(w, at);
		buf_str(w->out, "=none");
		derived(w, at, is_full(w));
		return n->next;
	}
	if (!(print_mode(l, at) & MODE_PATHS)) {
		name(w, at);
		buf_char(w->out, '=');
		if (print_items(w->pr, w->i, at, w->out)) {
			derived(w, at, is_full(w));
			return n->next;
		}
		w->out->n = was;
	}
	derived(w, at, is_full(w));
	return at + 1; /* its items, each by its path */
}

/* Would nothing at all be said of this item? Then it would not be there. */
static bool is_mute(struct fields *w, uint32_t at)
{
	for (uint32_t k = at + 1; k < w->t->v[at].next; k++) {
		const struct node *n = &w->t->v[k];

		if (n->type && (n->type->form == TYPE_LEAF || n->type->form == TYPE_LIST) &&
		    !print_is_omitted(w->pr, w->i, k))
			return false;
	}
	return true;
}

void print_fields(struct printer *pr, unsigned i, struct buf *out)
{
	struct fields w = { pr, i, &pr->layer[i].tree, out };
	const struct tree *t = w.t;
	uint32_t must = NODE_NONE;

	for (uint32_t at = 1; at < t->n && !print_is_long(pr);) {
		const struct node *n = &t->v[at];

		if (!n->field || (n->flags & NODE_GAP)) {
			at++;
			continue;
		}
		if ((n->flags & NODE_RAW) || (print_mode(&pr->layer[i], at) & MODE_HEX)) {
			whole_hex(&w, at);
			at = n->next;
			continue;
		}
		switch (n->type->form) {
		case TYPE_LEAF: leaf(&w, at, must == at || (n->flags & NODE_ITEM)); break;
		case TYPE_PAD: pad(&w, at); break;
		case TYPE_LIST: at = list(&w, at); continue;
		default:
			if (must == at ||
			    (((n->flags & NODE_ITEM) || n->field->optional) && is_mute(&w, at)))
				must = at + 1;
			break;
		}
		at++;
	}
}
