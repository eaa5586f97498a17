/* SPDX-License-Identifier: BSD-2-Clause */
/* Replaying: which bytes of a recorded packet leave, by which way, and when. */
#include "play/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "play/careful.h"
#include "play/segment.h"

#define AHEAD 50000.0    /* ns, of a gap in which other things are done */
#define ANSWER 5000000ll /* ns for a neighbour to answer */
#define ASKED 256        /* neighbours that are asked for at a time, before the first packet */

struct replay {
	struct replay_opts o;
	struct sender *sender[REPLAY_WAYS];
	struct pace pace;
	struct tree tree;
	struct packet part;       /* of a packet whose link header is made anew: what is in it */
	uint8_t *room;            /* a packet that is filled up */
	unsigned way;             /* that the last packet took */
	int checked[REPLAY_WAYS]; /* interface that careful.h was asked about */
	const struct iface *dev;
	int64_t last; /* time of the last packet that had one */
	uint64_t padded, rehopped, cut, parts;
	struct segmenter *segmenter;
	struct err refused; /* why a part could not leave */
	int part_rc;
	bool ahead;
	const struct hop *hop; /* of the parts */
	struct {
		struct addr dst;
		unsigned way;
	} asked[ASKED];
	unsigned nasked;
};

struct replay *replay_open(const struct replay_opts *o, struct err *e)
{
	struct sender_opts so = { .reg = o->reg,
				  .way = o->way,
				  .watch = o->watch,
				  .watch_ctx = o->watch_ctx,
				  .direct = o->direct,
				  .neigh_timeout = o->patience,
				  .stop = o->stop,
				  .mtu_hint = o->segment ? NULL : "; --segment mtu cuts it up" };
	unsigned ways = o->ifname[1] ? 2 : 1;
	bool all = true;
	struct replay *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	r->o = *o;
	pace_init(&r->pace, o->rate);
	r->room = o->pad ? malloc(PACKET_MAX) : NULL;
	if (o->pad && !r->room) {
		err_set(e, ERR_IO, "out of memory");
		all = false;
	}
	if (all && o->segment)
		all = (r->segmenter = segmenter_open(o->reg, e)) != NULL;
	for (unsigned k = 0; k < ways && all; k++) {
		so.ifname = o->ifname[k];
		r->sender[k] = sender_open(&so, e);
		all = r->sender[k] != NULL;
	}
	if (all)
		return r;
	replay_close(r);
	return NULL;
}

void replay_close(struct replay *r)
{
	if (!r)
		return;
	for (unsigned k = 0; k < REPLAY_WAYS; k++)
		sender_close(r->sender[k]);
	segmenter_close(r->segmenter);
	tree_done(&r->tree);
	free(r->room);
	free(r);
}

static bool stopped(const struct replay *r)
{
	return r->o.stop && *r->o.stop;
}

/* ---- what leaves, and by which way ---- */

/* All of it that there was: as it is, or filled up. */
static int whole(struct replay *r, struct packet *p, struct err *e)
{
	if (p->len == p->wire_len)
		return 0;
	if (!r->o.pad || p->wire_len > PACKET_MAX) {
		err_set(e, ERR_IO,
			"only a part of its bytes was captured (--pad puts zeros in place of the "
			"rest)");
		return REPLAY_NOT;
	}
	memcpy(r->room, p->data, p->len);
	memset(r->room + p->len, 0, p->wire_len - p->len);
	p->data = r->room;
	p->len = p->wire_len;
	r->padded++;
	return 0;
}

/* The outermost layer with network addresses, and all in it, as a packet of its own. */
static bool inner(struct replay *r, const struct packet *p, unsigned at)
{
	const struct layer *l = &p->layers[at];
	struct packet *q = &r->part;

	if (l->flags & LAYER_QUOTED)
		return false;
	*q = packet_part(p, at, LINK_RAW);
	dissect_with(r->o.reg, q, &r->tree);
	return q->nlayers && q->layers[0].proto == l->proto;
}

/* As it is, by the interface that was said. */
static int as_it_is(struct replay *r, unsigned way, const struct packet **out,
		    const struct hop **hop, struct err *e)
{
	const struct packet *p = *out;

	*hop = sender_hop(r->sender[way], NULL, NULL, HOP_ANY, e);
	if (!*hop)
		return REPLAY_ERROR;
	if (p->link == (*hop)->route.dev.link)
		return 0;
	err_set(e, ERR_IO,
		"%s takes frames of link type %u, this one is of link type %u, and nothing "
		"in it can be sent with another header",
		(*hop)->route.dev.name, (*hop)->route.dev.link, p->link);
	return REPLAY_NOT;
}

/* As it is, by the interface that was said: *hop. Or to *dst, with a new link header: *out is what
 * leaves, and *hop NULL. *out borrows from p, or is p. enum replay_result. */
static int where_to(struct replay *r, unsigned way, const struct packet **out,
		    const struct hop **hop, struct addr *dst, struct err *e)
{
	const struct packet *p = *out;
	struct packet q = *p;
	struct addr src;
	int at;

	if (r->o.ifname[way] && !r->o.hop) {
		*hop = sender_hop(r->sender[way], NULL, NULL, HOP_ANY, e);
		if (!*hop)
			return REPLAY_ERROR;
		if (p->link == (*hop)->route.dev.link)
			return 0;
	}
	dissect_with(r->o.reg, &q, &r->tree);
	at = packet_ends(&q, &r->tree, &src, dst);
	if (at < 0 || !dst->family || addr_zero(dst) || !inner(r, &q, (unsigned)at)) {
		if (r->o.ifname[way])
			return as_it_is(r, way, out, hop, e);
		err_set(e, ERR_IO, "it names no destination to look up: -i IF sends it as it is");
		return REPLAY_NOT;
	}
	*hop = NULL;
	*out = &r->part;
	return REPLAY_SENT;
}

/* What leaves, and how. As where_to. */
static int find_way(struct replay *r, unsigned way, const struct packet **out,
		    const struct hop **hop, struct err *e)
{
	struct addr dst;
	int64_t before;
	int rc = where_to(r, way, out, hop, &dst, e);

	if (rc || *hop)
		return rc;
	before = clock_mono();
	*hop = sender_hop(r->sender[way], &dst, NULL, HOP_ONCE, e);
	/* No burst makes up for a neighbour that was long in answering. */
	if (clock_mono() - before > ANSWER)
		pace_waited(&r->pace, clock_mono() - before);
	if (!*hop)
		return stopped(r) ? REPLAY_STOPPED : REPLAY_NOT;
	r->rehopped++;
	return 0;
}

/* Who has answered, or was silent for long enough, is asked no more; and wait for the others. */
static void ask_on(struct replay *r)
{
	unsigned left = 0;

	for (unsigned i = 0; i < r->nasked; i++) {
		struct sender *s = r->sender[r->asked[i].way];
		struct err no = { 0 };

		if (!sender_hop(s, &r->asked[i].dst, NULL, HOP_SOON, &no) && sender_pending(s))
			r->asked[left++] = r->asked[i];
	}
	r->nasked = left;
	if (left)
		sender_nap(r->sender[r->asked[0].way]);
}

int replay_meet(struct replay *r, const struct packet *p, unsigned way, struct err *e)
{
	const struct hop *hop = NULL;
	struct err no = { 0 };
	struct addr dst;
	int rc;

	if (p->len < p->wire_len && !r->o.pad)
		return 0;
	rc = where_to(r, way, &p, &hop, &dst, &no);
	if (rc == REPLAY_ERROR)
		return err_set(e, no.code, "%s", no.msg);
	if (rc || hop || sender_hop(r->sender[way], &dst, NULL, HOP_SOON, &no) ||
	    !sender_pending(r->sender[way]))
		return 0;
	for (unsigned i = 0; i < r->nasked; i++)
		if (r->asked[i].way == way && addr_eq(&r->asked[i].dst, &dst))
			return 0;
	while (r->nasked == ASKED && !stopped(r))
		ask_on(r);
	if (r->nasked < ASKED) {
		r->asked[r->nasked].dst = dst;
		r->asked[r->nasked++].way = way;
	}
	return 0;
}

void replay_met(struct replay *r)
{
	while (r->nasked && !stopped(r))
		ask_on(r);
	r->nasked = 0;
}

static int careful(struct replay *r, unsigned way, const struct hop *h, struct err *e)
{
	struct careful_facts f = { .dev = &h->route.dev, .rate = r->o.rate, .replay = true };
	char why[240];

	if (r->o.i_may || r->o.dry || r->checked[way] == h->route.dev.index)
		return 0;
	if (careful_check(&f, why) != CAREFUL_FINE)
		return err_set(e, ERR_USAGE, "%s", why);
	r->checked[way] = h->route.dev.index;
	return 0;
}

/* ---- when ---- */

/* REPLAY_STOPPED, or 0: it is due. *waited: frames that were queued have left. */
static int wait_for(struct replay *r, const struct packet *p, bool *waited, struct err *e)
{
	int64_t due;

	if (!(p->flags & PACKET_NO_TIME))
		r->last = p->when;
	due = pace_next(&r->pace, r->last);
	*waited = due > clock_mono();
	if (!*waited) {
		pace_late(&r->pace, due);
		return stopped(r) ? REPLAY_STOPPED : 0;
	}
	if (replay_flush(r, e))
		return REPLAY_ERROR;
	return pace_wait(&r->pace, due, r->o.stop) ? 0 : REPLAY_STOPPED;
}

/* What left by the other way is on its wire first. */
static int change_way(struct replay *r, unsigned way, struct err *e)
{
	unsigned before = r->way;

	r->way = way;
	return before == way ? 0 : sender_flush(r->sender[before], e);
}

/* ---- in parts ---- */

static int emit(void *ctx, const struct packet *part)
{
	struct replay *r = ctx;

	pace_bytes(&r->pace, part->len);
	r->parts++;
	r->part_rc = r->o.dry ? 0 : sender_queue(r->sender[r->way], r->hop, part, &r->refused);
	return r->part_rc;
}

/* Bytes that may leave at a time. */
static uint32_t most(struct replay *r, const struct hop *hop, const struct packet *p)
{
	uint32_t fits = sender_most(hop, p), front;

	if (!r->o.segment)
		return UINT32_MAX;
	front = r->o.segment < fits && p->len > r->o.segment ? segment_front(r->segmenter, p) : 0;
	if (r->o.segment < fits && r->o.segment + front < fits)
		return r->o.segment + front;
	return fits;
}

bool replay_cuts(struct replay *r, const struct packet *p, unsigned way)
{
	const struct hop *hop = NULL;
	struct addr dst;
	struct err no = { 0 };

	if (!r->o.segment || where_to(r, way, &p, &hop, &dst, &no))
		return false;
	if (!hop)
		hop = sender_hop(r->sender[way], &dst, NULL, HOP_ANY, &no);
	return hop && p->len > most(r, hop, p);
}

/* enum replay_result */
static int in_parts(struct replay *r, const struct hop *hop, const struct packet *p, uint32_t room,
		    struct err *e)
{
	char why[200];
	int n;

	r->hop = hop;
	r->part_rc = 0;
	err_clear(&r->refused);
	n = segment(r->segmenter, p, room, emit, r, e);
	if (n > 0 && !r->part_rc) {
		r->cut++;
		return REPLAY_SENT;
	}
	if (n > 0) {
		*e = r->refused;
		return r->part_rc < 0 ? REPLAY_ERROR : REPLAY_NOT;
	}
	snprintf(why, sizeof(why), "%.190s", e->msg);
	err_clear(e);
	err_set(e, ERR_IO, "longer than an MTU lets pass (%u bytes), and cannot be cut up: %s",
		room, why);
	return n < 0 ? REPLAY_ERROR : REPLAY_NOT;
}

int replay_packet(struct replay *r, const struct packet *p, unsigned way, struct err *e)
{
	struct packet copy = *p;
	const struct packet *out = &copy;
	const struct hop *hop = NULL;
	uint32_t room;
	bool waited;
	int rc = whole(r, &copy, e);

	/* All that takes its time comes before the wait. */
	if (rc == 0)
		rc = find_way(r, way, &out, &hop, e);
	if (rc == 0 && careful(r, way, hop, e))
		rc = REPLAY_ERROR;
	if (rc)
		return rc;
	room = most(r, hop, out);
	rc = wait_for(r, p, &waited, e);
	if (rc)
		return rc;
	r->ahead = waited || !r->dev; /* the first one is never late */
	r->dev = &hop->route.dev;
	if (!r->o.dry && change_way(r, way, e))
		return REPLAY_ERROR;
	if (out->len > room) {
		rc = in_parts(r, hop, out, room, e);
	} else {
		pace_bytes(&r->pace, out->len);
		rc = r->o.dry ? 0 : sender_queue(r->sender[way], hop, out, e);
		rc = rc < 0 ? REPLAY_ERROR : rc ? REPLAY_NOT : REPLAY_SENT;
	}
	if (rc)
		return rc;
	return waited && replay_flush(r, e) ? REPLAY_ERROR : REPLAY_SENT;
}

int replay_flush(struct replay *r, struct err *e)
{
	int rc = 0;

	for (unsigned k = 0; k < REPLAY_WAYS && !rc; k++)
		rc = r->sender[k] ? sender_flush(r->sender[k], e) : 0;
	pace_done(&r->pace);
	return rc;
}

bool replay_ahead(const struct replay *r, const struct packet *p)
{
	const struct rate *rate = &r->o.rate;
	double gap = rate->form == RATE_TIMES     ? (double)(p->when - r->last) / rate->value
		     : rate->form == RATE_PACKETS ? 1e9 / rate->value
		     : rate->form == RATE_BITS    ? 8e9 * p->len / rate->value
						  : 0;

	return r->ahead && gap > AHEAD;
}

void replay_again(struct replay *r)
{
	pace_again(&r->pace);
}

const struct iface *replay_iface(struct replay *r, unsigned way, struct err *e)
{
	const struct hop *h = sender_hop(r->sender[way], NULL, NULL, HOP_ANY, e);

	return h ? &h->route.dev : NULL;
}

const struct iface *replay_dev(const struct replay *r)
{
	return r->dev;
}

void replay_counts(const struct replay *r, struct replay_counts *c)
{
	*c = (struct replay_counts) { .pace = &r->pace,
				      .padded = r->padded,
				      .rehopped = r->rehopped,
				      .cut = r->cut,
				      .parts = r->parts };
	c->way = sender_way(r->sender[0]);
	sender_counts(r->sender[0], &c->tx);
	c->ways[0] = c->tx;
	if (!r->sender[1])
		return;
	sender_counts(r->sender[1], &c->ways[1]);
	if (!c->way)
		c->way = sender_way(r->sender[1]);
	c->tx.sent += c->ways[1].sent;
	c->tx.bytes += c->ways[1].bytes;
	if (!c->tx.failed) {
		c->tx.first = c->ways[1].first;
		memcpy(c->tx.why, c->ways[1].why, sizeof(c->tx.why));
	}
	c->tx.failed += c->ways[1].failed;
}
