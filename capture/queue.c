/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of bytes between two threads. Positions only ever grow; each side owns one and looks at
 * the other's when its last view of it does not do any more. */
#include "capture/queue.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

/* While packets are taken as they come, the same piece of memory is used again: it stays in the
 * cache, and the rest of the queue costs nothing. */
#define WARM ((size_t)1 << 20)

static size_t up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

int queue_open(struct queue *q, size_t size, struct err *e)
{
	memset(q, 0, sizeof(*q));
	q->cap = up(size < QUEUE_LEAST ? QUEUE_LEAST : size, 4096);
	q->mem = mmap(NULL, q->cap, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	q->filled = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->mem != MAP_FAILED && q->filled >= 0)
		return 0;
	err_set(e, ERR_IO, "no room for a queue of %zu bytes: %s", q->cap, strerror(errno));
	queue_done(q);
	return -1;
}

void queue_done(struct queue *q)
{
	if (!q->cap)
		return;
	if (q->mem != MAP_FAILED)
		munmap(q->mem, q->cap);
	if (q->filled >= 0)
		close(q->filled);
	q->cap = 0;
}

/* ---- who puts ---- */

static bool fits(struct queue *q, size_t n)
{
	if (q->put - q->seen_tail + n <= q->cap)
		return true;
	q->seen_tail = atomic_load_explicit(&q->tail, memory_order_acquire);
	return q->put - q->seen_tail + n <= q->cap;
}

/* The rest of the memory has no room for the next packet: it stands at the beginning. */
static bool wrap(struct queue *q, size_t n)
{
	size_t rest = q->cap - q->in;

	if (!fits(q, rest + n))
		return false;
	memset(q->mem + q->in, 0, sizeof(uint32_t)); /* queued.room */
	q->put += rest;
	q->in = 0;
	return true;
}

struct queued *queue_room(struct queue *q, uint32_t len)
{
	size_t n = up(sizeof(struct queued) + len, 8);

	if (q->fresh && q->in >= WARM) {
		q->fresh = false;
		q->seen_tail = atomic_load_explicit(&q->tail, memory_order_acquire);
		if (q->seen_tail == q->put) {
			q->restart = q->put;
			q->in = 0;
		}
	}
	if (q->cap - q->in < n ? !wrap(q, n) : !fits(q, n))
		return NULL;
	return (struct queued *)(void *)(q->mem + q->in);
}

void queue_add(struct queue *q, struct queued *p)
{
	size_t n = up(sizeof(*p) + p->len, 8);

	p->room = (uint32_t)n;
	q->put += n;
	q->in += n;
	if (q->in == q->cap)
		q->in = 0;
}

static void wake(struct queue *q)
{
	uint64_t one = 1;

	/* Either we see that it sleeps, or it sees what was published: both are sequential. */
	if (atomic_load(&q->asleep) && atomic_exchange(&q->asleep, false) &&
	    write(q->filled, &one, sizeof(one)) < 0)
		return; /* it is readable already */
}

void queue_publish(struct queue *q)
{
	atomic_store(&q->head, q->put);
	wake(q);
	q->fresh = true;
}

void queue_close(struct queue *q)
{
	queue_publish(q);
	atomic_store(&q->closed, true); /* after what was put last */
	wake(q);
}

/* ---- who takes ---- */

const struct queued *queue_take(struct queue *q)
{
	const struct queued *p;

	atomic_store_explicit(&q->tail, q->taken, memory_order_release);
	for (;;) {
		if (q->taken == q->seen_head) {
			q->seen_head = atomic_load_explicit(&q->head, memory_order_acquire);
			if (q->taken == q->seen_head)
				return NULL;
		}
		if (q->taken == q->restart)
			q->out = 0;
		p = (const struct queued *)(const void *)(q->mem + q->out);
		if (p->room)
			break;
		q->taken += q->cap - q->out;
		q->out = 0;
	}
	q->taken += p->room;
	q->out += p->room;
	if (q->out == q->cap)
		q->out = 0;
	return p;
}

bool queue_sleep(struct queue *q)
{
	uint64_t n;

	if (read(q->filled, &n, sizeof(n)) < 0 && errno != EAGAIN)
		return false;
	atomic_store(&q->asleep, true);
	if (atomic_load(&q->head) == q->taken && !atomic_load(&q->closed))
		return true;
	atomic_store(&q->asleep, false);
	return false;
}

bool queue_ended(struct queue *q)
{
	return atomic_load(&q->closed) && atomic_load(&q->head) == q->taken;
}
