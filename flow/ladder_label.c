/* SPDX-License-Identifier: BSD-2-Clause */
/* What is written on an arrow: the summaries of the descriptions. */
#include <string.h>

#include "core/bits.h"
#include "dissect/report.h"
#include "flow/ladder_impl.h"

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
