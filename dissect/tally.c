/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong in many packets, counted. What a packet can add to is bounded by the descriptions,
 * whose words the rows are made of, and by a limit of rows. */
#include "dissect/tally.h"

#include <stdlib.h>
#include <string.h>

#include "core/walk.h"

#define HEADS 32768u /* of the index; a power of two above TALLY_ROWS */

struct counted {
	struct tally_row row;
	uint64_t last; /* the packet that was counted last, as tally_packet() counts */
};

struct tally {
	struct check check;
	struct counted *v;
	struct tally_row *sorted;
	unsigned n, cap;
	uint16_t head[HEADS]; /* in v, from 1; open addressing */
	uint64_t packets, left_out;
	const struct packet *now;
	struct arena mem;
	struct buf at;
};

struct tally *tally_open(struct err *e)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (!t)
		err_set(e, ERR_IO, "no memory");
	return t;
}

void tally_close(struct tally *t)
{
	if (!t)
		return;
	check_done(&t->check);
	arena_done(&t->mem);
	buf_done(&t->at);
	free(t->v);
	free(t->sorted);
	free(t);
}

static uint32_t hash(const char *kind, const char *at, const char *text)
{
	const char *const v[] = { kind, at, text };
	uint32_t h = 2166136261u;

	for (unsigned i = 0; i < 3; i++) {
		for (const char *s = v[i]; s && *s; s++)
			h = (h ^ (uint8_t)*s) * 16777619u;
		h = (h ^ 0xff) * 16777619u;
	}
	return h;
}

static struct counted *add_row(struct tally *t, uint16_t *head, const char *kind, const char *at,
			       const char *text)
{
	struct counted *c;

	if (t->n == t->cap) {
		unsigned cap = t->cap ? t->cap * 2 : 64;
		struct counted *v = realloc(t->v, cap * sizeof(*v));

		if (!v)
			return NULL;
		t->v = v;
		t->cap = cap;
	}
	c = &t->v[t->n];
	*c = (struct counted) { .row = { .kind = kind,
					 .at = arena_strndup(&t->mem, at, strlen(at)),
					 .text = arena_strndup(&t->mem, text, strlen(text)),
					 .first = t->now->number } };
	if (!c->row.at || !c->row.text)
		return NULL;
	*head = (uint16_t)++t->n;
	return c;
}

/* own: notes of other words are others. */
static int count(struct tally *t, const char *kind, const char *at, const char *text, bool own)
{
	uint32_t h = hash(kind, at, own ? text : NULL);
	struct counted *c = NULL;

	for (; t->head[h % HEADS]; h++) {
		c = &t->v[t->head[h % HEADS] - 1];
		if (!strcmp(c->row.kind, kind) && !strcmp(c->row.at, at) &&
		    (!own || !strcmp(c->row.text, text)))
			break;
		c = NULL;
	}
	if (!c && t->n == TALLY_ROWS) {
		t->left_out++;
		return 0;
	}
	if (!c && !(c = add_row(t, &t->head[h % HEADS], kind, at, text)))
		return -1;
	c->row.notes++;
	c->row.packets += c->last != t->packets;
	c->last = t->packets;
	return 0;
}

/* "dns.an.rdata": the place without which item it is. */
static const char *place(struct tally *t, unsigned layer, uint32_t node)
{
	const struct tree *tree = &t->check.tree[layer];
	const struct field *v[WALK_DEPTH + 2];
	unsigned n = 0;

	for (; node && n < WALK_DEPTH + 2; node = tree->v[node].parent) {
		if (tree->v[node].field && !(tree->v[node].flags & NODE_ITEM))
			v[n++] = tree->v[node].field;
	}
	t->at.n = 0;
	buf_str(&t->at, t->now->layers[layer].proto->name);
	while (n--) {
		buf_char(&t->at, '.');
		buf_str(&t->at, v[n]->name);
	}
	return buf_cstr(&t->at);
}

int tally_packet(struct tally *t, const struct packet *p)
{
	struct check *c = &t->check;

	t->now = p;
	t->packets++;
	if (check(c, p))
		return -1;
	for (unsigned i = 0; i < c->nnotes; i++) {
		const struct note *n = &c->note[i];

		if (count(t, note_word((enum note_kind)n->kind), place(t, n->layer, n->node),
			  n->text, n->kind == NOTE_MUST))
			return -1;
	}
	for (unsigned i = 0; i < c->nsums; i++) {
		if (c->sums[i].verdict == SUM_UNFILLED &&
		    count(t, "unfilled", place(t, c->sums[i].layer, c->sums[i].node),
			  "the network card was to fill it in", false))
			return -1;
	}
	return t->at.failed ? -1 : 0;
}

int tally_add(struct tally *t, const struct packet *p, unsigned i, const char *kind,
	      const char *text)
{
	t->now = p;
	return count(t, kind, p->layers[i].proto->name, text, false);
}

static int by_notes(const void *a, const void *b)
{
	const struct tally_row *x = a, *y = b;
	int d;

	if (x->notes != y->notes)
		return x->notes < y->notes ? 1 : -1;
	d = strcmp(x->at, y->at);
	if (!d)
		d = strcmp(x->kind, y->kind);
	return d ? d : strcmp(x->text, y->text);
}

const struct tally_row *tally_rows(struct tally *t, unsigned *n, uint64_t *left_out)
{
	*left_out = t->left_out;
	*n = 0;
	free(t->sorted);
	t->sorted = calloc(t->n + 1, sizeof(*t->sorted));
	if (!t->sorted)
		return NULL;
	*n = t->n;
	for (unsigned i = 0; i < t->n; i++)
		t->sorted[i] = t->v[i].row;
	if (t->n)
		qsort(t->sorted, t->n, sizeof(*t->sorted), by_notes);
	return t->sorted;
}
