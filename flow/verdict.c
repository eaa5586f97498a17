/* SPDX-License-Identifier: BSD-2-Clause */
/* What a segment means for its conversation. */
#include "flow/verdict_impl.h"

#include "dissect/dissect.h"
#include "flow/impl.h"

/* Wireshark's guide: a fast retransmission comes within 20 ms of the last duplicate; and where no
 * round trip was measured, what comes within 3 ms is out of order rather than sent again. */
#define FAST_TIME 20000000
#define ORDER_TIME 3000000

/* ---- reading ---- */

static uint64_t number_of(const struct packet *p, unsigned i, uint64_t at)
{
	const struct proto *proto = p->layers[i].proto;
	const struct field *f = &proto->rec.fields[proto->segment->number];
	unsigned n = 0;
	const uint8_t *b = packet_field(p, i, f, &n);

	if (!b || n > 8)
		return at;
	return f->type->le ? bits_get_le(b, 0, n * 8) : bits_get(b, 0, n * 8);
}

void segment_read(struct flows *f, const struct packet *p, const struct flow_seen *s,
		  struct segment *g)
{
	const struct rules *r = f->rules[s->proto->id];
	unsigned i = s->layer;

	*g = (struct segment) {
		.s = s,
		.when = p->when,
		.number = p->number,
		.bits = s->proto->segment->bits,
		.n = rules_sent(p, i),
		.opens = rules_true(f, p, i, &r->opens),
		.closes = rules_true(f, p, i, &r->closes),
		.resets = rules_true(f, p, i, &r->resets),
	};
	g->plain = !g->opens && !g->closes && !g->resets;
	g->seq = (uint64_t)rules_value(f, p, i, &r->at);
	g->end = g->seq + g->n;
	if (rules_true(f, p, i, &r->takes))
		g->end += (uint64_t)rules_value(f, p, i, &r->takes);
	if (g->opens)
		g->seq = number_of(p, i, g->seq);
	g->acks = r->acks.expr && (!r->acks_if.expr || rules_true(f, p, i, &r->acks_if));
	if (g->acks)
		g->ack = (uint64_t)rules_value(f, p, i, &r->acks);
	if (r->window.expr)
		g->window = (uint64_t)rules_value(f, p, i, &r->window);
}

/* ---- windows ---- */

bool segment_shift(struct flows *f, const struct packet *p, const struct segment *g, int8_t *shift)
{
	const struct rules *r = f->rules[g->s->proto->id];
	struct view_value v;
	uint32_t from = 0;

	*shift = 0;
	if (!r->scale.name)
		return true;
	if (decode(&f->scratch, p, g->s->layer) || !alias_next(&r->scale, &f->scratch, &from, &v) ||
	    v.bytes)
		return false;
	if (v.node != NODE_NONE)
		v.num = f->scratch.v[v.node].num;
	*shift = (int8_t)(v.num > 14 ? 14 : v.num); /* RFC 7323 section 2.3 */
	return true;
}

static void read_shift(struct flows *f, const struct packet *p, const struct segment *g,
		       struct verdict_side *me)
{
	me->flags |= HAS_SHIFT;
	me->flags &= (uint8_t)~NO_SHIFT;
	if (!segment_shift(f, p, g, &me->shift))
		me->flags |= NO_SHIFT;
}

static uint64_t window_of(const struct segment *g, const struct verdict_side *me,
			  const struct verdict_side *you)
{
	bool both = (me->flags & HAS_SHIFT) && !((me->flags | you->flags) & NO_SHIFT);

	return g->opens || !both ? g->window : g->window << me->shift;
}

/* ---- what it says of the other side's bytes ---- */

static uint32_t judge_window(const struct segment *g, const struct verdict_side *me,
			     const struct verdict_side *you, uint64_t window)
{
	bool next = (me->flags & HAS_NEXT) && diff(g, g->seq, me->next) == 0;
	bool edge = (you->flags & (HAS_ACK | HAS_SHIFT)) == (HAS_ACK | HAS_SHIFT) &&
		    diff(g, g->end, you->ack + you->window) == 0;
	bool same_ack = (me->flags & HAS_ACK) && g->acks && diff(g, g->ack, me->ack) == 0;
	uint32_t m = 0;

	if (!window && g->plain)
		m |= BIT(MARK_ZERO_WINDOW);
	if (g->plain && g->n <= 1 && (me->flags & HAS_NEXT) && diff(g, g->seq, me->next) == -1)
		m |= BIT(MARK_KEEP_ALIVE);
	if (g->plain && g->n && edge)
		m |= BIT(MARK_WINDOW_FULL);
	if (g->n || !g->plain || !next || !(me->flags & HAS_ACK) || !g->acks)
		return m;
	if (!window && !me->window && (you->last & BIT(MARK_PROBE)) &&
	    (same_ack || diff(g, g->ack, me->ack) == 1))
		return m | BIT(MARK_PROBE_ACK);
	if (!window || !same_ack)
		return m;
	if (window != me->window)
		m |= BIT(MARK_WINDOW_UPDATE);
	else if (you->last & BIT(MARK_KEEP_ALIVE))
		m |= BIT(MARK_KEEP_ALIVE_ACK);
	else
		m |= BIT(MARK_DUPLICATE_ACK);
	return m;
}

static void count_repeats(const struct segment *g, struct verdict_side *me, struct verdict *v)
{
	if (v->marks & BIT(MARK_DUPLICATE_ACK)) {
		v->repeat = ++me->repeats;
		v->repeats = me->first_ack;
	}
	if (g->acks && (!(me->flags & HAS_ACK) || diff(g, g->ack, me->ack) != 0)) {
		me->first_ack = g->number;
		me->repeats = 0;
	}
}

/* What it acknowledges beyond all that was captured. */
static void judge_ack(const struct segment *g, struct verdict_side *you, struct verdict *v)
{
	if (!g->acks || !(you->flags & HAS_NEXT) || diff(g, g->ack, you->reach) <= 0)
		return;
	if ((you->last & BIT(MARK_PROBE)) && diff(g, g->ack, you->reach) == 1) {
		/* The byte of a probe was taken. */
		you->next = you->reach = g->ack;
		return;
	}
	v->marks |= BIT(MARK_ACK_UNSEEN);
	you->reach = you->next;
}

/* ---- new, early, late, again ---- */

static uint32_t judge_order(const struct segment *g, const struct verdict_conv *c,
			    const struct verdict_side *me, const struct verdict_side *you,
			    uint32_t marks)
{
	int64_t after = diff(g, g->seq, me->next);
	bool behind = after < 0 && !(g->n > 1 && after == -1);
	int64_t patience = c->first_rtt ? c->first_rtt : ORDER_TIME;

	bool known = me->flags & HAS_NEXT;

	if (g->resets)
		return 0;
	if (known && after > 0)
		return BIT(MARK_LOST);
	if ((!g->n && !g->opens && !g->closes) ||
	    (marks & (BIT(MARK_KEEP_ALIVE) | BIT(MARK_PROBE))))
		return 0;
	if (g->n && (you->flags & HAS_ACK) && diff(g, g->seq + g->n, you->ack) <= 0)
		return BIT(MARK_RETRANSMISSION) | BIT(MARK_SPURIOUS);
	if (!known || !behind)
		return 0;
	if (you->repeats >= 2 && diff(g, g->seq, you->ack) == 0 &&
	    flow_since(you->ack_at, g->when) < FAST_TIME)
		return BIT(MARK_RETRANSMISSION) | BIT(MARK_FAST);
	if (flow_since(me->moved_at, g->when) < patience && diff(g, g->end, me->next) != 0)
		return BIT(MARK_OUT_OF_ORDER);
	return BIT(MARK_RETRANSMISSION);
}

/* ---- times ---- */

static void measure(const struct segment *g, struct verdict_conv *c, struct verdict_side *me,
		    struct verdict_side *you, struct verdict *v)
{
	bool fresh = g->n && diff(g, g->end, me->next) > 0;

	if (g->opens && !g->acks) {
		c->opened = g->when;
		c->asked = g->number;
	} else if (g->plain && g->acks && c->opened && !c->first_rtt &&
		   me->state >= STATE_SYN_SENT) {
		c->first_rtt = g->when > c->opened ? flow_since(c->opened, g->when) : 0;
	}
	if (g->acks && (you->flags & HAS_TIMED) && diff(g, g->ack, you->timed) >= 0) {
		you->flags &= (uint8_t)~HAS_TIMED;
		v->rtt = flow_since(you->timed_at, g->when);
		quantile_add(&you->rtt, v->rtt);
		if (g->opens && c->opened) { /* it answers the opening; that is no service */
			v->service = v->rtt;
			v->asked = c->asked;
		}
	}
	/* What was sent twice tells nothing (Karn and Partridge, 1987). */
	if (v->marks & (BIT(MARK_RETRANSMISSION) | BIT(MARK_OUT_OF_ORDER)))
		me->flags &= (uint8_t)~HAS_TIMED;
	else if (!(me->flags & HAS_TIMED) && diff(g, g->end, g->seq) > 0) {
		me->flags |= HAS_TIMED;
		me->timed = g->end;
		me->timed_at = g->when;
	}
	if (!(me->flags & HAS_NEXT) ? !g->n : !fresh)
		return;
	if (g->s->side == 0) {
		c->asked_at = g->when;
		c->asked = g->number;
	} else if (c->asked_at) {
		v->service = flow_since(c->asked_at, g->when);
		v->asked = c->asked;
		quantile_add(&c->service, v->service);
		c->asked_at = 0;
	}
}

/* ---- all together ---- */

static void remember(const struct segment *g, struct verdict_side *me, const struct verdict *v)
{
	bool known = me->flags & HAS_NEXT, probe = v->marks & BIT(MARK_PROBE);

	if (!known && g->resets && !g->n) /* its number may be anything */
		return;
	if (!probe && (!known || diff(g, g->end, me->next) > 0)) {
		me->next = g->end;
		me->moved_at = g->when;
	}
	if (!probe && (!known || diff(g, g->seq, me->reach) == 0))
		me->reach = me->next;
	me->flags |= HAS_NEXT;
}

static void begin(const struct segment *g, struct verdict_side *me, struct verdict_side *you)
{
	if (!(me->flags & HAS_BASE) && !(g->resets && !g->acks && !g->n)) {
		me->base = g->opens ? g->seq : g->seq - 1;
		me->flags |= HAS_BASE;
	}
	if (!(you->flags & HAS_BASE) && g->acks) {
		you->base = g->ack - 1;
		you->flags |= HAS_BASE;
	}
}

static void judge(struct flows *f, const struct packet *p, const struct segment *g,
		  struct verdict_conv *c, struct verdict *v)
{
	struct verdict_side *me = &c->side[g->s->side], *you = &c->side[!g->s->side];
	uint64_t window, mask = g->bits < 64 ? (UINT64_C(1) << g->bits) - 1 : UINT64_MAX;

	begin(g, me, you);
	if (g->opens)
		read_shift(f, p, g, me);
	window = window_of(g, me, you);
	if (g->n == 1 && g->plain && (me->flags & HAS_NEXT) && (you->flags & HAS_ACK) &&
	    diff(g, g->seq, me->next) == 0 && !you->window)
		v->marks |= BIT(MARK_PROBE);
	else
		v->marks |= judge_window(g, me, you, window);
	count_repeats(g, me, v);
	judge_ack(g, you, v);
	v->marks |= judge_order(g, c, me, you, v->marks);
	measure(g, c, me, you, v);
	verdict_states(g, me, you, v);
	if (!(v->marks & BIT(MARK_UNHEEDED)))
		remember(g, me, v);
	me->window = window;
	if (g->acks) {
		me->ack = g->ack;
		me->ack_at = g->when;
		me->flags |= HAS_ACK;
	}
	me->last = v->marks;
	v->has_ack = g->acks;
	v->seq = (g->seq - me->base) & mask;
	v->ack = g->acks ? (g->ack - you->base) & mask : 0;
	v->state[0] = c->side[0].state;
	v->state[1] = c->side[1].state;
}

void verdict_packet(struct flows *f, const struct packet *p, const struct flow_seen *s,
		    const struct packet *frame, struct verdict_conv *c, struct verdict *v)
{
	struct verdict_side *me = &c->side[s->side];

	*v = (struct verdict) { .rtt = -1, .service = -1, .len = rules_sent(p, s->layer) };
	v->has_payload = v->len > 0;
	if (!me->packets && !c->side[!s->side].packets)
		c->first = c->last = p->when;
	c->first = p->when < c->first ? p->when : c->first; /* clocks go back */
	c->last = p->when > c->last ? p->when : c->last;
	me->packets++;
	me->bytes += v->len;
	me->wire += frame->wire_len;
	if (s->renewed)
		v->marks |= BIT(MARK_REUSED);
	if (s->proto->segment) {
		struct segment g;

		segment_read(f, p, s, &g);
		judge(f, p, &g, c, v);
	}
	for (unsigned m = 0; m < MARKS && v->marks >> m; m++)
		c->count[m] += v->marks >> m & 1;
}
