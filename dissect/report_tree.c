/* SPDX-License-Identifier: BSD-2-Clause */
/* Every field on a line of its own, layer by layer, with what is wrong beside it and, if asked,
 * what it means. */
#include "dissect/report_impl.h"

#include <stdio.h>

#include "core/said.h"
#include "core/walk.h"
#include "dissect/escape.h"

#define VALUE_MAX 256 /* bytes of a value that are shown on one line */

static void indent(struct buf *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_str(out, "    ");
}

static void pad_to(struct buf *out, size_t from, size_t width)
{
	while (out->n - from < width)
		buf_char(out, ' ');
}

/* No word was found: the number stands there already. */
static bool prints_number(const struct buf *b)
{
	for (size_t i = 0; i < b->n; i++) {
		char c = b->p[i];

		if (!(c >= '0' && c <= '9') && !(i && ((c >= 'a' && c <= 'f') || c == 'x')))
			return false;
	}
	return b->n > 0;
}

static void put_value(struct report *r, const struct tree *t, uint32_t at, struct buf *out)
{
	const struct node *n = &t->v[at];
	struct field here;
	const struct field *f = n->field ? field_here(n->field, t, n->parent, &here) : NULL;
	const char *word;
	bool text = n->type && n->type->form == TYPE_LEAF && n->type->kind->cls == KIND_TEXT;

	r->scratch.n = 0;
	report_value(t, at, &r->scratch);
	if (text && !(n->flags & (NODE_RAW | NODE_CUT)))
		buf_char(out, '"');
	escape_term((const uint8_t *)r->scratch.p,
		    r->scratch.n > VALUE_MAX ? VALUE_MAX : r->scratch.n, out);
	if (r->scratch.n > VALUE_MAX)
		buf_fmt(out, "... (%u bytes)", n->bits / 8);
	if (text && !(n->flags & (NODE_RAW | NODE_CUT)))
		buf_char(out, '"');
	/* A selector prints as a number; say whom it selects. */
	word = report_word(r, t, at);
	if (word && !f->words)
		buf_fmt(out, " (%s)", word);
	if (n->type && n->type->form == TYPE_LEAF && n->type->kind->cls == KIND_NUM && f &&
	    f->words && !(n->flags & NODE_RAW) && !prints_number(&r->scratch))
		buf_fmt(out, " (%llu)", (unsigned long long)n->num);
}

static void put_verdict(struct report *r, unsigned layer, uint32_t at, struct buf *out)
{
	static const char *const word[] = {
		"", " (good)", " (none)", " (not verified)", " (not filled in yet)", ""
	};
	const struct check *c = &r->check;

	buf_str(out, word[check_sum(c, layer, at)]);
	if (c->tree[layer].v[at].flags & NODE_CUT)
		buf_str(out, "  !cut");
	for (unsigned i = 0; i < c->nnotes; i++) {
		if (c->note[i].layer != layer || c->note[i].node != at)
			continue;
		buf_str(out, "  !");
		escape_term((const uint8_t *)c->note[i].text, strlen(c->note[i].text), out);
	}
}

static void put_node(struct report *r, unsigned layer, uint32_t at, unsigned depth, struct buf *out)
{
	const struct tree *t = &r->check.tree[layer];
	const struct node *n = &t->v[at];
	bool inner = n->rec || (n->type && n->type->form == TYPE_LIST && !(n->flags & NODE_RAW));
	size_t from;

	if (n->type && n->type->form == TYPE_PAD && n->bits == 0)
		return;
	indent(out, depth);
	from = out->n;
	if (n->flags & NODE_ITEM)
		buf_fmt(out, "[%u]", n->index);
	else
		buf_str(out, n->field ? n->field->name : "?");
	pad_to(out, from, 12);
	buf_char(out, ' ');
	if (inner) {
		if (n->type && n->type->form == TYPE_LIST)
			buf_fmt(out, "%llu item%s", (unsigned long long)n->num,
				n->num == 1 ? "" : "s");
		else
			buf_str(out, n->rec->name);
	} else {
		put_value(r, t, at, out);
	}
	put_verdict(r, layer, at, out);
	while (out->n > from && out->p[out->n - 1] == ' ') /* an empty value */
		out->n--;
	if (r->opts.spans)
		buf_fmt(out, "  @%u+%u", n->bit / 8, (n->bit + n->bits + 7) / 8 - n->bit / 8);
	if (r->opts.doc && n->field && n->field->doc && !(n->flags & NODE_ITEM)) {
		pad_to(out, from, 40);
		buf_str(out, "  # ");
		escape_term((const uint8_t *)n->field->doc, strlen(n->field->doc), out);
	}
	buf_char(out, '\n');
	if (!inner)
		return;
	for (uint32_t k = tree_first(t, at); k != NODE_NONE; k = tree_sibling(t, k))
		put_node(r, layer, k, depth + 1, out);
}

static void put_bytes(const struct packet *p, struct extent_bytes x, const char *name,
		      unsigned depth, struct buf *out)
{
	uint32_t n = x.to - x.from, show = n > VALUE_MAX ? VALUE_MAX : n;

	if (n == 0)
		return;
	indent(out, depth);
	buf_fmt(out, "%-12s %u byte%s: \"", name, n, n == 1 ? "" : "s");
	escape_term(p->data + x.from, show, out);
	buf_str(out, show < n ? "\"...\n" : "\"\n");
}

static void put_flags(unsigned flags, struct buf *out)
{
	static const struct {
		unsigned flag;
		const char *text;
	} word[] = { { LAYER_OPAQUE, "fragment" },
		     { LAYER_EXCERPT, "piece" },
		     { LAYER_GUESS, "by its looks" },
		     { LAYER_QUOTED, "quoted" } };

	for (unsigned i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
		if (flags & word[i].flag)
			buf_fmt(out, "  %s", word[i].text);
	}
}

static void put_comments(const struct packet *p, struct buf *out)
{
	const char *text;
	uint32_t at = 0, n;

	while (said_comment(p, &at, &text, &n)) {
		buf_str(out, "# ");
		escape_term((const uint8_t *)text, n, out);
		buf_char(out, '\n');
	}
}

void report_tree(struct report *r, const struct packet *p, const char *ifname, struct buf *out)
{
	if (!r->opts.bare) {
		buf_fmt(out, "%llu  ", (unsigned long long)p->number);
		if (!(p->flags & PACKET_NO_TIME))
			report_time(r, p->when, out);
		if (ifname) { /* a file may call its interfaces anything */
			buf_str(out, "  ");
			escape_term((const uint8_t *)ifname, strlen(ifname), out);
		}
		if (report_way(p))
			buf_fmt(out, "  %s", report_way(p));
		buf_fmt(out, "  %u bytes", p->wire_len);
		if (p->len < p->wire_len)
			buf_fmt(out, ", %u captured", p->len);
		report_origin(p, out);
		buf_char(out, '\n');
		put_comments(p, out);
	}
	if (check(&r->check, p)) {
		out->failed = true;
		return;
	}
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		const struct tree *t = &r->check.tree[i];

		buf_str(out, report_color(r, i));
		buf_str(out, l->proto->name);
		buf_str(out, report_plain(r));
		if (l->proto->title)
			buf_fmt(out, "  %s", l->proto->title);
		buf_fmt(out, "  (%u byte%s)", l->hlen + l->tail, l->hlen + l->tail == 1 ? "" : "s");
		put_flags(l->flags, out);
		put_verdict(r, i, 0, out);
		buf_char(out, '\n');
		for (uint32_t k = tree_first(t, 0); k != NODE_NONE; k = tree_sibling(t, k))
			put_node(r, i, k, 1, out);
		put_bytes(p, report_trailer(p, i), "trailer", 1, out);
	}
	put_bytes(p, report_payload(p), "payload", 0, out);
	if (!r->opts.bare)
		buf_char(out, '\n');
}
