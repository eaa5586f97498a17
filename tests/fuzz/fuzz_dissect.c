/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a packet of any link type: layers, fields, checks, filters, replies and mirrors of
 * it. What is done: bit 0: pairs instead of the answer are mirrored. */
#include "tests/fuzz/fuzz.h"

#include "dissect/answers.h"
#include "dissect/check.h"
#include "dissect/filter.h"
#include "dissect/heard.h"

static const char *const filters[] = {
	"ip.addr == 10.0.0.0/8 or tcp.port in {80, 443, 8000..8100}",
	"frame contains \"http\" || dns.qry.name matches \"a.*b\"",
	"eth[0:3] == 00:01:02 && len(udp.payload) > 3 && count(ip.src) < 3",
};
#define NFILTERS (sizeof(filters) / sizeof(filters[0]))

struct tools {
	const struct registry *reg;
	struct check check;
	struct filter *filter[NFILTERS];
	struct filter_work work;
	struct tree scratch;
	struct buf turned;
};

static struct tools *tools(void)
{
	static struct tools t; /* a fuzzer's process does one thing */
	struct err e = { 0 };

	if (t.reg)
		return &t;
	t.reg = fuzz_registry();
	for (unsigned i = 0; i < NFILTERS; i++) {
		t.filter[i] = filter_parse(t.reg, filters[i], strlen(filters[i]), &e);
		hold(t.filter[i] != NULL, e.msg);
	}
	return &t;
}

static void judge(struct tools *t, const struct packet *p)
{
	uint32_t from, to;

	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		int up = packet_parent(p, i);

		hold(l->hlen + l->tail > 0 && l->off + l->hlen + l->tail <= l->end &&
			     l->end <= p->len,
		     "a layer within the packet");
		hold(up < 0 || l->end <= p->layers[up].end - p->layers[up].tail,
		     "a layer within its parent");
		packet_rest(p, (int)i, &from, &to);
		hold(from <= to && to <= p->len, "the rest within the packet");
	}
	hold(check(&t->check, p) == 0, "check");
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct tree *tr = &t->check.tree[i];

		for (uint32_t n = 1; n < tr->n; n++) {
			const struct node *nd = &tr->v[n];

			hold(nd->parent < n && nd->bit >= tr->off * 8, "a node within its layer");
			hold(nd->bit + nd->bits <= p->len * 8, "a node within the packet");
		}
	}
	for (unsigned i = 0; i < NFILTERS; i++)
		filter_match(t->filter[i], p, &t->work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tools *t = tools();
	struct packet p, m;
	struct heard *heard = NULL;
	int what = fuzz_packet(data, size, &p);

	if (what < 0)
		return 0;
	dissect_with(t->reg, &p, &t->scratch);
	judge(t, &p);
	t->turned.n = 0;
	hold(mirror(&p, what & 1 ? MIRROR_PAIRS : MIRROR_ANSWER, &t->turned) >= 0, "mirror");
	m = p;
	m.data = (const uint8_t *)t->turned.p;
	dissect_with(t->reg, &m, &t->scratch);
	hold(heard_learn(&heard, &p, &t->scratch) == 0, "announcements");
	if (heard) {
		struct packet after = m;

		judge(t, &p); /* by what it has taught itself */

		dissect_heard(t->reg, &after, &t->scratch, heard);
		judge(t, &after);
		heard_close(heard);
	}
	hold(answers(&m, &p, NULL) >= 0, "answers");
	hold(answers(&p, &p, NULL) >= 0, "answers");
	return 0;
}
