/* SPDX-License-Identifier: BSD-2-Clause */
/* Where serve listens: a packet's lower layers say it, as they do where `ask --via` sends from. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "cli/serving.h"
#include "notation/notation.h"

static const struct proto *transport(const struct listen_at *at, const struct registry *reg)
{
	return registry_find(reg, at->datagram ? "udp" : "tcp", 3);
}

const char *listen_space(const struct listen_at *at, const struct registry *reg)
{
	const struct proto *p = transport(at, reg);

	return p && p->ncarries ? p->carries[0].space : "";
}

/* The field that was said in this layer; NULL. */
static const struct node *said(const struct built *y, const struct field *f)
{
	uint32_t at = tree_child(&y->tree, 0, f->index);
	const struct node *v = at == NODE_NONE ? NULL : &y->tree.v[at];

	return v && v->flags & NODE_SAID && !(v->said && v->said->implied) ? v : NULL;
}

static int wrong(const struct plan *p, const struct built *y, const char *why, struct err *e)
{
	const struct plan_layer *l = &p->layer[y->plan];

	return err_at(e, "", p->text, p->text_len, l->at, l->span, "%s", why);
}

static int take_layer(struct listen_at *at, const struct plan *p, const struct build *b,
		      const struct built *y, struct err *e)
{
	const struct field *src, *dst;
	const struct node *v;

	if (y->proto && proto_ends(y->proto, END_NET, &src, &dst)) {
		if (said(y, dst))
			return wrong(p, y, "where it listens is said as src, not dst", e);
		v = said(y, src);
		if (v)
			addr_set(&at->addr, (const uint8_t *)b->bytes.p + v->bit / 8, v->bits / 8);
		if (v && addr_link_local(&at->addr))
			at->addr.scope = if_nametoindex(p->scope);
		return 0;
	}
	if (!y->proto || !proto_ends(y->proto, END_PORT, &src, &dst))
		return wrong(p, y,
			     "only an address and a port say where to listen: ip src=127.0.0.1 / "
			     "udp sport=9000",
			     e);
	if (y->proto != transport(at, p->reg))
		return wrong(p, y,
			     at->datagram ? "--via datagram listens at a port of udp"
					  : "--via stream listens at a port of tcp",
			     e);
	if (said(y, dst))
		return wrong(p, y, "where it listens is said as sport, not dport", e);
	v = said(y, src);
	at->port_said = v != NULL;
	at->port = v ? (uint16_t)v->num : 0;
	return v && !at->port ? wrong(p, y, "port 0 is none to listen at", e) : 0;
}

int listen_words(struct listen_at *at, const struct cli *c, int argc, char **argv, struct err *e)
{
	struct joined j = { 0 };
	struct plan p = { 0 };
	struct build b = { 0 };
	int rc;

	if (!argc)
		return 0;
	rc = notation_join(&j, argc, argv, e);
	if (!rc)
		rc = plan_parse_joined(&p, c->reg, &j, 0, e);
	if (!rc && plan_count(&p) > 1)
		rc = err_set(e, ERR_USAGE, "one address and one port: no lists or ranges");
	if (!rc)
		rc = build_layers(&b, &p, e);
	for (unsigned i = 0; i < b.n && !rc; i++)
		rc = take_layer(at, &p, &b, &b.layer[i], e);
	build_done(&b);
	plan_done(&p);
	joined_done(&j);
	return rc ? -1 : 0;
}
