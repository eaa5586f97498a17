/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as words of the notation: text, bytes, leaves, inline lengths and widths. */
#include "notation/parser.h"
#include "notation/printer.h"

#include "core/head.h"
#include "core/layouts.h"

/* Bytes that no reader of the notation takes for anything but themselves, nor a shell for its own.
 */
static bool is_bare(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("._-/:%=@", c));
}

static bool is_form(const char *s, size_t n)
{
	return is_payload_word(s, n) || same(s, n, "auto") || same(s, n, "any") || s[0] == '{';
}

static void print_quoted(const uint8_t *p, size_t n, struct buf *out)
{
	buf_char(out, '"');
	for (size_t i = 0; i < n; i++) {
		switch (p[i]) {
		case '\n': buf_str(out, "\\n"); break;
		case '\r': buf_str(out, "\\r"); break;
		case '\t': buf_str(out, "\\t"); break;
		case '\\': buf_str(out, "\\\\"); break;
		case '"': buf_str(out, "\\\""); break;
		default:
			if (p[i] >= 0x20 && p[i] < 0x7f) {
				buf_char(out, (char)p[i]);
			} else {
				buf_str(out, "\\x");
				buf_hex(out, p + i, 1);
			}
		}
	}
	buf_char(out, '"');
}

static bool all_bare(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!is_bare(p[i]))
			return false;
	}
	return n > 0;
}

void print_text(const uint8_t *p, size_t n, struct buf *out)
{
	if (all_bare(p, n) && !is_form((const char *)p, n))
		buf_put(out, p, n);
	else
		print_quoted(p, n, out);
}

void print_hex(const uint8_t *p, size_t n, struct buf *out)
{
	buf_str(out, "hex:");
	buf_hex(out, p, n);
}

static bool is_readable(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((p[i] < 0x20 || p[i] >= 0x7f) && p[i] != '\r' && p[i] != '\n' && p[i] != '\t')
			return false;
	}
	return n > 0;
}

void print_payload(const uint8_t *p, size_t n, struct buf *out)
{
	if (!is_readable(p, n)) {
		print_hex(p, n, out);
	} else if (all_bare(p, n)) {
		buf_str(out, "text:");
		buf_put(out, p, n);
	} else {
		print_quoted(p, n, out);
	}
}

/* Fixed-size text is filled up with zeros when built. */
static size_t without_filling(const struct type *type, const uint8_t *p, size_t n)
{
	if (type->ext.form == EXTENT_BYTES && type->ext.expr->op == EX_NUM) {
		while (n && !p[n - 1])
			n--;
	}
	return n;
}

/* Words of a kind that another reader than its own would take apart. */
static bool needs_quotes(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((uint8_t)s[i] <= ' ' || (uint8_t)s[i] >= 0x7f || strchr("\",+;#{}()", s[i]))
			return true;
	}
	return !n || is_form(s, n);
}

/* What stands in out from `was` on, in quotes if need be. */
static bool quote_words(struct buf *out, size_t was)
{
	size_t n = out->n - was;
	struct buf copy = { 0 };

	if (!needs_quotes(out->p + was, n))
		return true;
	buf_put(&copy, out->p + was, n);
	out->n = was;
	print_quoted((const uint8_t *)copy.p, copy.n, out);
	out->failed |= copy.failed;
	buf_done(&copy);
	return true;
}

bool print_leaf(const struct tree *t, uint32_t at, bool exact, bool bytes_only, struct buf *out)
{
	const struct node *n = &t->v[at];
	struct field here;
	struct value v;
	size_t was = out->n;

	node_value(t, at, &v);
	if (n->type->kind->cls == KIND_TEXT || n->type->kind->cls == KIND_BYTES) {
		size_t len = v.p ? without_filling(n->type, v.p, v.len) : 0;

		if (!v.p && n->bits)
			return false;
		if (len == 0 && !bytes_only)
			buf_str(out, "\"\"");
		else if (n->type->kind->cls == KIND_BYTES || bytes_only)
			print_hex(v.p, len, out);
		else
			print_text(v.p, len, out);
		return true;
	}
	v.exact = exact;
	value_print(field_here(n->field, t, n->parent, &here), n->type, &v, out);
	return n->type->kind->cls == KIND_NAME ? quote_words(out, was) : out->n > was;
}

bool node_prefix(const struct tree *t, uint32_t at, uint64_t *v, unsigned *width)
{
	const struct node *n = &t->v[at];
	struct head h;

	if (n->bit % 8 || n->bit / 8 + n->head > t->len || n->head == 0 ||
	    head_read(&n->type->ext, t->data + n->bit / 8, n->head, &h) || h.len != n->head)
		return false;
	*width = h.len - h.at;
	*v = h.value;
	return true;
}

/* Bytes of the shortest encoding of v. */
static unsigned shortest(const struct type *type, uint64_t v)
{
	struct value num = { .num = v };
	struct buf tmp = { 0 };
	unsigned n = 0;

	if (!type->kind->write)
		return number_bytes(type, v);
	if (type->kind->write && type->kind->write(&tmp, 0, &num, 0) >= 0)
		n = (unsigned)tmp.n;
	buf_done(&tmp);
	return n;
}

/* The implied length by which node `at`, a number, was read; NODE_NONE: there is none. */
static uint32_t implied_size(const struct tree *t, uint32_t at)
{
	const struct node *n = &t->v[at];
	const struct expr *x = n->type->ext.form == EXTENT_BYTES ? n->type->ext.expr : NULL;
	uint32_t size;

	if (!x || x->op != EX_FIELD || x->npath != 1 || x->local < 0 || !n->bits ||
	    n->type->kind->cls != KIND_NUM)
		return NODE_NONE;
	size = t->v[n->parent].rec ? tree_child(t, n->parent, (unsigned)x->local) : NODE_NONE;
	return size != NODE_NONE && is_implied(t->v[size].type) ? size : NODE_NONE;
}

bool node_sizes(const struct tree *t, uint32_t at)
{
	for (uint32_t k = at; is_implied(t->v[at].type) && k != NODE_NONE; k = tree_sibling(t, k)) {
		const struct node *n = &t->v[k];

		if (n->type && n->type->form == TYPE_LEAF && implied_size(t, k) == at &&
		    n->bits / 8 != shortest(n->type, n->num))
			return true;
	}
	return false;
}

bool node_derived(const struct tree *t, uint32_t at, bool full, bool *len, uint64_t *len_is,
		  bool *width, uint64_t *width_is)
{
	const struct node *n = &t->v[at];
	const struct type *type = n->type;
	unsigned bytes;
	uint64_t real;

	*len = *width = false;
	if (type->form != TYPE_LEAF && type->form != TYPE_LIST)
		return true;
	if (is_variable_width(type)) {
		*width_is = n->bits / 8 - n->tail;
		*width = implied_size(t, at) == NODE_NONE &&
			 (full || *width_is != shortest(type, n->num));
		return true;
	}
	if (type->ext.form != EXTENT_PREFIX && type->ext.form != EXTENT_PREFIX_COUNT)
		return true;
	if (!node_prefix(t, at, len_is, &bytes))
		return false;
	real = type->ext.form == EXTENT_PREFIX_COUNT ? n->num : n->bits / 8 - n->head - n->tail;
	if (type->form == TYPE_LEAF && type->kind->cls == KIND_NUM) /* it says the number's width */
		*len = full || *len_is != real || real != shortest(type, n->num);
	else
		*len = full || *len_is != real;
	if (is_variable_width(type->ext.prefix)) {
		*width_is = bytes;
		*width = full || bytes != shortest(type->ext.prefix, *len_is);
	}
	return true;
}
