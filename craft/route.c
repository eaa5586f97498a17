/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes, links, addresses and the neighbour table from the kernel: rtnetlink(7) through libmnl.
 * One question, one answer; nothing is remembered here. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <net/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "craft/route_nl.h"

struct routes *routes_open(struct err *e)
{
	struct routes *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	r->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!r->nl || mnl_socket_bind(r->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err_set(e, ERR_IO, "cannot ask the kernel for routes: %s", strerror(errno));
		routes_close(r);
		return NULL;
	}
	return r;
}

void routes_close(struct routes *r)
{
	if (!r)
		return;
	if (r->nl)
		mnl_socket_close(r->nl);
	free(r);
}

struct nlmsghdr *routes_ask(struct routes *r, uint16_t type, uint16_t flags, void *body, size_t n)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(r->buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++r->seq;
	memcpy(mnl_nlmsg_put_extra_header(h, n), body, n);
	return h;
}

int routes_talk(struct routes *r, struct nlmsghdr *h, int (*cb)(const struct nlmsghdr *, void *),
		void *ctx)
{
	unsigned seq = r->seq, port = mnl_socket_get_portid(r->nl);
	bool dump = (h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP; /* h is overwritten */
	ssize_t n;
	int rc;

	if (mnl_socket_sendto(r->nl, h, h->nlmsg_len) < 0)
		return -1;
	do {
		n = mnl_socket_recvfrom(r->nl, r->buf, sizeof(r->buf));
		if (n < 0)
			return -1;
		rc = mnl_cb_run(r->buf, (size_t)n, seq, port, cb, ctx);
		/* A single answer has no end mark, unless one was asked for. */
		if (rc > 0 && !dump && !r->acked)
			break;
	} while (rc > 0);
	return rc < 0 ? -1 : 0;
}

/* ---- links ---- */

/* LINKTYPE_ numbers of the interfaces that are met; see tcpdump.org/linktypes.html. */
static uint16_t link_of(uint16_t hwtype)
{
	switch (hwtype) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK: return LINK_ETHERNET;
	case ARPHRD_NONE:
	case ARPHRD_PPP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE: return LINK_RAW;
	default: return LINK_NONE;
	}
}

static int link_cb(const struct nlmsghdr *h, void *ctx)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	struct iface *out = ctx;
	const struct nlattr *a;

	out->index = m->ifi_index;
	out->hwtype = m->ifi_type;
	out->flags = m->ifi_flags;
	out->link = link_of(m->ifi_type);
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		uint16_t n = mnl_attr_get_payload_len(a);

		switch (mnl_attr_get_type(a)) {
		case IFLA_IFNAME:
			snprintf(out->name, sizeof(out->name), "%.*s", (int)n, mnl_attr_get_str(a));
			break;
		case IFLA_MTU:
			if (n == 4)
				out->mtu = mnl_attr_get_u32(a);
			break;
		case IFLA_ADDRESS:
			if (n <= sizeof(out->mac)) {
				memcpy(out->mac, mnl_attr_get_payload(a), n);
				out->mac_len = (uint8_t)n;
			}
			break;
		}
	}
	return MNL_CB_OK;
}

struct default_ask {
	int index;
	bool found;
};

static int default_cb(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct default_ask *q = ctx;
	const struct nlattr *a;

	if (m->rtm_dst_len || m->rtm_type != RTN_UNICAST)
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		if (mnl_attr_get_type(a) == RTA_OIF && mnl_attr_get_u32(a) == (uint32_t)q->index)
			q->found = true;
		if (mnl_attr_get_type(a) == RTA_MULTIPATH) {
			const struct rtnexthop *hop = mnl_attr_get_payload(a);
			int n = mnl_attr_get_payload_len(a);

			for (; RTNH_OK(hop, n);
			     n -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
				q->found |= hop->rtnh_ifindex == q->index;
		}
	}
	return MNL_CB_OK;
}

static int find_default(struct routes *r, struct iface *dev)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct default_ask q = { .index = dev->index };

	for (unsigned i = 0; i < 2; i++) {
		struct rtmsg m = { .rtm_family = (unsigned char)families[i] };

		if (routes_talk(r, routes_ask(r, RTM_GETROUTE, NLM_F_DUMP, &m, sizeof(m)),
				default_cb, &q))
			return -1;
	}
	dev->default_route = q.found;
	return 0;
}

int iface_find(struct routes *r, const char *name, int index, struct iface *out, struct err *e)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC, .ifi_index = name ? 0 : index };
	struct nlmsghdr *h;

	memset(out, 0, sizeof(*out));
	if (name && (!*name || strlen(name) >= IF_NAMESIZE))
		return err_set(e, ERR_IO, "no interface %.40s", name);
	h = routes_ask(r, RTM_GETLINK, 0, &m, sizeof(m));
	if (name)
		mnl_attr_put_strz(h, IFLA_IFNAME, name);
	if (routes_talk(r, h, link_cb, out)) {
		if (errno == ENODEV && name)
			return err_set(e, ERR_IO, "no interface %s", name);
		if (errno == ENODEV)
			return err_set(e, ERR_IO, "no interface of number %d", index);
		return err_set(e, ERR_IO, "cannot ask about interface %s: %s", name ? name : "",
			       strerror(errno));
	}
	if (find_default(r, out))
		return err_set(e, ERR_IO, "cannot ask for default routes: %s", strerror(errno));
	return 0;
}

/* ---- addresses ---- */

struct addr_ask {
	int index;
	bool link_local; /* the best so far is one */
	struct addr *out;
};

static int addr_cb(const struct nlmsghdr *h, void *ctx)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	struct addr_ask *q = ctx;
	const struct nlattr *a, *local = NULL, *plain = NULL;
	struct addr got;
	bool narrow = m->ifa_scope == RT_SCOPE_LINK;

	if ((int)m->ifa_index != q->index || m->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DEPRECATED))
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		if (mnl_attr_get_type(a) == IFA_LOCAL)
			local = a;
		if (mnl_attr_get_type(a) == IFA_ADDRESS)
			plain = a;
	}
	a = local ? local : plain;
	if (!a || !addr_set(&got, mnl_attr_get_payload(a), mnl_attr_get_payload_len(a)))
		return MNL_CB_OK;
	if (!q->out->family || (q->link_local && !narrow)) {
		*q->out = got;
		q->link_local = narrow;
	}
	return MNL_CB_OK;
}

int iface_addr(struct routes *r, int ifindex, int family, struct addr *out, struct err *e)
{
	struct ifaddrmsg m = { .ifa_family = (uint8_t)family };
	struct addr_ask q = { .index = ifindex, .out = out };

	memset(out, 0, sizeof(*out));
	if (routes_talk(r, routes_ask(r, RTM_GETADDR, NLM_F_DUMP, &m, sizeof(m)), addr_cb, &q))
		return err_set(e, ERR_IO, "cannot ask for addresses: %s", strerror(errno));
	return out->family != 0;
}

/* ---- routes ---- */

struct route_ask {
	struct route *out;
	int oif;
	unsigned char type;
	uint32_t mtu;
};

static void via_attr(const struct nlattr *a, struct addr *out)
{
	/* RTA_VIA: a gateway of the other family (struct rtvia: family, then the address). */
	const struct rtvia *v = mnl_attr_get_payload(a);
	size_t n = mnl_attr_get_payload_len(a);

	if (n > sizeof(*v))
		addr_set(out, v->rtvia_addr, n - sizeof(*v));
}

static int metric_cb(const struct nlattr *a, void *ctx)
{
	if (mnl_attr_get_type(a) == RTAX_MTU && mnl_attr_get_payload_len(a) == 4)
		*(uint32_t *)ctx = mnl_attr_get_u32(a);
	return MNL_CB_OK;
}

/* The first of several next hops. */
static void multipath(const struct nlattr *a, struct route_ask *q)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(a);
	int n = mnl_attr_get_payload_len(a);

	if (!RTNH_OK(hop, n))
		return;
	q->oif = hop->rtnh_ifindex;
	n = hop->rtnh_len - (int)sizeof(*hop);
	for (const struct rtattr *x = RTNH_DATA(hop); RTA_OK(x, n); x = RTA_NEXT(x, n)) {
		if (x->rta_type == RTA_GATEWAY)
			addr_set(&q->out->via, RTA_DATA(x), RTA_PAYLOAD(x));
		if (x->rta_type == RTA_VIA)
			via_attr((const struct nlattr *)x, &q->out->via);
	}
}

static int route_cb(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct route_ask *q = ctx;
	const struct nlattr *a;

	q->type = m->rtm_type;
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		uint16_t n = mnl_attr_get_payload_len(a);

		switch (mnl_attr_get_type(a)) {
		case RTA_OIF: q->oif = (int)mnl_attr_get_u32(a); break;
		case RTA_GATEWAY: addr_set(&q->out->via, mnl_attr_get_payload(a), n); break;
		case RTA_VIA: via_attr(a, &q->out->via); break;
		case RTA_PREFSRC: addr_set(&q->out->src, mnl_attr_get_payload(a), n); break;
		case RTA_MULTIPATH: multipath(a, q); break;
		case RTA_METRICS: mnl_attr_parse_nested(a, metric_cb, &q->mtu); break;
		}
	}
	return MNL_CB_OK;
}

static int route_error(const struct addr *dst, int no, struct err *e)
{
	char words[64];

	addr_words(dst, words);
	switch (no) {
	case ENETUNREACH: return err_set(e, ERR_IO, "no route to %s", words);
	case EHOSTUNREACH:
		return err_set(e, ERR_IO, "the routing table says that %s is unreachable", words);
	case EACCES: return err_set(e, ERR_IO, "the routing table prohibits %s", words);
	case EINVAL:
		return err_set(e, ERR_IO, "the routing table drops what goes to %s (blackhole)",
			       words);
	default: return err_set(e, ERR_IO, "no route to %s: %s", words, strerror(no));
	}
}

static enum route_type type_of(unsigned char rtn)
{
	switch (rtn) {
	case RTN_LOCAL: return ROUTE_LOCAL;
	case RTN_BROADCAST: return ROUTE_BROADCAST;
	case RTN_MULTICAST: return ROUTE_MULTICAST;
	default: return ROUTE_UNICAST;
	}
}

static int route_question(struct routes *r, struct route_ask *q, const struct addr *dst,
			  const struct addr *src, int oif)
{
	struct rtmsg m = { .rtm_family = (unsigned char)dst->family };
	struct nlmsghdr *h;

	m.rtm_dst_len = (unsigned char)(addr_len(dst) * 8);
	h = routes_ask(r, RTM_GETROUTE, 0, &m, sizeof(m));
	mnl_attr_put(h, RTA_DST, addr_len(dst), dst->b);
	if (src) {
		((struct rtmsg *)mnl_nlmsg_get_payload(h))->rtm_src_len =
			(unsigned char)(addr_len(src) * 8);
		mnl_attr_put(h, RTA_SRC, addr_len(src), src->b);
	}
	if (oif)
		mnl_attr_put_u32(h, RTA_OIF, (uint32_t)oif);
	return routes_talk(r, h, route_cb, q);
}

int route_find(struct routes *r, const struct addr *dst, const struct addr *src, int ifindex,
	       struct route *out, struct err *e)
{
	int oif = ifindex ? ifindex : (int)dst->scope;
	struct route_ask q = { .out = out };
	char words[64];

	memset(out, 0, sizeof(*out));
	if (addr_link_local(dst) && !oif)
		return err_set(e, ERR_USAGE, "%s is link-local: write %s%%IF, or say -i IF",
			       addr_words(dst, words), words);
	/* A source that is not this machine's is no fault: ask again without it. */
	if ((!src || addr_zero(src) || src->family != dst->family ||
	     route_question(r, &q, dst, src, oif)) &&
	    (memset(out, 0, sizeof(*out)), route_question(r, &q, dst, NULL, oif)))
		return route_error(dst, errno, e);
	out->type = type_of(q.type);
	if (q.type == RTN_BLACKHOLE || q.type == RTN_UNREACHABLE || q.type == RTN_PROHIBIT)
		return route_error(dst,
				   q.type == RTN_BLACKHOLE     ? EINVAL
				   : q.type == RTN_UNREACHABLE ? EHOSTUNREACH
							       : EACCES,
				   e);
	out->dst = *dst;
	out->gateway = out->via.family != 0;
	if (!out->gateway)
		out->via = *dst;
	if (iface_find(r, NULL, q.oif, &out->dev, e))
		return -1;
	if (addr_link_local(&out->dst))
		out->dst.scope = (uint32_t)q.oif;
	if (addr_link_local(&out->via))
		out->via.scope = (uint32_t)q.oif;
	out->mtu = q.mtu ? q.mtu : out->dev.mtu;
	/* Multicast and the loopback's routes may come without a source. */
	if (!out->src.family && iface_addr(r, q.oif, dst->family, &out->src, e) < 0)
		return -1;
	return 0;
}
