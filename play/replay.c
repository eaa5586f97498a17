/* SPDX-License-Identifier: BSD-2-Clause */
/* Replaying: when a recorded packet leaves, and in which parts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "play/careful.h"
#include "play/replay_impl.h"

#define AHEAD 50000.0 /* ns, of a gap in which other things are done */

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

/* ---- what leaves ---- */

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
		return replay_stopped(r) ? REPLAY_STOPPED : 0;
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

	if (!r->o.segment || replay_where(r, way, &p, &hop, &dst, &no))
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
		rc = replay_way(r, way, &out, &hop, e);
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
