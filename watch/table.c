/* SPDX-License-Identifier: BSD-2-Clause */
/* What is counted, in tables that forget what was used least recently. */
#include "watch/table.h"

#include <stdlib.h>
#include <string.h>

#define HEADS 8192u

void entries_init(struct entries *t, size_t limit, int64_t within, uint64_t seed)
{
	*t = (struct entries) { .budget = { .limit = limit }, .within = within };
	pool_init(&t->pool, sizeof(struct entry), &t->budget, seed);
	pool_init(&t->chunks, sizeof(struct chunk), &t->budget, seed);
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

static uint32_t look(const struct entries *t, const struct flow_id *id)
{
	uint32_t i = t->head ? t->head[id->a % HEADS] : 0;

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
		uint32_t next = chunk_at(t, x->chunks)->next;

		pool_give(&t->chunks, x->chunks);
		x->chunks = next;
	}
	x->n = x->at = 0;
}

static void forget(struct entries *t, uint32_t i)
{
	struct entry *x = entry_at(t, i);
	uint32_t *link = &t->head[x->id.a % HEADS];

	while (*link != i)
		link = &entry_at(t, *link)->chain;
	*link = x->chain;
	unlink_entry(t, i);
	give_chunks(t, x);
	pool_give(&t->pool, i);
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
	if (!t->head && !(t->head = calloc(HEADS, sizeof(*t->head))))
		return NULL;
	while (!(i = pool_take(&t->pool))) {
		if (!t->oldest)
			return NULL;
		forget_oldest(t);
	}
	x = entry_at(t, i);
	*x = (struct entry) { .id = *id,
			      .chain = t->head[id->a % HEADS],
			      .told = INT64_MIN,
			      .first = now,
			      .last = now };
	t->head[id->a % HEADS] = i;
	make_newest(t, i);
	return x;
}

static uint32_t take_chunk(struct entries *t, const struct entry *x)
{
	uint32_t i;

	while (!(i = pool_take(&t->chunks))) {
		if (!t->oldest || entry_at(t, t->oldest) == x)
			return 0;
		forget_oldest(t);
	}
	memset(chunk_at(t, i), 0, sizeof(struct chunk));
	return i;
}

/* Only the first chunk of a list is not full. */
struct member *entries_more(struct entries *t, struct entry *x)
{
	struct chunk *c = x->chunks ? chunk_at(t, x->chunks) : NULL;

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

struct member *entries_any(struct entries *t, struct entry *x)
{
	return &chunk_at(t, x->chunks)->v[0];
}

void entries_drop(struct entries *t, struct entry *x, struct member *m)
{
	struct chunk *c = chunk_at(t, x->chunks);

	*m = c->v[--c->n];
	x->n--;
	if (!c->n) {
		uint32_t i = x->chunks;

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
}

void entries_each(struct entries *t, const struct entry *x,
		  void (*each)(void *arg, const struct member *m), void *arg)
{
	for (uint32_t i = x->chunks; i; i = chunk_at(t, i)->next) {
		for (uint32_t k = 0; k < chunk_at(t, i)->n; k++)
			each(arg, &chunk_at(t, i)->v[k]);
	}
}

void entries_packet(struct entries *t, struct entry *x, uint64_t packet, int64_t when)
{
	struct chunk *c;

	if (!x->chunks && !(x->chunks = take_chunk(t, x)))
		return;
	c = chunk_at(t, x->chunks);
	c->v[x->at % MEMBERS] = (struct member) { .packet = packet, .when = when };
	if (c->n < MEMBERS)
		c->n++;
	x->at++;
}
