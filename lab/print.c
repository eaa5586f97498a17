/* SPDX-License-Identifier: BSD-2-Clause */
/* A topology as people and programs read it. */
#include <arpa/inet.h>

#include "lab/kernel.h"
#include "lab/parser.h"

const char *lab_kind_name(enum lab_kind k)
{
	return k == LAB_HOST ? "host" : k == LAB_SWITCH ? "switch" : "router";
}

void lab_addr_print(const struct lab_addr *a, bool prefix, struct buf *out)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(a->len == 4 ? AF_INET : AF_INET6, a->b, text, sizeof(text));
	buf_str(out, text);
	if (prefix)
		buf_fmt(out, "/%u", a->prefix);
}

bool lab_wire_imperfect(const struct lab_wire *w)
{
	return w->loss > 0 || w->reorder > 0 || w->duplicate > 0 || w->corrupt > 0 || w->delay ||
	       w->jitter || w->rate;
}

static void print_time(int64_t ns, struct buf *out)
{
	if (ns % 1000000000 == 0)
		buf_fmt(out, "%llds", (long long)ns / 1000000000);
	else if (ns % 1000000 == 0)
		buf_fmt(out, "%lldms", (long long)ns / 1000000);
	else
		buf_fmt(out, "%.13gus", (double)ns / 1e3);
}

static void print_rate(uint64_t bits, struct buf *out)
{
	static const char *const units[] = { "bit", "kbit", "mbit", "gbit" };
	unsigned i = 0;

	for (; i < 3 && bits % 1000 == 0; i++)
		bits /= 1000;
	buf_fmt(out, "%llu%s", (unsigned long long)bits, units[i]);
}

void lab_wire_print(const struct lab_wire *w, struct buf *out)
{
	const struct {
		const char *name;
		double share;
	} shares[] = { { "loss", w->loss },
		       { "reorder", w->reorder },
		       { "duplicate", w->duplicate },
		       { "corrupt", w->corrupt } };
	const char *sep = "";

	for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		if (shares[i].share > 0) {
			buf_fmt(out, "%s%s=%.10g%%", sep, shares[i].name, shares[i].share * 100);
			sep = " ";
		}
	if (w->delay) {
		buf_fmt(out, "%sdelay=", sep);
		print_time(w->delay, out);
		sep = " ";
	}
	if (w->jitter) {
		buf_fmt(out, "%sjitter=", sep);
		print_time(w->jitter, out);
		sep = " ";
	}
	if (w->rate) {
		buf_fmt(out, "%srate=", sep);
		print_rate(w->rate, out);
		buf_fmt(out, " queue=%u", w->queue);
		sep = " ";
	}
	if (w->mtu != 1500) {
		buf_fmt(out, "%smtu=%u", sep, w->mtu);
		sep = " ";
	}
	if (w->has_seed)
		buf_fmt(out, "%sseed=%llu", sep, (unsigned long long)w->seed);
}

void print_mac(const uint8_t *mac, struct buf *out)
{
	for (unsigned i = 0; i < 6; i++)
		buf_fmt(out, "%s%02x", i ? ":" : "", mac[i]);
}

void print_end(const struct topology *t, unsigned port, struct buf *out)
{
	buf_fmt(out, "%s." KERNEL_PORT "%u", t->node[t->port[port].node].name,
		t->port[port].number);
}

/* ---- text ---- */

/* Pad what was written since `from` to `width` characters. */
static void pad(struct buf *out, size_t from, size_t width)
{
	do
		buf_char(out, ' ');
	while (out->n - from < width && !out->failed);
}

static void text_node(const struct topology *t, unsigned node, struct buf *out)
{
	bool any = false;

	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		const struct lab_port *v = &t->port[i];
		size_t from = out->n;

		if (v->node != node)
			continue;
		buf_fmt(out, "  %s", any ? "" : t->node[node].name);
		pad(out, from, 2 + LAB_NAME);
		buf_fmt(out, KERNEL_PORT "%u", v->number);
		pad(out, from, 2 + LAB_NAME + 7);
		print_mac(v->mac, out);
		from = out->n;
		for (unsigned f = 0; f < LAB_VERSIONS; f++)
			if (v->addr[f].len) {
				buf_str(out, "  ");
				lab_addr_print(&v->addr[f], true, out);
				if (f == LAB_V4)
					pad(out, from, 19);
			}
		while (out->n && out->p[out->n - 1] == ' ')
			out->n--;
		buf_char(out, '\n');
		any = true;
	}
	if (!any)
		buf_fmt(out, "  %s\n", t->node[node].name);
}

static void text_routes(const struct topology *t, struct buf *out)
{
	if (t->nroutes)
		buf_str(out, "routes\n");
	for (unsigned i = 0; i < t->nroutes; i++) {
		const struct lab_route *r = &t->route[i];
		size_t from = out->n;

		buf_fmt(out, "  %s", t->node[r->node].name);
		pad(out, from, 2 + LAB_NAME);
		from = out->n;
		if (r->to.prefix)
			lab_addr_print(&r->to, true, out);
		else
			buf_str(out, r->to.len == 4 ? "0.0.0.0/0" : "::/0");
		pad(out, from, 18);
		buf_str(out, "via ");
		lab_addr_print(&r->via, false, out);
		buf_fmt(out, " (%s)\n", t->node[r->router].name);
	}
}

void topology_text(const struct topology *t, struct buf *out)
{
	static const char *const heads[] = { "hosts", "switches", "routers" };

	for (unsigned k = LAB_HOST; k <= LAB_ROUTER; k++) {
		bool any = false;

		for (unsigned i = 0; i < t->nnodes; i++) {
			if (t->node[i].kind != k)
				continue;
			if (!any)
				buf_fmt(out, "%s\n", heads[k]);
			any = true;
			if (k == LAB_SWITCH)
				buf_fmt(out, "  %s%s\n", t->node[i].name,
					t->node[i].tree ? " tree=on" : "");
			else
				text_node(t, i, out);
		}
	}
	if (t->nwires)
		buf_str(out, "wires\n");
	for (unsigned w = 0; w < t->nwires; w++) {
		size_t from = out->n;

		buf_str(out, "  ");
		print_end(t, 2 * w, out);
		buf_str(out, " -- ");
		print_end(t, 2 * w + 1, out);
		pad(out, from, 30);
		lab_wire_print(&t->wire[w], out);
		while (out->n && out->p[out->n - 1] == ' ')
			out->n--;
		buf_char(out, '\n');
	}
	text_routes(t, out);
}

/* ---- names ---- */

void topology_names(const struct topology *t, struct buf *out)
{
	const char *sep = "";

	for (unsigned i = 0; i < t->nnodes; i++) {
		buf_fmt(out, "%s%s", sep, t->node[i].name);
		sep = ", ";
	}
}

void topology_hosts(const struct topology *t, struct buf *out)
{
	buf_str(out, "127.0.0.1 localhost\n::1 localhost\n");
	for (unsigned i = 0; i < 2 * t->nwires; i++)
		for (unsigned f = 0; f < LAB_VERSIONS; f++)
			if (t->port[i].addr[f].len) {
				lab_addr_print(&t->port[i].addr[f], false, out);
				buf_fmt(out, " %s ", t->node[t->port[i].node].name);
				print_end(t, i, out);
				buf_char(out, '\n');
			}
}

void topology_name_table(const struct topology *t, struct buf *out)
{
	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		const struct lab_port *v = &t->port[i];

		for (unsigned twice = 0; twice < 2; twice++) {
			if (t->node[v->node].kind == LAB_SWITCH || (v->number && !twice))
				continue;
			/* h1 is its first port, h1.eth1 another one */
			buf_str(out, t->node[v->node].name);
			if (twice)
				buf_fmt(out, "." KERNEL_PORT "%u", v->number);
			buf_char(out, ' ');
			print_mac(v->mac, out);
			for (unsigned f = 0; f < LAB_VERSIONS; f++)
				if (v->addr[f].len) {
					buf_char(out, ' ');
					lab_addr_print(&v->addr[f], false, out);
				}
			buf_char(out, '\n');
		}
	}
}

/* ---- places ---- */

static int port_at(const struct topology *t, int node, unsigned number)
{
	for (unsigned i = 0; i < 2 * t->nwires; i++)
		if ((int)t->port[i].node == node && t->port[i].number == number)
			return (int)i;
	return -1;
}

static int port_between(const struct topology *t, int a, int b)
{
	for (unsigned i = 0; i < 2 * t->nwires; i++)
		if ((int)t->port[i].node == a && (int)t->port[i ^ 1].node == b)
			return (int)i;
	return -1;
}

int topology_port(const struct topology *t, const char *where, unsigned *port, struct err *e)
{
	const char *dash = strstr(where, "--"), *dot = strstr(where, "." KERNEL_PORT);
	size_t n = dash ? (size_t)(dash - where) : dot ? (size_t)(dot - where) : strlen(where);
	int node = topology_find(t, where, n), found = -1;
	struct buf b = { 0 };

	if (node >= 0 && dash)
		found = port_between(t, node, topology_find(t, dash + 2, strlen(dash + 2)));
	else if (node >= 0 && dot) {
		unsigned number = 0;
		const char *c = dot + 1 + strlen(KERNEL_PORT);

		for (; *c >= '0' && *c <= '9' && number < LAB_WIRES; c++)
			number = number * 10 + (unsigned)(*c - '0');
		found = *c || c == dot + 1 + strlen(KERNEL_PORT) ? -1 : port_at(t, node, number);
	} else if (node >= 0) {
		found = port_at(t, node, 0);
	}
	if (found >= 0) {
		*port = (unsigned)found;
		return 0;
	}
	topology_names(t, &b);
	err_set(e, ERR_USAGE,
		"no '%.60s' here; say NAME, NAME." KERNEL_PORT "N or A--B (a wire, at A) with %s",
		where, buf_cstr(&b));
	buf_done(&b);
	return -1;
}
