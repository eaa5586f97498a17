/* SPDX-License-Identifier: BSD-2-Clause */
/* What arrives: which of the packets that were sent it is. Of copies the first that keeps the order
 * is taken: where packets were only lost, that finds a place for all that arrive. What fits none is
 * held until the packets around it are accounted for: then it is the one most like it that is
 * missing, altered, or somebody else's. */
#include <stdlib.h>
#include <string.h>

#include "play/verify_impl.h"

#define BACK 128u /* places around the expected one where an altered one is looked for */
#define AHEAD 512u
#define NEARER 8 /* so many times nearer is a place behind, to be taken rather than one ahead */

static void tell(struct verify *v, enum verify_what what, uint64_t id, const struct packet *sent,
		 const struct packet *got)
{
	verify_tell(v, &(struct verify_event) { .what = what, .id = id, .sent = sent, .got = got });
}

/* ---- what fits none ---- */

void verify_pop(struct verify *v)
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
void verify_judge(struct verify *v)
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
		verify_settle(v, verify_kind(v, entry(v, found)->hash), entry(v, found));
		v->altered = found + 1;
		tell_altered(v, found, &s->p);
	}
	verify_pop(v);
}

static void stray_add(struct verify *v, const struct packet *p)
{
	struct stray *s;

	if (v->nstrays == STRAYS)
		verify_judge(v);
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
static uint32_t choose(struct verify *v, struct copies *k)
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

void verify_arrives(struct verify *v, struct packet *p)
{
	struct copies *k = verify_kind(v, verify_hash(v, p));
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
	verify_settle(v, k, x);
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
void verify_look(struct verify *v)
{
	struct packet p;

	while (!v->failed.code && source_next(v->src, &p, &v->failed) == SOURCE_PACKET)
		verify_arrives(v, &p);
	v->since = 0;
	v->looked = clock_wall();
}
