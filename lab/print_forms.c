/* SPDX-License-Identifier: BSD-2-Clause */
/* A topology for programs: JSON, and a graph in the language of Mermaid. */
#include "lab/kernel.h"
#include "lab/parser.h"

/* ---- JSON ---- */

static void json_port(const struct topology *t, unsigned i, struct buf *out)
{
	const struct lab_port *v = &t->port[i];
	const char *sep = "";

	buf_fmt(out, "{\"name\":\"" KERNEL_PORT "%u\",\"mac\":\"", v->number);
	print_mac(v->mac, out);
	buf_str(out, "\",\"addresses\":[");
	for (unsigned f = 0; f < LAB_VERSIONS; f++)
		if (v->addr[f].len) {
			buf_fmt(out, "%s\"", sep);
			lab_addr_print(&v->addr[f], true, out);
			buf_char(out, '"');
			sep = ",";
		}
	buf_fmt(out, "],\"wire\":%u}", i / 2);
}

static void json_node(const struct topology *t, unsigned node, struct buf *out)
{
	const char *sep = "";

	buf_fmt(out, "{\"name\":\"%s\",\"kind\":\"%s\",\"ports\":[", t->node[node].name,
		lab_kind_name(t->node[node].kind));
	for (unsigned i = 0; i < 2 * t->nwires; i++)
		if (t->port[i].node == node) {
			buf_str(out, sep);
			json_port(t, i, out);
			sep = ",";
		}
	buf_str(out, "],\"routes\":[");
	sep = "";
	for (unsigned i = 0; i < t->nroutes; i++) {
		const struct lab_route *r = &t->route[i];

		if (r->node != node)
			continue;
		buf_fmt(out, "%s{\"to\":\"", sep);
		lab_addr_print(&r->to, true, out);
		buf_str(out, "\",\"via\":\"");
		lab_addr_print(&r->via, false, out);
		buf_fmt(out, "\",\"router\":\"%s\",\"port\":\"" KERNEL_PORT "%u\"}",
			t->node[r->router].name, t->port[r->port].number);
		sep = ",";
	}
	buf_str(out, "]}");
}

static void json_wire(const struct topology *t, unsigned w, struct buf *out)
{
	const struct lab_wire *v = &t->wire[w];

	buf_str(out, "{\"ends\":[\"");
	print_end(t, 2 * w, out);
	buf_str(out, "\",\"");
	print_end(t, 2 * w + 1, out);
	buf_fmt(out,
		"\"],\"mtu\":%u,\"loss\":%.10g,\"reorder\":%.10g,\"duplicate\":%.10g,\"corrupt\":%."
		"10g,"
		"\"delay_ns\":%lld,\"jitter_ns\":%lld",
		v->mtu, v->loss, v->reorder, v->duplicate, v->corrupt, (long long)v->delay,
		(long long)v->jitter);
	if (v->rate)
		buf_fmt(out, ",\"rate_bits\":%llu,\"queue\":%u", (unsigned long long)v->rate,
			v->queue);
	if (v->has_seed)
		buf_fmt(out, ",\"seed\":%llu", (unsigned long long)v->seed);
	buf_char(out, '}');
}

void topology_json(const struct topology *t, struct buf *out)
{
	buf_str(out, "{\"nodes\":[");
	for (unsigned i = 0; i < t->nnodes; i++) {
		buf_str(out, i ? ",\n " : "");
		json_node(t, i, out);
	}
	buf_str(out, "],\n\"wires\":[");
	for (unsigned w = 0; w < t->nwires; w++) {
		buf_str(out, w ? ",\n " : "");
		json_wire(t, w, out);
	}
	buf_str(out, "]}\n");
}

/* ---- Mermaid ---- */

void topology_mermaid(const struct topology *t, struct buf *out)
{
	static const char *const shape[][2] = { { "[\"", "\"]" },
						{ "([\"", "\"])" },
						{ "{{\"", "\"}}" } };

	buf_str(out, "graph LR\n");
	for (unsigned i = 0; i < t->nnodes; i++) {
		buf_fmt(out, "  n%u%s%s", i, shape[t->node[i].kind][0], t->node[i].name);
		for (unsigned j = 0; j < 2 * t->nwires; j++)
			for (unsigned f = 0; t->port[j].node == i && f < LAB_VERSIONS; f++)
				if (t->port[j].addr[f].len) {
					buf_str(out, "<br/>");
					lab_addr_print(&t->port[j].addr[f], true, out);
				}
		buf_fmt(out, "%s\n", shape[t->node[i].kind][1]);
	}
	for (unsigned w = 0; w < t->nwires; w++) {
		struct buf words = { 0 };

		lab_wire_print(&t->wire[w], &words);
		buf_fmt(out, "  n%u ---", t->port[2 * w].node);
		if (words.n)
			buf_fmt(out, "|\"%s\"|", buf_cstr(&words));
		buf_fmt(out, " n%u\n", t->port[2 * w + 1].node);
		buf_done(&words);
	}
}
