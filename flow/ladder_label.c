/* SPDX-License-Identifier: BSD-2-Clause */
/* What is written on a ladder: the names of the ends, and on each arrow the summaries of the
 * descriptions. */
#include <stdlib.h>
#include <string.h>

#include "core/bits.h"
#include "dissect/report.h"
#include "flow/count.h"
#include "flow/impl.h"
#include "flow/ladder_impl.h"

/* ---- names ---- */

static void put_name(char to[LADDER_NAME], const struct buf *b)
{
	size_t n = b->n < LADDER_NAME - 1 ? b->n : LADDER_NAME - 1;

	memcpy(to, b->p ? b->p : "", n);
	to[n] = '\0';
}

int label_ends(struct ladder *l, const struct packet *p, const struct flow_seen *s,
	       struct ladder_conv *c)
{
	if (flow_ends(&l->tree, p, s, &l->a, &l->b))
		return -1;
	put_name(c->name[s->side], &l->a);
	put_name(c->name[!s->side], &l->b);
	return 0;
}

/* FNV-1a. */
static uint32_t *slot_of(const struct ladder *l, const char *name)
{
	uint32_t h = 2166136261u;

	for (const char *p = name; *p; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	while (l->slot[h & (l->slots - 1)] &&
	       strcmp(l->end[l->slot[h & (l->slots - 1)] - 1].name, name) != 0)
		h++;
	return &l->slot[h & (l->slots - 1)];
}

/* At least half of the slots stay free. */
static bool more_slots(struct ladder *l)
{
	uint32_t *old = l->slot, n = l->slots ? l->slots * 2 : 128;

	if ((l->nend + 1) * 2 <= l->slots)
		return true;
	l->slot = calloc(n, sizeof(*l->slot));
	if (!l->slot) {
		l->slot = old;
		return false;
	}
	l->slots = n;
	for (uint32_t i = 0; i < l->nend; i++)
		*slot_of(l, l->end[i].name) = i + 1;
	free(old);
	return true;
}

/* The end of that name, from 1; 0: memory is out. */
static uint32_t end_of(struct ladder *l, const char *name, size_t host)
{
	uint32_t *slot;

	if (!more_slots(l) || !more_room(&l->end, l->nend, &l->end_cap, sizeof(*l->end)))
		return 0;
	slot = slot_of(l, name);
	if (*slot)
		return *slot;
	l->end[l->nend].name = arena_strndup(&l->names, name, strlen(name));
	l->end[l->nend].host = (uint32_t)(host < LADDER_NAME ? host : LADDER_NAME - 1);
	if (!l->end[l->nend].name)
		return 0;
	*slot = ++l->nend;
	return *slot;
}

int label_lanes(struct ladder *l, const struct packet *p, const struct flow_seen *s,
		struct ladder_conv *c)
{
	struct flow_seen hosts = *s;

	if (c->end[0] && c->end[1])
		return 0;
	hosts.layer = s->ends;
	if (flow_ends(&l->tree, p, &hosts, &l->a, &l->b))
		return -1;
	c->end[s->side] = end_of(l, c->name[s->side], l->a.n);
	c->end[!s->side] = end_of(l, c->name[!s->side], l->b.n);
	return c->end[0] && c->end[1] ? 0 : -1;
}

/* ---- labels ---- */

/* Put v into a field of a copy of the header. */
static void patch(const struct packet *p, unsigned i, const struct field *f, uint64_t v)
{
	unsigned n;
	const uint8_t *at = packet_field(p, i, f, &n);
	uint8_t *to = (uint8_t *)(uintptr_t)at;

	if (!at || n > 8)
		return;
	if (f->type->le)
		bits_put_le(to, 0, n * 8, v);
	else
		bits_put(to, 0, n * 8, v);
}

/* The summary of a segment, its numbers counted from the first ones. */
static void segment_label(struct ladder *l, const struct packet *p, const struct flow_seen *s,
			  const struct verdict *v)
{
	const struct segment_rule *r = s->proto->segment;
	const struct layer *h = &p->layers[s->layer];
	struct packet q = *p;
	size_t from = l->text.n;

	l->bytes.n = 0;
	buf_put(&l->bytes, p->data, h->off + h->hlen);
	if (!l->o.absolute && !l->bytes.failed) {
		q.data = (const uint8_t *)l->bytes.p;
		q.len = (uint32_t)l->bytes.n;
		patch(&q, s->layer, &s->proto->rec.fields[r->number], v->seq);
		if (v->has_ack && r->acks->op == EX_FIELD && r->acks->local >= 0)
			patch(&q, s->layer, &s->proto->rec.fields[r->acks->local], v->ack);
	}
	if (report_layer(l->report, &q, s->layer, false, &l->text) || l->bytes.failed)
		l->text.failed = true;
	if (l->text.failed)
		return;
	/* Its name stands over the ladder. */
	from += strlen(s->proto->name);
	while (from < l->text.n && l->text.p[from] == ' ')
		from++;
	l->text.n -= from - l->arrow[l->narrow].label;
	memmove(l->text.p + l->arrow[l->narrow].label, l->text.p + from,
		l->text.n - l->arrow[l->narrow].label);
	if (v->len)
		buf_fmt(&l->text, " len=%u", v->len);
}

/* What stands inside layer i, each with its summary. True: there was something. */
bool label_inner(struct ladder *l, const struct packet *p, unsigned i, size_t from)
{
	bool any = false;

	for (unsigned k = i + 1; k < p->nlayers; k++) {
		size_t mark = l->text.n;

		if (mark > from)
			buf_str(&l->text, " / ");
		mark = l->text.n;
		l->text.failed |= report_layer(l->report, p, k, true, &l->text) < 0;
		if (l->text.n == mark)
			l->text.n = mark - (mark > from ? 3 : 0);
		else
			any = true;
	}
	return any;
}

void label_make(struct ladder *l, const struct packet *p, const struct flow_seen *s,
		const struct verdict *v)
{
	size_t from = l->text.n;

	l->arrow[l->narrow].label = (uint32_t)from;
	if (s->proto->segment)
		segment_label(l, p, s, v);
	if (!label_inner(l, p, s->layer, from) && !s->proto->segment) {
		l->text.failed |= report_layer(l->report, p, s->layer, false, &l->text) < 0;
		if (v->len)
			buf_fmt(&l->text, ", %u byte%s", v->len, v->len == 1 ? "" : "s");
	}
	if (p->origin && p->origin->nfrom > 1)
		buf_fmt(&l->text, " (of %u pieces)", p->origin->nfrom + p->origin->more);
	if (l->text.n - from > LABEL_MOST) {
		l->text.n = from + LABEL_MOST;
		buf_str(&l->text, "...");
	}
	buf_char(&l->text, '\0');
}
