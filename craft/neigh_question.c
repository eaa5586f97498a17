/* SPDX-License-Identifier: BSD-2-Clause */
/* "Whose is this address?" as a frame (RFC 826, RFC 4861 section 7.2), and its answer. Both are
 * built and read by the descriptions, which are found by their numbers. */
#include <netinet/in.h>
#include <stdlib.h>

#include "core/bits.h"
#include "craft/neigh_impl.h"
#include "craft/say.h"
/* After the project's headers: it defines PACKET_OUTGOING as a macro, which is not used here. */
#include <linux/if_ether.h>

uint16_t neigh_ethertype(int family)
{
	return family == AF_INET ? ETH_P_ARP : ETH_P_IPV6;
}

/* What the frames of a question are made of. */
struct question {
	const struct proto *link, *net, *ask, *detail; /* detail: a layer above ask, or NULL */
	uint8_t dst_mac[6];
	struct plan plan;
	struct build build;
};

static int no_words(struct err *e)
{
	return err_set(e, ERR_IO, "the loaded protocols cannot ask for a neighbour's address");
}

static struct plan_layer *push_link(struct question *q, const struct neigh_ask *n)
{
	const struct field *src, *dst;
	struct plan_layer *y = q->link && proto_ends(q->link, END_LINK, &src, &dst)
				       ? plan_push(&q->plan, q->link)
				       : NULL;

	if (!y || !say_addr(&q->plan, y, src, n->dev->mac, 6) ||
	    !say_addr(&q->plan, y, dst, q->dst_mac, 6))
		return NULL;
	return y;
}

/* RFC 826: shouted to all; the first address of a kind is the asker's, defaults say "a question".
 */
static int question_four(struct question *q, const struct neigh_ask *n, struct err *e)
{
	const struct field *src, *dst, *hw;
	struct plan_layer *y;

	memset(q->dst_mac, 0xff, 6);
	q->ask = registry_bound(n->reg, "ethertype", ETH_P_ARP, 0);
	if (!q->ask || !proto_ends(q->ask, END_NET, &src, &dst) ||
	    !(hw = field_addr(&q->ask->rec, 48)) || !push_link(q, n) ||
	    !(y = plan_push(&q->plan, q->ask)))
		return no_words(e);
	if (!say_addr(&q->plan, y, hw, n->dev->mac, 6) ||
	    !say_addr(&q->plan, y, src, n->src.b, 4) || !say_addr(&q->plan, y, dst, n->dst.b, 4))
		return err_set(e, ERR_IO, "out of memory");
	return 0;
}

/* The field that holds the target: the address in the message, known once its type is. */
static const struct field *target_field(struct question *q, unsigned layer, struct err *e)
{
	const struct tree *t;

	if (build(&q->build, &q->plan, e))
		return NULL;
	t = &q->build.layer[layer].tree;
	for (uint32_t at = tree_first(t, 0); at != NODE_NONE; at = tree_sibling(t, at))
		if (t->v[at].type && type_addr(t->v[at].type, 128))
			return t->v[at].field;
	no_words(e);
	return NULL;
}

/* The list of options: the one that is there in what target_field() built. */
static const struct field *list_field(const struct question *q, unsigned layer)
{
	const struct tree *t = &q->build.layer[layer].tree;

	for (uint32_t at = tree_first(t, 0); at != NODE_NONE; at = tree_sibling(t, at))
		if (t->v[at].type && t->v[at].type->form == TYPE_LIST)
			return t->v[at].field;
	return NULL;
}

/* RFC 4861 section 7.2.2: to the solicited-node group of the target, hop limit 255. */
static int question_six(struct question *q, const struct neigh_ask *n, struct err *e)
{
	static const uint8_t group[13] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };
	const struct field *src, *dst, *target, *list;
	uint8_t to[16], option[8] = { 1, 1 }; /* source link-layer address, 8 bytes */
	const uint8_t limit = 255;
	struct plan_layer *y;

	memcpy(to, group, 13);
	memcpy(to + 13, n->dst.b + 13, 3);
	memcpy(q->dst_mac, (uint8_t[]) { 0x33, 0x33 }, 2);
	memcpy(q->dst_mac + 2, to + 12, 4);
	memcpy(option + 2, n->dev->mac, 6);
	q->net = registry_bound(n->reg, "ethertype", ETH_P_IPV6, 0);
	q->ask = registry_bound(n->reg, "ipproto", IPPROTO_ICMPV6, 0);
	if (!q->net || !q->ask || !proto_ends(q->net, END_NET, &src, &dst) || !push_link(q, n) ||
	    !(y = plan_push(&q->plan, q->net)))
		return no_words(e);
	/* The hop limit is the byte before the addresses in every version 6 header. */
	for (unsigned i = 0; i < q->net->rec.nfields; i++)
		if (q->net->rec.fields[i].fixed_bit == 56)
			say_num(&q->plan, y, &q->net->rec.fields[i], limit);
	if (!say_addr(&q->plan, y, src, n->src.b, 16) || !say_addr(&q->plan, y, dst, to, 16) ||
	    !(y = plan_push(&q->plan, q->ask)) ||
	    !say_num(&q->plan, y, &q->ask->rec.fields[0], 135))
		return no_words(e);
	if (q->ask->ncarries)
		q->detail = registry_bound(n->reg, q->ask->carries[0].space, 135, 0);
	if (q->detail && !(y = plan_push(&q->plan, q->detail)))
		return no_words(e);
	target = target_field(q, q->plan.n - 1, e);
	if (!target || !say_addr(&q->plan, y, target, n->dst.b, 16))
		return -1;
	list = list_field(q, q->plan.n - 1);
	if (list)
		say_raw(&q->plan, y, list, option, 8);
	return 0;
}

int neigh_question(const struct neigh_ask *n, struct buf *frame, struct err *e)
{
	struct question *q = calloc(1, sizeof(*q));
	int rc = -1;

	if (!q)
		return err_set(e, ERR_IO, "out of memory");
	q->plan.reg = n->reg;
	q->plan.link = LINK_ETHERNET;
	for (unsigned i = 0; (q->link = registry_bound(n->reg, "link", LINK_ETHERNET, i)); i++)
		if (q->link->ncarries)
			break; /* not the one that has a length there */
	if ((n->dst.family == AF_INET ? question_four(q, n, e) : question_six(q, n, e)) ||
	    build(&q->build, &q->plan, e))
		goto out;
	buf_put(frame, q->build.bytes.p, q->build.bytes.n);
	rc = frame->failed ? err_set(e, ERR_IO, "out of memory") : 0;
out:
	build_done(&q->build);
	plan_done(&q->plan);
	free(q);
	return rc;
}

/* The answer's own source is whom we asked for. */
static bool heard_four(const struct proto *ask, const struct packet *pkt, struct tree *t,
		       struct addr *who, uint8_t mac[8])
{
	const struct field *src, *dst, *link;
	uint32_t at, hw;

	if (!ask || decode_header(t, pkt, ask, 14, pkt->len) ||
	    !proto_ends(ask, END_NET, &src, &dst) || !(link = field_addr(&ask->rec, 48)))
		return false;
	at = tree_child(t, 0, src->index);
	hw = tree_child(t, 0, link->index);
	if (at == NODE_NONE || hw == NODE_NONE || t->v[at].bits != 32 || t->v[hw].bits != 48)
		return false;
	memcpy(mac, pkt->data + t->v[hw].bit / 8, 6);
	return addr_set(who, pkt->data + t->v[at].bit / 8, 4);
}

/* An advertisement (type 136); the frame's own source is the target's address, and stays right when
 * the option is left out (RFC 4861 section 4.4). */
static bool heard_six(const struct proto *net, const struct proto *ask, const struct packet *pkt,
		      struct tree *t, struct addr *who, uint8_t mac[8])
{
	const uint8_t *p = pkt->data;
	uint32_t off;

	if (!net || !ask || decode_header(t, pkt, net, 14, pkt->len))
		return false;
	off = t->off + t->hlen;
	if (off + 24 > pkt->len || decode_header(t, pkt, ask, off, pkt->len) || p[off] != 136)
		return false;
	memcpy(mac, p + 6, 6);
	return addr_set(who, p + off + 8, 16);
}

bool neigh_heard(const struct registry *reg, int family, const uint8_t *p, uint32_t len,
		 struct tree *t, struct addr *who, uint8_t mac[8])
{
	struct packet pkt = { .data = p, .len = len, .wire_len = len };
	uint16_t type = neigh_ethertype(family);
	const struct proto *first = registry_bound(reg, "ethertype", type, 0);

	*who = (struct addr) { 0 };
	memset(mac, 0, 8);
	if (len < 14 || be16(p + 12) != type)
		return false;
	return family == AF_INET
		       ? heard_four(first, &pkt, t, who, mac)
		       : heard_six(first, registry_bound(reg, "ipproto", IPPROTO_ICMPV6, 0), &pkt,
				   t, who, mac);
}
