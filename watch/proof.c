/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that may prove something: their bytes in a ring, in order of their numbers. */
#include "watch/proof.h"

#include <stdlib.h>
#include <string.h>

bool proof_open(struct proof *k, size_t size)
{
	*k = (struct proof) { .size = size, .cap = (uint32_t)(size / 128) };
	k->bytes = malloc(size);
	k->v = malloc(k->cap * sizeof(*k->v));
	if (k->bytes && k->v)
		return true;
	proof_done(k);
	return false;
}

void proof_done(struct proof *k)
{
	free(k->bytes);
	free(k->v);
	*k = (struct proof) { 0 };
}

static const struct kept *nth(const struct proof *k, uint32_t i)
{
	return &k->v[(k->first + i) % k->cap];
}

static void drop_first(struct proof *k)
{
	k->first = (k->first + 1) % k->cap;
	k->n--;
}

void proof_keep(struct proof *k, const struct packet *p)
{
	struct kept *v;

	if (!k->cap || p->len > k->size || (k->n && nth(k, k->n - 1)->number >= p->number))
		return;
	if (k->at + p->len > k->size) {
		/* What stands behind is older than what stands before. */
		while (k->n && nth(k, 0)->off >= k->at)
			drop_first(k);
		k->at = 0;
	}
	while (k->n && nth(k, 0)->off >= k->at && nth(k, 0)->off < k->at + p->len)
		drop_first(k);
	if (k->n == k->cap)
		drop_first(k);
	v = &k->v[(k->first + k->n++) % k->cap];
	*v = (struct kept) { .number = p->number,
			     .when = p->when,
			     .off = k->at,
			     .len = p->len,
			     .wire_len = p->wire_len,
			     .ifindex = p->ifindex,
			     .link = p->link,
			     .flags = p->flags };
	memcpy(k->bytes + k->at, p->data, p->len);
	k->at += p->len;
}

enum proof_found proof_find(struct proof *k, uint64_t number, struct packet *p)
{
	uint32_t lo = 0, hi = k->n;
	struct kept *v;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (nth(k, mid)->number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == k->n || nth(k, lo)->number != number)
		return PROOF_GONE;
	v = &k->v[(k->first + lo) % k->cap];
	if (v->given)
		return PROOF_AGAIN;
	v->given = true;
	*p = (struct packet) { .data = k->bytes + v->off,
			       .len = v->len,
			       .wire_len = v->wire_len,
			       .when = v->when,
			       .link = v->link,
			       .flags = v->flags,
			       .ifindex = v->ifindex,
			       .number = number };
	return PROOF_HERE;
}
