/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations as a ladder diagram: the model. */
#include "flow/ladder_impl.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "dissect/report.h"
#include "flow/impl.h"

/* ---- arrows ---- */

static int add_arrow(struct ladder *l, const struct packet *p, const struct flow_seen *s,
		     const struct verdict *v, const struct asked_answer *q)
{
	struct ladder_conv *c = s->own;
	struct ladder_arrow *a;

	if (l->narrow >= l->o.most) {
		l->n.left_out += l->o.most > 0;
		return 0;
	}
	if ((!l->o.stream && label_lanes(l, p, s, c)) ||
	    !more_room(&l->arrow, l->narrow, &l->arrow_cap, sizeof(*l->arrow)))
		return -1;
	a = &l->arrow[l->narrow];
	*a = (struct ladder_arrow) { .number = p->number,
				     .when = p->when,
				     .proto = s->proto,
				     .conv = s->number,
				     .name = { c->name[s->side], c->name[!s->side] },
				     .from = c->end[s->side],
				     .to = c->end[!s->side],
				     .side = s->side,
				     .state = { v->state[s->side], v->state[!s->side] },
				     .error = q->error,
				     .marks = v->marks,
				     .repeat = v->repeat,
				     .repeats = v->repeats,
				     .answers = v->service >= 0         ? v->asked
						: q->answer || q->again ? q->number
									: 0,
				     .after = v->service >= 0 ? v->service : q->after,
				     .rtt = v->rtt,
				     .len = v->len,
				     .seq = v->seq,
				     .ack = v->ack,
				     .has_ack = v->has_ack };
	for (unsigned k = 0; k < 2; k++) {
		a->changed[k] = a->state[k] && a->state[k] != c->shown[k ^ s->side];
		c->shown[k ^ s->side] = a->state[k];
	}
	label_make(l, p, s, v);
	l->narrow++;
	return l->text.failed ? -1 : 0;
}

static bool picked(const struct ladder *l, const struct flow_seen *s)
{
	bool yes = !l->o.only;

	for (unsigned i = 0; i < l->o.nonly && !yes; i++)
		yes = l->o.only[i].proto == s->proto && l->o.only[i].number == s->number;
	return yes;
}

/* An error that quotes a packet answers the request that this was. */
static int quoted(struct ladder *l, const struct packet *p, struct asked_answer *q)
{
	for (unsigned i = p->nlayers; i-- > 0 && p->layers[i].flags & LAYER_QUOTED;) {
		struct ladder_conv *c = flows_own(l->flows, p, i);

		if (c)
			return asked_quote(l->asked, &c->asked, p, q);
	}
	return 0;
}

/* Requests and answers of datagrams. */
static int ask(struct ladder *l, const struct packet *p, const struct flow_seen *s,
	       struct verdict *v, struct asked_answer *q)
{
	struct ladder_conv *c = s->own;

	if (asked_packet(l->asked, &c->asked, p, s, q) ||
	    (!q->answer && !q->request && p->nlayers &&
	     p->layers[p->nlayers - 1].flags & LAYER_QUOTED && quoted(l, p, q)))
		return -1;
	if (q->request && q->waits)
		c->requests++;
	if (q->again) {
		v->marks |= 1u << MARK_RETRIED;
		c->v.count[MARK_RETRIED]++;
	}
	if (q->answer && q->first && q->own)
		quantile_add(&((struct ladder_conv *)q->own)->v.service, q->after);
	return 0;
}

static int on_seen(void *arg, const struct packet *p, const struct flow_seen *s)
{
	struct ladder *l = arg;
	struct ladder_conv *c = s->own;
	struct asked_answer q = { 0 };
	struct verdict v;

	if (!picked(l, s))
		return 0;
	l->n.packets++;
	if (!c->name[0][0]) {
		l->n.convs++;
		if (label_ends(l, p, s, c))
			return -1;
	}
	verdict_packet(l->flows, p, s, l->frame, &c->v, &v);
	if (!s->proto->segment && ask(l, p, s, &v, &q))
		return -1;
	return add_arrow(l, p, s, &v, &q);
}

/* A message of several segments: it is said where it was complete. */
static int on_whole(void *arg, struct packet *p)
{
	struct ladder *l = arg;
	const struct origin *o = p->origin;
	struct ladder_arrow *a = l->narrow ? &l->arrow[l->narrow - 1] : NULL;
	struct flow_seen s = { .proto = o->proto, .number = o->stream };
	int at;

	/* What only the end of all ends belongs to no packet. */
	if (!l->frame || !o->proto || !a || a->proto != o->proto || a->conv != o->stream ||
	    a->number != l->frame->number || !picked(l, &s))
		return 0;
	at = packet_layer(p, o->proto, 1);
	if (at < 0 || l->text.n - a->label > 2 * LABEL_MOST)
		return 0;
	l->text.n--;
	buf_str(&l->text, " = ");
	label_inner(l, p, (unsigned)at, l->text.n);
	buf_fmt(&l->text, " (of %u segments)", o->nfrom + o->more);
	buf_char(&l->text, '\0');
	return l->text.failed ? -1 : 0;
}

static void on_over(void *arg, const struct flow_seen *s)
{
	struct ladder *l = arg;
	struct ladder_conv *c = s->own;

	if (!c->name[0][0])
		return;
	asked_over(l->asked, &c->asked);
	if (l->o.over)
		l->o.over(l->o.arg, s, c);
}

static void mark_unanswered(struct ladder *l, uint64_t number)
{
	uint32_t lo = 0, hi = l->narrow;

	while (lo < hi) { /* packets come in order */
		uint32_t mid = lo + (hi - lo) / 2;

		if (l->arrow[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < l->narrow && l->arrow[lo].number == number; lo++)
		l->arrow[lo].marks |= 1u << MARK_UNANSWERED;
}

static void on_given(void *arg, uint64_t number, void *own)
{
	struct ladder *l = arg;
	struct ladder_conv *c = own;

	if (c)
		c->v.count[MARK_UNANSWERED]++;
	mark_unanswered(l, number);
	if (l->o.unanswered)
		l->o.unanswered(l->o.arg, number, c);
}

/* ---- in and out ---- */

struct ladder *ladder_open(const struct ladder_opts *o, struct err *e)
{
	static const struct flow_ops seen = { .seen = on_seen, .over = on_over }, whole = {
		.seen = on_seen, .over = on_over, .whole = on_whole
	};
	struct ladder *l = calloc(1, sizeof(*l));
	struct report_opts ro = { .form = REPORT_LINE };
	struct flow_opts fo = { .reg = o->reg,
				.ops = o->whole ? &whole : &seen,
				.arg = l,
				.innermost = true,
				.own = sizeof(struct ladder_conv),
				.flows_max = o->room };

	if (!l) {
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	l->o = *o;
	l->asked = asked_open(on_given, l);
	if (!l->asked)
		err_set(e, ERR_IO, "no memory");
	if (!l->asked || !(l->report = report_open(o->reg, &ro, e)) ||
	    !(l->flows = flows_open(&fo, e))) {
		ladder_close(l);
		return NULL;
	}
	return l;
}

void ladder_close(struct ladder *l)
{
	if (!l)
		return;
	flows_close(l->flows);
	asked_close(l->asked);
	report_close(l->report);
	tree_done(&l->tree);
	free(l->arrow);
	free(l->end);
	free(l->slot);
	arena_done(&l->names);
	buf_done(&l->text);
	buf_done(&l->a);
	buf_done(&l->b);
	buf_done(&l->bytes);
	free(l);
}

int ladder_packet(struct ladder *l, const struct packet *p)
{
	int rc;

	l->frame = p;
	rc = flows_packet(l->flows, p) ? -1 : 0;
	l->frame = NULL;
	return rc;
}

int ladder_finish(struct ladder *l)
{
	int rc = flows_end(l->flows) ? -1 : 0;

	asked_end(l->asked);
	return rc;
}

/* ---- what is there ---- */

const struct ladder_arrow *ladder_arrows(const struct ladder *l, uint32_t *n)
{
	*n = l->narrow;
	return l->arrow;
}

const struct ladder_end *ladder_ends(const struct ladder *l, uint32_t *n)
{
	*n = l->nend;
	return l->end;
}

const char *ladder_label(const struct ladder *l, const struct ladder_arrow *a)
{
	return l->text.p + a->label;
}

void ladder_clear(struct ladder *l)
{
	l->narrow = 0;
	l->text.n = 0;
}

void ladder_counts(const struct ladder *l, struct ladder_counts *n)
{
	*n = l->n;
	flows_counts(l->flows, &n->flows);
}

struct listed {
	struct flow_seen *v;
	uint32_t n, cap;
};

static int list_one(void *arg, const struct flow_seen *s)
{
	struct listed *w = arg;
	const struct ladder_conv *c = s->own;

	if (!c->name[0][0])
		return 0;
	if (!more_room(&w->v, w->n, &w->cap, sizeof(*w->v)))
		return -1;
	w->v[w->n++] = *s;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct flow_seen *x = a, *y = b;

	if (x->proto != y->proto)
		return x->proto->id < y->proto->id ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

int ladder_each(struct ladder *l,
		int (*fn)(void *arg, const struct flow_seen *s, const struct ladder_conv *c),
		void *arg)
{
	struct listed w = { 0 };
	int rc = flows_each(l->flows, list_one, &w);

	if (w.n)
		qsort(w.v, w.n, sizeof(*w.v), by_number);
	for (uint32_t i = 0; i < w.n && !rc; i++)
		rc = fn(arg, &w.v[i], w.v[i].own);
	free(w.v);
	return rc;
}
