/* SPDX-License-Identifier: BSD-2-Clause */
/* Memberships of sockets that are kept open and never read. */
#include "cli/being_join.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool join_ethernet(const char *ifname)
{
	struct ifreq r = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool yes;

	if (fd < 0)
		return true; /* not known: what is sent will tell */
	strncpy(r.ifr_name, ifname, sizeof(r.ifr_name) - 1);
	yes = ioctl(fd, SIOCGIFHWADDR, &r) < 0 || r.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	close(fd);
	return yes;
}

bool join_own(const uint8_t *addr, unsigned len, unsigned ifindex)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct sockaddr_in6 b = { .sin6_family = AF_INET6 };
	int fd = socket(len == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool own;

	if (fd < 0)
		return false;
	if (len == 4) {
		memcpy(&a.sin_addr, addr, 4);
		own = !bind(fd, (struct sockaddr *)&a, sizeof(a));
	} else {
		memcpy(&b.sin6_addr, addr, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&b.sin6_addr))
			b.sin6_scope_id = ifindex;
		own = !bind(fd, (struct sockaddr *)&b, sizeof(b));
	}
	close(fd);
	return own;
}

static int closed(int fd)
{
	int no = errno;

	close(fd);
	errno = no;
	return -1;
}

int join_mac(unsigned ifindex, const uint8_t mac[6])
{
	struct packet_mreq m = { .mr_ifindex = (int)ifindex,
				 .mr_type = PACKET_MR_UNICAST,
				 .mr_alen = 6 };
	/* Protocol 0: no packet comes here. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	memcpy(m.mr_address, mac, 6);
	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) < 0 ? closed(fd)
										    : fd;
}

int join_solicited(unsigned ifindex, const uint8_t addr[16])
{
	struct ipv6_mreq m = { .ipv6mr_interface = ifindex };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	inet_pton(AF_INET6, "ff02::1:ff00:0", &m.ipv6mr_multiaddr);
	memcpy(&m.ipv6mr_multiaddr.s6_addr[13], addr + 13, 3);
	return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m, sizeof(m)) < 0 ? closed(fd) : fd;
}
