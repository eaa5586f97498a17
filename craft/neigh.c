/* SPDX-License-Identifier: BSD-2-Clause */
/* The address of a neighbour on the wire: from the kernel's table, by asking the kernel to resolve
 * it (NTF_USE), or by our own question (RFC 826, RFC 4861 section 7.2) on a packet socket. The
 * question is built from the descriptions, which are found by their numbers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/bits.h"
#include "craft/pace.h"
#include "craft/route_nl.h"
#include "craft/say.h"
/* After the project's headers: it defines PACKET_OUTGOING as a macro, which is not used here. */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>

#define MS 1000000ll

struct look {
	uint8_t *mac;
	uint16_t state;
	bool found, has_mac;
};

static int look_cb(const struct nlmsghdr *h, void *ctx)
{
	const struct ndmsg *m = mnl_nlmsg_get_payload(h);
	struct look *q = ctx;
	const struct nlattr *a;

	q->found = true;
	q->state = m->ndm_state;
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		if (mnl_attr_get_type(a) == NDA_LLADDR && mnl_attr_get_payload_len(a) <= 8) {
			memcpy(q->mac, mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
			q->has_mac = true;
		}
	}
	return MNL_CB_OK;
}

int neigh_look(struct routes *r, int ifindex, const struct addr *a, uint8_t mac[8],
	       enum neigh_state *state, struct err *e)
{
	struct ndmsg m = { .ndm_family = (uint8_t)a->family, .ndm_ifindex = ifindex };
	struct look q = { .mac = mac };
	struct nlmsghdr *h = routes_ask(r, RTM_GETNEIGH, 0, &m, sizeof(m));

	mnl_attr_put(h, NDA_DST, addr_len(a), a->b);
	*state = NEIGH_NONE;
	if (routes_talk(r, h, look_cb, &q)) {
		if (errno == ENOENT)
			return 0;
		return err_set(e, ERR_IO, "cannot ask for neighbours: %s", strerror(errno));
	}
	if (!q.found)
		return 0;
	if (q.state & NUD_FAILED)
		*state = NEIGH_GONE;
	else if (q.has_mac && !(q.state & NUD_INCOMPLETE))
		*state = NEIGH_KNOWN;
	else if (q.state & NUD_INCOMPLETE)
		*state = NEIGH_PENDING;
	return 0;
}

static int ack_cb(const struct nlmsghdr *h, void *ctx)
{
	(void)h;
	(void)ctx;
	return MNL_CB_OK;
}

/* Needs CAP_NET_ADMIN: -1 with EPERM else. */
static int ask_kernel(struct routes *r, int ifindex, const struct addr *a)
{
	struct ndmsg m = { .ndm_family = (uint8_t)a->family,
			   .ndm_ifindex = ifindex,
			   .ndm_flags = NTF_USE };
	struct nlmsghdr *h = routes_ask(r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_ACK, &m, sizeof(m));
	int rc;

	mnl_attr_put(h, NDA_DST, addr_len(a), a->b);
	r->acked = true;
	rc = routes_talk(r, h, ack_cb, NULL);
	r->acked = false;
	return rc;
}

static bool stopped(const struct neigh_ask *q)
{
	return q->stop && *q->stop;
}

/* The kernel asks; its table tells. */
static int watch_table(struct routes *r, const struct neigh_ask *q, uint8_t mac[8],
		       enum neigh_state *state, int64_t deadline, struct err *e)
{
	struct timespec nap = { .tv_nsec = 2 * MS };

	do {
		if (neigh_look(r, q->dev->index, &q->dst, mac, state, e))
			return -1;
		if (*state == NEIGH_KNOWN)
			return 0;
		/* A failure that is older than our question counts no more: it goes pending. */
		nanosleep(&nap, NULL);
	} while (clock_mono() < deadline && !stopped(q));
	return 0;
}

/* ---- our own question ---- */

/* What the frames of a question are made of. */
struct question {
	const struct proto *link, *net, *ask, *detail; /* detail: a layer above ask, or NULL */
	uint16_t ethertype;
	uint8_t dst_mac[6];
	struct plan plan;
	struct build build;
};

static const struct field *rest_list(const struct record *rec)
{
	for (unsigned i = 0; i < rec->nfields; i++)
		if (rec->fields[i].type->form == TYPE_LIST)
			return &rec->fields[i];
	return NULL;
}

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

	q->ethertype = ETH_P_ARP;
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

/* RFC 4861 section 7.2.2: to the solicited-node group of the target, hop limit 255. */
static int question_six(struct question *q, const struct neigh_ask *n, struct err *e)
{
	static const uint8_t group[13] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };
	const struct field *src, *dst, *target, *list;
	uint8_t to[16], option[8] = { 1, 1 }; /* source link-layer address, 8 bytes */
	const uint8_t limit = 255;
	struct plan_layer *y;

	q->ethertype = ETH_P_IPV6;
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
	list = rest_list(y->proto ? &y->proto->rec : &q->ask->rec);
	if (list)
		say_raw(&q->plan, y, list, option, 8);
	return 0;
}

/* Does the frame answer? By the same descriptions: the answer's own source is whom we asked for. */
static bool answers_four(const struct question *q, const struct neigh_ask *n, const uint8_t *p,
			 uint32_t len, struct tree *t, uint8_t mac[8])
{
	struct packet pkt = { .data = p, .len = len, .wire_len = len };
	const struct field *src, *dst;
	uint32_t at, hw;

	if (decode_header(t, &pkt, q->ask, 14, len) || !proto_ends(q->ask, END_NET, &src, &dst))
		return false;
	at = tree_child(t, 0, src->index);
	hw = tree_child(t, 0, field_addr(&q->ask->rec, 48)->index);
	if (at == NODE_NONE || hw == NODE_NONE || t->v[at].bits != 32 || t->v[hw].bits != 48 ||
	    memcmp(p + t->v[at].bit / 8, n->dst.b, 4))
		return false;
	memcpy(mac, p + t->v[hw].bit / 8, 6);
	return true;
}

/* An advertisement (type 136) with our target; the frame's own source is its address, and stays
 * right when the option is left out (RFC 4861 section 4.4). */
static bool answers_six(const struct question *q, const struct neigh_ask *n, const uint8_t *p,
			uint32_t len, struct tree *t, uint8_t mac[8])
{
	struct packet pkt = { .data = p, .len = len, .wire_len = len };
	uint32_t off;

	if (decode_header(t, &pkt, q->net, 14, len))
		return false;
	off = t->off + t->hlen;
	if (off + 24 > len || decode_header(t, &pkt, q->ask, off, len) || p[off] != 136 ||
	    memcmp(p + off + 8, n->dst.b, 16))
		return false;
	memcpy(mac, p + 6, 6);
	return true;
}

static int listen_on(const struct neigh_ask *n, uint16_t ethertype, struct err *e)
{
	/* family, protocol, interface (packet(7)) */
	struct sockaddr_ll a = { AF_PACKET, htons(ethertype), n->dev->index, 0, 0, 0, { 0 } };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_set(e, errno == EPERM ? ERR_PERM : ERR_IO,
			       "cannot open a packet socket: %s", strerror(errno));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		err_set(e, ERR_IO, "cannot listen on %s: %s", n->dev->name, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static int hear(struct question *q, const struct neigh_ask *n, int fd, int64_t until,
		uint8_t mac[8], bool *found)
{
	struct tree t = { 0 };
	uint8_t p[2048];

	while (!*found && !stopped(n)) {
		int64_t left = until - clock_mono();
		struct pollfd w = { .fd = fd, .events = POLLIN };
		ssize_t len;

		if (left <= 0)
			break;
		poll(&w, 1, (int)((left + MS - 1) / MS > 50 ? 50 : (left + MS - 1) / MS));
		while (!*found && (len = recv(fd, p, sizeof(p), 0)) > 0) {
			if (len < 14 || be16(p + 12) != q->ethertype)
				continue;
			*found = n->dst.family == AF_INET
					 ? answers_four(q, n, p, (uint32_t)len, &t, mac)
					 : answers_six(q, n, p, (uint32_t)len, &t, mac);
		}
	}
	tree_done(&t);
	return 0;
}

static int ask_wire(const struct neigh_ask *n, uint8_t mac[8], bool *found, int64_t deadline,
		    struct err *e)
{
	struct question *q = calloc(1, sizeof(*q));
	int fd = -1, rc = -1;

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
	fd = listen_on(n, q->ethertype, e);
	if (fd < 0)
		goto out;
	/* Repeated each 300 ms: a first one may be lost while a switch learns. */
	while (!*found && clock_mono() < deadline && !stopped(n)) {
		int64_t until = clock_mono() + 300 * MS;

		if (send(fd, q->build.bytes.p, q->build.bytes.n, 0) < 0) {
			err_set(e, ERR_IO, "cannot send on %s: %s", n->dev->name, strerror(errno));
			goto out;
		}
		hear(q, n, fd, until < deadline ? until : deadline, mac, found);
	}
	rc = 0;
out:
	if (fd >= 0)
		close(fd);
	build_done(&q->build);
	plan_done(&q->plan);
	free(q);
	return rc;
}

int neigh_resolve(struct routes *r, const struct neigh_ask *q, uint8_t mac[8], struct err *e)
{
	int64_t deadline = clock_mono() + q->timeout;
	enum neigh_state state;
	bool found = false;
	char words[64];

	if (neigh_look(r, q->dev->index, &q->dst, mac, &state, e))
		return -1;
	if (state == NEIGH_KNOWN)
		return 0;
	if (!q->own && ask_kernel(r, q->dev->index, &q->dst) == 0) {
		if (watch_table(r, q, mac, &state, deadline, e))
			return -1;
		found = state == NEIGH_KNOWN;
	} else if (ask_wire(q, mac, &found, deadline, e)) {
		return -1;
	}
	if (found)
		return 0;
	err_set(e, ERR_IO, "%s on %s does not answer: no neighbour address after %.1f s",
		addr_words(&q->dst, words), q->dev->name, (double)q->timeout / 1e9);
	return 1;
}
