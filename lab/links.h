/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel is told of interfaces, addresses and routes: rtnetlink(7) through libmnl. Each
 * call is about the network namespace in which links_open() was called. */
#ifndef STRATA_LAB_LINKS_H
#define STRATA_LAB_LINKS_H

#include "lab/topology.h"

struct links;

struct cable_end {
	int net; /* descriptor of its network namespace */
	const char *name;
	const uint8_t *mac; /* 6 bytes; NULL: any */
};

struct links *links_open(struct err *e);
void links_close(struct links *l);
/* 0, or -1: e. */
int links_cable(struct links *l, const struct cable_end *a, const struct cable_end *b, unsigned mtu,
		struct err *e);
int links_bridge(struct links *l, const char *name, bool tree, struct err *e);
int links_up(struct links *l, const char *name, struct err *e);
int links_join(struct links *l, const char *port, const char *bridge, struct err *e);
int links_address(struct links *l, const char *name, const struct lab_addr *a, struct err *e);
int links_route(struct links *l, const char *name, const struct lab_addr *to,
		const struct lab_addr *via, struct err *e);
/* Does it carry (RFC 2863: up and running)? */
bool links_carries(const char *name);
/* Has the port of a switch made up its mind: does it forward, or block for good? */
bool links_settled(struct links *l, const char *name);
/* Frames leave as they are on a wire: sums filled in, none longer than the MTU. */
void links_plain(const char *name);

#endif
