/* SPDX-License-Identifier: BSD-2-Clause */
/* What an imperfect wire does in one direction. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/relay.h"

#define HOLD 10000000 /* nanoseconds that a frame waits at most to be overtaken */
#define LATE 1000000

struct way_frame {
	int64_t due;
	uint64_t seq;
	uint32_t len;
	uint8_t data[];
};

struct way *way_open(const struct lab_wire *w, struct lab_wire_stats *stats, uint64_t seed, int fd)
{
	struct way *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	*v = (struct way) { .w = w, .stats = stats, .random = seed, .fd = fd };
	v->departs = calloc(w->queue ? w->queue : 1, sizeof(*v->departs));
	if (!v->departs) {
		free(v);
		return NULL;
	}
	return v;
}

void way_close(struct way *v)
{
	if (!v)
		return;
	for (unsigned i = 0; i < v->n; i++)
		free(v->heap[i]);
	free(v->held);
	free(v->heap);
	free(v->departs);
	free(v);
}

/* splitmix64 (Steele, Lea, Flood 2014): each number by itself. */
static uint64_t draw(struct way *v)
{
	uint64_t z = v->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* Drawn for every frame, asked for or not, so that one option does not change what another does. */
static bool chance(struct way *v, double share)
{
	return (double)(draw(v) >> 11) * 0x1p-53 < share;
}

/* ---- the heap: earliest first, of equal ones the one that came first ---- */

static bool before(const struct way_frame *a, const struct way_frame *b)
{
	return a->due < b->due || (a->due == b->due && a->seq < b->seq);
}

static bool push(struct way *v, struct way_frame *f)
{
	unsigned i = v->n;

	if (v->n == v->cap) {
		unsigned cap = v->cap ? v->cap * 2 : 256;
		struct way_frame **heap = realloc(v->heap, cap * sizeof(*heap));

		if (!heap)
			return false;
		v->heap = heap;
		v->cap = cap;
	}
	for (v->n++; i && before(f, v->heap[(i - 1) / 2]); i = (i - 1) / 2)
		v->heap[i] = v->heap[(i - 1) / 2];
	v->heap[i] = f;
	return true;
}

static struct way_frame *pop(struct way *v)
{
	struct way_frame *top = v->heap[0], *last = v->heap[--v->n];
	unsigned i = 0, child;

	for (; (child = 2 * i + 1) < v->n; i = child) {
		if (child + 1 < v->n && before(v->heap[child + 1], v->heap[child]))
			child++;
		if (!before(v->heap[child], last))
			break;
		v->heap[i] = v->heap[child];
	}
	if (v->n)
		v->heap[i] = last;
	return top;
}

static void drop(struct way *v, struct way_frame *f)
{
	v->bytes -= f->len;
	free(f);
}

/* ---- in ---- */

static struct way_frame *copy_frame(struct way *v, const uint8_t *p, uint32_t n, const uint8_t *tag)
{
	struct way_frame *f;

	if (v->n >= WAY_FRAMES || v->bytes + n > WAY_BYTES)
		return NULL;
	f = malloc(sizeof(*f) + n + 4);
	if (!f)
		return NULL;
	if (tag) { /* behind the two addresses */
		memcpy(f->data, p, 12);
		memcpy(f->data + 12, tag, 4);
		memcpy(f->data + 16, p + 12, n - 12);
		n += 4;
	} else {
		memcpy(f->data, p, n);
	}
	f->len = n;
	v->bytes += n;
	return f;
}

/* When the last bit of it has left, at the rate of the wire. False: the queue is full. */
static bool serialise(struct way *v, int64_t when, uint32_t n, int64_t *out)
{
	const struct lab_wire *w = v->w;
	int64_t from = when > v->busy ? when : v->busy;

	*out = when;
	if (!w->rate)
		return true;
	while (v->waiting && v->departs[v->first] <= when) {
		v->first = (v->first + 1) % w->queue;
		v->waiting--;
	}
	/* One that finds the wire free does not wait. */
	if (v->waiting >= w->queue)
		return false;
	v->busy = from + (int64_t)((double)n * 8e9 / (double)w->rate);
	v->departs[(v->first + v->waiting++) % w->queue] = v->busy;
	*out = v->busy;
	return true;
}

/* Delay and jitter; in order, whatever the jitter says. */
static int64_t due_at(struct way *v, int64_t leaves)
{
	double r = (double)(draw(v) >> 11) * 0x1p-52 - 1;
	int64_t due = leaves + v->w->delay + (int64_t)(r * (double)v->w->jitter);

	if (due < leaves)
		due = leaves;
	if (due < v->last)
		due = v->last;
	v->last = due;
	return due;
}

static void insert(struct way *v, struct way_frame *f)
{
	if (!push(v, f)) {
		v->stats->full++;
		drop(v, f);
	}
}

/* The one that waited to be overtaken follows the one that did. */
static void release_held(struct way *v, int64_t due)
{
	struct way_frame *f = v->held;

	if (!f)
		return;
	v->held = NULL;
	if (f->due < due)
		f->due = due;
	if (v->last < f->due)
		v->last = f->due;
	insert(v, f);
}

void way_frame(struct way *v, int64_t when, const uint8_t *p, uint32_t n, const uint8_t *tag)
{
	const struct lab_wire *w = v->w;
	bool lose = chance(v, w->loss), twice = chance(v, w->duplicate);
	bool hold = chance(v, w->reorder), flip = chance(v, w->corrupt);
	uint64_t where = draw(v);
	struct way_frame *f, *again = NULL;
	int64_t leaves;

	v->stats->in++;
	if (lose) {
		v->stats->lost++;
		return;
	}
	if (!serialise(v, when, n + (tag ? 4 : 0), &leaves) || !(f = copy_frame(v, p, n, tag))) {
		v->stats->full++;
		return;
	}
	f->seq = v->seq++;
	if (flip) {
		f->data[where / 8 % f->len] ^= (uint8_t)(1u << where % 8);
		v->stats->corrupted++;
	}
	f->due = due_at(v, leaves);
	if (twice)
		again = copy_frame(v, f->data, f->len, NULL);
	if (again) {
		again->due = f->due;
		again->seq = f->seq;
		v->stats->duplicated++;
		insert(v, again);
	}
	if (hold && !v->held) {
		v->held = f;
		v->held_until = f->due + HOLD;
		return;
	}
	leaves = f->due;
	insert(v, f);
	release_held(v, leaves + 1);
}

/* ---- out ---- */

static void let_out(struct way *v, struct way_frame *f, int64_t now)
{
	if (send(v->fd, f->data, f->len, 0) == (ssize_t)f->len) {
		v->stats->out++;
		v->stats->bytes += f->len;
		v->stats->reordered += f->seq < v->newest;
		if (f->seq > v->newest)
			v->newest = f->seq;
	} else {
		v->stats->failed++;
	}
	if (now - f->due > LATE)
		v->stats->late++;
	if (now - f->due > v->stats->latest)
		v->stats->latest = now - f->due;
	drop(v, f);
}

int64_t way_send(struct way *v, int64_t now)
{
	if (v->held && v->held_until <= now)
		release_held(v, v->held_until);
	while (v->n && v->heap[0]->due <= now)
		let_out(v, pop(v), now);
	if (v->held && (!v->n || v->held_until < v->heap[0]->due))
		return v->held_until;
	return v->n ? v->heap[0]->due : WAY_NEVER;
}
