/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams of bytes out of segments, in order: what came too early waits, what came again is
 * dropped, what never came is told as missing once the receiver has acknowledged it, the stream
 * ends, or there is no more room to wait. Numbers wrap; offsets, of 64 bits, do not. */
#include "flow/impl.h"

#include <string.h>

#include "core/bits.h"
#include "dissect/dissect.h"

static struct stream *stream_at(const struct flows *f, uint32_t at)
{
	return pool_at(&f->streams, at);
}

/* Where number v stands against the byte that is to come: a difference, small either way. */
static int64_t ahead(const struct rules *r, const struct half *h, uint64_t v)
{
	return sign_extend(v - (h->base + h->next), r->proto->segment->bits);
}

/* ---- ages ---- */

static void unlink_age(struct flows *f, uint32_t at)
{
	struct stream *s = stream_at(f, at);

	*(s->newer ? &stream_at(f, s->newer)->older : &f->newest) = s->older;
	*(s->older ? &stream_at(f, s->older)->newer : &f->oldest) = s->newer;
}

static void link_newest(struct flows *f, uint32_t at)
{
	struct stream *s = stream_at(f, at);

	s->newer = 0;
	s->older = f->newest;
	*(s->older ? &stream_at(f, s->older)->newer : &f->oldest) = at;
	f->newest = at;
}

bool stream_room(struct flows *f, uint32_t keep)
{
	uint32_t at = f->oldest;

	while (at && (at == keep || stream_at(f, at)->busy))
		at = stream_at(f, at)->newer;
	if (!at)
		return false;
	/* It may go on: as one that is joined in the middle. */
	flow_at(f, stream_at(f, at)->flow)->state &= (uint8_t) ~(SIDE_BEGUN | SIDE_BEGUN << 1);
	return stream_end(f, at) == 0;
}

static uint32_t stream_new(struct flows *f, uint32_t flow)
{
	uint32_t at;

	while (!(at = pool_take(&f->streams))) {
		if (!stream_room(f, 0))
			return 0;
	}
	*stream_at(f, at) = (struct stream) { .flow = flow };
	stream_at(f, at)->half[0].end = stream_at(f, at)->half[1].end = UINT64_MAX;
	link_newest(f, at);
	flow_at(f, flow)->stream = at;
	return at;
}

/* ---- bytes in order ---- */

static int hand_on(struct flows *f, struct half *h, const struct arrival *a)
{
	const struct flow *w = flow_at(f, a->flow);
	const struct proto *proto = registry_at(f->reg, w->proto - 1u);
	int rc = 0;

	if (a->missing) {
		f->counts.gaps++;
		f->counts.missing += a->missing;
	}
	past_keep(f, h, a->off, a->bytes, a->n);
	if (f->ops.data && (!f->opts.follow || *f->opts.follow == w->number)) {
		struct flow_data d = { .proto = proto,
				       .number = w->number,
				       .side = (uint8_t)(a->side != w->first),
				       .conflict = a->conflict,
				       .off = a->off,
				       .missing = a->missing,
				       .p = a->bytes,
				       .n = a->n,
				       .packet = a->packet,
				       .when = a->when };
		rc = f->ops.data(f->opts.arg, &d);
	}
	if (!rc && f->ops.whole && a->p)
		rc = message_bytes(f, h, a);
	return rc;
}

/* Hand on the pieces that are in turn; with skip_hole, the first one in any case. */
static int drain(struct flows *f, struct half *h, struct arrival a, bool skip_hole)
{
	int rc = 0;

	a.direct = false;
	while (h->held.first && !rc) {
		uint8_t bytes[PIECE_MAX];
		struct piece *c = piece_at(&f->blocks, h->held.first);

		if (c->off > h->next && !skip_hole)
			break;
		a.missing = c->off - h->next;
		a.off = c->off;
		a.packet = c->packet;
		a.when = c->when;
		a.conflict = c->conflict;
		a.n = c->len;
		/* What is told of them may give this block away. */
		memcpy(bytes, piece_bytes(c), c->len);
		a.bytes = bytes;
		h->next = c->off + c->len;
		pieces_drop_first(&f->blocks, &h->held);
		rc = hand_on(f, h, &a);
		skip_hole = false;
	}
	return rc;
}

/* All that waits, whatever is missing. */
static int flush(struct flows *f, struct half *h, struct arrival a)
{
	int rc = 0;

	while (h->held.first && !rc)
		rc = drain(f, h, a, true);
	return rc;
}

/* What waits, and a message that only the end of the stream ends, behind the headers that were
 * kept for this. One stream at a time: another that makes room meanwhile tells of bytes only. */
static int end_half(struct flows *f, struct half *h, struct arrival a)
{
	struct whole *w = &f->whole[FLOW_DEPTH];
	bool late = f->late;
	int rc;

	if (h->front && !late) {
		whole_again(w, (const struct front *)(const void *)h->front);
		if (!w->bytes.failed) {
			w->p.data = (const uint8_t *)w->bytes.p;
			w->p.len = w->p.wire_len = (uint32_t)w->bytes.n;
			a.p = &w->p;
			a.layer = w->first - 1u;
			a.packet = w->p.number;
			f->late = true;
		}
	}
	rc = flush(f, h, a);
	if (!rc)
		rc = message_end(f, h, &a, h->end != UINT64_MAX && h->next >= h->end);
	f->late = late;
	return rc;
}

int stream_end(struct flows *f, uint32_t at)
{
	struct stream *s = stream_at(f, at);
	struct arrival a = { .flow = s->flow, .stream = at };
	int rc = 0;

	s->busy = true;
	for (a.side = 0; a.side < 2; a.side++) {
		struct half *h = &s->half[a.side];

		if (!rc)
			rc = end_half(f, h, a);
		pieces_clear(&f->blocks, &h->held);
	}
	for (unsigned side = 0; side < 2; side++) {
		message_done(f, &s->half[side]);
		past_done(f, &s->half[side]);
	}
	flow_at(f, s->flow)->stream = 0;
	unlink_age(f, at);
	pool_give(&f->streams, at);
	return rc;
}

/* Packet a says bytes[from..to) at `off` otherwise than another did. */
static int clash(struct flows *f, struct half *h, const struct arrival *a, uint64_t off,
		 uint32_t from, uint32_t to)
{
	const struct flow *w = flow_at(f, a->flow);
	struct flow_data d = { .proto = registry_at(f->reg, w->proto - 1u),
			       .number = w->number,
			       .side = (uint8_t)(a->side != w->first),
			       .conflict = true,
			       .off = off + from,
			       .p = a->bytes + from,
			       .n = to - from,
			       .packet = a->packet,
			       .when = a->when };

	f->counts.conflicts++;
	h->conflict |= h->n > 0;
	if (!f->ops.clash || (f->opts.follow && *f->opts.follow != w->number))
		return 0;
	return f->ops.clash(f->opts.arg, a->p, a->layer, &d);
}

/* n bytes came before. A lone byte before the one that is to come is a probe, and may be anything
 * (RFC 9293 section 3.8.4). */
static int again(struct flows *f, struct half *h, const struct arrival *a, int64_t diff, uint32_t n)
{
	uint64_t back = (uint64_t)-diff, before = back > h->next ? back - h->next : 0;
	uint32_t from, to, skip = before < n ? (uint32_t)before : n;

	f->counts.again += n;
	if ((back == 1 && a->n == 1) ||
	    !past_differs(h, h->next - back + skip, a->bytes + skip, n - skip, &from, &to))
		return 0;
	return clash(f, h, a, h->next - back, from + skip, to + skip);
}

/* Bytes that are too early wait. */
static int hold(struct flows *f, struct half *h, const struct arrival *a)
{
	struct piece_from o = { a->packet, a->when, f->opts.overlap };
	int rc;

	message_front(f, h, a);
	while ((rc = pieces_add(&f->blocks, &h->held, a->off, a->bytes, a->n, &o)) < 0) {
		if (stream_room(f, a->stream))
			continue;
		if (!h->held.first)
			return 0; /* not even room for this one: as if it had never come */
		rc = drain(f, h, *a, true);
		if (rc)
			return rc;
		if (a->off + a->n <= h->next)
			return 0;
	}
	return rc > 0 ? clash(f, h, a, a->off, 0, a->n) : 0;
}

static int arrive(struct flows *f, struct half *h, struct arrival *a, int64_t diff)
{
	int rc = 0;

	if (diff < 0) { /* a first part, or all of it, was here before */
		uint64_t old = (uint64_t)-diff < a->n ? (uint64_t)-diff : a->n;

		rc = again(f, h, a, diff, (uint32_t)old);
		if (rc)
			return rc;
		a->bytes += old;
		a->n -= (uint32_t)old;
		a->direct = a->direct && !old;
		diff = 0;
	}
	if (!a->n)
		return 0;
	a->off = h->next + (uint64_t)diff;
	if (diff > 0)
		return hold(f, h, a);
	if (h->held.first) { /* up to the first one that waits directly, the rest against those */
		struct piece *c = piece_at(&f->blocks, h->held.first);

		if (c->off - h->next < a->n) {
			rc = hold(f, h, a);
			return rc ? rc : drain(f, h, *a, false);
		}
	}
	h->next += a->n;
	rc = hand_on(f, h, a);
	return rc ? rc : drain(f, h, *a, false);
}

/* ---- segments ---- */

/* What the other side has got and the capture has not will not come any more. */
static int acknowledged(struct flows *f, const struct rules *r, struct arrival a, uint64_t number)
{
	struct half *h = &stream_at(f, a.stream)->half[!a.side];
	int rc = 0;

	a.side = !a.side;
	while (h->held.first && !rc) {
		const struct piece *c = piece_at(&f->blocks, h->held.first);

		if (ahead(r, h, number) <= (int64_t)(c->off - h->next))
			break;
		rc = drain(f, h, a, true);
	}
	return rc;
}

/* A stream that is joined in the middle begins with its first segment. */
static int join(struct flow *w, const struct rules *r, struct flows *f, const struct packet *p,
		unsigned i, unsigned side)
{
	uint32_t from, to;

	if (w->state & SIDE_BEGUN << side)
		return 0;
	if (!packet_payload(p, i, &from, &to) && rules_true(f, p, i, &r->resets))
		return 0; /* its number may be 0 */
	w->begin[side] = (uint32_t)rules_value(f, p, i, &r->at);
	w->state |= (uint8_t)((SIDE_BEGUN | SIDE_JOINED) << side);
	return 0;
}

int stream_renew(struct flows *f, const struct packet *p, unsigned i, uint32_t flow, unsigned side,
		 bool *fresh)
{
	const struct rules *r = f->rules[p->layers[i].proto->id];
	struct flow *w = flow_at(f, flow);
	uint32_t at;
	int rc = 0;

	if (!rules_true(f, p, i, &r->opens))
		return join(w, r, f, p, i, side);
	at = (uint32_t)rules_value(f, p, i, &r->at);
	/* Who was in the middle of something already is not opening that now. */
	if ((w->state & SIDE_BEGUN << side ? w->begin[side] != at
					   : (w->state & SIDE_JOINED << !side) != 0) &&
	    !rules_true(f, p, i, &r->acks_if)) {
		if (w->stream)
			rc = stream_end(f, w->stream);
		table_over(f, w);
		w->number = f->count[w->proto]++;
		w->state = 0;
		w->first = (uint8_t)side;
		f->counts.flows++;
		*fresh = true;
	}
	w->begin[side] = at;
	w->state |= (uint8_t)(SIDE_BEGUN << side);
	return rc;
}

static void begin_half(struct flow *w, struct half *h, unsigned side, uint64_t at)
{
	h->begun = true;
	/* begin has the low bits alone. */
	h->base = at - (uint64_t)(int64_t)(int32_t)((uint32_t)at - w->begin[side]);
}

/* Both sides are over: what comes now came before. */
static int close_if_done(struct flows *f, const struct arrival *a, struct half *h)
{
	struct flow *w = flow_at(f, a->flow);
	int rc = 0;

	if (h->end != UINT64_MAX && h->next >= h->end) {
		w->state |= (uint8_t)(SIDE_DONE << a->side);
		rc = message_end(f, h, a, true);
	}
	if (!rc && (w->state & SIDE_DONE) && (w->state & SIDE_DONE << 1))
		return stream_end(f, w->stream);
	return rc;
}

static int with_stream(struct flows *f, const struct packet *p, unsigned i, struct arrival *a,
		       uint64_t at)
{
	const struct rules *r = f->rules[p->layers[i].proto->id];
	struct flow *w = flow_at(f, a->flow);
	struct half *h = &stream_at(f, a->stream)->half[a->side];
	int64_t diff;
	uint32_t sent;
	int rc = 0;

	if (a->stream != f->newest) {
		unlink_age(f, a->stream);
		link_newest(f, a->stream);
	}
	if (!h->begun)
		begin_half(w, h, a->side, at);
	if (rules_true(f, p, i, &r->acks_if) && r->acks.expr)
		rc = acknowledged(f, r, *a, (uint64_t)rules_value(f, p, i, &r->acks));
	if (rc)
		return rc;
	diff = ahead(r, h, at);
	sent = rules_sent(p, i);
	if (rules_true(f, p, i, &r->closes) && diff + sent >= 0 && h->end == UINT64_MAX)
		h->end = h->next + (uint64_t)(diff + sent);
	if (rules_true(f, p, i, &r->resets) && diff == 0 && !a->n) {
		w->state |= SIDE_DONE | SIDE_DONE << 1;
		return stream_end(f, a->stream);
	}
	rc = arrive(f, h, a, diff);
	return rc ? rc : close_if_done(f, a, h);
}

int stream_segment(struct flows *f, const struct packet *p, unsigned i, uint32_t flow,
		   unsigned side)
{
	const struct rules *r = f->rules[p->layers[i].proto->id];
	struct flow *w = flow_at(f, flow);
	struct arrival a = { .p = p,
			     .layer = i,
			     .flow = flow,
			     .side = side,
			     .packet = p->number,
			     .when = p->when,
			     .direct = true };
	uint64_t at = (uint64_t)rules_value(f, p, i, &r->at);
	uint32_t from, to;
	int rc;

	packet_payload(p, i, &from, &to);
	a.bytes = p->data + from;
	a.n = to - from;
	if (!(w->state & SIDE_BEGUN << side))
		return 0;
	if (w->state & SIDE_DONE << side && !w->stream) {
		f->counts.again += a.n;
		return 0;
	}
	if (!w->stream && (!a.n || !stream_new(f, flow)))
		return a.n ? -1 : 0;
	a.stream = w->stream;
	if (stream_at(f, a.stream)->busy) /* it travels in itself: a message of it holds it */
		return 0;
	stream_at(f, a.stream)->busy = true;
	rc = with_stream(f, p, i, &a, at);
	if (w->stream == a.stream)
		stream_at(f, a.stream)->busy = false;
	return rc;
}
