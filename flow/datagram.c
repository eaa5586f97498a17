/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams out of their fragments (as RFC 791 section 3.2 and RFC 8200 section 4.5 have them; what
 * is a fragment the descriptions say). */
#include "flow/impl.h"

#include "core/bits.h"
#include "dissect/dissect.h"

static struct datagram *datagram_at(const struct flows *f, uint32_t at)
{
	return pool_at(&f->datagrams, at);
}

static void datagram_drop(struct flows *f, uint32_t at)
{
	struct datagram *d = datagram_at(f, at);
	uint32_t *link = &f->dhead[d->id.a % DATAGRAM_HEADS];

	while (*link != at)
		link = &datagram_at(f, *link)->chain;
	*link = d->chain;
	*(d->newer ? &datagram_at(f, d->newer)->older : &f->dnewest) = d->older;
	*(d->older ? &datagram_at(f, d->older)->newer : &f->doldest) = d->newer;
	pieces_clear(&f->pieces, &d->set);
	if (d->head)
		pool_give(&f->pieces, d->head);
	pool_give(&f->datagrams, at);
}

void datagram_expire(struct flows *f, int64_t now)
{
	while (f->doldest) {
		const struct datagram *d = datagram_at(f, f->doldest);

		/* A clock that goes back does not make anything old. */
		if (now != INT64_MAX && flow_since(d->since, now) <= f->opts.fragment_time)
			return;
		f->counts.late += now != INT64_MAX;
		f->counts.unfinished++;
		datagram_drop(f, f->doldest);
	}
}

/* The oldest makes room. False: keep is the only one. */
static bool make_room(struct flows *f, uint32_t keep)
{
	if (!f->doldest || f->doldest == keep)
		return false;
	f->counts.crowded++;
	f->counts.unfinished++;
	datagram_drop(f, f->doldest);
	return true;
}

static uint32_t datagram_find(struct flows *f, const struct flow_id *id, int64_t now)
{
	uint32_t at, *head = &f->dhead[id->a % DATAGRAM_HEADS];

	for (at = *head; at; at = datagram_at(f, at)->chain) {
		if (datagram_at(f, at)->id.a == id->a && datagram_at(f, at)->id.b == id->b)
			return at;
	}
	while (!(at = pool_take(&f->datagrams))) {
		if (!make_room(f, 0))
			return 0;
	}
	*datagram_at(f, at) = (struct datagram) { .id = *id,
						  .chain = *head,
						  .older = f->dnewest,
						  .total = UINT64_MAX,
						  .lo = INT64_MAX,
						  .hi = INT64_MAX,
						  .since = now };
	*head = at;
	*(f->dnewest ? &datagram_at(f, f->dnewest)->newer : &f->doldest) = at;
	f->dnewest = at;
	return at;
}

/* Keep the headers of the piece that begins at 0. False: no room. */
static bool keep_front(struct flows *f, const struct packet *p, unsigned i, uint32_t at)
{
	struct datagram *d = datagram_at(f, at);
	struct whole *w = &f->whole[f->depth];

	whole_front(w, p, i);
	while (!(d->head = pool_take(&f->pieces))) {
		if (!make_room(f, at))
			return false;
	}
	if (whole_keep(w, pool_at(&f->pieces, d->head), BLOCK_SIZE))
		return true;
	pool_give(&f->pieces, d->head);
	d->head = 0;
	return false;
}

static int put_together(struct flows *f, const struct packet *p, uint32_t at)
{
	struct datagram *d = datagram_at(f, at);
	struct whole *w = &f->whole[f->depth];

	whole_again(w, pool_at(&f->pieces, d->head));
	w->p.when = p->when;
	w->p.number = p->number;
	w->p.ifname = p->ifname;
	w->origin.conflict = d->conflict;
	while (d->set.first) {
		struct piece *c = piece_at(&f->pieces, d->set.first);

		buf_put(&w->bytes, piece_bytes(c), c->len);
		whole_from(w, c->packet);
		pieces_drop_first(&f->pieces, &d->set);
	}
	datagram_drop(f, at);
	f->counts.datagrams++;
	return whole_close(f, w, w->bytes.n);
}

/* Is it a piece to be taken? */
static bool piece_bytes_of(const struct packet *p, unsigned i, uint32_t *from, uint32_t *n)
{
	const struct layer *l = &p->layers[i];
	uint32_t to;

	packet_payload(p, i, from, &to);
	*n = to - *from;
	/* What was not captured would make the whole shorter than it was. */
	return !(p->len < p->wire_len && l->end >= p->len) && !(l->flags & LAYER_BAD_LENGTH);
}

/* Where does a piece that is measured stand? False: it cannot belong. */
static bool by_bytes(struct flows *f, const struct packet *p, unsigned i, uint32_t at_d, uint32_t n,
		     uint64_t *off)
{
	struct datagram *d = datagram_at(f, at_d);
	struct rules *r = f->rules[p->layers[i].proto->id];
	int64_t at = rules_value(f, p, i, &r->at);
	bool more = rules_true(f, p, i, &r->more);

	*off = (uint64_t)at;
	if (at < 0 || at + (int64_t)n > (int64_t)(PACKET_MAX - BLOCK_SIZE))
		return false;
	if (!more && d->total == UINT64_MAX && *off + n >= d->reach)
		d->total = *off + n;
	if (*off + n > d->total || (!more && *off + n != d->total))
		return false;
	if (*off + n > d->reach)
		d->reach = *off + n;
	return *off || d->head || keep_front(f, p, i, at_d);
}

#define NUMBERS (INT64_C(1) << 20) /* a piece may be as far from the one that came first */

/* The same for one that is counted: each has as much room as a packet may have. */
static bool by_number(struct flows *f, const struct packet *p, unsigned i, uint32_t at_d,
		      uint32_t n, uint64_t *off)
{
	struct datagram *d = datagram_at(f, at_d);
	const struct fragment_rule *g = p->layers[i].proto->fragment;
	struct rules *r = f->rules[p->layers[i].proto->id];
	uint64_t number = (uint64_t)rules_value(f, p, i, &r->at);
	int64_t at;

	if (!d->set.n && !d->count)
		d->number = number;
	at = sign_extend(number - d->number, g->bits);
	if (!n || at <= -NUMBERS || at >= NUMBERS || d->set.bytes + n > PACKET_MAX - BLOCK_SIZE)
		return false;
	if (rules_true(f, p, i, &r->first))
		d->lo = at;
	if (!rules_true(f, p, i, &r->more))
		d->hi = at;
	*off = (uint64_t)(at + NUMBERS) * PACKET_MAX;
	return d->lo != at || d->head || keep_front(f, p, i, at_d);
}

static bool is_whole(const struct datagram *d, const struct fragment_rule *g)
{
	if (!d->head)
		return false;
	if (!g->number)
		return d->set.bytes == d->total;
	return d->lo <= d->hi && d->hi != INT64_MAX && d->count == (uint64_t)(d->hi - d->lo) + 1;
}

int datagram_add(struct flows *f, const struct packet *p, unsigned i, struct whole **out)
{
	const struct fragment_rule *g = p->layers[i].proto->fragment;
	struct piece_from o = { p->number, p->when, f->opts.overlap };
	struct flow_id id;
	uint64_t off = 0, had;
	uint32_t from, n, at;
	struct datagram *d;
	int rc;

	*out = NULL;
	datagram_expire(f, p->when);
	if (!piece_bytes_of(p, i, &from, &n) || !rules_fragment_key(f, p, i, &id)) {
		f->counts.odd++;
		return 0;
	}
	at = datagram_find(f, &id, p->when);
	if (!at)
		return -1;
	d = datagram_at(f, at);
	if (g->number ? !by_number(f, p, i, at, n, &off) : !by_bytes(f, p, i, at, n, &off)) {
		f->counts.odd++;
		return 0;
	}
	had = d->set.bytes;
	while ((rc = pieces_add(&f->pieces, &d->set, off, p->data + from, n, &o)) < 0) {
		if (!make_room(f, at))
			return 0;
	}
	d->count += had + n == d->set.bytes;
	if (rc) {
		struct flow_data x = { .proto = p->layers[i].proto,
				       .conflict = true,
				       .off = g->number ? 0 : off,
				       .p = p->data + from,
				       .n = n,
				       .packet = p->number,
				       .when = p->when };

		d->conflict = true;
		f->counts.conflicts++;
		rc = f->ops.clash ? f->ops.clash(f->opts.arg, p, i, &x) : 0;
		if (rc)
			return rc;
	}
	if (!is_whole(d, g))
		return 0;
	*out = &f->whole[f->depth];
	return put_together(f, p, at);
}
