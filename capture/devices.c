/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices one can capture on, as libpcap lists them, with what the kernel says about each
 * without any right: hardware address, MTU, and the link type that follows from its kind. */
#include <pcap.h>

#include "capture/devices.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/near.h"

/* As map_arphrd_to_dlt of libpcap has it, for the common kinds; the others are known when opened.
 */
static int link_of_hardware(int arphrd)
{
	switch (arphrd) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK: return 1;
	case ARPHRD_NONE:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE: return 101;
	case ARPHRD_IEEE80211: return 105;
	case 803: return 127; /* ARPHRD_IEEE80211_RADIOTAP */
	default: return -1;
	}
}

static unsigned prefix_bits(const struct sockaddr *mask)
{
	const uint8_t *p = (const uint8_t *)&((const struct sockaddr_in *)mask)->sin_addr;
	unsigned n = 4, bits = 0;

	if (mask->sa_family == AF_INET6) {
		p = (const uint8_t *)&((const struct sockaddr_in6 *)mask)->sin6_addr;
		n = 16;
	}
	for (unsigned i = 0; i < n; i++)
		bits += (unsigned)__builtin_popcount(p[i]);
	return bits;
}

static const char *address_words(struct arena *mem, const pcap_addr_t *a)
{
	char bare[INET6_ADDRSTRLEN], out[INET6_ADDRSTRLEN + 8];
	const void *src;

	if (a->addr->sa_family == AF_INET)
		src = &((const struct sockaddr_in *)a->addr)->sin_addr;
	else
		src = &((const struct sockaddr_in6 *)a->addr)->sin6_addr;
	if (!inet_ntop(a->addr->sa_family, src, bare, sizeof(bare)))
		return NULL;
	int n = a->netmask ? snprintf(out, sizeof(out), "%s/%u", bare, prefix_bits(a->netmask))
			   : snprintf(out, sizeof(out), "%s", bare);
	return arena_strndup(mem, out, (size_t)n);
}

static int device_addresses(struct device *d, struct arena *mem, const pcap_if_t *from)
{
	unsigned n = 0;

	for (const pcap_addr_t *a = from->addresses; a; a = a->next)
		n++;
	const char **v = arena_alloc(mem, (n + 1) * sizeof(*v));
	if (!v)
		return -1;
	for (const pcap_addr_t *a = from->addresses; a; a = a->next) {
		if (!a->addr || (a->addr->sa_family != AF_INET && a->addr->sa_family != AF_INET6))
			continue;
		v[d->naddr] = address_words(mem, a);
		if (!v[d->naddr++])
			return -1;
	}
	d->addr = v;
	return 0;
}

static void device_hardware(struct device *d, struct arena *mem, int fd)
{
	struct ifreq ifr = { 0 };
	char mac[24];

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", d->name);
	if (ioctl(fd, SIOCGIFMTU, &ifr) == 0)
		d->mtu = (unsigned)ifr.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) != 0)
		return;
	const uint8_t *a = (const uint8_t *)ifr.ifr_hwaddr.sa_data;
	d->link = link_of_hardware(ifr.ifr_hwaddr.sa_family);
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return;
	int n = snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3],
			 a[4], a[5]);
	d->mac = arena_strndup(mem, mac, (size_t)n);
}

static int device_fill(struct device *d, struct arena *mem, const pcap_if_t *from, int fd)
{
	d->name = arena_strndup(mem, from->name, strlen(from->name));
	if (from->description)
		d->about = arena_strndup(mem, from->description, strlen(from->description));
	if (!d->name || (from->description && !d->about))
		return -1;
	d->link = -1;
	d->ifindex = if_nametoindex(from->name);
	d->up = from->flags & PCAP_IF_UP;
	d->running = from->flags & PCAP_IF_RUNNING;
	d->loopback = from->flags & PCAP_IF_LOOPBACK;
	d->wireless = from->flags & PCAP_IF_WIRELESS;
	if (d->ifindex && fd >= 0)
		device_hardware(d, mem, fd);
	else if (strcmp(from->name, "any") == 0)
		d->link = 113; /* LINKTYPE_LINUX_SLL */
	return device_addresses(d, mem, from);
}

int devices_list(struct devices *d, struct err *e)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_if_t *list = NULL;
	unsigned n = 0;
	int rc = -1;

	*d = (struct devices) { 0 };
	if (pcap_findalldevs(&list, errbuf) != 0)
		return err_set(e, ERR_IO, "cannot list the devices: %s", errbuf);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (const pcap_if_t *i = list; i; i = i->next)
		n++;
	d->v = arena_alloc(&d->mem, (n + 1) * sizeof(*d->v));
	for (const pcap_if_t *i = list; i && d->v; i = i->next)
		if (device_fill(&d->v[d->n++], &d->mem, i, fd) < 0)
			goto out;
	if (d->v)
		rc = 0;
out:
	if (rc < 0) {
		devices_done(d);
		err_set(e, ERR_IO, "no memory for the list of devices");
	}
	if (fd >= 0)
		close(fd);
	pcap_freealldevs(list);
	return rc;
}

void devices_done(struct devices *d)
{
	arena_done(&d->mem);
	*d = (struct devices) { 0 };
}

const struct device *devices_default(const struct devices *d)
{
	const struct device *up = NULL;

	for (unsigned i = 0; i < d->n; i++) {
		const struct device *v = &d->v[i];
		if (!v->ifindex || !v->up)
			continue;
		if (v->running && !v->loopback)
			return v;
		if (!up)
			up = v;
	}
	return up;
}

const char *devices_suggest(const struct devices *d, const char *name)
{
	const char *best = NULL;
	unsigned least = near_limit(strlen(name)) + 1;

	for (unsigned i = 0; i < d->n; i++) {
		unsigned far = near_distance(name, strlen(name), d->v[i].name, strlen(d->v[i].name),
					     least - 1);

		if (far < least) {
			least = far;
			best = d->v[i].name;
		}
	}
	return best;
}
