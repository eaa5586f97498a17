/* SPDX-License-Identifier: BSD-2-Clause */
/* What is counted, in tables that forget what was used least recently. */
#include "watch/table.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define HEADS_FIRST 256u

/* Bytes of an entry, as far as this condition needs it, and of a chunk (0: it has none). */
static uint32_t size_of(enum watch_op op, uint32_t *chunk)
{
	const struct entry *x = NULL;
	uint32_t common = offsetof(struct entry, member);

	*chunk = 0;
	switch (op) {
	case WATCH_COUNT: *chunk = sizeof(struct counted); return common + sizeof(x->count);
	case WATCH_REGULAR: *chunk = sizeof(struct ring); return common + sizeof(x->regular);
	case WATCH_DISTINCT: *chunk = sizeof(struct chunk); return common + sizeof(x->member);
	case WATCH_CHANGES: return common + sizeof(x->changes);
	default: return common;
	}
}

void entries_init(struct entries *t, enum watch_op op, size_t limit, int64_t within)
{
	uint32_t chunk, size = size_of(op, &chunk);

	*t = (struct entries) { .within = within, .op = op };
	t->for_chunks.limit = chunk ? limit / 2 : 0;
	t->budget.limit = limit - t->for_chunks.limit;
	pool_init(&t->pool, size, &t->budget, 1);
	pool_init(&t->chunks, chunk ? chunk : 8, &t->for_chunks, 1);
}

void entries_done(struct entries *t)
{
	pool_done(&t->pool);
	pool_done(&t->chunks);
	free(t->head);
	*t = (struct entries) { 0 };
}

static struct entry *entry_at(const struct entries *t, uint32_t i)
{
	return pool_at(&t->pool, i);
}

static struct chunk *chunk_at(const struct entries *t, uint32_t i)
{
	return pool_at(&t->chunks, i);
}

/* Of a condition that remembers packets, not what is distinct; the other form begins with it. */
static struct ring *ring_at(const struct entries *t, uint32_t i)
{
	return pool_at(&t->chunks, i);
}

static uint32_t *head_of(const struct entries *t, const struct flow_id *id)
{
	return &t->head[id->a & t->mask];
}

/* Twice as many heads, two for an entry: few stay in the cache, and a chain misses it at every
 * step. */
static void more_heads(struct entries *t)
{
	uint32_t n = t->head ? (t->mask + 1) * 2 : HEADS_FIRST, more = t->head ? n / 2 : n, *head;

	if (!budget_spend(&t->budget, more * sizeof(*head)))
		return;
	head = calloc(n, sizeof(*head));
	if (!head) {
		t->budget.spent -= more * sizeof(*head);
		return;
	}
	free(t->head);
	t->head = head;
	t->mask = n - 1;
	for (uint32_t i = t->newest; i; i = entry_at(t, i)->older) {
		struct entry *x = entry_at(t, i);

		x->chain = *head_of(t, &x->id);
		*head_of(t, &x->id) = i;
	}
}

static uint32_t look(const struct entries *t, const struct flow_id *id)
{
	uint32_t i = t->head ? *head_of(t, id) : 0;

	while (i && (entry_at(t, i)->id.a != id->a || entry_at(t, i)->id.b != id->b))
		i = entry_at(t, i)->chain;
	return i;
}

struct entry *entries_look(struct entries *t, const struct flow_id *id)
{
	uint32_t i = look(t, id);

	return i ? entry_at(t, i) : NULL;
}

static void unlink_entry(struct entries *t, uint32_t i)
{
	struct entry *x = entry_at(t, i);

	if (x->newer)
		entry_at(t, x->newer)->older = x->older;
	else
		t->newest = x->older;
	if (x->older)
		entry_at(t, x->older)->newer = x->newer;
	else
		t->oldest = x->newer;
}

static void make_newest(struct entries *t, uint32_t i)
{
	struct entry *x = entry_at(t, i);

	x->older = t->newest;
	x->newer = 0;
	if (t->newest)
		entry_at(t, t->newest)->newer = i;
	else
		t->oldest = i;
	t->newest = i;
}

static void give_chunks(struct entries *t, struct entry *x)
{
	while (x->chunks) {
		uint32_t next = t->op == WATCH_DISTINCT ? chunk_at(t, x->chunks)->next : 0;

		pool_give(&t->chunks, x->chunks);
		x->chunks = next;
	}
	x->n = 0;
}

static void forget(struct entries *t, uint32_t i)
{
	struct entry *x = entry_at(t, i);
	uint32_t *link = head_of(t, &x->id);

	while (*link != i)
		link = &entry_at(t, *link)->chain;
	*link = x->chain;
	unlink_entry(t, i);
	give_chunks(t, x);
	pool_give(&t->pool, i);
	t->n--;
}

void entries_forget(struct entries *t, struct entry *x)
{
	forget(t, look(t, &x->id));
}

void entries_trim(struct entries *t, int64_t now, int64_t again)
{
	while (t->within && t->oldest) {
		const struct entry *x = entry_at(t, t->oldest);

		if (now - x->last <= t->within || (x->told != INT64_MIN && now - x->told < again))
			break;
		forget(t, t->oldest);
	}
}

/* For want of room. */
static void forget_oldest(struct entries *t)
{
	const struct entry *x = entry_at(t, t->oldest);

	if (!t->within || t->now - x->last <= t->within)
		t->forgotten++;
	forget(t, t->oldest);
}

struct entry *entries_find(struct entries *t, const struct flow_id *id, int64_t now)
{
	uint32_t i = look(t, id);
	struct entry *x;

	t->now = now;
	if (i) {
		if (i != t->newest) {
			unlink_entry(t, i);
			make_newest(t, i);
		}
		return entry_at(t, i);
	}
	if (!t->head || t->n > t->mask / 2)
		more_heads(t);
	if (!t->head)
		return NULL;
	while (!(i = pool_take(&t->pool))) {
		if (!t->oldest)
			return NULL;
		forget_oldest(t);
	}
	x = entry_at(t, i);
	memset(x, 0, t->pool.size);
	x->id = *id;
	x->chain = *head_of(t, id);
	x->told = INT64_MIN;
	x->first = x->last = now;
	*head_of(t, id) = i;
	t->n++;
	make_newest(t, i);
	return x;
}

#define GONE_FOR_ONE 64u /* entries at the most, most of which may have no chunk to give */

/* All zeroes. 0: there is no room for more. */
static uint32_t take_chunk(struct entries *t, const struct entry *x)
{
	uint32_t i;

	for (unsigned n = 0; !(i = pool_take(&t->chunks)); n++) {
		if (!t->oldest || entry_at(t, t->oldest) == x || n == GONE_FOR_ONE)
			return 0;
		forget_oldest(t);
	}
	memset(pool_at(&t->chunks, i), 0, t->chunks.size);
	return i;
}

/* ---- what is distinct ---- */

/* Only the first chunk of a list is not full. */
struct member *entries_more(struct entries *t, struct entry *x)
{
	struct chunk *c = x->chunks ? chunk_at(t, x->chunks) : NULL;

	if (!x->n) {
		x->n = 1;
		return &x->member;
	}
	if (!c || c->n == MEMBERS) {
		uint32_t i = take_chunk(t, x);

		if (!i)
			return NULL;
		c = chunk_at(t, i);
		c->next = x->chunks;
		x->chunks = i;
	}
	x->n++;
	return &c->v[c->n++];
}

struct member *entries_member(struct entries *t, struct entry *x, uint64_t hash)
{
	if (x->n && x->member.hash == hash)
		return &x->member;
	for (uint32_t i = x->chunks; i;) {
		struct chunk *c = chunk_at(t, i);

		for (uint32_t k = 0; k < c->n; k++) {
			if (c->v[k].hash == hash)
				return &c->v[k];
		}
		i = c->next;
	}
	return NULL;
}

void entries_drop(struct entries *t, struct entry *x, struct member *m)
{
	uint32_t i = x->chunks;
	struct chunk *c;

	x->n--;
	if (!i)
		return; /* it was the only one */
	c = chunk_at(t, i);
	*m = c->v[--c->n];
	if (!c->n) {
		x->chunks = c->next;
		pool_give(&t->chunks, i);
	}
}

void entries_expire(struct entries *t, struct entry *x, int64_t when)
{
	if (when == INT64_MAX) {
		give_chunks(t, x);
		return;
	}
	/* What is dropped is replaced by a member of the first chunk, which was looked at. */
	for (uint32_t i = x->chunks; i;) {
		struct chunk *c = chunk_at(t, i);
		uint32_t next = c->next;
		bool first = i == x->chunks;

		for (uint32_t k = c->n; k-- > 0;) {
			if (c->v[k].when < when)
				entries_drop(t, x, &c->v[k]);
			if (first && i != x->chunks)
				break;
		}
		i = next;
	}
	if (x->n && x->member.when < when)
		entries_drop(t, x, &x->member);
}

/* ---- packets ---- */

static void note(struct ring *r, uint64_t packet, int64_t when)
{
	r->v[r->at].packet = packet;
	r->v[r->at].when = when;
	r->at = (r->at + 1) % NOTED;
	if (r->n < NOTED)
		r->n++;
}

void entries_packet(struct entries *t, struct entry *x, uint64_t packet, int64_t when)
{
	if (x->n == 1 && !x->chunks) {
		x->regular.packet = packet;
		return;
	}
	if (!x->chunks) {
		if (!(x->chunks = take_chunk(t, x)))
			return;
		note(ring_at(t, x->chunks), x->regular.packet, x->first);
	}
	note(ring_at(t, x->chunks), packet, when);
}

/* The first of all that count. */
static uint64_t count_anew(struct entries *t, struct entry *x, int64_t slot, uint64_t packet,
			   int64_t when)
{
	give_chunks(t, x);
	x->n = 1;
	x->first = when;
	x->count.packet = packet;
	x->count.slot = slot;
	return 1;
}

uint64_t entries_count(struct entries *t, struct entry *x, int64_t slot, uint64_t packet,
		       int64_t when)
{
	struct counted *c;
	uint64_t sum = 0;

	if (!x->n || slot > x->count.slot + (int64_t)BUCKETS ||
	    slot < x->count.slot - (int64_t)BUCKETS)
		return count_anew(t, x, slot, packet, when);
	if (!x->chunks) {
		if (!(x->chunks = take_chunk(t, x)))
			return x->n;
		c = pool_at(&t->chunks, x->chunks);
		c->n[(uint64_t)x->count.slot % BUCKETS] = 1;
		note(&c->ring, x->count.packet, x->first);
	}
	c = pool_at(&t->chunks, x->chunks);
	for (; x->count.slot < slot; x->count.slot++)
		c->n[(uint64_t)(x->count.slot + 1) % BUCKETS] = 0;
	c->n[(uint64_t)slot % BUCKETS]++;
	note(&c->ring, packet, when);
	for (unsigned i = 0; i < BUCKETS; i++)
		sum += c->n[i];
	x->n = (uint32_t)sum;
	return sum;
}

static void each_packet(const struct entries *t, const struct entry *x,
			void (*each)(void *arg, const struct member *m), void *arg)
{
	struct member m = { .when = x->first };
	const struct ring *r;

	if (!x->chunks) {
		m.packet = t->op == WATCH_COUNT ? x->count.packet : x->regular.packet;
		if (x->n)
			each(arg, &m);
		return;
	}
	r = ring_at(t, x->chunks);
	for (uint32_t k = 0; k < r->n; k++) {
		m.packet = r->v[k].packet;
		m.when = r->v[k].when;
		each(arg, &m);
	}
}

void entries_each(struct entries *t, const struct entry *x,
		  void (*each)(void *arg, const struct member *m), void *arg)
{
	if (t->op == WATCH_COUNT || t->op == WATCH_REGULAR)
		each_packet(t, x, each, arg);
	if (t->op != WATCH_DISTINCT)
		return;
	if (x->n)
		each(arg, &x->member);
	for (uint32_t i = x->chunks; i; i = chunk_at(t, i)->next) {
		for (uint32_t k = 0; k < chunk_at(t, i)->n; k++)
			each(arg, &chunk_at(t, i)->v[k]);
	}
}
