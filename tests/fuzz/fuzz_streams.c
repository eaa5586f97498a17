/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as packets, one after the other: put together, followed, counted, judged and drawn,
 * with little room. The input is records: two bytes of length, four bits of link type (below), four
 * of how long after the one before, then the packet. What holds: offsets only grow, memory stays
 * within the limits. */
#include "tests/fuzz/fuzz.h"

#include "dissect/check.h"
#include "flow/count.h"
#include "flow/flow.h"
#include "flow/ladder.h"

#define ROOM (1u << 20)

struct watch {
	const struct registry *reg;
	struct flows *flows;
	struct check check;
};

static int on_whole(void *arg, struct packet *p)
{
	struct watch *w = arg;

	hold(p->flags & PACKET_WHOLE && p->origin->nfrom > 0, "a whole comes from packets");
	hold(p->len <= PACKET_MAX && p->len <= p->wire_len, "a whole is a packet");
	for (unsigned i = 0; i < p->nlayers; i++)
		hold(p->layers[i].off + p->layers[i].hlen <= p->layers[i].end &&
			     p->layers[i].end <= p->len,
		     "a layer within the whole");
	hold(check(&w->check, p) == 0, "check");
	return 0;
}

static int on_data(void *arg, const struct flow_data *d)
{
	uint8_t x = 0;

	(void)arg;
	hold(d->side < 2 && d->n <= PACKET_MAX, "a part of a stream");
	for (uint32_t i = 0; i < d->n; i++)
		x ^= d->p[i];
	hold(x != 1 || d->n > 0, "the bytes are there");
	return 0;
}

static int on_seen(void *arg, const struct packet *p, const struct flow_seen *s)
{
	(void)arg;
	hold(s->ends <= s->layer && s->layer < p->nlayers, "layers of a conversation");
	return 0;
}

static int count_one(void *arg, const struct flow_seen *s, const struct ladder_conv *c)
{
	hold(s->own == c && c->name[0][0], "a conversation has ends");
	++*(uint64_t *)arg;
	return 0;
}

static void on_over(void *arg, const struct flow_seen *s, const struct ladder_conv *c)
{
	count_one(arg, s, c);
}

static struct ladder *open_ladder(const struct registry *reg, uint64_t *convs)
{
	struct ladder_opts o = {
		.reg = reg, .most = 40, .whole = true, .room = ROOM, .over = on_over, .arg = convs
	};
	struct err e = { 0 };
	struct ladder *l = ladder_open(&o, &e);

	hold(l != NULL, "ladder_open");
	return l;
}

/* In every form; no byte of a packet gets into the markup. */
static void draw(struct ladder *l, uint64_t *convs)
{
	struct ladder_text text = { .width = 80 };
	struct ladder_lanes lanes;
	struct ladder_counts n;
	struct buf out = { 0 };
	uint32_t arrows;
	const struct ladder_arrow *a;

	hold(ladder_finish(l) == 0, "ladder_finish");
	ladder_counts(l, &n);
	hold(ladder_each(l, count_one, convs) == 0 && *convs == n.convs, "no conversation is lost");
	a = ladder_arrows(l, &arrows);
	hold(arrows + n.left_out == n.packets, "no arrow is lost");
	hold(ladder_lanes(l, &lanes) == 0, "ladder_lanes");
	for (uint32_t i = 0; i < arrows; i++)
		ladder_text_arrow(l, &lanes, &text, &a[i], &out);
	ladder_mermaid(l, &lanes, &out);
	for (size_t i = 0; i < out.n; i++)
		hold((uint8_t)out.p[i] >= 0x20 || out.p[i] == '\n', "no control byte");
	ladder_svg(l, &lanes, "title", &out);
	hold(!out.failed, "it is drawn");
	buf_done(&out);
	ladder_lanes_done(&lanes);
	ladder_close(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t links[16] = { 101, 1, 101, 1, 0, 113, 276, 228, 229, 105, 127, 12 };
	static const struct flow_ops ops = { .whole = on_whole, .data = on_data, .seen = on_seen };
	struct watch w = { .reg = fuzz_registry() };
	struct flow_opts o = { .reg = w.reg,
			       .ops = &ops,
			       .arg = &w,
			       .fragments_max = ROOM,
			       .streams_max = ROOM,
			       .flows_max = ROOM,
			       .seed = 1 };
	struct flow_counts n;
	struct tree scratch = { 0 };
	struct err e = { 0 };
	struct ladder *ladder;
	uint64_t convs = 0;
	int64_t when = 0;

	if (size > 200000)
		return 0;
	o.overlap = size % 2 ? OVERLAP_LAST : OVERLAP_FIRST;
	w.flows = flows_open(&o, &e);
	hold(w.flows != NULL, "flows_open");
	ladder = open_ladder(w.reg, &convs);
	for (uint64_t number = 1; size >= 3; number++) {
		uint32_t len = (uint32_t)(data[0] << 8 | data[1]);
		struct packet p = { .link = links[data[2] >> 4], .number = number };

		when += (int64_t)(data[2] & 15) * 5000000000ll;
		data += 3;
		size -= 3;
		p.data = data;
		p.when = when;
		p.len = len < size ? len : (uint32_t)size;
		p.wire_len = len;
		dissect_with(w.reg, &p, &scratch);
		hold(flows_packet(w.flows, &p) == 0, "flows_packet");
		hold(ladder_packet(ladder, &p) == 0, "ladder_packet");
		data += p.len;
		size -= p.len;
	}
	hold(flows_end(w.flows) == 0, "flows_end");
	flows_counts(w.flows, &n);
	hold(n.most <= 3 * ROOM + 65536, "the limits");
	flows_close(w.flows);
	draw(ladder, &convs);
	check_done(&w.check);
	tree_done(&scratch);
	return 0;
}
