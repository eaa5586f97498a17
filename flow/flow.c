/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations in the packets of a capture, one packet after the other. */
#include "flow/flow.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "flow/impl.h"

struct flows *flows_open(const struct flow_opts *o, struct err *e)
{
	struct flows *f = calloc(1, sizeof(*f));

	if (!f || !(f->whole = calloc(FLOW_DEPTH + 1, sizeof(*f->whole)))) {
		free(f);
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	f->reg = o->reg;
	f->opts = *o;
	f->ops = *o->ops;
	f->opts.fragments_max = o->fragments_max ? o->fragments_max : FLOW_FRAGMENTS_MAX;
	f->opts.streams_max = o->streams_max ? o->streams_max : FLOW_STREAMS_MAX;
	f->opts.flows_max = o->flows_max ? o->flows_max : FLOW_FLOWS_MAX;
	if (!o->fragment_time)
		f->opts.fragment_time = FLOW_FRAGMENT_TIME * 1000000000ll;
	siphash_key(f->key, o->seed);
	f->streams_budget.limit = f->opts.streams_max;
	f->fragments_budget.limit = f->opts.fragments_max;
	pool_init(&f->blocks, BLOCK_SIZE, &f->streams_budget, f->key[0]);
	pool_init(&f->streams, sizeof(struct stream), &f->streams_budget, 1);
	pool_init(&f->pieces, BLOCK_SIZE, &f->fragments_budget, f->key[1]);
	pool_init(&f->datagrams, sizeof(struct datagram), &f->fragments_budget, 1);
	if (table_open(f, e) || rules_make(f, e))
		return flows_close(f);
	return f;
}

struct flows *flows_close(struct flows *f)
{
	if (!f)
		return NULL;
	f->ops = (struct flow_ops) { 0 };
	while (f->newest)
		stream_end(f, f->newest);
	buffers_free(f);
	pool_done(&f->blocks);
	pool_done(&f->streams);
	pool_done(&f->pieces);
	pool_done(&f->datagrams);
	pool_done(&f->table.pool);
	pool_done(&f->table.owns);
	free(f->table.head);
	for (unsigned i = 0; i <= FLOW_DEPTH; i++)
		buf_done(&f->whole[i].bytes);
	free(f->whole);
	tree_done(&f->tree);
	tree_done(&f->scratch);
	tree_done(&f->request);
	arena_done(&f->mem);
	free(f);
	return NULL;
}

/* The payload of a datagram of a conversation. */
static int tell_payload(struct flows *f, const struct packet *p, const struct flow_seen *s)
{
	struct flow_data d = { .proto = s->proto,
			       .number = s->number,
			       .side = s->side,
			       .packet = p->number,
			       .when = p->when };
	uint32_t from, to;

	if (!f->ops.data || (f->opts.follow && *f->opts.follow != s->number) ||
	    !packet_payload(p, s->layer, &from, &to))
		return 0;
	d.p = p->data + from;
	d.n = to - from;
	return f->ops.data(f->opts.arg, &d);
}

/* told: it is looked at, not only counted. */
static int conversation(struct flows *f, const struct packet *p, unsigned i, bool told)
{
	const struct proto *proto = p->layers[i].proto;
	struct flow_seen s = { .proto = proto, .layer = i };
	struct flow_key k;
	uint32_t at;
	int rc = 0;

	if (!rules_key(f, p, i, &k))
		return 0;
	at = table_find(f, &k, proto, &s.fresh);
	if (!at)
		return -1;
	s.renewed = !s.fresh;
	if (proto->segment)
		rc = stream_renew(f, p, i, at, k.side, &s.fresh);
	s.renewed = s.renewed && s.fresh;
	if (!told)
		return rc;
	s.own = table_own(f, at);
	if (f->opts.own && !s.own)
		return -1;
	s.number = flow_at(f, at)->number;
	s.ends = k.ends;
	if (s.fresh && f->ops.answers && f->ops.answers(f->opts.arg, p, &s))
		flow_at(f, at)->first = !k.side;
	s.side = k.side != flow_at(f, at)->first;
	if (!rc && f->ops.seen)
		rc = f->ops.seen(f->opts.arg, p, &s);
	if (rc || (!f->ops.data && !f->ops.whole && !f->ops.clash))
		return rc;
	return proto->segment ? stream_segment(f, p, i, at, k.side) : tell_payload(f, p, &s);
}

/* The last layer of p from `first` on that has a conversation. */
static unsigned innermost(struct flows *f, const struct packet *p, unsigned first)
{
	unsigned last = first;

	for (unsigned i = first; i < p->nlayers && !(p->layers[i].flags & LAYER_QUOTED); i++) {
		const struct proto *proto = p->layers[i].proto;

		if (!f->rules[proto->id] || !rules_fit(&p->layers[i]))
			continue;
		if (f->tracked[proto->id])
			last = i;
		if (proto->fragment && rules_piece(f, p, i))
			break;
	}
	return last;
}

int flow_look(struct flows *f, const struct packet *p, unsigned first)
{
	unsigned last = f->opts.innermost ? innermost(f, p, first) : first;
	struct whole *w = NULL;
	int rc = 0;

	for (unsigned i = first; i < p->nlayers && !rc; i++) {
		const struct layer *l = &p->layers[i];

		if (l->flags & LAYER_QUOTED)
			break;
		if (!f->rules[l->proto->id] || !rules_fit(l))
			continue;
		if (f->tracked[l->proto->id])
			rc = conversation(f, p, i, i >= last);
		if (rc || !rules_piece(f, p, i))
			continue;
		/* A piece: what it holds is looked at when the whole is there. */
		rc = datagram_add(f, p, i, &w);
		if (!rc && w)
			rc = whole_tell(f, w);
		while (i + 1u < p->nlayers && p->layers[i + 1].off < l->end)
			i++;
	}
	return rc;
}

int flows_packet(struct flows *f, const struct packet *p)
{
	f->depth = 0;
	f->decoded = NULL;
	return flow_look(f, p, 0);
}

/* The conversation of layer i, whatever the packet is to it. 0: it is not known. */
static uint32_t look_up(struct flows *f, const struct packet *p, unsigned i, struct flow_key *k)
{
	f->decoded = NULL;
	if (!f->rules[p->layers[i].proto->id] || !p->layers[i].proto->flow ||
	    !rules_key(f, p, i, k))
		return 0;
	return table_look(f, k);
}

int flows_side(struct flows *f, const struct packet *p, unsigned i)
{
	struct flow_key k;
	uint32_t at = look_up(f, p, i, &k);

	return at ? k.side != flow_at(f, at)->first : -1;
}

void *flows_own(struct flows *f, const struct packet *p, unsigned i)
{
	struct flow_key k;
	uint32_t at = look_up(f, p, i, &k);

	return at ? table_seen(f, flow_at(f, at)).own : NULL;
}

int flows_end(struct flows *f)
{
	int rc = 0;

	datagram_expire(f, INT64_MAX);
	while (f->oldest && !rc)
		rc = stream_end(f, f->oldest);
	return rc;
}

int flows_each(const struct flows *f, int (*fn)(void *arg, const struct flow_seen *s), void *arg)
{
	int rc = 0;

	for (uint32_t at = f->table.oldest; at && !rc; at = flow_at(f, at)->newer) {
		struct flow_seen s = table_seen(f, flow_at(f, at));

		if (s.own || !f->opts.own)
			rc = fn(arg, &s);
	}
	return rc;
}

void flows_counts(const struct flows *f, struct flow_counts *c)
{
	*c = f->counts;
	c->memory = f->table.budget.spent + f->streams_budget.spent + f->fragments_budget.spent;
	c->most = f->table.budget.most + f->streams_budget.most + f->fragments_budget.most;
}
