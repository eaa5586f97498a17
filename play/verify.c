/* SPDX-License-Identifier: BSD-2-Clause */
/* Sent packets stand in a ring, in order, those that are alike chained; what arrives is looked up
 * by its hash. Of copies the first that keeps the order is taken: where packets were only lost,
 * that finds a place for all that arrive. What fits none is held until the packets around it are
 * accounted for: then it is the one most like it that is missing, altered, or somebody else's. */
#include "play/verify.h"

#include <stdlib.h>
#include <string.h>

#define SENT (1u << 18)    /* packets that are remembered */
#define BYTES (32u << 20)  /* and bytes of them */
#define BUCKETS (1u << 18) /* of their hashes */
#define STRAYS 1024u       /* that fit none, at a time */
#define BACK 128u          /* places around the expected one where an altered one is looked for */
#define AHEAD 512u
#define NEARER 8 /* so many times nearer is a place behind, to be taken rather than one ahead */
#define LOOK 64  /* packets sent between two looks at the capture */
#define LOOK_TIME 10000000ll /* or ns */
#define NONE UINT32_MAX

/* A packet that was sent. */
struct entry {
	uint64_t hash;
	int64_t when;
	uint64_t at; /* its bytes: into the stream of all, modulo BYTES */
	uint32_t len;
	uint32_t next; /* the next one sent with this hash; NONE */
	uint16_t link;
	bool arrived;
};
/* Packets with one hash that are remembered. */
struct kind {
	uint64_t hash;
	uint32_t n;       /* how many; 0: free */
	uint32_t open;    /* and how many of them have not arrived */
	uint32_t waiting; /* the first that has not arrived; NONE */
	uint32_t ahead;   /* the first such one that keeps the order; NONE */
	uint32_t behind;  /* the last one that `ahead` went past; NONE */
	uint32_t last;    /* the last one sent */
	uint32_t next;    /* in the bucket, or the next free one */
	bool alike;       /* there was more than one at a time */
	uint64_t latest;  /* behind the number of the last one that arrived; 0: none did */
};
/* A packet that arrived and fits none. */
struct stray {
	struct packet p;
	uint8_t *data;
	uint64_t after; /* the highest number that had arrived by then */
};

struct verify {
	struct verify_opts o;
	struct source *src;
	struct entry *entry; /* number i stands at i % SENT; those from `oldest` to c.sent */
	uint64_t oldest;
	uint8_t *bytes;
	uint64_t end; /* bytes in all */
	struct kind *kind;
	uint32_t *bucket, idle;
	struct stray stray[STRAYS];
	unsigned first, nstrays;
	uint64_t highest, altered; /* the highest number that arrived; the last altered one */
	uint64_t odd;              /* arrived and fitted none since the highest one */
	uint64_t open;             /* sent, and neither arrived nor given up */
	unsigned since;            /* sent since the last look */
	int64_t looked;
	bool started;
	struct err failed;
	struct lateness sure; /* latency, but for those that copies of them may be taken for */
	struct verify_counts c;
};

static struct entry *entry(const struct verify *v, uint64_t number)
{
	return &v->entry[number % SENT];
}

/* Of the one that stands there. */
static uint64_t number_at(const struct verify *v, uint32_t at)
{
	return v->oldest + (at + SENT - v->oldest % SENT) % SENT;
}

static void tell_event(struct verify *v, const struct verify_event *ev)
{
	v->c.n[ev->what]++;
	if (v->o.tell)
		v->o.tell(v->o.ctx, ev);
}

static void tell(struct verify *v, enum verify_what what, uint64_t id, const struct packet *sent,
		 const struct packet *got)
{
	tell_event(v, &(struct verify_event) { .what = what, .id = id, .sent = sent, .got = got });
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

static uint64_t hash_of(struct verify *v, struct packet *p)
{
	return v->o.hash ? v->o.hash(v->o.ctx, p) : hash_bytes(p->data, p->len);
}

static uint32_t *bucket(struct verify *v, uint64_t hash)
{
	return &v->bucket[(hash ^ hash >> 32) % BUCKETS];
}

static struct kind *kind_find(struct verify *v, uint64_t hash)
{
	uint32_t k = *bucket(v, hash);

	while (k != NONE && v->kind[k].hash != hash)
		k = v->kind[k].next;
	return k == NONE ? NULL : &v->kind[k];
}

static void kind_add(struct verify *v, uint32_t at, uint64_t hash)
{
	struct kind *k = kind_find(v, hash);
	uint32_t *b = bucket(v, hash);

	if (!k) {
		uint32_t got = v->idle;

		k = &v->kind[got];
		v->idle = k->next;
		*k = (struct kind) { .hash = hash,
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
	struct kind *k;

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

/* It has arrived, or counts as arrived: later ones of its kind may still be waiting. */
static void settle(struct verify *v, struct kind *k, struct entry *x)
{
	x->arrived = true;
	k->open--;
	v->open--;
	while (k->waiting != NONE && v->entry[k->waiting].arrived)
		k->waiting = v->entry[k->waiting].next;
}

/* ---- what fits none ---- */

static void stray_pop(struct verify *v)
{
	free(v->stray[v->first].data);
	v->first = (v->first + 1) % STRAYS;
	v->nstrays--;
}

/* Its bytes, that may stand in two parts of the ring. */
static uint8_t byte_of(const struct verify *v, const struct entry *x, uint32_t i)
{
	return v->bytes[(x->at + i) % BYTES];
}

/* Bytes by which they differ, up to `most`. */
static uint32_t distance(const struct verify *v, const struct entry *x, const struct packet *p,
			 uint32_t most)
{
	uint32_t n = x->len < p->len ? x->len : p->len;
	uint32_t d = (x->len > p->len ? x->len : p->len) - n;

	for (uint32_t i = 0; i < n && d < most; i++)
		d += byte_of(v, x, i) != p->data[i];
	return d;
}

static void tell_altered(struct verify *v, uint64_t number, const struct packet *got)
{
	struct entry *x = entry(v, number);
	uint8_t *copy = malloc(x->len ? x->len : 1);
	struct packet sent = { .data = copy,
			       .len = x->len,
			       .wire_len = x->len,
			       .link = x->link,
			       .when = x->when,
			       .number = number + 1 };

	for (uint32_t i = 0; copy && i < x->len; i++)
		copy[i] = byte_of(v, x, i);
	tell(v, VERIFY_ALTERED, number + 1, copy ? &sent : NULL, got);
	free(copy);
	late_add(&v->c.latency, got->when - x->when);
}

/* The oldest stray: the missing packet near its place that is most like it; at least half of its
 * bytes are the same. */
static void stray_judge(struct verify *v)
{
	struct stray *s = &v->stray[v->first];
	uint64_t base = s->after > v->altered ? s->after : v->altered, found = UINT64_MAX;
	uint64_t from = base > BACK ? base - BACK : 0, to = base + AHEAD;
	uint32_t best = s->p.len / 2 + 1;

	if (from < v->oldest)
		from = v->oldest;
	if (to > v->c.sent)
		to = v->c.sent;
	for (uint64_t i = from; i < to && best; i++) {
		uint32_t d = entry(v, i)->arrived || entry(v, i)->link != s->p.link
				     ? best
				     : distance(v, entry(v, i), &s->p, best);

		if (d < best) {
			best = d;
			found = i;
		}
	}
	if (found == UINT64_MAX) {
		v->c.others++;
	} else {
		settle(v, kind_find(v, entry(v, found)->hash), entry(v, found));
		v->altered = found + 1;
		tell_altered(v, found, &s->p);
	}
	stray_pop(v);
}

static void stray_add(struct verify *v, const struct packet *p)
{
	struct stray *s;

	if (v->nstrays == STRAYS)
		stray_judge(v);
	s = &v->stray[(v->first + v->nstrays) % STRAYS];
	s->data = malloc(p->len ? p->len : 1);
	if (!s->data) {
		v->c.others++;
		return;
	}
	memcpy(s->data, p->data, p->len);
	s->p = *p;
	s->p.data = s->data;
	s->p.ifname = NULL;
	s->p.said = NULL;
	s->after = v->highest;
	v->odd++;
	v->nstrays++;
}

/* ---- what arrives ---- */

/* Which one of its kind it is; NONE: one that has arrived, once more. A place behind is taken where
 * it is much nearer: when a capture is sent again and again, what was overtaken by a few packets or
 * comes twice is not of the next round. */
static uint32_t choose(struct verify *v, struct kind *k)
{
	uint64_t front = v->highest + v->odd, far = UINT64_MAX, gap = far, back = far, again = far;
	uint32_t behind;

	while (k->ahead != NONE &&
	       (v->entry[k->ahead].arrived || number_at(v, k->ahead) < v->highest)) {
		if (!v->entry[k->ahead].arrived)
			k->behind = k->ahead;
		k->ahead = v->entry[k->ahead].next;
	}
	behind = k->behind != NONE && !v->entry[k->behind].arrived ? k->behind : k->waiting;
	if (k->ahead != NONE)
		gap = number_at(v, k->ahead) > front ? number_at(v, k->ahead) - front : 0;
	if (behind != NONE && number_at(v, behind) < v->highest)
		back = front - number_at(v, behind);
	if (k->latest)
		again = front - (k->latest - 1);
	if (gap != far && gap / NEARER < (back < again ? back : again))
		return k->ahead;
	return back < again ? behind : NONE;
}

static void arrives(struct verify *v, struct packet *p)
{
	struct kind *k = kind_find(v, hash_of(v, p));
	uint64_t number;
	struct entry *x;
	uint32_t at;

	if (!k) {
		stray_add(v, p);
		return;
	}
	at = choose(v, k);
	if (at == NONE) {
		tell(v, VERIFY_TWICE, k->latest ? k->latest : number_at(v, k->last) + 1, NULL, p);
		return;
	}
	number = number_at(v, at);
	x = &v->entry[at];
	if (k->open == 1)
		late_add(&v->sure, p->when - x->when);
	settle(v, k, x);
	v->c.arrived++;
	late_add(&v->c.latency, p->when - x->when);
	if (number + 1 > k->latest)
		k->latest = number + 1;
	if (number + 1 > v->highest) {
		v->highest = number + 1;
		v->odd = 0;
		return;
	}
	if (v->highest - number - 1 > v->c.furthest)
		v->c.furthest = v->highest - number - 1;
	tell(v, VERIFY_REORDERED, number + 1, NULL, p);
}

/* All that is there now. */
static void look(struct verify *v)
{
	struct packet p;

	while (!v->failed.code && source_next(v->src, &p, &v->failed) == SOURCE_PACKET)
		arrives(v, &p);
	v->since = 0;
	v->looked = clock_wall();
}

/* ---- what is sent ---- */

/* The oldest one makes room. */
static void forget(struct verify *v)
{
	struct entry *x = entry(v, v->oldest);

	/* It may be one of those that fit none. */
	while (!x->arrived && v->nstrays)
		stray_judge(v);
	if (!x->arrived) {
		struct verify_event ev = { .what = VERIFY_LOST,
					   .id = v->oldest + 1,
					   .alike = kind_find(v, x->hash)->alike };

		v->open--;
		v->c.alike += ev.alike;
		tell_event(v, &ev);
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
			look(v);
		return;
	}
	hash = hash_of(v, &p);
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
		stray_pop(v);
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
	       !(v->o.stop && *v->o.stop > 1)) {
		int64_t next = clock_mono() + 20000000;
		int rc = source_wait(v->src, &p, next, &v->failed);

		if (rc == SOURCE_PACKET) {
			uint64_t before = v->open;

			arrives(v, &p);
			if (v->open < before) {
				until = clock_mono() + v->o.patience;
				quiet = clock_mono() + v->o.patience / 10;
			}
		} else if (rc == SOURCE_END) {
			break;
		}
	}
	while (v->nstrays)
		stray_judge(v);
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
