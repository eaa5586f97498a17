/* SPDX-License-Identifier: BSD-2-Clause */
/* What one side of a stream sent last, kept to be compared with what is sent again: a ring of the
 * last bytes handed on. It begins small and grows with the stream; all of them together take a
 * part of the streams' limit and no more, and where there is no room nothing is kept. */
#include "flow/impl.h"

#include <string.h>

#define PAST_CLASS 2u /* of flow_class: as large as it gets */
#define PAST_SHARE 4u /* of the limit of streams */

void past_done(struct flows *f, struct half *h)
{
	if (!h->past)
		return;
	f->past_spent -= flow_class[h->past_class];
	buffer_give(f, h->past, h->past_class);
	h->past = NULL;
	h->past_n = 0;
}

/* Copy n bytes that end at offset `end` into the ring, or out of it. */
static void ring_put(uint8_t *ring, uint32_t cap, uint64_t off, const uint8_t *p, uint32_t n)
{
	uint32_t at = (uint32_t)(off % cap), k = n < cap - at ? n : cap - at;

	memcpy(ring + at, p, k);
	memcpy(ring, p + k, n - k);
}

static void ring_get(const uint8_t *ring, uint32_t cap, uint64_t off, uint8_t *p, uint32_t n)
{
	uint32_t at = (uint32_t)(off % cap), k = n < cap - at ? n : cap - at;

	memcpy(p, ring + at, k);
	memcpy(p + k, ring, n - k);
}

static void grow(struct flows *f, struct half *h, uint32_t want)
{
	unsigned c = h->past ? h->past_class : 0;
	uint8_t *b;

	while (c < PAST_CLASS && flow_class[c] < want)
		c++;
	if (h->past && c == h->past_class)
		return;
	if (f->past_spent + flow_class[c] > f->opts.streams_max / PAST_SHARE ||
	    !(b = buffer_take(f, c)))
		return;
	f->past_spent += flow_class[c];
	if (h->past) {
		uint8_t tmp[16384];
		uint32_t cap = flow_class[h->past_class];
		uint64_t from = h->past_end - h->past_n;

		for (uint32_t at = 0; at < h->past_n;) {
			uint32_t n = h->past_n - at < sizeof(tmp) ? h->past_n - at : sizeof(tmp);

			ring_get(h->past, cap, from + at, tmp, n);
			ring_put(b, flow_class[c], from + at, tmp, n);
			at += n;
		}
		f->past_spent -= cap;
		buffer_give(f, h->past, h->past_class);
	}
	h->past = b;
	h->past_class = (uint8_t)c;
}

void past_keep(struct flows *f, struct half *h, uint64_t off, const uint8_t *p, uint32_t n)
{
	uint32_t cap;

	if (!f->ops.clash || !n)
		return;
	if (off != h->past_end) /* behind a hole */
		h->past_n = 0;
	grow(f, h, h->past_n + n);
	h->past_end = off + n;
	if (!h->past)
		return;
	cap = flow_class[h->past_class];
	if (n > cap) {
		p += n - cap;
		n = cap;
	}
	ring_put(h->past, cap, h->past_end - n, p, n);
	h->past_n = h->past_n < cap - n ? h->past_n + n : cap;
}

bool past_differs(const struct half *h, uint64_t off, const uint8_t *p, uint32_t n, uint32_t *from,
		  uint32_t *to)
{
	uint64_t first = h->past_end - h->past_n;
	uint32_t cap = h->past ? flow_class[h->past_class] : 1;

	*from = *to = 0;
	for (uint32_t i = off < first ? (uint32_t)(first - off < n ? first - off : n) : 0;
	     i < n && off + i < h->past_end; i++) {
		if (h->past[(off + i) % cap] == p[i])
			continue;
		if (!*to)
			*from = i;
		*to = i + 1;
	}
	return *to != 0;
}
