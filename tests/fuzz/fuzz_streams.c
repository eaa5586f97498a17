/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as packets, one after the other: put together, followed, counted, with little room. The
 * input is records: two bytes of length, four bits of link type (below), four of how long after the
 * one before, then the packet. What holds: offsets only grow, memory stays within the limits. */
#include "tests/fuzz/fuzz.h"

#include "dissect/check.h"
#include "flow/count.h"
#include "flow/flow.h"

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
	int64_t when = 0;

	if (size > 200000)
		return 0;
	o.overlap = size % 2 ? OVERLAP_LAST : OVERLAP_FIRST;
	w.flows = flows_open(&o, &e);
	hold(w.flows != NULL, "flows_open");
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
		data += p.len;
		size -= p.len;
	}
	hold(flows_end(w.flows) == 0, "flows_end");
	flows_counts(w.flows, &n);
	hold(n.most <= 3 * ROOM + 65536, "the limits");
	flows_close(w.flows);
	check_done(&w.check);
	tree_done(&scratch);
	return 0;
}
