/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams whose bytes change on their way: what stands where, and which number it has. */
#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "play/through_impl.h"

/* ---- conversations ---- */

static int seen(void *arg, const struct packet *p, const struct flow_seen *s)
{
	struct through *t = arg;
	struct passing *own = s->own;

	/* What was put together from pieces travels on in pieces. */
	if (!s->proto->segment || (p->flags & PACKET_WHOLE))
		return 0;
	for (unsigned i = 0; i < 2; i++)
		own->stream[i].bits = s->proto->segment->bits;
	t->seen = *s;
	t->is_seen = true;
	return 0;
}

static void over(void *arg, const struct flow_seen *s)
{
	struct through *t = arg;
	struct passing *own = s->own;

	for (unsigned i = 0; i < 2; i++) {
		t->held -= own->stream[i].bytes;
		shift_done(&own->stream[i]);
	}
}

static int each_over(void *arg, const struct flow_seen *s)
{
	over(arg, s);
	return 0;
}

int streams_open(struct through *t, struct err *e)
{
	static const struct flow_ops ops = { .seen = seen, .over = over };
	struct flow_opts fo = { .reg = t->o.reg,
				.ops = &ops,
				.arg = t,
				.innermost = true,
				.own = sizeof(struct passing) };

	if (!t->o.nset && !t->o.nreplace)
		return 0;
	t->flows = flows_open(&fo, e);
	return t->flows ? 0 : -1;
}

void streams_close(struct through *t)
{
	if (!t->flows)
		return;
	flows_each(t->flows, each_over, t);
	flows_close(t->flows);
}

int stream_look(struct through *t, const struct packet *p, struct err *e)
{
	t->is_seen = false;
	if (t->flows && flows_packet(t->flows, p) < 0)
		return err_set(e, ERR_IO, "out of memory");
	return 0;
}

static struct shift *mine(const struct through *t)
{
	return &((struct passing *)t->seen.own)->stream[t->seen.side];
}

/* ---- bytes ---- */

static bool same(const uint8_t *a, uint32_t n, const uint8_t *b, uint32_t m)
{
	return n == m && (!n || !memcmp(a, b, n));
}

const uint8_t *stream_part(struct through *t, const struct packet *was, unsigned at,
			   const uint8_t *new, uint32_t m, uint32_t *n)
{
	struct shift *s = mine(t);
	const uint8_t *old;
	uint64_t number;
	uint32_t to, from;
	bool first, past;
	int rc = 0;

	if (decode(&t->tree, was, at))
		return NULL;
	packet_payload(was, at, &from, &to);
	old = was->data + from;
	*n = to - from;
	number = (uint64_t)expr_eval(was->layers[at].proto->segment->at, &t->tree, 0, NULL);
	past = shift_old(s, number, *n);
	first = shift_pass(s, number, *n);
	if (first && !same(old, *n, new, m)) {
		t->held -= s->bytes;
		if (t->held + m <= THROUGH_BYTES)
			rc = shift_change(s, number, old, *n, new, m);
		t->held += s->bytes;
		if (rc < 0)
			return NULL;
		t->counts.full += rc == 0;
	}
	t->pieced.n = 0;
	if (shift_bytes(s, number, old, *n, &t->pieced)) {
		*n = (uint32_t)t->pieced.n;
		old = (const uint8_t *)t->pieced.p;
	} else {
		t->counts.late += !first && !past && !same(old, *n, new, m);
	}
	return t->pieced.failed ? NULL : old ? old : new;
}

/* ---- numbers ---- */

static void renumber(struct through *t, unsigned layer, const struct tree *tree, uint32_t node,
		     uint64_t by)
{
	const struct node *n = node == NODE_NONE ? NULL : &tree->v[node];

	if (!by || !n || n->bits > 64 || (n->flags & (NODE_CUT | NODE_RAW)) ||
	    t->nnumbers == THROUGH_NUMBERS)
		return;
	t->number[t->nnumbers++] = (struct numbered) { (uint8_t)layer, node, n->num + by };
}

static const struct alias *names_of(struct through *t, const struct proto *p)
{
	unsigned k = p->id % 4;

	if (t->names[k].proto != p) {
		t->names[k].proto = p;
		for (unsigned i = 0; i < 2; i++)
			if (alias_of(p, p->segment->has[i], &t->names[k].has[i]) < 0) {
				t->names[k].proto = NULL;
				return NULL;
			}
	}
	return t->names[k].has;
}

/* What else has arrived: from where, to where. */
static int has(struct through *t, unsigned layer, const struct proto *p, const struct shift *you)
{
	const struct alias *name = p->segment->has[0] ? names_of(t, p) : NULL;
	struct view_value v;
	uint32_t at;

	if (p->segment->has[0] && !name)
		return -1;
	for (unsigned i = 0; name && i < 2; i++)
		for (at = 0; alias_next(&name[i], &t->tree, &at, &v);)
			if (v.node != NODE_NONE) {
				uint64_t y = t->tree.v[v.node].num;

				renumber(t, layer, &t->tree, v.node,
					 shift_back(you, y, i == 0) - y);
			}
	return 0;
}

static bool acks(const struct through *t, const struct segment_rule *g, uint64_t *number)
{
	if (!g->acks || (g->acks_if && !expr_eval(g->acks_if, &t->tree, 0, NULL)))
		return false;
	*number = (uint64_t)expr_eval(g->acks, &t->tree, 0, NULL);
	return true;
}

static uint32_t node_of(const struct through *t, uint16_t field)
{
	return field == FIELD_NONE ? NODE_NONE : tree_child(&t->tree, 0, field);
}

static int of_segment(struct through *t, const struct packet *p, unsigned i)
{
	const struct proto *proto = p->layers[i].proto;
	const struct segment_rule *g = proto->segment;
	struct passing *own = t->seen.own;
	struct shift *me = &own->stream[t->seen.side], *you = &own->stream[!t->seen.side];
	uint64_t x, y;

	if (!shift_any(me) && !shift_any(you))
		return 0;
	if (decode(&t->tree, p, i))
		return -1;
	x = (uint64_t)expr_eval(g->at, &t->tree, 0, NULL);
	renumber(t, i, &t->tree, node_of(t, g->number), shift_to(me, x) - x);
	if (!shift_any(you) || !acks(t, g, &y))
		return 0;
	x = shift_back(you, y, false);
	renumber(t, i, &t->tree, node_of(t, g->acked), x - y);
	if (has(t, i, proto, you))
		return -1;
	t->held -= you->bytes;
	shift_arrived(you, x);
	t->held += you->bytes;
	return 0;
}

/* What an error quotes is what the other side was sent: its sender knows it by other numbers. */
static int of_quote(struct through *t, const struct packet *was, unsigned i, const struct packet *p,
		    unsigned k)
{
	const struct segment_rule *g = was->layers[i].proto->segment;
	struct passing *own = flows_own(t->flows, was, i);
	int side = own ? flows_side(t->flows, was, i) : -1;
	uint64_t x;

	if (side < 0 || (!shift_any(&own->stream[0]) && !shift_any(&own->stream[1])))
		return 0;
	if (decode(&t->tree, p, k))
		return -1;
	x = (uint64_t)expr_eval(g->at, &t->tree, 0, NULL);
	renumber(t, k, &t->tree, node_of(t, g->number),
		 shift_back(&own->stream[side], x, false) - x);
	if (acks(t, g, &x))
		renumber(t, k, &t->tree, node_of(t, g->acked),
			 shift_to(&own->stream[!side], x) - x);
	return 0;
}

/* Which layer of p, of which fields were set, is layer i of was? LAYER_NONE: none is. */
static int same_in(const struct packet *was, unsigned i, const struct packet *p)
{
	const struct proto *proto = was->layers[i].proto;
	unsigned nth = 0;

	for (unsigned k = 0; k < i; k++)
		nth += was->layers[k].proto == proto;
	for (unsigned k = 0; k < p->nlayers; k++)
		if (p->layers[k].proto == proto && nth-- == 0)
			return (int)k;
	return LAYER_NONE;
}

int stream_numbers(struct through *t, const struct packet *was, const struct packet *p)
{
	int k;

	t->nnumbers = 0;
	if (!t->flows)
		return 0;
	k = t->is_seen ? same_in(was, t->seen.layer, p) : LAYER_NONE;
	if (k != LAYER_NONE && of_segment(t, p, (unsigned)k))
		return -1;
	for (unsigned i = 0; i < was->nlayers; i++) {
		if (!(was->layers[i].flags & LAYER_QUOTED) || !was->layers[i].proto->segment)
			continue;
		k = same_in(was, i, p);
		if (k != LAYER_NONE && of_quote(t, was, i, p, (unsigned)k))
			return -1;
	}
	return 0;
}
