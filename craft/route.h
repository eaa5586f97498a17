/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel knows about the way to an address: routes, links and neighbours, asked through
 * rtnetlink (rtnetlink(7)). Needs no privilege, but for making the kernel resolve a neighbour. */
#ifndef STRATA_CRAFT_ROUTE_H
#define STRATA_CRAFT_ROUTE_H

#include <net/if.h>

#include "craft/addr.h"

struct iface { /* a network interface */
	int index;
	char name[IF_NAMESIZE];
	uint16_t hwtype; /* ARPHRD_* */
	uint16_t link;   /* LINKTYPE_ number of its frames; LINK_NONE: not known */
	uint32_t mtu;
	uint32_t flags; /* IFF_* */
	uint8_t mac[8];
	uint8_t mac_len;    /* 6 for Ethernet and loopback, 0 for tun */
	bool default_route; /* a default route of either family leaves through it */
};

enum route_type {
	ROUTE_UNICAST,
	ROUTE_LOCAL, /* an address of this machine */
	ROUTE_BROADCAST,
	ROUTE_MULTICAST,
};

struct route {
	enum route_type type;
	struct addr dst;
	struct addr via; /* the neighbour to hand it to: the gateway, or dst itself */
	struct addr src; /* the source the kernel would choose */
	struct iface dev;
	uint32_t mtu; /* of the route, else of dev */
	bool gateway; /* via is not dst */
};

struct routes; /* an open rtnetlink socket; one thread at a time */

struct routes *routes_open(struct err *e);
void routes_close(struct routes *r);

/* An interface by name or, when name is NULL, by index. */
int iface_find(struct routes *r, const char *name, int index, struct iface *out, struct err *e);

/* The route to dst. src: a source that was said, or NULL; ifindex: an interface that was said, or
 * 0. Errors name the address: no route, forbidden by a blackhole or unreachable route, a link-local
 * address without interface. */
int route_find(struct routes *r, const struct addr *dst, const struct addr *src, int ifindex,
	       struct route *out, struct err *e);

/* The first address of an interface in that family (link-local ones last for a global dst).
 * Returns 1 found, 0 none, -1 error. */
int iface_addr(struct routes *r, int ifindex, int family, struct addr *out, struct err *e);

/* ---- neighbours ---- */

enum neigh_state {
	NEIGH_NONE,    /* not in the table */
	NEIGH_KNOWN,   /* mac filled */
	NEIGH_PENDING, /* the kernel is asking */
	NEIGH_GONE,    /* the kernel asked in vain */
};

/* What the kernel's table says. -1: error. */
int neigh_look(struct routes *r, int ifindex, const struct addr *a, uint8_t mac[8],
	       enum neigh_state *state, struct err *e);

/* The MAC address of a on dev: from the table, else resolved within timeout (ns): by the kernel
 * where CAP_NET_ADMIN allows it to be asked, else by our own question on the wire, built from the
 * descriptions in reg. src: our address on that link. stop: may be NULL; set by a signal handler.
 * 1: nobody answered, e tells whom we asked and how long. -1: e. */
struct neigh_ask {
	const struct registry *reg;
	const struct iface *dev;
	struct addr src, dst;
	int64_t timeout;
	const volatile int *stop;
	bool own; /* never ask the kernel to resolve */
};
int neigh_resolve(struct routes *r, const struct neigh_ask *q, uint8_t mac[8], struct err *e);

/* The same for many at a time. Each is begun, then stepped until it is found or silent. */
struct resolver; /* what the questions share; r outlives it */
struct neigh_try;
struct resolver *resolver_open(struct routes *r, struct err *e);
void resolver_close(struct resolver *v); /* ends what is left */
/* Wait for news, 2 ms at most. */
void resolver_nap(struct resolver *v);

enum neigh_step { NEIGH_FOUND, NEIGH_SILENT, NEIGH_WAIT };
/* q is copied. */
struct neigh_try *neigh_begin(struct resolver *v, const struct neigh_ask *q, struct err *e);
/* Does not block. enum neigh_step: FOUND fills mac; SILENT: nobody answered in time, e says so; or
 * -1: e. */
int neigh_step(struct neigh_try *y, uint8_t mac[8], struct err *e);
/* Blocks until it is found or silent. */
int neigh_wait(struct neigh_try *y, uint8_t mac[8], struct err *e);
void neigh_end(struct neigh_try *y);

#endif
