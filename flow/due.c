/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of segments, held against what their receivers wait for. */
#include "flow/due.h"

#include "flow/impl.h"
#include "flow/verdict_impl.h"

/* So far behind what is waited for a segment may be late; and as far ahead of the window there may
 * be bytes that were not captured. */
#define LATE 65536
#define AHEAD (1 << 20)
/* An acknowledgement that was sent before a reset may be captured after it: ns. */
#define REORDER 1000000
#define SHIFT_MOST 14 /* RFC 7323 section 2.3 */

enum side_known { KNOWS_NEXT = 1, KNOWS_ACK = 2, KNOWS_STRAY = 4 };
enum conv_state {
	CONV_RESET = 1, /* by side 0; by side 1 twice that */
	CONV_OVER = 4,  /* one side has closed: an opening opens another conversation */
	CONV_ASKED = 8, /* somebody would open what is open */
};
#define CONV_RESETS (CONV_RESET | CONV_RESET << 1)

/* Both sides were seen. */
static bool is_known(const struct due_conv *c)
{
	const uint8_t all = KNOWS_NEXT | KNOWS_ACK;

	return (c->side[0].flags & c->side[1].flags & all) == all;
}

static bool is_open(const struct due_conv *c)
{
	return is_known(c) && !(c->state & (CONV_OVER | CONV_RESETS));
}

/* ---- what its receiver takes ---- */

static bool outside(const struct segment *g, const struct due_side *me, const struct due_side *you)
{
	int64_t room = diff(g, you->edge, you->ack), late = room > LATE ? room : LATE;
	int64_t spare = g->n || g->closes ? AHEAD : 0;

	if (diff(g, g->seq, you->ack) < -late)
		return true;
	if (diff(g, g->seq, me->next) <= spare)
		return false;
	/* No stack resets with a number beyond all that it sent, be there room for it or not. */
	return g->resets || diff(g, g->seq, you->edge) > spare;
}

/* Does a reset end the conversation? One that is late does not. */
static bool heeded(const struct segment *g, const struct due_side *you)
{
	return diff(g, g->seq, you->ack) >= 0;
}

/* Is this something that its sender did not send before a reset of its own? */
static bool goes_on(const struct segment *g, const struct due_conv *c, const struct due_side *me)
{
	int64_t beyond = diff(g, g->end, c->reset);

	if (g->n && beyond > 0 && beyond <= AHEAD && diff(g, g->seq, me->next) >= 0)
		return true;
	return g->acks && (me->flags & KNOWS_ACK) && diff(g, g->ack, me->ack) > 0 &&
	       diff(g, g->ack, me->ack) <= AHEAD && flow_since(c->reset_at, g->when) > REORDER;
}

/* ---- what it says itself ---- */

static void move(const struct segment *g, struct due_side *me)
{
	if (!(me->flags & KNOWS_NEXT) || diff(g, g->end, me->next) > 0)
		me->next = g->end;
	me->flags |= KNOWS_NEXT;
	me->flags &= (uint8_t)~KNOWS_STRAY;
}

static void acknowledge(const struct segment *g, struct due_side *me)
{
	int shift = g->opens ? 0 : me->shift < 0 ? SHIFT_MOST : me->shift;
	uint64_t edge = g->ack + (g->window << shift);

	if (!g->acks)
		return;
	if (!(me->flags & KNOWS_ACK) || diff(g, g->ack, me->ack) > 0)
		me->ack = g->ack;
	if (!(me->flags & KNOWS_ACK) || diff(g, edge, me->edge) > 0)
		me->edge = edge;
	me->flags |= KNOWS_ACK;
}

/* A conversation that opens. */
static void open_side(struct flows *f, const struct packet *p, const struct segment *g,
		      struct due_conv *c)
{
	struct due_side *me = &c->side[g->s->side], *you = &c->side[!g->s->side];

	if (!segment_shift(f, p, g, &me->shift))
		me->shift = you->shift = 0;
	move(g, me);
	acknowledge(g, me);
}

/* What is seen from the middle on says nothing of shifts. */
static void begin(struct due_conv *c)
{
	if (!(c->side[0].flags | c->side[1].flags))
		c->side[0].shift = c->side[1].shift = -1;
}

/* ---- all together ---- */

static enum due judge_opening(struct flows *f, const struct packet *p, const struct segment *g,
			      const struct due_conv *before, struct due_conv *c)
{
	if (g->s->renewed && is_open(before)) {
		*c = *before;
		c->asked = g->end;
		c->state |= CONV_ASKED;
		return DUE_OUTSIDE;
	}
	if (g->acks && (c->state & CONV_ASKED) && diff(g, g->ack, c->asked) == 0) {
		/* It was taken: another conversation. */
		*c = (struct due_conv) { 0 };
		begin(c);
		c->side[!g->s->side].next = g->ack;
		c->side[!g->s->side].flags = KNOWS_NEXT;
	} else if (is_open(c) && outside(g, &c->side[g->s->side], &c->side[!g->s->side])) {
		return DUE_OUTSIDE;
	}
	if (!is_open(c))
		open_side(f, p, g, c);
	return DUE_FINE;
}

static enum due judge_reset(const struct segment *g, struct due_conv *c)
{
	struct due_side *me = &c->side[g->s->side], *you = &c->side[!g->s->side];

	if (!is_known(c))
		return DUE_FINE;
	if (outside(g, me, you))
		return DUE_OUTSIDE;
	if (!is_open(c) || !heeded(g, you))
		return DUE_FINE;
	c->state |= (uint8_t)(CONV_RESET << g->s->side);
	c->reset = g->seq;
	c->reset_packet = g->number;
	c->reset_at = g->when;
	return DUE_FINE;
}

/* Two segments of a side, one behind the other, at another place: what was between was not
 * captured.
 */
static void follow(const struct segment *g, struct due_side *me, struct due_side *you)
{
	uint64_t room = you->edge - you->ack;

	me->next = you->ack = g->seq;
	you->edge = you->ack + room;
}

static enum due judge_other(const struct segment *g, struct due_conv *c, uint64_t *cause)
{
	struct due_side *me = &c->side[g->s->side], *you = &c->side[!g->s->side];
	enum due due = DUE_FINE;

	if ((c->state & CONV_RESET << g->s->side) && goes_on(g, c, me)) {
		c->state &= (uint8_t)~CONV_RESETS;
		*cause = c->reset_packet;
		due = DUE_AFTER_RESET;
	} else if (is_open(c) && outside(g, me, you)) {
		if (!g->n)
			return DUE_FINE;
		if (!(me->flags & KNOWS_STRAY) || diff(g, g->seq, me->stray) != 0) {
			me->stray = g->end;
			me->flags |= KNOWS_STRAY;
			return DUE_OUTSIDE;
		}
		follow(g, me, you);
	}
	move(g, me);
	acknowledge(g, me);
	if (g->closes)
		c->state |= CONV_OVER;
	return due;
}

enum due due_segment(struct flows *f, const struct packet *p, const struct flow_seen *s,
		     const struct due_conv *before, struct due_conv *c, uint64_t *cause)
{
	struct segment g;

	segment_read(f, p, s, &g);
	begin(c);
	if (g.resets)
		return judge_reset(&g, c);
	return g.opens ? judge_opening(f, p, &g, before, c) : judge_other(&g, c, cause);
}
