/* SPDX-License-Identifier: BSD-2-Clause */
/* What ask.c (the run), ask_flight.c (the probes that wait), ask_hear.c (recognising answers) and
 * ask_conn.c (ordinary sockets) share. */
#ifndef STRATA_PLAY_ASK_IMPL_H
#define STRATA_PLAY_ASK_IMPL_H

#include "core/stop.h"
#include "capture/source.h"
#include "craft/pace.h"
#include "craft/template.h"
#include "dissect/answers.h"
#include "play/ask.h"
#include "play/hush.h"

#define FLIGHT 8192 /* probes that wait at a time */
#define EARS 8      /* interfaces listened on */
#define ASK_KEYS 5

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
	uint32_t key; /* the same for it and its answers (ask_key); 0: any packet may be one */
	/* Places in the flight: of those that wait, and of those with such a key. */
	unsigned next, prev, like, unlike;
};

/* The two ends that a protocol speaks of. */
struct ends {
	const struct proto *proto;
	const struct field *src, *dst;
	enum { ENDS_NONE, ENDS_NET, ENDS_PORT, ENDS_LINK } what;
	bool swapped; /* in every answer */
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
	struct flight *flight;
	struct probe *burst[SENDER_BURST]; /* they leave together, at the next ask_flush */
	unsigned nburst;
	double credit; /* questions that may leave at top speed before there are answers */
	int64_t credit_at;
	struct ends ends[8];
	unsigned nends;
	struct later later;   /* probes whose neighbour is being asked for */
	uint64_t total, next; /* packets of the run (UINT64_MAX: until stopped); the next one */
	int64_t timeout;
	int64_t due; /* monotonic ns of the next packet; -1: not asked for yet */
	struct tree scratch;
	struct answers_work work;
	struct buf why;
	bool ready, end, unguarded, fastest;
};

static inline bool ask_stopped(const struct asking *a)
{
	return stop_asked(a->o->stop) || (a->o->deadline && clock_mono() >= a->o->deadline);
}

/* Not after the run's own deadline. */
static inline int64_t ask_until(const struct asking *a, int64_t until)
{
	return a->o->deadline && a->o->deadline < until ? a->o->deadline : until;
}

/* A full flight takes no more. Not thread-safe. NULL: no memory. */
struct flight *flight_open(void);
void flight_close(struct flight *f);
bool flight_full(const struct flight *f);
unsigned flight_waiting(const struct flight *f);
struct probe *flight_take(struct flight *f); /* NULL: it is full */
void flight_drop(struct flight *f, struct probe *p);
/* It waits from now on, behind all others; its deadline is the latest. */
void flight_wait(struct flight *f, struct probe *p);
void flight_land(struct flight *f, struct probe *p); /* it waits no more */
/* Those that wait, by their deadlines; those with this key, by the time they were sent (after: NULL
 * for the first). NULL: no more. */
struct probe *flight_first(struct flight *f);
struct probe *flight_last(struct flight *f);
struct probe *flight_next(struct flight *f, const struct probe *p);
struct probe *flight_like(struct flight *f, uint32_t key, const struct probe *after);
/* What a request and all its answers have in common: addresses and ports, as far as every answer
 * exchanges them. 0: nothing is sure. Both are dissected. */
uint32_t ask_key(struct asking *a, const struct packet *request);
/* The keys of requests that a packet may answer, how many. *any: it may answer others, too. */
unsigned ask_keys(struct asking *a, const struct packet *reply, uint32_t key[ASK_KEYS], bool *any);

/* The outermost network addresses, where they are found without decoding. */
bool ask_sender(struct asking *a, const struct packet *p, const uint8_t **src, const uint8_t **dst,
		unsigned *n);

/* A probe of packet i, dissected, that is not sent yet. NULL: e. */
struct probe *ask_probe(struct asking *a, uint64_t i, const struct packet *pkt, struct err *e);
/* It leaves with the next burst, at ask_flush at the latest, and waits from then on. What cannot be
 * sent is told. -1: it can never leave, or it is the only one (e). */
int ask_send(struct asking *a, struct probe *p, struct err *e);
int ask_flush(struct asking *a, struct err *e);
void ask_failed(struct asking *a, uint64_t probe, const struct probe *p, const char *why);
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
