/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages out of a stream, by the `message` rule of the protocol that stands in it. */
#include "core/message.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "flow/impl.h"

#define PROBE 128u /* bytes by which the protocol of a stream is known, or not */
#define MESSAGE_MAX                                                                                \
	(PACKET_MAX - 4096u) /* bytes of one that are kept; a packet's front is less               \
			      */

#define MESSAGE_EFFORT 1000000u /* fields and lines looked at to find out how long one is */

const uint32_t flow_class[4] = { 4096, 16384, 65536, 262144 };

/* ---- buffers ---- */

uint8_t *buffer_take(struct flows *f, unsigned c)
{
	uint8_t *b = f->spare[c];

	if (b) {
		memcpy(&f->spare[c], b, sizeof(f->spare[c]));
		return b;
	}
	if (!budget_spend(&f->streams_budget, flow_class[c]))
		return NULL;
	b = malloc(flow_class[c]);
	if (!b)
		f->streams_budget.spent -= flow_class[c];
	return b;
}

void buffer_give(struct flows *f, uint8_t *b, unsigned c)
{
	if (!b)
		return;
	memcpy(b, &f->spare[c], sizeof(f->spare[c]));
	f->spare[c] = b;
}

static unsigned class_of(uint32_t cap)
{
	unsigned c = 0;

	while (flow_class[c] < cap)
		c++;
	return c;
}

bool buffers_free(struct flows *f)
{
	bool freed = false;

	for (unsigned c = 0; c < 4; c++) {
		while (f->spare[c]) {
			free(buffer_take(f, c));
			f->streams_budget.spent -= flow_class[c];
			freed = true;
		}
	}
	return freed;
}

static uint8_t *buffer_need(struct flows *f, unsigned c, uint32_t keep)
{
	uint8_t *b;

	/* Buffers of other sizes make room, or another stream does. */
	while (!(b = buffer_take(f, c)) && (buffers_free(f) || stream_room(f, keep)))
		;
	return b;
}

void message_forget(struct flows *f, struct half *h)
{
	if (h->buf)
		buffer_give(f, h->buf, class_of(h->cap));
	buffer_give(f, (uint8_t *)h->from, 0);
	h->buf = NULL;
	h->from = NULL;
	h->n = h->cap = h->nfrom = h->more_from = h->retry = 0;
	h->want = h->effort = 0;
	h->conflict = h->shown = false;
}

void message_done(struct flows *f, struct half *h)
{
	message_forget(f, h);
	buffer_give(f, h->front, 0);
	buffer_give(f, h->asked, 0);
	h->front = h->asked = NULL;
	h->asked_n = 0;
}

void message_front(struct flows *f, struct half *h, const struct arrival *a)
{
	struct whole *w = &f->whole[f->depth];
	uint8_t *b;

	if (h->front || !a->p || !f->ops.whole || !(b = buffer_need(f, 0, a->stream)))
		return;
	whole_front(w, a->p, a->layer);
	if (whole_keep(w, (struct front *)(void *)b, flow_class[0]))
		h->front = b;
	else
		buffer_give(f, b, 0);
}

/* Append n bytes to what is kept of the message. False: no room. */
static bool keep(struct flows *f, struct half *h, const struct arrival *a, const uint8_t *p,
		 uint32_t n)
{
	if (h->n + n > h->cap) {
		unsigned c = class_of(h->n + n);
		uint8_t *b = buffer_need(f, c, a->stream);

		if (!b)
			return false;
		if (h->buf) {
			memcpy(b, h->buf, h->n);
			buffer_give(f, h->buf, class_of(h->cap));
		}
		h->buf = b;
		h->cap = flow_class[c];
	}
	if (!h->from && !(h->from = (uint64_t *)(void *)buffer_need(f, 0, a->stream)))
		return false;
	if (h->nfrom == 0 || h->from[h->nfrom - 1] != a->packet) {
		if (h->nfrom < flow_class[0] / sizeof(*h->from))
			h->from[h->nfrom++] = a->packet;
		else
			h->more_from++;
	}
	memcpy(h->buf + h->n, p, n);
	h->n += n;
	h->conflict |= a->conflict;
	return true;
}

/* ---- which protocol ---- */

static const struct proto *inside_of(const struct packet *p, unsigned layer)
{
	for (unsigned k = layer + 1; k < p->nlayers; k++) {
		if (packet_parent(p, k) == (int)layer)
			return p->layers[k].proto;
	}
	return NULL;
}

/* The protocol of the message at p[0..n), if it is one that has messages. */
static const struct proto *recognise(struct flows *f, const struct arrival *a, const uint8_t *p,
				     uint32_t n)
{
	const struct proto *proto;

	if (a->direct && p == a->bytes) {
		proto = inside_of(a->p, a->layer);
	} else {
		struct whole *w = &f->whole[f->depth];

		whole_front(w, a->p, a->layer);
		buf_put(&w->bytes, p, n < 4096 ? n : 4096);
		if (whole_close(f, w, w->bytes.n))
			return NULL;
		proto = inside_of(&w->p, w->first - 1u);
	}
	return proto && proto->message ? proto : NULL;
}

/* ---- requests ---- */

#define ASKED_MAX (4096u / FLOW_ASKED)

static struct half *other_half(const struct flows *f, const struct arrival *a)
{
	return &((struct stream *)pool_at(&f->streams, a->stream))->half[!a->side];
}

/* The oldest request of the other side that was not answered; NULL: none is known. */
static const struct tree *request_of(struct flows *f, const struct proto *proto,
				     const struct arrival *a)
{
	const struct half *o = other_half(f, a);
	const uint8_t *b;
	struct packet pkt = { .wire_len = PACKET_MAX };
	uint16_t n;

	if (!proto->asks || !o->asked || !o->asked_n)
		return NULL;
	b = o->asked + o->asked_at % ASKED_MAX * FLOW_ASKED;
	memcpy(&n, b, sizeof(n));
	pkt.data = b + sizeof(n);
	pkt.len = n;
	return n && !decode_header(&f->request, &pkt, proto, 0, n) ? &f->request : NULL;
}

/* A message is complete: it is a request, or answers one. */
static int settle_request(struct flows *f, struct half *h, const struct arrival *a,
			  const uint8_t *p, uint32_t len)
{
	const struct proto *proto = registry_at(f->reg, h->upper - 1u);
	uint16_t n = (uint16_t)(len < FLOW_ASKED - 2 ? len : FLOW_ASKED - 2);
	struct packet pkt = { .data = p, .len = len, .wire_len = PACKET_MAX };
	const struct tree *q;
	uint8_t *b;

	if (!proto->asks || decode_header(&f->scratch, &pkt, proto, 0, len))
		return 0;
	q = request_of(f, proto, a);
	if (q && message_answers(proto, &f->scratch, q)) {
		other_half(f, a)->asked_at++;
		other_half(f, a)->asked_n--;
		return 0;
	}
	if (!message_answers(proto, &f->scratch, NULL) || h->asked_n >= ASKED_MAX)
		return 0;
	if (!h->asked && !(h->asked = buffer_need(f, 0, a->stream)))
		return 0;
	b = h->asked + (h->asked_at + h->asked_n++) % ASKED_MAX * FLOW_ASKED;
	memcpy(b, &n, sizeof(n));
	memcpy(b + sizeof(n), p, n);
	return 0;
}

static int64_t length_of(struct flows *f, const struct half *h, const struct arrival *a,
			 const uint8_t *p, uint32_t n)
{
	const struct proto *proto = registry_at(f->reg, h->upper - 1u);

	return message_length(proto, p, n, &f->scratch, request_of(f, proto, a));
}

/* ---- messages ---- */

static int tell(struct flows *f, struct half *h, const struct arrival *a, const uint8_t *p,
		uint32_t n, uint64_t want)
{
	const struct flow *w = flow_at(f, a->flow);
	struct whole *m = &f->whole[f->depth];

	whole_front(m, a->p, a->layer);
	if (m->bytes.n > PACKET_MAX - MESSAGE_MAX)
		return 0;
	m->origin.proto = a->p->layers[a->layer].proto;
	m->origin.stream = w->number;
	m->origin.side = a->side != w->first;
	m->origin.conflict = h->conflict || a->conflict;
	for (uint32_t i = 0; i < h->nfrom; i++)
		whole_from(m, h->from[i]);
	m->origin.more += h->more_from;
	whole_from(m, a->packet);
	want += m->bytes.n;
	buf_put(&m->bytes, p, n);
	f->counts.messages++;
	return whole_close(f, m, want) ? -1 : whole_tell(f, m);
}

static int give_up(struct flows *f, struct half *h)
{
	message_forget(f, h);
	h->lost = true;
	return 0;
}

/* A message at the front of p[0..n), of which nothing is kept yet. *used: bytes that were taken.
 * shown: it is in the packet's own layers already. */
static int front_message(struct flows *f, struct half *h, const struct arrival *a, const uint8_t *p,
			 uint32_t n, bool shown, uint32_t *used)
{
	int64_t len = length_of(f, h, a, p, n);
	uint32_t have;
	int rc;

	*used = have = n < MESSAGE_MAX ? n : MESSAGE_MAX;
	if (len < 0 || (len == 0 && n > MESSAGE_MAX))
		return give_up(f, h);
	if (len && len <= n) {
		*used = (uint32_t)len;
		rc = shown ? 0 : tell(f, h, a, p, (uint32_t)len, (uint64_t)len);
		return rc ? rc : settle_request(f, h, a, p, (uint32_t)len);
	}
	h->want = (uint64_t)len;
	if (!keep(f, h, a, p, have))
		return give_up(f, h);
	h->shown = shown && have == n;
	if (len == MESSAGE_REST)
		message_front(f, h, a);
	return 0;
}

/* The message at the front of what is kept, had bytes of which were there before: tell of it. */
static int kept_message(struct flows *f, struct half *h, const struct arrival *a, uint32_t had,
			uint32_t *used)
{
	uint32_t n = h->want < h->n ? (uint32_t)h->want : h->n, rest = n < had ? had - n : 0;
	int rc;

	*used = n > had ? n - had : 0;
	h->skip = h->want - n;
	rc = tell(f, h, a, h->buf, n, h->want == MESSAGE_REST ? n + 1ull : h->want);
	if (!rc)
		rc = settle_request(f, h, a, h->buf, n);
	if (!rest) {
		message_forget(f, h);
		return rc;
	}
	memmove(h->buf, h->buf + n, rest);
	h->n = rest;
	h->want = h->effort = 0;
	h->retry = 0;
	return rc;
}

/* What is kept grew: how long will the message be? Many small pieces do not make this dear: after
 * much of it, only as the message grows by a part. */
static int kept_length(struct flows *f, struct half *h, const struct arrival *a)
{
	int64_t len;

	if (h->n < h->retry && h->n < MESSAGE_MAX)
		return 0;
	len = length_of(f, h, a, h->buf, h->n);
	if (len < 0)
		return give_up(f, h);
	h->effort += f->scratch.n + h->n / 64;
	h->retry = h->effort > MESSAGE_EFFORT ? h->n + h->n / 8 : 0;
	h->want = (uint64_t)len;
	if (len == MESSAGE_REST || h->retry)
		message_front(f, h, a);
	if (!len && h->n >= MESSAGE_MAX) { /* as much as can be shown of it */
		int rc = tell(f, h, a, h->buf, h->n, h->n + 1ull);

		give_up(f, h);
		return rc;
	}
	return 0;
}

/* More of a message of which the first bytes are kept. */
static int next_bytes(struct flows *f, struct half *h, const struct arrival *a, const uint8_t *p,
		      uint32_t n, uint32_t *used)
{
	uint32_t had = h->n, limit = h->upper ? MESSAGE_MAX : PROBE;
	int rc;

	if (h->want && h->want < limit)
		limit = (uint32_t)h->want;
	*used = n < limit - had ? n : limit - had;
	if (!keep(f, h, a, p, *used))
		return give_up(f, h);
	if (!h->upper) {
		const struct proto *proto = recognise(f, a, h->buf, h->n);

		if (!proto)
			return h->n < PROBE ? 0 : give_up(f, h);
		h->upper = proto->id;
	}
	h->shown = false;
	if (!h->want) {
		rc = kept_length(f, h, a);
		if (rc || h->lost)
			return rc;
	}
	return !h->want || (h->n < h->want && h->n < MESSAGE_MAX)
		       ? 0
		       : kept_message(f, h, a, had, used);
}

/* At the beginning of a stream too few bytes may be there to know its protocol by: keep them. */
static int probe(struct flows *f, struct half *h, const struct arrival *a, const uint8_t *p,
		 uint32_t n, uint32_t *used)
{
	const struct proto *proto = recognise(f, a, p, n);

	*used = 0;
	if (proto) {
		h->upper = proto->id;
		h->lost = false;
		return 0;
	}
	*used = n;
	h->lost = h->lost || a->off || n >= PROBE || p != a->bytes;
	if (!h->lost && !keep(f, h, a, p, n))
		return give_up(f, h);
	return 0;
}

int message_end(struct flows *f, struct half *h, const struct arrival *a, bool closed)
{
	int64_t len;
	int rc = 0;

	if (!f->ops.whole || !a->p || !h->n || !h->upper)
		return 0;
	len = h->want ? (int64_t)h->want : length_of(f, h, a, h->buf, h->n);
	if (len > 0 && len <= h->n)
		rc = tell(f, h, a, h->buf, (uint32_t)len, (uint64_t)len);
	else if (len == MESSAGE_REST && !h->shown)
		rc = tell(f, h, a, h->buf, h->n, h->n + !closed);
	message_forget(f, h);
	return rc;
}

int message_bytes(struct flows *f, struct half *h, const struct arrival *a)
{
	const uint8_t *p = a->bytes;
	uint32_t n = a->n, used;
	bool shown = a->direct && !h->n && !h->skip;
	int rc = 0;

	if (a->missing && a->missing <= h->skip) {
		h->skip -= a->missing;
	} else if (a->missing) {
		message_forget(f, h);
		h->skip = 0;
		h->asked_n = 0;
		h->lost = true;
	}
	while (n && !rc) {
		if (h->skip) {
			used = h->skip < n ? (uint32_t)h->skip : n;
			h->skip -= used;
		} else if (h->n) {
			rc = next_bytes(f, h, a, p, n, &used);
			shown = false;
		} else {
			rc = !h->upper || h->lost ? probe(f, h, a, p, n, &used) : 0;
			if (rc || !h->upper || h->lost)
				return rc;
			rc = front_message(f, h, a, p, n, shown, &used);
			shown = shown && registry_at(f->reg, h->upper - 1u)->beside;
		}
		if (h->lost)
			return rc;
		p += used;
		n -= used;
	}
	return rc;
}
