/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces, addresses and routes are made: rtnetlink(7) through libmnl. */
#include "lab/links.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct links {
	struct mnl_socket *nl;
	unsigned seq;
	char buf[8192];
};

struct links *links_open(struct err *e)
{
	struct links *l = calloc(1, sizeof(*l));

	if (!l) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	l->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!l->nl || mnl_socket_bind(l->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err_set(e, ERR_IO, "cannot speak with the kernel about interfaces: %s",
			strerror(errno));
		links_close(l);
		return NULL;
	}
	return l;
}

void links_close(struct links *l)
{
	if (!l)
		return;
	if (l->nl)
		mnl_socket_close(l->nl);
	free(l);
}

static struct nlmsghdr *request(struct links *l, uint16_t type, uint16_t flags, const void *body,
				size_t n)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(l->buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	h->nlmsg_seq = ++l->seq;
	memcpy(mnl_nlmsg_put_extra_header(h, n), body, n);
	return h;
}

/* 0; -1 with errno. */
static int tell(struct links *l, struct nlmsghdr *h)
{
	unsigned port = mnl_socket_get_portid(l->nl);
	ssize_t n;
	int rc;

	if (mnl_socket_sendto(l->nl, h, h->nlmsg_len) < 0)
		return -1;
	do {
		n = mnl_socket_recvfrom(l->nl, l->buf, sizeof(l->buf));
		rc = n < 0 ? -1 : mnl_cb_run(l->buf, (size_t)n, l->seq, port, NULL, NULL);
	} while (rc > 0);
	return rc < 0 ? -1 : 0;
}

static int cannot(struct err *e, const char *what, const char *name)
{
	return err_set(e, errno == EPERM ? ERR_PERM : ERR_IO, "cannot %s %s: %s", what, name,
		       strerror(errno));
}

static void put_end(struct nlmsghdr *h, const struct cable_end *c, unsigned mtu)
{
	mnl_attr_put_strz(h, IFLA_IFNAME, c->name);
	if (c->mac)
		mnl_attr_put(h, IFLA_ADDRESS, 6, c->mac);
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)c->net);
}

int links_cable(struct links *l, const struct cable_end *a, const struct cable_end *b, unsigned mtu,
		struct err *e)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC };
	struct nlmsghdr *h = request(l, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	struct nlattr *info, *data, *peer;

	put_end(h, a, mtu);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	memcpy(mnl_nlmsg_put_extra_header(h, sizeof(m)), &m, sizeof(m));
	put_end(h, b, mtu);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return tell(l, h) ? cannot(e, "make the cable", a->name) : 0;
}

int links_bridge(struct links *l, const char *name, bool tree, struct err *e)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC };
	struct nlmsghdr *h = request(l, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	struct nlattr *info, *data;

	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	/* Hundredths of a second, and the least that the kernel takes: learning soon. */
	mnl_attr_put_u32(h, IFLA_BR_FORWARD_DELAY, tree ? 200 : 0);
	mnl_attr_put_u32(h, IFLA_BR_HELLO_TIME, 100);
	mnl_attr_put_u32(h, IFLA_BR_MAX_AGE, 600);
	mnl_attr_put_u32(h, IFLA_BR_STP_STATE, tree);
	/* Nobody asks for groups, so none may be held back. */
	mnl_attr_put_u8(h, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return tell(l, h) ? cannot(e, "make the switch", name) : 0;
}

/* The interface's number, 0: e. */
static unsigned number_of(const char *name, struct err *e)
{
	unsigned i = if_nametoindex(name);

	if (!i)
		cannot(e, "find the interface", name);
	return i;
}

int links_up(struct links *l, const char *name, struct err *e)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC, .ifi_change = IFF_UP, .ifi_flags = IFF_UP };
	unsigned i = number_of(name, e);

	m.ifi_index = (int)i;
	if (!i)
		return -1;
	return tell(l, request(l, RTM_NEWLINK, 0, &m, sizeof(m))) ? cannot(e, "start", name) : 0;
}

int links_join(struct links *l, const char *port, const char *bridge, struct err *e)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC };
	unsigned i = number_of(port, e), master = number_of(bridge, e);
	struct nlmsghdr *h;

	if (!i || !master)
		return -1;
	m.ifi_index = (int)i;
	h = request(l, RTM_NEWLINK, 0, &m, sizeof(m));
	mnl_attr_put_u32(h, IFLA_MASTER, master);
	return tell(l, h) ? cannot(e, "plug in", port) : 0;
}

int links_address(struct links *l, const char *name, const struct lab_addr *a, struct err *e)
{
	struct ifaddrmsg m = { .ifa_family = a->len == 4 ? AF_INET : AF_INET6,
			       .ifa_prefixlen = a->prefix,
			       .ifa_flags = a->len == 4 ? 0 : IFA_F_NODAD };
	struct nlmsghdr *h;

	m.ifa_index = number_of(name, e);
	if (!m.ifa_index)
		return -1;
	h = request(l, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	mnl_attr_put(h, IFA_LOCAL, a->len, a->b);
	mnl_attr_put(h, IFA_ADDRESS, a->len, a->b);
	if (a->len == 4 && a->prefix < 31) {
		uint8_t all[4];

		memcpy(all, a->b, sizeof(all));
		for (unsigned i = a->prefix; i < 32; i++)
			all[i / 8] |= (uint8_t)(0x80 >> i % 8);
		mnl_attr_put(h, IFA_BROADCAST, sizeof(all), all);
	}
	return tell(l, h) ? cannot(e, "give an address to", name) : 0;
}

int links_route(struct links *l, const char *name, const struct lab_addr *to,
		const struct lab_addr *via, struct err *e)
{
	struct rtmsg m = { .rtm_family = to->len == 4 ? AF_INET : AF_INET6,
			   .rtm_dst_len = to->prefix,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC,
			   .rtm_scope = RT_SCOPE_UNIVERSE,
			   .rtm_type = RTN_UNICAST };
	unsigned oif = number_of(name, e);
	struct nlmsghdr *h;

	if (!oif)
		return -1;
	h = request(l, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	if (to->prefix)
		mnl_attr_put(h, RTA_DST, to->len, to->b);
	mnl_attr_put(h, RTA_GATEWAY, via->len, via->b);
	mnl_attr_put_u32(h, RTA_OIF, oif);
	return tell(l, h) ? cannot(e, "make a route by", name) : 0;
}

/* IFLA_LINKINFO > IFLA_INFO_SLAVE_DATA > IFLA_BRPORT_STATE: 3 forwards, 4 blocks. */
static int find_info(const struct nlmsghdr *h, void *ctx)
{
	struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *info, *data, *a;

	mnl_attr_for_each(info, h, sizeof(*m))
	{
		if (mnl_attr_get_type(info) != IFLA_LINKINFO)
			continue;
		mnl_attr_for_each_nested(data, info)
		{
			if (mnl_attr_get_type(data) != IFLA_INFO_SLAVE_DATA)
				continue;
			mnl_attr_for_each_nested(a, data)
			{
				if (mnl_attr_get_type(a) == IFLA_BRPORT_STATE)
					*(uint8_t *)ctx = mnl_attr_get_u8(a);
			}
		}
	}
	return MNL_CB_OK;
}

bool links_settled(struct links *l, const char *name)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(name) };
	struct nlmsghdr *h = request(l, RTM_GETLINK, 0, &m, sizeof(m));
	unsigned port = mnl_socket_get_portid(l->nl);
	uint8_t state = 0;
	ssize_t n;

	h->nlmsg_flags = NLM_F_REQUEST;
	if (mnl_socket_sendto(l->nl, h, h->nlmsg_len) < 0)
		return true;
	n = mnl_socket_recvfrom(l->nl, l->buf, sizeof(l->buf));
	return n < 0 || mnl_cb_run(l->buf, (size_t)n, l->seq, port, find_info, &state) < 0 ||
	       state == 3 || state == 4;
}

bool links_carries(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { 0 };
	bool runs;

	strncpy(r.ifr_name, name, sizeof(r.ifr_name) - 1);
	runs = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &r) == 0 && r.ifr_flags & IFF_RUNNING;
	if (fd >= 0)
		close(fd);
	return runs;
}

void links_plain(const char *name)
{
	static const uint32_t off[] = { ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO,
					ETHTOOL_SSG };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_value v = { 0 };
	struct ifreq r = { 0 };

	strncpy(r.ifr_name, name, sizeof(r.ifr_name) - 1);
	r.ifr_data = (void *)&v;
	/* Segments first: they need the sums. What a kernel does not have is off. */
	for (size_t i = sizeof(off) / sizeof(off[0]); i-- > 0 && fd >= 0;) {
		v.cmd = off[i];
		(void)ioctl(fd, SIOCETHTOOL, &r);
	}
	if (fd >= 0)
		close(fd);
}
