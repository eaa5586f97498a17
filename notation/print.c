/* SPDX-License-Identifier: BSD-2-Clause */
/* A dissected packet as text that rebuilds it: layers, what stands between and behind them, and the
 * ladder from the shortest text to plain bytes. */
#include "notation/printer.h"

#include <stdlib.h>

#define TRIES 40 /* layers go down the rungs one by one at first, then together */

/* Work is counted in characters of text, which are printed, read and built again; a field and a
 * layer cost as much as some. What a packet may spend keeps it under a millisecond for each 1,500
 * bytes. */
#define WORK_FIELD 40
#define WORK_LAYER 100
#define WORK_FREE 20480
#define WORK_A_BYTE 24
#define FIELDS_MOST 2 /* times what is allowed */

struct printer *printer_open(const struct registry *reg)
{
	struct printer *pr = calloc(1, sizeof(*pr));

	if (pr)
		pr->reg = reg;
	return pr;
}

void printer_close(struct printer *pr)
{
	if (!pr)
		return;
	for (unsigned i = 0; i < PACKET_LAYERS; i++) {
		tree_done(&pr->layer[i].tree);
		free(pr->layer[i].mode);
		free(pr->layer[i].where);
	}
	plan_done(&pr->plan);
	build_done(&pr->build);
	buf_done(&pr->text);
	buf_done(&pr->tmp);
	arena_done(&pr->mem);
	free(pr);
}

enum print_rung printer_rung(const struct printer *pr)
{
	return pr->rung;
}

static int make_modes(struct print_layer *l)
{
	if (l->tree.n > l->cap) {
		uint32_t cap = l->tree.n * 2;
		uint8_t *mode = realloc(l->mode, cap);
		uint32_t *where;

		if (mode)
			l->mode = mode;
		where = realloc(l->where, cap * sizeof(*where));
		if (where)
			l->where = where;
		if (!mode || !where)
			return -1;
		l->cap = cap;
	}
	memset(l->mode, 0, l->tree.n);
	return 0;
}

/* Where the fields before the payload really end, and whether they are all there. */
static void measure(struct print_layer *l, const struct layer *from)
{
	const struct tree *t = &l->tree;
	uint32_t end = t->off * 8;
	bool cut = (from->flags | t->lflags) & LAYER_CUT;

	for (uint32_t k = 1; k < t->n; k++) {
		const struct node *n = &t->v[k];

		cut |= n->flags & NODE_CUT;
		if (n->parent == 0 && n->field && !n->field->after && n->bit + n->bits > end)
			end = n->bit + n->bits;
	}
	l->body = t->off + t->hlen;
	if (end % 8 == 0 && end / 8 < l->body)
		l->body = end / 8;
	if (cut)
		l->how = LAYER_HEX;
}

static int find_parent(const struct printer *pr, unsigned i)
{
	const struct layer *l = pr->pkt->layers;
	int p = (int)i - 1;

	while (p >= 0 && (l[i].off < l[p].off + l[p].hlen || l[i].end > l[p].end - l[p].tail ||
			  l[i].off >= l[p].end))
		p = pr->layer[p].parent;
	return p;
}

/* A packet whose layers do not lie inside one another cannot be told by layers. */
static bool is_sane(const struct packet *pkt)
{
	for (unsigned i = 0; i < pkt->nlayers; i++) {
		const struct layer *l = &pkt->layers[i];

		if (!l->proto || l->end > pkt->len || l->off > l->end ||
		    l->hlen > l->end - l->off || l->tail > l->end - l->off - l->hlen)
			return false;
	}
	return pkt->nlayers == 0 || (pkt->layers[0].off == 0 &&
				     (pkt->layers[0].tail == 0 || pkt->layers[0].end == pkt->len));
}

static int load(struct printer *pr, const struct packet *pkt, unsigned flags)
{
	pr->pkt = pkt;
	pr->flags = flags;
	pr->n = is_sane(pkt) ? pkt->nlayers : 0;
	arena_reset(&pr->mem);
	for (unsigned i = 0; i < pr->n; i++) {
		struct print_layer *l = &pr->layer[i];

		if (decode(&l->tree, pkt, i) || make_modes(l))
			return -1;
		l->all = 0;
		l->level = RUNG_SHORT;
		l->names = 0;
		l->step = 0;
		l->said = false;
		l->how = LAYER_SHORT;
		l->parent = find_parent(pr, i);
		measure(l, &pkt->layers[i]);
	}
	return 0;
}

/* ---- one try ---- */

static void hide_inner(struct printer *pr)
{
	for (unsigned i = 0; i < pr->n; i++) {
		struct print_layer *l = &pr->layer[i];
		const struct print_layer *p = l->parent < 0 ? NULL : &pr->layer[l->parent];

		l->hidden = p && (p->hidden || p->how == LAYER_HEX);
		l->inner = l->body;
	}
}

/* The first layer inside i that is printed as one, which building takes for its selector. */
static const struct proto *upper_of(const struct printer *pr, unsigned i)
{
	for (unsigned k = i + 1; k < pr->n; k++) {
		if (pr->layer[k].parent == (int)i && pr->layer[k].how != LAYER_HEX)
			return pr->layer[k].tree.proto;
	}
	return NULL;
}

static int last_inside(const struct printer *pr, unsigned i)
{
	int last = -1;

	for (unsigned k = i + 1; k < pr->n; k++) {
		if (pr->layer[k].parent == (int)i)
			last = (int)k;
	}
	return last;
}

/* The separator before the next piece, which stands in layer `in`. */
static void separate(struct printer *pr, int in, int what)
{
	if (pr->nseq)
		buf_str(&pr->text, in == pr->seq[pr->nseq - 1] ? " / " : " + ");
	if (pr->nseq < PLAN_LAYERS) {
		pr->seq[pr->nseq] = (int16_t)what;
		pr->in[pr->nseq++] = (int16_t)in;
	}
}

static void bytes_piece(struct printer *pr, int in, uint32_t from, uint32_t to, bool hex)
{
	separate(pr, in, -1);
	if (hex)
		print_hex(pr->pkt->data + from, to - from, &pr->text);
	else
		print_payload(pr->pkt->data + from, to - from, &pr->text);
}

static uint32_t payload_end(const struct printer *pr, unsigned i)
{
	const struct tree *t = &pr->layer[i].tree;

	return i == 0 && !t->tail ? pr->pkt->len : t->end - t->tail;
}

static void print_one(struct printer *pr, unsigned i)
{
	struct print_layer *l = &pr->layer[i];
	struct print_layer *p = l->parent < 0 ? NULL : &pr->layer[l->parent];
	const struct tree *t = &l->tree;
	uint32_t end = payload_end(pr, i);
	int last = last_inside(pr, i);

	if (p && p->inner < t->off)
		bytes_piece(pr, l->parent, p->inner, t->off, false);
	if (p)
		p->inner = t->end;
	if (l->how == LAYER_HEX) {
		l->at = pr->text.n;
		if (i == 0 || t->end > t->off)
			bytes_piece(pr, l->parent, t->off, i == 0 ? pr->pkt->len : t->end, true);
		return;
	}
	separate(pr, l->parent, (int)i);
	l->at = pr->text.n;
	buf_str(&pr->text, t->proto->name);
	memset(l->where, 0, t->n * sizeof(*l->where));
	print_selectors(pr, i, upper_of(pr, i));
	print_fields(pr, i, &pr->text);
	if (last >= 0 && pr->layer[last].tree.end < end) {
		uint32_t from = pr->layer[last].tree.end;

		buf_str(&pr->text, " trailer=");
		print_hex(pr->pkt->data + from, end - from, &pr->text);
	}
	l->size = pr->text.n - l->at;
	if (last < 0 && l->body < end)
		bytes_piece(pr, (int)i, l->body, end, false);
}

static void print_prefixes(struct printer *pr)
{
	const struct packet *pkt = pr->pkt;
	bool named = pr->n && pr->layer[0].how != LAYER_HEX;
	int link = named ? registry_link(pr->reg, pr->layer[0].tree.proto) : -1;

	if ((link < 0 ? LINK_NONE : link) != pkt->link)
		buf_fmt(&pr->text, "link=%u ", pkt->link);
	if (pkt->wire_len != pkt->len)
		buf_fmt(&pr->text, "wire=%u ", pkt->wire_len);
}

static void print_try(struct printer *pr)
{
	pr->text.n = 0;
	pr->nseq = 0;
	hide_inner(pr);
	print_prefixes(pr);
	for (unsigned i = 0; i < pr->n; i++) {
		if (!pr->layer[i].hidden)
			print_one(pr, i);
	}
}

/* The last rung: always right. */
static void print_bytes(struct printer *pr)
{
	pr->n = 0;
	pr->text.n = 0;
	print_prefixes(pr);
	print_hex(pr->pkt->data, pr->pkt->len, &pr->text);
	pr->rung = RUNG_PACKET;
}

static uint64_t allowance(const struct printer *pr)
{
	return WORK_FREE + (uint64_t)WORK_A_BYTE * pr->pkt->len;
}

bool print_is_spent(const struct printer *pr)
{
	return pr->work > allowance(pr);
}

uint64_t printer_work(const struct printer *pr)
{
	return pr->work;
}

static uint64_t work_of(const struct printer *pr)
{
	uint64_t n = pr->text.n;

	for (unsigned i = 0; i < pr->n; i++) {
		if (pr->layer[i].hidden)
			continue;
		n += WORK_LAYER;
		if (pr->layer[i].level < RUNG_FIELD)
			n += (uint64_t)pr->layer[i].tree.n * WORK_FIELD;
	}
	return n;
}

bool print_is_long(const struct printer *pr)
{
	return pr->text.n > allowance(pr) / 2;
}

/* The lists of a layer as hex:. False: there are none. */
static bool hex_lists(struct print_layer *l)
{
	const struct tree *t = &l->tree;
	bool some = false;

	for (uint32_t k = tree_first(t, 0); k != NODE_NONE; k = tree_sibling(t, k)) {
		const struct node *n = &t->v[k];

		if (n->next == k + 1 || n->bit % 8 || n->bits % 8 || (l->mode[k] & MODE_HEX))
			continue;
		l->mode[k] |= MODE_HEX;
		some = true;
	}
	return some;
}

/* Layers of so many fields that to build them once is out of proportion to the packet (items of a
 * byte, each of several fields) have their lists as hex: from the beginning. */
static void thin_out(struct printer *pr)
{
	for (unsigned i = 0; i < pr->n; i++) {
		struct print_layer *l = &pr->layer[i];

		if (!l->hidden && l->how != LAYER_HEX &&
		    (uint64_t)l->tree.n * WORK_FIELD > FIELDS_MOST * allowance(pr) && hex_lists(l))
			l->level = RUNG_FIELD;
	}
}

/* Of a text too long to be read back at all (it was not even printed to its end): where a layer is
 * longer than its bytes allow, its lists become hex:, or it. False: there is nothing to shorten. */
static bool shorten(struct printer *pr)
{
	bool some = false;

	for (unsigned i = 0; i < pr->n; i++) {
		struct print_layer *l = &pr->layer[i];
		bool here;

		if (l->hidden || l->how == LAYER_HEX ||
		    l->size <= WORK_A_BYTE / 2 * (size_t)(l->body - l->tree.off))
			continue;
		here = hex_lists(l);
		l->level = here ? RUNG_FIELD : RUNG_LAYER;
		l->how = here ? l->how : LAYER_HEX;
		some = true;
	}
	return some;
}

static void print_packet(struct printer *pr)
{
	pr->work = 0;
	thin_out(pr);
	for (pr->tries = 0; pr->n && pr->tries < TRIES; pr->tries++) {
		print_try(pr);
		pr->work += work_of(pr);
		if (pr->work > 2 * allowance(pr) && pr->tries)
			break;
		if (print_is_long(pr)) {
			if (!shorten(pr))
				break;
			continue;
		}
		pr->rung = RUNG_SHORT;
		for (unsigned k = 0; k < pr->n; k++) {
			enum print_rung r =
				pr->layer[k].how == LAYER_HEX ? RUNG_LAYER : pr->layer[k].level;

			if (!pr->layer[k].hidden && r > pr->rung)
				pr->rung = r;
		}
		if (pr->text.failed)
			return;
		if (print_check(pr)) {
			if (pr->layer[0].how == LAYER_HEX)
				pr->rung = RUNG_PACKET;
			return;
		}
		if (pr->text.failed)
			return;
	}
	print_bytes(pr);
}

int print_expr(struct printer *pr, const struct packet *pkt, unsigned flags, struct buf *out)
{
	if (load(pr, pkt, flags)) {
		out->failed = true;
		return -1;
	}
	print_packet(pr);
	out->failed |= pr->text.failed;
	buf_put(out, pr->text.p, pr->text.n);
	return out->failed ? -1 : 0;
}
