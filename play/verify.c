/* SPDX-License-Identifier: BSD-2-Clause */
/* Sent packets stand in a ring, in order, those that are alike chained; what arrives is looked up
 * by its hash (verify_arrive.c). */
#include <stdlib.h>
#include <string.h>

#include "core/stop.h"
#include "play/verify_impl.h"

#define BUCKETS (1u << 18)   /* of their hashes */
#define LOOK 64              /* packets sent between two looks at the capture */
#define LOOK_TIME 10000000ll /* or ns */

void verify_tell(struct verify *v, const struct verify_event *ev)
{
	v->c.n[ev->what]++;
	if (v->o.tell)
		v->o.tell(v->o.ctx, ev);
}

/* ---- hashes ---- */

/* Of all bytes, eight at a time (the mixing of splitmix64). Not meant against who wants to deceive.
 */
static uint64_t hash_bytes(const uint8_t *p, uint32_t n)
{
	uint64_t h = n * UINT64_C(0x9e3779b97f4a7c15), w;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&w, p, 8);
		h = (h ^ w) * UINT64_C(0xbf58476d1ce4e5b9);
		h ^= h >> 29;
	}
	w = 0;
	memcpy(&w, p, n);
	h = (h ^ w) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 32;
}

uint64_t verify_hash(struct verify *v, struct packet *p)
{
	return v->o.hash ? v->o.hash(v->o.ctx, p) : hash_bytes(p->data, p->len);
}

static uint32_t *bucket(struct verify *v, uint64_t hash)
{
	return &v->bucket[(hash ^ hash >> 32) % BUCKETS];
}

struct copies *verify_kind(struct verify *v, uint64_t hash)
{
	uint32_t k = *bucket(v, hash);

	while (k != NONE && v->kind[k].hash != hash)
		k = v->kind[k].next;
	return k == NONE ? NULL : &v->kind[k];
}

static void kind_add(struct verify *v, uint32_t at, uint64_t hash)
{
	struct copies *k = verify_kind(v, hash);
	uint32_t *b = bucket(v, hash);

	if (!k) {
		uint32_t got = v->idle;

		k = &v->kind[got];
		v->idle = k->next;
		*k = (struct copies) { .hash = hash,
				       .waiting = NONE,
				       .ahead = NONE,
				       .behind = NONE,
				       .last = NONE,
				       .next = *b };
		*b = got;
	}
	if (k->last != NONE)
		v->entry[k->last].next = at;
	if (k->waiting == NONE)
		k->waiting = at;
	if (k->ahead == NONE)
		k->ahead = at;
	k->last = at;
	k->alike |= k->n > 0;
	k->n++;
	k->open++;
}

/* The oldest of its kind is forgotten. */
static void kind_drop(struct verify *v, uint32_t at)
{
	uint32_t *link = bucket(v, v->entry[at].hash);
	struct copies *k;

	while (v->kind[*link].hash != v->entry[at].hash)
		link = &v->kind[*link].next;
	k = &v->kind[*link];
	while (k->waiting != NONE && (k->waiting == at || v->entry[k->waiting].arrived))
		k->waiting = v->entry[k->waiting].next;
	if (k->ahead == at)
		k->ahead = v->entry[at].next;
	if (k->behind == at)
		k->behind = NONE;
	if (!v->entry[at].arrived)
		k->open--;
	if (--k->n == 0) {
		uint32_t freed = *link;

		*link = k->next;
		k->next = v->idle;
		v->idle = freed;
	}
}

void verify_settle(struct verify *v, struct copies *k, struct entry *x)
{
	x->arrived = true;
	k->open--;
	v->open--;
	while (k->waiting != NONE && v->entry[k->waiting].arrived)
		k->waiting = v->entry[k->waiting].next;
}

/* ---- what is sent ---- */

/* The oldest one makes room. */
static void forget(struct verify *v)
{
	struct entry *x = entry(v, v->oldest);

	/* It may be one of those that fit none. */
	while (!x->arrived && v->nstrays)
		verify_judge(v);
	if (!x->arrived) {
		struct verify_event ev = { .what = VERIFY_LOST,
					   .id = v->oldest + 1,
					   .alike = verify_kind(v, x->hash)->alike };

		v->open--;
		v->c.alike += ev.alike;
		verify_tell(v, &ev);
	}
	kind_drop(v, (uint32_t)(v->oldest % SENT));
	v->oldest++;
}

void verify_sent(void *ctx, const uint8_t *frame, uint32_t n, uint16_t link, int64_t when)
{
	struct verify *v = ctx;
	struct packet p = { .data = frame,
			    .len = n,
			    .wire_len = n,
			    .link = link,
			    .when = when,
			    .number = v->c.sent + 1 };
	uint64_t hash;

	/* Not earlier: what was handed over together may have arrived already. */
	if (!frame) {
		if (v->since >= LOOK || when - v->looked > LOOK_TIME)
			verify_look(v);
		return;
	}
	hash = verify_hash(v, &p);
	while (v->oldest < v->c.sent &&
	       (v->c.sent - v->oldest == SENT || v->end + n - entry(v, v->oldest)->at > BYTES))
		forget(v);
	for (uint32_t i = 0; i < n;) {
		uint32_t at = (uint32_t)((v->end + i) % BYTES), part = n - i;

		if (part > BYTES - at)
			part = BYTES - at;
		memcpy(v->bytes + at, frame + i, part);
		i += part;
	}
	*entry(v, v->c.sent) = (struct entry) {
		.hash = hash, .when = when, .at = v->end, .len = n, .next = NONE, .link = link
	};
	kind_add(v, (uint32_t)(v->c.sent % SENT), hash);
	v->end += n;
	v->c.sent++;
	v->open++;
	v->since++;
}

/* ---- the life of it ---- */

struct verify *verify_open(const struct verify_opts *o, struct err *e)
{
	struct source_options so = { .promisc = true,
				     .timeout_ms = 5,
				     .buffer = 16u << 20,
				     .queue = 32u << 20,
				     .direction = SOURCE_IN };
	struct verify *v = calloc(1, sizeof(*v));

	if (!v) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	v->o = *o;
	if (!v->o.patience)
		v->o.patience = 1000000000;
	v->entry = calloc(SENT, sizeof(*v->entry));
	v->kind = calloc(SENT, sizeof(*v->kind));
	v->bucket = malloc(BUCKETS * sizeof(*v->bucket));
	v->bytes = malloc(BYTES);
	if (!v->entry || !v->kind || !v->bucket || !v->bytes) {
		err_set(e, ERR_IO, "out of memory");
		goto fail;
	}
	memset(v->bucket, 0xff, BUCKETS * sizeof(*v->bucket));
	for (uint32_t i = 0; i < SENT; i++)
		v->kind[i].next = i + 1 < SENT ? i + 1 : NONE;
	v->src = source_open_live(o->ifname, &so, e);
	if (v->src)
		return v;
fail:
	verify_close(v);
	return NULL;
}

int verify_start(struct verify *v, struct err *e)
{
	if (v->started)
		return 0;
	v->started = true;
	return source_start(v->src, e);
}

void verify_close(struct verify *v)
{
	if (!v)
		return;
	while (v->nstrays)
		verify_pop(v);
	source_close(v->src);
	free(v->entry);
	free(v->kind);
	free(v->bucket);
	free(v->bytes);
	free(v);
}

int verify_end(struct verify *v, struct err *e)
{
	int64_t until = clock_mono() + v->o.patience, quiet = clock_mono() + v->o.patience / 10;
	struct source_stats st;
	struct packet p;

	/* When all are there a little longer: one may come twice. What arrives is not counted as
	 * patience, so that a long queue is heard to its end, but for ten times that long. */
	int64_t last = until + 9 * v->o.patience;
	while (!v->failed.code && clock_mono() < (v->open ? until : quiet) && clock_mono() < last &&
	       stop_asked(v->o.stop) < 2) {
		int64_t next = clock_mono() + 20000000;
		int rc = source_wait(v->src, &p, next, &v->failed);

		if (rc == SOURCE_PACKET) {
			uint64_t before = v->open;

			verify_arrives(v, &p);
			if (v->open < before) {
				until = clock_mono() + v->o.patience;
				quiet = clock_mono() + v->o.patience / 10;
			}
		} else if (rc == SOURCE_END) {
			break;
		}
	}
	while (v->nstrays)
		verify_judge(v);
	while (v->oldest < v->c.sent)
		forget(v);
	/* The order tells copies apart only where all of them are there. */
	if (v->c.alike)
		v->c.latency = v->sure;
	source_stats(v->src, &st);
	v->c.dropped = st.dropped + st.queue_dropped;
	if (!v->failed.code)
		return 0;
	*e = v->failed;
	return -1;
}

const struct verify_counts *verify_counts(const struct verify *v)
{
	return &v->c;
}

bool verify_fine(const struct verify *v)
{
	for (unsigned i = 0; i < VERIFY_WHATS; i++)
		if (v->c.n[i])
			return false;
	return !v->c.dropped;
}
