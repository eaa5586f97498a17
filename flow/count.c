/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting: conversations, the protocols packets are made of, packets over time. */
#include "flow/count.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "dissect/dissect.h"
#include "dissect/report.h"
#include "flow/impl.h"

struct node_count {
	struct count_proto p;
	uint32_t child, sibling;
	uint64_t seen; /* the frame that was counted last */
};

struct counting {
	const struct registry *reg;
	struct flows *flows;
	bool convs, protos;
	struct arena mem; /* names */
	struct count_conv *conv;
	uint32_t nconv, conv_cap;
	struct {
		uint32_t *at; /* in conv, from 1; by number */
		uint32_t cap;
	} * of; /* by proto id */
	uint64_t left_out;
	struct count_host *host;
	struct node_count *node;
	uint32_t nnode, node_cap;
	struct count_proto *order;
	struct count_time *time;
	uint32_t ntime, time_cap;
	int64_t interval, start;
	const struct packet *frame; /* the one that came in */
	uint64_t frames;
	struct tree tree;
	struct buf a, b;
	bool failed;
};

/* ---- names ---- */

static bool put_names(struct tree *t, const struct packet *p, unsigned layer, unsigned side,
		      struct buf *out)
{
	const struct proto *proto = p->layers[layer].proto;

	if (decode(t, p, layer))
		return false;
	for (unsigned k = 0; k < proto->flow->n; k++) {
		uint32_t at =
			tree_child(t, 0, side ? proto->flow->pair[k].b : proto->flow->pair[k].a);

		if (out->n)
			buf_char(out, ':');
		if (at != NODE_NONE)
			report_value(t, at, out);
	}
	return true;
}

int flow_ends(struct tree *scratch, const struct packet *p, const struct flow_seen *s,
	      struct buf *sender, struct buf *receiver)
{
	unsigned chain[PACKET_LAYERS], n = 0;

	for (int i = (int)s->layer; i >= (int)s->ends; i = packet_parent(p, (unsigned)i)) {
		if (p->layers[i].proto->flow)
			chain[n++] = (unsigned)i;
	}
	sender->n = receiver->n = 0;
	while (n--) {
		if (!put_names(scratch, p, chain[n], 0, sender) ||
		    !put_names(scratch, p, chain[n], 1, receiver))
			return -1;
	}
	return sender->failed || receiver->failed ? -1 : 0;
}

/* ---- conversations ---- */

static struct count_conv *conv_of(struct counting *c, const struct flow_seen *s)
{
	uint16_t id = s->proto->id;

	return s->number < c->of[id].cap && c->of[id].at[s->number]
		       ? &c->conv[c->of[id].at[s->number] - 1]
		       : NULL;
}

static struct count_conv *new_conv(struct counting *c, const struct packet *p,
				   const struct flow_seen *s)
{
	uint16_t id = s->proto->id;
	struct count_conv *v;

	if (c->mem.used + c->conv_cap * sizeof(*c->conv) > COUNT_MAX)
		return NULL;
	if (flow_ends(&c->tree, p, s, &c->a, &c->b) ||
	    !more_room(&c->conv, c->nconv, &c->conv_cap, sizeof(*c->conv)) ||
	    !more_room(&c->of[id].at, s->number, &c->of[id].cap, sizeof(uint32_t)))
		goto no_memory;
	v = &c->conv[c->nconv];
	*v = (struct count_conv) {
		.proto = s->proto, .number = s->number, .first = p->when, .last = p->when
	};
	v->end[s->side] = arena_strndup(&c->mem, c->a.p ? c->a.p : "", c->a.n);
	v->end[!s->side] = arena_strndup(&c->mem, c->b.p ? c->b.p : "", c->b.n);
	if (!v->end[0] || !v->end[1])
		goto no_memory;
	c->of[id].at[s->number] = ++c->nconv;
	return v;
no_memory:
	c->failed = true;
	return NULL;
}

static int on_seen(void *arg, const struct packet *p, const struct flow_seen *s)
{
	struct counting *c = arg;
	struct count_conv *v = conv_of(c, s);

	if (!v)
		v = new_conv(c, p, s);
	if (!v) {
		c->left_out++;
		return c->failed ? -1 : 0;
	}
	v->packets[s->side]++;
	v->bytes[s->side] += c->frame->wire_len;
	if (p->when < v->first) /* clocks go back */
		v->first = p->when;
	if (p->when > v->last)
		v->last = p->when;
	return 0;
}

/* ---- protocols ---- */

static uint32_t child_of(struct counting *c, uint32_t up, const struct proto *proto)
{
	uint32_t *link = &c->node[up].child, at;

	while (*link && c->node[*link].p.proto != proto)
		link = &c->node[*link].sibling;
	if (*link)
		return *link;
	at = c->nnode;
	*link = at;
	if (!more_room(&c->node, c->nnode, &c->node_cap, sizeof(*c->node)))
		return 0;
	c->node[at] =
		(struct node_count) { .p = { .proto = proto, .depth = c->node[up].p.depth + 1 } };
	c->nnode++;
	return at;
}

static void count_node(struct counting *c, uint32_t at)
{
	struct node_count *n = &c->node[at];

	if (n->seen == c->frames)
		return;
	n->seen = c->frames;
	n->p.packets++;
	n->p.bytes += c->frame->wire_len;
}

/* Every path of layers in p once a frame. What stands in pieces counts when the whole is there. */
static int count_layers(struct counting *c, const struct packet *p)
{
	uint32_t at[PACKET_LAYERS];

	for (unsigned i = 0; i < p->nlayers; i++) {
		int up = packet_parent(p, i);

		if (p->layers[i].flags & LAYER_QUOTED)
			break;
		/* A thousand kinds of paths are no statistics but an attack. */
		if (c->nnode > 100000)
			return 0;
		at[i] = child_of(c, up < 0 ? 0 : at[up], p->layers[i].proto);
		if (!at[i])
			return -1;
		count_node(c, at[i]);
		if (p->layers[i].proto->fragment && !(p->layers[i].flags & LAYER_ABOVE) &&
		    (p->layers[i].flags & (LAYER_EXCERPT | LAYER_OPAQUE))) {
			while (i + 1u < p->nlayers && p->layers[i + 1].off < p->layers[i].end)
				i++;
		}
	}
	return 0;
}

static int on_whole(void *arg, struct packet *p)
{
	struct counting *c = arg;

	return c->protos && !p->origin->proto ? count_layers(c, p) : 0;
}

/* ---- time ---- */

static int count_time(struct counting *c, const struct packet *p)
{
	uint64_t row;

	if (c->frames == 1)
		c->start = p->when;
	row = p->when < c->start ? 0
				 : (uint64_t)flow_since(c->start, p->when) / (uint64_t)c->interval;
	while (row >= COUNT_ROWS) {
		for (uint32_t i = 0; i < c->ntime; i++) {
			struct count_time t = c->time[i];

			c->time[i] = (struct count_time) { 0 };
			c->time[i / 2].packets += t.packets;
			c->time[i / 2].bytes += t.bytes;
		}
		c->ntime = (c->ntime + 1) / 2;
		c->interval *= 2;
		row = (uint64_t)flow_since(c->start, p->when) / (uint64_t)c->interval;
	}
	if (!more_room(&c->time, (uint32_t)row, &c->time_cap, sizeof(*c->time)))
		return -1;
	if (row >= c->ntime)
		c->ntime = (uint32_t)row + 1;
	c->time[row].packets++;
	c->time[row].bytes += p->wire_len;
	return 0;
}

/* ---- in and out ---- */

struct counting *counting_open(const struct registry *reg, bool convs, bool protos,
			       int64_t interval, struct err *e)
{
	static const struct flow_ops seen = { .seen = on_seen }, whole = { .whole = on_whole };
	struct counting *c = calloc(1, sizeof(*c));
	struct flow_opts fo = { .reg = reg, .ops = convs ? &seen : &whole, .arg = c };

	if (!c)
		goto no_memory;
	c->reg = reg;
	c->convs = convs;
	c->protos = protos;
	c->interval = interval > 0 ? interval : 1000000000;
	c->of = calloc(registry_count(reg) + 1, sizeof(*c->of));
	if (!c->of || !more_room(&c->node, 0, &c->node_cap, sizeof(*c->node)))
		goto no_memory;
	c->nnode = 1;
	if ((convs || protos) && !(c->flows = flows_open(&fo, e))) {
		counting_close(c);
		return NULL;
	}
	return c;
no_memory:
	err_set(e, ERR_IO, "no memory");
	counting_close(c);
	return NULL;
}

void counting_close(struct counting *c)
{
	if (!c)
		return;
	flows_close(c->flows);
	for (unsigned i = 0; c->of && i <= registry_count(c->reg); i++)
		free(c->of[i].at);
	free(c->of);
	free(c->conv);
	free(c->host);
	free(c->node);
	free(c->order);
	free(c->time);
	tree_done(&c->tree);
	buf_done(&c->a);
	buf_done(&c->b);
	arena_done(&c->mem);
	free(c);
}

int counting_packet(struct counting *c, const struct packet *p)
{
	c->frame = p;
	c->frames++;
	count_node(c, 0);
	if (!c->convs && !c->protos)
		return count_time(c, p);
	if (c->protos && count_layers(c, p))
		return -1;
	return flows_packet(c->flows, p) ? -1 : 0;
}

const struct count_conv *counting_convs(const struct counting *c, uint32_t *n)
{
	*n = c->nconv;
	return c->conv;
}

void counting_left_out(const struct counting *c, uint64_t *packets)
{
	*packets = c->left_out;
}

static int by_name(const void *a, const void *b)
{
	const struct count_host *x = a, *y = b;

	if (x->proto != y->proto)
		return x->proto->id < y->proto->id ? -1 : 1;
	return strcmp(x->name, y->name);
}

const struct count_host *counting_hosts(struct counting *c, uint32_t *n)
{
	uint32_t k = 0;

	free(c->host);
	*n = 0;
	c->host = c->nconv ? calloc((size_t)c->nconv * 2, sizeof(*c->host)) : NULL;
	if (!c->host) {
		*n = c->nconv ? UINT32_MAX : 0;
		return NULL;
	}
	for (uint32_t i = 0; i < c->nconv * 2; i++) {
		const struct count_conv *v = &c->conv[i / 2];
		unsigned s = i % 2;

		c->host[i] = (struct count_host) { v->proto,
						   v->end[s],
						   { v->packets[s], v->packets[!s] },
						   { v->bytes[s], v->bytes[!s] } };
	}
	qsort(c->host, (size_t)c->nconv * 2, sizeof(*c->host), by_name);
	for (uint32_t i = 1; i < c->nconv * 2; i++) {
		if (by_name(&c->host[k], &c->host[i])) {
			c->host[++k] = c->host[i];
			continue;
		}
		for (unsigned s = 0; s < 2; s++) {
			c->host[k].packets[s] += c->host[i].packets[s];
			c->host[k].bytes[s] += c->host[i].bytes[s];
		}
	}
	*n = k + 1;
	return c->host;
}

const struct count_proto *counting_protos(struct counting *c, uint32_t *n)
{
	uint32_t stack[PACKET_LAYERS + 2], top = 0, k = 0;

	free(c->order);
	c->order = calloc(c->nnode, sizeof(*c->order));
	*n = c->order ? c->nnode : 0;
	if (!c->order)
		return NULL;
	/* On the stack: the next of each depth. */
	stack[top++] = 0;
	while (top) {
		uint32_t at = stack[--top];

		c->order[k++] = c->node[at].p;
		if (at && c->node[at].sibling)
			stack[top++] = c->node[at].sibling;
		if (c->node[at].child)
			stack[top++] = c->node[at].child;
	}
	return c->order;
}

const struct count_time *counting_times(const struct counting *c, uint32_t *n, int64_t *interval,
					int64_t *start)
{
	*n = c->ntime;
	*interval = c->interval;
	*start = c->start;
	return c->time;
}
