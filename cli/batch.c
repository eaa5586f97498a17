/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets copied out of a source. */
#include "cli/batch.h"

#include <stdlib.h>
#include <string.h>

#include "core/said.h"

#define ROUND 8 /* what begins in the bytes of a batch is aligned to */

static size_t rounded(size_t n)
{
	return (n + ROUND - 1) / ROUND * ROUND;
}

static uint8_t *room(struct batch *b, size_t n)
{
	uint8_t *at = b->bytes + b->used;

	b->used += rounded(n);
	return at;
}

static size_t bytes_of(const struct packet *p)
{
	size_t n = rounded(p->len);

	if (p->said)
		n += rounded(sizeof(*p->said)) + rounded(p->said->len);
	return n;
}

static bool make_room(struct batch *b, size_t n)
{
	uint8_t *bytes;

	if (n <= b->cap)
		return true;
	bytes = realloc(b->bytes, n);
	if (!bytes)
		return false;
	b->bytes = bytes;
	b->cap = n;
	return true;
}

bool batch_open(struct batch *b)
{
	b->p = calloc(BATCH, sizeof(*b->p));
	b->ifname = calloc(BATCH, sizeof(*b->ifname));
	return b->p && b->ifname && make_room(b, BATCH_BYTES);
}

void batch_close(struct batch *b)
{
	free(b->p);
	free(b->ifname);
	free(b->bytes);
	*b = (struct batch) { 0 };
}

bool batch_takes(const struct batch *b, const struct packet *p)
{
	return b->n < BATCH && (!b->n || b->used + bytes_of(p) <= b->cap);
}

void packet_copy(struct packet *to, const struct packet *p)
{
	memcpy(to, p, offsetof(struct packet, layers) + p->nlayers * sizeof(p->layers[0]));
	to->learnt = p->learnt;
}

bool batch_put(struct batch *b, const struct packet *p, const char *ifname)
{
	struct packet *q = &b->p[b->n];

	if (!make_room(b, b->used + bytes_of(p)))
		return false;
	packet_copy(q, p);
	q->learnt = NULL;
	q->data = room(b, p->len);
	memcpy((uint8_t *)(uintptr_t)q->data, p->data, p->len);
	if (p->said) {
		struct packet_said *said = (void *)room(b, sizeof(*said));
		uint8_t *options = room(b, p->said->len);

		if (p->said->len)
			memcpy(options, p->said->options, p->said->len);
		*said = *p->said;
		said->options = options;
		said->record = NULL;
		q->said = said;
	}
	b->ifname[b->n++] = ifname;
	return true;
}
