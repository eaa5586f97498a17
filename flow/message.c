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
	h->n = h->cap = h->nfrom = h->more_from = 0;
	h->want = 0;
	h->conflict = false;
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

/* A message at the front of p[0..n), of which nothing is kept yet. *used: bytes that were taken.
 * shown: it is in the packet's own layers already. */
static int front_message(struct flows *f, struct half *h, const struct arrival *a, const uint8_t *p,
			 uint32_t n, bool shown, uint32_t *used)
{
	const struct proto *proto = registry_at(f->reg, h->upper - 1u);
	int64_t len = message_length(proto, p, n, &f->scratch);
	uint32_t have;

	*used = have = n < MESSAGE_MAX ? n : MESSAGE_MAX;
	if (len < 0 || (len == 0 && n > MESSAGE_HEAD)) {
		h->lost = true;
		return 0;
	}
	if (len && len <= n) {
		*used = (uint32_t)len;
		return shown ? 0 : tell(f, h, a, p, (uint32_t)len, (uint64_t)len);
	}
	h->want = (uint64_t)len;
	if (!keep(f, h, a, p, have)) {
		message_forget(f, h);
		h->lost = true;
	}
	return 0;
}

static int give_up(struct flows *f, struct half *h)
{
	message_forget(f, h);
	h->lost = true;
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
	rc = tell(f, h, a, h->buf, n, h->want);
	if (!rest) {
		message_forget(f, h);
		return rc;
	}
	memmove(h->buf, h->buf + n, rest);
	h->n = rest;
	h->want = 0;
	return rc;
}

/* More of a message of which the first bytes are kept. */
static int next_bytes(struct flows *f, struct half *h, const struct arrival *a, const uint8_t *p,
		      uint32_t n, uint32_t *used)
{
	uint32_t had = h->n, limit = h->upper ? MESSAGE_MAX : PROBE;
	int64_t len;

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
	if (!h->want) {
		len = message_length(registry_at(f->reg, h->upper - 1u), h->buf, h->n, &f->scratch);
		if (len < 0 || (len == 0 && h->n > MESSAGE_HEAD))
			return give_up(f, h);
		h->want = (uint64_t)len;
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
