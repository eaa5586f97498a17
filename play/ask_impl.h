/* SPDX-License-Identifier: BSD-2-Clause */
/* What ask.c (the run), ask_hear.c (recognising answers) and ask_conn.c (ordinary sockets) share.
 */
#ifndef STRATA_PLAY_ASK_IMPL_H
#define STRATA_PLAY_ASK_IMPL_H

#include "capture/source.h"
#include "craft/pace.h"
#include "craft/template.h"
#include "play/ask.h"
#include "play/hush.h"

#define FLIGHT 1024 /* probes that wait at a time */
#define EARS 8      /* interfaces listened on */

struct probe { /* a packet that waits for its answer */
	uint64_t number;
	unsigned attempt, answers;
	uint8_t *data;
	uint32_t cap;
	struct packet pkt;
	struct sent sent;
	struct hop hop;   /* a copy: it outlives the sender's memory of it */
	int64_t deadline; /* monotonic ns */
	bool waiting;
};

struct ear {
	int index;
	struct source *source;
};

struct asking {
	struct plan *plan;
	const struct ask_opts *o;
	struct ask_stats *st;
	struct sender *sender;
	struct aim *aim;
	struct template *tmpl;
	struct hush own_hush, *hush; /* hush: own_hush, or the caller's */
	struct pace pace;
	struct ear ear[EARS];
	unsigned nears;
	struct probe *probe;  /* FLIGHT of them, a ring */
	unsigned first, n;    /* oldest, how many are in use */
	struct later later;   /* probes whose neighbour is being asked for */
	uint64_t total, next; /* packets of the run (UINT64_MAX: until stopped); the next one */
	int64_t timeout;
	int64_t due; /* monotonic ns of the next packet; -1: not asked for yet */
	struct tree scratch;
	struct buf why;
	bool ready, end, unguarded;
};

static inline bool ask_stopped(const struct asking *a)
{
	return (a->o->stop && *a->o->stop) || (a->o->deadline && clock_mono() >= a->o->deadline);
}

/* Not after the run's own deadline. */
static inline int64_t ask_until(const struct asking *a, int64_t until)
{
	return a->o->deadline && a->o->deadline < until ? a->o->deadline : until;
}

/* Tell the caller; sets a->end when it has enough. */
void ask_tell(struct asking *a, struct ask_result *r);
/* A packet came in: does it answer a probe that waits? */
void ask_judge(struct asking *a, struct packet *reply);
/* Does a reply fit opts.expect? why: appended when not. */
bool ask_expected(struct asking *a, const struct packet *reply, struct buf *why);
/* Does the answer come from where the request went? */
bool ask_final(struct asking *a, const struct packet *request, const struct packet *reply);
/* Tell what the builder noted; why the packet can have no answer. */
void ask_notes(struct asking *a, const struct build *b);
/* Count an answer and tell it. */
void ask_answer(struct asking *a, struct probe *p, struct packet *reply, int64_t rtt);
/* The whole run through ordinary sockets. */
int ask_conn(struct asking *a, struct err *e);

#endif
