/* SPDX-License-Identifier: BSD-2-Clause */
/* The probes that wait: by the time at which each is given up, and by the ends they go between, so
 * that an answer is held against few of them. */
#include <stdlib.h>
#include <string.h>

#include "core/bits.h"
#include "play/ask_impl.h"

#define BUCKETS 4096u

struct flight {
	struct probe *v;      /* FLIGHT; 0 is none */
	unsigned fresh, free; /* never used from here on; those given back */
	unsigned first, last; /* that wait, in the order of their deadlines */
	unsigned in_use, waiting;
	struct {
		unsigned first, last; /* in the order in which they were sent */
	} bucket[BUCKETS];
};

struct flight *flight_open(void)
{
	struct flight *f = calloc(1, sizeof(*f));

	/* Pages that are never touched cost nothing. */
	if (f)
		f->v = calloc(FLIGHT + 1, sizeof(*f->v));
	if (f && !f->v) {
		free(f);
		return NULL;
	}
	if (f)
		f->fresh = 1;
	return f;
}

void flight_close(struct flight *f)
{
	for (unsigned i = 1; f && i < f->fresh; i++)
		free(f->v[i].data);
	if (f)
		free(f->v);
	free(f);
}

static struct probe *at(struct flight *f, unsigned i)
{
	return i ? &f->v[i] : NULL;
}

static unsigned place(const struct flight *f, const struct probe *p)
{
	return (unsigned)(p - f->v);
}

bool flight_full(const struct flight *f)
{
	return f->in_use == FLIGHT;
}

unsigned flight_waiting(const struct flight *f)
{
	return f->waiting;
}

struct probe *flight_take(struct flight *f)
{
	unsigned i = f->free;

	if (flight_full(f))
		return NULL;
	if (i)
		f->free = f->v[i].next;
	else
		i = f->fresh++;
	f->in_use++;
	return &f->v[i];
}

void flight_drop(struct flight *f, struct probe *p)
{
	if (p->waiting)
		flight_land(f, p);
	p->next = f->free;
	f->free = place(f, p);
	f->in_use--;
}

void flight_wait(struct flight *f, struct probe *p)
{
	unsigned i = place(f, p), b = p->key % BUCKETS;

	p->waiting = true;
	p->next = 0;
	p->prev = f->last;
	*(f->last ? &f->v[f->last].next : &f->first) = i;
	f->last = i;
	p->like = 0;
	p->unlike = f->bucket[b].last;
	*(p->unlike ? &f->v[p->unlike].like : &f->bucket[b].first) = i;
	f->bucket[b].last = i;
	f->waiting++;
}

void flight_land(struct flight *f, struct probe *p)
{
	unsigned b = p->key % BUCKETS;

	p->waiting = false;
	*(p->prev ? &f->v[p->prev].next : &f->first) = p->next;
	*(p->next ? &f->v[p->next].prev : &f->last) = p->prev;
	*(p->unlike ? &f->v[p->unlike].like : &f->bucket[b].first) = p->like;
	*(p->like ? &f->v[p->like].unlike : &f->bucket[b].last) = p->unlike;
	f->waiting--;
}

struct probe *flight_first(struct flight *f)
{
	return at(f, f->first);
}

struct probe *flight_last(struct flight *f)
{
	return at(f, f->last);
}

struct probe *flight_next(struct flight *f, const struct probe *p)
{
	return at(f, p->next);
}

struct probe *flight_like(struct flight *f, uint32_t key, const struct probe *after)
{
	unsigned i = after ? after->like : f->bucket[key % BUCKETS].first;

	while (i && f->v[i].key != key)
		i = f->v[i].like;
	return at(f, i);
}

/* ---- keys ---- */

static uint64_t fold(const uint8_t *p, unsigned n)
{
	uint64_t h = n;

	for (; n >= 4; n -= 4, p += 4)
		h = (h ^ be32(p)) * UINT64_C(0x9e3779b97f4a7c15);
	for (; n; n--)
		h = (h ^ *p++) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

/* Of a pair of fields, the same from either end; 0: there are none. */
static uint64_t fold_pair(const struct packet *p, unsigned i, const struct ends *x)
{
	unsigned n, m;
	const uint8_t *src = packet_field(p, i, x->src, &n);
	const uint8_t *dst = packet_field(p, i, x->dst, &m);

	return src && dst && n == m ? (fold(src, n) + fold(dst, n)) | 1 : 0;
}

/* Does every answer of this protocol exchange the two? */
static bool always_swapped(const struct proto *p, const struct field *src, const struct field *dst)
{
	for (unsigned i = 0; i < p->nreply; i++) {
		const struct reply *r = &p->reply[i];
		bool found = false;

		for (unsigned k = 0; k < r->nswap; k++)
			found |= (r->swap[k].a == src->index && r->swap[k].b == dst->index) ||
				 (r->swap[k].a == dst->index && r->swap[k].b == src->index);
		if (!found)
			return false;
	}
	return p->nreply > 0;
}

/* What is known of a protocol's ends, looked up once. */
static const struct ends *ends_of(struct asking *a, const struct proto *p)
{
	struct ends *x;

	for (unsigned i = 0; i < a->nends; i++)
		if (a->ends[i].proto == p)
			return &a->ends[i];
	if (a->nends == sizeof(a->ends) / sizeof(*a->ends))
		a->nends = 0;
	x = &a->ends[a->nends++];
	*x = (struct ends) { .proto = p };
	if (proto_ends(p, END_NET, &x->src, &x->dst))
		x->what = ENDS_NET;
	else if (proto_ends(p, END_PORT, &x->src, &x->dst))
		x->what = ENDS_PORT;
	else if (proto_ends(p, END_LINK, &x->src, &x->dst))
		x->what = ENDS_LINK;
	x->swapped = x->what && always_swapped(p, x->src, x->dst);
	return x;
}

/* The keys of the layers that are quoted, or of those that are not: of the first network addresses,
 * and of them with the ports above. 0: there are none. */
static void keys_of(struct asking *a, const struct packet *p, bool quoted, uint32_t key[2])
{
	uint64_t net = 0, port = 0;

	for (unsigned i = 0; i < p->nlayers && !port; i++) {
		const struct layer *l = &p->layers[i];
		const struct ends *x = ends_of(a, l->proto);

		if (!!(l->flags & LAYER_QUOTED) != quoted)
			continue;
		if (x->what == ENDS_NET && !net)
			net = fold_pair(p, i, x);
		else if (x->what == ENDS_PORT && net)
			port = fold_pair(p, i, x);
	}
	key[0] = net ? (uint32_t)(net >> 16) | 1 : 0;
	key[1] = port ? (uint32_t)((net + port * 3) >> 16) | 1 : 0;
}

static bool to_group(const struct packet *p, unsigned i, const struct ends *x)
{
	unsigned n, m;
	const uint8_t *src = packet_field(p, i, x->src, &n);
	const uint8_t *dst = packet_field(p, i, x->dst, &m);

	return !src || !dst || answers_any(src, n) || answers_any(dst, m);
}

bool ask_sender(struct asking *a, const struct packet *p, const uint8_t **src, const uint8_t **dst,
		unsigned *n)
{
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct ends *x = ends_of(a, p->layers[i].proto);

		if (x->what != ENDS_NET)
			continue;
		*src = packet_field(p, i, x->src, n);
		*dst = packet_field(p, i, x->dst, n);
		return *src && *dst;
	}
	return false;
}

/* May a layer inside say that an answer has another one of these fields? */
static bool anew_above(const struct packet *p, unsigned i)
{
	for (unsigned k = i + 1; k < p->nlayers; k++)
		for (unsigned n = 0; n < p->layers[k].proto->nreply; n++)
			if (p->layers[k].proto->reply[n].anew &&
			    p->layers[k].proto->reply[n].anew->rec == &p->layers[i].proto->rec)
				return true;
	return false;
}

uint32_t ask_key(struct asking *a, const struct packet *request)
{
	bool net = false, port = false, ported = false;
	uint32_t key[2];

	for (unsigned i = 0; i < request->nlayers; i++) {
		const struct layer *l = &request->layers[i];
		const struct ends *x = ends_of(a, l->proto);
		bool firm = x->swapped && !anew_above(request, i);

		if (x->what == ENDS_NET) {
			/* Of a tunnel, either may be missing from the answer. */
			if (net || !firm || to_group(request, i, x))
				return 0;
			net = true;
		} else if (x->what == ENDS_PORT && net) {
			port |= firm && !ported;
			ported = true;
		} else if (!net && l->proto->nreply &&
			   (x->what != ENDS_LINK || to_group(request, i, x))) {
			return 0;
		}
	}
	if (!net)
		return 0;
	keys_of(a, request, false, key);
	return port ? key[1] : key[0];
}

unsigned ask_keys(struct asking *a, const struct packet *reply, uint32_t key[ASK_KEYS], bool *any)
{
	bool quotes = false;
	unsigned n;

	*any = false;
	keys_of(a, reply, false, key);
	n = key[1] ? 2 : key[0] ? 1 : 0;
	for (unsigned i = 0; i < reply->nlayers; i++)
		quotes |= reply->layers[i].flags & LAYER_QUOTED;
	if (quotes) {
		keys_of(a, reply, true, key + n);
		*any = !key[n + 1];
		n += key[n + 1] ? 2 : key[n] ? 1 : 0;
	}
	/* The most telling first, and at last what nothing tells apart. */
	for (unsigned i = 0; i < n / 2; i++) {
		uint32_t swap = key[i];

		key[i] = key[n - 1 - i];
		key[n - 1 - i] = swap;
	}
	key[n++] = 0;
	return n;
}
