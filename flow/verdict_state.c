/* SPDX-License-Identifier: BSD-2-Clause */
/* The states of both sides of a conversation, decided from what is seen (RFC 9293 section 3.3.2):
 * of who sends a segment at once, of who gets it as if it arrived. */
#include "flow/verdict_impl.h"

const char *const mark_names[MARKS] = {
	[MARK_RETRANSMISSION] = "retransmission",
	[MARK_FAST] = "fast",
	[MARK_SPURIOUS] = "spurious",
	[MARK_OUT_OF_ORDER] = "out of order",
	[MARK_LOST] = "lost before",
	[MARK_ACK_UNSEEN] = "acks unseen",
	[MARK_DUPLICATE_ACK] = "duplicate ack",
	[MARK_ZERO_WINDOW] = "zero window",
	[MARK_WINDOW_FULL] = "window full",
	[MARK_WINDOW_UPDATE] = "window update",
	[MARK_KEEP_ALIVE] = "keep-alive",
	[MARK_KEEP_ALIVE_ACK] = "keep-alive ack",
	[MARK_PROBE] = "zero window probe",
	[MARK_PROBE_ACK] = "zero window probe ack",
	[MARK_REUSED] = "port reused",
	[MARK_RESET] = "reset",
	[MARK_UNHEEDED] = "unheeded",
	[MARK_RETRIED] = "asked again",
	[MARK_UNANSWERED] = "unanswered",
};

const char *const state_names[STATES] = {
	[STATE_UNKNOWN] = "",
	[STATE_CLOSED] = "CLOSED",
	[STATE_SYN_SENT] = "SYN-SENT",
	[STATE_SYN_RECEIVED] = "SYN-RECEIVED",
	[STATE_ESTABLISHED] = "ESTABLISHED",
	[STATE_FIN_WAIT_1] = "FIN-WAIT-1",
	[STATE_FIN_WAIT_2] = "FIN-WAIT-2",
	[STATE_CLOSE_WAIT] = "CLOSE-WAIT",
	[STATE_CLOSING] = "CLOSING",
	[STATE_LAST_ACK] = "LAST-ACK",
	[STATE_TIME_WAIT] = "TIME-WAIT",
};

static bool covers(const struct segment *g, const struct verdict_side *w)
{
	return (w->flags & HAS_END) && g->acks && diff(g, g->ack, w->end) >= 0;
}

/* Does a reset count: its number is the one that is due, or it answers the opening? */
static bool heeded(const struct segment *g, const struct verdict_side *me,
		   const struct verdict_side *you)
{
	if (you->state == STATE_SYN_SENT)
		return g->acks && diff(g, g->ack, you->next) == 0;
	if (!(you->flags & HAS_ACK))
		return true;
	return diff(g, g->seq, you->ack) >= 0 &&
	       (diff(g, g->seq, you->ack) == 0 || !(me->flags & HAS_NEXT) ||
		diff(g, g->seq, me->next) <= 0);
}

/* Who sent a closing segment, and who got it. */
static void close_states(struct verdict_side *me, struct verdict_side *you)
{
	if (me->state == STATE_CLOSE_WAIT)
		me->state = STATE_LAST_ACK;
	else if (me->state <= STATE_ESTABLISHED)
		me->state = STATE_FIN_WAIT_1;
	if (you->state == STATE_FIN_WAIT_1)
		you->state = STATE_CLOSING;
	else if (you->state == STATE_FIN_WAIT_2)
		you->state = STATE_TIME_WAIT;
	else if (you->state <= STATE_ESTABLISHED)
		you->state = STATE_CLOSE_WAIT;
}

static void ack_states(const struct segment *g, struct verdict_side *me, struct verdict_side *you)
{
	if (me->state == STATE_UNKNOWN || me->state == STATE_SYN_SENT)
		me->state = STATE_ESTABLISHED;
	if (you->state == STATE_UNKNOWN ||
	    (you->state == STATE_SYN_RECEIVED && diff(g, g->ack, you->next) == 0))
		you->state = STATE_ESTABLISHED;
	if (!covers(g, you))
		return;
	if (you->state == STATE_FIN_WAIT_1)
		you->state = STATE_FIN_WAIT_2;
	else if (you->state == STATE_CLOSING)
		you->state = STATE_TIME_WAIT;
	else if (you->state == STATE_LAST_ACK)
		you->state = STATE_CLOSED;
}

void verdict_states(const struct segment *g, struct verdict_side *me, struct verdict_side *you,
		    struct verdict *v)
{
	if (g->resets) {
		v->marks |= BIT(MARK_RESET);
		if (heeded(g, me, you))
			me->state = you->state = STATE_CLOSED;
		else
			v->marks |= BIT(MARK_UNHEEDED);
		return;
	}
	if (g->opens) {
		if (g->acks && me->state < STATE_ESTABLISHED)
			me->state = STATE_SYN_RECEIVED;
		else if (me->state <= STATE_CLOSED)
			me->state = STATE_SYN_SENT;
		if (g->acks && you->state <= STATE_SYN_RECEIVED && (you->flags & HAS_NEXT))
			you->state = STATE_ESTABLISHED;
		return;
	}
	if (g->acks)
		ack_states(g, me, you);
	if (g->closes) {
		me->flags |= HAS_END;
		me->end = g->end;
		close_states(me, you);
	}
}
