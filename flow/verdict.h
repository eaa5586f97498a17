/* SPDX-License-Identifier: BSD-2-Clause */
/* What a segment means for its conversation: is it new, sent again, early, an acknowledgement that
 * repeats itself; in which state are both sides after it; how long did an answer take. Decided from
 * what the protocol says of its segments (`segment`) and from what was seen before, wherever the
 * capture began. The words are those of RFC 9293 and of Wireshark's guide, section 7.5. */
#ifndef STRATA_FLOW_VERDICT_H
#define STRATA_FLOW_VERDICT_H

#include "flow/flow.h"
#include "flow/quantile.h"

enum verdict_mark {
	MARK_RETRANSMISSION, /* bytes (or an opening, an end) that were sent before */
	MARK_FAST,           /* because of duplicate acknowledgements, not of a timer */
	MARK_SPURIOUS,       /* and the other side had acknowledged them already */
	MARK_OUT_OF_ORDER,   /* one before it was captured after it */
	MARK_LOST,           /* one before it was not captured */
	MARK_ACK_UNSEEN,     /* it acknowledges what was not captured */
	MARK_DUPLICATE_ACK,  /* nothing new; one is missing there */
	MARK_ZERO_WINDOW,    /* no room: the other side has to wait */
	MARK_WINDOW_FULL,    /* all the room there was is used by it */
	MARK_WINDOW_UPDATE,  /* nothing but more or less room */
	MARK_KEEP_ALIVE,     /* is anybody there? */
	MARK_KEEP_ALIVE_ACK,
	MARK_PROBE, /* is there room now? */
	MARK_PROBE_ACK,
	MARK_REUSED,     /* the same ends as a conversation before */
	MARK_RESET,      /* there is no such conversation any more */
	MARK_UNHEEDED,   /* a reset whose number is not the one that is due: nobody heeds it */
	MARK_RETRIED,    /* a request that was asked before, and not answered */
	MARK_UNANSWERED, /* a request that was never answered */
	MARKS
};
extern const char *const mark_names[MARKS]; /* in words */

enum side_state {
	STATE_UNKNOWN,
	STATE_CLOSED,
	STATE_SYN_SENT,
	STATE_SYN_RECEIVED,
	STATE_ESTABLISHED,
	STATE_FIN_WAIT_1,
	STATE_FIN_WAIT_2,
	STATE_CLOSE_WAIT,
	STATE_CLOSING,
	STATE_LAST_ACK,
	STATE_TIME_WAIT,
	STATES
};
extern const char *const state_names[STATES]; /* as RFC 9293 writes them */

struct verdict_side {
	uint64_t base;  /* the number that counts as 0 */
	uint64_t next;  /* the number after all that it sent */
	uint64_t reach; /* the same, up to the first hole */
	uint64_t ack;   /* the number it waits for */
	uint64_t end;   /* the number after its last one, once it closed */
	uint64_t window;
	uint64_t timed; /* a segment whose acknowledgement is waited for: the number after it */
	int64_t timed_at, moved_at, ack_at;
	uint64_t first_ack; /* the packet that said `ack` first */
	uint32_t repeats;   /* how often it was said again */
	int8_t shift;       /* of its windows */
	uint8_t flags;
	uint8_t state;       /* enum side_state */
	uint32_t last;       /* marks of what it sent last, a bit each */
	uint64_t packets;    /* sent by it */
	uint64_t bytes;      /* of payload, of datagrams and segments */
	uint64_t wire;       /* of whole packets */
	struct quantile rtt; /* ns until what it sent was acknowledged or answered */
};

/* Kept for each conversation; all zeroes is a new one. */
struct verdict_conv {
	struct verdict_side side[2];
	int64_t opened; /* when the last opening was sent; 0: not seen */
	int64_t first_rtt;
	int64_t asked_at;        /* when side 0 last sent something new; 0: it was answered */
	uint64_t asked;          /* the packet that it was in */
	struct quantile service; /* ns from the last byte of a request to the first of its answer */
	int64_t first, last;     /* when */
	uint32_t count[MARKS];   /* packets */
};

struct verdict {
	uint32_t marks;   /* a bit each */
	uint32_t repeat;  /* DUPLICATE_ACK: the how many-th, */
	uint64_t repeats; /* of the one in this packet */
	uint8_t state[2]; /* after it, of both sides */
	bool has_ack;
	bool has_payload;
	uint64_t seq, ack; /* relative to the first ones */
	uint32_t len;      /* of payload, as it was sent */
	int64_t rtt;       /* ns since the segment that it acknowledges; -1 */
	int64_t service;   /* ns since the request that it begins to answer; -1 */
	uint64_t asked;    /* the packet that this was in */
};

/* Judge a packet of a conversation of f, as ops->seen tells of it, and count it in c. frame: what
 * the packet was captured in, whose bytes count. */
void verdict_packet(struct flows *f, const struct packet *p, const struct flow_seen *s,
		    const struct packet *frame, struct verdict_conv *c, struct verdict *v);

#endif
