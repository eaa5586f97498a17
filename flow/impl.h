/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of flow/. */
#ifndef STRATA_FLOW_IMPL_H
#define STRATA_FLOW_IMPL_H

#include "core/alias.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/shape.h"
#include "core/tree.h"
#include "flow/flow.h"
#include "flow/pieces.h"
#include "flow/siphash.h"

#define FLOW_DEPTH 8   /* wholes in wholes (tunnels) that are looked into */
#define FLOW_KEY 512   /* bytes of what tells one side of a conversation */
#define FLOW_ASKED 256 /* bytes of a request that are remembered until it is answered */
#define FLOW_FROM 512  /* packets of one message that are named */

/* ---- what the descriptions say, made ready (rules.c) ---- */

struct rules {
	const struct proto *proto;
	bool addresses; /* its `flow` tells hosts: nothing below counts */
	bool fixed;     /* the fields of `flow` stand at fixed places: */
	struct {
		uint16_t byte, len;
	} end[2][FLOW_PAIRS];
	struct code at, more, first, frag_if, opens, closes, resets, acks, acks_if, takes, window;
	struct alias scale; /* name NULL: there is none */
};

/* ---- conversations (table.c) ---- */

enum flow_state {                   /* each shifted by the side */
		  SIDE_BEGUN = 1,   /* begin is known */
		  SIDE_DONE = 4,    /* its stream is over */
		  SIDE_JOINED = 16, /* its beginning was not seen */
};

struct flow {
	struct flow_id id;
	uint32_t chain, newer, older;
	uint32_t number;
	uint32_t stream;   /* 0: no data so far */
	uint32_t own;      /* what its user keeps with it; 0: it was never told */
	uint32_t begin[2]; /* the number of the first byte, its low 32 bits */
	uint16_t proto;
	uint8_t state;
	uint8_t first; /* which of the two ends, as the key has them, is side 0 */
};

struct table {
	struct pool pool; /* of struct flow */
	struct pool owns; /* of flow_opts.own bytes */
	uint32_t *head;
	uint32_t mask, n;
	uint32_t newest, oldest;
	struct budget budget;
};

/* ---- streams ---- */

struct half {          /* what one side sends */
	uint64_t base; /* number of the byte at offset 0 */
	uint64_t next; /* offset of the byte that is to come */
	uint64_t end;  /* where it closes; UINT64_MAX: not said */
	struct pieces held;
	/* Messages: */
	uint8_t *buf; /* the first bytes of the one that is not whole yet */
	uint64_t *from;
	uint64_t want; /* its length; 0: not known yet */
	uint32_t n, cap;
	uint32_t nfrom, more_from;
	uint64_t skip;   /* bytes of one that is too long, still to come */
	uint64_t effort; /* spent on its length, which is not known yet */
	uint32_t retry;  /* bytes that must be there before that is tried again */
	bool shown;      /* all that is kept was shown in its packet's own layers */
	/* For what ends without a packet: layers and bytes of the front of one. */
	uint8_t *front;
	/* Requests that were not answered, the oldest first, FLOW_ASKED bytes each: */
	uint8_t *asked;
	uint32_t asked_at, asked_n; /* the first one in the ring; how many, some not kept */
	uint16_t upper;             /* its protocol; 0: not known */
	/* The last bytes handed on, a ring; the offset of the byte after them: */
	uint8_t *past;
	uint64_t past_end;
	uint32_t past_n;
	uint8_t past_class;
	bool begun, lost; /* lost: a hole, or nonsense: wait for a segment that begins one */
	bool conflict;
};

struct stream {
	struct half half[2];
	uint32_t flow, newer, older;
	bool busy; /* its bytes are being handed on: it may not go now */
};

/* ---- datagrams ---- */

struct datagram {
	struct flow_id id;
	uint32_t chain, newer, older;
	uint32_t head; /* block: layers and bytes of the first piece; 0: not come yet */
	struct pieces set;
	uint64_t total; /* bytes; UINT64_MAX: the last piece has not come */
	/* Where pieces are counted: the number of the one that came first, how many there are,
	 * where the first and the last of the whole stand against it (INT64_MAX: not known). */
	uint64_t number;
	uint32_t count;
	int64_t lo, hi;
	uint64_t reach; /* as far as any piece reaches */
	int64_t since;
	bool conflict;
};

#define DATAGRAM_HEADS 4096u

struct whole { /* a packet being put together */
	struct packet p;
	struct buf bytes;
	struct origin origin;
	uint64_t from[FLOW_FROM];
	uint8_t first; /* layer from which on it is new */
};

struct front { /* what is needed of a packet to put another behind its headers */
	int64_t when;
	uint64_t number;
	uint32_t n; /* bytes of headers */
	uint32_t ifindex;
	uint16_t link;
	uint8_t nlayers, flags;
	struct layer layers[]; /* then the bytes */
};

struct flows {
	const struct registry *reg;
	struct flow_opts opts;
	struct flow_ops ops;
	uint64_t key[2];
	struct rules **rules; /* by protocol; NULL: it says nothing of conversations or pieces */
	bool *tracked;        /* by proto id */
	uint32_t *count;      /* conversations so far, by proto id */
	struct arena mem;
	struct table table;
	struct budget streams_budget, fragments_budget;
	struct pool blocks, streams; /* of streams_budget */
	uint32_t newest, oldest;     /* streams */
	uint8_t *spare[4];           /* buffers given back, by class */
	size_t past_spent;           /* bytes of streams_budget for what was handed on */
	struct pool pieces, datagrams;
	uint32_t dhead[DATAGRAM_HEADS];
	uint32_t dnewest, doldest;
	struct whole *whole; /* [FLOW_DEPTH + 1]: the last for the end of a stream */
	bool late;           /* that one is in use */
	struct tree tree, scratch, request;
	const struct packet *decoded; /* whose layer is in tree */
	unsigned decoded_layer;
	unsigned depth;
	struct flow_counts counts;
};

/* ---- rules.c ---- */

int rules_make(struct flows *f, struct err *e);
/* Value of an expression about layer i of p. */
int64_t rules_value(struct flows *f, const struct packet *p, unsigned i, const struct code *c);
static inline bool rules_true(struct flows *f, const struct packet *p, unsigned i,
			      const struct code *c)
{
	const struct layer *l = &p->layers[i];

	if (!c->expr)
		return false;
	return c->v ? code_true(c, p->data + l->off, l->hlen) : rules_value(f, p, i, c) != 0;
}
/* Is enough of the header of layer i there, and does it make sense? */
static inline bool rules_fit(const struct layer *l)
{
	return !(l->flags & LAYER_BAD_HEADER) &&
	       (!(l->flags & LAYER_CUT) || l->hlen >= l->proto->shape->min);
}
/* Bytes of payload of layer i as they were sent; of a packet that was cut the capture has less. */
uint32_t rules_sent(const struct packet *p, unsigned i);
/* Is layer i a piece of something larger? */
bool rules_piece(struct flows *f, const struct packet *p, unsigned i);
struct flow_key {
	struct flow_id id;
	uint8_t side;  /* which of the two ends sent it, as the key has them */
	unsigned ends; /* the layer with the addresses */
};
/* False: a field is missing, or there are too many. own: with what layer i itself says. */
bool rules_key(struct flows *f, const struct packet *p, unsigned i, struct flow_key *k);
/* The same for the pieces of one datagram. */
bool rules_fragment_key(struct flows *f, const struct packet *p, unsigned i, struct flow_id *id);

/* ---- table.c ---- */

int table_open(struct flows *f, struct err *e);
/* The conversation; 0: it is not known. */
uint32_t table_look(const struct flows *f, const struct flow_key *k);
/* The same; made if it is new. 0: memory is out. */
uint32_t table_find(struct flows *f, const struct flow_key *k, const struct proto *proto,
		    bool *fresh);
/* What its user keeps with it; zeroes at first. NULL: memory is out, or nothing is kept. */
void *table_own(struct flows *f, uint32_t at);
/* What is known of it without a packet; tell that it is forgotten, and clear what is kept with it.
 */
struct flow_seen table_seen(const struct flows *f, struct flow *w);
void table_over(struct flows *f, struct flow *w);
static inline struct flow *flow_at(const struct flows *f, uint32_t at)
{
	return pool_at(&f->table.pool, at);
}

/* Room for item n of *v, which has *cap; what is new is zeroes. False: memory is out. */
bool more_room(void *v, uint32_t n, uint32_t *cap, size_t size);

/* ---- datagram.c ---- */

/* Take the piece in layer i. *out: the whole, if it is one now; else NULL. 0; what an op returned;
 * -1: memory is out. */
int datagram_add(struct flows *f, const struct packet *p, unsigned i, struct whole **out);
/* Forget what has waited too long at the time `now`; INT64_MAX: all. */
void datagram_expire(struct flows *f, int64_t now);

/* ---- stream.c ---- */

/* Does layer i begin a conversation anew, with the ends of an old one? Then it becomes that. */
int stream_renew(struct flows *f, const struct packet *p, unsigned i, uint32_t flow, unsigned side,
		 bool *fresh);
int stream_segment(struct flows *f, const struct packet *p, unsigned i, uint32_t flow,
		   unsigned side);
/* Hand out what waits, and forget the stream. */
int stream_end(struct flows *f, uint32_t stream);
static inline bool stream_busy(const struct flows *f, uint32_t stream)
{
	return ((const struct stream *)pool_at(&f->streams, stream))->busy;
}
/* The stream used least recently makes room. False: there is none but keep. */
bool stream_room(struct flows *f, uint32_t keep);

struct arrival {                /* bytes of a stream, in order */
	const struct packet *p; /* the packet that made it so; NULL: none, the stream is given up */
	unsigned layer;
	uint32_t flow, stream;
	unsigned side; /* as the key has it */
	const uint8_t *bytes;
	uint32_t n;
	uint64_t off;
	uint64_t packet; /* whose bytes they are */
	int64_t when;
	uint64_t missing; /* before them */
	bool direct;      /* they begin with p's payload */
	bool conflict;
};

/* ---- message.c ---- */

int message_bytes(struct flows *f, struct half *h, const struct arrival *a);
void message_forget(struct flows *f, struct half *h);
/* The stream ends here: hand on a message that goes up to its end. closed: nothing is missing. */
int message_end(struct flows *f, struct half *h, const struct arrival *a, bool closed);
/* Forget what is remembered of requests, and the front. */
void message_done(struct flows *f, struct half *h);
/* Keep the front of a's packet, for the end. */
void message_front(struct flows *f, struct half *h, const struct arrival *a);
/* A buffer of class c (flow_class), counted as streams are. */
extern const uint32_t flow_class[4];
uint8_t *buffer_take(struct flows *f, unsigned c);
void buffer_give(struct flows *f, uint8_t *b, unsigned c);
/* Give back those that wait to be used again. False: there are none. */
bool buffers_free(struct flows *f);

/* ---- past.c ---- */

/* Remember n bytes that are handed on. */
void past_keep(struct flows *f, struct half *h, uint64_t off, const uint8_t *p, uint32_t n);
/* Does p[*from..*to) differ from what stood there, as far as that is known? */
bool past_differs(const struct half *h, uint64_t off, const uint8_t *p, uint32_t n, uint32_t *from,
		  uint32_t *to);
void past_done(struct flows *f, struct half *h);

/* ---- whole.c ---- */

/* The layers of p up to i that enclose each other, and the bytes before i's payload, as the front
 * of a packet to be put together. */
void whole_front(struct whole *w, const struct packet *p, unsigned i);
/* Put that front into room bytes at h, and take it out again. keep: false: it is too long. */
bool whole_keep(const struct whole *w, struct front *h, size_t room);
void whole_again(struct whole *w, const struct front *h);
/* Its bytes are there: close it, and dissect what is inside. */
int whole_close(struct flows *f, struct whole *w, uint64_t wire);
/* Tell of it, and look for conversations in it. */
int whole_tell(struct flows *f, struct whole *w);
/* A packet number more, in order. */
void whole_from(struct whole *w, uint64_t packet);

/* ---- flow.c ---- */

/* Conversations and pieces in the layers of p from `first` on, and in what they are put together
 * to. */
int flow_look(struct flows *f, const struct packet *p, unsigned first);

#endif
