/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a packet of any link type (first byte; the second says whether the capture was cut):
 * layers, fields, checks, filters, replies and mirrors of it. */
#include <stdlib.h>
#include <string.h>

#include "core/shape.h"
#include "dissect/answers.h"
#include "dissect/check.h"
#include "dissect/dissect.h"
#include "dissect/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const filters[] = {
	"ip.addr == 10.0.0.0/8 or tcp.port in {80, 443, 8000..8100}",
	"frame contains \"http\" || dns.qry.name matches \"a.*b\"",
	"eth[0:3] == 00:01:02 && len(udp.payload) > 3 && count(ip.src) < 3",
};
#define NFILTERS (sizeof(filters) / sizeof(filters[0]))

struct tools {
	struct registry *reg;
	struct check check;
	struct filter *filter[NFILTERS];
	struct filter_work work;
	struct tree scratch;
	uint16_t link[64];
	unsigned nlinks;
};

static struct tools *tools(void)
{
	static struct tools t; /* a fuzzer's process does one thing */
	struct err e = { 0 };

	if (t.reg)
		return &t;
	t.reg = registry_open();
	if (!t.reg || registry_load_builtins(t.reg, &e) || registry_freeze(t.reg, &e))
		abort();
	for (unsigned i = 0; i < NFILTERS; i++) {
		t.filter[i] = filter_parse(t.reg, filters[i], strlen(filters[i]), &e);
		if (!t.filter[i])
			abort();
	}
	for (unsigned v = 0; v < 65536 && t.nlinks < 64; v++) {
		if (registry_bound(t.reg, "link", v, 0))
			t.link[t.nlinks++] = (uint16_t)v;
	}
	if (!t.nlinks)
		abort();
	return &t;
}

static void hold(bool ok)
{
	if (!ok)
		abort();
}

static void judge(struct tools *t, const struct packet *p)
{
	uint32_t from, to;

	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		int up = packet_parent(p, i);

		hold(l->hlen > 0 && l->off + l->hlen + l->tail <= l->end && l->end <= p->len);
		hold(up < 0 || l->end <= p->layers[up].end - p->layers[up].tail);
		packet_rest(p, (int)i, &from, &to);
		hold(from <= to && to <= p->len);
	}
	hold(check(&t->check, p) == 0);
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct tree *tr = &t->check.tree[i];

		for (uint32_t n = 1; n < tr->n; n++) {
			const struct node *nd = &tr->v[n];

			hold(nd->parent < n && nd->bit >= tr->off * 8);
			hold(nd->bit + nd->bits <= p->len * 8);
		}
	}
	for (unsigned i = 0; i < NFILTERS; i++)
		filter_match(t->filter[i], p, &t->work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tools *t = tools();
	struct packet p = { 0 }, m;
	struct buf turned = { 0 };

	if (size < 2 || size > 70000)
		return 0;
	p.link = t->link[data[0] % t->nlinks];
	p.data = data + 2;
	p.len = (uint32_t)size - 2;
	p.wire_len = p.len + (data[1] & 1 ? (uint32_t)data[1] * 8 : 0);
	dissect_with(t->reg, &p, &t->scratch);
	judge(t, &p);
	if (mirror(&p, data[1] & 2 ? MIRROR_ANSWER : MIRROR_PAIRS, &turned) < 0)
		abort();
	m = p;
	m.data = (const uint8_t *)turned.p;
	dissect_with(t->reg, &m, &t->scratch);
	hold(answers(&m, &p, NULL) >= 0);
	hold(answers(&p, &p, NULL) >= 0);
	buf_done(&turned);
	return 0;
}
