/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of conversations: 56 bytes each and 4 to 8 of the index, found by the hash of what
 * tells them apart; the least recently used goes when the limit is reached. */
#include "flow/impl.h"

#include <stdlib.h>
#include <string.h>

#define HEADS_FIRST 1024u

int table_open(struct flows *f, struct err *e)
{
	struct table *t = &f->table;

	t->budget.limit = f->opts.flows_max;
	pool_init(&t->pool, sizeof(struct flow), &t->budget, 1);
	pool_init(&t->owns, f->opts.own ? (uint32_t)((f->opts.own + 7) / 8 * 8) : 8, &t->budget, 1);
	t->mask = HEADS_FIRST - 1;
	t->head = calloc(HEADS_FIRST, sizeof(*t->head));
	budget_spend(&t->budget, HEADS_FIRST * sizeof(*t->head));
	return t->head ? 0 : err_set(e, ERR_IO, "no memory");
}

static uint32_t *head_of(const struct table *t, const struct flow_id *id)
{
	return &t->head[id->a & t->mask];
}

static void unlink_age(struct flows *f, uint32_t at)
{
	struct flow *w = flow_at(f, at);

	*(w->newer ? &flow_at(f, w->newer)->older : &f->table.newest) = w->older;
	*(w->older ? &flow_at(f, w->older)->newer : &f->table.oldest) = w->newer;
}

static void link_newest(struct flows *f, uint32_t at)
{
	struct flow *w = flow_at(f, at);

	w->newer = 0;
	w->older = f->table.newest;
	*(w->older ? &flow_at(f, w->older)->newer : &f->table.oldest) = at;
	f->table.newest = at;
}

struct flow_seen table_seen(const struct flows *f, struct flow *w)
{
	return (struct flow_seen) { .proto = registry_at(f->reg, w->proto - 1u),
				    .number = w->number,
				    .own = w->own ? pool_at(&f->table.owns, w->own) : NULL };
}

void table_over(struct flows *f, struct flow *w)
{
	struct flow_seen s = table_seen(f, w);

	if (!s.own)
		return;
	if (f->ops.over)
		f->ops.over(f->opts.arg, &s);
	pool_give(&f->table.owns, w->own);
	w->own = 0;
}

static int forget_oldest(struct flows *f)
{
	struct table *t = &f->table;
	uint32_t at = t->oldest, *link;
	struct flow *w;

	if (!at)
		return -1;
	w = flow_at(f, at);
	if (w->stream && (stream_busy(f, w->stream) || stream_end(f, w->stream)))
		return -1;
	for (link = head_of(t, &w->id); *link != at;)
		link = &flow_at(f, *link)->chain;
	*link = w->chain;
	unlink_age(f, at);
	table_over(f, w);
	pool_give(&t->pool, at);
	t->n--;
	f->counts.forgotten++;
	return 0;
}

void *table_own(struct flows *f, uint32_t at)
{
	uint32_t own = flow_at(f, at)->own;
	void *p;

	if (own || !f->opts.own)
		return own ? pool_at(&f->table.owns, own) : NULL;
	while (!(own = pool_take(&f->table.owns))) {
		if (f->table.oldest == at || forget_oldest(f))
			return NULL;
	}
	flow_at(f, at)->own = own;
	p = pool_at(&f->table.owns, own);
	memset(p, 0, f->opts.own);
	return p;
}

/* Twice as many heads, as long as there is room for them. */
static void more_heads(struct flows *f)
{
	struct table *t = &f->table;
	uint32_t n = (t->mask + 1) * 2, *head;

	if (n > 1u << 28 || n * sizeof(*head) > t->budget.limit / 8 ||
	    !budget_spend(&t->budget, n / 2 * sizeof(*head)))
		return;
	head = calloc(n, sizeof(*head));
	if (!head) {
		t->budget.spent -= n / 2 * sizeof(*head);
		return;
	}
	free(t->head);
	t->head = head;
	t->mask = n - 1;
	for (uint32_t at = t->newest; at; at = flow_at(f, at)->older) {
		struct flow *w = flow_at(f, at);

		w->chain = *head_of(t, &w->id);
		*head_of(t, &w->id) = at;
	}
}

uint32_t table_look(const struct flows *f, const struct flow_key *k)
{
	uint32_t at = *head_of(&f->table, &k->id);

	while (at && (flow_at(f, at)->id.a != k->id.a || flow_at(f, at)->id.b != k->id.b))
		at = flow_at(f, at)->chain;
	return at;
}

uint32_t table_find(struct flows *f, const struct flow_key *k, const struct proto *proto,
		    bool *fresh)
{
	struct table *t = &f->table;
	uint32_t at = table_look(f, k);

	*fresh = false;
	if (at) {
		if (at != t->newest) {
			unlink_age(f, at);
			link_newest(f, at);
		}
		return at;
	}
	if (t->n > t->mask)
		more_heads(f);
	while (!(at = pool_take(&t->pool))) {
		if (forget_oldest(f))
			return 0;
	}
	*flow_at(f, at) = (struct flow) { .id = k->id,
					  .chain = *head_of(t, &k->id),
					  .number = f->count[proto->id]++,
					  .proto = proto->id,
					  .first = k->side };
	*head_of(t, &k->id) = at;
	link_newest(f, at);
	t->n++;
	f->counts.flows++;
	*fresh = true;
	return at;
}

bool more_room(void *v, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t c = *cap ? *cap : 64;
	void *old, *p;

	while (c <= n)
		c *= 2;
	if (c == *cap)
		return true;
	memcpy(&old, v, sizeof(old));
	p = realloc(old, c * size);
	if (!p)
		return false;
	memset((char *)p + *cap * size, 0, (c - *cap) * size);
	memcpy(v, &p, sizeof(p));
	*cap = c;
	return true;
}
