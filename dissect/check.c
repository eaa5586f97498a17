/* SPDX-License-Identifier: BSD-2-Clause */
/* Judging a dissected packet by its descriptions. */
#include "dissect/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/layouts.h"
#include "core/wide.h"
#include "dissect/dissect.h"

#define NOTES_MAX 256 /* a packet with more says no more about itself */

struct judge {
	struct check *c;
	const struct packet *p;
	unsigned layer;
	struct tree *t;
	bool piece;  /* the layer is a piece of something longer */
	bool failed; /* memory */
};

static void put_note(struct judge *j, enum note_kind kind, uint32_t node, const char *text,
		     size_t n)
{
	struct check *c = j->c;
	char *copy;

	if (c->nnotes == NOTES_MAX)
		return;
	if (c->nnotes == c->note_cap) {
		unsigned cap = c->note_cap ? c->note_cap * 2 : 16;
		struct note *v = realloc(c->note, cap * sizeof(*v));

		if (!v) {
			j->failed = true;
			return;
		}
		c->note = v;
		c->note_cap = cap;
	}
	copy = arena_strndup(&c->mem, text, n);
	if (!copy) {
		j->failed = true;
		return;
	}
	c->note[c->nnotes++] = (struct note) { (uint8_t)j->layer, (uint8_t)kind, node, copy };
}

static void add_note(struct judge *j, enum note_kind kind, uint32_t node, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void add_note(struct judge *j, enum note_kind kind, uint32_t node, const char *fmt, ...)
{
	char text[200];
	va_list ap;
	int n;

	if (j->c->nnotes == NOTES_MAX)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_note(j, kind, node, text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* The commonest note, without printf. */
static void note_sum(struct judge *j, uint32_t node, uint64_t is, uint64_t want, unsigned digits)
{
	char room[64];
	struct buf b = { .p = room, .cap = sizeof(room) };

	buf_str(&b, "says 0x");
	buf_x64(&b, is, digits);
	buf_str(&b, ", should be 0x");
	buf_x64(&b, want, digits);
	put_note(j, NOTE_SUM, node, b.p, b.n);
}
static void add_sum(struct judge *j, uint32_t node, enum sum_verdict verdict, uint64_t want)
{
	struct check *c = j->c;

	if (verdict > c->sum[j->layer])
		c->sum[j->layer] = (uint8_t)verdict;
	if (c->nsums == c->sum_cap) {
		unsigned cap = c->sum_cap ? c->sum_cap * 2 : 16;
		struct sum_result *v = realloc(c->sums, cap * sizeof(*v));

		if (!v) {
			j->failed = true;
			return;
		}
		c->sums = v;
		c->sum_cap = cap;
	}
	c->sums[c->nsums++] =
		(struct sum_result) { (uint8_t)j->layer, (uint8_t)verdict, node, want };
}

static bool covers(const struct rule *r, enum span_form a, enum span_form b)
{
	for (unsigned i = 0; i < r->spans.n; i++) {
		if (r->spans.v[i].form == a || r->spans.v[i].form == b)
			return true;
	}
	return false;
}

/* Is the layer a piece of something longer (in a first fragment or a quote, or a message that goes
 * on in the next segment of a stream)? */
static bool in_piece(const struct packet *p, unsigned layer)
{
	const struct layer *l = &p->layers[layer];
	int up = packet_parent(p, layer);

	return (l->flags & LAYER_QUOTED) || (l->proto->message && (l->flags & LAYER_EXCERPT)) ||
	       (up >= 0 && (p->layers[up].flags & LAYER_EXCERPT));
}

/* ---- sums ---- */

/* The folded sum of the bytes of the layer that an Internet checksum covers, its own field as 0. */
static uint32_t own_partial(const struct packet *p, const struct layer *l, const struct node *n)
{
	uint32_t at = n->bit / 8;
	uint32_t sum = sum_inet_partial(p->data + l->off, at - l->off, 0);

	/* The field stands at an even distance from the header wherever RFC 1071 is used. */
	return sum_inet_partial(p->data + at + 2, l->end - at - 2, sum);
}

/* Does the field hold the pseudo header's folded sum, as a kernel leaves it for the card? */
static bool not_filled_in(const struct packet *p, const struct layer *l, const struct node *n,
			  uint64_t want)
{
	const struct rule *r = &n->field->rule;
	uint32_t pseudo;

	if (r->sum->form != SUM_INET || !covers(r, SPAN_PSEUDO, SPAN_PSEUDO) || n->bits != 16 ||
	    (n->bit / 8 - l->off) % 2 || n->bit / 8 + 2 > l->end)
		return false;
	/* want = ~(pseudo + own), so pseudo = ~want - own in ones' complement. */
	pseudo = (uint32_t)(~want & 0xffff) + (~own_partial(p, l, n) & 0xffff);
	pseudo = (pseudo & 0xffff) + (pseudo >> 16);
	return pseudo % 0xffff == n->num % 0xffff;
}

enum sum_verdict sum_judge(const struct packet *p, unsigned layer, const struct tree *t,
			   uint32_t at, uint64_t *want)
{
	const struct node *n = &t->v[at];
	uint64_t mask = n->bits < 64 ? (1ull << n->bits) - 1 : UINT64_MAX;
	bool inet = n->field->rule.sum->form == SUM_INET && n->bits == 16;

	*want = n->num;
	if (n->parent == 0 && sum_right(p, layer, n->field))
		return SUM_GOOD;
	*want = 0;
	if (p->layers[layer].flags & LAYER_ABOVE)
		return SUM_UNKNOWN;
	switch (sum_value(p, layer, t, at, want)) {
	case 1: return SUM_NONE;
	case 0: break;
	default: return SUM_UNKNOWN;
	}
	/* In ones' complement 0 and 0xffff are the same number (RFC 1071). */
	if ((n->num & mask) == (*want & mask) || (inet && n->num % 0xffff == *want % 0xffff))
		return SUM_GOOD;
	return not_filled_in(p, &p->layers[layer], n, *want) ? SUM_UNFILLED : SUM_BAD;
}

enum sum_status sum_status(const struct packet *p, unsigned layer, const struct tree *t,
			   uint32_t at)
{
	uint64_t want;

	switch (sum_judge(p, layer, t, at, &want)) {
	case SUM_GOOD: return STATUS_GOOD;
	case SUM_BAD: return STATUS_BAD;
	case SUM_NONE: return STATUS_ABSENT;
	default: return STATUS_UNVERIFIED;
	}
}

static void judge_sum(struct judge *j, uint32_t at)
{
	const struct node *n = &j->t->v[at];
	uint64_t want;
	enum sum_verdict verdict = sum_judge(j->p, j->layer, j->t, at, &want);

	add_sum(j, at, verdict, want);
	if (verdict == SUM_BAD)
		note_sum(j, at, n->num, want, n->bits / 4);
}

/* ---- lengths and other rules ---- */

/* Can the rule not be judged because bytes are missing through nobody's fault? */
static bool out_of_sight(const struct judge *j, const struct node *n)
{
	const struct layer *l = &j->p->layers[j->layer];
	const struct rule *r = &n->field->rule;
	bool cut = j->p->len < j->p->wire_len && l->end >= j->p->len;

	if (j->t->lflags & LAYER_DEEP)
		return true;
	if ((l->flags | j->t->lflags) & (LAYER_CUT | LAYER_BAD_HEADER))
		return true;
	if (n->parent == 0 && !covers(r, SPAN_ALL, SPAN_PAYLOAD) && l->off + l->hlen < l->end)
		return false;
	return (cut && !(l->flags & LAYER_BAD_LENGTH)) || j->piece;
}

static void judge_rule(struct judge *j, uint32_t at)
{
	const struct node *n = &j->t->v[at];
	const struct rule *r = &n->field->rule;
	unsigned bits = is_implied(n->type) ? n->type->bits : n->bits;
	uint64_t want, mask = bits < 64 && !is_wide(n->type) ? (1ull << bits) - 1 : UINT64_MAX;
	bool inexact;

	if ((r->zero_rest && n->num == 0) || out_of_sight(j, n) ||
	    rule_value(n->field, j->t, n->parent, &want, &inexact) < 0)
		return;
	if (rule_holds(r, n->num & mask, want & mask) && (want <= mask || r->form == RULE_EXPR))
		return;
	if (r->form == RULE_EXPR || r->form == RULE_HEAD)
		add_note(j, NOTE_RULE, at, "says %" PRIu64 ", should be %" PRIu64, n->num, want);
	else
		add_note(j, NOTE_LENGTH, at, "says %" PRIu64 ", %" PRIu64 " present", n->num, want);
}

static void judge_must(struct judge *j, uint32_t at)
{
	const struct node *n = &j->t->v[at];

	for (unsigned i = 0; i < n->field->nmust; i++) {
		const struct must *m = &n->field->must[i];

		if (m->own && n->type == n->field->type && (int64_t)n->num >= m->lo &&
		    (int64_t)n->num <= m->hi)
			continue;
		if (!expr_eval(m->expr, j->t, n->parent, NULL))
			add_note(j, NOTE_MUST, at, "must %s", m->text ? m->text : "hold");
	}
}

static void judge_node(struct judge *j, uint32_t at)
{
	const struct node *n = &j->t->v[at];
	bool leaf = n->type && n->type->form == TYPE_LEAF;

	if (n->flags & NODE_RAW) {
		if (!j->piece)
			add_note(j, NOTE_RAW, at, "%u bytes do not fit the description",
				 n->bits / 8);
		return;
	}
	if (n->flags & NODE_GAP)
		add_note(j, NOTE_RAW, at, "%u bytes that no field takes", n->bits / 8);
	if (!n->field || (n->flags & (NODE_CUT | NODE_ITEM)))
		return;
	if (leaf && n->field->rule.form == RULE_SUM)
		judge_sum(j, at);
	else if (leaf && n->field->rule.form >= RULE_LEN)
		judge_rule(j, at);
	if (n->field->nmust)
		judge_must(j, at);
}

/* ---- layers ---- */

static bool noted(const struct check *c, unsigned layer, enum note_kind kind)
{
	for (unsigned i = 0; i < c->nnotes; i++) {
		if (c->note[i].layer == layer && c->note[i].kind == kind)
			return true;
	}
	return false;
}

/* What the flags say that no note about a field has said. */
static void judge_layer(struct judge *j)
{
	const struct layer *l = &j->p->layers[j->layer];
	unsigned flags = l->flags | j->t->lflags;

	if (!j->piece) {
		if (l->flags & LAYER_CUT)
			add_note(j, NOTE_CUT, 0, "cut after %u bytes", l->hlen);
		else if (flags & LAYER_BAD_HEADER)
			add_note(j, NOTE_HEADER, 0, "the header does not fit its description");
		if ((flags & LAYER_BAD_LENGTH) && !(flags & (LAYER_CUT | LAYER_BAD_HEADER)) &&
		    !noted(j->c, j->layer, NOTE_LENGTH) && !noted(j->c, j->layer, NOTE_RAW))
			add_note(j, NOTE_LENGTH, 0, "a length says other than is there");
	}
	if (flags & LAYER_DEEP)
		add_note(j, NOTE_DEEP, 0, "too deep: the rest was not looked into");
}

int check(struct check *c, const struct packet *p)
{
	struct judge j = { .c = c, .p = p };

	arena_reset(&c->mem);
	c->nnotes = c->nsums = 0;
	c->nlayers = p->nlayers;
	for (unsigned i = 0; i < p->nlayers; i++) {
		c->sum[i] = SUM_ABSENT;
		if (decode(&c->tree[i], p, i) < 0)
			return -1;
	}
	for (j.layer = 0; j.layer < p->nlayers; j.layer++) {
		j.t = &c->tree[j.layer];
		if (p->layers[j.layer].flags & LAYER_ABOVE)
			continue;
		j.piece = in_piece(p, j.layer);
		for (uint32_t n = 1; n < j.t->n; n++) {
			if (j.t->v[n].flags & (NODE_RAW | NODE_GAP | NODE_JUDGED))
				judge_node(&j, n);
		}
		judge_layer(&j);
	}
	return j.failed ? -1 : 0;
}

void check_done(struct check *c)
{
	for (unsigned i = 0; i < PACKET_LAYERS; i++)
		tree_done(&c->tree[i]);
	free(c->note);
	free(c->sums);
	arena_done(&c->mem);
	*c = (struct check) { 0 };
}

enum sum_verdict check_sum(const struct check *c, unsigned layer, uint32_t node)
{
	for (unsigned i = 0; i < c->nsums; i++) {
		if (c->sums[i].layer == layer && c->sums[i].node == node)
			return c->sums[i].verdict;
	}
	return SUM_ABSENT;
}

void layer_name(const struct packet *p, unsigned layer, struct buf *out)
{
	unsigned nth = 1;

	for (unsigned i = 0; i < layer; i++)
		nth += p->layers[i].proto == p->layers[layer].proto;
	buf_str(out, p->layers[layer].proto->name);
	if (nth > 1) {
		buf_char(out, '.');
		buf_u64(out, nth);
	}
}

void note_place(const struct check *c, const struct packet *p, const struct note *n,
		struct buf *out)
{
	layer_name(p, n->layer, out);
	if (n->node) {
		buf_char(out, '.');
		tree_path(&c->tree[n->layer], n->node, out);
	}
}

void notes_put(const struct check *c, const struct packet *p, const char *between, struct buf *out)
{
	for (unsigned i = 0; i < c->nnotes; i++) {
		if (i)
			buf_str(out, between);
		note_place(c, p, &c->note[i], out);
		buf_char(out, ' ');
		buf_str(out, c->note[i].text);
	}
}

const char *note_word(enum note_kind kind)
{
	static const char *const word[] = { "length", "checksum", "rule", "must",
					    "bytes",  "header",   "cut",  "deep" };

	return word[kind];
}
