/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations as a ladder diagram: who takes part, and an arrow for each packet with what it
 * says, what it means for its conversation and which request it answers. The model, and those who
 * draw it. */
#ifndef STRATA_FLOW_LADDER_H
#define STRATA_FLOW_LADDER_H

#include "core/buf.h"
#include "flow/asked.h"
#include "flow/verdict.h"

#define LADDER_NAME 60u /* bytes of an end's name, with its NUL; longer ones are cut */

struct ladder_conv { /* kept with each conversation */
	struct verdict_conv v;
	struct asked_list asked;
	uint32_t requests; /* of datagrams */
	uint32_t end[2];   /* in the ladder's ends, from 1; 0: none of its packets is drawn */
	uint8_t shown[2];  /* the states that were drawn last */
	char name[2][LADDER_NAME];
};

struct ladder_arrow {
	uint64_t number; /* of the packet */
	int64_t when;
	const struct proto *proto; /* of the conversation */
	uint32_t conv;
	uint32_t from, to;   /* ends */
	const char *name[2]; /* of from and to, until the next packet */
	uint8_t side;
	uint8_t state[2]; /* of from and to after it */
	bool changed[2];  /* since they were drawn last */
	bool error;       /* it answers by an error */
	uint32_t marks;   /* a bit for each enum verdict_mark */
	uint32_t repeat;  /* a duplicate acknowledgement: the how many-th, */
	uint64_t repeats; /* of the one in this packet */
	uint32_t label;   /* in the ladder's text */
	uint64_t answers; /* the packet of the request; 0: none */
	int64_t after;    /* ns after it */
	int64_t rtt;      /* ns after what it acknowledges was sent; -1 */
	uint32_t len;     /* of payload */
	uint64_t seq, ack;
	bool has_ack;
};

struct ladder_end {
	const char *name; /* "10.0.0.1:80" */
	uint32_t host;    /* bytes of it that name the host */
};

struct ladder_pick { /* a conversation, as tcp:3 names it */
	const struct proto *proto;
	uint32_t number;
};

struct ladder_opts {
	const struct registry *reg;     /* frozen */
	const struct ladder_pick *only; /* NULL: all */
	unsigned nonly;
	bool absolute; /* numbers as they are */
	bool whole;    /* messages that were put together are told, too */
	uint32_t most; /* arrows that are kept until ladder_clear(); 0: none */
	bool stream;   /* arrows are drawn as they come: no ends are kept */
	size_t room;   /* bytes for conversations; 0: FLOW_FLOWS_MAX */
	/* A conversation is forgotten for want of room. */
	void (*over)(void *arg, const struct flow_seen *s, const struct ladder_conv *c);
	/* A request goes that was never answered. c: NULL, or its conversation's. */
	void (*unanswered)(void *arg, uint64_t number, const struct ladder_conv *c);
	void *arg;
};

struct ladder;

/* NULL: e (memory). Not for two threads at a time. */
struct ladder *ladder_open(const struct ladder_opts *o, struct err *e);
void ladder_close(struct ladder *l); /* accepts NULL */
/* Take a dissected packet, in order. -1: memory is out. */
int ladder_packet(struct ladder *l, const struct packet *p);
/* No more packets: what was never answered is told. -1: memory is out. */
int ladder_finish(struct ladder *l);

/* Borrowed, until the next packet. */
const struct ladder_arrow *ladder_arrows(const struct ladder *l, uint32_t *n);
const struct ladder_end *ladder_ends(const struct ladder *l, uint32_t *n);
const char *ladder_label(const struct ladder *l, const struct ladder_arrow *a);
/* Forget the arrows: they were drawn. */
void ladder_clear(struct ladder *l);
struct ladder_counts {
	uint64_t packets;  /* of the conversations looked at */
	uint64_t left_out; /* arrows beyond the most */
	uint64_t convs;    /* conversations with packets */
	struct flow_counts flows;
};
void ladder_counts(const struct ladder *l, struct ladder_counts *n);
/* The conversations that are remembered and have packets, by protocol and number. -1: memory. */
int ladder_each(struct ladder *l,
		int (*fn)(void *arg, const struct flow_seen *s, const struct ladder_conv *c),
		void *arg);

/* ---- drawing ---- */

#define LADDER_LANES 24u /* more participants are not drawn */

struct ladder_lanes { /* who stands where: ends, or hosts where there are several conversations */
	uint32_t n, left_out;
	bool hosts;
	char name[LADDER_LANES][LADDER_NAME];
	int8_t *of; /* by end - 1; -1: not drawn */
};
/* -1: memory is out. */
int ladder_lanes(const struct ladder *l, struct ladder_lanes *out);
void ladder_lanes_done(struct ladder_lanes *w);
/* What is written on an arrow: its label, and where lanes are hosts first who of them speaks. */
void ladder_words(const struct ladder *l, const struct ladder_lanes *w,
		  const struct ladder_arrow *a, struct buf *out);
/* What stands beside an arrow: marks, which request it answers; "" where there is nothing. */
void ladder_notes(const struct ladder_arrow *a, struct buf *out);
/* 1.234 ms */
void ladder_time(int64_t ns, struct buf *out);

struct ladder_text {
	unsigned width; /* columns; 0: 100 */
	bool ascii, color;
	int64_t start; /* when time counts from */
};
/* A head of the lanes, and the arrows of this ladder as lines. */
void ladder_text_head(const struct ladder_lanes *w, const struct ladder_text *o, struct buf *out);
void ladder_text_arrow(const struct ladder *l, const struct ladder_lanes *w,
		       const struct ladder_text *o, const struct ladder_arrow *a, struct buf *out);
void ladder_svg(const struct ladder *l, const struct ladder_lanes *w, const char *title,
		struct buf *out);
void ladder_mermaid(const struct ladder *l, const struct ladder_lanes *w, struct buf *out);

#endif
