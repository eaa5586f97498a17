/* SPDX-License-Identifier: BSD-2-Clause */
/* What react.c (rules and packets), react_send.c (ways out), react_reply.c (answers by the rules of
 * the descriptions) and react_guard.c (the kernel kept quiet) share. */
#ifndef STRATA_PLAY_REACT_IMPL_H
#define STRATA_PLAY_REACT_IMPL_H

#include "core/stop.h"
#include "craft/aim.h"
#include "dissect/filter.h"
#include "play/command.h"
#include "play/fill.h"
#include "play/hush.h"
#include "play/react.h"

struct replier;

struct doing {
	enum react_do what;
	struct fill *fill;            /* SEND */
	struct aim *aim;              /* SEND, where the plan stays */
	bool whole;                   /* nothing is left to the routing table */
	struct replier *by;           /* REPLY */
	struct command_text *command; /* RUN */
};

struct reacting {
	struct plan pattern;
	const struct proto *proto;
	bool asked; /* no pattern: what asks something */
	bool aside;
	unsigned skip;
	struct doing act[REACT_ACTS];
	unsigned n;
};

/* Where a protocol's pair of ends stands; looked up once. */
struct ends_of {
	const struct proto *proto;
	const struct field *src, *dst;
};

#define OWN_SEEN 1024

struct react {
	const struct react_opts *o;
	struct reacting rule[REACT_RULES];
	unsigned n;
	struct sender *sender;
	const struct hop *hop; /* of the interface; NULL: answers are handed over */
	struct tx *tx;         /* NULL: the loopback, or a dry run */
	struct hush hush;
	struct filter_work work;
	struct tree scratch;
	struct buf words, none; /* of a program; for nothing */
	struct tree asked;
	struct ends_of net[4], link[4], port[4];
	uint16_t guarded; /* the last port that was asked for, of `number` */
	int number;
	uint64_t answers, delivered;
	struct react_counts counts;
	uint64_t own[OWN_SEEN]; /* on the loopback: what we sent comes back */
	uint64_t queued;        /* since the last flush */
	int64_t second;         /* of the last answer, and how many were in it */
	unsigned in_second;
	bool told_failed, told_unguarded;
};

void react_tell(struct react *r, enum react_event event, const struct packet *p, const char *why);

/* ---- react_send.c ---- */

int react_ways_open(struct react *r, struct err *e);
void react_ways_close(struct react *r);
/* Aim what is sent, ask careful.h. */
int react_aim(struct react *r, struct doing *d, struct err *e);
/* 1: it could not be done (e); -1: e. */
int react_send(struct react *r, struct doing *d, const struct packet *p, struct err *e);
/* Send a packet that was made from p, the way p came. */
int react_back(struct react *r, const struct packet *p, const struct packet *answer, struct err *e);
bool react_own(const struct react *r, const struct packet *p);
bool react_loops(const struct react *r);              /* on the loopback */
const struct iface *react_dev(const struct react *r); /* NULL: answers are handed over */
/* The first layer of p with network addresses; LAYER_NONE. */
int react_net(struct react *r, const struct packet *p, const struct ends_of **x);
/* What a protocol's ends of a kind are, looked up once in a while; src NULL: it has none. */
const struct ends_of *react_ends(struct ends_of v[4], const struct proto *p, enum end_kind kind);

/* ---- react_reply.c ---- */

struct replier *replier_open(const struct react_opts *o, const char *sets, struct err *e);
void replier_close(struct replier *a);
/* Does p ask something, in a layer of proto (NULL: in any)? */
bool replier_asks(struct react *r, const struct packet *p, const struct proto *proto);
/* The answer to p, dissected; borrowed until the next call. 0; 1: e; -1: e. */
int replier_answer(struct replier *a, struct react *r, const struct packet *p,
		   const struct packet **answer, struct err *e);

/* ---- react_shape.c ---- */

/* Answers of the shapes that were met, as packets with holes: what reply rules make of a question
 * is found out once. */
struct shapes;
struct shapes *shapes_open(const struct react_opts *o, const char *sets);
void shapes_close(struct shapes *s); /* accepts NULL */
/* The answer to p, borrowed until the next call; NULL: it is to be made. */
const struct packet *shapes_answer(struct shapes *s, struct react *r, const struct packet *p);
/* What was made of p, after shapes_answer had none. */
void shapes_learn(struct shapes *s, struct react *r, const struct packet *p,
		  const struct packet *answer);

/* ---- react_guard.c ---- */

/* Reserve the ports that packets that fit are sent to. */
void react_guard(struct react *r, const struct reacting *x);
/* And the one that an answer comes from. */
void react_guard_answer(struct react *r, const struct packet *answer);

#endif
