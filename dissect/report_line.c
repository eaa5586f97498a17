/* SPDX-License-Identifier: BSD-2-Clause */
/* One packet, one line: number, time, every layer's own summary, what is wrong last. */
#include "dissect/report_summary.h"

#include "core/bits.h"
#include "core/said.h"
#include "core/walk.h"
#include "dissect/escape.h"

static void put_ip4(struct buf *out, const uint8_t *p)
{
	char s[16];
	unsigned n = 0;

	for (int i = 0; i < 4; i++) {
		unsigned v = p[i];

		if (i)
			s[n++] = '.';
		if (v >= 100) {
			s[n++] = (char)('0' + v / 100);
			v %= 100;
			s[n++] = (char)('0' + v / 10);
			v %= 10;
		} else if (v >= 10) {
			s[n++] = (char)('0' + v / 10);
			v %= 10;
		}
		s[n++] = (char)('0' + v);
	}
	buf_put(out, s, n);
}

static void put_letters(struct buf *out, const struct words *w, uint64_t v)
{
	uint64_t left = v;
	size_t n = out->n;

	/* The first of several words for a bit is the one that is printed. */
	for (unsigned i = 0; i < w->n; i++) {
		if (w->v[i].value && (v & w->v[i].mask) == w->v[i].value &&
		    (left & w->v[i].value)) {
			buf_char(out, w->v[i].letter);
			left &= ~w->v[i].mask;
		}
	}
	if (out->n == n)
		buf_char(out, v ? '?' : '.');
}

static void put_word(struct buf *out, const struct words *w, uint64_t v)
{
	for (unsigned i = 0; i < w->n; i++) {
		if (w->v[i].value == v) {
			buf_str(out, w->v[i].name);
			return;
		}
	}
	buf_u64(out, v);
}

static const struct tree *layer_tree(struct report *r, const struct packet *p, unsigned i,
				     bool *have)
{
	if (!*have) {
		if (decode(&r->tree, p, i)) {
			r->failed = true;
			return NULL;
		}
		*have = true;
	}
	return &r->tree;
}

static bool all_zero(const uint8_t *p, uint32_t n)
{
	while (n && *p == 0)
		p++, n--;
	return n == 0;
}

/* A field that has to be looked for. false: absent, empty or zero. */
static bool put_path(struct report *r, const struct packet *p, unsigned i, const struct op *op,
		     bool *have, struct buf *out)
{
	const struct tree *t = layer_tree(r, p, i, have);
	uint32_t at = NODE_NONE;
	const struct node *n;

	if (t && op->child)
		at = tree_child(t, 0, op->field->index);
	else if (t)
		at = tree_find(t, op->text, op->len);
	if (at == NODE_NONE || (t->v[at].flags & NODE_CUT))
		return false;
	n = &t->v[at];
	if (op->form == OP_COUNT || (n->type && n->type->form == TYPE_LIST)) {
		buf_u64(out, n->num);
		return n->num != 0;
	}
	if (n->field && n->field->words && n->field->words->flags &&
	    words_have_letters(n->field->words)) {
		put_letters(out, n->field->words, n->num);
		return n->num != 0;
	}
	r->scratch.n = 0;
	report_value(t, at, &r->scratch);
	escape_term((const uint8_t *)r->scratch.p, r->scratch.n, out);
	if (!n->type)
		return r->scratch.n != 0;
	if (is_number(n->type))
		return n->num != 0;
	if (n->type->form == TYPE_LEAF && n->type->kind->cls == KIND_ADDR)
		return !all_zero(p->data + n->bit / 8, n->bits / 8);
	return r->scratch.n != 0;
}

static bool put_field(struct report *r, const struct packet *p, unsigned i, const struct op *op,
		      bool *have, struct buf *out)
{
	const uint8_t *from = p->data + p->layers[i].off;
	uint64_t v;

	if (op->form == OP_PATH || op->form == OP_COUNT)
		return put_path(r, p, i, op, have, out);
	if (op->form == OP_IP4) {
		put_ip4(out, from + op->bit / 8);
		return !all_zero(from + op->bit / 8, 4);
	}
	if (op->form == OP_FIXED && op->field->type->kind->cls == KIND_ADDR) {
		struct value addr = { .p = from + op->bit / 8, .len = op->width / 8u };

		value_print(op->field, op->field->type, &addr, out);
		return !all_zero(addr.p, addr.len);
	}
	v = op->le ? bits_get_le(from, op->bit, op->width) : bits_get(from, op->bit, op->width);
	switch (op->form) {
	case OP_HEX:
		buf_put(out, "0x", 2);
		buf_x64(out, v, (op->width + 3u) / 4);
		break;
	case OP_LETTERS: put_letters(out, op->field->words, v); break;
	case OP_FIXED: {
		struct value num = { .num = v };

		if (op->field->type->kind == &kind_int)
			num.num = (uint64_t)sign_extend(v, op->width);
		value_print(op->field, op->field->type, &num, out);
		break;
	}
	case OP_WORD: put_word(out, op->field->words, v); break;
	default: buf_u64(out, v); break;
	}
	return v != 0;
}

/* from: the first op that is printed. */
static void put_summary(struct report *r, const struct packet *p, unsigned i,
			const struct summary *s, unsigned from, bool *have, struct buf *out)
{
	const struct layer *l = &p->layers[i];
	size_t group = 0;
	bool in_group = false, keep = true;

	buf_str(out, l->proto->name);
	if (l->hlen < s->min)
		return;
	if (s->nops)
		buf_char(out, ' ');
	for (unsigned k = from; k < s->nops; k++) {
		const struct op *op = &s->op[k];

		switch (op->form) {
		case OP_TEXT: buf_put(out, op->text, op->len); break;
		case OP_GROUP:
			in_group = keep = true;
			group = out->n;
			break;
		case OP_END:
			if (in_group && !keep)
				out->n = group;
			in_group = false;
			break;
		default:
			if (!put_field(r, p, i, op, have, out))
				keep = false;
		}
	}
	while (out->n && out->p[out->n - 1] == ' ')
		out->n--;
}

/* The line whose condition holds. */
static const struct summary *line_of(struct report *r, const struct packet *p, unsigned i,
				     const struct summary *s, bool *have)
{
	for (; s && s->cond; s = s->other) {
		const struct tree *t = layer_tree(r, p, i, have);

		if (!t || expr_eval(s->cond, t, 0, NULL))
			break;
	}
	return s;
}

/* Is the sum in field f, at a fixed place of layer i, a wrong one? */
static bool fixed_sum_bad(const struct packet *p, unsigned i, const struct field *f)
{
	const struct layer *l = &p->layers[i];
	unsigned width = leaf_bits(f->type);
	struct node n[2] = { { .rec = &l->proto->rec, .bit = l->off * 8 },
			     { .field = f, .type = f->type, .bits = width, .next = 2 } };
	struct tree t = { .data = p->data,
			  .len = p->len,
			  .proto = l->proto,
			  .off = l->off,
			  .hlen = l->hlen,
			  .end = l->end,
			  .tail = l->tail,
			  .v = n,
			  .n = 2,
			  .pkt = p,
			  .layer = i };
	uint64_t want;

	if ((uint32_t)f->fixed_bit / 8 + width / 8 > l->hlen)
		return false;
	n[1].bit = l->off * 8 + (uint32_t)f->fixed_bit;
	n[1].num = f->type->le ? bits_get_le(p->data, n[1].bit, width)
			       : bits_get(p->data, n[1].bit, width);
	return sum_judge(p, i, &t, 1, &want) == SUM_BAD;
}

/* Verify the sums of a layer; those at a fixed place without decoding it. */
static bool sums_bad(struct report *r, const struct packet *p, unsigned i, const struct summary *s,
		     bool *have)
{
	for (unsigned k = 0; k < s->nsums; k++) {
		const struct field *f = s->sum[k].field;
		uint64_t want;
		uint32_t at;

		if (sum_right(p, i, f))
			continue;
		if (s->sum[k].fixed) {
			if (fixed_sum_bad(p, i, f))
				return true;
			continue;
		}
		if (!layer_tree(r, p, i, have))
			continue;
		at = tree_child(&r->tree, 0, f->index);
		if (at != NODE_NONE && sum_judge(p, i, &r->tree, at, &want) == SUM_BAD)
			return true;
	}
	return false;
}

static bool must_holds(const struct must_fast *m, const uint8_t *p)
{
	uint64_t v = (m->le ? bits_get_le(p, m->bit, m->width) : bits_get(p, m->bit, m->width)) &
		     m->mask;

	switch (m->op) {
	case EX_EQ: return v == m->num;
	case EX_NE: return v != m->num;
	case EX_LT: return v < m->num;
	case EX_LE: return v <= m->num;
	case EX_GT: return v > m->num;
	default: return v >= m->num;
	}
}

/* Does some field hold what it must not? */
static bool must_fails(struct report *r, const struct packet *p, unsigned i,
		       const struct summary *s, bool *have)
{
	const struct layer *l = &p->layers[i];
	const struct tree *t;

	for (unsigned k = 0; k < s->nmusts; k++) {
		const struct must_fast *m = &s->must[k];

		if ((m->bit + m->width + 7) / 8 <= l->hlen && !must_holds(m, p->data + l->off))
			return true;
	}
	if (!s->must_slow && !(s->must_deep && l->hlen + l->tail > s->fixed))
		return false;
	t = layer_tree(r, p, i, have);
	for (uint32_t at = 1; t && at < t->n; at++) {
		const struct node *n = &t->v[at];

		if (!n->field || (n->flags & (NODE_RAW | NODE_CUT | NODE_ITEM)))
			continue;
		for (unsigned k = 0; k < n->field->nmust; k++) {
			if (!expr_eval(n->field->must[k].expr, t, n->parent, NULL))
				return true;
		}
	}
	return false;
}

struct wrong { /* what the marks at the end of a line say */
	unsigned flags;
	bool sum, must;
};

static void put_marks(const struct packet *p, const struct wrong *w, struct buf *out)
{
	unsigned flags = w->flags;

	if (flags & LAYER_BAD_LENGTH)
		buf_str(out, " !len");
	if (flags & LAYER_BAD_HEADER)
		buf_str(out, " !header");
	if (w->sum)
		buf_str(out, " !chksum");
	if (w->must)
		buf_str(out, " !must");
	if (flags & LAYER_DEEP || p->flags & PACKET_DEEP)
		buf_str(out, " !deep");
	if (p->len < p->wire_len) {
		buf_str(out, " !cut ");
		buf_u64(out, p->len);
		buf_char(out, '/');
		buf_u64(out, p->wire_len);
	}
}

/* Where it was captured, and which way it went. A file may call its interfaces anything. */
static void put_side(const struct packet *p, const char *ifname, struct buf *out)
{
	const char *way = report_way(p);

	if (ifname) {
		escape_term((const uint8_t *)ifname, strlen(ifname), out);
		buf_char(out, ' ');
	}
	if (way)
		buf_fmt(out, "%s ", way);
}

static void put_comments(const struct packet *p, struct buf *out)
{
	const char *text;
	uint32_t at = 0, n;

	while (said_comment(p, &at, &text, &n)) {
		buf_str(out, "  # ");
		escape_term((const uint8_t *)text, n, out);
	}
}

void report_line(struct report *r, const struct packet *p, const char *ifname, struct buf *out)
{
	struct extent_bytes rest = report_payload(p);
	struct wrong w = { 0 };
	bool shown = false;

	if (!r->opts.bare) {
		buf_u64(out, p->number);
		buf_char(out, ' ');
		report_seconds(p->when - r->first, 6, out);
		buf_char(out, ' ');
		if (r->opts.verbose)
			put_side(p, ifname, out);
	}
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		const struct summary *s = summary_of(r, l->proto);
		bool have = false;

		w.flags |= l->flags;
		s = line_of(r, p, i, s, &have);
		if (!s || (i == 0 && s->alone && p->nlayers > 1))
			continue;
		if (shown)
			buf_put(out, " / ", 3);
		shown = true;
		if (r->opts.color)
			buf_str(out, report_color(r, i));
		put_summary(r, p, i, s, 0, &have, out);
		if (r->opts.color)
			buf_str(out, report_plain(r));
		if (s->nsums && !w.sum && !(l->flags & LAYER_QUOTED))
			w.sum = sums_bad(r, p, i, s, &have);
		if (!w.must)
			w.must = must_fails(r, p, i, s, &have);
		if (have && !(l->proto->message && (l->flags & LAYER_EXCERPT)))
			w.flags |= r->tree.lflags;
	}
	if (rest.to > rest.from || !shown) {
		if (shown)
			buf_put(out, " / ", 3);
		buf_u64(out, rest.to - rest.from);
		buf_put(out, rest.to - rest.from == 1 ? " byte" : " bytes",
			rest.to - rest.from == 1 ? 5 : 6);
	}
	put_marks(p, &w, out);
	report_origin(p, out);
	if (r->opts.verbose && !r->opts.bare)
		put_comments(p, out);
	buf_char(out, '\n');
}

static bool tells_end(const struct proto *p, const struct field *f)
{
	for (unsigned k = 0; p->flow && f && k < p->flow->n; k++) {
		if (f->index == p->flow->pair[k].a || f->index == p->flow->pair[k].b)
			return true;
	}
	return false;
}

int report_layer(struct report *r, const struct packet *p, unsigned i, bool ends, struct buf *out)
{
	const struct proto *proto = p->layers[i].proto;
	bool have = false;
	const struct summary *s;
	unsigned from = 0;

	r->failed = false;
	s = line_of(r, p, i, summary_of(r, proto), &have);
	for (unsigned k = 0; s && !ends && k < s->nops; k++) {
		if (s->op[k].form == OP_TEXT)
			continue;
		if (!tells_end(proto, s->op[k].field))
			break;
		from = k + 1;
	}
	if (s)
		put_summary(r, p, i, s, from, &have, out);
	r->failed |= r->scratch.failed;
	r->scratch.failed = false;
	return r->failed ? -1 : 0;
}
